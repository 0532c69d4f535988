// SPDX-License-Identifier: MIT
/*
 * mremap(2): a mapping shrinks, grows in place, or moves with its page table entries; then the
 * host mappings of the old place are dropped.
 */
#include "vm.h"

#include <fs/file.h>
#include <kern/sched.h>
#include <kern/syscalls.h>
#include <kern/task.h>
#include <linux/mman.h>
#include <mm/mempolicy.h>
#include <mm/pagemap.h>
#include <mm/userfaultfd.h>

/* Moves the entries of one table's worth: [old, stop). */
static void move_ptes(struct mm_struct *mm, unsigned long old, unsigned long stop,
		      unsigned long new, pte_t *src, pte_t *dst, bool keep_wp)
{
	for (; old < stop; old += PAGE_SIZE, new += PAGE_SIZE, src++, dst++) {
		pte_t pte = ptep_get(src);

		if (pte_none(pte))
			continue;
		if (pte_present(pte) && !pte_special(pte) && PageAnon(pte_page(pte)))
			page_move_anon(pte_page(pte), mm, new);
		set_pte(src, __pte(0));
		set_pte(dst, keep_wp || !pte_present(pte) ? pte : pte_clear_uffd_wp(pte));
	}
}

unsigned long move_page_tables(struct vm_area_struct *vma, unsigned long old_addr,
			       struct vm_area_struct *new_vma, unsigned long new_addr,
			       unsigned long len)
{
	struct mm_struct *mm = vma->vm_mm;
	unsigned long old = old_addr, end = old_addr + len;

	/* Truncation must meet each page in the old place or in the new one. */
	if (vma->vm_file)
		down_write(&vma->vm_file->f_mapping->i_mmap_rwsem);
	while (old < end) {
		unsigned long new, n;
		pte_t *src, *dst;

		spin_lock(&mm->page_table_lock);
		old = pte_next_table(mm, old, end, &src);
		spin_unlock(&mm->page_table_lock);
		if (old >= end)
			break;
		new = new_addr + (old - old_addr);
		n = min3(end - old, PMD_SIZE - (old & ~PMD_MASK), PMD_SIZE - (new & ~PMD_MASK));
		dst = pte_alloc_lock(mm, new);
		if (!dst)
			break;
		pmd_split_huge(mm, old);
		move_ptes(mm, old, old + n, new, pte_lookup(mm, old), dst,
			  new_vma->vm_flags & VM_UFFD_WP);
		spin_unlock(&mm->page_table_lock);
		old += n;
		cond_resched();
	}
	if (vma->vm_file)
		up_write(&vma->vm_file->f_mapping->i_mmap_rwsem);
	/* The pages stay ours, so that a guest may use the old address until now. */
	flush_tlb_range(mm, old_addr, end);
	return min(old, end) - old_addr;
}

int relocate_vma_down(struct vm_area_struct *vma, unsigned long shift)
{
	struct mm_struct *mm = vma->vm_mm;
	unsigned long old_start = vma->vm_start, old_end = vma->vm_end, len = old_end - old_start;
	unsigned long new_start = old_start - shift;

	if (new_start > old_start || new_start < mmap_min_addr ||
	    find_vma(mm, new_start) != vma)
		return -ENOMEM;
	vma_set_bounds(vma, new_start, old_end);
	if (move_page_tables(vma, old_start, vma, new_start, len) != len)
		return -ENOMEM;
	vma_set_bounds(vma, new_start, new_start + len);
	vma->vm_pgoff = new_start >> PAGE_SHIFT;
	free_pgtables(mm, new_start + len, old_end, new_start + len,
		      vma->vm_next ? vma->vm_next->vm_start : TASK_SIZE);
	return 0;
}

/* A copy of the area for the new place, not yet linked; NULL without memory. */
static struct vm_area_struct *copy_vma(struct vm_area_struct *vma, unsigned long addr,
				       unsigned long len, unsigned long pgoff)
{
	struct vm_area_struct *new = vm_area_alloc(vma->vm_mm);

	if (!new)
		return NULL;
	*new = *vma;
	mpol_get(new->vm_policy);
	new->vm_start = addr;
	new->vm_end = addr + len;
	new->vm_pgoff = vma->vm_file || vma->vm_ops ? pgoff : addr >> PAGE_SHIFT;
	if (new->vm_file)
		get_file(new->vm_file);
	if (new->vm_ops && new->vm_ops->open)
		new->vm_ops->open(new);
	return new;
}

