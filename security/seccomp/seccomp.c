// SPDX-License-Identifier: MIT
/*
 * seccomp: a task gives up system calls for good.
 *
 * In strict mode there are read(), write(), exit() and rt_sigreturn(), and SIGKILL for all
 * else. In filter mode a chain of programs (filter.c) looks at each call's number, arguments
 * and address, and the most severe of their answers counts:
 *
 *	KILL_PROCESS < KILL_THREAD < TRAP < ERRNO < USER_NOTIF < TRACE < LOG < ALLOW
 *
 * Locks: a task's mode and filter change under its siglock, by itself or by a sibling
 * (SECCOMP_FILTER_FLAG_TSYNC, which also holds cred_guard_mutex, so that no execve() is under
 * way). The task reads them without: what it reads is either old or new, and the old filters
 * are part of the new chain. TIF_SECCOMP is set last.
 */
#include <kern/errno.h>
#include <kern/filter.h>
#include <kern/fork.h>
#include <kern/kernel.h>
#include <kern/printk.h>
#include <kern/ptrace.h>
#include <kern/seccomp.h>
#include <kern/signal.h>
#include <kern/task.h>
#include <um/ptrace.h>

#include <asm/unistd.h>
#include <linux/audit.h>

#include "internal.h"

/* A mode of our own: the task is dying of its filter. */
#define SECCOMP_MODE_DEAD (SECCOMP_MODE_FILTER + 1)

struct call_data {
	struct bpf_classic_data classic;
	struct seccomp_data call;
};

/* Checked when the filter was set: words of the structure only. */
static bool load_word(const struct bpf_classic_data *data, u32 offset, unsigned int size,
		      u32 *value)
{
	const struct call_data *d = container_of(data, struct call_data, classic);

	*value = *(const u32 *)((const char *)&d->call + offset);
	return true;
}

static void describe_call(struct call_data *data, const struct pt_regs *regs)
{
	*data = (struct call_data){
		.classic = { .load = load_word, .len = sizeof(struct seccomp_data) },
		.call = {
			.nr = regs->orig_ax,
			.arch = AUDIT_ARCH_X86_64,
			.instruction_pointer = regs->ip,
			.args = { regs->di, regs->si, regs->dx, regs->r10, regs->r8, regs->r9 },
		},
	};
}

/* The answer that counts, and the filter that gave it. */
static u32 run_filters(const struct call_data *data, struct seccomp_filter **match)
{
	struct seccomp_filter *filter = READ_ONCE(current->seccomp_filter);
	u32 ret = SECCOMP_RET_ALLOW;

	/* A task in filter mode without a filter would be a bug, and is no reason to allow. */
	if (WARN_ON_ONCE(!filter))
		return SECCOMP_RET_KILL_PROCESS;
	*match = filter;
	for (; filter; filter = filter->prev) {
		u32 answer = bpf_run_classic(filter->insns, &data->classic);

		if ((s32)(answer & SECCOMP_RET_ACTION_FULL) <
		    (s32)(ret & SECCOMP_RET_ACTION_FULL)) {
			ret = answer;
			*match = filter;
		}
	}
	return ret;
}

static void log_action(const struct call_data *data, u32 action, const struct seccomp_filter *match)
{
	bool wanted = action == SECCOMP_RET_KILL_PROCESS || action == SECCOMP_RET_KILL_THREAD ||
		      action == SECCOMP_RET_LOG || match->log;

	if (!wanted || !seccomp_action_logged(action))
		return;
	pr_info("seccomp: pid=%d comm=%s syscall=%d ip=0x%llx code=0x%x\n", task_pid_nr(current),
		current->comm, data->call.nr, data->call.instruction_pointer, action);
}

static void send_sigsys(const struct call_data *data, u16 reason, bool fatal)
{
	struct siginfo info;

	clear_siginfo(&info);
	info.si_signo = SIGSYS;
	info.si_code = SYS_SECCOMP;
	info.si_errno = reason;
	info.si_call_addr = (void __user *)data->call.instruction_pointer;
	info.si_syscall = data->call.nr;
	info.si_arch = data->call.arch;
	if (fatal)
		force_exit_sig_info(&info);
	else
		force_sig_info(&info);
}

static int kill_caller(struct pt_regs *regs, const struct call_data *data, u32 answer)
{
	current->seccomp_mode = SECCOMP_MODE_DEAD;
	/* The whole process dies by the signal, and may leave a core; a thread just ends. */
	if ((answer & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_KILL_THREAD &&
	    atomic_read(&current->signal->live) > 1)
		do_exit(SIGSYS);
	regs->ax = regs->orig_ax;
	send_sigsys(data, answer & SECCOMP_RET_DATA, true);
	return -1;
}

static int filter_call(struct pt_regs *regs, bool recheck);

static int ask_tracer(struct pt_regs *regs, u32 answer)
{
	if (!ptrace_event_enabled(current, PTRACE_EVENT_SECCOMP)) {
		regs->ax = -ENOSYS;
		return -1;
	}
	ptrace_event(PTRACE_EVENT_SECCOMP, answer & SECCOMP_RET_DATA);
	/* A tracer that skips the call says so by the number -1, and has set the result. */
	if (fatal_signal_pending(current) || (int)regs->orig_ax < 0)
		return -1;
	/* It may have made another call of it: the filters see that too, but not the tracer. */
	return filter_call(regs, true);
}

static int filter_call(struct pt_regs *regs, bool recheck)
{
	struct seccomp_filter *match = NULL;
	struct call_data data;
	long result = 0;
	u32 answer;

	describe_call(&data, regs);
	answer = run_filters(&data, &match);
	if ((answer & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_ALLOW && match)
		log_action(&data, answer & SECCOMP_RET_ACTION_FULL, match);
	switch (answer & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
	case SECCOMP_RET_LOG:
		return 0;
	case SECCOMP_RET_ERRNO:
		regs->ax = -(long)min(answer & SECCOMP_RET_DATA, 4095U);
		return -1;
	case SECCOMP_RET_TRAP:
		regs->ax = regs->orig_ax;
		send_sigsys(&data, answer & SECCOMP_RET_DATA, false);
		return -1;
	case SECCOMP_RET_TRACE:
		return recheck ? 0 : ask_tracer(regs, answer);
	case SECCOMP_RET_USER_NOTIF:
		if (seccomp_ask_listener(match, &data.call, &result))
			return 0;
		regs->ax = result;
		return -1;
	default:
		return kill_caller(regs, &data, answer);
	}
}

static int strict_call(struct pt_regs *regs)
{
	switch ((int)regs->orig_ax) {
	case __NR_read:
	case __NR_write:
	case __NR_exit:
	case __NR_rt_sigreturn:
		return 0;
	}
	current->seccomp_mode = SECCOMP_MODE_DEAD;
	do_exit(SIGKILL);
}

int secure_computing(struct pt_regs *regs)
{
	if (current->ptrace & PT_SUSPEND_SECCOMP)
		return 0;
	switch (READ_ONCE(current->seccomp_mode)) {
	case SECCOMP_MODE_STRICT:
		return strict_call(regs);
	case SECCOMP_MODE_FILTER:
		return filter_call(regs, false);
	default:
		/* Dead, and it makes another call: it must not get far. */
		do_exit(SIGKILL);
	}
}
