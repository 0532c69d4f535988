/* SPDX-License-Identifier: MIT */
/* What the files of kernel/process share among themselves. */
#ifndef PROCESS_INTERNAL_H
#define PROCESS_INTERNAL_H

#include <kern/fork.h>
#include <kern/pid.h>
#include <kern/task.h>

struct linux_binprm;
struct filename;
struct k_itimer;

/* pid.c: => tasklist_lock held for writing. */
void exchange_tids(struct task_struct *left, struct task_struct *right);
void transfer_pid(struct task_struct *from, struct task_struct *to, enum pid_type type);

/* fork.c */
struct task_struct *copy_process(struct pid *pid, int node, struct kernel_clone_args *args);
extern struct kmem_cache *sighand_cachep;
extern struct kmem_cache *signal_cachep;
void put_signal_struct(struct signal_struct *sig);

/* exit.c, reap.c: => tasklist_lock held for writing. */
void __unhash_process(struct task_struct *task, bool group_dead);
void exit_notify(struct task_struct *task, bool group_dead);
void kill_orphaned_pgrp(struct task_struct *task, struct task_struct *parent);

/* exec.c */
int de_thread(struct task_struct *task);

/* usage.c: adds an exiting thread's or child's figures. => sighand->siglock or tasklist_lock. */
void account_exited_thread(struct signal_struct *sig, struct task_struct *task);
void account_reaped_child(struct task_struct *parent, struct task_struct *child);

#endif
