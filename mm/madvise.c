// SPDX-License-Identifier: MIT
/* madvise(2), msync(2) and mincore(2). */
#include "reclaim.h"

#include <fs/file.h>
#include <fs/inode.h>
#include <kern/cred.h>
#include <kern/sched.h>
#include <kern/syscalls.h>
#include <kern/task.h>
#include <linux/falloc.h>
#include <linux/mman.h>
#include <mm/pagemap.h>
#include <mm/swap.h>
#include <mm/slab.h>
#include <mm/uaccess.h>
#include <mm/userfaultfd.h>

/* ---- madvise ---- */

static vm_flags_t advice_flags(const struct vm_area_struct *vma, int advice)
{
	vm_flags_t flags = vma->vm_flags;

	switch (advice) {
	case MADV_NORMAL:
		return flags & ~(VM_RAND_READ | VM_SEQ_READ);
	case MADV_RANDOM:
		return (flags & ~VM_SEQ_READ) | VM_RAND_READ;
	case MADV_SEQUENTIAL:
		return (flags & ~VM_RAND_READ) | VM_SEQ_READ;
	case MADV_DONTFORK:
		return flags | VM_DONTCOPY;
	case MADV_DOFORK:
		return flags & ~VM_DONTCOPY;
	case MADV_WIPEONFORK:
		return flags | VM_WIPEONFORK;
	case MADV_KEEPONFORK:
		return flags & ~VM_WIPEONFORK;
	case MADV_DONTDUMP:
		return flags | VM_DONTDUMP;
	case MADV_DODUMP:
		return flags & ~VM_DONTDUMP;
	case MADV_HUGEPAGE:
		return (flags & ~VM_NOHUGEPAGE) | VM_HUGEPAGE;
	case MADV_NOHUGEPAGE:
		return (flags & ~VM_HUGEPAGE) | VM_NOHUGEPAGE;
	default:
		return flags;
	}
}

/* Changes the flags of [start, end) of one area. */
static int madvise_flags(struct vm_area_struct *vma, unsigned long start, unsigned long end,
			 int advice)
{
	vm_flags_t flags = advice_flags(vma, advice);
	struct mm_struct *mm = vma->vm_mm;
	int err;

	if (advice == MADV_DOFORK && (vma->vm_flags & VM_IO))
		return -EINVAL;
	if (advice == MADV_WIPEONFORK && (vma->vm_file || (vma->vm_flags & VM_SHARED)))
		return -EINVAL;
	if (advice == MADV_DODUMP && (vma->vm_flags & VM_SPECIAL))
		return -EINVAL;
	if (flags == vma->vm_flags)
		return 0;
	err = vma_isolate(mm, vma, start, end);
	if (err)
		return err == -ENOMEM ? -EAGAIN : err;
	vma->vm_flags = flags;
	vma_try_merge(mm, vma);
	return 0;
}

static int madvise_dontneed(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	if (vma->vm_flags & (VM_LOCKED | VM_PFNMAP))
		return -EINVAL;
	zap_page_range(vma, start, end - start);
	return 0;
}

static int madvise_free(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	if (!vma_is_anonymous(vma))
		return -EINVAL;
	/* Lazily would be fine too; at once is what the caller can see at any later time. */
	return madvise_dontneed(vma, start, end);
}

/* Punches a hole into the file. => drops mmap_lock, held for reading */
static int madvise_remove(struct vm_area_struct *vma, unsigned long start, unsigned long end,
			  bool *dropped)
{
	struct file *file = vma->vm_file;
	loff_t offset;
	int err;

	if (vma->vm_flags & VM_LOCKED)
		return -EINVAL;
	if (!file || !file->f_mapping || !file->f_mapping->host)
		return -EINVAL;
	if ((vma->vm_flags & (VM_SHARED | VM_WRITE)) != (VM_SHARED | VM_WRITE))
		return -EACCES;
	offset = (loff_t)(start - vma->vm_start) + ((loff_t)vma->vm_pgoff << PAGE_SHIFT);
	get_file(file);
	*dropped = true;
	mmap_read_unlock(current->mm);
	err = vfs_fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, end - start);
	fput(file);
	return err;
}

static int madvise_populate(struct vm_area_struct *vma, unsigned long start, unsigned long end,
			    bool write)
{
	unsigned int flags = write ? FAULT_FLAG_WRITE : 0;

	if (vma->vm_flags & (VM_IO | VM_PFNMAP))
		return -EINVAL;
	if (!(vma->vm_flags & (write ? VM_WRITE : VM_READ)))
		return -EINVAL;
	for (; start < end; start += PAGE_SIZE) {
		vm_fault_t fault = handle_mm_fault(vma, start, flags);

		if (fault & VM_FAULT_OOM)
			return -ENOMEM;
		if (fault & VM_FAULT_ERROR)
			return -EFAULT;
		cond_resched();
	}
	return 0;
}

