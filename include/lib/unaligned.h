/* SPDX-License-Identifier: MIT */
/* Reads and writes of numbers at any address, in a given byte order. */
#ifndef LIB_UNALIGNED_H
#define LIB_UNALIGNED_H

#include <kern/types.h>

#define __get_unaligned_t(type, ptr) ({						\
	const struct { type x; } __attribute__((packed, may_alias)) *__p = (const void *)(ptr); \
	__p->x;									\
})
#define __put_unaligned_t(type, val, ptr) do {					\
	struct { type x; } __attribute__((packed, may_alias)) *__p = (void *)(ptr); \
	__p->x = (val);								\
} while (0)

#define get_unaligned(ptr) __get_unaligned_t(typeof(*(ptr)), (ptr))
#define put_unaligned(val, ptr) __put_unaligned_t(typeof(*(ptr)), (val), (ptr))

#define get_unaligned_le16(p) __get_unaligned_t(u16, p)
#define get_unaligned_le32(p) __get_unaligned_t(u32, p)
#define get_unaligned_le64(p) __get_unaligned_t(u64, p)
#define get_unaligned_be16(p) __builtin_bswap16(__get_unaligned_t(u16, p))
#define get_unaligned_be32(p) __builtin_bswap32(__get_unaligned_t(u32, p))
#define get_unaligned_be64(p) __builtin_bswap64(__get_unaligned_t(u64, p))
#define put_unaligned_le16(v, p) __put_unaligned_t(u16, v, p)
#define put_unaligned_le32(v, p) __put_unaligned_t(u32, v, p)
#define put_unaligned_le64(v, p) __put_unaligned_t(u64, v, p)
#define put_unaligned_be16(v, p) __put_unaligned_t(u16, __builtin_bswap16(v), p)
#define put_unaligned_be32(v, p) __put_unaligned_t(u32, __builtin_bswap32(v), p)
#define put_unaligned_be64(v, p) __put_unaligned_t(u64, __builtin_bswap64(v), p)

#endif
