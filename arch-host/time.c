// SPDX-License-Identifier: MIT
/* The host's clocks, and the one-shot timer of each vCPU. */
#include <signal.h>
#include <string.h>
#include <time.h>
#include "internal.h"
#include "sys.h"

static int timers[HOST_MAX_CPUS];

static unsigned long clock_ns(clockid_t clock)
{
	struct timespec now;

	/* vDSO; touches no thread-local data unless it fails, and it does not fail. */
	clock_gettime(clock, &now);
	return now.tv_sec * 1000000000UL + now.tv_nsec;
}

unsigned long host_clock_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

unsigned long host_wall_ns(void)
{
	return clock_ns(CLOCK_REALTIME);
}

unsigned long host_boottime_ns(void)
{
	return clock_ns(CLOCK_BOOTTIME);
}

/* Makes the timer of the calling vCPU thread. */
void timer_prepare(unsigned int cpu)
{
	struct sigevent event;

	memset(&event, 0, sizeof(event));
	event.sigev_notify = SIGEV_THREAD_ID;
	event.sigev_signo = SIGALRM;
	event._sigev_un._tid = vcpu_tid(cpu);
	if (sys3(SYS_timer_create, CLOCK_MONOTONIC, &event, &timers[cpu]) < 0)
		usage_error("the host gives no timer (ulimit -i, RLIMIT_SIGPENDING)");
}

static void set_timer(unsigned int cpu, long seconds, long nanoseconds)
{
	struct itimerspec spec = { .it_value = { .tv_sec = seconds, .tv_nsec = nanoseconds } };

	sys4(SYS_timer_settime, timers[cpu], 0, &spec, 0);
}

void host_timer_set(unsigned int cpu, unsigned long delta_ns)
{
	if (!delta_ns)
		delta_ns = 1;
	set_timer(cpu, delta_ns / 1000000000UL, delta_ns % 1000000000UL);
}

void host_timer_cancel(unsigned int cpu)
{
	set_timer(cpu, 0, 0);
}
