// SPDX-License-Identifier: MIT
/* Clocks and sleeps: readings, resolutions, refusals, CPU clocks. */
#include "test.h"

#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/timex.h>

static long long read_clock(clockid_t clock)
{
	struct timespec ts;

	if (syscall(SYS_clock_gettime, clock, &ts))
		return -1;
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static void burn_ms(int ms)
{
	long long end = read_clock(CLOCK_THREAD_CPUTIME_ID) + ms * 1000000LL;

	while (read_clock(CLOCK_THREAD_CPUTIME_ID) < end)
		;
}

static void clocks_advance(void)
{
	static const clockid_t clocks[] = {
		CLOCK_REALTIME, CLOCK_MONOTONIC,       CLOCK_MONOTONIC_RAW,   CLOCK_BOOTTIME,
		CLOCK_TAI,	CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC_COARSE
	};

	for (unsigned int i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++) {
		long long first = read_clock(clocks[i]), second;

		test_sleep_ms(20);
		second = read_clock(clocks[i]);
		CHECK_GE(second - first, 8000000);
		CHECK_LT(second - first, 5000000000LL);
	}
}

static void calls_agree(void)
{
	struct timeval tv;
	long long real;

	CHECK_OK(syscall(SYS_gettimeofday, &tv, NULL));
	real = read_clock(CLOCK_REALTIME);
	CHECK_LT(real / 1000 - (tv.tv_sec * 1000000LL + tv.tv_usec), 1000000);
	CHECK_LE(syscall(SYS_time, NULL) - real / 1000000000, 1);
	CHECK_GE(real / 1000000000, 1600000000);
}

static void monotonic_never_goes_back(void)
{
	long long last = 0;

	for (int i = 0; i < 20000; i++) {
		long long now = read_clock(CLOCK_MONOTONIC);

		if (now < last)
			FAIL("went back by %lld", last - now);
		last = now;
	}
}

static void resolutions(void)
{
	struct timespec ts;

	CHECK_OK(syscall(SYS_clock_getres, CLOCK_MONOTONIC, &ts));
	CHECK_EQ(ts.tv_sec, 0);
	CHECK_EQ(ts.tv_nsec, 1);
	CHECK_OK(syscall(SYS_clock_getres, CLOCK_REALTIME_COARSE, &ts));
	CHECK_GE(ts.tv_nsec, 1000000);
	CHECK_OK(syscall(SYS_clock_getres, CLOCK_REALTIME, NULL));
	CHECK_ERR(syscall(SYS_clock_getres, 77, &ts), EINVAL);
	CHECK_ERR(syscall(SYS_clock_getres, CLOCK_REALTIME, 1L), EFAULT);
}

static void refusals(void)
{
	struct timespec ts = { 0, 0 }, bad = { 0, 1000000000 }, negative = { -1, 0 };

	CHECK_ERR(syscall(SYS_clock_gettime, 77, &ts), EINVAL);
	CHECK_ERR(syscall(SYS_clock_gettime, CLOCK_REALTIME, 1L), EFAULT);
	CHECK_ERR(syscall(SYS_gettimeofday, 1L, NULL), EFAULT);
	CHECK_ERR(syscall(SYS_gettimeofday, NULL, 1L), EFAULT);
	CHECK_ERR(syscall(SYS_time, 1L), EFAULT);
	CHECK_ERR(syscall(SYS_clock_settime, CLOCK_MONOTONIC, &ts), EINVAL);
	CHECK_ERR(syscall(SYS_clock_settime, CLOCK_REALTIME, 1L), EFAULT);
	CHECK_ERR(syscall(SYS_clock_settime, CLOCK_REALTIME, &bad), EINVAL);
	CHECK_ERR(syscall(SYS_nanosleep, 1L, NULL), EFAULT);
	CHECK_ERR(syscall(SYS_nanosleep, &bad, NULL), EINVAL);
	CHECK_ERR(syscall(SYS_nanosleep, &negative, NULL), EINVAL);
	CHECK_ERR(syscall(SYS_clock_nanosleep, 77, 0, &ts, NULL), EINVAL);
	CHECK_ERR(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &bad, NULL), EINVAL);
	CHECK_ERR(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC_RAW, 0, &ts, NULL), EOPNOTSUPP);
	CHECK_ERR(syscall(SYS_clock_nanosleep, CLOCK_THREAD_CPUTIME_ID, 0, &ts, NULL), EOPNOTSUPP);
	CHECK_ERR(syscall(SYS_adjtimex, 1L), EFAULT);
	CHECK_ERR(syscall(SYS_times, 1L), EFAULT);
}

