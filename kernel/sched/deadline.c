// SPDX-License-Identifier: MIT
/*
 * The deadline class: SCHED_DEADLINE (sched(7)).
 *
 * A task asks for `dl_runtime` ns of CPU within `dl_deadline` ns of the start of every
 * `dl_period`. Of those that wait, the one whose deadline comes first runs (EDF). A constant
 * bandwidth server keeps each to what it asked for:
 *
 *             wakes up                  runtime used up, or yield
 *   sleeping ----------> runs, waits ----------------------------> throttled
 *                             ^                                        |
 *                             +---- next period: runtime, deadline ----+ timer
 *
 * A task that wakes up keeps its runtime and deadline if with them it takes no more than its
 * bandwidth until the deadline; else both begin anew. A throttled task that is runnable stays
 * queued, but in no tree (`parked`), and does not count in rq->nr_running.
 *
 * Admission: the sum of all bandwidths stays below that share of all CPUs that
 * sched_rt_runtime_us leaves, so that deadlines are met with one CPU and missed by a bounded
 * time with several, and fair tasks get the rest.
 *
 * Locks: rq->lock for what moves; bandwidth_lock, innermost, for the sum. The timers' functions
 * take pi_lock and rq->lock, so only dl_exit(), which holds neither, waits for them.
 */
#include <kern/errno.h>
#include <kern/hrtimer.h>
#include <kern/timekeeping.h>
#include "internal.h"

/* Less cannot be kept track of. */
#define MIN_RUNTIME_NS 1024

unsigned int sysctl_sched_dl_period_max_us = 1U << 22;
unsigned int sysctl_sched_dl_period_min_us = 100;

static DEFINE_SPINLOCK(bandwidth_lock);
static u64 total_bandwidth; /* bandwidth_lock */

/* ---- parameters and admission ---- */

static u64 to_bandwidth(u64 runtime, u64 period)
{
	/* Periods are below 2^42 ns: the unit of sched_deadline_period_max_us is 1 us, in 32 bits. */
	return period ? (runtime << BW_SHIFT) / period : 0;
}

int dl_check(const struct sched_attr *attr)
{
	u64 period = attr->sched_period ? attr->sched_period : attr->sched_deadline;

	if (!attr->sched_deadline || attr->sched_runtime < MIN_RUNTIME_NS)
		return -EINVAL;
	if ((attr->sched_deadline | attr->sched_period) >> 63)
		return -EINVAL;
	if (period < attr->sched_deadline || attr->sched_deadline < attr->sched_runtime)
		return -EINVAL;
	if (period < READ_ONCE(sysctl_sched_dl_period_min_us) * NSEC_PER_USEC ||
	    period > READ_ONCE(sysctl_sched_dl_period_max_us) * NSEC_PER_USEC)
		return -EINVAL;
	return 0;
}

/* What may be given away of all CPUs; U64_MAX: no limit. */
static u64 bandwidth_limit(s64 runtime_us, u64 period_us)
{
	if (runtime_us < 0)
		return U64_MAX;
	return to_bandwidth(runtime_us, period_us) * num_online_cpus();
}

/* At least something, so that it can be divided by. */
u64 dl_share_of_cpu(void)
{
	s64 runtime_us = READ_ONCE(sysctl_sched_rt_runtime_us);
	u64 share = runtime_us < 0 ? BW_UNIT :
				     to_bandwidth(runtime_us, READ_ONCE(sysctl_sched_rt_period_us));

	return share ? share : 1;
}

u64 dl_admitted_per_cpu(void)
{
	return READ_ONCE(total_bandwidth) / num_online_cpus();
}

int dl_admit(struct task_struct *task, int policy, const struct sched_attr *attr)
{
	u64 old = dl_policy(task->sched.policy) ? task->sched.dl.bandwidth : 0, new = 0, limit;
	int error = 0;

	if (dl_policy(policy))
		new = to_bandwidth(attr->sched_runtime,
				   attr->sched_period ? attr->sched_period : attr->sched_deadline);
	limit = bandwidth_limit(sysctl_sched_rt_runtime_us, sysctl_sched_rt_period_us);
	spin_lock(&bandwidth_lock);
	if (new > old && total_bandwidth - old + new > limit)
		error = -EBUSY;
	else
		total_bandwidth += new - old;
	spin_unlock(&bandwidth_lock);
	return error;
}

int dl_check_global(s64 runtime_us, u64 period_us)
{
	return READ_ONCE(total_bandwidth) > bandwidth_limit(runtime_us, period_us) ? -EBUSY : 0;
}

void dl_get_params(struct task_struct *task, struct sched_attr *attr)
{
	const struct sched_deadline *dl = &task->sched.dl;

	attr->sched_runtime = dl->dl_runtime;
	attr->sched_deadline = dl->dl_deadline;
	attr->sched_period = dl->dl_period;
	attr->sched_flags |= dl->flags;
}

/* ---- the server ---- */

static struct task_struct *node_task(struct rb_node *node)
{
	return node ? rb_entry(node, struct task_struct, sched.dl.node) : NULL;
}

