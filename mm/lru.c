// SPDX-License-Identifier: MIT
/*
 * Reclaim of cached pages. Pages with a backing store stand on the inactive list when they
 * enter the cache; a second access moves them to the active one. Memory pressure takes from
 * the tail of the inactive list what is clean and unused, writes what is dirty, and gives
 * pages that were used lately another round.
 *
 * Lock: lru_lock, interrupts off, innermost.
 */
#include "vm.h"

#include <kern/init.h>
#include <mm/pagemap.h>

static DEFINE_SPINLOCK(lru_lock);
static LIST_HEAD(inactive_list);	/* lru_lock */
static LIST_HEAD(active_list);		/* lru_lock */
static unsigned long nr_inactive, nr_active;	/* lru_lock */

/* => lru_lock held */
static void lru_insert(struct page *page, bool active)
{
	list_add(&page->lru, active ? &active_list : &inactive_list);
	if (active) {
		SetPageActive(page);
		nr_active++;
	} else {
		ClearPageActive(page);
		nr_inactive++;
	}
	mod_node_page_state(active ? NR_ACTIVE_FILE : NR_INACTIVE_FILE, 1);
}

static void lru_remove(struct page *page)
{
	bool active = PageActive(page);

	list_del(&page->lru);
	if (active)
		nr_active--;
	else
		nr_inactive--;
	mod_node_page_state(active ? NR_ACTIVE_FILE : NR_INACTIVE_FILE, -1);
}

void lru_cache_add(struct page *page)
{
	unsigned long flags;

	spin_lock_irqsave(&lru_lock, flags);
	if (!TestSetPageLRU(page))
		lru_insert(page, false);
	spin_unlock_irqrestore(&lru_lock, flags);
}

void lru_cache_del(struct page *page)
{
	unsigned long flags;

	if (!PageLRU(page))
		return;
	spin_lock_irqsave(&lru_lock, flags);
	if (TestClearPageLRU(page))
		lru_remove(page);
	ClearPageActive(page);
	spin_unlock_irqrestore(&lru_lock, flags);
}

void mark_page_accessed(struct page *page)
{
	unsigned long flags;

	if (!PageReferenced(page)) {
		SetPageReferenced(page);
		return;
	}
	if (!PageLRU(page) || PageActive(page))
		return;
	spin_lock_irqsave(&lru_lock, flags);
	if (PageLRU(page) && !PageActive(page)) {
		lru_remove(page);
		lru_insert(page, true);
		ClearPageReferenced(page);
	}
	spin_unlock_irqrestore(&lru_lock, flags);
}

/*
 * Drops a page that only the cache and the caller hold.
 * => page locked, clean, unmapped; 1 when it is gone
 */
int remove_clean_page(struct address_space *mapping, struct page *page)
{
	if (PagePrivate(page) && (!mapping->a_ops->releasepage ||
				  !mapping->a_ops->releasepage(page, GFP_KERNEL)))
		return 0;
	xa_lock_irq(&mapping->i_pages);
	if (PageDirty(page) || atomic_cmpxchg(&page->_refcount, 2, 1) != 2) {
		xa_unlock_irq(&mapping->i_pages);
		return 0;
	}
	/* Lookups that took a reference since then look at the slot again, and leave. */
	__xa_erase(&mapping->i_pages, page->index);
	mapping->nrpages--;
	page->mapping = NULL;
	xa_unlock_irq(&mapping->i_pages);
	page_cache_forget(page);
	return 1;
}

/* Keeps the lists in balance: oldest active pages become inactive. */
static void refill_inactive(void)
{
	unsigned long flags;

	spin_lock_irqsave(&lru_lock, flags);
	for (int i = 0; i < 64 && nr_active > nr_inactive && !list_empty(&active_list); i++) {
		struct page *page = list_last_entry(&active_list, struct page, lru);

		lru_remove(page);
		lru_insert(page, false);
	}
	spin_unlock_irqrestore(&lru_lock, flags);
}

/* The oldest inactive page with a reference, moved to the head; NULL: none. */
static struct page *next_victim(void)
{
	struct page *page = NULL;
	unsigned long flags;

	spin_lock_irqsave(&lru_lock, flags);
	if (!list_empty(&inactive_list)) {
		page = list_last_entry(&inactive_list, struct page, lru);
		list_move(&page->lru, &inactive_list);
		if (!get_page_unless_zero(page))
			page = NULL;
	}
	spin_unlock_irqrestore(&lru_lock, flags);
	return page;
}

/* 1 when the page was freed. => the caller's reference stays the caller's */
static int try_reclaim_page(struct page *page, gfp_t gfp)
{
	struct address_space *mapping;
	int freed = 0;

	if (!trylock_page(page))
		return 0;
	mapping = page_mapping(page);
	if (!mapping || PageWriteback(page) || TestClearPageReferenced(page))
		goto out;
	if (page_mapped(page)) {
		if (!(gfp & __GFP_FS) || !try_unmap_page_mappings(page))
			goto out;
	}
	if (PageDirty(page)) {
		struct writeback_control wbc = { .nr_to_write = 1, .for_reclaim = 1 };

		/* Its mappings are gone, so this takes no lock of them. */
		if (!(gfp & __GFP_FS) || !mapping->a_ops->writepage || page_mapped(page) ||
		    !clear_page_dirty_for_io(page))
			goto out;
		mapping->a_ops->writepage(page, &wbc);
		return 0;
	}
	freed = remove_clean_page(mapping, page);
out:
	unlock_page(page);
	return freed;
}

unsigned long shrink_page_cache(gfp_t gfp, unsigned long nr)
{
	unsigned long scan = min(READ_ONCE(nr_inactive) + READ_ONCE(nr_active), nr * 4);
	unsigned long freed = 0;

	while (scan-- && freed < nr) {
		struct page *page;

		if (READ_ONCE(nr_active) > READ_ONCE(nr_inactive))
			refill_inactive();
		page = next_victim();
		if (!page)
			continue;
		count_vm_event(PGSCAN);
		if (try_reclaim_page(page, gfp)) {
			freed++;
			count_vm_event(PGSTEAL);
		}
		put_page(page);
	}
	return freed;
}
