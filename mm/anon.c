// SPDX-License-Identifier: MIT
/*
 * Anonymous memory that is touched for the first time.
 *
 * A fault fills a window of free entries from one contiguous block, so that the host maps it by
 * one mapping. How large it is follows from what the area shows:
 *
 *	an area of less than 64 KiB	single pages: programs ask which pages of it are there
 *	an area of 64 KiB		all of it
 *	faults one behind the other	twice the last window, from 64 KiB up to 2 MiB
 *	faults here and there		half the last one, down to a single page; in an area of up
 *					to 8 MiB down to 64 KiB: a host fault costs as much as 16
 *					pages, and what can be wasted is bounded
 *	huge pages asked for		2 MiB where they fit
 *	a heap in full use grows	up to 256 KiB, by brk() itself
 *
 * When memory is short, and where pages are interleaved among nodes, single pages are given. A window of 2 MiB that is aligned in both memories
 * is a transparent huge page: its table carries a mark (pmd_mark_huge()) until an entry of it is
 * changed alone. There is nothing else to split, for the block is of single pages.
 *
 * Lock order: mmap_lock, page_table_lock.
 */
#include "vm.h"

#include <mm/memcontrol.h>
#include <mm/mempolicy.h>

/* A bigger area may be a sparse table: a read of it gets the page of zeros. */
#define DENSE_AREA (8UL << 20)
/* The window that an area starts with. */
#define FIRST_ORDER 4
/* A heap that grows by no more than this gets its pages at once. */
#define GROW_PAGES 64

/* Free entries to be filled: nr pages from start. */
struct window {
	unsigned long start;
	unsigned int nr;
};

bool memory_is_short(void)
{
	return nr_free_pages_fast() < (totalram_pages() >> 3);
}

void make_anon(struct vm_area_struct *vma, unsigned long addr, struct page *page, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		page_set_anon(page + i, vma->vm_mm, addr + i * PAGE_SIZE, true);
		page[i].flags |= (1UL << PG_swapbacked) | (1UL << PG_uptodate) | (1UL << PG_user);
		page_add_rmap(page + i, true);
	}
	lru_cache_add_run(page, nr);
	if (unlikely(vma->vm_flags & VM_LOCKED))
		for (unsigned int i = 0; i < nr; i++)
			mlock_new_page(vma, page + i);
}

/* What the next window of the area shall be, by where this fault lies. */
static unsigned int next_order(const struct vm_area_struct *vma, unsigned long addr)
{
	unsigned long next = READ_ONCE(vma->anon_next);
	unsigned int order = READ_ONCE(vma->anon_order);
	unsigned int floor = vma->vm_end - vma->vm_start <= DENSE_AREA ? FIRST_ORDER : 0;

	if (!READ_ONCE(vma->anon_faults))
		return FIRST_ORDER;
	if (addr >= next && addr - next < PAGE_SIZE << order)
		return order < HPAGE_PMD_ORDER ? max(order + 1, (unsigned int)FIRST_ORDER) : order;
	return max(order, floor + 1) - 1;
}

/* Narrows [lo, hi) around addr to entries that are free; ptep is that of addr, or NULL. */
static struct window free_run(pte_t *ptep, unsigned long addr, unsigned long lo, unsigned long hi)
{
	unsigned long start = addr, end = addr + PAGE_SIZE;

	if (!ptep)
		return (struct window){ lo, (hi - lo) >> PAGE_SHIFT };
	for (pte_t *p = ptep - 1; start > lo && pte_none(ptep_get(p)); p--)
		start -= PAGE_SIZE;
	for (pte_t *p = ptep + 1; end < hi && pte_none(ptep_get(p)); p++)
		end += PAGE_SIZE;
	return (struct window){ start, (end - start) >> PAGE_SHIFT };
}

