// SPDX-License-Identifier: MIT
/*
 * Going by instructions: PTRACE_SINGLESTEP, and debug registers, which the processor leaves to
 * the host.
 *
 * regs->flags holds the trap flag as the program set it. When it is to run one instruction the
 * machine adds TF on the way out and takes it away on the way in (thread->step), so that nobody
 * sees it; a program that pushes its flags while it is stepped does, as on Linux.
 *
 * A system call is one instruction too, but the processor drops TF in it: the step is reported
 * at the call's end (syscall_exit_work() in kernel/syscall/entry.c).
 */
#include <kern/entry.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <lib/string.h>
#include <mm/uaccess.h>
#include <um/ptrace.h>

#include <asm/debugreg.h>

#include "internal.h"

#define INSN_MAX 15
#define OP_POPF	 0x9d
#define OP_IRET	 0xcf

void user_enable_single_step(struct task_struct *task)
{
	set_tsk_thread_flag(task, TIF_SINGLESTEP);
}

void user_disable_single_step(struct task_struct *task)
{
	clear_tsk_thread_flag(task, TIF_SINGLESTEP);
}

static bool is_prefix(unsigned char byte)
{
	return (byte & 0xf0) == 0x40 || (byte & 0xe7) == 0x26 || (byte >= 0x64 && byte <= 0x67) ||
	       byte == 0xf0 || byte == 0xf2 || byte == 0xf3;
}

/* Does the instruction take the trap flag from memory? */
static bool loads_trap_flag(const struct pt_regs *regs)
{
	unsigned char insn[INSN_MAX] = {};
	unsigned long missing = copy_from_user(insn, (void __user *)regs->ip, sizeof(insn));
	unsigned int i = 0;

	while (i < sizeof(insn) - missing && is_prefix(insn[i]))
		i++;
	return i < sizeof(insn) - missing && (insn[i] == OP_POPF || insn[i] == OP_IRET);
}

void prepare_user_step(struct pt_regs *regs)
{
	struct thread_struct *thread = &current->thread;

	thread->step = STEP_FORCE_TF;
	if (loads_trap_flag(regs))
		thread->step |= STEP_KEEP_TF;
	if (test_thread_flag(TIF_HW_BREAKPOINT))
		hw_breakpoint_before(regs);
}

void do_user_debug(struct pt_regs *regs, int si_code)
{
	struct thread_struct *thread = &current->thread;
	/* Without our TF it is the program's own, or the instruction int1. */
	bool step = !thread->step || test_thread_flag(TIF_SINGLESTEP) ||
		    (regs->flags & X86_EFLAGS_TF);
	unsigned long hits = 0;

	regs->orig_ax = -1UL;
	if (test_thread_flag(TIF_HW_BREAKPOINT))
		hits = hw_breakpoint_after(regs);
	if (si_code != TRAP_TRACE) {
		thread->debugreg[6] = hits;
		force_sig_fault(SIGTRAP, TRAP_BRKPT, (void __user *)regs->ip);
		return;
	}
	if (!step && !hits)
		return;
	thread->debugreg[6] = hits | (step ? DR_STEP : 0);
	force_sig_fault(SIGTRAP, step ? TRAP_TRACE : TRAP_HWBKPT, (void __user *)regs->ip);
}
