// SPDX-License-Identifier: MIT
/*
 * Bandwidth of task groups: at most `quota` ns of CPU in each `period`, on all CPUs together.
 *
 * The group's pool is filled once a period by a timer. Each CPU takes SLICE out of it at a time
 * and charges its queue; a queue that finds the pool empty is throttled: fair_pick() takes its
 * entity off, and the timer, when it fills the pool, puts it back. The timer stops after a
 * period in which nothing was taken and nobody waits.
 *
 * Locks: rq->lock, then bandwidth->lock. The timer takes throttled queues off the list first,
 * drops the lock, and then takes their rq->lock.
 */
#include <kern/errno.h>
#include <kern/timekeeping.h>
#include "internal.h"

#define SLICE	      5000000LL
#define DEFAULT_PERIOD 100000000ULL

/* As much as the pool has, up to a slice. False: nothing. => bandwidth->lock held */
static bool take(struct fair_bandwidth *b, struct fair_queue *q)
{
	s64 amount = min_t(s64, SLICE - q->runtime, b->pool);

	if (amount <= 0)
		return q->runtime > 0;
	b->pool -= amount;
	b->used = true;
	q->runtime += amount;
	return q->runtime > 0;
}

static void start_timer(struct fair_bandwidth *b)
{
	if (b->timer_runs)
		return;
	b->timer_runs = true;
	hrtimer_start(&b->timer, b->period, HRTIMER_MODE_REL);
}

/* True when the queue has, or gets, some runtime. */
static bool refill(struct fair_queue *q)
{
	struct fair_bandwidth *b = &q->group->bandwidth;
	bool ok;

	spin_lock(&b->lock);
	if (b->quota == U64_MAX) {
		q->runtime = SLICE;
		ok = true;
	} else {
		start_timer(b);
		ok = take(b, q);
	}
	spin_unlock(&b->lock);
	return ok;
}

bool fair_bandwidth_charge(struct fair_queue *q, u64 ran)
{
	if (likely(READ_ONCE(q->group->bandwidth.quota) == U64_MAX))
		return false;
	q->runtime -= ran;
	return q->runtime <= 0 && !refill(q);
}

bool fair_bandwidth_admit(struct fair_queue *q)
{
	struct fair_bandwidth *b = &q->group->bandwidth;

	if (likely(READ_ONCE(b->quota) == U64_MAX) || q->runtime > 0 || refill(q))
		return true;
	fair_suspend_group(q);
	q->throttled = true;
	q->throttled_since = ktime_get_ns();
	spin_lock(&b->lock);
	list_add_tail(&q->throttled_node, &b->throttled);
	spin_unlock(&b->lock);
	return false;
}

/* Lets one throttled queue go on. False: there is none, or nothing left to give. */
static bool release_one(struct fair_bandwidth *b)
{
	struct fair_queue *q;
	unsigned long flags;
	struct rq *rq;

	spin_lock_irqsave(&b->lock, flags);
	q = list_first_entry_or_null(&b->throttled, struct fair_queue, throttled_node);
	if (q && (b->pool || b->quota == U64_MAX))
		list_del_init(&q->throttled_node);
	else
		q = NULL;
	spin_unlock_irqrestore(&b->lock, flags);
	if (!q)
		return false;
	rq = q->rq;
	spin_lock_irqsave(&rq->lock, flags);
	update_rq_clock(rq);
	spin_lock(&b->lock);
	b->throttled_ns += ktime_get_ns() - q->throttled_since;
	spin_unlock(&b->lock);
	q->throttled = false;
	refill(q);
	fair_resume_group(q);
	if (rq->curr->sched.class->rank <= fair_sched_class.rank)
		resched_curr(rq);
	spin_unlock_irqrestore(&rq->lock, flags);
	return true;
}

static enum hrtimer_restart next_period(struct hrtimer *timer)
{
	struct fair_bandwidth *b = container_of(timer, struct fair_bandwidth, timer);
	enum hrtimer_restart again = HRTIMER_RESTART;
	unsigned long flags;
	u64 n;

	spin_lock_irqsave(&b->lock, flags);
	n = hrtimer_forward_now(timer, b->period);
	if (b->quota == U64_MAX || (!b->used && list_empty(&b->throttled))) {
		b->timer_runs = false;
		again = HRTIMER_NORESTART;
	} else {
		b->nr_periods += n;
		if (!list_empty(&b->throttled))
			b->nr_throttled += n;
	}
	b->used = false;
	b->pool = min(b->pool, b->burst);
	if (b->quota != U64_MAX)
		b->pool += b->quota;
	spin_unlock_irqrestore(&b->lock, flags);
	while (release_one(b))
		;
	return again;
}

void fair_bandwidth_init(struct fair_bandwidth *b)
{
	spin_lock_init(&b->lock);
	INIT_LIST_HEAD(&b->throttled);
	b->period = DEFAULT_PERIOD;
	b->quota = U64_MAX;
	hrtimer_setup(&b->timer, next_period, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
}

/* => no task is in the group: nothing starts the timer again */
void fair_bandwidth_destroy(struct fair_bandwidth *b)
{
	hrtimer_cancel(&b->timer);
}

int sched_group_set_bandwidth(struct task_group *group, u64 period, u64 quota, u64 burst)
{
	struct fair_bandwidth *b;

	if (!group || period < NSEC_PER_MSEC || period > NSEC_PER_SEC)
		return -EINVAL;
	if (quota < NSEC_PER_MSEC || (quota != U64_MAX && burst > quota))
		return -EINVAL;
	b = &group->bandwidth;
	spin_lock_irq(&b->lock);
	b->period = period;
	WRITE_ONCE(b->quota, quota);
	b->burst = quota == U64_MAX ? 0 : burst;
	b->pool = quota == U64_MAX ? 0 : quota;
	spin_unlock_irq(&b->lock);
	while (release_one(b))
		;
	return 0;
}

void sched_group_bandwidth_stat(struct task_group *group, struct sched_bandwidth_stat *stat)
{
	struct fair_bandwidth *b = &group->bandwidth;

	spin_lock_irq(&b->lock);
	stat->nr_periods = b->nr_periods;
	stat->nr_throttled = b->nr_throttled;
	stat->throttled_ns = b->throttled_ns;
	spin_unlock_irq(&b->lock);
}
