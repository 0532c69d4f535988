// SPDX-License-Identifier: MIT
/* Bits and bitmaps, against arrays of bools. */
#include <kern/errno.h>
#include <kern/kernel.h>
#include <kern/ktest.h>
#include <lib/bitmap.h>
#include <lib/log2.h>

#define BITS 300

struct model {
	DECLARE_BITMAP(map, BITS);
	bool bits[BITS];
};

static void randomise(struct model *m, unsigned int density)
{
	bitmap_zero(m->map, BITS);
	for (int i = 0; i < BITS; i++) {
		m->bits[i] = ktest_random_below(100) < density;
		if (m->bits[i])
			__set_bit(i, m->map);
	}
	/* What lies beyond the size may be anything. */
	m->map[BITS / 64] |= ktest_random() << BITS % 64;
}

static bool same(const unsigned long *map, const bool *bits, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		if (test_bit(i, map) != bits[i])
			return false;
	return true;
}

static unsigned int model_next(const bool *bits, unsigned int n, unsigned int from, bool value)
{
	while (from < n && bits[from] != value)
		from++;
	return from < n ? from : n;
}

KTEST_BARE(bitops, single_words)
{
	unsigned long word = 0;

	set_bit(3, &word);
	KEXPECT_EQ(word, 8UL);
	KEXPECT_TRUE(test_and_set_bit(3, &word));
	KEXPECT_FALSE(test_and_set_bit(4, &word));
	change_bit(0, &word);
	KEXPECT_EQ(word, 0x19UL);
	KEXPECT_TRUE(test_and_clear_bit(3, &word));
	KEXPECT_FALSE(test_and_clear_bit(3, &word));
	KEXPECT_TRUE(test_and_change_bit(0, &word));
	clear_bit(4, &word);
	KEXPECT_EQ(word, 0UL);
	assign_bit(63, &word, true);
	KEXPECT_EQ(word, 1UL << 63);
	KEXPECT_FALSE(test_and_set_bit_lock(1, &word));
	clear_bit_unlock(1, &word);
	KEXPECT_EQ(word, 1UL << 63);
}

KTEST_BARE(bitops, positions_and_weights)
{
	KEXPECT_EQ(ffs(0), 0);
	KEXPECT_EQ(ffs(8), 4);
	KEXPECT_EQ(fls(0), 0);
	KEXPECT_EQ(fls(0x80000000U), 32);
	KEXPECT_EQ(fls64(1ULL << 40), 41);
	KEXPECT_EQ(__ffs(0x10UL), 4UL);
	KEXPECT_EQ(__fls(~0UL), 63UL);
	KEXPECT_EQ(ffz(0xffUL), 8UL);
	KEXPECT_EQ(hweight64(~0ULL), 64U);
	KEXPECT_EQ(hweight32(0xf0f0U), 8U);
	KEXPECT_EQ(GENMASK(7, 4), 0xf0UL);
	KEXPECT_EQ(GENMASK(63, 0), ~0UL);
	KEXPECT_EQ(rol32(0x80000001U, 1), 3U);
	KEXPECT_EQ(ror64(1, 1), 1ULL << 63);
	KEXPECT_EQ(rol64(5, 0), 5ULL);
	KEXPECT_EQ(sign_extend32(0xff, 7), -1);
	KEXPECT_EQ(sign_extend64(0x7f, 7), 127LL);
	KEXPECT_EQ(get_count_order(5), 3);
}

KTEST_BARE(log2, powers)
{
	KEXPECT_EQ(ilog2(1), 0);
	KEXPECT_EQ(ilog2(4095), 11);
	KEXPECT_EQ(ilog2(1UL << 50), 50);
	KEXPECT_TRUE(is_power_of_2(64));
	KEXPECT_FALSE(is_power_of_2(0));
	KEXPECT_FALSE(is_power_of_2(65));
	for (unsigned long n = 1; n < 5000; n++) {
		unsigned long up = 1;

		while (up < n)
			up *= 2;
		KASSERT_EQ(roundup_pow_of_two(n), up);
		KASSERT_EQ(rounddown_pow_of_two(n), up == n ? n : up / 2);
		KASSERT_EQ(1UL << order_base_2(n), up);
	}
	KEXPECT_EQ(roundup_pow_of_two(33), 64UL);
	KEXPECT_EQ(order_base_2(33), 6);
}

KTEST_BARE(bitmap, searches)
{
	static struct model m;

	for (int round = 0; round < 300; round++) {
		unsigned int size = ktest_random_below(BITS) + 1;
		unsigned int from = ktest_random_below(size + 5), bit, last = size, n = 0;

		randomise(&m, (unsigned int[]){ 0, 1, 10, 50, 99, 100 }[round % 6]);
		KASSERT_EQ(find_next_bit(m.map, size, from), model_next(m.bits, size, from, true));
		KASSERT_EQ(find_next_zero_bit(m.map, size, from),
			   model_next(m.bits, size, from, false));
		for (bit = 0; bit < size; bit++)
			if (m.bits[bit])
				last = bit;
		KASSERT_EQ(find_last_bit(m.map, size), last);
		for_each_set_bit(bit, m.map, size) {
			KASSERT_TRUE(m.bits[bit]);
			KASSERT_EQ(find_nth_bit(m.map, size, n), bit);
			n++;
		}
		KASSERT_EQ(bitmap_weight(m.map, size), n);
		KASSERT_EQ(find_nth_bit(m.map, size, n), size);
		KASSERT_EQ(bitmap_empty(m.map, size), n == 0);
		KASSERT_EQ(bitmap_full(m.map, size), n == size);
	}
}

