/* SPDX-License-Identifier: MIT */
/* Pools of elements that a path which frees memory can rely on. */
#ifndef MM_MEMPOOL_H
#define MM_MEMPOOL_H

#include <mm/gfp.h>

struct mempool;

/* An element or NULL; `data` is the pool's. => sleeps only if gfp allows it */
typedef void *(mempool_alloc_t)(gfp_t gfp, void *data);
/* => any context */
typedef void (mempool_free_t)(void *element, void *data);

/* A pool that keeps `min` elements back; NULL without memory. => may sleep */
struct mempool *mempool_create(unsigned int min, mempool_alloc_t *alloc, mempool_free_t *free,
			       void *data);
/* => all elements have come back; NULL is ignored */
void mempool_destroy(struct mempool *pool);
/* Never NULL if gfp allows sleeping: then it waits for another's element to come back. */
void *mempool_alloc(struct mempool *pool, gfp_t gfp);
/* => any context; NULL is ignored */
void mempool_free(void *element, struct mempool *pool);

/* Elements of a slab cache, of kmalloc() (data: the size), blocks of pages (data: the order). */
mempool_alloc_t mempool_alloc_slab, mempool_kmalloc, mempool_alloc_pages;
mempool_free_t mempool_free_slab, mempool_kfree, mempool_free_pages;

static inline struct mempool *mempool_create_slab_pool(unsigned int min, struct kmem_cache *cache)
{
	return mempool_create(min, mempool_alloc_slab, mempool_free_slab, cache);
}

static inline struct mempool *mempool_create_kmalloc_pool(unsigned int min, size_t size)
{
	return mempool_create(min, mempool_kmalloc, mempool_kfree, (void *)size);
}

static inline struct mempool *mempool_create_page_pool(unsigned int min, unsigned long order)
{
	return mempool_create(min, mempool_alloc_pages, mempool_free_pages, (void *)order);
}

#endif
