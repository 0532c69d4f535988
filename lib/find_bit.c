// SPDX-License-Identifier: MIT
/* Searching bitmaps, a word at a time. */
#include <lib/bitmap.h>
#include <lib/find.h>

/*
 * One loop for all forward searches: @word gives the i-th word to look at, of which only the
 * bits below the size count.
 */
#define FIND_NEXT(word, size, offset) ({					\
	unsigned long __size = (size), __offset = (offset), __found = __size;	\
										\
	if (__offset < __size) {						\
		unsigned long i = __offset / BITS_PER_LONG;			\
		unsigned long __bits = (word) & BITMAP_FIRST_WORD_MASK(__offset); \
										\
		while (!__bits && (i + 1) * BITS_PER_LONG < __size) {		\
			i++;							\
			__bits = (word);					\
		}								\
		if (__bits) {							\
			__found = i * BITS_PER_LONG + __ffs(__bits);		\
			if (__found > __size)					\
				__found = __size;				\
		}								\
	}									\
	__found;								\
})

unsigned long find_next_bit(const unsigned long *addr, unsigned long size, unsigned long offset)
{
	return FIND_NEXT(READ_ONCE(addr[i]), size, offset);
}

unsigned long find_next_zero_bit(const unsigned long *addr, unsigned long size,
				 unsigned long offset)
{
	return FIND_NEXT(~READ_ONCE(addr[i]), size, offset);
}

unsigned long find_next_and_bit(const unsigned long *a, const unsigned long *b, unsigned long size,
				unsigned long offset)
{
	return FIND_NEXT(READ_ONCE(a[i]) & READ_ONCE(b[i]), size, offset);
}

unsigned long find_next_andnot_bit(const unsigned long *a, const unsigned long *b,
				   unsigned long size, unsigned long offset)
{
	return FIND_NEXT(READ_ONCE(a[i]) & ~READ_ONCE(b[i]), size, offset);
}

unsigned long find_last_bit(const unsigned long *addr, unsigned long size)
{
	unsigned long word, i;

	if (!size)
		return 0;
	i = (size - 1) / BITS_PER_LONG;
	word = READ_ONCE(addr[i]) & BITMAP_LAST_WORD_MASK(size);
	while (!word) {
		if (!i)
			return size;
		i--;
		word = READ_ONCE(addr[i]);
	}
	return i * BITS_PER_LONG + __fls(word);
}

unsigned long find_nth_bit(const unsigned long *addr, unsigned long size, unsigned long n)
{
	unsigned long bit;

	for_each_set_bit(bit, addr, size)
		if (!n--)
			return bit;
	return size;
}
