// SPDX-License-Identifier: MIT
/* wait4(), waitid(): every kind of news, every option, every refusal; orphans and subreapers. */
#include "test.h"

#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

static pid_t spawn_exit(int code)
{
	pid_t pid = fork();

	if (!pid)
		_exit(code);
	return pid;
}

static pid_t spawn_pause(void)
{
	pid_t pid = fork();

	if (!pid)
		for (;;)
			pause();
	return pid;
}

static void reap(pid_t pid)
{
	kill(pid, SIGKILL);
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
}

static void statuses(void)
{
	int status;
	pid_t pid = spawn_exit(0x1ff);

	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0xff00);
	pid = spawn_pause();
	kill(pid, SIGTERM);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, SIGTERM);
	CHECK_ERR(waitpid(pid, &status, 0), ECHILD);
}

static void wait_for_any_and_group(void)
{
	pid_t pid = spawn_exit(1);

	CHECK_EQ(waitpid(-1, NULL, 0), pid);
	pid = spawn_exit(1);
	CHECK_EQ(waitpid(0, NULL, 0), pid);
	pid = spawn_exit(1);
	CHECK_EQ(waitpid(-getpgrp(), NULL, 0), pid);
	CHECK_ERR(waitpid(-1, NULL, 0), ECHILD);
	CHECK_ERR(waitpid(-1, NULL, WNOHANG), ECHILD);
}

static void refusals(void)
{
	siginfo_t info;

	CHECK_ERR(syscall(SYS_wait4, -1, NULL, 0x1000, NULL), EINVAL);
	CHECK_ERR(syscall(SYS_wait4, INT_MIN, NULL, 0, NULL), ESRCH);
	CHECK_ERR(waitid(P_ALL, 0, &info, 0), EINVAL);
	CHECK_ERR(waitid(P_ALL, 0, &info, WEXITED | 0x100000), EINVAL);
	CHECK_ERR(waitid(77, 0, &info, WEXITED), EINVAL);
	CHECK_ERR(waitid(P_PID, 0, &info, WEXITED), EINVAL);
	CHECK_ERR(waitid(P_PGID, -5, &info, WEXITED), EINVAL);
	CHECK_ERR(waitid(P_PID, 1, &info, WEXITED), ECHILD);
	CHECK_ERR(waitid(P_PIDFD, 999, &info, WEXITED), EBADF);
}

static void bad_pointer(void)
{
	pid_t pid = spawn_exit(3);

	CHECK_ERR(syscall(SYS_wait4, pid, (int *)1, 0, NULL), EFAULT);
	/* The child was reaped nevertheless. */
	CHECK_ERR(waitpid(pid, NULL, 0), ECHILD);
	pid = spawn_exit(3);
	CHECK_ERR(syscall(SYS_wait4, pid, NULL, 0, (void *)1), EFAULT);
	pid = spawn_exit(3);
	CHECK_ERR(syscall(SYS_waitid, P_PID, pid, (void *)1, WEXITED, NULL), EFAULT);
}

static void nohang(void)
{
	siginfo_t info;
	int status = 77;
	pid_t pid = spawn_pause();

	CHECK_EQ(waitpid(pid, &status, WNOHANG), 0);
	CHECK_EQ(status, 77);
	memset(&info, 0xff, sizeof(info));
	CHECK_EQ(waitid(P_PID, pid, &info, WEXITED | WNOHANG), 0);
	CHECK_EQ(info.si_pid, 0);
	CHECK_EQ(info.si_signo, 0);
	reap(pid);
}

static void stop_and_continue(void)
{
	int status;
	siginfo_t info;
	pid_t pid = spawn_pause();

	/* In a group of its own, which we could continue: not orphaned, so that SIGTSTP stops it. */
	setpgid(pid, pid);
	kill(pid, SIGSTOP);
	CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
	CHECK_EQ(status, SIGSTOP << 8 | 0x7f);
	/* Told once. */
	CHECK_EQ(waitpid(pid, &status, WUNTRACED | WNOHANG), 0);
	kill(pid, SIGCONT);
	CHECK_EQ(waitpid(pid, &status, WCONTINUED), pid);
	CHECK_EQ(status, 0xffff);
	CHECK_EQ(waitpid(pid, &status, WCONTINUED | WNOHANG), 0);
	kill(pid, SIGTSTP);
	CHECK_EQ(waitid(P_PID, pid, &info, WSTOPPED | WNOWAIT), 0);
	CHECK_EQ(info.si_code, CLD_STOPPED);
	CHECK_EQ(info.si_status, SIGTSTP);
	CHECK_EQ(waitid(P_PID, pid, &info, WSTOPPED), 0);
	/* A stopped process dies of SIGKILL at once. */
	reap(pid);
}

