/* SPDX-License-Identifier: MIT */
/*
 * The XArray: an array of pointers indexed by unsigned long, sparse, resizable, searchable by
 * three marks per entry, and readable under RCU alone.
 *
 * A slot holds a pointer (4-byte aligned), a value entry (xa_mk_value(): an integer of 63
 * bits), or nothing. The low two bits of what is stored say which: 00 pointer, x1 value,
 * 10 internal (nodes, siblings, reserved entries: never seen by callers of the normal API).
 *
 * Locking: the functions without underscores take xa_lock themselves (_bh and _irq: with
 * softirqs or interrupts off); the __xa_ forms want it held, and drop it to allocate when @gfp
 * allows that. Loads and iterations run under rcu_read_lock, which they take themselves, so an
 * entry that they return must be kept alive by the caller.
 */
#ifndef LIB_XARRAY_H
#define LIB_XARRAY_H

#include <kern/compiler.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/spinlock.h>
#include <kern/types.h>
#include <lib/bitops.h>

struct xa_node;

struct xarray {
	spinlock_t xa_lock;
	unsigned int xa_flags;		/* written under xa_lock */
	struct xa_node *xa_head;	/* written under xa_lock, read under RCU: entry or root node */
};

typedef unsigned int xa_mark_t;
#define XA_MARK_0 ((xa_mark_t)0U)
#define XA_MARK_1 ((xa_mark_t)1U)
#define XA_MARK_2 ((xa_mark_t)2U)
#define XA_PRESENT ((xa_mark_t)8U)
#define XA_MARK_MAX XA_MARK_2
#define XA_FREE_MARK XA_MARK_0

#define XA_FLAGS_LOCK_IRQ 1U
#define XA_FLAGS_LOCK_BH 2U
#define XA_FLAGS_TRACK_FREE 4U
#define XA_FLAGS_ZERO_BUSY 8U
#define XA_FLAGS_ALLOC_WRAPPED 16U
#define XA_FLAGS_ACCOUNT 32U
#define XA_FLAGS_MARK(mark) (1U << (8 + (mark)))
#define XA_FLAGS_ALLOC (XA_FLAGS_TRACK_FREE | XA_FLAGS_MARK(XA_FREE_MARK))
#define XA_FLAGS_ALLOC1 (XA_FLAGS_ALLOC | XA_FLAGS_ZERO_BUSY)

#define XARRAY_INIT(name, flags) {						\
	.xa_lock = __SPIN_LOCK_UNLOCKED(name.xa_lock),				\
	.xa_flags = (flags),							\
	.xa_head = NULL,							\
}
#define DEFINE_XARRAY_FLAGS(name, flags) struct xarray name = XARRAY_INIT(name, flags)
#define DEFINE_XARRAY(name) DEFINE_XARRAY_FLAGS(name, 0)
#define DEFINE_XARRAY_ALLOC(name) DEFINE_XARRAY_FLAGS(name, XA_FLAGS_ALLOC)
#define DEFINE_XARRAY_ALLOC1(name) DEFINE_XARRAY_FLAGS(name, XA_FLAGS_ALLOC1)

struct xa_limit {
	u32 max, min;
};

#define XA_LIMIT(_min, _max) (struct xa_limit){ .min = (_min), .max = (_max) }
#define xa_limit_32b XA_LIMIT(0, 0xffffffffU)
#define xa_limit_31b XA_LIMIT(0, 0x7fffffffU)
#define xa_limit_16b XA_LIMIT(0, 0xffffU)

static inline void xa_init_flags(struct xarray *xa, unsigned int flags)
{
	spin_lock_init(&xa->xa_lock);
	xa->xa_flags = flags;
	xa->xa_head = NULL;
}

static inline void xa_init(struct xarray *xa)
{
	xa_init_flags(xa, 0);
}

static inline void *xa_mk_value(unsigned long v)
{
	return (void *)((v << 1) | 1);
}

static inline unsigned long xa_to_value(const void *entry)
{
	return (unsigned long)entry >> 1;
}

static inline bool xa_is_value(const void *entry)
{
	return (unsigned long)entry & 1;
}

static inline void *xa_tag_pointer(void *p, unsigned long tag)
{
	return (void *)((unsigned long)p | tag);
}

static inline void *xa_untag_pointer(void *entry)
{
	return (void *)((unsigned long)entry & ~3UL);
}

static inline unsigned int xa_pointer_tag(void *entry)
{
	return (unsigned long)entry & 3UL;
}

