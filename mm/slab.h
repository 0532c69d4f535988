/* SPDX-License-Identifier: MIT */
/* The slab allocator's own structures (slub.c, slub_debug.c, slab_common.c). */
#ifndef MM_SLAB_INTERNAL_H
#define MM_SLAB_INTERNAL_H

#include "internal.h"

#include <mm/percpu.h>
#include <mm/slab.h>

/* A CPU's share: touched on that CPU only, with interrupts off. */
struct kmem_cache_cpu {
	void *freelist;			/* next free object of page */
	struct page *page;		/* frozen: nobody else allocates from it */
};

/*
 * (i) constant after creation  (l) list_lock  (s) slab_caches_lock
 */
struct kmem_cache {
	struct kmem_cache_cpu *cpu_slab;	/* i: per CPU */
	unsigned int flags;			/* i: SLAB_* */
	unsigned int size;			/* i: distance of objects */
	unsigned int object_size;		/* i: what the user asked for */
	unsigned int offset;			/* i: of the free pointer in an object */
	unsigned int inuse;			/* i: end of object and red zone */
	unsigned int align;			/* i */
	unsigned int order;			/* i: of a slab, when memory is plenty */
	unsigned int min_order;			/* i: of a slab that holds one object at least */
	void (*ctor)(void *object);		/* i */
	const char *name;			/* i */

	spinlock_t list_lock;
	struct list_head partial;		/* l: slabs with free objects, no CPU's */
	unsigned long nr_partial;		/* l */
	unsigned long nr_slabs;			/* l */
	unsigned long total_objects;		/* l */
	struct list_head list;			/* s */
};

extern struct list_head slab_caches;
struct mutex;
extern struct mutex slab_mutex;

static inline bool slab_debug(const struct kmem_cache *s)
{
#ifdef CONFIG_DEBUG
	return (s->flags & (SLAB_POISON | SLAB_RED_ZONE)) != 0;
#else
	return false;
#endif
}

/* Fills in sizes and orders; 0 or -EINVAL. */
int kmem_cache_layout(struct kmem_cache *s);
int kmem_cache_open(struct kmem_cache *s, const char *name, unsigned int size,
		    unsigned int align, unsigned int flags, void (*ctor)(void *));
/* Gives back all CPUs' slabs and all empty ones; objects still in use. */
unsigned long kmem_cache_close(struct kmem_cache *s);
unsigned long kmem_cache_count_used(struct kmem_cache *s);

/* Debugging: a new slab, an object handed out, an object taken back (false: do not free it). */
void slab_debug_setup(struct kmem_cache *s, void *object);
void slab_debug_alloc(struct kmem_cache *s, void *object);
bool slab_debug_free(struct kmem_cache *s, struct page *page, void *object);

#endif
