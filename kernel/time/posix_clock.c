// SPDX-License-Identifier: MIT
/* Reading and setting clocks: clock_gettime() and its relatives. */
#include <kern/cred.h>
#include <kern/errno.h>
#include <kern/fork.h>
#include <kern/jiffies.h>
#include <kern/kernel.h>
#include <kern/pid.h>
#include <kern/posix_clock.h>
#include <kern/rcupdate.h>
#include <kern/resource.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/syscalls.h>
#include <kern/time_namespace.h>
#include <kern/time_user.h>
#include <kern/timekeeping.h>
#include <mm/uaccess.h>

#include <linux/time.h>
#include <linux/timex.h>
#include "internal.h"

bool cpu_clock_is_thread(clockid_t clock)
{
	return clock == CLOCK_THREAD_CPUTIME_ID || (clock < 0 && CPUCLOCK_IS_THREAD(clock));
}

int cpu_clock_which(clockid_t clock)
{
	return clock < 0 ? CPUCLOCK_WHICH(clock) : CPUCLOCK_SCHED;
}

struct task_struct *cpu_clock_task(clockid_t clock, bool for_timer)
{
	pid_t nr = clock < 0 ? CPUCLOCK_PID(clock) : 0;
	bool thread = cpu_clock_is_thread(clock);
	struct task_struct *task;

	if (cpu_clock_which(clock) > CPUCLOCK_SCHED)
		return NULL;
	rcu_read_lock();
	if (!nr)
		task = thread ? current : current->group_leader;
	else
		task = find_task_by_vpid(nr);
	/* Threads may look at each other's; others only at whole processes. */
	if (task && thread && !same_thread_group(task, current))
		task = NULL;
	if (task && !thread && nr && !thread_group_leader(task)) {
		/* Reading one's own process by a thread's number is allowed. */
		task = !for_timer && task == current ? task->group_leader : NULL;
	}
	if (task && !refcount_inc_not_zero(&task->usage))
		task = NULL;
	rcu_read_unlock();
	return task;
}

u64 cpu_clock_sample(clockid_t clock, struct task_struct *task)
{
	struct task_cputime times;

	if (cpu_clock_is_thread(clock)) {
		task_cputime(task, &times.utime, &times.stime);
		times.sum_exec_runtime = task_sched_runtime(task);
	} else {
		thread_group_cputime(task, &times);
	}
	switch (cpu_clock_which(clock)) {
	case CPUCLOCK_PROF:
		return times.utime + times.stime;
	case CPUCLOCK_VIRT:
		return times.utime;
	default:
		return times.sum_exec_runtime;
	}
}

static int read_cpu_clock(clockid_t clock, struct timespec64 *ts)
{
	struct task_struct *task = cpu_clock_task(clock, false);

	if (!task)
		return -EINVAL;
	*ts = ns_to_timespec64(cpu_clock_sample(clock, task));
	put_task_struct(task);
	return 0;
}

int posix_clock_read(clockid_t clock, struct timespec64 *ts)
{
	if (clock_is_cpu(clock))
		return read_cpu_clock(clock, ts);
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_ALARM:
		ktime_get_real_ts64(ts);
		return 0;
	case CLOCK_MONOTONIC:
		ktime_get_ts64(ts);
		break;
	case CLOCK_MONOTONIC_RAW:
		ktime_get_raw_ts64(ts);
		break;
	case CLOCK_REALTIME_COARSE:
		ktime_get_coarse_real_ts64(ts);
		return 0;
	case CLOCK_MONOTONIC_COARSE:
		ktime_get_coarse_ts64(ts);
		break;
	case CLOCK_BOOTTIME:
	case CLOCK_BOOTTIME_ALARM:
		ktime_get_boottime_ts64(ts);
		break;
	case CLOCK_TAI:
		ktime_get_clocktai_ts64(ts);
		return 0;
	default:
		return -EINVAL;
	}
	timens_add(clock, ts);
	return 0;
}

int posix_clock_check_timer(clockid_t clock)
{
	if (clock_is_cpu(clock))
		return 0;
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_MONOTONIC:
	case CLOCK_BOOTTIME:
	case CLOCK_TAI:
		return 0;
	case CLOCK_REALTIME_ALARM:
	case CLOCK_BOOTTIME_ALARM:
		return capable(CAP_WAKE_ALARM) ? 0 : -EPERM;
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_MONOTONIC_COARSE:
		return -EOPNOTSUPP;
	}
	return -EINVAL;
}

