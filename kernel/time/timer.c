// SPDX-License-Identifier: MIT
/*
 * The timer wheel.
 *
 * Each CPU has nine levels of 64 lists. Level n has a granularity of 8^n ticks; a timer goes to
 * the level that its distance asks for, rounded up to that level's granularity, and stays there:
 * far timers are coarse and nothing is ever moved between levels. A timer never fires early.
 *
 * base->clk is the next tick to be looked at. Timer functions run in TIMER_SOFTIRQ with
 * interrupts on (masked for TIMER_IRQSAFE), no lock held.
 *
 * Lock order: base->lock is a leaf.
 */
#include <kern/bug.h>
#include <kern/interrupt.h>
#include <kern/jiffies.h>
#include <kern/percpu.h>
#include <kern/smp.h>
#include <kern/spinlock.h>
#include <kern/timekeeping.h>
#include <kern/timer.h>
#include <um/processor.h>

#define LEVEL_BITS     6
#define LEVEL_SIZE     (1U << LEVEL_BITS)
#define LEVEL_MASK     (LEVEL_SIZE - 1)
#define LEVELS	       9
#define STEP_BITS      3
#define LEVEL_SHIFT(n) ((n)*STEP_BITS)
/* The smallest distance that belongs to level n. */
#define LEVEL_START(n) ((unsigned long)(LEVEL_SIZE - 1) << (((n)-1) * STEP_BITS))
#define WHEEL_MAX      (LEVEL_START(LEVELS) - (1UL << LEVEL_SHIFT(LEVELS - 1)))

#define TIMER_SHUTDOWN ((void (*)(struct timer_list *)) - 1L)

/* (l) lock */
struct timer_base {
	spinlock_t lock;
	unsigned int cpu;
	unsigned long clk;			     /* l */
	struct timer_list *running;		     /* l */
	unsigned long pending[LEVELS];		     /* l: lists that are not empty */
	struct hlist_head lists[LEVELS][LEVEL_SIZE]; /* l */
};

static DEFINE_PER_CPU_ALIGNED(struct timer_base, timer_bases);

static struct timer_base *base_of(u32 flags)
{
	return per_cpu_ptr(&timer_bases, flags & TIMER_CPUMASK);
}

/* => returns with the timer's base locked, whatever moves it meanwhile. */
static struct timer_base *lock_base(struct timer_list *timer, unsigned long *flags)
{
	unsigned long rounds = 0;

	for (;;) {
		u32 where = READ_ONCE(timer->flags);
		struct timer_base *base = base_of(where);

		if (!(where & TIMER_MIGRATING)) {
			spin_lock_irqsave(&base->lock, *flags);
			if (READ_ONCE(timer->flags) == where)
				return base;
			spin_unlock_irqrestore(&base->lock, *flags);
		}
		um_spin_wait(rounds++);
	}
}

void timer_init_key(struct timer_list *timer, void (*fn)(struct timer_list *), unsigned int flags)
{
	timer->entry.next = NULL;
	timer->entry.pprev = NULL;
	timer->function = fn;
	timer->flags = flags | raw_smp_processor_id();
}

static bool wheel_empty(const struct timer_base *base)
{
	for (unsigned int level = 0; level < LEVELS; level++) {
		if (base->pending[level])
			return false;
	}
	return true;
}

static unsigned int choose_level(unsigned long distance)
{
	unsigned int level = 0;

	while (level + 1 < LEVELS && distance >= LEVEL_START(level + 1))
		level++;
	return level;
}

static void wheel_insert(struct timer_base *base, struct timer_list *timer)
{
	unsigned long expires = timer->expires, now = jiffies;
	unsigned int level, slot;

	/* Catches up after a time without timers. */
	if (time_after(now, base->clk) && wheel_empty(base))
		base->clk = now;
	if (time_before(expires, base->clk)) {
		level = 0;
		slot = base->clk & LEVEL_MASK;
	} else {
		if (expires - base->clk > WHEEL_MAX)
			expires = base->clk + WHEEL_MAX;
		level = choose_level(expires - base->clk);
		slot = ((expires >> LEVEL_SHIFT(level)) + 1) & LEVEL_MASK;
	}
	hlist_add_head(&timer->entry, &base->lists[level][slot]);
	base->pending[level] |= 1UL << slot;
}

