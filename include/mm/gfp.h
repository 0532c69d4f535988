/* SPDX-License-Identifier: MIT */
/* Page allocation: flags and entry points. */
#ifndef MM_GFP_H
#define MM_GFP_H

#include <kern/types.h>
#include <mm/mm_types.h>
#include <mm/node.h>

typedef unsigned int gfp_t;

#define __GFP_DMA		0x01u
#define __GFP_HIGHMEM		0x02u	/* accepted, means nothing here */
#define __GFP_DMA32		0x04u
#define __GFP_MOVABLE		0x08u	/* can be moved, or written and dropped */
#define __GFP_RECLAIMABLE	0x10u	/* of a cache with a shrinker */
#define __GFP_HIGH		0x20u	/* may use half of the reserve */
#define __GFP_IO		0x40u
#define __GFP_FS		0x80u
#define __GFP_ZERO		0x100u
#define __GFP_ATOMIC		0x200u
#define __GFP_DIRECT_RECLAIM	0x400u	/* may sleep, reclaim and call the OOM killer */
#define __GFP_KSWAPD_RECLAIM	0x800u
#define __GFP_NOWARN		0x2000u
#define __GFP_RETRY_MAYFAIL	0x4000u	/* reclaim, but never the OOM killer */
#define __GFP_NOFAIL		0x8000u	/* retry for ever (orders 0 and 1 only) */
#define __GFP_NORETRY		0x10000u /* fail after one light reclaim, no OOM killer */
#define __GFP_MEMALLOC		0x20000u /* may use the whole reserve */
#define __GFP_COMP		0x40000u /* a compound page: head and tails */
#define __GFP_NOMEMALLOC	0x80000u
#define __GFP_HARDWALL		0x100000u /* of a user: the task's cpuset holds */
#define __GFP_THISNODE		0x200000u /* from the node that was named, or not at all */
#define __GFP_ACCOUNT		0x400000u
#define __GFP_RECLAIM		(__GFP_DIRECT_RECLAIM | __GFP_KSWAPD_RECLAIM)

#define GFP_ATOMIC		(__GFP_HIGH | __GFP_ATOMIC | __GFP_KSWAPD_RECLAIM)
#define GFP_NOWAIT		(__GFP_KSWAPD_RECLAIM)
#define GFP_KERNEL		(__GFP_RECLAIM | __GFP_IO | __GFP_FS)
#define GFP_KERNEL_ACCOUNT	(GFP_KERNEL | __GFP_ACCOUNT)
#define GFP_NOIO		(__GFP_RECLAIM)
#define GFP_NOFS		(__GFP_RECLAIM | __GFP_IO)
#define GFP_USER		(GFP_KERNEL | __GFP_HARDWALL)
#define GFP_HIGHUSER		(GFP_USER | __GFP_HIGHMEM)
#define GFP_HIGHUSER_MOVABLE	(GFP_HIGHUSER | __GFP_MOVABLE)
#define GFP_DMA32		__GFP_DMA32

static inline bool gfpflags_allow_blocking(gfp_t gfp)
{
	return (gfp & __GFP_DIRECT_RECLAIM) != 0;
}

/*
 * 2^order pages, order 0..MAX_ORDER, physically contiguous and naturally aligned, with one
 * reference on the first. NULL when there are none. Without __GFP_COMP the block is a row of
 * pages that split_page() can turn into single ones.
 * => sleeps only with __GFP_DIRECT_RECLAIM; otherwise any context
 */
struct page *alloc_pages(gfp_t gfp, unsigned int order);
#define alloc_page(gfp) alloc_pages(gfp, 0)

/*
 * The same from a given node, else from the nodes of its fallback order that are in `nodes` (NULL:
 * all), whatever the task's policy; with __GFP_THISNODE from that node alone.
 * => nid is online
 */
struct page *__alloc_pages(gfp_t gfp, unsigned int order, int nid, const nodemask_t *nodes);
/* NUMA_NO_NODE: the calling CPU's. */
static inline struct page *alloc_pages_node(int nid, gfp_t gfp, unsigned int order)
{
	return __alloc_pages(gfp, order, nid == NUMA_NO_NODE ? numa_node_id() : nid, NULL);
}

/* Drops the reference that alloc_pages() gave; the block is free once the last is gone. */
void __free_pages(struct page *page, unsigned int order);
#define __free_page(page) __free_pages(page, 0)

/* The same by direct-map address: 0 on failure; freeing address 0 does nothing. */
unsigned long __get_free_pages(gfp_t gfp, unsigned int order);
unsigned long get_zeroed_page(gfp_t gfp);
void free_pages(unsigned long addr, unsigned int order);
#define __get_free_page(gfp) __get_free_pages(gfp, 0)
#define free_page(addr) free_pages(addr, 0)

/* Exactly `size` bytes in whole pages; the tail of the power of two goes back. */
void *alloc_pages_exact(size_t size, gfp_t gfp);
void free_pages_exact(void *virt, size_t size);

/* Makes a block (not compound) into 1 << order pages, each with its own reference. */
void split_page(struct page *page, unsigned int order);

/* Fills the NULL slots of pages[0..nr) with single pages; how many are filled from the start. */
unsigned long alloc_pages_bulk_array(gfp_t gfp, unsigned long nr, struct page **pages);

/* Frees n pages whose reference count has already dropped to zero. */
void free_unref_pages(struct page **pages, unsigned int nr);

/* Empties the calling CPU's page lists into the buddy allocator / all CPUs' lists. */
void drain_local_pages(void);
void drain_all_pages(void);

#endif
