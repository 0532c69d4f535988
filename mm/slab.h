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

/* Who had an object, and when. */
struct slab_track {
	const void *caller;
	unsigned long when;		/* jiffies */
	unsigned int cpu;
	pid_t pid;
};

/* Slabs begin at different multiples of this where slab_colour=1 and there is room. */
#define SLAB_COLOUR_UNIT 64U

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
	unsigned int track;			/* i: offset of its users (debug) */
	unsigned int align;			/* i */
	unsigned int order;			/* i: of a slab, when memory is plenty */
	unsigned int min_order;			/* i: of a slab that holds one object at least */
	void (*ctor)(void *object);		/* i */
	const char *name;			/* i */

	spinlock_t list_lock;
	struct list_head partial;		/* l: slabs with free objects, no CPU's */
	unsigned long nr_partial;		/* l */
	unsigned long nr_slabs;			/* l */
	unsigned int next_colour;		/* a hint: of the next slab */
	unsigned long total_objects;		/* l */
	struct list_head list;			/* s */
};

extern struct list_head slab_caches;
struct mutex;
extern struct mutex slab_mutex;

static inline bool slab_debug(const struct kmem_cache *s)
{
	return unlikely(s->flags & SLAB_DEBUG_FLAGS);
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
void slab_debug_alloc(struct kmem_cache *s, void *object, const void *caller);
bool slab_debug_free(struct kmem_cache *s, struct page *page, void *object, const void *caller);
/* What slub_debug= says for the cache. */
unsigned int slab_debug_flags(const char *name);
/* kmem_cache_alloc() on behalf of the caller. */
void *slab_alloc(struct kmem_cache *s, gfp_t gfp, const void *caller);

/*
 * Charges a new object to the group of the current task: false when that is full. The other is for
 * slabs with slab_groups only. => charge: may sleep if gfp allows it; uncharge: any context
 */
bool memcg_slab_charge(struct kmem_cache *s, void *object, gfp_t gfp);
void memcg_slab_uncharge(struct kmem_cache *s, struct page *page, const void *object);

#endif
