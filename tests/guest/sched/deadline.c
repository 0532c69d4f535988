// SPDX-License-Identifier: MIT
/* SCHED_DEADLINE: parameters, admission, inheritance, throttling. */
#include "test.h"
#include "sched_attr.h"
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#define SCHED_DEADLINE	    6
#define FLAG_RESET_ON_FORK  1
#define FLAG_RECLAIM	    2
#define FLAG_DL_OVERRUN	    4
#define MS		    1000000ULL

static long set_deadline(uint64_t flags, uint64_t runtime, uint64_t deadline, uint64_t period)
{
	struct sched_attr attr = {
		.size = sizeof(attr),
		.sched_policy = SCHED_DEADLINE,
		.sched_flags = flags,
		.sched_runtime = runtime,
		.sched_deadline = deadline,
		.sched_period = period,
	};

	return syscall(SYS_sched_setattr, 0, &attr, 0);
}

/* Root in a container may not. */
static int permitted(void)
{
	struct sched_param p = { 0 };
	int ok = !set_deadline(0, MS, 10 * MS, 10 * MS);

	sched_setscheduler(0, SCHED_OTHER, &p);
	return ok;
}

static void parameters_are_checked(void)
{
	CHECK_ERR(set_deadline(0, 0, 10 * MS, 10 * MS), EINVAL);
	CHECK_ERR(set_deadline(0, 1023, 10 * MS, 10 * MS), EINVAL);
	CHECK_ERR(set_deadline(0, MS, 0, 10 * MS), EINVAL);
	CHECK_ERR(set_deadline(0, 11 * MS, 10 * MS, 10 * MS), EINVAL);
	CHECK_ERR(set_deadline(0, MS, 10 * MS, 9 * MS), EINVAL);
	CHECK_ERR(set_deadline(0, 2000, 50000, 50000), EINVAL);
	CHECK_ERR(set_deadline(0, MS, 10 * MS, 5000 * MS), EINVAL);
	CHECK_ERR(set_deadline(0, MS, 10 * MS, 1ULL << 63), EINVAL);
	CHECK_ERR(set_deadline(1 << 20, MS, 10 * MS, 10 * MS), EINVAL);
}

static void parameters_are_kept(void)
{
	struct sched_attr attr = { 0 };
	struct sched_param p = { 0 };

	CHECK_OK(set_deadline(0, MS, 10 * MS, 0));
	CHECK_EQ(sched_getscheduler(0), SCHED_DEADLINE);
	CHECK_OK(syscall(SYS_sched_getattr, 0, &attr, sizeof(attr), 0));
	CHECK_EQ(attr.sched_policy, SCHED_DEADLINE);
	CHECK_EQ(attr.sched_runtime, MS);
	CHECK_EQ(attr.sched_deadline, 10 * MS);
	CHECK_EQ(attr.sched_period, 10 * MS);
	CHECK_EQ(attr.sched_priority, 0);
	CHECK_OK(set_deadline(FLAG_DL_OVERRUN, 2 * MS, 10 * MS, 20 * MS));
	CHECK_OK(syscall(SYS_sched_getattr, 0, &attr, sizeof(attr), 0));
	CHECK_EQ(attr.sched_period, 20 * MS);
	CHECK_EQ(attr.sched_flags, FLAG_DL_OVERRUN);
	CHECK_ERR(sched_setscheduler(0, SCHED_DEADLINE, &p), EINVAL);
	CHECK_OK(sched_setscheduler(0, SCHED_OTHER, &p));
}

/* More than all CPUs together have. */
static void too_much_is_refused(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	int admitted = 0, status, refused = 0;

	setpgid(0, 0);
	for (long i = 0; i <= cpus && !refused; i++) {
		int done[2];
		char c = 0;

		CHECK_OK(pipe(done));
		if (!fork()) {
			c = set_deadline(0, 9 * MS, 10 * MS, 10 * MS) ? errno : 1;
			write(done[1], &c, 1);
			for (;;)
				pause();
		}
		CHECK_EQ(read(done[0], &c, 1), 1);
		if (c == 1)
			admitted++;
		else
			refused = c;
		close(done[0]);
		close(done[1]);
	}
	CHECK_EQ(refused, EBUSY);
	CHECK_LE(admitted, cpus);
	signal(SIGTERM, SIG_IGN);
	kill(0, SIGTERM);
	while (wait(&status) > 0)
		;
	/* What the dead had is free again, once their last period is over. */
	for (int i = 0; i < 100 && set_deadline(0, 9 * MS, 10 * MS, 10 * MS); i++)
		usleep(10000);
	CHECK_EQ(sched_getscheduler(0), SCHED_DEADLINE);
}

static void children_need_a_reset(void)
{
	int status = -1;
	pid_t pid;

	CHECK_OK(set_deadline(0, MS, 10 * MS, 10 * MS));
	CHECK_ERR(fork(), EAGAIN);
	CHECK_OK(set_deadline(FLAG_RESET_ON_FORK, MS, 10 * MS, 10 * MS));
	pid = fork();
	if (!pid)
		_exit(sched_getscheduler(0));
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, SCHED_OTHER << 8);
}

