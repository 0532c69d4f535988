// SPDX-License-Identifier: MIT
/*
 * The page allocator: buddy blocks of orders 0..MAX_ORDER in zones, with a list of single
 * pages on every CPU in front of it.
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
 * Watermarks: ordinary allocations stop at `low` and then reclaim, may go to `min`, atomic
 * ones to half of it, the killed (so that they can exit) to zero.
 *
 * Lock order: pcp->lock, then zone->lock. Both are taken with interrupts off, and nothing
 * is taken inside.
 */
#include "vm.h"

#include <kern/preempt.h>
#include <mm/memblock.h>
#include <kern/task.h>
#include <um/percpu.h>
#include <um/text.h>

struct zone zones[MAX_NR_ZONES] = {
	[ZONE_DMA32] = { .name = "DMA32" },
	[ZONE_NORMAL] = { .name = "Normal" },
};

struct per_cpu_pages {
	spinlock_t lock;
	unsigned int count;
	struct list_head lists[MIGRATE_TYPES];
};
static DEFINE_PER_CPU_ALIGNED(struct per_cpu_pages, pcp_pages);
static unsigned int pcp_high = 128, pcp_batch = 32;

/* One byte a pageblock: enum migratetype. */
static u8 *pageblock_types;	/* the zone's lock */

enum migratetype pageblock_type(unsigned long pfn)
{
	return (enum migratetype)READ_ONCE(pageblock_types[pfn >> PAGEBLOCK_ORDER]);
}

static enum migratetype gfp_type(gfp_t gfp)
{
	if (gfp & __GFP_MOVABLE)
		return MIGRATE_MOVABLE;
	return gfp & __GFP_RECLAIMABLE ? MIGRATE_RECLAIMABLE : MIGRATE_UNMOVABLE;
}