static void sleeps_are_long_enough(void)
{
	struct timespec ts = { 0, 5000000 }, end;
	long long start = test_now_ns();

	CHECK_OK(syscall(SYS_nanosleep, &ts, NULL));
	CHECK_GE(test_now_ns() - start, 5000000);
	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_nsec += 10000000;
	end.tv_sec += end.tv_nsec / 1000000000;
	end.tv_nsec %= 1000000000;
	CHECK_OK(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &end, NULL));
	CHECK_GE(test_now_ns(), end.tv_sec * 1000000000LL + end.tv_nsec);
	/* The past. */
	end.tv_sec = 0;
	CHECK_OK(syscall(SYS_clock_nanosleep, CLOCK_REALTIME, TIMER_ABSTIME, &end, NULL));
	CHECK_OK(syscall(SYS_clock_nanosleep, CLOCK_TAI, 0, &ts, NULL));
	CHECK_OK(syscall(SYS_clock_nanosleep, CLOCK_BOOTTIME, 0, &ts, NULL));
}

/* CPU time of a sleep. A busy host may keep the thread from running where it would read it. */
static long long cpu_time_of_sleep(void)
{
	long long least = LLONG_MAX;

	for (int i = 0; i < 5 && least >= 20000000; i++) {
		long long first = read_clock(CLOCK_PROCESS_CPUTIME_ID), took;

		test_sleep_ms(30);
		took = read_clock(CLOCK_PROCESS_CPUTIME_ID) - first;
		least = took < least ? took : least;
	}
	return least;
}

static void cpu_clocks(void)
{
	long long first = read_clock(CLOCK_PROCESS_CPUTIME_ID), second;
	clockid_t clock;

	burn_ms(20);
	second = read_clock(CLOCK_PROCESS_CPUTIME_ID);
	CHECK_GE(second - first, 19000000);
	CHECK_LT(cpu_time_of_sleep(), 20000000);
	CHECK_OK(clock_getcpuclockid(0, &clock));
	CHECK_GT(read_clock(clock), 0);
	CHECK_EQ(clock_getcpuclockid(getppid(), &clock), 0);
	CHECK_GE(read_clock(clock), 0);
	/* A process that is not there. */
	CHECK_ERR(read_clock((~0x3fffffu << 3) | 2), EINVAL);
	CHECK_ERR(read_clock((~(unsigned int)getpid() << 3) | 3), EINVAL);
}

static void *burn_thread(void *arg)
{
	burn_ms(60);
	return NULL;
}

static void sleep_on_the_cpu_clock(void)
{
	struct timespec ts = { 0, 20000000 };
	pthread_t thread;
	long long first;

	pthread_create(&thread, NULL, burn_thread, NULL);
	first = read_clock(CLOCK_PROCESS_CPUTIME_ID);
	CHECK_OK(syscall(SYS_clock_nanosleep, CLOCK_PROCESS_CPUTIME_ID, 0, &ts, NULL));
	CHECK_GE(read_clock(CLOCK_PROCESS_CPUTIME_ID) - first, 20000000);
	pthread_join(thread, NULL);
}

static void usage_adds_up(void)
{
	struct rusage self, thread;
	struct tms tms;

	burn_ms(30);
	CHECK_OK(getrusage(RUSAGE_SELF, &self));
	CHECK_OK(getrusage(RUSAGE_THREAD, &thread));
	CHECK_GT(self.ru_utime.tv_sec * 1000000 + self.ru_utime.tv_usec +
			 self.ru_stime.tv_sec * 1000000 + self.ru_stime.tv_usec,
		 20000);
	CHECK_GT(self.ru_maxrss, 100);
	CHECK_GT(self.ru_minflt, 0);
	CHECK_ERR(getrusage(77, &self), EINVAL);
	CHECK_ERR(syscall(SYS_getrusage, RUSAGE_SELF, 1L), EFAULT);
	CHECK_NE(times(&tms), -1);
	CHECK_GE(tms.tms_utime + tms.tms_stime, 2);
	CHECK_NE(syscall(SYS_times, NULL), -1);
}

static void adjtimex_reads(void)
{
	struct timex tx = {};

	CHECK_GE(adjtimex(&tx), 0);
	CHECK_GE(tx.tick, 9000);
	CHECK_LE(tx.tick, 11000);
	CHECK_GT(tx.time.tv_sec, 1600000000);
}

int main(void)
{
	RUN(clocks_advance);
	RUN(calls_agree);
	RUN(monotonic_never_goes_back);
	RUN(resolutions);
	RUN(refusals);
	RUN(sleeps_are_long_enough);
	RUN(cpu_clocks);
	RUN(sleep_on_the_cpu_clock);
	RUN(usage_adds_up);
	RUN(adjtimex_reads);
	return test_done();
}
