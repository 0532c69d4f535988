// SPDX-License-Identifier: MIT
/*
 * High-resolution timers.
 *
 * Each CPU has a base for each clock: a red-black tree by expiry. A timer is started on the CPU
 * that starts it, except while its function runs on another one, where it then stays, so that
 * hrtimer_cancel() has one place to look at. Functions run in the timer interrupt.
 *
 * A timer's base pointer names its lock. It changes only with the old base's lock held, and
 * stands on `moving` until the new one's lock is taken: who comes meanwhile waits.
 *
 * Lock order: cpu->lock is a leaf; of two, one is dropped before the other is taken.
 */
#include <kern/hrtimer.h>
#include <kern/percpu.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/smp.h>
#include <kern/tick.h>
#include <kern/timekeeping.h>
#include <um/processor.h>
#include "internal.h"

enum { BASE_MONOTONIC, BASE_REALTIME, BASE_BOOTTIME, BASE_TAI, NR_BASES };

struct hrtimer_cpu;

struct hrtimer_clock_base {
	struct hrtimer_cpu *cpu;
	struct rb_root_cached tree; /* cpu->lock */
	ktime_t (*get_time)(void);
};

struct hrtimer_cpu {
	spinlock_t lock;
	unsigned int cpu;
	struct hrtimer *running; /* l: its function runs now */
	struct hrtimer_clock_base bases[NR_BASES];
};

static DEFINE_PER_CPU_ALIGNED(struct hrtimer_cpu, hrtimer_cpus);
static struct hrtimer_clock_base moving; /* no CPU's */

static int clock_to_base(clockid_t clock)
{
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_ALARM:
		return BASE_REALTIME;
	case CLOCK_BOOTTIME:
	case CLOCK_BOOTTIME_ALARM:
		return BASE_BOOTTIME;
	case CLOCK_TAI:
		return BASE_TAI;
	default:
		return BASE_MONOTONIC;
	}
}

void hrtimer_init(struct hrtimer *timer, clockid_t clock, enum hrtimer_mode mode)
{
	*timer = (struct hrtimer){ 0 };
	/* Relative timers on CLOCK_REALTIME do not follow its steps. */
	if (clock == CLOCK_REALTIME && (mode & HRTIMER_MODE_REL))
		clock = CLOCK_MONOTONIC;
	timer->base =
		&per_cpu_ptr(&hrtimer_cpus, raw_smp_processor_id())->bases[clock_to_base(clock)];
}

void hrtimer_setup(struct hrtimer *timer, enum hrtimer_restart (*fn)(struct hrtimer *),
		   clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock, mode);
	timer->function = fn;
}

/* => returns with the lock of the timer's base held, interrupts masked. */
static struct hrtimer_cpu *lock_base(const struct hrtimer *timer, unsigned long *flags)
{
	for (unsigned long rounds = 0;; rounds++) {
		struct hrtimer_clock_base *base = READ_ONCE(timer->base);

		if (base != &moving) {
			spin_lock_irqsave(&base->cpu->lock, *flags);
			if (base == READ_ONCE(timer->base))
				return base->cpu;
			spin_unlock_irqrestore(&base->cpu->lock, *flags);
		}
		um_spin_wait(rounds);
	}
}

static void enqueue(struct hrtimer *timer, struct hrtimer_clock_base *base)
{
	struct rb_node **link = &base->tree.rb_root.rb_node, *parent = NULL;
	bool leftmost = true;

	while (*link) {
		parent = *link;
		if (timer->expires < rb_entry(parent, struct hrtimer, node)->expires) {
			link = &parent->rb_left;
		} else {
			link = &parent->rb_right;
			leftmost = false;
		}
	}
	rb_link_node(&timer->node, parent, link);
	rb_insert_color_cached(&timer->node, &base->tree, leftmost);
	timer->queued = true;
}

static void dequeue(struct hrtimer *timer)
{
	rb_erase_cached(&timer->node, &timer->base->tree);
	timer->queued = false;
}

/* An expiry on the base's clock as CLOCK_MONOTONIC. */
static u64 base_to_mono(const struct hrtimer_clock_base *base, ktime_t expires)
{
	s64 left;

	if (expires == KTIME_MAX)
		return KTIME_MAX;
	if (base->get_time == ktime_get)
		return max(expires, (ktime_t)0);
	left = expires - base->get_time();
	return left > 0 ? (u64)ktime_add_safe(ktime_get(), left) : (u64)ktime_get();
}

/* Where the timer is to wait: this CPU, but where its function runs, if it does. => lock of its cpu held. */
static struct hrtimer_clock_base *move_base(struct hrtimer *timer, struct hrtimer_cpu *from)
{
	struct hrtimer_cpu *here = this_cpu_ptr(&hrtimer_cpus);
	struct hrtimer_clock_base *base = timer->base;

