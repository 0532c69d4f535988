// SPDX-License-Identifier: MIT
/*
 * Disciplining the clock: adjtimex(), clock_adjtime().
 *
 * Problem: a daemon that knows the time measures how far the clock is off and how fast it
 * drifts, and wants the kernel to correct both without a step: by David Mills' model for precision
 * timekeeping (RFC 1589, RFC 5905 A.5.6).
 *
 * The machine's clock is right already as far as the host is; what is kept here is what a program
 * inside wants on top of that. It changes our clocks' speed against CLOCK_MONOTONIC_RAW, never
 * the host's clock. The speed is a sum, fixed for a second:
 *
 *   tick       what the ticks of a second add up to, less a second   until set again
 *   freq       the drift, by ADJ_FREQUENCY or learnt by the loop      until set again
 *   offset     a part of what is left of ADJ_OFFSET: 1 of 2^(2 + time constant) a second
 *   slew       what is left of adjtime(), 500 us a second at most
 *
 * A timer on CLOCK_REALTIME runs at the beginning of each second while one of the last two, or a leap
 * second, is under way; else nothing runs.
 *
 *            STA_INS           midnight: a second again            next second
 *   OK ------------------> INS ------------------------> OOP ------------------> WAIT
 *    | STA_DEL                         midnight: a second left out                |  ^
 *    +-------------------> DEL ------------------------------------------------- | -+
 *   OK <------------------------- neither STA_INS nor STA_DEL -------------------+
 *
 * Locks: ntp_lock guards `ntp`; interrupts masked; above the locks of timekeeping.c and the clocks'.
 */
#include <kern/cred.h>
#include <kern/errno.h>
#include <kern/hrtimer.h>
#include <kern/init.h>
#include <kern/kernel.h>
#include <kern/printk.h>
#include <kern/spinlock.h>
#include <kern/timekeeping.h>
#include <linux/timex.h>
#include <um/clock.h>
#include "internal.h"

/* The bit that tells adjtime() from adjtimex(). */
#define ADJ_ADJTIME	   0x8000
#define ADJ_OFFSET_READ	   0x2000 /* with it: only look */
#define DAY		   86400
#define TICK_USEC	   (USEC_PER_SEC / 100)
#define TICK_MIN	   (900000 / 100)
#define TICK_MAX	   (1100000 / 100)
#define SLEW_MAX_USEC	   500
#define TAI_MAX		   100000
#define CONSTANT_MAX	   10
#define MAX_OFFSET_NS	   500000000L
#define MAX_ERROR_USEC	   16000000L
#define TOLERANCE_PPM	   500
/* Speeds are ns per second, with 32 bits of fraction; freq of the ABI is ppm with 16. */
#define ONE_NS		   (1L << 32)
#define FREQ_UNIT	   (1000L << 16)
#define MAX_FREQ	   (TOLERANCE_PPM * 1000 * ONE_NS)
/* The loop: what is left of the offset halves in about 2^(SHIFT_LOOP + constant) seconds. */
#define SHIFT_LOOP	   2
#define SHIFT_LOCKED_FREQ  2
#define LONG_INTERVAL	   256 /* seconds between two offsets, from which on their frequency counts */
#define NO_LEAP		   ((time64_t)1 << 62)
/* The timer comes before all that wait for the same second: a leap may put them off. */
#define EARLY_NS	   1

static DEFINE_SPINLOCK(ntp_lock);
static struct {
	int status;	     /* STA_* */
	int state;	     /* TIME_OK to TIME_WAIT */
	time64_t leap;	     /* when it is due, or NO_LEAP */
	long tick;	     /* us */
	s64 freq;
	s64 offset;	     /* what is left, in units of a speed's */
	s64 slew, slew_now;  /* of adjtime(): left, and within this second; us */
	s64 offset_now;	     /* part of `offset` within this second */
	long constant;
	time64_t reference;  /* when the last offset came */
	long maxerror, esterror; /* us; maxerror at `error_at` */
	time64_t error_at;
	bool running;	     /* the timer is */
} ntp = {
	.status = STA_UNSYNC,
	.state = TIME_OK,
	.leap = NO_LEAP,
	.tick = TICK_USEC,
	.constant = 2,
	.maxerror = MAX_ERROR_USEC,
	.esterror = MAX_ERROR_USEC,
};

