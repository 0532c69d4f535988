// SPDX-License-Identifier: MIT
// cgroup2: groups, members, freezing, killing, threads; pids, cpu and cpuset where they are there.
#include "cgroup/group.h"
#include <poll.h>
#include <pthread.h>
#include <sys/inotify.h>
#include <sys/ptrace.h>

static void groups_and_members(void)
{
	char want[32], name[64];
	pid_t pid = sleeper();

	CHECK_OK(make("a"));
	CHECK_ERR(make("a"), EEXIST);
	CHECK_ERR(make("new\nline"), EINVAL);
	CHECK_ERR(unlink(path_of("a", "cgroup.procs")), EPERM);
	CHECK_ERR(open(path_of("a", "own"), O_CREAT | O_RDWR, 0600), EACCES);
	CHECK_STR(get("a", "cgroup.type"), "domain\n");
	CHECK_STR(get("a", "cgroup.procs"), "");
	CHECK_STR(get("a", "cgroup.events"), "populated 0\nfrozen 0\n");
	CHECK_OK(join("a", pid));
	snprintf(want, sizeof(want), "%d\n", pid);
	CHECK_STR(get("a", "cgroup.procs"), want);
	CHECK_STR(get("a", "cgroup.threads"), want);
	CHECK_STR(get("a", "cgroup.events"), "populated 1\nfrozen 0\n");
	CHECK_STR(get("", "cgroup.events"), "populated 1\nfrozen 0\n");
	snprintf(name, sizeof(name), "/proc/%d/cgroup", pid);
	CHECK(strstr(slurp(name), "/a\n"));
	CHECK_ERR(take_away("a"), EBUSY);
	CHECK_ERR(set("a", "cgroup.procs", "x"), EINVAL);
	CHECK_ERR(set("a", "cgroup.procs", "4194304"), ESRCH);
	CHECK_ERR(set("a", "cgroup.procs", "-1"), EINVAL);
	CHECK_OK(make("a/b"));
	CHECK_ERR(take_away("a"), EBUSY);
	CHECK_OK(join("a/b", pid));
	CHECK_STR(get("a", "cgroup.procs"), "");
	CHECK_STR(get("a", "cgroup.events"), "populated 1\nfrozen 0\n");
	kill(pid, SIGKILL);
	/* A zombie is no member. */
	CHECK(WAIT_UNTIL(!strcmp(get("a", "cgroup.events"), "populated 0\nfrozen 0\n")));
	CHECK_OK(take_away("a/b"));
	CHECK(strstr(slurp(name), " (deleted)\n"));
	CHECK_EQ(reap(pid), SIGKILL);
	CHECK_OK(take_away("a"));
	/* Limits of the tree. */
	CHECK_OK(make("a"));
	CHECK_STR(get("a", "cgroup.max.depth"), "max\n");
	CHECK_OK(set("a", "cgroup.max.depth", "1"));
	CHECK_OK(make("a/b"));
	CHECK_ERR(make("a/b/c"), EAGAIN);
	CHECK_OK(set("a", "cgroup.max.depth", "max"));
	CHECK_OK(set("a", "cgroup.max.descendants", "1"));
	CHECK_ERR(make("a/c"), EAGAIN);
	CHECK_ERR(set("a", "cgroup.max.descendants", "-1"), ERANGE);
	CHECK(strstr(get("a", "cgroup.stat"), "nr_descendants 1\n"));
	CHECK_OK(take_away("a/b"));
	CHECK_OK(take_away("a"));
	CHECK(strstr(get("", "cpu.stat"), "usage_usec "));
}