SYSCALL_DEFINE2(clock_gettime, clockid_t, clock, struct __kernel_timespec __user *, tp)
{
	struct timespec64 ts;
	int error = posix_clock_read(clock, &ts);

	return error ?: put_timespec64(&ts, tp);
}

SYSCALL_DEFINE2(clock_getres, clockid_t, clock, struct __kernel_timespec __user *, tp)
{
	struct timespec64 ts;
	int error = posix_clock_read(clock, &ts);

	if (error)
		return error;
	ts.tv_sec = 0;
	ts.tv_nsec = clock == CLOCK_REALTIME_COARSE || clock == CLOCK_MONOTONIC_COARSE ?
			     NSEC_PER_SEC / HZ :
			     1;
	/* The two that count ticks. */
	if (clock < 0 && CPUCLOCK_WHICH(clock) != CPUCLOCK_SCHED)
		ts.tv_nsec = NSEC_PER_SEC / HZ;
	return tp ? put_timespec64(&ts, tp) : 0;
}

SYSCALL_DEFINE2(clock_settime, clockid_t, clock, const struct __kernel_timespec __user *, tp)
{
	struct timespec64 ts;

	if (clock != CLOCK_REALTIME && !clock_is_cpu(clock))
		return -EINVAL;
	if (get_timespec64(&ts, tp))
		return -EFAULT;
	if (clock_is_cpu(clock)) {
		int error = read_cpu_clock(clock, &ts);

		return error && clock < 0 ? error : clock < 0 ? -EPERM : -EINVAL;
	}
	if (!timespec64_valid_strict(&ts))
		return -EINVAL;
	if (!capable(CAP_SYS_TIME))
		return -EPERM;
	return do_settimeofday64(&ts);
}

SYSCALL_DEFINE2(gettimeofday, struct __kernel_old_timeval __user *, tv, struct timezone __user *,
		tz)
{
	struct timespec64 ts;

	if (tv) {
		ktime_get_real_ts64(&ts);
		if (put_user(ts.tv_sec, &tv->tv_sec) ||
		    put_user(ts.tv_nsec / NSEC_PER_USEC, &tv->tv_usec))
			return -EFAULT;
	}
	if (tz && copy_to_user(tz, &sys_tz, sizeof(sys_tz)))
		return -EFAULT;
	return 0;
}

SYSCALL_DEFINE2(settimeofday, struct __kernel_old_timeval __user *, tv, struct timezone __user *,
		tz)
{
	struct __kernel_old_timeval value;
	struct timezone zone;
	struct timespec64 ts;

	if (tv) {
		if (copy_from_user(&value, tv, sizeof(value)))
			return -EFAULT;
		if (value.tv_usec < 0 || value.tv_usec > USEC_PER_SEC)
			return -EINVAL;
		ts.tv_sec = value.tv_sec;
		ts.tv_nsec = value.tv_usec * NSEC_PER_USEC;
		if (!timespec64_valid_strict(&ts))
			return -EINVAL;
	}
	if (tz && copy_from_user(&zone, tz, sizeof(zone)))
		return -EFAULT;
	if (!capable(CAP_SYS_TIME))
		return -EPERM;
	if (tz) {
		if (zone.tz_minuteswest > 15 * 60 || zone.tz_minuteswest < -15 * 60)
			return -EINVAL;
		timekeeping_set_tz(&zone);
	}
	return tv ? do_settimeofday64(&ts) : 0;
}

SYSCALL_DEFINE1(time, __kernel_old_time_t __user *, tloc)
{
	__kernel_old_time_t now = ktime_get_real_seconds();

	if (tloc && put_user(now, tloc))
		return -EFAULT;
	return now;
}

SYSCALL_DEFINE1(adjtimex, struct __kernel_timex __user *, utx)
{
	struct __kernel_timex tx;
	int ret;

	if (copy_from_user(&tx, utx, sizeof(tx)))
		return -EFAULT;
	ret = do_adjtimex(&tx);
	return ret >= 0 && copy_to_user(utx, &tx, sizeof(tx)) ? -EFAULT : ret;
}

SYSCALL_DEFINE2(clock_adjtime, clockid_t, clock, struct __kernel_timex __user *, utx)
{
	struct __kernel_timex tx;
	struct timespec64 ts;
	int ret;

	if (copy_from_user(&tx, utx, sizeof(tx)))
		return -EFAULT;
	ret = posix_clock_read(clock, &ts);
	if (ret)
		return ret;
	if (clock != CLOCK_REALTIME)
		return -EOPNOTSUPP;
	ret = do_adjtimex(&tx);
	return ret >= 0 && copy_to_user(utx, &tx, sizeof(tx)) ? -EFAULT : ret;
}
