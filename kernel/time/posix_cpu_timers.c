// SPDX-License-Identifier: MIT
/*
 * POSIX timers on CPU clocks.
 *
 * Each task has a queue of timers for each of its three CPU clocks (user and system, user,
 * scheduled), and each process has three. A queue is ordered by expiry, so the tick of a task looks
 * at the first timer of each only. A timer stands in the queue of the task or process whose clock it
 * is on, which need not be its owner's: who does not run uses no CPU, and needs no look.
 *
 *   off --arm--> queued --tick: due--> firing --signal posted--> off, or queued for the next period
 *    ^             |                     |
 *    +--cancel-----+                     +-- cancel: waits until it is over
 *
 * A tick takes what is due off its queue, and then fires one after the other under their own locks;
 * not too many at a time, as it is an interrupt.
 *
 * A reference to the task keeps its queues, and those of its process, beyond its death.
 *
 * Lock order: it_lock > cpu_timers.lock.
 */
#include <kern/cpu_timers.h>
#include <kern/fork.h>
#include <kern/posix_clock.h>
#include <kern/resource.h>
#include <kern/sched.h>
#include <kern/signal.h>

#include "posix_timers.h"

/* Of one clock, at one tick. */
#define MAX_COLLECTED 20

#define NR_CLOCKS 3

static struct k_itimer *node_timer(struct rb_node *node)
{
	return node ? rb_entry(node, struct k_itimer, cpu_node) : NULL;
}

static bool expires_earlier(struct rb_node *a, const struct rb_node *b)
{
	return node_timer(a)->cpu_expires < rb_entry(b, struct k_itimer, cpu_node)->cpu_expires;
}

static struct cpu_timers *timers_of(const struct k_itimer *timer)
{
	struct task_struct *task = timer->cpu_task;

	return cpu_clock_is_thread(timer->clock) ? &task->cpu_timers : &task->signal->cpu_timers;
}

/* => it_lock held */
static void enqueue(struct k_itimer *timer)
{
	struct cpu_timers *timers = timers_of(timer);

	spin_lock(&timers->lock);
	rb_add_cached(&timer->cpu_node, &timers->queues[cpu_clock_which(timer->clock)],
		      expires_earlier);
	timer->cpu_queued = true;
	WRITE_ONCE(timers->nr, timers->nr + 1);
	spin_unlock(&timers->lock);
}

/* => timers->lock held */
static void dequeue(struct cpu_timers *timers, struct k_itimer *timer)
{
	rb_erase_cached(&timer->cpu_node, &timers->queues[cpu_clock_which(timer->clock)]);
	timer->cpu_queued = false;
	WRITE_ONCE(timers->nr, timers->nr - 1);
}

/* The next expiry of a periodic timer; how many were missed. => it_lock held */
static u64 forward(struct k_itimer *timer, u64 now)
{
	u64 missed;

	if (now < timer->cpu_expires)
		return 0;
	missed = (now - timer->cpu_expires) / timer->interval + 1;
	timer->cpu_expires += missed * timer->interval;
	return missed;
}

void posix_cpu_timer_next(struct k_itimer *timer)
{
	timer->overrun += forward(timer, cpu_clock_sample(timer->clock, timer->cpu_task));
	timer->armed = true;
	enqueue(timer);
}

/* => it_lock held, not queued */
static void fire(struct k_itimer *timer)
{
	timer->armed = false;
	/* Nobody will take the signal and start the next period. */
	if (posix_timer_post(timer) && timer->interval)
		posix_cpu_timer_next(timer);
}

void posix_cpu_timer_arm(struct k_itimer *timer, u64 expires)
{
	timer->cpu_expires = expires;
	timer->armed = true;
	if (timer->notify == SIGEV_NONE)
		return;
	if (cpu_clock_sample(timer->clock, timer->cpu_task) < expires)
		enqueue(timer);
	else
		fire(timer);
}

bool posix_cpu_timer_try_to_cancel(struct k_itimer *timer)
{
	struct cpu_timers *timers = timers_of(timer);
	bool firing;

	spin_lock(&timers->lock);
	firing = timer->cpu_firing;
	if (timer->cpu_queued)
		dequeue(timers, timer);
	spin_unlock(&timers->lock);
	return !firing;
}

/* Moves what is due to the list, referenced. */
static void collect(struct cpu_timers *timers, const u64 *now, struct list_head *due)
{
	struct k_itimer *timer;

	spin_lock(&timers->lock);
	for (int which = 0; which < NR_CLOCKS; which++) {
		for (int n = 0; n < MAX_COLLECTED; n++) {
			timer = node_timer(rb_first_cached(&timers->queues[which]));
			if (!timer || timer->cpu_expires > now[which])
				break;
			dequeue(timers, timer);
			timer->cpu_firing = true;
			refcount_inc(&timer->refs);
			list_add_tail(&timer->cpu_due, due);
		}
	}
	spin_unlock(&timers->lock);
}

static void collect_due(struct cpu_timers *timers, const struct task_cputime *times,
			struct list_head *due)
{
	const u64 now[NR_CLOCKS] = { [CPUCLOCK_PROF] = times->utime + times->stime,
				     [CPUCLOCK_VIRT] = times->utime,
				     [CPUCLOCK_SCHED] = times->sum_exec_runtime };

	collect(timers, now, due);
}

static void fire_collected(struct k_itimer *timer)
{
	struct cpu_timers *timers = timers_of(timer);
	unsigned long flags;

	spin_lock_irqsave(&timer->it_lock, flags);
	spin_lock(&timers->lock);
	timer->cpu_firing = false;
	spin_unlock(&timers->lock);
	if (timer->armed)
		fire(timer);
	spin_unlock_irqrestore(&timer->it_lock, flags);
	posix_timer_put(timer);
}

void posix_cpu_timers_expire(const struct task_cputime *group)
{
	struct signal_struct *sig = current->signal;
	struct task_cputime times;
	struct k_itimer *timer, *next;
	LIST_HEAD(due);

	if (READ_ONCE(current->cpu_timers.nr)) {
		task_cputime(current, &times.utime, &times.stime);
		times.sum_exec_runtime = task_sched_runtime(current);
		collect_due(&current->cpu_timers, &times, &due);
	}
	if (READ_ONCE(sig->cpu_timers.nr)) {
		if (!group) {
			thread_group_cputime(current, &times);
			group = &times;
		}
		collect_due(&sig->cpu_timers, group, &due);
	}
	list_for_each_entry_safe(timer, next, &due, cpu_due)
		fire_collected(timer);
}
