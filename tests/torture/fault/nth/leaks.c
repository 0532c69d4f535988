// SPDX-License-Identifier: MIT
/*
 * Whether the slabs grow with each round of failures. What a cache counts as used includes what
 * lies ready for a CPU, and first calls fill caches: only what grows by one a round at least is a
 * leak, and only if it is still there when nothing is on its way back any more.
 */
#include "nth.h"

#include <stdio.h>
#include <sys/syscall.h>

#define MAX_CACHES 400
#define NAME_ROUNDS 30
/* Looks at the slabs, until objects that are too many are taken for lost. */
#define PATIENCE 100

static const unsigned int rounds_of[] = { 20, 40, 200 };

struct cache {
	char name[40];
	long used;
};

static struct cache before[MAX_CACHES], after[MAX_CACHES];

static unsigned int read_slabs(struct cache *caches)
{
	FILE *f = fopen("/proc/slabinfo", "r");
	unsigned int count = 0;
	char line[400];

	while (f && count < MAX_CACHES && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%39s %ld", caches[count].name, &caches[count].used) == 2)
			count++;
	}
	if (f)
		fclose(f);
	return count;
}

/* Objects freed after a grace period or by a worker count until then. */
static void settle(void)
{
	for (int i = 0; i < 4; i++) {
		syscall(SYS_membarrier, 1, 0, 0);
		usleep(50000);
	}
}

/* The cache that grew by `growth` objects since before[], and is so after `patience` looks more; or NULL. */
static const struct cache *grown(unsigned int count, long growth, int patience)
{
	for (int look = 0;; look++) {
		unsigned int n, c;

		settle();
		n = read_slabs(after);
		for (c = 0; c < count && c < n; c++)
			if (after[c].used - before[c].used >= growth && !strcmp(after[c].name, before[c].name))
				break;
		if (c == count || c == n)
			return NULL;
		if (look == patience)
			return &after[c];
	}
}

/* Which of the failures leaks: each alone, several times. */
static void name_leak(const struct nth_call *call, unsigned int worst)
{
	for (unsigned int nth = 1; nth < worst; nth++) {
		const struct cache *cache;
		unsigned int count;

		settle();
		count = read_slabs(before);
		armed = nth;
		for (int round = 0; round < NAME_ROUNDS; round++)
			call->fn();
		armed = 0;
		cache = grown(count, NAME_ROUNDS, PATIENCE);
		if (cache)
			printf("FAILED: %s: %s leaks when allocation %u fails\n", call->name, cache->name, nth);
	}
}

int check_leaks(const struct nth_call *call)
{
	for (unsigned int i = 0; i < sizeof(rounds_of) / sizeof(*rounds_of); i++) {
		bool last = i == sizeof(rounds_of) / sizeof(*rounds_of) - 1;
		const struct cache *cache;
		unsigned int count, worst = 0;

		settle();
		count = read_slabs(before);
		for (unsigned int round = 0; round < rounds_of[i]; round++)
			all_of(call, &worst);
		cache = grown(count, rounds_of[i], last ? PATIENCE : 0);
		if (!cache)
			return 0;
		if (last) {
			printf("FAILED: %s: %s grew from %ld to %ld in %u rounds\n", call->name, cache->name,
			       before[cache - after].used, cache->used, rounds_of[i]);
			name_leak(call, worst);
		}
	}
	return 1;
}
