// SPDX-License-Identifier: MIT
/* Faults of guest programs: finding the area, growing the stack, signals. */
#include "vm.h"

#include <kern/resource.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/task.h>
#include <linux/signal.h>
#include <mm/memcontrol.h>
#include <mm/oom.h>
#include <um/ptrace.h>

/* What a spurious fault makes the host map around it at least, if the entries are there. */
#define REFILL_PAGES 16

static bool pte_allows(pte_t pte, unsigned long error_code)
{
	if (!pte_accessible(pte))
		return false;
	if ((error_code & X86_PF_WRITE) && !pte_write(pte))
		return false;
	return !(error_code & X86_PF_INSTR) || pte_exec(pte);
}

/*
 * The entries around ptep that show contiguous memory with one protection: one host mapping
 * has them all. Pages to the left and to the right. => page_table_lock held
 */
static void contiguous_run(pte_t *ptep, unsigned long addr, unsigned int *left, unsigned int *right)
{
	unsigned int before = pte_index(addr), after = PTRS_PER_PTE - 1 - before;
	u64 pte = pte_val(ptep_get(ptep));

	for (*left = 0; *left < before; ++*left)
		if (pte_val(ptep_get(ptep - *left - 1)) != pte - (*left + 1) * PAGE_SIZE)
			break;
	for (*right = 0; *right < after; ++*right)
		if (pte_val(ptep_get(ptep + *right + 1)) != pte + (*right + 1) * PAGE_SIZE)
			break;
}

/*
 * The page tables allow the access and only the host mapping is missing (flushed, or never
 * made in a new process): no area need be looked at. True: done.
 */
static bool refill_from_tables(struct mm_struct *mm, unsigned long addr, unsigned long error_code)
{
	unsigned long size = REFILL_PAGES << PAGE_SHIFT, start = addr & ~(size - 1);
	unsigned long end = start + size, at = addr & PAGE_MASK;
	unsigned int left, right;
	pte_t *ptep;
	bool good;

	spin_lock(&mm->page_table_lock);
	ptep = pte_lookup(mm, addr);
	good = ptep && pte_allows(ptep_get(ptep), error_code);
	if (good) {
		if (!pte_young(*ptep))
			set_pte(ptep, pte_mkyoung(*ptep));
		contiguous_run(ptep, at, &left, &right);
		start = min(start, at - left * PAGE_SIZE);
		end = max(end, at + (right + 1) * PAGE_SIZE);
	}
	spin_unlock(&mm->page_table_lock);
	if (good)
		update_mmu_cache_range(mm, start, (end - start) >> PAGE_SHIFT);
	return good;
}

static bool access_error(const struct vm_area_struct *vma, unsigned long error_code)
{
	if (error_code & X86_PF_WRITE)
		return !(vma->vm_flags & VM_WRITE);
	if (error_code & X86_PF_INSTR)
		return !(vma->vm_flags & VM_EXEC);
	return !(vma->vm_flags & VM_ACCESS_FLAGS);
}

static int acct_stack_growth(struct vm_area_struct *vma, unsigned long size, unsigned long grow)
{
	struct mm_struct *mm = vma->vm_mm;

	if (!may_expand_vm(mm, vma->vm_flags, grow) || size > rlimit(RLIMIT_STACK) ||
	    mlock_future_check(mm, vma->vm_flags, grow))
		return -ENOMEM;
	if (is_hole(vma->vm_end - size, vma->vm_end))
		return -EFAULT;
	return security_vm_enough_memory_mm(mm, grow);
}

