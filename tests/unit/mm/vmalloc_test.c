// SPDX-License-Identifier: MIT
/* vmalloc areas and dynamic per-CPU memory. */
#include <kern/ktest.h>
#include <kern/preempt.h>
#include <mm/page.h>
#include <mm/percpu.h>
#include <mm/vmalloc.h>

KTEST(vmalloc, areas_do_not_overlap_and_hold_data)
{
	u8 *areas[40];
	size_t sizes[40];

	for (int i = 0; i < 40; i++) {
		sizes[i] = 1 + ktest_random_below(20 * PAGE_SIZE);
		areas[i] = i & 1 ? vmalloc(sizes[i]) : vzalloc(sizes[i]);
		KASSERT_NOT_NULL(areas[i]);
		KEXPECT_TRUE(is_vmalloc_addr(areas[i]));
		if (!(i & 1))
			for (size_t j = 0; j < sizes[i]; j += 97)
				KASSERT_EQ(areas[i][j], 0);
		memset(areas[i], i, sizes[i]);
	}
	for (int i = 0; i < 40; i += 2) {
		vfree(areas[i]);
		areas[i] = NULL;
	}
	for (int i = 1; i < 40; i += 2) {
		KEXPECT_EQ(areas[i][0], i);
		KEXPECT_EQ(areas[i][sizes[i] - 1], i);
		vfree(areas[i]);
	}
}

KTEST(vmalloc, pages_are_the_direct_map_s)
{
	u8 *area = vmalloc(5 * PAGE_SIZE);

	KASSERT_NOT_NULL(area);
	for (int i = 0; i < 5; i++) {
		struct page *page = vmalloc_to_page(area + i * PAGE_SIZE + 17);

		KASSERT_NOT_NULL(page);
		area[i * PAGE_SIZE + 17] = 100 + i;
		KEXPECT_EQ(((u8 *)page_address(page))[17], 100 + i);
	}
	vfree(area);
	KEXPECT_NULL(vmalloc_to_page(area));
}

KTEST(vmalloc, vmap_shares_pages)
{
	struct page *pages[3];
	u32 *area;

	for (int i = 0; i < 3; i++) {
		pages[i] = alloc_page(GFP_KERNEL | __GFP_ZERO);
		KASSERT_NOT_NULL(pages[i]);
	}
	area = vmap(pages, 3, 0, 0);
	KASSERT_NOT_NULL(area);
	area[1024] = 77;
	KEXPECT_EQ(*(u32 *)page_address(pages[1]), 77U);
	vunmap(area);
	for (int i = 0; i < 3; i++) {
		KEXPECT_EQ(page_count(pages[i]), 1);
		put_page(pages[i]);
	}
}

KTEST(vmalloc, absurd_sizes_fail)
{
	KEXPECT_NULL(vmalloc(0));
	KEXPECT_NULL(vmalloc(1UL << 46));
	vfree(NULL);
}

KTEST(percpu, blocks_are_zeroed_aligned_and_apart)
{
	unsigned long *blocks[50];

	for (int i = 0; i < 50; i++) {
		size_t align = 8UL << (i % 4);

		blocks[i] = __alloc_percpu(8 + i * 3, align);
		KASSERT_NOT_NULL(blocks[i]);
		KEXPECT_EQ((unsigned long)blocks[i] % align, 0UL);
		KEXPECT_EQ(*per_cpu_ptr(blocks[i], 0), 0UL);
		*per_cpu_ptr(blocks[i], 0) = i;
	}
	for (int i = 0; i < 50; i++) {
		KEXPECT_EQ(*per_cpu_ptr(blocks[i], 0), (unsigned long)i);
		free_percpu(blocks[i]);
	}
}

KTEST(percpu, this_cpu_operations_reach_it)
{
	int *counter = alloc_percpu(int);

	KASSERT_NOT_NULL(counter);
	preempt_disable();
	this_cpu_add(*counter, 5);
	this_cpu_inc(*counter);
	KEXPECT_EQ(this_cpu_read(*counter), 6);
	preempt_enable();
	free_percpu(counter);
}

KTEST(percpu, exhaustion_fails_and_recovers)
{
	void *big[80];
	int n = 0;

	KEXPECT_NULL(__alloc_percpu(PERCPU_DYNAMIC_SIZE + 1, 8));
	while (n < 80 && (big[n] = __alloc_percpu(16 << 10, 16)))
		n++;
	KEXPECT_LT(n, 80);
	while (n-- > 0)
		free_percpu(big[n]);
	big[0] = __alloc_percpu(16 << 10, 16);
	KEXPECT_NOT_NULL(big[0]);
	free_percpu(big[0]);
}
