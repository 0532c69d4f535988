/* SPDX-License-Identifier: MIT */
/*
 * Unit tests inside the kernel.
 *
 *	#include <kern/ktest.h>
 *
 *	KTEST(list, add_puts_at_front)
 *	{
 *		...
 *		KEXPECT_EQ(a, b);
 *	}
 *
 * KTEST runs in a thread of a booted kernel and may sleep. KTEST_BARE runs without a kernel
 * around it: for code that takes no lock, allocates nothing and knows no current task.
 * KEXPECT_ notes a failure and goes on; KASSERT_ also returns from the test function.
 */
#ifndef KERN_KTEST_H
#define KERN_KTEST_H

#include <kern/compiler.h>
#include <kern/ktest_table.h>
#include <kern/types.h>
#include <lib/string.h>

/* The harness: notes a failure of the running test. */
void ktest_fail(const char *file, unsigned int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void ktest_skip(const char *why);
/* Numbers for random sequences: the same in each run unless KTEST_SEED is set. */
u64 ktest_random(void);
/* Restarts the sequence. */
void ktest_seed(u64 seed);

static inline u64 ktest_random_below(u64 limit)
{
	return ktest_random() % limit;
}

#define __KTEST(suite_, name_, flags_)						\
	static void ktest_##suite_##_##name_(void);				\
	static const struct ktest __attribute__((section("ktests"), used, aligned(8))) \
	ktest_entry_##suite_##_##name_ = {					\
		.suite = #suite_, .name = #name_, .file = __FILE__,		\
		.fn = ktest_##suite_##_##name_, .line = __LINE__, .flags = (flags_), \
	};									\
	static void ktest_##suite_##_##name_(void)

#define KTEST(suite, name) __KTEST(suite, name, 0)
#define KTEST_BARE(suite, name) __KTEST(suite, name, KTEST_F_BARE)

/* Numbers and pointers go through a 64-bit integer, so that both sides can be printed. */
#define __KTEST_CMP(a, op, b, on_fail) do {					\
	__auto_type __ka = (a);							\
	__auto_type __kb = (b);							\
	if (!(__ka op __kb)) {							\
		ktest_fail(__FILE__, __LINE__,					\
			   "expected %s, got %lld (0x%llx) and %lld (0x%llx)",	\
			   #a " " #op " " #b,					\
			   (long long)__ka, (unsigned long long)__ka,		\
			   (long long)__kb, (unsigned long long)__kb);		\
		on_fail;							\
	}									\
} while (0)

#define __KTEST_TRUE(cond, want, on_fail) do {					\
	if (((cond) ? 1 : 0) != (want)) {					\
		ktest_fail(__FILE__, __LINE__, "expected %s to be %s", #cond,	\
			   (want) ? "true" : "false");				\
		on_fail;							\
	}									\
} while (0)

#define __KTEST_STR(a, b, on_fail) do {						\
	const char *__ka = (a);							\
	const char *__kb = (b);							\
	if (strcmp(__ka, __kb)) {						\
		ktest_fail(__FILE__, __LINE__, "expected %s == %s, got \"%s\" and \"%s\"", \
			   #a, #b, __ka, __kb);					\
		on_fail;							\
	}									\
} while (0)

#define __KTEST_MEM(a, b, n, on_fail) do {					\
	if (memcmp((a), (b), (n))) {						\
		ktest_fail(__FILE__, __LINE__, "the memory of %s and %s differs", #a, #b); \
		on_fail;							\
	}									\
} while (0)

#define KEXPECT_EQ(a, b) __KTEST_CMP(a, ==, b, (void)0)
#define KEXPECT_NE(a, b) __KTEST_CMP(a, !=, b, (void)0)
#define KEXPECT_LT(a, b) __KTEST_CMP(a, <, b, (void)0)
#define KEXPECT_LE(a, b) __KTEST_CMP(a, <=, b, (void)0)
#define KEXPECT_GT(a, b) __KTEST_CMP(a, >, b, (void)0)
#define KEXPECT_GE(a, b) __KTEST_CMP(a, >=, b, (void)0)
#define KEXPECT_TRUE(cond) __KTEST_TRUE(cond, 1, (void)0)
#define KEXPECT_FALSE(cond) __KTEST_TRUE(cond, 0, (void)0)
#define KEXPECT_NULL(p) __KTEST_CMP((const void *)(p), ==, (const void *)NULL, (void)0)
#define KEXPECT_NOT_NULL(p) __KTEST_CMP((const void *)(p), !=, (const void *)NULL, (void)0)
#define KEXPECT_STREQ(a, b) __KTEST_STR(a, b, (void)0)
#define KEXPECT_MEMEQ(a, b, n) __KTEST_MEM(a, b, n, (void)0)

#define KASSERT_EQ(a, b) __KTEST_CMP(a, ==, b, return)
#define KASSERT_NE(a, b) __KTEST_CMP(a, !=, b, return)
#define KASSERT_LT(a, b) __KTEST_CMP(a, <, b, return)
#define KASSERT_LE(a, b) __KTEST_CMP(a, <=, b, return)
#define KASSERT_GT(a, b) __KTEST_CMP(a, >, b, return)
#define KASSERT_GE(a, b) __KTEST_CMP(a, >=, b, return)
#define KASSERT_TRUE(cond) __KTEST_TRUE(cond, 1, return)
#define KASSERT_FALSE(cond) __KTEST_TRUE(cond, 0, return)
#define KASSERT_NULL(p) __KTEST_CMP((const void *)(p), ==, (const void *)NULL, return)
#define KASSERT_NOT_NULL(p) __KTEST_CMP((const void *)(p), !=, (const void *)NULL, return)
#define KASSERT_STREQ(a, b) __KTEST_STR(a, b, return)
#define KASSERT_MEMEQ(a, b, n) __KTEST_MEM(a, b, n, return)

#define KFAIL(...) ktest_fail(__FILE__, __LINE__, __VA_ARGS__)
#define KSKIP(why) do { ktest_skip(why); return; } while (0)

#endif