static void watched(void)
{
	int fd, notify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	char buf[4096];
	pid_t pid = sleeper();

	CHECK_OK(make("a"));
	NEED((fd = open(path_of("a", "cgroup.events"), O_RDONLY)) >= 0);
	CHECK_GE(inotify_add_watch(notify, path_of("a", "cgroup.events"), IN_MODIFY), 0);
	CHECK_GT(read(fd, buf, sizeof(buf)), 0);
	struct pollfd p = { .fd = fd, .events = POLLPRI };
	CHECK_EQ(poll(&p, 1, 0), 0);
	CHECK_OK(join("a", pid));
	CHECK_EQ(poll(&p, 1, 2000), 1);
	CHECK(p.revents & POLLPRI);
	struct pollfd q = { .fd = notify, .events = POLLIN };
	CHECK_EQ(poll(&q, 1, 2000), 1);
	CHECK_GT(read(notify, buf, sizeof(buf)), 0);
	kill(pid, SIGKILL);
	CHECK_EQ(reap(pid), SIGKILL);
	close(fd);
	close(notify);
	CHECK_OK(take_away("a"));
}


static void freezing(void)
{
	pid_t counter, stopped;
	int fds[2], status;
	char buf[8];

	NEED(!pipe(fds));
	CHECK_OK(make("f"));
	CHECK_OK(make("f/sub"));
	counter = fork();
	if (!counter)
		for (;; test_sleep_ms(1))
			if (write(fds[1], "x", 1) != 1)
				_exit(1);
	stopped = sleeper();
	CHECK_OK(join("f/sub", counter));
	CHECK_OK(join("f", stopped));
	CHECK_STR(get("f", "cgroup.freeze"), "0\n");
	CHECK_ERR(set("f", "cgroup.freeze", "2"), ERANGE);
	CHECK_OK(set("f", "cgroup.freeze", "1"));
	CHECK(WAIT_UNTIL(!strcmp(get("f", "cgroup.events"), "populated 1\nfrozen 1\n")));
	CHECK(WAIT_UNTIL(strstr(get("f/sub", "cgroup.events"), "frozen 1")));
	CHECK_STR(get("f/sub", "cgroup.freeze"), "0\n");
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	while (read(fds[0], buf, sizeof(buf)) > 0)
		;
	test_sleep_ms(30);
	CHECK_ERR(read(fds[0], buf, sizeof(buf)), EAGAIN);
	/* A newcomer freezes too, and signals wait but for SIGKILL. */
	pid_t late = sleeper();
	CHECK_OK(join("f/sub", late));
	CHECK(WAIT_UNTIL(strstr(get("f", "cgroup.events"), "frozen 1")));
	CHECK_OK(kill(late, SIGTERM));
	test_sleep_ms(20);
	CHECK_EQ(waitpid(late, &status, WNOHANG), late);
	CHECK_OK(kill(stopped, SIGKILL));
	CHECK_EQ(reap(stopped), SIGKILL);
	CHECK_OK(set("f", "cgroup.freeze", "0"));
	CHECK(WAIT_UNTIL(strstr(get("f", "cgroup.events"), "frozen 0")));
	fcntl(fds[0], F_SETFL, 0);
	CHECK_GT(read(fds[0], buf, sizeof(buf)), 0);
	/* Killing is for all below. */
	CHECK_ERR(set("f", "cgroup.kill", "0"), ERANGE);
	CHECK_OK(set("f", "cgroup.kill", "1"));
	CHECK_EQ(reap(counter), SIGKILL);
	close(fds[0]);
	close(fds[1]);
	CHECK(gone("f/sub"));
	CHECK_OK(take_away("f"));
}

/* A change that a group above makes void is told all the same: who waits would wait for ever. */
static void freezing_what_is_frozen(void)
{
	struct pollfd poll_fd = { .fd = inotify_init1(IN_NONBLOCK), .events = POLLIN };
	char buf[4096];

	CHECK_OK(make("v"));
	CHECK_OK(make("v/sub"));
	CHECK_OK(set("v", "cgroup.freeze", "1"));
	CHECK(WAIT_UNTIL(strstr(get("v/sub", "cgroup.events"), "frozen 1")));
	test_sleep_ms(20);
	CHECK_OK(inotify_add_watch(poll_fd.fd, path_of("v/sub", "cgroup.events"), IN_MODIFY));
	for (int freeze = 1; freeze >= 0; freeze--) {
		CHECK_OK(set("v/sub", "cgroup.freeze", freeze ? "1" : "0"));
		CHECK_EQ(poll(&poll_fd, 1, 5000), 1);
		CHECK_GT(read(poll_fd.fd, buf, sizeof(buf)), 0);
		CHECK(strstr(get("v/sub", "cgroup.events"), "frozen 1"));
	}
	close(poll_fd.fd);
	CHECK_OK(take_away("v/sub"));
	CHECK_OK(take_away("v"));
}