static void waitid_info(void)
{
	siginfo_t info;
	pid_t pid = spawn_exit(9);

	memset(&info, 0, sizeof(info));
	CHECK_EQ(waitid(P_PID, pid, &info, WEXITED | WNOWAIT), 0);
	CHECK_EQ(info.si_signo, SIGCHLD);
	CHECK_EQ(info.si_code, CLD_EXITED);
	CHECK_EQ(info.si_status, 9);
	CHECK_EQ(info.si_pid, pid);
	CHECK_EQ(info.si_uid, getuid());
	CHECK_EQ(waitid(P_PID, pid, &info, WEXITED), 0);
	CHECK_ERR(waitid(P_PID, pid, &info, WEXITED), ECHILD);
	pid = spawn_pause();
	kill(pid, SIGKILL);
	CHECK_EQ(waitid(P_ALL, 0, &info, WEXITED), 0);
	CHECK_EQ(info.si_code, CLD_KILLED);
	CHECK_EQ(info.si_status, SIGKILL);
}

static void rusage_of_child(void)
{
	struct rusage ru;
	pid_t pid = fork();

	if (!pid) {
		volatile long sum = 0;
		long long end = test_now_ns() + 30000000;

		while (test_now_ns() < end)
			sum++;
		_exit(0);
	}
	memset(&ru, 0, sizeof(ru));
	CHECK_EQ(wait4(pid, NULL, 0, &ru), pid);
	CHECK_GT(ru.ru_utime.tv_usec + ru.ru_stime.tv_usec + ru.ru_utime.tv_sec, 0);
	CHECK_GT(ru.ru_maxrss, 0);
}

static void sigchld_ignored_reaps(void)
{
	pid_t pid;

	signal(SIGCHLD, SIG_IGN);
	pid = spawn_exit(1);
	CHECK_ERR(waitpid(pid, NULL, 0), ECHILD);
	signal(SIGCHLD, SIG_DFL);
}

static volatile int chld_count;
static siginfo_t chld_info;

static void on_chld(int sig, siginfo_t *info, void *ctx)
{
	chld_info = *info;
	chld_count++;
}

static void nocldwait_sends_but_reaps(void)
{
	struct sigaction sa = { .sa_sigaction = on_chld, .sa_flags = SA_SIGINFO | SA_NOCLDWAIT };
	pid_t pid;

	chld_count = 0;
	sigaction(SIGCHLD, &sa, NULL);
	pid = spawn_exit(6);
	CHECK(WAIT_UNTIL(chld_count == 1));
	CHECK_EQ(chld_info.si_pid, pid);
	CHECK_EQ(chld_info.si_status, 6);
	CHECK_EQ(chld_info.si_code, CLD_EXITED);
	CHECK_ERR(waitpid(pid, NULL, 0), ECHILD);
	signal(SIGCHLD, SIG_DFL);
}

static void nocldstop(void)
{
	struct sigaction sa = { .sa_sigaction = on_chld, .sa_flags = SA_SIGINFO | SA_NOCLDSTOP };
	int status;
	pid_t pid = spawn_pause();

	chld_count = 0;
	sigaction(SIGCHLD, &sa, NULL);
	kill(pid, SIGSTOP);
	CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
	CHECK_EQ(chld_count, 0);
	sa.sa_flags = SA_SIGINFO;
	sigaction(SIGCHLD, &sa, NULL);
	kill(pid, SIGCONT);
	CHECK(WAIT_UNTIL(chld_count == 1));
	CHECK_EQ(chld_info.si_code, CLD_CONTINUED);
	signal(SIGCHLD, SIG_DFL);
	reap(pid);
}

