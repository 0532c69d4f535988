// SPDX-License-Identifier: MIT
/*
 * A working set that keeps its content: workset [MIB [ROUNDS [PROCESSES]]]. Every page is written
 * with values that follow from its number and round, and checked in the next, in order and at
 * random; one child in between shares it with its parent. The integration tests run it with
 * several times the machine's memory and swap.
 */
#include "mm.h"

static uint64_t mix(uint64_t x)
{
	x ^= x >> 31;
	x *= 0x9e3779b97f4a7c15UL;
	return x ^ x >> 29;
}

static int check_page(const uint64_t *page, size_t i, uint64_t seed, int round)
{
	return page[3] != mix(i * seed + round) || page[500] != mix(i * seed + round + 99);
}

static void write_page(uint64_t *page, size_t i, uint64_t seed, int round)
{
	page[3] = mix(i * seed + round);
	page[500] = mix(i * seed + round + 99);
}

/* A child sees all as it was, and writes its own copy of every fourth page. */
static int shared_with_a_child(uint64_t *p, size_t pages, uint64_t seed, int round)
{
	int status = 0, wrong = 0;
	pid_t pid = fork();

	if (!pid) {
		for (size_t i = 0; i < pages; i += 4) {
			wrong += check_page(p + i * 512, i, seed, round);
			write_page(p + i * 512, i, seed, round + 1000);
		}
		for (size_t i = 0; i < pages; i += 4)
			wrong += check_page(p + i * 512, i, seed, round + 1000);
		_exit(wrong != 0);
	}
	for (size_t i = 1; i < pages; i += 8)
		wrong += check_page(p + i * 512, i, seed, round);
	if (waitpid(pid, &status, 0) != pid || status)
		wrong++;
	return wrong;
}

static int work(size_t pages, int rounds, uint64_t seed)
{
	uint64_t *p = mmap(NULL, pages * PAGE, RW, ANON | MAP_NORESERVE, -1, 0);
	uint64_t x = seed;
	int wrong = 0;

	if (p == MAP_FAILED)
		return 1;
	for (int round = 0; round < rounds; round++) {
		for (size_t i = 0; i < pages; i++) {
			if (round)
				wrong += check_page(p + i * 512, i, seed, round - 1);
			write_page(p + i * 512, i, seed, round);
		}
		for (size_t n = 0; n < pages / 8; n++) {
			x = mix(x + n);
			wrong += check_page(p + x % pages * 512, x % pages, seed, round);
		}
		if (!round)
			wrong += shared_with_a_child(p, pages / 4, seed, round);
	}
	munmap(p, pages * PAGE);
	return wrong;
}

int main(int argc, char **argv)
{
	size_t pages = ((argc > 1 ? atol(argv[1]) : 16) << 20) / PAGE;
	int rounds = argc > 2 ? atoi(argv[2]) : 2, processes = argc > 3 ? atoi(argv[3]) : 2, status;

	for (int i = 0; i < processes; i++)
		if (!fork())
			_exit(work(pages, rounds, i * 1000003UL + 1) != 0);
	while (wait(&status) > 0)
		if (status)
			FAIL("a worker ended with status %x", status);
	return test_done();
}
