/* SPDX-License-Identifier: MIT */
/* Futexes: sleeping on a word of guest memory. */
#ifndef KERN_FUTEX_H
#define KERN_FUTEX_H

#include <kern/ktime.h>
#include <kern/types.h>

struct task_struct;

/* One futex operation; timeout is absolute or relative as op says, NULL: none. */
long do_futex(u32 __user *uaddr, int op, u32 val, ktime_t *timeout, u32 __user *uaddr2, u32 val2,
	      u32 val3);

/* A new task, before it is visible. */
void futex_init_task(struct task_struct *task);
/* The task gives up its mm: hands on the robust mutexes it holds. */
void futex_exit_release(struct task_struct *task);
void futex_exec_release(struct task_struct *task);
void exit_robust_list(struct task_struct *task);

#endif
