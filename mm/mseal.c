// SPDX-License-Identifier: MIT
/* mseal(2): areas that can be neither unmapped, moved, resized, nor given other permissions. */
#include "vm.h"

#include <kern/sched.h>
#include <kern/syscalls.h>
#include <kern/task.h>

bool range_is_sealed(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	struct vm_area_struct *vma = find_vma_intersection(mm, start, end);

	for (; vma && vma->vm_start < end; vma = vma->vm_next)
		if (vma->vm_flags & VM_SEALED)
			return true;
	return false;
}

bool may_discard(const struct vm_area_struct *vma)
{
	return !(vma->vm_flags & VM_SEALED) || (vma->vm_flags & (VM_SHARED | VM_WRITE));
}

/* => mmap_lock held for writing */
static int seal(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	if (!range_is_mapped(mm, start, end))
		return -ENOMEM;
	while (start < end) {
		struct vm_area_struct *vma = vma_lookup(mm, start);
		unsigned long stop = min(end, vma->vm_end);

		if (!(vma->vm_flags & VM_SEALED)) {
			int err = vma_isolate(mm, vma, start, stop);

			if (err)
				return err;
			vma->vm_flags |= VM_SEALED;
			vma_try_merge(mm, vma);
		}
		start = stop;
	}
	return 0;
}

SYSCALL_DEFINE3(mseal, unsigned long, start, size_t, len_in, unsigned long, flags)
{
	size_t len = PAGE_ALIGN(len_in);
	struct mm_struct *mm = current->mm;
	unsigned long end = start + len;
	int err;

	if (flags || offset_in_page(start) || (len_in && !len) || end < start)
		return -EINVAL;
	if (end == start)
		return 0;
	if (mmap_write_lock_killable(mm))
		return -EINTR;
	err = seal(mm, start, end);
	mmap_write_unlock(mm);
	return err;
}
