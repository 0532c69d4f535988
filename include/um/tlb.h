/* SPDX-License-Identifier: MIT */
/*
 * The stub's host mappings are a cache of the page tables (the TLB). Entries are added lazily
 * and may vanish at any time; they are taken away by the calls below, on whose return no guest
 * thread can reach the old page: the mapper proves it, or the stub is killed.
 *
 * All calls => task context, may sleep, no spin lock held; page_table_lock not held. They are
 * cheap when the address space has no stub or the range was never mapped in it.
 */
#ifndef UM_TLB_H
#define UM_TLB_H

#include <kern/types.h>

struct mm_struct;

/* Page table entries in the range were changed or cleared. Call before pages are freed. */
void flush_tlb_range(struct mm_struct *mm, unsigned long start, unsigned long end);
void flush_tlb_page(struct mm_struct *mm, unsigned long addr);
void flush_tlb_mm(struct mm_struct *mm);
/* Single pages, in any order (which it changes): one request for many. */
void flush_tlb_pages(struct mm_struct *mm, unsigned long *addrs, unsigned int nr);

/* The address space ends: all entries are about to be cleared. Like flush_tlb_mm(). */
void tlb_end_mm(struct mm_struct *mm);
/*
 * Stubs that wait for an address space hold pages of files that they still have mapped: those are
 * released. How many pages there were. => no lock of a page table or a stub held
 */
unsigned long tlb_release_pages(void);

/*
 * Entries in the range lost their write permission and nothing else (fork); what is writable stays
 * so. => mmap_lock held
 */
void tlb_wrprotect_range(struct mm_struct *mm, unsigned long start, unsigned long end);

/*
 * The entry at addr has just been changed to another page (copy on write): on return the old
 * page is out of reach. One request instead of flush and update.
 */
void tlb_replace_page(struct mm_struct *mm, unsigned long addr);

/*
 * Entries [addr, addr + nr pages) were added or got more permissions: their host mappings are
 * made before the mm's next resume, batched and coalesced. Reads the entries then. A hint:
 * a lost one costs a fault. => mmap_lock held either way
 */
void update_mmu_cache_range(struct mm_struct *mm, unsigned long addr, unsigned int nr);

#endif