KTEST_BARE(bitmap, set_operations)
{
	static struct model a, b;
	DECLARE_BITMAP(map, BITS);

	for (int round = 0; round < 200; round++) {
		unsigned int size = ktest_random_below(BITS) + 1;
		bool and = false, andnot = false, equal = true, bits[BITS];

		randomise(&a, 50);
		randomise(&b, round % 3 ? 50 : 0);
		for (unsigned int i = 0; i < size; i++) {
			and |= a.bits[i] && b.bits[i];
			andnot |= a.bits[i] && !b.bits[i];
			equal &= a.bits[i] == b.bits[i];
		}
		KASSERT_EQ(bitmap_and(map, a.map, b.map, size), and);
		KASSERT_EQ(bitmap_intersects(a.map, b.map, size), and);
		KASSERT_EQ(bitmap_andnot(map, a.map, b.map, size), andnot);
		KASSERT_EQ(bitmap_subset(a.map, b.map, size), !andnot);
		KASSERT_EQ(bitmap_equal(a.map, b.map, size), equal);
		bitmap_or(map, a.map, b.map, size);
		for (unsigned int i = 0; i < size; i++)
			bits[i] = a.bits[i] || b.bits[i];
		KASSERT_TRUE(same(map, bits, size));
		bitmap_xor(map, a.map, b.map, size);
		for (unsigned int i = 0; i < size; i++)
			bits[i] = a.bits[i] != b.bits[i];
		KASSERT_TRUE(same(map, bits, size));
		bitmap_complement(map, a.map, size);
		for (unsigned int i = 0; i < size; i++)
			bits[i] = !a.bits[i];
		KASSERT_TRUE(same(map, bits, size));
	}
}

KTEST_BARE(bitmap, runs_and_shifts)
{
	static struct model m;
	DECLARE_BITMAP(map, BITS);
	bool bits[BITS];

	for (int round = 0; round < 500; round++) {
		unsigned int start = ktest_random_below(BITS);
		unsigned int n = ktest_random_below(BITS - start + 1), shift = ktest_random_below(BITS);

		randomise(&m, 50);
		bitmap_copy(map, m.map, BITS);
		bitmap_set(map, start, n);
		for (unsigned int i = 0; i < BITS; i++)
			bits[i] = m.bits[i] || (i >= start && i < start + n);
		KASSERT_TRUE(same(map, bits, BITS));
		bitmap_clear(map, start, n);
		for (unsigned int i = 0; i < BITS; i++)
			bits[i] = m.bits[i] && !(i >= start && i < start + n);
		KASSERT_TRUE(same(map, bits, BITS));
		bitmap_shift_right(map, m.map, shift, BITS);
		for (unsigned int i = 0; i < BITS; i++)
			bits[i] = i + shift < BITS && m.bits[i + shift];
		KASSERT_TRUE(same(map, bits, BITS));
		bitmap_shift_left(map, m.map, shift, BITS);
		for (unsigned int i = 0; i < BITS; i++)
			bits[i] = i >= shift && m.bits[i - shift];
		KASSERT_TRUE(same(map, bits, BITS));
	}
}

KTEST_BARE(bitmap, finds_zero_areas)
{
	DECLARE_BITMAP(map, BITS) = {};

	bitmap_set(map, 0, 10);
	bitmap_set(map, 20, 10);
	KEXPECT_EQ(bitmap_find_next_zero_area(map, BITS, 0, 5, 0), 10UL);
	KEXPECT_EQ(bitmap_find_next_zero_area(map, BITS, 0, 11, 0), 30UL);
	KEXPECT_EQ(bitmap_find_next_zero_area(map, BITS, 0, 4, 7), 16UL);
	KEXPECT_EQ(bitmap_find_next_zero_area(map, BITS, 0, 8, 15), 32UL);
	KEXPECT_GT(bitmap_find_next_zero_area(map, BITS, 0, 280, 0), BITS - 280UL);
	KEXPECT_EQ(bitmap_find_free_region(map, BITS, 3), 32);
	KEXPECT_EQ(bitmap_allocate_region(map, 32, 2), -EBUSY);
	bitmap_release_region(map, 32, 3);
	KEXPECT_EQ(bitmap_allocate_region(map, 32, 2), 0);
	bitmap_fill(map, BITS);
	KEXPECT_EQ(bitmap_find_free_region(map, BITS, 0), -ENOMEM);
}

KTEST_BARE(bitmap, parses)
{
	DECLARE_BITMAP(map, 70);

	KEXPECT_EQ(bitmap_parselist("0-3,7, 64-65\n", map, 70), 0);
	KEXPECT_EQ(map[0], 0x8fUL);
	KEXPECT_EQ(map[1], 3UL);
	KEXPECT_EQ(bitmap_parselist("", map, 70), 0);
	KEXPECT_TRUE(bitmap_empty(map, 70));
	KEXPECT_EQ(bitmap_parselist("all", map, 70), 0);
	KEXPECT_TRUE(bitmap_full(map, 70));
	KEXPECT_EQ(bitmap_parselist("60-N", map, 70), 0);
	KEXPECT_EQ(bitmap_weight(map, 70), 10U);
	KEXPECT_EQ(bitmap_parselist("70", map, 70), -ERANGE);
	KEXPECT_EQ(bitmap_parselist("3-1", map, 70), -EINVAL);
	KEXPECT_EQ(bitmap_parselist("x", map, 70), -EINVAL);
	KEXPECT_EQ(bitmap_parse("3,00000001", 10, map, 70), 0);
	KEXPECT_EQ(map[0], 0x300000001UL);
	KEXPECT_EQ(bitmap_parse("ff,0,0", 6, map, 70), -EOVERFLOW);
	KEXPECT_EQ(bitmap_parse("1,,2", 4, map, 70), -EINVAL);
	KEXPECT_EQ(bitmap_parse("zz", 2, map, 70), -EINVAL);
}
