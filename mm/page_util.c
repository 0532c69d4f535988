// SPDX-License-Identifier: MIT
/* Page allocation in other shapes: by address, in bulk, of exact size. */
#include "internal.h"

unsigned long __get_free_pages(gfp_t gfp, unsigned int order)
{
	struct page *page = alloc_pages(gfp, order);

	return page ? (unsigned long)page_address(page) : 0;
}

unsigned long get_zeroed_page(gfp_t gfp)
{
	return __get_free_pages(gfp | __GFP_ZERO, 0);
}

unsigned long alloc_pages_bulk_array(gfp_t gfp, unsigned long nr, struct page **pages)
{
	unsigned long n;

	for (n = 0; n < nr; n++) {
		if (!pages[n])
			pages[n] = alloc_page(gfp);
		if (!pages[n])
			break;
	}
	return n;
}

void split_page(struct page *page, unsigned int order)
{
	BUG_ON(PageCompound(page));
	for (unsigned long i = 1; i < 1UL << order; i++)
		atomic_set(&page[i]._refcount, 1);
}

void free_pages(unsigned long addr, unsigned int order)
{
	if (addr)
		__free_pages(virt_to_page(addr), order);
}

void *alloc_pages_exact(size_t size, gfp_t gfp)
{
	unsigned int order = get_order(size);
	struct page *page = alloc_pages(gfp & ~__GFP_COMP, order);
	unsigned long used = PFN_UP(size);

	if (!page)
		return NULL;
	split_page(page, order);
	for (unsigned long i = used; i < 1UL << order; i++)
		__free_page(page + i);
	return page_address(page);
}

void free_pages_exact(void *virt, size_t size)
{
	for (size_t off = 0; virt && off < size; off += PAGE_SIZE)
		free_page((unsigned long)virt + off);
}
