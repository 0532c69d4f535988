// SPDX-License-Identifier: MIT
/*
 * mprotect(2). New permissions are written into present entries without ever giving write
 * access: the next write faults, and then becomes a copy or not. Host mappings of entries
 * that changed are dropped, or write-protected where that is all that changed.
 */
#include "vm.h"

#include <fs/file.h>
#include <kern/resource.h>
#include <kern/sched.h>
#include <kern/syscalls.h>
#include <kern/task.h>
#include <linux/mman.h>
#include <linux/personality.h>
#include <mm/pagemap.h>

/* One entry under new protection; whether it changed. */
static bool change_pte(pte_t *ptep, const struct vm_area_struct *vma)
{
	pte_t old = ptep_get(ptep);
	u64 keep = PTE_PFN_MASK | _PAGE_DIRTY | _PAGE_SPECIAL | _PAGE_UFFD_WP;
	pte_t new;

	if (!pte_present(old))
		return false;
	new = __pte((pte_val(old) & keep) | pgprot_val(vma->vm_page_prot));
	/* What was writable and private to us may stay so. */
	if (pte_write(old) && (vma->vm_flags & VM_WRITE))
		new = pte_mkwrite(new);
	if (pte_val(new) == pte_val(old))
		return false;
	set_pte(ptep, new);
	return true;
}

/* lost: what the area's flags had before and have no longer, or VM_NONE if more changed. */
static void change_protection(struct vm_area_struct *vma, unsigned long start, unsigned long end,
			      vm_flags_t lost)
{
	struct mm_struct *mm = vma->vm_mm;
	unsigned long addr = start;
	bool changed = false;

	while (addr < end) {
		unsigned long stop;
		pte_t *pte;

		spin_lock(&mm->page_table_lock);
		addr = pte_next_table(mm, addr, end, &pte);
		stop = min(end, (addr & PMD_MASK) + PMD_SIZE);
		if (addr < stop && stop - addr != PMD_SIZE)
			pmd_split_huge(mm, addr);
		for (; addr < stop; addr += PAGE_SIZE, pte++)
			changed |= change_pte(pte, vma);
		spin_unlock(&mm->page_table_lock);
		cond_resched();
	}
	if (changed && lost == VM_WRITE)
		tlb_wrprotect_range(mm, start, end);
	else if (changed)
		flush_tlb_range(mm, start, end);
}

int mprotect_fixup(struct vm_area_struct *vma, struct vm_area_struct **pprev, unsigned long start,
		   unsigned long end, vm_flags_t newflags)
{
	struct mm_struct *mm = vma->vm_mm;
	vm_flags_t oldflags = vma->vm_flags;
	long pages = (end - start) >> PAGE_SHIFT;
	unsigned long charged = 0;
	int err;

	*pprev = vma;
	if (oldflags & VM_SEALED)
		return -EPERM;
	if (newflags == oldflags)
		return 0;
	if ((newflags & VM_WRITE) && !(oldflags & VM_WRITE)) {
		if (!may_expand_vm(mm, newflags, pages) && may_expand_vm(mm, oldflags, pages))
			return -ENOMEM;
		if (!(oldflags & (VM_ACCOUNT | VM_WRITE | VM_SHARED | VM_NORESERVE))) {
			charged = pages;
			if (security_vm_enough_memory_mm(mm, charged))
				return -ENOMEM;
			newflags |= VM_ACCOUNT;
		}
	}
	err = vma_isolate(mm, vma, start, end);
	if (err) {
		vm_unacct_memory(charged);
		return err;
	}
	vm_stat_account(mm, oldflags, -pages);
	vma->vm_flags = newflags;
	vm_stat_account(mm, newflags, pages);
	vma_set_page_prot(vma);
	change_protection(vma, start, end, newflags & ~oldflags ? VM_NONE : oldflags & ~newflags);
	*pprev = vma_try_merge(mm, vma);
	return 0;
}

static vm_flags_t prot_bits(unsigned long prot)
{
	return (prot & PROT_READ ? VM_READ : 0) | (prot & PROT_WRITE ? VM_WRITE : 0) |
	       (prot & PROT_EXEC ? VM_EXEC : 0);
}

/* The first area, and where to begin (PROT_GROWSDOWN: at its start). */
static int first_area(struct mm_struct *mm, unsigned long *start, unsigned long end, int grows,
		      struct vm_area_struct **vmap)
{
	struct vm_area_struct *vma = find_vma(mm, *start);

	if (!vma)
		return -ENOMEM;
	if (grows & PROT_GROWSDOWN) {
		if (vma->vm_start >= end)
			return -ENOMEM;
		if (!(vma->vm_flags & VM_GROWSDOWN))
			return -EINVAL;
		*start = vma->vm_start;
	} else if (vma->vm_start > *start) {
		return -ENOMEM;
	} else if (grows & PROT_GROWSUP) {
		return -EINVAL;
	}
	*vmap = vma;
	return 0;
}

static int do_mprotect(struct mm_struct *mm, unsigned long start, unsigned long end,
		       unsigned long prot, int grows)
{
	bool rier = (current->personality & READ_IMPLIES_EXEC) && (prot & PROT_READ);
	struct vm_area_struct *vma = NULL;
	int err = first_area(mm, &start, end, grows, &vma);

	while (!err && start < end) {
		unsigned long stop = min(end, vma->vm_end);
		vm_flags_t flags;

		if (rier && (vma->vm_flags & VM_MAYEXEC))
			prot |= PROT_EXEC;
		flags = prot_bits(prot) | (vma->vm_flags & ~VM_ACCESS_FLAGS);
		if (((flags & ~(flags >> 4)) & VM_ACCESS_FLAGS) ||
		    map_deny_write_exec(mm, vma->vm_flags, flags))
			return -EACCES;
		err = mprotect_fixup(vma, &vma, start, stop, flags);
		if (err)
			break;
		start = stop;
		if (start >= end)
			break;
		vma = vma_lookup(mm, start);
		if (!vma)
			err = -ENOMEM;
	}
	return err;
}

static long protect(unsigned long start, size_t len, unsigned long prot)
{
	int grows = prot & (PROT_GROWSDOWN | PROT_GROWSUP);
	struct mm_struct *mm = current->mm;
	unsigned long end;
	int err;

	prot &= ~(PROT_GROWSDOWN | PROT_GROWSUP);
	if (grows == (PROT_GROWSDOWN | PROT_GROWSUP) || offset_in_page(start))
		return -EINVAL;
	if (!len)
		return 0;
	len = PAGE_ALIGN(len);
	end = start + len;
	if (end <= start)
		return -ENOMEM;
	if (prot & ~(unsigned long)(PROT_READ | PROT_WRITE | PROT_EXEC | PROT_SEM))
		return -EINVAL;
	if (mmap_write_lock_killable(mm))
		return -EINTR;
	err = do_mprotect(mm, start, end, prot, grows);
	mmap_write_unlock(mm);
	return err;
}

SYSCALL_DEFINE3(mprotect, unsigned long, start, size_t, len, unsigned long, prot)
{
	return protect(start, len, prot);
}

/* Without keys only -1, "as mprotect", is one. */
SYSCALL_DEFINE4(pkey_mprotect, unsigned long, start, size_t, len, unsigned long, prot, int, pkey)
{
	return pkey == -1 ? protect(start, len, prot) : -EINVAL;
}
