/* SPDX-License-Identifier: MIT */
/* A guest thread's general registers, as it entered the kernel. */
#ifndef UM_PTRACE_H
#define UM_PTRACE_H

#include <kern/types.h>

/* The layout of the ABI's user_regs_struct up to ss. */
struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx;
	unsigned long r11, r10, r9, r8, ax, cx, dx, si, di;
	unsigned long orig_ax;		/* the system call's number, or -1 */
	unsigned long ip, cs, flags, sp, ss;
};

#define user_mode(regs) ((regs) != NULL)
#define instruction_pointer(regs) ((regs)->ip)
#define user_stack_pointer(regs) ((regs)->sp)
#define regs_return_value(regs) ((long)(regs)->ax)

#define USER_CS 0x33UL
#define USER_DS 0x2bUL
#define X86_EFLAGS_TF 0x100UL
#define X86_EFLAGS_DF 0x400UL
#define X86_EFLAGS_FIXED 0x202UL
/* The flags that a signal frame or ptrace may set: CF PF AF ZF SF TF DF OF RF AC. */
#define X86_EFLAGS_USER 0x50dd5UL

#endif
