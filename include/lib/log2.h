/* SPDX-License-Identifier: MIT */
/* Powers of two. */
#ifndef LIB_LOG2_H
#define LIB_LOG2_H

#include <kern/types.h>
#include <lib/bitops.h>

/* Usable in constant expressions. */
#define const_ilog2(n) ((n) < 2 ? 0 : 63 - __builtin_clzll((unsigned long long)(n)))

#define ilog2(n) const_ilog2(n)

static inline __attribute__((const)) bool is_power_of_2(unsigned long n)
{
	return n != 0 && (n & (n - 1)) == 0;
}

/* Undefined for 0, as on Linux. */
static inline __attribute__((const)) unsigned long __roundup_pow_of_two(unsigned long n)
{
	return 1UL << fls64(n - 1);
}

static inline __attribute__((const)) unsigned long __rounddown_pow_of_two(unsigned long n)
{
	return 1UL << (fls64(n) - 1);
}

#define roundup_pow_of_two(n)							\
	(__builtin_constant_p(n) ?						\
	 ((n) <= 1 ? 1UL : 1UL << (const_ilog2((n) - 1) + 1)) : __roundup_pow_of_two(n))
#define rounddown_pow_of_two(n)							\
	(__builtin_constant_p(n) ? 1UL << const_ilog2(n) : __rounddown_pow_of_two(n))

/* The order of the smallest power of two that holds @n. */
static inline __attribute__((const)) int __order_base_2(unsigned long n)
{
	return n > 1 ? fls64(n - 1) : 0;
}

#define order_base_2(n)								\
	(__builtin_constant_p(n) ?						\
	 ((n) < 2 ? 0 : const_ilog2((n) - 1) + 1) : __order_base_2(n))

/* How many bits hold the number @n. */
#define bits_per(n) ((n) < 2 ? 1 : const_ilog2(n) + 1)

#endif