/* Each forks the next and exits: there is always one that is just being born. */
static void relay(void)
{
	for (int i = 0; i < 10000; i++)
		if (fork())
			_exit(0);
	_exit(0);
}

/* Stopped for its tracer it stands still too; let go while frozen, it does not run. */
static void freezing_a_tracee(void)
{
	int fds[2], status;
	char c;

	NEED(!pipe2(fds, O_NONBLOCK));
	CHECK_OK(make("p"));
	pid_t tracee = fork();
	if (!tracee) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		CHECK_EQ(write(fds[1], "x", 1), 1);
		_exit(test_failures);
	}
	CHECK_EQ(waitpid(tracee, &status, 0), tracee);
	CHECK(WIFSTOPPED(status));
	CHECK_OK(join("p", tracee));
	CHECK_OK(set("p", "cgroup.freeze", "1"));
	CHECK(WAIT_UNTIL(strstr(get("p", "cgroup.events"), "frozen 1")));
	CHECK_OK(ptrace(PTRACE_CONT, tracee, NULL, NULL));
	CHECK(WAIT_UNTIL(strstr(get("p", "cgroup.events"), "frozen 1")));
	test_sleep_ms(20);
	CHECK_ERR(read(fds[0], &c, 1), EAGAIN);
	CHECK_OK(set("p", "cgroup.freeze", "0"));
	CHECK_EQ(reap(tracee), 0);
	CHECK_EQ(read(fds[0], &c, 1), 1);
	close(fds[0]);
	close(fds[1]);
	CHECK(gone("p"));
}

static void killing_what_is_born(void)
{
	for (int round = 0; round < 8; round++) {
		CHECK_OK(make("k"));
		pid_t pid = fork();
		if (!pid) {
			CHECK_OK(join("k", getpid()));
			relay();
		}
		CHECK_EQ(reap(pid), 0);
		CHECK_OK(set("k", "cgroup.kill", "1"));
		CHECK(WAIT_UNTIL(strstr(get("k", "cgroup.events"), "populated 0")));
		CHECK(gone("k"));
	}
}

static void born_into(void)
{
	struct clone_args args = { .flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD };
	char self[256];
	int fd;

	CHECK_OK(make("a"));
	NEED((fd = open(path_of("a", "."), O_RDONLY | O_DIRECTORY)) >= 0);
	args.cgroup = fd;
	pid_t pid = sys_clone3(&args);
	if (!pid)
		_exit(strstr(slurp("/proc/self/cgroup"), "/a\n") ? 0 : 1);
	CHECK_GT(pid, 0);
	CHECK_EQ(reap(pid), 0);
	args.cgroup = 0;
	CHECK_ERR(sys_clone3(&args), EBADF);
	args.cgroup = 999;
	CHECK_ERR(sys_clone3(&args), EBADF);
	snprintf(self, sizeof(self), "%s", slurp("/proc/self/cgroup"));
	CHECK(gone("a"));
	args.cgroup = fd;
	CHECK_ERR(sys_clone3(&args), ENOENT);
	close(fd);
}

static pthread_barrier_t barrier;

static void *thread(void *arg)
{
	*(pid_t *)arg = syscall(SYS_gettid);
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	return NULL;
}

