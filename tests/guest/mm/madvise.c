// SPDX-License-Identifier: MIT
/* madvise(2), msync(2), mincore(2). */
#include "mm.h"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif

static int resident(char *p, int pages)
{
	unsigned char vec[256];
	int n = 0;

	CHECK_OK(mincore(p, pages * PAGE, vec));
	for (int i = 0; i < pages; i++)
		n += vec[i] & 1;
	return n;
}

static void dontneed_gives_zeros(void)
{
	char *p = mm_map(32);

	memset(p, 5, 32 * PAGE);
	CHECK_EQ(resident(p, 32), 32);
	CHECK_OK(madvise(p + 4 * PAGE, 20 * PAGE, MADV_DONTNEED));
	CHECK_EQ(resident(p, 32), 12);
	CHECK_EQ(p[3 * PAGE], 5);
	CHECK_EQ(p[4 * PAGE], 0);
	CHECK_EQ(p[23 * PAGE], 0);
	CHECK_EQ(p[24 * PAGE], 5);
	munmap(p, 32 * PAGE);
}

static void dontneed_shows_the_file_again(void)
{
	int fd = mm_file(2 * PAGE);
	char *p = mmap(NULL, 2 * PAGE, RW, MAP_PRIVATE, fd, 0);

	NEED(p != MAP_FAILED);
	p[0] = 99;
	CHECK_OK(madvise(p, 2 * PAGE, MADV_DONTNEED));
	CHECK_EQ(p[0], 1);
	munmap(p, 2 * PAGE);
	p = mmap(NULL, 2 * PAGE, RW, MAP_SHARED, fd, 0);
	NEED(p != MAP_FAILED);
	p[0] = 98;
	CHECK_OK(madvise(p, 2 * PAGE, MADV_DONTNEED));
	CHECK_EQ(p[0], 98);
	munmap(p, 2 * PAGE);
	close(fd);
}

static void free_needs_anonymous_memory(void)
{
	int fd = mm_file(PAGE);
	char *p = mm_map(4), *q = mmap(NULL, PAGE, RW, MAP_PRIVATE, fd, 0);

	NEED(q != MAP_FAILED);
	memset(p, 3, 4 * PAGE);
	CHECK_OK(madvise(p, 4 * PAGE, MADV_FREE));
	CHECK(p[0] == 3 || p[0] == 0);
	p[0] = 4;
	CHECK_EQ(p[0], 4);
	CHECK_ERR(madvise(q, PAGE, MADV_FREE), EINVAL);
	munmap(p, 4 * PAGE);
	munmap(q, PAGE);
	close(fd);
}

static void populate(void)
{
	char *p = mm_map(16);
	int r = madvise(p, 16 * PAGE, MADV_POPULATE_WRITE);

	if (r < 0 && errno == EINVAL)
		return;	/* before 5.14 */
	CHECK_EQ(r, 0);
	CHECK_EQ(resident(p, 16), 16);
	CHECK_OK(mprotect(p, PAGE, PROT_READ));
	CHECK_ERR(madvise(p, PAGE, MADV_POPULATE_WRITE), EINVAL);
	CHECK_OK(madvise(p, PAGE, MADV_POPULATE_READ));
	munmap(p + 4 * PAGE, PAGE);
	CHECK_ERR(madvise(p, 16 * PAGE, MADV_POPULATE_READ), ENOMEM);
	munmap(p, 16 * PAGE);
}

static char *fork_map;

static void child_sees_zeros_and_a_hole(void)
{
	mm_catch_faults();
	CHECK_EQ(fork_map[0], 1);
	CHECK_EQ(fork_map[PAGE], 0);
	CHECK_EQ(mm_read_signal(fork_map + 2 * PAGE), SIGSEGV);
}

static void advice_about_fork(void)
{
	fork_map = mm_map(4);
	memset(fork_map, 1, 4 * PAGE);
	CHECK_OK(madvise(fork_map + PAGE, PAGE, MADV_WIPEONFORK));
	CHECK_OK(madvise(fork_map + 2 * PAGE, PAGE, MADV_DONTFORK));
	CHECK_EQ(test_in_child(child_sees_zeros_and_a_hole), 0);
	CHECK_EQ(fork_map[PAGE], 1);
	CHECK_OK(madvise(fork_map + PAGE, PAGE, MADV_KEEPONFORK));
	CHECK_OK(madvise(fork_map + 2 * PAGE, PAGE, MADV_DOFORK));
	munmap(fork_map, 4 * PAGE);
}

