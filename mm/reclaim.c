// SPDX-License-Identifier: MIT
/*
 * Choosing pages and making them free.
 *
 * Each round looks at a share of every list of the groups that are reclaimed from (shrink_node): of
 * all, or of one that is full and those below it. Active lists that have outgrown
 * their inactive ones give their oldest pages to them; with that an entry loses its accessed
 * bit and its host mapping, so that the next use is a fault and is seen. From the tail of an
 * inactive list 32 pages at a time go through
 *
 *	used since?		back to the active list
 *	anonymous		gets a slot of swap
 *	mapped			out of the page tables, collected for one flush of each stub
 *	(flush)
 *	of tmpfs		moves from its file to swap (shmem.c)
 *	dirty			written; comes back to the tail when that is done
 *	clean and unused	out of its cache, free
 *
 * The share of anonymous and file pages follows swappiness and what bringing pages back has
 * cost lately (lru_note_cost()).
 *
 * A page is worked on locked (by trylock: reclaim never waits for a page's lock), and isolated:
 * on no list, with a reference.
 *
 * Lock order: as rmap.c; then the swap cache's or the mapping's xarray.
 */
#include "memcg.h"

#include <kern/sched.h>
#include <mm/pagemap.h>
#include <mm/slab.h>

#define BATCH 32

int vm_swappiness = 60;

/* ---- one batch of isolated pages ---- */

struct batch {
	struct rmap_flush flush;
	struct list_head keep;		/* back to the lists */
	struct page *unmapped[BATCH];	/* locked, out of the page tables */
	unsigned int refs[BATCH];	/* references of entries that are gone */
	unsigned int nr;
};

static void keep_page(struct batch *b, struct page *page, bool activate)
{
	if (PageMlocked(page)) {
		SetPageUnevictable(page);
	} else if (activate && !PageActive(page)) {
		SetPageActive(page);
		count_vm_event(PGACTIVATE);
		workingset_activation(page);
	}
	list_add(&page->lru, &b->keep);
}

/* A page that tmpfs has in its mapping. => page locked */
static bool is_shmem(const struct page *page)
{
	return PageSwapBacked(page) && page_mapping(page);
}

/* May memory pressure take the page at all now? */
static bool may_reclaim_page(struct page *page, const struct scan_control *sc)
{
	if (PageMlocked(page) || PageWriteback(page))
		return false;
	if (page_mapping(page) && test_bit(AS_NO_RECLAIM, &page_mapping(page)->flags))
		return false;
	if (PageAnon(page) || PageSwapCache(page) || PageSwapBacked(page))
		return sc->may_swap && (sc->gfp & __GFP_IO);
	return page_mapping(page) && (!page_mapped(page) || (sc->gfp & __GFP_FS));
}

/* First half: decides, unmaps. The page is then in b->unmapped, locked, or in b->keep. */
static void unmap_page(struct batch *b, struct page *page, const struct scan_control *sc,
		       bool ignore_age)
{
	unsigned int refs = 0;

	if (!trylock_page(page)) {
		keep_page(b, page, false);
		return;
	}
	if (!may_reclaim_page(page, sc))
		goto keep;
	if (rmap_flush_full(&b->flush))
		goto keep;
	if (page_referenced(page, &b->flush) && !ignore_age) {
		unlock_page(page);
		keep_page(b, page, true);
		return;
	}
	if (PageAnon(page) && !PageSwapCache(page) && !add_to_swap(page)) {
		unlock_page(page);
		keep_page(b, page, true);
		return;
	}
	if (is_shmem(page) && !get_nr_swap_pages()) {
		unlock_page(page);
		keep_page(b, page, true);
		return;
	}
	/* Mapped still or not: entries that are gone hold references, which go with the batch. */
	if (page_mapped(page))
		refs = try_to_unmap(page, &b->flush);
	b->refs[b->nr] = refs;
	b->unmapped[b->nr++] = page;
	return;
keep:
	unlock_page(page);
	keep_page(b, page, false);
}

