// SPDX-License-Identifier: MIT
/*
 * mlock(2) and its family, and faulting ranges in. A locked area is faulted in at once and
 * counted against RLIMIT_MEMLOCK; its pages carry PG_mlocked and stand on the unevictable list.
 * A page that several map stays locked until the last of them has unmapped it.
 */
#include "reclaim.h"

#include <kern/cred.h>
#include <kern/resource.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/syscalls.h>
#include <kern/task.h>
#include <linux/capability.h>
#include <linux/mman.h>

/* ---- pages ---- */

static void mlock_page(struct page *page)
{
	if (TestSetPageMlocked(page))
		return;
	mod_node_page_state(page, NR_MLOCK, 1);
	count_vm_event(UNEVICTABLE_MLOCKED);
	/* A page that is off the lists just now is found by reclaim later. */
	if (!isolate_lru_page(page))
		return;
	SetPageUnevictable(page);
	putback_lru_page(page);
}

void clear_page_mlock(struct page *page)
{
	if (!TestClearPageMlocked(page))
		return;
	mod_node_page_state(page, NR_MLOCK, -1);
	count_vm_event(UNEVICTABLE_MUNLOCKED);
	if (!isolate_lru_page(page))
		return;
	ClearPageUnevictable(page);
	putback_lru_page(page);
}

void mlock_new_page(struct vm_area_struct *vma, struct page *page)
{
	if ((vma->vm_flags & (VM_LOCKED | VM_SPECIAL)) == VM_LOCKED)
		mlock_page(page);
}

/* The pages that are there in [start, end) get or lose their lock. => mmap_lock held */
static void mlock_present(struct mm_struct *mm, unsigned long start, unsigned long end, bool lock)
{
	unsigned long addr = start;

	while (addr < end) {
		unsigned long stop;
		pte_t *ptep;

		spin_lock(&mm->page_table_lock);
		addr = pte_next_table(mm, addr, end, &ptep);
		stop = min(end, (addr & PMD_MASK) + PMD_SIZE);
		for (; addr < stop; addr += PAGE_SIZE, ptep++) {
			pte_t pte = ptep_get(ptep);

			if (!pte_present(pte) || pte_special(pte))
				continue;
			if (lock)
				mlock_page(pte_page(pte));
			else if (page_mapcount(pte_page(pte)) == 1)
				clear_page_mlock(pte_page(pte));
		}
		spin_unlock(&mm->page_table_lock);
		cond_resched();
	}
}

/* ---- ranges ---- */

/* => mmap_lock held for reading; 0 or -errno */
static int populate_page(struct vm_area_struct *vma, unsigned long addr)
{
	bool write = (vma->vm_flags & (VM_WRITE | VM_SHARED)) == VM_WRITE;
	struct mm_struct *mm = vma->vm_mm;
	vm_fault_t fault;
	pte_t *ptep;
	bool there;

	spin_lock(&mm->page_table_lock);
	ptep = pte_lookup(mm, addr);
	there = ptep && pte_present(*ptep) && (!write || pte_write(*ptep));
	spin_unlock(&mm->page_table_lock);
	if (there)
		return 0;
	fault = handle_mm_fault(vma, addr, write ? FAULT_FLAG_WRITE : 0);
	if (fault & VM_FAULT_ERROR)
		return fault & VM_FAULT_OOM ? -ENOMEM : -EFAULT;
	return 0;
}

/* Faults [start, start + len) in, area by area; stops at the first error unless told not to. */
static int populate_range(unsigned long start, unsigned long len, bool ignore_errors)
{
	struct mm_struct *mm = current->mm;
	unsigned long addr = start, end = start + len;
	int err = 0;

	mmap_read_lock(mm);
	while (addr < end) {
		struct vm_area_struct *vma = find_vma_intersection(mm, addr, end);
		int e = 0;

		if (!vma)
			break;
		addr = max(addr, vma->vm_start);
		if ((vma->vm_flags & (VM_IO | VM_PFNMAP)) || !(vma->vm_flags & VM_ACCESS_FLAGS)) {
			addr = vma->vm_end;
			continue;
		}
		e = populate_page(vma, addr);
		if (e && !ignore_errors) {
			err = e;
			break;
		}
		addr = e ? vma->vm_end : addr + PAGE_SIZE;
		if (fatal_signal_pending(current))
			break;
		if (need_resched()) {
			mmap_read_unlock(mm);
			cond_resched();
			mmap_read_lock(mm);
		}
	}
	mmap_read_unlock(mm);
	return err;
}

void mm_populate(unsigned long addr, unsigned long len)
{
	populate_range(addr, PAGE_ALIGN(len), true);
}

static vm_flags_t lockable(const struct vm_area_struct *vma, vm_flags_t flags)
{
	return vma->vm_flags & VM_SPECIAL ? flags & ~(VM_LOCKED | VM_LOCKONFAULT) : flags;
}

/* Gives [start, end) of one area new lock bits. => mmap_lock held for writing */
static int mlock_fixup(struct mm_struct *mm, struct vm_area_struct *vma, unsigned long start,
		       unsigned long end, vm_flags_t bits)
{
	vm_flags_t flags = lockable(vma, (vma->vm_flags & VM_LOCKED_CLEAR_MASK) | bits);
	long pages = (end - start) >> PAGE_SHIFT;
	int err;

	if (flags == vma->vm_flags)
		return 0;
	err = vma_isolate(mm, vma, start, end);
	if (err)
		return err;
	if ((flags & VM_LOCKED) && !(vma->vm_flags & VM_LOCKED))
		mm->locked_vm += pages;
	else if (!(flags & VM_LOCKED) && (vma->vm_flags & VM_LOCKED))
		mm->locked_vm -= pages;
	if ((flags ^ vma->vm_flags) & VM_LOCKED)
		mlock_present(mm, start, end, flags & VM_LOCKED);
	vma->vm_flags = flags;
	vma_try_merge(mm, vma);
	return 0;
}

