// SPDX-License-Identifier: MIT
/* Large and many: 16 GiB touched at random, and nearly as many mappings as a process may have. */
#include "test.h"

#include <stdint.h>
#include <sys/mman.h>

#define PAGE	 4096UL
#define GIB	 (1UL << 30)
#define MAPPINGS 60000UL

static uint64_t state = 0x9e3779b97f4a7c15;

static uint64_t any(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static void sixteen_gib_at_random(void)
{
	enum { TOUCHES = 3000 };
	char *at = mmap(NULL, 16 * GIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	NEED(at != MAP_FAILED);
	/* A small machine cannot give huge pages to each. */
	madvise(at, 16 * GIB, MADV_NOHUGEPAGE);
	for (int round = 0; round < 2; round++) {
		state = 0x9e3779b97f4a7c15;
		for (int i = 0; i < TOUCHES; i++) {
			volatile uint64_t *word = (void *)(at + any() % (16 * GIB / PAGE) * PAGE);

			if (!round)
				*word = (uint64_t)word;
			else if (*word != (uint64_t)word)
				FAIL("lost what was written at %p", word);
		}
	}
	CHECK_OK(munmap(at, 16 * GIB));
}

/* Neighbours differ in their protection, so that none are joined. */
static void sixty_thousand_mappings(void)
{
	char *at = mmap(NULL, MAPPINGS * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	unsigned long sum = 0;

	NEED(at != MAP_FAILED);
	for (unsigned long i = 0; i < MAPPINGS; i += 2)
		if (mprotect(at + i * PAGE, PAGE, PROT_READ | PROT_WRITE)) {
			FAIL("mapping %lu: %s", i, strerror(errno));
			break;
		}
	for (unsigned long i = 0; i < MAPPINGS; i += 50)
		at[i * PAGE] = i;
	for (unsigned long i = 0; i < MAPPINGS; i++)
		sum += *(volatile unsigned char *)(at + i * PAGE);
	for (unsigned long i = 0; i < MAPPINGS; i += 50)
		if (at[i * PAGE] != (char)i)
			FAIL("page %lu has lost what was written", i);
	CHECK_GT(sum, 0);
	CHECK_OK(munmap(at, MAPPINGS * PAGE));
}

int main(void)
{
	RUN(sixteen_gib_at_random);
	RUN(sixty_thousand_mappings);
	return test_done();
}