static bool advice_removes(int advice)
{
	return advice == MADV_DONTNEED || advice == MADV_DONTNEED_LOCKED || advice == MADV_FREE ||
	       advice == MADV_REMOVE;
}

static int madvise_vma(struct vm_area_struct *vma, unsigned long start, unsigned long end,
		       int advice, bool *dropped)
{
	if ((advice_removes(advice) || advice == MADV_DONTFORK || advice == MADV_WIPEONFORK) &&
	    !may_discard(vma))
		return -EPERM;
	switch (advice) {
	case MADV_DONTNEED:
		return madvise_dontneed(vma, start, end);
	case MADV_FREE:
		return madvise_free(vma, start, end);
	case MADV_REMOVE:
		return madvise_remove(vma, start, end, dropped);
	case MADV_POPULATE_READ:
	case MADV_POPULATE_WRITE:
		return madvise_populate(vma, start, end, advice == MADV_POPULATE_WRITE);
	case MADV_DONTNEED_LOCKED:
		if (vma->vm_flags & VM_PFNMAP)
			return -EINVAL;
		zap_page_range(vma, start, end - start);
		return 0;
	case MADV_WILLNEED:
		madvise_willneed(vma, start, end);
		return 0;
	case MADV_COLD:
	case MADV_PAGEOUT:
		if (vma->vm_flags & (VM_LOCKED | VM_PFNMAP))
			return -EINVAL;
		if (advice == MADV_COLD)
			madvise_cold(vma, start, end);
		else
			madvise_pageout(vma, start, end);
		return 0;
	default:
		return madvise_flags(vma, start, end, advice);
	}
}

/* Bit sets: what is known, and what changes areas. */
static bool advice_valid(int advice)
{
	switch (advice) {
	case MADV_NORMAL ... MADV_DONTNEED:
	case MADV_FREE ... MADV_DOFORK:
	case MADV_HUGEPAGE ... MADV_DONTNEED_LOCKED:
		return true;
	default:
		return false;
	}
}

static bool advice_reads(int advice)
{
	switch (advice) {
	case MADV_DONTNEED:
	case MADV_DONTNEED_LOCKED:
	case MADV_FREE:
	case MADV_REMOVE:
	case MADV_WILLNEED:
	case MADV_COLD:
	case MADV_PAGEOUT:
	case MADV_POPULATE_READ:
	case MADV_POPULATE_WRITE:
		return true;
	default:
		return false;
	}
}

/* => mmap_lock held as advice_reads() says; *dropped: no longer */
static int madvise_walk(struct mm_struct *mm, unsigned long start, unsigned long end, int advice,
			bool *dropped)
{
	int unmapped = 0, err;

	while (start < end) {
		struct vm_area_struct *vma = find_vma(mm, start);
		unsigned long stop;

		if (!vma)
			return -ENOMEM;
		if (start < vma->vm_start) {
			unmapped = -ENOMEM;
			if (advice == MADV_POPULATE_READ || advice == MADV_POPULATE_WRITE)
				return -ENOMEM;
			start = vma->vm_start;
			if (start >= end)
				break;
		}
		stop = min(end, vma->vm_end);
		if (advice_removes(advice) && userfaultfd_remove(vma, start, stop)) {
			vma = vma_lookup(mm, start);
			if (!vma)
				return -ENOMEM;
			stop = min(stop, vma->vm_end);
		}
		err = madvise_vma(vma, start, stop, advice, dropped);
		if (err)
			return err;
		start = stop;
		if (*dropped) {
			mmap_read_lock(mm);
			*dropped = false;
		}
	}
	return unmapped;
}

int do_madvise(struct mm_struct *mm, unsigned long start, size_t len_in, int advice)
{
	size_t len = PAGE_ALIGN(len_in);
	unsigned long end = start + len;
	bool dropped = false;
	int err;

	if (!advice_valid(advice) || offset_in_page(start) || (len_in && !len) || end < start)
		return -EINVAL;
	if (end == start)
		return 0;
	if (advice_reads(advice)) {
		mmap_read_lock(mm);
		err = madvise_walk(mm, start, end, advice, &dropped);
		if (!dropped)
			mmap_read_unlock(mm);
		return err;
	}
	if (mmap_write_lock_killable(mm))
		return -EINTR;
	err = madvise_walk(mm, start, end, advice, &dropped);
	mmap_write_unlock(mm);
	return err;
}

