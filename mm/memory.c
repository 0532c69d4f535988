// SPDX-License-Identifier: MIT
/*
 * Page faults. handle_mm_fault() makes one address present with the access asked for:
 *
 *	no entry, anonymous area	fresh zeroed pages (do_anonymous_page, anon.c)
 *	no entry, file, read		the cached page and its cached neighbours (do_read_fault)
 *	no entry, file, private write	a copy of the cached page (do_cow_fault)
 *	no entry, file, shared write	the cached page, made dirty (do_shared_fault)
 *	entry without write permission	copy, or keep the page if nobody else has it (do_wp_page)
 *
 * A fault of a guest costs microseconds in the host, a further page in the same host mapping a
 * tenth of that. So anonymous faults fill a window of pages from one contiguous block
 * (mm/anon.c), and file faults map what is cached around.
 *
 * Entries are changed under page_table_lock only, after checking that they are still what the
 * fault saw; mmap_lock is held (either side), so the area itself cannot change. A file's page
 * is locked while its entry is installed, which keeps truncation away.
 *
 * Lock order: mmap_lock, page lock, page_table_lock.
 */
#include "vm.h"

#include <fs/file.h>
#include <fs/inode.h>
#include <kern/sched.h>
#include <mm/memcontrol.h>
#include <mm/mempolicy.h>
#include <mm/pagemap.h>
#include <mm/swap.h>
#include <mm/userfaultfd.h>

/* Neighbours that become writable with a page that turned out to be ours alone. */
#define REUSE_ORDER 3
#define FAULT_AROUND_PAGES 128
/* Private copies of a file's pages are made in windows of 2^COW_ORDER. */
#define COW_ORDER 4

struct page *alloc_anon_page(struct vm_area_struct *vma, unsigned long addr, gfp_t gfp)
{
	struct page *page = vma_alloc_pages(GFP_HIGHUSER_MOVABLE | gfp, 0, vma, addr);

	if (page && mem_cgroup_charge(page, 1, vma->vm_mm, GFP_HIGHUSER_MOVABLE)) {
		put_page(page);
		return NULL;
	}
	return page;
}

/* ---- files ---- */

/* Asks the mapping for its page: locked and referenced in vmf->page, or an error. */
static vm_fault_t get_fault_page(struct vm_fault *vmf)
{
	vm_fault_t ret = vmf->vma->vm_ops->fault(vmf);

	if (ret & (VM_FAULT_ERROR | VM_FAULT_NOPAGE | VM_FAULT_RETRY))
		return ret;
	if (!(ret & VM_FAULT_LOCKED))
		lock_page(vmf->page);
	return ret | VM_FAULT_LOCKED;
}

static pte_t file_pte(struct page *page, const struct vm_area_struct *vma, bool write)
{
	pte_t pte = mk_pte(page, vma->vm_page_prot);

	if (write)
		return maybe_mkwrite(pte_mkdirty(pte), vma);
	/* Nobody waits to see tmpfs pages become dirty. */
	if ((vma->vm_flags & VM_SHARED) && mapping_unevictable(page_mapping(page)))
		return maybe_mkwrite(pte, vma);
	return pte;
}

/* => page_table_lock held, entry free; takes a reference of its own */
static void install_file_pte(struct vm_area_struct *vma, pte_t *ptep, struct page *page,
			     bool write)
{
	if (!PageUser(page))
		SetPageUser(page);
	get_page(page);
	page_add_rmap(page, false);
	if (unlikely(vma->vm_flags & VM_LOCKED))
		mlock_new_page(vma, page);
	atomic_long_inc(&vma->vm_mm->rss_stat[page_rss_type(page)]);
	set_pte(ptep, file_pte(page, vma, write));
}

