// SPDX-License-Identifier: MIT
/* Watching other processes: ptrace, seccomp, core dumps, accounts. */
#include "nth.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* fn(pid) with a child that sleeps. */
static void with_sleeper(void (*fn)(pid_t))
{
	pid_t pid = fork();

	if (!pid)
		for (;;)
			pause();
	if (pid < 0)
		return;
	fn(pid);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}
static void attach(pid_t pid) { TRY(ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_EXITKILL)); }
static void try_ptrace(void) { with_sleeper(attach); }
static void poke(pid_t pid)
{
	static long word;

	if (ptrace(PTRACE_ATTACH, pid, 0, 0))
		return;
	waitpid(pid, NULL, 0);
	TRY(ptrace(PTRACE_POKEDATA, pid, &word, 1L));
}
static void try_poke(void) { with_sleeper(poke); }
static void queue_signal(pid_t pid) { TRY(sigqueue(pid, SIGRTMIN, (union sigval){ 0 })); }
static void try_signal_other(void) { with_sleeper(queue_signal); }
static void get_descriptor(pid_t pid)
{
	int pidfd = syscall(SYS_pidfd_open, pid, 0);

	close_fd(TRY(syscall(SYS_pidfd_getfd, pidfd, 0, 0)));
	close_fd(pidfd);
}
static void try_pidfd_getfd(void) { with_sleeper(get_descriptor); }

static struct sock_filter allow[] = { { BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW } };
static const struct sock_fprog program = { 1, allow };

static void filter(void)
{
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	TRY(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program));
}
static void try_seccomp(void) { in_child(filter); }
static void listener(void)
{
	TRY(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program));
}
static void try_seccomp_listener(void) { in_child(listener); }

static int number_in(const char *path)
{
	char text[12] = "";
	int fd = open(path, O_RDONLY), number = -1;

	if (read(fd, text, sizeof(text) - 1) > 0)
		number = atoi(text);
	close_fd(fd);
	return number;
}

/* The child arms itself: what fails is the writing of its core. */
static void try_core(void)
{
	struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	pid_t pid = fork();
	char path[60];

	if (!pid) {
		setrlimit(RLIMIT_CORE, &all);
		open_fail_nth();
		arm();
		kill(getpid(), SIGABRT);
		_exit(0);
	}
	reached = false;
	if (pid < 0)
		return;
	waitid(P_PID, pid, NULL, WEXITED | WNOWAIT);
	/* A task that has ended still has what is left of the number. */
	snprintf(path, sizeof(path), "/proc/%d/task/%d/fail-nth", pid, pid);
	reached = armed && number_in(path) == 0;
	waitpid(pid, NULL, 0);
	unlink("core");
}

static void try_acct(void)
{
	close_fd(open("account", O_CREAT | O_RDWR, 0600));
	TRY(acct("account"));
	acct(NULL);
	unlink("account");
}

const struct nth_call trace_calls[] = {
	CALL(ptrace), CALL(poke), CALL(signal_other), CALL(pidfd_getfd), CALL(seccomp),
	CALL(seccomp_listener), CALL(core), CALL(acct),
	{ NULL, NULL },
};
