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

/* One page of memory, seen at so many places that cannot be joined. */
static void sixty_thousand_mappings(void)
{
	char *at = mmap(NULL, MAPPINGS * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	int fd = memfd_create("page", 0);

	NEED(at != MAP_FAILED && fd >= 0);
	NEED(!ftruncate(fd, PAGE));
	for (unsigned long i = 0; i < MAPPINGS; i++)
		if (mmap(at + i * PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) ==
		    MAP_FAILED) {
			FAIL("mapping %lu: %s", i, strerror(errno));
			return;
		}
	for (unsigned long i = 0; i < MAPPINGS; i++) {
		volatile unsigned long *word = (void *)(at + i * PAGE);

		if (*word != i)
			FAIL("mapping %lu shows %lu", i, *word);
		*word = i + 1;
	}
	CHECK_EQ(*(volatile unsigned long *)at, MAPPINGS);
	CHECK_OK(munmap(at, MAPPINGS * PAGE));
	close(fd);
}

int main(void)
{
	RUN(sixteen_gib_at_random);
	RUN(sixty_thousand_mappings);
	return test_done();
}
