// SPDX-License-Identifier: MIT
/* Clocks, timers and high-resolution timers: never early, soon enough, stoppable. */
#include <kern/atomic.h>
#include <kern/delay.h>
#include <kern/hrtimer.h>
#include <kern/smp.h>
#include "../threads.h"

/* The host may keep a vCPU waiting; only gross lateness is an error. */
#define LATE (500 * NSEC_PER_MSEC)

KTEST(clock, monotonic_grows_on_every_cpu)
{
	u64 last = 0;

	for (unsigned int i = 0; i < 200; i++) {
		u64 now;

		set_cpus_allowed_ptr(current, cpumask_of(i % num_online_cpus()));
		now = ktime_get();
		KEXPECT_GE(now, last);
		last = now;
	}
	set_cpus_allowed_ptr(current, cpu_possible_mask);
}

KTEST(clock, realtime_can_be_set)
{
	struct timespec64 ts, now;

	ktime_get_real_ts64(&ts);
	ts.tv_sec += 1000;
	KEXPECT_EQ(do_settimeofday64(&ts), 0);
	ktime_get_real_ts64(&now);
	KEXPECT_GE(now.tv_sec, ts.tv_sec);
	KEXPECT_LE(now.tv_sec, ts.tv_sec + 5);
	now.tv_sec -= 1000;
	KEXPECT_EQ(do_settimeofday64(&now), 0);
	now.tv_nsec = NSEC_PER_SEC;
	KEXPECT_LT(do_settimeofday64(&now), 0);
}

KTEST(clock, conversions_are_exact)
{
	struct timespec64 ts = ns_to_timespec64(-1);

	KEXPECT_EQ(ts.tv_sec, -1);
	KEXPECT_EQ(ts.tv_nsec, NSEC_PER_SEC - 1);
	KEXPECT_EQ(ktime_set(KTIME_SEC_MAX, 0), KTIME_MAX);
	KEXPECT_EQ(ktime_add_safe(KTIME_MAX, 1), KTIME_MAX);
	KEXPECT_EQ(msecs_to_jiffies(0), 0);
	KEXPECT_EQ(msecs_to_jiffies(1), 1);
	KEXPECT_EQ(msecs_to_jiffies(1000), HZ);
	KEXPECT_EQ(jiffies_to_msecs(HZ), 1000);
}

struct fired_timer {
	struct timer_list timer;
	unsigned long at; /* jiffies; 0: not yet */
	unsigned int again;
};

static void note_firing(struct timer_list *timer)
{
	struct fired_timer *f = container_of(timer, struct fired_timer, timer);

	if (f->again) {
		f->again--;
		mod_timer(timer, jiffies + 1);
		return;
	}
	WRITE_ONCE(f->at, jiffies);
}

KTEST(timer, none_fires_early_and_all_fire)
{
	static struct fired_timer timers[200];
	unsigned long start = jiffies;

	for (unsigned int i = 0; i < ARRAY_SIZE(timers); i++) {
		timers[i].at = 0;
		timer_setup(&timers[i].timer, note_firing, 0);
		timers[i].timer.expires = start + 1 + i;
		add_timer(&timers[i].timer);
	}
	msleep(ARRAY_SIZE(timers) * 1000 / HZ + 300);
	for (unsigned int i = 0; i < ARRAY_SIZE(timers); i++) {
		KEXPECT_NE(timers[i].at, 0);
		KEXPECT_GE(timers[i].at, start + 1 + i);
		KEXPECT_LE(timers[i].at, start + 1 + i + HZ / 4);
		KEXPECT_FALSE(timer_pending(&timers[i].timer));
	}
}

KTEST(timer, restarts_itself)
{
	struct fired_timer f = { .again = 5 };

	timer_setup_on_stack(&f.timer, note_firing, 0);
	mod_timer(&f.timer, jiffies + 1);
	msleep(150);
	KEXPECT_EQ(f.again, 0);
	KEXPECT_NE(f.at, 0);
	timer_delete_sync(&f.timer);
}

KTEST(timer, deleted_does_not_fire)
{
	struct fired_timer f = { .at = 0 };

	timer_setup_on_stack(&f.timer, note_firing, 0);
	KEXPECT_EQ(timer_delete(&f.timer), 0);
	KEXPECT_EQ(mod_timer(&f.timer, jiffies + 2), 0);
	KEXPECT_EQ(mod_timer(&f.timer, jiffies + 3), 1);
	KEXPECT_EQ(timer_reduce(&f.timer, jiffies + 100), 1);
	KEXPECT_EQ(timer_delete_sync(&f.timer), 1);
	KEXPECT_EQ(mod_timer_pending(&f.timer, jiffies + 1), 0);
	msleep(30);
	KEXPECT_EQ(f.at, 0);
	KEXPECT_EQ(timer_shutdown_sync(&f.timer), 0);
	mod_timer(&f.timer, jiffies);
	KEXPECT_FALSE(timer_pending(&f.timer));
}

