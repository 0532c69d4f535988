/* SPDX-License-Identifier: MIT */
/* System V semaphores of a task, as fork and exit see them. */
#ifndef KERN_IPC_H
#define KERN_IPC_H

#include <kern/types.h>

struct task_struct;

/* clone(): shares the undo list with CLONE_SYSVSEM, else starts without. 0 or -ENOMEM. */
int copy_semundo(u64 clone_flags, struct task_struct *task);
/* The last task of an undo list takes its operations back. => may sleep */
void exit_sem(struct task_struct *task);

#endif
