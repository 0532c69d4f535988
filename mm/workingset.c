// SPDX-License-Identifier: MIT
/*
 * Pages that come back soon after they were given up.
 *
 * A clock (`age`) ticks with every page that leaves memory or becomes active. What it showed when
 * a page was given up is kept in a table, under the page's identity: the mapping and index of a
 * file's page, the slot of one on swap. When the page is read again the difference is the refault
 * distance: at least so many pages more would have kept it. If that is no more than the active
 * pages it competes with, the page belongs to the working set, and begins on the active list; those
 * there that are older have to show that they are used.
 *
 * The table has a place for each frame of memory and is never searched: an identity has one place,
 * and a newer one that falls on it replaces the older, so what is remembered is bounded and is
 * forgotten by itself. A false match costs an activation.
 *
 *	entry: 32 bits of the identity's hash, one that the page was in the working set, 31 of age;
 *	zero: empty
 */
#include "reclaim.h"

#include <fs/inode.h>
#include <kern/init.h>
#include <lib/hash.h>
#include <mm/vmalloc.h>

#define AGE_MASK 0x7fffffffU
#define WAS_WORKINGSET 0x80000000U

static u64 *evicted;			/* each place read and written whole */
static unsigned int evicted_bits;
static atomic_t age;

static u64 identity(const struct address_space *mapping, unsigned long index)
{
	u64 file = mapping ? (u64)mapping ^ hash_64(mapping->host->i_ino, 32) : 0;

	/* Neighbours fall on neighbouring places, files anywhere. */
	return file * 0x9e3779b97f4a7c15UL + index;
}

static u64 *place_of(u64 id)
{
	return &evicted[id & ((1UL << evicted_bits) - 1)];
}

static u32 tag_of(u64 id)
{
	return (u32)(id * 0xc2b2ae3d27d4eb4fUL >> 32) | 1;
}

static void note_eviction(u64 id, bool workingset)
{
	u32 now = (u32)atomic_inc_return(&age) & AGE_MASK;

	if (evicted)
		WRITE_ONCE(*place_of(id), (u64)tag_of(id) << 32 | now | (workingset ? WAS_WORKINGSET : 0));
}

void workingset_eviction_file(const struct address_space *mapping, pgoff_t index, bool workingset)
{
	note_eviction(identity(mapping, index), workingset);
}

void workingset_eviction_swap(swp_entry_t entry, bool workingset)
{
	note_eviction(identity(NULL, entry.val), workingset);
}

void workingset_activation(void)
{
	atomic_inc(&age);
}

/* What a page that comes back displaces if it stays. */
static unsigned long competitors(bool file)
{
	unsigned long pages = lru_size(LRU_ACTIVE_FILE);

	if (!file)
		pages += lru_size(LRU_INACTIVE_FILE);
	if (get_nr_swap_pages()) {
		pages += lru_size(LRU_ACTIVE_ANON);
		if (file)
			pages += lru_size(LRU_INACTIVE_ANON);
	}
	return pages;
}

static void note_refault(struct page *page, u64 id, bool file)
{
	u64 entry;
	u32 distance;

	if (!evicted)
		return;
	entry = READ_ONCE(*place_of(id));
	if (entry >> 32 != tag_of(id))
		return;
	WRITE_ONCE(*place_of(id), 0);
	distance = ((u32)atomic_read(&age) - (u32)entry) & AGE_MASK;
	mod_node_page_state(page, WORKINGSET_REFAULT_ANON + file, 1);
	if (distance > competitors(file))
		return;
	SetPageActive(page);
	atomic_inc(&age);
	mod_node_page_state(page, WORKINGSET_ACTIVATE_ANON + file, 1);
	if ((u32)entry & WAS_WORKINGSET) {
		SetPageWorkingset(page);
		lru_note_cost(file, 1);
		mod_node_page_state(page, WORKINGSET_RESTORE_ANON + file, 1);
	}
}

void workingset_refault_file(struct page *page, const struct address_space *mapping, pgoff_t index)
{
	note_refault(page, identity(mapping, index), true);
}

void workingset_refault_swap(struct page *page, swp_entry_t entry)
{
	note_refault(page, identity(NULL, entry.val), false);
}

/* Eight bytes a frame: a 512th of memory at most. Without them nothing is remembered. */
static int __init workingset_init(void)
{
	while (2UL << evicted_bits <= totalram_pages())
		evicted_bits++;
	evicted = vzalloc(sizeof(*evicted) << evicted_bits);
	return evicted ? 0 : -ENOMEM;
}
core_initcall(workingset_init);
