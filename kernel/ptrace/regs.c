// SPDX-License-Identifier: MIT
/*
 * The registers of a tracee: struct user by word, whole register sets, thread areas.
 *
 * Selectors other than cs and ss do not exist here: they read as 0, and writing one that could
 * be a program's has no effect.
 */
#include <kern/errno.h>
#include <kern/fork.h>
#include <kern/kernel.h>
#include <kern/sched.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <mm/uaccess.h>
#include <um/fpu.h>
#include <um/processor.h>
#include <um/thread.h>

#include <asm/prctl.h>
#include <linux/elf.h>
#include <linux/uio.h>

#include "internal.h"

/* What a tracer may set of the flags. */
#define TRACER_FLAGS (USER_FLAGS_MASK | X86_EFLAGS_NT)
#define REG(field)   offsetof(struct user_regs_struct, field)

_Static_assert(offsetof(struct pt_regs, ss) == REG(ss), "pt_regs begins user_regs_struct");

static unsigned long get_reg(struct task_struct *task, unsigned long offset)
{
	const struct pt_regs *regs = task_pt_regs(task);

	switch (offset) {
	case REG(fs_base):
		return um_get_fsbase(&task->thread);
	case REG(gs_base):
		return um_get_gsbase(&task->thread);
	case REG(ds):
	case REG(es):
	case REG(fs):
	case REG(gs):
		return 0;
	default:
		return *(const unsigned long *)((const char *)regs + offset);
	}
}

/* The null selector or one of ring 3. */
static bool selector_is_good(unsigned long value)
{
	value &= 0xffff;
	return !value || (value & 3) == 3;
}

static int set_reg(struct task_struct *task, unsigned long offset, unsigned long value)
{
	struct pt_regs *regs = task_pt_regs(task);

	switch (offset) {
	case REG(cs):
	case REG(ss):
		/* The machine has one of each: see frame_store(). */
		return selector_is_good(value) && (value & 0xffff) ? 0 : -EIO;
	case REG(ds):
	case REG(es):
	case REG(fs):
	case REG(gs):
		return selector_is_good(value) ? 0 : -EIO;
	case REG(fs_base):
		return um_set_fsbase(task, value) ? -EIO : 0;
	case REG(gs_base):
		return um_set_gsbase(task, value) ? -EIO : 0;
	case REG(flags):
		regs->flags = (regs->flags & ~TRACER_FLAGS) | (value & TRACER_FLAGS);
		return 0;
	default:
		*(unsigned long *)((char *)regs + offset) = value;
		return 0;
	}
}

void ptrace_get_user_regs(struct task_struct *task, struct user_regs_struct *regs)
{
	for (unsigned long i = 0; i < sizeof(*regs); i += sizeof(long))
		*(unsigned long *)((char *)regs + i) = get_reg(task, i);
}

/* The first `size` bytes, in whole words. */
static long set_user_regs(struct task_struct *task, const struct user_regs_struct *regs,
			  unsigned long size)
{
	for (unsigned long i = 0; i < size; i += sizeof(long)) {
		int error = set_reg(task, i, *(const unsigned long *)((const char *)regs + i));

		if (error)
			return error;
	}
	return 0;
}

long ptrace_get_regs(struct task_struct *child, void __user *data)
{
	struct user_regs_struct regs;

	ptrace_get_user_regs(child, &regs);
	return copy_to_user(data, &regs, sizeof(regs)) ? -EFAULT : 0;
}

long ptrace_set_regs(struct task_struct *child, const void __user *data)
{
	struct user_regs_struct regs;

	if (copy_from_user(&regs, data, sizeof(regs)))
		return -EFAULT;
	return set_user_regs(child, &regs, sizeof(regs));
}

static bool is_debugreg(unsigned long addr)
{
	return addr >= offsetof(struct user, u_debugreg[0]) &&
	       addr <= offsetof(struct user, u_debugreg[7]);
}

static unsigned int debugreg_nr(unsigned long addr)
{
	return (addr - offsetof(struct user, u_debugreg[0])) / sizeof(long);
}

static bool user_addr_is_good(unsigned long addr)
{
	return !(addr & (sizeof(long) - 1)) && addr < sizeof(struct user);
}

