/* SPDX-License-Identifier: MIT */
/* What the files of mm/ that deal with address spaces share. */
#ifndef MM_VM_H
#define MM_VM_H

#include "internal.h"

#include <mm/fault.h>
#include <mm/mmap.h>
#include <mm/pgtable.h>
#include <um/tlb.h>

/* ---- pgtable.c ---- */
pte_t *pte_alloc_lock(struct mm_struct *mm, unsigned long addr);
void free_pgtables(struct mm_struct *mm, unsigned long start, unsigned long end,
		   unsigned long floor, unsigned long ceiling);
/*
 * The table for addr maps one aligned block of 2 MiB with one protection (a transparent huge
 * page). The mark is taken away by whoever changes single entries. => page_table_lock held
 */
void pmd_mark_huge(struct mm_struct *mm, unsigned long addr);
/* Single entries will differ (split), or all 512 are gone. No mark: nothing happens. */
void pmd_split_huge(struct mm_struct *mm, unsigned long addr);
void pmd_clear_huge(struct mm_struct *mm, unsigned long addr);
int pgd_alloc(struct mm_struct *mm);
void pgd_free(struct mm_struct *mm);

/* ---- vma.c; => mmap_lock held for writing ---- */

/* May [addr, end) be inserted? 0 and the neighbours, or -ENOMEM when something overlaps. */
int vma_find_place(struct mm_struct *mm, unsigned long addr, unsigned long end,
		   struct vm_area_struct **prev);
/* Puts a new area into the tree, the list and its file's tree. */
void vma_link(struct mm_struct *mm, struct vm_area_struct *vma);
/* Takes it out again. */
void vma_unlink(struct mm_struct *mm, struct vm_area_struct *vma);
/* Moves the bounds (pgoff follows the start). */
void vma_set_bounds(struct vm_area_struct *vma, unsigned long start, unsigned long end);
/* Cuts at addr; `vma` stays the lower part, or the upper one if new_below. 0 or -errno. */
int split_vma(struct mm_struct *mm, struct vm_area_struct *vma, unsigned long addr,
	      int new_below);
/* Cuts so that vma is within [start, end): 0 or -errno. */
int vma_isolate(struct mm_struct *mm, struct vm_area_struct *vma, unsigned long start,
		unsigned long end);
/* Joins with neighbours that are alike; the area that is left. */
struct vm_area_struct *vma_try_merge(struct mm_struct *mm, struct vm_area_struct *vma);
/* Drops what the area holds and frees it. */
void remove_vma(struct vm_area_struct *vma);
/* The last address below which nothing of the area's predecessor lies. */
static inline unsigned long vma_prev_end(const struct vm_area_struct *vma)
{
	return vma->vm_prev ? vma->vm_prev->vm_end : 0;
}

struct unmapped_info {
	unsigned long length, low, high;
};
/* Highest (lowest) free range of the length in [low, high), or -ENOMEM. */
unsigned long unmapped_area_topdown(struct mm_struct *mm, const struct unmapped_info *info);
unsigned long unmapped_area_bottomup(struct mm_struct *mm, const struct unmapped_info *info);

/* ---- mseal.c ---- */
/* Is any area of the range sealed? => mmap_lock held */
bool range_is_sealed(struct mm_struct *mm, unsigned long start, unsigned long end);
/* May madvise() drop what the area has? A seal forbids it where a write is forbidden. */
bool may_discard(const struct vm_area_struct *vma);

/* ---- mmap.c ---- */
bool is_hole(unsigned long start, unsigned long end);
bool can_do_mlock(void);
void vma_set_page_prot(struct vm_area_struct *vma);

/* Does the area give private copies of pages on write? */
static inline bool is_cow_mapping(vm_flags_t flags)
{
	return (flags & (VM_SHARED | VM_MAYWRITE)) == VM_MAYWRITE;
}

/* Private and writable: what counts in Committed_AS. */
static inline bool accountable_mapping(vm_flags_t flags)
{
	return (flags & (VM_NORESERVE | VM_SHARED | VM_WRITE)) == VM_WRITE;
}

/* ---- zap.c ---- */

/*
 * Collects pages whose entries are gone, until no guest can reach them any more: then frees.
 */
struct mmu_gather {
	struct mm_struct *mm;
	unsigned long start, end;	/* entries cleared so far, not yet flushed */
	unsigned int nr, max;
	bool no_flush;			/* the guest is gone: nothing to flush */
	struct page **pages;
	struct page *local[32];
	long rss[NR_MM_COUNTERS];
};
void tlb_gather_mmu(struct mmu_gather *tlb, struct mm_struct *mm);
void tlb_finish_mmu(struct mmu_gather *tlb);
/* `even_cows` false: private copies of a file's pages stay. */
void unmap_vma_range(struct mmu_gather *tlb, struct vm_area_struct *vma, unsigned long start,
		     unsigned long end, bool even_cows);
/* Unmaps all areas from `vma` on up to end, frees tables between the neighbours. */
void unmap_region(struct mm_struct *mm, struct vm_area_struct *vma, struct vm_area_struct *prev,
		  struct vm_area_struct *next, unsigned long start, unsigned long end);

/* ---- rmap.c and counters ---- */
/* A new address space enters the family of its parent (NULL: a new one). 0 or -ENOMEM. */
int anon_mm_join(struct mm_struct *mm, struct mm_struct *parent);
/* => nothing is mapped any more; may sleep */
void anon_mm_leave(struct mm_struct *mm);
/*
 * The page is anonymous, made in mm at addr; not `exclusive`: relatives may map it too.
 * => mapped nowhere, or page locked
 */
