// SPDX-License-Identifier: MIT
/*
 * Taking pages out of the cache: when a file shrinks, when its inode goes, and when somebody
 * asks that the cache forgets.
 *
 * Truncation: the size is lowered first, then mappings are removed, then pages are dropped one
 * by one under their locks. A fault that comes between finds the new size and gets SIGBUS; one
 * that was faster has its entry removed under the page lock.
 */
#include "vm.h"

#include <fs/file.h>
#include <fs/inode.h>
#include <kern/sched.h>
#include <mm/pagemap.h>
#include <mm/swap.h>
#include <um/tlb.h>

#define BATCH 32

static void invalidate_part(struct page *page, unsigned int offset, unsigned int length)
{
	if (PagePrivate(page) && page->mapping->a_ops->invalidatepage)
		page->mapping->a_ops->invalidatepage(page, offset, length);
}

/* => page locked */
static void truncate_page(struct address_space *mapping, struct page *page)
{
	if (page->mapping != mapping)
		return;
	wait_on_page_writeback(page);
	/* fork may copy an entry behind the walk's back: then once more. */
	for (int i = 0; i < 4 && page_mapped(page); i++)
		unmap_page_mappings(page);
	invalidate_part(page, 0, PAGE_SIZE);
	delete_from_page_cache(page);
}

/* Zeroes bytes [from, to) of one page, if it is cached. */
static void truncate_partial(struct address_space *mapping, pgoff_t index, unsigned int from,
			     unsigned int to)
{
	struct page *page = find_lock_page(mapping, index);

	if (!page)
		return;
	wait_on_page_writeback(page);
	zero_user_segment(page, from, to);
	invalidate_part(page, from, to - from);
	unlock_page(page);
	put_page(page);
}

/* The same for tmpfs, some of whose pages are on swap: place by place, until each is empty. */
static void truncate_swappable(struct address_space *mapping, pgoff_t first, pgoff_t last)
{
	unsigned long index = first;

	for (;;) {
		struct page *page;

		rcu_read_lock();
		page = xa_find(&mapping->i_pages, &index, last, XA_PRESENT);
		if (page && !xa_is_value(page) && !get_page_unless_zero(page)) {
			rcu_read_unlock();
			continue;
		}
		rcu_read_unlock();
		if (!page)
			return;
		if (xa_is_value(page)) {
			if (shmem_swap_drop(mapping, index, page) && mapping->a_ops->freepage)
				mapping->a_ops->freepage(mapping, NULL);
			continue;
		}
		lock_page(page);
		/* It may have gone to swap meanwhile: then the place is looked at again. */
		if (page->index == index)
			truncate_page(mapping, page);
		unlock_page(page);
		put_page(page);
		cond_resched();
	}
}

void truncate_inode_pages_range(struct address_space *mapping, loff_t lstart, loff_t lend)
{
	pgoff_t start = ((u64)lstart + PAGE_SIZE - 1) >> PAGE_SHIFT;
	pgoff_t end = lend == -1 ? ~0UL : (pgoff_t)((u64)lend + 1) >> PAGE_SHIFT;	/* excluded */
	unsigned int head = offset_in_page(lstart);
	unsigned int tail = lend == -1 ? 0 : offset_in_page(lend + 1);
	struct page *pages[BATCH];
	unsigned int nr;

	if (!mapping->nrpages && !mapping->nrswapped)
		return;
	if (head && lend != -1 && (lstart >> PAGE_SHIFT) == (lend >> PAGE_SHIFT)) {
		truncate_partial(mapping, lstart >> PAGE_SHIFT, head, tail ? tail : PAGE_SIZE);
		return;
	}
	if (head)
		truncate_partial(mapping, lstart >> PAGE_SHIFT, head, PAGE_SIZE);
	if (tail)
		truncate_partial(mapping, end, 0, tail);
	if (start >= end)
		return;
	if (test_bit(AS_SHMEM, &mapping->flags)) {
		truncate_swappable(mapping, start, end - 1);
		return;
	}
	while ((nr = find_get_pages_range(mapping, &start, end - 1, BATCH, pages))) {
		for (unsigned int i = 0; i < nr; i++) {
			lock_page(pages[i]);
			truncate_page(mapping, pages[i]);
			unlock_page(pages[i]);
			put_page(pages[i]);
		}
		cond_resched();
		if (start >= end)
			break;
	}
}

