// SPDX-License-Identifier: MIT
/*
 * Pages of tmpfs on swap. A page that leaves memory goes to the swap cache, and its place in the
 * mapping's xarray gets a value entry that names the slot; a lookup that wants the page reads it
 * and puts it back.
 *
 *	in the mapping  --shmem_swap_out()-->  in the swap cache, value entry  --written, freed-->
 *	value entry alone  --shmem_swap_in()-->  in the mapping, slot free
 *
 * A place holds a page or an entry at any time, so nrpages + nrswapped is what the file has.
 * The page is locked across each change, so that who locks a page and finds its mapping and
 * index right knows that it stays.
 *
 * swapoff finds the mappings that have entries on a list of them (mapping->private_list); one that
 * had one once stays until its inode goes.
 *
 * Lock order: page lock, i_pages.xa_lock, the swap cache's and the area's locks;
 * swapped_lock -> i_lock.
 */
#include "reclaim.h"

#include <fs/inode.h>
#include <kern/rcupdate.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <mm/memcontrol.h>
#include <mm/mempolicy.h>
#include <mm/pagemap.h>

static DEFINE_SPINLOCK(swapped_lock);
static LIST_HEAD(swapped);		/* swapped_lock: mappings, by private_list */

static void *entry_to_value(swp_entry_t entry)
{
	return xa_mk_value(entry.val);
}

static swp_entry_t value_to_entry(const void *value)
{
	return (swp_entry_t){ xa_to_value(value) };
}

static void note_swapped(struct address_space *mapping)
{
	if (!list_empty_careful(&mapping->private_list))
		return;
	spin_lock(&swapped_lock);
	if (list_empty(&mapping->private_list))
		list_add_tail(&mapping->private_list, &swapped);
	spin_unlock(&swapped_lock);
}

void shmem_forget_swapped(struct address_space *mapping)
{
	if (list_empty_careful(&mapping->private_list))
		return;
	spin_lock(&swapped_lock);
	list_del_init(&mapping->private_list);
	spin_unlock(&swapped_lock);
}

bool shmem_swap_out(struct page *page)
{
	struct address_space *mapping = page->mapping;

	if (page_mapped(page) || !add_to_swap(page))
		return false;
	/* Reserved, and never written: zeros are what it has. */
	if (!PageUptodate(page)) {
		clear_highpage(page);
		SetPageUptodate(page);
	}
	/* The inode lives while the page is its own. */
	note_swapped(mapping);
	swap_duplicate(page_swap_entry(page));
	xa_lock_irq(&mapping->i_pages);
	/* The place is taken: a store in it allocates nothing. */
	__xa_store(&mapping->i_pages, page->index, entry_to_value(page_swap_entry(page)), 0);
	mapping->nrpages--;
	mapping->nrswapped++;
	page->mapping = NULL;
	xa_unlock_irq(&mapping->i_pages);
	mod_lruvec_page_state(page, NR_FILE_PAGES, -1);
	mod_lruvec_page_state(page, NR_SHMEM, -1);
	put_page(page);
	return true;
}

/* Puts a locked page of the swap cache in the place of its entry. False: the entry has gone. */
static bool replace_entry(struct address_space *mapping, pgoff_t index, struct page *page,
			  void *value)
{
	bool same;

	xa_lock_irq(&mapping->i_pages);
	same = xa_load(&mapping->i_pages, index) == value;
	if (same) {
		get_page(page);
		page->index = index;
		WRITE_ONCE(page->mapping, mapping);
		__xa_store(&mapping->i_pages, index, page, 0);
		mapping->nrpages++;
		mapping->nrswapped--;
	}
	xa_unlock_irq(&mapping->i_pages);
	if (!same)
		return false;
	mod_lruvec_page_state(page, NR_FILE_PAGES, 1);
	mod_lruvec_page_state(page, NR_SHMEM, 1);
	delete_from_swap_cache(page);
	swap_free(value_to_entry(value));
	return true;
}

