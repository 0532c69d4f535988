// SPDX-License-Identifier: MIT
/* Tracers and tracees that are stopped, continued, stepped and killed at random. */
#include "trace.h"

#include <pthread.h>
#include <sys/wait.h>

#define TRACERS	 4
#define DURATION 1000000000LL

static unsigned int seed;
/* Those who detach do not step: a step's signal that is still on its way would kill. */
static int detaches;

static unsigned int pick(unsigned int n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % n;
}

static void *work(void *arg)
{
	for (int i = 0; i < 50; i++) {
		volatile int x = i;

		(void)x;
		syscall(SYS_getpid);
		sched_yield();
	}
	return arg;
}

/* Makes threads, children and system calls until it is killed. */
static void tracee(void)
{
	for (;;) {
		pthread_t thread;
		pid_t pid;

		if (!pthread_create(&thread, NULL, work, NULL))
			pthread_join(thread, NULL);
		pid = fork();
		if (!pid)
			_exit(0);
		while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
}

/* Lets a stopped task go on in one of the ways there are. */
static void go_on(pid_t pid, int status)
{
	static const int ways[] = { PTRACE_CONT, PTRACE_SYSCALL, PTRACE_SYSCALL, PTRACE_SINGLESTEP };
	int sig = WSTOPSIG(status);

	if (status >> 16 == PTRACE_EVENT_STOP && sig != SIGTRAP && pick(2)) {
		pt(PTRACE_LISTEN, pid, 0, 0);
		kill(pid, SIGCONT);
		return;
	}
	if (pick(8) == 0) {
		struct user_regs_struct regs;
		struct iovec iov = { &regs, sizeof(regs) };

		pt(PTRACE_GETREGSET, pid, 1, (unsigned long)&iov);
		pt(PTRACE_SETREGSET, pid, 1, (unsigned long)&iov);
	}
	if (detaches && pick(200) == 0) {
		pt(PTRACE_DETACH, pid, 0, 0);
		pt(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_EXITKILL);
		pt(PTRACE_INTERRUPT, pid, 0, 0);
		return;
	}
	if (status >> 16 || sig == SIGTRAP || sig == (SIGTRAP | 0x80) || sig == SIGSTOP)
		sig = 0;
	pt(ways[pick(detaches ? 3 : 4)], pid, 0, sig);
}

static void tracer(int number)
{
	long long end = test_now_ns() + DURATION;
	pid_t pid;

	seed = number * 7919 + 1;
	detaches = number & 1;
	pid = fork();
	if (!pid)
		tracee();
	if (pt(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_EXITKILL))
		_exit(1);
	while (test_now_ns() < end) {
		int status;
		pid_t who = waitpid(-1, &status, __WALL | WNOHANG);

		if (who < 0)
			break;
		if (!who) {
			switch (pick(6)) {
			case 0:
				kill(pid, SIGUSR1);
				break;
			case 1:
				pt(PTRACE_INTERRUPT, pid, 0, 0);
				break;
			case 2:
				kill(pid, SIGSTOP);
				kill(pid, SIGCONT);
				break;
			default:
				sched_yield();
			}
			continue;
		}
		if (WIFSTOPPED(status))
			go_on(who, status);
		else if (who == pid)
			FAIL("the tracee died with wait status 0x%x", status);
	}
	/* Dies with tracees in all states: EXITKILL takes them along. */
	_exit(0);
}

int main(void)
{
	pid_t tracers[TRACERS];
	int status;

	NEED(!prctl(PR_SET_CHILD_SUBREAPER, 1));
	signal(SIGUSR1, SIG_IGN);
	for (int i = 0; i < TRACERS; i++) {
		tracers[i] = fork();
		if (!tracers[i])
			tracer(i);
	}
	/* One tracer is killed in the middle. */
	test_sleep_ms(300);
	kill(tracers[0], SIGKILL);
	for (int i = 0; i < TRACERS; i++) {
		CHECK_EQ(waitpid(tracers[i], &status, 0), tracers[i]);
		CHECK_EQ(status, i ? 0 : SIGKILL);
	}
	/* What they traced is dead, or ends when nobody holds it any more. */
	for (long long end = test_now_ns() + 5000000000LL; test_now_ns() < end;)
		if (waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD)
			break;
	CHECK_ERR(waitpid(-1, NULL, WNOHANG), ECHILD);
	return test_done();
}
