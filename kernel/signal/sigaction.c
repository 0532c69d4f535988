// SPDX-License-Identifier: MIT
/* Handlers and alternate stacks: rt_sigaction(), sigaltstack(), and their part of exec and exit. */
#include <kern/errno.h>
#include <kern/fork.h>
#include <kern/kernel.h>
#include <kern/rcupdate.h>
#include <kern/signal.h>
#include <kern/syscalls.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <mm/uaccess.h>
#include <um/thread.h>

#include "../process/internal.h"
#include "internal.h"

#define SA_UAPI_FLAGS                                                                              \
	(SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_ONSTACK | SA_RESTART | SA_NODEFER |         \
	 SA_RESETHAND | SA_EXPOSE_TAGBITS | SA_RESTORER)

void __cleanup_sighand(struct sighand_struct *sighand)
{
	if (refcount_dec_and_test(&sighand->count)) {
		/* An epoll set may still watch it through a signalfd; the memory stays for a grace period. */
		wake_up_pollfree(&sighand->signalfd_wqh);
		kmem_cache_free(sighand_cachep, sighand);
	}
}

/* execve(): handlers are gone with the program that had them; ignored signals stay ignored. */
void flush_signal_handlers(struct task_struct *task, int force_default)
{
	for (int i = 0; i < _NSIG; i++) {
		struct sigaction *sa = &task->sighand->action[i].sa;

		if (force_default || sa->sa_handler != SIG_IGN)
			sa->sa_handler = SIG_DFL;
		sa->sa_flags = 0;
		sa->sa_restorer = NULL;
		sa->sa_mask = 0;
	}
}

void ignore_signals(struct task_struct *task)
{
	for (int i = 0; i < _NSIG; i++)
		task->sighand->action[i].sa.sa_handler = SIG_IGN;
	flush_signals(task);
}

void flush_signals(struct task_struct *task)
{
	unsigned long flags;

	spin_lock_irqsave(&task->sighand->siglock, flags);
	clear_tsk_thread_flag(task, TIF_SIGPENDING);
	flush_sigqueue(&task->pending);
	flush_sigqueue(&task->signal->shared_pending);
	spin_unlock_irqrestore(&task->sighand->siglock, flags);
}

bool signal_blocked_or_ignored(int sig)
{
	return sigismember(&current->blocked, sig) ||
	       current->sighand->action[sig - 1].sa.sa_handler == SIG_IGN;
}

bool sig_fatal_disposition(struct task_struct *task, int sig)
{
	return sig_fatal(task, sig);
}

static int do_sigaction(int sig, const struct k_sigaction *act, struct k_sigaction *oact)
{
	struct task_struct *task = current, *thread;
	struct k_sigaction *ka;
	sigset_t mask;
	int error = 0;

	if (!valid_signal(sig) || sig < 1 || (act && sig_kernel_only(sig)))
		return -EINVAL;
	ka = &task->sighand->action[sig - 1];
	spin_lock_irq(&task->sighand->siglock);
	if (oact)
		*oact = *ka;
	if (ka->sa.sa_flags & SA_IMMUTABLE) {
		error = -EINVAL;
	} else if (act) {
		*ka = *act;
		ka->sa.sa_flags &= SA_UAPI_FLAGS;
		ka->sa.sa_mask &= ~SIG_KERNEL_ONLY_MASK;
		/* POSIX: a pending signal that becomes ignored is dropped, blocked or not. */
		if (sig_handler_ignored(task, sig)) {
			mask = SIG_ONE(sig);
			flush_sigqueue_mask(&mask, &task->signal->shared_pending);
			for_each_thread(task, thread)
				flush_sigqueue_mask(&mask, &thread->pending);
		}
	}
	spin_unlock_irq(&task->sighand->siglock);
	return error;
}

SYSCALL_DEFINE4(rt_sigaction, int, sig, const struct sigaction __user *, act,
		struct sigaction __user *, oact, size_t, sigsetsize)
{
	struct k_sigaction new, old;
	int error;

	if (sigsetsize != sizeof(sigset_t))
		return -EINVAL;
	if (act && copy_from_user(&new.sa, act, sizeof(new.sa)))
		return -EFAULT;
	error = do_sigaction(sig, act ? &new : NULL, oact ? &old : NULL);
	if (!error && oact && copy_to_user(oact, &old.sa, sizeof(old.sa)))
		return -EFAULT;
	return error;
}

static int do_sigaltstack(const stack_t *new, stack_t *old, unsigned long sp)
{
	struct task_struct *task = current;
	unsigned int mode;

	if (old) {
		memset(old, 0, sizeof(*old));
		old->ss_sp = (void *)task->sas_ss_sp;
		old->ss_size = task->sas_ss_size;
		old->ss_flags = sas_ss_flags(sp) | (task->sas_ss_flags & SS_AUTODISARM);
	}
	if (!new)
		return 0;
	if (on_sig_stack(sp) && !(task->sas_ss_flags & SS_AUTODISARM))
		return -EPERM;
	mode = new->ss_flags & ~SS_AUTODISARM;
	if (mode != SS_DISABLE && mode != SS_ONSTACK && mode != 0)
		return -EINVAL;
	if (task->sas_ss_sp == (unsigned long)new->ss_sp && task->sas_ss_size == new->ss_size &&
	    task->sas_ss_flags == (unsigned int)new->ss_flags)
		return 0;
	if (mode == SS_DISABLE) {
		task->sas_ss_sp = 0;
		task->sas_ss_size = 0;
	} else {
		if (new->ss_size < MINSIGSTKSZ)
			return -ENOMEM;
		task->sas_ss_sp = (unsigned long)new->ss_sp;
		task->sas_ss_size = new->ss_size;
	}
	task->sas_ss_flags = new->ss_flags;
	return 0;
}

SYSCALL_DEFINE2(sigaltstack, const stack_t __user *, uss, stack_t __user *, uoss)
{
	stack_t new, old;
	int error;

	if (uss && copy_from_user(&new, uss, sizeof(new)))
		return -EFAULT;
	error = do_sigaltstack(uss ? &new : NULL, uoss ? &old : NULL, task_pt_regs(current)->sp);
	if (!error && uoss && copy_to_user(uoss, &old, sizeof(old)))
		return -EFAULT;
	return error;
}
