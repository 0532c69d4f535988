/* SPDX-License-Identifier: MIT */
/* What memory an instruction is going to touch. */
#ifndef PTRACE_INSN_H
#define PTRACE_INSN_H

#include <kern/types.h>

struct pt_regs;

#define INSN_MAX_BYTES	15
#define INSN_MAX_ACCESS 3

struct insn_access {
	unsigned long addr;
	unsigned int size;
	bool read, write;
};

/*
 * Decodes the instruction at regs->ip, of which `len` bytes are in `code`: fills `access`,
 * returns how many. Of an instruction that it does not know it says nothing.
 * => any context
 */
unsigned int insn_decode(const u8 *code, unsigned int len, const struct pt_regs *regs,
			 unsigned long fsbase, unsigned long gsbase, struct insn_access *access);

#endif
