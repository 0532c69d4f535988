// SPDX-License-Identifier: MIT
/*
 * The real-time class: SCHED_FIFO and SCHED_RR. A list for each priority and a bitmap of those
 * that have tasks. A preempted task goes back to the front of its list, one that used up its
 * slice or yielded to the end.
 *
 * Throttling: of each sched_rt_period_us the class gets sched_rt_runtime_us (950 of 1000 ms),
 * and a spinning task of the highest priority leaves the rest to fair tasks, if some wait: an
 * administrator's shell still answers. Time is counted per CPU; what was used beyond the limit
 * is missing in the next period.
 */
#include <kern/errno.h>
#include <kern/jiffies.h>
#include <kern/printk.h>
#include "internal.h"

unsigned int sysctl_sched_rt_period_us = 1000000;
int sysctl_sched_rt_runtime_us = 950000;
unsigned int sched_rr_slice = HZ / 10;

static void list_put(struct rq *rq, struct task_struct *task, bool front)
{
	unsigned int prio = task->sched.prio;

	if (front)
		list_add(&task->sched.rt_node, &rq->rt.lists[prio]);
	else
		list_add_tail(&task->sched.rt_node, &rq->rt.lists[prio]);
	rq->rt.bitmap[prio / 64] |= 1UL << prio % 64;
	task->sched.queued = true;
	atomic_inc(&urgent_waiting);
}

static void list_take(struct rq *rq, struct task_struct *task)
{
	unsigned int prio = task->sched.prio;

	list_del(&task->sched.rt_node);
	if (list_empty(&rq->rt.lists[prio]))
		rq->rt.bitmap[prio / 64] &= ~(1UL << prio % 64);
	task->sched.queued = false;
	atomic_dec(&urgent_waiting);
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

static u64 throttle_period(void)
{
	return READ_ONCE(sysctl_sched_rt_period_us) * 1000ULL;
}

/* ns a period, or U64_MAX: no limit. */
static u64 throttle_runtime(void)
{
	int us = READ_ONCE(sysctl_sched_rt_runtime_us);

	return us < 0 ? U64_MAX : us * 1000ULL;
}

int sched_set_rt_limits(int runtime_us, unsigned int period_us)
{
	int error;

	if (!period_us || (runtime_us >= 0 && (unsigned int)runtime_us > period_us))
		return -EINVAL;
	error = dl_check_global(runtime_us, period_us);
	if (error)
		return error;
	WRITE_ONCE(sysctl_sched_rt_runtime_us, runtime_us);
	WRITE_ONCE(sysctl_sched_rt_period_us, period_us);
	return 0;
}

/* Begins a new period when the old one is over, and forgives what it allows. */
static void next_period(struct rq *rq)
{
	u64 passed = rq->clock - rq->rt.period_start, period = throttle_period();
	u64 n = passed / period, runtime = throttle_runtime();

	if (!n)
		return;
	rq->rt.period_start += n * period;
	if (runtime == U64_MAX || n > rq->rt.used / max(runtime, 1ULL))
		rq->rt.used = 0;
	else
		rq->rt.used -= n * runtime;
	rq->rt.throttled = rq->rt.used > runtime;
}

static void count_for_throttling(struct rq *rq, u64 ran)
{
	next_period(rq);
	rq->rt.used += ran;
	if (rq->rt.throttled || rq->rt.used <= throttle_runtime())
		return;
	rq->rt.throttled = true;
	pr_info_once("sched: RT throttling activated\n");
	if (rq->fair.nr_tasks)
		resched_curr(rq);
}

void rt_period_tick(struct rq *rq)
{
	if (!rq->rt.throttled)
		return;
	next_period(rq);
	if (!rq->rt.throttled && rq->rt.nr && rq->curr->sched.class->rank < rt_sched_class.rank)
		resched_curr(rq);
}

static void rt_update(struct rq *rq)
{
	struct task_struct *curr = rq->curr;
	u64 ran = rq->clock - curr->sched.exec_start;

	if ((s64)ran <= 0)
		return;
	curr->sched.exec_start = rq->clock;
	WRITE_ONCE(curr->sched.sum_exec_runtime, curr->sched.sum_exec_runtime + ran);
	count_for_throttling(rq, ran);
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

	if (prio == MAX_RT_PRIO || (rq->rt.throttled && rq->fair.nr_tasks))
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
		task->sched.time_slice = READ_ONCE(sched_rr_slice);
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
		curr->sched.time_slice = READ_ONCE(sched_rr_slice);
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
	.rank = 2,
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
