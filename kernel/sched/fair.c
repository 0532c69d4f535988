// SPDX-License-Identifier: MIT
/*
 * The fair class: SCHED_NORMAL, SCHED_BATCH, SCHED_IDLE.
 *
 * Each task has a virtual run time that grows by its run time times NICE_0_WEIGHT / weight. The
 * waiting task with the smallest runs next, so every task gets CPU in proportion to its weight.
 * A turn lasts its share of SCHED_LATENCY, but at least MIN_GRANULARITY. A task that slept
 * starts near min_vruntime, a little before, so that it gets the CPU soon, and cannot save up
 * credit. vruntimes of different CPUs have nothing to do with each other: set_task_cpu() carries
 * only the difference to min_vruntime over.
 */
#include <kern/bug.h>
#include "internal.h"

#define NICE_0_WEIGHT	   1024
#define SCHED_LATENCY	   6000000ULL
#define MIN_GRANULARITY	   750000ULL
#define WAKEUP_GRANULARITY 1000000ULL

static struct task_struct *node_task(struct rb_node *node)
{
	return node ? rb_entry(node, struct task_struct, sched.run_node) : NULL;
}

static bool before(u64 a, u64 b)
{
	return (s64)(a - b) < 0;
}

static u64 weighted(u64 ns, const struct task_struct *task)
{
	if (likely(task->sched.weight == NICE_0_WEIGHT))
		return ns;
	return ns * NICE_0_WEIGHT / task->sched.weight;
}

static bool fair_less(struct rb_node *a, const struct rb_node *b)
{
	return before(rb_entry(a, struct task_struct, sched.run_node)->sched.vruntime,
		      rb_entry(b, struct task_struct, sched.run_node)->sched.vruntime);
}

static void tree_insert(struct fair_queue *q, struct task_struct *task)
{
	struct rb_node **link = &q->tasks.rb_root.rb_node, *parent = NULL;
	bool leftmost = true;

	while (*link) {
		parent = *link;
		if (fair_less(&task->sched.run_node, parent)) {
			link = &parent->rb_left;
		} else {
			link = &parent->rb_right;
			leftmost = false;
		}
	}
	rb_link_node(&task->sched.run_node, parent, link);
	rb_insert_color_cached(&task->sched.run_node, &q->tasks, leftmost);
	task->sched.queued = true;
}

static void tree_remove(struct fair_queue *q, struct task_struct *task)
{
	rb_erase_cached(&task->sched.run_node, &q->tasks);
	task->sched.queued = false;
}

/* min_vruntime follows the smallest of the running and the first waiting task, forward only. */
static void update_min(struct rq *rq)
{
	struct task_struct *first = node_task(rb_first_cached(&rq->fair.tasks));
	struct task_struct *curr = rq->curr;
	u64 min = rq->fair.min_vruntime;
	bool running = curr->sched.class == &fair_sched_class && curr->sched.on_rq;

	if (running)
		min = curr->sched.vruntime;
	if (first && (!running || before(first->sched.vruntime, min)))
		min = first->sched.vruntime;
	if (before(rq->fair.min_vruntime, min))
		WRITE_ONCE(rq->fair.min_vruntime, min);
}

static void fair_update(struct rq *rq)
{
	struct task_struct *curr = rq->curr;
	u64 ran = rq->clock - curr->sched.exec_start;

	if ((s64)ran <= 0)
		return;
	curr->sched.exec_start = rq->clock;
	WRITE_ONCE(curr->sched.sum_exec_runtime, curr->sched.sum_exec_runtime + ran);
	curr->sched.vruntime += weighted(ran, curr);
	update_min(rq);
}

static bool rq_runs_fair(struct rq *rq)
{
	return rq->curr->sched.class == &fair_sched_class && rq->curr != rq->idle &&
	       rq->curr->sched.on_rq;
}

