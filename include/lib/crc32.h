/* SPDX-License-Identifier: MIT */
/* Cyclic redundancy checks. No function inverts its input or its result. */
#ifndef LIB_CRC32_H
#define LIB_CRC32_H

#include <kern/types.h>

/* Polynomial 0xedb88320, least significant bit first (Ethernet, gzip). */
u32 crc32_le(u32 crc, const unsigned char *p, size_t len);
/* Polynomial 0x04c11db7, most significant bit first. */
u32 crc32_be(u32 crc, const unsigned char *p, size_t len);
/* Castagnoli's polynomial, least significant bit first (ext4, SCTP). */
u32 __crc32c_le(u32 crc, const unsigned char *p, size_t len);

static inline u32 crc32c(u32 crc, const void *p, size_t len)
{
	return __crc32c_le(crc, p, len);
}

#define crc32(seed, data, length) crc32_le(seed, (const unsigned char *)(data), length)

/* Polynomial 0x8005 reflected (ext4's group descriptors). */
u16 crc16(u16 crc, const u8 *p, size_t len);

#endif
