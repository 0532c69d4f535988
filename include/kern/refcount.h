/* SPDX-License-Identifier: MIT */
/* Reference counts: an atomic that refuses to come back from zero and saturates instead of wrapping. */
#ifndef KERN_REFCOUNT_H
#define KERN_REFCOUNT_H

#include <kern/atomic.h>

typedef struct {
	atomic_t refs;
} refcount_t;

#define REFCOUNT_INIT(n) { ATOMIC_INIT(n) }
#define REFCOUNT_SATURATED ((int)0xc0000000)

/* Reports a count that was used after free, leaked past its range or dropped too often; saturates it. */
void refcount_warn_saturate(refcount_t *r, const char *what);

static inline void refcount_set(refcount_t *r, int n)
{
	atomic_set(&r->refs, n);
}

static inline unsigned int refcount_read(const refcount_t *r)
{
	return atomic_read(&r->refs);
}

static inline void refcount_add(int n, refcount_t *r)
{
	int old = atomic_fetch_add(n, &r->refs);

	if (unlikely(old <= 0 || old + n < 0))
		refcount_warn_saturate(r, old == 0 ? "addition on 0; use after free" : "saturated; leaking memory");
}

static inline void refcount_inc(refcount_t *r)
{
	refcount_add(1, r);
}

static inline bool refcount_inc_not_zero(refcount_t *r)
{
	return atomic_inc_not_zero(&r->refs);
}

/* => true when this was the last reference; the caller then owns the object. */
static inline bool refcount_sub_and_test(int n, refcount_t *r)
{
	int old = atomic_fetch_sub(n, &r->refs);

	if (unlikely(old < n))
		refcount_warn_saturate(r, "underflow; use after free");
	return old == n;
}

static inline bool refcount_dec_and_test(refcount_t *r)
{
	return refcount_sub_and_test(1, r);
}

static inline void refcount_dec(refcount_t *r)
{
	if (unlikely(atomic_fetch_sub(1, &r->refs) <= 1))
		refcount_warn_saturate(r, "decrement hit 0; leaking memory");
}

#endif
