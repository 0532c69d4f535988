// SPDX-License-Identifier: MIT
/*
 * The clocks. CLOCK_MONOTONIC is the host's monotonic clock less its value at boot; the host
 * has calibrated and disciplined it, so there is nothing to interpolate. CLOCK_REALTIME is the
 * host's plus what settimeofday added here.
 */
#include <kern/atomic.h>
#include <kern/errno.h>
#include <kern/hrtimer.h>
#include <kern/jiffies.h>
#include <kern/timekeeping.h>
#include <um/clock.h>
#include <um/processor.h>

static u64 boot_ns;	       /* host's clock at boot; constant */
static u64 boot_suspended_ns;  /* constant */
static s64 boot_real_ns;       /* CLOCK_REALTIME at boot; constant */
static atomic64_t real_offset; /* ns that settimeofday added */
static s32 tai_offset;	       /* seconds */

struct timezone sys_tz;

void timekeeping_init(void)
{
	boot_ns = um_clock_ns();
	boot_suspended_ns = um_suspended_ns();
	boot_real_ns = um_wall_ns();
}

ktime_t ktime_get(void)
{
	return um_clock_ns() - boot_ns;
}

ktime_t ktime_get_real(void)
{
	return um_wall_ns() + atomic64_read(&real_offset);
}

ktime_t ktime_get_boottime(void)
{
	return ktime_get() + (um_suspended_ns() - boot_suspended_ns);
}

ktime_t ktime_get_clocktai(void)
{
	return ktime_get_real() + READ_ONCE(tai_offset) * NSEC_PER_SEC;
}

void ktime_get_coarse_ts64(struct timespec64 *ts)
{
	ktime_get_ts64(ts);
}

void ktime_get_coarse_real_ts64(struct timespec64 *ts)
{
	ktime_get_real_ts64(ts);
}

void getboottime64(struct timespec64 *ts)
{
	*ts = ns_to_timespec64(boot_real_ns + atomic64_read(&real_offset));
}

ktime_t ktime_mono_to_real(ktime_t mono)
{
	return mono + (ktime_get_real() - ktime_get());
}

int do_settimeofday64(const struct timespec64 *ts)
{
	if (!timespec64_valid_settod(ts))
		return -EINVAL;
	atomic64_set(&real_offset, timespec64_to_ns(ts) - (s64)um_wall_ns());
	clock_was_set();
	return 0;
}

void timekeeping_inject_offset(s64 ns)
{
	atomic64_add(ns, &real_offset);
	clock_was_set();
}

s32 timekeeping_tai_offset(void)
{
	return READ_ONCE(tai_offset);
}

void timekeeping_set_tai_offset(s32 seconds)
{
	WRITE_ONCE(tai_offset, seconds);
	clock_was_set();
}

u64 sched_clock(void)
{
	return um_clock_ns() - boot_ns;
}

unsigned long get_jiffies(void)
{
	return INITIAL_JIFFIES + (um_clock_ns() - boot_ns) / TICK_NSEC;
}

void ndelay(unsigned long ns)
{
	u64 end = um_clock_ns() + ns;

	while ((s64)(end - um_clock_ns()) > 0)
		cpu_relax();
}

void udelay(unsigned long us)
{
	ndelay(us * NSEC_PER_USEC);
}

void mdelay(unsigned long ms)
{
	ndelay(ms * NSEC_PER_MSEC);
}
