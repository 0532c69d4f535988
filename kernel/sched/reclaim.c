// SPDX-License-Identifier: MIT
/*
 * Bandwidth reclaiming (GRUB) for deadline tasks with SCHED_FLAG_RECLAIM: what others were
 * admitted for and do not use, and what nobody was admitted for, is theirs, up to the share that
 * sched_rt_runtime_us leaves.
 *
 * Each run queue knows the bandwidth of all deadline tasks that belong to it (this_bw) and of the
 * active ones (running_bw). A task is active while it runs or waits, and when it falls asleep
 * until its zero-lag time, from which on what it left over is no longer owed to it:
 *
 *   active --sleeps, before zero lag--> asleep, active --timer--> inactive
 *     ^   \--sleeps, at or after it-------------------------------^   |
 *     +----------------------- wakes up ------------------------------+
 *
 * While such a task runs for dt it is charged with
 *
 *   max(u / Umax, 1 - (this_bw - running_bw) - extra) * dt
 *
 * where u is its bandwidth, and `extra` what is admitted nowhere, for one CPU. So alone it may
 * use Umax of a CPU, and with all others active no more than its own.
 *
 * The sums are atomic: a sleeping task changes its run queue under pi_lock alone. The marks of a
 * task change under its run queue's lock while it is queued, else under both.
 */
#include <kern/hrtimer.h>
#include <kern/timekeeping.h>
#include "internal.h"

static void add_bw(u64 *sum, s64 bandwidth)
{
	__atomic_fetch_add(sum, bandwidth, __ATOMIC_RELAXED);
}

static u64 read_bw(const u64 *sum)
{
	s64 value = (s64)__atomic_load_n(sum, __ATOMIC_RELAXED);

	/* Another CPU is between two steps. */
	return value < 0 ? 0 : value;
}

static void set_active(struct task_struct *task, bool active)
{
	struct sched_deadline *dl = &task->sched.dl;

	if (dl->active == active || !dl->counted)
		return;
	dl->active = active;
	add_bw(&task_rq(task)->dl.running_bw, active ? (s64)dl->bandwidth : -(s64)dl->bandwidth);
}

void dl_reclaim_count(struct task_struct *task)
{
	struct sched_deadline *dl = &task->sched.dl;

	if (dl->counted)
		return;
	dl->counted = true;
	add_bw(&task_rq(task)->dl.this_bw, dl->bandwidth);
}

void dl_reclaim_wake(struct task_struct *task)
{
	set_active(task, true);
}

void dl_reclaim_leave(struct task_struct *task)
{
	struct sched_deadline *dl = &task->sched.dl;

	if (!dl->counted)
		return;
	set_active(task, false);
	dl->counted = false;
	add_bw(&task_rq(task)->dl.this_bw, -(s64)dl->bandwidth);
}

void dl_reclaim_move(struct task_struct *task, unsigned int to)
{
	const struct sched_deadline *dl = &task->sched.dl;
	struct rq *from_rq = task_rq(task), *to_rq = cpu_rq(to);

	if (!dl->counted)
		return;
	add_bw(&from_rq->dl.this_bw, -(s64)dl->bandwidth);
	add_bw(&to_rq->dl.this_bw, dl->bandwidth);
	if (dl->active) {
		add_bw(&from_rq->dl.running_bw, -(s64)dl->bandwidth);
		add_bw(&to_rq->dl.running_bw, dl->bandwidth);
	}
}

/* When what is left of its runtime is just what its bandwidth gives until the deadline. */
static u64 zero_lag(const struct sched_deadline *dl)
{
	u64 left = dl->runtime > 0 ? (u64)dl->runtime : 0;

	/* Periods are below 2^42 ns. A bandwidth that is too small to be kept: the whole period. */
	return dl->deadline - (dl->bandwidth ? (left << BW_SHIFT) / dl->bandwidth : dl->dl_period);
}

void dl_reclaim_sleep(struct task_struct *task)
{
	struct sched_deadline *dl = &task->sched.dl;
	u64 until = zero_lag(dl);

	if (dl->throttled || (s64)(until - ktime_get_ns()) <= 0)
		set_active(task, false);
	else
		hrtimer_start(&dl->zero_lag_timer, until, HRTIMER_MODE_ABS);
}

static enum hrtimer_restart zero_lag_comes(struct hrtimer *timer)
{
	struct task_struct *task = container_of(timer, struct task_struct, sched.dl.zero_lag_timer);
	unsigned long flags;
	struct rq *rq = task_rq_lock(task, &flags);

	/* Unless it has woken up; then it may have fallen asleep again, with another zero lag. */
	if (!task->sched.on_rq && (s64)(zero_lag(&task->sched.dl) - ktime_get_ns()) <= 0)
		set_active(task, false);
	task_rq_unlock(rq, task, flags);
	return HRTIMER_NORESTART;
}

void dl_reclaim_init(struct task_struct *task)
{
	hrtimer_setup(&task->sched.dl.zero_lag_timer, zero_lag_comes, CLOCK_MONOTONIC,
		      HRTIMER_MODE_ABS);
}

u64 dl_reclaim_charge(u64 ran, u64 bandwidth, u64 inactive, u64 extra, u64 most)
{
	u64 own = (bandwidth << BW_SHIFT) / most;
	u64 rate = own;

	if (inactive + extra < BW_UNIT - min(own, BW_UNIT))
		rate = BW_UNIT - inactive - extra;
	return (u64)((unsigned __int128)ran * rate >> BW_SHIFT);
}

u64 dl_reclaimed(struct rq *rq, u64 ran)
{
	u64 this_bw = read_bw(&rq->dl.this_bw), running_bw = read_bw(&rq->dl.running_bw);
	u64 most = dl_share_of_cpu(), admitted = dl_admitted_per_cpu();

	return dl_reclaim_charge(ran, rq->curr->sched.dl.bandwidth,
				 this_bw > running_bw ? this_bw - running_bw : 0,
				 most > admitted ? most - admitted : 0, most);
}