unsigned int map_file_pages(struct vm_fault *vmf, struct page **pages, unsigned int nr)
{
	struct vm_area_struct *vma = vmf->vma;
	struct mm_struct *mm = vma->vm_mm;
	unsigned long first = ~0UL, last = 0;
	unsigned int mapped = 0;

	for (unsigned int i = 0; i < nr; i++) {
		unsigned long addr = vma->vm_start +
				     ((pages[i]->index - vma->vm_pgoff) << PAGE_SHIFT);
		pte_t *ptep;

		/* The window never leaves one last-level table: the first call made it. */
		ptep = i ? pte_lookup(mm, addr) : pte_alloc_lock(mm, addr);
		if (!ptep && !i)
			return 0;
		if (!ptep || !pte_none(*ptep))
			continue;
		install_file_pte(vma, ptep, pages[i], false);
		first = min(first, addr);
		last = addr;
		mapped++;
	}
	if (nr)
		spin_unlock(&mm->page_table_lock);
	if (mapped)
		update_mmu_cache_range(mm, first, ((last - first) >> PAGE_SHIFT) + 1);
	return mapped;
}

/* The cached pages of an aligned window, without reading any. True: the address is served. */
static bool fault_around(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	unsigned long size = FAULT_AROUND_PAGES << PAGE_SHIFT;
	unsigned long start = max(vmf->address & ~(size - 1), vma->vm_start);
	unsigned long end = min((vmf->address & ~(size - 1)) + size, vma->vm_end);
	pgoff_t a = vmf->pgoff - ((vmf->address - start) >> PAGE_SHIFT);

	/* A descriptor that wants to hear of each page must. */
	if (!vma->vm_ops->map_pages || (vma->vm_flags & VM_UFFD_MINOR))
		return false;
	return vma->vm_ops->map_pages(vmf, a, a + ((end - start) >> PAGE_SHIFT) - 1) &
	       VM_FAULT_NOPAGE;
}

/* Installs vmf->page (locked) unless somebody else did; unlocks and puts it. */
static vm_fault_t finish_fault(struct vm_fault *vmf, bool write)
{
	struct mm_struct *mm = vmf->vma->vm_mm;
	struct page *page = vmf->page;
	pte_t *ptep = pte_alloc_lock(mm, vmf->address);

	if (ptep) {
		if (pte_none(*ptep))
			install_file_pte(vmf->vma, ptep, page, write);
		spin_unlock(&mm->page_table_lock);
	}
	unlock_page(page);
	put_page(page);
	if (!ptep)
		return VM_FAULT_OOM;
	update_mmu_cache_range(mm, vmf->address, 1);
	return 0;
}

/*
 * Gives private copies of the cached pages of an aligned window at once, from one block: a
 * program that writes one page of its data soon writes the next. Not while somebody has the
 * file open for writing, for pages that were not touched follow the file. True: the address is
 * served.
 */
bool cow_around(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	unsigned long size = PAGE_SIZE << COW_ORDER, base = vmf->address & ~(size - 1);
	unsigned long start = max(base, vma->vm_start), end = min(base + size, vma->vm_end);
	pgoff_t first = vmf->pgoff - ((vmf->address - start) >> PAGE_SHIFT);
	struct page *found[1 << COW_ORDER], *block = NULL;
	unsigned int nr, copied = 0;
	bool served = false;
	pte_t *ptep;

	if (vma->vm_ops->fault != filemap_fault || memory_is_short() || vma_interleaves(vma, start) ||
	    atomic_read(&file_inode(vma->vm_file)->i_writecount) > 0)
		return false;
	nr = filemap_lock_cached(vma->vm_file->f_mapping, first,
				 first + ((end - start) >> PAGE_SHIFT) - 1, found);
	for (unsigned int i = 0; i < nr; i++)
		served |= found[i]->index == vmf->pgoff;
	if (served)
		block = vma_alloc_pages(GFP_NOWAIT | __GFP_NOWARN | __GFP_HARDWALL, COW_ORDER, vma,
					start);
	if (block && mem_cgroup_charge(block, 1 << COW_ORDER, vma->vm_mm, GFP_NOWAIT)) {
		__free_pages(block, COW_ORDER);
		block = NULL;
	}
	ptep = block ? pte_alloc_lock(vma->vm_mm, start) : NULL;
	if (block)
		split_page(block, COW_ORDER);
	for (unsigned int i = 0; ptep && i < nr; i++) {
		struct page *copy = block + (found[i]->index - first);
		pte_t *slot = ptep + (found[i]->index - first);

		if (!pte_none(*slot))
			continue;
		copy_highpage(copy, found[i]);
		make_anon(vma, start + ((found[i]->index - first) << PAGE_SHIFT), copy, 1);
		get_page(copy);
		set_pte(slot, anon_pte(copy, vma));
		copied++;
	}
	if (ptep)
		spin_unlock(&vma->vm_mm->page_table_lock);
	for (unsigned int i = 0; block && i < 1U << COW_ORDER; i++)
		put_page(block + i);
	for (unsigned int i = 0; i < nr; i++) {
		unlock_page(found[i]);
		put_page(found[i]);
	}
	if (!ptep)
		return false;
	add_mm_counter(vma->vm_mm, MM_ANONPAGES, copied);
	vma->anon_faults++;
	count_vm_events(PGCOW, copied);
	update_mmu_cache_range(vma->vm_mm, start, (end - start) >> PAGE_SHIFT);
	return true;
}

