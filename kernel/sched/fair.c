// SPDX-License-Identifier: MIT
/*
 * The fair class: SCHED_NORMAL, SCHED_BATCH, SCHED_IDLE.
 *
 * Each entity has a virtual run time that grows by its run time times NICE_0_WEIGHT / weight, so
 * that equal virtual times mean CPU in proportion to weights. By which rule the next one is
 * chosen is the algorithm's business (cfs.c, eevdf.c; the boot parameter "sched=").
 *
 * Groups. An entity is a task or a task group. Each group has, on every CPU, a queue of its
 * members there and an entity that stands for them in its parent's queue:
 *
 *        rq->fair ---- task
 *                 `--- entity of group A on this CPU, with queue ---- task
 *                                                              `----- entity of group B ...
 *
 * A group's entity stands in a queue while its own queue has somebody who may run. The running
 * task and all groups above it are `curr` of their queues, and in no tree. So choosing is one
 * choice per level on the way down, and charging one addition per level on the way up.
 *
 * A throttled queue (bandwidth.c) keeps its members; its entity leaves the parent's queue, and
 * its tasks do not count in rq->nr_running.
 *
 * Virtual times of different queues have nothing to do with each other: fair_set_cpu() carries
 * only the distance to min_vruntime over.
 */
#include <kern/errno.h>
#include <kern/moduleparam.h>
#include <lib/string.h>
#include "internal.h"

const struct fair_algorithm *fair_algorithm = &cfs_algorithm;

static int check_algorithm(const char *text)
{
	return strcmp(text, "cfs") && strcmp(text, "eevdf") ? -EINVAL : 0;
}

/* Early: the order of the trees must not change once there are tasks. */
static int set_algorithm(char *text)
{
	fair_algorithm = strcmp(text, "eevdf") ? &cfs_algorithm : &eevdf_algorithm;
	return 1;
}
__kparam("sched=", set_algorithm, check_algorithm, 1);

#define for_each_level(se) for (; se; se = se->parent)

static struct fair_queue *group_queue(struct task_group *group, unsigned int cpu)
{
	return group ? &group->cpu[cpu].queue : &cpu_rq(cpu)->fair;
}

static void set_place(struct task_struct *task, unsigned int cpu)
{
	struct sched_entity *se = &task->sched.se;
	struct task_group *group = task->sched.group;

	se->queue = group_queue(group, cpu);
	se->parent = group ? &group->cpu[cpu].se : NULL;
}

void fair_fork(struct task_struct *task, struct task_group *group)
{
	task_group_get(group);
	task->sched.group = group;
	set_place(task, task->sched.cpu);
	task->sched.se.vruntime = READ_ONCE(task->sched.se.queue->min_vruntime);
}

void fair_start(struct task_struct *task)
{
	task->sched.se.vruntime = task->sched.se.queue->min_vruntime;
	task->sched.se.lag = 0;
}

void fair_set_cpu(struct task_struct *task, unsigned int cpu)
{
	struct sched_entity *se = &task->sched.se;
	u64 distance = se->vruntime - READ_ONCE(se->queue->min_vruntime);

	set_place(task, cpu);
	se->vruntime = READ_ONCE(se->queue->min_vruntime) + distance;
}

/* ---- the running task and what is above it ---- */

static void charge(struct fair_queue *q, struct sched_entity *se, u64 ran)
{
	se->vruntime += fair_weighted(ran, se);
	se->ran += ran;
	fair_update_min(q);
	if (fair_algorithm->charged(q, se))
		resched_curr(q->rq);
	if (q->group && fair_bandwidth_charge(q, ran))
		resched_curr(q->rq);
}

static void fair_update(struct rq *rq)
{
	struct task_struct *curr = rq->curr;
	struct sched_entity *se = &curr->sched.se;
	u64 ran = rq->clock - curr->sched.exec_start;

	if ((s64)ran <= 0)
		return;
	curr->sched.exec_start = rq->clock;
	WRITE_ONCE(curr->sched.sum_exec_runtime, curr->sched.sum_exec_runtime + ran);
	for_each_level(se) {
		if (se->queue->curr != se)
			break;
		charge(se->queue, se, ran);
	}
}

/*
 * Out of the trees, down to the task. One that was moved into a throttled group while it runs
 * is `curr` below that group only, and leaves the CPU soon.
 */
static void take_out(struct task_struct *task)
{
	struct sched_entity *se = &task->sched.se;

	for_each_level(se) {
		if (!se->on_queue)
			break;
		if (se->queued)
			fair_tree_remove(se->queue, se);
		se->queue->curr = se;
		se->ran = 0;
	}
}

static void put_back(struct task_struct *task)
{
	struct sched_entity *se = &task->sched.se;

	for_each_level(se) {
		if (se->queue->curr != se)
			continue;
		se->queue->curr = NULL;
		if (se->on_queue && !se->queued)
			fair_tree_insert(se->queue, se);
	}
}

/* ---- joining and leaving, level by level ---- */

/*
 * Joins its queue, and each group above that had nobody joins its parent's. => `tasks` of them
 * count as runnable from here up, unless a throttled queue is on the way.
 */
