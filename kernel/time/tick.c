// SPDX-License-Identifier: MIT
/*
 * The one-shot timer of each CPU and the tick on top of it.
 *
 * A busy CPU has a tick every TICK_NSEC; an idle one has none, and its timer stands at the next
 * event of the timer wheel or of the hrtimers. `programmed` is what the host's timer is set
 * to. It is moved only to an earlier time, or by its own interrupt: a setting costs a host
 * call, so the tick that a short sleep leaves behind is simply let run, once.
 */
#include <kern/hrtimer.h>
#include <kern/jiffies.h>
#include <kern/percpu.h>
#include <kern/rcupdate.h>
#include <kern/resource.h>
#include <kern/sched.h>
#include <kern/tick.h>
#include <kern/timekeeping.h>
#include <kern/timer.h>
#include <kern/watchdog.h>
#include <um/clock.h>
#include "internal.h"

#define NEVER ((u64)KTIME_MAX)

/* Written by its CPU only, interrupts masked. */
struct cpu_tick {
	bool running;	/* the CPU is not idle */
	u64 next;	/* when the next tick is due */
	u64 programmed; /* what the host's timer is set to, or NEVER */
};

static DEFINE_PER_CPU(struct cpu_tick, cpu_tick) = { .programmed = NEVER };

static void program(struct cpu_tick *tick, u64 expires)
{
	u64 now = ktime_get();

	tick->programmed = expires;
	if (expires != NEVER)
		um_timer_program(expires > now ? expires - now : 0);
}

void tick_event_at(u64 expires)
{
	struct cpu_tick *tick = this_cpu_ptr(&cpu_tick);

	if (expires < tick->programmed)
		program(tick, expires);
}

static void restart(struct cpu_tick *tick)
{
	u64 now = ktime_get();

	tick->running = true;
	tick->next = now - now % TICK_NSEC + TICK_NSEC;
	if (tick->next < tick->programmed)
		program(tick, tick->next);
}

void tick_init_cpu(void)
{
	restart(this_cpu_ptr(&cpu_tick));
}

void tick_idle_enter(void)
{
	struct cpu_tick *tick = this_cpu_ptr(&cpu_tick);
	u64 next;

	tick->running = false;
	next = min(hrtimer_next_event(), timer_next_event());
	if (next < tick->programmed)
		program(tick, next);
}

void tick_idle_exit(void)
{
	struct cpu_tick *tick = this_cpu_ptr(&cpu_tick);

	if (!tick->running) {
		timekeeping_tick();
		hardlockup_alive();
		restart(tick);
	}
}

static void do_tick(bool user)
{
	timekeeping_tick();
	account_tick();
	rcu_sched_clock_irq(user);
	softlockup_tick(user);
	scheduler_tick(user);
	if (!(current->flags & PF_KTHREAD))
		run_posix_cpu_timers();
}

void tick_interrupt(bool user)
{
	struct cpu_tick *tick = this_cpu_ptr(&cpu_tick);
	u64 now = ktime_get(), next;

	tick->programmed = NEVER;
	hardlockup_tick();
	if (tick->running && now >= tick->next) {
		tick->next = now - now % TICK_NSEC + TICK_NSEC;
		do_tick(user);
	}
	run_local_timers();
	hrtimer_run_due();
	/*
	 * A handler may have set the timer already. An idle CPU looks at the wheel before it
	 * sleeps again, after the softirq that runs what is due now.
	 */
	next = hrtimer_next_event();
	if (tick->running)
		next = min(next, tick->next);
	if (next < tick->programmed)
		program(tick, next);
}
