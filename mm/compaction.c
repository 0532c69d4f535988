// SPDX-License-Identifier: MIT
/*
 * Compaction: when memory is free but in pieces, pages move from the low end of a zone to free
 * places at its high end, until a block of the wanted order is free.
 *
 *	low end -> migrate scanner (pages of the LRU lists)   (free pages) free scanner <- high end
 *
 * Pages move as migrate.c says, without waiting for anything: a page that somebody holds stays where
 * it is.
 *
 * Locks: compact_mutex: one at a time; then as in rmap.c. zone->lock is taken for moments.
 */
#include "migrate.h"

#include <kern/mutex.h>
#include <kern/sched.h>
#include <kern/task.h>
#include <mm/pagemap.h>

static DEFINE_MUTEX(compact_mutex);

/* One run over a zone. */
struct compact_control {
	struct zone *zone;
	unsigned int order;		/* what is wanted; MAX_ORDER + 1: everything together */
	unsigned long migrate_pfn;	/* next page to look at, going up */
	unsigned long free_pfn;		/* end of what the free scanner has not seen, going down */
	struct list_head targets;	/* free pages taken, single */
};

/* Used memory only: blocks that were never touched have no pages to move. */
static bool may_hold_pages(const struct page *page)
{
	return page_test_flag(page, PG_lru) && !PageUnevictable(page);
}

/* Up to MIGRATE_BATCH pages from the migrate scanner's place on, isolated. The number. */
static unsigned int isolate_candidates(struct compact_control *cc, struct migration *pages)
{
	unsigned int nr = 0, scanned = 0;

	while (nr < MIGRATE_BATCH && cc->migrate_pfn < cc->free_pfn) {
		struct page *page = pfn_to_page(cc->migrate_pfn++);

		scanned++;
		if (may_hold_pages(page) && isolate_lru_page(page))
			pages[nr++] = (struct migration){ .from = page };
	}
	count_vm_events(COMPACT_MIGRATE_SCANNED, scanned);
	count_vm_events(COMPACT_ISOLATED, nr);
	return nr;
}

static struct page *next_target(const struct migration *m, void *arg)
{
	struct compact_control *cc = arg;
	struct page *page;

	while (list_empty(&cc->targets)) {
		unsigned long block = (cc->free_pfn - 1) & ~(PAGEBLOCK_NR_PAGES - 1);

		if (cc->free_pfn <= cc->migrate_pfn || block <= cc->migrate_pfn)
			return NULL;
		cc->free_pfn = block;
		count_vm_events(COMPACT_FREE_SCANNED, PAGEBLOCK_NR_PAGES);
		if (pageblock_type(block) == MIGRATE_MOVABLE)
			zone_isolate_free(cc->zone, block, min(cc->order, (unsigned int)PAGEBLOCK_ORDER),
					  &cc->targets);
	}
	page = list_first_entry(&cc->targets, struct page, lru);
	list_del(&page->lru);
	return page;
}

static bool done(const struct compact_control *cc)
{
	return cc->order <= MAX_ORDER && zone_has_block(cc->zone, cc->order);
}

static bool compact_zone(struct zone *zone, unsigned int order)
{
	struct compact_control cc = {
		.zone = zone, .order = order, .migrate_pfn = zone->start_pfn,
		.free_pfn = zone->start_pfn + zone->spanned_pages,
		.targets = LIST_HEAD_INIT(cc.targets),
	};
	struct migrate_control mc = { .target = next_target, .arg = &cc };
	struct migration pages[MIGRATE_BATCH];
	unsigned int nr;

	while (!done(&cc) && cc.migrate_pfn < cc.free_pfn) {
		nr = isolate_candidates(&cc, pages);
		if (nr)
			migrate_batch(pages, nr, &mc);
		cond_resched();
	}
	while (!list_empty(&cc.targets)) {
		struct page *page = list_first_entry(&cc.targets, struct page, lru);

		list_del(&page->lru);
		put_page(page);
	}
	drain_all_pages();
	return done(&cc);
}

static bool compact_node(struct pglist_data *pgdat, unsigned int order)
{
	bool found = false;

	for (int i = MAX_NR_ZONES - 1; i >= 0 && !found; i--) {
		struct zone *zone = &pgdat->node_zones[i];

		/* Not where there is simply too little. */
		if (READ_ONCE(zone->free_pages) > zone->watermark[WMARK_MIN] + (2UL << order))
			found = compact_zone(zone, order);
	}
	return found;
}

bool compact_zones(unsigned int order, nodemask_t nodes)
{
	unsigned int noreclaim = current->flags & PF_MEMALLOC;
	bool found = false;
	int nid;

	if (!mutex_trylock(&compact_mutex))
		return false;
	count_vm_event(COMPACT_STALL);
	current->flags |= PF_MEMALLOC;
	for_each_node_mask(nid, nodes)
		if (!found)
			found = compact_node(NODE_DATA(nid), order);
	if (!noreclaim)
		current->flags &= ~PF_MEMALLOC;
	mutex_unlock(&compact_mutex);
	count_vm_event(found ? COMPACT_SUCCESS : COMPACT_FAIL);
	return found;
}

void compact_memory(nodemask_t nodes)
{
	struct zone *zone;

	mutex_lock(&compact_mutex);
	for_each_zone(zone)
		if (zone->managed_pages && node_isset(zone->node, nodes))
			compact_zone(zone, MAX_ORDER + 1);
	mutex_unlock(&compact_mutex);
}
