// SPDX-License-Identifier: MIT
/*
 * Free memory: buddy blocks of orders 0..MAX_ORDER in zones.
 *
 * A free block is on the list of its order; the first of its pages has PG_buddy and the order
 * in `private`. Blocks are naturally aligned, so that the buddy of block `pfn` of order o is
 * at pfn ^ (1 << o); two free buddies merge.
 *
 * Blocks of 2^PAGEBLOCK_ORDER have a type (enum migratetype), and free blocks are on the list of
 * theirs. A request that finds no block of its type takes the largest of another one, and the
 * whole pageblock with it when that is worth it (steal_block()).
 *
 * Memory that the host has never backed is not on the lists: the zone keeps it as ranges of
 * MAX_ORDER blocks ("fresh") and takes a block from there only when the lists are empty, so
 * neither it nor its part of the memmap is touched before. Fresh blocks, and blocks returned
 * to the host, carry PG_zeroed: an allocation with __GFP_ZERO need not clear them. Splitting
 * hands the flag on; merging keeps it only if both halves have it.
 *
 * Big free blocks without PG_zeroed cost host memory: kswapd (mm/vmscan.c) gives them back.
 *
 * Lock: zone->lock, interrupts off, innermost.
 */
#include "vm.h"

#include <mm/memblock.h>
#include <mm/memcontrol.h>

/* One byte a pageblock: enum migratetype. */
static u8 *pageblock_types;	/* the zone's lock */

enum migratetype pageblock_type(unsigned long pfn)
{
	return (enum migratetype)READ_ONCE(pageblock_types[pfn >> PAGEBLOCK_ORDER]);
}

/* Its part of the node's frames. */
static void zone_init(struct pglist_data *pgdat, enum zone_type type)
{
	static const char *const names[] = { [ZONE_DMA32] = "DMA32", [ZONE_NORMAL] = "Normal" };
	unsigned long start = pgdat->node_start_pfn, end = start + pgdat->node_spanned_pages;
	struct zone *z = &pgdat->node_zones[type];

	if (type == ZONE_DMA32)
		end = min(end, DMA32_END_PFN);
	else
		start = max(start, DMA32_END_PFN);
	z->name = names[type];
	z->type = type;
	z->node = pgdat->node_id;
	z->start_pfn = start;
	z->spanned_pages = z->present_pages = end > start ? end - start : 0;
	spin_lock_init(&z->lock);
	for (int o = 0; o <= MAX_ORDER; o++)
		for (int t = 0; t < MIGRATE_TYPES; t++)
			INIT_LIST_HEAD(&z->free_area[o].free_list[t]);
}

void nodes_init(void)
{
	unsigned long nr = (max_pfn >> PAGEBLOCK_ORDER) + 1;
	struct pglist_data *pgdat;

	pageblock_types = memblock_alloc(nr, 0);
	BUG_ON(!pageblock_types);
	memset(pageblock_types, MIGRATE_MOVABLE, nr);
	for_each_online_pgdat(pgdat) {
		for (int type = 0; type < MAX_NR_ZONES; type++)
			zone_init(pgdat, type);
		spin_lock_init(&pgdat->lru_lock);
		lruvec_init(&pgdat->lruvec, &root_mem_cgroup);
		init_waitqueue_head(&pgdat->kswapd_wait);
	}
}

/* ---- free blocks; all => zone->lock held ---- */

/* Flags of a free page belong to zone->lock: plain accesses. */
static void block_insert(struct zone *zone, struct page *page, unsigned int order, bool zeroed,
			 bool tail)
{
	struct free_area *area = &zone->free_area[order];
	struct list_head *list = &area->free_list[pageblock_type(page_to_pfn(page))];

	page->flags = (1UL << PG_buddy) | (zeroed ? 1UL << PG_zeroed : 0);
	page->private = order;
	if (tail)
		list_add_tail(&page->lru, list);
	else
		list_add(&page->lru, list);
	area->nr_free++;
	if (!zeroed && order >= DISCARD_ORDER)
		zone->nr_dirty += 1UL << order;
}