/* Internal entries; public because the inline functions below need them. */
static inline void *xa_mk_internal(unsigned long v)
{
	return (void *)((v << 2) | 2);
}

static inline bool xa_is_internal(const void *entry)
{
	return ((unsigned long)entry & 3) == 2;
}

#define XA_ZERO_ENTRY xa_mk_internal(257)

static inline bool xa_is_zero(const void *entry)
{
	return unlikely(entry == XA_ZERO_ENTRY);
}

/* Errors travel as internal entries, so that every pointer value stays usable. */
static inline void *xa_mk_err(int err)
{
	return (void *)(((long)err * 4) | 2);
}

static inline bool xa_is_err(const void *entry)
{
	return unlikely(xa_is_internal(entry) && (unsigned long)entry >= (unsigned long)(-4095L * 4));
}

static inline int xa_err(void *entry)
{
	return xa_is_err(entry) ? (int)((long)entry >> 2) : 0;
}

static inline bool xa_empty(const struct xarray *xa)
{
	return READ_ONCE(xa->xa_head) == NULL;
}

static inline bool xa_marked(const struct xarray *xa, xa_mark_t mark)
{
	return READ_ONCE(xa->xa_flags) & XA_FLAGS_MARK(mark);
}

#define xa_trylock(xa) spin_trylock(&(xa)->xa_lock)
#define xa_lock(xa) spin_lock(&(xa)->xa_lock)
#define xa_unlock(xa) spin_unlock(&(xa)->xa_lock)
#define xa_lock_bh(xa) spin_lock_bh(&(xa)->xa_lock)
#define xa_unlock_bh(xa) spin_unlock_bh(&(xa)->xa_lock)
#define xa_lock_irq(xa) spin_lock_irq(&(xa)->xa_lock)
#define xa_unlock_irq(xa) spin_unlock_irq(&(xa)->xa_lock)
#define xa_lock_irqsave(xa, flags) spin_lock_irqsave(&(xa)->xa_lock, flags)
#define xa_unlock_irqrestore(xa, flags) spin_unlock_irqrestore(&(xa)->xa_lock, flags)

/* RCU readers. */
void *xa_load(struct xarray *xa, unsigned long index);
bool xa_get_mark(struct xarray *xa, unsigned long index, xa_mark_t mark);
void *xa_find(struct xarray *xa, unsigned long *index, unsigned long max, xa_mark_t filter);
void *xa_find_after(struct xarray *xa, unsigned long *index, unsigned long max, xa_mark_t filter);
/* => How many entries from @start to @max went to @dst. */
unsigned int xa_extract(struct xarray *xa, void **dst, unsigned long start, unsigned long max,
			unsigned int n, xa_mark_t filter);

/* Writers that take the lock. Stores return the old entry, or xa_mk_err(-ENOMEM/-EINVAL). */
void *xa_store(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp);
void *xa_erase(struct xarray *xa, unsigned long index);
void xa_set_mark(struct xarray *xa, unsigned long index, xa_mark_t mark);
void xa_clear_mark(struct xarray *xa, unsigned long index, xa_mark_t mark);
/* Frees all nodes; the entries are the caller's. */
void xa_destroy(struct xarray *xa);

/* The same with xa_lock held (dropped to allocate when @gfp may block). */
void *__xa_store(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp);
void *__xa_erase(struct xarray *xa, unsigned long index);
void *__xa_cmpxchg(struct xarray *xa, unsigned long index, void *old, void *entry, gfp_t gfp);
int __xa_insert(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp);
int __xa_alloc(struct xarray *xa, u32 *id, void *entry, struct xa_limit limit, gfp_t gfp);
int __xa_alloc_cyclic(struct xarray *xa, u32 *id, void *entry, struct xa_limit limit, u32 *next,
		      gfp_t gfp);
void __xa_set_mark(struct xarray *xa, unsigned long index, xa_mark_t mark);
void __xa_clear_mark(struct xarray *xa, unsigned long index, xa_mark_t mark);

/* Wraps a __xa_ function in the lock of the given flavour. */
#define __XA_LOCKED(lock, unlock, xa, call) ({					\
	typeof(call) __ret;							\
	lock(xa);								\
	__ret = call;								\
	unlock(xa);								\
	__ret;									\
})

static inline void *xa_store_bh(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp)
{
	return __XA_LOCKED(xa_lock_bh, xa_unlock_bh, xa, __xa_store(xa, index, entry, gfp));
}

static inline void *xa_store_irq(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp)
{
	return __XA_LOCKED(xa_lock_irq, xa_unlock_irq, xa, __xa_store(xa, index, entry, gfp));
}