void truncate_inode_pages(struct address_space *mapping, loff_t lstart)
{
	truncate_inode_pages_range(mapping, lstart, -1);
}

void truncate_inode_pages_final(struct address_space *mapping)
{
	set_bit(AS_EXITING, &mapping->flags);
	mapping_forget_dirty(mapping);
	truncate_inode_pages(mapping, 0);
}

void truncate_pagecache(struct inode *inode, loff_t newsize)
{
	struct address_space *mapping = inode->i_mapping;
	loff_t hole = (newsize + PAGE_SIZE - 1) & PAGE_MASK;

	/* Twice: a fault between the two may have made private copies. */
	unmap_mapping_range(mapping, hole, 0, 1);
	truncate_inode_pages(mapping, newsize);
	unmap_mapping_range(mapping, hole, 0, 1);
}

void truncate_setsize(struct inode *inode, loff_t newsize)
{
	loff_t oldsize = i_size_read(inode);

	i_size_write(inode, newsize);
	if (newsize > oldsize)
		pagecache_isize_extended(inode, oldsize, newsize);
	truncate_pagecache(inode, newsize);
}

void truncate_pagecache_range(struct inode *inode, loff_t lstart, loff_t lend)
{
	struct address_space *mapping = inode->i_mapping;
	loff_t start = (lstart + PAGE_SIZE - 1) & PAGE_MASK;
	loff_t end = ((lend + 1) & PAGE_MASK) - 1;

	if (end > start)
		unmap_mapping_range(mapping, start, end - start + 1, 0);
	truncate_inode_pages_range(mapping, lstart, lend);
}

/* The page that held the end becomes whole: the next write through a mapping must be seen. */
void pagecache_isize_extended(struct inode *inode, loff_t from, loff_t to)
{
	struct page *page;

	if (from >= to || !offset_in_page(from) || mapping_unevictable(inode->i_mapping))
		return;
	page = find_lock_page(inode->i_mapping, from >> PAGE_SHIFT);
	if (!page)
		return;
	if (page_mkclean(page))
		set_page_dirty(page);
	unlock_page(page);
	put_page(page);
}

/* ---- invalidation ---- */

/* Drops a clean, unused page. => page locked; 1 when it is gone */
static int invalidate_page(struct address_space *mapping, struct page *page)
{
	if (page->mapping != mapping || PageDirty(page) || PageWriteback(page) ||
	    page_mapped(page))
		return 0;
	return remove_clean_page(mapping, page, NULL);
}

unsigned long invalidate_mapping_pages(struct address_space *mapping, pgoff_t start, pgoff_t end)
{
	struct page *pages[BATCH];
	unsigned long done = 0;
	unsigned int nr;

	if (mapping_unevictable(mapping))
		return 0;
	while (start <= end && (nr = find_get_pages_range(mapping, &start, end, BATCH, pages))) {
		for (unsigned int i = 0; i < nr; i++) {
			if (trylock_page(pages[i])) {
				done += invalidate_page(mapping, pages[i]);
				unlock_page(pages[i]);
			}
			put_page(pages[i]);
		}
		cond_resched();
	}
	return done;
}

int invalidate_inode_pages2_range(struct address_space *mapping, pgoff_t start, pgoff_t end)
{
	struct page *pages[BATCH];
	unsigned int nr;
	int err = 0;

	if (mapping_unevictable(mapping))
		return 0;
	while (start <= end && (nr = find_get_pages_range(mapping, &start, end, BATCH, pages))) {
		for (unsigned int i = 0; i < nr; i++) {
			struct page *page = pages[i];

			lock_page(page);
			if (page->mapping == mapping) {
				wait_on_page_writeback(page);
				if (page_mapped(page))
					unmap_page_mappings(page);
				if (PageDirty(page) && mapping->a_ops->launder_page)
					mapping->a_ops->launder_page(page);
				/* Stubs that wait for their next address space may hold it. */
				if (!invalidate_page(mapping, page) &&
				    (!tlb_release_pages() || !invalidate_page(mapping, page)))
					err = -EBUSY;
			}
			unlock_page(page);
			put_page(page);
		}
		cond_resched();
	}
	return err;
}

int invalidate_inode_pages2(struct address_space *mapping)
{
	return invalidate_inode_pages2_range(mapping, 0, ~0UL);
}
