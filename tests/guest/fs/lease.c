// SPDX-License-Identifier: MIT
// Leases: who has one hears of a conflicting open before it goes on; file flags; write hints.
#include "fs/fs.h"
#include <linux/fs.h>
#ifndef RWH_WRITE_LIFE_SHORT
#define RWH_WRITE_LIFE_SHORT 2
#endif
#include <signal.h>
#include <sys/ioctl.h>

static volatile sig_atomic_t told;
static int lease_fd;

static void let_go(int sig)
{
	told++;
	fcntl(lease_fd, F_SETLEASE, F_UNLCK);
	(void)sig;
}

static void remember(int sig)
{
	told++;
	(void)sig;
}

static void kinds(void)
{
	int dir;

	put_file("f", "x");
	lease_fd = open("f", O_RDONLY);
	CHECK_EQ(fcntl(lease_fd, F_GETLEASE), F_UNLCK);
	CHECK_ERR(fcntl(lease_fd, F_SETLEASE, F_UNLCK), EAGAIN);
	CHECK_ERR(fcntl(lease_fd, F_SETLEASE, 77), EINVAL);
	CHECK_OK(fcntl(lease_fd, F_SETLEASE, F_RDLCK));
	CHECK_EQ(fcntl(lease_fd, F_GETLEASE), F_RDLCK);
	CHECK_OK(fcntl(lease_fd, F_SETLEASE, F_WRLCK));
	CHECK_EQ(fcntl(lease_fd, F_GETLEASE), F_WRLCK);
	CHECK_OK(fcntl(lease_fd, F_SETLEASE, F_UNLCK));
	close(lease_fd);
	lease_fd = open("f", O_RDWR);
	CHECK_ERR(fcntl(lease_fd, F_SETLEASE, F_RDLCK), EAGAIN);
	CHECK_OK(fcntl(lease_fd, F_SETLEASE, F_WRLCK));
	close(lease_fd);
	dir = open(".", O_RDONLY);
	CHECK_ERR(fcntl(dir, F_SETLEASE, F_RDLCK), EINVAL);
	close(dir);
}

static void breaking(void)
{
	struct sigaction sa = { .sa_handler = remember };
	int other;

	sigaction(SIGIO, &sa, NULL);
	lease_fd = open("f", O_RDWR);
	CHECK_OK(fcntl(lease_fd, F_SETLEASE, F_WRLCK));
	told = 0;
	CHECK_ERR(open("f", O_RDONLY | O_NONBLOCK), EWOULDBLOCK);
	CHECK_EQ(told, 1);
	CHECK_EQ(fcntl(lease_fd, F_GETLEASE), F_RDLCK);
	CHECK_ERR(open("f", O_WRONLY | O_NONBLOCK), EWOULDBLOCK);
	CHECK_EQ(fcntl(lease_fd, F_GETLEASE), F_UNLCK);
	CHECK_OK(fcntl(lease_fd, F_SETLEASE, F_UNLCK));
	other = open("f", O_RDONLY | O_NONBLOCK);
	CHECK_OK(other);
	CHECK_ERR(fcntl(lease_fd, F_SETLEASE, F_WRLCK), EAGAIN);
	close(other);
	close(lease_fd);
	/* A reader's lease minds writers only. */
	lease_fd = open("f", O_RDONLY);
	CHECK_OK(fcntl(lease_fd, F_SETLEASE, F_RDLCK));
	other = open("f", O_RDONLY | O_NONBLOCK);
	CHECK_OK(other);
	close(other);
	CHECK_ERR(open("f", O_WRONLY | O_NONBLOCK), EWOULDBLOCK);
	/* The last close gives it up. */
	close(lease_fd);
	other = open("f", O_WRONLY | O_NONBLOCK);
	CHECK_OK(other);
	close(other);
}

/* The open waits until the holder lets go. */
static void waiting(void)
{
	struct sigaction sa = { .sa_handler = let_go };
	int status;
	pid_t pid;

	sigaction(SIGUSR1, &sa, NULL);
	lease_fd = open("f", O_RDONLY);
	CHECK_OK(fcntl(lease_fd, F_SETLEASE, F_RDLCK));
	CHECK_OK(fcntl(lease_fd, F_SETSIG, SIGUSR1));
	told = 0;
	pid = fork();
	if (!pid)
		_exit(truncate("f", 0) ? 1 : 0);
	while (waitpid(pid, &status, 0) < 0)
		NEED(errno == EINTR);
	CHECK_EQ(status, 0);
	CHECK_EQ(told, 1);
	CHECK_EQ(fcntl(lease_fd, F_GETLEASE), F_UNLCK);
	close(lease_fd);
}

static void flags_of_files(void)
{
	unsigned long long hint = 7;
	int flags = -1, fd = open("g", O_CREAT | O_RDWR, 0644);

	NEED(fd >= 0);
	if (ioctl(fd, FS_IOC_GETFLAGS, &flags)) {
		CHECK_EQ(errno, ENOTTY);
	} else {
		flags |= FS_APPEND_FL;
		CHECK_OK(ioctl(fd, FS_IOC_SETFLAGS, &flags));
		CHECK_ERR(open("g", O_WRONLY), EPERM);
		CHECK_ERR(unlink("g"), EPERM);
		CHECK_ERR(truncate("g", 0), EPERM);
		flags = 0;
		CHECK_OK(ioctl(fd, FS_IOC_SETFLAGS, &flags));
	}
	CHECK_OK(fcntl(fd, F_GET_RW_HINT, &hint));
	CHECK_EQ(hint, 0);
	hint = RWH_WRITE_LIFE_SHORT;
	CHECK_OK(fcntl(fd, F_SET_RW_HINT, &hint));
	CHECK_OK(fcntl(fd, F_GET_RW_HINT, &hint));
	CHECK_EQ(hint, RWH_WRITE_LIFE_SHORT);
	hint = 100;
	CHECK_ERR(fcntl(fd, F_SET_RW_HINT, &hint), EINVAL);
	close(fd);
	unlink("g");
}

int main(void)
{
	if (geteuid())
		SKIP("needs root");
	go_to_tmpfs();
	RUN(kinds);
	RUN(breaking);
	RUN(waiting);
	RUN(flags_of_files);
	leave_tmpfs();
	return test_done();
}
