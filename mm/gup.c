// SPDX-License-Identifier: MIT
/* Pages behind user addresses, and the memory of other tasks. */
#include "vm.h"

#include <fs/file.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/task.h>
#include <mm/pagemap.h>

static int check_vma_access(const struct vm_area_struct *vma, unsigned int flags)
{
	vm_flags_t want = flags & FOLL_WRITE ? VM_WRITE : VM_READ;

	if (vma->vm_flags & (VM_IO | VM_PFNMAP))
		return -EFAULT;
	if (vma->vm_file && test_bit(AS_SECRET, &vma->vm_file->f_mapping->flags))
		return -EFAULT;
	if (vma->vm_flags & want)
		return 0;
	if (!(flags & FOLL_FORCE))
		return -EFAULT;
	if (!(flags & FOLL_WRITE))
		return vma->vm_flags & VM_MAYREAD ? 0 : -EFAULT;
	/* A debugger may write private memory that the program may not. */
	return is_cow_mapping(vma->vm_flags) ? 0 : -EFAULT;
}

/* The page of the entry with a reference, if the entry allows the access; else NULL. */
static struct page *follow_pte(struct mm_struct *mm, unsigned long addr, unsigned int flags)
{
	struct page *page = NULL;
	pte_t *ptep;

	spin_lock(&mm->page_table_lock);
	ptep = pte_lookup(mm, addr);
	if (ptep && pte_present(*ptep)) {
		pte_t pte = *ptep;
		bool zero = pte_special(pte) && is_zero_pfn(pte_pfn(pte));
		bool forced = (flags & FOLL_FORCE) && !pte_special(pte) &&
			      PageAnon(pte_page(pte)) && pte_dirty(pte) &&
			      page_count(pte_page(pte)) == 1;

		if (!(flags & FOLL_WRITE) || pte_write(pte) || forced)
			page = !pte_special(pte) || zero ? pte_page(pte) : NULL;
		if (page)
			get_page(page);
	}
	spin_unlock(&mm->page_table_lock);
	return page;
}

static int fault_errno(vm_fault_t fault)
{
	return fault & VM_FAULT_OOM ? -ENOMEM : -EFAULT;
}

/* Faults until the page is there. => mmap_lock held for reading */
static int get_one_page(struct vm_area_struct *vma, unsigned long addr, unsigned int gup_flags,
			struct page **page)
{
	unsigned int flags = FAULT_FLAG_REMOTE | (gup_flags & FOLL_WRITE ? FAULT_FLAG_WRITE : 0);

	for (int tries = 0; tries < 16; tries++) {
		vm_fault_t fault;

		*page = follow_pte(vma->vm_mm, addr, gup_flags);
		if (*page)
			return 0;
		if (fatal_signal_pending(current))
			return -EINTR;
		fault = handle_mm_fault(vma, addr, flags);
		if (fault & VM_FAULT_ERROR)
			return fault_errno(fault);
		cond_resched();
	}
	return -EFAULT;
}

long get_user_pages_remote(struct mm_struct *mm, unsigned long start, unsigned long nr,
			   unsigned int gup_flags, struct page **pages)
{
	unsigned long n;

	start &= PAGE_MASK;
	for (n = 0; n < nr; n++, start += PAGE_SIZE) {
		struct vm_area_struct *vma = vma_lookup(mm, start);
		struct page *page;
		int err;

		err = vma ? check_vma_access(vma, gup_flags) : -EFAULT;
		if (!err)
			err = get_one_page(vma, start, gup_flags, &page);
		if (err)
			return n ? (long)n : err;
		if (pages)
			pages[n] = page;
		else
			put_page(page);
	}
	return n;
}

long get_user_pages(unsigned long start, unsigned long nr, unsigned int gup_flags,
		    struct page **pages)
{
	return get_user_pages_remote(current->mm, start, nr, gup_flags, pages);
}

