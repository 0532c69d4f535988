// SPDX-License-Identifier: MIT
/*
 * A decoder of x86-64 instructions, as far as watchpoints need one: which bytes are read and
 * written. It knows the whole one-byte map, and of the others what touches memory; sizes of
 * vector instructions are those of the whole register where they do not matter.
 *
 *	prefixes | REX, VEX or EVEX | opcode (map 0: one byte, 1: 0F, 2: 0F38, 3: 0F3A)
 *	| ModRM, SIB, displacement | immediate
 */
#include <kern/kernel.h>
#include <um/ptrace.h>

#include "insn.h"

struct insn {
	const u8 *code;
	unsigned int len, at;
	const struct pt_regs *regs;
	unsigned long segment; /* base */
	bool rex_w, opsize, addrsize, rep, repne;
	u8 rex; /* R X B bits, as in REX */
	u8 map, opcode, modrm;
	unsigned int vector; /* bytes of a VEX or EVEX register, 0: neither */
	bool evex, overrun;
	struct insn_access *out;
	unsigned int count;
};

static u8 next(struct insn *in)
{
	if (in->at < in->len)
		return in->code[in->at++];
	in->overrun = true;
	return 0;
}

static unsigned long reg_value(const struct pt_regs *r, unsigned int nr)
{
	const unsigned long values[16] = { r->ax,  r->cx,  r->dx,  r->bx, r->sp,  r->bp,
					   r->si,  r->di,  r->r8,  r->r9, r->r10, r->r11,
					   r->r12, r->r13, r->r14, r->r15 };

	return values[nr & 15];
}

static void touch(struct insn *in, unsigned long addr, unsigned int size, bool read, bool write)
{
	if (in->count < INSN_MAX_ACCESS && size)
		in->out[in->count++] = (struct insn_access){ addr, size, read, write };
}

/* ---- prefixes ---- */

static bool legacy_prefix(struct insn *in, u8 byte, unsigned long fsbase, unsigned long gsbase)
{
	switch (byte) {
	case 0x64:
		in->segment = fsbase;
		return true;
	case 0x65:
		in->segment = gsbase;
		return true;
	case 0x66:
		in->opsize = true;
		return true;
	case 0x67:
		in->addrsize = true;
		return true;
	case 0xf2:
		in->repne = true;
		return true;
	case 0xf3:
		in->rep = true;
		return true;
	case 0x26:
	case 0x2e:
	case 0x36:
	case 0x3e:
	case 0xf0:
		return true;
	}
	return false;
}

/* The mandatory prefix that VEX and EVEX hold in two bits. */
static void set_pp(struct insn *in, u8 pp)
{
	in->opsize = pp == 1;
	in->rep = pp == 2;
	in->repne = pp == 3;
}

static void read_vex(struct insn *in, u8 first)
{
	u8 a = next(in), b;

	if (first == 0xc5) {
		in->rex = ~a >> 5 & 4;
		in->map = 1;
		b = a;
	} else {
		in->rex = ~a >> 5 & 7;
		in->map = a & (first == 0x62 ? 7 : 0x1f);
		b = next(in);
		in->rex_w = b & 0x80;
	}
	set_pp(in, b & 3);
	in->vector = b & 4 ? 32 : 16;
	if (first == 0x62) {
		b = next(in);
		in->evex = true;
		in->vector = 16U << (b >> 5 & 3);
	}
	in->opcode = next(in);
}

static void read_opcode(struct insn *in, unsigned long fsbase, unsigned long gsbase)
{
	u8 byte = next(in);

	while (!in->overrun && legacy_prefix(in, byte, fsbase, gsbase))
		byte = next(in);
	if ((byte & 0xf0) == 0x40) {
		in->rex = byte & 7;
		in->rex_w = byte & 8;
		byte = next(in);
	}
	if (byte == 0xc4 || byte == 0xc5 || byte == 0x62) {
		read_vex(in, byte);
		return;
	}
	if (byte == 0x0f) {
		byte = next(in);
		in->map = byte == 0x38 ? 2 : byte == 0x3a ? 3 : 1;
		if (in->map > 1)
			byte = next(in);
	}
	in->opcode = byte;
}

/* ---- ModRM ---- */

static unsigned int operand_size(const struct insn *in)
{
	return in->rex_w ? 8 : in->opsize ? 2 : 4;
}

