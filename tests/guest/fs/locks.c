// SPDX-License-Identifier: MIT
// File locks: fcntl ranges, open file description locks, flock.
#include "fs/fs.h"
#include <signal.h>
#include <sys/file.h>

static int set(int fd, int cmd, int type, off_t start, off_t len)
{
	struct flock fl = { .l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len };

	return fcntl(fd, cmd, &fl);
}

/* What a child sees: the type of the lock in the way of a write lock, F_UNLCK for none. */
static int seen_by_child(int fd, off_t start, off_t len)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		struct flock fl = { .l_type = F_WRLCK, .l_start = start, .l_len = len };

		if (fcntl(fd, F_GETLK, &fl))
			_exit(99);
		if (fl.l_type != F_UNLCK && fl.l_pid != getppid())
			_exit(98);
		_exit(fl.l_type);
	}
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

static void ranges(void)
{
	int fd = open("f", O_CREAT | O_RDWR, 0600);
	struct flock fl;
	int ro;

	CHECK_OK(set(fd, F_SETLK, F_WRLCK, 10, 10));
	CHECK_EQ(seen_by_child(fd, 0, 10), F_UNLCK);
	CHECK_EQ(seen_by_child(fd, 19, 1), F_WRLCK);
	CHECK_EQ(seen_by_child(fd, 20, 10), F_UNLCK);
	/* A hole in the middle, another type at the side, joined again. */
	CHECK_OK(set(fd, F_SETLK, F_UNLCK, 13, 2));
	CHECK_EQ(seen_by_child(fd, 13, 2), F_UNLCK);
	CHECK_EQ(seen_by_child(fd, 12, 1), F_WRLCK);
	CHECK_EQ(seen_by_child(fd, 15, 1), F_WRLCK);
	CHECK_OK(set(fd, F_SETLK, F_RDLCK, 0, 12));
	CHECK_EQ(seen_by_child(fd, 11, 1), F_RDLCK);
	CHECK_EQ(seen_by_child(fd, 12, 1), F_WRLCK);
	CHECK_OK(set(fd, F_SETLK, F_RDLCK, 0, 0));
	CHECK_EQ(seen_by_child(fd, 1LL << 50, 1), F_RDLCK);
	CHECK_OK(set(fd, F_SETLK, F_UNLCK, 0, 0));
	CHECK_EQ(seen_by_child(fd, 0, 0), F_UNLCK);
	/* A negative length reaches back. */
	CHECK_OK(set(fd, F_SETLK, F_WRLCK, 100, -10));
	CHECK_EQ(seen_by_child(fd, 90, 1), F_WRLCK);
	CHECK_EQ(seen_by_child(fd, 100, 1), F_UNLCK);
	/* Our own locks are never in our way. */
	memset(&fl, 0, sizeof(fl));
	fl.l_type = F_WRLCK;
	CHECK_OK(fcntl(fd, F_GETLK, &fl));
	CHECK_EQ(fl.l_type, F_UNLCK);
	CHECK_ERR(set(fd, F_SETLK, 99, 0, 0), EINVAL);
	CHECK_ERR(set(fd, F_SETLK, F_WRLCK, -1, 0), EINVAL);
	fl.l_whence = 9;
	CHECK_ERR(fcntl(fd, F_SETLK, &fl), EINVAL);
	CHECK_ERR(fcntl(fd, F_SETLK, (void *)8), EFAULT);
	CHECK_ERR(set(-1, F_SETLK, F_RDLCK, 0, 0), EBADF);
	ro = open("f", O_RDONLY);
	CHECK_ERR(set(ro, F_SETLK, F_WRLCK, 0, 0), EBADF);
	/* Closing any descriptor of the file drops all of the process's locks. */
	close(ro);
	CHECK_EQ(seen_by_child(fd, 90, 1), F_UNLCK);
	close(fd);
	unlink("f");
}

static void on_alarm(int sig)
{
}

