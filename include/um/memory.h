/* SPDX-License-Identifier: MIT */
/* RAM as host memory: further mappings of it, and giving pages back. */
#ifndef UM_MEMORY_H
#define UM_MEMORY_H

#include <kern/types.h>

/*
 * Maps RAM [pa, pa + len) at va in the kernel's address space as well (vmalloc); what was
 * mapped there is replaced. Page aligned. 0 or -ENOMEM (the host's limit of mappings).
 * => any context; a host call of some microseconds.
 */
int um_map_ram(unsigned long va, phys_addr_t pa, unsigned long len);
int um_unmap_ram(unsigned long va, unsigned long len);

/* Gives the host the memory behind [pa, pa + len); it reads as zeros afterwards. => may block */
void um_discard_ram(phys_addr_t pa, unsigned long len);

#endif