static void wheel_remove(struct timer_base *base, struct timer_list *timer)
{
	struct hlist_node *entry = &timer->entry;
	struct hlist_head *first = &base->lists[0][0];
	struct hlist_head *list = (struct hlist_head *)entry->pprev;

	/* The only one of its list: the list is then empty. */
	if (!entry->next && list >= first && list < first + LEVELS * LEVEL_SIZE)
		base->pending[(list - first) / LEVEL_SIZE] &= ~(1UL << (list - first) % LEVEL_SIZE);
	__hlist_del(entry);
	entry->next = NULL;
	WRITE_ONCE(entry->pprev, NULL);
}

/* The first set bit at or after `from`, going round; -1: none. As a distance. */
static int distance_to_bit(unsigned long bits, unsigned int from)
{
	unsigned long rotated = from ? bits >> from | bits << (LEVEL_SIZE - from) : bits;

	return rotated ? __builtin_ctzl(rotated) : -1;
}

/* The tick at which the next list is due, or clk + WHEEL_MAX. => locked. */
static unsigned long next_due(struct timer_base *base)
{
	unsigned long clk = base->clk, next = base->clk + WHEEL_MAX;

	for (unsigned int level = 0; level < LEVELS; level++) {
		int distance = distance_to_bit(base->pending[level], clk & LEVEL_MASK);

		if (distance >= 0) {
			unsigned long due = (clk + distance) << LEVEL_SHIFT(level);

			if (time_before(due, next))
				next = due;
		}
		/* The next level's list of this moment has been looked at, unless we stand at its start. */
		clk = (clk >> STEP_BITS) + ((clk & ((1UL << STEP_BITS) - 1)) ? 1 : 0);
	}
	return next;
}

/* Puts the timer on a CPU's wheel. => its base locked; returns with the new base locked. */
static struct timer_base *move_to(struct timer_base *base, struct timer_list *timer,
				  unsigned int cpu)
{
	struct timer_base *to = per_cpu_ptr(&timer_bases, cpu);

	/* While its function runs it stays, so that timer_delete_sync() has one place to look at. */
	if (base == to || base->running == timer)
		return base;
	WRITE_ONCE(timer->flags, timer->flags | TIMER_MIGRATING);
	spin_unlock(&base->lock);
	spin_lock(&to->lock);
	smp_store_release(&timer->flags, (timer->flags & ~(TIMER_CPUMASK | TIMER_MIGRATING)) | cpu);
	return to;
}

#define ONLY_PENDING 1
#define ONLY_EARLIER 2

static int start(struct timer_list *timer, unsigned long expires, int options, int cpu)
{
	struct timer_base *base;
	unsigned long flags;
	bool pending;

	base = lock_base(timer, &flags);
	pending = timer_pending(timer);
	if (timer->function == TIMER_SHUTDOWN || ((options & ONLY_PENDING) && !pending) ||
	    (pending && timer->expires == expires) ||
	    ((options & ONLY_EARLIER) && pending && time_before_eq(timer->expires, expires))) {
		spin_unlock_irqrestore(&base->lock, flags);
		return pending;
	}
	if (pending)
		wheel_remove(base, timer);
	if (cpu < 0 && !(timer->flags & TIMER_PINNED))
		cpu = raw_smp_processor_id();
	if (cpu >= 0)
		base = move_to(base, timer, cpu);
	timer->expires = expires;
	wheel_insert(base, timer);
	spin_unlock_irqrestore(&base->lock, flags);
	/* An idle CPU has programmed its timer without knowing of this one. */
	if (base->cpu != (unsigned int)raw_smp_processor_id() && cpu_online(base->cpu))
		smp_send_reschedule(base->cpu);
	return pending;
}

int mod_timer(struct timer_list *timer, unsigned long expires)
{
	return start(timer, expires, 0, -1);
}

int mod_timer_pending(struct timer_list *timer, unsigned long expires)
{
	return start(timer, expires, ONLY_PENDING, -1);
}

int timer_reduce(struct timer_list *timer, unsigned long expires)
{
	return start(timer, expires, ONLY_EARLIER, -1);
}

void add_timer(struct timer_list *timer)
{
	WARN_ON_ONCE(timer_pending(timer));
	(void)start(timer, timer->expires, 0, -1);
}

void add_timer_on(struct timer_list *timer, int cpu)
{
	WARN_ON_ONCE(timer_pending(timer));
	(void)start(timer, timer->expires, 0, cpu);
}

