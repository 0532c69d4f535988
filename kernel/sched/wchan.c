// SPDX-License-Identifier: MIT
/* Where a task sleeps, for /proc/PID/wchan. */
#include <kern/sched.h>
#include <um/processor.h>
#include "internal.h"

#define MAX_FRAMES 16

extern const char __start_sched_text[] __attribute__((weak)),
	__stop_sched_text[] __attribute__((weak));

static bool in_sched_text(unsigned long ip)
{
	return ip >= (unsigned long)__start_sched_text && ip < (unsigned long)__stop_sched_text;
}

static bool on_stack(const struct task_struct *task, unsigned long at)
{
	unsigned long stack = (unsigned long)task->stack;

	return !(at & 7) && at >= stack + 4096 && at + 16 <= stack + UM_KSTACK_SIZE;
}

/*
 * The innermost caller that is not one of the sleeping functions; 0 when the task runs or no
 * frame tells. The frame pointer chain starts in the frame that the switch pushed: five
 * registers, then %rbp and the return address. => the caller keeps the task from going away.
 */
unsigned long get_wchan(struct task_struct *task)
{
	unsigned long frame, ip = 0, flags;
	struct rq *rq;

	rq = task_rq_lock(task, &flags);
	if (task->sched.on_rq || task->sched.on_cpu || !task->stack)
		goto out;
	frame = task->thread.ksp + 5 * sizeof(unsigned long);
	for (unsigned int depth = 0; depth < MAX_FRAMES && on_stack(task, frame); depth++) {
		const unsigned long *words = (const unsigned long *)frame;

		ip = words[1];
		if (!in_sched_text(ip) && depth)
			break;
		frame = words[0];
		ip = 0;
	}
out:
	task_rq_unlock(rq, task, flags);
	return ip;
}
