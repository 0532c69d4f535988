// SPDX-License-Identifier: MIT
/* Which memory an instruction touches. */
#include <kern/kernel.h>
#include <kern/ktest.h>
#include <um/ptrace.h>

#include "kernel/ptrace/insn.h"

#define FS_BASE 0x100000UL
#define IP	0x10000UL

static const struct pt_regs regs = {
	.ax = 0x1000, .bx = 0x2000, .cx = 3,	  .dx = 0x4000,	 .si = 0x5000, .di = 0x6000,
	.bp = 0x7000, .sp = 0x8000, .r8 = 0x9000, .r12 = 0xc000, .ip = IP,
};

struct row {
	u8 code[INSN_MAX_BYTES];
	unsigned int len, count;
	struct insn_access want[INSN_MAX_ACCESS];
};

#define R(addr, size) { (addr), (size), true, false }
#define W(addr, size) { (addr), (size), false, true }
#define B(addr, size) { (addr), (size), true, true }

static void check_rows(const struct row *rows, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		const struct row *row = &rows[i];
		struct insn_access got[INSN_MAX_ACCESS] = {};

		KEXPECT_EQ(insn_decode(row->code, row->len, &regs, FS_BASE, 0, got), row->count);
		for (unsigned int k = 0; k < row->count; k++) {
			KEXPECT_EQ(got[k].addr, row->want[k].addr);
			KEXPECT_EQ(got[k].size, row->want[k].size);
			KEXPECT_EQ(got[k].read, row->want[k].read);
			KEXPECT_EQ(got[k].write, row->want[k].write);
		}
	}
}

KTEST_BARE(insn, integer)
{
	static const struct row rows[] = {
		{ { 0x48, 0x89, 0x03 }, 3, 1, { W(0x2000, 8) } },		/* mov %rax,(%rbx) */
		{ { 0x8b, 0x03 }, 2, 1, { R(0x2000, 4) } },			/* mov (%rbx),%eax */
		{ { 0x8a, 0x44, 0x8b, 0x10 }, 4, 1, { R(0x201c, 1) } },		/* 16(%rbx,%rcx,4) */
		{ { 0x64, 0x83, 0x04, 0x25, 0x28, 0, 0, 0, 1 }, 9, 1, { B(FS_BASE + 0x28, 4) } },
		{ { 0x89, 0x05, 0, 1, 0, 0 }, 6, 1, { W(IP + 0x106, 4) } },	/* rip */
		{ { 0x48, 0xc7, 0x05, 0, 1, 0, 0, 7, 0, 0, 0 }, 11, 1, { W(IP + 0x10b, 8) } },
		{ { 0x38, 0x0a }, 2, 1, { R(0x4000, 1) } },			/* cmp %cl,(%rdx) */
		{ { 0x00, 0x0a }, 2, 1, { B(0x4000, 1) } },			/* add %cl,(%rdx) */
		{ { 0x48, 0x8d, 0x03 }, 3, 0, {} },				/* lea */
		{ { 0x48, 0x89, 0xc3 }, 3, 0, {} },				/* mov %rax,%rbx */
		{ { 0xf0, 0x0f, 0xc1, 0x0f }, 4, 1, { B(0x6000, 4) } },		/* lock xadd */
		{ { 0x0f, 0x95, 0x00 }, 3, 1, { W(0x1000, 1) } },		/* setne (%rax) */
		{ { 0x0f, 0xb7, 0x00 }, 3, 1, { R(0x1000, 2) } },		/* movzwl (%rax) */
		{ { 0x66, 0x0f, 0x1f, 0x44, 0, 0 }, 6, 0, {} },			/* nop */
		{ { 0x48, 0xa1, 0, 0, 1, 0, 0, 0, 0, 0 }, 10, 1, { R(0x10000, 8) } },
		{ { 0x48 }, 1, 0, {} },						/* cut short */
	};

	check_rows(rows, ARRAY_SIZE(rows));
}

KTEST_BARE(insn, stack_and_strings)
{
	static const struct row rows[] = {
		{ { 0x55 }, 1, 1, { W(0x7ff8, 8) } },				/* push %rbp */
		{ { 0x5d }, 1, 1, { R(0x8000, 8) } },				/* pop %rbp */
		{ { 0xe8, 0, 0, 0, 0 }, 5, 1, { W(0x7ff8, 8) } },		/* call */
		{ { 0xc3 }, 1, 1, { R(0x8000, 8) } },				/* ret */
		{ { 0xc9 }, 1, 1, { R(0x7000, 8) } },				/* leave */
		{ { 0xff, 0x33 }, 2, 2, { R(0x2000, 8), W(0x7ff8, 8) } },	/* push (%rbx) */
		{ { 0xf3, 0xa4 }, 2, 2, { R(0x5000, 1), W(0x6000, 1) } },	/* rep movsb */
		{ { 0x48, 0xab }, 2, 1, { W(0x6000, 8) } },			/* stosq */
	};

	check_rows(rows, ARRAY_SIZE(rows));
}

KTEST_BARE(insn, floating_point)
{
	static const struct row rows[] = {
		{ { 0x41, 0x0f, 0x11, 0x04, 0x24 }, 5, 1, { W(0xc000, 16) } },	/* movups to (%r12) */
		{ { 0xf2, 0x41, 0x0f, 0x10, 0x08 }, 5, 1, { R(0x9000, 8) } },	/* movsd (%r8) */
		{ { 0xf3, 0x0f, 0x58, 0x00 }, 4, 1, { R(0x1000, 4) } },		/* addss (%rax) */
		{ { 0xc5, 0xfe, 0x7f, 0x07 }, 4, 1, { W(0x6000, 32) } },	/* vmovdqu %ymm0,(%rdi) */
		{ { 0xdd, 0x18 }, 2, 1, { W(0x1000, 8) } },			/* fstpl */
		{ { 0xdb, 0x38 }, 2, 1, { W(0x1000, 10) } },			/* fstpt */
		{ { 0xd9, 0x00 }, 2, 1, { R(0x1000, 4) } },			/* flds */
		{ { 0xd9, 0x38 }, 2, 1, { W(0x1000, 2) } },			/* fnstcw */
	};

	check_rows(rows, ARRAY_SIZE(rows));
}
