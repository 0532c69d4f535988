// SPDX-License-Identifier: MIT
/*
 * "sched=eevdf": earliest eligible virtual deadline first (Stoica and Abdel-Wahab, 1995).
 *
 * The lag of an entity is what it is owed: the mean vruntime of the queue less its own. It is
 * eligible while it is owed something, and asks for BASE_SLICE of CPU at a time, which is due
 * at vruntime + BASE_SLICE / weight. Of the eligible ones that with the earliest deadline runs.
 * The tree is ordered by deadline, and each subtree knows its smallest vruntime, so that the
 * search leaves out subtrees in which nobody is eligible: O(log n).
 *
 * Who leaves takes the lag along, bounded, and comes back with it.
 */
#include "internal.h"

#define BASE_SLICE 3000000ULL

static bool eevdf_less(const struct sched_entity *a, const struct sched_entity *b)
{
	return vruntime_before(a->deadline, b->deadline);
}

static void eevdf_join(struct fair_queue *q, struct sched_entity *se, bool fresh)
{
	u64 slice = fair_weighted(BASE_SLICE, se);
	long load = q->load;
	s64 lag = 0;

	/* The newcomer pulls the mean towards itself: more, so that the same lag is left. */
	if (q->nr && load)
		lag = se->lag * (load + (long)se->weight) / load;
	se->vruntime = fair_average(q, se) - lag;
	/* A new one starts in the midst of a turn. */
	if (fresh && !se->deadline)
		slice /= 2;
	se->deadline = se->vruntime + slice;
}

static void eevdf_leave(struct fair_queue *q, struct sched_entity *se)
{
	s64 limit = fair_weighted(max(2 * BASE_SLICE, (u64)TICK_NSEC), se);

	se->lag = clamp((s64)(fair_average(q, NULL) - se->vruntime), -limit, limit);
}

static bool subtree_eligible(const struct fair_queue *q, struct rb_node *node)
{
	return node && fair_eligible(q, entity_of(node)->min_vruntime);
}

static struct sched_entity *eevdf_pick(struct fair_queue *q)
{
	struct rb_node *node = q->tree.rb_root.rb_node;

	while (node) {
		struct sched_entity *se;

		if (subtree_eligible(q, node->rb_left)) {
			node = node->rb_left;
			continue;
		}
		se = entity_of(node);
		if (fair_eligible(q, se->vruntime))
			return se;
		node = node->rb_right;
	}
	/* Rounding may leave nobody. */
	return entity_of(rb_first_cached(&q->tree));
}

static bool eevdf_charged(struct fair_queue *q, struct sched_entity *curr)
{
	if (vruntime_before(curr->vruntime, curr->deadline))
		return false;
	curr->deadline = curr->vruntime + fair_weighted(BASE_SLICE, curr);
	return q->nr > 1;
}

static bool eevdf_tick(struct fair_queue *q, struct sched_entity *curr)
{
	return false;
}

static bool eevdf_preempts(struct fair_queue *q, struct sched_entity *se)
{
	return vruntime_before(se->deadline, q->curr->deadline) && fair_eligible(q, se->vruntime);
}

static void eevdf_yield(struct fair_queue *q)
{
	q->curr->deadline += fair_weighted(BASE_SLICE, q->curr);
}

const struct fair_algorithm eevdf_algorithm = {
	.name = "eevdf",
	.less = eevdf_less,
	.join = eevdf_join,
	.leave = eevdf_leave,
	.pick = eevdf_pick,
	.charged = eevdf_charged,
	.tick = eevdf_tick,
	.preempts = eevdf_preempts,
	.yield = eevdf_yield,
};
