/* SPDX-License-Identifier: MIT */
/* Small objects: caches of equal ones, and kmalloc(). */
#ifndef MM_SLAB_H
#define MM_SLAB_H

#include <kern/types.h>
#include <mm/gfp.h>
#include <mm/shrinker.h>

struct kmem_cache;
struct seq_file;

#define SLAB_CONSISTENCY_CHECKS	0x00000100u	/* debug: of what is freed */
#define SLAB_RED_ZONE		0x00000400u	/* debug: guard bytes around objects */
#define SLAB_POISON		0x00000800u	/* debug: fill free objects */
#define SLAB_HWCACHE_ALIGN	0x00002000u
#define SLAB_STORE_USER		0x00010000u	/* debug: who allocated and freed */
#define SLAB_PANIC		0x00040000u	/* creation at boot must not fail */
#define SLAB_TYPESAFE_BY_RCU	0x00080000u	/* pages are freed after a grace period */
#define SLAB_MEM_SPREAD		0x00100000u
#define SLAB_ACCOUNT		0x04000000u
#define SLAB_RECLAIM_ACCOUNT	0x00020000u

/* What slub_debug= chooses from. */
#define SLAB_DEBUG_FLAGS (SLAB_CONSISTENCY_CHECKS | SLAB_RED_ZONE | SLAB_POISON | SLAB_STORE_USER)

/* kmalloc(0): may be freed, must not be read. */
#define ZERO_SIZE_PTR ((void *)16)
#define ZERO_OR_NULL_PTR(x) ((unsigned long)(x) <= (unsigned long)ZERO_SIZE_PTR)

/* Every kmalloc is aligned to this at least; powers of two to their size. */
#define ARCH_KMALLOC_MINALIGN 16
#define KMALLOC_MIN_SIZE 16
/* Above this kmalloc takes whole pages. */
#define KMALLOC_MAX_CACHE_SIZE 8192UL
#define KMALLOC_MAX_SIZE (1UL << (12 + 10))

/*
 * A cache of objects of `size` bytes. `ctor` runs once for each object of a new slab; objects
 * keep what they hold between free and alloc (except with debugging, where ctor runs at each
 * allocation). NULL when memory is out. `name` must stay valid.
 * => may sleep; before the page allocator works: never
 */
struct kmem_cache *kmem_cache_create(const char *name, unsigned int size, unsigned int align,
				     unsigned int flags, void (*ctor)(void *));
#define kmem_cache_create_usercopy(name, size, align, flags, off, len, ctor) \
	kmem_cache_create(name, size, align, flags, ctor)
#define KMEM_CACHE(type, flags) \
	kmem_cache_create(#type, sizeof(struct type), __alignof__(struct type), flags, NULL)

/* => no object is in use any more (else it warns and keeps the memory) */
void kmem_cache_destroy(struct kmem_cache *cache);
/* Gives empty slabs back; always 0. */
int kmem_cache_shrink(struct kmem_cache *cache);
unsigned int kmem_cache_size(const struct kmem_cache *cache);

/* One object or NULL. => sleeps only if gfp allows it */
void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp);
static inline void *kmem_cache_zalloc(struct kmem_cache *cache, gfp_t gfp)
{
	return kmem_cache_alloc(cache, gfp | __GFP_ZERO);
}
/* => any context; NULL is ignored */
void kmem_cache_free(struct kmem_cache *cache, void *object);
/* `nr` objects or none: the number. */
int kmem_cache_alloc_bulk(struct kmem_cache *cache, gfp_t gfp, size_t nr, void **objects);
void kmem_cache_free_bulk(struct kmem_cache *cache, size_t nr, void **objects);

/* Memory of any size up to KMALLOC_MAX_SIZE, contiguous, in the direct map; NULL on failure. */
void *kmalloc(size_t size, gfp_t gfp) __attribute__((malloc, alloc_size(1)));
/* NULL, ZERO_SIZE_PTR and anything of kmalloc or kmem_cache_alloc. => any context */
void kfree(const void *object);
/* Clears the object before it frees it. */
void kfree_sensitive(const void *object);
void *krealloc(const void *object, size_t size, gfp_t gfp);
/* Usable bytes behind a kmalloc pointer. */
size_t ksize(const void *object);

static inline void *kzalloc(size_t size, gfp_t gfp)
{
	return kmalloc(size, gfp | __GFP_ZERO);
}

static inline void *kmalloc_array(size_t n, size_t size, gfp_t gfp)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	return kmalloc(bytes, gfp);
}

static inline void *kcalloc(size_t n, size_t size, gfp_t gfp)
{
	return kmalloc_array(n, size, gfp | __GFP_ZERO);
}

static inline void *krealloc_array(void *object, size_t n, size_t size, gfp_t gfp)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	return krealloc(object, bytes, gfp);
}

#define kmalloc_node(size, gfp, node) kmalloc(size, gfp)
#define kzalloc_node(size, gfp, node) kzalloc(size, gfp)
#define kmem_cache_alloc_node(cache, gfp, node) kmem_cache_alloc(cache, gfp)

/* Small: kmalloc; large or fragmented: vmalloc. Freed by kvfree(). => may sleep */
void *kvmalloc(size_t size, gfp_t gfp) __attribute__((malloc, alloc_size(1)));
void kvfree(const void *addr);
static inline void *kvzalloc(size_t size, gfp_t gfp)
{
	return kvmalloc(size, gfp | __GFP_ZERO);
}
static inline void *kvmalloc_array(size_t n, size_t size, gfp_t gfp)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	return kvmalloc(bytes, gfp);
}
static inline void *kvcalloc(size_t n, size_t size, gfp_t gfp)
{
	return kvmalloc_array(n, size, gfp | __GFP_ZERO);
}

char *kstrdup(const char *s, gfp_t gfp);
const char *kstrdup_const(const char *s, gfp_t gfp);
void kfree_const(const void *s);
char *kstrndup(const char *s, size_t max, gfp_t gfp);
void *kmemdup(const void *src, size_t len, gfp_t gfp);
char *kmemdup_nul(const char *s, size_t len, gfp_t gfp);
/* Copies of user memory: ERR_PTR(-EFAULT), ERR_PTR(-ENOMEM), ERR_PTR(-EINVAL) when longer. */
void *memdup_user(const void __user *src, size_t len);
void *memdup_user_nul(const void __user *src, size_t len);
void *vmemdup_user(const void __user *src, size_t len);
char *strndup_user(const char __user *s, long max);

/* The seq_file body of /proc/slabinfo: start, next, stop, show. */
struct seq_operations;
extern const struct seq_operations slabinfo_op;

/* How often debugging has found objects that were misused. */
unsigned long slab_corruptions(void);

void kmem_cache_init(void);
bool slab_is_available(void);

#endif
