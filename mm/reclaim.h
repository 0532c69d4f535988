/* SPDX-License-Identifier: MIT */
/* What the files that age, unmap and swap pages share. */
#ifndef MM_RECLAIM_H
#define MM_RECLAIM_H

#include "vm.h"

#include <mm/swap.h>

/* ---- rmap.c ---- */

/* What a walk does with an entry that maps the page. False ends it. => page_table_lock held */
typedef bool (*rmap_one_t)(struct page *page, struct mm_struct *mm, unsigned long addr,
			   pte_t *ptep, void *arg);
/*
 * Shows `one` the entries that map the page, but for those of an anonymous page that mremap() hides.
 * Without `wait` none of a file's when somebody changes its areas: so reclaim may run while its own task
 * does. => page locked; may sleep
 */
void rmap_walk(struct page *page, rmap_one_t one, void *arg, bool wait);

/* Host mappings that have to go before pages may be used for something else. */
struct rmap_flush {
	unsigned int nr;
	struct mm_struct *mms[64];	/* each mmgrab()bed */
	unsigned long addrs[64];
};
/* So many entries must be free before a page is walked, or the walk may end early. */
#define RMAP_FLUSH_ROOM 8
static inline bool rmap_flush_full(const struct rmap_flush *flush)
{
	return flush->nr + RMAP_FLUSH_ROOM > ARRAY_SIZE(flush->mms);
}
/* False: no room. => any context */
bool rmap_flush_add(struct rmap_flush *flush, struct mm_struct *mm, unsigned long addr);
/* => no spinlock held; may sleep */
void rmap_flush_now(struct rmap_flush *flush);

/*
 * How many entries (and PG_referenced) say that the page was used since the last call. They
 * say no more until it is used again. => page locked
 */
int page_referenced(struct page *page, struct rmap_flush *flush);
/*
 * Takes the page out of all page tables it is found in; anonymous ones get its swap entry. The
 * entries' references, as many as it returns, are the caller's to drop after the flush.
 * => page locked; an anonymous page is in the swap cache
 */
unsigned int try_to_unmap(struct page *page, struct rmap_flush *flush);
/* ---- madvise_pages.c; => mmap_lock held for reading ---- */
void madvise_cold(struct vm_area_struct *vma, unsigned long start, unsigned long end);
void madvise_pageout(struct vm_area_struct *vma, unsigned long start, unsigned long end);
void madvise_willneed(struct vm_area_struct *vma, unsigned long start, unsigned long end);

/* ---- lru.c ---- */

static inline bool is_file_lru(enum lru_list lru)
{
	return lru == LRU_INACTIVE_FILE || lru == LRU_ACTIVE_FILE;
}
/* Of all groups. */
static inline unsigned long node_lru_size(const struct pglist_data *pgdat, enum lru_list lru)
{
	return READ_ONCE(pgdat->lruvec.tree_sizes[lru]);
}
/* Of all nodes. */
unsigned long lru_size(enum lru_list lru);
/* Takes up to nr pages from the tail, each with a reference, to `list`. The number. */
unsigned int isolate_lru_pages(struct pglist_data *pgdat, struct lruvec *lruvec, enum lru_list lru,
			       unsigned int nr, struct list_head *list);
/* One page, if it is on a list. True: the caller has a reference more. */
bool isolate_lru_page(struct page *page);
/* Back to the list that its flags name; drops the reference. */
void putback_lru_page(struct page *page);
/* The end of writeback: next to be freed. => any context */
void rotate_reclaimable_page(struct page *page);

/* ---- workingset.c; => any context ---- */

/* A page has been given up, because `target` (a group, or the root) was too big. */
void workingset_eviction_file(const struct address_space *mapping, struct page *page,
			      struct mem_cgroup *target);
void workingset_eviction_swap(swp_entry_t entry, struct page *page, struct mem_cgroup *target);
/* A new page that is going to be read stands on no list yet: makes it active if it was missed. */
void workingset_refault_file(struct page *page, const struct address_space *mapping, pgoff_t index);
void workingset_refault_swap(struct page *page, swp_entry_t entry);
/* A page has become active. */
void workingset_activation(struct page *page);

/* ---- vmscan.c ---- */

/* A page has arrived on its device: those who wait for free memory look again. => any context */
void writeback_ended(void);
/*
 * Reclaims about nr pages of a group and of those below, against its own limits. The number.
 * => may sleep
 */
unsigned long try_to_free_mem_cgroup_pages(struct mem_cgroup *memcg, unsigned long nr, gfp_t gfp,
					   bool may_swap, int swappiness);
/* Pages on their way to a device: waits for some to arrive, a tenth of a second at most. */
void wait_for_writeback(void);

/* ---- reclaim.c ---- */

struct scan_control {
	struct mem_cgroup *target;	/* reclaims of this group and those below; the root: of all */
	gfp_t gfp;
	unsigned long nr_to_reclaim;
	int priority;			/* scans 1/2^priority of each list */
	int swappiness;
	bool may_swap;
	bool is_kswapd;
	bool break_low;			/* takes even what memory.low protects */
	bool low_skipped;		/* there is something that it protects */
	nodemask_t nodes;		/* whose lists */
	unsigned long nr_reclaimed, nr_scanned;
};
/*
 * So many pages are being written that further ones wait: each costs memory while it is under
 * way, and reclaim lives on the reserve.
 */
bool too_much_writeback(void);
/* One round over the lists that the groups of sc->target have on a node. */
void shrink_node(struct pglist_data *pgdat, struct scan_control *sc);
/* Bringing the page back has cost something: lists of its kind are scanned less. => RCU read side */
void lru_note_cost(struct page *page, bool file);
unsigned long drop_file_pages(void);
/* Reclaims isolated pages whatever their age (MADV_PAGEOUT, proactive). The number freed. */
unsigned long reclaim_pages(struct list_head *list);

#endif
