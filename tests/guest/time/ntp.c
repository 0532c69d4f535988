// SPDX-License-Identifier: MIT
/*
 * adjtimex(): refusals; and inside, where it is nobody else's clock, speeds, offsets and leap
 * seconds.
 */
#include "test.h"
#include <sys/time.h>
#include <sys/timex.h>
#include <sys/utsname.h>

#define SECOND 1000000000LL

static int own_machine(void)
{
	struct utsname name;

	NEED(!uname(&name));
	return strstr(name.release, "vmlinux") && geteuid() == 0;
}

static long long read_clock(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * SECOND + ts.tv_nsec;
}

static void refusals(void)
{
	struct timex tx = { .modes = ADJ_TICK, .tick = 8999 };

	if (geteuid()) {
		CHECK_ERR(adjtimex(&tx), EPERM);
		return;
	}
	CHECK_ERR(adjtimex(&tx), EINVAL);
	tx.tick = 11001;
	CHECK_ERR(adjtimex(&tx), EINVAL);
	tx = (struct timex){ .modes = ADJ_SETOFFSET, .time = { 0, 1000000 } };
	CHECK_ERR(adjtimex(&tx), EINVAL);
	tx.time.tv_usec = -1;
	CHECK_ERR(adjtimex(&tx), EINVAL);
	tx = (struct timex){ .modes = ADJ_FREQUENCY, .freq = 0x7fffffffffffffff };
	CHECK_ERR(adjtimex(&tx), EINVAL);
	tx = (struct timex){ .modes = 0x8000 };
	CHECK_ERR(adjtimex(&tx), EINVAL);
	tx = (struct timex){ .modes = 0 };
	CHECK_ERR(clock_adjtime(CLOCK_MONOTONIC, &tx), EOPNOTSUPP);
	tx = (struct timex){ .modes = ADJ_OFFSET_SS_READ };
	CHECK_GE(adjtimex(&tx), 0);
}

/* Two clocks at one instant: nothing came between the readings. */
static void read_pair(long long *raw, long long *mono)
{
	long long after;

	do {
		*raw = read_clock(CLOCK_MONOTONIC_RAW);
		*mono = read_clock(CLOCK_MONOTONIC);
		after = read_clock(CLOCK_MONOTONIC_RAW);
	} while (after - *raw > 50000);
}

/* How much faster CLOCK_MONOTONIC goes than CLOCK_MONOTONIC_RAW, parts of a million. */
static long long measured_ppm(void)
{
	long long raw, mono, raw_end, mono_end;

	read_pair(&raw, &mono);
	usleep(400000);
	read_pair(&raw_end, &mono_end);
	return ((mono_end - mono) - (raw_end - raw)) * 1000000 / (raw_end - raw);
}

static void speeds(void)
{
	struct timex tx = { .modes = ADJ_TICK | ADJ_FREQUENCY, .tick = 10100, .freq = 200 << 16 };

	CHECK_GE(adjtimex(&tx), 0);
	CHECK_EQ(tx.tick, 10100);
	CHECK_EQ(tx.freq, 200 << 16);
	CHECK_LE(llabs(measured_ppm() - 10200), 300);
	tx = (struct timex){ .modes = ADJ_TICK | ADJ_FREQUENCY, .tick = 9900, .freq = -(600 << 16) };
	CHECK_GE(adjtimex(&tx), 0);
	CHECK_EQ(tx.freq, -(500 << 16));
	CHECK_LE(llabs(measured_ppm() + 10500), 300);
	tx = (struct timex){ .modes = ADJ_TICK | ADJ_FREQUENCY, .tick = 10000 };
	CHECK_GE(adjtimex(&tx), 0);
	CHECK_LE(llabs(measured_ppm()), 300);
}

/* CLOCK_REALTIME against CLOCK_MONOTONIC_RAW. */
static long long ahead(void)
{
	long long before = read_clock(CLOCK_MONOTONIC_RAW), real, after;

	do {
		before = read_clock(CLOCK_MONOTONIC_RAW);
		real = read_clock(CLOCK_REALTIME);
		after = read_clock(CLOCK_MONOTONIC_RAW);
	} while (after - before > 50000);
	return real - before;
}

