// SPDX-License-Identifier: MIT
/*
 * Debug registers without the processor's: while one is armed, the task goes by single
 * instructions, and before and after each one we look.
 *
 *	execution	the instruction pointer is at the address: SIGTRAP before it is executed;
 *			RF keeps it from happening twice
 *	write		the instruction writes (insn.c says which memory it touches), or the
 *			watched bytes are not what they were before it
 *	read or write	likewise, and it may read
 *
 * What the kernel itself writes for a system call is not reported, as on Linux.
 */
#include <kern/errno.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <mm/uaccess.h>
#include <um/processor.h>
#include <um/ptrace.h>

#include <asm/debugreg.h>

#include "insn.h"
#include "internal.h"

#define NR_BREAKPOINTS 4

#define TYPE_EXECUTE 0
#define TYPE_WRITE   1
#define TYPE_IO	     2

static bool is_enabled(unsigned long dr7, unsigned int i)
{
	return dr7 >> (i * DR_ENABLE_SIZE) & 3;
}

static unsigned int type_of(unsigned long dr7, unsigned int i)
{
	return dr7 >> (DR_CONTROL_SHIFT + i * DR_CONTROL_SIZE) & 3;
}

static unsigned int length_of(unsigned long dr7, unsigned int i)
{
	static const unsigned char lengths[] = { 1, 2, 8, 4 };

	return lengths[dr7 >> (DR_CONTROL_SHIFT + i * DR_CONTROL_SIZE + 2) & 3];
}

unsigned long get_debugreg(const struct task_struct *task, unsigned int nr)
{
	if (nr == 4 || nr == 5)
		return 0;
	return nr == 6 ? task->thread.debugreg[6] ^ DR6_RESERVED : task->thread.debugreg[nr];
}

static int check_dr7(const struct task_struct *task, unsigned long dr7)
{
	for (unsigned int i = 0; i < NR_BREAKPOINTS; i++) {
		unsigned int type = type_of(dr7, i), length = length_of(dr7, i);

		if (!is_enabled(dr7, i))
			continue;
		if (type == TYPE_IO || (type == TYPE_EXECUTE && length != 1) ||
		    (task->thread.debugreg[i] & (length - 1)))
			return -EINVAL;
	}
	return 0;
}

int set_debugreg(struct task_struct *task, unsigned int nr, unsigned long value)
{
	unsigned long *reg = &task->thread.debugreg[nr];
	int error = 0;

	if (nr == 4 || nr == 5)
		return -EIO;
	if (nr == 6) {
		*reg = value ^ DR6_RESERVED;
		return 0;
	}
	if (nr == 7) {
		error = check_dr7(task, value);
		if (error)
			return error;
		*reg = value;
		if (value & 0xff)
			set_tsk_thread_flag(task, TIF_HW_BREAKPOINT);
		else
			clear_tsk_thread_flag(task, TIF_HW_BREAKPOINT);
		return 0;
	}
	if (value >= TASK_SIZE)
		return -EINVAL;
	*reg = value;
	return 0;
}

void flush_hw_breakpoints(struct task_struct *task)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(task->thread.debugreg); i++)
		task->thread.debugreg[i] = 0;
	clear_tsk_thread_flag(task, TIF_HW_BREAKPOINT);
}

static u64 watched_value(unsigned long addr, unsigned int length)
{
	u64 value = 0;

	if (copy_from_user_nofault(&value, (void __user *)addr, length))
		return 0;
	return value;
}

/* Does the instruction that is about to run touch what that register watches? */
static bool will_touch(const struct thread_struct *thread, unsigned int i,
		       const struct insn_access *access, unsigned int count)
{
	unsigned long begin = thread->debugreg[i], dr7 = thread->debugreg[7];
	unsigned long end = begin + length_of(dr7, i);
	bool writes_only = type_of(dr7, i) == TYPE_WRITE;

	for (unsigned int n = 0; n < count; n++)
		if (access[n].addr < end && access[n].addr + access[n].size > begin &&
		    (access[n].write || !writes_only))
			return true;
	return false;
}

void hw_breakpoint_before(struct pt_regs *regs)
{
	struct thread_struct *thread = &current->thread;
	unsigned long dr7 = thread->debugreg[7], hits = 0;
	struct insn_access access[INSN_MAX_ACCESS];
	u8 code[INSN_MAX_BYTES];
	unsigned int count;

	count = sizeof(code) - copy_from_user(code, (void __user *)regs->ip, sizeof(code));
	count = insn_decode(code, count, regs, thread->fsbase, thread->gsbase, access);
	thread->touched = 0;

	for (unsigned int i = 0; i < NR_BREAKPOINTS; i++) {
		if (!is_enabled(dr7, i))
			continue;
		if (type_of(dr7, i) != TYPE_EXECUTE) {
			thread->watched[i] = watched_value(thread->debugreg[i], length_of(dr7, i));
			if (will_touch(thread, i, access, count))
				thread->touched |= 1U << i;
		} else if (regs->ip == thread->debugreg[i] && !(regs->flags & X86_EFLAGS_RF)) {
			hits |= 1UL << i;
		}
	}
	if (!hits)
		return;
	regs->flags |= X86_EFLAGS_RF;
	thread->debugreg[6] = hits;
	force_sig_fault(SIGTRAP, TRAP_HWBKPT, (void __user *)regs->ip);
}

unsigned long hw_breakpoint_after(struct pt_regs *regs)
{
	const struct thread_struct *thread = &current->thread;
	unsigned long dr7 = thread->debugreg[7], hits = 0;

	for (unsigned int i = 0; i < NR_BREAKPOINTS; i++) {
		if (!is_enabled(dr7, i) || type_of(dr7, i) == TYPE_EXECUTE)
			continue;
		if ((thread->touched >> i & 1) ||
		    watched_value(thread->debugreg[i], length_of(dr7, i)) != thread->watched[i])
			hits |= 1UL << i;
	}
	return hits;
}
