// SPDX-License-Identifier: MIT
/*
 * System calls that come from a rewritten site by its trampoline, without a signal.
 *
 * The registers are in the slot then, and there is no frame: the FPU state stays in the
 * processor. The thread can go back the same way when all that changed are general registers.
 * For anything else (a signal's handler, fork, new FPU state, other flags or another place to go
 * on) it is made to leave the trampoline by a signal first, and then is as after any other event:
 *
 *            trampoline, STUB_EVENT_CALL
 *   frame -----------------------------> in_trampoline --.
 *     ^                                    |         ^   | trampoline_store(): same place,
 *     |  signal or STUB_EVENT_LEFT         |         '---' only general registers changed
 *     '------------------------------------'
 *        trampoline_leave(), or a kick on the way back
 *
 * What a guest sees of its own state never names the stub: `ip` is behind the original
 * `syscall`, and events inside a trampoline or in the middle of a jump become what the original
 * instructions would have done.
 */
#include <kern/entry.h>
#include <kern/errno.h>
#include <kern/kernel.h>
#include <kern/signal.h>
#include <kern/task.h>
#include <mm/uaccess.h>
#include <stub_sites.h>
#include <um/processor.h>
#include "../text/text.h"
#include "trap.h"

#define TRAP_GP 13

/* CF, PF, AF, ZF, SF: what lahf stores in ah, with a 1 among them; the sixth is OF. */
#define LAHF_FLAGS	 0xd5UL
#define LAHF_FIXED	 0x200UL
#define ARITHMETIC_FLAGS (LAHF_FLAGS | X86_EFLAGS_OF)

/* In the order of SLOT_REGS. cx and r11 are what `syscall` makes them. */
static const unsigned short regs_at[] = {
#define REG(field) __builtin_offsetof(struct pt_regs, field)
	REG(ax), REG(bx),  REG(dx),  REG(si),  REG(di),	 REG(bp),  REG(sp), REG(r8),
	REG(r9), REG(r10), REG(r11), REG(r12), REG(r13), REG(r14), REG(r15)
#undef REG
};

static unsigned long *reg(struct pt_regs *regs, unsigned int i)
{
	return (unsigned long *)((char *)regs + regs_at[i]);
}

/* `lahf; seto %al` to flags and back. */
static unsigned long unpack_flags(u64 packed)
{
	unsigned long low = packed >> 8 & LAHF_FLAGS;

	return low | (packed & 1 ? X86_EFLAGS_OF : 0) | X86_EFLAGS_FIXED | X86_EFLAGS_IF;
}

static u64 pack_flags(unsigned long flags)
{
	return (flags & LAHF_FLAGS) << 8 | LAHF_FIXED | (flags & X86_EFLAGS_OF ? 1 : 0);
}

/* The flags after cmp $value, %rax. */
static unsigned long compare_flags(unsigned long flags, unsigned long a, s32 value)
{
	u64 packed = 0;

	__asm__("cmpq %2, %1; lahf; seto %%al" : "+a"(packed) : "r"(a), "r"((long)value) : "cc");
	return (flags & ~ARITHMETIC_FLAGS) | (unpack_flags(packed) & ARITHMETIC_FLAGS);
}

/* Behind the `cmp` of the site where the call returned to, if it did. */
static void step_over(struct pt_regs *regs, const struct site *site)
{
	if (site->kind != SITE_VAR)
		return;
	regs->flags = compare_flags(regs->flags, regs->ax, site->value);
	regs->ip += SITE_CMP_BYTES;
}

/* As the instruction leaves the registers. */
static void enter_syscall(struct pt_regs *regs, unsigned long nr, unsigned long ip)
{
	regs->ax = nr;
	regs->ip = ip;
	regs->cx = ip;
	regs->r11 = regs->flags;
}

static void syscall_at(struct pt_regs *regs, unsigned long nr, unsigned long ip)
{
	enter_syscall(regs, nr, ip);
	regs->orig_ax = nr;
	regs->ax = -ENOSYS;
	do_syscall_64(regs);
}

/* => hostile input: every word may be anything, and is read once. */
bool trampoline_load(struct guest_slot *slot, struct thread_struct *thread)
{
	struct pt_regs *regs = &thread->regs;
	u64 call = *slot_quad(slot, SLOT_SITE);
	unsigned long at = guest_site(slot->guest, (u32)call);

	slot->in_trampoline = true;
	for (unsigned int i = 1; i < ARRAY_SIZE(regs_at); i++)
		*reg(regs, i) = *slot_quad(slot, SLOT_REGS + i * 8);
	regs->flags = unpack_flags(*slot_quad(slot, SLOT_TFLAGS));
	regs->cs = USER_CS;
	regs->ss = USER_DS;
	regs->orig_ax = -1UL;
	if (host_guest_config()->fsgsbase)
		thread->fsbase = *slot_quad(slot, SLOT_FSBASE);
	thread->gsbase = 0;
	if (!at || !site_get((u32)call, &slot->site)) {
		slot->tramp_ip = 0;
		return false;
	}
	enter_syscall(regs, slot->site.kind == SITE_CONST ? slot->site.value : call >> 32,
		      at + site_length(&slot->site));
	slot->tramp_ip = regs->ip;
	slot->tramp_flags = regs->flags;
	slot->tramp_fsbase = thread->fsbase;
	return true;
}

