// SPDX-License-Identifier: MIT
/* nanosleep() and clock_nanosleep(). */
#include <kern/entry.h>
#include <kern/errno.h>
#include <kern/fork.h>
#include <kern/hrtimer.h>
#include <kern/kernel.h>
#include <kern/posix_clock.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/syscalls.h>
#include <kern/time_namespace.h>
#include <kern/time_user.h>
#include <kern/timekeeping.h>

#include <linux/time.h>

/* CPU clocks have no interrupt: look again when the time could have come at the earliest. */
#define CPU_SLEEP_MIN_NS NSEC_PER_MSEC

static int sleep_on_timer(struct hrtimer_sleeper *sleeper, enum hrtimer_mode mode)
{
	do {
		set_current_state(TASK_INTERRUPTIBLE);
		hrtimer_sleeper_start_expires(sleeper, mode);
		if (likely(sleeper->task))
			schedule();
		hrtimer_cancel(&sleeper->timer);
		mode = HRTIMER_MODE_ABS;
	} while (sleeper->task && !signal_pending(current));
	__set_current_state(TASK_RUNNING);
	return sleeper->task ? -EINTR : 0;
}

static int copy_remaining(s64 left, struct __kernel_timespec __user *rmtp)
{
	struct timespec64 ts = ns_to_timespec64(left);

	return rmtp && put_timespec64(&ts, rmtp) ? -EFAULT : 0;
}

static long hrtimer_sleep(clockid_t clock, ktime_t expires, bool absolute,
			  struct __kernel_timespec __user *rmtp);

static long hrtimer_nanosleep_restart(struct restart_block *restart)
{
	restart->fn = do_no_restart_syscall;
	return hrtimer_sleep(restart->nanosleep.clockid, restart->nanosleep.expires, false,
			     restart->nanosleep.rmtp);
}

/* Until `expires`, absolute on the clock. absolute: the call was, so that it needs no restart block. */
static long hrtimer_sleep(clockid_t clock, ktime_t expires, bool absolute,
			  struct __kernel_timespec __user *rmtp)
{
	struct restart_block *restart = &current->restart_block;
	struct hrtimer_sleeper sleeper;
	s64 left;
	int ret;

	hrtimer_setup_sleeper_on_stack(&sleeper, clock, HRTIMER_MODE_ABS);
	hrtimer_set_expires_range_ns(&sleeper.timer, expires,
				     rt_task(current) ? 0 : current->timer_slack_ns);
	ret = sleep_on_timer(&sleeper, HRTIMER_MODE_ABS);
	left = expires - hrtimer_cb_get_time(&sleeper.timer);
	destroy_hrtimer_on_stack(&sleeper.timer);
	if (!ret)
		return 0;
	if (absolute)
		return -ERESTARTNOHAND;
	if (left <= 0)
		return 0;
	ret = copy_remaining(left, rmtp);
	if (ret)
		return ret;
	restart->nanosleep.clockid = clock;
	restart->nanosleep.expires = expires;
	restart->nanosleep.rmtp = rmtp;
	return set_restart_fn(restart, hrtimer_nanosleep_restart);
}

/* A relative sleep is not to follow steps of CLOCK_REALTIME. */
static long sleep_relative(clockid_t clock, const struct timespec64 *ts,
			   struct __kernel_timespec __user *rmtp)
{
	struct timespec64 now;
	ktime_t start;

	if (clock == CLOCK_REALTIME || clock == CLOCK_TAI || clock == CLOCK_REALTIME_ALARM)
		clock = CLOCK_MONOTONIC;
	posix_clock_read(clock, &now);
	start = timens_ktime_to_host(clock, timespec64_to_ktime(now));
	return hrtimer_sleep(clock, ktime_add_safe(start, timespec64_to_ktime(*ts)), false, rmtp);
}

static long cpu_clock_sleep(clockid_t clock, s64 end, bool absolute,
			    struct __kernel_timespec __user *rmtp);

static long cpu_nanosleep_restart(struct restart_block *restart)
{
	restart->fn = do_no_restart_syscall;
	return cpu_clock_sleep(restart->nanosleep.clockid, restart->nanosleep.expires, false,
			       restart->nanosleep.rmtp);
}

static long cpu_clock_sleep(clockid_t clock, s64 end, bool absolute,
			    struct __kernel_timespec __user *rmtp)
{
	struct restart_block *restart = &current->restart_block;
	s64 left;
	int ret;

	for (;;) {
		struct task_struct *task = cpu_clock_task(clock, true);
		ktime_t wait;

		/* The process is gone: its time has stopped. */
		if (!task)
			return -ESRCH;
		left = end - (s64)cpu_clock_sample(clock, task);
		put_task_struct(task);
		if (left <= 0)
			return 0;
		if (signal_pending(current))
			break;
		wait = max_t(s64, left / num_online_cpus(), CPU_SLEEP_MIN_NS);
		set_current_state(TASK_INTERRUPTIBLE);
		schedule_hrtimeout(&wait, HRTIMER_MODE_REL);
	}
	if (absolute)
		return -ERESTARTNOHAND;
	ret = copy_remaining(left, rmtp);
	if (ret)
		return ret;
	restart->nanosleep.clockid = clock;
	restart->nanosleep.expires = end;
	restart->nanosleep.rmtp = rmtp;
	return set_restart_fn(restart, cpu_nanosleep_restart);
}

static long sleep_on_cpu_clock(clockid_t clock, bool absolute, const struct timespec64 *ts,
			       struct __kernel_timespec __user *rmtp)
{
	s64 end = timespec64_to_ns(ts);
	struct task_struct *task;

	task = cpu_clock_task(clock, true);
	if (!task)
		return -EINVAL;
	/* Nobody can wait for his own clock to go on while he sleeps. */
	if (cpu_clock_is_thread(clock) && task == current) {
		put_task_struct(task);
		return -EINVAL;
	}
	if (!absolute)
		end = ktime_add_safe(end, cpu_clock_sample(clock, task));
	put_task_struct(task);
	return cpu_clock_sleep(clock, end, absolute, rmtp);
}

SYSCALL_DEFINE4(clock_nanosleep, clockid_t, clock, int, flags,
		const struct __kernel_timespec __user *, rqtp, struct __kernel_timespec __user *,
		rmtp)
{
	bool absolute = flags & TIMER_ABSTIME;
	struct timespec64 ts;
	int error = posix_clock_check_timer(clock);

	if (clock == CLOCK_THREAD_CPUTIME_ID)
		error = -EOPNOTSUPP;
	if (error)
		return error;
	if (get_timespec64(&ts, rqtp))
		return -EFAULT;
	if (!timespec64_valid(&ts))
		return -EINVAL;
	current->restart_block.fn = do_no_restart_syscall;
	if (absolute)
		rmtp = NULL;
	if (clock_is_cpu(clock))
		return sleep_on_cpu_clock(clock, absolute, &ts, rmtp);
	if (!absolute)
		return sleep_relative(clock, &ts, rmtp);
	return hrtimer_sleep(clock, timens_ktime_to_host(clock, timespec64_to_ktime(ts)), true, NULL);
}

SYSCALL_DEFINE2(nanosleep, const struct __kernel_timespec __user *, rqtp,
		struct __kernel_timespec __user *, rmtp)
{
	struct timespec64 ts;

	if (get_timespec64(&ts, rqtp))
		return -EFAULT;
	if (!timespec64_valid(&ts))
		return -EINVAL;
	current->restart_block.fn = do_no_restart_syscall;
	return sleep_relative(CLOCK_MONOTONIC, &ts, rmtp);
}
