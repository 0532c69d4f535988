// SPDX-License-Identifier: MIT
/* Sets of small numbers. */
#include <kern/errno.h>
#include <kern/kernel.h>
#include <lib/bitmap.h>
#include <lib/ctype.h>
#include <lib/kstrtox.h>
#include <mm/slab.h>

unsigned long *bitmap_alloc(unsigned int nbits, gfp_t flags)
{
	return kmalloc(bitmap_size(nbits), flags);
}

unsigned long *bitmap_zalloc(unsigned int nbits, gfp_t flags)
{
	return kzalloc(bitmap_size(nbits), flags);
}

void bitmap_free(const unsigned long *bitmap)
{
	kfree((void *)bitmap);
}

/* The bits of word @i that lie below @nbits. */
static unsigned long word_mask(unsigned int i, unsigned int nbits)
{
	return (i + 1) * BITS_PER_LONG <= nbits ? ~0UL : BITMAP_LAST_WORD_MASK(nbits);
}

bool bitmap_and(unsigned long *dst, const unsigned long *a, const unsigned long *b,
		unsigned int nbits)
{
	unsigned long any = 0;

	for (unsigned int i = 0; i < BITS_TO_LONGS(nbits); i++)
		any |= dst[i] = a[i] & b[i] & word_mask(i, nbits);
	return any != 0;
}

bool bitmap_andnot(unsigned long *dst, const unsigned long *a, const unsigned long *b,
		   unsigned int nbits)
{
	unsigned long any = 0;

	for (unsigned int i = 0; i < BITS_TO_LONGS(nbits); i++)
		any |= dst[i] = a[i] & ~b[i] & word_mask(i, nbits);
	return any != 0;
}

void bitmap_or(unsigned long *dst, const unsigned long *a, const unsigned long *b,
	       unsigned int nbits)
{
	for (unsigned int i = 0; i < BITS_TO_LONGS(nbits); i++)
		dst[i] = (a[i] | b[i]) & word_mask(i, nbits);
}

void bitmap_xor(unsigned long *dst, const unsigned long *a, const unsigned long *b,
		unsigned int nbits)
{
	for (unsigned int i = 0; i < BITS_TO_LONGS(nbits); i++)
		dst[i] = (a[i] ^ b[i]) & word_mask(i, nbits);
}

void bitmap_complement(unsigned long *dst, const unsigned long *src, unsigned int nbits)
{
	for (unsigned int i = 0; i < BITS_TO_LONGS(nbits); i++)
		dst[i] = ~src[i] & word_mask(i, nbits);
}

bool bitmap_equal(const unsigned long *a, const unsigned long *b, unsigned int nbits)
{
	for (unsigned int i = 0; i < BITS_TO_LONGS(nbits); i++)
		if ((a[i] ^ b[i]) & word_mask(i, nbits))
			return false;
	return true;
}

bool bitmap_intersects(const unsigned long *a, const unsigned long *b, unsigned int nbits)
{
	for (unsigned int i = 0; i < BITS_TO_LONGS(nbits); i++)
		if (a[i] & b[i] & word_mask(i, nbits))
			return true;
	return false;
}

bool bitmap_subset(const unsigned long *a, const unsigned long *b, unsigned int nbits)
{
	for (unsigned int i = 0; i < BITS_TO_LONGS(nbits); i++)
		if (a[i] & ~b[i] & word_mask(i, nbits))
			return false;
	return true;
}

unsigned int bitmap_weight(const unsigned long *src, unsigned int nbits)
{
	unsigned int weight = 0;

	for (unsigned int i = 0; i < BITS_TO_LONGS(nbits); i++)
		weight += hweight_long(src[i] & word_mask(i, nbits));
	return weight;
}

/* The bits of the word that holds @start which belong to [start, end). */
static unsigned long run_mask(unsigned int start, unsigned int end)
{
	unsigned long mask = BITMAP_FIRST_WORD_MASK(start);

	if (BIT_WORD(start) == BIT_WORD(end - 1))
		mask &= BITMAP_LAST_WORD_MASK(end);
	return mask;
}

void bitmap_set(unsigned long *map, unsigned int start, unsigned int nbits)
{
	unsigned int end = start + nbits;

	while (start < end) {
		map[BIT_WORD(start)] |= run_mask(start, end);
		start = (BIT_WORD(start) + 1) * BITS_PER_LONG;
	}
}

void bitmap_clear(unsigned long *map, unsigned int start, unsigned int nbits)
{
	unsigned int end = start + nbits;

	while (start < end) {
		map[BIT_WORD(start)] &= ~run_mask(start, end);
		start = (BIT_WORD(start) + 1) * BITS_PER_LONG;
	}
}

void bitmap_shift_right(unsigned long *dst, const unsigned long *src, unsigned int shift,
			unsigned int nbits)
{
	unsigned int words = BITS_TO_LONGS(nbits), skip = shift / BITS_PER_LONG;
	unsigned int rem = shift % BITS_PER_LONG;

	for (unsigned int i = 0; i < words; i++) {
		unsigned long low = 0, high = 0;

		if (i + skip < words)
			low = src[i + skip] & word_mask(i + skip, nbits);
		if (rem && i + skip + 1 < words)
			high = src[i + skip + 1] & word_mask(i + skip + 1, nbits);
		dst[i] = low >> rem | (rem ? high << (BITS_PER_LONG - rem) : 0);
	}
}