static bool before(u64 a, u64 b)
{
	return (s64)(a - b) < 0;
}

static void begin_anew(struct sched_deadline *dl, u64 now)
{
	WRITE_ONCE(dl->deadline, now + dl->dl_deadline);
	dl->runtime = dl->dl_runtime;
}

/* A new period, or so many as pay for what was used too much. */
static void replenish(struct sched_deadline *dl, u64 now)
{
	if (dl->yielded && dl->runtime > 0)
		dl->runtime = 0;
	if (dl->runtime <= 0) {
		u64 n = (u64)-dl->runtime / dl->dl_runtime + 1;

		WRITE_ONCE(dl->deadline, dl->deadline + n * dl->dl_period);
		dl->runtime += n * dl->dl_runtime;
	}
	/* The host kept us from running for periods. */
	if (before(dl->deadline, now))
		begin_anew(dl, now);
	dl->yielded = false;
	dl->throttled = false;
}

/* Would it, with what it has left, take more than its bandwidth until its deadline? */
static bool exceeds_bandwidth(const struct sched_deadline *dl, u64 now)
{
	return (unsigned __int128)dl->runtime * dl->dl_deadline >
	       (unsigned __int128)(dl->deadline - now) * dl->dl_runtime;
}

static u64 next_period(const struct sched_deadline *dl)
{
	return dl->deadline - dl->dl_deadline + dl->dl_period;
}

/* Until the next period. False: that has begun already. */
static bool start_timer(struct sched_deadline *dl)
{
	u64 next = next_period(dl);

	if (!before(ktime_get_ns(), next))
		return false;
	hrtimer_start(&dl->timer, next, HRTIMER_MODE_ABS);
	return true;
}

static void throttle(struct sched_deadline *dl)
{
	dl->throttled = true;
	if (!start_timer(dl))
		replenish(dl, ktime_get_ns());
}

/* The CBS's rule for a task that begins to want the CPU. */
static void wake(struct sched_deadline *dl)
{
	u64 now = ktime_get_ns();

	if (dl->throttled)
		return;
	if (!dl->deadline) {
		begin_anew(dl, now);
	} else if (before(dl->deadline, now)) {
		/* Its deadline came before its period's end: not again in this period. */
		if (dl->dl_deadline < dl->dl_period && before(now, next_period(dl)))
			throttle(dl);
		else
			begin_anew(dl, now);
	} else if (dl->runtime <= 0 || exceeds_bandwidth(dl, now)) {
		begin_anew(dl, now);
	}
}

/* ---- the class ---- */

static bool dl_less(struct rb_node *a, const struct rb_node *b)
{
	return before(rb_entry(a, struct task_struct, sched.dl.node)->sched.dl.deadline,
		      rb_entry(b, struct task_struct, sched.dl.node)->sched.dl.deadline);
}

static void tree_insert(struct rq *rq, struct task_struct *task)
{
	rb_add_cached(&task->sched.dl.node, &rq->dl.tasks, dl_less);
	task->sched.queued = true;
	atomic_inc(&urgent_waiting);
}

static void tree_remove(struct rq *rq, struct task_struct *task)
{
	rb_erase_cached(&task->sched.dl.node, &rq->dl.tasks);
	task->sched.queued = false;
	atomic_dec(&urgent_waiting);
}

/* Among the waiting, or aside until its next period. */
static void line_up(struct rq *rq, struct task_struct *task)
{
	if (!task->sched.dl.throttled) {
		tree_insert(rq, task);
		return;
	}
	task->sched.dl.parked = true;
	rq->nr_running--;
	psi_note(rq);
}

static void dl_enqueue(struct rq *rq, struct task_struct *task, bool wakeup)
{
	if (wakeup || !task->sched.dl.deadline)
		wake(&task->sched.dl);
	dl_reclaim_wake(task);
	rq->dl.nr++;
	if (task != rq->curr)
		line_up(rq, task);
}

static void dl_update(struct rq *rq)
{
	struct task_struct *curr = rq->curr;
	struct sched_deadline *dl = &curr->sched.dl;
	u64 ran = rq->clock - curr->sched.exec_start;

	if ((s64)ran <= 0 && !dl->yielded)
		return;
	curr->sched.exec_start = rq->clock;
	WRITE_ONCE(curr->sched.sum_exec_runtime, curr->sched.sum_exec_runtime + ran);
	dl->runtime -= dl->flags & SCHED_FLAG_RECLAIM ? dl_reclaimed(rq, ran) : ran;
	if (dl->throttled || (dl->runtime > 0 && !dl->yielded))
		return;
	if (dl->runtime <= 0 && (dl->flags & SCHED_FLAG_DL_OVERRUN))
		WRITE_ONCE(dl->overrun, true);
	throttle(dl);
	resched_curr(rq);
}

static void dl_dequeue(struct rq *rq, struct task_struct *task)
{
	if (task == rq->curr)
		dl_update(rq);
	if (task->sched.queued)
		tree_remove(rq, task);
	if (task->sched.dl.parked) {
		task->sched.dl.parked = false;
		rq->nr_running++;
	}
	rq->dl.nr--;
}

