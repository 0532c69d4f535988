/* SPDX-License-Identifier: MIT */
/*
 * A watchpoint in one word, so that it is set, found and consumed by single atomic accesses:
 * bit 63 tells a write, bits 48-62 are the size, the rest is the address.
 */
#ifndef KCSAN_ENCODING_H
#define KCSAN_ENCODING_H

#include <kern/types.h>

#define WATCH_FREE     0UL	/* no watchpoint */
#define WATCH_CONSUMED 1UL	/* another access hit it; its owner frees it */

#define WATCH_WRITE	 (1UL << 63)
#define WATCH_SIZE_SHIFT 48
#define WATCH_SIZE_MAX	 ((1UL << (63 - WATCH_SIZE_SHIFT)) - 1)
#define WATCH_ADDR_MASK	 ((1UL << WATCH_SIZE_SHIFT) - 1)

/* The table: an access is watched in one of WATCH_NEAR slots from that of its page on. */
#define WATCH_SLOTS	 64
#define WATCH_NEAR	 3
#define WATCH_TABLE	 (WATCH_SLOTS + WATCH_NEAR - 1)

/* Can an access of this kind be a watchpoint? Addresses of the kernel are below 2^48. */
static inline bool watch_encodable(unsigned long addr, size_t size)
{
	return addr > WATCH_CONSUMED && addr <= WATCH_ADDR_MASK && size && size <= WATCH_SIZE_MAX;
}

static inline unsigned long watch_encode(unsigned long addr, size_t size, bool write)
{
	return (write ? WATCH_WRITE : 0) | (unsigned long)size << WATCH_SIZE_SHIFT | addr;
}

static inline unsigned int watch_slot(unsigned long addr)
{
	return (addr >> 12) % WATCH_SLOTS;
}

/*
 * Do the watched access and [addr, addr + size) overlap, and is one of the two a write?
 * False for a slot that is free or consumed.
 */
static inline bool watch_conflicts(unsigned long watch, unsigned long addr, size_t size, bool write)
{
	unsigned long start = watch & WATCH_ADDR_MASK;
	unsigned long end = start + ((watch & ~WATCH_WRITE) >> WATCH_SIZE_SHIFT);

	if (watch <= WATCH_CONSUMED || !(write || watch & WATCH_WRITE))
		return false;
	return addr < end && start < addr + size;
}

#endif