bool too_much_writeback(void)
{
	return global_node_page_state(NR_WRITEBACK) > max(128UL, totalram_pages() / 64);
}

/* Starts writing a dirty page; unlocks it. True: it is clean already, and locked again. */
static bool pageout(struct page *page, const struct scan_control *sc)
{
	struct address_space *mapping = page_mapping(page);

	if (is_shmem(page) && !shmem_swap_out(page)) {
		unlock_page(page);
		return false;
	}
	if (PageSwapCache(page)) {
		if (!TestClearPageDirty(page))
			return true;
		SetPageReclaim(page);
		swap_writepage(page);
	} else {
		struct writeback_control wbc = { .nr_to_write = 1, .for_reclaim = 1 };

		if (!(sc->gfp & __GFP_FS) || !mapping || !mapping->a_ops->writepage ||
		    !clear_page_dirty_for_io(page)) {
			unlock_page(page);
			return false;
		}
		SetPageReclaim(page);
		mapping->a_ops->writepage(page, &wbc);
	}
	mod_node_page_state(page, NR_VMSCAN_WRITE, 1);
	return !PageWriteback(page) && !PageDirty(page) && trylock_page(page);
}

int remove_clean_page(struct address_space *mapping, struct page *page, struct mem_cgroup *target)
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
	/* While the lock is held the inode stays. */
	if (target)
		workingset_eviction_file(mapping, page, target);
	page->mapping = NULL;
	xa_unlock_irq(&mapping->i_pages);
	page_cache_forget(page);
	return 1;
}

/* => page locked, unmapped, clean; the caller's reference is left. True: out of its cache. */
static bool remove_from_cache(struct page *page, struct mem_cgroup *target)
{
	struct address_space *mapping;
	swp_entry_t entry;

	if (PageWriteback(page) || PageDirty(page) || page_mapped(page))
		return false;
	if (PageSwapCache(page)) {
		entry = page_swap_entry(page);
		if (!remove_clean_swap_page(page))
			return false;
		workingset_eviction_swap(entry, page, target);
		return true;
	}
	if (PageAnon(page))
		return atomic_read(&page->_refcount) == 1;
	mapping = page_mapping(page);
	if (!mapping || PageSwapBacked(page))
		return false;
	return remove_clean_page(mapping, page, target);
}

/* Second half, after the flush. True: freed. */
static bool finish_page(struct batch *b, struct page *page, const struct scan_control *sc)
{
	/* The entries of tmpfs pages are writable from the start: clean ones may hold content. */
	if (!page_mapped(page) && (PageDirty(page) || is_shmem(page))) {
		if (too_much_writeback()) {
			unlock_page(page);
			keep_page(b, page, false);
			return false;
		}
		if (!pageout(page, sc)) {
			keep_page(b, page, false);
			return false;
		}
	}
	if (remove_from_cache(page, sc->target)) {
		ClearPageReclaim(page);
		unlock_page(page);
		put_page(page);
		return true;
	}
	unlock_page(page);
	keep_page(b, page, page_mapped(page));
	return false;
}

static void putback(struct list_head *list)
{
	while (!list_empty(list)) {
		struct page *page = list_first_entry(list, struct page, lru);

		list_del(&page->lru);
		putback_lru_page(page);
	}
}

/* Up to BATCH isolated pages; those that live on go back to their lists. The number freed. */
static unsigned long shrink_batch(struct list_head *list, const struct scan_control *sc,
				  bool ignore_age)
{
	struct batch *b = kmalloc(sizeof(*b), GFP_NOWAIT | __GFP_NOWARN | __GFP_MEMALLOC);
	unsigned long freed = 0;

	if (!b) {
		putback(list);
		return 0;
	}
	b->flush.nr = 0;
	b->nr = 0;
	INIT_LIST_HEAD(&b->keep);
	while (!list_empty(list)) {
		struct page *page = list_first_entry(list, struct page, lru);

		list_del(&page->lru);
		unmap_page(b, page, sc, ignore_age);
	}
	rmap_flush_now(&b->flush);
	for (unsigned int i = 0; i < b->nr; i++) {
		for (unsigned int n = b->refs[i]; n; n--)
			put_page(b->unmapped[i]);
		freed += finish_page(b, b->unmapped[i], sc);
	}
	putback(&b->keep);
	kfree(b);
	return freed;
}