SYSCALL_DEFINE3(madvise, unsigned long, start, size_t, len_in, int, advice)
{
	return do_madvise(current->mm, start, len_in, advice);
}

/* ---- msync ---- */

SYSCALL_DEFINE3(msync, unsigned long, start, size_t, len, int, flags)
{
	struct mm_struct *mm = current->mm;
	unsigned long end;
	int unmapped = 0, err = 0;

	if ((flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) || offset_in_page(start) ||
	    ((flags & MS_ASYNC) && (flags & MS_SYNC)))
		return -EINVAL;
	len = PAGE_ALIGN(len);
	end = start + len;
	if (end < start)
		return -ENOMEM;
	mmap_read_lock(mm);
	while (start < end && !err) {
		struct vm_area_struct *vma = find_vma(mm, start);
		unsigned long stop;

		if (!vma) {
			unmapped = -ENOMEM;
			break;
		}
		if (start < vma->vm_start) {
			unmapped = -ENOMEM;
			if (flags == MS_ASYNC || vma->vm_start >= end)
				break;
			start = vma->vm_start;
		}
		if ((flags & MS_INVALIDATE) && (vma->vm_flags & VM_LOCKED)) {
			err = -EBUSY;
			break;
		}
		stop = min(end, vma->vm_end);
		if ((flags & MS_SYNC) && vma->vm_file && (vma->vm_flags & VM_SHARED)) {
			struct file *file = get_file(vma->vm_file);

			mmap_read_unlock(mm);
			err = vfs_fsync(file, 1);
			fput(file);
			mmap_read_lock(mm);
		}
		start = stop;
	}
	mmap_read_unlock(mm);
	return err ? err : unmapped;
}

/* ---- mincore ---- */

static bool page_resident(struct vm_area_struct *vma, unsigned long addr)
{
	struct mm_struct *mm = vma->vm_mm;
	struct page *page;
	pgoff_t index;
	bool there;
	pte_t *ptep;

	spin_lock(&mm->page_table_lock);
	ptep = pte_lookup(mm, addr);
	there = ptep && pte_present(*ptep);
	spin_unlock(&mm->page_table_lock);
	if (there || !vma->vm_file || !vma->vm_file->f_mapping)
		return there;
	index = vma->vm_pgoff + ((addr - vma->vm_start) >> PAGE_SHIFT);
	page = find_get_page(vma->vm_file->f_mapping, index);
	if (!page)
		return shmem_in_swap_cache(vma->vm_file->f_mapping, index);
	there = PageUptodate(page);
	put_page(page);
	return there;
}

/* What the cache holds of other people's files is not shown to those who cannot write them. */
static bool may_look(struct vm_area_struct *vma)
{
	struct inode *inode;

	if (vma_is_anonymous(vma) || !vma->vm_file)
		return true;
	inode = file_inode(vma->vm_file);
	return inode_owner_or_capable(inode) || !inode_permission(inode, MAY_WRITE);
}

/* Fills up to nr bytes of vec from one area: the number, or -ENOMEM. */
static long mincore_some(struct mm_struct *mm, unsigned long addr, unsigned long nr, u8 *vec)
{
	struct vm_area_struct *vma = vma_lookup(mm, addr);
	unsigned long n;

	if (!vma)
		return -ENOMEM;
	n = min(nr, (vma->vm_end - addr) >> PAGE_SHIFT);
	if (!may_look(vma)) {
		memset(vec, 1, n);
		return n;
	}
	for (unsigned long i = 0; i < n; i++)
		vec[i] = page_resident(vma, addr + i * PAGE_SIZE);
	return n;
}

SYSCALL_DEFINE3(mincore, unsigned long, start, size_t, len, unsigned char __user *, vec)
{
	unsigned long pages = (len >> PAGE_SHIFT) + (offset_in_page(len) != 0);
	struct mm_struct *mm = current->mm;
	long n = 0;
	u8 *buf;

	if (offset_in_page(start))
		return -EINVAL;
	if (!access_ok(start, len))
		return -ENOMEM;
	if (!access_ok(vec, pages))
		return -EFAULT;
	buf = (u8 *)__get_free_page(GFP_USER);
	if (!buf)
		return -EAGAIN;
	while (pages) {
		mmap_read_lock(mm);
		n = mincore_some(mm, start, min(pages, PAGE_SIZE), buf);
		mmap_read_unlock(mm);
		if (n <= 0)
			break;
		if (copy_to_user(vec, buf, n)) {
			n = -EFAULT;
			break;
		}
		pages -= n;
		vec += n;
		start += n << PAGE_SHIFT;
		n = 0;
	}
	free_page((unsigned long)buf);
	return n;
}