/* Bytes behind the displacement: an address relative to rip counts from their end. */
static unsigned int immediate_size(const struct insn *in)
{
	u8 op = in->opcode, reg = in->modrm >> 3 & 7;

	if (in->map == 3)
		return 1;
	if (in->map == 1)
		return (op >= 0x70 && op <= 0x73) || op == 0xa4 || op == 0xac || op == 0xba ||
		       op == 0xc2 || (op >= 0xc4 && op <= 0xc6);
	if (in->map)
		return 0;
	if (op == 0x80 || op == 0x83 || op == 0xc0 || op == 0xc1 || op == 0xc6 || op == 0x6b)
		return 1;
	if (op == 0x81 || op == 0xc7 || op == 0x69)
		return min(operand_size(in), 4U);
	if (op == 0xf6)
		return reg < 2;
	return op == 0xf7 && reg < 2 ? min(operand_size(in), 4U) : 0;
}

static long read_displacement(struct insn *in, unsigned int size)
{
	unsigned int value = 0;

	for (unsigned int i = 0; i < size; i++)
		value |= (unsigned int)next(in) << 8 * i;
	return size == 1 ? (s8)value : (s32)value;
}

static unsigned long sib_address(struct insn *in, u8 mod, unsigned int *displacement)
{
	u8 sib = next(in);
	unsigned int index = (sib >> 3 & 7) | (in->rex & 2) << 2;
	unsigned long addr = 0;

	if (index != 4)
		addr = reg_value(in->regs, index) << (sib >> 6);
	if ((sib & 7) == 5 && !mod)
		*displacement = 4;
	else
		addr += reg_value(in->regs, (sib & 7) | (in->rex & 1) << 3);
	return addr;
}

/* The address of the memory operand; false: it is a register. */
static bool memory_operand(struct insn *in, unsigned long *addr)
{
	u8 mod = in->modrm >> 6, rm = in->modrm & 7;
	unsigned int displacement = mod == 1 ? 1 : mod == 2 ? 4 : 0;
	bool relative = false;
	long offset;

	if (mod == 3)
		return false;
	if (rm == 4) {
		*addr = sib_address(in, mod, &displacement);
	} else if (rm == 5 && !mod) {
		relative = true;
		displacement = 4;
		*addr = in->regs->ip;
	} else {
		*addr = reg_value(in->regs, rm | (in->rex & 1) << 3);
	}
	offset = read_displacement(in, displacement);
	/* EVEX counts in units of what it moves: the whole register, most often. */
	*addr += in->evex && displacement == 1 ? offset * (long)in->vector : offset;
	if (relative)
		*addr += in->at + immediate_size(in);
	if (in->addrsize)
		*addr &= 0xffffffff;
	*addr += in->segment;
	return true;
}

/* ---- what the instructions do; sizes of 0 mean: nothing ---- */

struct effect {
	unsigned int size;
	bool read, write;
};

#define NONE	  ((struct effect){ 0, false, false })
#define READS(n)  ((struct effect){ (n), true, false })
#define WRITES(n) ((struct effect){ (n), false, true })
#define BOTH(n)	  ((struct effect){ (n), true, true })

static struct effect x87(u8 op, u8 reg)
{
	static const u8 sizes[8] = { 4, 4, 4, 4, 8, 8, 2, 2 };
	unsigned int size = sizes[op & 7];

	if (op == 0xd9 && reg >= 4)
		return reg == 4 ? READS(28) :
		       reg == 5 ? READS(2) :
		       reg == 6 ? WRITES(28) :
				  WRITES(2);
	if (op == 0xdb && reg >= 4)
		return reg == 7 ? WRITES(10) : READS(10);
	if (op == 0xdd && reg >= 4)
		return reg == 4 ? READS(108) : reg == 6 ? WRITES(108) : WRITES(2);
	if (op == 0xdf && reg >= 4)
		size = reg & 1 ? 8 : 10;
	/* Stores: odd opcodes, fst, fist and their like. */
	if ((op & 1) && (reg == 2 || reg == 3 || reg == 6 || reg == 7 || (reg == 1 && op != 0xd9)))
		return WRITES(size);
	return READS(size);
}

static struct effect one_byte(const struct insn *in)
{
	u8 op = in->opcode, reg = in->modrm >> 3 & 7;
	unsigned int n = op & 1 ? operand_size(in) : 1;

	if (op < 0x40)
		return op & 2 || op >= 0x38 ? READS(n) : BOTH(n);
	if (op >= 0xd8 && op <= 0xdf)
		return x87(op, reg);
	switch (op) {
	case 0x63:
		return READS(4);
	case 0x69:
	case 0x6b:
		return READS(operand_size(in));
	case 0x80:
	case 0x81:
	case 0x83:
		return reg == 7 ? READS(n) : BOTH(n);
	case 0x84:
	case 0x85:
	case 0x8a:
	case 0x8b:
		return READS(n);
	case 0x86:
	case 0x87:
	case 0xc0:
	case 0xc1:
	case 0xd0 ... 0xd3:
	case 0xfe:
		return BOTH(n);
	case 0x88:
	case 0x89:
	case 0xc6:
	case 0xc7:
		return WRITES(n);
	case 0x8f:
		return WRITES(in->opsize ? 2 : 8);
	case 0xf6:
	case 0xf7:
		return reg == 2 || reg == 3 ? BOTH(n) : READS(n);
	case 0xff:
		return reg < 2 ? BOTH(n) : READS(8);
	}
	return NONE;
}

