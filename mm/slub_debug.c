// SPDX-License-Identifier: MIT
/* Debugging of slab objects: red zones behind them, poison in free ones, double frees. */
#include "slab.h"

#ifdef CONFIG_DEBUG

static void report(struct kmem_cache *s, const void *object, const char *what, const u8 *at)
{
	pr_err("BUG: slab %s: %s: object %px, byte %ld is %02x\n", s->name, what, object,
	       (long)(at - (const u8 *)object), *at);
}

static const u8 *first_difference(const u8 *p, u8 value, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] != value)
			return p + i;
	return NULL;
}

static u8 *red_zone(struct kmem_cache *s, void *object)
{
	return (u8 *)object + s->inuse - 16;
}

static void poison(struct kmem_cache *s, void *object)
{
	memset(object, POISON_FREE, s->object_size - 1);
	((u8 *)object)[s->object_size - 1] = POISON_END;
}

void slab_debug_setup(struct kmem_cache *s, void *object)
{
	if (s->flags & SLAB_POISON)
		poison(s, object);
	if (s->flags & SLAB_RED_ZONE)
		memset(red_zone(s, object), RED_INACTIVE, 16);
}

void slab_debug_alloc(struct kmem_cache *s, void *object)
{
	const u8 *bad;

	if (s->flags & SLAB_POISON) {
		bad = first_difference(object, POISON_FREE, s->object_size - 1);
		if (bad)
			report(s, object, "written after it was freed", bad);
		memset(object, POISON_INUSE, s->object_size);
	}
	if (s->flags & SLAB_RED_ZONE) {
		bad = first_difference(red_zone(s, object), RED_INACTIVE, 16);
		if (bad)
			report(s, object, "red zone of a free object written", bad);
		memset(red_zone(s, object), RED_ACTIVE, 16);
	}
}

bool slab_debug_free(struct kmem_cache *s, struct page *page, void *object)
{
	unsigned long off = (char *)object - (char *)page_address(page);
	const u8 *bad;

	if (off % s->size || off / s->size >= page->objects) {
		report(s, object, "not the start of an object", object);
		return false;
	}
	if (s->flags & SLAB_RED_ZONE) {
		u8 *red = red_zone(s, object);

		if (!first_difference(red, RED_INACTIVE, 16)) {
			report(s, object, "freed twice", red);
			WARN_ON(1);
			return false;
		}
		bad = first_difference(red, RED_ACTIVE, 16);
		if (bad) {
			report(s, object, "written behind its end", bad);
			WARN_ON(1);
		}
		memset(red, RED_INACTIVE, 16);
	}
	if (s->flags & SLAB_POISON)
		poison(s, object);
	return true;
}

#else

void slab_debug_setup(struct kmem_cache *s, void *object) { }
void slab_debug_alloc(struct kmem_cache *s, void *object) { }
bool slab_debug_free(struct kmem_cache *s, struct page *page, void *object)
{
	return true;
}

#endif
