// SPDX-License-Identifier: MIT
// Name spaces of process numbers: numbers, init, signals, the end.
#include "ns.h"
#include <poll.h>

static int pipes[2];

static void tell(int value)
{
	NEED(write(pipes[1], &value, sizeof(value)) == sizeof(value));
}

static int hear(void)
{
	int value = -1;

	NEED(read(pipes[0], &value, sizeof(value)) == sizeof(value));
	return value;
}

/* Runs fn as number 1 of a new name space. */
static pid_t spawn_init(void (*fn)(void))
{
	struct clone_args args = { .flags = CLONE_NEWPID, .exit_signal = SIGCHLD };
	pid_t pid = sys_clone3(&args);

	if (pid)
		return pid;
	fn();
	_exit(test_failures ? 1 : 0);
}

static int status_of(pid_t pid)
{
	int status = -1;

	CHECK_EQ(waitpid(pid, &status, 0), pid);
	return status;
}

static void numbers_inside(void)
{
	pid_t child;

	CHECK_EQ(getpid(), 1);
	CHECK_EQ(gettid(), 1);
	CHECK_EQ(getppid(), 0);
	child = fork();
	if (!child)
		_exit(getpid() == 2 && getppid() == 1 ? 0 : 1);
	CHECK_EQ(child, 2);
	CHECK_EQ(status_of(child), 0);
	CHECK_ERR(kill(12345, 0), ESRCH);
	CHECK_EQ(getsid(0), 0);
	CHECK_OK(setsid());
	CHECK_EQ(getsid(0), 1);
}

static void numbers(void)
{
	pid_t pid = spawn_init(numbers_inside);

	CHECK_GT(pid, 1);
	CHECK_EQ(status_of(pid), 0);
}

static void unshare_inside(void)
{
	pid_t a, b;

	CHECK_OK(unshare(CLONE_NEWPID));
	/* Only children live in it. */
	CHECK_NE(getpid(), 1);
	CHECK(!strcmp(ns_link(getpid(), "pid_for_children"), ""));
	a = fork();
	if (!a) {
		CHECK_EQ(getpid(), 1);
		pause();
		_exit(1);
	}
	b = fork();
	if (!b)
		_exit(getpid() == 2 ? 0 : 1);
	CHECK_EQ(status_of(b), 0);
	CHECK(strcmp(ns_link(getpid(), "pid"), ns_link(getpid(), "pid_for_children")));
	CHECK_ERR(unshare(CLONE_NEWPID), EINVAL);
	kill(a, SIGKILL);
	CHECK_EQ(status_of(a), SIGKILL);
	/* Its init is dead: nobody can be born there. */
	CHECK_ERR(fork(), ENOMEM);
}

static void init_ignores_inside(void)
{
	signal(SIGUSR1, SIG_DFL);
	CHECK_OK(kill(1, SIGKILL));
	CHECK_OK(kill(1, SIGTERM));
	CHECK_OK(kill(1, SIGSTOP));
	pid_t child = fork();
	if (!child) {
		kill(1, SIGKILL);
		kill(1, SIGUSR1);
		_exit(0);
	}
	CHECK_EQ(status_of(child), 0);
	tell(1);
	for (;;)
		pause();
}

static void init_obeys_outside_only(void)
{
	pid_t pid = spawn_init(init_ignores_inside);
	int status;

	CHECK_EQ(hear(), 1);
	CHECK_OK(kill(pid, SIGTERM));
	test_sleep_ms(20);
	CHECK_EQ(waitpid(pid, &status, WNOHANG), 0);
	CHECK_OK(kill(pid, SIGSTOP));
	CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
	CHECK(WIFSTOPPED(status));
	CHECK_OK(kill(pid, SIGCONT));
	CHECK_OK(kill(pid, SIGKILL));
	CHECK_EQ(status_of(pid), SIGKILL);
}

static siginfo_t got;

static void note(int sig, siginfo_t *info, void *context)
{
	got = *info;
	(void)sig;
	(void)context;
}

static void signalled_inside(void)
{
	struct sigaction sa = { .sa_sigaction = note, .sa_flags = SA_SIGINFO };
	sigset_t set, old;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, &old);
	sigaction(SIGUSR1, &sa, NULL);
	tell(1);
	sigsuspend(&old);
	CHECK_EQ(got.si_pid, 0);
	CHECK_EQ(got.si_code, SI_USER);
}

/* A sender in an outer name space has no number. */
static void senders(void)
{
	pid_t pid = spawn_init(signalled_inside);

	CHECK_EQ(hear(), 1);
	CHECK_OK(kill(pid, SIGUSR1));
	CHECK_EQ(status_of(pid), 0);
}

static void many_inside(void)
{
	for (int i = 0; i < 5; i++)
		if (!fork())
			for (;;)
				pause();
	pid_t orphaner = fork();
	if (!orphaner) {
		if (!fork()) {
			WAIT_UNTIL(getppid() == 1);
			tell(getppid());
			for (;;)
				pause();
		}
		_exit(0);
	}
	CHECK_EQ(status_of(orphaner), 0);
	/* kill(-1) reaches all but init. */
	test_sleep_ms(50);
}

/* init's exit is everybody's. */
static void the_end(void)
{
	int life[2];
	pid_t pid;
	char c;

	NEED(!pipe(life));
	pid = fork();
	if (!pid) {
		close(life[0]);
		pid = spawn_init(many_inside);
		close(life[1]);
		_exit(status_of(pid));
	}
	close(life[1]);
	CHECK_EQ(hear(), 1);
	CHECK_EQ(status_of(pid), 0);
	/* All copies of the other end are closed when waitpid() returns. */
	struct pollfd p = { .fd = life[0], .events = POLLIN };
	CHECK_EQ(poll(&p, 1, 0), 1);
	CHECK_EQ(read(life[0], &c, 1), 0);
	close(life[0]);
}