static void threads(void)
{
	char text[16];
	pthread_t t;
	pid_t tid;

	CHECK_OK(make("d"));
	CHECK_OK(make("d/t"));
	CHECK_OK(make("d/u"));
	CHECK_OK(make("d/t/t"));
	CHECK_ERR(set("d/t", "cgroup.type", "domain"), EINVAL);
	CHECK_OK(set("d/t", "cgroup.type", "threaded"));
	CHECK_STR(get("d/t", "cgroup.type"), "threaded\n");
	CHECK_STR(get("d", "cgroup.type"), "domain threaded\n");
	CHECK_STR(get("d/u", "cgroup.type"), "domain invalid\n");
	CHECK_OK(set("d/t/t", "cgroup.type", "threaded"));
	struct clone_args args = { .flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD };
	args.cgroup = open(path_of("d/t", "."), O_RDONLY | O_DIRECTORY);
	pid_t pid = sys_clone3(&args);
	if (!pid)
		_exit(strstr(slurp("/proc/self/cgroup"), "/d/t\n") ? 0 : 1);
	CHECK_GT(pid, 0);
	CHECK_EQ(reap(pid), 0);
	close(args.cgroup);
	args.cgroup = open(path_of("d/u", "."), O_RDONLY | O_DIRECTORY);
	CHECK_ERR(sys_clone3(&args), EOPNOTSUPP);
	close(args.cgroup);
	pid = fork();
	if (!pid) {
		CHECK_OK(join("d", getpid()));
		pthread_barrier_init(&barrier, NULL, 2);
		NEED(!pthread_create(&t, NULL, thread, &tid));
		pthread_barrier_wait(&barrier);
		snprintf(text, sizeof(text), "%d", tid);
		CHECK_OK(set("d/t", "cgroup.threads", text));
		snprintf(text, sizeof(text), "%d\n", tid);
		CHECK_STR(get("d/t", "cgroup.threads"), text);
		snprintf(text, sizeof(text), "%d\n", getpid());
		CHECK_STR(get("d", "cgroup.procs"), text);
		CHECK_ERR(join("d/u", getpid()), EOPNOTSUPP);
		int fd = open(path_of("d/t", "cgroup.procs"), O_RDONLY);
		CHECK_ERR(read(fd, text, 1), EOPNOTSUPP);
		close(fd);
		snprintf(text, sizeof(text), "%d", getpid());
		CHECK_OK(set("d/t/t", "cgroup.threads", text));
		snprintf(text, sizeof(text), "%d\n", getpid());
		CHECK_STR(get("d", "cgroup.procs"), text);
		/* A whole process may go into a threaded group at once, from any domain. */
		CHECK_OK(join("d/t", getpid()));
		snprintf(text, sizeof(text), "%d\n", tid);
		CHECK(strstr(get("d/t", "cgroup.threads"), text));
		CHECK_STR(get("d/t/t", "cgroup.threads"), "");
		CHECK_OK(join("", getpid()));
		CHECK_STR(get("d/t", "cgroup.threads"), "");
		CHECK_OK(join("d/t", getpid()));
		pthread_barrier_wait(&barrier);
		pthread_join(t, NULL);
		_exit(test_failures);
	}
	CHECK_EQ(reap(pid), 0);
	CHECK(gone("d/t/t"));
	CHECK(gone("d/t"));
	CHECK_OK(take_away("d/u"));
	CHECK_OK(take_away("d"));
}

static void control(void)
{
	CHECK_OK(make("c"));
	CHECK_ERR(set("", "cgroup.subtree_control", "+nosuch"), EINVAL);
	CHECK_ERR(set("", "cgroup.subtree_control", "pids"), EINVAL);
	CHECK_OK(set("", "cgroup.subtree_control", ""));
	if (has_controller("pids")) {
		CHECK_ERR(access(path_of("c", "pids.max"), F_OK), ENOENT);
		CHECK_OK(set("", "cgroup.subtree_control", "+pids"));
		CHECK_STR(get("", "cgroup.subtree_control"), "pids\n");
		CHECK_STR(get("c", "cgroup.controllers"), "pids\n");
		CHECK_OK(access(path_of("c", "pids.max"), F_OK));
		CHECK_OK(set("c", "cgroup.subtree_control", "+pids"));
		CHECK_ERR(set("", "cgroup.subtree_control", "-pids"), EBUSY);
		CHECK_OK(set("c", "cgroup.subtree_control", "-pids"));
		CHECK_OK(set("", "cgroup.subtree_control", "-pids"));
		CHECK_ERR(access(path_of("c", "pids.max"), F_OK), ENOENT);
	}
	CHECK_OK(take_away("c"));
}

