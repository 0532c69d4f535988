/* SPDX-License-Identifier: MIT */
/* Searching bitmaps for set and clear bits. Each search returns the size when it finds none. */
#ifndef LIB_FIND_H
#define LIB_FIND_H

#include <lib/bitops.h>

unsigned long find_next_bit(const unsigned long *addr, unsigned long size, unsigned long offset);
unsigned long find_next_zero_bit(const unsigned long *addr, unsigned long size,
				 unsigned long offset);
unsigned long find_next_and_bit(const unsigned long *a, const unsigned long *b, unsigned long size,
				unsigned long offset);
unsigned long find_next_andnot_bit(const unsigned long *a, const unsigned long *b,
				   unsigned long size, unsigned long offset);
unsigned long find_last_bit(const unsigned long *addr, unsigned long size);
/* The @n-th set bit, counted from 0. */
unsigned long find_nth_bit(const unsigned long *addr, unsigned long size, unsigned long n);

static inline unsigned long find_first_bit(const unsigned long *addr, unsigned long size)
{
	return find_next_bit(addr, size, 0);
}

static inline unsigned long find_first_zero_bit(const unsigned long *addr, unsigned long size)
{
	return find_next_zero_bit(addr, size, 0);
}

static inline unsigned long find_first_and_bit(const unsigned long *a, const unsigned long *b,
					       unsigned long size)
{
	return find_next_and_bit(a, b, size, 0);
}

/* From @offset to the end, then from the start; @size when no bit is set. */
static inline unsigned long find_next_bit_wrap(const unsigned long *addr, unsigned long size,
					       unsigned long offset)
{
	unsigned long bit = find_next_bit(addr, size, offset);

	if (bit < size || !offset)
		return bit;
	bit = find_first_bit(addr, offset);
	return bit < offset ? bit : size;
}

#define for_each_set_bit(bit, addr, size)					\
	for ((bit) = find_first_bit((addr), (size)); (bit) < (size);		\
	     (bit) = find_next_bit((addr), (size), (bit) + 1))

#define for_each_set_bit_from(bit, addr, size)					\
	for ((bit) = find_next_bit((addr), (size), (bit)); (bit) < (size);	\
	     (bit) = find_next_bit((addr), (size), (bit) + 1))

#define for_each_and_bit(bit, a, b, size)					\
	for ((bit) = find_first_and_bit((a), (b), (size)); (bit) < (size);	\
	     (bit) = find_next_and_bit((a), (b), (size), (bit) + 1))

#define for_each_clear_bit(bit, addr, size)					\
	for ((bit) = find_first_zero_bit((addr), (size)); (bit) < (size);	\
	     (bit) = find_next_zero_bit((addr), (size), (bit) + 1))

#endif
