// SPDX-License-Identifier: MIT
/* Blocked signals: rt_sigprocmask() and the calls that replace the mask while they wait. */
#include <kern/entry.h>
#include <kern/errno.h>
#include <kern/kernel.h>
#include <kern/ktime.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/syscalls.h>
#include <kern/time_user.h>
#include <kern/timekeeping.h>
#include <kern/hrtimer.h>
#include <mm/uaccess.h>

#include <linux/time.h>

#include "internal.h"

void retarget_shared_pending(struct task_struct *task, sigset_t which)
{
	sigset_t retarget = task->signal->shared_pending.signal & which;
	struct task_struct *thread;

	if (!retarget)
		return;
	for_each_thread(task, thread) {
		if (thread == task || (thread->flags & PF_EXITING) ||
		    !(retarget & ~thread->blocked))
			continue;
		retarget &= thread->blocked;
		if (!test_tsk_thread_flag(thread, TIF_SIGPENDING))
			signal_wake_up(thread, false);
		if (!retarget)
			break;
	}
}

static void replace_mask(struct task_struct *task, const sigset_t *set)
{
	/* Signals that this thread had been told about and now will not take. */
	if (test_tsk_thread_flag(task, TIF_SIGPENDING) && !thread_group_empty(task))
		retarget_shared_pending(task, *set & ~task->blocked);
	task->blocked = *set;
	recalc_sigpending();
}

void __set_current_blocked(const sigset_t *set)
{
	if (current->blocked == *set)
		return;
	spin_lock_irq(&current->sighand->siglock);
	replace_mask(current, set);
	spin_unlock_irq(&current->sighand->siglock);
}

void set_current_blocked(sigset_t *set)
{
	*set &= ~SIG_KERNEL_ONLY_MASK;
	__set_current_blocked(set);
}

sigset_t *sigmask_to_save(void)
{
	return test_thread_flag(TIF_RESTORE_SIGMASK) ? &current->saved_sigmask : &current->blocked;
}

void restore_saved_sigmask(void)
{
	if (test_and_clear_thread_flag(TIF_RESTORE_SIGMASK))
		__set_current_blocked(&current->saved_sigmask);
}

/* An interrupted call leaves it to signal delivery, so that the handler sees the new mask. */
void restore_saved_sigmask_unless(bool interrupted)
{
	if (interrupted)
		WARN_ON_ONCE(!signal_pending(current));
	else
		restore_saved_sigmask();
}

int set_user_sigmask(const sigset_t __user *umask, size_t sigsetsize)
{
	sigset_t mask;

	if (!umask)
		return 0;
	if (sigsetsize != sizeof(sigset_t))
		return -EINVAL;
	if (copy_from_user(&mask, umask, sizeof(mask)))
		return -EFAULT;
	set_thread_flag(TIF_RESTORE_SIGMASK);
	current->saved_sigmask = current->blocked;
	set_current_blocked(&mask);
	return 0;
}

SYSCALL_DEFINE4(rt_sigprocmask, int, how, sigset_t __user *, nset, sigset_t __user *, oset, size_t,
		sigsetsize)
{
	sigset_t old = current->blocked, set;

	if (sigsetsize != sizeof(sigset_t))
		return -EINVAL;
	if (nset) {
		if (copy_from_user(&set, nset, sizeof(set)))
			return -EFAULT;
		switch (how) {
		case SIG_BLOCK:
			set |= old;
			break;
		case SIG_UNBLOCK:
			set = old & ~set;
			break;
		case SIG_SETMASK:
			break;
		default:
			return -EINVAL;
		}
		set_current_blocked(&set);
	}
	if (oset && copy_to_user(oset, &old, sizeof(old)))
		return -EFAULT;
	return 0;
}

SYSCALL_DEFINE2(rt_sigpending, sigset_t __user *, uset, size_t, sigsetsize)
{
	sigset_t set;

	if (sigsetsize > sizeof(set))
		return -EINVAL;
	spin_lock_irq(&current->sighand->siglock);
	set = (current->pending.signal | current->signal->shared_pending.signal) & current->blocked;
	spin_unlock_irq(&current->sighand->siglock);
	return copy_to_user(uset, &set, sigsetsize) ? -EFAULT : 0;
}

SYSCALL_DEFINE2(rt_sigsuspend, sigset_t __user *, unewset, size_t, sigsetsize)
{
	sigset_t set;

	if (sigsetsize != sizeof(sigset_t))
		return -EINVAL;
	if (copy_from_user(&set, unewset, sizeof(set)))
		return -EFAULT;
	current->saved_sigmask = current->blocked;
	set_current_blocked(&set);
	while (!signal_pending(current)) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (!signal_pending(current))
			schedule();
		__set_current_state(TASK_RUNNING);
	}
	set_thread_flag(TIF_RESTORE_SIGMASK);
	return -ERESTARTNOHAND;
}

SYSCALL_DEFINE0(pause)
{
	while (!signal_pending(current)) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (!signal_pending(current))
			schedule();
		__set_current_state(TASK_RUNNING);
	}
	return -ERESTARTNOHAND;
}

/* Takes one of the signals in `which`, waiting until `timeout` (NULL: for ever). */
static int do_sigtimedwait(const sigset_t *which, kernel_siginfo_t *info,
			   const struct timespec64 *ts)
{
	struct task_struct *task = current;
	sigset_t mask = ~(*which & ~SIG_KERNEL_ONLY_MASK);
	ktime_t timeout = KTIME_MAX;
	enum pid_type type;
	int sig, ret = 0;

	if (ts) {
		if (!timespec64_valid(ts))
			return -EINVAL;
		timeout = timespec64_to_ktime(*ts);
	}
	spin_lock_irq(&task->sighand->siglock);
	sig = dequeue_signal(task, &mask, info, &type);
	if (!sig && timeout) {
		/* Unblock them for the wait, so that they wake this thread; none is delivered. */
		task->real_blocked = task->blocked;
		task->blocked &= mask;
		recalc_sigpending();
		spin_unlock_irq(&task->sighand->siglock);

		set_current_state(TASK_INTERRUPTIBLE);
		ret = schedule_hrtimeout_range(timeout == KTIME_MAX ? NULL : &timeout,
					       task->timer_slack_ns, HRTIMER_MODE_REL);

		spin_lock_irq(&task->sighand->siglock);
		replace_mask(task, &task->real_blocked);
		task->real_blocked = 0;
		sig = dequeue_signal(task, &mask, info, &type);
	}
	spin_unlock_irq(&task->sighand->siglock);
	if (sig)
		return sig;
	return ret ? -EINTR : -EAGAIN;
}

SYSCALL_DEFINE4(rt_sigtimedwait, const sigset_t __user *, uthese, siginfo_t __user *, uinfo,
		const struct __kernel_timespec __user *, uts, size_t, sigsetsize)
{
	struct timespec64 ts;
	kernel_siginfo_t info;
	sigset_t these;
	int ret;

	if (sigsetsize != sizeof(sigset_t))
		return -EINVAL;
	if (copy_from_user(&these, uthese, sizeof(these)))
		return -EFAULT;
	if (uts && get_timespec64(&ts, uts))
		return -EFAULT;
	ret = do_sigtimedwait(&these, &info, uts ? &ts : NULL);
	if (ret > 0 && uinfo && copy_siginfo_to_user(uinfo, &info))
		ret = -EFAULT;
	return ret;
}
