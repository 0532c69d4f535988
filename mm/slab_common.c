// SPDX-License-Identifier: MIT
/* Creation of slab caches, kmalloc() and its size classes, /proc/slabinfo. */
#include "slab.h"

#include <fs/seq_file.h>
#include <kern/mutex.h>
#include <kern/panic.h>
#include <kern/rcupdate.h>

LIST_HEAD(slab_caches);
/* Guards slab_caches and the life of caches; taken before everything of a cache. */
DEFINE_MUTEX(slab_mutex);

static struct kmem_cache boot_cache;	/* of struct kmem_cache itself */
static bool slab_up;

bool slab_is_available(void)
{
	return slab_up;
}

struct kmem_cache *kmem_cache_create(const char *name, unsigned int size, unsigned int align,
				     unsigned int flags, void (*ctor)(void *))
{
	struct kmem_cache *s = kmem_cache_zalloc(&boot_cache, GFP_KERNEL);

	if (!s || !size || kmem_cache_open(s, name, size, align, flags, ctor)) {
		kmem_cache_free(&boot_cache, s);
		if (flags & SLAB_PANIC)
			panic("no memory for the slab cache %s", name);
		return NULL;
	}
	mutex_lock(&slab_mutex);
	list_add_tail(&s->list, &slab_caches);
	mutex_unlock(&slab_mutex);
	return s;
}

void kmem_cache_destroy(struct kmem_cache *s)
{
	if (!s)
		return;
	if (s->flags & SLAB_TYPESAFE_BY_RCU)
		rcu_barrier();
	mutex_lock(&slab_mutex);
	list_del(&s->list);
	mutex_unlock(&slab_mutex);
	if (WARN(kmem_cache_close(s), "kmem_cache_destroy %s: objects are in use\n", s->name))
		return;
	if (s->flags & SLAB_TYPESAFE_BY_RCU)
		rcu_barrier();
	free_percpu(s->cpu_slab);
	kmem_cache_free(&boot_cache, s);
}

unsigned int kmem_cache_size(const struct kmem_cache *s)
{
	return s->object_size;
}

/* ---- kmalloc ---- */

/* 16 32 64 96 128 192 256 512 1024 2048 4096 8192 */
static const struct {
	const char *name;
	unsigned int size;
} classes[] = {
	{ "kmalloc-16", 16 },	  { "kmalloc-32", 32 },	    { "kmalloc-64", 64 },
	{ "kmalloc-96", 96 },	  { "kmalloc-128", 128 },   { "kmalloc-192", 192 },
	{ "kmalloc-256", 256 },	  { "kmalloc-512", 512 },   { "kmalloc-1k", 1024 },
	{ "kmalloc-2k", 2048 },	  { "kmalloc-4k", 4096 },   { "kmalloc-8k", 8192 },
};
static struct kmem_cache kmalloc_caches[ARRAY_SIZE(classes)];
/* Class of sizes 1..192 by (size - 1) / 16. */
static u8 small_class[12];

static struct kmem_cache *kmalloc_slab(size_t size)
{
	if (size <= 192)
		return &kmalloc_caches[small_class[(size - 1) / 16]];
	return &kmalloc_caches[6 + (size <= 256 ? 0 : 56 - __builtin_clzl(size - 1))];
}

static void *kmalloc_large(size_t size, gfp_t gfp)
{
	unsigned int order = get_order(size);
	struct page *page = alloc_pages(gfp | __GFP_COMP, order);

	if (!page)
		return NULL;
	mod_node_page_state(page, NR_SLAB_UNRECLAIMABLE, 1L << order);
	return page_address(page);
}

void *kmalloc(size_t size, gfp_t gfp)
{
	if (unlikely(!size))
		return ZERO_SIZE_PTR;
	if (unlikely(size > KMALLOC_MAX_CACHE_SIZE))
		return size > KMALLOC_MAX_SIZE ? NULL : kmalloc_large(size, gfp);
	return slab_alloc(kmalloc_slab(size), gfp, __builtin_return_address(0));
}

size_t ksize(const void *object)
{
	struct page *page;

	if (ZERO_OR_NULL_PTR(object))
		return 0;
	page = virt_to_head_page(object);
	return PageSlab(page) ? page->slab_cache->object_size : PAGE_SIZE << compound_order(page);
}

void *krealloc(const void *object, size_t size, gfp_t gfp)
{
	size_t old = ksize(object);
	void *copy;

	if (!size) {
		kfree(object);
		return ZERO_SIZE_PTR;
	}
	if (old >= size)
		return (void *)object;
	copy = kmalloc(size, gfp);
	if (copy && old) {
		memcpy(copy, object, old);
		kfree(object);
	}
	return copy;
}

void kfree_sensitive(const void *object)
{
	if (!ZERO_OR_NULL_PTR(object)) {
		memset((void *)object, 0, ksize(object));
		OPTIMIZER_HIDE_VAR(object);
	}
	kfree(object);
}

static void init_kmalloc_caches(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(small_class); i++) {
		unsigned int c = 0;

		while (classes[c].size < (i + 1) * 16)
			c++;
		small_class[i] = c;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(classes); i++) {
		unsigned int size = classes[i].size;
		unsigned int align = size & (size - 1) ? 32 : size;

		if (kmem_cache_open(&kmalloc_caches[i], classes[i].name, size, align, 0, NULL))
			BUG();
		list_add_tail(&kmalloc_caches[i].list, &slab_caches);
	}
}

void kmem_cache_init(void)
{
	if (kmem_cache_open(&boot_cache, "kmem_cache", sizeof(struct kmem_cache), 64, 0, NULL))
		BUG();
	list_add_tail(&boot_cache.list, &slab_caches);
	init_kmalloc_caches();
	slab_up = true;
}

/* ---- /proc/slabinfo ---- */

static void *slab_start(struct seq_file *m, loff_t *pos)
{
	mutex_lock(&slab_mutex);
	if (*pos == 0)
		seq_puts(m, "slabinfo - version: 2.1\n# name            <active_objs> <num_objs> "
			    "<objsize> <objperslab> <pagesperslab> : tunables <limit> <batchcount> "
			    "<sharedfactor> : slabdata <active_slabs> <num_slabs> <sharedavail>\n");
	return seq_list_start(&slab_caches, *pos);
}

static void *slab_next(struct seq_file *m, void *p, loff_t *pos)
{
	return seq_list_next(p, &slab_caches, pos);
}

static void slab_stop(struct seq_file *m, void *p)
{
	mutex_unlock(&slab_mutex);
}

static int slab_show(struct seq_file *m, void *p)
{
	struct kmem_cache *s = list_entry(p, struct kmem_cache, list);

	seq_printf(m, "%-17s %6lu %6lu %6u %4u %4d : tunables    0    0    0 : slabdata %6lu %6lu %6d\n",
		   s->name, kmem_cache_count_used(s), s->total_objects, s->size,
		   (unsigned int)((PAGE_SIZE << s->order) / s->size), 1 << s->order, s->nr_slabs,
		   s->nr_slabs, 0);
	return 0;
}

const struct seq_operations slabinfo_op = {
	.start = slab_start,
	.next = slab_next,
	.stop = slab_stop,
	.show = slab_show,
};
