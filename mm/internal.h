/* SPDX-License-Identifier: MIT */
/* What the files of mm/ share among themselves. */
#ifndef MM_INTERNAL_H
#define MM_INTERNAL_H

#include <kern/bug.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/kernel.h>
#include <kern/printk.h>
#include <kern/spinlock.h>
#include <kern/types.h>
#include <lib/list.h>
#include <lib/string.h>
#include <mm/gfp.h>
#include <mm/mm_types.h>
#include <mm/page.h>
#include <mm/vmstat.h>

#include "mmzone.h"

/* ---- zones ---- */

/* Without what the CPUs hold. */
static inline unsigned long node_free_pages_fast(const struct pglist_data *pgdat)
{
	return READ_ONCE(pgdat->node_zones[ZONE_DMA32].free_pages) +
	       READ_ONCE(pgdat->node_zones[ZONE_NORMAL].free_pages);
}

static inline unsigned long nr_free_pages_fast(void)
{
	unsigned long sum = node_free_pages_fast(NODE_DATA(0));

	for (unsigned int nid = 1; nid < nr_node_ids; nid++)
		sum += node_free_pages_fast(NODE_DATA(nid));
	return sum;
}

/* With it. */
unsigned long node_free_pages(const struct pglist_data *pgdat);
unsigned long node_managed_pages(const struct pglist_data *pgdat);
/* The sum of a mark over a node's zones, and over all. */
unsigned long node_watermark(const struct pglist_data *pgdat, enum zone_watermark mark);
unsigned long total_watermark(enum zone_watermark mark);

/* Free blocks of this order and above go back to the host. */
#define DISCARD_ORDER 9

/* buddy.c; => zone->lock held */

/* A block of `order`, PG_zeroed iff it is known to hold zeros: the smallest that fits is split. */
struct page *rmqueue(struct zone *zone, unsigned int order, enum migratetype type);
/* Gives a block back, and merges it with its free buddies. `zeroed`: known to hold zeros. */
void free_one_block(struct zone *zone, struct page *page, unsigned int order, bool zeroed);

/* Would `mark` free pages be left? */
static inline bool zone_ok(const struct zone *zone, unsigned int order, unsigned long mark)
{
	return READ_ONCE(zone->free_pages) >= mark + (1UL << order);
}

/* A block that left the free lists becomes an allocated one. */
struct page *prep_new_page(struct page *page, unsigned int order, gfp_t gfp);
void nodes_init(void);
void lruvec_init(struct lruvec *lruvec, struct mem_cgroup *memcg);
void pcp_init(void);
/* Boot: gives [start, end) to the allocator; `fresh`: the host has never backed it. */
void zone_add_free_range(unsigned long start_pfn, unsigned long end_pfn, bool fresh);
void setup_zone_watermarks(void);
/* The type of the block around a page; changes under zone->lock, read without it as a hint. */
enum migratetype pageblock_type(unsigned long pfn);
/*
 * Takes the free pages of a pageblock out of the allocator, each a single page with a reference,
 * but for blocks of `order` and above. The number.
 */
unsigned int zone_isolate_free(struct zone *zone, unsigned long pfn, unsigned int order,
			       struct list_head *list);
/* The CPUs' lists: pages of a node on one, the most it holds, how many move at once. */
unsigned int pcp_count(unsigned int cpu, int nid);
unsigned int pcp_limit(void);
unsigned int pcp_step(void);
/* Is there a free block of the order above the watermark? */
bool zone_has_block(struct zone *zone, unsigned int order);

/*
 * Where an allocation may take its pages from: of the fallback order of node nid those in `nodes`. All
 * are online.
 */
struct alloc_context {
	int nid;
	nodemask_t nodes;
	nodemask_t policy_nodes;	/* the same without regard to the task's cpuset */
};

/* compaction.c: moves pages of the nodes until a block of the order is free. True: one is. => may sleep */
bool compact_zones(unsigned int order, nodemask_t nodes);
/* Takes one dirty block of DISCARD_ORDER or more, or NULL; returns it known to be zero. */
struct page *zone_take_dirty(struct zone *zone, unsigned int *order);
void zone_return_zeroed(struct page *page, unsigned int order);
unsigned long node_dirty_pages(const struct pglist_data *pgdat);
/* The node's background thread has work: wakes it. => any context */
void wakeup_kswapd(struct pglist_data *pgdat);

/* memblock: calls fn for each range that is neither reserved nor used before. */
void memblock_for_each_free(void (*fn)(unsigned long start_pfn, unsigned long end_pfn, bool fresh));
extern bool memblock_closed;

/* Allocation attempts down to a watermark, and what to do when the first one failed (mm/vmscan.c). */
struct page *alloc_pages_mark(gfp_t gfp, unsigned int order, enum zone_watermark mark,
			      const struct alloc_context *ac);
struct page *alloc_pages_slow(gfp_t gfp, unsigned int order, const struct alloc_context *ac);

/* Frees memory of the nodes from caches: pages freed (about). => may sleep, no locks of mm held */
unsigned long try_to_free_pages(gfp_t gfp, unsigned long nr, nodemask_t nodes);
unsigned long shrink_slab(gfp_t gfp, int priority);

/* ---- failures on purpose (fault_inject.c) ---- */
struct kmem_cache;
extern bool fault_injection_on;
bool inject_slab_failure(const struct kmem_cache *cache, gfp_t gfp);
bool inject_page_failure(gfp_t gfp, unsigned int order);

static inline bool should_failslab(const struct kmem_cache *cache, gfp_t gfp)
{
	return unlikely(READ_ONCE(fault_injection_on)) && inject_slab_failure(cache, gfp);
}

static inline bool should_fail_page(gfp_t gfp, unsigned int order)
{
	return unlikely(READ_ONCE(fault_injection_on)) && inject_page_failure(gfp, order);
}

/* ---- sanitizers ---- */
#ifdef __SANITIZE_ADDRESS__
void __asan_poison_memory_region(const volatile void *addr, size_t size);
void __asan_unpoison_memory_region(const volatile void *addr, size_t size);
#define kasan_poison(addr, size) __asan_poison_memory_region(addr, size)
#define kasan_unpoison(addr, size) __asan_unpoison_memory_region(addr, size)
#else
#define kasan_poison(addr, size) ((void)0)
#define kasan_unpoison(addr, size) ((void)0)
#endif

#define POISON_FREE 0x6b	/* a free object */
#define POISON_END 0xa5		/* its last byte */
#define POISON_INUSE 0x5a	/* an object that was never written */
#define POISON_PAGE 0xaa	/* a free page */
#define RED_ACTIVE 0xcc
#define RED_INACTIVE 0xbb

void percpu_init(void);
void page_cache_init(void);
void vma_init(void);
void mm_cache_init(void);

#endif
