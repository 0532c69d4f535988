// SPDX-License-Identifier: MIT
/*
 * The functions that the compiler calls in code built with -fsanitize=thread: one before each plain
 * or volatile access, and one in place of each atomic operation, which they do. Their names and
 * arguments are the compilers' (ThreadSanitizer's interface). Each passes the place that it returns
 * to on: the access follows there.
 */
#include "internal.h"

#define RETURN_IP ((unsigned long)__builtin_return_address(0))

#define PLAIN  0
#define MARKED KCSAN_ACCESS_ATOMIC

#define ACCESS(name, size, type) \
	void name(void *ptr); \
	void name(void *ptr) { kcsan_access(ptr, size, type, RETURN_IP); }

#define ACCESSES(size) \
	ACCESS(__tsan_read##size, size, PLAIN) \
	ACCESS(__tsan_write##size, size, PLAIN | KCSAN_ACCESS_WRITE) \
	ACCESS(__tsan_unaligned_read##size, size, PLAIN) \
	ACCESS(__tsan_unaligned_write##size, size, PLAIN | KCSAN_ACCESS_WRITE) \
	ACCESS(__tsan_volatile_read##size, size, MARKED) \
	ACCESS(__tsan_volatile_write##size, size, MARKED | KCSAN_ACCESS_WRITE) \
	ACCESS(__tsan_unaligned_volatile_read##size, size, MARKED) \
	ACCESS(__tsan_unaligned_volatile_write##size, size, MARKED | KCSAN_ACCESS_WRITE)

ACCESSES(1)
ACCESSES(2)
ACCESSES(4)
ACCESSES(8)
ACCESSES(16)

#define RANGE(name, type) \
	void name(void *ptr, size_t size); \
	void name(void *ptr, size_t size) \
	{ \
		if (size) \
			kcsan_access(ptr, size, type, RETURN_IP); \
	}

RANGE(__tsan_read_range, PLAIN)
RANGE(__tsan_write_range, PLAIN | KCSAN_ACCESS_WRITE)

void kcsan_check_access(const volatile void *ptr, size_t size, unsigned int type)
{
	if (size)
		kcsan_access(ptr, size, type, RETURN_IP);
}

/* Operations that read and write, in full order whatever was asked for. */
#define CHANGE(bits, name, builtin) \
	u##bits __tsan_atomic##bits##_##name(volatile u##bits *ptr, u##bits value, int order); \
	u##bits __tsan_atomic##bits##_##name(volatile u##bits *ptr, u##bits value, int order) \
	{ \
		kcsan_access(ptr, bits / 8, MARKED | KCSAN_ACCESS_WRITE, RETURN_IP); \
		return builtin(ptr, value, __ATOMIC_SEQ_CST); \
	}

#define COMPARE(bits, strength) \
	int __tsan_atomic##bits##_compare_exchange_##strength(volatile u##bits *ptr, u##bits *expected, \
							      u##bits value, int order, int failed); \
	int __tsan_atomic##bits##_compare_exchange_##strength(volatile u##bits *ptr, u##bits *expected, \
							      u##bits value, int order, int failed) \
	{ \
		kcsan_access(ptr, bits / 8, MARKED | KCSAN_ACCESS_WRITE, RETURN_IP); \
		return __atomic_compare_exchange_n(ptr, expected, value, false, __ATOMIC_SEQ_CST, \
						   __ATOMIC_SEQ_CST); \
	}

#define ATOMICS(bits) \
	u##bits __tsan_atomic##bits##_load(const volatile u##bits *ptr, int order); \
	u##bits __tsan_atomic##bits##_load(const volatile u##bits *ptr, int order) \
	{ \
		kcsan_access(ptr, bits / 8, MARKED, RETURN_IP); \
		return __atomic_load_n(ptr, __ATOMIC_SEQ_CST); \
	} \
	void __tsan_atomic##bits##_store(volatile u##bits *ptr, u##bits value, int order); \
	void __tsan_atomic##bits##_store(volatile u##bits *ptr, u##bits value, int order) \
	{ \
		kcsan_access(ptr, bits / 8, MARKED | KCSAN_ACCESS_WRITE, RETURN_IP); \
		if (order == __ATOMIC_SEQ_CST) \
			__atomic_store_n(ptr, value, __ATOMIC_SEQ_CST); \
		else \
			__atomic_store_n(ptr, value, __ATOMIC_RELEASE); \
	} \
	CHANGE(bits, exchange, __atomic_exchange_n) \
	CHANGE(bits, fetch_add, __atomic_fetch_add) \
	CHANGE(bits, fetch_sub, __atomic_fetch_sub) \
	CHANGE(bits, fetch_and, __atomic_fetch_and) \
	CHANGE(bits, fetch_or, __atomic_fetch_or) \
	CHANGE(bits, fetch_xor, __atomic_fetch_xor) \
	CHANGE(bits, fetch_nand, __atomic_fetch_nand) \
	COMPARE(bits, strong) \
	COMPARE(bits, weak) \
	u##bits __tsan_atomic##bits##_compare_exchange_val(volatile u##bits *ptr, u##bits expected, \
							   u##bits value, int order, int failed); \
	u##bits __tsan_atomic##bits##_compare_exchange_val(volatile u##bits *ptr, u##bits expected, \
							   u##bits value, int order, int failed) \
	{ \
		kcsan_access(ptr, bits / 8, MARKED | KCSAN_ACCESS_WRITE, RETURN_IP); \
		__atomic_compare_exchange_n(ptr, &expected, value, false, __ATOMIC_SEQ_CST, \
					    __ATOMIC_SEQ_CST); \
		return expected; \
	}

ATOMICS(8)
ATOMICS(16)
ATOMICS(32)
ATOMICS(64)

void __tsan_atomic_thread_fence(int order);
void __tsan_atomic_thread_fence(int order)
{
	if (order == __ATOMIC_SEQ_CST)
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
	else
		__atomic_thread_fence(__ATOMIC_ACQ_REL);
}

void __tsan_atomic_signal_fence(int order);
void __tsan_atomic_signal_fence(int order)
{
	barrier();
}

/* Called by constructors that the compilers add to each object, before there is a kernel. */
void __tsan_init(void);
void __tsan_init(void)
{
}
