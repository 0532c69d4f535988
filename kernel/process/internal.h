/* SPDX-License-Identifier: MIT */
/* What the files of kernel/process share among themselves. */
#ifndef PROCESS_INTERNAL_H
#define PROCESS_INTERNAL_H

#include <kern/fork.h>
#include <kern/pid.h>
#include <kern/task.h>

struct file;
struct kmem_cache;
struct linux_binprm;
struct filename;
struct mm_struct;
struct signal_struct;

/* pid.c: => tasklist_lock held for writing. */
void exchange_tids(struct task_struct *left, struct task_struct *right);
void transfer_pid(struct task_struct *from, struct task_struct *to, enum pid_type type);

/* task.c */
extern struct kmem_cache *task_cachep;
extern struct kmem_cache *sighand_cachep;
extern struct kmem_cache *signal_cachep;
void put_signal_struct(struct signal_struct *sig);

/* fork.c */
struct task_struct *copy_process(struct pid *pid, bool trace, struct kernel_clone_args *args);

/*
 * fork_copy.c: a copy of a task_struct with a stack and a state of its own, NULL without memory;
 * and what `task` shares with current (CLONE_* in `flags`) or gets a copy of, 0 or an errno.
 * => nobody sees the task yet; may sleep
 */
struct task_struct *dup_task_struct(struct task_struct *orig);
int copy_files(unsigned long flags, struct task_struct *task);
int copy_fs(unsigned long flags, struct task_struct *task);
int copy_sighand(unsigned long flags, struct task_struct *task);
int copy_signal(unsigned long flags, struct task_struct *task);
int copy_mm(unsigned long flags, struct task_struct *task);

/* exit.c, reap.c: => tasklist_lock held for writing. */
void __unhash_process(struct task_struct *task, bool group_dead);
void exit_notify(struct task_struct *task, bool group_dead);
void kill_orphaned_pgrp(struct task_struct *task, struct task_struct *parent);

/* Where execve() finds its strings: one of the two is set. */
struct user_arg_ptr {
	const char __user *const __user *user;
	const char *const *kernel;
};

/* exec_args.c: the new address space with its stack; then argc, envc and all strings. */
int bprm_mm_init(struct linux_binprm *bprm);
int bprm_copy_arguments(struct linux_binprm *bprm, struct user_arg_ptr argv,
			struct user_arg_ptr envp);

/* exec_cred.c: set-id bits and capabilities of the file, into bprm->cred. */
int bprm_creds_from_file(struct linux_binprm *bprm);

/* Drops a file that was opened for execution, and the denial of writes to it. */
void exec_fput(struct file *file);

/* exec.c */
int de_thread(struct task_struct *task);

/* usage.c: adds an exiting thread's or child's figures. => sighand->siglock or tasklist_lock. */
void note_peak_rss(struct signal_struct *sig, struct mm_struct *mm);
void account_exited_thread(struct signal_struct *sig, struct task_struct *task);
void account_reaped_child(struct task_struct *parent, struct task_struct *child);

#endif
