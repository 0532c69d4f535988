/* SPDX-License-Identifier: MIT */
/* I/O priorities of tasks (ioprio_set(2)): kept and inherited; no driver goes by them. */
#ifndef KERN_IOPRIO_H
#define KERN_IOPRIO_H

#include <kern/task.h>

/* The priority of a new task: shared with CLONE_IO, else a copy. 0 or -ENOMEM. */
int copy_io(unsigned long clone_flags, struct task_struct *task);
void exit_io(struct task_struct *task);

#endif
