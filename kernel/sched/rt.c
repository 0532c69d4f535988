// SPDX-License-Identifier: MIT
/*
 * The real-time class: SCHED_FIFO and SCHED_RR. A list for each priority and a bitmap of those
 * that have tasks. A preempted task goes back to the front of its list, one that used up its
 * slice or yielded to the end.
 */
#include <kern/jiffies.h>
#include "internal.h"

#define RR_SLICE (HZ / 10)

static void list_put(struct rq *rq, struct task_struct *task, bool front)
{
	unsigned int prio = task->sched.prio;

	if (front)
		list_add(&task->sched.rt_node, &rq->rt.lists[prio]);
	else
		list_add_tail(&task->sched.rt_node, &rq->rt.lists[prio]);
	rq->rt.bitmap[prio / 64] |= 1UL << prio % 64;
	task->sched.queued = true;
}

static void list_take(struct rq *rq, struct task_struct *task)
{
	unsigned int prio = task->sched.prio;

	list_del(&task->sched.rt_node);
	if (list_empty(&rq->rt.lists[prio]))
		rq->rt.bitmap[prio / 64] &= ~(1UL << prio % 64);
	task->sched.queued = false;
}

/* The highest priority (lowest number) that waits, or MAX_RT_PRIO. */
static unsigned int first_prio(const struct rq *rq)
{
	if (rq->rt.bitmap[0])
		return __builtin_ctzl(rq->rt.bitmap[0]);
	if (rq->rt.bitmap[1])
		return 64 + __builtin_ctzl(rq->rt.bitmap[1]);
	return MAX_RT_PRIO;
}

static void rt_enqueue(struct rq *rq, struct task_struct *task, bool wakeup)
{
	rq->rt.nr++;
	if (task != rq->curr)
		list_put(rq, task, false);
}

static void rt_update(struct rq *rq)
{
	struct task_struct *curr = rq->curr;
	u64 ran = rq->clock - curr->sched.exec_start;

	if ((s64)ran <= 0)
		return;
	curr->sched.exec_start = rq->clock;
	WRITE_ONCE(curr->sched.sum_exec_runtime, curr->sched.sum_exec_runtime + ran);
}

static void rt_dequeue(struct rq *rq, struct task_struct *task)
{
	if (task == rq->curr)
		rt_update(rq);
	if (task->sched.queued)
		list_take(rq, task);
	rq->rt.nr--;
}

static struct task_struct *rt_pick(struct rq *rq)
{
	unsigned int prio = first_prio(rq);
	struct task_struct *task;

	if (prio == MAX_RT_PRIO)
		return NULL;
	task = list_first_entry(&rq->rt.lists[prio], struct task_struct, sched.rt_node);
	list_take(rq, task);
	return task;
}

static void rt_put(struct rq *rq, struct task_struct *task)
{
	bool to_end = task->sched.yielded ||
		      (task->sched.policy == SCHED_RR && !task->sched.time_slice);

	task->sched.yielded = false;
	if (!task->sched.time_slice)
		task->sched.time_slice = RR_SLICE;
	list_put(rq, task, !to_end);
}

static void rt_tick(struct rq *rq, struct task_struct *curr)
{
	if (curr->sched.policy != SCHED_RR)
		return;
	if (curr->sched.time_slice)
		curr->sched.time_slice--;
	if (curr->sched.time_slice)
		return;
	if (list_empty(&rq->rt.lists[curr->sched.prio]))
		curr->sched.time_slice = RR_SLICE;
	else
		resched_curr(rq);
}

static bool rt_preempts(struct rq *rq, struct task_struct *task)
{
	return task->sched.prio < rq->curr->sched.prio;
}

static void rt_yield(struct rq *rq)
{
	rq->curr->sched.yielded = true;
}

static struct task_struct *rt_next_waiting(struct rq *rq, struct task_struct *task)
{
	unsigned int prio = task ? (unsigned int)task->sched.prio : first_prio(rq);

	if (prio >= MAX_RT_PRIO)
		return NULL;
	if (!task)
		return list_first_entry(&rq->rt.lists[prio], struct task_struct, sched.rt_node);
	if (!list_is_last(&task->sched.rt_node, &rq->rt.lists[prio]))
		return list_next_entry(task, sched.rt_node);
	for (prio++; prio < MAX_RT_PRIO; prio++) {
		if (!list_empty(&rq->rt.lists[prio]))
			return list_first_entry(&rq->rt.lists[prio], struct task_struct,
						sched.rt_node);
	}
	return NULL;
}

const struct sched_class rt_sched_class = {
	.enqueue = rt_enqueue,
	.dequeue = rt_dequeue,
	.pick = rt_pick,
	.put = rt_put,
	.update = rt_update,
	.tick = rt_tick,
	.preempts = rt_preempts,
	.yield = rt_yield,
	.next_waiting = rt_next_waiting,
};
