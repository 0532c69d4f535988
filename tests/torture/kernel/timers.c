// SPDX-License-Identifier: MIT
/*
 * Timers of the wheel and high-resolution ones: none fires early or twice, one that was stopped
 * never runs again, one that was started fires.
 */
#include <kern/delay.h>
#include <kern/hrtimer.h>
#include <kern/sched.h>
#include <kern/timer.h>

#include "torture.h"

#define THREADS 4
#define PER_THREAD 16
/* A host that is busy elsewhere delays everything; a timer that is lost never fires at all. */
#define PATIENCE_NS (30 * NSEC_PER_SEC)

struct tortured_timer {
	struct timer_list wheel;
	struct hrtimer precise;
	unsigned long due;		/* jiffies; written before the timer is started */
	ktime_t due_ns;
	atomic_t fired;
	bool running;			/* its function runs */
};

static struct tortured_timer timers[THREADS][PER_THREAD];
static const struct torture torture_timers;

static void wheel_fires(struct timer_list *timer)
{
	struct tortured_timer *t = from_timer(t, timer, wheel);

	WRITE_ONCE(t->running, true);
	if (time_before(jiffies, READ_ONCE(t->due)))
		torture_fail(&torture_timers, "the wheel fired %ld ticks early",
			     (long)(READ_ONCE(t->due) - jiffies));
	atomic_inc(&t->fired);
	WRITE_ONCE(t->running, false);
}

static enum hrtimer_restart precise_fires(struct hrtimer *timer)
{
	struct tortured_timer *t = container_of(timer, struct tortured_timer, precise);
	ktime_t now = ktime_get();

	WRITE_ONCE(t->running, true);
	if (now < READ_ONCE(t->due_ns))
		torture_fail(&torture_timers, "an hrtimer fired %lld ns early",
			     (long long)(READ_ONCE(t->due_ns) - now));
	atomic_inc(&t->fired);
	WRITE_ONCE(t->running, false);
	return HRTIMER_NORESTART;
}

static int setup_timers(void)
{
	for (unsigned int i = 0; i < THREADS * PER_THREAD; i++) {
		struct tortured_timer *t = &timers[i / PER_THREAD][i % PER_THREAD];

		timer_setup(&t->wheel, wheel_fires, i % 5 ? 0 : TIMER_IRQSAFE);
		hrtimer_setup(&t->precise, precise_fires, CLOCK_MONOTONIC,
			      i % 3 ? HRTIMER_MODE_REL : HRTIMER_MODE_REL_SOFT);
	}
	return 0;
}

static void start(struct torture_thread *self, struct tortured_timer *t, bool precise)
{
	if (precise) {
		ktime_t delay = torture_below(self, 3 * NSEC_PER_MSEC);

		WRITE_ONCE(t->due_ns, ktime_get() + delay);
		hrtimer_start(&t->precise, READ_ONCE(t->due_ns), HRTIMER_MODE_ABS);
	} else {
		unsigned long due = jiffies + torture_below(self, 5);

		/* Later than its due time is allowed, so the mark goes back first. */
		WRITE_ONCE(t->due, due);
		mod_timer(&t->wheel, due);
	}
}

static void stop(struct tortured_timer *t, bool precise)
{
	if (precise)
		hrtimer_cancel(&t->precise);
	else
		timer_delete_sync(&t->wheel);
}

static bool pending(struct tortured_timer *t, bool precise)
{
	return precise ? hrtimer_active(&t->precise) : timer_pending(&t->wheel);
}

static void must_fire(struct torture_thread *self, struct tortured_timer *t, bool precise)
{
	u64 give_up = ktime_get() + PATIENCE_NS;

	stop(t, precise);
	atomic_set(&t->fired, 0);
	start(self, t, precise);
	while (!atomic_read(&t->fired)) {
		if ((u64)ktime_get() > give_up) {
			torture_fail(self->test, "%s did not fire", precise ? "an hrtimer" : "the wheel");
			return;
		}
		usleep_range(50, 200);
	}
	stop(t, precise);
	if (atomic_read(&t->fired) != 1)
		torture_fail(self->test, "fired %d times", atomic_read(&t->fired));
}

static void must_stay_stopped(struct torture_thread *self, struct tortured_timer *t, bool precise)
{
	int fired;

	start(self, t, precise);
	if (torture_below(self, 2))
		usleep_range(10, 1500);
	stop(t, precise);
	fired = atomic_read(&t->fired);
	if (READ_ONCE(t->running) || pending(t, precise))
		torture_fail(self->test, "a stopped timer runs or is pending");
	/* The planted failure: somebody starts what was to stay stopped. */
	if (torture_plant(self->test)) {
		start(self, t, precise);
		usleep_range(50000, 60000);
	}
	usleep_range(10, 3000);
	if (atomic_read(&t->fired) != fired)
		torture_fail(self->test, "a stopped timer fired");
}

static void timers_round(struct torture_thread *self)
{
	struct tortured_timer *t = &timers[self->number][torture_below(self, PER_THREAD)];
	bool precise = torture_below(self, 2);

	/* A timer's two kinds share their marks: only one is in use at a time. */
	stop(t, !precise);
	switch (torture_below(self, 4)) {
	case 0:
		must_fire(self, t, precise);
		break;
	case 1:
		must_stay_stopped(self, t, precise);
		break;
	default:
		stop(t, precise);
		start(self, t, precise);
		if (torture_below(self, 2))
			usleep_range(10, 300);
	}
}

static void finish_timers(const struct torture *test)
{
	for (unsigned int i = 0; i < THREADS * PER_THREAD; i++) {
		struct tortured_timer *t = &timers[i / PER_THREAD][i % PER_THREAD];

		timer_shutdown_sync(&t->wheel);
		hrtimer_cancel(&t->precise);
		TORTURE_CHECK(test, !timer_pending(&t->wheel) && !hrtimer_active(&t->precise));
	}
}

TORTURE(timers, .threads = THREADS, .setup = setup_timers, .round = timers_round,
	.finish = finish_timers);
