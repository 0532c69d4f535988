// SPDX-License-Identifier: MIT
/* Taking signals off the queues, and deciding what each does to the task. */
#include <kern/cgroup.h>
#include <kern/coredump.h>
#include <kern/cred.h>
#include <kern/errno.h>
#include <kern/fork.h>
#include <kern/itimer.h>
#include <kern/kernel.h>
#include <kern/posix_timers.h>
#include <kern/ptrace.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <lib/bitops.h>
#include <lib/string.h>

#include "internal.h"

/* The lowest number first, but faults before everything: they explain the rest. */
static int next_signal(struct sigpending *pending, sigset_t *mask)
{
	unsigned long ready = pending->signal & ~*mask;

	if (!ready)
		return 0;
	if (ready & SIG_SYNCHRONOUS_MASK)
		ready &= SIG_SYNCHRONOUS_MASK;
	return __ffs(ready) + 1;
}

static void collect_signal(int sig, struct sigpending *list, kernel_siginfo_t *info,
			   struct sigqueue **timer)
{
	struct sigqueue *q, *first = NULL;
	bool more = false;

	list_for_each_entry(q, &list->list, list) {
		if (q->info.si_signo != sig)
			continue;
		if (first) {
			more = true;
			break;
		}
		first = q;
	}
	if (!more)
		sigdelset(&list->signal, sig);
	if (!first) {
		/* Its information was lost for want of memory. */
		clear_siginfo(info);
		info->si_signo = sig;
		info->si_code = SI_USER;
		return;
	}
	list_del_init(&first->list);
	*info = first->info;
	if (first->flags & SIGQUEUE_PREALLOC)
		*timer = first;
	else
		sigqueue_release(first);
}

static int dequeue_from(struct sigpending *pending, sigset_t *mask, kernel_siginfo_t *info,
			struct sigqueue **timer)
{
	int sig = next_signal(pending, mask);

	if (sig)
		collect_signal(sig, pending, info, timer);
	return sig;
}

int dequeue_signal(struct task_struct *task, sigset_t *mask, kernel_siginfo_t *info,
		   enum pid_type *type)
{
	struct sigqueue *timer = NULL;
	int sig;

	*type = PIDTYPE_PID;
	sig = dequeue_from(&task->pending, mask, info, &timer);
	if (!sig) {
		*type = PIDTYPE_TGID;
		sig = dequeue_from(&task->signal->shared_pending, mask, info, &timer);
		if (sig == SIGALRM)
			itimer_rearm(task);
	}
	recalc_sigpending();
	if (!sig)
		return 0;
	if (sig_kernel_stop(sig)) {
		/* A SIGCONT from now on takes this back: see do_signal_stop(). */
		current->jobctl |= JOBCTL_STOP_DEQUEUED;
	}
	/* A periodic timer starts its next period now, so that a slow taker is not flooded. */
	if (timer)
		posixtimer_rearm(task, info);
	return sig;
}

/* A fault of the instruction that regs point at: deliver that before anything else. */
static int dequeue_synchronous_signal(kernel_siginfo_t *info)
{
	struct sigpending *pending = &current->pending;
	struct sigqueue *q, *found = NULL;
	unsigned long ready = pending->signal & ~current->blocked & SIG_SYNCHRONOUS_MASK;
	bool more = false;

	if (!ready)
		return 0;
	list_for_each_entry(q, &pending->list, list) {
		if (found) {
			more |= q->info.si_signo == found->info.si_signo;
			continue;
		}
		/* Only those that the kernel raised. */
		if (q->info.si_code > SI_USER && (ready & SIG_ONE(q->info.si_signo)))
			found = q;
	}
	if (!found)
		return 0;
	if (!more)
		sigdelset(&pending->signal, found->info.si_signo);
	recalc_sigpending();
	list_del_init(&found->list);
	*info = found->info;
	sigqueue_release(found);
	return info->si_signo;
}

/* The parent's news that a SIGCONT's sender left to us. => siglock held; true: dropped */
static bool report_pending_stop_news(struct sighand_struct *sighand)
{
	struct signal_struct *sig = current->signal;
	struct task_struct *leader;
	int why;

	if (!(sig->flags & SIGNAL_CLD_MASK))
		return false;
	why = sig->flags & SIGNAL_CLD_CONTINUED ? CLD_CONTINUED : CLD_STOPPED;
	sig->flags &= ~SIGNAL_CLD_MASK;
	spin_unlock_irq(&sighand->siglock);
	read_lock(&tasklist_lock);
	do_notify_parent_cldstop(current, false, why);
	/* A tracer of the leader that is not its parent wants to know as well. */
	leader = current->group_leader;
	if (leader->ptrace && ptrace_reparented(leader))
		do_notify_parent_cldstop(leader, true, why);
	read_unlock(&tasklist_lock);
	return true;
}

static void __noreturn die_by_signal(int sig, const kernel_siginfo_t *info)
{
	current->flags |= PF_SIGNALED;
	if (sig_kernel_coredump(sig))
		do_coredump(info);
	do_group_exit(sig);
}

