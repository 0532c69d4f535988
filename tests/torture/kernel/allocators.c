// SPDX-License-Identifier: MIT
/*
 * The buddy and the slab allocator: blocks of random sizes, filled with a pattern of their own,
 * handed about between the threads, which go from CPU to CPU, and freed by another than who
 * allocated them. A pattern that is found changed belongs to memory that was given out twice, or
 * written after it was freed.
 */
#include <kern/cpumask.h>
#include <kern/errno.h>
#include <kern/delay.h>
#include <kern/sched.h>
#include <mm/gfp.h>
#include <mm/page.h>
#include <mm/slab.h>

#include "torture.h"

#define PLACES 256
#define MAX_TORTURED_ORDER 5
#define ROUNDS_ON_CPU 256

/* In front of each block's pattern. */
struct block {
	unsigned long self;		/* its own address, changed by KEY */
	unsigned long size;		/* bytes, this header included */
	unsigned int order;		/* of pages; NOT_PAGES: of the slab */
	unsigned int seed;
};

#define KEY 0xa5c3a5c3a5c3a5c3UL
#define NOT_PAGES 0xffU

static struct block *blocks[PLACES];
static struct kmem_cache *cache;
static struct cpumask seen;		/* CPUs that a thread was on */

#define CACHE_SIZE 200

static int setup_allocators(void)
{
	cache = kmem_cache_create("torture", CACHE_SIZE, 8, 0, NULL);
	return cache ? 0 : -ENOMEM;
}

/* Every word of small blocks, some words of each cache line group of large ones. */
static unsigned long step_of(const struct block *block)
{
	return block->size > 4096 ? 61 : 1;
}

static void fill(struct block *block, unsigned long size, unsigned int order, unsigned int seed)
{
	unsigned long *words = (unsigned long *)block;

	*block = (struct block){
		.self = (unsigned long)block ^ KEY, .size = size, .order = order, .seed = seed,
	};
	for (unsigned long i = sizeof(*block) / 8; i < size / 8; i += step_of(block))
		words[i] = (unsigned long)(words + i) * (2 * seed + 1);
}

static void check_block(const struct torture *test, const struct block *block)
{
	const unsigned long *words = (const unsigned long *)block;

	if (block->self != ((unsigned long)block ^ KEY)) {
		torture_fail(test, "block %p is not its own: %lx", block, block->self ^ KEY);
		return;
	}
	for (unsigned long i = sizeof(*block) / 8; i < block->size / 8; i += step_of(block)) {
		if (words[i] != (unsigned long)(words + i) * (2 * block->seed + 1)) {
			torture_fail(test, "block %p of %lu bytes changed at word %lu", block,
				     block->size, i);
			return;
		}
	}
}

static struct block *allocate(struct torture_thread *self)
{
	gfp_t gfp = torture_below(self, 4) ? GFP_KERNEL : GFP_NOWAIT;
	unsigned int seed = torture_random(self);
	struct block *block;
	unsigned long size;

	switch (torture_below(self, 4)) {
	case 0: {
		unsigned int order = torture_below(self, MAX_TORTURED_ORDER + 1);

		block = (struct block *)__get_free_pages(gfp | __GFP_NORETRY | __GFP_NOWARN, order);
		if (block)
			fill(block, PAGE_SIZE << order, order, seed);
		return block;
	}
	case 1:
		block = kmem_cache_alloc(cache, gfp);
		if (block)
			fill(block, CACHE_SIZE, NOT_PAGES - 1, seed);
		return block;
	default:
		size = sizeof(struct block) + torture_below(self, 1U << (5 + torture_below(self, 9)));
		block = kmalloc(size, gfp);
		if (block)
			fill(block, size, NOT_PAGES, seed);
		return block;
	}
}

static void release(struct block *block)
{
	unsigned int order = block->order;

	/* Whoever still believes in it shall find it changed. */
	block->self = 0;
	if (order == NOT_PAGES)
		kfree(block);
	else if (order == NOT_PAGES - 1)
		kmem_cache_free(cache, block);
	else
		free_pages((unsigned long)block, order);
}

/* Each thread begins on a CPU of its own, and comes to all. */
static void move_on(struct torture_thread *self)
{
	unsigned int cpu = (self->number + self->rounds / ROUNDS_ON_CPU) % num_online_cpus();

	if (set_cpus_allowed_ptr(current, cpumask_of(cpu)))
		torture_fail(self->test, "cannot go to CPU %u", cpu);
	else
		cpumask_set_cpu(cpu, &seen);
}

static void allocators_round(struct torture_thread *self)
{
	struct block **place = &blocks[torture_below(self, PLACES)], *block = NULL;

	if (self->rounds % ROUNDS_ON_CPU == 0)
		move_on(self);
	if (torture_below(self, 5) < 3)
		block = allocate(self);
	/* The planted failure: a word of somebody else's block. */
	if (block && block->size >= sizeof(*block) + 8 && torture_plant(self->test))
		((unsigned long *)block)[sizeof(*block) / 8] ^= 1;
	block = __atomic_exchange_n(place, block, __ATOMIC_ACQ_REL);
	if (block) {
		check_block(self->test, block);
		release(block);
	}
	if (!torture_below(self, 1024))
		drain_local_pages();
	if (!torture_below(self, 4096))
		kmem_cache_shrink(cache);
}

static void finish_allocators(const struct torture *test)
{
	for (unsigned int i = 0; i < PLACES; i++) {
		if (blocks[i]) {
			check_block(test, blocks[i]);
			release(blocks[i]);
		}
	}
	TORTURE_CHECK(test, cpumask_equal(&seen, cpu_online_mask));
	/* Warns, and keeps the memory, when an object is left. */
	kmem_cache_destroy(cache);
}

TORTURE(allocators, .threads = 4, .setup = setup_allocators, .round = allocators_round,
	.finish = finish_allocators);