	if (from == here || from->running == timer)
		return base;
	base = &here->bases[base - from->bases];
	WRITE_ONCE(timer->base, &moving);
	spin_unlock(&from->lock);
	spin_lock(&here->lock);
	return base;
}

void hrtimer_start_range_ns(struct hrtimer *timer, ktime_t time, u64 delta_ns,
			    enum hrtimer_mode mode)
{
	struct hrtimer_clock_base *base;
	struct hrtimer_cpu *cpu;
	unsigned long flags;
	bool first;

	cpu = lock_base(timer, &flags);
	if (timer->queued)
		dequeue(timer);
	if (mode & HRTIMER_MODE_REL)
		time = ktime_add_safe(timer->base->get_time(), max(time, (ktime_t)0));
	base = move_base(timer, cpu);
	hrtimer_set_expires_range_ns(timer, time, delta_ns);
	timer->is_rel = mode & HRTIMER_MODE_REL;
	smp_store_release(&timer->base, base);
	enqueue(timer, base);
	first = rb_first_cached(&base->tree) == &timer->node;
	/* On another CPU it is in the midst of its interrupt, which looks again at the end. */
	if (first && base->cpu == this_cpu_ptr(&hrtimer_cpus))
		tick_event_at(base_to_mono(base, timer->expires));
	spin_unlock_irqrestore(&base->cpu->lock, flags);
}

int hrtimer_try_to_cancel(struct hrtimer *timer)
{
	struct hrtimer_cpu *cpu;
	unsigned long flags;
	int ret = 0;

	cpu = lock_base(timer, &flags);
	if (cpu->running == timer) {
		ret = -1;
	} else if (timer->queued) {
		dequeue(timer);
		ret = 1;
	}
	spin_unlock_irqrestore(&cpu->lock, flags);
	return ret;
}

int hrtimer_cancel(struct hrtimer *timer)
{
	unsigned long rounds = 0;
	int ret;

	if (!timer->base)
		return 0;
	while ((ret = hrtimer_try_to_cancel(timer)) < 0)
		um_spin_wait(rounds++);
	return ret;
}

bool hrtimer_is_queued(const struct hrtimer *timer)
{
	return READ_ONCE(timer->queued);
}

bool hrtimer_callback_running(const struct hrtimer *timer)
{
	struct hrtimer_clock_base *base = READ_ONCE(timer->base);

	return base && base != &moving && READ_ONCE(base->cpu->running) == timer;
}

bool hrtimer_active(const struct hrtimer *timer)
{
	struct hrtimer_cpu *cpu;
	unsigned long flags;
	bool active;

	if (!timer->base)
		return false;
	cpu = lock_base(timer, &flags);
	active = timer->queued || cpu->running == timer;
	spin_unlock_irqrestore(&cpu->lock, flags);
	return active;
}

ktime_t hrtimer_cb_get_time(const struct hrtimer *timer)
{
	return READ_ONCE(timer->base)->get_time();
}

ktime_t hrtimer_get_remaining(const struct hrtimer *timer)
{
	struct hrtimer_cpu *cpu;
	unsigned long flags;
	ktime_t left;

	cpu = lock_base(timer, &flags);
	left = timer->expires - timer->base->get_time();
	spin_unlock_irqrestore(&cpu->lock, flags);
	return left;
}

u64 hrtimer_forward(struct hrtimer *timer, ktime_t now, ktime_t interval)
{
	ktime_t late = now - timer->expires;
	u64 overruns = 1;

	if (late < 0 || interval <= 0)
		return 0;
	if (late >= interval) {
		overruns = late / interval;
		hrtimer_add_expires(timer, interval * (s64)overruns);
		if (timer->expires > now)
			return overruns;
		overruns++;
	}
	hrtimer_add_expires(timer, interval);
	return overruns;
}

u64 hrtimer_forward_now(struct hrtimer *timer, ktime_t interval)
{
	return hrtimer_forward(timer, hrtimer_cb_get_time(timer), interval);
}

int hrtimer_get_res(clockid_t clock, struct timespec64 *res)
{
	res->tv_sec = 0;
	res->tv_nsec = 1;
	return 0;
}

static struct hrtimer *first_of(struct hrtimer_clock_base *base)
{
	struct rb_node *node = rb_first_cached(&base->tree);

	return node ? rb_entry(node, struct hrtimer, node) : NULL;
}

