/* SPDX-License-Identifier: MIT */
/*
 * Atomic integers. Operations that return a value order memory fully, unless their name
 * ends in _relaxed, _acquire or _release; those that return nothing order nothing.
 */
#ifndef KERN_ATOMIC_H
#define KERN_ATOMIC_H

#include <kern/barrier.h>
#include <kern/types.h>

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	s64 counter;
} atomic64_t;

typedef struct {
	long counter;
} atomic_long_t;

#define ATOMIC_INIT(i) { (i) }
#define ATOMIC64_INIT(i) { (i) }
#define ATOMIC_LONG_INIT(i) { (i) }

#define __DEFINE_ATOMIC(prefix, atomic, type) \
static inline type prefix##_read(const atomic *v) { return __atomic_load_n(&v->counter, __ATOMIC_RELAXED); } \
static inline type prefix##_read_acquire(const atomic *v) { return __atomic_load_n(&v->counter, __ATOMIC_ACQUIRE); } \
static inline void prefix##_set(atomic *v, type i) { __atomic_store_n(&v->counter, i, __ATOMIC_RELAXED); } \
static inline void prefix##_set_release(atomic *v, type i) { __atomic_store_n(&v->counter, i, __ATOMIC_RELEASE); } \
static inline void prefix##_add(type i, atomic *v) { __atomic_fetch_add(&v->counter, i, __ATOMIC_SEQ_CST); } \
static inline void prefix##_sub(type i, atomic *v) { __atomic_fetch_sub(&v->counter, i, __ATOMIC_SEQ_CST); } \
static inline void prefix##_inc(atomic *v) { prefix##_add(1, v); } \
static inline void prefix##_dec(atomic *v) { prefix##_sub(1, v); } \
static inline void prefix##_or(type i, atomic *v) { __atomic_fetch_or(&v->counter, i, __ATOMIC_SEQ_CST); } \
static inline void prefix##_and(type i, atomic *v) { __atomic_fetch_and(&v->counter, i, __ATOMIC_SEQ_CST); } \
static inline void prefix##_andnot(type i, atomic *v) { prefix##_and(~i, v); } \
static inline type prefix##_fetch_add(type i, atomic *v) { return __atomic_fetch_add(&v->counter, i, __ATOMIC_SEQ_CST); } \
static inline type prefix##_fetch_sub(type i, atomic *v) { return __atomic_fetch_sub(&v->counter, i, __ATOMIC_SEQ_CST); } \
static inline type prefix##_fetch_inc(atomic *v) { return prefix##_fetch_add(1, v); } \
static inline type prefix##_fetch_dec(atomic *v) { return prefix##_fetch_sub(1, v); } \
static inline type prefix##_fetch_or(type i, atomic *v) { return __atomic_fetch_or(&v->counter, i, __ATOMIC_SEQ_CST); } \
static inline type prefix##_fetch_and(type i, atomic *v) { return __atomic_fetch_and(&v->counter, i, __ATOMIC_SEQ_CST); } \
static inline type prefix##_fetch_andnot(type i, atomic *v) { return prefix##_fetch_and(~i, v); } \
static inline type prefix##_add_return(type i, atomic *v) { return __atomic_add_fetch(&v->counter, i, __ATOMIC_SEQ_CST); } \
static inline type prefix##_sub_return(type i, atomic *v) { return __atomic_sub_fetch(&v->counter, i, __ATOMIC_SEQ_CST); } \
static inline type prefix##_inc_return(atomic *v) { return prefix##_add_return(1, v); } \
static inline type prefix##_dec_return(atomic *v) { return prefix##_sub_return(1, v); } \
static inline bool prefix##_dec_and_test(atomic *v) { return prefix##_dec_return(v) == 0; } \
static inline bool prefix##_inc_and_test(atomic *v) { return prefix##_inc_return(v) == 0; } \
static inline bool prefix##_sub_and_test(type i, atomic *v) { return prefix##_sub_return(i, v) == 0; } \
static inline bool prefix##_add_negative(type i, atomic *v) { return prefix##_add_return(i, v) < 0; } \
static inline type prefix##_xchg(atomic *v, type i) { return __atomic_exchange_n(&v->counter, i, __ATOMIC_SEQ_CST); } \
static inline type prefix##_cmpxchg(atomic *v, type old, type new) \
{ \
	__atomic_compare_exchange_n(&v->counter, &old, new, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
	return old; \
} \
static inline bool prefix##_try_cmpxchg(atomic *v, type *old, type new) \
{ \
	return __atomic_compare_exchange_n(&v->counter, old, new, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
} \
static inline type prefix##_fetch_add_unless(atomic *v, type a, type u) \
{ \
	type c = prefix##_read(v); \
	do { \
		if (c == u) \
			break; \
	} while (!prefix##_try_cmpxchg(v, &c, c + a)); \
	return c; \
} \
static inline bool prefix##_add_unless(atomic *v, type a, type u) { return prefix##_fetch_add_unless(v, a, u) != u; } \
static inline bool prefix##_inc_not_zero(atomic *v) { return prefix##_add_unless(v, 1, 0); } \
static inline type prefix##_dec_if_positive(atomic *v) \
{ \
	type c = prefix##_read(v); \
	do { \
		if (c - 1 < 0) \
			break; \
	} while (!prefix##_try_cmpxchg(v, &c, c - 1)); \
	return c - 1; \
}

__DEFINE_ATOMIC(atomic, atomic_t, int)
__DEFINE_ATOMIC(atomic64, atomic64_t, s64)
__DEFINE_ATOMIC(atomic_long, atomic_long_t, long)

/* On any object of 1, 2, 4 or 8 bytes. */
#define xchg(ptr, value) __atomic_exchange_n((ptr), (value), __ATOMIC_SEQ_CST)
#define cmpxchg(ptr, old, new) ({ \
	__typeof__(*(ptr)) __cmpxchg_old = (old); \
	__atomic_compare_exchange_n((ptr), &__cmpxchg_old, (new), false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
	__cmpxchg_old; })
#define try_cmpxchg(ptr, oldp, new) \
	__atomic_compare_exchange_n((ptr), (oldp), (new), false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)

#endif