/* The window of 2^order pages around addr, cut to the area, its table, and what is free. */
static struct window pick_window(struct vm_area_struct *vma, unsigned long addr, unsigned int order)
{
	struct mm_struct *mm = vma->vm_mm;
	unsigned long size = PAGE_SIZE << order, lo = addr & ~(size - 1), hi = lo + size;
	struct window w;

	if (vma->vm_end - vma->vm_start == PAGE_SIZE << FIRST_ORDER && order) {
		lo = addr & PMD_MASK;
		hi = lo + PMD_SIZE;
	}
	lo = max(lo, vma->vm_start);
	hi = min(hi, vma->vm_end);
	spin_lock(&mm->page_table_lock);
	w = free_run(pte_lookup(mm, addr), addr, lo, hi);
	spin_unlock(&mm->page_table_lock);
	return w;
}

static bool window_is_huge(const struct window *w)
{
	return w->nr == HPAGE_PMD_NR && !(w->start & ~PMD_MASK);
}

/* The window for a fault: what policy wants and memory allows. */
static struct window choose_window(struct vm_area_struct *vma, unsigned long addr)
{
	struct window single = { addr, 1 }, w;
	unsigned int order;

	if (memory_is_short() || vma->vm_flags & VM_LOCKONFAULT ||
	    vma->vm_end - vma->vm_start < PAGE_SIZE << FIRST_ORDER)
		return single;
	if (thp_enabled(vma)) {
		w = pick_window(vma, addr, HPAGE_PMD_ORDER);
		if (window_is_huge(&w))
			return w;
	}
	if (vma_interleaves(vma, addr))
		return single;
	order = next_order(vma, addr);
	if (order == HPAGE_PMD_ORDER && !thp_allowed(vma))
		order--;
	return order ? pick_window(vma, addr, order) : single;
}

/* Shows zeros in the free entries of a window around the address. */
static vm_fault_t map_zero_pages(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct mm_struct *mm = vma->vm_mm;
	struct window w = pick_window(vma, vmf->address, ZERO_PAGES_ORDER);
	pte_t *ptep = pte_alloc_lock(mm, w.start);

	if (!ptep)
		return VM_FAULT_OOM;
	for (unsigned int i = 0; i < w.nr; i++) {
		unsigned long addr = w.start + i * PAGE_SIZE;

		if (pte_none(ptep_get(ptep + i)))
			set_pte(ptep + i, pte_mkspecial(mk_pte(ZERO_PAGE(addr), vma->vm_page_prot)));
	}
	spin_unlock(&mm->page_table_lock);
	update_mmu_cache_range(mm, w.start, w.nr);
	return 0;
}

/* Zeroed and charged single pages in a row for the window, which shrinks to addr when there are none. */
static struct page *alloc_window(struct vm_area_struct *vma, struct window *w, unsigned long addr)
{
	gfp_t gfp = GFP_NOWAIT | __GFP_NOWARN | __GFP_HIGHMEM | __GFP_MOVABLE | __GFP_HARDWALL;
	unsigned int order = get_order((unsigned long)w->nr << PAGE_SHIFT);
	struct page *page = NULL;

	if (w->nr > 1) {
		bool exact = w->nr == 1U << order;

		page = vma_alloc_pages(gfp | (exact ? __GFP_ZERO : 0), order, vma, w->start);
		if (page && mem_cgroup_charge(page, w->nr, vma->vm_mm, gfp)) {
			__free_pages(page, order);
			page = NULL;
		}
		if (!page && order == HPAGE_PMD_ORDER)
			count_vm_event(THP_FAULT_FALLBACK);
		if (page && !exact) {
			/* The tail goes back before it costs anything. */
			split_page(page, order);
			for (unsigned int i = w->nr; i < 1U << order; i++)
				put_page(page + i);
			memset(page_address(page), 0, (size_t)w->nr << PAGE_SHIFT);
			return page;
		}
	}
	if (page) {
		split_page(page, order);
		return page;
	}
	*w = (struct window){ addr, 1 };
	return alloc_anon_page(vma, addr, __GFP_ZERO);
}

