// SPDX-License-Identifier: MIT
/* The system calls of scheduling: results, errors, inheritance. */
#include "test.h"
#include "sched_attr.h"
#include <sched.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/times.h>

/* Not a process: above PID_MAX_LIMIT. */
#define NO_PID 0x7ffffff0

static long setattr(pid_t pid, void *attr, unsigned int flags)
{
	return syscall(SYS_sched_setattr, pid, attr, flags);
}

static long getattr(pid_t pid, void *attr, unsigned int size, unsigned int flags)
{
	return syscall(SYS_sched_getattr, pid, attr, size, flags);
}

static void policies_are_checked(void)
{
	struct sched_param p = { 0 };

	CHECK_EQ(sched_getscheduler(0), SCHED_OTHER);
	CHECK_ERR(sched_getscheduler(-1), EINVAL);
	CHECK_ERR(sched_getscheduler(NO_PID), ESRCH);
	CHECK_OK(sched_getparam(0, &p));
	CHECK_EQ(p.sched_priority, 0);
	CHECK_ERR(syscall(SYS_sched_getparam, 0, NULL), EINVAL);
	CHECK_ERR(syscall(SYS_sched_getparam, 0, 8), EFAULT);
	CHECK_ERR(sched_getparam(-1, &p), EINVAL);
	CHECK_ERR(sched_getparam(NO_PID, &p), ESRCH);
	CHECK_ERR(sched_setscheduler(0, 99, &p), EINVAL);
	CHECK_ERR(sched_setscheduler(0, -1, &p), EINVAL);
	CHECK_ERR(sched_setscheduler(-1, SCHED_OTHER, &p), EINVAL);
	CHECK_ERR(sched_setscheduler(NO_PID, SCHED_OTHER, &p), ESRCH);
	CHECK_ERR(syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, NULL), EINVAL);
	CHECK_ERR(syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, 8), EFAULT);
	p.sched_priority = 1;
	CHECK_ERR(sched_setscheduler(0, SCHED_OTHER, &p), EINVAL);
	CHECK_ERR(sched_setparam(0, &p), EINVAL);
	p.sched_priority = 100;
	CHECK_ERR(sched_setscheduler(0, SCHED_FIFO, &p), EINVAL);
	p.sched_priority = 0;
	CHECK_ERR(sched_setscheduler(0, SCHED_FIFO, &p), EINVAL);
	CHECK_OK(sched_setscheduler(0, SCHED_BATCH, &p));
	CHECK_EQ(sched_getscheduler(0), SCHED_BATCH);
	CHECK_OK(sched_setscheduler(0, SCHED_OTHER | SCHED_RESET_ON_FORK, &p));
	CHECK_EQ(sched_getscheduler(0), SCHED_OTHER | SCHED_RESET_ON_FORK);
}

static void priorities_have_bounds(void)
{
	CHECK_EQ(sched_get_priority_min(SCHED_FIFO), 1);
	CHECK_EQ(sched_get_priority_max(SCHED_FIFO), 99);
	CHECK_EQ(sched_get_priority_min(SCHED_RR), 1);
	CHECK_EQ(sched_get_priority_max(SCHED_RR), 99);
	CHECK_EQ(sched_get_priority_min(SCHED_OTHER), 0);
	CHECK_EQ(sched_get_priority_max(SCHED_OTHER), 0);
	CHECK_EQ(sched_get_priority_max(SCHED_BATCH), 0);
	CHECK_EQ(sched_get_priority_max(SCHED_IDLE), 0);
	CHECK_ERR(sched_get_priority_max(77), EINVAL);
	CHECK_ERR(sched_get_priority_min(-1), EINVAL);
}

