// SPDX-License-Identifier: MIT
/* The host's clocks, and the one-shot timer of each vCPU. */
#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>
#include "instrument.h"
#include "internal.h"
#include "sys.h"

static int timers[HOST_MAX_CPUS];
static int tsc_usable; /* written before vCPUs start */

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

/* Invariant by its own word, and good enough for the host's own clock. */
static int tsc_is_good(void)
{
	static const char path[] = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
	unsigned int a, b, c, d;
	char name[8] = "";
	int fd;

	if (RUNNING_ON_VALGRIND)
		return 0;
	if (!__get_cpuid(0x80000007, &a, &b, &c, &d) || !(d & (1u << 8)))
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	if (read(fd, name, sizeof(name) - 1) < 0)
		name[0] = 0;
	close(fd);
	return !strncmp(name, "tsc\n", 4);
}

/* Some virtual machines agree to it and do not do it. */
static bool tsc_can_trap(void)
{
	static const struct rlimit none;
	int status = 0;
	pid_t pid = fork();

	if (!pid) {
		setrlimit(RLIMIT_CORE, &none);
		signal(SIGSEGV, SIG_DFL);
		if (!prctl(PR_SET_TSC, PR_TSC_SIGSEGV))
			__rdtsc();
		_exit(0);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV;
}

/* => before ./vmlinux is confined */
void time_prepare(void)
{
	host_info.tsc_traps = host_info.virtual_time && tsc_can_trap();
	tsc_usable = tsc_is_good();
}

int host_tsc_usable(void)
{
	return tsc_usable;
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