/* Moves [old, old + old_len) of vma to the free range at new: the address or -errno. */
static unsigned long move_vma(struct vm_area_struct *vma, unsigned long old, unsigned long old_len,
			      unsigned long new_len, unsigned long new, bool dontunmap)
{
	struct mm_struct *mm = vma->vm_mm;
	unsigned long pgoff = vma->vm_pgoff + ((old - vma->vm_start) >> PAGE_SHIFT);
	unsigned long charge = 0, moved;
	struct vm_area_struct *copy;

	if (mm->map_count >= sysctl_max_map_count - 3)
		return -ENOMEM;
	if (vma->vm_flags & VM_ACCOUNT) {
		charge = new_len >> PAGE_SHIFT;
		if (security_vm_enough_memory_mm(mm, charge))
			return -ENOMEM;
	}
	copy = copy_vma(vma, new, new_len, pgoff);
	if (!copy) {
		vm_unacct_memory(charge);
		return -ENOMEM;
	}
	if (userfaultfd_note_remap(copy, old, new, old_len))
		userfaultfd_forget(copy);
	vma_link(mm, copy);
	moved = move_page_tables(vma, old, copy, new, old_len);
	vm_stat_account(mm, copy->vm_flags, new_len >> PAGE_SHIFT);
	if (copy->vm_flags & VM_LOCKED)
		mm->locked_vm += new_len >> PAGE_SHIFT;
	if (moved < old_len) {
		/* Back again: the old tables are still there. */
		move_page_tables(copy, new, vma, old, moved);
		do_munmap(mm, new, new_len);
		return -ENOMEM;
	}
	if (dontunmap)
		vma->vm_flags &= ~(VM_LOCKED | VM_LOCKONFAULT);
	else if (old_len && do_munmap(mm, old, old_len))
		return -ENOMEM;
	vma_try_merge(mm, copy);
	return new;
}

/* The area of [addr, addr + old_len) if it may be resized, or ERR_PTR. */
static struct vm_area_struct *vma_to_resize(struct mm_struct *mm, unsigned long addr,
					    unsigned long old_len, unsigned long new_len,
					    unsigned long flags)
{
	struct vm_area_struct *vma = vma_lookup(mm, addr);
	unsigned long pgoff, grow = new_len > old_len ? (new_len - old_len) >> PAGE_SHIFT : 0;

	if (!vma)
		return ERR_PTR(-EFAULT);
	/* old_len 0 duplicates: only what is shared. */
	if (!old_len && !(vma->vm_flags & (VM_SHARED | VM_MAYSHARE)))
		return ERR_PTR(-EINVAL);
	if ((flags & MREMAP_DONTUNMAP) && (vma->vm_flags & (VM_DONTEXPAND | VM_PFNMAP)))
		return ERR_PTR(-EINVAL);
	if (old_len > vma->vm_end - addr)
		return ERR_PTR(-EFAULT);
	if (new_len == old_len)
		return vma;
	pgoff = (addr - vma->vm_start) >> PAGE_SHIFT;
	pgoff += vma->vm_pgoff;
	if (pgoff + (new_len >> PAGE_SHIFT) < pgoff)
		return ERR_PTR(-EINVAL);
	if (vma->vm_flags & (VM_DONTEXPAND | VM_PFNMAP))
		return ERR_PTR(-EFAULT);
	if (mlock_future_check(mm, vma->vm_flags, grow))
		return ERR_PTR(-EAGAIN);
	if (!may_expand_vm(mm, vma->vm_flags, grow))
		return ERR_PTR(-ENOMEM);
	return vma;
}

/* MREMAP_FIXED and MREMAP_DONTUNMAP. */
static unsigned long mremap_to(struct mm_struct *mm, unsigned long addr, unsigned long old_len,
			       unsigned long new_addr, unsigned long new_len, unsigned long flags)
{
	unsigned long map_flags = 0;
	struct vm_area_struct *vma;
	int err;

	if (offset_in_page(new_addr) || new_len > TASK_SIZE || new_addr > TASK_SIZE - new_len)
		return -EINVAL;
	if (addr + old_len > new_addr && new_addr + new_len > addr)
		return -EINVAL;
	if (mm->map_count + 2 >= sysctl_max_map_count - 3)
		return -ENOMEM;
	if (flags & MREMAP_FIXED) {
		if (is_hole(new_addr, new_addr + new_len))
			return -ENOMEM;
		if (new_addr < mmap_min_addr)
			return -EPERM;
		err = do_munmap(mm, new_addr, new_len);
		if (err)
			return err;
		map_flags |= MAP_FIXED;
	}
	if (old_len > new_len) {
		err = do_munmap(mm, addr + new_len, old_len - new_len);
		if (err)
			return err;
		old_len = new_len;
	}
	vma = vma_to_resize(mm, addr, old_len, new_len, flags);
	if (IS_ERR(vma))
		return PTR_ERR(vma);
	new_addr = get_unmapped_area(vma->vm_file, new_addr, new_len, vma->vm_pgoff +
				     ((addr - vma->vm_start) >> PAGE_SHIFT), map_flags);
	if (IS_ERR_VALUE(new_addr))
		return new_addr;
	return move_vma(vma, addr, old_len, new_len, new_addr, flags & MREMAP_DONTUNMAP);
}

static bool can_grow(struct vm_area_struct *vma, unsigned long delta)
{
	unsigned long end = vma->vm_end + delta;

	if (end < vma->vm_end || end > TASK_SIZE || is_hole(vma->vm_end, end))
		return false;
	return !vma->vm_next || vm_start_gap(vma->vm_next) >= end;
}

