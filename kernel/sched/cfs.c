// SPDX-License-Identifier: MIT
/*
 * "sched=cfs": the waiting entity with the smallest vruntime runs next. A turn lasts the
 * entity's share of SCHED_LATENCY, but at least MIN_GRANULARITY. One that slept starts near
 * min_vruntime, a little before, so that it gets the CPU soon, and cannot save up credit.
 */
#include "internal.h"

#define SCHED_LATENCY	   6000000ULL
#define MIN_GRANULARITY	   750000ULL
#define WAKEUP_GRANULARITY 1000000ULL

static bool cfs_less(const struct sched_entity *a, const struct sched_entity *b)
{
	return vruntime_before(a->vruntime, b->vruntime);
}

static void cfs_join(struct fair_queue *q, struct sched_entity *se, bool fresh)
{
	u64 floor = q->min_vruntime;

	if (!fresh)
		return;
	/* Weights below those of nice values are SCHED_IDLE's: no credit for them. */
	if (se->weight >= nice_to_weight(MAX_NICE))
		floor -= SCHED_LATENCY / 2;
	if (vruntime_before(se->vruntime, floor))
		se->vruntime = floor;
}

static void cfs_leave(struct fair_queue *q, struct sched_entity *se)
{
}

static struct sched_entity *cfs_pick(struct fair_queue *q)
{
	struct rb_node *first = rb_first_cached(&q->tree), *second;
	struct sched_entity *se = entity_of(first);

	if (!se || !se->skip)
		return se;
	se->skip = false;
	second = rb_next(first);
	return second ? entity_of(second) : se;
}

static bool cfs_charged(struct fair_queue *q, struct sched_entity *curr)
{
	return false;
}

/* How long the running entity may run before another of the queue gets its turn. */
static u64 slice_of(const struct fair_queue *q, const struct sched_entity *se)
{
	u64 slice = SCHED_LATENCY * se->weight / max(q->load, 1UL);

	return max(slice, MIN_GRANULARITY);
}

static bool cfs_tick(struct fair_queue *q, struct sched_entity *curr)
{
	const struct sched_entity *first = entity_of(rb_first_cached(&q->tree));
	u64 slice;

	if (!first)
		return false;
	slice = slice_of(q, curr);
	return curr->ran >= slice || (curr->ran >= MIN_GRANULARITY &&
				      (s64)(curr->vruntime - first->vruntime) > (s64)slice);
}

static bool cfs_preempts(struct fair_queue *q, struct sched_entity *se)
{
	return (s64)(q->curr->vruntime - se->vruntime) > (s64)fair_weighted(WAKEUP_GRANULARITY, se);
}

static void cfs_yield(struct fair_queue *q)
{
	const struct sched_entity *last = entity_of(rb_last(&q->tree.rb_root));
	struct sched_entity *curr = q->curr;

	if (!last)
		return;
	/* Behind the first in line at least; behind all of nearly equal claim. */
	curr->skip = true;
	if (vruntime_before(curr->vruntime, last->vruntime) &&
	    last->vruntime - curr->vruntime < SCHED_LATENCY)
		curr->vruntime = last->vruntime + 1;
}

const struct fair_algorithm cfs_algorithm = {
	.name = "cfs",
	.less = cfs_less,
	.join = cfs_join,
	.leave = cfs_leave,
	.pick = cfs_pick,
	.charged = cfs_charged,
	.tick = cfs_tick,
	.preempts = cfs_preempts,
	.yield = cfs_yield,
};