/* => whether it is known to hold zeros */
static bool block_remove(struct zone *zone, struct page *page, unsigned int order)
{
	bool zeroed = page->flags & (1UL << PG_zeroed);

	list_del(&page->lru);
	page->flags = 0;
	page->private = 0;
	zone->free_area[order].nr_free--;
	if (!zeroed && order >= DISCARD_ORDER)
		zone->nr_dirty -= 1UL << order;
	return zeroed;
}

static bool is_free_buddy(const struct zone *zone, unsigned long pfn, unsigned int order)
{
	const struct page *page = pfn_to_page(pfn);

	if (pfn < zone->start_pfn || pfn >= zone->start_pfn + zone->spanned_pages)
		return false;
	return (READ_ONCE(page->flags) & (1UL << PG_buddy)) && page->private == order;
}

void free_one_block(struct zone *zone, struct page *page, unsigned int order, bool zeroed)
{
	unsigned long pfn = page_to_pfn(page);

	zone->free_pages += 1UL << order;
	while (order < MAX_ORDER) {
		unsigned long buddy = pfn ^ (1UL << order);
		bool buddy_zeroed;

		if (!is_free_buddy(zone, buddy, order))
			break;
		buddy_zeroed = block_remove(zone, pfn_to_page(buddy), order);
		zeroed = zeroed && buddy_zeroed;
		pfn &= ~(1UL << order);
		order++;
	}
	block_insert(zone, pfn_to_page(pfn), order, zeroed, order >= DISCARD_ORDER);
}

/* Moves one untouched block to the free lists: false when there is none. */
static bool take_fresh_block(struct zone *zone)
{
	struct fresh_range *r;

	if (!zone->nr_fresh)
		return false;
	r = &zone->fresh[0];
	block_insert(zone, pfn_to_page(r->start), MAX_ORDER, true, false);
	r->start += MAX_ORDER_NR_PAGES;
	if (r->start == r->end) {
		zone->nr_fresh--;
		memmove(&zone->fresh[0], &zone->fresh[1], zone->nr_fresh * sizeof(*r));
	}
	return true;
}

static unsigned long pageblock_end(const struct zone *zone, unsigned long start)
{
	return min(start + PAGEBLOCK_NR_PAGES, zone->start_pfn + zone->spanned_pages);
}

/* Every pageblock of a block of 2^order pages becomes one of the type. */
static void set_block_type(unsigned long pfn, unsigned int order, enum migratetype type)
{
	unsigned long nr = order > PAGEBLOCK_ORDER ? 1UL << (order - PAGEBLOCK_ORDER) : 1;

	for (unsigned long i = 0; i < nr; i++)
		WRITE_ONCE(pageblock_types[(pfn >> PAGEBLOCK_ORDER) + i], type);
}

/*
 * A free block of another type is to be used for `type`: its pageblock changes sides with all
 * its free pages, if it is large or if few others live in it. False: it does not.
 */
static bool steal_block(struct zone *zone, struct page *page, unsigned int order,
			enum migratetype type)
{
	unsigned long start = page_to_pfn(page) & ~(PAGEBLOCK_NR_PAGES - 1), pfn = start;
	unsigned long end = pageblock_end(zone, start), free = 0;

	if (order >= PAGEBLOCK_ORDER) {
		set_block_type(page_to_pfn(page), order, type);
		return true;
	}
	if (order < PAGEBLOCK_ORDER / 2 && type == MIGRATE_MOVABLE)
		return false;
	while (pfn < end) {
		struct page *at = pfn_to_page(pfn);

		if (!(READ_ONCE(at->flags) & (1UL << PG_buddy))) {
			pfn++;
			continue;
		}
		free += 1UL << at->private;
		pfn += 1UL << at->private;
	}
	if (free < PAGEBLOCK_NR_PAGES / 2)
		return false;
	set_block_type(start, PAGEBLOCK_ORDER, type);
	for (pfn = start; pfn < end;) {
		struct page *at = pfn_to_page(pfn);

		if (!(READ_ONCE(at->flags) & (1UL << PG_buddy))) {
			pfn++;
			continue;
		}
		list_move(&at->lru, &zone->free_area[at->private].free_list[type]);
		pfn += 1UL << at->private;
	}
	return true;
}

