// SPDX-License-Identifier: MIT
/*
 * userfaultfd: pages that a program puts into its registered areas, and their protection from
 * writing. One page at a time: its content is fetched without a lock, its entry is made under
 * mmap_lock.
 *
 * A protected entry has _PAGE_UFFD_WP and no write permission. Reclaim leaves its page alone, so that
 * the mark need not be kept in a swap entry.
 *
 * Lock order: mmap_lock, page lock, page_table_lock.
 */
#include <mm/userfaultfd.h>

#include "vm.h"

#include <fs/file.h>
#include <kern/rcupdate.h>
#include <kern/sched.h>
#include <mm/memcontrol.h>
#include <mm/pagemap.h>
#include <mm/uaccess.h>

/* The registered area that all of the range is in, or NULL. => mmap_lock held */
static struct vm_area_struct *find_area(const struct userfaultfd_ctx *ctx, unsigned long start,
					unsigned long len)
{
	struct vm_area_struct *vma = vma_lookup(ctx->mm, start);

	if (!vma || len > vma->vm_end - start || vma->vm_userfaultfd != ctx)
		return NULL;
	return vma;
}

/* Makes an entry if there is none: 0, -EEXIST, -ENOMEM. `page` NULL: zeros. => mmap_lock held */
static int install(struct vm_area_struct *vma, unsigned long addr, struct page *page, bool anon,
		   bool wp)
{
	struct mm_struct *mm = vma->vm_mm;
	pte_t *ptep = pte_alloc_lock(mm, addr);
	pte_t pte;

	if (!ptep)
		return -ENOMEM;
	if (!pte_none(ptep_get(ptep))) {
		spin_unlock(&mm->page_table_lock);
		return -EEXIST;
	}
	if (!page) {
		pte = pte_mkspecial(mk_pte(ZERO_PAGE(addr), vma->vm_page_prot));
	} else if (anon) {
		make_anon(vma, addr, page, 1);
		pte = anon_pte(page, vma);
	} else {
		if (!PageUser(page))
			SetPageUser(page);
		page_add_rmap(page, false);
		if (vma->vm_flags & VM_LOCKED)
			mlock_new_page(vma, page);
		pte = mk_pte(page, vma->vm_page_prot);
		if (vma->vm_flags & VM_SHARED)
			pte = maybe_mkwrite(pte_mkdirty(pte), vma);
	}
	if (page) {
		get_page(page);
		add_mm_counter(mm, page_rss_type(page), 1);
	}
	set_pte(ptep, wp ? pte_mkuffd_wp(pte) : pte);
	spin_unlock(&mm->page_table_lock);
	if (anon && page)
		vma->anon_faults++;
	update_mmu_cache_range(mm, addr, 1);
	return 0;
}

/*
 * The page of a shared tmpfs area: `fresh` wants that there was none, and fills it from `data`
 * (NULL: zeros); else it must be there. => mmap_lock held
 */
static int fill_shared(struct vm_area_struct *vma, unsigned long addr, bool fresh,
		       struct page *data)
{
	struct vm_fault vmf = {
		.vma = vma,
		.address = addr,
		.flags = FAULT_FLAG_WRITE,
		.gfp_mask = GFP_HIGHUSER_MOVABLE,
		.pgoff = vma->vm_pgoff + ((addr - vma->vm_start) >> PAGE_SHIFT),
	};
	vm_fault_t ret;
	bool there;
	int error;

	rcu_read_lock();
	there = xa_load(&vma->vm_file->f_mapping->i_pages, vmf.pgoff) != NULL;
	rcu_read_unlock();
	if (there == fresh)
		return fresh ? -EEXIST : -EFAULT;
	ret = vma->vm_ops->fault(&vmf);
	if (ret & VM_FAULT_ERROR)
		return ret & VM_FAULT_OOM ? -ENOMEM : -EFAULT;
	if (!(ret & VM_FAULT_LOCKED))
		lock_page(vmf.page);
	if (data)
		copy_highpage(vmf.page, data);
	if (fresh)
		set_page_dirty(vmf.page);
	error = install(vma, addr, vmf.page, false, false);
	unlock_page(vmf.page);
	put_page(vmf.page);
	return error;
}

/* => mmap_lock held; `page` has what is to be copied */
static int fill_one(struct vm_area_struct *vma, enum uffd_fill what, unsigned long addr,
		    struct page *page, bool wp)
{
	bool anon = vma_is_anonymous(vma);

