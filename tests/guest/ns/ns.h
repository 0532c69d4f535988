/* SPDX-License-Identifier: MIT */
/* Helpers of the name space tests. */
#ifndef GUEST_NS_H
#define GUEST_NS_H

#include "test.h"
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <linux/nsfs.h>
#include <linux/sched.h>
#include <linux/capability.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

/* A file's text, "" when it cannot be read. */
static inline const char *slurp(const char *name)
{
	static char text[4096];
	int fd = open(name, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

/* Writes a whole text with one call; -1 and errno on failure. */
static inline int spit(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY), error;
	ssize_t n;

	if (fd < 0)
		return -1;
	n = write(fd, text, strlen(text));
	error = errno;
	close(fd);
	errno = error;
	return n == (ssize_t)strlen(text) ? 0 : -1;
}

/* "kind:[number]" of a task's link. */
static inline const char *ns_link(pid_t pid, const char *kind)
{
	static char text[2][64];
	static int turn;
	char name[64];
	ssize_t n;

	turn = !turn;
	snprintf(name, sizeof(name), "/proc/%d/ns/%s", (int)pid, kind);
	n = readlink(name, text[turn], sizeof(text[0]) - 1);
	text[turn][n > 0 ? n : 0] = '\0';
	return text[turn];
}

/* A sandboxed host may forbid name spaces to root. */
static inline void need_namespaces(int flags)
{
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(unshare(flags) ? 1 : 0);
	NEED(waitpid(pid, &status, 0) == pid);
	if (status)
		SKIP("this system forbids unshare()");
}

static inline long sys_clone3(struct clone_args *args)
{
	return syscall(SYS_clone3, args, sizeof(*args));
}

#endif
