// SPDX-License-Identifier: MIT
/*
 * The clocks, and this vCPU's one-shot timer.
 *
 * Problem: guests read clocks without the kernel (the vDSO), and must never see a clock go back,
 * whichever of the two they ask. The host's own clock page cannot be shown to them.
 *
 * So the kernel keeps a page of its own (<um/vdso_data.h>) from which both read: what the clocks
 * were at some value of the time stamp counter, and how fast they go. At ticks the page is
 * carried forward, and now and then its speed is set so that it meets the host's clock half a
 * second later; it is never set back. The host's disciplined clock stays the truth.
 *
 *   asks the host --(two samples far enough apart, counter usable)--> follows the counter
 *   (VDSO_ASK)                                                        (VDSO_TSC, for ever)
 *
 * Where the counter is not to be trusted, clocks are the host's, and the vDSO makes system calls.
 *
 * That is CLOCK_MONOTONIC_RAW. What adjtimex() wants makes the others go a little faster or
 * slower: `skew` is what has come of it so far, `adjustment` how fast it grows.
 *
 *   RAW = machine + offset   MONOTONIC = RAW + skew   REALTIME = MONOTONIC + wall + what was set
 *
 * Locks: page_lock, innermost, interrupts masked: writers of the page and the words of `follow`.
 * Readers take none. A fault of the kernel inside a write must still be able to print: readers
 * ask the host when the page stays odd for long.
 */
#include "../internal.h"
#include <kern/errno.h>
#include <kern/init.h>
#include <kern/kcsan.h>
#include <kern/kernel.h>
#include <kern/spinlock.h>
#include <linux/time.h>
#include <mm/gfp.h>
#include <mm/page.h>
#include <um/clock.h>
#include <um/processor.h>
#include <um/vdso_data.h>
#include <um/virtual.h>

#define NSEC_PER_SEC 1000000000L
/* A sample between two readings of a clock further apart than this is thrown away. */
#define SAMPLE_CYCLES 2000
#define SAMPLE_NS     2000
#define SAMPLE_TRIES  3
/* Between two samples for the speed: at least, and before the first one is replaced. */
#define BASELINE_MIN_NS 2000000
#define BASELINE_MAX_NS 8000000000L
#define SAMPLE_EVERY_NS 50000000
/* Differences to the host's clock vanish over 2^29 ns; the speed is bent by 1/2048 at most. */
#define CATCH_UP_SHIFT 29
#define MAX_BEND_SHIFT 11
/* A larger lag than this is the host's suspend or the like, and jumped over. */
#define JUMP_NS 100000000L
/* The host's other clocks have moved against CLOCK_MONOTONIC when they differ by more. */
#define STEP_NS 20000
/* A page that has been read again so often belongs to a writer that will not come back. */
#define MAX_ROUNDS 100000000UL

/* Guarded by page_lock. */
static struct {
	struct um_clock_offsets offsets;
	u64 tsc0, host0;     /* first sample of the baseline; tsc0 0: none */
	s64 bias;	     /* added to the host's clock: times that it lost */
	s64 wall, suspended; /* um_wall_ns() and um_suspended_ns() less um_clock_ns() */
	u64 sampled;	     /* host's clock at the last sample */
	s64 adjustment;	     /* part of 2^32; read without the lock in a read section */
	s64 skew;	     /* ns at `skewed`, or at cycle_last; the same */
	u64 skewed;	     /* um_clock_ns() when it was so, while the page does not serve */
} follow;

static struct vdso_data first_data;
static struct vdso_data *data = &first_data; /* moves into a page of its own at boot */
static DEFINE_SPINLOCK(page_lock);

static void write_begin(struct vdso_data *page)
{
	kcsan_nestable_atomic_begin();
	__atomic_store_n(&page->seq, page->seq + 1, __ATOMIC_SEQ_CST);
}

static void write_end(struct vdso_data *page)
{
	__atomic_store_n(&page->seq, page->seq + 1, __ATOMIC_RELEASE);
	kcsan_nestable_atomic_end();
}

/* ---- reading ---- */

/* More than the accesses of any reader below, for the concurrency sanitizer. */
#define READER_ACCESSES 100

static __always_inline u32 read_begin(const struct vdso_data *page)
{
	u32 seq = vdso_read_begin(page);

	kcsan_atomic_next(READER_ACCESSES);
	return seq;
}