static void pids(void)
{
	pid_t pid;

	if (!has_controller("pids"))
		return;
	CHECK_OK(set("", "cgroup.subtree_control", "+pids"));
	CHECK_OK(make("p"));
	CHECK_STR(get("p", "pids.max"), "max\n");
	CHECK_STR(get("p", "pids.current"), "0\n");
	CHECK_ERR(set("p", "pids.max", "-1"), EINVAL);
	CHECK_ERR(set("p", "pids.max", "x"), EINVAL);
	CHECK_OK(set("p", "pids.max", "2"));
	pid = fork();
	if (!pid) {
		CHECK_OK(join("p", getpid()));
		pid_t a = sleeper();
		CHECK_GT(a, 0);
		CHECK_ERR(fork(), EAGAIN);
		CHECK_STR(get("p", "pids.current"), "2\n");
		CHECK_STR(get("p", "pids.events"), "max 1\n");
		kill(a, SIGKILL);
		CHECK_EQ(reap(a), SIGKILL);
		CHECK_STR(get("p", "pids.current"), "1\n");
		a = sleeper();
		CHECK_GT(a, 0);
		kill(a, SIGKILL);
		reap(a);
		_exit(test_failures);
	}
	CHECK_EQ(reap(pid), 0);
	CHECK(gone("p"));
	CHECK_OK(set("", "cgroup.subtree_control", "-pids"));
}

static void cpu(void)
{
	if (!has_controller("cpu ") && !has_controller("cpu\n"))
		return;
	CHECK_OK(set("", "cgroup.subtree_control", "+cpu"));
	CHECK_OK(make("w"));
	CHECK_STR(get("w", "cpu.weight"), "100\n");
	CHECK_STR(get("w", "cpu.weight.nice"), "0\n");
	CHECK_STR(get("w", "cpu.max"), "max 100000\n");
	CHECK_OK(set("w", "cpu.weight", "200"));
	CHECK_STR(get("w", "cpu.weight"), "200\n");
	CHECK_ERR(set("w", "cpu.weight", "0"), ERANGE);
	CHECK_ERR(set("w", "cpu.weight", "10001"), ERANGE);
	CHECK_OK(set("w", "cpu.weight.nice", "5"));
	CHECK_STR(get("w", "cpu.weight.nice"), "5\n");
	CHECK_OK(set("w", "cpu.max", "20000 50000"));
	CHECK_STR(get("w", "cpu.max"), "20000 50000\n");
	CHECK_OK(set("w", "cpu.max", "30000"));
	CHECK_STR(get("w", "cpu.max"), "30000 50000\n");
	CHECK_ERR(set("w", "cpu.max", "x"), EINVAL);
	CHECK_ERR(set("w", "cpu.max", "1 1"), EINVAL);
	/* A loop within 20 of each 100 ms is throttled. */
	CHECK_OK(set("w", "cpu.max", "5000 20000"));
	pid_t pid = fork();
	if (!pid)
		for (;;)
			;
	CHECK_OK(join("w", pid));
	test_sleep_ms(150);
	CHECK(WAIT_UNTIL(atoi(strstr(get("w", "cpu.stat"), "nr_throttled ") + 13) > 0));
	CHECK_GT(atoi(strstr(get("w", "cpu.stat"), "usage_usec ") + 11), 0);
	kill(pid, SIGKILL);
	CHECK_EQ(reap(pid), SIGKILL);
	CHECK(gone("w"));
	CHECK_OK(set("", "cgroup.subtree_control", "-cpu"));
}

