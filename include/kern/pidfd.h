/* SPDX-License-Identifier: MIT */
/* Descriptors that stand for a process. */
#ifndef KERN_PIDFD_H
#define KERN_PIDFD_H

#include <kern/types.h>

struct file;
struct task_struct;
struct pid;

/* Reserves a descriptor and makes its file: the number, or -errno. Then fd_install() or abort. */
int pidfd_prepare(struct pid *pid, unsigned int flags, struct file **file);
void pidfd_abort(int fd, struct file *file);
/* The pid of a pidfd's file, without a reference, or an ERR_PTR(-EBADF). */
struct pid *pidfd_pid(const struct file *file);
struct pid *pidfd_get_pid(unsigned int fd, unsigned int *flags);
/* The process has died: pollers hear of it. => tasklist_lock held */
void pidfd_notify(struct task_struct *task);

#endif