long get_user_pages_unlocked(unsigned long start, unsigned long nr, struct page **pages,
			     unsigned int gup_flags)
{
	struct mm_struct *mm = current->mm;
	long ret;

	mmap_read_lock(mm);
	ret = get_user_pages_remote(mm, start, nr, gup_flags, pages);
	mmap_read_unlock(mm);
	return ret;
}

int get_user_pages_fast(unsigned long start, int nr, unsigned int gup_flags, struct page **pages)
{
	return get_user_pages_unlocked(start, nr, pages, gup_flags);
}

void unpin_user_pages_dirty_lock(struct page **pages, unsigned long nr, bool dirty)
{
	for (unsigned long i = 0; i < nr; i++) {
		if (dirty)
			set_page_dirty_lock(pages[i]);
		put_page(pages[i]);
	}
}

/* ---- other tasks' memory ---- */

/* Within one page; bytes or -errno. => mmap_lock held for reading */
static int access_page(struct mm_struct *mm, unsigned long addr, void *buf, int len,
		       unsigned int flags)
{
	struct vm_area_struct *vma = vma_lookup(mm, addr);
	struct page *page;
	void *data;

	if (!vma)
		return -EFAULT;
	if ((vma->vm_flags & (VM_IO | VM_PFNMAP)) && vma->vm_ops && vma->vm_ops->access)
		return vma->vm_ops->access(vma, addr, buf, len, flags & FOLL_WRITE);
	if (get_user_pages_remote(mm, addr, 1, flags, &page) != 1)
		return -EFAULT;
	data = (char *)page_address(page) + offset_in_page(addr);
	if (flags & FOLL_WRITE) {
		memcpy(data, buf, len);
		set_page_dirty_lock(page);
	} else {
		memcpy(buf, data, len);
	}
	put_page(page);
	return len;
}

int access_remote_vm(struct mm_struct *mm, unsigned long addr, void *buf, int len,
		     unsigned int gup_flags)
{
	int done = 0;

	/* A stack may have to grow for the first byte. */
	if (!mmap_lock_and_find_vma(mm, addr))
		return 0;
	while (done < len) {
		int n = min(len - done, (int)(PAGE_SIZE - offset_in_page(addr + done)));

		n = access_page(mm, addr + done, (char *)buf + done, n, gup_flags);
		if (n <= 0)
			break;
		done += n;
	}
	mmap_read_unlock(mm);
	return done;
}

int access_process_vm(struct task_struct *task, unsigned long addr, void *buf, int len,
		      unsigned int gup_flags)
{
	struct mm_struct *mm = get_task_mm(task);
	int ret;

	if (!mm)
		return 0;
	ret = access_remote_vm(mm, addr, buf, len, gup_flags);
	mmput(mm);
	return ret;
}

/*
 * The arguments; if their last byte is no longer NUL (setproctitle), they run on into the
 * environment up to the first NUL.
 */
int get_cmdline(struct task_struct *task, char *buf, int buflen)
{
	struct mm_struct *mm = get_task_mm(task);
	unsigned long arg_start, arg_end, env_end;
	int len = 0;

	if (!mm)
		return 0;
	spin_lock(&mm->arg_lock);
	arg_start = mm->arg_start;
	arg_end = mm->arg_end;
	env_end = mm->env_end;
	spin_unlock(&mm->arg_lock);
	if (arg_end > arg_start && buflen > 0) {
		len = min((unsigned long)buflen, arg_end - arg_start);
		len = access_remote_vm(mm, arg_start, buf, len, FOLL_FORCE);
		if (len > 0 && len < buflen && buf[len - 1] && env_end > arg_end) {
			int more = min((unsigned long)(buflen - len), env_end - arg_end);

			more = access_remote_vm(mm, arg_end, buf + len, more, FOLL_FORCE);
			len = strnlen(buf, len + more);
		}
	}
	mmput(mm);
	return len;
}
