/* SPDX-License-Identifier: MIT */
/*
 * Swap: anonymous and tmpfs pages that live on a device for a while. An entry names an area
 * and a slot of it. A page table holds it in place of a page, the swap cache finds the page
 * that is on its way out or in.
 */
#ifndef MM_SWAP_H
#define MM_SWAP_H

#include <kern/spinlock.h>
#include <kern/types.h>
#include <lib/xarray.h>
#include <mm/mm_types.h>
#include <mm/page.h>
#include <mm/pgtable.h>

struct seq_file;
struct swap_info_struct;
struct sysinfo;

typedef struct { unsigned long val; } swp_entry_t;

#define SWP_TYPE_SHIFT 52
#define SWP_OFFSET_MASK ((1UL << 40) - 1)
#define MAX_SWAPFILES 28

static inline swp_entry_t swp_entry(unsigned int type, unsigned long offset)
{
	return (swp_entry_t){ ((unsigned long)type << SWP_TYPE_SHIFT) | offset };
}

static inline unsigned int swp_type(swp_entry_t entry)
{
	return entry.val >> SWP_TYPE_SHIFT;
}

static inline unsigned long swp_offset(swp_entry_t entry)
{
	return entry.val & SWP_OFFSET_MASK;
}

static inline pte_t swp_entry_to_pte(swp_entry_t entry)
{
	return __pte(((u64)swp_type(entry) << SWP_TYPE_SHIFT) |
		     (swp_offset(entry) << PAGE_SHIFT) | _PAGE_SWAP);
}

static inline swp_entry_t pte_to_swp_entry(pte_t pte)
{
	return swp_entry((pte_val(pte) >> SWP_TYPE_SHIFT) & 31,
			 (pte_val(pte) & PTE_PFN_MASK) >> PAGE_SHIFT);
}

/* The entry of a page in the swap cache. */
static inline swp_entry_t page_swap_entry(const struct page *page)
{
	return (swp_entry_t){ page->private };
}

/* ---- slots (mm/swapfile.c); => any task context, no sleep ---- */

/* A free slot, held by the swap cache alone, for which `group` pays; val 0 when there is none. */
swp_entry_t get_swap_page(unsigned int group);
/* One more entry of a page table (or tmpfs) names the slot, or one less. */
void swap_duplicate(swp_entry_t entry);
void swap_free(swp_entry_t entry);
/* The swap cache takes a used slot: 0, -EEXIST it has it, -ENOENT nobody uses it. */
int swapcache_prepare(swp_entry_t entry);
void swapcache_free(swp_entry_t entry);
/* How many entries name it; without the cache. */
unsigned int swap_count(swp_entry_t entry);
unsigned long get_nr_swap_pages(void);		/* free slots */
unsigned long total_swap_pages(void);
void si_swapinfo(struct sysinfo *val);

/* ---- the swap cache (mm/swap_state.c) ---- */

/* => page locked, anonymous or tmpfs. True: it has a slot now, and is dirty. */
bool add_to_swap(struct page *page);
/* => page locked */
void delete_from_swap_cache(struct page *page);
/* The same if no entry names the slot and nothing is being written. => page locked */
bool try_to_free_swap(struct page *page);
/* The cached page with a reference, or NULL. */
struct page *lookup_swap_cache(swp_entry_t entry);
/*
 * An entry that names the slot goes; the cache lets go of it if that was the last.
 * => under any lock outside the swap cache's, page_table_lock too
 */
void free_swap_and_cache(swp_entry_t entry);
/* Drops the last user of a page that may be in the swap cache: puts the reference. */
void free_page_and_swap_cache(struct page *page);
/*
 * The page of the entry, being read or read, and some neighbours; with a reference. NULL
 * without memory, or when nobody uses the entry any more. New pages follow the policy (NULL: the
 * task's), `index` being the entry's place if that interleaves. => may sleep
 */
struct page *swapin_readahead(swp_entry_t entry, gfp_t gfp, struct mempolicy *pol,
			      unsigned long index);

/* ---- pages of tmpfs (mm/shmem.c) ---- */

/* Moves an unmapped page from its mapping to the swap cache. False: no slot. => page locked */
bool shmem_swap_out(struct page *page);
/* Brings the page at index back if it is on swap. 0 or -errno. => may sleep, no page locked */
int shmem_swap_in(struct address_space *mapping, pgoff_t index);
/* Frees what is at index if that is still `value`, an entry of swap; whether it was. */
bool shmem_swap_drop(struct address_space *mapping, pgoff_t index, void *value);
/* The places of [first, last] that are on swap. */
unsigned long shmem_swapped_in_range(struct address_space *mapping, pgoff_t first, pgoff_t last);
/* Is the place on swap, and its page still or already in memory? */
bool shmem_in_swap_cache(struct address_space *mapping, pgoff_t index);
/* The inode goes; it has no pages left. */
void shmem_forget_swapped(struct address_space *mapping);
/* swapoff: brings all pages on the area back. 0 or -errno. => may sleep */
int shmem_unuse(unsigned int type);

/* ---- input and output (mm/swap_io.c) ---- */

/* Writes a locked page (no longer dirty) to its slot, and unlocks it. */
int swap_writepage(struct page *page);
/* Fills a locked page; it is uptodate and unlocked when done. */
void swap_readpage(struct page *page);

/*
 * A swap area. a_ops->swap_activate() of its file sets ops and private.
 *
 *   (s) lock      (i) set before it is used, then constant      (o) swapon_mutex
 */
struct swap_info_struct {
	unsigned int type;		/* i: number in entries */
	unsigned int flags;		/* s: SWP_*; read without it as a hint */
	int prio;			/* i */
	unsigned long max;		/* i: slots, the header's among them */
	unsigned long pages;		/* i: usable slots */
	unsigned long inuse_pages;	/* s */
	unsigned long next;		/* s: where the search begins */
	unsigned int *map;		/* s: a slot's users */
	u16 *groups;			/* s: who pays for it (<mm/memcontrol.h>) */
	unsigned long *used, *bad;	/* s: bits by slot */
	unsigned short *cluster_used;	/* s: slots in use of 256 */
	spinlock_t lock;
	struct xarray cache;		/* its own lock: pages by slot */
	struct file *file;		/* o: counted */
	const struct swap_ops *ops;	/* i */
	void *private;			/* i */
};
#define SWP_USED	1
#define SWP_WRITEOK	2

/*
 * How a swap area is read and written. One page at slot `slot`; sleeps as it likes.
 * A read ends in swap_read_done(), a write in swap_write_done(), from any context.
 */
struct swap_ops {
	void (*read)(struct swap_info_struct *si, struct page *page, pgoff_t slot);
	void (*write)(struct swap_info_struct *si, struct page *page, pgoff_t slot);
	/* The slots hold nothing: 0 or -errno. NULL: the area need not know. => may sleep */
	int (*discard)(struct swap_info_struct *si, pgoff_t slot, unsigned long nr);
};
void swap_read_done(struct page *page, int error);
void swap_write_done(struct page *page, int error);

extern int vm_swappiness;	/* 0..200 */
extern int page_cluster;	/* readahead: 2^page_cluster pages */

/* Reclaim leaves the swap cache's pages that it can have at once to this. => page locked, clean */
bool remove_clean_swap_page(struct page *page);
unsigned long swap_cache_pages(void);

int swaps_proc_show(struct seq_file *m, void *v);

#endif
