/* SPDX-License-Identifier: MIT */
/* Multiplicative hashes of numbers and pointers. */
#ifndef LIB_HASH_H
#define LIB_HASH_H

#include <kern/types.h>

/* Odd numbers near 2^n divided by the golden ratio. */
#define GOLDEN_RATIO_32 0x61c88647U
#define GOLDEN_RATIO_64 0x61c8864680b583ebULL

static inline u32 __hash_32(u32 val)
{
	return val * GOLDEN_RATIO_32;
}

/* The high bits are the mixed ones. */
static inline u32 hash_32(u32 val, unsigned int bits)
{
	return __hash_32(val) >> (32 - bits);
}

static inline u32 hash_64(u64 val, unsigned int bits)
{
	return (u32)(val * GOLDEN_RATIO_64 >> (64 - bits));
}

#define hash_long(val, bits) hash_64(val, bits)

static inline u32 hash_ptr(const void *ptr, unsigned int bits)
{
	return hash_64((unsigned long)ptr, bits);
}

static inline u32 hash32_ptr(const void *ptr)
{
	unsigned long val = (unsigned long)ptr;

	return (u32)(val ^ (val >> 32));
}

#endif
