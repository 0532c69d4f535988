// SPDX-License-Identifier: MIT
// cgroup2's memory controller: what is charged to whom, limits, events, the OOM killer, groups that go.
#include "cgroup/group.h"
#include <poll.h>
#include <pthread.h>
#include <sys/mman.h>

#define MIB (1L << 20)

/* A number of a flat file, or of a line "key N" in it; -1: there is none. */
static long number(const char *group, const char *file, const char *key)
{
	char line[64];
	const char *text = get(group, file);

	if (!key)
		return *text ? atol(text) : -1;
	snprintf(line, sizeof(line), "%s ", key);
	if (strncmp(text, line, strlen(line))) {
		snprintf(line, sizeof(line), "\n%s ", key);
		text = strstr(text, line);
		if (!text)
			return -1;
	}
	return atol(text + strlen(line));
}

static long current_of(const char *group)
{
	return number(group, "memory.current", NULL);
}

static void touch(char *at, long size)
{
	for (long i = 0; i < size; i += 4096)
		((volatile char *)at)[i] = 1;
}

static char *map(long size)
{
	char *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	NEED(at != MAP_FAILED);
	return at;
}

/* A member of the group that touches so much, says so, and stays; with `fds` that it waits on. */
static pid_t eater(const char *group, long size, int *fds)
{
	pid_t pid;
	char c;

	NEED(!pipe(fds));
	pid = fork();
	if (!pid) {
		NEED(!join(group, getpid()));
		touch(map(size), size);
		NEED(write(fds[1], "x", 1) == 1);
		for (;;)
			pause();
	}
	CHECK_EQ(read(fds[0], &c, 1), 1);
	return pid;
}

static void end(pid_t pid, int *fds)
{
	kill(pid, SIGKILL);
	CHECK_EQ(reap(pid), SIGKILL);
	close(fds[0]);
	close(fds[1]);
}

static void on(void)
{
	CHECK_OK(set("", "cgroup.subtree_control", "+memory"));
}

static void off(void)
{
	CHECK_OK(set("", "cgroup.subtree_control", "-memory"));
}

static void files(void)
{
	static const char *const max[] = { "memory.high", "memory.max", "memory.swap.high",
					   "memory.swap.max" };
	static const char *const zero[] = { "memory.current", "memory.min", "memory.low", "memory.oom.group",
					    "memory.swap.current" };

	CHECK_OK(make("a"));
	CHECK_ERR(access(path_of("a", "memory.current"), F_OK), ENOENT);
	on();
	CHECK_STR(get("a", "cgroup.controllers"), "memory\n");
	for (unsigned int i = 0; i < 4; i++) {
		CHECK_STR(get("a", max[i]), "max\n");
		CHECK_OK(set("a", max[i], "10M"));
		CHECK_STR(get("a", max[i]), "10485760\n");
		CHECK_OK(set("a", max[i], "4097"));
		CHECK_STR(get("a", max[i]), "4096\n");
		CHECK_ERR(set("a", max[i], "x"), EINVAL);
		CHECK_ERR(set("a", max[i], "1 2"), EINVAL);
		CHECK_OK(set("a", max[i], "max"));
	}
	for (unsigned int i = 0; i < 5; i++)
		CHECK_STR(get("a", zero[i]), "0\n");
	CHECK_OK(set("a", "memory.low", "max"));
	CHECK_STR(get("a", "memory.low"), "max\n");
	CHECK_OK(set("a", "memory.oom.group", "1"));
	CHECK_STR(get("a", "memory.oom.group"), "1\n");
	CHECK_ERR(set("a", "memory.oom.group", "2"), EINVAL);
	CHECK_STR(get("a", "memory.events"), "low 0\nhigh 0\nmax 0\noom 0\noom_kill 0\noom_group_kill 0\n");
	CHECK_STR(get("a", "memory.events.local"),
		  "low 0\nhigh 0\nmax 0\noom 0\noom_kill 0\noom_group_kill 0\n");
	CHECK_STR(get("a", "memory.swap.events"), "high 0\nmax 0\nfail 0\n");
	CHECK_EQ(number("a", "memory.stat", "anon"), 0);
	CHECK_EQ(number("a", "memory.stat", "workingset_refault_file"), 0);
	/* What was set goes with the controller. */
	off();
	CHECK_ERR(access(path_of("a", "memory.max"), F_OK), ENOENT);
	on();
	CHECK_STR(get("a", "memory.low"), "0\n");
	CHECK_STR(get("a", "memory.oom.group"), "0\n");
	CHECK_OK(take_away("a"));
	off();
}

