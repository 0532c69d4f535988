// SPDX-License-Identifier: MIT
/* Pages of tmpfs that fallocate() has reserved: they count as blocks, and as nothing else yet. */
#include "test.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define PAGE 4096
#define N 16

static int fd;

static long blocks(void)
{
	struct stat st;

	CHECK_OK(fstat(fd, &st));
	return st.st_blocks;
}

static int resident(char *p)
{
	unsigned char vec[N];
	int n = 0;

	CHECK_OK(mincore(p, N * PAGE, vec));
	for (int i = 0; i < N; i++)
		n += vec[i] & 1;
	return n;
}

static void reserved_pages(void)
{
	char *p, got[PAGE], zeros[PAGE] = { 0 };

	fd = memfd_create("f", 0);
	NEED(fd >= 0);
	CHECK_OK(fallocate(fd, 0, 0, N * PAGE));
	CHECK_EQ(blocks(), N * 8);
	p = mmap(NULL, N * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	NEED(p != MAP_FAILED);
	CHECK_EQ(resident(p), 0);
	CHECK_ERR(lseek(fd, 0, SEEK_DATA), ENXIO);
	CHECK_EQ(lseek(fd, 0, SEEK_HOLE), 0);
	/* A read sees zeros and makes nothing. */
	memset(got, 'x', sizeof(got));
	CHECK_EQ(pread(fd, got, PAGE, 5 * PAGE), PAGE);
	CHECK(!memcmp(got, zeros, PAGE));
	CHECK_EQ(resident(p), 0);
	/* A write, in the middle of a page, and one of memory. */
	CHECK_EQ(pwrite(fd, "hello", 5, 6 * PAGE + 100), 5);
	CHECK_EQ(lseek(fd, 0, SEEK_DATA), 6 * PAGE);
	CHECK_EQ(lseek(fd, 6 * PAGE, SEEK_HOLE), 7 * PAGE);
	CHECK_EQ(pread(fd, got, PAGE, 6 * PAGE), PAGE);
	CHECK(!memcmp(got, zeros, 100));
	CHECK(!memcmp(got + 100, "hello", 5));
	CHECK(!memcmp(got + 105, zeros, PAGE - 105));
	p[9 * PAGE] = 'm';
	CHECK(!memcmp(p + 9 * PAGE + 1, zeros, PAGE - 1));
	CHECK_EQ(lseek(fd, 7 * PAGE, SEEK_DATA), 9 * PAGE);
	CHECK_EQ(resident(p), 2);
	/* None is counted twice, and all go. */
	CHECK_EQ(blocks(), N * 8);
	CHECK_OK(fallocate(fd, 0, 0, N * PAGE));
	CHECK_EQ(blocks(), N * 8);
	CHECK_OK(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 8 * PAGE));
	CHECK_EQ(blocks(), 8 * 8);
	CHECK_OK(ftruncate(fd, 0));
	CHECK_EQ(blocks(), 0);
	munmap(p, N * PAGE);
	close(fd);
}

int main(void)
{
	RUN(reserved_pages);
	return test_done();
}