static void real_time_works(void)
{
	struct sched_param p = { .sched_priority = 5 };
	struct timespec slice;

	if (sched_setscheduler(0, SCHED_RR, &p)) {
		CHECK_EQ(errno, EPERM);
		return;
	}
	CHECK_EQ(sched_getscheduler(0), SCHED_RR);
	CHECK_OK(sched_getparam(0, &p));
	CHECK_EQ(p.sched_priority, 5);
	CHECK_OK(sched_rr_get_interval(0, &slice));
	CHECK_GT(slice.tv_sec * 1000000000LL + slice.tv_nsec, 0);
	p.sched_priority = 7;
	CHECK_OK(sched_setparam(0, &p));
	CHECK_OK(sched_yield());
	p.sched_priority = 0;
	CHECK_ERR(sched_setparam(0, &p), EINVAL);
	CHECK_OK(sched_setscheduler(0, SCHED_OTHER, &p));
}

static void children_inherit_or_reset(void)
{
	struct sched_param p = { 0 };
	int status;

	CHECK_OK(sched_setscheduler(0, SCHED_BATCH, &p));
	if (!fork())
		_exit(sched_getscheduler(0));
	wait(&status);
	CHECK_EQ(WEXITSTATUS(status), SCHED_BATCH);
	if (geteuid() == 0 && !setpriority(PRIO_PROCESS, 0, -5)) {
		CHECK_OK(sched_setscheduler(0, SCHED_OTHER | SCHED_RESET_ON_FORK, &p));
		if (!fork())
			_exit(sched_getscheduler(0) == SCHED_OTHER &&
					      getpriority(PRIO_PROCESS, 0) == 0 ?
				      0 :
				      1);
		wait(&status);
		CHECK_EQ(status, 0);
	}
}

static void attributes_are_checked(void)
{
	struct {
		struct sched_attr attr;
		uint64_t more[4];
	} a = { { 0 } };

	CHECK_OK(getattr(0, &a.attr, sizeof(a.attr), 0));
	CHECK_EQ(a.attr.sched_policy, SCHED_OTHER);
	CHECK_GE(a.attr.size, 48);
	CHECK_ERR(getattr(0, NULL, sizeof(a.attr), 0), EINVAL);
	CHECK_ERR(getattr(0, &a.attr, 47, 0), EINVAL);
	CHECK_ERR(getattr(0, &a.attr, sizeof(a.attr), 1), EINVAL);
	CHECK_ERR(getattr(NO_PID, &a.attr, sizeof(a.attr), 0), ESRCH);
	CHECK_ERR(getattr(-1, &a.attr, sizeof(a.attr), 0), EINVAL);

	memset(&a, 0, sizeof(a));
	a.attr.size = sizeof(a.attr);
	a.attr.sched_nice = 7;
	CHECK_OK(setattr(0, &a.attr, 0));
	CHECK_EQ(getpriority(PRIO_PROCESS, 0), 7);
	CHECK_ERR(setattr(0, NULL, 0), EINVAL);
	CHECK_ERR(setattr(0, (void *)8, 0), EFAULT);
	CHECK_ERR(setattr(0, &a.attr, 1), EINVAL);
	CHECK_ERR(setattr(-1, &a.attr, 0), EINVAL);
	CHECK_ERR(setattr(NO_PID, &a.attr, 0), ESRCH);
	a.attr.sched_policy = 99;
	CHECK_ERR(setattr(0, &a.attr, 0), EINVAL);
	a.attr.sched_policy = SCHED_OTHER;
	a.attr.sched_flags = 1ULL << 40;
	CHECK_ERR(setattr(0, &a.attr, 0), EINVAL);
	a.attr.sched_flags = 0;
	/* A caller from the future: what we do not know must be zero. */
	a.attr.size = sizeof(a);
	CHECK_OK(setattr(0, &a.attr, 0));
	a.more[3] = 1;
	a.attr.size = sizeof(a);
	CHECK_ERR(setattr(0, &a.attr, 0), E2BIG);
	CHECK_GE(a.attr.size, 48);
	a.attr.size = 20;
	CHECK_ERR(setattr(0, &a.attr, 0), E2BIG);
}