static __always_inline bool read_retry(const struct vdso_data *page, u32 seq)
{
	kcsan_atomic_next(0);
	return vdso_read_retry(page, seq);
}

static u64 clock_base(const struct vdso_data *page, int clock)
{
	return page->clocks[clock].sec * NSEC_PER_SEC + page->clocks[clock].nsec;
}

enum reading {
	COARSE,	   /* without the counter */
	UNORDERED, /* against what stands around it; costs less than half */
	ORDERED
};

/* A clock by the page. False: the host must be asked. */
static __always_inline bool read_page(int clock, enum reading how, u64 *ns)
{
	for (unsigned long rounds = 0; rounds < MAX_ROUNDS; rounds++) {
		const struct vdso_data *page = READ_ONCE(data);
		u32 seq = read_begin(page);

		if (unlikely(seq & 1)) {
			um_spin_wait(rounds);
			continue;
		}
		if (unlikely(page->mode != VDSO_TSC))
			return false;
		*ns = clock_base(page, clock);
		if (how != COARSE)
			*ns += vdso_elapsed(page, clock,
					    how == ORDERED ? vdso_rdtsc() : __builtin_ia32_rdtsc());
		if (likely(!read_retry(page, seq)))
			return true;
	}
	return false;
}

bool um_clock_follows_tsc(void)
{
	return READ_ONCE(READ_ONCE(data)->mode) == VDSO_TSC;
}

/* The machine's clocks, where the page does not serve (time=virtual: never). */
static u64 machine_ns(void)
{
	return um_virtual ? um_virtual_ns() : host_clock_ns();
}

static u64 machine_wall_ns(void)
{
	return um_virtual ? um_virtual_wall_ns() : host_wall_ns();
}

static u64 machine_boottime_ns(void)
{
	return um_virtual ? um_virtual_ns() : host_boottime_ns();
}

/* The offset is constant once the page is in use. */
static __always_inline u64 read_ns(enum reading how)
{
	u64 ns;

	return read_page(CLOCK_MONOTONIC_RAW, how, &ns) ? ns - follow.offsets.mono : machine_ns();
}

u64 um_clock_ns(void)
{
	return read_ns(ORDERED);
}

u64 um_sched_ns(void)
{
	return read_ns(UNORDERED);
}

static s64 host_offset(int clock)
{
	switch (clock) {
	case CLOCK_REALTIME:
		return follow.offsets.real;
	case CLOCK_TAI:
		return follow.offsets.real + follow.offsets.tai;
	case CLOCK_BOOTTIME:
		return follow.offsets.boot;
	default:
		return follow.offsets.mono;
	}
}

/* What adjtimex() has made of the clocks at machine time `ns`, without the page. */
static s64 skew_at(u64 ns)
{
	return follow.skew + (s64)((__int128)(s64)(ns - follow.skewed) * follow.adjustment >> 32);
}

static s64 read_skew(int clock)
{
	unsigned long rounds = 0;
	s64 skew;
	u32 seq;

	if (clock == CLOCK_MONOTONIC_RAW)
		return 0;
	do {
		const struct vdso_data *page = READ_ONCE(data);

		seq = read_begin(page);
		skew = skew_at(machine_ns());
		if (likely(!(seq & 1) && !read_retry(page, seq)))
			break;
		um_spin_wait(rounds++);
	} while (rounds < MAX_ROUNDS);
	return skew;
}

static u64 read_host(int clock)
{
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_TAI:
		return machine_wall_ns() + host_offset(clock);
	case CLOCK_BOOTTIME:
		return machine_boottime_ns() + host_offset(clock);
	default:
		return machine_ns() + host_offset(clock);
	}
}

u64 um_clock_read(int clock)
{
	u64 ns;

	return read_page(clock, ORDERED, &ns) ? ns : read_host(clock) + read_skew(clock);
}

u64 um_clock_read_coarse(int clock)
{
	u64 ns;

	return read_page(clock, COARSE, &ns) ? ns : read_host(clock) + read_skew(clock);
}

u64 um_wall_ns(void)
{
	return READ_ONCE(data)->mode == VDSO_TSC ? um_clock_ns() + READ_ONCE(follow.wall) :
						   machine_wall_ns();
}

u64 um_suspended_ns(void)
{
	u64 mono, boot;

	if (READ_ONCE(data)->mode == VDSO_TSC)
		return READ_ONCE(follow.suspended);
	mono = machine_ns();
	boot = machine_boottime_ns();
	return boot > mono ? boot - mono : 0;
}