int shmem_swap_in(struct address_space *mapping, pgoff_t index)
{
	void *value = xa_load(&mapping->i_pages, index);
	swp_entry_t entry;
	struct page *page;
	int err = 0;

	if (!value || !xa_is_value(value))
		return 0;
	entry = value_to_entry(value);
	page = lookup_swap_cache(entry);
	if (!page) {
		struct mempolicy *pol = mpol_get_shared(mapping, index);

		page = swapin_readahead(entry, mapping_gfp_mask(mapping), pol, index);
		mpol_put(pol);
	}
	if (!page)
		return xa_load(&mapping->i_pages, index) == value ? -ENOMEM : 0;
	lock_page(page);
	wait_on_page_writeback(page);
	if (PageSwapCache(page) && page_swap_entry(page).val == entry.val) {
		if (!PageUptodate(page))
			err = -EIO;
		else
			replace_entry(mapping, index, page, value);
	}
	unlock_page(page);
	put_page(page);
	return err;
}

bool shmem_swap_drop(struct address_space *mapping, pgoff_t index, void *value)
{
	bool same;

	xa_lock_irq(&mapping->i_pages);
	same = xa_load(&mapping->i_pages, index) == value;
	if (same) {
		__xa_erase(&mapping->i_pages, index);
		mapping->nrswapped--;
	}
	xa_unlock_irq(&mapping->i_pages);
	if (same)
		free_swap_and_cache(value_to_entry(value));
	return same;
}

unsigned long shmem_swapped_in_range(struct address_space *mapping, pgoff_t first, pgoff_t last)
{
	unsigned long index = first, nr = 0;
	void *entry;

	if (!READ_ONCE(mapping->nrswapped))
		return 0;
	rcu_read_lock();
	for (entry = xa_find(&mapping->i_pages, &index, last, XA_PRESENT); entry;
	     entry = xa_find_after(&mapping->i_pages, &index, last, XA_PRESENT))
		nr += xa_is_value(entry);
	rcu_read_unlock();
	return nr;
}

bool shmem_in_swap_cache(struct address_space *mapping, pgoff_t index)
{
	void *value = xa_load(&mapping->i_pages, index);
	struct page *page;
	bool there;

	if (!value || !xa_is_value(value))
		return false;
	page = lookup_swap_cache(value_to_entry(value));
	if (!page)
		return false;
	there = PageUptodate(page);
	put_page(page);
	return there;
}

/* ---- swapoff ---- */

/* The next place from *index on that is on the area. False: none. */
static bool next_on_area(struct address_space *mapping, unsigned long *index, unsigned int type)
{
	void *entry;

	rcu_read_lock();
	entry = xa_find(&mapping->i_pages, index, ~0UL, XA_PRESENT);
	while (entry && !(xa_is_value(entry) && swp_type(value_to_entry(entry)) == type))
		entry = xa_find_after(&mapping->i_pages, index, ~0UL, XA_PRESENT);
	rcu_read_unlock();
	return entry != NULL;
}

static int unuse_mapping(struct address_space *mapping, unsigned int type)
{
	unsigned long index = 0;

	while (READ_ONCE(mapping->nrswapped) && next_on_area(mapping, &index, type)) {
		int err = shmem_swap_in(mapping, index);

		if (err)
			return err;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

/* The next inode on the list with a reference; it goes to the list's end. NULL: no more. */
static struct inode *next_swapped_inode(unsigned long *left)
{
	struct inode *inode = NULL;

	spin_lock(&swapped_lock);
	while (!inode && *left && !list_empty(&swapped)) {
		struct address_space *mapping =
			list_first_entry(&swapped, struct address_space, private_list);

		--*left;
		list_move_tail(&mapping->private_list, &swapped);
		/* What is going gives its slots back by itself. */
		inode = igrab(mapping->host);
	}
	spin_unlock(&swapped_lock);
	return inode;
}

int shmem_unuse(unsigned int type)
{
	unsigned long left;
	struct inode *inode;
	int err = 0;

	spin_lock(&swapped_lock);
	left = list_count_nodes(&swapped);
	spin_unlock(&swapped_lock);
	while (!err && (inode = next_swapped_inode(&left))) {
		err = unuse_mapping(inode->i_mapping, type);
		iput(inode);
	}
	return err;
}
