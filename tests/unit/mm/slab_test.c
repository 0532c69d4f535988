// SPDX-License-Identifier: MIT
/* Slab caches and kmalloc. */
#include <kern/completion.h>
#include <kern/kthread.h>
#include <kern/ktest.h>
#include <kern/sched.h>
#include <mm/slab.h>
#include <mm/page.h>

KTEST(slab, kmalloc_sizes_and_alignment)
{
	for (size_t size = 1; size <= 20000; size += size / 7 + 1) {
		u8 *p = kmalloc(size, GFP_KERNEL);

		KASSERT_NOT_NULL(p);
		KEXPECT_GE(ksize(p), size);
		KEXPECT_EQ((unsigned long)p % ARCH_KMALLOC_MINALIGN, 0UL);
		if (!(size & (size - 1)))
			KEXPECT_EQ((unsigned long)p % min(size, (size_t)4096), 0UL);
		memset(p, 0xa5, size);
		kfree(p);
	}
}

KTEST(slab, kmalloc_borders)
{
	KEXPECT_EQ(kmalloc(0, GFP_KERNEL), ZERO_SIZE_PTR);
	kfree(ZERO_SIZE_PTR);
	kfree(NULL);
	KEXPECT_NULL(kmalloc(KMALLOC_MAX_SIZE + 1, GFP_KERNEL));
	KEXPECT_NULL(kcalloc(~0UL / 2, 3, GFP_KERNEL));
	KEXPECT_NULL(kmalloc_array(1UL << 40, 1UL << 40, GFP_KERNEL));
}

KTEST(slab, kzalloc_is_zero_also_after_reuse)
{
	for (int i = 0; i < 200; i++) {
		size_t size = 8 + (i * 37) % 3000;
		u8 *p = kmalloc(size, GFP_KERNEL);

		KASSERT_NOT_NULL(p);
		memset(p, 0xff, size);
		kfree(p);
		p = kzalloc(size, GFP_KERNEL);
		KASSERT_NOT_NULL(p);
		for (size_t j = 0; j < size; j++)
			KASSERT_EQ(p[j], 0);
		kfree(p);
	}
}

KTEST(slab, krealloc_keeps_contents)
{
	u8 *p = kmalloc(10, GFP_KERNEL), *q;

	KASSERT_NOT_NULL(p);
	for (int i = 0; i < 10; i++)
		p[i] = i;
	q = krealloc(p, 5000, GFP_KERNEL);
	KASSERT_NOT_NULL(q);
	for (int i = 0; i < 10; i++)
		KEXPECT_EQ(q[i], i);
	KEXPECT_EQ(krealloc(q, 0, GFP_KERNEL), ZERO_SIZE_PTR);
	q = krealloc(NULL, 64, GFP_KERNEL);
	KASSERT_NOT_NULL(q);
	kfree(q);
}

struct thing {
	u64 magic;
	u8 body[72];
};

static void thing_ctor(void *p)
{
	((struct thing *)p)->magic = 0x1234567890abcdefULL;
}

KTEST(slab, constructor_runs_once_and_contents_stay)
{
	struct kmem_cache *s = kmem_cache_create("test_things", sizeof(struct thing), 0, 0,
						 thing_ctor);
	struct thing *things[100];

	KASSERT_NOT_NULL(s);
	KEXPECT_EQ(kmem_cache_size(s), (unsigned int)sizeof(struct thing));
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 100; i++) {
			things[i] = kmem_cache_alloc(s, GFP_KERNEL);
			KASSERT_NOT_NULL(things[i]);
			KEXPECT_EQ(things[i]->magic, 0x1234567890abcdefULL);
		}
		for (int i = 0; i < 100; i++)
			kmem_cache_free(s, things[i]);
	}
	kmem_cache_destroy(s);
}

KTEST(slab, bulk_is_all_or_nothing)
{
	struct kmem_cache *s = kmem_cache_create("test_bulk", 48, 0, 0, NULL);
	void *objects[300];

	KASSERT_NOT_NULL(s);
	KEXPECT_EQ(kmem_cache_alloc_bulk(s, GFP_KERNEL, 300, objects), 300);
	for (int i = 0; i < 300; i++)
		memset(objects[i], i, 48);
	for (int i = 0; i < 300; i++)
		KEXPECT_EQ(((u8 *)objects[i])[47], (u8)i);
	kmem_cache_free_bulk(s, 300, objects);
	kmem_cache_shrink(s);
	kmem_cache_destroy(s);
}

KTEST(slab, kvmalloc_of_many_pages)
{
	u8 *p = kvzalloc(1 << 20, GFP_KERNEL);

	KASSERT_NOT_NULL(p);
	for (int i = 0; i < 1 << 20; i += 4096)
		p[i] = i >> 12;
	for (int i = 0; i < 1 << 20; i += 4096)
		KASSERT_EQ(p[i], (u8)(i >> 12));
	kvfree(p);
	kvfree(NULL);
}

