// SPDX-License-Identifier: MIT
/* Brings memory management up: memmap, zones, page allocator, slabs, per-CPU memory, vmalloc. */
#include "internal.h"

#include <kern/init.h>
#include <kern/panic.h>
#include <mm/fault.h>
#include <mm/memblock.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>

struct page *mem_map;
unsigned long max_pfn;
struct page *zero_page;


/* Boot cannot go on without these few pages. */
static void make_zero_page(void)
{
	zero_page = alloc_pages(GFP_KERNEL | __GFP_ZERO, ZERO_PAGES_ORDER);
	if (!zero_page)
		panic("no memory for the pages of zeros");
	split_page(zero_page, ZERO_PAGES_ORDER);
	for (unsigned int i = 0; i < 1U << ZERO_PAGES_ORDER; i++) {
		SetPageReserved(zero_page + i);
		SetPageUser(zero_page + i);
	}
}

void mm_core_init(void)
{
	max_pfn = PFN_DOWN(memblock_end_of_DRAM());
	mem_map = memblock_alloc(max_pfn * sizeof(struct page), PAGE_SIZE);
	BUG_ON(!mem_map);
	numa_init();
	nodes_init();
	pcp_init();
	memblock_closed = true;
	memblock_for_each_free(zone_add_free_range);
	setup_zone_watermarks();
	percpu_init();
	kmem_cache_init();
	vmalloc_init();
	make_zero_page();
	page_cache_init();
	vma_init();
	mm_cache_init();
}

void free_reserved_range(phys_addr_t base, phys_addr_t size)
{
	unsigned long start = PFN_UP(base), end = PFN_DOWN(base + size);

	if (start >= end)
		return;
	zone_add_free_range(start, end, false);
	setup_zone_watermarks();
	wakeup_kswapd(NODE_DATA(pfn_to_nid(start)));
}

unsigned long totalram_pages(void)
{
	unsigned long sum = 0;
	int nid;

	for_each_online_node(nid)
		sum += node_managed_pages(NODE_DATA(nid));
	return sum;
}

/* Said once the command line has been read: "quiet" counts. */
static int report_memory(void)
{
	pr_info("Memory: %luK/%luK available\n", nr_free_pages() << (PAGE_SHIFT - 10),
		max_pfn << (PAGE_SHIFT - 10));
	for (unsigned int nid = 0; nr_node_ids > 1 && nid < nr_node_ids; nid++)
		pr_info("node %u: [mem %#018lx-%#018lx]\n", nid,
			NODE_DATA(nid)->node_start_pfn << PAGE_SHIFT,
			((NODE_DATA(nid)->node_start_pfn + NODE_DATA(nid)->node_spanned_pages)
			 << PAGE_SHIFT) - 1);
	return 0;
}
early_initcall(report_memory);
