// SPDX-License-Identifier: MIT
/* The idle class and the idle loop: each CPU's task 0. */
#include <kern/rcupdate.h>
#include <kern/sched.h>
#include <kern/smp.h>
#include <kern/tick.h>
#include <um/irqflags.h>
#include <um/processor.h>
#include "internal.h"

static void idle_enqueue(struct rq *rq, struct task_struct *task, bool wakeup)
{
	BUG();
}

static void idle_dequeue(struct rq *rq, struct task_struct *task)
{
	BUG();
}

static struct task_struct *idle_none(struct rq *rq)
{
	return NULL;
}

static void idle_put(struct rq *rq, struct task_struct *task)
{
}

static void idle_update(struct rq *rq)
{
}

static void idle_tick(struct rq *rq, struct task_struct *task)
{
}

static bool idle_preempts(struct rq *rq, struct task_struct *task)
{
	return true;
}

static struct task_struct *idle_next(struct rq *rq, struct task_struct *task)
{
	return NULL;
}

const struct sched_class idle_sched_class = {
	.rank = 0,
	.enqueue = idle_enqueue,
	.dequeue = idle_dequeue,
	.pick = idle_none,
	.put = idle_put,
	.update = idle_update,
	.tick = idle_tick,
	.preempts = idle_preempts,
	.yield = idle_update,
	.next_waiting = idle_next,
};

/*
 * Sleeps in the host until something is to be done. The tick stands still meanwhile; what
 * arrives is handled when interrupts come on.
 */
static void idle_until_resched(void)
{
	while (!need_resched()) {
		local_irq_disable();
		if (!need_resched()) {
			tick_idle_enter();
			rcu_idle_enter();
			um_cpu_idle();
			rcu_idle_exit();
		}
		local_irq_enable();
	}
	local_irq_disable();
	tick_idle_exit();
	local_irq_enable();
}

void cpu_startup_entry(void)
{
	for (;;) {
		idle_until_resched();
		schedule_idle();
	}
}
