// SPDX-License-Identifier: MIT
/*
 * adjtimex(): refusals; and inside, where it is nobody else's clock, speeds and offsets.
 */
#include "test.h"
#include <sys/time.h>
#include <sys/timex.h>

#define SECOND 1000000000LL

static int own_machine(void)
{
	return test_inside() && geteuid() == 0;
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

/* Two clocks at one instant: of some pairs of readings, the closest. */
static void read_pair(long long *raw, long long *mono)
{
	long long best = SECOND;

	for (int i = 0; i < 50; i++) {
		long long before = read_clock(CLOCK_MONOTONIC_RAW);
		long long between = read_clock(CLOCK_MONOTONIC);
		long long took = read_clock(CLOCK_MONOTONIC_RAW) - before;

		if (took >= best)
			continue;
		best = took;
		*raw = before + took / 2;
		*mono = between;
	}
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

/* How far CLOCK_MONOTONIC is before CLOCK_MONOTONIC_RAW. */
static long long ahead(void)
{
	long long raw, mono;

	read_pair(&raw, &mono);
	return mono - raw;
}

/* It takes two seconds at 500 us each: all of it is done then, and no more. */
static void single_shot(void)
{
	struct timeval delta = { 0, 700 }, left = { 9, 9 };
	long long before = ahead(), after;

	CHECK_OK(adjtime(&delta, NULL));
	CHECK_OK(adjtime(NULL, &left));
	CHECK_EQ(left.tv_sec, 0);
	CHECK_LE(left.tv_usec, 700);
	for (int tenths = 0; left.tv_usec && tenths < 100; tenths++) {
		usleep(100000);
		CHECK_OK(adjtime(NULL, &left));
	}
	/* What is left is shared out at the beginning of a second. */
	usleep(1200000);
	after = ahead();
	CHECK_EQ(left.tv_usec, 0);
	CHECK_LE(llabs(after - before - 700000), 100000);
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

int main(void)
{
	RUN(refusals);
	if (own_machine()) {
		RUN(speeds);
		RUN(single_shot);
		RUN(loop);
	}
	return test_done();
}
