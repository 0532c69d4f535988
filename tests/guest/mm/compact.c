// SPDX-License-Identifier: MIT
/*
 * Compaction while pages are in use: files on tmpfs and anonymous memory keep their content when
 * /proc/sys/vm/compact_memory moves their pages, whoever reads, writes, maps or cuts them meanwhile.
 */
#include "mm.h"

#define PAGES 2048

static uint64_t value(size_t i, int round)
{
	return i * 0x9e3779b97f4a7c15UL + round;
}

static void compact(void)
{
	int fd = open("/proc/sys/vm/compact_memory", O_WRONLY);

	if (fd < 0)
		return;
	if (write(fd, "1", 1) != 1)
		_exit(3);
	close(fd);
}

/* Holes between the pages, so that there is something to do. */
static void make_holes(void)
{
	char *p = mmap(NULL, PAGES * PAGE, RW, ANON, -1, 0);

	if (p == MAP_FAILED)
		return;
	for (size_t i = 0; i < PAGES; i++)
		p[i * PAGE] = 1;
	for (size_t i = 0; i < PAGES; i += 2)
		madvise(p + i * PAGE, PAGE, MADV_DONTNEED);
}

static int work(int number, int rounds)
{
	uint64_t *anon = mmap(NULL, PAGES * PAGE, RW, ANON, -1, 0), *map, got;
	int fd = memfd_create("compact", 0), wrong = 0;

	if (anon == MAP_FAILED || fd < 0 || ftruncate(fd, PAGES * PAGE))
		return 1;
	map = mmap(NULL, PAGES * PAGE, RW, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return 1;
	make_holes();
	for (int round = 1; round <= rounds; round++) {
		for (size_t i = 0; i < PAGES; i++) {
			anon[i * 512 + 5] = value(i, round + number);
			got = value(i, round);
			if (i & 1)
				map[i * 512 + 5] = got;
			else
				wrong += pwrite(fd, &got, 8, i * PAGE + 40) != 8;
		}
		compact();
		for (size_t i = 0; i < PAGES; i++) {
			wrong += anon[i * 512 + 5] != value(i, round + number);
			wrong += map[i * 512 + 5] != value(i, round);
			wrong += pread(fd, &got, 8, i * PAGE + 40) != 8 || got != value(i, round);
		}
		/* What was cut off must not come back. */
		wrong += ftruncate(fd, PAGE) || ftruncate(fd, PAGES * PAGE);
		for (size_t i = 1; i < PAGES; i += 3)
			wrong += map[i * 512 + 5] != 0;
	}
	return wrong;
}

static void compactor(void)
{
	for (;;) {
		compact();
		usleep(20000);
	}
}

static void content_is_kept(void)
{
	pid_t background = fork();
	int status;

	if (!background)
		compactor();
	for (int i = 0; i < 3; i++)
		if (!fork())
			_exit(work(i, 2) != 0);
	for (int i = 0; i < 3; i++)
		CHECK(wait(&status) > 0 && !status);
	kill(background, SIGKILL);
	CHECK_EQ(waitpid(background, &status, 0), background);
}

int main(void)
{
	RUN(content_is_kept);
	return test_done();
}
