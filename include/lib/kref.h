/* SPDX-License-Identifier: MIT */
/* A reference count that calls a release function when it falls to zero. */
#ifndef LIB_KREF_H
#define LIB_KREF_H

#include <kern/mutex.h>
#include <kern/refcount.h>
#include <kern/spinlock.h>

struct kref {
	refcount_t refcount;
};

#define KREF_INIT(n) { .refcount = REFCOUNT_INIT(n) }

static inline void kref_init(struct kref *kref)
{
	refcount_set(&kref->refcount, 1);
}

static inline unsigned int kref_read(const struct kref *kref)
{
	return refcount_read(&kref->refcount);
}

/* The caller holds a reference already. */
static inline void kref_get(struct kref *kref)
{
	refcount_inc(&kref->refcount);
}

/* For lookups: fails when the count has fallen to zero. */
static inline int __must_check kref_get_unless_zero(struct kref *kref)
{
	return refcount_inc_not_zero(&kref->refcount);
}

/* => 1 when @release was called. */
static inline int kref_put(struct kref *kref, void (*release)(struct kref *kref))
{
	if (!refcount_dec_and_test(&kref->refcount))
		return 0;
	release(kref);
	return 1;
}

/* @release is called with the lock held, and drops it. */
static inline int kref_put_mutex(struct kref *kref, void (*release)(struct kref *kref),
				 struct mutex *mutex)
{
	if (!refcount_dec_and_mutex_lock(&kref->refcount, mutex))
		return 0;
	release(kref);
	return 1;
}

static inline int kref_put_lock(struct kref *kref, void (*release)(struct kref *kref),
				spinlock_t *lock)
{
	if (!refcount_dec_and_lock(&kref->refcount, lock))
		return 0;
	release(kref);
	return 1;
}

#endif
