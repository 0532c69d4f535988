// SPDX-License-Identifier: MIT
/* Leap seconds, where the clock is nobody else's. */
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

/* Goes through a midnight that is so many seconds and a fifth away; how the clock went then. */
static void through_midnight(int status, int leap_state, int seconds, long long step)
{
	struct timespec late = { 86400LL * 20000 - seconds - 1, 800000000 };
	struct timex tx = { .modes = ADJ_STATUS | ADJ_MAXERROR, .status = status };
	long long start, raw, tai;
	int seen = 0, state;

	CHECK_OK(clock_settime(CLOCK_REALTIME, &late));
	CHECK_GE(adjtimex(&tx), 0);
	start = ahead();
	tx.modes = 0;
	tai = adjtimex(&tx) < 0 ? -1 : tx.tai;
	raw = read_clock(CLOCK_MONOTONIC_RAW);
	while (read_clock(CLOCK_MONOTONIC_RAW) - raw < 3 * SECOND) {
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
	long long start = ahead(), raw;
	struct timespec now;

	through_midnight(STA_INS, TIME_INS, 1, -1);
	through_midnight(STA_DEL, TIME_DEL, 2, 1);
	/* Back to the time of day: other tests compare it with the host's. */
	raw = read_clock(CLOCK_MONOTONIC_RAW) + start;
	now = (struct timespec){ raw / SECOND, raw % SECOND };
	CHECK_OK(clock_settime(CLOCK_REALTIME, &now));
}

int main(void)
{
	if (!own_machine())
		SKIP("the clock is not ours to set");
	RUN(leap_seconds);
	return test_done();
}
