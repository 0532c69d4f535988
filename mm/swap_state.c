// SPDX-License-Identifier: MIT
/*
 * The swap cache: pages that have a slot of swap, by area and slot. It holds a reference, as
 * the page cache does for pages of files, and makes sure that a slot has one page at most,
 * whoever faults.
 *
 * PG_swapcache and page->private change under the page's lock. A lookup takes a reference and
 * looks again, as in the page cache.
 *
 * Lock order: page lock, the cache's xa_lock (interrupts off), the area's lock.
 */
#include "reclaim.h"
#include "swap_internal.h"

#include <kern/rcupdate.h>
#include <kern/sched.h>
#include <mm/memcontrol.h>
#include <mm/mempolicy.h>
#include <mm/pagemap.h>

int page_cluster = 3;

#define SWAP_GFP (GFP_NOWAIT | __GFP_NOWARN | __GFP_MEMALLOC)

unsigned long swap_cache_pages(void)
{
	return global_node_page_state(NR_SWAPCACHE);
}

/* => page locked; its slot is held for the cache. 0 or -errno */
static int insert_page(struct page *page, swp_entry_t entry, gfp_t gfp)
{
	struct xarray *cache = swap_cache_of(entry);
	int err;

	get_page(page);
	page->private = entry.val;
	SetPageSwapCache(page);
	xa_lock_irq(cache);
	err = __xa_insert(cache, swp_offset(entry), page, gfp);
	xa_unlock_irq(cache);
	if (err) {
		ClearPageSwapCache(page);
		page->private = 0;
		put_page(page);
		return err;
	}
	mod_lruvec_page_state(page, NR_SWAPCACHE, 1);
	return 0;
}

bool add_to_swap(struct page *page)
{
	int group = mem_cgroup_charge_swap(page);
	swp_entry_t entry = { 0 };

	if (group >= 0)
		entry = get_swap_page(group);
	if (!entry.val) {
		mem_cgroup_swap_failed(page, group);
		return false;
	}
	if (insert_page(page, entry, SWAP_GFP)) {
		swapcache_free(entry);
		return false;
	}
	SetPageDirty(page);
	return true;
}

/* What is left to do once the page is out of the xarray. */
static void forget_page(struct page *page, swp_entry_t entry)
{
	ClearPageSwapCache(page);
	page->private = 0;
	mod_lruvec_page_state(page, NR_SWAPCACHE, -1);
	swapcache_free(entry);
}

void delete_from_swap_cache(struct page *page)
{
	swp_entry_t entry = page_swap_entry(page);
	struct xarray *cache = swap_cache_of(entry);

	xa_lock_irq(cache);
	__xa_erase(cache, swp_offset(entry));
	xa_unlock_irq(cache);
	forget_page(page, entry);
	/* Its only copy is in memory again. */
	SetPageDirty(page);
	put_page(page);
}

bool remove_clean_swap_page(struct page *page)
{
	swp_entry_t entry = page_swap_entry(page);
	struct xarray *cache = swap_cache_of(entry);

	xa_lock_irq(cache);
	if (PageDirty(page) || atomic_cmpxchg(&page->_refcount, 2, 1) != 2) {
		xa_unlock_irq(cache);
		return false;
	}
	__xa_erase(cache, swp_offset(entry));
	xa_unlock_irq(cache);
	forget_page(page, entry);
	return true;
}

bool try_to_free_swap(struct page *page)
{
	if (!PageSwapCache(page) || PageWriteback(page) || swap_count(page_swap_entry(page)))
		return false;
	delete_from_swap_cache(page);
	return true;
}

struct page *lookup_swap_cache(swp_entry_t entry)
{
	struct xarray *cache = swap_cache_of(entry);
	struct page *page;

	if (!cache)
		return NULL;
	rcu_read_lock();
	for (;;) {
		page = xa_load(cache, swp_offset(entry));
		if (!page)
			break;
		if (!get_page_unless_zero(page))
			continue;
		if (page == xa_load(cache, swp_offset(entry)))
			break;
		put_page(page);
	}
	rcu_read_unlock();
	return page;
}

void free_page_and_swap_cache(struct page *page)
{
	if (PageSwapCache(page) && !page_mapped(page) && trylock_page(page)) {
		if (!page_mapped(page))
			try_to_free_swap(page);
		unlock_page(page);
	}
	put_page(page);
}

void free_swap_and_cache(swp_entry_t entry)
{
	struct page *page;

	swap_free(entry);
	page = lookup_swap_cache(entry);
	if (page)
		free_page_and_swap_cache(page);
}

/* ---- reading ---- */

/*
 * The page of a used slot: cached, or a new one that is being read, allocated by the policy (NULL: the
 * task's). NULL: nobody uses it.
 */
static struct page *read_swap_page(swp_entry_t entry, gfp_t gfp, struct mempolicy *pol,
				   unsigned long index)
{
	struct page *page, *new = NULL;
	int err;

	for (;;) {
		page = lookup_swap_cache(entry);
		if (page)
			break;
		if (!new)
			new = pol ? alloc_pages_mpol(gfp, 0, pol, index) : alloc_page(gfp);
		if (!new)
			return NULL;
		err = swapcache_prepare(entry);
		if (err == -ENOENT)
			break;
		if (err == -EEXIST) {
			/* Somebody is between the slot and the cache. */
			cond_resched();
			continue;
		}
		if (mem_cgroup_charge_swapin(new, swap_group(entry), gfp)) {
			swapcache_free(entry);
			break;
		}
		new->flags |= (1UL << PG_locked) | (1UL << PG_swapbacked);
		new->mapping = (struct address_space *)PAGE_MAPPING_ANON;
		err = insert_page(new, entry, GFP_KERNEL & ~__GFP_FS);
		if (err) {
			swapcache_free(entry);
			new->mapping = NULL;
			new->flags &= ~(1UL << PG_locked);
			break;
		}
		workingset_refault_swap(new, entry);
		lru_cache_add(new);
		swap_readpage(new);
		return new;
	}
	if (new)
		put_page(new);
	return page;
}

struct page *swapin_readahead(swp_entry_t entry, gfp_t gfp, struct mempolicy *pol,
			      unsigned long index)
{
	unsigned long offset = swp_offset(entry), mask = (1UL << READ_ONCE(page_cluster)) - 1;
	struct page *page;

	if (mask) {
		for (unsigned long at = max(offset & ~mask, 1UL); at <= (offset | mask); at++) {
			swp_entry_t near = swp_entry(swp_type(entry), at);

			if (at == offset || !swap_slot_used(near))
				continue;
			page = read_swap_page(near, (gfp | __GFP_NORETRY | __GFP_NOWARN) &
						    ~__GFP_DIRECT_RECLAIM, pol, index + at - offset);
			if (!page)
				continue;
			count_vm_event(SWAP_RA);
			put_page(page);
		}
	}
	return read_swap_page(entry, gfp, pol, index);
}