static void chosen_inside(void)
{
	pid_t tids[2] = { 42, 0 };
	struct clone_args args = { .exit_signal = SIGCHLD, .set_tid = (long)tids, .set_tid_size = 1 };
	pid_t pid = sys_clone3(&args);

	if (!pid)
		_exit(getpid() == 42 ? 0 : 1);
	CHECK_EQ(pid, 42);
	args.set_tid_size = 1;
	CHECK_ERR(sys_clone3(&args), EEXIST);
	CHECK_EQ(status_of(pid), 0);
	tids[0] = 0;
	CHECK_ERR(sys_clone3(&args), EINVAL);
	tids[0] = 1 << 30;
	CHECK_ERR(sys_clone3(&args), EINVAL);
	args.set_tid_size = 33;
	CHECK_ERR(sys_clone3(&args), EINVAL);
	/* Of a new name space the first number is 1. */
	tids[0] = 7;
	tids[1] = 99;
	args.set_tid_size = 2;
	args.flags = CLONE_NEWPID;
	CHECK_ERR(sys_clone3(&args), EINVAL);
	tids[0] = 1;
	pid = sys_clone3(&args);
	if (!pid)
		_exit(getpid() == 1 ? 0 : 1);
	CHECK_EQ(pid, 99);
	CHECK_EQ(status_of(pid), 0);
}

static void chosen_numbers(void)
{
	CHECK_EQ(status_of(spawn_init(chosen_inside)), 0);
}

static void proc_inside(void)
{
	CHECK_OK(unshare(CLONE_NEWNS));
	CHECK_OK(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	CHECK_OK(mkdir("p", 0755));
	CHECK_OK(mount("proc", "p", "proc", 0, NULL));
	char link[64] = "";
	CHECK_EQ(readlink("p/self", link, sizeof(link)), 1);
	CHECK_STR(link, "1");
	pid_t child = fork();
	if (!child) {
		pause();
		_exit(0);
	}
	CHECK_OK(access("p/2/status", R_OK));
	CHECK(strstr(slurp("p/2/status"), "\nPid:\t2\nPPid:\t1\n"));
	CHECK(strstr(slurp("p/2/status"), "\nNSpid:\t2\n"));
	CHECK(!strncmp(slurp("p/2/stat"), "2 (", 3));
	CHECK_ERR(access("p/300000", F_OK), ENOENT);
	CHECK_OK(kill(child, SIGKILL));
	CHECK_EQ(status_of(child), SIGKILL);
	CHECK_OK(umount("p"));
	CHECK_OK(rmdir("p"));
}

static void proc_shows_its_own(void)
{
	char name[64];
	pid_t pid = spawn_init(proc_inside);

	/* From here both numbers are seen. */
	snprintf(name, sizeof(name), "/proc/%d/status", pid);
	const char *line = strstr(slurp(name), "\nNSpid:\t");
	char want[64];
	snprintf(want, sizeof(want), "\nNSpid:\t%d\t1\n", pid);
	CHECK(line && !strncmp(line, want, strlen(want)));
	CHECK_EQ(status_of(pid), 0);
}

static void join_inside(void)
{
	tell(1);
	pause();
}

static void joining(void)
{
	pid_t pid = spawn_init(join_inside), child;
	char name[64];
	int fd, pidfd;

	CHECK_EQ(hear(), 1);
	snprintf(name, sizeof(name), "/proc/%d/ns/pid", pid);
	NEED((fd = open(name, O_RDONLY)) >= 0);
	CHECK_EQ(ioctl(fd, NS_GET_NSTYPE), CLONE_NEWPID);
	int parent = ioctl(fd, NS_GET_PARENT);
	CHECK_GE(parent, 0);
	struct stat a, b;
	CHECK_OK(fstat(parent, &a));
	CHECK_OK(stat("/proc/self/ns/pid", &b));
	CHECK_EQ(a.st_ino, b.st_ino);
	close(parent);
	CHECK_OK(setns(fd, CLONE_NEWPID));
	child = fork();
	if (!child)
		_exit(getpid() > 1 && getppid() == 0 ? 0 : 1);
	CHECK_EQ(status_of(child), 0);
	/* Back again, by a pidfd of oneself. */
	pidfd = syscall(SYS_pidfd_open, getpid(), 0);
	CHECK_GE(pidfd, 0);
	CHECK_ERR(setns(pidfd, 0), EINVAL);
	CHECK_ERR(setns(pidfd, CLONE_VM), EINVAL);
	CHECK_OK(setns(pidfd, CLONE_NEWPID | CLONE_NEWUTS));
	child = fork();
	if (!child)
		_exit(getppid() != 0 ? 0 : 1);
	CHECK_EQ(status_of(child), 0);
	close(pidfd);
	close(fd);
	CHECK_OK(kill(pid, SIGKILL));
	CHECK_EQ(status_of(pid), SIGKILL);
}

int main(void)
{
	if (geteuid())
		SKIP("only root may make these name spaces");
	need_namespaces(CLONE_NEWPID);
	NEED(!pipe(pipes));
	RUN(numbers);
	RUN_IN_CHILD(unshare_inside);
	RUN(init_obeys_outside_only);
	RUN(senders);
	RUN(the_end);
	RUN(chosen_numbers);
	RUN(proc_shows_its_own);
	RUN_IN_CHILD(joining);
	return test_done();
}