static void remove_punches_a_hole(void)
{
	char *p = mmap(NULL, 4 * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	char *q = mm_map(1);

	NEED(p != MAP_FAILED);
	memset(p, 6, 4 * PAGE);
	CHECK_OK(madvise(p + PAGE, 2 * PAGE, MADV_REMOVE));
	CHECK_EQ(p[0], 6);
	CHECK_EQ(p[PAGE], 0);
	CHECK_EQ(p[2 * PAGE], 0);
	CHECK_EQ(p[3 * PAGE], 6);
	CHECK_ERR(madvise(q, PAGE, MADV_REMOVE), EINVAL);
	munmap(p, 4 * PAGE);
	munmap(q, PAGE);
}

static void advice_errors(void)
{
	char *p = mm_map(4);

	CHECK_ERR(madvise(p + 1, PAGE, MADV_NORMAL), EINVAL);
	CHECK_ERR(madvise(p, PAGE, 1234), EINVAL);
	CHECK_ERR(madvise(p, ~0UL, MADV_NORMAL), EINVAL);
	CHECK_OK(madvise(p, 0, MADV_NORMAL));
	CHECK_OK(madvise(p, 4 * PAGE, MADV_SEQUENTIAL));
	CHECK_OK(madvise(p, 4 * PAGE, MADV_RANDOM));
	CHECK_OK(madvise(p, 4 * PAGE, MADV_NORMAL));
	CHECK_OK(madvise(p, 4 * PAGE, MADV_DONTDUMP));
	CHECK_OK(madvise(p, 4 * PAGE, MADV_DODUMP));
	CHECK_OK(madvise(p, PAGE, MADV_WILLNEED));
	munmap(p + PAGE, PAGE);
	p[0] = p[2 * PAGE] = 1;
	/* The hole is reported; the rest is done all the same. */
	CHECK_ERR(madvise(p, 4 * PAGE, MADV_DONTNEED), ENOMEM);
	CHECK_EQ(p[0], 0);
	CHECK_EQ(p[2 * PAGE], 0);
	munmap(p, 4 * PAGE);
}

static void msync_arguments(void)
{
	int fd = mm_file(2 * PAGE);
	char *p = mmap(NULL, 2 * PAGE, RW, MAP_SHARED, fd, 0);

	NEED(p != MAP_FAILED);
	p[0] = 1;
	CHECK_OK(msync(p, 2 * PAGE, MS_SYNC));
	CHECK_OK(msync(p, 2 * PAGE, MS_ASYNC));
	CHECK_OK(msync(p, 2 * PAGE, MS_SYNC | MS_INVALIDATE));
	CHECK_OK(msync(p, 0, MS_SYNC));
	CHECK_ERR(msync(p + 1, PAGE, MS_SYNC), EINVAL);
	CHECK_ERR(msync(p, PAGE, MS_SYNC | MS_ASYNC), EINVAL);
	CHECK_ERR(msync(p, PAGE, 0x100), EINVAL);
	munmap(p + PAGE, PAGE);
	CHECK_ERR(msync(p, 2 * PAGE, MS_SYNC), ENOMEM);
	CHECK_ERR(msync((void *)(1UL << 46), PAGE, MS_SYNC), ENOMEM);
	munmap(p, PAGE);
	close(fd);
}

static void mincore_arguments(void)
{
	unsigned char vec[8];
	char *p = mm_map(4);

	CHECK_EQ(resident(p, 4), 0);
	p[0] = 1;
	CHECK_OK(mincore(p, 1, vec));
	CHECK_EQ(vec[0] & 1, 1);
	CHECK_ERR(mincore(p + 1, PAGE, vec), EINVAL);
	CHECK_ERR(mincore(p, PAGE, (void *)8), EFAULT);
	CHECK_ERR(mincore((void *)(1UL << 46), PAGE, vec), ENOMEM);
	CHECK_ERR(mincore(p, ~0UL, vec), ENOMEM);
	munmap(p + PAGE, PAGE);
	CHECK_ERR(mincore(p, 4 * PAGE, vec), ENOMEM);
	munmap(p, 4 * PAGE);
}

int main(void)
{
	mm_catch_faults();
	RUN(dontneed_gives_zeros);
	RUN(dontneed_shows_the_file_again);
	RUN(free_needs_anonymous_memory);
	RUN(populate);
	RUN(advice_about_fork);
	RUN(remove_punches_a_hole);
	RUN(advice_errors);
	RUN(msync_arguments);
	RUN(mincore_arguments);
	return test_done();
}