static void all_cpus_are_needed(void)
{
	cpu_set_t all, one;
	int cpu = 0;

	CHECK_OK(sched_getaffinity(0, sizeof(all), &all));
	if (CPU_COUNT(&all) < 2)
		return;
	while (!CPU_ISSET(cpu, &all))
		cpu++;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	CHECK_OK(set_deadline(0, MS, 10 * MS, 10 * MS));
	CHECK_ERR(sched_setaffinity(0, sizeof(one), &one), EBUSY);
	struct sched_param p = { 0 };
	CHECK_OK(sched_setscheduler(0, SCHED_OTHER, &p));
	CHECK_OK(sched_setaffinity(0, sizeof(one), &one));
	CHECK_ERR(set_deadline(0, MS, 10 * MS, 10 * MS), EPERM);
	CHECK_OK(sched_setaffinity(0, sizeof(all), &all));
}

static double seconds(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* The CPU time that the scheduler counts: without what a hypervisor took. */
static double scheduled(void)
{
	unsigned long long ns = 0;
	FILE *f = fopen("/proc/thread-self/schedstat", "r");

	CHECK(f && fscanf(f, "%llu", &ns) == 1);
	if (f)
		fclose(f);
	return ns / 1e9;
}

/* A spinner gets its runtime in each period and no more. */
static void runtime_is_a_limit(void)
{
	double start = seconds(CLOCK_MONOTONIC), cpu, wall;

	CHECK_OK(set_deadline(0, 10 * MS, 50 * MS, 50 * MS));
	cpu = scheduled();
	while (seconds(CLOCK_MONOTONIC) - start < 0.5)
		;
	cpu = scheduled() - cpu;
	wall = seconds(CLOCK_MONOTONIC) - start;
	/* A fifth; a tick more a period, where the kernel looks only then. */
	CHECK_LT(cpu, wall * 0.45);
}

/* sched_yield() means: done for this period. */
static void yield_waits_for_the_next_period(void)
{
	double start;

	CHECK_OK(set_deadline(0, 5 * MS, 40 * MS, 40 * MS));
	sched_yield();
	start = seconds(CLOCK_MONOTONIC);
	for (int i = 0; i < 4; i++)
		sched_yield();
	start = seconds(CLOCK_MONOTONIC) - start;
	CHECK_GT(start, 0.100);
}

static volatile int overruns;

static void count(int signr)
{
	(void)signr;
	overruns++;
}

static void overruns_are_told(void)
{
	double start = seconds(CLOCK_MONOTONIC);

	signal(SIGXCPU, count);
	CHECK_OK(set_deadline(FLAG_DL_OVERRUN, 10 * MS, 40 * MS, 40 * MS));
	while (seconds(CLOCK_MONOTONIC) - start < 0.3 && !overruns)
		;
	CHECK_GE(overruns, 1);
}

/* The bandwidth of a test before may still be on its way back. */
static void wait_for_bandwidth(void)
{
	struct sched_param p = { 0 };

	for (int i = 0; i < 100 && set_deadline(0, 9 * MS, 10 * MS, 10 * MS); i++)
		usleep(10000);
	sched_setscheduler(0, SCHED_OTHER, &p);
	usleep(20000);
}

static uint64_t cpu_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

/* A tenth of the CPU is its own; the rest of what may be given away is free. */
static void reclaimed_time_is_more_than_its_own(void)
{
	struct sched_attr attr = { 0 };
	struct sched_param p = { 0 };
	uint64_t before, others;
	clockid_t clock;
	pid_t pid;

	if (sysconf(_SC_NPROCESSORS_ONLN) > 1)
		return;
	pid = fork();
	if (!pid)
		for (;;)
			;
	CHECK_EQ(clock_getcpuclockid(pid, &clock), 0);
	CHECK_OK(set_deadline(FLAG_RECLAIM, 2 * MS, 20 * MS, 20 * MS));
	CHECK_OK(syscall(SYS_sched_getattr, 0, &attr, sizeof(attr), 0));
	CHECK_EQ(attr.sched_flags, FLAG_RECLAIM);
	before = cpu_ns(CLOCK_THREAD_CPUTIME_ID);
	others = cpu_ns(clock);
	while (cpu_ns(CLOCK_THREAD_CPUTIME_ID) - before < 500 * MS)
		;
	/* With its own tenth alone the other one would have had nine times as much. */
	CHECK_LT(cpu_ns(clock) - others, 1000 * MS);
	CHECK_OK(sched_setscheduler(0, SCHED_OTHER, &p));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

int main(void)
{
	RUN_IN_CHILD(parameters_are_checked);
	if (!permitted())
		return 77;
	RUN_IN_CHILD(parameters_are_kept);
	RUN_IN_CHILD(too_much_is_refused);
	RUN_IN_CHILD(wait_for_bandwidth);
	RUN_IN_CHILD(children_need_a_reset);
	RUN_IN_CHILD(all_cpus_are_needed);
	RUN_IN_CHILD(runtime_is_a_limit);
	RUN_IN_CHILD(yield_waits_for_the_next_period);
	RUN_IN_CHILD(overruns_are_told);
	RUN_IN_CHILD(reclaimed_time_is_more_than_its_own);
	return test_done();
}
