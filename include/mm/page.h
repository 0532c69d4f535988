/* SPDX-License-Identifier: MIT */
/* Pages, page frame numbers, the direct map, and the flags and counters of struct page. */
#ifndef MM_PAGE_H
#define MM_PAGE_H

#define PAGE_SHIFT	12
#define PAGE_SIZE	(1UL << PAGE_SHIFT)
#define PAGE_MASK	(~(PAGE_SIZE - 1))
#define PAGE_ALIGN(addr) (((addr) + PAGE_SIZE - 1) & PAGE_MASK)
#define offset_in_page(p) ((unsigned long)(p) & ~PAGE_MASK)

/* Buddy blocks are of orders 0..MAX_ORDER (4 MiB). */
#define MAX_ORDER	10
#define MAX_ORDER_NR_PAGES (1UL << MAX_ORDER)

#include <kern/atomic.h>
#include <kern/types.h>
#include <mm/mm_types.h>
#include <mm/node.h>
#include <um/processor.h>

/* RAM is mapped once, linearly, here: the direct map. */
#define PAGE_OFFSET	UM_RAM_BASE

#define __pa(x)		((phys_addr_t)((unsigned long)(x) - PAGE_OFFSET))
#define __va(x)		((void *)((unsigned long)(x) + PAGE_OFFSET))
#define PFN_UP(x)	(((x) + PAGE_SIZE - 1) >> PAGE_SHIFT)
#define PFN_DOWN(x)	((x) >> PAGE_SHIFT)
#define PFN_PHYS(x)	((phys_addr_t)(x) << PAGE_SHIFT)
#define PHYS_PFN(x)	((unsigned long)((x) >> PAGE_SHIFT))

/* One struct page a frame; host memory behind it appears when it is first touched. */
extern struct page *mem_map;
/* Frames 0..max_pfn-1 exist. */
extern unsigned long max_pfn;

#define pfn_to_page(pfn)	(mem_map + (pfn))
#define page_to_pfn(page)	((unsigned long)((page) - mem_map))
#define pfn_valid(pfn)		((pfn) < max_pfn)
#define page_to_phys(page)	PFN_PHYS(page_to_pfn(page))
#define phys_to_page(phys)	pfn_to_page(PHYS_PFN(phys))
#define virt_to_page(addr)	pfn_to_page(__pa(addr) >> PAGE_SHIFT)
#define virt_to_pfn(addr)	((unsigned long)(__pa(addr) >> PAGE_SHIFT))

static inline int page_to_nid(const struct page *page)
{
	return likely(!block_node) ? 0 : block_node[page_to_pfn(page) >> MAX_ORDER];
}

static inline void *page_address(const struct page *page)
{
	return __va(PFN_PHYS(page - mem_map));
}

/* All memory is in the direct map: these cost nothing and never fail. */
#define kmap(page)		page_address(page)
#define kunmap(page)		((void)(page))
#define kmap_local_page(page)	page_address(page)
#define kunmap_local(addr)	((void)(addr))
#define kmap_atomic(page)	page_address(page)
#define kunmap_atomic(addr)	((void)(addr))

/* Is the address in the direct map? */
static inline bool virt_addr_valid(const void *addr)
{
	return (unsigned long)addr >= PAGE_OFFSET && pfn_valid(virt_to_pfn(addr));
}

/* Bits of page->flags; changed atomically, but for those of free pages (zone->lock). */
enum pageflags {
	PG_locked,		/* page cache: contents or identity are being changed */
	PG_referenced,
	PG_uptodate,		/* page cache: contents are valid */
	PG_dirty,		/* page cache: newer than the disk */
	PG_lru,			/* on the list of reclaimable pages */
	PG_active,
	PG_slab,		/* owned by a slab cache */
	PG_buddy,		/* head of a free block; private is its order */
	PG_head,		/* first of a compound page */
	PG_tail,		/* further one; compound_head points to the first */
	PG_writeback,		/* page cache: being written */
	PG_error,
	PG_private,		/* private belongs to the file system */
	PG_reserved,		/* never given to the allocator, or kernel text and tables */
	PG_user,		/* may be mapped into guests: the mapper asserts it */
	PG_zeroed,		/* free block: known to hold zeros (fresh from the host) */
	PG_swapbacked,		/* anonymous or tmpfs: reclaimed by swapping */
	PG_pgtable,		/* holds page table entries */
	PG_waiters,		/* somebody waits for PG_locked or PG_writeback */
	PG_unevictable,
	PG_reclaim,
	PG_workingset,
	PG_readahead,		/* page cache: reading here starts the next readahead */
	PG_checked,		/* the file system's own */
	PG_mappedtodisk,
	PG_percpu,		/* free, on a CPU's list */
	PG_swapcache,		/* private is a swap entry */
	PG_mlocked,		/* in a locked area: on the unevictable list */
	NR_PAGEFLAGS
};

static inline bool page_test_flag(const struct page *page, int bit)
{
	return (__atomic_load_n(&page->flags, __ATOMIC_RELAXED) >> bit) & 1;
}

static inline void page_set_flag(struct page *page, int bit)
{
	__atomic_fetch_or(&page->flags, 1UL << bit, __ATOMIC_SEQ_CST);
}

static inline void page_clear_flag(struct page *page, int bit)
{
	__atomic_fetch_and(&page->flags, ~(1UL << bit), __ATOMIC_SEQ_CST);
}

static inline bool page_test_set_flag(struct page *page, int bit)
{
	return (__atomic_fetch_or(&page->flags, 1UL << bit, __ATOMIC_SEQ_CST) >> bit) & 1;
}

static inline bool page_test_clear_flag(struct page *page, int bit)
{
	return (__atomic_fetch_and(&page->flags, ~(1UL << bit), __ATOMIC_SEQ_CST) >> bit) & 1;
}