/* The orphan tells its new parent through a pipe. */
static pid_t orphan_parent(void)
{
	int fds[2];
	pid_t result = -1, pid;

	NEED(!pipe(fds));
	pid = fork();
	if (!pid) {
		pid_t middle = getpid();

		if (!fork()) {
			pid_t parent;

			while ((parent = getppid()) == middle)
				test_sleep_ms(1);
			_exit(write(fds[1], &parent, sizeof(parent)) != sizeof(parent));
		}
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
	CHECK_EQ(read(fds[0], &result, sizeof(result)), sizeof(result));
	close(fds[0]);
	close(fds[1]);
	return result;
}

static void subreaper_adopts(void)
{
	int is = -1;

	CHECK_OK(prctl(PR_SET_CHILD_SUBREAPER, 1));
	CHECK_OK(prctl(PR_GET_CHILD_SUBREAPER, &is));
	CHECK_EQ(is, 1);
	CHECK_EQ(orphan_parent(), getpid());
	CHECK_GT(wait(NULL), 0);
}

static void orphan_goes_up(void)
{
	CHECK_NE(orphan_parent(), getpid());
}

static volatile int got_usr1;

static void on_usr1(int sig)
{
	got_usr1 = 1;
}

static void pdeathsig(void)
{
	int fds[2];
	char c = 0;
	pid_t pid;

	NEED(!pipe(fds));
	pid = fork();
	if (!pid) {
		if (!fork()) {
			signal(SIGUSR1, on_usr1);
			prctl(PR_SET_PDEATHSIG, SIGUSR1);
			if (write(fds[1], "r", 1) != 1)
				_exit(1);
			WAIT_UNTIL(got_usr1);
			_exit(write(fds[1], got_usr1 ? "y" : "n", 1) != 1);
		}
		_exit(read(fds[0], &c, 1) != 1);
	}
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
	CHECK_EQ(read(fds[0], &c, 1), 1);
	CHECK_EQ(c, 'y');
}

static void *thread_waits(void *arg)
{
	return (void *)(long)waitpid((pid_t)(long)arg, NULL, 0);
}

static void thread_reaps_child_of_sibling(void)
{
	pthread_t thread;
	pid_t pid = spawn_exit(0);
	void *ret;

	NEED(!pthread_create(&thread, NULL, thread_waits, (void *)(long)pid));
	pthread_join(thread, &ret);
	CHECK_EQ((pid_t)(long)ret, pid);
}

static void *thread_wnothread(void *arg)
{
	errno = 0;
	return (void *)(long)(waitpid((pid_t)(long)arg, NULL, __WNOTHREAD) == -1 ? errno : 0);
}

static void wnothread_sees_own_children_only(void)
{
	pthread_t thread;
	pid_t pid = spawn_exit(0);
	void *ret;

	NEED(!pthread_create(&thread, NULL, thread_wnothread, (void *)(long)pid));
	pthread_join(thread, &ret);
	CHECK_EQ((long)ret, ECHILD);
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
}

static void *__attribute__((noreturn)) outlive_leader(void *arg)
{
	test_sleep_ms(50);
	exit(4);
}

static void leader_exits_first(void)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		pthread_t thread;

		pthread_create(&thread, NULL, outlive_leader, NULL);
		syscall(SYS_exit, 1);
	}
	test_sleep_ms(20);
	CHECK_EQ(waitpid(pid, &status, WNOHANG), 0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 4 << 8);
}

int main(void)
{
	RUN(statuses);
	RUN(wait_for_any_and_group);
	RUN(refusals);
	RUN(bad_pointer);
	RUN(nohang);
	RUN(stop_and_continue);
	RUN(waitid_info);
	RUN(rusage_of_child);
	RUN(sigchld_ignored_reaps);
	RUN(nocldwait_sends_but_reaps);
	RUN(nocldstop);
	RUN_IN_CHILD(subreaper_adopts);
	RUN(orphan_goes_up);
	RUN(pdeathsig);
	RUN(thread_reaps_child_of_sibling);
	RUN(wnothread_sees_own_children_only);
	RUN(leader_exits_first);
	return test_done();
}