/* A member chooses among the CPUs of its group only, and its children have what it chose. */
static void affinity_in_a_cpuset(pid_t pid)
{
	cpu_set_t cpus;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		return;
	CPU_ZERO(&cpus);
	CPU_SET(1, &cpus);
	CHECK_ERR(sched_setaffinity(pid, sizeof(cpus), &cpus), EINVAL);
	CPU_SET(0, &cpus);
	CHECK_OK(sched_setaffinity(pid, sizeof(cpus), &cpus));
	CHECK_OK(sched_getaffinity(pid, sizeof(cpus), &cpus));
	CHECK_EQ(CPU_COUNT(&cpus), 1);
	CHECK_OK(make("w"));
	CHECK_OK(set("w", "cpuset.cpus", "0-1"));
	pid_t member = fork();
	if (!member) {
		CPU_ZERO(&cpus);
		CPU_SET(1, &cpus);
		CHECK_OK(join("w", getpid()));
		CHECK_OK(sched_setaffinity(0, sizeof(cpus), &cpus));
		pid_t child = fork();
		if (!child) {
			CHECK_OK(sched_getaffinity(0, sizeof(cpus), &cpus));
			_exit(CPU_COUNT(&cpus) != 1 || !CPU_ISSET(1, &cpus));
		}
		CHECK_EQ(reap(child), 0);
		_exit(test_failures);
	}
	CHECK_EQ(reap(member), 0);
	CHECK(gone("w"));
}

static void cpuset(void)
{
	if (!has_controller("cpuset"))
		return;
	CHECK_OK(set("", "cgroup.subtree_control", "+cpuset"));
	CHECK_OK(make("s"));
	CHECK_STR(get("s", "cpuset.cpus"), "\n");
	CHECK_OK(set("s", "cpuset.cpus", "0"));
	CHECK_STR(get("s", "cpuset.cpus.effective"), "0\n");
	CHECK_ERR(set("s", "cpuset.cpus", "a"), EINVAL);
	CHECK_ERR(set("s", "cpuset.cpus", "1-0"), EINVAL);
	pid_t pid = sleeper();
	CHECK_OK(join("s", pid));
	cpu_set_t cpus;
	CHECK_OK(sched_getaffinity(pid, sizeof(cpus), &cpus));
	CHECK_EQ(CPU_COUNT(&cpus), 1);
	affinity_in_a_cpuset(pid);
	kill(pid, SIGKILL);
	CHECK_EQ(reap(pid), SIGKILL);
	CHECK(gone("s"));
	CHECK_OK(set("", "cgroup.subtree_control", "-cpuset"));
}

/* The root of a cgroup name space is where its creator was. */
static void name_spaces(void)
{
	CHECK_OK(make("n"));
	CHECK_OK(make("n/sub"));
	pid_t pid = fork();
	if (!pid) {
		CHECK_OK(join("n", getpid()));
		CHECK_OK(unshare(CLONE_NEWCGROUP | CLONE_NEWNS));
		CHECK(strstr(slurp("/proc/self/cgroup"), "0::/\n"));
		CHECK_OK(join("n/sub", getpid()));
		CHECK(strstr(slurp("/proc/self/cgroup"), "0::/sub\n"));
		CHECK_OK(mkdir("cg", 0755));
		CHECK_OK(mount("none", "cg", "cgroup2", 0, NULL));
		CHECK_OK(access("cg/sub/cgroup.procs", F_OK));
		CHECK_OK(access("cg/cgroup.events", F_OK));
		CHECK_OK(umount("cg"));
		CHECK_OK(rmdir("cg"));
		CHECK_OK(join("", getpid()));
		CHECK(strstr(slurp("/proc/self/cgroup"), "0::/..\n"));
		_exit(test_failures);
	}
	CHECK_EQ(reap(pid), 0);
	CHECK(gone("n/sub"));
	CHECK_OK(take_away("n"));
}