static struct hrtimer second_timer;

static time64_t raw_seconds(void)
{
	return ktime_get_raw() / NSEC_PER_SEC;
}

/* ---- all below: ntp_lock held ---- */

static void set_speed(void)
{
	s64 speed = (ntp.tick - (s64)TICK_USEC) * 100 * 1000 * ONE_NS + ntp.freq + ntp.offset_now +
		    ntp.slew_now * 1000 * ONE_NS;

	um_clock_adjust(speed / (s64)NSEC_PER_SEC);
}

/* The error grows with what the clock may drift. */
static void age_error(void)
{
	time64_t now = raw_seconds();
	s64 error = ntp.maxerror + (now - ntp.error_at) * TOLERANCE_PPM;

	ntp.error_at = now;
	if (error > MAX_ERROR_USEC) {
		error = MAX_ERROR_USEC;
		ntp.status |= STA_UNSYNC;
	}
	ntp.maxerror = error;
}

/* A second begins: how much of what is left is done in it. */
static void share_out(void)
{
	ntp.offset_now = ntp.offset >> (ntp.status & STA_PLL ? SHIFT_LOOP + ntp.constant : SHIFT_LOOP);
	/* Shares of the last ns would never end. */
	if (abs(ntp.offset) < ONE_NS)
		ntp.offset_now = ntp.offset;
	ntp.offset -= ntp.offset_now;
	ntp.slew_now = clamp(ntp.slew, (s64)-SLEW_MAX_USEC, (s64)SLEW_MAX_USEC);
	ntp.slew -= ntp.slew_now;
}

/* What a leap second does to the second that begins: -1, 0, 1. */
static int leap(time64_t second)
{
	switch (ntp.state) {
	case TIME_OK:
		if (ntp.status & STA_INS) {
			ntp.state = TIME_INS;
			ntp.leap = second + DAY - second % DAY;
		} else if (ntp.status & STA_DEL) {
			ntp.state = TIME_DEL;
			ntp.leap = second + DAY - (second + 1) % DAY;
		}
		break;
	case TIME_INS:
		if (!(ntp.status & STA_INS)) {
			ntp.leap = NO_LEAP;
			ntp.state = TIME_OK;
		} else if (second == ntp.leap) {
			ntp.leap = NO_LEAP;
			ntp.state = TIME_OOP;
			return -1;
		}
		break;
	case TIME_DEL:
		if (!(ntp.status & STA_DEL)) {
			ntp.leap = NO_LEAP;
			ntp.state = TIME_OK;
		} else if (second == ntp.leap) {
			ntp.leap = NO_LEAP;
			ntp.state = TIME_WAIT;
			return 1;
		}
		break;
	case TIME_OOP:
		ntp.state = TIME_WAIT;
		break;
	case TIME_WAIT:
		if (!(ntp.status & (STA_INS | STA_DEL)))
			ntp.state = TIME_OK;
		break;
	}
	return 0;
}

static bool is_busy(void)
{
	return ntp.offset || ntp.offset_now || ntp.slew || ntp.slew_now || ntp.state != TIME_OK ||
	       ntp.status & (STA_INS | STA_DEL);
}

static enum hrtimer_restart begin_second(struct hrtimer *timer)
{
	time64_t second = (ktime_get_real() + EARLY_NS) / NSEC_PER_SEC;
	enum hrtimer_restart again = HRTIMER_NORESTART;
	unsigned long flags;
	int step;

	spin_lock_irqsave(&ntp_lock, flags);
	step = leap(second);
	share_out();
	set_speed();
	ntp.running = is_busy();
	if (ntp.running) {
		/* ntp_clear() may have started it on another CPU. */
		if (!hrtimer_is_queued(timer))
			hrtimer_set_expires(timer, (second + step + 1) * NSEC_PER_SEC - EARLY_NS);
		again = HRTIMER_RESTART;
	}
	spin_unlock_irqrestore(&ntp_lock, flags);
	if (step) {
		timekeeping_leap(step);
		pr_notice("clock: %s leap second\n", step < 0 ? "inserting a" : "leaving out a");
	}
	return again;
}