static void anonymous(void)
{
	int fds[2];
	pid_t pid;

	on();
	CHECK_OK(make("a"));
	CHECK_OK(set("a", "cgroup.subtree_control", "+memory"));
	CHECK_OK(make("a/b"));
	CHECK_OK(make("c"));
	pid = eater("a/b", 8 * MIB, fds);
	CHECK_GE(current_of("a/b"), 8 * MIB);
	CHECK_LT(current_of("a/b"), 14 * MIB);
	CHECK_GE(current_of("a"), 8 * MIB);
	CHECK_GE(number("a/b", "memory.stat", "anon"), 8 * MIB);
	CHECK_GE(number("a", "memory.stat", "anon"), 8 * MIB);
	CHECK_GE(number("a/b", "memory.stat", "inactive_anon") + number("a/b", "memory.stat", "active_anon"),
		 8 * MIB);
	CHECK_GE(number("a/b", "memory.peak", NULL), 8 * MIB);
	CHECK_GT(number("a/b", "memory.stat", "pgfault"), 0);
	CHECK_GT(number("a/b", "memory.stat", "pagetables"), 0);
	/* Who moves leaves what is charged behind. */
	CHECK_OK(join("c", pid));
	CHECK_GE(current_of("a/b"), 8 * MIB);
	CHECK_LT(current_of("c"), 4 * MIB);
	end(pid, fds);
	CHECK(WAIT_UNTIL(number("a/b", "memory.stat", "anon") == 0));
	CHECK(WAIT_UNTIL(current_of("a/b") < MIB));
	CHECK(WAIT_UNTIL(current_of("a") < MIB));
	CHECK_GE(number("a", "memory.peak", NULL), 8 * MIB);
	CHECK(gone("a/b"));
	CHECK(gone("a"));
	CHECK(gone("c"));
	off();
}

static int members(const char *group)
{
	int lines = 0;

	for (const char *at = get(group, "cgroup.procs"); (at = strchr(at, '\n')); at++)
		lines++;
	return lines;
}

static void kernel_memory(void)
{
	pid_t pids[20];

	on();
	CHECK_OK(make("a"));
	for (int i = 0; i < 20; i++) {
		pids[i] = fork();
		if (!pids[i]) {
			NEED(!join("a", getpid()));
			pid_t child = sleeper();
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			reap(child);
			_exit(0);
		}
	}
	CHECK(WAIT_UNTIL(members("a") == 40));
	CHECK_GE(number("a", "memory.stat", "kernel_stack"), 40 * 8192);
	CHECK_GT(number("a", "memory.stat", "slab"), 0);
	CHECK_GT(number("a", "memory.stat", "kernel"), number("a", "memory.stat", "slab"));
	CHECK_GT(current_of("a"), number("a", "memory.stat", "kernel"));
	CHECK_OK(set("a", "cgroup.kill", "1"));
	for (int i = 0; i < 20; i++)
		CHECK_EQ(reap(pids[i]), SIGKILL);
	CHECK(WAIT_UNTIL(number("a", "memory.stat", "kernel_stack") == 0));
	CHECK(WAIT_UNTIL(number("a", "memory.stat", "pagetables") == 0));
	CHECK(WAIT_UNTIL(current_of("a") < MIB));
	CHECK(gone("a"));
	off();
}

/* A task born into a group is charged there from its first page on. */
static void born_into(void)
{
	struct clone_args args = { .flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD };
	int fd, fds[2];
	char c;

	on();
	CHECK_OK(make("a"));
	NEED(!pipe(fds));
	NEED((fd = open(path_of("a", "."), O_RDONLY | O_DIRECTORY)) >= 0);
	args.cgroup = fd;
	pid_t pid = sys_clone3(&args);
	if (!pid) {
		touch(map(4 * MIB), 4 * MIB);
		CHECK_EQ(write(fds[1], "x", 1), 1);
		for (;;)
			pause();
	}
	CHECK_GT(pid, 0);
	CHECK_EQ(read(fds[0], &c, 1), 1);
	CHECK_GE(number("a", "memory.stat", "anon"), 4 * MIB);
	end(pid, fds);
	close(fd);
	CHECK(gone("a"));
	off();
}