/* The smallest free block of the type, of `order` or more; NULL: none. */
static struct page *find_own_block(struct zone *zone, unsigned int order, enum migratetype type,
				   unsigned int *found)
{
	for (unsigned int o = order; o <= MAX_ORDER; o++) {
		struct list_head *list = &zone->free_area[o].free_list[type];

		if (!zone->free_area[o].nr_free || list_empty(list))
			continue;
		*found = o;
		return list_first_entry(list, struct page, lru);
	}
	return NULL;
}

/* A free block of that order of one of the types that `type` falls back on. */
static struct page *foreign_block(struct zone *zone, unsigned int order, enum migratetype type)
{
	static const enum migratetype fallbacks[MIGRATE_TYPES][2] = {
		[MIGRATE_UNMOVABLE] = { MIGRATE_RECLAIMABLE, MIGRATE_MOVABLE },
		[MIGRATE_MOVABLE] = { MIGRATE_RECLAIMABLE, MIGRATE_UNMOVABLE },
		[MIGRATE_RECLAIMABLE] = { MIGRATE_UNMOVABLE, MIGRATE_MOVABLE },
	};

	if (!zone->free_area[order].nr_free)
		return NULL;
	for (int i = 0; i < 2; i++) {
		struct list_head *list = &zone->free_area[order].free_list[fallbacks[type][i]];

		if (!list_empty(list))
			return list_first_entry(list, struct page, lru);
	}
	return NULL;
}

/*
 * A free block of another type: the largest, so that its pageblock may change sides; if it does
 * not, the smallest that fits, so that pages come one behind the other.
 */
static struct page *find_foreign_block(struct zone *zone, unsigned int order,
				       enum migratetype type, unsigned int *found)
{
	struct page *page = NULL;
	int o;

	for (o = MAX_ORDER; o >= (int)order && !page; o--)
		page = foreign_block(zone, o, type);
	if (!page)
		return NULL;
	*found = o + 1;
	if (steal_block(zone, page, *found, type))
		return page;
	for (*found = order;; ++*found) {
		page = foreign_block(zone, *found, type);
		if (page)
			return page;
	}
}

struct page *rmqueue(struct zone *zone, unsigned int order, enum migratetype type)
{
	unsigned int o;
	struct page *page;
	bool zeroed;

	/* Untouched memory is movable, but costs the host: what is free elsewhere comes first. */
	page = find_own_block(zone, order, type, &o);
	if (!page)
		page = find_foreign_block(zone, order, type, &o);
	if (!page) {
		if (!take_fresh_block(zone))
			return NULL;
		page = find_own_block(zone, order, type, &o);
		if (!page)
			page = find_foreign_block(zone, order, type, &o);
	}
	zeroed = block_remove(zone, page, o);
	while (o > order) {
		o--;
		block_insert(zone, page + (1UL << o), o, zeroed, false);
	}
	zone->free_pages -= 1UL << order;
	page->flags = zeroed ? 1UL << PG_zeroed : 0;
	return page;
}

/* ---- big free blocks and the host ---- */

struct page *zone_take_dirty(struct zone *zone, unsigned int *order)
{
	struct page *page;
	unsigned long flags;

	spin_lock_irqsave(&zone->lock, flags);
	for (unsigned int o = MAX_ORDER; o >= DISCARD_ORDER; o--) {
		for (int t = 0; t < MIGRATE_TYPES; t++) {
			list_for_each_entry_reverse(page, &zone->free_area[o].free_list[t], lru) {
				if (page->flags & (1UL << PG_zeroed))
					continue;
				block_remove(zone, page, o);
				zone->free_pages -= 1UL << o;
				spin_unlock_irqrestore(&zone->lock, flags);
				*order = o;
				return page;
			}
		}
	}
	spin_unlock_irqrestore(&zone->lock, flags);
	return NULL;
}

