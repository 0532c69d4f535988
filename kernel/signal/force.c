// SPDX-License-Identifier: MIT
/* Signals that the current task brings on itself by a fault: it cannot block or ignore them. */
#include <kern/fork.h>
#include <kern/signal.h>
#include <kern/spinlock.h>

#include "internal.h"

enum handler_mode {
	HANDLER_CURRENT, /* run the handler if there is one */
	HANDLER_SIG_DFL, /* force the default action */
	HANDLER_EXIT	 /* the same, and even init dies */
};

static int force_sig_to_current(struct siginfo *info, enum handler_mode mode)
{
	struct task_struct *task = current;
	int sig = info->si_signo;
	struct k_sigaction *ka;
	unsigned long flags;
	bool blocked, ignored;
	int error;

	spin_lock_irqsave(&task->sighand->siglock, flags);
	ka = &task->sighand->action[sig - 1];
	if (mode == HANDLER_EXIT)
		ka->sa.sa_flags |= SA_IMMUTABLE;
	ignored = ka->sa.sa_handler == SIG_IGN;
	blocked = sigismember(&task->blocked, sig);
	if (blocked || ignored || mode != HANDLER_CURRENT) {
		ka->sa.sa_handler = SIG_DFL;
		if (blocked)
			sigdelset(&task->blocked, sig);
	}
	/* Ending in a loop of faults would be worse than the death of init. */
	if (ka->sa.sa_handler == SIG_DFL && (!task->ptrace || mode == HANDLER_EXIT))
		task->signal->flags &= ~SIGNAL_UNKILLABLE;
	error = send_signal_queue(sig, info, task, PIDTYPE_PID, true);
	if (!signal_pending(task))
		signal_wake_up(task, false);
	spin_unlock_irqrestore(&task->sighand->siglock, flags);
	return error;
}

int force_sig_info(struct siginfo *info)
{
	return force_sig_to_current(info, HANDLER_CURRENT);
}

int force_exit_sig_info(struct siginfo *info)
{
	return force_sig_to_current(info, HANDLER_EXIT);
}

static void kernel_info(struct siginfo *info, int sig)
{
	clear_siginfo(info);
	info->si_signo = sig;
	info->si_code = SI_KERNEL;
}

void force_sig(int sig)
{
	struct siginfo info;

	kernel_info(&info, sig);
	force_sig_to_current(&info, HANDLER_CURRENT);
}

void force_fatal_sig(int sig)
{
	struct siginfo info;

	kernel_info(&info, sig);
	force_sig_to_current(&info, HANDLER_SIG_DFL);
}

/* A frame could not be built. If it was for SIGSEGV its handler is no use. */
void force_sigsegv(int sig)
{
	if (sig == SIGSEGV)
		force_fatal_sig(SIGSEGV);
	else
		force_sig(SIGSEGV);
}

int force_sig_fault(int sig, int code, void __user *addr)
{
	struct siginfo info;

	clear_siginfo(&info);
	info.si_signo = sig;
	info.si_code = code;
	info.si_addr = addr;
	return force_sig_to_current(&info, HANDLER_CURRENT);
}