/* ---- writing ---- */

/* um_clock_ns() at cycle_last. */
static u64 page_ns(const struct vdso_data *page)
{
	return clock_base(page, CLOCK_MONOTONIC_RAW) - follow.offsets.mono;
}

static void set_clock(struct vdso_data *page, int clock, u64 ns)
{
	page->clocks[clock].sec = ns / NSEC_PER_SEC;
	page->clocks[clock].nsec = ns % NSEC_PER_SEC;
}

/* What the clocks are when um_clock_ns() is `ns`. => in a write */
static void set_clocks(struct vdso_data *page, u64 ns)
{
	const struct um_clock_offsets *by = &follow.offsets;
	u64 mono = ns + follow.skew;
	u64 real = mono + follow.wall + by->real;

	set_clock(page, CLOCK_MONOTONIC, mono + by->mono);
	set_clock(page, CLOCK_MONOTONIC_RAW, ns + by->mono);
	set_clock(page, CLOCK_MONOTONIC_COARSE, mono + by->mono);
	set_clock(page, CLOCK_BOOTTIME, mono + follow.suspended + by->boot);
	set_clock(page, CLOCK_REALTIME, real);
	set_clock(page, CLOCK_REALTIME_COARSE, real);
	set_clock(page, CLOCK_TAI, real + by->tai);
	page->tz_minuteswest = by->tz_minuteswest;
	page->tz_dsttime = by->tz_dsttime;
}

static u64 ntp_mult(u64 mult)
{
	return mult + ((__int128)mult * follow.adjustment >> 32);
}

/* Carries the page forward to now; `jump` ns further, with the speed `mult` from then on. */
static void carry(struct vdso_data *page, u64 mult, u64 jump)
{
	u64 tsc, ns, elapsed;

	write_begin(page);
	tsc = vdso_rdtsc();
	elapsed = vdso_elapsed(page, CLOCK_MONOTONIC_RAW, tsc);
	ns = page_ns(page) + elapsed + jump;
	follow.skew += vdso_elapsed(page, CLOCK_MONOTONIC, tsc) - elapsed;
	if ((s64)(tsc - page->cycle_last) > 0)
		page->cycle_last = tsc;
	page->mult = mult;
	page->ntp_mult = ntp_mult(mult);
	set_clocks(page, ns);
	write_end(page);
}

void um_clock_publish(const struct um_clock_offsets *offsets)
{
	unsigned long flags;

	spin_lock_irqsave(&page_lock, flags);
	follow.offsets = *offsets;
	if (data->mode == VDSO_TSC)
		carry(data, data->mult, 0);
	spin_unlock_irqrestore(&page_lock, flags);
}

void um_clock_adjust(s64 adjustment)
{
	unsigned long flags;

	spin_lock_irqsave(&page_lock, flags);
	if (data->mode == VDSO_TSC) {
		/* Until now by the old speed, which the page knows. */
		follow.adjustment = adjustment;
		carry(data, data->mult, 0);
	} else {
		u64 now = machine_ns();

		write_begin(data);
		follow.skew = skew_at(now);
		follow.skewed = now;
		follow.adjustment = adjustment;
		write_end(data);
	}
	spin_unlock_irqrestore(&page_lock, flags);
}

/* The host's clock at a value of the counter. False: the host was busy elsewhere in between. */
static bool sample(u64 *tsc, u64 *host)
{
	for (int i = 0; i < SAMPLE_TRIES; i++) {
		u64 before = vdso_rdtsc(), after;

		*host = host_clock_ns() + follow.bias;
		after = vdso_rdtsc();
		*tsc = before + (after - before) / 2;
		if (after - before < SAMPLE_CYCLES)
			return true;
	}
	return false;
}

/* How far a clock of the host is ahead of its CLOCK_MONOTONIC, and whether that is another now. */
static bool sample_offset(u64 (*read)(void), s64 *offset)
{
	u64 before, after, other;
	s64 now;

	before = host_clock_ns();
	other = read();
	after = host_clock_ns();
	if (after - before > SAMPLE_NS)
		return false;
	now = other - (before + (after - before) / 2) - follow.bias;
	if (abs(now - *offset) < STEP_NS)
		return false;
	*offset = now;
	return true;
}

static u64 read_wall(void)
{
	return host_wall_ns();
}

static u64 read_boottime(void)
{
	return host_boottime_ns();
}