/* ---- lists ---- */

/* A group's lists on a node, and the walk's place. */
struct lists {
	struct pglist_data *pgdat;
	struct lruvec *lruvec;
};

static void count_lruvec(struct lruvec *lruvec, enum vm_event_item event, unsigned long n)
{
	count_vm_events(event, n);
	count_memcg(lruvec->memcg, event, n);
}

static unsigned long size_of(const struct lists *l, enum lru_list lru)
{
	return READ_ONCE(l->lruvec->sizes[lru]);
}

/* Costs of late are halved as they grow. Hints: races lose a little. */
static void note_cost(struct mem_cgroup *memcg, bool file)
{
	unsigned long pages = 0;

	memcg->cost[file]++;
	for (enum lru_list lru = 0; lru < LRU_UNEVICTABLE; lru++)
		pages += mem_cgroup_lru_size(memcg, lru);
	if (memcg->cost[0] + memcg->cost[1] > pages / 4) {
		memcg->cost[0] /= 2;
		memcg->cost[1] /= 2;
	}
}

void lru_note_cost(struct page *page, bool file)
{
	for (struct mem_cgroup *memcg = page_mem_cgroup(page); memcg; memcg = memcg->parent)
		note_cost(memcg, file);
}

/* The inactive list should hold the square root of what a gigabyte times ten would be. */
static bool inactive_is_low(const struct lists *l, enum lru_list inactive)
{
	unsigned long in = size_of(l, inactive), active = size_of(l, inactive + LRU_ACTIVE);
	unsigned long gb = (in + active) >> (30 - PAGE_SHIFT), ratio = 1;

	if (gb)
		while (ratio * ratio < 10 * gb)
			ratio++;
	return in * ratio < active;
}

static void shrink_active_list(const struct lists *l, enum lru_list lru, unsigned int nr)
{
	struct rmap_flush *flush = kmalloc(sizeof(*flush), GFP_NOWAIT | __GFP_NOWARN | __GFP_MEMALLOC);
	LIST_HEAD(list);
	LIST_HEAD(back);

	if (!flush)
		return;
	flush->nr = 0;
	count_lruvec(l->lruvec, PGREFILL, isolate_lru_pages(l->pgdat, l->lruvec, lru, nr, &list));
	while (!list_empty(&list)) {
		struct page *page = list_first_entry(&list, struct page, lru);
		bool used = false;

		list_del(&page->lru);
		if (rmap_flush_full(flush))
			rmap_flush_now(flush);
		if (trylock_page(page)) {
			used = page_referenced(page, flush);
			unlock_page(page);
		}
		/* Mapped pages of files are mostly programs: they stay while they run. */
		if (!(used && lru == LRU_ACTIVE_FILE && page_mapped(page))) {
			ClearPageActive(page);
			SetPageWorkingset(page);
			count_lruvec(l->lruvec, PGDEACTIVATE, 1);
		}
		list_add(&page->lru, &back);
	}
	rmap_flush_now(flush);
	putback(&back);
	kfree(flush);
}

static void shrink_inactive_list(const struct lists *l, enum lru_list lru, unsigned int nr,
				 struct scan_control *sc)
{
	LIST_HEAD(list);
	unsigned int taken = isolate_lru_pages(l->pgdat, l->lruvec, lru, nr, &list);
	unsigned long freed;