static vm_fault_t do_read_fault(struct vm_fault *vmf)
{
	vm_fault_t ret;

	/* What is read in a small area of data is soon written. */
	if (vma_is_program_data(vmf->vma) && cow_around(vmf))
		return 0;
	if (fault_around(vmf))
		return 0;
	ret = get_fault_page(vmf);
	if (!(ret & VM_FAULT_LOCKED))
		return ret & VM_FAULT_NOPAGE ? 0 : ret;
	return finish_fault(vmf, false) | (ret & VM_FAULT_MAJOR);
}

static vm_fault_t do_cow_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct mm_struct *mm = vma->vm_mm;
	struct page *copy;
	bool installed = false;
	vm_fault_t ret;
	pte_t *ptep;

	if (cow_around(vmf))
		return 0;
	copy = alloc_anon_page(vma, vmf->address, 0);
	if (!copy)
		return VM_FAULT_OOM;
	ret = get_fault_page(vmf);
	if (!(ret & VM_FAULT_LOCKED)) {
		put_page(copy);
		return ret & VM_FAULT_NOPAGE ? 0 : ret;
	}
	copy_highpage(copy, vmf->page);
	ptep = pte_alloc_lock(mm, vmf->address);
	if (ptep && pte_none(*ptep)) {
		make_anon(vma, vmf->address, copy, 1);
		set_pte(ptep, anon_pte(copy, vma));
		installed = true;
	}
	if (ptep)
		spin_unlock(&mm->page_table_lock);
	unlock_page(vmf->page);
	put_page(vmf->page);
	if (!installed) {
		put_page(copy);
		return ptep ? 0 : VM_FAULT_OOM;
	}
	add_mm_counter(mm, MM_ANONPAGES, 1);
	count_vm_event(PGCOW);
	vma->anon_faults++;
	update_mmu_cache_range(mm, vmf->address, 1);
	return ret & VM_FAULT_MAJOR;
}

/* Tells the file system that a page of it becomes writable; the page stays locked. */
static vm_fault_t make_page_writable(struct vm_fault *vmf)
{
	struct page *page = vmf->page;
	vm_fault_t ret;

	if (vmf->vma->vm_ops && vmf->vma->vm_ops->page_mkwrite) {
		unlock_page(page);
		ret = vmf->vma->vm_ops->page_mkwrite(vmf);
		if (ret & (VM_FAULT_ERROR | VM_FAULT_NOPAGE))
			return ret;
		if (!(ret & VM_FAULT_LOCKED))
			lock_page(page);
		if (!page->mapping) {
			unlock_page(page);
			return VM_FAULT_NOPAGE;
		}
	}
	set_page_dirty(page);
	return VM_FAULT_LOCKED;
}

static vm_fault_t do_shared_fault(struct vm_fault *vmf)
{
	vm_fault_t ret = get_fault_page(vmf), mk;

	if (!(ret & VM_FAULT_LOCKED))
		return ret & VM_FAULT_NOPAGE ? 0 : ret;
	mk = make_page_writable(vmf);
	if (!(mk & VM_FAULT_LOCKED)) {
		put_page(vmf->page);
		return mk & VM_FAULT_NOPAGE ? 0 : mk;
	}
	mk = finish_fault(vmf, true) | (ret & VM_FAULT_MAJOR);
	balance_dirty_pages_ratelimited(vmf->vma->vm_file->f_mapping);
	return mk;
}