/* A group's file handle is the number of its folder. */
static void handles(void)
{
	struct { struct file_handle head; uint64_t number; } h = { .head.handle_bytes = 4 };
	struct stat st, again;
	int mount_id, fd;

	CHECK_OK(make("h"));
	CHECK_OK(stat(path_of("h", "."), &st));
	CHECK_ERR(name_to_handle_at(AT_FDCWD, path_of("h", "."), &h.head, &mount_id, 0), EOVERFLOW);
	CHECK_EQ(h.head.handle_bytes, 8);
	CHECK_OK(name_to_handle_at(AT_FDCWD, path_of("h", "."), &h.head, &mount_id, 0));
	CHECK_EQ(h.head.handle_bytes, 8);
	CHECK_EQ(h.head.handle_type, 0xfe);
	CHECK(!memcmp(h.head.f_handle, &st.st_ino, 8));
	int top_fd = open(path_of("", "."), O_RDONLY | O_DIRECTORY);
	fd = open_by_handle_at(top_fd, &h.head, O_RDONLY);
	if (fd >= 0 || errno != EPERM) {
		CHECK_OK(fstat(fd, &again));
		CHECK_EQ(again.st_ino, st.st_ino);
		close(fd);
		CHECK_OK(take_away("h"));
		CHECK_ERR(open_by_handle_at(top_fd, &h.head, O_RDONLY), ESTALE);
	} else {
		CHECK_OK(take_away("h"));
	}
	close(top_fd);
}

/* Under `nsdelegate` a name space's root is a wall, and what limits it is out of reach within. */
static void delegation(void)
{
	bool was = strstr(slurp("/proc/self/mountinfo"), "nsdelegate") != NULL;

	CHECK_OK(make("w"));
	CHECK_OK(make("w/sub"));
	CHECK_OK(mkdir("cg", 0755));
	pid_t pid = fork();
	if (!pid) {
		CHECK_OK(unshare(CLONE_NEWNS));
		CHECK_OK(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
		CHECK_ERR(mount("none", "cg", "cgroup2", 0, "nodelegate"), EINVAL);
		CHECK_OK(mount("none", "cg", "cgroup2", 0, "nsdelegate"));
		CHECK(strstr(slurp("/proc/self/mountinfo"), "nsdelegate"));
		CHECK_OK(join("w", getpid()));
		int outside = open(path_of("w", "cgroup.freeze"), O_RDWR);
		CHECK_OK(unshare(CLONE_NEWCGROUP));
		CHECK_ERR(join("", getpid()), ENOENT);
		CHECK_OK(join("w/sub", getpid()));
		CHECK_OK(join("w", getpid()));
		CHECK_ERR(set("w", "cgroup.max.depth", "1"), EPERM);
		CHECK_OK(set("w/sub", "cgroup.max.depth", "1"));
		/* What was opened outside is as it was. */
		CHECK_EQ(write(outside, "0", 1), 1);
		close(outside);
		/* From within the option cannot be taken away. */
		CHECK_OK(mount("none", "cg", NULL, MS_REMOUNT, NULL));
		CHECK_ERR(join("", getpid()), ENOENT);
		_exit(test_failures);
	}
	CHECK_EQ(reap(pid), 0);
	pid = fork();
	if (!pid) {
		CHECK_OK(unshare(CLONE_NEWNS));
		CHECK_OK(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
		CHECK_OK(mount("none", "cg", "cgroup2", 0, was ? "nsdelegate" : NULL));
		CHECK_EQ(!!strstr(slurp("/proc/self/mountinfo"), "nsdelegate"), was);
		_exit(test_failures);
	}
	CHECK_EQ(reap(pid), 0);
	CHECK_OK(rmdir("cg"));
	CHECK(gone("w/sub"));
	CHECK(gone("w"));
}

int main(void)
{
	enter_groups("+pids +cpu +cpuset");
	RUN(groups_and_members);
	RUN(watched);
	RUN(freezing);
	RUN(freezing_what_is_frozen);
	RUN(freezing_a_tracee);
	RUN(killing_what_is_born);
	RUN(born_into);
	RUN(threads);
	RUN(control);
	RUN(pids);
	RUN(cpu);
	RUN(cpuset);
	RUN(name_spaces);
	RUN(handles);
	RUN(delegation);
	leave_groups();
	return test_done();
}
