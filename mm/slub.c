// SPDX-License-Identifier: MIT
/*
 * Slab caches: equal objects carved from blocks of pages ("slabs").
 *
 * Free objects are linked through themselves. Each CPU owns one slab per cache (it is
 * "frozen") and takes objects from a private list of it, with interrupts off and no lock;
 * an object freed on that CPU into that slab goes back the same way. All else goes through
 * the cache's list_lock: frees into other slabs land on the slab's own list, and a CPU that
 * has run dry takes over that list of its slab, else the next partial slab, else new pages.
 *
 * page->inuse counts the objects that are not on page->freelist: those handed out and those
 * on the owning CPU's list. A slab with none in use is freed, except for a few per cache.
 *
 *	new -> frozen (a CPU's) -> full -> partial -> frozen ...
 *	                                   partial -> empty -> pages freed
 *
 * slub_debug= (mm/slub_debug.c) puts red zones behind objects, poisons free ones and notes users.
 * With slab_colour=1 slabs of a cache begin their objects at different cache lines.
 *
 * Lock order: list_lock, nothing inside. Page allocation happens with no lock held.
 */
#include "slab.h"

#include <kern/kcsan.h>
#include <kern/moduleparam.h>
#include <kern/rcupdate.h>
#include <mm/memcontrol.h>
#include <um/irqflags.h>
#include <um/percpu.h>

/* Empty slabs that a cache keeps. */
#define MIN_PARTIAL 4

static unsigned int colouring;
module_param_named(slab_colour, colouring, uint, 0444);

/* The list runs through free memory, which sanitizers guard. */
static __no_sanitize_address void *get_freepointer(const struct kmem_cache *s, void *object)
{
	return *(void **)((char *)object + s->offset);
}

static __no_sanitize_address void set_freepointer(const struct kmem_cache *s, void *object,
						  void *next)
{
	*(void **)((char *)object + s->offset) = next;
}

/* ---- slabs ---- */

/* `left`: bytes that no object takes. Objects stay aligned. */
static unsigned int pick_colour(struct kmem_cache *s, unsigned int left)
{
	unsigned int colours = left / SLAB_COLOUR_UNIT + 1, colour;

	if (!colouring || s->align > SLAB_COLOUR_UNIT)
		return 0;
	colour = READ_ONCE(s->next_colour) % colours;
	WRITE_ONCE(s->next_colour, colour + 1);
	return colour;
}

static void init_slab(struct kmem_cache *s, struct page *page, unsigned int order)
{
	unsigned int objects = (PAGE_SIZE << order) / s->size;
	unsigned int colour = pick_colour(s, (PAGE_SIZE << order) - objects * s->size);
	char *at = (char *)page_address(page) + colour * SLAB_COLOUR_UNIT;
	void *next = NULL;

	page->flags |= 1UL << PG_slab;
	page->slab_cache = s;
	page->objects = objects;
	page->inuse = 0;
	page->frozen = 0;
	page->colour = colour;
	INIT_LIST_HEAD(&page->slab_list);
	for (unsigned int i = objects; i-- > 0;) {
		void *object = at + (size_t)i * s->size;

		if (slab_debug(s))
			slab_debug_setup(s, object);
		if (s->ctor)
			s->ctor(object);
		set_freepointer(s, object, next);
		next = object;
		kasan_poison(object, s->object_size);
	}
	page->freelist = next;
}

static struct page *new_slab(struct kmem_cache *s, gfp_t gfp)
{
	unsigned int order = s->order;
	struct page *page = NULL;

	gfp &= ~(__GFP_ZERO | __GFP_DMA32 | __GFP_MOVABLE | __GFP_ACCOUNT);
	if (s->flags & SLAB_RECLAIM_ACCOUNT)
		gfp |= __GFP_RECLAIMABLE;
	if (order > s->min_order)
		page = alloc_pages((gfp | __GFP_COMP | __GFP_NOWARN | __GFP_NORETRY) &
				   ~__GFP_DIRECT_RECLAIM, order);
	if (!page) {
		order = s->min_order;
		page = alloc_pages(gfp | __GFP_COMP, order);
	}
	if (!page)
		return NULL;
	init_slab(s, page, order);
	mod_node_page_state(page, s->flags & SLAB_RECLAIM_ACCOUNT ? NR_SLAB_RECLAIMABLE :
							      NR_SLAB_UNRECLAIMABLE, 1L << order);
	return page;
}