	if (!taken)
		return;
	sc->nr_scanned += taken;
	count_lruvec(l->lruvec, sc->is_kswapd ? PGSCAN_KSWAPD : PGSCAN_DIRECT, taken);
	count_lruvec(l->lruvec, is_file_lru(lru) ? PGSCAN_FILE : PGSCAN_ANON, taken);
	freed = shrink_batch(&list, sc, false);
	count_lruvec(l->lruvec, sc->is_kswapd ? PGSTEAL_KSWAPD : PGSTEAL_DIRECT, freed);
	count_lruvec(l->lruvec, is_file_lru(lru) ? PGSTEAL_FILE : PGSTEAL_ANON, freed);
	sc->nr_reclaimed += freed;
}

/* May anonymous pages of the group leave memory: is there swap, and may it have more of it? */
static bool can_swap(const struct mem_cgroup *memcg)
{
	return swap_cache_pages() || mem_cgroup_swap_left(memcg);
}

/* Of a list's pages as many as the group's protection leaves to reclaim. */
static unsigned long unprotected(const struct mem_cgroup *memcg, const struct scan_control *sc,
				 unsigned long size)
{
	unsigned long protection, usage;

	if (mem_cgroup_is_root(memcg) || memcg == sc->target)
		return size;
	protection = READ_ONCE(memcg->memory.emin);
	if (!sc->break_low)
		protection = max(protection, READ_ONCE(memcg->memory.elow));
	if (!protection)
		return size;
	usage = max(page_counter_read(&memcg->memory), protection);
	return max(size - size * protection / (usage + 1), min(size, (unsigned long)BATCH));
}

/* How many pages of each inactive and active list this round looks at. */
static void get_scan_count(const struct lists *l, const struct scan_control *sc,
			   unsigned long nr[LRU_UNEVICTABLE])
{
	const unsigned long *cost = sc->target->cost;
	unsigned long total = cost[0] + cost[1];
	unsigned long ap = sc->swappiness * (total + 1) / (cost[0] + 1);
	unsigned long fp = (200 - sc->swappiness) * (total + 1) / (cost[1] + 1);
	bool anon = sc->may_swap && can_swap(l->lruvec->memcg);

	for (enum lru_list lru = 0; lru < LRU_UNEVICTABLE; lru++) {
		unsigned long size = unprotected(l->lruvec->memcg, sc, size_of(l, lru));
		unsigned long scan = size >> sc->priority;

		if (!scan && size && !sc->priority)
			scan = size;
		if (!is_file_lru(lru) && !anon)
			scan = 0;
		else if (anon && sc->priority && sc->swappiness)
			scan = scan * (is_file_lru(lru) ? fp : ap) / (ap + fp + 1) + (size ? 1 : 0);
		else if (anon && !sc->swappiness && sc->priority && !is_file_lru(lru))
			scan = 0;
		nr[lru] = min(scan, size);
	}
}

static void shrink_lists(const struct lists *l, struct scan_control *sc)
{
	unsigned long nr[LRU_UNEVICTABLE];
	bool left = true;

	get_scan_count(l, sc, nr);
	while (left && sc->nr_reclaimed < sc->nr_to_reclaim) {
		left = false;
		for (enum lru_list lru = 0; lru < LRU_UNEVICTABLE; lru++) {
			unsigned int n = min(nr[lru], (unsigned long)BATCH);

			if (!n)
				continue;
			nr[lru] -= n;
			left |= nr[lru] != 0;
			if (!(lru & LRU_ACTIVE))
				shrink_inactive_list(l, lru, n, sc);
			else if (inactive_is_low(l, lru - LRU_ACTIVE))
				shrink_active_list(l, lru, n);
		}
		cond_resched();
	}
	/* An active list that is scanned slowly must not starve its inactive one. */
	for (enum lru_list lru = 0; lru < LRU_UNEVICTABLE; lru += 2)
		if (inactive_is_low(l, lru) && (is_file_lru(lru) || (sc->may_swap && total_swap_pages())))
			shrink_active_list(l, lru + LRU_ACTIVE, BATCH);
}