/* Grows at the end of the area, where there is room: the address or -errno. */
static unsigned long grow_in_place(struct vm_area_struct *vma, unsigned long addr,
				   unsigned long old_len, unsigned long new_len)
{
	long pages = (new_len - old_len) >> PAGE_SHIFT;
	struct mm_struct *mm = vma->vm_mm;

	if ((vma->vm_flags & VM_ACCOUNT) && security_vm_enough_memory_mm(mm, pages))
		return -ENOMEM;
	vma_set_bounds(vma, vma->vm_start, addr + new_len);
	vm_stat_account(mm, vma->vm_flags, pages);
	if (vma->vm_flags & VM_LOCKED)
		mm->locked_vm += pages;
	vma_try_merge(mm, vma);
	return addr;
}

static unsigned long do_mremap(struct mm_struct *mm, unsigned long addr, unsigned long old_len,
			       unsigned long new_len, unsigned long flags, unsigned long new_addr,
			       bool *locked)
{
	struct vm_area_struct *vma = vma_lookup(mm, addr);
	int err;

	*locked = false;
	if (!vma)
		return -EFAULT;
	if (vma->vm_flags & VM_SEALED)
		return -EPERM;
	if (flags & (MREMAP_FIXED | MREMAP_DONTUNMAP))
		return mremap_to(mm, addr, old_len, new_addr, new_len, flags);
	if (old_len >= new_len) {
		err = old_len > new_len ? do_munmap(mm, addr + new_len, old_len - new_len) : 0;
		return err ? err : addr;
	}
	vma = vma_to_resize(mm, addr, old_len, new_len, flags);
	if (IS_ERR(vma))
		return PTR_ERR(vma);
	*locked = vma->vm_flags & VM_LOCKED;
	if (old_len && old_len == vma->vm_end - addr && can_grow(vma, new_len - old_len))
		return grow_in_place(vma, addr, old_len, new_len);
	if (!(flags & MREMAP_MAYMOVE))
		return -ENOMEM;
	new_addr = get_unmapped_area(vma->vm_file, 0, new_len, vma->vm_pgoff +
				     ((addr - vma->vm_start) >> PAGE_SHIFT), 0);
	if (IS_ERR_VALUE(new_addr))
		return new_addr;
	return move_vma(vma, addr, old_len, new_len, new_addr, false);
}

/*
 * remap_file_pages(2), as Linux has it since 4.0: the pages become a mapping of their own.
 */
SYSCALL_DEFINE5(remap_file_pages, unsigned long, start, unsigned long, size, unsigned long, prot,
		unsigned long, pgoff, unsigned long, flags)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	unsigned long populate = 0, ret = -EINVAL;
	struct file *file;

	if (prot)
		return -EINVAL;
	start &= PAGE_MASK;
	size &= PAGE_MASK;
	if (start + size <= start || pgoff + (size >> PAGE_SHIFT) < pgoff)
		return -EINVAL;
	if (mmap_write_lock_killable(mm))
		return -EINTR;
	vma = vma_lookup(mm, start);
	if (!vma || !(vma->vm_flags & VM_SHARED) || start + size > vma->vm_end)
		goto out;
	prot = (vma->vm_flags & VM_READ ? PROT_READ : 0) |
	       (vma->vm_flags & VM_WRITE ? PROT_WRITE : 0) |
	       (vma->vm_flags & VM_EXEC ? PROT_EXEC : 0);
	flags = (flags & MAP_NONBLOCK) | MAP_SHARED | MAP_FIXED | MAP_POPULATE |
		(vma->vm_flags & VM_LOCKED ? MAP_LOCKED : 0);
	file = get_file(vma->vm_file);
	ret = do_mmap(file, start, size, prot, flags, 0, pgoff, &populate);
	fput(file);
out:
	userfaultfd_unlock_and_tell(mm);
	if (populate)
		mm_populate(ret, populate);
	return IS_ERR_VALUE(ret) ? ret : 0;
}

SYSCALL_DEFINE5(mremap, unsigned long, addr, unsigned long, old_len, unsigned long, new_len,
		unsigned long, flags, unsigned long, new_addr)
{
	struct mm_struct *mm = current->mm;
	unsigned long ret;
	bool locked;

	if (flags & ~(unsigned long)(MREMAP_FIXED | MREMAP_MAYMOVE | MREMAP_DONTUNMAP))
		return -EINVAL;
	if ((flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) && !(flags & MREMAP_MAYMOVE))
		return -EINVAL;
	if ((flags & MREMAP_DONTUNMAP) && old_len != new_len)
		return -EINVAL;
	if (offset_in_page(addr))
		return -EINVAL;
	old_len = PAGE_ALIGN(old_len);
	new_len = PAGE_ALIGN(new_len);
	if (!new_len)
		return -EINVAL;
	if (mmap_write_lock_killable(mm))
		return -EINTR;
	ret = do_mremap(mm, addr, old_len, new_len, flags, new_addr, &locked);
	userfaultfd_unlock_and_tell(mm);
	if (!IS_ERR_VALUE(ret) && locked && new_len > old_len)
		mm_populate(ret + old_len, new_len - old_len);
	return ret;
}
