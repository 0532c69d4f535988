/* SPDX-License-Identifier: MIT */
/* The record of what a stub has mapped, for tlb.c. All: => guest->lock held */
#ifndef UM_MM_AREAS_H
#define UM_MM_AREAS_H

#include "guest.h"

/* The first area that ends above addr, or NULL. */
struct guest_area *area_find(struct guest *guest, unsigned long addr);
/* The area behind it, or NULL. */
struct guest_area *area_next(struct guest_area *area);
/* Is anything of [start, end) mapped? */
bool areas_overlap(struct guest *guest, unsigned long start, unsigned long end);
/* Takes [start, end) out of the record. False without memory for a split: nothing changed. */
bool areas_remove(struct guest *guest, unsigned long start, unsigned long end);
/*
 * Records [start, end), in place of what is recorded there; phys as in struct guest_area. False
 * without memory.
 */
bool areas_insert(struct guest *guest, unsigned long start, unsigned long end, int prot,
		  unsigned long phys);

#endif
