// SPDX-License-Identifier: MIT
/* Large and scattered address spaces: more mappings than a host process may have. */

#include "mm.h"

#define AREAS 60000
#define TOUCHES 4000

static uint64_t next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005UL + 1442695040888963407UL;
	return *state >> 33;
}

static void sixteen_gigabytes_touched_at_random(void)
{
	size_t size = 16UL << 30;
	uint64_t state = 7;
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	int wrong = 0;

	CHECK(p != MAP_FAILED);
	if (p == MAP_FAILED)
		return;
	for (int i = 0; i < TOUCHES; i++) {
		uint64_t page = next_random(&state) % (size / PAGE);

		*(uint64_t *)(p + page * PAGE) = page + 1;
	}
	state = 7;
	for (int i = 0; i < TOUCHES; i++) {
		uint64_t page = next_random(&state) % (size / PAGE);

		wrong += *(uint64_t *)(p + page * PAGE) != page + 1;
	}
	CHECK_EQ(wrong, 0);
	CHECK_EQ(munmap(p, size), 0);
}

static void sixty_thousand_areas(void)
{
	size_t size = AREAS * PAGE;
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	int sum = 0, failed = 0;

	CHECK(p != MAP_FAILED);
	for (size_t i = 1; i < AREAS; i += 2)
		failed += mprotect(p + i * PAGE, PAGE, PROT_READ) != 0;
	CHECK_EQ(failed, 0);
	/* A help, not needed: most of the test's time would be faults. */
	madvise(p, size, MADV_POPULATE_READ);
	for (size_t i = 0; i < AREAS; i++)
		sum += p[i * PAGE];
	CHECK_EQ(sum, 0);
	for (size_t i = 0; i < AREAS; i += 64)
		p[i * PAGE] = 1;
	for (size_t i = 0; i < AREAS; i += 64)
		sum += p[i * PAGE];
	CHECK_EQ(sum, (AREAS + 63) / 64);
	CHECK_EQ(munmap(p, size), 0);
}

int main(void)
{
	RUN(sixteen_gigabytes_touched_at_random);
	RUN(sixty_thousand_areas);
	return test_done();
}