/* Scalar forms have a prefix: F3 for four bytes, F2 for eight. */
static unsigned int vector_size(const struct insn *in)
{
	u8 op = in->opcode;
	bool scalar = op == 0x10 || op == 0x11 || op == 0x2a || op == 0x2c || op == 0x2d ||
		      (op >= 0x51 && op <= 0x5f) || op == 0xc2;

	if (scalar && in->rep)
		return 4;
	if (scalar && in->repne)
		return 8;
	/* MMX, without a prefix. */
	if (!in->vector && !in->opsize && !in->rep && !in->repne && op >= 0x60 && op != 0xc2 &&
	    op != 0xc6)
		return 8;
	return in->vector ?: 16;
}

static struct effect group_ae(u8 reg)
{
	switch (reg) {
	case 0:
	case 4:
	case 6:
		return WRITES(512);
	case 1:
	case 5:
		return READS(512);
	case 2:
		return READS(4);
	case 3:
		return WRITES(4);
	}
	return NONE;
}

static struct effect two_byte_integer(const struct insn *in, bool *known)
{
	u8 op = in->opcode, reg = in->modrm >> 3 & 7;
	unsigned int n = operand_size(in);

	*known = true;
	if ((op >= 0x40 && op <= 0x4f && !in->vector) || op == 0xa3 || op == 0xaf || op == 0xb8 ||
	    op == 0xbc || op == 0xbd)
		return READS(n);
	/* setcc; with VEX they move mask registers. */
	if (op >= 0x90 && op <= 0x9f)
		return !in->vector ? WRITES(1) : op == 0x91 ? WRITES(8) : READS(8);
	switch (op) {
	case 0xa4:
	case 0xa5:
	case 0xab:
	case 0xac:
	case 0xad:
	case 0xb1:
	case 0xb3:
	case 0xbb:
	case 0xc1:
		return BOTH(n);
	case 0xb0:
	case 0xc0:
		return BOTH(1);
	case 0xae:
		return group_ae(reg);
	case 0xb6:
	case 0xbe:
		return READS(1);
	case 0xb7:
	case 0xbf:
		return READS(2);
	case 0xba:
		return reg == 4 ? READS(n) : BOTH(n);
	case 0xc3:
		return WRITES(n);
	case 0xc7:
		return reg == 1 ? BOTH(in->rex_w ? 16 : 8) : NONE;
	case 0x00 ... 0x0f:
	case 0x18 ... 0x1f:
		return NONE;
	}
	*known = false;
	return NONE;
}

static struct effect two_byte(const struct insn *in)
{
	u8 op = in->opcode;
	unsigned int n = vector_size(in);
	bool known;
	struct effect effect = two_byte_integer(in, &known);

	if (known)
		return effect;
	switch (op) {
	case 0x11:
	case 0x29:
	case 0x2b:
	case 0xe7:
	case 0x7f:
		return WRITES(n);
	case 0x13:
	case 0x17:
	case 0xd6:
		return WRITES(8);
	case 0x12:
	case 0x16:
		return READS(8);
	case 0x7e:
		return in->rep ? READS(8) : WRITES(in->rex_w ? 8 : 4);
	case 0x6e:
		return READS(in->rex_w ? 8 : 4);
	case 0xc4:
		return READS(2);
	}
	return op >= 0x10 ? READS(n) : NONE;
}

static struct effect longer(const struct insn *in)
{
	static const u8 extracted[4] = { 1, 2, 4, 4 };
	u8 op = in->opcode;

	if (in->map == 3) {
		if (op >= 0x14 && op <= 0x17)
			return WRITES(op == 0x16 && in->rex_w ? 8 : extracted[op - 0x14]);
		if (op == 0x19 || op == 0x39)
			return WRITES(16);
		if (op == 0x1b || op == 0x3b)
			return WRITES(32);
		return READS(in->vector ?: 16);
	}
	if ((op == 0xf0 || op == 0xf1) && !in->vector)
		return in->repne ? READS(op & 1 ? operand_size(in) : 1) :
		       op & 1	 ? WRITES(operand_size(in)) :
				   READS(operand_size(in));
	/* vmaskmov and vpmaskmov to memory; movdiri. */
	if (op == 0x2e || op == 0x2f || op == 0x8e || op == 0xf9)
		return WRITES(in->vector ?: operand_size(in));
	return READS(in->vector ?: 16);
}

