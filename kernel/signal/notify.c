// SPDX-License-Identifier: MIT
/* Telling a parent that its child died, stopped or went on. */
#include <kern/cred.h>
#include <kern/fork.h>
#include <kern/pid.h>
#include <kern/pidfd.h>
#include <kern/rcupdate.h>
#include <kern/resource.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/timekeeping.h>
#include <lib/math64.h>

#include "internal.h"

static void fill_child_info(struct siginfo *info, struct task_struct *task,
			    struct task_struct *parent, int sig)
{
	u64 utime, stime;

	clear_siginfo(info);
	info->si_signo = sig;
	/* As the parent sees them. */
	rcu_read_lock();
	info->si_pid = task_pid_nr_ns(task, task_active_pid_ns(parent));
	info->si_uid = from_kuid_munged(__task_cred(parent)->user_ns, task_uid(task));
	rcu_read_unlock();
	thread_group_cputime_adjusted(task, &utime, &stime);
	/* In clock ticks of 10 ms, as times() counts. */
	info->si_utime = div_u64(utime, NSEC_PER_SEC / 100);
	info->si_stime = div_u64(stime, NSEC_PER_SEC / 100);
}

/*
 * The whole group of `task` is dead. Wakes the parent's wait4() and sends the exit signal.
 * => tasklist_lock held for writing
 * Returns true when the parent does not want to wait: the child is then released at once.
 */
bool do_notify_parent(struct task_struct *task, int sig)
{
	struct task_struct *parent = task->parent;
	struct sighand_struct *sighand = parent->sighand;
	bool autoreap = false;
	struct siginfo info;
	unsigned long flags;
	int code = task->signal->flags & SIGNAL_GROUP_EXIT ? task->signal->group_exit_code :
							     task->exit_code;

	pidfd_notify(task);
	/* The parent has executed another program since the fork: it expects no odd signal. */
	if (sig != SIGCHLD && task->last_exec_id != parent->last_exec_id && task->mm != parent->mm)
		sig = SIGCHLD;

	fill_child_info(&info, task, parent, sig);
	info.si_status = code & 0x7f;
	if (code & 0x80)
		info.si_code = CLD_DUMPED;
	else if (code & 0x7f)
		info.si_code = CLD_KILLED;
	else {
		info.si_code = CLD_EXITED;
		info.si_status = code >> 8;
	}

	spin_lock_irqsave(&sighand->siglock, flags);
	if (!task->ptrace && sig == SIGCHLD) {
		struct k_sigaction *ka = &sighand->action[SIGCHLD - 1];

		if (ka->sa.sa_handler == SIG_IGN || (ka->sa.sa_flags & SA_NOCLDWAIT)) {
			/* POSIX: no zombies; SIGCHLD is still sent if there is a handler. */
			autoreap = true;
			if (ka->sa.sa_handler == SIG_IGN)
				sig = 0;
		}
	}
	if (valid_signal(sig) && sig)
		send_signal_queue(sig, &info, parent, PIDTYPE_TGID, false);
	__wake_up_parent(task, parent);
	spin_unlock_irqrestore(&sighand->siglock, flags);
	return autoreap;
}

/*
 * A stop or continuation. => tasklist_lock held
 * The child's siglock is not held: it may be killed, or somebody may have waited for it, since.
 */
void do_notify_parent_cldstop(struct task_struct *task, bool for_ptracer, int why)
{
	struct task_struct *child = for_ptracer ? task : task->group_leader;
	struct task_struct *parent = for_ptracer ? task->parent : child->real_parent;
	struct sighand_struct *sighand = parent->sighand;
	struct siginfo info;
	unsigned long flags;

	fill_child_info(&info, child, parent, SIGCHLD);
	info.si_code = why;
	if (why == CLD_CONTINUED)
		info.si_status = SIGCONT;
	else if (why == CLD_STOPPED)
		info.si_status = READ_ONCE(task->signal->group_exit_code) & 0x7f;
	else
		info.si_status = READ_ONCE(task->exit_code) & 0x7f;

	spin_lock_irqsave(&sighand->siglock, flags);
	if (sighand->action[SIGCHLD - 1].sa.sa_handler != SIG_IGN &&
	    !(sighand->action[SIGCHLD - 1].sa.sa_flags & SA_NOCLDSTOP))
		send_signal_queue(SIGCHLD, &info, parent, PIDTYPE_TGID, false);
	/* Also when ignored: wait4(WUNTRACED) sees it. */
	__wake_up_parent(child, parent);
	spin_unlock_irqrestore(&sighand->siglock, flags);
}
