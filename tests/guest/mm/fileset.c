// SPDX-License-Identifier: MIT
/*
 * A set of files that keeps its content: fileset [MIB [ROUNDS [PROCESSES [FOLDER]]]]. Each
 * process has a file of its own in FOLDER; pages are written by pwrite() and
 * through mappings in turn, and read the other way. Then holes are punched and the files cut. The
 * integration tests run it with several times the machine's memory: on tmpfs over swap, on files
 * of the host.
 */
#include "mm.h"

#include <linux/falloc.h>

static uint64_t mix(uint64_t x)
{
	x ^= x >> 31;
	x *= 0x9e3779b97f4a7c15UL;
	return x ^ x >> 29;
}

static void fill(uint64_t *page, size_t i, uint64_t seed, int round)
{
	for (size_t n = 0; n < PAGE / 8; n++)
		page[n] = mix(i * seed + round * 77 + n);
}

static int differs(const uint64_t *page, size_t i, uint64_t seed, int round)
{
	for (size_t n = 0; n < PAGE / 8; n += 63)
		if (page[n] != mix(i * seed + round * 77 + n))
			return 1;
	return 0;
}

static int write_all(int fd, uint64_t *map, size_t pages, uint64_t seed, int round)
{
	uint64_t buf[PAGE / 8];
	int wrong = 0;

	for (size_t i = 0; i < pages; i++) {
		if (round && i % 3 == 0)
			wrong += differs(map + i * 512, i, seed, round - 1);
		if ((i + round) & 1) {
			fill(map + i * 512, i, seed, round);
		} else {
			fill(buf, i, seed, round);
			wrong += pwrite(fd, buf, PAGE, i * PAGE) != PAGE;
		}
	}
	return wrong;
}

static int read_all(int fd, const uint64_t *map, size_t pages, uint64_t seed, int round)
{
	uint64_t buf[PAGE / 8], x = seed;
	int wrong = 0;

	for (size_t i = 0; i < pages; i++) {
		wrong += pread(fd, buf, PAGE, i * PAGE) != PAGE;
		wrong += differs(buf, i, seed, round);
	}
	for (size_t n = 0; n < pages / 4; n++) {
		x = mix(x + n);
		wrong += differs(map + x % pages * 512, x % pages, seed, round);
	}
	return wrong;
}

/* Every eighth run of 16 pages goes; the rest stays, and what comes behind the end is zeros. */
static int cut(int fd, const uint64_t *map, size_t pages, uint64_t seed, int round)
{
	int wrong = 0;

	for (size_t i = 0; i + 16 <= pages; i += 128)
		if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, i * PAGE, 16 * PAGE))
			return 0;
	for (size_t i = 0; i < pages; i += 5) {
		int hole = i % 128 < 16 && i - i % 128 + 16 <= pages;

		wrong += hole ? map[i * 512 + 7] != 0 : differs(map + i * 512, i, seed, round);
	}
	wrong += ftruncate(fd, pages / 2 * PAGE) != 0;
	wrong += ftruncate(fd, pages * PAGE) != 0;
	for (size_t i = pages / 2; i < pages; i += 7)
		wrong += map[i * 512 + 9] != 0;
	return wrong;
}

static int work(const char *folder, size_t pages, int rounds, uint64_t seed, int number)
{
	char name[256];
	uint64_t *map;
	int fd, wrong = 0;

	snprintf(name, sizeof(name), "%s/fileset.%d", folder, number);
	fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || ftruncate(fd, pages * PAGE))
		return 1;
	map = mmap(NULL, pages * PAGE, RW, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return 1;
	for (int round = 0; round < rounds; round++) {
		wrong += write_all(fd, map, pages, seed, round);
		wrong += read_all(fd, map, pages, seed, round);
	}
	wrong += cut(fd, map, pages, seed, rounds - 1);
	munmap(map, pages * PAGE);
	close(fd);
	unlink(name);
	return wrong;
}

int main(int argc, char **argv)
{
	size_t pages = ((argc > 1 ? atol(argv[1]) : 4) << 20) / PAGE;
	int rounds = argc > 2 ? atoi(argv[2]) : 2, processes = argc > 3 ? atoi(argv[3]) : 2, status;
	const char *folder = argc > 4 ? argv[4] : ".";

	for (int i = 0; i < processes; i++)
		if (!fork())
			_exit(work(folder, pages, rounds, i * 1000003UL + 1, i) != 0);
	while (wait(&status) > 0)
		if (status)
			FAIL("a worker ended with status %x", status);
	return test_done();
}