static void free_slab_pages(struct page *page)
{
	unsigned int order = compound_order(page);

	kasan_unpoison(page_address(page), PAGE_SIZE << order);
	kfree(page->slab_groups);
	page->slab_groups = NULL;
	page->slab_cache = NULL;
	page->freelist = NULL;
	page->inuse = 0;
	ClearPageSlab(page);
	__free_pages(page, order);
}

static void free_slab_rcu(struct rcu_head *head)
{
	free_slab_pages(container_of((unsigned long (*)[2])head, struct page, rcu_words));
}

/* => off all lists, no locks held */
static void free_slab(struct kmem_cache *s, struct page *page)
{
	mod_node_page_state(page, s->flags & SLAB_RECLAIM_ACCOUNT ? NR_SLAB_RECLAIMABLE :
			    NR_SLAB_UNRECLAIMABLE, -(1L << compound_order(page)));
	if (s->flags & SLAB_TYPESAFE_BY_RCU)
		call_rcu((struct rcu_head *)page->rcu_words, free_slab_rcu);
	else
		free_slab_pages(page);
}

/* ---- lists; => list_lock held ---- */

static void add_partial(struct kmem_cache *s, struct page *page)
{
	list_add(&page->slab_list, &s->partial);
	s->nr_partial++;
}

static void remove_partial(struct kmem_cache *s, struct page *page)
{
	list_del_init(&page->slab_list);
	s->nr_partial--;
}

/* The slab is out of use: true when the caller must free it (after unlocking). */
static bool retire_if_empty(struct kmem_cache *s, struct page *page)
{
	if (page->inuse || s->nr_partial < MIN_PARTIAL)
		return false;
	s->nr_slabs--;
	s->total_objects -= page->objects;
	return true;
}

/* Takes all free objects of a slab for a CPU. */
static void *acquire_freelist(struct page *page)
{
	void *list = page->freelist;

	page->freelist = NULL;
	page->inuse = page->objects;
	page->frozen = 1;
	return list;
}

/*
 * Gives a CPU's slab up.
 * => interrupts off, list_lock held; true when the slab must be freed
 */
static bool deactivate_slab(struct kmem_cache *s, struct kmem_cache_cpu *c)
{
	struct page *page = c->page;
	void *object = c->freelist;

	while (object) {
		void *next = get_freepointer(s, object);

		set_freepointer(s, object, page->freelist);
		page->freelist = object;
		page->inuse--;
		object = next;
	}
	c->page = NULL;
	c->freelist = NULL;
	page->frozen = 0;
	if (retire_if_empty(s, page))
		return true;
	if (page->freelist)
		add_partial(s, page);
	return false;
}

/* ---- allocation ---- */

/*
 * The CPU's list is empty: finds it another.
 * => interrupts off; false: there is nothing without new pages
 */
static bool refill_cpu_slab(struct kmem_cache *s, struct kmem_cache_cpu *c)
{
	struct page *page = c->page;

	spin_lock(&s->list_lock);
	if (page && !page->freelist) {
		page->frozen = 0;	/* full: on no list until something is freed into it */
		c->page = page = NULL;
	}
	if (!page && !list_empty(&s->partial)) {
		page = list_first_entry(&s->partial, struct page, slab_list);
		remove_partial(s, page);
	}
	if (page) {
		c->page = page;
		c->freelist = acquire_freelist(page);
	}
	spin_unlock(&s->list_lock);
	return page != NULL;
}

/* Makes a new slab this CPU's (which may have got another meanwhile). => interrupts off */
static void install_slab(struct kmem_cache *s, struct kmem_cache_cpu *c, struct page *page)
{
	spin_lock(&s->list_lock);
	s->nr_slabs++;
	s->total_objects += page->objects;
	if (c->page) {
		add_partial(s, page);
	} else {
		c->page = page;
		c->freelist = acquire_freelist(page);
	}
	spin_unlock(&s->list_lock);
}

static noinline void *alloc_slow(struct kmem_cache *s, gfp_t gfp)
{
	struct kmem_cache_cpu *c;
	unsigned long flags;
	struct page *page;
	void *object;

	for (;;) {
		local_irq_save(flags);
		c = this_cpu_ptr(s->cpu_slab);
		if (c->freelist || refill_cpu_slab(s, c)) {
			object = c->freelist;
			c->freelist = get_freepointer(s, object);
			local_irq_restore(flags);
			return object;
		}
		local_irq_restore(flags);
		page = new_slab(s, gfp);
		if (!page)
			return NULL;
		local_irq_save(flags);
		install_slab(s, this_cpu_ptr(s->cpu_slab), page);
		local_irq_restore(flags);
	}
}