	if (wp && !(vma->vm_flags & VM_UFFD_WP))
		return -EINVAL;
	if (what == UFFD_FILL_CONTINUE)
		return anon ? -EINVAL : fill_shared(vma, addr, false, NULL);
	if (anon || !(vma->vm_flags & VM_SHARED)) {
		if (page && mem_cgroup_charge(page, 1, vma->vm_mm, GFP_KERNEL))
			return -ENOMEM;
		return install(vma, addr, page, true, wp);
	}
	return fill_shared(vma, addr, true, page);
}

/* A page with what the caller has at src: or ERR_PTR. */
static struct page *fetch(unsigned long src)
{
	struct page *page = alloc_page(GFP_HIGHUSER_MOVABLE);

	if (!page)
		return ERR_PTR(-ENOMEM);
	if (!copy_from_user(page_address(page), (void __user *)src, PAGE_SIZE))
		return page;
	put_page(page);
	return ERR_PTR(-EFAULT);
}

long userfaultfd_fill(struct userfaultfd_ctx *ctx, enum uffd_fill what, unsigned long dst,
		      unsigned long src, unsigned long len, bool wp)
{
	struct mm_struct *mm = ctx->mm;
	unsigned long done = 0;
	int error = 0;

	if (!mmget_not_zero(mm))
		return -ESRCH;
	while (done < len && !error) {
		struct page *page = what == UFFD_FILL_COPY ? fetch(src + done) : NULL;
		struct vm_area_struct *vma;

		if (IS_ERR(page)) {
			error = PTR_ERR(page);
			break;
		}
		mmap_read_lock(mm);
		vma = find_area(ctx, dst, len);
		if (atomic_read(&ctx->changing))
			error = -EAGAIN;
		else
			error = vma ? fill_one(vma, what, dst + done, page, wp) : -ENOENT;
		mmap_read_unlock(mm);
		if (page)
			put_page(page);
		if (!error)
			done += PAGE_SIZE;
		cond_resched();
	}
	mmput(mm);
	return done ? (long)done : error;
}

/* ---- protection from writing ---- */

/* One entry; whether it lost its write permission. => page_table_lock held */
static bool protect_pte(pte_t *ptep, bool protect)
{
	pte_t pte = ptep_get(ptep);

	if (!pte_present(pte))
		return false;
	if (!protect) {
		/* The next write finds out whether the page is still ours alone. */
		set_pte(ptep, pte_clear_uffd_wp(pte));
		return false;
	}
	set_pte(ptep, pte_mkuffd_wp(pte));
	return pte_write(pte);
}

void uffd_wp_range(struct vm_area_struct *vma, unsigned long start, unsigned long end, bool protect)
{
	struct mm_struct *mm = vma->vm_mm;
	unsigned long addr = start;
	bool lost = false;

	while (addr < end) {
		unsigned long stop, swapped = 0;
		pte_t *ptep;

		spin_lock(&mm->page_table_lock);
		addr = pte_next_table(mm, addr, end, &ptep);
		stop = min(end, (addr & PMD_MASK) + PMD_SIZE);
		if (addr < stop)
			pmd_split_huge(mm, addr);
		for (; addr < stop && !swapped; addr += PAGE_SIZE, ptep++) {
			if (protect && pte_is_swap(ptep_get(ptep)))
				swapped = addr;
			else
				lost |= protect_pte(ptep, protect);
		}
		spin_unlock(&mm->page_table_lock);
		/* What is on swap comes in first: its entry has no place for the mark. */
		if (swapped && !(handle_mm_fault(vma, swapped, 0) & VM_FAULT_ERROR))
			addr = swapped;
		cond_resched();
	}
	if (lost)
		tlb_wrprotect_range(mm, start, end);
}

int userfaultfd_writeprotect(struct userfaultfd_ctx *ctx, unsigned long start, unsigned long len,
			     bool protect)
{
	unsigned long end = start + len;
	struct mm_struct *mm = ctx->mm;
	struct vm_area_struct *vma;
	int error = -ENOENT;

	if (!mmget_not_zero(mm))
		return -ESRCH;
	mmap_read_lock(mm);
	if (atomic_read(&ctx->changing)) {
		mmap_read_unlock(mm);
		mmput(mm);
		return -EAGAIN;
	}
	for (vma = find_vma_intersection(mm, start, end); vma && vma->vm_start < end;
	     vma = vma->vm_next) {
		error = -ENOENT;
		if (vma->vm_userfaultfd != ctx || !(vma->vm_flags & VM_UFFD_WP))
			break;
		uffd_wp_range(vma, max(start, vma->vm_start), min(end, vma->vm_end), protect);
		error = 0;
	}
	mmap_read_unlock(mm);
	mmput(mm);
	return error;
}