KTEST(timer, far_timers_wait_and_can_be_pulled_in)
{
	struct fired_timer f = { .at = 0 };

	timer_setup_on_stack(&f.timer, note_firing, 0);
	mod_timer(&f.timer, jiffies + 1000000UL * HZ);
	msleep(10);
	KEXPECT_EQ(f.at, 0);
	mod_timer(&f.timer, jiffies + 1);
	msleep(60);
	KEXPECT_NE(f.at, 0);
	timer_delete_sync(&f.timer);
}

KTEST(timer, runs_on_the_cpu_asked_for)
{
	unsigned int last = num_online_cpus() - 1;
	struct fired_timer f = { .at = 0 };

	timer_setup_on_stack(&f.timer, note_firing, TIMER_PINNED);
	f.timer.expires = jiffies + 1;
	add_timer_on(&f.timer, last);
	msleep(60);
	KEXPECT_NE(f.at, 0);
	KEXPECT_EQ(f.timer.flags & TIMER_CPUMASK, last);
	timer_delete_sync(&f.timer);
}

struct fired_hrtimer {
	struct hrtimer timer;
	ktime_t at;
	unsigned int periods;
};

static enum hrtimer_restart note_hr(struct hrtimer *timer)
{
	struct fired_hrtimer *f = container_of(timer, struct fired_hrtimer, timer);

	if (f->periods) {
		f->periods--;
		hrtimer_forward_now(timer, ms_to_ktime(1));
		return HRTIMER_RESTART;
	}
	WRITE_ONCE(f->at, hrtimer_cb_get_time(timer));
	return HRTIMER_NORESTART;
}

static void one_shot(clockid_t clock, ktime_t (*now)(void))
{
	struct fired_hrtimer f = { .at = 0 };
	ktime_t expires = now() + 3 * NSEC_PER_MSEC;

	hrtimer_setup(&f.timer, note_hr, clock, HRTIMER_MODE_ABS);
	hrtimer_start(&f.timer, expires, HRTIMER_MODE_ABS);
	KEXPECT_TRUE(hrtimer_active(&f.timer));
	for (unsigned int i = 0; i < 100 && !READ_ONCE(f.at); i++)
		msleep(5);
	KEXPECT_GE(f.at, expires);
	KEXPECT_LT(f.at, expires + LATE);
	KEXPECT_EQ(hrtimer_cancel(&f.timer), 0);
}

KTEST(hrtimer, fires_on_every_clock)
{
	one_shot(CLOCK_MONOTONIC, ktime_get);
	one_shot(CLOCK_REALTIME, ktime_get_real);
	one_shot(CLOCK_BOOTTIME, ktime_get_boottime);
	one_shot(CLOCK_TAI, ktime_get_clocktai);
}

KTEST(hrtimer, periodic_forwards)
{
	struct fired_hrtimer f = { .periods = 10 };

	hrtimer_setup(&f.timer, note_hr, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	hrtimer_start(&f.timer, ms_to_ktime(1), HRTIMER_MODE_REL);
	/* A host that keeps the vCPU waiting makes one interrupt of many periods. */
	for (unsigned int i = 0; i < 100 && !READ_ONCE(f.at); i++)
		msleep(5);
	KEXPECT_EQ(f.periods, 0);
	KEXPECT_NE(f.at, 0);
	hrtimer_cancel(&f.timer);
	KEXPECT_EQ(hrtimer_forward(&f.timer, f.timer.expires + 10, 3), 4);
}

KTEST(hrtimer, cancelled_does_not_fire)
{
	struct fired_hrtimer f = { .at = 0 };

	hrtimer_setup(&f.timer, note_hr, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	hrtimer_start(&f.timer, ms_to_ktime(5), HRTIMER_MODE_REL);
	KEXPECT_GT(hrtimer_get_remaining(&f.timer), 0);
	KEXPECT_EQ(hrtimer_cancel(&f.timer), 1);
	msleep(20);
	KEXPECT_EQ(f.at, 0);
}

KTEST(hrtimer, sleeps_are_exact_enough)
{
	ktime_t start = ktime_get(), expires = start + 2 * NSEC_PER_MSEC;

	set_current_state(TASK_UNINTERRUPTIBLE);
	KEXPECT_EQ(schedule_hrtimeout(&expires, HRTIMER_MODE_ABS), 0);
	KEXPECT_GE(ktime_get(), expires);
	KEXPECT_LT(ktime_get(), expires + LATE);
}

/* Starts and stops from all CPUs at once. */
static int hammer(void *arg)
{
	struct fired_hrtimer *f = arg;

	while (!kthread_should_stop()) {
		hrtimer_start(&f->timer, us_to_ktime(50), HRTIMER_MODE_REL);
		udelay(ktest_random_below(100));
		if (ktest_random_below(2))
			hrtimer_cancel(&f->timer);
		cond_resched();
	}
	return 0;
}

KTEST(hrtimer, survives_start_and_cancel_everywhere)
{
	static struct fired_hrtimer f;
	static struct test_threads t;

	hrtimer_setup(&f.timer, note_hr, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	start_threads(&t, 4, hammer, &f);
	msleep(200);
	stop_threads(&t);
	hrtimer_cancel(&f.timer);
	KEXPECT_FALSE(hrtimer_active(&f.timer));
}
