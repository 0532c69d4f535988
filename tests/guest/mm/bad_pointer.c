// SPDX-License-Identifier: MIT
/* System calls that are given memory which is not there, or ends in the middle. */
#include "mm.h"

#include <sys/uio.h>

static int fds[2];
static void *volatile nowhere = (void *)8;	/* the compiler must not know */
static char *edge;	/* one good page; none after it */

static void reads_and_writes(void)
{
	char *bad[] = { NULL, (char *)8, (char *)(1UL << 46), (char *)(1UL << 47),
			(char *)0xffff800000000000UL, (char *)-4096L, (char *)-1L };

	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK_ERR(write(fds[1], bad[i], 4), EFAULT);
		CHECK_EQ(write(fds[1], "abcd", 4), 4);
		CHECK_ERR(read(fds[0], bad[i], 4), EFAULT);
		while (read(fds[0], edge, 16) > 0)
			;
	}
}

static void partial_transfers(void)
{
	char buf[16];

	memcpy(edge + PAGE - 4, "wxyz", 4);
	/* The pipe takes what there was, or nothing: never more. */
	ssize_t n = write(fds[1], edge + PAGE - 4, 8);
	CHECK(n == 4 || (n == -1 && errno == EFAULT));
	while (read(fds[0], buf, sizeof(buf)) > 0)
		;
	CHECK_ERR(open(edge + PAGE - 2, O_RDONLY), EFAULT);
	edge[PAGE - 2] = 'q';
	edge[PAGE - 1] = 0;
	CHECK_ERR(open(edge + PAGE - 2, O_RDONLY), ENOENT);
	edge[PAGE - 1] = 'q';
	CHECK_ERR(open(edge + PAGE - 2, O_RDONLY), EFAULT);
}

static void structures(void)
{
	CHECK_ERR(fstat(0, (struct stat *)8), EFAULT);
	CHECK_ERR(syscall(SYS_pipe, 8), EFAULT);
	CHECK_ERR(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, 8), EFAULT);
	CHECK_ERR(syscall(SYS_nanosleep, 8, NULL), EFAULT);
	CHECK_ERR(syscall(SYS_uname, 8), EFAULT);
	CHECK_ERR(syscall(SYS_rt_sigaction, SIGUSR1, 8, NULL, 8), EFAULT);
	CHECK_ERR(syscall(SYS_getcwd, 8, 100), EFAULT);
	CHECK_ERR(syscall(SYS_readv, fds[0], 8, 1), EFAULT);
	CHECK_ERR(syscall(SYS_getrlimit, RLIMIT_AS, 8), EFAULT);
	CHECK_ERR(syscall(SYS_execve, 8, NULL, NULL), EFAULT);
}

static void vectors(void)
{
	struct iovec iov[3] = { { "ab", 2 }, { (void *)8, 2 }, { "cd", 2 } };
	char buf[16];
	ssize_t n = writev(fds[1], iov, 3);

	CHECK(n == 2 || (n == -1 && errno == EFAULT));
	while (read(fds[0], buf, sizeof(buf)) > 0)
		;
	iov[1].iov_base = "xy";
	CHECK_EQ(writev(fds[1], iov, 3), 6);
	CHECK_EQ(read(fds[0], buf, sizeof(buf)), 6);
	CHECK(!memcmp(buf, "abxycd", 6));
	iov[0].iov_len = -1;
	CHECK_ERR(writev(fds[1], iov, 3), EINVAL);
	CHECK_ERR(syscall(SYS_writev, fds[1], iov, 1025), EINVAL);
	CHECK_ERR(syscall(SYS_writev, fds[1], iov, -1L), EINVAL);
}

static void files(void)
{
	int fd = mm_file(2 * PAGE);
	char *p = mmap(NULL, 2 * PAGE, RW, MAP_SHARED, fd, 0);

	NEED(p != MAP_FAILED);
	CHECK_ERR(pread(fd, nowhere, 4, 0), EFAULT);
	CHECK_ERR(pwrite(fd, nowhere, 4, 0), EFAULT);
	/* A file written from its own mapping, and read into it. */
	CHECK_EQ(pwrite(fd, p + PAGE, 100, 0), 100);
	CHECK_EQ(p[0], 2);
	CHECK_EQ(pread(fd, p + 200, PAGE - 200, PAGE), (ssize_t)PAGE - 200);
	CHECK_EQ(p[300], 2);
	CHECK_EQ(pread(fd, edge + PAGE - 8, 16, 0), 8);
	munmap(p, 2 * PAGE);
	close(fd);
}

int main(void)
{
	mm_catch_faults();
	NEED(pipe2(fds, O_NONBLOCK) == 0);
	edge = mm_map(2);
	munmap(edge + PAGE, PAGE);
	RUN(reads_and_writes);
	RUN(partial_transfers);
	RUN(structures);
	RUN(vectors);
	RUN(files);
	return test_done();
}