void bitmap_shift_left(unsigned long *dst, const unsigned long *src, unsigned int shift,
		       unsigned int nbits)
{
	unsigned int words = BITS_TO_LONGS(nbits), skip = shift / BITS_PER_LONG;
	unsigned int rem = shift % BITS_PER_LONG;

	for (unsigned int i = words; i-- > 0;) {
		unsigned long low = 0, high = 0;

		if (i >= skip)
			high = src[i - skip];
		if (rem && i >= skip + 1)
			low = src[i - skip - 1];
		dst[i] = (high << rem | (rem ? low >> (BITS_PER_LONG - rem) : 0)) &
			 word_mask(i, nbits);
	}
}

unsigned long bitmap_find_next_zero_area_off(unsigned long *map, unsigned long size,
					     unsigned long start, unsigned int nr,
					     unsigned long align_mask, unsigned long align_offset)
{
	for (;;) {
		unsigned long index = find_next_zero_bit(map, size, start), end, busy;

		index = ((index + align_offset + align_mask) & ~align_mask) - align_offset;
		end = index + nr;
		if (end > size)
			return end;
		busy = find_next_bit(map, end, index);
		if (busy >= end)
			return index;
		start = busy + 1;
	}
}

int bitmap_find_free_region(unsigned long *bitmap, unsigned int bits, int order)
{
	unsigned int size = 1U << order;

	for (unsigned int pos = 0; pos + size <= bits; pos += size) {
		if (find_next_bit(bitmap, pos + size, pos) < pos + size)
			continue;
		bitmap_set(bitmap, pos, size);
		return pos;
	}
	return -ENOMEM;
}

void bitmap_release_region(unsigned long *bitmap, unsigned int pos, int order)
{
	bitmap_clear(bitmap, pos, 1U << order);
}

int bitmap_allocate_region(unsigned long *bitmap, unsigned int pos, int order)
{
	unsigned int end = pos + (1U << order);

	if (find_next_bit(bitmap, end, pos) < end)
		return -EBUSY;
	bitmap_set(bitmap, pos, 1U << order);
	return 0;
}

/* Takes one number of a list: decimal digits, or N for the last bit. */
static int list_number(const char **s, int nmaskbits, unsigned int *value)
{
	char *end;

	if (**s == 'N') {
		*value = nmaskbits - 1;
		(*s)++;
		return 0;
	}
	if (!isdigit(**s))
		return -EINVAL;
	*value = simple_strtoul(*s, &end, 10);
	*s = end;
	return 0;
}

int bitmap_parselist(const char *buf, unsigned long *maskp, int nmaskbits)
{
	const char *s = skip_spaces(buf);

	bitmap_zero(maskp, nmaskbits);
	while (*s && *s != '\n') {
		unsigned int first, last;
		int ret;

		if (!strncmp(s, "all", 3)) {
			first = 0;
			last = nmaskbits - 1;
			s += 3;
		} else {
			ret = list_number(&s, nmaskbits, &first);
			if (ret)
				return ret;
			last = first;
			if (*s == '-') {
				s++;
				ret = list_number(&s, nmaskbits, &last);
				if (ret)
					return ret;
			}
		}
		if (first > last)
			return -EINVAL;
		if (last >= nmaskbits)
			return -ERANGE;
		bitmap_set(maskp, first, last - first + 1);
		s = skip_spaces(s);
		if (*s == ',')
			s = skip_spaces(s + 1);
		else if (*s)
			return -EINVAL;
	}
	return 0;
}

int bitmap_parse(const char *buf, unsigned int buflen, unsigned long *maskp, int nmaskbits)
{
	const char *end = buf + strnlen(buf, buflen);
	unsigned int chunk = 0;

	bitmap_zero(maskp, nmaskbits);
	while (end > buf && isspace(end[-1]))
		end--;
	/* From the last word to the first. */
	while (end > buf) {
		const char *start = end;
		u64 value = 0;

		while (start > buf && start[-1] != ',')
			start--;
		if (start == end || end - start > 8)
			return start == end ? -EINVAL : -EOVERFLOW;
		for (const char *p = start; p < end; p++) {
			if (!isxdigit(*p))
				return -EINVAL;
			value = value << 4 | (isdigit(*p) ? *p - '0' : _tolower(*p) - 'a' + 10);
		}
		for (unsigned int bit = 0; bit < 32; bit++) {
			if (!(value >> bit & 1))
				continue;
			if (chunk * 32 + bit >= nmaskbits)
				return -EOVERFLOW;
			__set_bit(chunk * 32 + bit, maskp);
		}
		chunk++;
		end = start > buf ? start - 1 : start;
		if (start > buf && end == buf)
			return -EINVAL;
	}
	return 0;
}
