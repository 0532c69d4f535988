// SPDX-License-Identifier: MIT
/*
 * Syscall User Dispatch: a program that runs foreign code (Wine) gets SIGSYS in place of the
 * system calls that come from outside one range of addresses, while a byte of its memory says so.
 * The byte is read at each such call: switching costs no call.
 */
#include <kern/errno.h>
#include <kern/signal.h>
#include <kern/task.h>
#include <kern/thread_info.h>
#include <kern/user_dispatch.h>
#include <mm/uaccess.h>
#include <um/ptrace.h>

#include <linux/audit.h>
#include <linux/prctl.h>

int set_syscall_user_dispatch(unsigned long mode, unsigned long offset, unsigned long len,
			      char __user *selector)
{
	struct user_dispatch *sud = &current->user_dispatch;

	switch (mode) {
	case PR_SYS_DISPATCH_OFF:
		if (offset || len || selector)
			return -EINVAL;
		break;
	case PR_SYS_DISPATCH_ON:
		if (offset && offset + len <= offset)
			return -EINVAL;
		if (selector && !access_ok(selector, sizeof(*selector)))
			return -EFAULT;
		break;
	default:
		return -EINVAL;
	}
	sud->offset = offset;
	sud->len = len;
	sud->selector = selector;
	if (mode == PR_SYS_DISPATCH_ON)
		set_thread_flag(TIF_SYSCALL_USER_DISPATCH);
	else
		clear_thread_flag(TIF_SYSCALL_USER_DISPATCH);
	return 0;
}

void clear_syscall_user_dispatch(void)
{
	(void)set_syscall_user_dispatch(PR_SYS_DISPATCH_OFF, 0, 0, NULL);
}

static void send_sigsys(struct pt_regs *regs)
{
	struct siginfo info;

	clear_siginfo(&info);
	info.si_signo = SIGSYS;
	info.si_code = SYS_USER_DISPATCH;
	info.si_call_addr = (void __user *)regs->ip;
	info.si_syscall = regs->orig_ax;
	info.si_arch = AUDIT_ARCH_X86_64;
	force_sig_info(&info);
}

bool syscall_user_dispatch(struct pt_regs *regs)
{
	const struct user_dispatch *sud = &current->user_dispatch;
	char state;

	if (regs->ip - sud->offset < sud->len)
		return false;
	if (sud->selector) {
		if (get_user(state, sud->selector)) {
			force_fatal_sig(SIGSEGV);
			return true;
		}
		if (state == SYSCALL_DISPATCH_FILTER_ALLOW)
			return false;
		if (state != SYSCALL_DISPATCH_FILTER_BLOCK) {
			force_fatal_sig(SIGSYS);
			return true;
		}
	}
	/* As if the call had not begun. */
	regs->ax = regs->orig_ax;
	send_sigsys(regs);
	return true;
}