enum decision { DELIVER, NEXT, RELOCK };

/* What to do with a signal that was taken. => siglock held; RELOCK: it has been dropped */
static enum decision decide(struct ksignal *ksig, int sig)
{
	struct sighand_struct *sighand = current->sighand;
	struct k_sigaction *ka = &sighand->action[sig - 1];

	if (ka->sa.sa_handler == SIG_IGN)
		return NEXT;
	if (ka->sa.sa_handler != SIG_DFL) {
		ksig->ka = *ka;
		if (ka->sa.sa_flags & SA_ONESHOT)
			ka->sa.sa_handler = SIG_DFL;
		return DELIVER;
	}
	if (sig_kernel_ignore(sig))
		return NEXT;
	/* init: only what the kernel forced on it gets here otherwise. */
	if ((current->signal->flags & SIGNAL_UNKILLABLE) && !sig_kernel_only(sig))
		return NEXT;
	if (sig_kernel_stop(sig)) {
		/* A terminal stop of a group that nobody could continue is refused. */
		if (sig != SIGSTOP) {
			bool orphaned;

			spin_unlock_irq(&sighand->siglock);
			orphaned = is_current_pgrp_orphaned();
			if (orphaned)
				return RELOCK;
			spin_lock_irq(&sighand->siglock);
		}
		return do_signal_stop(sig) ? RELOCK : NEXT;
	}
	spin_unlock_irq(&sighand->siglock);
	die_by_signal(sig, &ksig->info);
}

/* Stands still until the group goes on, or a fatal signal comes. => siglock held, dropped */
static void freezer_trap(struct sighand_struct *sighand)
{
	/* Signals that wait must not end the sleep at once: they are looked at afterwards. */
	__set_current_state(TASK_INTERRUPTIBLE);
	clear_thread_flag(TIF_SIGPENDING);
	spin_unlock_irq(&sighand->siglock);
	cgroup_enter_frozen();
	schedule();
	spin_lock_irq(&sighand->siglock);
	recalc_sigpending();
	spin_unlock_irq(&sighand->siglock);
}

bool get_signal(struct ksignal *ksig)
{
	struct sighand_struct *sighand = current->sighand;
	struct signal_struct *signal = current->signal;
	enum decision what = RELOCK;
	enum pid_type type;

	clear_thread_flag(TIF_NOTIFY_SIGNAL);
	ksig->sig = 0;
	do {
		int sig;

		if (what == RELOCK)
			spin_lock_irq(&sighand->siglock);
		if (report_pending_stop_news(sighand)) {
			what = RELOCK;
			continue;
		}
		if (signal_group_exit(signal)) {
			sigdelset(&current->pending.signal, SIGKILL);
			recalc_sigpending();
			spin_unlock_irq(&sighand->siglock);
			die_by_signal(SIGKILL, NULL);
		}
		if ((current->jobctl & JOBCTL_STOP_PENDING) && do_signal_stop(0)) {
			what = RELOCK;
			continue;
		}
		if (unlikely(current->jobctl & JOBCTL_TRAP_MASK)) {
			do_jobctl_trap();
			what = NEXT;
			continue;
		}
		if (unlikely(current->jobctl & JOBCTL_TRAP_FREEZE)) {
			freezer_trap(sighand);
			what = RELOCK;
			continue;
		}
		if (unlikely(READ_ONCE(current->cg_frozen))) {
			spin_unlock_irq(&sighand->siglock);
			cgroup_leave_frozen(false);
			what = RELOCK;
			continue;
		}
		type = PIDTYPE_PID;
		sig = dequeue_synchronous_signal(&ksig->info);
		if (!sig)
			sig = dequeue_signal(current, &current->blocked, &ksig->info, &type);
		if (!sig)
			break;
		if (unlikely(current->ptrace) && sig != SIGKILL &&
		    !(sighand->action[sig - 1].sa.sa_flags & SA_IMMUTABLE)) {
			what = NEXT;
			sig = ptrace_signal(sig, &ksig->info, type);
			if (!sig)
				continue;
		}
		what = decide(ksig, sig);
		if (what == DELIVER)
			ksig->sig = sig;
	} while (what != DELIVER);
	spin_unlock_irq(&sighand->siglock);
	return ksig->sig != 0;
}

void signal_setup_done(int failed, struct ksignal *ksig, int stepping)
{
	sigset_t blocked;

	if (failed) {
		force_sigsegv(ksig->sig);
		return;
	}
	/* The mask is replaced only now: the frame holds the old one. */
	clear_thread_flag(TIF_RESTORE_SIGMASK);
	sigorsets(&blocked, &current->blocked, &ksig->ka.sa.sa_mask);
	if (!(ksig->ka.sa.sa_flags & SA_NODEFER))
		sigaddset(&blocked, ksig->sig);
	set_current_blocked(&blocked);
	if (current->sas_ss_flags & SS_AUTODISARM) {
		current->sas_ss_sp = 0;
		current->sas_ss_size = 0;
		current->sas_ss_flags = SS_DISABLE;
	}
	if (stepping)
		ptrace_notify(SIGTRAP, 0);
}
