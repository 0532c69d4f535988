// SPDX-License-Identifier: MIT
/* Strict mode: read(), write(), exit() and rt_sigreturn(), and SIGKILL for all else. */
#include <kern/errno.h>
#include <kern/fork.h>
#include <kern/seccomp.h>
#include <kern/signal.h>
#include <kern/task.h>
#include <kern/thread_info.h>
#include <um/ptrace.h>

#include <asm/unistd.h>
#include <linux/seccomp.h>

static bool strict_allows(int nr)
{
	return nr == __NR_read || nr == __NR_write || nr == __NR_exit || nr == __NR_rt_sigreturn;
}

int secure_computing(struct pt_regs *regs)
{
	if (current->seccomp_mode != SECCOMP_MODE_STRICT || strict_allows(regs->orig_ax))
		return 0;
	do_exit(SIGKILL);
}

void seccomp_copy(struct task_struct *child)
{
	child->seccomp_mode = current->seccomp_mode;
	if (child->seccomp_mode)
		set_tsk_thread_flag(child, TIF_SECCOMP);
}

void seccomp_filter_release(struct task_struct *task)
{
}

long prctl_get_seccomp(void)
{
	return current->seccomp_mode;
}

long prctl_set_seccomp(unsigned long mode, void *filter)
{
	if (mode != SECCOMP_MODE_STRICT || current->seccomp_mode > SECCOMP_MODE_STRICT)
		return -EINVAL;
	current->seccomp_mode = SECCOMP_MODE_STRICT;
	set_thread_flag(TIF_SECCOMP);
	return 0;
}

long seccomp_get_filter(struct task_struct *task, unsigned long index, void *data)
{
	return -EINVAL;
}

long seccomp_get_metadata(struct task_struct *task, unsigned long size, void *data)
{
	return -EINVAL;
}
