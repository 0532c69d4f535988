// SPDX-License-Identifier: MIT
/*
 * Mutexes with priority inheritance: threads take several at once in any order, with and without
 * a time to give up, and change their own and each other's priority meanwhile. Circles are refused
 * to one of those in it; who holds one has the priority of who waits for it, and no longer.
 */
#include <kern/delay.h>
#include <kern/fork.h>
#include <kern/hrtimer.h>
#include <kern/rtmutex.h>
#include <kern/sched.h>
#include <kern/timekeeping.h>

#include "torture.h"

#define THREADS	 6
#define MUTEXES	 4
#define MAX_HELD 3

static struct {
	struct rt_mutex mutex;
	unsigned long first, second; /* written one after the other by who holds it */
} guarded[MUTEXES];

static struct task_struct *tasks[THREADS]; /* each with a reference */

static int setup_rtmutex(void)
{
	for (unsigned int i = 0; i < MUTEXES; i++)
		rt_mutex_init_owned(&guarded[i].mutex, NULL);
	return 0;
}

/* False: it would have closed a circle, or the time is over. */
static bool take(struct torture_thread *self, struct rt_mutex *mutex, unsigned int held)
{
	bool patient = torture_below(self, 4);
	struct rt_mutex_waiter waiter;
	struct hrtimer_sleeper sleeper;
	int ret;

	rt_mutex_init_waiter(&waiter);
	ret = rt_mutex_enqueue(mutex, &waiter, current);
	/* Others' circles are not its own. */
	if (ret < 0 && !held)
		torture_fail(self->test, "refused with %d, though it holds none", ret);
	if (ret)
		return ret == 1;
	if (!patient) {
		hrtimer_setup_sleeper_on_stack(&sleeper, CLOCK_MONOTONIC, HRTIMER_MODE_ABS);
		hrtimer_set_expires(&sleeper.timer, ktime_get() + torture_below(self, 200000));
		hrtimer_sleeper_start_expires(&sleeper, HRTIMER_MODE_ABS);
	}
	ret = rt_mutex_wait(&waiter, patient ? NULL : &sleeper);
	if (!patient)
		hrtimer_cancel(&sleeper.timer);
	if (rt_mutex_dequeue(&waiter))
		return true;
	if (patient || !ret)
		torture_fail(self->test, "the wait ended with %d, and without the mutex", ret);
	return false;
}

static void give(struct rt_mutex *mutex)
{
	struct task_struct *next = rt_mutex_hand_over(mutex);

	if (next) {
		wake_up_process(next);
		put_task_struct(next);
	}
}

/* => this thread holds it */
static void check_lent(const struct torture *test, struct rt_mutex *mutex)
{
	struct rb_node *first;
	unsigned int wanted, lent;

	spin_lock(&mutex->wait_lock);
	first = rb_first_cached(&mutex->waiters);
	wanted = first ? rb_entry(first, struct rt_mutex_waiter, node)->prio : 0;
	lent = READ_ONCE(current->sched.pi_prio);
	TORTURE_CHECK(test, mutex->owner == current);
	spin_unlock(&mutex->wait_lock);
	if (lent < wanted)
		torture_fail(test, "runs with %u, a waiter has %u", lent, wanted);
}

/* => this thread holds none */
static void check_free(const struct torture *test)
{
	spin_lock(&current->pi_lock);
	TORTURE_CHECK(test, !current->pi_blocked_on && RB_EMPTY_ROOT(&current->pi_waiters.rb_root));
	spin_unlock(&current->pi_lock);
	TORTURE_CHECK(test, !READ_ONCE(current->sched.pi_prio));
}

static void change_priority(struct task_struct *task, unsigned int prio)
{
	if (prio)
		sched_setscheduler_nocheck(task, SCHED_RR, prio);
	else
		sched_set_normal(task, 0);
}

static void use(struct torture_thread *self, unsigned int held)
{
	unsigned int which = torture_below(self, MUTEXES), turns = torture_below(self, 100);
	unsigned long before;

	if (held & 1U << which || !take(self, &guarded[which].mutex, held))
		return;
	/* The planted failure: a holder that writes half. */
	if (torture_plant(self->test))
		WRITE_ONCE(guarded[which].first, guarded[which].first + 1);
	before = READ_ONCE(guarded[which].first);
	if (before != READ_ONCE(guarded[which].second))
		torture_fail(self->test, "found %lu and %lu", before,
			     READ_ONCE(guarded[which].second));
	WRITE_ONCE(guarded[which].first, before + 1);
	held |= 1U << which;
	if (hweight32(held) < MAX_HELD && torture_below(self, 2))
		use(self, held);
	while (turns--)
		cpu_relax();
	if (!torture_below(self, 8))
		usleep_range(10, 100);
	check_lent(self->test, &guarded[which].mutex);
	if (READ_ONCE(guarded[which].first) != before + 1)
		torture_fail(self->test, "two holders at once");
	WRITE_ONCE(guarded[which].second, before + 1);
	give(&guarded[which].mutex);
}

static void rtmutex_round(struct torture_thread *self)
{
	struct task_struct *other = READ_ONCE(tasks[torture_below(self, THREADS)]);

	if (!tasks[self->number]) {
		get_task_struct(current);
		WRITE_ONCE(tasks[self->number], current);
	}
	if (!torture_below(self, 4))
		change_priority(current, torture_below(self, 5));
	if (other && !torture_below(self, 8))
		change_priority(other, torture_below(self, 5));
	use(self, 0);
	check_free(self->test);
	/* Nobody computes for long with a priority of real time. */
	change_priority(current, 0);
}

static void finish_rtmutex(const struct torture *test)
{
	for (unsigned int i = 0; i < MUTEXES; i++) {
		TORTURE_CHECK(test, !guarded[i].mutex.owner);
		TORTURE_CHECK(test, RB_EMPTY_ROOT(&guarded[i].mutex.waiters.rb_root));
		TORTURE_CHECK(test, guarded[i].first == guarded[i].second);
	}
	for (unsigned int i = 0; i < THREADS; i++) {
		if (tasks[i])
			put_task_struct(tasks[i]);
	}
}

TORTURE(rtmutex, .threads = THREADS, .setup = setup_rtmutex, .round = rtmutex_round,
	.finish = finish_rtmutex);
