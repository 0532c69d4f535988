/* SPDX-License-Identifier: MIT */
/*
 * Torture tests in user mode: each has processes of its own, which do short rounds until the
 * parent says stop, and a line of results in memory that all share.
 */
#ifndef TESTS_TORTURE_GUEST_H
#define TESTS_TORTURE_GUEST_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* torture EXIT_WITH N: ends with status N, for tests that exec. */
#define EXIT_WITH "--exit-with"

struct results {
	atomic_long rounds;
	atomic_int failures;
	atomic_int planted;		/* 1: to be planted, 2: was */
	atomic_bool stop;
};

struct test {
	const char *name;
	int processes;
	/* Once in the parent, before the processes are made; may be NULL. 0, or -1. */
	int (*setup)(void);
	/* A round of process `number`. */
	void (*round)(int number);
	struct results *results;
};

extern struct test forkexit_test, memory_test, futex_test, futexpi_test;

void fail(struct test *test, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* True for one caller, in a run that is to plant this test's failure. */
bool plant(struct test *test);

/* Each thread has numbers of its own. */
uint64_t random64(void);
void random_seed(uint64_t seed);

static inline unsigned int below(unsigned int limit)
{
	return random64() % limit;
}

#endif
