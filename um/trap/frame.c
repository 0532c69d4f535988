// SPDX-License-Identifier: MIT
/* Registers between the host's signal frame in a slot and the kernel's thread_struct. */
#include <kern/task.h>
#include <um/ptrace.h>
#include "trap.h"

static volatile u64 *uc_quad(const struct guest_slot *slot, unsigned int offset)
{
	return slot_quad(slot, host_guest_config()->uc_offset + offset);
}

/* Pairs of a place in the ucontext and a field of pt_regs. */
static const struct {
	unsigned short uc, reg;
} places[] = {
#define PLACE(name, field)                                                                         \
	{                                                                                          \
		UC_##name, __builtin_offsetof(struct pt_regs, field)                               \
	}
	PLACE(R8, r8),	 PLACE(R9, r9),	  PLACE(R10, r10), PLACE(R11, r11), PLACE(R12, r12),
	PLACE(R13, r13), PLACE(R14, r14), PLACE(R15, r15), PLACE(DI, di),   PLACE(SI, si),
	PLACE(BP, bp),	 PLACE(BX, bx),	  PLACE(DX, dx),   PLACE(AX, ax),   PLACE(CX, cx),
#undef PLACE
};

static unsigned long *reg_at(struct pt_regs *regs, unsigned int offset)
{
	return (unsigned long *)((char *)regs + offset);
}

/* The flags without a TF that was only set to step: see <um/thread.h>. */
static unsigned long own_flags(const struct thread_struct *thread, unsigned long flags,
			       unsigned long ip)
{
	/* An instruction that loads TF has done so once it is behind us. */
	if (!thread->step || ((thread->step & STEP_KEEP_TF) && ip != thread->regs.ip))
		return flags;
	return (flags & ~X86_EFLAGS_TF) | (thread->regs.flags & X86_EFLAGS_TF);
}

/* => hostile input: every word may be anything. */
void frame_load(const struct guest_slot *slot, struct thread_struct *thread)
{
	struct pt_regs *regs = &thread->regs;
	unsigned long ip = *uc_quad(slot, UC_IP);

	for (unsigned int i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		*reg_at(regs, places[i].reg) = *uc_quad(slot, places[i].uc);
	regs->sp = *uc_quad(slot, UC_SP);
	regs->flags = own_flags(thread, *uc_quad(slot, UC_FLAGS), ip);
	regs->ip = ip;
	regs->cs = *uc_quad(slot, UC_CS) & 0xffff;
	regs->ss = USER_DS;
	regs->orig_ax = -1UL;
	if (!host_guest_config()->fsgsbase)
		return;
	thread->fsbase = *slot_quad(slot, SLOT_FSBASE);
	thread->gsbase = *slot_quad(slot, SLOT_GSBASE);
	/* Ours, for trampolines, as long as the guest has none of its own. */
	if (thread->gsbase == slot_address(slot))
		thread->gsbase = 0;
}

void frame_store(const struct guest_slot *slot, struct thread_struct *thread)
{
	struct pt_regs *regs = &thread->regs;
	volatile u64 *iret = slot_quad(slot, host_guest_config()->uc_offset - SLOT_IRET_BELOW_UC);

	trampoline_step_over(slot, regs);
	for (unsigned int i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		*uc_quad(slot, places[i].uc) = *reg_at(regs, places[i].reg);
	if (regs->cs != USER32_CS)
		regs->cs = USER_CS;
	regs->ss = USER_DS;
	regs->flags &= USER_FLAGS_MASK | X86_EFLAGS_NT | X86_EFLAGS_ID;
	regs->flags |= X86_EFLAGS_IF | X86_EFLAGS_FIXED;
	/* Twice: for iretq, and for us, should a kick come before the guest runs. */
	iret[0] = *uc_quad(slot, UC_IP) = regs->ip;
	iret[1] = *uc_quad(slot, UC_CS) = regs->cs;
	iret[2] = *uc_quad(slot, UC_FLAGS) =
		regs->flags | (thread->step & STEP_FORCE_TF ? X86_EFLAGS_TF : 0);
	iret[3] = *uc_quad(slot, UC_SP) = regs->sp;
	iret[4] = regs->ss;
	*slot_word(slot, SLOT_KICKED) = 0;
	/* Taken: a kick that comes from here on must not announce it again (guest.S, nested). */
	*slot_word(slot, host_guest_config()->info_offset) = 0;
	*slot_quad(slot, SLOT_FSBASE) = thread->fsbase;
	*slot_quad(slot, SLOT_GSBASE) = thread->gsbase ?: slot_address(slot);
}