/* Runs one function. => lock held, dropped meanwhile. */
static void run_one(struct hrtimer_cpu *cpu, struct hrtimer *timer)
{
	enum hrtimer_restart restart;

	dequeue(timer);
	WRITE_ONCE(cpu->running, timer);
	spin_unlock(&cpu->lock);
	restart = timer->function(timer);
	spin_lock(&cpu->lock);
	/* Unless the function or another CPU has started it itself. */
	if (restart == HRTIMER_RESTART && !timer->queued)
		enqueue(timer, timer->base);
	WRITE_ONCE(cpu->running, NULL);
}

void hrtimer_run_due(void)
{
	struct hrtimer_cpu *cpu = this_cpu_ptr(&hrtimer_cpus);

	spin_lock(&cpu->lock);
	for (unsigned int i = 0; i < NR_BASES; i++) {
		struct hrtimer_clock_base *base = &cpu->bases[i];
		struct hrtimer *timer;
		ktime_t now;

		if (!first_of(base))
			continue;
		now = base->get_time();
		while ((timer = first_of(base)) && timer->softexpires <= now) {
			run_one(cpu, timer);
			/* A leap second sets the clock back, and its timer for later. */
			now = min(now, base->get_time());
		}
	}
	spin_unlock(&cpu->lock);
}

u64 hrtimer_next_event(void)
{
	struct hrtimer_cpu *cpu = this_cpu_ptr(&hrtimer_cpus);
	u64 next = KTIME_MAX;

	spin_lock(&cpu->lock);
	for (unsigned int i = 0; i < NR_BASES; i++) {
		struct hrtimer *timer = first_of(&cpu->bases[i]);

		if (timer)
			next = min(next, base_to_mono(&cpu->bases[i], timer->expires));
	}
	spin_unlock(&cpu->lock);
	return next;
}

static void look_again(void *unused)
{
	tick_event_at(hrtimer_next_event());
}

void clock_was_set(void)
{
	on_each_cpu(look_again, NULL, 1);
	timerfd_clock_was_set();
}

static enum hrtimer_restart sleeper_wakeup(struct hrtimer *timer)
{
	struct hrtimer_sleeper *sl = container_of(timer, struct hrtimer_sleeper, timer);
	struct task_struct *task = sl->task;

	WRITE_ONCE(sl->task, NULL);
	if (task)
		wake_up_process(task);
	return HRTIMER_NORESTART;
}

void hrtimer_setup_sleeper_on_stack(struct hrtimer_sleeper *sl, clockid_t clock,
				    enum hrtimer_mode mode)
{
	hrtimer_setup(&sl->timer, sleeper_wakeup, clock, mode);
	sl->task = current;
}

void hrtimer_sleeper_start_expires(struct hrtimer_sleeper *sl, enum hrtimer_mode mode)
{
	u64 delta = sl->timer.expires - sl->timer.softexpires;

	hrtimer_start_range_ns(&sl->timer, sl->timer.softexpires, delta, mode);
}

int __sched schedule_hrtimeout_range_clock(ktime_t *expires, u64 delta,
					   const enum hrtimer_mode mode, clockid_t clock)
{
	struct hrtimer_sleeper sleeper;

	if (expires && *expires == 0 && !(mode & HRTIMER_MODE_REL)) {
		__set_current_state(TASK_RUNNING);
		return 0;
	}
	if (!expires || *expires == KTIME_MAX) {
		schedule();
		return -EINTR;
	}
	hrtimer_setup_sleeper_on_stack(&sleeper, clock, mode);
	hrtimer_start_range_ns(&sleeper.timer, *expires, delta, mode);
	if (likely(READ_ONCE(sleeper.task)))
		schedule();
	hrtimer_cancel(&sleeper.timer);
	__set_current_state(TASK_RUNNING);
	return sleeper.task ? -EINTR : 0;
}

int __sched schedule_hrtimeout_range(ktime_t *expires, u64 delta, const enum hrtimer_mode mode)
{
	return schedule_hrtimeout_range_clock(expires, delta, mode, CLOCK_MONOTONIC);
}

int __sched schedule_hrtimeout(ktime_t *expires, const enum hrtimer_mode mode)
{
	return schedule_hrtimeout_range(expires, 0, mode);
}

void hrtimers_init(void)
{
	static ktime_t (*const clocks[NR_BASES])(void) = {
		[BASE_MONOTONIC] = ktime_get,
		[BASE_REALTIME] = ktime_get_real,
		[BASE_BOOTTIME] = ktime_get_boottime,
		[BASE_TAI] = ktime_get_clocktai,
	};
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		struct hrtimer_cpu *c = per_cpu_ptr(&hrtimer_cpus, cpu);

		spin_lock_init(&c->lock);
		c->cpu = cpu;
		for (unsigned int i = 0; i < NR_BASES; i++) {
			c->bases[i].cpu = c;
			c->bases[i].tree = RB_ROOT_CACHED;
			c->bases[i].get_time = clocks[i];
		}
	}
}