/* It takes three seconds at 500 us each: all of it is done then, and no more. */
static void single_shot(void)
{
	struct timeval delta = { 0, 1200 }, left = { 9, 9 };
	long long before = ahead(), after;

	CHECK_OK(adjtime(&delta, NULL));
	CHECK_OK(adjtime(NULL, &left));
	CHECK_EQ(left.tv_sec, 0);
	CHECK_LE(left.tv_usec, 1200);
	for (int tenths = 0; left.tv_usec && tenths < 100; tenths++) {
		usleep(100000);
		CHECK_OK(adjtime(NULL, &left));
	}
	/* What is left is shared out at the beginning of a second. */
	usleep(1200000);
	after = ahead();
	CHECK_EQ(left.tv_usec, 0);
	CHECK_LE(llabs(after - before - 1200000), 100000);
}

static void loop(void)
{
	struct timex tx = { .modes = ADJ_STATUS | ADJ_NANO | ADJ_MAXERROR, .status = STA_PLL };
	long long before, after;

	CHECK_EQ(adjtimex(&tx), TIME_OK);
	CHECK_EQ(tx.status, STA_PLL | STA_NANO);
	tx = (struct timex){ .modes = ADJ_OFFSET | ADJ_TIMECONST, .constant = 0, .offset = 8000000 };
	before = ahead();
	CHECK_EQ(adjtimex(&tx), TIME_OK);
	CHECK_GT(tx.offset, 0);
	CHECK_LE(tx.offset, 8000000);
	CHECK_EQ(tx.constant, 0);
	usleep(2500000);
	after = ahead();
	CHECK_EQ(adjtimex(&(struct timex){ 0 }), TIME_OK);
	/* A fourth of the rest in each second. */
	CHECK_GT(after - before, 1000000);
	CHECK_LT(after - before, 8000000);
	tx = (struct timex){ .modes = ADJ_STATUS | ADJ_MICRO | ADJ_FREQUENCY, .status = STA_UNSYNC };
	CHECK_EQ(adjtimex(&tx), TIME_ERROR);
}

/* Half a second before midnight; goes through it, and looks at how the clock went. */
static void through_midnight(int status, int leap_state, long long step)
{
	struct timespec late = { 86400LL * 20000 - 3, 500000000 };
	struct timex tx = { .modes = ADJ_STATUS | ADJ_MAXERROR, .status = status };
	long long start, raw, tai;
	int seen = 0, state;

	CHECK_OK(clock_settime(CLOCK_REALTIME, &late));
	CHECK_GE(adjtimex(&tx), 0);
	start = ahead();
	tx.modes = 0;
	tai = adjtimex(&tx) < 0 ? -1 : tx.tai;
	raw = read_clock(CLOCK_MONOTONIC_RAW);
	while (read_clock(CLOCK_MONOTONIC_RAW) - raw < 5 * SECOND) {
		tx.modes = 0;
		state = adjtimex(&tx);
		seen |= 1 << state;
		usleep(20000);
	}
	CHECK_EQ((ahead() - start + SECOND / 2 + 10 * SECOND) / SECOND - 10, step);
	CHECK_EQ(tx.tai - tai, -step);
	CHECK(seen & 1 << leap_state);
	CHECK(seen & 1 << TIME_WAIT);
	tx = (struct timex){ .modes = ADJ_STATUS | ADJ_MAXERROR, .status = 0 };
	CHECK_GE(adjtimex(&tx), 0);
	usleep(1200000);
	tx.modes = 0;
	CHECK_EQ(adjtimex(&tx), TIME_OK);
}

static void leap_seconds(void)
{
	through_midnight(STA_INS, TIME_INS, -1);
	through_midnight(STA_DEL, TIME_DEL, 1);
}

int main(void)
{
	RUN(refusals);
	if (own_machine()) {
		RUN(speeds);
		RUN(single_shot);
		RUN(loop);
		RUN(leap_seconds);
	}
	return test_done();
}
