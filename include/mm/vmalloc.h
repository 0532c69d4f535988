/* SPDX-License-Identifier: MIT */
/* Virtually contiguous kernel memory, ioremap-like windows, and dynamic per-CPU memory. */
#ifndef MM_VMALLOC_H
#define MM_VMALLOC_H

#include <kern/types.h>
#include <mm/gfp.h>

/* Host addresses that the kernel maps pages of RAM at, besides the direct map. */
#define VMALLOC_START	0x7e4000000000UL
#define VMALLOC_END	0x7e6000000000UL

/* => may sleep. NULL on failure. A guard page follows each area. */
void *vmalloc(unsigned long size) __attribute__((malloc, alloc_size(1)));
void *vzalloc(unsigned long size) __attribute__((malloc, alloc_size(1)));
void *__vmalloc(unsigned long size, gfp_t gfp);
void vfree(const void *addr);
/* Maps pages that the caller owns. */
void *vmap(struct page **pages, unsigned int count, unsigned long flags, u64 prot);
void vunmap(const void *addr);

static inline bool is_vmalloc_addr(const void *addr)
{
	return (unsigned long)addr >= VMALLOC_START && (unsigned long)addr < VMALLOC_END;
}

/* The page behind an address of an area. */
struct page *vmalloc_to_page(const void *addr);
unsigned long vmalloc_nr_pages(void);
void vmalloc_init(void);

#endif
