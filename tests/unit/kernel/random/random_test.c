// SPDX-License-Identifier: MIT
/* Random numbers: what can be checked of them. */
#include <kern/ktest.h>
#include <kern/random.h>

KTEST(random, bytes_differ_and_are_balanced)
{
	static u8 a[4096], b[4096];
	unsigned int ones = 0;

	get_random_bytes(a, sizeof(a));
	get_random_bytes(b, sizeof(b));
	KEXPECT_NE(memcmp(a, b, sizeof(a)), 0);
	for (unsigned int i = 0; i < sizeof(a); i++)
		ones += __builtin_popcount(a[i]);
	/* 32768 bits: 16 standard deviations around the middle. */
	KEXPECT_GT(ones, 16384 - 1450);
	KEXPECT_LT(ones, 16384 + 1450);
}

KTEST(random, odd_lengths_write_no_more)
{
	u8 buf[80];

	for (unsigned int n = 0; n < 70; n++) {
		memset(buf, 0x5a, sizeof(buf));
		get_random_bytes(buf, n);
		for (unsigned int i = n; i < sizeof(buf); i++)
			KEXPECT_EQ(buf[i], 0x5a);
	}
}

KTEST(random, below_a_ceiling)
{
	unsigned int seen[7] = {};

	for (int i = 0; i < 7000; i++) {
		u32 x = get_random_u32_below(7);

		KASSERT_LT(x, 7u);
		seen[x]++;
	}
	for (int i = 0; i < 7; i++) {
		KEXPECT_GT(seen[i], 700);
		KEXPECT_LT(seen[i], 1300);
	}
	KEXPECT_EQ(get_random_u32_below(1), 0u);
}
