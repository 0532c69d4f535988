// SPDX-License-Identifier: MIT
/* Boot memory: the tables of ranges, tried on a private copy of the code. */
#include <kern/ktest.h>

/* The file is compiled again here under other names: the real tables belong to the boot. */
#define memblock_add test_memblock_add
#define memblock_reserve test_memblock_reserve
#define memblock_free test_memblock_free
#define memblock_alloc test_memblock_alloc
#define memblock_phys_alloc test_memblock_phys_alloc
#define memblock_is_reserved test_memblock_is_reserved
#define memblock_phys_mem_size test_memblock_phys_mem_size
#define memblock_end_of_DRAM test_memblock_end_of_DRAM
#define memblock_for_each_free test_memblock_for_each_free
#define memblock_closed test_memblock_closed
#include "mm/memblock.c"

static void reset(void)
{
	memory.nr = reserved.nr = dirty.nr = 0;
	memblock_closed = false;
}

KTEST(memblock, ranges_merge_and_split)
{
	reset();
	KEXPECT_EQ(memblock_add(0x1000, 0x1000), 0);
	KEXPECT_EQ(memblock_add(0x3000, 0x1000), 0);
	KEXPECT_EQ(memory.nr, 2U);
	KEXPECT_EQ(memblock_add(0x2000, 0x1000), 0);
	KEXPECT_EQ(memory.nr, 1U);
	KEXPECT_EQ(memblock_phys_mem_size(), 0x3000UL);
	KEXPECT_EQ(memblock_end_of_DRAM(), 0x4000UL);
	KEXPECT_EQ(table_remove(&memory, 0x2000, 0x800), 0);
	KEXPECT_EQ(memory.nr, 2U);
	KEXPECT_EQ(memory.r[1].base, 0x2800UL);
	KEXPECT_EQ(memblock_add(~0UL - 10, 100), -EINVAL);
}

KTEST(memblock, allocations_avoid_what_is_reserved)
{
	phys_addr_t a, b, c;

	reset();
	memblock_add(0, 0x100000);
	memblock_reserve(0x3000, 0x1000);
	a = memblock_phys_alloc(0x1000, 0x1000);
	b = memblock_phys_alloc(0x2000, 0x1000);
	c = memblock_phys_alloc(0x40, 0);
	KEXPECT_EQ(a, 0x1000UL);
	KEXPECT_EQ(b, 0x4000UL);
	KEXPECT_EQ(c, 0x2000UL);
	KEXPECT_TRUE(memblock_is_reserved(0x4fff));
	KEXPECT_FALSE(memblock_is_reserved(0x7000));
	KEXPECT_EQ(memblock_phys_alloc(0x200000, 0x1000), 0UL);
}

static unsigned long seen_pages, seen_fresh;

static void see(unsigned long start, unsigned long end, bool fresh)
{
	seen_pages += end - start;
	seen_fresh += fresh ? end - start : 0;
}

KTEST(memblock, free_ranges_are_whole_pages_and_know_their_past)
{
	reset();
	memblock_add(0, 0x10000);
	memblock_reserve(0x1800, 0x1000);
	memblock_reserve(0x8000, 0x2000);
	memblock_free(0x8000, 0x1000);
	seen_pages = seen_fresh = 0;
	memblock_for_each_free(see);
	/* Pages 1 and 2 are partly taken, 9 is; 3..8 hold the one that was used before. */
	KEXPECT_EQ(seen_pages, 1UL + 6 + 6);
	KEXPECT_EQ(seen_fresh, 1UL + 6);
}

KTEST(memblock, a_full_table_says_so)
{
	int err = 0;

	reset();
	for (unsigned int i = 0; i < MAX_RANGES; i++)
		KASSERT_EQ(memblock_reserve(i * 0x2000, 0x1000), 0);
	err = memblock_reserve(MAX_RANGES * 0x2000UL, 0x1000);
	KEXPECT_EQ(err, -ENOMEM);
}