void *slab_alloc(struct kmem_cache *s, gfp_t gfp, const void *caller)
{
	struct kmem_cache_cpu *c;
	unsigned long flags;
	void *object;

	if (should_failslab(s, gfp))
		return NULL;
	local_irq_save(flags);
	c = this_cpu_ptr(s->cpu_slab);
	object = c->freelist;
	if (likely(object))
		c->freelist = get_freepointer(s, object);
	local_irq_restore(flags);
	if (unlikely(!object)) {
		object = alloc_slow(s, gfp);
		if (!object)
			return NULL;
	}
	kasan_unpoison(object, s->object_size);
	if (slab_debug(s))
		slab_debug_alloc(s, object, caller);
	if (mem_cgroup_on() && ((gfp & __GFP_ACCOUNT) || (s->flags & SLAB_ACCOUNT)) &&
	    !memcg_slab_charge(s, object, gfp)) {
		kmem_cache_free(s, object);
		return NULL;
	}
	if (gfp & __GFP_ZERO)
		memset(object, 0, s->object_size);
	return object;
}

void *kmem_cache_alloc(struct kmem_cache *s, gfp_t gfp)
{
	return slab_alloc(s, gfp, __builtin_return_address(0));
}

int kmem_cache_alloc_bulk(struct kmem_cache *s, gfp_t gfp, size_t nr, void **objects)
{
	for (size_t i = 0; i < nr; i++) {
		objects[i] = slab_alloc(s, gfp, __builtin_return_address(0));
		if (!objects[i]) {
			kmem_cache_free_bulk(s, i, objects);
			return 0;
		}
	}
	return nr;
}

/* ---- freeing ---- */

static noinline void free_slow(struct kmem_cache *s, struct page *page, void *object)
{
	unsigned long flags;
	bool was_full, drop = false;

	spin_lock_irqsave(&s->list_lock, flags);
	was_full = !page->freelist && !page->frozen;
	set_freepointer(s, object, page->freelist);
	page->freelist = object;
	page->inuse--;
	if (!page->frozen) {
		if (!was_full)
			remove_partial(s, page);
		drop = retire_if_empty(s, page);
		if (!drop)
			add_partial(s, page);
	}
	spin_unlock_irqrestore(&s->list_lock, flags);
	if (drop)
		free_slab(s, page);
}

static void slab_free(struct kmem_cache *s, struct page *page, void *object, const void *caller)
{
	struct kmem_cache_cpu *c;
	unsigned long flags;

	if (slab_debug(s) && !slab_debug_free(s, page, object, caller))
		return;
	if (unlikely(page->slab_groups))
		memcg_slab_uncharge(s, page, object);
	if (!(s->flags & SLAB_TYPESAFE_BY_RCU)) {
		kasan_poison(object, s->object_size);
		/* Whoever touches it now does so after it was freed. */
		kcsan_check_access(object, s->object_size, KCSAN_ACCESS_WRITE | KCSAN_ACCESS_ASSERT);
	}
	local_irq_save(flags);
	c = this_cpu_ptr(s->cpu_slab);
	if (likely(c->page == page)) {
		set_freepointer(s, object, c->freelist);
		c->freelist = object;
		local_irq_restore(flags);
		return;
	}
	local_irq_restore(flags);
	free_slow(s, page, object);
}

void kmem_cache_free(struct kmem_cache *s, void *object)
{
	struct page *page;

	if (!object)
		return;
	page = virt_to_head_page(object);
	if (WARN(page->slab_cache != s || !PageSlab(page), "%s: foreign object %px freed\n", s->name,
		 object))
		return;
	slab_free(s, page, object, __builtin_return_address(0));
}

void kmem_cache_free_bulk(struct kmem_cache *s, size_t nr, void **objects)
{
	for (size_t i = 0; i < nr; i++)
		kmem_cache_free(s, objects[i]);
}

void kfree(const void *object)
{
	struct page *page;

	if (ZERO_OR_NULL_PTR(object))
		return;
	page = virt_to_head_page(object);
	if (likely(PageSlab(page))) {
		slab_free(page->slab_cache, page, (void *)object, __builtin_return_address(0));
		return;
	}
	if (WARN(page_address(page) != object || !page_count(page),
		 "kfree of %px, which kmalloc did not return\n", object))
		return;
	mod_node_page_state(page, NR_SLAB_UNRECLAIMABLE, -(1L << compound_order(page)));
	put_page(page);
}