/* Objects wander between threads through a mailbox: frees on another CPU than the alloc. */
#define BOXES 32
static void *boxes[BOXES];
struct mover {
	u64 seed;
	unsigned long errors;
	struct kmem_cache *cache;
	struct completion done;
};

static int move_objects(void *arg)
{
	struct mover *m = arg;
	u64 state = m->seed;

	for (int i = 0; i < 30000; i++) {
		u64 *p, *old;

		state = state * 6364136223846793005ULL + 1;
		p = kmem_cache_alloc(m->cache, GFP_KERNEL);
		if (!p)
			continue;
		p[0] = (u64)p;
		p[7] = ~(u64)p;
		old = xchg(&boxes[(state >> 40) % BOXES], p);
		if (old) {
			m->errors += old[0] != (u64)old || old[7] != ~(u64)old;
			old[0] = old[7] = 0;
			kmem_cache_free(m->cache, old);
		}
		if (i % 64 == 0)
			cond_resched();
	}
	complete(&m->done);
	return 0;
}

KTEST(slab, objects_freed_on_other_cpus)
{
	struct kmem_cache *s = kmem_cache_create("test_moves", 64, 0, 0, NULL);
	static struct mover movers[4];

	KASSERT_NOT_NULL(s);
	for (int i = 0; i < 4; i++) {
		movers[i] = (struct mover){ .seed = ktest_random(), .cache = s };
		init_completion(&movers[i].done);
		KASSERT_FALSE(IS_ERR(kthread_run(move_objects, &movers[i], "mover%d", i)));
	}
	for (int i = 0; i < 4; i++) {
		wait_for_completion(&movers[i].done);
		KEXPECT_EQ(movers[i].errors, 0UL);
	}
	for (int i = 0; i < BOXES; i++)
		kmem_cache_free(s, xchg(&boxes[i], NULL));
	kmem_cache_destroy(s);
}

/* ---- debugging: each kind of misuse is found once ---- */

#define ALL_CHECKS (SLAB_CONSISTENCY_CHECKS | SLAB_RED_ZONE | SLAB_POISON | SLAB_STORE_USER)

KTEST(slab_debug, writes_behind_an_object_are_found)
{
	struct kmem_cache *s = kmem_cache_create("debugged-a", 40, 0, ALL_CHECKS, NULL);
	unsigned long before = slab_corruptions();
	u8 *p = s ? kmem_cache_alloc(s, GFP_KERNEL) : NULL;

	KASSERT_NOT_NULL(p);
	p[40] = 1;
	kmem_cache_free(s, p);
	KEXPECT_EQ(slab_corruptions(), before + 1);
	kmem_cache_destroy(s);
}

KTEST(slab_debug, writes_to_free_objects_are_found)
{
	struct kmem_cache *s = kmem_cache_create("debugged-b", 40, 0, ALL_CHECKS, NULL);
	unsigned long before = slab_corruptions();
	u8 *p = s ? kmem_cache_alloc(s, GFP_KERNEL) : NULL, *q;

	KASSERT_NOT_NULL(p);
	kmem_cache_free(s, p);
	*(volatile u8 *)(p + 8) = 1;
	q = kmem_cache_alloc(s, GFP_KERNEL);
	KEXPECT_EQ(q, p);
	KEXPECT_EQ(slab_corruptions(), before + 1);
	kmem_cache_free(s, q);
	kmem_cache_destroy(s);
}

KTEST(slab_debug, second_frees_and_foreign_pointers_are_refused)
{
	struct kmem_cache *s = kmem_cache_create("debugged-c", 40, 0, ALL_CHECKS, NULL);
	unsigned long before = slab_corruptions();
	u8 *p = s ? kmem_cache_alloc(s, GFP_KERNEL) : NULL;

	KASSERT_NOT_NULL(p);
	kmem_cache_free(s, p + 8);
	KEXPECT_EQ(slab_corruptions(), before + 1);
	kmem_cache_free(s, p);
	KEXPECT_EQ(slab_corruptions(), before + 1);
	kmem_cache_free(s, p);
	KEXPECT_EQ(slab_corruptions(), before + 2);
	kmem_cache_destroy(s);
}

KTEST(slab_debug, sound_use_is_not_reported)
{
	struct kmem_cache *s = kmem_cache_create("debugged-d", 56, 64, ALL_CHECKS, NULL);
	unsigned long before = slab_corruptions();
	u8 *p[100];

	KASSERT_NOT_NULL(s);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 100; i++) {
			p[i] = kmem_cache_alloc(s, GFP_KERNEL);
			KASSERT_NOT_NULL(p[i]);
			KEXPECT_EQ((unsigned long)p[i] % 64, 0UL);
			memset(p[i], i, 56);
		}
		for (int i = 0; i < 100; i++)
			kmem_cache_free(s, p[(i * 37) % 100]);
	}
	KEXPECT_EQ(slab_corruptions(), before);
	kmem_cache_destroy(s);
}
