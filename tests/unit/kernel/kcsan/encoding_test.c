// SPDX-License-Identifier: MIT
#include "../../../../kernel/kcsan/encoding.h"

#include <kern/ktest.h>

#define ADDR 0x7e8000001000UL

KTEST_BARE(kcsan_encoding, conflict_needs_a_write)
{
	unsigned long read = watch_encode(ADDR, 4, false), write = watch_encode(ADDR, 4, true);

	KEXPECT_FALSE(watch_conflicts(read, ADDR, 4, false));
	KEXPECT_TRUE(watch_conflicts(read, ADDR, 4, true));
	KEXPECT_TRUE(watch_conflicts(write, ADDR, 4, false));
	KEXPECT_TRUE(watch_conflicts(write, ADDR, 4, true));
}

KTEST_BARE(kcsan_encoding, conflict_needs_common_bytes)
{
	unsigned long watch = watch_encode(ADDR + 8, 4, true);

	for (unsigned int at = 0; at < 24; at++)
		for (unsigned int size = 1; size <= 8; size *= 2)
			KEXPECT_EQ(watch_conflicts(watch, ADDR + at, size, true),
				   at < 12 && at + size > 8);
}

KTEST_BARE(kcsan_encoding, free_and_consumed_slots_conflict_with_nothing)
{
	KEXPECT_FALSE(watch_conflicts(WATCH_FREE, 0, WATCH_SIZE_MAX, true));
	KEXPECT_FALSE(watch_conflicts(WATCH_CONSUMED, 0, WATCH_SIZE_MAX, true));
}

KTEST_BARE(kcsan_encoding, size_and_address_keep_apart)
{
	unsigned long watch = watch_encode(WATCH_ADDR_MASK - 7, WATCH_SIZE_MAX, false);

	KEXPECT_TRUE(watch_encodable(WATCH_ADDR_MASK - 7, WATCH_SIZE_MAX));
	KEXPECT_FALSE(watch_encodable(WATCH_ADDR_MASK + 1, 1));
	KEXPECT_FALSE(watch_encodable(ADDR, 0));
	KEXPECT_FALSE(watch_encodable(ADDR, WATCH_SIZE_MAX + 1));
	KEXPECT_TRUE(watch_conflicts(watch, WATCH_ADDR_MASK - 7 + WATCH_SIZE_MAX - 1, 1, true));
	KEXPECT_FALSE(watch_conflicts(watch, WATCH_ADDR_MASK - 7 + WATCH_SIZE_MAX, 1, true));
}

KTEST_BARE(kcsan_encoding, slots_stay_in_the_table)
{
	for (unsigned long page = 0; page < 3 * WATCH_SLOTS; page++)
		KEXPECT_LT(watch_slot(page << 12) + WATCH_NEAR - 1, WATCH_TABLE);
}
