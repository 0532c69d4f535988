// SPDX-License-Identifier: MIT
/* cachestat(): pages of a file that are cached, dirty, on their way. */
#include "test.h"
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define SYS_cachestat_ 451
#define PAGE 4096

struct range {
	uint64_t off, len;
};

struct stat_ {
	uint64_t cache, dirty, writeback, evicted, recently;
};

static struct stat_ st;

static long cachestat_(int fd, uint64_t off, uint64_t len, unsigned int flags)
{
	struct range r = { off, len };

	memset(&st, 0xff, sizeof(st));
	return syscall(SYS_cachestat_, fd, &r, &st, flags);
}

static void counts(int fd)
{
	static char buf[PAGE];

	CHECK_OK(cachestat_(fd, 0, 0, 0));
	CHECK_EQ(st.cache + st.dirty + st.writeback + st.evicted + st.recently, 0);
	for (int i = 0; i < 8; i++)
		CHECK_EQ(pwrite(fd, buf, PAGE, i * PAGE), PAGE);
	/* A file system may write through, and cache what is read only. */
	for (int i = 0; i < 8; i++)
		CHECK_EQ(pread(fd, buf, PAGE, i * PAGE), PAGE);
	CHECK_OK(cachestat_(fd, 0, 8 * PAGE, 0));
	CHECK_EQ(st.cache + st.evicted, 8);
	CHECK_OK(cachestat_(fd, 0, 0, 0));
	CHECK_EQ(st.cache + st.evicted, 8);
	/* Whole pages, however little of them is named. */
	CHECK_OK(cachestat_(fd, PAGE - 1, 2, 0));
	CHECK_EQ(st.cache + st.evicted, 2);
	CHECK_OK(cachestat_(fd, 7 * PAGE, 1 << 20, 0));
	CHECK_EQ(st.cache + st.evicted, 1);
	CHECK_OK(cachestat_(fd, 1 << 20, 1 << 20, 0));
	CHECK_EQ(st.cache + st.evicted, 0);
	/* A hole is nothing. */
	CHECK_OK(ftruncate(fd, 100 * PAGE));
	CHECK_OK(cachestat_(fd, 0, 0, 0));
	CHECK_EQ(st.cache + st.evicted, 8);
	CHECK_OK(ftruncate(fd, 3 * PAGE));
	CHECK_OK(cachestat_(fd, 0, 0, 0));
	CHECK_EQ(st.cache + st.evicted, 3);
	CHECK_OK(fsync(fd));
	CHECK_OK(cachestat_(fd, 0, 0, 0));
	CHECK_EQ(st.dirty, 0);
	CHECK_EQ(st.writeback, 0);
}

static void files(void)
{
	int fd = open("f", O_CREAT | O_RDWR, 0600);

	counts(fd);
	close(fd);
	fd = memfd_create("m", 0);
	counts(fd);
	CHECK_OK(cachestat_(fd, 0, 0, 0));
	CHECK_EQ(st.dirty, 0);
	close(fd);
}

static void refusals(void)
{
	int fd = open("f", O_RDONLY);
	int pipes[2];

	CHECK_ERR(cachestat_(-1, 0, 0, 0), EBADF);
	CHECK_ERR(cachestat_(fd, 0, 0, 1), EINVAL);
	CHECK_ERR(syscall(SYS_cachestat_, fd, 8, &st, 0), EFAULT);
	CHECK_ERR(syscall(SYS_cachestat_, fd, &(struct range){}, 8, 0), EFAULT);
	/* What has no cache has nothing in it. */
	CHECK_OK(pipe(pipes));
	CHECK_OK(cachestat_(pipes[0], 0, 0, 0));
	CHECK_EQ(st.cache, 0);
	close(fd);
}

int main(void)
{
	if (cachestat_(0, 0, 0, 0) < 0 && errno == ENOSYS)
		SKIP("no cachestat");
	RUN(files);
	RUN(refusals);
	return test_done();
}
