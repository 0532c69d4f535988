// SPDX-License-Identifier: MIT
/*
 * Classic BPF: the checker and the interpreter.
 *
 * The machine has an accumulator A, an index X, sixteen words of scratch memory and no way
 * back: jumps go forward, so a program ends after at most as many steps as it has
 * instructions. The checker makes sure of that, of a return at the end, of shifts and divisors
 * that make sense, and that scratch memory is written on every path before it is read, so that
 * nothing of the kernel's stack is shown.
 *
 * Users: system call filters (security/seccomp), socket filters (net).
 */
#include <kern/errno.h>
#include <kern/filter.h>
#include <kern/kernel.h>
#include <lib/string.h>
#include <mm/slab.h>

/* An ancillary "offset" that is an instruction of its own. */
#define XOR_X ((u32)(SKF_AD_OFF + SKF_AD_ALU_XOR_X))

static bool is_alu_op(unsigned int op)
{
	return op <= BPF_XOR && op != BPF_NEG;
}

static bool is_jump_op(unsigned int op)
{
	return op == BPF_JEQ || op == BPF_JGT || op == BPF_JGE || op == BPF_JSET;
}

/* Is it an instruction at all? */
static bool code_is_known(u16 code)
{
	switch (BPF_CLASS(code)) {
	case BPF_ALU:
		return code == (BPF_ALU | BPF_NEG) || is_alu_op(code & 0xf0);
	case BPF_JMP:
		return code == (BPF_JMP | BPF_JA) || is_jump_op(code & 0xf0);
	case BPF_LD:
		if (BPF_MODE(code) == BPF_ABS || BPF_MODE(code) == BPF_IND)
			return BPF_SIZE(code) != 0x18;
		return code == (BPF_LD | BPF_IMM) || code == (BPF_LD | BPF_MEM) ||
		       code == (BPF_LD | BPF_W | BPF_LEN);
	case BPF_LDX:
		return code == (BPF_LDX | BPF_IMM) || code == (BPF_LDX | BPF_MEM) ||
		       code == (BPF_LDX | BPF_W | BPF_LEN) || code == (BPF_LDX | BPF_B | BPF_MSH);
	case BPF_ST:
	case BPF_STX:
		return code == BPF_ST || code == BPF_STX;
	case BPF_RET:
		return code == (BPF_RET | BPF_K) || code == (BPF_RET | BPF_A);
	default:
		return code == (BPF_MISC | BPF_TAX) || code == (BPF_MISC | BPF_TXA);
	}
}

/* The ancillary data that Linux defines, counted from SKF_AD_OFF. */
static bool offset_is_known(u32 offset)
{
	return offset < (u32)SKF_AD_OFF || (offset - (u32)SKF_AD_OFF < SKF_AD_MAX && !(offset & 3));
}

/* One instruction by itself; `left`: how many follow it. */
static bool insn_is_good(const struct sock_filter *insn, unsigned int left)
{
	u16 code = insn->code;

	if (code > 0xff || !code_is_known(code))
		return false;
	switch (code) {
	case BPF_ALU | BPF_DIV | BPF_K:
	case BPF_ALU | BPF_MOD | BPF_K:
		return insn->k != 0;
	case BPF_ALU | BPF_LSH | BPF_K:
	case BPF_ALU | BPF_RSH | BPF_K:
		return insn->k < 32;
	case BPF_LD | BPF_MEM:
	case BPF_LDX | BPF_MEM:
	case BPF_ST:
	case BPF_STX:
		return insn->k < BPF_MEMWORDS;
	case BPF_JMP | BPF_JA:
		return insn->k < left;
	case BPF_LD | BPF_W | BPF_ABS:
	case BPF_LD | BPF_H | BPF_ABS:
	case BPF_LD | BPF_B | BPF_ABS:
		return offset_is_known(insn->k);
	}
	if (BPF_CLASS(code) == BPF_JMP)
		return insn->jt < left && insn->jf < left;
	return true;
}

/*
 * Follows which words of scratch memory are written on every way to each instruction: jumps go
 * forward, so one pass suffices. 0, -EINVAL, -ENOMEM
 */
