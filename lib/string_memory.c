// SPDX-License-Identifier: MIT
/*
 * Memory functions. The compiler calls memcpy(), memmove(), memset() and memcmp() itself, so
 * this file is built so that their loops do not become calls to themselves.
 */
#include <lib/string.h>

/* clang leaves loops alone in freestanding code. */
#ifndef __clang__
#pragma GCC optimize("no-tree-loop-distribute-patterns")
#endif

/* Any alignment, any type behind it. */
typedef u64 __attribute__((aligned(1), may_alias)) word_t;
typedef u32 __attribute__((aligned(1), may_alias)) half_t;
typedef u16 __attribute__((aligned(1), may_alias)) quarter_t;
typedef long long __attribute__((vector_size(16), aligned(1), may_alias)) vec_t;

/* From this length on the string instructions beat loops of 16 bytes. */
#define STRING_INSN_MIN 512

/* Up to 16 bytes: two loads that may overlap, then the stores; right for overlapping buffers. */
static __always_inline void move_short(u8 *d, const u8 *s, size_t n)
{
	if (n >= 8) {
		u64 a = *(const word_t *)s, b = *(const word_t *)(s + n - 8);

		*(word_t *)d = a;
		*(word_t *)(d + n - 8) = b;
	} else if (n >= 4) {
		u32 a = *(const half_t *)s, b = *(const half_t *)(s + n - 4);

		*(half_t *)d = a;
		*(half_t *)(d + n - 4) = b;
	} else if (n >= 2) {
		u16 a = *(const quarter_t *)s, b = *(const quarter_t *)(s + n - 2);

		*(quarter_t *)d = a;
		*(quarter_t *)(d + n - 2) = b;
	} else if (n) {
		*d = *s;
	}
}

void *memcpy(void *dst, const void *src, size_t n)
{
	u8 *d = dst;
	const u8 *s = src;
	vec_t last;

	if (n <= 16) {
		move_short(d, s, n);
		return dst;
	}
	if (n >= STRING_INSN_MIN) {
		__asm__ volatile("rep movsb" : "+D"(d), "+S"(s), "+c"(n) : : "memory");
		return dst;
	}
	last = *(const vec_t *)(s + n - 16);
	for (size_t i = 0; i < n - 16; i += 16)
		*(vec_t *)(d + i) = *(const vec_t *)(s + i);
	*(vec_t *)(d + n - 16) = last;
	return dst;
}

void *memmove(void *dst, const void *src, size_t n)
{
	u8 *d = dst;
	const u8 *s = src;
	vec_t edge;

	if (n <= 16) {
		move_short(d, s, n);
		return dst;
	}
	if (d + n <= s || s + n <= d)
		return memcpy(dst, src, n);
	if (d <= s) {
		edge = *(const vec_t *)(s + n - 16);
		for (size_t i = 0; i < n - 16; i += 16) {
			vec_t v = *(const vec_t *)(s + i);

			*(vec_t *)(d + i) = v;
		}
		*(vec_t *)(d + n - 16) = edge;
	} else {
		edge = *(const vec_t *)s;
		for (size_t i = n; i > 16; i -= 16) {
			vec_t v = *(const vec_t *)(s + i - 16);

			*(vec_t *)(d + i - 16) = v;
		}
		*(vec_t *)d = edge;
	}
	return dst;
}

void *memset(void *dst, int c, size_t n)
{
	u64 word = 0x0101010101010101ULL * (u8)c;
	vec_t v = { word, word };
	u8 *d = dst;

	if (n >= STRING_INSN_MIN) {
		__asm__ volatile("rep stosb" : "+D"(d), "+c"(n) : "a"(c) : "memory");
	} else if (n >= 16) {
		for (size_t i = 0; i < n - 16; i += 16)
			*(vec_t *)(d + i) = v;
		*(vec_t *)(d + n - 16) = v;
	} else if (n >= 8) {
		*(word_t *)d = word;
		*(word_t *)(d + n - 8) = word;
	} else {
		while (n)
			d[--n] = c;
	}
	return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const u8 *p = a, *q = b;

	for (; n >= 8; n -= 8, p += 8, q += 8) {
		u64 x = *(const word_t *)p, y = *(const word_t *)q;

		if (x != y)
			return __builtin_bswap64(x) < __builtin_bswap64(y) ? -1 : 1;
	}
	for (; n; n--, p++, q++)
		if (*p != *q)
			return *p - *q;
	return 0;
}

int bcmp(const void *a, const void *b, size_t n)
{
	return memcmp(a, b, n);
}

void *memchr(const void *s, int c, size_t n)
{
	for (const u8 *p = s; n; n--, p++)
		if (*p == (u8)c)
			return (void *)p;
	return NULL;
}

void *memrchr(const void *s, int c, size_t n)
{
	const u8 *p = s;

	while (n--)
		if (p[n] == (u8)c)
			return (void *)(p + n);
	return NULL;
}

void *memscan(void *s, int c, size_t n)
{
	void *found = memchr(s, c, n);

	return found ? found : (u8 *)s + n;
}

void *memmem(const void *haystack, size_t haystack_len, const void *needle, size_t needle_len)
{
	const u8 *h = haystack;

	if (!needle_len)
		return (void *)haystack;
	while (haystack_len >= needle_len) {
		const u8 *p = memchr(h, *(const u8 *)needle, haystack_len - needle_len + 1);

		if (!p)
			return NULL;
		if (!memcmp(p, needle, needle_len))
			return (void *)p;
		haystack_len -= p + 1 - h;
		h = p + 1;
	}
	return NULL;
}

void *memchr_inv(const void *s, int c, size_t n)
{
	u64 word = 0x0101010101010101ULL * (u8)c;
	const u8 *p = s;

	while (n >= 8 && *(const word_t *)p == word) {
		p += 8;
		n -= 8;
	}
	for (; n; n--, p++)
		if (*p != (u8)c)
			return (void *)p;
	return NULL;
}

void *memset16(u16 *s, u16 v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		s[i] = v;
	return s;
}

void *memset32(u32 *s, u32 v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		s[i] = v;
	return s;
}

void *memset64(u64 *s, u64 v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		s[i] = v;
	return s;
}

void memzero_explicit(void *s, size_t n)
{
	memset(s, 0, n);
	__asm__ volatile("" : : "r"(s) : "memory");
}
