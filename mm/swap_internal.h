/* SPDX-License-Identifier: MIT */
/* Between the swap areas and the swap cache. */
#ifndef MM_SWAP_INTERNAL_H
#define MM_SWAP_INTERNAL_H

#include <lib/xarray.h>
#include <mm/swap.h>

/* => the entry's slot is in use, so that its area stays */
struct swap_info_struct *swap_info(swp_entry_t entry);
/* NULL: no such area, or it has no such slot. */
struct xarray *swap_cache_of(swp_entry_t entry);
/* swapoff.c: brings back what the area has. 0 or -errno. => swapon_mutex held, no new slots */
int swap_unuse(struct swap_info_struct *si);
/* A hint for readahead. */
bool swap_slot_used(swp_entry_t entry);

/* Who pays for a slot that is in use. */
unsigned int swap_group(swp_entry_t entry);

#endif
