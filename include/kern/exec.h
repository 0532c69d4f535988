/* SPDX-License-Identifier: MIT */
/* execve() for other parts of the kernel. */
#ifndef KERN_EXEC_H
#define KERN_EXEC_H

#include <kern/types.h>

struct file;
struct linux_binprm;
struct task_struct;

/*
 * Executes a program in the current (kernel) thread, with strings of the kernel. Returns 0 and
 * the thread then enters user mode, or -errno.
 */
int kernel_execve(const char *filename, const char *const *argv, const char *const *envp);

/* Opens a file for execution: regular, executable, not on a noexec mount; else an ERR_PTR. */
struct file *open_exec(const char *name);
/* Reads from a file at an offset into kernel memory; the bytes read or -errno. */
ssize_t exec_read(struct file *file, loff_t pos, void *buf, size_t len);

char *get_task_comm(char *buf, struct task_struct *task);	/* buf of TASK_COMM_LEN */
void set_task_comm(struct task_struct *task, const char *from);

#endif
