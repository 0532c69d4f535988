// SPDX-License-Identifier: MIT
/* What a tracer may know of why its tracee stopped: signals, masks, system calls. */
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/kernel.h>
#include <kern/signal.h>
#include <lib/string.h>
#include <mm/uaccess.h>

#include <linux/audit.h>

#include "internal.h"

#define SYSCALL_STOP (SIGTRAP | 0x80)
#define SECCOMP_STOP (SIGTRAP | PTRACE_EVENT_SECCOMP << 8)

/* The information it stopped with, or to be replaced by *set. 0, -ESRCH, -EINVAL: none. */
static int exchange_siginfo(struct task_struct *child, kernel_siginfo_t *get,
			    const kernel_siginfo_t *set)
{
	unsigned long flags;
	int error = -EINVAL;

	if (!lock_task_sighand(child, &flags))
		return -ESRCH;
	if (child->last_siginfo) {
		if (get)
			*get = *child->last_siginfo;
		if (set)
			*child->last_siginfo = *set;
		error = 0;
	}
	unlock_task_sighand(child, &flags);
	return error;
}

long ptrace_getsiginfo(struct task_struct *child, siginfo_t __user *data)
{
	kernel_siginfo_t info;
	int error = exchange_siginfo(child, &info, NULL);

	return error ?: copy_siginfo_to_user(data, &info);
}

long ptrace_setsiginfo(struct task_struct *child, const siginfo_t __user *data)
{
	kernel_siginfo_t info;
	int error = copy_siginfo_from_user(&info, data);

	return error ?: exchange_siginfo(child, NULL, &info);
}

/* Entry number `index` of a queue, 1: found, 0: there are not so many. => siglock held */
static int nth_queued(const struct sigpending *pending, u64 index, kernel_siginfo_t *info)
{
	struct sigqueue *q;

	list_for_each_entry(q, &pending->list, list) {
		if (index--)
			continue;
		*info = q->info;
		return 1;
	}
	return 0;
}

long ptrace_peek_siginfo(struct task_struct *child, void __user *uargs, siginfo_t __user *data)
{
	struct ptrace_peeksiginfo_args args;
	const struct sigpending *pending;
	long done = 0;

	if (copy_from_user(&args, uargs, sizeof(args)))
		return -EFAULT;
	if (args.flags & ~(u32)PTRACE_PEEKSIGINFO_SHARED || args.nr < 0)
		return -EINVAL;
	pending = args.flags & PTRACE_PEEKSIGINFO_SHARED ? &child->signal->shared_pending :
							   &child->pending;
	for (; done < args.nr; done++) {
		kernel_siginfo_t info;
		int found;

		spin_lock_irq(&child->sighand->siglock);
		found = nth_queued(pending, args.off + done, &info);
		spin_unlock_irq(&child->sighand->siglock);
		if (!found)
			break;
		if (copy_siginfo_to_user(data + done, &info))
			return done ?: -EFAULT;
		if (signal_pending(current)) {
			done++;
			break;
		}
	}
	return done;
}

long ptrace_get_sigmask(struct task_struct *child, unsigned long size, sigset_t __user *data)
{
	sigset_t mask;

	if (size != sizeof(sigset_t))
		return -EINVAL;
	/* In the middle of sigsuspend() the program's mask is the saved one. */
	mask = test_tsk_thread_flag(child, TIF_RESTORE_SIGMASK) ? child->saved_sigmask :
								  child->blocked;
	return copy_to_user(data, &mask, sizeof(mask)) ? -EFAULT : 0;
}

long ptrace_set_sigmask(struct task_struct *child, unsigned long size, const sigset_t __user *data)
{
	sigset_t mask;

	if (size != sizeof(sigset_t))
		return -EINVAL;
	if (copy_from_user(&mask, data, sizeof(mask)))
		return -EFAULT;
	sigdelsetmask(&mask, sigmask(SIGKILL) | sigmask(SIGSTOP));
	/* Signals that this unblocks are taken when the tracee goes on: it looks then. */
	spin_lock_irq(&child->sighand->siglock);
	child->blocked = mask;
	spin_unlock_irq(&child->sighand->siglock);
	clear_tsk_thread_flag(child, TIF_RESTORE_SIGMASK);
	return 0;
}

static void fill_call(const struct pt_regs *regs, __u64 *nr, __u64 args[6])
{
	*nr = (s64)(int)regs->orig_ax;
	args[0] = regs->di;
	args[1] = regs->si;
	args[2] = regs->dx;
	args[3] = regs->r10;
	args[4] = regs->r8;
	args[5] = regs->r9;
}

/* Fills what belongs to the kind of stop; the size that counts. */
static unsigned long fill_syscall_info(struct task_struct *child, struct ptrace_syscall_info *info)
{
	const struct pt_regs *regs = task_pt_regs(child);
	int code = child->last_siginfo ? child->last_siginfo->si_code : 0;

	if (code == SECCOMP_STOP) {
		info->op = PTRACE_SYSCALL_INFO_SECCOMP;
		fill_call(regs, &info->seccomp.nr, info->seccomp.args);
		info->seccomp.ret_data = child->ptrace_message;
		return offsetofend(struct ptrace_syscall_info, seccomp.ret_data);
	}
	if (code == SYSCALL_STOP && child->ptrace_message == PTRACE_EVENTMSG_SYSCALL_ENTRY) {
		info->op = PTRACE_SYSCALL_INFO_ENTRY;
		fill_call(regs, &info->entry.nr, info->entry.args);
		return offsetofend(struct ptrace_syscall_info, entry.args);
	}
	if (code == SYSCALL_STOP && child->ptrace_message == PTRACE_EVENTMSG_SYSCALL_EXIT) {
		info->op = PTRACE_SYSCALL_INFO_EXIT;
		info->exit.rval = regs->ax;
		info->exit.is_error = IS_ERR_VALUE(regs->ax);
		return offsetofend(struct ptrace_syscall_info, exit.is_error);
	}
	return offsetof(struct ptrace_syscall_info, entry);
}

/* Returns the size of what there is to know; writes as much of it as there is room for. */
long ptrace_get_syscall_info(struct task_struct *child, unsigned long size, void __user *data)
{
	const struct pt_regs *regs = task_pt_regs(child);
	struct ptrace_syscall_info info = {
		.op = PTRACE_SYSCALL_INFO_NONE,
		.arch = AUDIT_ARCH_X86_64,
		.instruction_pointer = regs->ip,
		.stack_pointer = regs->sp,
	};
	unsigned long actual = fill_syscall_info(child, &info);

	return copy_to_user(data, &info, min(actual, size)) ? -EFAULT : (long)actual;
}

long ptrace_get_rseq(struct task_struct *child, unsigned long size, void __user *data)
{
	struct ptrace_rseq_configuration conf = {
		.rseq_abi_pointer = (unsigned long)child->rseq,
		.rseq_abi_size = child->rseq_len,
		.signature = child->rseq_sig,
	};

	if (copy_to_user(data, &conf, min(size, (unsigned long)sizeof(conf))))
		return -EFAULT;
	return sizeof(conf);
}
