/* SPDX-License-Identifier: MIT */
/* The registers of a guest thread, as the kernel sees them between two runs of it. */
#ifndef UM_PTRACE_H
#define UM_PTRACE_H

#include <kern/types.h>

/* In the order of the x86-64 ABI's struct user_regs_struct. */
struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx;
	unsigned long r11, r10, r9, r8;
	unsigned long ax, cx, dx, si, di;
	unsigned long orig_ax; /* number of the system call; -1: not in one */
	unsigned long ip, cs, flags, sp, ss;
};

#define USER_CS	  0x33UL
#define USER32_CS 0x23UL
#define USER_DS	  0x2bUL

#define X86_EFLAGS_CF	 0x00000001UL
#define X86_EFLAGS_FIXED 0x00000002UL
#define X86_EFLAGS_PF	 0x00000004UL
#define X86_EFLAGS_AF	 0x00000010UL
#define X86_EFLAGS_ZF	 0x00000040UL
#define X86_EFLAGS_SF	 0x00000080UL
#define X86_EFLAGS_TF	 0x00000100UL
#define X86_EFLAGS_IF	 0x00000200UL
#define X86_EFLAGS_DF	 0x00000400UL
#define X86_EFLAGS_OF	 0x00000800UL
#define X86_EFLAGS_NT	 0x00004000UL
#define X86_EFLAGS_RF	 0x00010000UL
#define X86_EFLAGS_AC	 0x00040000UL
#define X86_EFLAGS_ID	 0x00200000UL

/* Flags that a guest may set through sigreturn or ptrace. */
#define USER_FLAGS_MASK                                                                            \
	(X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF | X86_EFLAGS_ZF | X86_EFLAGS_SF |           \
	 X86_EFLAGS_TF | X86_EFLAGS_DF | X86_EFLAGS_OF | X86_EFLAGS_RF | X86_EFLAGS_AC)

/* Of any task with a user part; meaningful while it is in the kernel. */
#define task_pt_regs(task) (&(task)->thread.regs)
#define current_pt_regs()  task_pt_regs(current)

/* All pt_regs are a guest's: the kernel's own registers are in host signal frames. */
static inline bool user_mode(const struct pt_regs *regs)
{
	return true;
}

static inline unsigned long instruction_pointer(const struct pt_regs *regs)
{
	return regs->ip;
}

static inline unsigned long user_stack_pointer(const struct pt_regs *regs)
{
	return regs->sp;
}

static inline void regs_set_return_value(struct pt_regs *regs, unsigned long value)
{
	regs->ax = value;
}

static inline unsigned long regs_return_value(const struct pt_regs *regs)
{
	return regs->ax;
}

#endif