#define PAGEFLAG(Name, bit)							\
static inline bool Page##Name(const struct page *page)				\
{ return page_test_flag(page, bit); }						\
static inline void SetPage##Name(struct page *page)				\
{ page_set_flag(page, bit); }							\
static inline void ClearPage##Name(struct page *page)				\
{ page_clear_flag(page, bit); }							\
static inline bool TestSetPage##Name(struct page *page)				\
{ return page_test_set_flag(page, bit); }					\
static inline bool TestClearPage##Name(struct page *page)			\
{ return page_test_clear_flag(page, bit); }

PAGEFLAG(Locked, PG_locked)
PAGEFLAG(Referenced, PG_referenced)
PAGEFLAG(Uptodate, PG_uptodate)
PAGEFLAG(Dirty, PG_dirty)
PAGEFLAG(LRU, PG_lru)
PAGEFLAG(Active, PG_active)
PAGEFLAG(Slab, PG_slab)
PAGEFLAG(Buddy, PG_buddy)
PAGEFLAG(Head, PG_head)
PAGEFLAG(Tail, PG_tail)
PAGEFLAG(Writeback, PG_writeback)
PAGEFLAG(Error, PG_error)
PAGEFLAG(Private, PG_private)
PAGEFLAG(Reserved, PG_reserved)
PAGEFLAG(User, PG_user)
PAGEFLAG(Zeroed, PG_zeroed)
PAGEFLAG(SwapBacked, PG_swapbacked)
PAGEFLAG(Table, PG_pgtable)
PAGEFLAG(Waiters, PG_waiters)
PAGEFLAG(Readahead, PG_readahead)
PAGEFLAG(Checked, PG_checked)
PAGEFLAG(MappedToDisk, PG_mappedtodisk)
PAGEFLAG(SwapCache, PG_swapcache)
PAGEFLAG(Mlocked, PG_mlocked)
PAGEFLAG(Unevictable, PG_unevictable)
PAGEFLAG(Reclaim, PG_reclaim)
PAGEFLAG(Workingset, PG_workingset)

/* Anonymous pages carry bit 0 in mapping; the rest is the family member that made it (rmap.c). */
#define PAGE_MAPPING_ANON 1UL

static inline bool PageAnon(const struct page *page)
{
	return ((unsigned long)READ_ONCE(page->mapping) & PAGE_MAPPING_ANON) != 0;
}

static inline struct address_space *page_mapping(const struct page *page)
{
	/* Looked at once: a fault makes a page of swap another process's while it is being written. */
	struct address_space *mapping = READ_ONCE(page->mapping);

	return (unsigned long)mapping & PAGE_MAPPING_ANON ? NULL : mapping;
}

static inline struct page *compound_head(const struct page *page)
{
	return PageTail(page) ? page->head : (struct page *)page;
}

static inline bool PageCompound(const struct page *page)
{
	return PageHead(page) || PageTail(page);
}

static inline unsigned int compound_order(const struct page *page)
{
	return PageHead(page) ? page[1].order : 0;
}

#define page_private(page)		((page)->private)
#define set_page_private(page, v)	((page)->private = (v))

static inline void attach_page_private(struct page *page, void *data);
static inline void *detach_page_private(struct page *page);

static inline struct page *virt_to_head_page(const void *addr)
{
	return compound_head(virt_to_page(addr));
}

static inline int page_count(const struct page *page)
{
	return atomic_read(&compound_head(page)->_refcount);
}

/* => the caller holds a reference already */
static inline void get_page(struct page *page)
{
	atomic_inc(&compound_head(page)->_refcount);
}

/* Takes a reference unless the page is free: for lockless lookups. */
static inline bool get_page_unless_zero(struct page *page)
{
	return atomic_inc_not_zero(&compound_head(page)->_refcount);
}

/* Frees the page (or compound page) when the last reference goes. => any context */
void __put_page(struct page *page);

static inline void put_page(struct page *page)
{
	page = compound_head(page);
	if (atomic_dec_and_test(&page->_refcount))
		__put_page(page);
}

static inline void attach_page_private(struct page *page, void *data)
{
	get_page(page);
	page->private = (unsigned long)data;
	SetPagePrivate(page);
}

static inline void *detach_page_private(struct page *page)
{
	void *data = (void *)page->private;

	if (!PagePrivate(page))
		return NULL;
	ClearPagePrivate(page);
	page->private = 0;
	put_page(page);
	return data;
}

/* How many page table entries map the page (0: none, unlike the raw counter of Linux). */
static inline int page_mapcount(const struct page *page)
{
	return atomic_read(&page->_mapcount);
}

static inline bool page_mapped(const struct page *page)
{
	return page_mapcount(page) > 0;
}

static inline void clear_page(void *addr)
{
	__builtin_memset(addr, 0, PAGE_SIZE);
}

static inline void copy_page(void *to, const void *from)
{
	__builtin_memcpy(to, from, PAGE_SIZE);
}

#define clear_highpage(page) clear_page(page_address(page))

static inline void copy_highpage(struct page *to, struct page *from)
{
	copy_page(page_address(to), page_address(from));
}

static inline void zero_user_segment(struct page *page, unsigned int start, unsigned int end)
{
	if (end > start)
		__builtin_memset((char *)page_address(page) + start, 0, end - start);
}

static inline void zero_user(struct page *page, unsigned int start, unsigned int size)
{
	zero_user_segment(page, start, start + size);
}

/* Smallest order whose block holds `size` bytes. */
static inline int get_order(unsigned long size)
{
	return size <= PAGE_SIZE ? 0 : 64 - __builtin_clzl((size - 1) >> PAGE_SHIFT);
}

#endif