static int apply_lock(struct mm_struct *mm, unsigned long start, size_t len, vm_flags_t bits)
{
	unsigned long end = start + len;
	int err = 0;

	if (end < start)
		return -EINVAL;
	if (end == start)
		return 0;
	while (!err && start < end) {
		struct vm_area_struct *vma = vma_lookup(mm, start);
		unsigned long stop;

		if (!vma)
			return -ENOMEM;
		stop = min(end, vma->vm_end);
		err = mlock_fixup(mm, vma, start, stop, bits);
		start = stop;
	}
	return err;
}

/* Pages of the range that are locked already: they do not count twice. */
static unsigned long count_locked(struct mm_struct *mm, unsigned long start, size_t len)
{
	unsigned long end = start + len, pages = 0;
	struct vm_area_struct *vma = find_vma_intersection(mm, start, end);

	for (; vma && vma->vm_start < end; vma = vma->vm_next)
		if (vma->vm_flags & VM_LOCKED)
			pages += (min(end, vma->vm_end) - max(start, vma->vm_start)) >> PAGE_SHIFT;
	return pages;
}

static int do_mlock(unsigned long start, size_t len, vm_flags_t bits)
{
	unsigned long limit = rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT, locked;
	struct mm_struct *mm = current->mm;
	int err = -ENOMEM;

	if (!can_do_mlock())
		return -EPERM;
	len = PAGE_ALIGN(len + offset_in_page(start));
	start &= PAGE_MASK;
	if (mmap_write_lock_killable(mm))
		return -EINTR;
	locked = (len >> PAGE_SHIFT) + mm->locked_vm;
	if (locked > limit && !capable(CAP_IPC_LOCK))
		locked -= count_locked(mm, start, len);
	if (locked <= limit || capable(CAP_IPC_LOCK))
		err = apply_lock(mm, start, len, bits);
	mmap_write_unlock(mm);
	if (err || (bits & VM_LOCKONFAULT))
		return err;
	err = populate_range(start, len, false);
	/* A page beyond the end of a file is EFAULT inside and ENOMEM outside. */
	return err == -EFAULT ? -ENOMEM : err == -ENOMEM ? -EAGAIN : err;
}

SYSCALL_DEFINE2(mlock, unsigned long, start, size_t, len)
{
	return do_mlock(start, len, VM_LOCKED);
}

SYSCALL_DEFINE3(mlock2, unsigned long, start, size_t, len, int, flags)
{
	if (flags & ~MLOCK_ONFAULT)
		return -EINVAL;
	return do_mlock(start, len, VM_LOCKED | (flags & MLOCK_ONFAULT ? VM_LOCKONFAULT : 0));
}

SYSCALL_DEFINE2(munlock, unsigned long, start, size_t, len)
{
	struct mm_struct *mm = current->mm;
	int err;

	len = PAGE_ALIGN(len + offset_in_page(start));
	start &= PAGE_MASK;
	if (mmap_write_lock_killable(mm))
		return -EINTR;
	err = apply_lock(mm, start, len, 0);
	mmap_write_unlock(mm);
	return err;
}

static void apply_mlockall(struct mm_struct *mm, int flags)
{
	vm_flags_t bits = 0;
	struct vm_area_struct *vma, *next;

	mm->def_flags &= VM_LOCKED_CLEAR_MASK;
	if (flags & MCL_FUTURE) {
		mm->def_flags |= VM_LOCKED;
		if (flags & MCL_ONFAULT)
			mm->def_flags |= VM_LOCKONFAULT;
		if (!(flags & MCL_CURRENT))
			return;
	}
	if (flags & MCL_CURRENT)
		bits = VM_LOCKED | (flags & MCL_ONFAULT ? VM_LOCKONFAULT : 0);
	for (vma = mm->mmap; vma; vma = next) {
		unsigned long end = vma->vm_end;

		mlock_fixup(mm, vma, vma->vm_start, end, bits);
		next = find_vma(mm, end);
	}
}

SYSCALL_DEFINE1(mlockall, int, flags)
{
	struct mm_struct *mm = current->mm;
	unsigned long limit;
	int err = -ENOMEM;

	if (!flags || (flags & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)) || flags == MCL_ONFAULT)
		return -EINVAL;
	if (!can_do_mlock())
		return -EPERM;
	limit = rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT;
	if (mmap_write_lock_killable(mm))
		return -EINTR;
	if (!(flags & MCL_CURRENT) || mm->total_vm <= limit || capable(CAP_IPC_LOCK)) {
		apply_mlockall(mm, flags);
		err = 0;
	}
	mmap_write_unlock(mm);
	if (!err && (flags & MCL_CURRENT) && !(flags & MCL_ONFAULT))
		mm_populate(0, TASK_SIZE);
	return err;
}

SYSCALL_DEFINE0(munlockall)
{
	struct mm_struct *mm = current->mm;

	if (mmap_write_lock_killable(mm))
		return -EINTR;
	apply_mlockall(mm, 0);
	mmap_write_unlock(mm);
	return 0;
}
