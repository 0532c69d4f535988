// SPDX-License-Identifier: MIT
// cgroup2: pressure stall information of groups: files, sums, triggers, groups that go, switching it off.
#include "cgroup/group.h"
#include <poll.h>
#include <sys/mman.h>

#define BOTH (POLLERR | POLLPRI)

/* Microseconds of a line's total; -1: there is no such line. */
static long total(const char *group, const char *file, const char *kind)
{
	const char *line = strstr(get(group, file), kind);

	line = line ? strstr(line, "total=") : NULL;
	return line ? atol(line + 6) : -1;
}

static bool grows_beyond(const char *group, const char *file, const char *kind, long than)
{
	for (int i = 0; i < 500; i++) {
		if (total(group, file, kind) > than)
			return true;
		test_sleep_ms(10);
	}
	return false;
}

/* A member of the group that is never content, on the first CPU that there is. */
static pid_t spinner(const char *group)
{
	pid_t pid = fork();
	cpu_set_t mine, one;

	if (pid)
		return pid;
	NEED(!sched_getaffinity(0, sizeof(mine), &mine));
	CPU_ZERO(&one);
	for (int cpu = 0; !CPU_COUNT(&one); cpu++)
		if (CPU_ISSET(cpu, &mine))
			CPU_SET(cpu, &one);
	NEED(!sched_setaffinity(0, sizeof(one), &one));
	NEED(!join(group, getpid()));
	for (;;)
		;
}

static void end(pid_t pid)
{
	CHECK_OK(kill(pid, SIGKILL));
	CHECK_EQ(reap(pid), SIGKILL);
}

static int open_of(const char *group, const char *file)
{
	int fd = open(path_of(group, file), O_RDWR);

	CHECK_GE(fd, 0);
	return fd;
}

static ssize_t put(int fd, const char *text)
{
	return write(fd, text, strlen(text));
}

static short polled(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLPRI };

	CHECK_EQ(poll(&p, 1, 10000), 1);
	return p.revents;
}

static void files(void)
{
	static const char *const names[] = { "cpu.pressure", "io.pressure", "memory.pressure" };
	static const char idle[] = "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"
				   "full avg10=0.00 avg60=0.00 avg300=0.00 total=0\n";

	CHECK_OK(make("a"));
	for (int i = 0; i < 3; i++) {
		CHECK_STR(get("a", names[i]), idle);
		/* The root's are those of the system. */
		CHECK_GE(total("..", names[i], "some"), 0);
	}
	CHECK_EQ(total("..", "cpu.pressure", "full"), 0);
	CHECK_STR(get("a", "cgroup.pressure"), "1\n");
	CHECK_ERR(set("a", "cgroup.pressure", "2"), ERANGE);
	CHECK_ERR(set("a", "cgroup.pressure", "-1"), ERANGE);
	CHECK_ERR(set("a", "cgroup.pressure", "x"), EINVAL);
	CHECK_OK(set("a", "cgroup.pressure", " 1\n"));
	CHECK(gone("a"));
}

static void stalls_are_of_the_group_and_those_above(void)
{
	CHECK_OK(make("p"));
	CHECK_OK(make("p/c"));
	CHECK_OK(make("s"));
	pid_t one = spinner("p/c"), two = spinner("p/c"), idler = sleeper();
	CHECK_OK(join("s", idler));
	CHECK(grows_beyond("p/c", "cpu.pressure", "some", 100000));
	CHECK(grows_beyond("p", "cpu.pressure", "some", 100000));
	CHECK_EQ(total("p", "io.pressure", "some"), 0);
	CHECK_EQ(total("p/c", "memory.pressure", "some"), 0);
	end(one);
	end(two);
	end(idler);
	/* That one slept from the moment that it came, but for its end. */
	CHECK_LE(total("s", "cpu.pressure", "some"), total("p", "cpu.pressure", "some"));
	CHECK(gone("p/c"));
	CHECK(gone("p"));
	CHECK(gone("s"));
}

/* While one group has the CPU, all of the other wait. */
static void one_of_two_groups_waits_as_a_whole(void)
{
	CHECK_OK(make("a"));
	CHECK_OK(make("b"));
	pid_t one = spinner("a"), two = spinner("b");
	CHECK(grows_beyond("a", "cpu.pressure", "full", 50000));
	CHECK(grows_beyond("b", "cpu.pressure", "full", 50000));
	end(one);
	end(two);
	CHECK(gone("a"));
	CHECK(gone("b"));
}

static void stalls_move_with_the_task(void)
{
	long before, after;

	CHECK_OK(make("a"));
	CHECK_OK(make("b"));
	pid_t one = spinner("a"), two = spinner("a");
	CHECK(grows_beyond("a", "cpu.pressure", "some", 50000));
	CHECK_OK(join("b", one));
	CHECK_OK(join("b", two));
	before = total("a", "cpu.pressure", "some");
	CHECK(grows_beyond("b", "cpu.pressure", "some", 50000));
	after = total("a", "cpu.pressure", "some");
	CHECK_EQ(after, before);
	end(one);
	end(two);
	CHECK(gone("a"));
	CHECK(gone("b"));
}