void zone_return_zeroed(struct page *page, unsigned int order)
{
	struct zone *zone = page_zone(page);
	unsigned long flags;

	spin_lock_irqsave(&zone->lock, flags);
	free_one_block(zone, page, order, true);
	spin_unlock_irqrestore(&zone->lock, flags);
}
/* ---- for compaction ---- */

unsigned int zone_isolate_free(struct zone *zone, unsigned long pfn, unsigned int order,
			       struct list_head *list)
{
	unsigned long start = pfn & ~(PAGEBLOCK_NR_PAGES - 1), end = pageblock_end(zone, start);
	unsigned int taken = 0;
	unsigned long flags;

	spin_lock_irqsave(&zone->lock, flags);
	for (pfn = start; pfn < end;) {
		struct page *page = pfn_to_page(pfn);
		unsigned int o = page->private;

		if (!(READ_ONCE(page->flags) & (1UL << PG_buddy)) || o >= order) {
			pfn += READ_ONCE(page->flags) & (1UL << PG_buddy) ? 1UL << o : 1;
			continue;
		}
		block_remove(zone, page, o);
		zone->free_pages -= 1UL << o;
		for (unsigned long i = 0; i < 1UL << o; i++) {
			page[i].flags = 0;
			prep_new_page(page + i, 0, 0);
			list_add_tail(&page[i].lru, list);
		}
		taken += 1U << o;
		pfn += 1UL << o;
	}
	spin_unlock_irqrestore(&zone->lock, flags);
	return taken;
}

bool zone_has_block(struct zone *zone, unsigned int order)
{
	if (!zone_ok(zone, order, zone->watermark[WMARK_MIN]))
		return false;
	if (READ_ONCE(zone->nr_fresh))
		return true;
	for (unsigned int o = order; o <= MAX_ORDER; o++)
		if (READ_ONCE(zone->free_area[o].nr_free))
			return true;
	return false;
}

unsigned long node_dirty_pages(const struct pglist_data *pgdat)
{
	return READ_ONCE(pgdat->node_zones[ZONE_DMA32].nr_dirty) +
	       READ_ONCE(pgdat->node_zones[ZONE_NORMAL].nr_dirty);
}

/* ---- boot ---- */

static void zone_add_fresh(struct zone *zone, unsigned long start, unsigned long end)
{
	zone->fresh[zone->nr_fresh++] = (struct fresh_range){ start, end };
	zone->free_pages += end - start;
}

/* The largest aligned blocks, one after the other. */
static void zone_add_blocks(struct zone *zone, unsigned long pfn, unsigned long end, bool zeroed)
{
	while (pfn < end) {
		unsigned int order = pfn ? min(__builtin_ctzl(pfn), MAX_ORDER) : MAX_ORDER;

		while (pfn + (1UL << order) > end)
			order--;
		free_one_block(zone, pfn_to_page(pfn), order, zeroed);
		pfn += 1UL << order;
	}
}

void zone_add_free_range(unsigned long start, unsigned long end, bool fresh)
{
	struct zone *zone = page_zone(pfn_to_page(start));
	unsigned long flags, a, b, zone_end = zone->start_pfn + zone->spanned_pages;

	if (end > zone_end) {
		zone_add_free_range(zone_end, end, fresh);
		end = zone_end;
	}
	spin_lock_irqsave(&zone->lock, flags);
	zone->managed_pages += end - start;
	a = (start + MAX_ORDER_NR_PAGES - 1) & ~(MAX_ORDER_NR_PAGES - 1);
	b = end & ~(MAX_ORDER_NR_PAGES - 1);
	if (fresh && a < b && zone->nr_fresh < MAX_FRESH_RANGES) {
		zone_add_blocks(zone, start, a, true);
		zone_add_fresh(zone, a, b);
		zone_add_blocks(zone, b, end, true);
	} else {
		zone_add_blocks(zone, start, end, fresh);
	}
	spin_unlock_irqrestore(&zone->lock, flags);
}
