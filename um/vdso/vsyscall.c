// SPDX-License-Identifier: MIT
/*
 * The vsyscall page, an address of old static programs. Its three entries can be called, and it
 * can be neither read nor written, as with vsyscall=xonly.
 *
 * Hosts that have the page make the call a trap like any other system call's, already returned
 * from the page; on those without it (vsyscall=none) the jump is a page fault, and this is it.
 */
#include <kern/entry.h>
#include <kern/errno.h>
#include <kern/kernel.h>
#include <kern/syscalls.h>
#include <kern/task.h>
#include <mm/mmap.h>
#include <mm/page.h>
#include <mm/uaccess.h>
#include <um/ptrace.h>
#include <um/vdso.h>

#include <asm/unistd.h>

#define ENTRY_BYTES 1024

static const char *gate_name(struct vm_area_struct *vma)
{
	return "[vsyscall]";
}

static const struct vm_operations_struct gate_ops = { .name = gate_name };

static struct vm_area_struct gate_vma = {
	.vm_start = VSYSCALL_ADDR,
	.vm_end = VSYSCALL_ADDR + PAGE_SIZE,
	.vm_flags = VM_EXEC,
	.vm_ops = &gate_ops,
};

struct vm_area_struct *get_gate_vma(struct mm_struct *mm)
{
	return mm ? &gate_vma : NULL;
}

bool um_vsyscall(struct pt_regs *regs)
{
	static const int calls[] = { __NR_gettimeofday, __NR_time, __NR_getcpu };
	unsigned long at = regs->ip - VSYSCALL_ADDR, back;

	if (at % ENTRY_BYTES || at / ENTRY_BYTES >= ARRAY_SIZE(calls))
		return false;
	if (get_user(back, (unsigned long __user *)regs->sp))
		return false;
	regs->ip = back;
	regs->sp += sizeof(back);
	regs->orig_ax = calls[at / ENTRY_BYTES];
	regs->ax = -ENOSYS;
	do_syscall_64(regs);
	return true;
}
