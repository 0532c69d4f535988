// SPDX-License-Identifier: MIT
/*
 * One queue of the fair class: a red-black tree, ordered by the algorithm's key, that knows the
 * smallest vruntime of each subtree, and the sums from which the mean vruntime follows.
 *
 * O(log n) to insert and remove; the mean, the smallest vruntime and the leftmost cost O(1).
 * Sums are kept relative to min_vruntime, so that they stay small.
 */
#include <lib/rbtree_augmented.h>
#include "internal.h"

static bool subtree_min(struct sched_entity *se, bool exit)
{
	u64 min = se->vruntime;
	const struct sched_entity *child;

	child = entity_of(se->run_node.rb_left);
	if (child && vruntime_before(child->min_vruntime, min))
		min = child->min_vruntime;
	child = entity_of(se->run_node.rb_right);
	if (child && vruntime_before(child->min_vruntime, min))
		min = child->min_vruntime;
	if (exit && se->min_vruntime == min)
		return true;
	se->min_vruntime = min;
	return false;
}

RB_DECLARE_CALLBACKS(static, min_callbacks, struct sched_entity, run_node, min_vruntime,
		     subtree_min);

void fair_queue_init(struct fair_queue *q, struct rq *rq, struct task_group *group)
{
	q->tree = RB_ROOT_CACHED;
	q->rq = rq;
	q->group = group;
	INIT_LIST_HEAD(&q->throttled_node);
}

static s64 key(const struct fair_queue *q, const struct sched_entity *se)
{
	return (s64)(se->vruntime - q->min_vruntime);
}

void fair_tree_insert(struct fair_queue *q, struct sched_entity *se)
{
	struct rb_node **link = &q->tree.rb_root.rb_node, *parent = NULL;
	bool leftmost = true;

	while (*link) {
		struct sched_entity *at = entity_of(*link);

		parent = *link;
		if (vruntime_before(se->vruntime, at->min_vruntime))
			at->min_vruntime = se->vruntime;
		if (fair_algorithm->less(se, at)) {
			link = &parent->rb_left;
		} else {
			link = &parent->rb_right;
			leftmost = false;
		}
	}
	se->min_vruntime = se->vruntime;
	rb_link_node(&se->run_node, parent, link);
	rb_insert_augmented_cached(&se->run_node, &q->tree, leftmost, &min_callbacks);
	se->queued = true;
	q->key_sum += key(q, se) * se->weight;
	q->weight_sum += se->weight;
}

void fair_tree_remove(struct fair_queue *q, struct sched_entity *se)
{
	rb_erase_augmented_cached(&se->run_node, &q->tree, &min_callbacks);
	se->queued = false;
	q->key_sum -= key(q, se) * se->weight;
	q->weight_sum -= se->weight;
}

void fair_update_min(struct fair_queue *q)
{
	const struct sched_entity *root = entity_of(q->tree.rb_root.rb_node), *curr = q->curr;
	u64 min = q->min_vruntime;

	if (curr && curr->on_queue)
		min = curr->vruntime;
	else
		curr = NULL;
	if (root && (!curr || vruntime_before(root->min_vruntime, min)))
		min = root->min_vruntime;
	if (!vruntime_before(q->min_vruntime, min))
		return;
	q->key_sum -= (s64)(min - q->min_vruntime) * (s64)q->weight_sum;
	WRITE_ONCE(q->min_vruntime, min);
}

/* The sums with the running entity in them. */
static s64 sums(const struct fair_queue *q, const struct sched_entity *but, s64 *weight)
{
	const struct sched_entity *curr = q->curr;
	s64 sum = q->key_sum;

	*weight = q->weight_sum;
	if (curr && curr != but && curr->on_queue) {
		sum += key(q, curr) * curr->weight;
		*weight += curr->weight;
	}
	return sum;
}

u64 fair_average(const struct fair_queue *q, const struct sched_entity *but)
{
	s64 weight, sum = sums(q, but, &weight);

	if (!weight)
		return q->min_vruntime;
	/* Rounded down: who stands exactly at the mean is eligible. */
	if (sum < 0)
		sum -= weight - 1;
	return q->min_vruntime + sum / weight;
}

bool fair_eligible(const struct fair_queue *q, u64 vruntime)
{
	s64 weight, sum = sums(q, NULL, &weight);

	return sum >= (s64)(vruntime - q->min_vruntime) * weight;
}

static void add_load(struct fair_queue *q, long weight)
{
	q->load += weight;
	if (q->group)
		atomic64_add(weight, &q->group->load);
}

void fair_join(struct fair_queue *q, struct sched_entity *se, bool fresh)
{
	fair_algorithm->join(q, se, fresh);
	q->nr++;
	add_load(q, se->weight);
	se->on_queue = true;
	fair_tree_insert(q, se);
	fair_update_min(q);
}

void fair_leave(struct fair_queue *q, struct sched_entity *se)
{
	fair_algorithm->leave(q, se);
	fair_tree_remove(q, se);
	q->nr--;
	add_load(q, -(long)se->weight);
	se->on_queue = false;
	fair_update_min(q);
}

void fair_reweight(struct sched_entity *se, u32 weight)
{
	struct fair_queue *q = se->queue;
	bool queued = se->queued;
	s64 owed;

	if (se->weight == weight)
		return;
	if (!se->on_queue) {
		se->weight = weight;
		return;
	}
	/* What it is owed in time stays; in weighted time that is another number. */
	owed = (s64)(fair_average(q, NULL) - se->vruntime) * (s64)se->weight / (s64)weight;
	if (queued)
		fair_tree_remove(q, se);
	add_load(q, (long)weight - (long)se->weight);
	se->deadline = se->vruntime + (u64)((s64)(se->deadline - se->vruntime) *
					    (s64)se->weight / (s64)weight);
	if (fair_algorithm == &eevdf_algorithm) {
		u64 to = se->vruntime + (s64)(fair_average(q, NULL) - se->vruntime) - owed;

		se->deadline += to - se->vruntime;
		se->vruntime = to;
	}
	se->weight = weight;
	if (queued)
		fair_tree_insert(q, se);
	fair_update_min(q);
}