/* Pages of a file outlive those who made them, and their group: then its parent has them. */
static void left_behind(void)
{
	int fd = memfd_create("left", 0);

	NEED(fd >= 0);
	on();
	CHECK_OK(make("a"));
	CHECK_OK(set("a", "cgroup.subtree_control", "+memory"));
	CHECK_OK(make("a/b"));
	pid_t pid = fork();
	if (!pid) {
		static char block[65536];

		NEED(!join("a/b", getpid()));
		for (int i = 0; i < 64; i++)
			NEED(write(fd, block, sizeof(block)) == sizeof(block));
		_exit(0);
	}
	CHECK_EQ(reap(pid), 0);
	CHECK_GE(number("a/b", "memory.stat", "shmem"), 4 * MIB);
	CHECK_EQ(number("a/b", "memory.stat", "shmem"), number("a/b", "memory.stat", "file"));
	CHECK_GE(current_of("a/b"), 4 * MIB);
	CHECK(gone("a/b"));
	CHECK_GE(current_of("a"), 4 * MIB);
	CHECK(WAIT_UNTIL(number("a", "memory.stat", "shmem") == 4 * MIB));
	CHECK_OK(ftruncate(fd, 2 * MIB));
	CHECK(WAIT_UNTIL(number("a", "memory.stat", "shmem") == 2 * MIB));
	/* Where the controller is switched off, too. */
	CHECK_OK(make("a/b"));
	CHECK_OK(set("a", "cgroup.subtree_control", "-memory"));
	CHECK_GE(current_of("a"), 2 * MIB);
	CHECK_OK(ftruncate(fd, 0));
	CHECK(WAIT_UNTIL(number("a", "memory.stat", "shmem") == 0));
	CHECK(WAIT_UNTIL(current_of("a") < MIB));
	CHECK(gone("a/b"));
	CHECK(gone("a"));
	close(fd);
	off();
	CHECK(WAIT_UNTIL(strstr(get("", "cgroup.stat"), "nr_dying_descendants 0")));
}

static void killed(void)
{
	int fd, fds[2];
	char buf[512];

	on();
	CHECK_OK(make("a"));
	CHECK_OK(make("b"));
	CHECK_OK(set("a", "memory.max", "16M"));
	CHECK_OK(set("a", "memory.swap.max", "0"));
	NEED((fd = open(path_of("a", "memory.events"), O_RDONLY)) >= 0);
	CHECK_GT(read(fd, buf, sizeof(buf)), 0);
	struct pollfd p = { .fd = fd, .events = POLLPRI };
	CHECK_EQ(poll(&p, 1, 0), 0);
	pid_t other = eater("b", 4 * MIB, fds);
	pid_t pid = fork();
	if (!pid) {
		NEED(!join("a", getpid()));
		touch(map(64 * MIB), 64 * MIB);
		_exit(0);
	}
	CHECK_EQ(reap(pid), SIGKILL);
	CHECK_EQ(poll(&p, 1, 2000), 1);
	CHECK(p.revents & POLLPRI);
	CHECK_GT(number("a", "memory.events", "max"), 0);
	CHECK_GT(number("a", "memory.events", "oom"), 0);
	CHECK_EQ(number("a", "memory.events", "oom_kill"), 1);
	CHECK_EQ(number("a", "memory.events", "oom_group_kill"), 0);
	CHECK_GE(number("a", "memory.peak", NULL), 15 * MIB);
	CHECK(WAIT_UNTIL(current_of("a") < MIB));
	/* Nobody outside was asked. */
	CHECK_EQ(kill(other, 0), 0);
	CHECK_EQ(number("b", "memory.events", "oom_kill"), 0);
	/* A limit below what is used takes effect at once. */
	CHECK_OK(set("b", "memory.swap.max", "0"));
	CHECK_OK(set("b", "memory.max", "1M"));
	CHECK_EQ(reap(other), SIGKILL);
	close(fds[0]);
	close(fds[1]);
	close(fd);
	CHECK(gone("a"));
	CHECK(gone("b"));
	off();
}

