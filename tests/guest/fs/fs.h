/* SPDX-License-Identifier: MIT */
/* Small helpers of the file system tests. */
#ifndef GUEST_FS_H
#define GUEST_FS_H

#include "test.h"
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* Bad pointers and sizes are what these tests are for. */
#pragma GCC diagnostic ignored "-Wstringop-overflow"
#pragma GCC diagnostic ignored "-Wstringop-overread"

/* Moves to an empty folder on tmpfs, whatever the test's own folder lies on. */
static inline void go_to_tmpfs(void)
{
	static char dir[64];

	snprintf(dir, sizeof(dir), "/dev/shm/fs-test.XXXXXX");
	if (!mkdtemp(dir)) {
		snprintf(dir, sizeof(dir), "/tmp/fs-test.XXXXXX");
		NEED(mkdtemp(dir));
	}
	NEED(!chdir(dir));
}

/* Takes it away again, with what is in it. */
static inline void leave_tmpfs(void)
{
	char cwd[PATH_MAX];
	char cmd[PATH_MAX + 16];

	if (getcwd(cwd, sizeof(cwd)) && !strncmp(strrchr(cwd, '/'), "/fs-test.", 9)) {
		if (chdir("/") == 0) {
			snprintf(cmd, sizeof(cmd), "rm -rf %s", cwd);
			NEED(!system(cmd));
		}
	}
}

static inline void put_file(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	NEED(fd >= 0);
	NEED(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

static inline int exists(const char *name)
{
	struct stat st;

	return !lstat(name, &st);
}

static inline mode_t mode_of(const char *name)
{
	struct stat st;

	return lstat(name, &st) ? 0 : st.st_mode;
}

static inline nlink_t links_of(const char *name)
{
	struct stat st;

	return lstat(name, &st) ? 0 : st.st_nlink;
}

/* Runs fn as an ordinary user in a child; its failures count. */
static inline void as_user(uid_t uid, gid_t gid, void (*fn)(void))
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		test_failures = 0;
		if (setgid(gid) || setuid(uid))
			_exit(98);
		fn();
		_exit(test_failures ? 1 : 0);
	}
	NEED(waitpid(pid, &status, 0) == pid);
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		FAIL("the user's part failed: status 0x%x", status);
}

/* To a tmpfs, in a mount namespace of one's own. */
static inline void go_to_own_mounts(void)
{
	if (geteuid())
		SKIP("needs root");
	/* A kernel with one namespace only is one's own. */
	if (unshare(CLONE_NEWNS) && errno != EINVAL)
		SKIP("needs a mount namespace");
	NEED(!mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	go_to_tmpfs();
}

#endif
