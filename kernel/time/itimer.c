// SPDX-License-Identifier: MIT
/*
 * Interval timers: getitimer(), setitimer(), alarm(); the check of CPU time at the tick.
 *
 * ITIMER_REAL is one hrtimer a process; a periodic one is started anew when its SIGALRM is
 * taken, so a process that is stopped or slow is not flooded. ITIMER_VIRTUAL, ITIMER_PROF,
 * and RLIMIT_CPU are looked at by the tick of whichever thread runs, as long as
 * signal->cputimer_active says that there is one; so are POSIX timers on CPU clocks
 * (posix_cpu_timers.c).
 *
 * All fields are guarded by siglock.
 */
#include <kern/errno.h>
#include <kern/fork.h>
#include <kern/hrtimer.h>
#include <kern/itimer.h>
#include <kern/jiffies.h>
#include <kern/kernel.h>
#include <kern/pid.h>
#include <kern/posix_clock.h>
#include <kern/printk.h>
#include <kern/resource.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/syscalls.h>
#include <kern/timekeeping.h>
#include <lib/string.h>
#include <mm/uaccess.h>

#include <linux/time.h>

#include "posix_timers.h"

struct itimer_value {
	u64 value; /* ns until expiry; 0: off */
	u64 interval;
};

static enum hrtimer_restart real_timer_fn(struct hrtimer *timer)
{
	struct signal_struct *sig = container_of(timer, struct signal_struct, real_timer);
	struct pid *leader = READ_ONCE(sig->pids[PIDTYPE_TGID]);

	if (leader)
		kill_pid_info(SIGALRM, SEND_SIG_PRIV, leader);
	return HRTIMER_NORESTART;
}

