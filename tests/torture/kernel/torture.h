/* SPDX-License-Identifier: MIT */
/*
 * Torture tests inside the kernel: each runs its threads until the time is over and looks, all
 * the while, for what must never be seen.
 *
 *	TORTURE(rcu, .threads = 4, .setup = ..., .round = ..., .finish = ...);
 *
 * All that are chosen run at the same time. A test also plants its own failure, once, when it is
 * asked to (torture.plant=NAME): it must then report it, or it could not have found a real one.
 */
#ifndef TESTS_TORTURE_H
#define TESTS_TORTURE_H

#include <kern/atomic.h>
#include <kern/compiler.h>
#include <kern/kernel.h>
#include <kern/types.h>

struct torture_state {
	atomic_t failures;
	atomic_t planted;		/* 1: to be planted, 2: was */
	atomic_long_t rounds;
};

struct torture_thread {
	const struct torture *test;
	unsigned int number;		/* from 0 within the test */
	u64 random;			/* its own generator's state */
	unsigned long rounds;		/* that this thread has done */
};

struct torture {
	const char *name;
	unsigned int threads;
	/* Before the threads start: 0 or an error. May sleep. */
	int (*setup)(void);
	/* A short piece of work, over and over in each thread. May sleep. */
	void (*round)(struct torture_thread *self);
	/* After the last thread has ended: what is left must be right. May sleep. */
	void (*finish)(const struct torture *test);
	struct torture_state *state;
};

#define TORTURE(name_, ...)							\
	static struct torture_state torture_state_##name_;			\
	static const struct torture __attribute__((section("tortures"), used, aligned(8))) \
	torture_##name_ = { .name = #name_, .state = &torture_state_##name_, __VA_ARGS__ }

/* Notes a failure; the first ones are printed. => any context */
void torture_fail(const struct torture *test, const char *fmt, ...) __printf(2, 3);

/* True for one caller, in a run that is to plant this test's failure. => any context */
bool torture_plant(const struct torture *test);

/* Whether the time is over. */
bool torture_over(void);

static inline u64 torture_random(struct torture_thread *self)
{
	u64 z = self->random += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

static inline unsigned int torture_below(struct torture_thread *self, unsigned int limit)
{
	return torture_random(self) % limit;
}

#define TORTURE_CHECK(test, condition) do {					\
	if (unlikely(!(condition)))						\
		torture_fail(test, "%s:%d: not so: %s", __FILE__, __LINE__, #condition); \
} while (0)

#endif
