// SPDX-License-Identifier: MIT
/*
 * Pools of elements that never run dry for good: some are kept back, and who may wait gets the next
 * that comes back. What the pool lends must come back without memory being needed for it; so a
 * write that frees memory makes progress when there is none.
 *
 * An allocation asks the underlying allocator first, without reclaim or the reserve, then the elements
 * kept back, then reclaims, then waits. A free fills the pool up before it gives anything away.
 *
 * Lock: pool->lock, interrupts off; nothing is taken inside.
 */
#include <mm/mempool.h>

#include <kern/kernel.h>
#include <kern/sched.h>
#include <kern/spinlock.h>
#include <kern/wait.h>
#include <mm/page.h>
#include <mm/slab.h>

/*
 *   (l) lock      (c) constant
 */
struct mempool {
	spinlock_t lock;
	unsigned int min, nr;		/* c; l: elements kept back */
	void **elements;		/* l */
	mempool_alloc_t *alloc;		/* c */
	mempool_free_t *free;		/* c */
	void *data;			/* c */
	wait_queue_head_t wait;
};

void mempool_destroy(struct mempool *pool)
{
	if (!pool)
		return;
	while (pool->nr)
		pool->free(pool->elements[--pool->nr], pool->data);
	kfree(pool->elements);
	kfree(pool);
}

struct mempool *mempool_create(unsigned int min, mempool_alloc_t *alloc, mempool_free_t *free,
			       void *data)
{
	struct mempool *pool = kzalloc(sizeof(*pool), GFP_KERNEL);

	if (!pool)
		return NULL;
	spin_lock_init(&pool->lock);
	init_waitqueue_head(&pool->wait);
	pool->min = min;
	pool->alloc = alloc;
	pool->free = free;
	pool->data = data;
	pool->elements = kmalloc_array(min, sizeof(void *), GFP_KERNEL);
	while (pool->elements && pool->nr < min) {
		void *element = alloc(GFP_KERNEL, data);

		if (!element)
			break;
		pool->elements[pool->nr++] = element;
	}
	if (pool->elements && pool->nr == min)
		return pool;
	mempool_destroy(pool);
	return NULL;
}

static void *take_reserved(struct mempool *pool)
{
	void *element = NULL;
	unsigned long flags;

	spin_lock_irqsave(&pool->lock, flags);
	if (pool->nr)
		element = pool->elements[--pool->nr];
	spin_unlock_irqrestore(&pool->lock, flags);
	return element;
}

void *mempool_alloc(struct mempool *pool, gfp_t gfp)
{
	gfp_t light = (gfp | __GFP_NOWARN | __GFP_NORETRY | __GFP_NOMEMALLOC) &
		      ~(__GFP_DIRECT_RECLAIM | __GFP_IO | __GFP_FS | __GFP_NOFAIL | __GFP_ZERO);
	void *element = pool->alloc(light, pool->data);

	if (!element)
		element = take_reserved(pool);
	if (element || !(gfp & __GFP_DIRECT_RECLAIM))
		return element;
	/* Waiting without trying to free memory could be for ever if nothing is lent. */
	element = pool->alloc((light | (gfp & (__GFP_IO | __GFP_FS))) | __GFP_DIRECT_RECLAIM,
			      pool->data);
	if (!element)
		wait_event(pool->wait, (element = take_reserved(pool)) ||
				       (element = pool->alloc(light, pool->data)));
	return element;
}

void mempool_free(void *element, struct mempool *pool)
{
	unsigned long flags;

	if (!element)
		return;
	spin_lock_irqsave(&pool->lock, flags);
	if (pool->nr < pool->min) {
		pool->elements[pool->nr++] = element;
		element = NULL;
	}
	spin_unlock_irqrestore(&pool->lock, flags);
	if (element)
		pool->free(element, pool->data);
	/* Who waits may take what the allocator now has, too. */
	smp_mb();	/* the element is there before we look who sleeps */
	if (waitqueue_active(&pool->wait))
		wake_up(&pool->wait);
}

void *mempool_alloc_slab(gfp_t gfp, void *cache)
{
	return kmem_cache_alloc(cache, gfp);
}

void mempool_free_slab(void *element, void *cache)
{
	kmem_cache_free(cache, element);
}

void *mempool_kmalloc(gfp_t gfp, void *size)
{
	return kmalloc((size_t)size, gfp);
}

void mempool_kfree(void *element, void *size)
{
	kfree(element);
}

void *mempool_alloc_pages(gfp_t gfp, void *order)
{
	return alloc_pages(gfp, (unsigned long)order);
}

void mempool_free_pages(void *element, void *order)
{
	__free_pages(element, (unsigned long)order);
}
