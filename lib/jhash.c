// SPDX-License-Identifier: MIT
/* Bob Jenkins' lookup3, from its public description. */
#include <lib/jhash.h>
#include <lib/unaligned.h>

static __always_inline void mix(u32 *a, u32 *b, u32 *c)
{
	*a -= *c; *a ^= rol32(*c, 4); *c += *b;
	*b -= *a; *b ^= rol32(*a, 6); *a += *c;
	*c -= *b; *c ^= rol32(*b, 8); *b += *a;
	*a -= *c; *a ^= rol32(*c, 16); *c += *b;
	*b -= *a; *b ^= rol32(*a, 19); *a += *c;
	*c -= *b; *c ^= rol32(*b, 4); *b += *a;
}

static __always_inline u32 final(u32 a, u32 b, u32 c)
{
	c ^= b; c -= rol32(b, 14);
	a ^= c; a -= rol32(c, 11);
	b ^= a; b -= rol32(a, 25);
	c ^= b; c -= rol32(b, 16);
	a ^= c; a -= rol32(c, 4);
	b ^= a; b -= rol32(a, 14);
	c ^= b; c -= rol32(b, 24);
	return c;
}

/* Up to four bytes, little-endian. */
static u32 partial(const u8 *p, u32 n)
{
	u32 word = 0;

	for (u32 i = 0; i < n && i < 4; i++)
		word |= (u32)p[i] << (8 * i);
	return word;
}

u32 jhash(const void *key, u32 length, u32 initval)
{
	u32 a, b, c;
	const u8 *p = key;

	a = b = c = JHASH_INITVAL + length + initval;
	for (; length > 12; length -= 12, p += 12) {
		a += get_unaligned_le32(p);
		b += get_unaligned_le32(p + 4);
		c += get_unaligned_le32(p + 8);
		mix(&a, &b, &c);
	}
	if (!length)
		return c;
	a += partial(p, length);
	if (length > 4)
		b += partial(p + 4, length - 4);
	if (length > 8)
		c += partial(p + 8, length - 8);
	return final(a, b, c);
}

u32 jhash2(const u32 *key, u32 length, u32 initval)
{
	u32 a, b, c;

	a = b = c = JHASH_INITVAL + (length << 2) + initval;
	for (; length > 3; length -= 3, key += 3) {
		a += key[0];
		b += key[1];
		c += key[2];
		mix(&a, &b, &c);
	}
	if (!length)
		return c;
	a += key[0];
	if (length > 1)
		b += key[1];
	if (length > 2)
		c += key[2];
	return final(a, b, c);
}

u32 jhash_3words(u32 a, u32 b, u32 c, u32 initval)
{
	initval += JHASH_INITVAL + (3 << 2);
	return final(a + initval, b + initval, c + initval);
}
