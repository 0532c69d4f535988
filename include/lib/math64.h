/* SPDX-License-Identifier: MIT */
/* Division and multiplication of 64-bit numbers. */
#ifndef LIB_MATH64_H
#define LIB_MATH64_H

#include <kern/types.h>

static inline u64 div_u64_rem(u64 dividend, u32 divisor, u32 *remainder)
{
	*remainder = (u32)(dividend % divisor);
	return dividend / divisor;
}

static inline s64 div_s64_rem(s64 dividend, s32 divisor, s32 *remainder)
{
	*remainder = (s32)(dividend % divisor);
	return dividend / divisor;
}

static inline u64 div64_u64_rem(u64 dividend, u64 divisor, u64 *remainder)
{
	*remainder = dividend % divisor;
	return dividend / divisor;
}

static inline u64 div64_u64(u64 dividend, u64 divisor)
{
	return dividend / divisor;
}

static inline s64 div64_s64(s64 dividend, s64 divisor)
{
	return dividend / divisor;
}

static inline u64 div_u64(u64 dividend, u32 divisor)
{
	return dividend / divisor;
}

static inline s64 div_s64(s64 dividend, s32 divisor)
{
	return dividend / divisor;
}

#define div64_ul(x, y) div64_u64((x), (y))
#define div64_long(x, y) div64_s64((x), (y))
#define DIV64_U64_ROUND_UP(ll, d) ({ u64 __d = (d); div64_u64((ll) + __d - 1, __d); })
#define DIV_U64_ROUND_UP(ll, d) ({ u32 __d = (d); div_u64((ll) + __d - 1, __d); })
#define DIV64_U64_ROUND_CLOSEST(dividend, divisor) ({				\
	u64 __d = (divisor);							\
	div64_u64((dividend) + __d / 2, __d);					\
})

/* Divides @n in place; the remainder is the value. */
#define do_div(n, base) ({							\
	u32 __base = (base);							\
	u32 __rem = (u32)((u64)(n) % __base);					\
	(n) = (u64)(n) / __base;						\
	__rem;									\
})

static inline u64 mul_u32_u32(u32 a, u32 b)
{
	return (u64)a * b;
}

/* a * b >> shift with a product of 128 bits. */
static inline u64 mul_u64_u64_shr(u64 a, u64 b, unsigned int shift)
{
	return (u64)(((unsigned __int128)a * b) >> shift);
}

static inline u64 mul_u64_u32_shr(u64 a, u32 b, unsigned int shift)
{
	return (u64)(((unsigned __int128)a * b) >> shift);
}

/* a * b / c, exact; saturates when the quotient does not fit. */
u64 mul_u64_u64_div_u64(u64 a, u64 b, u64 c);

static inline u64 mul_u64_u32_div(u64 a, u32 mul, u32 divisor)
{
	return mul_u64_u64_div_u64(a, mul, divisor);
}

/* The integer part of the square root. */
unsigned long int_sqrt(unsigned long x);

static inline u32 int_sqrt64(u64 x)
{
	return (u32)int_sqrt(x);
}

unsigned long gcd(unsigned long a, unsigned long b);
unsigned long lcm(unsigned long a, unsigned long b);

#endif
