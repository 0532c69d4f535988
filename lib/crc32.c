// SPDX-License-Identifier: MIT
/*
 * Cyclic redundancy checks, four bits at a time: tables of 16 words fit one or two cache lines
 * and are written out by hand from the polynomials.
 */
#include <lib/crc32.h>

/* The remainder of one nibble for a reflected polynomial. */
#define R1(c, poly) ((c) & 1 ? ((c) >> 1) ^ (poly) : (c) >> 1)
#define R4(n, poly) R1(R1(R1(R1((u32)(n), poly), poly), poly), poly)
#define REFLECTED(poly) {							\
	R4(0, poly), R4(1, poly), R4(2, poly), R4(3, poly),			\
	R4(4, poly), R4(5, poly), R4(6, poly), R4(7, poly),			\
	R4(8, poly), R4(9, poly), R4(10, poly), R4(11, poly),			\
	R4(12, poly), R4(13, poly), R4(14, poly), R4(15, poly),			\
}

/* The same for a polynomial that is shifted to the left. */
#define L1(c, poly) ((c) & 0x80000000U ? ((c) << 1) ^ (poly) : (c) << 1)
#define L4(n, poly) L1(L1(L1(L1((u32)(n) << 28, poly), poly), poly), poly)
#define FORWARD(poly) {								\
	L4(0, poly), L4(1, poly), L4(2, poly), L4(3, poly),			\
	L4(4, poly), L4(5, poly), L4(6, poly), L4(7, poly),			\
	L4(8, poly), L4(9, poly), L4(10, poly), L4(11, poly),			\
	L4(12, poly), L4(13, poly), L4(14, poly), L4(15, poly),			\
}

static const u32 ethernet_table[16] = REFLECTED(0xedb88320U);
static const u32 castagnoli_table[16] = REFLECTED(0x82f63b78U);
static const u32 crc16_table[16] = REFLECTED(0xa001U);
static const u32 forward_table[16] = FORWARD(0x04c11db7U);

static u32 reflected(u32 crc, const unsigned char *p, size_t len, const u32 *table)
{
	while (len--) {
		crc ^= *p++;
		crc = (crc >> 4) ^ table[crc & 15];
		crc = (crc >> 4) ^ table[crc & 15];
	}
	return crc;
}

u32 crc32_le(u32 crc, const unsigned char *p, size_t len)
{
	return reflected(crc, p, len, ethernet_table);
}

u32 __crc32c_le(u32 crc, const unsigned char *p, size_t len)
{
	return reflected(crc, p, len, castagnoli_table);
}

u16 crc16(u16 crc, const u8 *p, size_t len)
{
	return reflected(crc, p, len, crc16_table);
}

u32 crc32_be(u32 crc, const unsigned char *p, size_t len)
{
	while (len--) {
		crc ^= (u32)*p++ << 24;
		crc = (crc << 4) ^ forward_table[crc >> 28];
		crc = (crc << 4) ^ forward_table[crc >> 28];
	}
	return crc;
}
