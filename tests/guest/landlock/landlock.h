/* SPDX-License-Identifier: MIT */
/* Calls of Landlock, which libc does not wrap. */
#ifndef GUEST_LANDLOCK_H
#define GUEST_LANDLOCK_H

#include "test.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define FS(name) LANDLOCK_ACCESS_FS_##name

#define FS_ALL (FS(REFER) * 2 - 1)

static inline int create_ruleset(const void *attr, size_t size, unsigned int flags)
{
	return syscall(SYS_landlock_create_ruleset, attr, size, flags);
}

static inline int add_rule(int ruleset, int type, const void *attr, unsigned int flags)
{
	return syscall(SYS_landlock_add_rule, ruleset, type, attr, flags);
}

static inline int restrict_self(int ruleset, unsigned int flags)
{
	return syscall(SYS_landlock_restrict_self, ruleset, flags);
}

static inline int ruleset_for(unsigned long long handled)
{
	struct landlock_ruleset_attr attr = { .handled_access_fs = handled };

	return create_ruleset(&attr, sizeof(attr), 0);
}

static inline int allow_fd(int ruleset, int fd, unsigned long long access)
{
	struct landlock_path_beneath_attr attr = { .allowed_access = access, .parent_fd = fd };

	return add_rule(ruleset, LANDLOCK_RULE_PATH_BENEATH, &attr, 0);
}

static inline void allow(int ruleset, const char *path, unsigned long long access)
{
	int fd = open(path, O_PATH | O_CLOEXEC);

	NEED(fd >= 0 && !allow_fd(ruleset, fd, access));
	close(fd);
}

/* Enters a domain, by right or by giving up set-id programs. */
static inline void enter(int ruleset)
{
	NEED(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	NEED(!restrict_self(ruleset, 0));
	close(ruleset);
}

/* 0, or the errno of open(). */
static inline int opens(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static inline void make_file(const char *path)
{
	int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);

	NEED(fd >= 0);
	close(fd);
}

#endif
