/* SPDX-License-Identifier: MIT */
/* Helpers of the tests of control groups. */
#ifndef GUEST_CGROUP_GROUP_H
#define GUEST_CGROUP_GROUP_H

#include "ns/ns.h"
#include <limits.h>
#include <stdbool.h>

static char top[PATH_MAX / 2]; /* a group of this test's own */

static inline const char *path_of(const char *group, const char *file)
{
	static char names[4][PATH_MAX * 2];
	static int turn;
	char *name = names[turn++ % 4];

	snprintf(name, sizeof(names[0]), "%s%s%s/%s", top, *group ? "/" : "", group, file);
	return name;
}

static inline const char *get(const char *group, const char *file)
{
	return slurp(path_of(group, file));
}

static inline int set(const char *group, const char *file, const char *text)
{
	return spit(path_of(group, file), text);
}

static inline int make(const char *group)
{
	char name[PATH_MAX * 2];

	snprintf(name, sizeof(name), "%s/%s", top, group);
	return mkdir(name, 0755);
}

static inline int take_away(const char *group)
{
	char name[PATH_MAX * 2];

	snprintf(name, sizeof(name), "%s/%s", top, group);
	return rmdir(name);
}

/* Members leave a group a little after their parent has heard of it. */
static inline bool gone(const char *group)
{
	for (int i = 0; i < 2000; i++) {
		if (!take_away(group))
			return true;
		test_sleep_ms(1);
	}
	return false;
}

static inline bool has_controller(const char *name)
{
	return strstr(get("", "cgroup.controllers"), name) != NULL;
}

static inline int join(const char *group, pid_t pid)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", pid);
	return set(group, "cgroup.procs", text);
}

static inline pid_t sleeper(void)
{
	pid_t pid = fork();

	if (!pid)
		for (;;)
			pause();
	return pid;
}

static inline int reap(pid_t pid)
{
	int status = -1;

	CHECK_EQ(waitpid(pid, &status, 0), pid);
	return status;
}

/*
 * Mounts the tree and makes `top`. Inside, the root gives its children all it has; elsewhere that is
 * not ours to change.
 */
static inline void enter_groups(const char *controllers)
{
	if (geteuid())
		SKIP("only root may mount cgroup2");
	need_namespaces(CLONE_NEWNS);
	NEED(!unshare(CLONE_NEWNS));
	NEED(!mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	NEED(!mkdir("cgroup2", 0755));
	if (mount("none", "cgroup2", "cgroup2", 0, NULL))
		SKIP("this system forbids mounting cgroup2");
	char cwd[PATH_MAX / 4];
	NEED(getcwd(cwd, sizeof(cwd)));
	snprintf(top, sizeof(top), "%s/cgroup2/vmlinux-test.%d", cwd, getpid());
	if (mkdir(top, 0755))
		SKIP("this system forbids making cgroups");
	if (test_inside())
		CHECK_OK(spit("cgroup2/cgroup.subtree_control", controllers));
}

static inline void leave_groups(void)
{
	CHECK(gone(""));
	umount("cgroup2");
	rmdir("cgroup2");
}

#endif
