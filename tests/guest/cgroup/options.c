// SPDX-License-Identifier: MIT
// cgroup2: the options of its mounts, and what they change.
#include "cgroup/group.h"
#include <sys/mman.h>
#include <sys/wait.h>

#define ALL ",nsdelegate,favordynmods,memory_localevents,memory_recursiveprot"

/* The options of the instance are everybody's, so the host's stay as they are. */
static void told_and_taken_back(void)
{
	const char *features = slurp("/sys/kernel/cgroup/features");

	CHECK(strstr(features, "nsdelegate\n"));
	CHECK(strstr(features, "memory_localevents\n"));
	CHECK(strstr(features, "memory_recursiveprot\n"));
	CHECK(strstr(slurp("/sys/kernel/cgroup/delegate"), "cgroup.procs\n"));
	CHECK_ERR(mount("none", "cgroup2", "cgroup2", 0, "nothing"), EINVAL);
	CHECK_ERR(mount("none", "cgroup2", "cgroup2", 0, "nsdelegate=1"), EINVAL);
	if (!test_inside())
		return;
	CHECK_OK(mount("none", "cgroup2", NULL, MS_REMOUNT, ALL + 1));
	CHECK(strstr(slurp("/proc/self/mountinfo"), ALL));
	CHECK_OK(mount("none", "cgroup2", NULL, MS_REMOUNT, "memory_recursiveprot"));
	CHECK(strstr(slurp("/proc/self/mountinfo"), "rw,memory_recursiveprot\n"));
	CHECK_OK(mount("none", "cgroup2", NULL, MS_REMOUNT, NULL));
	CHECK(!strstr(slurp("/proc/self/mountinfo"), "memory_recursiveprot"));
}

/* A child that is over its limit, once. */
static void hit_the_limit(const char *group)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		char *mem;

		if (join(group, getpid()))
			_exit(1);
		mem = mmap(NULL, 8 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		memset(mem, 1, 8 << 20);
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(WTERMSIG(status), SIGKILL);
}

static long kills(const char *group, const char *file)
{
	const char *at = strstr(get(group, file), "oom_kill ");

	return at ? atol(at + 9) : -1;
}

static void events_of_the_group_alone(void)
{
	if (!test_inside() || !has_controller("memory"))
		return;
	CHECK_OK(set("", "cgroup.subtree_control", "+memory"));
	CHECK_OK(make("p"));
	CHECK_OK(set("p", "cgroup.subtree_control", "+memory"));
	CHECK_OK(make("p/c"));
	CHECK_OK(set("p/c", "memory.max", "2M"));
	CHECK_OK(set("p/c", "memory.swap.max", "0"));
	hit_the_limit("p/c");
	CHECK_EQ(kills("p/c", "memory.events"), 1);
	CHECK_EQ(kills("p", "memory.events"), 1);
	CHECK_EQ(kills("p", "memory.events.local"), 0);
	CHECK_OK(mount("none", "cgroup2", NULL, MS_REMOUNT, "memory_localevents"));
	hit_the_limit("p/c");
	CHECK_EQ(kills("p/c", "memory.events"), 2);
	CHECK_EQ(kills("p", "memory.events"), 1);
	CHECK_OK(mount("none", "cgroup2", NULL, MS_REMOUNT, NULL));
	CHECK(gone("p/c"));
	CHECK(gone("p"));
}

int main(void)
{
	enter_groups("+memory");
	RUN(told_and_taken_back);
	RUN(events_of_the_group_alone);
	leave_groups();
	return test_done();
}