static void join_upwards(struct sched_entity *se, bool fresh, unsigned int tasks)
{
	struct rq *rq = se->queue->rq;

	for_each_level(se) {
		struct fair_queue *q = se->queue;

		if (!se->on_queue)
			fair_join(q, se, fresh);
		q->nr_tasks += tasks;
		if (q->group)
			task_group_update_weight(q);
		if (q->throttled)
			return;
		/* Groups come back with what they were owed. */
		fresh = true;
	}
	rq->nr_running += tasks;
}

static void leave_upwards(struct sched_entity *se, unsigned int tasks)
{
	struct rq *rq = se->queue->rq;
	bool leaves = true;

	for_each_level(se) {
		struct fair_queue *q = se->queue;

		if (leaves)
			fair_leave(q, se);
		leaves = leaves && !q->nr;
		q->nr_tasks -= tasks;
		if (q->group)
			task_group_update_weight(q);
		if (q->throttled)
			return;
	}
	rq->nr_running -= tasks;
}

void fair_resume_group(struct fair_queue *q)
{
	struct sched_entity *se = &q->group->cpu[q->rq->cpu].se;

	if (!q->nr_tasks)
		return;
	join_upwards(se, true, q->nr_tasks);
	psi_note(q->rq);
}

/* => not running: the group's entity is in a tree */
void fair_suspend_group(struct fair_queue *q)
{
	struct sched_entity *se = &q->group->cpu[q->rq->cpu].se;

	if (!se->on_queue)
		return;
	leave_upwards(se, q->nr_tasks);
	psi_note(q->rq);
}

static bool rq_runs_fair(struct rq *rq)
{
	return rq->curr->sched.class == &fair_sched_class && rq->curr != rq->idle &&
	       rq->curr->sched.on_rq;
}

/* activate_task() and deactivate_task() count the task in nr_running; here it is done by level. */
static void fair_enqueue(struct rq *rq, struct task_struct *task, bool wakeup)
{
	if (rq_runs_fair(rq) && rq->curr != task)
		fair_update(rq);
	list_add(&task->sched.fair_node, &rq->fair_tasks);
	join_upwards(&task->sched.se, wakeup, 1);
	rq->nr_running--;
	if (task == rq->curr)
		take_out(task);
}

static void fair_dequeue(struct rq *rq, struct task_struct *task)
{
	if (task == rq->curr) {
		fair_update(rq);
		put_back(task);
	} else if (rq_runs_fair(rq)) {
		fair_update(rq);
	}
	list_del(&task->sched.fair_node);
	leave_upwards(&task->sched.se, 1);
	rq->nr_running++;
}

/* ---- choosing ---- */

static struct task_struct *fair_pick(struct rq *rq)
{
	struct fair_queue *q = &rq->fair;
	struct sched_entity *se;
	struct task_struct *task;

	for (;;) {
		se = fair_algorithm->pick(q);
		if (!se)
			return NULL;
		if (!se->own)
			break;
		/* A group that has used up its bandwidth leaves: begin again at the top. */
		q = fair_bandwidth_admit(se->own) ? se->own : &rq->fair;
	}
	task = container_of(se, struct task_struct, sched.se);
	take_out(task);
	return task;
}

static void fair_put(struct rq *rq, struct task_struct *task)
{
	put_back(task);
}

static void fair_tick(struct rq *rq, struct task_struct *curr)
{
	struct sched_entity *se = &curr->sched.se;

	for_each_level(se) {
		if (se->queue->curr == se && fair_algorithm->tick(se->queue, se))
			resched_curr(rq);
	}
}

static unsigned int depth(const struct sched_entity *se)
{
	unsigned int levels = 0;

	for_each_level(se)
		levels++;
	return levels;
}

/* Goes up until both are in one queue. */
static void find_common_queue(struct sched_entity **a, struct sched_entity **b)
{
	unsigned int da = depth(*a), db = depth(*b);

	for (; da > db; da--)
		*a = (*a)->parent;
	for (; db > da; db--)
		*b = (*b)->parent;
	while ((*a)->queue != (*b)->queue) {
		*a = (*a)->parent;
		*b = (*b)->parent;
	}
}

static bool fair_preempts(struct rq *rq, struct task_struct *task)
{
	struct task_struct *curr = rq->curr;
	struct sched_entity *running = &curr->sched.se, *se = &task->sched.se;

	if (curr->sched.policy == SCHED_IDLE && task->sched.policy != SCHED_IDLE)
		return true;
	if (task->sched.policy != SCHED_NORMAL)
		return false;
	fair_update(rq);
	find_common_queue(&running, &se);
	return se->queue->curr == running && se->queued && fair_algorithm->preempts(se->queue, se);
}

static void fair_yield(struct rq *rq)
{
	fair_update(rq);
	fair_algorithm->yield(rq->curr->sched.se.queue);
}

static bool is_throttled(const struct sched_entity *se)
{
	for_each_level(se) {
		if (se->queue->throttled)
			return true;
	}
	return false;
}

/* The one that waits longest first. */
static struct task_struct *fair_next_waiting(struct rq *rq, struct task_struct *task)
{
	struct list_head *at = task ? task->sched.fair_node.prev : rq->fair_tasks.prev;

	for (; at != &rq->fair_tasks; at = at->prev) {
		task = list_entry(at, struct task_struct, sched.fair_node);
		if (task != rq->curr && !is_throttled(&task->sched.se))
			return task;
	}
	return NULL;
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