static int check_scratch(const struct sock_filter *filter, unsigned int len)
{
	u16 *reaching = kmalloc_array(len, sizeof(*reaching), GFP_KERNEL);
	u16 written = 0;
	int error = 0;

	if (!reaching)
		return -ENOMEM;
	memset(reaching, 0xff, len * sizeof(*reaching));
	for (unsigned int pc = 0; pc < len && !error; pc++) {
		const struct sock_filter *insn = &filter[pc];

		written &= reaching[pc];
		switch (insn->code) {
		case BPF_ST:
		case BPF_STX:
			written |= 1U << insn->k;
			break;
		case BPF_LD | BPF_MEM:
		case BPF_LDX | BPF_MEM:
			if (!(written & (1U << insn->k)))
				error = -EINVAL;
			break;
		case BPF_JMP | BPF_JA:
			reaching[pc + 1 + insn->k] &= written;
			written = 0xffff;
			break;
		default:
			if (BPF_CLASS(insn->code) != BPF_JMP)
				break;
			reaching[pc + 1 + insn->jt] &= written;
			reaching[pc + 1 + insn->jf] &= written;
			/* What follows is reached through one of the two. */
			written = 0xffff;
		}
	}
	kfree(reaching);
	return error;
}

int bpf_check_classic(const struct sock_filter *filter, unsigned int len)
{
	if (!len || len > BPF_MAXINSNS)
		return -EINVAL;
	for (unsigned int pc = 0; pc < len; pc++)
		if (!insn_is_good(&filter[pc], len - pc - 1))
			return -EINVAL;
	if (BPF_CLASS(filter[len - 1].code) != BPF_RET)
		return -EINVAL;
	return check_scratch(filter, len);
}

/* A shift by X counts modulo 32, division by an X of 0 ends the program: see the caller. */
static u32 alu(u16 op, u32 a, u32 b)
{
	switch (op) {
	case BPF_ADD:
		return a + b;
	case BPF_SUB:
		return a - b;
	case BPF_MUL:
		return a * b;
	case BPF_DIV:
		return a / b;
	case BPF_MOD:
		return a % b;
	case BPF_AND:
		return a & b;
	case BPF_OR:
		return a | b;
	case BPF_XOR:
		return a ^ b;
	case BPF_LSH:
		return a << (b & 31);
	case BPF_RSH:
		return a >> (b & 31);
	default:
		return -a;
	}
}

static bool condition(u16 op, u32 a, u32 b)
{
	switch (op) {
	case BPF_JEQ:
		return a == b;
	case BPF_JGT:
		return a > b;
	case BPF_JGE:
		return a >= b;
	default:
		return a & b;
	}
}

static unsigned int load_size(u16 code)
{
	return BPF_SIZE(code) == BPF_W ? 4 : BPF_SIZE(code) == BPF_H ? 2 : 1;
}

u32 bpf_run_classic(const struct sock_filter *filter, const struct bpf_classic_data *data)
{
	u32 a = 0, x = 0, mem[BPF_MEMWORDS];

	for (const struct sock_filter *insn = filter;; insn++) {
		u16 code = insn->code;
		u32 k = insn->k, operand = code & BPF_X ? x : k;

		switch (BPF_CLASS(code)) {
		case BPF_ALU:
			if (!operand && ((code & 0xf0) == BPF_DIV || (code & 0xf0) == BPF_MOD))
				return 0;
			a = alu(code & 0xf0, a, operand);
			break;
		case BPF_JMP:
			if (code == (BPF_JMP | BPF_JA))
				insn += k;
			else
				insn += condition(code & 0xf0, a, operand) ? insn->jt : insn->jf;
			break;
		case BPF_LD:
			if (BPF_MODE(code) == BPF_IMM)
				a = k;
			else if (BPF_MODE(code) == BPF_MEM)
				a = mem[k];
			else if (BPF_MODE(code) == BPF_LEN)
				a = data->len;
			else if (BPF_MODE(code) == BPF_ABS && k == XOR_X)
				a ^= x;
			else if (!data->load(data, BPF_MODE(code) == BPF_IND ? k + x : k,
					     load_size(code), &a))
				return 0;
			break;
		case BPF_LDX:
			if (BPF_MODE(code) == BPF_IMM)
				x = k;
			else if (BPF_MODE(code) == BPF_MEM)
				x = mem[k];
			else if (BPF_MODE(code) == BPF_LEN)
				x = data->len;
			else if (!data->load(data, k, 1, &x))
				return 0;
			else
				x = (x & 0xf) << 2; /* BPF_MSH: an IP header's length */
			break;
		case BPF_ST:
			mem[k] = a;
			break;
		case BPF_STX:
			mem[k] = x;
			break;
		case BPF_RET:
			return BPF_RVAL(code) == BPF_A ? a : k;
		default:
			if (BPF_MISCOP(code) == BPF_TAX)
				x = a;
			else
				a = x;
		}
	}
}