static int stop(struct timer_list *timer, bool shutdown, bool *running)
{
	struct timer_base *base;
	unsigned long flags;
	int pending;

	base = lock_base(timer, &flags);
	pending = timer_pending(timer);
	if (pending)
		wheel_remove(base, timer);
	if (shutdown)
		timer->function = TIMER_SHUTDOWN;
	*running = base->running == timer;
	spin_unlock_irqrestore(&base->lock, flags);
	return pending;
}

int timer_delete(struct timer_list *timer)
{
	bool running;

	return stop(timer, false, &running);
}

int try_to_del_timer_sync(struct timer_list *timer)
{
	bool running;
	int pending = stop(timer, false, &running);

	return running ? -1 : pending;
}

static int stop_and_wait(struct timer_list *timer, bool shutdown)
{
	unsigned long rounds = 0;
	bool running;
	int pending = 0;

	for (;;) {
		pending |= stop(timer, shutdown, &running);
		if (!running)
			return pending;
		um_spin_wait(rounds++);
	}
}

int timer_delete_sync(struct timer_list *timer)
{
	return stop_and_wait(timer, false);
}

int timer_shutdown_sync(struct timer_list *timer)
{
	return stop_and_wait(timer, true);
}

/* => locked, dropped meanwhile. */
static void run_one(struct timer_base *base, struct timer_list *timer)
{
	void (*fn)(struct timer_list *) = timer->function;
	bool irqsafe = timer->flags & TIMER_IRQSAFE;

	wheel_remove(base, timer);
	WRITE_ONCE(base->running, timer);
	if (irqsafe) {
		spin_unlock(&base->lock);
		fn(timer);
		spin_lock(&base->lock);
	} else {
		spin_unlock_irq(&base->lock);
		fn(timer);
		spin_lock_irq(&base->lock);
	}
	/* The timer itself may be gone. */
	WRITE_ONCE(base->running, NULL);
}

/* Runs what is due at base->clk. => locked. */
static void run_tick(struct timer_base *base)
{
	unsigned long clk = base->clk;

	base->clk++;
	for (unsigned int level = 0; level < LEVELS; level++) {
		unsigned int slot = clk & LEVEL_MASK;
		struct hlist_head due = HLIST_HEAD_INIT;

		if (base->pending[level] & 1UL << slot) {
			/* Taken off first: a function may start a timer for this very list. */
			hlist_move_list(&base->lists[level][slot], &due);
			base->pending[level] &= ~(1UL << slot);
			while (due.first)
				run_one(base, hlist_entry(due.first, struct timer_list, entry));
		}
		if (clk & ((1UL << STEP_BITS) - 1))
			break;
		clk >>= STEP_BITS;
	}
}

/* TIMER_SOFTIRQ. */
static void run_timers(void)
{
	struct timer_base *base = this_cpu_ptr(&timer_bases);

	spin_lock_irq(&base->lock);
	while (time_after_eq(jiffies, base->clk)) {
		unsigned long now = jiffies, next = next_due(base);

		if (time_after(next, now)) {
			base->clk = now + 1;
			break;
		}
		if (time_after(next, base->clk))
			base->clk = next;
		run_tick(base);
	}
	spin_unlock_irq(&base->lock);
}

void run_local_timers(void)
{
	struct timer_base *base = this_cpu_ptr(&timer_bases);
	bool due;

	spin_lock(&base->lock);
	due = !wheel_empty(base) && time_after_eq(jiffies, next_due(base));
	spin_unlock(&base->lock);
	if (due)
		raise_softirq_irqoff(TIMER_SOFTIRQ);
}

u64 timer_next_event(void)
{
	struct timer_base *base = this_cpu_ptr(&timer_bases);
	u64 next = KTIME_MAX;

	spin_lock(&base->lock);
	if (!wheel_empty(base))
		next = (u64)(next_due(base) - INITIAL_JIFFIES) * TICK_NSEC;
	spin_unlock(&base->lock);
	return next;
}

unsigned long round_jiffies(unsigned long j)
{
	unsigned long rounded = roundup(j, (unsigned long)HZ);

	return time_after(rounded, jiffies) ? rounded : j;
}

unsigned long round_jiffies_relative(unsigned long j)
{
	return round_jiffies(j + jiffies) - jiffies;
}

void timers_init(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		struct timer_base *base = per_cpu_ptr(&timer_bases, cpu);

		spin_lock_init(&base->lock);
		base->cpu = cpu;
		base->clk = jiffies;
	}
	open_softirq(TIMER_SOFTIRQ, run_timers);
}