static void who_is_throttled_waits(void)
{
	if (!has_controller("cpu"))
		return;
	CHECK_OK(set("", "cgroup.subtree_control", "+cpu"));
	CHECK_OK(make("a"));
	CHECK_OK(set("a", "cpu.max", "5000 100000"));
	pid_t one = spinner("a");
	CHECK(grows_beyond("a", "cpu.pressure", "full", 200000));
	end(one);
	CHECK(gone("a"));
	CHECK_OK(set("", "cgroup.subtree_control", "-cpu"));
}

static void over_memory_high_is_memory_pressure(void)
{
	if (!has_controller("memory"))
		return;
	CHECK_OK(set("", "cgroup.subtree_control", "+memory"));
	CHECK_OK(make("p"));
	CHECK_OK(set("p", "cgroup.subtree_control", "+memory"));
	CHECK_OK(make("p/c"));
	CHECK_OK(set("p/c", "memory.high", "4M"));
	CHECK_OK(set("p/c", "memory.swap.max", "0"));
	pid_t pid = fork();
	if (!pid) {
		NEED(!join("p/c", getpid()));
		memset(mmap(NULL, 32 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 1,
		       32 << 20);
		for (;;)
			pause();
	}
	CHECK(grows_beyond("p/c", "memory.pressure", "some", 1000));
	CHECK(grows_beyond("p/c", "memory.pressure", "full", 1000));
	CHECK(grows_beyond("p", "memory.pressure", "full", 1000));
	end(pid);
	CHECK(gone("p/c"));
	CHECK(gone("p"));
	CHECK_OK(set("", "cgroup.subtree_control", "-memory"));
}

static void triggers(void)
{
	CHECK_OK(make("a"));
	int fd = open_of("a", "cpu.pressure"), other = open_of("a", "cpu.pressure");
	CHECK_ERR(put(fd, "most 150000 1000000"), EINVAL);
	CHECK_ERR(put(fd, "some 150000"), EINVAL);
	CHECK_ERR(put(fd, "some 150000 100000"), EINVAL);
	CHECK_ERR(put(fd, "full 0 1000000"), EINVAL);
	CHECK_EQ(put(fd, "some 50000 2000000"), 18);
	CHECK_ERR(put(fd, "some 50000 2000000"), EBUSY);
	/* Without a trigger there is nothing to wait for. */
	CHECK_EQ(polled(other) & BOTH, BOTH);
	pid_t one = spinner("a"), two = spinner("a");
	CHECK_EQ(polled(fd), POLLPRI);
	end(one);
	end(two);
	close(fd);
	close(other);
	CHECK(gone("a"));
}

static void a_group_goes_with_its_triggers(void)
{
	char c;

	CHECK_OK(make("a"));
	int fd = open_of("a", "cpu.pressure");
	CHECK_EQ(put(fd, "full 50000 2000000"), 18);
	CHECK(gone("a"));
	CHECK_EQ(polled(fd) & BOTH, BOTH);
	CHECK_ERR(read(fd, &c, 1), ENODEV);
	CHECK_ERR(put(fd, "full 50000 2000000"), ENODEV);
	close(fd);
}

static void switched_off(void)
{
	long before;
	char c;

	CHECK_OK(make("p"));
	CHECK_OK(make("p/c"));
	pid_t one = spinner("p/c"), two = spinner("p/c");
	CHECK(grows_beyond("p", "cpu.pressure", "some", 50000));
	int fd = open_of("p", "cpu.pressure");
	CHECK_EQ(put(fd, "some 1999999 2000000"), 20);
	CHECK_OK(set("p", "cgroup.pressure", "0"));
	CHECK_STR(get("p", "cgroup.pressure"), "0\n");
	CHECK_ERR(access(path_of("p", "cpu.pressure"), F_OK), ENOENT);
	CHECK_ERR(access(path_of("p", "io.pressure"), F_OK), ENOENT);
	CHECK_ERR(access(path_of("p", "memory.pressure"), F_OK), ENOENT);
	CHECK_EQ(polled(fd) & BOTH, BOTH);
	CHECK_ERR(read(fd, &c, 1), ENODEV);
	close(fd);
	/* Those below go on. */
	before = total("p/c", "cpu.pressure", "some");
	CHECK(grows_beyond("p/c", "cpu.pressure", "some", before));
	CHECK_OK(set("p", "cgroup.pressure", "1"));
	before = total("p", "cpu.pressure", "some");
	CHECK(grows_beyond("p", "cpu.pressure", "some", before));
	end(one);
	end(two);
	CHECK(gone("p/c"));
	CHECK(gone("p"));
}

int main(void)
{
	enter_groups("+cpu +memory");
	if (access(path_of("", "cgroup.pressure"), F_OK)) {
		leave_groups();
		SKIP("this system has no pressure stall information of groups");
	}
	RUN(files);
	RUN(stalls_are_of_the_group_and_those_above);
	RUN(one_of_two_groups_waits_as_a_whole);
	RUN(stalls_move_with_the_task);
	RUN(who_is_throttled_waits);
	RUN(over_memory_high_is_memory_pressure);
	RUN(triggers);
	RUN(a_group_goes_with_its_triggers);
	RUN(switched_off);
	leave_groups();
	return test_done();
}
