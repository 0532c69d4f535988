// SPDX-License-Identifier: MIT
/* brk(2), and zero-filled memory at a fixed place for exec. */
#include "vm.h"

#include <kern/resource.h>
#include <kern/syscalls.h>
#include <kern/task.h>
#include <mm/userfaultfd.h>

/* Maps zero-filled memory at a free, fixed place. => mmap_lock held for writing */
static int do_brk(struct mm_struct *mm, unsigned long addr, unsigned long len, vm_flags_t flags)
{
	unsigned long pages = len >> PAGE_SHIFT;
	struct vm_area_struct *vma, *prev;
	int err;

	flags |= VM_DATA_DEFAULT_FLAGS | VM_ACCOUNT | mm->def_flags;
	if (addr < mmap_min_addr || addr > TASK_SIZE - len || is_hole(addr, addr + len))
		return -ENOMEM;
	err = mlock_future_check(mm, flags, pages);
	if (err)
		return err;
	err = do_munmap(mm, addr, len);
	if (err)
		return err;
	if (!may_expand_vm(mm, flags, pages) || mm->map_count > sysctl_max_map_count ||
	    security_vm_enough_memory_mm(mm, pages))
		return -ENOMEM;
	find_vma_prev(mm, addr, &prev);
	if (prev && prev->vm_end == addr && prev->vm_flags == flags && vma_is_anonymous(prev) &&
	    !prev->vm_file && !prev->vm_policy) {
		vma_set_bounds(prev, prev->vm_start, addr + len);
		vma = vma_try_merge(mm, prev);
	} else {
		vma = vm_area_alloc(mm);
		if (!vma) {
			vm_unacct_memory(pages);
			return -ENOMEM;
		}
		vma->vm_start = addr;
		vma->vm_end = addr + len;
		vma->vm_pgoff = addr >> PAGE_SHIFT;
		vma->vm_flags = flags;
		vma_set_page_prot(vma);
		vma_link(mm, vma);
		vma_try_merge(mm, vma);
	}
	vm_stat_account(mm, flags, pages);
	if (flags & VM_LOCKED)
		mm->locked_vm += pages;
	return 0;
}

int vm_brk_flags(unsigned long addr, unsigned long request, unsigned long flags)
{
	struct mm_struct *mm = current->mm;
	unsigned long len = PAGE_ALIGN(request);
	bool populate;
	int err;

	if (len < request)
		return -ENOMEM;
	if (!len)
		return 0;
	if (flags & ~VM_EXEC)
		return -EINVAL;
	if (mmap_write_lock_killable(mm))
		return -EINTR;
	err = do_brk(mm, addr, len, flags);
	populate = mm->def_flags & VM_LOCKED;
	userfaultfd_unlock_and_tell(mm);
	if (!err && populate)
		mm_populate(addr, len);
	return err;
}

/* Is there room for the heap up to newbrk, with the stack's guard gap? */
static bool brk_fits(struct mm_struct *mm, unsigned long newbrk, unsigned long oldbrk)
{
	struct vm_area_struct *next = find_vma(mm, oldbrk);

	return !next || newbrk + PAGE_SIZE <= vm_start_gap(next);
}

SYSCALL_DEFINE1(brk, unsigned long, brk)
{
	struct mm_struct *mm = current->mm;
	unsigned long newbrk, oldbrk, ret;
	bool populate = false;

	if (mmap_write_lock_killable(mm))
		return -EINTR;
	ret = mm->brk;
	if (brk < mm->start_brk)
		goto out;
	if (rlimit(RLIMIT_DATA) < RLIM_INFINITY &&
	    (brk - mm->start_brk) + (mm->end_data - mm->start_data) > rlimit(RLIMIT_DATA))
		goto out;
	newbrk = PAGE_ALIGN(brk);
	oldbrk = PAGE_ALIGN(mm->brk);
	if (newbrk < brk)
		goto out;
	if (newbrk < oldbrk && do_munmap(mm, newbrk, oldbrk - newbrk))
		goto out;
	if (newbrk > oldbrk &&
	    (!brk_fits(mm, newbrk, oldbrk) || do_brk(mm, oldbrk, newbrk - oldbrk, 0)))
		goto out;
	mm->brk = ret = brk;
	if (newbrk > oldbrk)
		anon_grow_ahead(mm, oldbrk, newbrk);
	populate = newbrk > oldbrk && (mm->def_flags & VM_LOCKED);
out:
	userfaultfd_unlock_and_tell(mm);
	if (populate)
		mm_populate(oldbrk, newbrk - oldbrk);
	return ret;
}