static void affinity_is_obeyed(void)
{
	unsigned long mask[16] = { 0 }, none[16] = { 0 }, one[16] = { 0 };
	long len = syscall(SYS_sched_getaffinity, 0, sizeof(mask), mask);
	int cpu = 0;

	CHECK_GT(len, 0);
	CHECK_EQ(len % sizeof(long), 0);
	while (cpu < 1024 && !(mask[cpu / 64] >> cpu % 64 & 1))
		cpu++;
	NEED(cpu < 1024);
	one[cpu / 64] = 1UL << cpu % 64;
	CHECK_OK(syscall(SYS_sched_setaffinity, 0, sizeof(one), one));
	CHECK_EQ(sched_getcpu(), cpu);
	CHECK_ERR(syscall(SYS_sched_setaffinity, 0, sizeof(none), none), EINVAL);
	CHECK_ERR(syscall(SYS_sched_setaffinity, 0, 0, none), EINVAL);
	CHECK_ERR(syscall(SYS_sched_setaffinity, 0, sizeof(one), 8), EFAULT);
	CHECK_ERR(syscall(SYS_sched_setaffinity, NO_PID, sizeof(one), one), ESRCH);
	CHECK_ERR(syscall(SYS_sched_getaffinity, NO_PID, sizeof(one), one), ESRCH);
	CHECK_ERR(syscall(SYS_sched_getaffinity, 0, 0, one), EINVAL);
	CHECK_ERR(syscall(SYS_sched_getaffinity, 0, 7, one), EINVAL);
	CHECK_ERR(syscall(SYS_sched_getaffinity, 0, 8 * 16, 8), EFAULT);
	CHECK_OK(syscall(SYS_sched_setaffinity, 0, sizeof(mask), mask));
}

static void every_cpu_can_be_used(void)
{
	cpu_set_t all, one;

	CHECK_OK(sched_getaffinity(0, sizeof(all), &all));
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &all))
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		CHECK_OK(sched_setaffinity(0, sizeof(one), &one));
		for (int i = 0; i < 3; i++) {
			CHECK_EQ(sched_getcpu(), cpu);
			sched_yield();
		}
	}
	CHECK_OK(sched_setaffinity(0, sizeof(all), &all));
}

static void nice_is_kept(void)
{
	errno = 0;
	CHECK_EQ(nice(3), 3);
	CHECK_EQ(getpriority(PRIO_PROCESS, 0), 3);
	CHECK_EQ(nice(100), 19);
	CHECK_OK(setpriority(PRIO_PROCESS, 0, 19));
	CHECK_ERR(setpriority(99, 0, 0), EINVAL);
	CHECK_ERR(setpriority(PRIO_PROCESS, NO_PID, 0), ESRCH);
	CHECK_ERR(getpriority(99, 0), EINVAL);
}

/* CPU time is charged where it is spent. */
static void time_is_charged(void)
{
	struct rusage before, after;
	struct timespec cpu, end;
	volatile unsigned long n = 0;
	long long used;

	CHECK_OK(getrusage(RUSAGE_SELF, &before));
	CHECK_OK(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu));
	do {
		for (int i = 0; i < 100000; i++)
			n++;
		CHECK_OK(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end));
		used = (end.tv_sec - cpu.tv_sec) * 1000000000LL + end.tv_nsec - cpu.tv_nsec;
	} while (used < 100000000);
	CHECK_OK(getrusage(RUSAGE_SELF, &after));
	used = (after.ru_utime.tv_sec - before.ru_utime.tv_sec) * 1000000LL +
	       after.ru_utime.tv_usec - before.ru_utime.tv_usec;
	CHECK_GT(used, 20000);
	CHECK_LT(used, 5000000);
}

int main(void)
{
	RUN_IN_CHILD(policies_are_checked);
	RUN(priorities_have_bounds);
	RUN_IN_CHILD(real_time_works);
	RUN_IN_CHILD(children_inherit_or_reset);
	RUN_IN_CHILD(attributes_are_checked);
	RUN_IN_CHILD(affinity_is_obeyed);
	RUN_IN_CHILD(every_cpu_can_be_used);
	RUN_IN_CHILD(nice_is_kept);
	RUN_IN_CHILD(time_is_charged);
	return test_done();
}
