// SPDX-License-Identifier: MIT
/* Job control without a terminal: stopping, continuing, groups, sessions, orphans. */
#include "test.h"

#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>

static volatile int got;

static void on_signal(int sig)
{
	got = sig;
}

static pid_t spawn(void (*fn)(void))
{
	pid_t pid = fork();

	if (!pid) {
		fn();
		_exit(0);
	}
	return pid;
}

static void sleep_long(void)
{
	for (;;)
		pause();
}

static void group_rules(void)
{
	pid_t child = spawn(sleep_long), other;

	CHECK_ERR(setpgid(child, -1), EINVAL);
	CHECK_ERR(setpgid(1, 0), ESRCH);
	CHECK_ERR(setpgid(0x3fffff, 0), ESRCH);
	CHECK_ERR(setpgid(child, 1), EPERM);
	CHECK_OK(setpgid(child, 0));
	CHECK_EQ(getpgid(child), child);
	CHECK_EQ(getsid(child), getsid(0));
	/* Another child may join that group. */
	other = spawn(sleep_long);
	CHECK_OK(setpgid(other, child));
	CHECK_EQ(getpgid(other), child);
	CHECK_OK(kill(-child, SIGTERM));
	CHECK_EQ(waitpid(-child, NULL, 0) > 0, 1);
	CHECK_EQ(waitpid(-child, NULL, 0) > 0, 1);
	CHECK_ERR(kill(-child, 0), ESRCH);
	CHECK_ERR(getpgid(0x3fffff), ESRCH);
	CHECK_ERR(getsid(0x3fffff), ESRCH);
}

static void new_session(void)
{
	CHECK_EQ(setsid(), getpid());
	CHECK_EQ(getsid(0), getpid());
	CHECK_EQ(getpgrp(), getpid());
	CHECK_ERR(setsid(), EPERM);
	CHECK_ERR(setpgid(0, 0), EPERM);
}

static void group_leader_cannot_setsid(void)
{
	CHECK_OK(setpgid(0, 0));
	CHECK_ERR(setsid(), EPERM);
}

static void exec_true(void)
{
	char *argv[] = { "exec-child", NULL };

	execv("/proc/self/exe", argv);
	_exit(99);
}

static void too_late_after_exec(void)
{
	pid_t pid = spawn(exec_true);
	int status;

	CHECK(WAIT_UNTIL(setpgid(pid, pid) == -1 && errno == EACCES));
	kill(pid, SIGKILL);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
}

static int *shared;

static void *count_up(void *index)
{
	for (;;) {
		shared[(long)index]++;
		usleep(500);
	}
	return NULL;
}

static void threads_counting(void)
{
	pthread_t thread;

	for (long i = 0; i < 3; i++)
		pthread_create(&thread, NULL, count_up, (void *)i);
	sleep_long();
}

static void stop_stops_all_threads(void)
{
	int status, before[3];
	pid_t pid;

	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid = spawn(threads_counting);
	CHECK(WAIT_UNTIL(shared[0] && shared[1] && shared[2]));
	kill(pid, SIGSTOP);
	CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
	memcpy(before, shared, sizeof(before));
	test_sleep_ms(30);
	CHECK(!memcmp(before, shared, sizeof(before)));
	kill(pid, SIGCONT);
	CHECK(WAIT_UNTIL(shared[0] > before[0] && shared[1] > before[1] && shared[2] > before[2]));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void cont_cancels_pending_stop(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTSTP);
	sigaddset(&set, SIGCONT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	kill(getpid(), SIGTSTP);
	kill(getpid(), SIGCONT);
	sigpending(&set);
	CHECK(!sigismember(&set, SIGTSTP));
	kill(getpid(), SIGTSTP);
	sigpending(&set);
	CHECK(sigismember(&set, SIGTSTP));
	signal(SIGTSTP, SIG_IGN);
}

static void orphans_are_not_stopped(void)
{
	/* In a session of its own, nobody could continue it: SIGTSTP is dropped. */
	setsid();
	raise(SIGTSTP);
	raise(SIGTTIN);
	raise(SIGTTOU);
}

static void handler_of_cont_runs(void)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		signal(SIGCONT, on_signal);
		raise(SIGSTOP);
		_exit(got == SIGCONT ? 8 : 9);
	}
	CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
	kill(pid, SIGCONT);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 8 << 8);
}

/* A stopped member of a group that becomes orphaned gets SIGHUP and SIGCONT. */
static void orphaned_group_gets_sighup(void)
{
	int fds[2], status;
	pid_t shell, job = 0;
	char c = 0;

	NEED(!pipe(fds));
	shell = fork();
	if (!shell) {
		setsid();
		job = fork();
		if (!job) {
			signal(SIGHUP, on_signal);
			setpgid(0, 0);
			raise(SIGSTOP);
			_exit(write(fds[1], got == SIGHUP ? "h" : "-", 1) != 1);
		}
		waitpid(job, &status, WUNTRACED);
		_exit(0);
	}
	close(fds[1]);
	CHECK_EQ(waitpid(shell, NULL, 0), shell);
	CHECK_EQ(read(fds[0], &c, 1), 1);
	CHECK_EQ(c, 'h');
	close(fds[0]);
}

static void kill_all_needs_somebody(void)
{
	/* With permission for nothing the whole call fails; as root in a pid namespace of tests we
	 * do not dare to send a real signal: 0 only checks. */
	CHECK(kill(-1, 0) == 0 || errno == ESRCH || errno == EPERM);
}

int main(int argc, char **argv)
{
	if (!strcmp(argv[0], "exec-child"))
		sleep_long();
	RUN(group_rules);
	RUN_IN_CHILD(new_session);
	RUN_IN_CHILD(group_leader_cannot_setsid);
	RUN(too_late_after_exec);
	RUN(stop_stops_all_threads);
	RUN_IN_CHILD(cont_cancels_pending_stop);
	RUN_IN_CHILD(orphans_are_not_stopped);
	RUN(handler_of_cont_runs);
	RUN(orphaned_group_gets_sighup);
	RUN(kill_all_needs_somebody);
	return test_done();
}
