/* SPDX-License-Identifier: MIT */
/* Bob Jenkins' lookup3 hash (public domain algorithm). */
#ifndef LIB_JHASH_H
#define LIB_JHASH_H

#include <kern/types.h>
#include <lib/bitops.h>

#define JHASH_INITVAL 0xdeadbeef

u32 jhash(const void *key, u32 length, u32 initval);
/* @length in words. */
u32 jhash2(const u32 *key, u32 length, u32 initval);
u32 jhash_3words(u32 a, u32 b, u32 c, u32 initval);

static inline u32 jhash_2words(u32 a, u32 b, u32 initval)
{
	return jhash_3words(a, b, 0, initval);
}

static inline u32 jhash_1word(u32 a, u32 initval)
{
	return jhash_3words(a, 0, 0, initval);
}

#endif
