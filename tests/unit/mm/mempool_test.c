// SPDX-License-Identifier: MIT
/* Pools of elements. */
#include <kern/completion.h>
#include <kern/kthread.h>
#include <kern/ktest.h>
#include <kern/sched.h>
#include <mm/mempool.h>
#include <mm/slab.h>

/* An allocator that can be told to fail. */
struct source {
	bool dry;
	int out;
};

static void *source_alloc(gfp_t gfp, void *data)
{
	struct source *s = data;
	void *p = READ_ONCE(s->dry) ? NULL : kmalloc(64, GFP_KERNEL);

	s->out += p != NULL;
	return p;
}

static void source_free(void *element, void *data)
{
	((struct source *)data)->out--;
	kfree(element);
}

KTEST(mempool, elements_are_kept_back_and_refilled_first)
{
	struct source s = {};
	struct mempool *pool = mempool_create(3, source_alloc, source_free, &s);
	void *got[3];

	KASSERT_NOT_NULL(pool);
	KEXPECT_EQ(s.out, 3);
	s.dry = true;
	for (int i = 0; i < 3; i++) {
		got[i] = mempool_alloc(pool, GFP_NOWAIT);
		KASSERT_NOT_NULL(got[i]);
	}
	KEXPECT_NULL(mempool_alloc(pool, GFP_NOWAIT));
	mempool_free(got[0], pool);
	KEXPECT_EQ(s.out, 3);
	got[0] = mempool_alloc(pool, GFP_NOWAIT);
	KEXPECT_NOT_NULL(got[0]);
	for (int i = 0; i < 3; i++)
		mempool_free(got[i], pool);
	mempool_free(NULL, pool);
	s.dry = false;
	got[0] = mempool_alloc(pool, GFP_KERNEL);
	KEXPECT_EQ(s.out, 4);
	mempool_free(got[0], pool);
	KEXPECT_EQ(s.out, 3);
	mempool_destroy(pool);
	KEXPECT_EQ(s.out, 0);
}

KTEST(mempool, creation_without_memory_leaves_nothing)
{
	struct source s = { .dry = true };

	KEXPECT_NULL(mempool_create(2, source_alloc, source_free, &s));
	KEXPECT_EQ(s.out, 0);
}

struct waiter {
	struct mempool *pool;
	struct completion got;
	void *element;
};

static int wait_for_element(void *data)
{
	struct waiter *w = data;

	w->element = mempool_alloc(w->pool, GFP_NOIO);
	complete(&w->got);
	return 0;
}

KTEST(mempool, who_may_sleep_gets_the_next_that_comes_back)
{
	struct source s = {};
	struct waiter w = {};
	void *only;

	w.pool = mempool_create(1, source_alloc, source_free, &s);
	KASSERT_NOT_NULL(w.pool);
	init_completion(&w.got);
	s.dry = true;
	only = mempool_alloc(w.pool, GFP_NOWAIT);
	KASSERT_NOT_NULL(only);
	kthread_run(wait_for_element, &w, "waiter");
	KEXPECT_EQ(wait_for_completion_timeout(&w.got, 5), 0UL);
	mempool_free(only, w.pool);
	wait_for_completion(&w.got);
	KEXPECT_EQ(w.element, only);
	mempool_free(w.element, w.pool);
	mempool_destroy(w.pool);
	KEXPECT_EQ(s.out, 0);
}

KTEST(mempool, ready_made_kinds)
{
	struct mempool *pages = mempool_create_page_pool(2, 1);
	struct mempool *bytes = mempool_create_kmalloc_pool(2, 300);
	void *p, *b;

	KASSERT_NOT_NULL(pages);
	KASSERT_NOT_NULL(bytes);
	p = mempool_alloc(pages, GFP_KERNEL);
	b = mempool_alloc(bytes, GFP_KERNEL);
	KEXPECT_NOT_NULL(p);
	KEXPECT_GE(ksize(b), (size_t)300);
	mempool_free(p, pages);
	mempool_free(b, bytes);
	mempool_destroy(pages);
	mempool_destroy(bytes);
	mempool_destroy(NULL);
}
