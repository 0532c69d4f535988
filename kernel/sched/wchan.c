// SPDX-License-Identifier: MIT
/* Stacks of tasks that do not run: where a task sleeps, for /proc/PID/wchan and stack. */
#include <kern/sched.h>
#include <um/setup.h>
#include "internal.h"

#define MAX_FRAMES 16

extern const char __start_sched_text[] __attribute__((weak)),
	__stop_sched_text[] __attribute__((weak));

bool in_sched_functions(unsigned long ip)
{
	return ip >= (unsigned long)__start_sched_text && ip < (unsigned long)__stop_sched_text;
}

/*
 * The stack of a task that does not run, the innermost return address first; 0 when it runs.
 * => the caller keeps the task from going away
 */
unsigned int task_stack_trace(struct task_struct *task, unsigned long *addrs, unsigned int max)
{
	unsigned int n = 0;
	unsigned long flags;
	struct rq *rq;

	/* With its run queue locked nobody can begin to run it. */
	rq = task_rq_lock(task, &flags);
	/* A dead task's stack goes once its CPU has left it. */
	if (!task->sched.on_cpu && READ_ONCE(task->state) != TASK_DEAD && task->stack)
		n = um_stack_trace_task(task, addrs, max);
	task_rq_unlock(rq, task, flags);
	return n;
}

/*
 * The innermost caller that is not one of the sleeping functions; 0 when the task is runnable or
 * no frame tells. => the caller keeps the task from going away
 */
unsigned long get_wchan(struct task_struct *task)
{
	unsigned long addrs[MAX_FRAMES];
	unsigned int n;

	if (READ_ONCE(task->sched.on_rq))
		return 0;
	n = task_stack_trace(task, addrs, MAX_FRAMES);
	/* The first is where __schedule() called the switch. */
	for (unsigned int i = 1; i < n; i++) {
		if (!in_sched_functions(addrs[i]))
			return addrs[i];
	}
	return 0;
}
