// SPDX-License-Identifier: MIT
/*
 * The advice that is about pages that are there: MADV_COLD makes them old, MADV_PAGEOUT gives
 * them up at once, MADV_WILLNEED brings those on swap back. Pages that others map too are left
 * alone, and pages of files that the caller could not write.
 */
#include "reclaim.h"

#include <fs/file.h>
#include <fs/inode.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <mm/pagemap.h>

#define BATCH 32

/* May the caller learn from timing what of a file is cached? */
static bool may_touch_file(struct vm_area_struct *vma)
{
	struct inode *inode;

	if (vma_is_anonymous(vma) || !vma->vm_file)
		return true;
	inode = file_inode(vma->vm_file);
	return inode_owner_or_capable(inode) || !inode_permission(inode, MAY_WRITE);
}

/* Isolates up to BATCH pages from *addr on, which moves; made old if `flush`. The number. */
static unsigned int take_pages(struct vm_area_struct *vma, unsigned long *addr, unsigned long end,
			       struct list_head *list, struct rmap_flush *flush)
{
	bool anon_only = !may_touch_file(vma);
	struct mm_struct *mm = vma->vm_mm;
	unsigned int taken = 0;
	unsigned long stop;
	pte_t *ptep;

	spin_lock(&mm->page_table_lock);
	*addr = pte_next_table(mm, *addr, end, &ptep);
	stop = min(end, (*addr & PMD_MASK) + PMD_SIZE);
	for (; *addr < stop && taken < BATCH; *addr += PAGE_SIZE, ptep++) {
		pte_t pte = ptep_get(ptep);
		struct page *page;

		if (!pte_present(pte) || pte_special(pte))
			continue;
		page = pte_page(pte);
		if (page_mapcount(page) != 1 || (anon_only && !PageAnon(page)) ||
		    PageUnevictable(page) || !isolate_lru_page(page))
			continue;
		list_add_tail(&page->lru, list);
		taken++;
		if (!flush)
			continue;
		if (pte_young(pte)) {
			set_pte(ptep, pte_mkold(pte));
			rmap_flush_add(flush, mm, *addr);
		}
	}
	spin_unlock(&mm->page_table_lock);
	return taken;
}

void madvise_pageout(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	while (start < end && !fatal_signal_pending(current)) {
		LIST_HEAD(list);

		if (take_pages(vma, &start, end, &list, NULL))
			reclaim_pages(&list);
		cond_resched();
	}
}

void madvise_cold(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	struct rmap_flush flush = { .nr = 0 };

	while (start < end && !fatal_signal_pending(current)) {
		LIST_HEAD(list);

		take_pages(vma, &start, end, &list, &flush);
		rmap_flush_now(&flush);
		while (!list_empty(&list)) {
			struct page *page = list_first_entry(&list, struct page, lru);

			list_del(&page->lru);
			ClearPageActive(page);
			ClearPageReferenced(page);
			putback_lru_page(page);
		}
		cond_resched();
	}
}

/* The next entry on swap in [*addr, end), which moves past it. False: none. */
static bool next_swap_entry(struct mm_struct *mm, unsigned long *addr, unsigned long end,
			    swp_entry_t *entry)
{
	bool found = false;

	while (*addr < end && !found) {
		unsigned long stop;
		pte_t *ptep;

		spin_lock(&mm->page_table_lock);
		*addr = pte_next_table(mm, *addr, end, &ptep);
		stop = min(end, (*addr & PMD_MASK) + PMD_SIZE);
		for (; *addr < stop && !found; *addr += PAGE_SIZE, ptep++) {
			pte_t pte = ptep_get(ptep);

			found = pte_is_swap(pte) && swp_type(pte_to_swp_entry(pte)) < MAX_SWAPFILES;
			if (found)
				*entry = pte_to_swp_entry(pte);
		}
		spin_unlock(&mm->page_table_lock);
	}
	return found;
}

void madvise_willneed(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	swp_entry_t entry;

	while (next_swap_entry(vma->vm_mm, &start, end, &entry)) {
		struct page *page = swapin_readahead(entry, GFP_HIGHUSER_MOVABLE, vma->vm_policy,
						     vma->vm_pgoff + ((start - vma->vm_start) >> PAGE_SHIFT));

		if (!page)
			return;
		put_page(page);
		cond_resched();
	}
}