/* Does the opcode have a ModRM byte? */
static bool has_modrm(const struct insn *in)
{
	u8 op = in->opcode;

	if (in->map >= 2 || in->vector)
		return true;
	if (in->map == 1)
		return !((op >= 0x05 && op <= 0x0b) || (op >= 0x30 && op <= 0x37) || op == 0x77 ||
			 (op >= 0x80 && op <= 0x8f) || (op >= 0xa0 && op <= 0xa2) ||
			 (op >= 0xa8 && op <= 0xaa) || (op >= 0xc8 && op <= 0xcf));
	if (op < 0x40)
		return (op & 7) < 4;
	return op == 0x63 || op == 0x69 || op == 0x6b || (op >= 0x80 && op <= 0x8f) || op == 0xc0 ||
	       op == 0xc1 || op == 0xc6 || op == 0xc7 || (op >= 0xd0 && op <= 0xd3) ||
	       (op >= 0xd8 && op <= 0xdf) || op == 0xf6 || op == 0xf7 || op == 0xfe || op == 0xff;
}

/* One step of movs, cmps, stos, lods, scas. */
static void string_op(struct insn *in)
{
	unsigned int n = in->opcode & 1 ? operand_size(in) : 1;
	unsigned long source = in->regs->si + in->segment, target = in->regs->di;

	if ((in->rep || in->repne) && !in->regs->cx)
		return;
	switch (in->opcode & 0xfe) {
	case 0xa4:
		touch(in, source, n, true, false);
		touch(in, target, n, false, true);
		break;
	case 0xa6:
		touch(in, source, n, true, false);
		touch(in, target, n, true, false);
		break;
	case 0xaa:
		touch(in, target, n, false, true);
		break;
	case 0xac:
		touch(in, source, n, true, false);
		break;
	case 0xae:
		touch(in, target, n, true, false);
		break;
	}
}

/* What happens on the stack besides. */
static void stack_op(struct insn *in)
{
	unsigned int n = in->opsize ? 2 : 8;
	unsigned long sp = in->regs->sp;
	u8 op = in->opcode, reg = in->modrm >> 3 & 7;

	if ((op >= 0x50 && op <= 0x57) || op == 0x68 || op == 0x6a || op == 0x9c || op == 0xe8 ||
	    op == 0xc8 || (op == 0xff && (reg == 2 || reg == 6)))
		touch(in, sp - n, n, false, true);
	else if ((op >= 0x58 && op <= 0x5f) || op == 0x9d || op == 0xc2 || op == 0xc3 || op == 0x8f)
		touch(in, sp, n, true, false);
	else if (op == 0xc9)
		touch(in, in->regs->bp, n, true, false);
}

/* mov between the accumulator and an address in the instruction; xlat. */
static void odd_op(struct insn *in)
{
	unsigned int n = in->opcode & 1 ? operand_size(in) : 1;
	unsigned long addr = 0;

	if (in->opcode == 0xd7) {
		touch(in, in->segment + in->regs->bx + (in->regs->ax & 0xff), 1, true, false);
		return;
	}
	for (unsigned int i = 0; i < (in->addrsize ? 4 : 8); i++)
		addr |= (unsigned long)next(in) << 8 * i;
	touch(in, in->segment + addr, n, in->opcode < 0xa2, in->opcode >= 0xa2);
}

unsigned int insn_decode(const u8 *code, unsigned int len, const struct pt_regs *regs,
			 unsigned long fsbase, unsigned long gsbase, struct insn_access *access)
{
	struct insn in = { .code = code, .len = len, .regs = regs, .out = access };
	struct effect effect = NONE;
	unsigned long addr = 0;

	read_opcode(&in, fsbase, gsbase);
	if (has_modrm(&in)) {
		in.modrm = next(&in);
		if (memory_operand(&in, &addr)) {
			effect = in.map == 0 ? one_byte(&in) :
				 in.map == 1 ? two_byte(&in) :
					       longer(&in);
			touch(&in, addr, effect.size, effect.read, effect.write);
		}
	} else if (!in.map && (in.opcode & 0xfc) == 0xa0) {
		odd_op(&in);
	} else if (!in.map && in.opcode == 0xd7) {
		odd_op(&in);
	} else if (!in.map && in.opcode >= 0xa4 && in.opcode <= 0xaf) {
		string_op(&in);
	}
	if (!in.map && !in.vector)
		stack_op(&in);
	return in.overrun ? 0 : in.count;
}
