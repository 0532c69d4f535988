/* SPDX-License-Identifier: MIT */
/* The host mappings of a guest are a cache of its page tables: fill and flush. */
#ifndef UM_TLB_H
#define UM_TLB_H

#include <kern/types.h>

struct mm_struct;
struct vm_area_struct;

/* => on return no guest thread reaches the old translations. May sleep; mmap_lock may be held. */
void flush_tlb_range(struct mm_struct *mm, unsigned long start, unsigned long end);
void flush_tlb_page(struct mm_struct *mm, unsigned long addr);
void flush_tlb_mm(struct mm_struct *mm);
/* fork: takes write permission from the range's host mappings and keeps the mappings. */
void tlb_wrprotect_range(struct mm_struct *mm, unsigned long start, unsigned long end);
/* The ptes of nr pages from addr have been installed: host mappings follow before the resume. */
void update_mmu_cache_range(struct mm_struct *mm, unsigned long addr, unsigned int nr);
/* Addresses that the kernel may not map in a guest (stub, slots, [vsyscall]). */
bool um_range_is_hole(unsigned long start, unsigned long end);

#endif
