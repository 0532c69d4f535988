/* SPDX-License-Identifier: MIT */
/* Work that a task does itself, on its way back to user mode or at its end. */
#ifndef KERN_TASK_WORK_H
#define KERN_TASK_WORK_H

#include <kern/types.h>

struct task_struct;

struct task_work {
	struct task_work *next;
	void (*func)(struct task_work *work); /* task context, no lock held, may sleep */
};

enum task_work_notify_mode { TWA_NONE, TWA_RESUME, TWA_SIGNAL };

static inline void init_task_work(struct task_work *work, void (*func)(struct task_work *))
{
	work->next = NULL;
	work->func = func;
}

/* 0, or -ESRCH when the task will not run work any more. => any context */
int task_work_add(struct task_struct *task, struct task_work *work,
		  enum task_work_notify_mode notify);
void task_work_run(void);
/* The last run; later additions fail. */
void exit_task_work(struct task_struct *task);

#endif
