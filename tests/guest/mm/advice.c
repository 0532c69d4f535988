// SPDX-License-Identifier: MIT
/* Advice about pages that are there, to others by pidfd, and remap_file_pages(2). */
#include "mm.h"

#include <sys/uio.h>

#ifndef MADV_COLD
#define MADV_COLD 20
#define MADV_PAGEOUT 21
#endif
#ifndef MADV_DONTNEED_LOCKED
#define MADV_DONTNEED_LOCKED 24
#endif

static void cold_and_pageout_keep_content(void)
{
	char *p = mmap(NULL, 64 * PAGE, RW, ANON, -1, 0);

	for (int i = 0; i < 64; i++)
		p[i * PAGE] = i + 1;
	CHECK_EQ(madvise(p, 64 * PAGE, MADV_COLD), 0);
	for (int i = 0; i < 64; i++)
		CHECK_EQ(p[i * PAGE], i + 1);
	CHECK_EQ(madvise(p, 64 * PAGE, MADV_PAGEOUT), 0);
	CHECK_EQ(madvise(p, 64 * PAGE, MADV_WILLNEED), 0);
	for (int i = 0; i < 64; i++) {
		CHECK_EQ(p[i * PAGE], i + 1);
		p[i * PAGE] = i + 2;
	}
	CHECK_ERR(madvise(p, 64 * PAGE, 99), EINVAL);
	munmap(p, 64 * PAGE);
	CHECK_ERR(madvise(p, PAGE, MADV_COLD), ENOMEM);
}

static void locked_memory_is_dropped_only_when_told_so(void)
{
	char *p = mmap(NULL, PAGE, RW, ANON, -1, 0);

	*p = 5;
	if (mlock(p, PAGE))
		return;
	CHECK_ERR(madvise(p, PAGE, MADV_PAGEOUT), EINVAL);
	CHECK_ERR(madvise(p, PAGE, MADV_DONTNEED), EINVAL);
	CHECK_EQ(*p, 5);
	if (!madvise(p, PAGE, MADV_DONTNEED_LOCKED))
		CHECK_EQ(*p, 0);
	munmap(p, PAGE);
}

static void advice_about_others(void)
{
	char *p = mmap(NULL, 4 * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct iovec vec = { p, 4 * PAGE };
	int fd = syscall(SYS_pidfd_open, getpid(), 0);

	CHECK_GE(fd, 0);
	p[0] = 9;
	CHECK_EQ(syscall(SYS_process_madvise, fd, &vec, 1UL, MADV_COLD, 0), 4 * PAGE);
	CHECK_EQ(p[0], 9);
	CHECK_ERR(syscall(SYS_process_madvise, fd, &vec, 1UL, MADV_COLD, 1), EINVAL);
	CHECK_ERR(syscall(SYS_process_madvise, -1, &vec, 1UL, MADV_COLD, 0), EBADF);
	close(fd);
	munmap(p, 4 * PAGE);
}

static void file_pages_change_places(void)
{
	int fd = mm_file(4 * PAGE);
	char *p = mmap(NULL, 4 * PAGE, RW, MAP_SHARED, fd, 0), first = p[0], third = p[2 * PAGE];

	CHECK_EQ(syscall(SYS_remap_file_pages, p, PAGE, 0, 2UL, 0), 0);
	CHECK_EQ(p[0], third);
	CHECK_EQ(p[PAGE] - first, p[2 * PAGE] - p[PAGE]);
	p[0] = 77;
	CHECK_EQ(p[2 * PAGE], 77);
	CHECK_ERR(syscall(SYS_remap_file_pages, p, PAGE, PROT_READ, 2UL, 0), EINVAL);
	munmap(p, 4 * PAGE);
	close(fd);
}

int main(void)
{
	RUN(cold_and_pageout_keep_content);
	RUN(locked_memory_is_dropped_only_when_told_so);
	RUN(advice_about_others);
	RUN(file_pages_change_places);
	return test_done();
}