bool trampoline_can_return(const struct guest_slot *slot, const struct thread_struct *thread)
{
	const struct pt_regs *regs = &thread->regs;

	return regs->ip == slot->tramp_ip && regs->cx == regs->ip &&
	       regs->flags == slot->tramp_flags && regs->cs == USER_CS &&
	       thread->fsbase == slot->tramp_fsbase && !thread->gsbase && !thread->fpu_init &&
	       !thread->step;
}

/* => trampoline_can_return() */
void trampoline_store(struct guest_slot *slot, const struct thread_struct *thread)
{
	struct pt_regs regs = thread->regs;

	step_over(&regs, &slot->site);
	for (unsigned int i = 0; i < ARRAY_SIZE(regs_at); i++)
		*slot_quad(slot, SLOT_REGS + i * 8) = *reg(&regs, i);
	*slot_quad(slot, SLOT_TFLAGS) = pack_flags(regs.flags);
	*slot_quad(slot, SLOT_RIP) = regs.ip;
	*slot_word(slot, SLOT_KICKED) = 0;
	*slot_word(slot, SLOT_WANT_FRAME) = 0;
}

/* After it left the trampoline: what trampoline_store() would have done. */
void trampoline_step_over(const struct guest_slot *slot, struct pt_regs *regs)
{
	if (regs->ip == slot->tramp_ip)
		step_over(regs, &slot->site);
}

/* A system call whose thread uses %gs itself: the trampoline gave up. */
static bool fix_slow_call(struct guest_slot *slot, struct pt_regs *regs)
{
	u64 call = regs->cx;
	unsigned long at = guest_site(slot->guest, (u32)call);
	struct site site;

	if (!at || !site_get((u32)call, &site))
		return false;
	regs->flags = (regs->flags & ~ARITHMETIC_FLAGS) | unpack_flags(regs->ax);
	syscall_at(regs, site.kind == SITE_CONST ? site.value : call >> 32,
		   at + site_length(&site));
	return true;
}

/* A step of a debugger or of the program itself ended in the trampoline. */
static bool fix_step(struct guest_slot *slot, struct pt_regs *regs)
{
	u32 nr = (regs->ip - STUB_TRAMP) / STUB_TRAMP_STRIDE;
	unsigned long at = guest_site(slot->guest, nr);
	struct site site;

	if (!at || !site_get(nr, &site))
		return false;
	if (site.kind == SITE_VAR) {
		syscall_at(regs, regs->ax, at + site_length(&site));
		return true;
	}
	regs->ax = site.value;
	regs->ip = at + site_length(&site) - 2;
	return false;
}

static bool read_text(unsigned long ip, u8 *bytes, unsigned int size)
{
	return !copy_from_user(bytes, (const void __user *)ip, size);
}

/* No processor calls a `syscall` unknown: what was executed is the middle of a jump. */
static bool fix_middle_syscall(struct pt_regs *regs)
{
	u8 bytes[2];

	if (!read_text(regs->ip, bytes, sizeof(bytes)) || bytes[0] != 0x0f || bytes[1] != 0x05)
		return false;
	syscall_at(regs, regs->ax, regs->ip + 2);
	return true;
}

static bool fix_middle_compare(struct pt_regs *regs)
{
	u8 bytes[SITE_CMP_BYTES];
	s32 value;

	if (!read_text(regs->ip, bytes, sizeof(bytes)) || bytes[0] != 0x48 || bytes[1] != 0x3d)
		return false;
	__builtin_memcpy(&value, bytes + 2, sizeof(value));
	regs->flags = compare_flags(regs->flags, regs->ax, value);
	regs->ip += SITE_CMP_BYTES;
	return true;
}

bool trampoline_fix(struct guest_slot *slot, struct thread_struct *thread, int signr)
{
	struct pt_regs *regs = &thread->regs;

	if (!text_works())
		return false;
	switch (signr) {
	case SIGILL:
		if (regs->ip == STUB_AT_tramp_slow)
			return fix_slow_call(slot, regs);
		return fix_middle_syscall(regs);
	case SIGSEGV:
	case SIGBUS:
		if (regs->ip == STUB_AT_tramp_self)
			return fix_slow_call(slot, regs);
		return thread->trap_nr == TRAP_GP && fix_middle_compare(regs);
	case SIGTRAP:
		if (regs->ip >= STUB_TRAMP &&
		    regs->ip < STUB_TRAMP + STUB_MAX_SITES * STUB_TRAMP_STRIDE)
			return fix_step(slot, regs);
		return false;
	}
	return false;
}
