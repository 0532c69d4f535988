/* SPDX-License-Identifier: MIT */
/* execve() for other parts of the kernel. */
#ifndef KERN_EXEC_H
#define KERN_EXEC_H

#include <kern/types.h>

struct linux_binprm;
struct task_struct;

/*
 * Executes a program in the current (kernel) thread, with strings of the kernel. Returns 0 and
 * the thread then enters user mode, or -errno.
 */
int kernel_execve(const char *filename, const char *const *argv, const char *const *envp);

/* mm->flags: may the program be dumped and looked into? SUID_DUMP_* of <mm/mm_types.h>. */
struct mm_struct;
extern int suid_dumpable;
/* 0: programs lie at the same addresses each time; 2: the heap's start is random, too. */
extern int randomize_va_space;
void set_dumpable(struct mm_struct *mm, int value);
int get_dumpable(struct mm_struct *mm);

char *get_task_comm(char *buf, struct task_struct *task); /* buf of TASK_COMM_LEN */
void set_task_comm(struct task_struct *task, const char *from);

#endif
