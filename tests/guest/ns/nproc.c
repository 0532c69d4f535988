// SPDX-License-Identifier: MIT
/* RLIMIT_NPROC in user name spaces: counted in each for itself, and bounded by what its maker had. */
#include "test.h"
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#define USER 61234

static void limit(unsigned long n)
{
	struct rlimit r = { n, n };

	NEED(!setrlimit(RLIMIT_NPROC, &r));
}

/* How many children can be had, up to 6; they end before it returns. */
static int children(void)
{
	pid_t pids[6];
	int n = 0;

	for (; n < 6; n++) {
		pids[n] = fork();
		if (pids[n] < 0) {
			CHECK_EQ(errno, EAGAIN);
			break;
		}
		if (!pids[n]) {
			pause();
			_exit(0);
		}
	}
	for (int i = 0; i < n; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
	return n;
}

static void become_user(void)
{
	NEED(!setgid(USER));
	NEED(!setuid(USER));
	/* The files of its name space are its own again. */
	NEED(!prctl(PR_SET_DUMPABLE, 1));
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	NEED(fd >= 0);
	NEED(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

static void new_name_space(void)
{
	NEED(!unshare(CLONE_NEWUSER));
	put("/proc/self/uid_map", "61234 61234 1");
}

static void plain(void)
{
	become_user();
	limit(3);
	/* Itself, and two more. */
	CHECK_EQ(children(), 2);
}

/* What runs outside does not count inside. */
static void counted_apart(void)
{
	pid_t outside[3], pid;
	int status;

	become_user();
	for (int i = 0; i < 3; i++) {
		outside[i] = fork();
		if (!outside[i]) {
			pause();
			_exit(0);
		}
	}
	pid = fork();
	if (!pid) {
		test_failures = 0;
		new_name_space();
		limit(3);
		CHECK_EQ(children(), 2);
		_exit(test_failures);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	for (int i = 0; i < 3; i++) {
		kill(outside[i], SIGKILL);
		waitpid(outside[i], NULL, 0);
	}
}

/* A name space has no more than its maker might have. */
static void bounded_by_the_maker(void)
{
	become_user();
	limit(4);
	new_name_space();
	CHECK_EQ(children(), 3);
	/* And its own limits on top. */
	limit(2);
	CHECK_EQ(children(), 1);
}

int main(void)
{
	if (geteuid())
		SKIP("needs root");
	CHECK_EQ(test_in_child(plain), 0);
	CHECK_EQ(test_in_child(counted_apart), 0);
	CHECK_EQ(test_in_child(bounded_by_the_maker), 0);
	return test_done();
}
