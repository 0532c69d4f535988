// SPDX-License-Identifier: MIT
/* The machine's part of a task: its host thread in the stub, at fork, exec and exit. */
#include <kern/errno.h>
#include <kern/task.h>
#include <lib/string.h>
#include <linux/sched.h>
#include <mm/mm_types.h>
#include <mm/slab.h>
#include <um/mmu.h>
#include <um/processor.h>
#include <um/thread.h>
#include "handover.h"
#include "trap.h"

int thread_bind(struct task_struct *task)
{
	struct thread_struct *thread = &task->thread;
	struct mm_struct *mm = task->mm;
	int error = um_mm_attach(mm);

	if (error)
		return error;
	if (thread->slot && thread->slot->guest == mm->context.guest)
		return 0;
	arch_release_thread(task);
	thread->slot = guest_slot_take(mm->context.guest);
	if (!thread->slot)
		return -EAGAIN;
	handover_reset(thread->slot);
	/* It may still be parked in its last owner's last call. */
	trampoline_leave(thread->slot);
	thread->slot->tramp_ip = 0;
	return 0;
}

int arch_dup_thread(struct task_struct *child, u64 clone_flags, unsigned long newsp,
		    unsigned long tls)
{
	struct thread_struct *from = &current->thread, *to = &child->thread;
	int error;

	um_state_complete();
	to->regs = from->regs;
	to->regs.ax = 0;
	if (newsp)
		to->regs.sp = newsp;
	to->fsbase = clone_flags & CLONE_SETTLS ? tls : from->fsbase;
	to->gsbase = from->gsbase;
	to->fpu_init = true;
	to->fpu_next = NULL;
	to->slot = NULL;
	to->step = 0;
	memset(to->debugreg, 0, sizeof(to->debugreg));
	if (!child->mm)
		return 0;
	if (child->mm != current->mm)
		fork_context(child->mm, current->mm);
	error = thread_bind(child);
	if (error)
		return error;
	if (from->slot && to->slot->guest != from->slot->guest)
		guest_inherit(child->mm, from->slot->guest);
	if (from->slot && !from->fpu_init) {
		fpu_slot_copy(to->slot, from->slot);
		to->fpu_init = false;
		to->slot->site = from->slot->site;
		to->slot->tramp_ip = from->slot->tramp_ip;
	}
	return 0;
}

void arch_release_thread(struct task_struct *task)
{
	struct guest_slot *slot = task->thread.slot;

	task->thread.slot = NULL;
	kfree(task->thread.fpu_next);
	task->thread.fpu_next = NULL;
	if (!slot)
		return;
	handover_reset(slot);
	guest_slot_put(slot);
}

void arch_flush_thread(void)
{
	struct thread_struct *thread = &current->thread;

	arch_release_thread(current);
	thread->fsbase = 0;
	thread->gsbase = 0;
	thread->fpu_init = true;
	thread->step = 0;
	/* The call under way is execve(), until it returns. */
	memset(&thread->regs, 0, offsetof(struct pt_regs, orig_ax));
}

void start_thread(struct pt_regs *regs, unsigned long ip, unsigned long sp)
{
	memset(regs, 0, offsetof(struct pt_regs, orig_ax));
	regs->ip = ip;
	regs->sp = sp;
	regs->cs = USER_CS;
	regs->ss = USER_DS;
	regs->flags = X86_EFLAGS_IF | X86_EFLAGS_FIXED;
}

int um_set_fsbase(struct task_struct *task, unsigned long base)
{
	if (base >= TASK_SIZE_MAX)
		return -EPERM;
	task->thread.fsbase = base;
	return 0;
}

int um_set_gsbase(struct task_struct *task, unsigned long base)
{
	if (base >= TASK_SIZE_MAX)
		return -EPERM;
	task->thread.gsbase = base;
	return 0;
}