/* Maps the pages if all entries are still free. => page_table_lock held */
static bool map_window(struct vm_area_struct *vma, const struct window *w, pte_t *ptep,
		       struct page *page)
{
	for (unsigned int i = 0; i < w->nr; i++)
		if (!pte_none(ptep_get(ptep + i)))
			return false;
	make_anon(vma, w->start, page, w->nr);
	for (unsigned int i = 0; i < w->nr; i++)
		set_pte(ptep + i, anon_pte(page + i, vma));
	if (window_is_huge(w)) {
		pmd_mark_huge(vma->vm_mm, w->start);
		count_vm_event(THP_FAULT_ALLOC);
	}
	return true;
}

/* The window has been filled and mapped. */
static void note_window(struct vm_area_struct *vma, const struct window *w)
{
	add_mm_counter(vma->vm_mm, MM_ANONPAGES, w->nr);
	/* Hints: lost updates of threads that fault at once do no harm. */
	WRITE_ONCE(vma->anon_faults, READ_ONCE(vma->anon_faults) + 1);
	WRITE_ONCE(vma->anon_next, w->start + ((unsigned long)w->nr << PAGE_SHIFT));
	WRITE_ONCE(vma->anon_order, w->nr > 1 ? get_order((unsigned long)w->nr << PAGE_SHIFT) : 0);
	count_vm_events(PGZERO, w->nr);
	update_mmu_cache_range(vma->vm_mm, w->start, w->nr);
}

vm_fault_t do_anonymous_page(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct mm_struct *mm = vma->vm_mm;
	struct window w;
	struct page *page;
	bool mapped;
	pte_t *ptep;

	if (vma->vm_flags & VM_SHARED)
		return VM_FAULT_SIGBUS;
	if (!(vmf->flags & FAULT_FLAG_WRITE) && vma->vm_end - vma->vm_start > DENSE_AREA)
		return map_zero_pages(vmf);
	w = choose_window(vma, vmf->address);
	page = alloc_window(vma, &w, vmf->address);
	if (!page)
		return VM_FAULT_OOM;
	ptep = pte_alloc_lock(mm, w.start);
	mapped = ptep && map_window(vma, &w, ptep, page);
	if (ptep)
		spin_unlock(&mm->page_table_lock);
	if (!mapped) {
		/* Somebody was faster: the access is tried again. */
		for (unsigned int i = 0; i < w.nr; i++)
			put_page(page + i);
		return ptep ? 0 : VM_FAULT_OOM;
	}
	note_window(vma, &w);
	return 0;
}

/* Is there an anonymous page at addr? */
static bool has_anon_page(struct mm_struct *mm, unsigned long addr)
{
	pte_t *ptep, pte = __pte(0);

	spin_lock(&mm->page_table_lock);
	ptep = pte_lookup(mm, addr);
	if (ptep)
		pte = ptep_get(ptep);
	spin_unlock(&mm->page_table_lock);
	return pte_present(pte) && !pte_special(pte) && PageAnon(pte_page(pte));
}

void anon_grow_ahead(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	struct vm_area_struct *vma = vma_lookup(mm, start);
	struct window w = { start, (min(end, (start & PMD_MASK) + PMD_SIZE) - start) >> PAGE_SHIFT };
	struct page *page;
	pte_t *ptep;

	if (!vma || !vma_is_anonymous(vma) || vma->vm_start == start || w.nr > GROW_PAGES ||
	    memory_is_short() || vma_interleaves(vma, start) || !has_anon_page(mm, start - PAGE_SIZE))
		return;
	page = alloc_window(vma, &w, start);
	if (!page)
		return;
	ptep = pte_alloc_lock(mm, w.start);
	if (ptep && map_window(vma, &w, ptep, page)) {
		spin_unlock(&mm->page_table_lock);
		note_window(vma, &w);
		return;
	}
	if (ptep)
		spin_unlock(&mm->page_table_lock);
	for (unsigned int i = 0; i < w.nr; i++)
		put_page(page + i);
}
