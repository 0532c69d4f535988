// SPDX-License-Identifier: MIT
// Descriptors: dup, dup2, dup3, close, close_range, fcntl, RLIMIT_NOFILE, sharing.
#include "fs/fs.h"
#include <pthread.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/resource.h>

#ifndef CLOSE_RANGE_UNSHARE
#define CLOSE_RANGE_UNSHARE 2
#define CLOSE_RANGE_CLOEXEC 4
#endif

static int range(unsigned int a, unsigned int b, unsigned int flags)
{
	return syscall(SYS_close_range, a, b, flags);
}

static void duplicates(void)
{
	int fd = open("f", O_CREAT | O_RDWR, 0600);
	int d = dup(fd);

	CHECK_EQ(d, fd + 1);
	CHECK_EQ(write(fd, "abc", 3), 3);
	CHECK_EQ(lseek(d, 0, SEEK_CUR), 3);
	CHECK_EQ(fcntl(d, F_GETFD), 0);
	CHECK_EQ(dup2(fd, 50), 50);
	CHECK_EQ(dup2(fd, fd), fd);
	CHECK_EQ(dup3(fd, 51, O_CLOEXEC), 51);
	CHECK_EQ(fcntl(51, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(dup2(51, 52), 52);
	CHECK_EQ(fcntl(52, F_GETFD), 0);
	CHECK_ERR(dup3(fd, fd, 0), EINVAL);
	CHECK_ERR(dup3(fd, 60, 1), EINVAL);
	CHECK_ERR(dup(-1), EBADF);
	CHECK_ERR(dup2(-1, 60), EBADF);
	CHECK_ERR(dup2(99, 99), EBADF);
	CHECK_ERR(dup2(fd, -1), EBADF);
	CHECK_ERR(dup2(fd, 1 << 30), EBADF);
	CHECK_EQ(fcntl(fd, F_DUPFD, 70), 70);
	CHECK_EQ(fcntl(fd, F_DUPFD, 70), 71);
	CHECK_EQ(fcntl(fd, F_DUPFD_CLOEXEC, 70), 72);
	CHECK_EQ(fcntl(72, F_GETFD), FD_CLOEXEC);
	CHECK_ERR(fcntl(fd, F_DUPFD, -1), EINVAL);
	CHECK_ERR(fcntl(fd, F_DUPFD, 1 << 30), EINVAL);
	CHECK_OK(close(d));
	CHECK_ERR(close(d), EBADF);
	CHECK_EQ(dup(fd), d);
	CHECK_OK(range(fd + 1, ~0U, 0));
	CHECK_ERR(fcntl(50, F_GETFD), EBADF);
	CHECK_ERR(fcntl(72, F_GETFD), EBADF);
	close(fd);
}

static void status_flags(void)
{
	int fd = open("f", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	int on = 1;

	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_OK(fcntl(fd, F_SETFD, 0));
	CHECK_EQ(fcntl(fd, F_GETFD), 0);
	CHECK_EQ(fcntl(fd, F_GETFL) & ~O_LARGEFILE & ~0100000, O_RDWR);
	CHECK_OK(fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK | O_WRONLY | O_CREAT));
	CHECK_EQ(fcntl(fd, F_GETFL) & ~0100000, O_RDWR | O_APPEND | O_NONBLOCK);
	CHECK_OK(fcntl(fd, F_SETFL, 0));
	CHECK_EQ(fcntl(fd, F_GETFL) & ~0100000, O_RDWR);
	CHECK_OK(ioctl(fd, FIOCLEX));
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_OK(ioctl(fd, FIONCLEX));
	CHECK_EQ(fcntl(fd, F_GETFD), 0);
	CHECK_OK(ioctl(fd, FIONBIO, &on));
	CHECK_EQ(fcntl(fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	CHECK_ERR(ioctl(fd, 0x5401 /* TCGETS */, &on), ENOTTY);
	CHECK_ERR(ioctl(-1, FIONBIO, &on), EBADF);
	CHECK_ERR(fcntl(fd, 9999), EINVAL);
	CHECK_ERR(fcntl(-1, F_GETFL), EBADF);
	CHECK_OK(fcntl(fd, F_SETOWN, getpid()));
	CHECK_EQ(fcntl(fd, F_GETOWN), getpid());
	struct f_owner_ex ex = { F_OWNER_PGRP, getpgrp() };
	CHECK_OK(fcntl(fd, F_SETOWN_EX, &ex));
	ex.type = ex.pid = 0;
	CHECK_OK(fcntl(fd, F_GETOWN_EX, &ex));
	CHECK_EQ(ex.type, F_OWNER_PGRP);
	CHECK_EQ(ex.pid, getpgrp());
	CHECK_OK(fcntl(fd, F_SETSIG, 10));
	CHECK_EQ(fcntl(fd, F_GETSIG), 10);
	CHECK_ERR(fcntl(fd, F_SETSIG, 1000), EINVAL);
	close(fd);
	unlink("f");
}

static void limit(void)
{
	struct rlimit old, lim;
	int n = 0, fd, last = -1;

	getrlimit(RLIMIT_NOFILE, &old);
	lim = old;
	lim.rlim_cur = 20;
	CHECK_OK(setrlimit(RLIMIT_NOFILE, &lim));
	while ((fd = open("/", O_RDONLY)) >= 0 && n < 100) {
		last = fd;
		n++;
	}
	CHECK_EQ(errno, EMFILE);
	CHECK_EQ(last, 19);
	CHECK_ERR(dup2(0, 20), EBADF);
	CHECK_ERR(dup(last), EMFILE);
	int p[2];
	CHECK_ERR(pipe(p), EMFILE);
	range(last - n + 1, last, 0);
	CHECK_OK(setrlimit(RLIMIT_NOFILE, &old));
}

static void many(void)
{
	struct rlimit lim;
	int base = dup(0), i;

	getrlimit(RLIMIT_NOFILE, &lim);
	lim.rlim_cur = lim.rlim_max < 3000 ? lim.rlim_max : 3000;
	CHECK_OK(setrlimit(RLIMIT_NOFILE, &lim));
	if (lim.rlim_cur < 3000)
		return;
	for (i = 0; i < 2500; i++)
		if (dup(0) != base + 1 + i)
			break;
	CHECK_EQ(i, 2500);
	CHECK_OK(close(base + 7));
	CHECK_EQ(dup(0), base + 7);
	/* A child has them all, and closes its own only. */
	pid_t pid = fork();
	if (!pid) {
		range(base, ~0U, 0);
		_exit(fcntl(base + 2000, F_GETFD) == -1 ? 0 : 1);
	}
	int status;
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	CHECK_EQ(fcntl(base + 2000, F_GETFD), 0);
	CHECK_OK(range(base, ~0U, 0));
}

static void ranges(void)
{
	int i;

	for (i = 30; i < 40; i++)
		CHECK_EQ(dup2(0, i), i);
	CHECK_OK(range(32, 34, CLOSE_RANGE_CLOEXEC));
	CHECK_EQ(fcntl(31, F_GETFD), 0);
	CHECK_EQ(fcntl(32, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(34, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(35, F_GETFD), 0);
	CHECK_OK(range(33, 36, 0));
	CHECK_EQ(fcntl(32, F_GETFD), FD_CLOEXEC);
	CHECK_ERR(fcntl(33, F_GETFD), EBADF);
	CHECK_EQ(fcntl(37, F_GETFD), 0);
	CHECK_ERR(range(40, 30, 0), EINVAL);
	CHECK_ERR(range(30, 40, 1), EINVAL);
	CHECK_OK(range(30, ~0U, CLOSE_RANGE_UNSHARE));
	CHECK_ERR(fcntl(30, F_GETFD), EBADF);
}

static void *closer(void *arg)
{
	close(*(int *)arg);
	return NULL;
}

static void *unsharer(void *arg)
{
	if (unshare(CLONE_FILES))
		return (void *)1;
	close(*(int *)arg);
	return NULL;
}

static void threads_share(void)
{
	pthread_t t;
	void *r;
	int fd = dup(0);

	pthread_create(&t, NULL, unsharer, &fd);
	pthread_join(t, &r);
	CHECK(!r);
	CHECK_EQ(fcntl(fd, F_GETFD), 0);
	pthread_create(&t, NULL, closer, &fd);
	pthread_join(t, NULL);
	CHECK_ERR(fcntl(fd, F_GETFD), EBADF);
}

int main(int argc, char **argv)
{
	if (argc > 1) {
		/* After exec: 40 was close-on-exec, 41 was not. */
		return fcntl(40, F_GETFD) == -1 && fcntl(41, F_GETFD) == 0 ? 0 : 1;
	}
	go_to_tmpfs();
	RUN(duplicates);
	RUN(status_flags);
	RUN(limit);
	RUN(many);
	RUN(ranges);
	RUN(threads_share);
	dup3(0, 40, O_CLOEXEC);
	dup2(0, 41);
	pid_t pid = fork();
	if (!pid) {
		execl("/proc/self/exe", "fds", "child", NULL);
		_exit(2);
	}
	int status;
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	leave_tmpfs();
	return test_done();
}
