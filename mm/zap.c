// SPDX-License-Identifier: MIT
/*
 * Taking pages out of address spaces: entries first, then the host mappings, then the pages.
 *
 * A page may be freed or reused only once no guest thread can reach it. So entries are cleared
 * under page_table_lock, their pages collected in an mmu_gather, and only after
 * flush_tlb_range() has returned are the references dropped.
 *
 * Lock order: mmap_lock or i_mmap_rwsem, page_table_lock; the flush runs outside the latter.
 */
#include "vm.h"

#include <kern/sched.h>
#include <mm/pagemap.h>
#include <mm/slab.h>
#include <mm/swap.h>

/* ---- counters ---- */

static bool page_is_shmem(const struct page *page)
{
	return !PageAnon(page) && PageSwapBacked(page);
}

int page_rss_type(const struct page *page)
{
	if (PageAnon(page))
		return MM_ANONPAGES;
	return page_is_shmem(page) ? MM_SHMEMPAGES : MM_FILEPAGES;
}

void update_hiwater_rss(struct mm_struct *mm)
{
	unsigned long rss = get_mm_rss(mm), mark = READ_ONCE(mm->hiwater_rss);

	/* Several threads may zap at once (madvise): the highest mark stays. */
	while (mark < rss && !try_cmpxchg(&mm->hiwater_rss, &mark, rss))
		;
}

void update_hiwater_vm(struct mm_struct *mm)
{
	if (mm->hiwater_vm < mm->total_vm)
		mm->hiwater_vm = mm->total_vm;
}

unsigned long get_mm_hiwater_rss(struct mm_struct *mm)
{
	return max(READ_ONCE(mm->hiwater_rss), get_mm_rss(mm));
}

unsigned long get_mm_hiwater_vm(struct mm_struct *mm)
{
	return max(READ_ONCE(mm->hiwater_vm), READ_ONCE(mm->total_vm));
}

/* ---- the gather ---- */

void tlb_gather_mmu(struct mmu_gather *tlb, struct mm_struct *mm)
{
	void *table;

	*tlb = (struct mmu_gather){ .mm = mm, .start = ~0UL, .pages = tlb->local,
				    .max = ARRAY_SIZE(tlb->local) };
	table = (void *)__get_free_pages(GFP_NOWAIT | __GFP_NOWARN, 0);
	if (table) {
		tlb->pages = table;
		tlb->max = PAGE_SIZE / sizeof(struct page *);
	}
}

/* => no spinlock held */
static void tlb_flush_mmu(struct mmu_gather *tlb)
{
	if (tlb->start < tlb->end && !tlb->no_flush)
		flush_tlb_range(tlb->mm, tlb->start, tlb->end);
	tlb->start = ~0UL;
	tlb->end = 0;
	for (unsigned int i = 0; i < tlb->nr; i++)
		free_page_and_swap_cache(tlb->pages[i]);
	tlb->nr = 0;
}

void tlb_finish_mmu(struct mmu_gather *tlb)
{
	tlb_flush_mmu(tlb);
	for (int i = 0; i < NR_MM_COUNTERS; i++)
		if (tlb->rss[i])
			add_mm_counter(tlb->mm, i, tlb->rss[i]);
	if (tlb->pages != tlb->local)
		free_page((unsigned long)tlb->pages);
}

/* One entry is to go: notes its page. False: the gather is full. => page_table_lock held */
static bool zap_pte(struct mmu_gather *tlb, pte_t *ptep, unsigned long addr, bool even_cows)
{
	pte_t pte = ptep_get(ptep);
	struct page *page;

	if (pte_is_swap(pte) && even_cows) {
		free_swap_and_cache(pte_to_swp_entry(pte));
		set_pte(ptep, __pte(0));
		tlb->rss[MM_SWAPENTS]--;
	}
	if (!pte_present(pte))
		return true;
	page = pte_special(pte) ? NULL : pte_page(pte);
	if (page && !even_cows && PageAnon(page))
		return true;
	if (page && tlb->nr == tlb->max)
		return false;
	set_pte(ptep, __pte(0));
	tlb->start = min(tlb->start, addr);
	tlb->end = max(tlb->end, addr + PAGE_SIZE);
	if (!page)
		return true;
	if (pte_dirty(pte) && !PageAnon(page))
		set_page_dirty(page);
	tlb->rss[page_rss_type(page)]--;
	page_remove_rmap(page);
	tlb->pages[tlb->nr++] = page;
	return true;
}

void unmap_vma_range(struct mmu_gather *tlb, struct vm_area_struct *vma, unsigned long start,
		     unsigned long end, bool even_cows)
{
	struct mm_struct *mm = tlb->mm;
	unsigned long addr = start;

	while (addr < end) {
		unsigned long stop;
		bool full = false;
		pte_t *pte;

		spin_lock(&mm->page_table_lock);
		addr = pte_next_table(mm, addr, end, &pte);
		stop = min(end, (addr & PMD_MASK) + PMD_SIZE);
		if (stop - addr == PMD_SIZE)
			pmd_clear_huge(mm, addr);
		else if (addr < stop)
			pmd_split_huge(mm, addr);
		for (; addr < stop && !full; pte++) {
			full = !zap_pte(tlb, pte, addr, even_cows);
			if (!full)
				addr += PAGE_SIZE;
		}
		spin_unlock(&mm->page_table_lock);
		if (full)
			tlb_flush_mmu(tlb);
		cond_resched();
	}
}