void page_set_anon(struct page *page, struct mm_struct *mm, unsigned long addr, bool exclusive);
/* mremap() moved the entry of an anonymous page. => page_table_lock held */
void page_move_anon(struct page *page, struct mm_struct *mm, unsigned long addr);
/* mlock.c */
void clear_page_mlock(struct page *page);
void mlock_new_page(struct vm_area_struct *vma, struct page *page);
void page_add_rmap(struct page *page, bool anon);
void page_remove_rmap(struct page *page);
int page_rss_type(const struct page *page);
static inline void add_mm_counter(struct mm_struct *mm, int member, long value)
{
	atomic_long_add(value, &mm->rss_stat[member]);
}
void update_hiwater_rss(struct mm_struct *mm);
void update_hiwater_vm(struct mm_struct *mm);

/* ---- fork_hot.c ---- */
/* A page that a fork shares was written after all. => no spinlock held */
void fork_hot_note(struct mm_struct *mm, unsigned long addr);
/* Is the page likely to be written soon after the next fork? */
bool fork_hot_has(const struct mm_struct *mm, unsigned long addr);

/* ---- memory.c ---- */
/* Small private data of a program or library: of its file, or the zeros (bss) right behind. */
static inline bool vma_is_program_data(const struct vm_area_struct *vma)
{
	const struct vm_area_struct *prev = vma->vm_prev;

	if ((vma->vm_flags & (VM_WRITE | VM_SHARED)) != VM_WRITE || vma_pages(vma) > 16)
		return false;
	return vma->vm_file || (prev && prev->vm_file && prev->vm_end == vma->vm_start &&
				(prev->vm_flags & VM_WRITE));
}

/* mremap(): moves entries; the length moved (short when memory is out). */
unsigned long move_page_tables(struct vm_area_struct *vma, unsigned long old_addr,
			       struct vm_area_struct *new_vma, unsigned long new_addr,
			       unsigned long len);
/* Faults [start, end) of one area in; 0 or -errno. => mmap_lock held for reading */
long populate_vma_range(struct vm_area_struct *vma, unsigned long start, unsigned long end,
			bool *locked);
/* Installs a run of file pages (locked by the caller) as far as slots are free. Pages mapped. */
unsigned int map_file_pages(struct vm_fault *vmf, struct page **pages, unsigned int nr);

/* A charged page for private memory at addr, by its policy; NULL. `gfp`: further flags. */
struct page *alloc_anon_page(struct vm_area_struct *vma, unsigned long addr, gfp_t gfp);
bool cow_around(struct vm_fault *vmf);

static inline pte_t maybe_mkwrite(pte_t pte, const struct vm_area_struct *vma)
{
	return vma->vm_flags & VM_WRITE ? pte_mkwrite(pte) : pte;
}

/* ---- anon.c ---- */
/* New pages in a row become anonymous ones of the area, at addr. => page_table_lock held */
void make_anon(struct vm_area_struct *vma, unsigned long addr, struct page *page, unsigned int nr);
static inline pte_t anon_pte(struct page *page, const struct vm_area_struct *vma)
{
	return maybe_mkwrite(pte_mkdirty(mk_pte(page, vma->vm_page_prot)), vma);
}
vm_fault_t do_anonymous_page(struct vm_fault *vmf);
/*
 * The heap has grown by [start, end): gives it pages at once if it is in use up to there, for what
 * asks for more is about to use it. => mmap_lock held for writing; a hint
 */
void anon_grow_ahead(struct mm_struct *mm, unsigned long start, unsigned long end);
/* Is there so little memory that nothing should be faulted in ahead? */
bool memory_is_short(void);

/* ---- swap.c ---- */
vm_fault_t do_swap_page(struct vm_fault *vmf, pte_t pte);

/* ---- thp.c ---- */
/* May faults of the area give 2 MiB at once, without waiting for a pattern? */
bool thp_enabled(const struct vm_area_struct *vma);
/* May they give 2 MiB at all? */
bool thp_allowed(const struct vm_area_struct *vma);

/* ---- page cache ---- */
/* The cached, uptodate pages of [first, last], locked and referenced, as far as nobody locks them. */
unsigned int filemap_lock_cached(struct address_space *mapping, pgoff_t first, pgoff_t last,
				 struct page **pages);
void page_wait_init(void);
/* flusher.c: a page of the mapping is dirty. => no xarray lock held, not in interrupts */
void mapping_note_dirty(struct address_space *mapping);
/* Its inode is going. */
void mapping_forget_dirty(struct address_space *mapping);
bool mapping_unevictable(struct address_space *mapping);
bool page_mkclean(struct page *page);
void unmap_page_mappings(struct page *page);
/* The same if the file's tree of areas is free: false when it is not. */
bool try_unmap_page_mappings(struct page *page);
void page_cache_forget(struct page *page);
/* `target`: the group that wants memory, and it is remembered; NULL: it is not for want of memory. */
struct mem_cgroup;
int remove_clean_page(struct address_space *mapping, struct page *page, struct mem_cgroup *target);
void lru_cache_del(struct page *page);
void lru_cache_add_run(struct page *pages, unsigned int nr);
struct page *filemap_get_uptodate(struct file *file, struct address_space *mapping, pgoff_t index,
				  bool *major);
struct vm_area_struct *i_mmap_first(struct address_space *mapping, pgoff_t first, pgoff_t last);
struct vm_area_struct *i_mmap_next(struct vm_area_struct *vma, pgoff_t first, pgoff_t last);
/* The area for addr, its stack grown if need be, mmap_lock held for reading; NULL: not held. */
struct vm_area_struct *mmap_lock_and_find_vma(struct mm_struct *mm, unsigned long addr);

/* madvise.c: madvise() on any address space. => no lock held */
int do_madvise(struct mm_struct *mm, unsigned long start, size_t len_in, int advice);

#endif
