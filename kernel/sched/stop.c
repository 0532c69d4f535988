// SPDX-License-Identifier: MIT
/*
 * The stop class: one task of each CPU, its stopper (stop_machine.c), that runs before all
 * others. It never moves and is never charged against anybody.
 */
#include <kern/fork.h>
#include "internal.h"

static void stop_enqueue(struct rq *rq, struct task_struct *task, bool wakeup)
{
	rq->stop_waits = task != rq->curr;
}

static void stop_dequeue(struct rq *rq, struct task_struct *task)
{
	rq->stop_waits = false;
}

static struct task_struct *stop_pick(struct rq *rq)
{
	if (!rq->stop_waits)
		return NULL;
	rq->stop_waits = false;
	return rq->stop;
}

static void stop_put(struct rq *rq, struct task_struct *task)
{
	rq->stop_waits = true;
}

static void stop_update(struct rq *rq)
{
	struct task_struct *curr = rq->curr;
	u64 ran = rq->clock - curr->sched.exec_start;

	if ((s64)ran <= 0)
		return;
	curr->sched.exec_start = rq->clock;
	WRITE_ONCE(curr->sched.sum_exec_runtime, curr->sched.sum_exec_runtime + ran);
}

static void stop_tick(struct rq *rq, struct task_struct *task)
{
}

static bool stop_preempts(struct rq *rq, struct task_struct *task)
{
	return false;
}

static void stop_yield(struct rq *rq)
{
}

static struct task_struct *stop_next_waiting(struct rq *rq, struct task_struct *task)
{
	return NULL;
}

const struct sched_class stop_sched_class = {
	.rank = 4,
	.enqueue = stop_enqueue,
	.dequeue = stop_dequeue,
	.pick = stop_pick,
	.put = stop_put,
	.update = stop_update,
	.tick = stop_tick,
	.preempts = stop_preempts,
	.yield = stop_yield,
	.next_waiting = stop_next_waiting,
};

static void become_stop(struct task_struct *task, void *unused)
{
	task->sched.class = &stop_sched_class;
}

/* To everybody else it is a task of the highest real-time priority. */
void sched_set_stop_task(unsigned int cpu, struct task_struct *task)
{
	unsigned long flags;
	struct rq *rq;

	(void)sched_setscheduler_nocheck(task, SCHED_FIFO, MAX_RT_PRIO - 1);
	rq = task_rq_lock(task, &flags);
	change_task(rq, task, become_stop, NULL);
	cpu_rq(cpu)->stop = task;
	task_rq_unlock(rq, task, flags);
}
