// SPDX-License-Identifier: MIT
/* Arithmetic beyond what one instruction does. */
#include <lib/bitops.h>
#include <lib/math64.h>

u64 mul_u64_u64_div_u64(u64 a, u64 b, u64 c)
{
	unsigned __int128 product = (unsigned __int128)a * b;
	u64 low = (u64)product, high = (u64)(product >> 64), quotient, remainder;

	/* The quotient needs more than 64 bits, or c is 0. */
	if (high >= c)
		return ~0ULL;
	__asm__("divq %4" : "=a"(quotient), "=d"(remainder) : "a"(low), "d"(high), "r"(c) : "cc");
	return quotient;
}

unsigned long int_sqrt(unsigned long x)
{
	unsigned long root = 0, bit;

	if (!x)
		return 0;
	/* One result bit a round, from the highest even position. */
	for (bit = 1UL << (__fls(x) & ~1UL); bit; bit >>= 2) {
		if (x >= root + bit) {
			x -= root + bit;
			root = (root >> 1) + bit;
		} else {
			root >>= 1;
		}
	}
	return root;
}

unsigned long gcd(unsigned long a, unsigned long b)
{
	while (b) {
		unsigned long rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

unsigned long lcm(unsigned long a, unsigned long b)
{
	return a && b ? a / gcd(a, b) * b : 0;
}