/* ---- adjtimex() ---- */

/* The phase-locked loop learns the frequency from how offsets come in. */
static void update_offset(const struct __kernel_timex *tx)
{
	s64 ns = clamp(tx->offset, -MAX_OFFSET_NS, MAX_OFFSET_NS), learnt = 0;
	time64_t now = raw_seconds(), since = now - ntp.reference;

	if (!(ntp.status & STA_PLL))
		return;
	if (!(ntp.status & STA_NANO))
		ns = clamp(ns * (s64)NSEC_PER_USEC, -MAX_OFFSET_NS, MAX_OFFSET_NS);
	if (ntp.status & STA_FREQHOLD)
		since = 0;
	ntp.reference = now;
	ntp.status &= ~STA_MODE;
	if (since >= LONG_INTERVAL && (ntp.status & STA_FLL || since > 2048)) {
		ntp.status |= STA_MODE;
		learnt = ns * (ONE_NS >> SHIFT_LOCKED_FREQ) / since;
	}
	since = min(since, (time64_t)1 << (SHIFT_LOOP + 1 + ntp.constant));
	learnt += ns * since * (1L << (32 - 2 * (SHIFT_LOOP + 2 + ntp.constant)));
	ntp.freq = clamp(ntp.freq + learnt, -MAX_FREQ, MAX_FREQ);
	ntp.offset = ns * ONE_NS;
}

static void update_status(int status)
{
	if (ntp.status & STA_PLL && !(status & STA_PLL)) {
		ntp.state = TIME_OK;
		ntp.leap = NO_LEAP;
		ntp.status = STA_UNSYNC;
	}
	if (!(ntp.status & STA_PLL) && status & STA_PLL)
		ntp.reference = raw_seconds();
	ntp.status = (ntp.status & STA_RONLY) | (status & ~STA_RONLY);
}

static void update_modes(const struct __kernel_timex *tx, s32 *tai)
{
	if (tx->modes & ADJ_STATUS)
		update_status(tx->status);
	if (tx->modes & ADJ_NANO)
		ntp.status |= STA_NANO;
	if (tx->modes & ADJ_MICRO)
		ntp.status &= ~STA_NANO;
	if (tx->modes & ADJ_FREQUENCY)
		ntp.freq = clamp(tx->freq * FREQ_UNIT, -MAX_FREQ, MAX_FREQ);
	if (tx->modes & ADJ_MAXERROR) {
		ntp.maxerror = clamp(tx->maxerror, 0L, MAX_ERROR_USEC);
		ntp.error_at = raw_seconds();
	}
	if (tx->modes & ADJ_ESTERROR)
		ntp.esterror = clamp(tx->esterror, 0L, MAX_ERROR_USEC);
	if (tx->modes & ADJ_TIMECONST) {
		ntp.constant = clamp(tx->constant, 0L, (long)CONSTANT_MAX);
		if (!(ntp.status & STA_NANO))
			ntp.constant += 4;
		ntp.constant = clamp(ntp.constant, 0L, (long)CONSTANT_MAX);
	}
	if (tx->modes & ADJ_TAI && tx->constant >= 0 && tx->constant <= TAI_MAX)
		*tai = tx->constant;
	if (tx->modes & ADJ_OFFSET)
		update_offset(tx);
	if (tx->modes & ADJ_TICK)
		ntp.tick = tx->tick;
}

static void start_timer(void)
{
	time64_t second = (ktime_get_real() + EARLY_NS) / NSEC_PER_SEC;

	hrtimer_start(&second_timer, (second + 1) * NSEC_PER_SEC - EARLY_NS, HRTIMER_MODE_ABS);
}

/* What was asked for works from now on, and goes on at the next full second. */
static void apply(void)
{
	set_speed();
	if (ntp.running || !is_busy())
		return;
	ntp.running = true;
	start_timer();
}