/* The speed of the host's clock over the baseline, or 0: too short still. */
static u64 measured_mult(u64 tsc, u64 host)
{
	u64 cycles = tsc - follow.tsc0, ns = host - follow.host0;

	if (!follow.tsc0 || (s64)cycles <= 0) {
		follow.tsc0 = tsc;
		follow.host0 = host;
		return 0;
	}
	if (ns < BASELINE_MIN_NS)
		return 0;
	for (; ns >> 31; ns >>= 1)
		cycles >>= 1;
	return (ns << 32) / cycles;
}

static void start_following(u64 mult)
{
	u64 tsc = vdso_rdtsc(), host = host_clock_ns();

	sample_offset(read_wall, &follow.wall);
	sample_offset(read_boottime, &follow.suspended);
	write_begin(data);
	data->cycle_last = tsc;
	data->mult = mult;
	data->ntp_mult = ntp_mult(mult);
	follow.skew = skew_at(host);
	set_clocks(data, host);
	data->mode = VDSO_TSC;
	write_end(data);
}

/* Sets the speed so that the page meets the host's clock soon. */
static void steer(u64 mult, u64 tsc, u64 host)
{
	s64 error = host - (page_ns(data) + vdso_elapsed(data, CLOCK_MONOTONIC_RAW, tsc));
	s64 limit = mult >> MAX_BEND_SHIFT, bend;
	u64 jump = 0;

	if (error > JUMP_NS) {
		jump = error;
		error = 0;
		follow.tsc0 = 0;
	} else if (error < -JUMP_NS) {
		/* The counter went on where the host's clock stood still: we do not go back. */
		follow.bias -= error;
		error = 0;
		follow.tsc0 = 0;
	}
	bend = (s64)((__int128)mult * error >> CATCH_UP_SHIFT);
	carry(data, mult + clamp(bend, -limit, limit), jump);
	if (host - follow.host0 > BASELINE_MAX_NS) {
		follow.tsc0 = tsc;
		follow.host0 = host;
	}
}

/* => page_lock held */
static bool follow_host(void)
{
	u64 tsc, host, mult;
	bool stepped;

	if (!sample(&tsc, &host))
		return false;
	follow.sampled = host;
	mult = measured_mult(tsc, host);
	if (data->mode != VDSO_TSC) {
		if (mult)
			start_following(mult);
		return false;
	}
	stepped = sample_offset(read_wall, &follow.wall);
	sample_offset(read_boottime, &follow.suspended);
	steer(mult ?: data->mult, tsc, host);
	return stepped;
}

bool um_clock_tick(void)
{
	bool stepped = false;
	u64 now;

	if (um_virtual || !host_tsc_usable() || !spin_trylock(&page_lock))
		return false;
	now = um_clock_ns();
	if (data->mode != VDSO_TSC || now - follow.sampled > SAMPLE_EVERY_NS)
		stepped = follow_host();
	else
		carry(data, data->mult, 0);
	spin_unlock(&page_lock);
	return stepped;
}

/* ---- the page ---- */

unsigned long um_clock_pfn(void)
{
	return PHYS_PFN(__pa(data));
}

static int clock_page_init(void)
{
	struct vdso_data *page = (void *)__get_free_page(GFP_KERNEL | __GFP_ZERO);
	unsigned long flags;

	if (!page)
		return -ENOMEM;
	spin_lock_irqsave(&page_lock, flags);
	*page = *data;
	/* Who still reads the old one reads what was right: nobody changes it any more. */
	smp_store_release(&data, page);
	spin_unlock_irqrestore(&page_lock, flags);
	return 0;
}
core_initcall(clock_page_init);

/* ---- the timer ---- */

/* In the machine's time, rounded up; too early is looked at again. */
static u64 machine_delta(u64 delta)
{
	s64 adjustment = READ_ONCE(follow.adjustment);

	if (likely(!adjustment))
		return delta;
	return (min(delta, (1UL << 31) - 1) << 32) / ((1L << 32) + adjustment) + 1;
}

void um_timer_program(u64 delta)
{
	delta = machine_delta(delta);
	if (um_virtual)
		um_virtual_program(delta);
	else
		host_timer_set(raw_smp_processor_id(), delta);
}

void um_timer_cancel(void)
{
	if (um_virtual)
		um_virtual_cancel();
	else
		host_timer_cancel(raw_smp_processor_id());
}