/* ---- write to a page that is there ---- */

/* Puts a private page in place of the one that orig_pte shows. */
static vm_fault_t wp_page_copy(struct vm_fault *vmf, struct page *old)
{
	struct vm_area_struct *vma = vmf->vma;
	struct mm_struct *mm = vma->vm_mm;
	struct page *copy = alloc_anon_page(vma, vmf->address, old ? 0 : __GFP_ZERO);
	bool replaced = false;
	pte_t *ptep;

	if (!copy) {
		if (old)
			put_page(old);
		return VM_FAULT_OOM;
	}
	if (old)
		copy_highpage(copy, old);
	spin_lock(&mm->page_table_lock);
	ptep = pte_lookup(mm, vmf->address);
	if (ptep && pte_val(*ptep) == pte_val(vmf->orig_pte)) {
		pmd_split_huge(mm, vmf->address);
		make_anon(vma, vmf->address, copy, 1);
		set_pte(ptep, anon_pte(copy, vma));
		replaced = true;
	}
	spin_unlock(&mm->page_table_lock);
	if (replaced) {
		/* No guest may reach the old page once our reference on it is gone. */
		tlb_replace_page(mm, vmf->address);
		add_mm_counter(mm, MM_ANONPAGES, 1);
		count_vm_event(PGCOW);
		vma->anon_faults++;
		if (old) {
			add_mm_counter(mm, page_rss_type(old), -1);
			page_remove_rmap(old);
			put_page(old);
		}
	} else {
		put_page(copy);
	}
	if (old)
		put_page(old);
	return 0;
}

/* The page is ours alone, and perhaps its neighbours: they become writable again. */
static void wp_reuse(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct mm_struct *mm = vma->vm_mm;
	unsigned long size = PAGE_SIZE << REUSE_ORDER;
	unsigned long first = vmf->address, last = vmf->address;
	unsigned long addr = max(vmf->address & ~(size - 1), vma->vm_start);
	unsigned long end = min((vmf->address & ~(size - 1)) + size, vma->vm_end);
	pte_t *ptep = pte_lookup(mm, addr);

	for (; ptep && addr < end; addr += PAGE_SIZE, ptep++) {
		pte_t pte = ptep_get(ptep);

		if (!pte_accessible(pte) || pte_write(pte) || pte_special(pte) || pte_uffd_wp(pte) ||
		    !PageAnon(pte_page(pte)) || page_count(pte_page(pte)) != 1)
			continue;
		set_pte(ptep, maybe_mkwrite(pte_mkdirty(pte), vma));
		first = min(first, addr);
		last = max(last, addr);
	}
	spin_unlock(&mm->page_table_lock);
	count_vm_event(PGREUSE);
	update_mmu_cache_range(mm, first, ((last - first) >> PAGE_SHIFT) + 1);
}

static vm_fault_t wp_shared(struct vm_fault *vmf)
{
	struct mm_struct *mm = vmf->vma->vm_mm;
	struct page *page = vmf->page;
	vm_fault_t ret;
	pte_t *ptep;

	lock_page(page);
	if (!page->mapping) {
		unlock_page(page);
		put_page(page);
		return 0;
	}
	ret = make_page_writable(vmf);
	if (!(ret & VM_FAULT_LOCKED)) {
		put_page(page);
		return ret & VM_FAULT_NOPAGE ? 0 : ret;
	}
	spin_lock(&mm->page_table_lock);
	ptep = pte_lookup(mm, vmf->address);
	if (ptep && pte_val(*ptep) == pte_val(vmf->orig_pte))
		set_pte(ptep, maybe_mkwrite(pte_mkdirty(*ptep), vmf->vma));
	spin_unlock(&mm->page_table_lock);
	unlock_page(page);
	put_page(page);
	update_mmu_cache_range(mm, vmf->address, 1);
	return 0;
}

/*
 * Does nobody but this entry use the anonymous page? If the swap cache does and nobody wants it
 * from there, it lets go. => page_table_lock held
 */