static void fill(struct __kernel_timex *tx)
{
	struct timespec64 now;

	age_error();
	if (!(tx->modes & ADJ_ADJTIME)) {
		tx->offset = ntp.offset / ONE_NS;
		if (!(ntp.status & STA_NANO))
			tx->offset /= (long)NSEC_PER_USEC;
	}
	tx->freq = ntp.freq / FREQ_UNIT;
	tx->maxerror = ntp.maxerror;
	tx->esterror = ntp.esterror;
	tx->status = ntp.status;
	tx->constant = ntp.constant;
	tx->precision = 1;
	tx->tolerance = TOLERANCE_PPM << 16;
	tx->tick = ntp.tick;
	tx->ppsfreq = tx->jitter = tx->stabil = tx->jitcnt = tx->calcnt = tx->errcnt = tx->stbcnt = 0;
	tx->shift = 0;
	tx->tai = timekeeping_tai_offset();
	ktime_get_real_ts64(&now);
	tx->time.tv_sec = now.tv_sec;
	tx->time.tv_usec = ntp.status & STA_NANO ? now.tv_nsec : now.tv_nsec / NSEC_PER_USEC;
}

static int check_step(const struct __kernel_timex *tx)
{
	long limit = tx->modes & ADJ_NANO ? NSEC_PER_SEC : USEC_PER_SEC;

	return tx->time.tv_usec < 0 || tx->time.tv_usec >= limit ? -EINVAL : 0;
}

static int check(const struct __kernel_timex *tx)
{
	if (tx->modes & ADJ_ADJTIME) {
		if (!(tx->modes & ADJ_OFFSET_SINGLESHOT & ~ADJ_ADJTIME))
			return -EINVAL;
		return tx->modes & ADJ_OFFSET_READ || capable(CAP_SYS_TIME) ? 0 : -EPERM;
	}
	if (tx->modes && !capable(CAP_SYS_TIME))
		return -EPERM;
	if (tx->modes & ADJ_TICK && (tx->tick < TICK_MIN || tx->tick > TICK_MAX))
		return -EINVAL;
	if (tx->modes & ADJ_FREQUENCY &&
	    (tx->freq > LONG_MAX / FREQ_UNIT || tx->freq < LONG_MIN / FREQ_UNIT))
		return -EINVAL;
	return tx->modes & ADJ_SETOFFSET ? check_step(tx) : 0;
}

int do_adjtimex(struct __kernel_timex *tx)
{
	s32 old_tai = timekeeping_tai_offset(), tai = old_tai;
	int ret = check(tx);

	if (ret)
		return ret;
	if (!(tx->modes & ADJ_ADJTIME) && tx->modes & ADJ_SETOFFSET)
		timekeeping_inject_offset(tx->time.tv_sec * (s64)NSEC_PER_SEC +
					  tx->time.tv_usec *
						  (tx->modes & ADJ_NANO ? 1 : (s64)NSEC_PER_USEC));
	spin_lock_irq(&ntp_lock);
	if (tx->modes & ADJ_ADJTIME) {
		s64 left = ntp.slew;

		if (!(tx->modes & ADJ_OFFSET_READ))
			ntp.slew = tx->offset;
		tx->offset = left;
	} else {
		update_modes(tx, &tai);
	}
	if (tx->modes)
		apply();
	fill(tx);
	ret = ntp.status & (STA_UNSYNC | STA_CLOCKERR) ? TIME_ERROR : ntp.state;
	spin_unlock_irq(&ntp_lock);
	if (tai != old_tai) {
		timekeeping_set_tai_offset(tai);
		tx->tai = tai;
	}
	return ret;
}

void ntp_clear(void)
{
	unsigned long flags;

	spin_lock_irqsave(&ntp_lock, flags);
	ntp.offset = ntp.offset_now = 0;
	ntp.slew = ntp.slew_now = 0;
	ntp.status |= STA_UNSYNC;
	ntp.maxerror = ntp.esterror = MAX_ERROR_USEC;
	ntp.leap = NO_LEAP;
	if (ntp.state == TIME_INS || ntp.state == TIME_DEL)
		ntp.state = TIME_OK;
	apply();
	/* Seconds begin elsewhere now. */
	if (ntp.running)
		start_timer();
	spin_unlock_irqrestore(&ntp_lock, flags);
}

static int ntp_init(void)
{
	hrtimer_setup(&second_timer, begin_second, CLOCK_REALTIME, HRTIMER_MODE_ABS);
	return 0;
}
core_initcall(ntp_init);