int expand_stack(struct vm_area_struct *vma, unsigned long addr)
{
	struct mm_struct *mm = vma->vm_mm;
	struct vm_area_struct *prev = vma->vm_prev;
	unsigned long gap = stack_guard_gap << PAGE_SHIFT, grow;
	int err;

	addr &= PAGE_MASK;
	if (!(vma->vm_flags & VM_GROWSDOWN))
		return -EFAULT;
	if (addr >= vma->vm_start)
		return 0;
	if (addr < mmap_min_addr)
		return -EPERM;
	if (prev && !(prev->vm_flags & VM_GROWSDOWN) && (prev->vm_flags & VM_ACCESS_FLAGS) &&
	    addr - prev->vm_end < gap)
		return -ENOMEM;
	if (prev && addr < prev->vm_end)
		return -ENOMEM;
	grow = (vma->vm_start - addr) >> PAGE_SHIFT;
	err = acct_stack_growth(vma, vma->vm_end - addr, grow);
	if (err)
		return err;
	if (vma->vm_flags & VM_LOCKED)
		mm->locked_vm += grow;
	vm_stat_account(mm, vma->vm_flags, grow);
	vma_set_bounds(vma, addr, vma->vm_end);
	return 0;
}

/*
 * The area for addr with mmap_lock held for reading, its stack grown if need be; NULL with the
 * lock dropped when there is none.
 */
static struct vm_area_struct *lock_vma(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma;

	mmap_read_lock(mm);
	vma = find_vma(mm, addr);
	if (vma && vma->vm_start <= addr)
		return vma;
	if (!vma || !(vma->vm_flags & VM_GROWSDOWN)) {
		mmap_read_unlock(mm);
		return NULL;
	}
	mmap_read_unlock(mm);
	mmap_write_lock(mm);
	vma = find_vma(mm, addr);
	if (!vma || expand_stack(vma, addr)) {
		mmap_write_unlock(mm);
		return NULL;
	}
	downgrade_write(&mm->mmap_lock);
	return vma;
}

struct vm_area_struct *mmap_lock_and_find_vma(struct mm_struct *mm, unsigned long addr)
{
	return lock_vma(mm, addr);
}

static void account_fault(vm_fault_t fault)
{
	current->oom_faults = 0;
	if (fault & VM_FAULT_MAJOR) {
		current->maj_flt++;
		count_vm_event(PGMAJFAULT);
		count_memcg_events(PGMAJFAULT, 1);
	} else {
		current->min_flt++;
	}
}

static void bad_fault(vm_fault_t fault, unsigned long addr)
{
	if (fault & VM_FAULT_OOM)
		pagefault_out_of_memory();
	else if (fault & VM_FAULT_SIGBUS)
		force_sig_fault(SIGBUS, BUS_ADRERR, (void __user *)addr);
	else
		force_sig_fault(SIGSEGV, SEGV_ACCERR, (void __user *)addr);
}

void do_user_page_fault(struct pt_regs *regs, unsigned long addr, unsigned long error_code)
{
	struct mm_struct *mm = current->mm;
	unsigned int flags = FAULT_FLAG_USER | FAULT_FLAG_ALLOW_RETRY;
	struct vm_area_struct *vma;
	vm_fault_t fault;

	if (addr >= TASK_SIZE) {
		force_sig_fault(SIGSEGV, SEGV_MAPERR, (void __user *)addr);
		return;
	}
	if (refill_from_tables(mm, addr, error_code))
		return;
	if (error_code & X86_PF_WRITE)
		flags |= FAULT_FLAG_WRITE;
	if (error_code & X86_PF_INSTR)
		flags |= FAULT_FLAG_INSTRUCTION;
	vma = lock_vma(mm, addr);
	if (!vma) {
		force_sig_fault(SIGSEGV, SEGV_MAPERR, (void __user *)addr);
		return;
	}
	if (access_error(vma, error_code)) {
		mmap_read_unlock(mm);
		force_sig_fault(SIGSEGV, SEGV_ACCERR, (void __user *)addr);
		return;
	}
	fault = handle_mm_fault(vma, addr, flags);
	if (!(fault & VM_FAULT_RETRY))
		mmap_read_unlock(mm);
	if (fault & VM_FAULT_ERROR)
		bad_fault(fault, addr);
	else
		account_fault(fault);
}
