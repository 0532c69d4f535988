/* SPDX-License-Identifier: MIT */
/* Allocations that fail on purpose: what a task has to do with it (mm/fault_inject.c). */
#ifndef MM_FAULT_INJECT_H
#define MM_FAULT_INJECT_H

#include <kern/types.h>

struct task_struct;

/* Lets the parameters reach this task; from then on, they reach only tasks so marked. */
void fault_inject_mark_task(struct task_struct *task, bool mark);
/* The nth allocation of the task from now on fails; 0: none. */
void fault_inject_nth(struct task_struct *task, unsigned int nth);

#endif