void itimer_init(struct signal_struct *sig)
{
	hrtimer_setup(&sig->real_timer, real_timer_fn, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
}

void itimer_rearm(struct task_struct *task)
{
	struct signal_struct *sig = task->signal;

	if (!sig->it_real_incr || hrtimer_is_queued(&sig->real_timer))
		return;
	hrtimer_forward_now(&sig->real_timer, sig->it_real_incr);
	hrtimer_restart(&sig->real_timer);
}

static u64 cpu_now(int which)
{
	struct task_cputime times;

	thread_group_cputime(current, &times);
	return which == CPUCLOCK_VIRT ? times.utime : times.utime + times.stime;
}

static void read_real(struct itimer_value *out)
{
	struct signal_struct *sig = current->signal;
	s64 left = 0;

	if (hrtimer_active(&sig->real_timer)) {
		left = hrtimer_expires_remaining(&sig->real_timer);
		/* It runs still, however short. */
		left = max_t(s64, left, NSEC_PER_USEC);
	}
	out->value = left;
	out->interval = sig->it_real_incr;
}

static void read_cpu(int which, u64 now, struct itimer_value *out)
{
	struct cpu_itimer *it = &current->signal->it[which];

	out->interval = it->incr;
	out->value = !it->expires ? 0 : it->expires > now ? it->expires - now : NSEC_PER_SEC / HZ;
}

static int cpu_index(int which)
{
	return which == ITIMER_VIRTUAL ? CPUCLOCK_VIRT : CPUCLOCK_PROF;
}

static int do_getitimer(int which, struct itimer_value *value)
{
	spinlock_t *lock = &current->sighand->siglock;
	u64 now;

	if (which != ITIMER_REAL && which != ITIMER_VIRTUAL && which != ITIMER_PROF)
		return -EINVAL;
	now = which == ITIMER_REAL ? 0 : cpu_now(cpu_index(which));
	spin_lock_irq(lock);
	if (which == ITIMER_REAL)
		read_real(value);
	else
		read_cpu(cpu_index(which), now, value);
	spin_unlock_irq(lock);
	return 0;
}

static void set_real(const struct itimer_value *value, struct itimer_value *old)
{
	struct signal_struct *sig = current->signal;
	spinlock_t *lock = &current->sighand->siglock;

	for (;;) {
		spin_lock_irq(lock);
		read_real(old);
		/* Its function, which wants our lock, runs: let it. */
		if (hrtimer_try_to_cancel(&sig->real_timer) >= 0)
			break;
		spin_unlock_irq(lock);
		cpu_relax();
	}
	sig->it_real_incr = value->value ? value->interval : 0;
	if (value->value)
		hrtimer_start(&sig->real_timer, value->value, HRTIMER_MODE_REL);
	spin_unlock_irq(lock);
}

static void set_cpu(int which, const struct itimer_value *value, struct itimer_value *old)
{
	struct cpu_itimer *it = &current->signal->it[which];
	u64 now = cpu_now(which);

	spin_lock_irq(&current->sighand->siglock);
	read_cpu(which, now, old);
	it->incr = value->interval;
	it->expires = value->value ? now + value->value : 0;
	if (it->expires)
		current->signal->cputimer_active = true;
	spin_unlock_irq(&current->sighand->siglock);
}

static int do_setitimer(int which, const struct itimer_value *value, struct itimer_value *old)
{
	switch (which) {
	case ITIMER_REAL:
		set_real(value, old);
		return 0;
	case ITIMER_VIRTUAL:
	case ITIMER_PROF:
		set_cpu(cpu_index(which), value, old);
		return 0;
	}
	return -EINVAL;
}

static int put_itimerval(struct __kernel_old_itimerval __user *to, const struct itimer_value *from)
{
	struct __kernel_old_itimerval value = {
		.it_interval = ns_to_kernel_old_timeval(from->interval),
		.it_value = ns_to_kernel_old_timeval(from->value),
	};

	return copy_to_user(to, &value, sizeof(value)) ? -EFAULT : 0;
}

static int timeval_to_ns(const struct __kernel_old_timeval *tv, u64 *ns)
{
	if (tv->tv_sec < 0 || tv->tv_usec < 0 || tv->tv_usec >= USEC_PER_SEC)
		return -EINVAL;
	*ns = ktime_set(tv->tv_sec, tv->tv_usec * NSEC_PER_USEC);
	return 0;
}

SYSCALL_DEFINE2(getitimer, int, which, struct __kernel_old_itimerval __user *, value)
{
	struct itimer_value now;
	int error = do_getitimer(which, &now);

	return error ?: put_itimerval(value, &now);
}

SYSCALL_DEFINE3(setitimer, int, which, struct __kernel_old_itimerval __user *, value,
		struct __kernel_old_itimerval __user *, ovalue)
{
	struct __kernel_old_itimerval in = {};
	struct itimer_value new, old = {};
	int error;

	/* A missing value means zero, to the surprise of POSIX. */
	if (value && copy_from_user(&in, value, sizeof(in)))
		return -EFAULT;
	if (timeval_to_ns(&in.it_value, &new.value) ||
	    timeval_to_ns(&in.it_interval, &new.interval))
		return -EINVAL;
	error = do_setitimer(which, &new, &old);
	if (error || !ovalue)
		return error;
	return put_itimerval(ovalue, &old);
}

SYSCALL_DEFINE1(alarm, unsigned int, seconds)
{
	struct itimer_value new = { .value = (u64)seconds * NSEC_PER_SEC }, old = {};
	u64 left, rest;

	set_real(&new, &old);
	left = old.value / NSEC_PER_SEC;
	rest = old.value % NSEC_PER_SEC;
	/* Rounded, but never to the 0 that says there was none. */
	if ((!left && rest) || rest >= NSEC_PER_SEC / 2)
		left++;
	return left;
}

static bool check_cpu_itimer(struct cpu_itimer *it, u64 now, int sig)
{
	if (!it->expires)
		return false;
	if (now >= it->expires) {
		it->expires = it->incr ? it->expires + it->incr : 0;
		send_signal_locked(sig, SEND_SIG_PRIV, current, PIDTYPE_TGID);
	}
	return it->expires;
}

static bool check_cpu_limit(struct signal_struct *sig, u64 used)
{
	unsigned long soft = READ_ONCE(sig->rlim[RLIMIT_CPU].rlim_cur);
	unsigned long hard = READ_ONCE(sig->rlim[RLIMIT_CPU].rlim_max);
	u64 seconds = used / NSEC_PER_SEC;

	if (soft == RLIM_INFINITY)
		return false;
	if (hard != RLIM_INFINITY && seconds >= hard) {
		pr_info("hard CPU limit: %s[%d]\n", current->comm, current->pid);
		send_signal_locked(SIGKILL, SEND_SIG_PRIV, current, PIDTYPE_TGID);
	} else if (seconds >= soft) {
		/* Once a second from here on. */
		send_signal_locked(SIGXCPU, SEND_SIG_PRIV, current, PIDTYPE_TGID);
		WRITE_ONCE(sig->rlim[RLIMIT_CPU].rlim_cur, soft + 1);
	}
	return true;
}

void run_posix_cpu_timers(void)
{
	struct signal_struct *sig = current->signal;
	struct sighand_struct *sighand;
	struct task_cputime times;
	unsigned long flags;
	bool active;

	if (READ_ONCE(current->exit_state))
		return;
	if (unlikely(dl_take_overrun(current)))
		send_sig(SIGXCPU, current, 1);
	if (!READ_ONCE(sig->cputimer_active)) {
		posix_cpu_timers_expire(NULL);
		return;
	}
	sighand = lock_task_sighand(current, &flags);
	if (!sighand)
		return;
	thread_group_cputime(current, &times);
	active = check_cpu_itimer(&sig->it[CPUCLOCK_PROF], times.utime + times.stime, SIGPROF);
	active |= check_cpu_itimer(&sig->it[CPUCLOCK_VIRT], times.utime, SIGVTALRM);
	active |= check_cpu_limit(sig, times.utime + times.stime);
	sig->cputimer_active = active;
	unlock_task_sighand(current, &flags);
	posix_cpu_timers_expire(&times);
}