static bool only_ours(struct page *page)
{
	if (page_count(page) == 1)
		return true;
	if (!PageSwapCache(page) || page_count(page) != 2 || !trylock_page(page))
		return false;
	if (PageSwapCache(page) && page_count(page) == 2)
		try_to_free_swap(page);
	unlock_page(page);
	return page_count(page) == 1;
}

/* => page_table_lock held, which it drops; *ptep is present and not writable */
static vm_fault_t do_wp_page(struct vm_fault *vmf, pte_t pte)
{
	struct vm_area_struct *vma = vmf->vma;
	struct page *page;

	vmf->orig_pte = pte;
	if (pte_special(pte)) {
		spin_unlock(&vma->vm_mm->page_table_lock);
		if (!is_zero_pfn(pte_pfn(pte)) || (vma->vm_flags & VM_SHARED))
			return VM_FAULT_SIGBUS;
		return wp_page_copy(vmf, NULL);
	}
	page = pte_page(pte);
	if (PageAnon(page) && pte_accessible(pte) && only_ours(page)) {
		wp_reuse(vmf);
		fork_hot_note(vma->vm_mm, vmf->address);
		return 0;
	}
	/*
	 * It may be on its way to another frame (migrate.c), and be ours alone there: a copy would be in vain. A
	 * reference would keep it from moving.
	 */
	if (PageAnon(page) && PageLocked(page) && !PageWriteback(page)) {
		spin_unlock(&vma->vm_mm->page_table_lock);
		schedule_timeout_uninterruptible(1);
		return 0;
	}
	get_page(page);
	spin_unlock(&vma->vm_mm->page_table_lock);
	if (PageAnon(page))
		fork_hot_note(vma->vm_mm, vmf->address);
	vmf->page = page;
	if ((vma->vm_flags & (VM_SHARED | VM_MAYSHARE)) && (vma->vm_flags & VM_SHARED))
		return wp_shared(vmf);
	return wp_page_copy(vmf, page);
}

/* ---- the entry point ---- */

static vm_fault_t fault_missing(struct vm_fault *vmf)
{
	if (unlikely(vmf->vma->vm_userfaultfd)) {
		vm_fault_t ret = userfaultfd_missing(vmf);

		if (ret)
			return ret;
	}
	if (vma_is_anonymous(vmf->vma))
		return do_anonymous_page(vmf);
	if (!vmf->vma->vm_ops->fault)
		return VM_FAULT_SIGBUS;
	if (!(vmf->flags & FAULT_FLAG_WRITE))
		return do_read_fault(vmf);
	return vmf->vma->vm_flags & VM_SHARED ? do_shared_fault(vmf) : do_cow_fault(vmf);
}

vm_fault_t handle_mm_fault(struct vm_area_struct *vma, unsigned long addr, unsigned int flags)
{
	struct mm_struct *mm = vma->vm_mm;
	struct vm_fault vmf = {
		.vma = vma,
		.address = addr & PAGE_MASK,
		.real_address = addr,
		.flags = flags,
		.gfp_mask = GFP_HIGHUSER_MOVABLE,
		.pgoff = vma->vm_pgoff + ((addr - vma->vm_start) >> PAGE_SHIFT),
	};
	pte_t *ptep, pte = __pte(0);

	count_vm_event(PGFAULT);
	count_memcg_events(PGFAULT, 1);
	spin_lock(&mm->page_table_lock);
	ptep = pte_lookup(mm, vmf.address);
	if (ptep)
		pte = ptep_get(ptep);
	if (pte_present(pte) && !pte_young(pte)) {
		pte = pte_mkyoung(pte);
		set_pte(ptep, pte);
	}
	if (pte_present(pte) && (flags & FAULT_FLAG_WRITE) && !pte_write(pte)) {
		if (likely(!pte_uffd_wp(pte)))
			return do_wp_page(&vmf, pte);
		spin_unlock(&mm->page_table_lock);
		return handle_userfault(&vmf, VM_UFFD_WP);
	}
	spin_unlock(&mm->page_table_lock);
	if (pte_is_swap(pte))
		return do_swap_page(&vmf, pte);
	if (!pte_present(pte))
		return fault_missing(&vmf);
	/* The entry is good: only the host mapping is missing. */
	update_mmu_cache_range(mm, vmf.address, 1);
	return 0;
}