static void killed_together(void)
{
	int fds[2], more[2];

	on();
	CHECK_OK(make("a"));
	CHECK_OK(set("a", "cgroup.subtree_control", "+memory"));
	CHECK_OK(make("a/b"));
	CHECK_OK(set("a", "memory.max", "16M"));
	CHECK_OK(set("a", "memory.swap.max", "0"));
	CHECK_OK(set("a", "memory.oom.group", "1"));
	pid_t one = eater("a/b", MIB, fds), two = eater("a/b", MIB, more);
	pid_t pid = fork();
	if (!pid) {
		NEED(!join("a/b", getpid()));
		touch(map(64 * MIB), 64 * MIB);
		_exit(0);
	}
	CHECK_EQ(reap(pid), SIGKILL);
	CHECK_EQ(reap(one), SIGKILL);
	CHECK_EQ(reap(two), SIGKILL);
	CHECK_EQ(number("a", "memory.events", "oom_group_kill"), 1);
	CHECK_EQ(number("a", "memory.events", "oom_kill"), 3);
	CHECK_EQ(number("a/b", "memory.events.local", "oom_kill"), 3);
	CHECK_EQ(number("a", "memory.events.local", "oom_kill"), 0);
	for (int i = 0; i < 2; i++) {
		close(fds[i]);
		close(more[i]);
	}
	CHECK(gone("a/b"));
	CHECK(gone("a"));
	off();
}

/*
 * What a call needs is refused when nobody may be killed for it. (A fault would be tried again for
 * ever: so the task touches nothing new before it has room again.)
 */
static void refused(void)
{
	on();
	CHECK_OK(make("a"));
	pid_t pid = fork();
	if (!pid) {
		static char block[65536];
		int fd = memfd_create("full", 0), max, error;
		long written = 0, n;

		CHECK_OK(spit("/proc/self/oom_score_adj", "-1000"));
		NEED(!join("a", getpid()));
		memset(block, 1, sizeof(block));
		CHECK_OK(set("a", "memory.swap.max", "0"));
		CHECK_OK(set("a", "memory.max", "8M"));
		NEED((max = open(path_of("a", "memory.max"), O_WRONLY)) >= 0);
		while (written < 32 * MIB && (n = write(fd, block, sizeof(block))) > 0)
			written += n;
		error = errno;
		NEED(write(max, "max", 3) == 3);
		CHECK_EQ(n, -1);
		CHECK_EQ(error, ENOMEM);
		CHECK_LT(written, 9 * MIB);
		CHECK_GT(number("a", "memory.events", "oom"), 0);
		CHECK_EQ(number("a", "memory.events", "oom_kill"), 0);
		close(max);
		close(fd);
		_exit(test_failures);
	}
	CHECK_EQ(reap(pid), 0);
	CHECK(gone("a"));
	off();
}

static void slowed_down(void)
{
	on();
	CHECK_OK(make("a"));
	CHECK_OK(set("a", "memory.high", "8M"));
	CHECK_OK(set("a", "memory.swap.max", "0"));
	pid_t pid = fork();
	if (!pid) {
		NEED(!join("a", getpid()));
		touch(map(64 * MIB), 64 * MIB);
		for (;;)
			pause();
	}
	CHECK(WAIT_UNTIL(number("a", "memory.events", "high") > 0));
	CHECK_GE(current_of("a"), 7 * MIB);
	CHECK_EQ(number("a", "memory.events", "oom_kill"), 0);
	CHECK_EQ(kill(pid, SIGKILL), 0);
	CHECK_EQ(reap(pid), SIGKILL);
	CHECK_EQ(number("a", "memory.events", "max"), 0);
	CHECK(gone("a"));
	off();
}

/* One call that would fill the group is held up on its way. */
static void slowed_down_within_a_call(void)
{
	on();
	CHECK_OK(make("a"));
	CHECK_OK(set("a", "memory.high", "4M"));
	CHECK_OK(set("a", "memory.max", "40M"));
	CHECK_OK(set("a", "memory.swap.max", "0"));
	pid_t pid = fork();
	if (!pid) {
		NEED(!join("a", getpid()));
		mlock(map(64 * MIB), 64 * MIB);
		_exit(0);
	}
	CHECK(WAIT_UNTIL(number("a", "memory.events", "high") > 0));
	test_sleep_ms(100);
	CHECK_EQ(number("a", "memory.events", "max"), 0);
	CHECK_LE(current_of("a"), 39 * MIB);
	CHECK_EQ(kill(pid, SIGKILL), 0);
	CHECK_EQ(reap(pid), SIGKILL);
	CHECK(gone("a"));
	off();
}