long ptrace_peek_user(struct task_struct *child, unsigned long addr, unsigned long __user *data)
{
	unsigned long value = 0;

	if (!user_addr_is_good(addr))
		return -EIO;
	if (addr < sizeof(struct user_regs_struct))
		value = get_reg(child, addr);
	else if (is_debugreg(addr))
		value = get_debugreg(child, debugreg_nr(addr));
	return put_user(value, data) ? -EFAULT : 0;
}

long ptrace_poke_user(struct task_struct *child, unsigned long addr, unsigned long data)
{
	if (!user_addr_is_good(addr))
		return -EIO;
	if (addr < sizeof(struct user_regs_struct))
		return set_reg(child, addr, data);
	if (is_debugreg(addr))
		return set_debugreg(child, debugreg_nr(addr), data);
	return -EIO;
}

/* ---- FPU ---- */

#define FXSAVE_SIZE 512

/* Copies `size` bytes at the start of the FPU state, as FXSAVE or XSAVE lays it out. */
static long get_fpu(struct task_struct *child, void __user *data, unsigned long size)
{
	void *area = kzalloc(fpu_user_size(), GFP_KERNEL);
	long error = -ENOMEM;

	if (!area)
		return error;
	fpu_read(child, area);
	error = copy_to_user(data, area, size) ? -EFAULT : 0;
	kfree(area);
	return error;
}

/* Replaces the legacy part (512 bytes), or all of it. */
static long set_fpu(struct task_struct *child, const void __user *data, unsigned long size)
{
	void *area = kzalloc(fpu_user_size(), GFP_KERNEL);
	long error = -ENOMEM;

	if (!area)
		return error;
	fpu_read(child, area);
	error = copy_from_user(area, data, size) ? -EFAULT :
						   fpu_write(child, area, size > FXSAVE_SIZE);
	kfree(area);
	return error;
}

long ptrace_get_fpregs(struct task_struct *child, void __user *data)
{
	return get_fpu(child, data, FXSAVE_SIZE);
}

long ptrace_set_fpregs(struct task_struct *child, const void __user *data)
{
	return set_fpu(child, data, FXSAVE_SIZE);
}

/* ---- register sets ---- */

static long general_regset(struct task_struct *child, bool set, struct iovec *iov)
{
	struct user_regs_struct regs;

	iov->iov_len = min(iov->iov_len, sizeof(regs));
	if (set) {
		if (copy_from_user(&regs, iov->iov_base, iov->iov_len))
			return -EFAULT;
		return set_user_regs(child, &regs, iov->iov_len);
	}
	ptrace_get_user_regs(child, &regs);
	return copy_to_user(iov->iov_base, &regs, iov->iov_len) ? -EFAULT : 0;
}

static long fpu_regset(struct task_struct *child, bool set, unsigned long full, struct iovec *iov)
{
	iov->iov_len = min(iov->iov_len, full);
	if (!set)
		return get_fpu(child, iov->iov_base, iov->iov_len);
	/* All or nothing: a header says what the rest means. */
	if (full > FXSAVE_SIZE && iov->iov_len != full)
		return -EFAULT;
	return set_fpu(child, iov->iov_base, iov->iov_len);
}

long ptrace_regset(struct task_struct *child, bool set, unsigned int type, struct iovec *iov)
{
	if (type != NT_PRSTATUS && type != NT_PRFPREG && type != NT_X86_XSTATE)
		return -EINVAL;
	if (iov->iov_len % sizeof(long))
		return -EINVAL;
	if (type == NT_PRSTATUS)
		return general_regset(child, set, iov);
	return fpu_regset(child, set, type == NT_PRFPREG ? FXSAVE_SIZE : fpu_xstate_size(), iov);
}

/* The bases as arch_prctl() would set them in the tracee. */
long ptrace_arch_prctl(struct task_struct *child, int option, unsigned long addr)
{
	switch (option) {
	case ARCH_SET_FS:
		return um_set_fsbase(child, addr);
	case ARCH_SET_GS:
		return um_set_gsbase(child, addr);
	case ARCH_GET_FS:
		return put_user(um_get_fsbase(&child->thread), (unsigned long __user *)addr) ?
			       -EFAULT :
			       0;
	case ARCH_GET_GS:
		return put_user(um_get_gsbase(&child->thread), (unsigned long __user *)addr) ?
			       -EFAULT :
			       0;
	default:
		return -EINVAL;
	}
}
