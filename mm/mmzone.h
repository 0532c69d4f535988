/* SPDX-License-Identifier: MIT */
/*
 * Nodes and zones. A node (struct pglist_data) is a range of frames with its own zones, lists of
 * pages by age and kswapd; a zone is what of it lies below or above 4 GiB. Most machines have one
 * node, and the accessors here cost it a comparison.
 */
#ifndef MM_MMZONE_H
#define MM_MMZONE_H

#include <kern/kernel.h>
#include <kern/spinlock.h>
#include <kern/types.h>
#include <kern/wait.h>
#include <lib/list.h>
#include <mm/mm_types.h>
#include <mm/node.h>
#include <mm/page.h>

enum zone_type { ZONE_DMA32, ZONE_NORMAL, MAX_NR_ZONES };
enum zone_watermark { WMARK_MIN, WMARK_LOW, WMARK_HIGH, NR_WMARK };

/*
 * What may happen to a page: nothing, it can be moved or written out, its cache can be shrunk.
 * Every pageblock has one of these types, and pages of a type come from blocks of it, so that
 * what cannot move does not lie everywhere.
 */
enum migratetype {
	MIGRATE_UNMOVABLE, MIGRATE_MOVABLE, MIGRATE_RECLAIMABLE, MIGRATE_TYPES
};
#define PAGEBLOCK_ORDER 9
#define PAGEBLOCK_NR_PAGES (1UL << PAGEBLOCK_ORDER)

struct free_area {
	struct list_head free_list[MIGRATE_TYPES];
	unsigned long nr_free;
};

/* Frames that have never been used: blocks of MAX_ORDER, taken from the front. */
struct fresh_range {
	unsigned long start, end;
};
#define MAX_FRESH_RANGES 32

struct zone {
	spinlock_t lock;		/* guards what follows up to nr_dirty */
	struct free_area free_area[MAX_ORDER + 1];
	struct fresh_range fresh[MAX_FRESH_RANGES];
	unsigned int nr_fresh;
	unsigned long free_pages;	/* in free_area and fresh; READ_ONCE outside */
	unsigned long nr_dirty;		/* free pages in big blocks that the host still backs */

	const char *name;		/* the rest is constant after boot */
	int node;
	enum zone_type type;
	unsigned long start_pfn, spanned_pages, present_pages;
	unsigned long managed_pages;	/* grows by free_reserved_range() under lock */
	unsigned long watermark[NR_WMARK];
};

enum lru_list {
	LRU_INACTIVE_ANON, LRU_ACTIVE_ANON, LRU_INACTIVE_FILE, LRU_ACTIVE_FILE, LRU_UNEVICTABLE,
	NR_LRU_LISTS
};
#define LRU_ACTIVE 1
#define LRU_FILE 2

struct mem_cgroup;

/* A memory group's pages of a node by age (lru.c); the root's: those that no group pays for. */
struct lruvec {
	struct list_head lists[NR_LRU_LISTS];	/* the node's lru_lock */
	unsigned long sizes[NR_LRU_LISTS];	/* lru_lock; read without it as a hint */
	unsigned long tree_sizes[NR_LRU_LISTS];	/* the same: with those of all groups below */
	struct mem_cgroup *memcg;		/* constant */
};

/* The nodes in the order in which they give memory to one of them: itself, then by distance. */
struct zonelist {
	u8 nodes[MAX_NUMNODES];		/* nr_node_ids of them; constant after boot */
};

typedef struct pglist_data {
	struct zone node_zones[MAX_NR_ZONES];
	struct zonelist zonelist;
	int node_id;					/* constant, as the two below */
	unsigned long node_start_pfn, node_spanned_pages;
	spinlock_t lru_lock;				/* all lists of the node */
	struct lruvec lruvec;				/* the root's */
	wait_queue_head_t kswapd_wait;
	struct task_struct *kswapd;			/* constant after boot */
	int kswapd_work;				/* READ_ONCE, WRITE_ONCE: it has been woken */
} pg_data_t;

extern struct pglist_data node_data[MAX_NUMNODES];
#define NODE_DATA(nid) (&node_data[nid])
#define for_each_online_pgdat(pgdat) \
	for ((pgdat) = node_data; (pgdat) < node_data + nr_node_ids; (pgdat)++)

/*
 * Orders nodes 0..nr-1 for node nid: itself, then by distance, those at the same one from nid
 * upwards and round, so that the nodes do not all fall back on the same one.
 */
void build_zonelist(struct zonelist *list, unsigned int nid, unsigned int nr,
		    int (*distance)(int from, int to));

/* Node by node, upwards. NULL after the last one. */
static inline struct zone *next_zone(struct zone *zone)
{
	if (zone->type + 1 < MAX_NR_ZONES)
		return zone + 1;
	return zone->node + 1 < (int)nr_node_ids ? node_data[zone->node + 1].node_zones : NULL;
}
#define for_each_zone(z) for ((z) = node_data[0].node_zones; (z); (z) = next_zone(z))

/* The first frame of ZONE_NORMAL. */
#define DMA32_END_PFN (1UL << (32 - PAGE_SHIFT))

static inline struct pglist_data *page_pgdat(const struct page *page)
{
	return NODE_DATA(page_to_nid(page));
}

static inline struct zone *page_zone(const struct page *page)
{
	return &page_pgdat(page)->node_zones[page_to_pfn(page) < DMA32_END_PFN ? ZONE_DMA32 :
										 ZONE_NORMAL];
}

#endif