static void asked_to_reclaim(void)
{
	int fds[2];

	on();
	CHECK_OK(make("a"));
	CHECK_OK(set("a", "memory.swap.max", "0"));
	pid_t pid = eater("a", 2 * MIB, fds);
	CHECK_ERR(set("a", "memory.reclaim", "x"), EINVAL);
	CHECK_ERR(set("a", "memory.reclaim", "64M"), EAGAIN);
	CHECK_OK(set("a", "memory.reclaim", "0"));
	CHECK_GE(number("a", "memory.stat", "anon"), 2 * MIB);
	end(pid, fds);
	CHECK(gone("a"));
	off();
}

/* Memory is a domain's: no competition between a group's own tasks and its children, no threads. */
static void domains(void)
{
	int fds[2];

	on();
	CHECK_OK(make("a"));
	pid_t pid = eater("a", 65536, fds);
	CHECK_ERR(set("a", "cgroup.subtree_control", "+memory"), EBUSY);
	end(pid, fds);
	CHECK(WAIT_UNTIL(!set("a", "cgroup.subtree_control", "+memory")));
	CHECK_OK(make("a/t"));
	CHECK_ERR(set("a/t", "cgroup.type", "threaded"), EOPNOTSUPP);
	pid = sleeper();
	CHECK_ERR(join("a", pid), EBUSY);
	CHECK_OK(join("a/t", pid));
	CHECK_ERR(set("", "cgroup.subtree_control", "-memory"), EBUSY);
	kill(pid, SIGKILL);
	CHECK_EQ(reap(pid), SIGKILL);
	CHECK_OK(set("a", "cgroup.subtree_control", "-memory"));
	CHECK(WAIT_UNTIL(!set("a/t", "cgroup.type", "threaded")));
	CHECK_ERR(set("a/t", "cgroup.subtree_control", "+memory"), ENOENT);
	CHECK_ERR(set("a", "cgroup.subtree_control", "+memory"), EOPNOTSUPP);
	CHECK(gone("a/t"));
	CHECK(gone("a"));
	off();
}

static void *churn(void *arg)
{
	for (int i = 0; i < 60; i++) {
		char *at = map(MIB);

		touch(at, MIB);
		munmap(at, MIB);
	}
	return NULL;
}

/* Groups come and go while their tasks, and their parent's, charge and uncharge on all CPUs. */
static void come_and_go(void)
{
	pthread_t threads[2];

	on();
	CHECK_OK(make("a"));
	pid_t pid = fork();
	if (!pid) {
		NEED(!join("a", getpid()));
		for (int i = 0; i < 2; i++)
			NEED(!pthread_create(&threads[i], NULL, churn, NULL));
		for (int i = 0; i < 2; i++)
			pthread_join(threads[i], NULL);
		for (;;)
			pause();
	}
	for (int i = 0; i < 40; i++) {
		char text[16];

		snprintf(text, sizeof(text), "g%d", i);
		CHECK_OK(make(text));
		CHECK_OK(join(text, pid));
		off();
		on();
		CHECK_OK(join("a", pid));
		CHECK_OK(take_away(text));
	}
	kill(pid, SIGKILL);
	CHECK_EQ(reap(pid), SIGKILL);
	CHECK(WAIT_UNTIL(number("a", "memory.stat", "anon") == 0));
	CHECK(WAIT_UNTIL(current_of("a") < MIB));
	CHECK(gone("a"));
	CHECK(WAIT_UNTIL(strstr(get("", "cgroup.stat"), "nr_dying_descendants 0")));
	off();
}

int main(void)
{
	enter_groups("+memory");
	if (!has_controller("memory")) {
		leave_groups();
		SKIP("the memory controller is not in this system's cgroup2");
	}
	RUN(files);
	RUN(anonymous);
	RUN(kernel_memory);
	RUN(born_into);
	RUN(left_behind);
	RUN(killed);
	RUN(killed_together);
	RUN(refused);
	RUN(slowed_down);
	RUN(slowed_down_within_a_call);
	RUN(asked_to_reclaim);
	RUN(domains);
	RUN(come_and_go);
	leave_groups();
	return test_done();
}
