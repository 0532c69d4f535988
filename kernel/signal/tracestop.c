// SPDX-License-Identifier: MIT
/*
 * How a traced task stops, and what it stops for. (Who asks for it: kernel/ptrace.)
 *
 *	ptrace_stop	   TASK_TRACED until a request of the tracer or SIGKILL wakes it
 *	  ^  ^  ^---- ptrace_signal	a signal was taken: the tracer decides what becomes of it
 *	  |  '------- do_jobctl_trap	group stop, PTRACE_INTERRUPT, attach
 *	  '---------- ptrace_notify	system calls, events, steps
 *
 * The state is set under siglock, which all that wakes the task holds, so that no wake-up comes
 * between. What the tracer hands over (exit_code, last_siginfo) is written by it while the task
 * sleeps and read afterwards.
 */
#include <kern/cgroup.h>
#include <kern/cred.h>
#include <kern/fork.h>
#include <kern/pid.h>
#include <kern/ptrace.h>
#include <kern/rcupdate.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <um/thread.h>

#include "internal.h"

/* Tells the tracer, and the parent when this completes a group stop that is not the tracer's. */
static void tell_of_stop(int why, bool group_stopped)
{
	read_lock(&tasklist_lock);
	if (current->ptrace)
		do_notify_parent_cldstop(current, true, why);
	if (group_stopped && (!current->ptrace || ptrace_reparented(current)))
		do_notify_parent_cldstop(current, false, why);
	read_unlock(&tasklist_lock);
}

/*
 * => siglock held; dropped while it sleeps. Returns what the tracer put in exit_code, or the
 * code as it came when there is no tracer, or a SIGKILL.
 */
static int ptrace_stop(int exit_code, int why, unsigned long message, kernel_siginfo_t *info)
{
	struct sighand_struct *sighand = current->sighand;
	bool group_stopped = false;

	if (!current->ptrace || __fatal_signal_pending(current))
		return exit_code;
	set_special_state(TASK_TRACED);
	current->ptrace_message = message;
	current->last_siginfo = info;
	current->exit_code = exit_code;
	if (why == CLD_STOPPED && (current->jobctl & JOBCTL_STOP_PENDING))
		group_stopped = task_participate_group_stop(current);
	/* All that asked for a stop has one now. */
	task_clear_jobctl_pending(current, JOBCTL_TRAP_STOP);
	if (info && info->si_code >> 8 == PTRACE_EVENT_STOP)
		task_clear_jobctl_pending(current, JOBCTL_TRAP_NOTIFY);
	task_clear_jobctl_trapping(current);
	spin_unlock_irq(&sighand->siglock);

	tell_of_stop(why, group_stopped);
	cgroup_enter_frozen();
	schedule();
	cgroup_leave_frozen(true);

	spin_lock_irq(&sighand->siglock);
	exit_code = current->exit_code;
	current->last_siginfo = NULL;
	current->ptrace_message = 0;
	current->exit_code = 0;
	current->jobctl &= ~(JOBCTL_LISTENING | JOBCTL_FROZEN);
	/* Signals did not disturb the sleep. */
	recalc_sigpending_tsk(current);
	return exit_code;
}

/* => siglock held */
static int ptrace_do_notify(int sig, int exit_code, int why, unsigned long message)
{
	kernel_siginfo_t info;

	clear_siginfo(&info);
	info.si_signo = sig;
	info.si_code = exit_code;
	info.si_pid = task_pid_vnr(current);
	info.si_uid = from_kuid_munged(current_user_ns(), current_uid());
	return ptrace_stop(exit_code, why, message, &info);
}

int ptrace_notify(int exit_code, unsigned long message)
{
	int sig;

	um_state_complete();
	spin_lock_irq(&current->sighand->siglock);
	sig = ptrace_do_notify(SIGTRAP, exit_code, CLD_TRAPPED, message);
	spin_unlock_irq(&current->sighand->siglock);
	return sig;
}

void do_jobctl_trap(void)
{
	struct signal_struct *signal = current->signal;
	int sig = current->jobctl & JOBCTL_STOP_SIGMASK;

	if (!(current->ptrace & PT_SEIZED)) {
		ptrace_stop(sig ?: SIGSTOP, CLD_STOPPED, 0, NULL);
		return;
	}
	if (!signal->group_stop_count && !(signal->flags & SIGNAL_STOP_STOPPED))
		sig = SIGTRAP;
	ptrace_do_notify(sig ?: SIGTRAP, (sig ?: SIGTRAP) | PTRACE_EVENT_STOP << 8, CLD_STOPPED, 0);
}

/* The signal to go on with, 0 for none. => siglock held; it is dropped and taken again */
int ptrace_signal(int sig, kernel_siginfo_t *info, enum pid_type type)
{
	/* A stop signal counts as taken even if it comes out of another one. */
	current->jobctl |= JOBCTL_STOP_DEQUEUED;
	sig = ptrace_stop(sig, CLD_TRAPPED, 0, info);
	if (!sig)
		return 0;
	if (sig != info->si_signo) {
		clear_siginfo(info);
		info->si_signo = sig;
		info->si_code = SI_USER;
		rcu_read_lock();
		info->si_pid = task_pid_vnr(current->parent);
		info->si_uid = from_kuid_munged(current_user_ns(), task_uid(current->parent));
		rcu_read_unlock();
	}
	/* Blocked by now, or overtaken by death: back into the queue. */
	if (sigismember(&current->blocked, sig) || __fatal_signal_pending(current)) {
		send_signal_locked(sig, info, current, type);
		return 0;
	}
	return sig;
}

void ptrace_event(int event, unsigned long message)
{
	if (unlikely(ptrace_event_enabled(current, event)))
		ptrace_notify(event << 8 | SIGTRAP, message);
	else if (event == PTRACE_EVENT_EXEC &&
		 (current->ptrace & (PT_PTRACED | PT_SEIZED)) == PT_PTRACED)
		/* What execve() told tracers before there were events. */
		send_sig(SIGTRAP, current, 0);
}

void ptrace_event_pid(int event, struct pid *pid)
{
	unsigned long message = 0;
	struct pid_namespace *ns;

	/* In the tracer's name space, at this time: it may change before it asks. */
	rcu_read_lock();
	ns = task_active_pid_ns(rcu_dereference(current->parent));
	if (ns)
		message = pid_nr_ns(pid, ns);
	rcu_read_unlock();
	ptrace_event(event, message);
}

/* Stops at one end of a system call. */
static bool report_syscall(unsigned long message)
{
	unsigned int ptrace = current->ptrace;
	int sig;

	if (!(ptrace & PT_PTRACED))
		return false;
	sig = ptrace_notify(SIGTRAP | (ptrace & PT_TRACESYSGOOD ? 0x80 : 0), message);
	if (sig)
		send_sig(sig, current, 1);
	return fatal_signal_pending(current);
}

bool ptrace_report_syscall_entry(struct pt_regs *regs)
{
	return report_syscall(PTRACE_EVENTMSG_SYSCALL_ENTRY);
}

void ptrace_report_syscall_exit(struct pt_regs *regs, bool step)
{
	if (step)
		force_sig_fault(SIGTRAP, TRAP_BRKPT, (void __user *)regs->ip);
	else
		report_syscall(PTRACE_EVENTMSG_SYSCALL_EXIT);
}