static void waiting(void)
{
	struct sigaction sa = { .sa_handler = on_alarm };
	int fd = open("f", O_CREAT | O_RDWR, 0600);
	int p[2], status;
	pid_t pid;
	char c;

	sigaction(SIGALRM, &sa, NULL);
	CHECK_OK(pipe(p));
	pid = fork();
	if (!pid) {
		if (set(fd, F_SETLK, F_WRLCK, 0, 0))
			_exit(1);
		if (write(p[1], "x", 1) != 1)
			_exit(2);
		test_sleep_ms(60);
		_exit(0);
	}
	CHECK_EQ(read(p[0], &c, 1), 1);
	CHECK_ERR(set(fd, F_SETLK, F_WRLCK, 0, 0), EAGAIN);
	ualarm(10000, 0);
	CHECK_ERR(set(fd, F_SETLKW, F_WRLCK, 0, 0), EINTR);
	/* Its exit lets us through. */
	CHECK_OK(set(fd, F_SETLKW, F_WRLCK, 0, 0));
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	close(fd); close(p[0]); close(p[1]);
	unlink("f");
}

static void deadlock(void)
{
	int fd = open("f", O_CREAT | O_RDWR, 0600);
	int p[2], status;
	pid_t pid;
	char c;

	CHECK_OK(pipe(p));
	CHECK_OK(set(fd, F_SETLK, F_WRLCK, 0, 1));
	pid = fork();
	if (!pid) {
		if (set(fd, F_SETLK, F_WRLCK, 1, 1))
			_exit(1);
		if (write(p[1], "x", 1) != 1)
			_exit(2);
		_exit(set(fd, F_SETLKW, F_WRLCK, 0, 1) ? 3 : 0);
	}
	CHECK_EQ(read(p[0], &c, 1), 1);
	test_sleep_ms(50);
	CHECK_ERR(set(fd, F_SETLKW, F_WRLCK, 1, 1), EDEADLK);
	CHECK_OK(set(fd, F_SETLK, F_UNLCK, 0, 0));
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	close(fd); close(p[0]); close(p[1]);
	unlink("f");
}

static void of_descriptions(void)
{
	int a = open("f", O_CREAT | O_RDWR, 0600);
	int b = open("f", O_RDWR);
	struct flock fl = { .l_type = F_WRLCK };
	int d;

	CHECK_OK(set(a, F_OFD_SETLK, F_WRLCK, 0, 10));
	CHECK_ERR(set(b, F_OFD_SETLK, F_WRLCK, 5, 1), EAGAIN);
	CHECK_ERR(set(b, F_SETLK, F_RDLCK, 5, 1), EAGAIN);
	CHECK_OK(fcntl(b, F_OFD_GETLK, &fl));
	CHECK_EQ(fl.l_type, F_WRLCK);
	CHECK_EQ(fl.l_pid, -1);
	CHECK_EQ(fl.l_len, 10);
	fl.l_type = F_WRLCK;
	fl.l_pid = 1;
	CHECK_ERR(fcntl(b, F_OFD_SETLK, &fl), EINVAL);
	d = dup(a);
	close(a);
	CHECK_ERR(set(b, F_OFD_SETLK, F_WRLCK, 5, 1), EAGAIN);
	close(d);
	CHECK_OK(set(b, F_OFD_SETLK, F_WRLCK, 5, 1));
	close(b);
	unlink("f");
}

static void whole_files(void)
{
	int a = open("f", O_CREAT | O_RDWR, 0600);
	int b = open("f", O_RDONLY);

	CHECK_OK(flock(a, LOCK_SH));
	CHECK_OK(flock(b, LOCK_SH));
	CHECK_ERR(flock(a, LOCK_EX | LOCK_NB), EAGAIN);
	CHECK_OK(flock(b, LOCK_UN));
	CHECK_OK(flock(a, LOCK_EX | LOCK_NB));
	CHECK_ERR(flock(b, LOCK_SH | LOCK_NB), EAGAIN);
	/* They do not meet fcntl's locks. */
	CHECK_OK(set(a, F_SETLK, F_WRLCK, 0, 0));
	CHECK_ERR(flock(a, 0x40), EINVAL);
	CHECK_ERR(flock(-1, LOCK_SH), EBADF);
	int d = dup(a);
	close(a);
	CHECK_ERR(flock(b, LOCK_SH | LOCK_NB), EAGAIN);
	close(d);
	CHECK_OK(flock(b, LOCK_EX | LOCK_NB));
	close(b);
	unlink("f");
}

int main(void)
{
	go_to_tmpfs();
	RUN(ranges);
	RUN(waiting);
	RUN(deadlock);
	RUN(of_descriptions);
	RUN(whole_files);
	leave_tmpfs();
	return test_done();
}