static void fair_enqueue(struct rq *rq, struct task_struct *task, bool wakeup)
{
	if (rq_runs_fair(rq))
		fair_update(rq);
	if (wakeup) {
		u64 floor = rq->fair.min_vruntime - SCHED_LATENCY / 2;

		if (task->sched.policy == SCHED_IDLE)
			floor = rq->fair.min_vruntime;
		if (before(task->sched.vruntime, floor))
			task->sched.vruntime = floor;
	}
	rq->fair.nr++;
	rq->fair.load += task->sched.weight;
	if (task != rq->curr)
		tree_insert(&rq->fair, task);
}

static void fair_dequeue(struct rq *rq, struct task_struct *task)
{
	if (task == rq->curr)
		fair_update(rq);
	if (task->sched.queued)
		tree_remove(&rq->fair, task);
	rq->fair.nr--;
	rq->fair.load -= task->sched.weight;
}

static struct task_struct *fair_pick(struct rq *rq)
{
	struct rb_node *first = rb_first_cached(&rq->fair.tasks), *second;
	struct task_struct *task = node_task(first);

	if (!task)
		return NULL;
	if (task->sched.yielded) {
		task->sched.yielded = false;
		second = rb_next(first);
		if (second)
			task = node_task(second);
	}
	tree_remove(&rq->fair, task);
	return task;
}

static void fair_put(struct rq *rq, struct task_struct *task)
{
	tree_insert(&rq->fair, task);
}

/* How long the running task may run before another of the class gets its turn. */
static u64 fair_slice(struct rq *rq, struct task_struct *task)
{
	u64 slice = SCHED_LATENCY * task->sched.weight / max(rq->fair.load, 1UL);

	return max(slice, MIN_GRANULARITY);
}

static void fair_tick(struct rq *rq, struct task_struct *curr)
{
	struct task_struct *first = node_task(rb_first_cached(&rq->fair.tasks));
	u64 ran;

	if (!first)
		return;
	ran = curr->sched.sum_exec_runtime - curr->sched.prev_sum_exec;
	if (ran >= fair_slice(rq, curr) ||
	    (ran >= MIN_GRANULARITY &&
	     (s64)(curr->sched.vruntime - first->sched.vruntime) > (s64)fair_slice(rq, curr)))
		resched_curr(rq);
}

static bool fair_preempts(struct rq *rq, struct task_struct *task)
{
	struct task_struct *curr = rq->curr;

	if (curr->sched.policy == SCHED_IDLE && task->sched.policy != SCHED_IDLE)
		return true;
	if (task->sched.policy != SCHED_NORMAL)
		return false;
	fair_update(rq);
	return (s64)(curr->sched.vruntime - task->sched.vruntime) >
	       (s64)weighted(WAKEUP_GRANULARITY, task);
}

static void fair_yield(struct rq *rq)
{
	struct rb_node *last = rb_last(&rq->fair.tasks.rb_root);

	if (!last)
		return;
	fair_update(rq);
	/* Behind the first in line at least; behind all of nearly equal claim. */
	rq->curr->sched.yielded = true;
	if (before(rq->curr->sched.vruntime, node_task(last)->sched.vruntime) &&
	    node_task(last)->sched.vruntime - rq->curr->sched.vruntime < SCHED_LATENCY)
		rq->curr->sched.vruntime = node_task(last)->sched.vruntime + 1;
}

static struct task_struct *fair_next_waiting(struct rq *rq, struct task_struct *task)
{
	return node_task(task ? rb_next(&task->sched.run_node) : rb_first_cached(&rq->fair.tasks));
}

const struct sched_class fair_sched_class = {
	.rank = 1,
	.enqueue = fair_enqueue,
	.dequeue = fair_dequeue,
	.pick = fair_pick,
	.put = fair_put,
	.update = fair_update,
	.tick = fair_tick,
	.preempts = fair_preempts,
	.yield = fair_yield,
	.next_waiting = fair_next_waiting,
};