static inline void *xa_erase_bh(struct xarray *xa, unsigned long index)
{
	return __XA_LOCKED(xa_lock_bh, xa_unlock_bh, xa, __xa_erase(xa, index));
}

static inline void *xa_erase_irq(struct xarray *xa, unsigned long index)
{
	return __XA_LOCKED(xa_lock_irq, xa_unlock_irq, xa, __xa_erase(xa, index));
}

/* => The old entry; @entry is stored when it was @old. */
static inline void *xa_cmpxchg(struct xarray *xa, unsigned long index, void *old, void *entry,
			       gfp_t gfp)
{
	return __XA_LOCKED(xa_lock, xa_unlock, xa, __xa_cmpxchg(xa, index, old, entry, gfp));
}

static inline void *xa_cmpxchg_irq(struct xarray *xa, unsigned long index, void *old, void *entry,
				   gfp_t gfp)
{
	return __XA_LOCKED(xa_lock_irq, xa_unlock_irq, xa, __xa_cmpxchg(xa, index, old, entry, gfp));
}

/* => 0, -EBUSY when something stands there, -ENOMEM. */
static inline int xa_insert(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp)
{
	return __XA_LOCKED(xa_lock, xa_unlock, xa, __xa_insert(xa, index, entry, gfp));
}

static inline int xa_insert_bh(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp)
{
	return __XA_LOCKED(xa_lock_bh, xa_unlock_bh, xa, __xa_insert(xa, index, entry, gfp));
}

static inline int xa_insert_irq(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp)
{
	return __XA_LOCKED(xa_lock_irq, xa_unlock_irq, xa, __xa_insert(xa, index, entry, gfp));
}

/* => 0 and the lowest free index in @limit in *@id; -EBUSY when full, -ENOMEM. */
static inline int xa_alloc(struct xarray *xa, u32 *id, void *entry, struct xa_limit limit,
			   gfp_t gfp)
{
	return __XA_LOCKED(xa_lock, xa_unlock, xa, __xa_alloc(xa, id, entry, limit, gfp));
}

static inline int xa_alloc_bh(struct xarray *xa, u32 *id, void *entry, struct xa_limit limit,
			      gfp_t gfp)
{
	return __XA_LOCKED(xa_lock_bh, xa_unlock_bh, xa, __xa_alloc(xa, id, entry, limit, gfp));
}

static inline int xa_alloc_irq(struct xarray *xa, u32 *id, void *entry, struct xa_limit limit,
			       gfp_t gfp)
{
	return __XA_LOCKED(xa_lock_irq, xa_unlock_irq, xa, __xa_alloc(xa, id, entry, limit, gfp));
}

/* The same from *@next on; 1 when it wrapped. */
static inline int xa_alloc_cyclic(struct xarray *xa, u32 *id, void *entry, struct xa_limit limit,
				  u32 *next, gfp_t gfp)
{
	return __XA_LOCKED(xa_lock, xa_unlock, xa,
			   __xa_alloc_cyclic(xa, id, entry, limit, next, gfp));
}

static inline int xa_alloc_cyclic_irq(struct xarray *xa, u32 *id, void *entry,
				      struct xa_limit limit, u32 *next, gfp_t gfp)
{
	return __XA_LOCKED(xa_lock_irq, xa_unlock_irq, xa,
			   __xa_alloc_cyclic(xa, id, entry, limit, next, gfp));
}

/* A reserved index reads as NULL, and xa_insert() says -EBUSY. */
static inline int xa_reserve(struct xarray *xa, unsigned long index, gfp_t gfp)
{
	return xa_err(xa_cmpxchg(xa, index, NULL, XA_ZERO_ENTRY, gfp));
}

static inline void xa_release(struct xarray *xa, unsigned long index)
{
	xa_cmpxchg(xa, index, XA_ZERO_ENTRY, NULL, 0);
}

#define xa_for_each_range(xa, index, entry, start, last)			\
	for (index = (start), entry = xa_find(xa, &index, last, XA_PRESENT);	\
	     entry;								\
	     entry = xa_find_after(xa, &index, last, XA_PRESENT))

#define xa_for_each_start(xa, index, entry, start)				\
	xa_for_each_range(xa, index, entry, start, ~0UL)

#define xa_for_each(xa, index, entry) xa_for_each_start(xa, index, entry, 0)

#define xa_for_each_marked(xa, index, entry, filter)				\
	for (index = 0, entry = xa_find(xa, &index, ~0UL, filter); entry;	\
	     entry = xa_find_after(xa, &index, ~0UL, filter))

#endif