/* Does memory.min keep reclaim out of the group, or memory.low, until nothing else is to be had? */
static bool is_protected(struct mem_cgroup *memcg, struct scan_control *sc)
{
	unsigned long usage;

	if (mem_cgroup_is_root(memcg))
		return false;
	page_counter_calc_protection(&memcg->memory, memcg == sc->target || memcg->parent == sc->target,
				     cgroup_root_has(CGRP_ROOT_MEMORY_RECURSIVE_PROT));
	if (memcg == sc->target)
		return false;
	usage = page_counter_read(&memcg->memory);
	if (usage <= READ_ONCE(memcg->memory.emin))
		return usage;
	if (!usage || usage > READ_ONCE(memcg->memory.elow))
		return false;
	if (!sc->break_low) {
		sc->low_skipped = true;
		return true;
	}
	mem_cgroup_event(memcg, MEMCG_LOW);
	return false;
}

/*
 * kswapd goes over all groups; others stop when they have what they need, and the next one goes on
 * from there, so that the first groups do not bear it all.
 */
void shrink_node(struct pglist_data *pgdat, struct scan_control *sc)
{
	struct mem_cgroup *memcg = sc->is_kswapd ? NULL : mem_cgroup_take_resume(sc->target);
	bool resumed = memcg != NULL;

	if (!memcg)
		memcg = mem_cgroup_iter(sc->target, NULL);
	while (memcg) {
		struct lists l = { pgdat, memcg_lruvec(memcg, pgdat->node_id) };

		if (!is_protected(memcg, sc))
			shrink_lists(&l, sc);
		if (!sc->is_kswapd && sc->nr_reclaimed >= sc->nr_to_reclaim) {
			mem_cgroup_set_resume(sc->target, memcg);
			return;
		}
		memcg = mem_cgroup_iter(sc->target, memcg);
		/* What lies before the place where it began. */
		if (!memcg && resumed) {
			resumed = false;
			memcg = mem_cgroup_iter(sc->target, NULL);
		}
	}
}

static unsigned long drop_list(const struct lists *l, enum lru_list lru)
{
	struct scan_control sc = { .target = &root_mem_cgroup, .gfp = GFP_KERNEL & ~__GFP_FS };
	unsigned long freed = 0;

	for (long left = size_of(l, lru); left > 0; left -= BATCH) {
		LIST_HEAD(list);

		isolate_lru_pages(l->pgdat, l->lruvec, lru, BATCH, &list);
		freed += shrink_batch(&list, &sc, true);
		cond_resched();
	}
	return freed;
}

static unsigned long drop_node_file_pages(struct pglist_data *pgdat)
{
	struct mem_cgroup *memcg = NULL;
	unsigned long freed = 0;

	while ((memcg = mem_cgroup_iter(&root_mem_cgroup, memcg))) {
		struct lists l = { pgdat, memcg_lruvec(memcg, pgdat->node_id) };

		for (enum lru_list lru = LRU_INACTIVE_FILE; lru <= LRU_ACTIVE_FILE; lru++)
			freed += drop_list(&l, lru);
	}
	return freed;
}

/* Once over the lists of files, dropping what is clean and mapped nowhere. The number. */
unsigned long drop_file_pages(void)
{
	struct pglist_data *pgdat;
	unsigned long freed = 0;

	for_each_online_pgdat(pgdat)
		freed += drop_node_file_pages(pgdat);
	return freed;
}

unsigned long reclaim_pages(struct list_head *list)
{
	struct scan_control sc = { .target = &root_mem_cgroup, .gfp = GFP_KERNEL, .may_swap = true };
	unsigned long freed = 0;

	while (!list_empty(list)) {
		LIST_HEAD(some);

		for (int i = 0; i < BATCH && !list_empty(list); i++)
			list_move_tail(list->next, &some);
		freed += shrink_batch(&some, &sc, true);
		cond_resched();
	}
	return freed;
}
