// SPDX-License-Identifier: MIT
/* The page allocator: random traffic against a model of who owns which page, on all CPUs. */
#include <kern/completion.h>
#include <kern/kthread.h>
#include <kern/ktest.h>
#include <kern/sched.h>
#include <kern/smp.h>
#include <mm/gfp.h>
#include <mm/page.h>
#include <mm/slab.h>
#include <mm/vmstat.h>

KTEST(buddy, block_is_aligned_and_counted)
{
	for (unsigned int order = 0; order <= MAX_ORDER; order++) {
		struct page *page = alloc_pages(GFP_KERNEL | __GFP_NOWARN | __GFP_NORETRY, order);

		if (!page && order > 3)
			continue;
		KASSERT_NOT_NULL(page);
		KEXPECT_EQ(page_to_pfn(page) & ((1UL << order) - 1), 0UL);
		KEXPECT_EQ(page_count(page), 1);
		KEXPECT_EQ(page_mapcount(page), 0);
		__free_pages(page, order);
	}
}

KTEST(buddy, too_large_order_fails)
{
	KEXPECT_NULL(alloc_pages(GFP_KERNEL, MAX_ORDER + 1));
}

KTEST(buddy, zero_flag_gives_zeros)
{
	for (int round = 0; round < 50; round++) {
		struct page *page = alloc_pages(GFP_KERNEL | __GFP_ZERO, round % 4);
		u8 *p;

		KASSERT_NOT_NULL(page);
		p = page_address(page);
		for (unsigned long i = 0; i < PAGE_SIZE << (round % 4); i += 61)
			KASSERT_EQ(p[i], 0);
		memset(p, 0xff, PAGE_SIZE << (round % 4));
		__free_pages(page, round % 4);
	}
}

KTEST(buddy, compound_pages_know_their_head)
{
	struct page *page = alloc_pages(GFP_KERNEL | __GFP_COMP, 3);

	KASSERT_NOT_NULL(page);
	KEXPECT_EQ(compound_order(page), 3U);
	for (int i = 0; i < 8; i++)
		KEXPECT_EQ(compound_head(page + i), page);
	get_page(page + 5);
	KEXPECT_EQ(page_count(page), 2);
	put_page(page + 7);
	put_page(page);
}

KTEST(buddy, split_block_frees_page_by_page)
{
	struct page *page = alloc_pages(GFP_KERNEL, 4);

	KASSERT_NOT_NULL(page);
	split_page(page, 4);
	for (int i = 15; i >= 0; i--) {
		KEXPECT_EQ(page_count(page + i), 1);
		__free_page(page + i);
	}
}

KTEST(buddy, speculative_reference_keeps_first_page_only)
{
	struct page *page = alloc_pages(GFP_KERNEL, 2);
	unsigned long pfn;

	KASSERT_NOT_NULL(page);
	pfn = page_to_pfn(page);
	get_page(page);
	__free_pages(page, 2);
	KEXPECT_EQ(page_count(pfn_to_page(pfn)), 1);
	KEXPECT_EQ(page_count(pfn_to_page(pfn + 1)), 0);
	put_page(page);
}

KTEST(buddy, exact_allocation_gives_the_tail_back)
{
	void *p = alloc_pages_exact(5 * PAGE_SIZE, GFP_KERNEL);

	KASSERT_NOT_NULL(p);
	for (int i = 0; i < 5; i++)
		KEXPECT_EQ(page_count(virt_to_page((char *)p + i * PAGE_SIZE)), 1);
	free_pages_exact(p, 5 * PAGE_SIZE);
}

KTEST(buddy, what_is_freed_comes_back)
{
	unsigned long before;

	drain_all_pages();
	before = nr_free_pages();
	for (int round = 0; round < 20; round++) {
		struct page *pages[32] = { NULL };
		unsigned long n = alloc_pages_bulk_array(GFP_KERNEL, 32, pages);

		KASSERT_EQ(n, 32UL);
		for (int i = 0; i < 32; i++)
			put_page(pages[i]);
	}
	drain_all_pages();
	/* Others allocate meanwhile: a leak of ours would be 640 pages. */
	KEXPECT_GE(nr_free_pages() + 320, before);
}

/*
 * The model: each block is filled with the number of its owner's slot; an overlap of two
 * blocks shows as a wrong word.
 */
#define SLOTS 64
struct worker {
	u64 seed;
	unsigned long errors;
	struct completion done;
};

struct block {
	struct page *page;
	unsigned int order;
};

static u64 next_random(u64 *state)
{
	*state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
	return *state >> 33;
}

static void fill(struct block *b, u64 mark)
{
	u64 *p = page_address(b->page);

	for (unsigned long i = 0; i < 1UL << b->order; i++)
		p[i * (PAGE_SIZE / 8)] = p[i * (PAGE_SIZE / 8) + 511] = mark + i;
}

static unsigned long check(struct block *b, u64 mark)
{
	u64 *p = page_address(b->page);
	unsigned long bad = 0;

	for (unsigned long i = 0; i < 1UL << b->order; i++)
		bad += p[i * (PAGE_SIZE / 8)] != mark + i || p[i * (PAGE_SIZE / 8) + 511] != mark + i;
	return bad;
}

static int traffic(void *arg)
{
	struct worker *w = arg;
	struct block blocks[SLOTS] = { { NULL, 0 } };
	u64 state = w->seed;

	for (int i = 0; i < 20000; i++) {
		unsigned int s = next_random(&state) % SLOTS;
		struct block *b = &blocks[s];
		u64 mark = (w->seed << 32) + (s << 16);

		if (b->page) {
			w->errors += check(b, mark);
			__free_pages(b->page, b->order);
			b->page = NULL;
		} else {
			b->order = next_random(&state) % 16 ? next_random(&state) % 3 :
							      next_random(&state) % 7;
			b->page = alloc_pages(GFP_KERNEL | __GFP_NOWARN | __GFP_NORETRY, b->order);
			if (b->page)
				fill(b, mark);
		}
		if (i % 64 == 0)
			cond_resched();
	}
	for (unsigned int s = 0; s < SLOTS; s++) {
		if (!blocks[s].page)
			continue;
		w->errors += check(&blocks[s], (w->seed << 32) + (s << 16));
		__free_pages(blocks[s].page, blocks[s].order);
	}
	complete(&w->done);
	return 0;
}

KTEST(buddy, random_traffic_on_all_cpus_never_overlaps)
{
	static struct worker workers[4];

	for (int i = 0; i < 4; i++) {
		struct task_struct *t;

		workers[i].seed = ktest_random() % 100000 + 1;
		workers[i].errors = 0;
		init_completion(&workers[i].done);
		t = kthread_run(traffic, &workers[i], "buddy%d", i);
		KASSERT_FALSE(IS_ERR(t));
	}
	for (int i = 0; i < 4; i++) {
		wait_for_completion(&workers[i].done);
		KEXPECT_EQ(workers[i].errors, 0UL);
	}
}
