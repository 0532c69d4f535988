// SPDX-License-Identifier: MIT
/*
 * Pages that come back soon after they were given up.
 *
 * A clock ticks with every page that leaves memory or becomes active: each memory group has one, for
 * itself and all below; the root's is the machine's. What the clock of the group whose limit was the
 * reason showed when a page was given up is kept in a table, under the page's identity: the mapping and
 * index of a file's page, the slot of one on swap. When the page is read again the difference is the
 * refault distance: at least so many pages more would have kept it. If that is no more than the active
 * pages it competes with there, the page belongs to the working set, and begins on the active list;
 * those there that are older have to show that they are used.
 *
 * The table has a place for each frame of memory and is never searched: an identity has one place,
 * and a newer one that falls on it replaces the older, so what is remembered is bounded and is
 * forgotten by itself. A false match costs an activation.
 *
 *	entry: 20 bits of the identity's hash, 16 of the group's number (0: the root), one that the page
 *	was in the working set, 27 of the clock; zero: empty
 */
#include "memcg.h"

#include <fs/inode.h>
#include <kern/init.h>
#include <kern/rcupdate.h>
#include <lib/hash.h>
#include <mm/vmalloc.h>

#define AGE_BITS 27
#define AGE_MASK ((1U << AGE_BITS) - 1)
#define WAS_WORKINGSET (1UL << AGE_BITS)
#define GROUP_SHIFT (AGE_BITS + 1)
#define TAG_SHIFT (GROUP_SHIFT + 16)

static u64 *evicted;			/* each place read and written whole */
static unsigned int evicted_bits;

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

static u64 tag_of(u64 id)
{
	return (id * 0xc2b2ae3d27d4eb4fUL >> TAG_SHIFT) | 1;
}

/* Something has happened in the group, and so in all above it. */
static void tick(struct mem_cgroup *memcg)
{
	for (; memcg; memcg = memcg->parent)
		atomic_inc(&memcg->age);
}

/* => the target is referenced */
static void note_eviction(u64 id, const struct page *page, struct mem_cgroup *target)
{
	u64 group = mem_cgroup_is_root(target) ? 0 : target->slot->id, now;

	rcu_read_lock();
	tick(page_mem_cgroup(page));
	rcu_read_unlock();
	now = (u32)atomic_read(&target->age) & AGE_MASK;
	if (evicted)
		WRITE_ONCE(*place_of(id), tag_of(id) << TAG_SHIFT | group << GROUP_SHIFT | now |
					  (PageWorkingset(page) ? WAS_WORKINGSET : 0));
}

void workingset_eviction_file(const struct address_space *mapping, struct page *page,
			      struct mem_cgroup *target)
{
	note_eviction(identity(mapping, page->index), page, target);
}

void workingset_eviction_swap(swp_entry_t entry, struct page *page, struct mem_cgroup *target)
{
	note_eviction(identity(NULL, entry.val), page, target);
}

void workingset_activation(struct page *page)
{
	rcu_read_lock();
	tick(page_mem_cgroup(page));
	rcu_read_unlock();
}

/* What a page that comes back displaces in the group if it stays. */
static unsigned long competitors(const struct mem_cgroup *memcg, bool file)
{
	unsigned long pages = mem_cgroup_lru_size(memcg, LRU_ACTIVE_FILE);

	if (!file)
		pages += mem_cgroup_lru_size(memcg, LRU_INACTIVE_FILE);
	if (mem_cgroup_swap_left(memcg)) {
		pages += mem_cgroup_lru_size(memcg, LRU_ACTIVE_ANON);
		if (file)
			pages += mem_cgroup_lru_size(memcg, LRU_INACTIVE_ANON);
	}
	return pages;
}

/* The number's group as it is now: it may have gone, and the number may be another's: a false match. */
static struct mem_cgroup *evicted_from(u64 entry)
{
	struct memcg_slot *slot = memcg_slot_find((u16)(entry >> GROUP_SHIFT));

	return slot ? READ_ONCE(slot->memcg) : &root_mem_cgroup;
}

/* => RCU read side */
static void refault(struct page *page, u64 entry, bool file)
{
	struct mem_cgroup *memcg = page_mem_cgroup(page), *from = evicted_from(entry);
	u32 distance = ((u32)atomic_read(&from->age) - (u32)entry) & AGE_MASK;

	mod_lruvec_page_state(page, WORKINGSET_REFAULT_ANON + file, 1);
	if (distance > competitors(from, file))
		return;
	SetPageActive(page);
	tick(memcg);
	mod_lruvec_page_state(page, WORKINGSET_ACTIVATE_ANON + file, 1);
	if (entry & WAS_WORKINGSET) {
		SetPageWorkingset(page);
		lru_note_cost(page, file);
		mod_lruvec_page_state(page, WORKINGSET_RESTORE_ANON + file, 1);
	}
}

static void note_refault(struct page *page, u64 id, bool file)
{
	u64 entry;

	if (!evicted)
		return;
	entry = READ_ONCE(*place_of(id));
	if (entry >> TAG_SHIFT != tag_of(id))
		return;
	WRITE_ONCE(*place_of(id), 0);
	rcu_read_lock();
	refault(page, entry, file);
	rcu_read_unlock();
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