/* ---- life of a cache ---- */

/*
 * object | red zone (debug) | free pointer | users (debug). The free pointer lies in the object itself unless
 * the object must keep its contents while it is free.
 */
int kmem_cache_layout(struct kmem_cache *s)
{
	unsigned int size = ALIGN(s->object_size, sizeof(void *));
	bool outside = s->ctor || (s->flags & (SLAB_TYPESAFE_BY_RCU | SLAB_POISON));

#ifdef __SANITIZE_ADDRESS__
	outside = true;
#endif
	if (s->flags & SLAB_RED_ZONE)
		size += 16;
	s->inuse = size;
	s->offset = 0;
	if (outside) {
		s->offset = size;
		size += sizeof(void *);
	}
	s->track = size;
	if (s->flags & SLAB_STORE_USER)
		size += 2 * sizeof(struct slab_track);
	s->size = ALIGN(size, s->align);
	s->min_order = get_order(s->size);
	if (s->min_order > MAX_ORDER)
		return -EINVAL;
	s->order = s->min_order;
	while (s->order < 3 && (PAGE_SIZE << s->order) / s->size < 8)
		s->order++;
	return 0;
}

int kmem_cache_open(struct kmem_cache *s, const char *name, unsigned int size,
		    unsigned int align, unsigned int flags, void (*ctor)(void *))
{
	int err;

	if (flags & SLAB_HWCACHE_ALIGN)
		align = max(align, size > 32 ? 64U : 32U);
	s->name = name;
	s->object_size = size;
	s->align = max(align, (unsigned int)sizeof(void *));
	s->flags = flags | slab_debug_flags(name);
	if (ctor || (flags & SLAB_TYPESAFE_BY_RCU))
		s->flags &= ~SLAB_POISON;
	s->ctor = ctor;
	spin_lock_init(&s->list_lock);
	INIT_LIST_HEAD(&s->partial);
	err = kmem_cache_layout(s);
	if (err)
		return err;
	s->cpu_slab = alloc_percpu(struct kmem_cache_cpu);
	return s->cpu_slab ? 0 : -ENOMEM;
}

/* Detaches the slabs of every CPU: only when no other CPU can be using the cache. */
static void flush_cpu_slabs(struct kmem_cache *s)
{
	for (unsigned int cpu = 0; cpu < NR_CPUS; cpu++) {
		struct kmem_cache_cpu *c;
		struct page *page;
		unsigned long flags;
		bool drop;

		if (!__per_cpu_offset[cpu])
			continue;
		c = per_cpu_ptr(s->cpu_slab, cpu);
		spin_lock_irqsave(&s->list_lock, flags);
		page = c->page;
		drop = page && deactivate_slab(s, c);
		spin_unlock_irqrestore(&s->list_lock, flags);
		if (drop)
			free_slab(s, page);
	}
}

/* Frees all empty slabs. */
int kmem_cache_shrink(struct kmem_cache *s)
{
	struct page *page, *next;
	unsigned long flags;
	LIST_HEAD(empty);

	spin_lock_irqsave(&s->list_lock, flags);
	list_for_each_entry_safe(page, next, &s->partial, slab_list) {
		if (page->inuse)
			continue;
		remove_partial(s, page);
		s->nr_slabs--;
		s->total_objects -= page->objects;
		list_add(&page->slab_list, &empty);
	}
	spin_unlock_irqrestore(&s->list_lock, flags);
	list_for_each_entry_safe(page, next, &empty, slab_list)
		free_slab(s, page);
	return 0;
}

unsigned long kmem_cache_close(struct kmem_cache *s)
{
	flush_cpu_slabs(s);
	kmem_cache_shrink(s);
	return s->nr_slabs;
}

/* Objects handed out, about: what CPUs hold counts as used. */
unsigned long kmem_cache_count_used(struct kmem_cache *s)
{
	unsigned long flags, used;
	struct page *page;

	spin_lock_irqsave(&s->list_lock, flags);
	used = s->total_objects;
	list_for_each_entry(page, &s->partial, slab_list)
		used -= page->objects - page->inuse;
	spin_unlock_irqrestore(&s->list_lock, flags);
	return used;
}
