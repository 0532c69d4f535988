// SPDX-License-Identifier: MIT
/*
 * The clocks. The machine keeps them in step with the host's, which is calibrated and
 * disciplined, and shows them to programs through the vDSO; what is kept here is how far ours
 * are from the host's: CLOCK_MONOTONIC begins at boot, CLOCK_REALTIME has what settimeofday
 * added. ntp.c lets adjtimex() bend their speed.
 *
 * offsets_lock guards `offsets` and sys_tz; interrupts masked.
 */
#include <kern/atomic.h>
#include <kern/errno.h>
#include <kern/hrtimer.h>
#include <kern/jiffies.h>
#include <kern/spinlock.h>
#include <kern/timekeeping.h>
#include <kern/workqueue.h>
#include <linux/time.h>
#include <um/clock.h>
#include <um/processor.h>
#include <um/virtual.h>
#include "internal.h"

static u64 boot_ns;	  /* host's clock at boot; constant */
static s64 boot_real_ns; /* CLOCK_REALTIME at boot by the host; constant */
static DEFINE_SPINLOCK(offsets_lock);
static struct um_clock_offsets offsets;

struct timezone sys_tz;

void timekeeping_init(void)
{
	um_virtual_init();
	boot_ns = um_clock_ns();
	boot_real_ns = um_wall_ns();
	offsets.mono = -boot_ns;
	offsets.boot = -(boot_ns + um_suspended_ns());
	um_clock_publish(&offsets);
}

const char *clocksource_name(void)
{
	return um_virtual ? "virtual" : um_clock_follows_tsc() ? "tsc" : "host";
}

const char *clockevent_name(void)
{
	return um_virtual ? "virtual" : "posix-timer";
}

ktime_t ktime_get(void)
{
	return um_clock_read(CLOCK_MONOTONIC);
}

ktime_t ktime_get_raw(void)
{
	return um_clock_read(CLOCK_MONOTONIC_RAW);
}

ktime_t ktime_get_real(void)
{
	return um_clock_read(CLOCK_REALTIME);
}

ktime_t ktime_get_boottime(void)
{
	return um_clock_read(CLOCK_BOOTTIME);
}

ktime_t ktime_get_clocktai(void)
{
	return um_clock_read(CLOCK_TAI);
}

void ktime_get_coarse_ts64(struct timespec64 *ts)
{
	*ts = ns_to_timespec64(um_clock_read_coarse(CLOCK_MONOTONIC));
}

void ktime_get_coarse_real_ts64(struct timespec64 *ts)
{
	*ts = ns_to_timespec64(um_clock_read_coarse(CLOCK_REALTIME));
}

void getboottime64(struct timespec64 *ts)
{
	*ts = ns_to_timespec64(boot_real_ns + READ_ONCE(offsets.real));
}

ktime_t ktime_mono_to_real(ktime_t mono)
{
	return mono + (ktime_get_real() - ktime_get());
}

int do_settimeofday64(const struct timespec64 *ts)
{
	unsigned long flags;

	if (!timespec64_valid_settod(ts))
		return -EINVAL;
	spin_lock_irqsave(&offsets_lock, flags);
	offsets.real += timespec64_to_ns(ts) - ktime_get_real();
	um_clock_publish(&offsets);
	spin_unlock_irqrestore(&offsets_lock, flags);
	ntp_clear();
	clock_was_set();
	return 0;
}

void timekeeping_inject_offset(s64 ns)
{
	unsigned long flags;

	spin_lock_irqsave(&offsets_lock, flags);
	offsets.real += ns;
	um_clock_publish(&offsets);
	spin_unlock_irqrestore(&offsets_lock, flags);
	ntp_clear();
	clock_was_set();
}

s32 timekeeping_tai_offset(void)
{
	return READ_ONCE(offsets.tai) / NSEC_PER_SEC;
}

void timekeeping_set_tai_offset(s32 seconds)
{
	unsigned long flags;

	spin_lock_irqsave(&offsets_lock, flags);
	offsets.tai = seconds * NSEC_PER_SEC;
	um_clock_publish(&offsets);
	spin_unlock_irqrestore(&offsets_lock, flags);
	clock_was_set();
}

void timekeeping_set_tz(const struct timezone *tz)
{
	unsigned long flags;

	spin_lock_irqsave(&offsets_lock, flags);
	sys_tz = *tz;
	offsets.tz_minuteswest = tz->tz_minuteswest;
	offsets.tz_dsttime = tz->tz_dsttime;
	um_clock_publish(&offsets);
	spin_unlock_irqrestore(&offsets_lock, flags);
}

static void wall_clock_stepped(struct work_struct *work)
{
	clock_was_set();
}

static DECLARE_WORK(stepped, wall_clock_stepped);

void timekeeping_leap(int seconds)
{
	unsigned long flags;

	spin_lock_irqsave(&offsets_lock, flags);
	offsets.real += seconds * (s64)NSEC_PER_SEC;
	offsets.tai -= seconds * (s64)NSEC_PER_SEC;
	um_clock_publish(&offsets);
	spin_unlock_irqrestore(&offsets_lock, flags);
	schedule_work(&stepped);
}

void timekeeping_tick(void)
{
	if (unlikely(um_clock_tick()))
		schedule_work(&stepped);
}

u64 sched_clock(void)
{
	return um_sched_ns() - boot_ns;
}

unsigned long get_jiffies(void)
{
	return INITIAL_JIFFIES + ktime_get() / TICK_NSEC;
}

void ndelay(unsigned long ns)
{
	u64 end = um_clock_ns() + ns;

	if (um_virtual)
		um_virtual_advance(ns);
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