void unmap_region(struct mm_struct *mm, struct vm_area_struct *vma, struct vm_area_struct *prev,
		  struct vm_area_struct *next, unsigned long start, unsigned long end)
{
	struct mmu_gather tlb;

	tlb_gather_mmu(&tlb, mm);
	update_hiwater_rss(mm);
	for (; vma && vma->vm_start < end; vma = vma->vm_next)
		unmap_vma_range(&tlb, vma, max(start, vma->vm_start), min(end, vma->vm_end), true);
	tlb_finish_mmu(&tlb);
	free_pgtables(mm, start, end, prev ? prev->vm_end : 0, next ? next->vm_start : TASK_SIZE);
}

void zap_page_range(struct vm_area_struct *vma, unsigned long start, unsigned long size)
{
	struct mmu_gather tlb;

	tlb_gather_mmu(&tlb, vma->vm_mm);
	update_hiwater_rss(vma->vm_mm);
	unmap_vma_range(&tlb, vma, start, start + size, true);
	tlb_finish_mmu(&tlb);
}

void zap_vma_ptes(struct vm_area_struct *vma, unsigned long addr, unsigned long size)
{
	zap_page_range(vma, addr, size);
}

/* ---- by file ---- */

/* => i_mmap_rwsem held */
static void unmap_pages_locked(struct address_space *mapping, pgoff_t first, pgoff_t last,
			       bool even_cows)
{
	struct vm_area_struct *vma;

	for (vma = i_mmap_first(mapping, first, last); vma; vma = i_mmap_next(vma, first, last)) {
		pgoff_t a = max(first, vma->vm_pgoff);
		pgoff_t b = min(last, vma->vm_pgoff + vma_pages(vma) - 1);
		struct mmu_gather tlb;

		tlb_gather_mmu(&tlb, vma->vm_mm);
		unmap_vma_range(&tlb, vma, vma->vm_start + ((a - vma->vm_pgoff) << PAGE_SHIFT),
				vma->vm_start + ((b - vma->vm_pgoff + 1) << PAGE_SHIFT), even_cows);
		tlb_finish_mmu(&tlb);
	}
}

static void unmap_mapping_pages(struct address_space *mapping, pgoff_t first, pgoff_t last,
				bool even_cows)
{
	down_read(&mapping->i_mmap_rwsem);
	unmap_pages_locked(mapping, first, last, even_cows);
	up_read(&mapping->i_mmap_rwsem);
}

void unmap_mapping_range(struct address_space *mapping, loff_t holebegin, loff_t holelen,
			 int even_cows)
{
	pgoff_t first = (u64)holebegin >> PAGE_SHIFT, last = ~0UL;

	if (RB_EMPTY_ROOT(&mapping->i_mmap.rb_root))
		return;
	if (holelen)
		last = first + (((u64)holelen + PAGE_SIZE - 1) >> PAGE_SHIFT) - 1;
	unmap_mapping_pages(mapping, first, last, even_cows);
}

/* All mappings of one cached page. => page locked */
void unmap_page_mappings(struct page *page)
{
	if (page_mapped(page) && page->mapping)
		unmap_mapping_pages(page->mapping, page->index, page->index, false);
}

/* For reclaim, which may run while its own task changes areas of the file. */
bool try_unmap_page_mappings(struct page *page)
{
	struct address_space *mapping = page->mapping;

	if (!page_mapped(page) || !mapping)
		return true;
	if (!down_read_trylock(&mapping->i_mmap_rwsem))
		return false;
	unmap_pages_locked(mapping, page->index, page->index, false);
	up_read(&mapping->i_mmap_rwsem);
	return true;
}

bool mapping_mapped(struct address_space *mapping)
{
	return !RB_EMPTY_ROOT(&mapping->i_mmap.rb_root);
}

bool mapping_writably_mapped(struct address_space *mapping)
{
	return atomic_read(&mapping->i_mmap_writable) > 0;
}

/* ---- writing back: shared mappings become read-only, so that the next write is seen ---- */

static bool wrprotect_one(struct vm_area_struct *vma, struct page *page)
{
	unsigned long addr = vma->vm_start + ((page->index - vma->vm_pgoff) << PAGE_SHIFT);
	struct mm_struct *mm = vma->vm_mm;
	bool was_dirty = false;
	pte_t *ptep;

	spin_lock(&mm->page_table_lock);
	ptep = pte_lookup(mm, addr);
	if (ptep && pte_present(*ptep) && !pte_special(*ptep) && pte_page(*ptep) == page &&
	    (pte_write(*ptep) || pte_dirty(*ptep))) {
		set_pte(ptep, pte_mkclean(pte_wrprotect(*ptep)));
		was_dirty = true;
	}
	spin_unlock(&mm->page_table_lock);
	if (was_dirty)
		flush_tlb_page(mm, addr);
	return was_dirty;
}

/* => page locked; whether any mapping had written it */
bool page_mkclean(struct page *page)
{
	struct address_space *mapping = page_mapping(page);
	struct vm_area_struct *vma;
	bool dirty = false;

	if (!page_mapped(page) || !mapping)
		return false;
	down_read(&mapping->i_mmap_rwsem);
	for (vma = i_mmap_first(mapping, page->index, page->index); vma;
	     vma = i_mmap_next(vma, page->index, page->index))
		if (vma->vm_flags & VM_SHARED)
			dirty |= wrprotect_one(vma, page);
	up_read(&mapping->i_mmap_rwsem);
	return dirty;
}