void zones_init(void)
{
	unsigned long nr = (max_pfn >> PAGEBLOCK_ORDER) + 1;
	struct zone *z;

	pageblock_types = memblock_alloc(nr, 0);
	BUG_ON(!pageblock_types);
	memset(pageblock_types, MIGRATE_MOVABLE, nr);
	for_each_zone(z) {
		spin_lock_init(&z->lock);
		for (int o = 0; o <= MAX_ORDER; o++)
			for (int t = 0; t < MIGRATE_TYPES; t++)
				INIT_LIST_HEAD(&z->free_area[o].free_list[t]);
	}
	for (unsigned int cpu = 0; cpu < NR_CPUS; cpu++) {
		struct per_cpu_pages *pcp;

		if (!__per_cpu_offset[cpu])
			continue;
		pcp = per_cpu_ptr(&pcp_pages, cpu);
		spin_lock_init(&pcp->lock);
		for (int t = 0; t < MIGRATE_TYPES; t++)
			INIT_LIST_HEAD(&pcp->lists[t]);
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

static void free_one_block(struct zone *zone, struct page *page, unsigned int order, bool zeroed)
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

/*
 * A block of `order`: its PG_zeroed flag is set iff it is known to hold zeros. The smallest
 * block that fits is split; its upper halves go back.
 */
static struct page *rmqueue(struct zone *zone, unsigned int order, enum migratetype type)
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

/* ---- the CPUs' lists ---- */

static bool zone_ok(const struct zone *zone, unsigned int order, unsigned long mark)
{
	return READ_ONCE(zone->free_pages) >= mark + (1UL << order);
}

static unsigned long zone_mark(const struct zone *zone, gfp_t gfp, enum zone_watermark mark)
{
	if (gfp & __GFP_MEMALLOC)
		return 0;
	if (mark == WMARK_MIN && (gfp & __GFP_HIGH))
		return zone->watermark[WMARK_MIN] / 2;
	return zone->watermark[mark];
}

static struct page *zones_rmqueue(gfp_t gfp, unsigned int order, enum zone_watermark mark)
{
	int top = gfp & (__GFP_DMA32 | __GFP_DMA) ? ZONE_DMA32 : ZONE_NORMAL;

	for (int i = top; i >= 0; i--) {
		struct zone *zone = &zones[i];
		struct page *page;
		unsigned long flags;

		if (!zone_ok(zone, order, zone_mark(zone, gfp, mark)))
			continue;
		spin_lock_irqsave(&zone->lock, flags);
		page = rmqueue(zone, order, gfp_type(gfp));
		spin_unlock_irqrestore(&zone->lock, flags);
		if (page)
			return page;
	}
	return NULL;
}

/* => pcp->lock held, interrupts off */
static void pcp_refill(struct per_cpu_pages *pcp, gfp_t gfp, enum zone_watermark mark)
{
	enum migratetype type = gfp_type(gfp);

	for (int i = ZONE_NORMAL; i >= 0 && list_empty(&pcp->lists[type]); i--) {
		struct zone *zone = &zones[i];

		if (!zone_ok(zone, 0, zone_mark(zone, gfp, mark)))
			continue;
		spin_lock(&zone->lock);
		for (unsigned int n = 0; n < pcp_batch; n++) {
			struct page *page;

			if (n && !zone_ok(zone, 0, zone_mark(zone, gfp, mark)))
				break;
			page = rmqueue(zone, 0, type);
			if (!page)
				break;
			page->flags |= 1UL << PG_percpu;
			/* In order of address: runs of pages stay contiguous. */
			list_add_tail(&page->lru, &pcp->lists[type]);
			pcp->count++;
		}
		spin_unlock(&zone->lock);
	}
}

/* => pcp->lock held, interrupts off */
static void pcp_drain(struct per_cpu_pages *pcp, unsigned int nr)
{
	struct zone *locked = NULL;
	int type = 0;

	while (nr-- && pcp->count) {
		struct page *page;
		struct zone *zone;

		while (list_empty(&pcp->lists[type]))
			type = (type + 1) % MIGRATE_TYPES;
		page = list_last_entry(&pcp->lists[type], struct page, lru);
		zone = page_zone(page);
		type = (type + 1) % MIGRATE_TYPES;
		if (zone != locked) {
			if (locked)
				spin_unlock(&locked->lock);
			spin_lock(&zone->lock);
			locked = zone;
		}
		list_del(&page->lru);
		pcp->count--;
		free_one_block(zone, page, 0, page->flags & (1UL << PG_zeroed));
	}
	if (locked)
		spin_unlock(&locked->lock);
}

static struct page *pcp_alloc(gfp_t gfp, enum zone_watermark mark)
{
	enum migratetype type = gfp_type(gfp);
	struct per_cpu_pages *pcp;
	struct page *page = NULL;
	unsigned long flags;

	local_irq_save(flags);
	pcp = this_cpu_ptr(&pcp_pages);
	spin_lock(&pcp->lock);
	if (list_empty(&pcp->lists[type]))
		pcp_refill(pcp, gfp, mark);
	if (!list_empty(&pcp->lists[type])) {
		page = list_first_entry(&pcp->lists[type], struct page, lru);
		list_del(&page->lru);
		pcp->count--;
	}
	spin_unlock(&pcp->lock);
	local_irq_restore(flags);
	return page;
}

/* Frees single pages with no reference left. */
static void pcp_free(struct page **pages, unsigned int nr)
{
	struct per_cpu_pages *pcp;
	unsigned long flags;

	local_irq_save(flags);
	pcp = this_cpu_ptr(&pcp_pages);
	spin_lock(&pcp->lock);
	for (unsigned int i = 0; i < nr; i++) {
		pages[i]->flags = 1UL << PG_percpu;
		list_add(&pages[i]->lru, &pcp->lists[pageblock_type(page_to_pfn(pages[i]))]);
		if (++pcp->count > pcp_high)
			pcp_drain(pcp, pcp_batch);
	}
	spin_unlock(&pcp->lock);
	local_irq_restore(flags);
}

static void drain_pages(unsigned int cpu)
{
	struct per_cpu_pages *pcp = per_cpu_ptr(&pcp_pages, cpu);
	unsigned long flags;

	spin_lock_irqsave(&pcp->lock, flags);
	pcp_drain(pcp, pcp->count);
	spin_unlock_irqrestore(&pcp->lock, flags);
}

void drain_local_pages(void)
{
	drain_pages(smp_processor_id());
}

void drain_all_pages(void)
{
	for (unsigned int cpu = 0; cpu < NR_CPUS; cpu++)
		if (__per_cpu_offset[cpu])
			drain_pages(cpu);
}

/* ---- allocation ---- */

#ifdef CONFIG_DEBUG
static void poison_pages(struct page *page, unsigned int order)
{
	memset(page_address(page), POISON_PAGE, PAGE_SIZE << order);
}
#else
static void poison_pages(struct page *page, unsigned int order) { }
#endif

static void make_compound(struct page *page, unsigned int order)
{
	for (unsigned long i = 1; i < 1UL << order; i++) {
		page[i].flags = 1UL << PG_tail;
		page[i].head = page;
	}
	page[1].order = order;
	page->flags |= 1UL << PG_head;
}

static struct page *prep_new_page(struct page *page, unsigned int order, gfp_t gfp)
{
	bool zeroed = page->flags & (1UL << PG_zeroed);

	for (unsigned long i = 0; i < 1UL << order; i++) {
		page[i].flags = 0;
		page[i].mapping = NULL;
		page[i].index = 0;
		page[i].private = 0;
		page[i].text_twin = NULL;
		atomic_set(&page[i]._mapcount, 0);
	}
	kasan_unpoison(page_address(page), PAGE_SIZE << order);
	if ((gfp & __GFP_ZERO) && !zeroed)
		memset(page_address(page), 0, PAGE_SIZE << order);
	if (order && (gfp & __GFP_COMP))
		make_compound(page, order);
	atomic_set_release(&page->_refcount, 1);
	count_vm_events(PGALLOC, 1UL << order);
	return page;
}

static struct page *get_page_from_freelist(gfp_t gfp, unsigned int order, enum zone_watermark mark)
{
	struct page *page;

	if (order == 0 && !(gfp & (__GFP_DMA32 | __GFP_DMA)))
		page = pcp_alloc(gfp, mark);
	else
		page = zones_rmqueue(gfp, order, mark);
	return page ? prep_new_page(page, order, gfp) : NULL;
}

struct page *alloc_pages(gfp_t gfp, unsigned int order)
{
	struct page *page;

	if (unlikely(order > MAX_ORDER))
		return NULL;
	if (gfp & __GFP_DIRECT_RECLAIM)
		might_sleep();
	if (should_fail_page(gfp))
		return NULL;
	page = get_page_from_freelist(gfp, order, WMARK_LOW);
	if (likely(page))
		return page;
	return alloc_pages_slow(gfp, order);
}

/* The allocation attempts of mm/vmscan.c. */
struct page *alloc_pages_mark(gfp_t gfp, unsigned int order, enum zone_watermark mark)
{
	return get_page_from_freelist(gfp, order, mark);
}

/* ---- freeing ---- */

static void check_free_page(const struct page *page)
{
	if (likely(!page_mapcount(page) && !atomic_read(&page->_refcount) &&
		   !(page->flags & ((1UL << PG_buddy) | (1UL << PG_percpu) | (1UL << PG_locked) |
				    (1UL << PG_lru) | (1UL << PG_writeback)))))
		return;
	pr_err("BUG: bad page freed: pfn %lx flags %lx count %d mapcount %d\n", page_to_pfn(page),
	       page->flags, atomic_read(&page->_refcount), page_mapcount(page));
	BUG();
}

/* => no reference left */
static void free_block(struct page *page, unsigned int order)
{
	struct zone *zone = page_zone(page);
	unsigned long flags;
	bool dirty;

	check_free_page(page);
	if (PageHead(page))
		order = page[1].order;
	for (unsigned long i = 0; i < 1UL << order; i++) {
		page[i].flags = 0;
		if (unlikely(page[i].text_twin))
			um_text_twin_free(page + i);
	}
	count_vm_events(PGFREE, 1UL << order);
	poison_pages(page, order);
	kasan_poison(page_address(page), PAGE_SIZE << order);
	if (order == 0) {
		pcp_free(&page, 1);
		return;
	}
	spin_lock_irqsave(&zone->lock, flags);
	free_one_block(zone, page, order, false);
	dirty = zone->nr_dirty != 0;
	spin_unlock_irqrestore(&zone->lock, flags);
	if (dirty)
		wakeup_kswapd();
}

void __put_page(struct page *page)
{
	lru_cache_del(page);
	free_block(page, compound_order(page));
}

void __free_pages(struct page *page, unsigned int order)
{
	bool compound = PageHead(page);

	if (atomic_dec_and_test(&page->_refcount)) {
		free_block(page, order);
	} else if (!compound) {
		/* A speculative reference holds the first page; its holder frees that one. */
		while (order-- > 0)
			free_block(page + (1UL << order), order);
	}
}

void free_unref_pages(struct page **pages, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		if (PageHead(pages[i])) {
			free_block(pages[i], 0);
			continue;
		}
		check_free_page(pages[i]);
		if (unlikely(pages[i]->text_twin))
			um_text_twin_free(pages[i]);
		poison_pages(pages[i], 0);
		kasan_poison(page_address(pages[i]), PAGE_SIZE);
		count_vm_event(PGFREE);
		pcp_free(&pages[i], 1);
	}
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

unsigned int pcp_count(unsigned int cpu)
{
	return READ_ONCE(per_cpu_ptr(&pcp_pages, cpu)->count);
}

unsigned int pcp_limit(void)
{
	return pcp_high;
}

unsigned int pcp_step(void)
{
	return pcp_batch;
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

unsigned long zones_dirty_pages(void)
{
	return READ_ONCE(zones[ZONE_DMA32].nr_dirty) + READ_ONCE(zones[ZONE_NORMAL].nr_dirty);
}

unsigned long nr_free_pages(void)
{
	unsigned long sum = READ_ONCE(zones[ZONE_DMA32].free_pages) +
			    READ_ONCE(zones[ZONE_NORMAL].free_pages);

	for (unsigned int cpu = 0; cpu < NR_CPUS; cpu++)
		if (__per_cpu_offset[cpu])
			sum += READ_ONCE(per_cpu_ptr(&pcp_pages, cpu)->count);
	return sum;
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
	const unsigned long limit = 1UL << (32 - PAGE_SHIFT);
	unsigned long flags, a, b;
	struct zone *zone;

	if (start < limit && end > limit) {
		zone_add_free_range(start, limit, fresh);
		start = limit;
	}
	zone = page_zone(pfn_to_page(start));
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

int min_free_kbytes, watermark_scale_factor = 10;

/* The marks for min_free_kbytes, each zone its share. */
void setup_watermarks(void)
{
	unsigned long total = totalram_pages(), min = (unsigned long)min_free_kbytes >> (PAGE_SHIFT - 10);
	struct zone *z;

	for_each_zone(z) {
		unsigned long m = total ? min * z->managed_pages / total : 0;
		unsigned long step = max(m / 4, z->managed_pages * watermark_scale_factor / 10000);

		z->watermark[WMARK_MIN] = m;
		z->watermark[WMARK_LOW] = m + step;
		z->watermark[WMARK_HIGH] = m + 2 * step;
	}
}

/* The reserve grows with the square root of memory, as on Linux: 2 MiB at 256 MiB. */
void setup_zone_watermarks(void)
{
	unsigned long total = totalram_pages(), kb = total << (PAGE_SHIFT - 10), root = 1;

	while (root * root < kb * 16)
		root++;
	min_free_kbytes = clamp(root, 128UL, 262144UL);
	setup_watermarks();
	pcp_high = clamp(total / 256, 16UL, 128UL);
	pcp_batch = clamp(pcp_high / 4, 4U, 32U);
}