/* The tick is too coarse to take the CPU away in time. */
static void start_slice_timer(struct rq *rq, struct task_struct *task)
{
	hrtimer_start(&rq->dl.slice_timer, task->sched.dl.runtime, HRTIMER_MODE_REL_PINNED);
}

static struct task_struct *dl_pick(struct rq *rq)
{
	struct task_struct *task = node_task(rb_first_cached(&rq->dl.tasks));

	if (!task)
		return NULL;
	tree_remove(rq, task);
	start_slice_timer(rq, task);
	return task;
}

static void dl_put(struct rq *rq, struct task_struct *task)
{
	line_up(rq, task);
}

static void dl_tick(struct rq *rq, struct task_struct *curr)
{
}

static bool dl_preempts(struct rq *rq, struct task_struct *task)
{
	return !task->sched.dl.throttled &&
	       before(task->sched.dl.deadline, rq->curr->sched.dl.deadline);
}

static void dl_yield(struct rq *rq)
{
	rq->curr->sched.dl.yielded = true;
	dl_update(rq);
}

static struct task_struct *dl_next_waiting(struct rq *rq, struct task_struct *task)
{
	return node_task(task ? rb_next(&task->sched.dl.node) : rb_first_cached(&rq->dl.tasks));
}

const struct sched_class dl_sched_class = {
	.rank = 3,
	.enqueue = dl_enqueue,
	.dequeue = dl_dequeue,
	.pick = dl_pick,
	.put = dl_put,
	.update = dl_update,
	.tick = dl_tick,
	.preempts = dl_preempts,
	.yield = dl_yield,
	.next_waiting = dl_next_waiting,
};

bool dl_take_overrun(struct task_struct *task)
{
	if (!READ_ONCE(task->sched.dl.overrun))
		return false;
	WRITE_ONCE(task->sched.dl.overrun, false);
	return true;
}

/* ---- timers ---- */

/* The next period of a throttled task. */
static enum hrtimer_restart period_begins(struct hrtimer *timer)
{
	struct task_struct *task = container_of(timer, struct task_struct, sched.dl.timer);
	struct sched_deadline *dl = &task->sched.dl;
	unsigned long flags;
	struct rq *rq = task_rq_lock(task, &flags);

	if (task->sched.class != &dl_sched_class || !dl->throttled)
		goto out;
	update_rq_clock(rq);
	replenish(dl, ktime_get_ns());
	if (dl->parked) {
		dl->parked = false;
		rq->nr_running++;
		psi_note(rq);
		tree_insert(rq, task);
		check_preempt(rq, task);
	}
out:
	task_rq_unlock(rq, task, flags);
	return HRTIMER_NORESTART;
}

static enum hrtimer_restart slice_ends(struct hrtimer *timer)
{
	struct rq *rq = container_of(timer, struct rq, dl.slice_timer);
	unsigned long flags;

	spin_lock_irqsave(&rq->lock, flags);
	if (rq->curr->sched.class == &dl_sched_class) {
		update_rq_clock(rq);
		dl_update(rq);
		/* Charged with less than it ran for: not the end yet. */
		if (!rq->curr->sched.dl.throttled)
			start_slice_timer(rq, rq->curr);
	}
	spin_unlock_irqrestore(&rq->lock, flags);
	return HRTIMER_NORESTART;
}

void dl_queue_init(struct rq *rq)
{
	rq->dl.tasks = RB_ROOT_CACHED;
	hrtimer_setup(&rq->dl.slice_timer, slice_ends, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED);
}

void dl_set_params(struct task_struct *task, const struct sched_attr *attr)
{
	struct sched_deadline *dl = &task->sched.dl;

	if (!dl->dl_runtime) {
		hrtimer_setup(&dl->timer, period_begins, CLOCK_MONOTONIC, HRTIMER_MODE_ABS);
		dl_reclaim_init(task);
	}
	dl_reclaim_leave(task);
	dl->dl_runtime = attr->sched_runtime;
	dl->dl_deadline = attr->sched_deadline;
	dl->dl_period = attr->sched_period ? attr->sched_period : attr->sched_deadline;
	dl->bandwidth = to_bandwidth(dl->dl_runtime, dl->dl_period);
	dl->flags = attr->sched_flags & (SCHED_FLAG_DL_OVERRUN | SCHED_FLAG_RECLAIM);
	/* The next enqueue begins anew; a timer that still runs finds nothing to do. */
	dl->deadline = 0;
	dl->throttled = dl->yielded = dl->overrun = false;
	dl_reclaim_count(task);
}

void dl_exit(struct task_struct *task)
{
	struct sched_deadline *dl = &task->sched.dl;

	if (!dl->dl_runtime)
		return;
	if (dl_policy(task->sched.policy)) {
		spin_lock_irq(&bandwidth_lock);
		total_bandwidth -= dl->bandwidth;
		spin_unlock_irq(&bandwidth_lock);
	}
	hrtimer_cancel(&dl->timer);
	hrtimer_cancel(&dl->zero_lag_timer);
	dl_reclaim_leave(task);
}
