// SPDX-License-Identifier: MIT
// dnotify: signals about what happens in a folder, once or always, and how a watch ends.
#include "fs/fs.h"
#include <signal.h>
#include <sys/inotify.h>

#define MULTISHOT 0x80000000ul

static int dir;

/* Takes the signals that wait; how many there were. */
static int signals(void)
{
	struct timespec none = { 0, 0 };
	siginfo_t info;
	sigset_t set;
	int n = 0;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	while (sigtimedwait(&set, &info, &none) == SIGRTMIN) {
		CHECK_EQ(info.si_code, POLL_MSG);
		CHECK_EQ(info.si_fd, dir);
		n++;
	}
	return n;
}

static void open_dir(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	sigaddset(&set, SIGIO);
	sigprocmask(SIG_BLOCK, &set, NULL);
	mkdir("d", 0755);
	dir = open("d", O_RDONLY);
	NEED(dir >= 0);
	CHECK_OK(fcntl(dir, F_SETSIG, SIGRTMIN));
}

static void once(void)
{
	open_dir();
	CHECK_OK(fcntl(dir, F_NOTIFY, DN_CREATE));
	put_file("d/a", "x");
	CHECK_EQ(signals(), 1);
	put_file("d/b", "x");
	CHECK_EQ(signals(), 0);
	CHECK_EQ(fcntl(dir, F_GETOWN), getpid());
	close(dir);
}

static void every_kind(void)
{
	char c;
	int fd;

	open_dir();
	CHECK_OK(fcntl(dir, F_NOTIFY, MULTISHOT | DN_CREATE));
	CHECK_OK(mkdir("d/sub", 0755));
	CHECK_EQ(signals(), 1);
	CHECK_OK(fcntl(dir, F_NOTIFY, MULTISHOT | DN_DELETE));
	CHECK_OK(rmdir("d/sub"));
	CHECK_EQ(signals(), 1);
	put_file("out", "x");
	CHECK_OK(rename("out", "d/in"));
	CHECK_EQ(signals(), 1);
	CHECK_OK(rename("d/in", "out"));
	CHECK_EQ(signals(), 1);
	CHECK_OK(fcntl(dir, F_NOTIFY, 0));
	put_file("d/quiet", "x");
	CHECK_EQ(signals(), 0);

	CHECK_OK(fcntl(dir, F_NOTIFY, MULTISHOT | DN_RENAME));
	CHECK_OK(rename("d/quiet", "d/f"));
	CHECK_EQ(signals(), 1);
	CHECK_OK(rename("d/f", "f"));
	CHECK_OK(rename("f", "d/f"));
	CHECK_EQ(signals(), 0);
	CHECK_OK(fcntl(dir, F_NOTIFY, 0));

	CHECK_OK(fcntl(dir, F_NOTIFY, MULTISHOT | DN_ACCESS));
	fd = open("d/f", O_RDWR);
	CHECK_EQ(read(fd, &c, 1), 1);
	CHECK_EQ(signals(), 1);
	CHECK_EQ(write(fd, "y", 1), 1);
	CHECK_EQ(signals(), 0);
	CHECK_OK(fcntl(dir, F_NOTIFY, MULTISHOT | DN_MODIFY));
	CHECK_EQ(write(fd, "y", 1), 1);
	CHECK_EQ(signals(), 1);
	CHECK_OK(ftruncate(fd, 1));
	CHECK_EQ(signals(), 1);
	CHECK_OK(fcntl(dir, F_NOTIFY, MULTISHOT | DN_ATTRIB));
	CHECK_OK(fchmod(fd, 0600));
	CHECK_EQ(signals(), 1);
	close(fd);
	/* The folder itself counts. */
	CHECK_OK(fchmod(dir, 0700));
	CHECK_EQ(signals(), 1);
	close(dir);
}

static void ends_with_close(void)
{
	int copy, status;
	pid_t pid;

	open_dir();
	CHECK_OK(fcntl(dir, F_NOTIFY, MULTISHOT | DN_CREATE));
	/* A child's close is not ours. */
	pid = fork();
	if (!pid) {
		close(dir);
		_exit(0);
	}
	NEED(waitpid(pid, &status, 0) == pid);
	CHECK_OK(mkdir("d/one", 0755));
	CHECK_EQ(signals(), 1);
	/* Any descriptor of the file will do. */
	copy = dup(dir);
	close(copy);
	CHECK_OK(mkdir("d/two", 0755));
	CHECK_EQ(signals(), 0);
	close(dir);
}

static void beside_inotify(void)
{
	int in = inotify_init1(IN_NONBLOCK);
	char buf[512];

	open_dir();
	CHECK_GE(inotify_add_watch(in, "d", IN_CREATE), 1);
	CHECK_OK(fcntl(dir, F_NOTIFY, DN_CREATE));
	CHECK_OK(mkdir("d/both", 0755));
	CHECK_EQ(signals(), 1);
	CHECK_GT(read(in, buf, sizeof(buf)), 0);
	close(in);
	close(dir);
}

static void errors(void)
{
	int fd;

	put_file("plain", "x");
	fd = open("plain", O_RDONLY);
	CHECK_ERR(fcntl(fd, F_NOTIFY, DN_CREATE), ENOTDIR);
	CHECK_OK(fcntl(fd, F_NOTIFY, 0));
	close(fd);
	CHECK_ERR(fcntl(fd, F_NOTIFY, DN_CREATE), EBADF);
	fd = open(".", O_PATH);
	CHECK_ERR(fcntl(fd, F_NOTIFY, DN_CREATE), EBADF);
	close(fd);
}

int main(void)
{
	go_to_tmpfs();
	RUN(once);
	RUN(every_kind);
	RUN(ends_with_close);
	RUN(beside_inotify);
	RUN(errors);
	leave_tmpfs();
	return test_done();
}
