/* SPDX-License-Identifier: MIT */
/* Memory before the page allocator: ranges that exist and ranges that are taken. */
#ifndef MM_MEMBLOCK_H
#define MM_MEMBLOCK_H

#include <kern/types.h>

/* => boot only, one CPU. 0 or -ENOMEM when the table of ranges is full. */
int memblock_add(phys_addr_t base, phys_addr_t size);
int memblock_reserve(phys_addr_t base, phys_addr_t size);
int memblock_free(phys_addr_t base, phys_addr_t size);
/* Zeroed memory in the direct map, NULL when there is none. align 0: a cache line. */
void *memblock_alloc(phys_addr_t size, phys_addr_t align);
phys_addr_t memblock_phys_alloc(phys_addr_t size, phys_addr_t align);
bool memblock_is_reserved(phys_addr_t addr);
phys_addr_t memblock_phys_mem_size(void);
phys_addr_t memblock_end_of_DRAM(void);

/*
 * Called by start_kernel() once, after setup_arch() and before anything allocates: makes the
 * memmap, gives free memory to the page allocator, and sets up slabs, per-CPU memory, vmalloc.
 */
void mm_core_init(void);

/* Gives a reserved range (the unpacked initrd) to the page allocator. => after mm_core_init */
void free_reserved_range(phys_addr_t base, phys_addr_t size);

#endif
