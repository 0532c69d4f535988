// SPDX-License-Identifier: MIT
/*
 * Processes that come and go: fork, vfork, exec, threads, trees of processes, kills in the middle.
 * Each child's status is its own, each is waited for once, and memory is as it was at the fork.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "torture.h"

#define MAX_CHILDREN 6
#define KINDS 7

static volatile unsigned int of_parent;

static void *thread_body(void *arg)
{
	return (char *)arg + 1;
}

static void *wait_for_ever(void *arg)
{
	for (;;)
		pause();
	return arg;
}

static void *exec_in_thread(void *status)
{
	execl("/proc/self/exe", "torture", EXIT_WITH, status, NULL);
	return NULL;
}

static void child(unsigned int number, unsigned int mark)
{
	unsigned int kind = below(KINDS);

	if (of_parent != mark)
		_exit(99);
	of_parent = ~mark;		/* its own copy */
	switch (kind) {
	case 0: {
		pid_t pid = fork();

		if (!pid)
			_exit(7);
		if (pid > 0) {
			int status;

			if (waitpid(pid, &status, 0) != pid || WEXITSTATUS(status) != 7)
				_exit(98);
		}
		break;
	}
	case 1: {
		static char values[3];
		pthread_t threads[3];
		int started = 0;
		void *value;

		while (started < 3 && !pthread_create(&threads[started], NULL, thread_body, values + started))
			started++;
		for (int i = 0; i < started; i++) {
			if (pthread_join(threads[i], &value) || value != values + i + 1)
				_exit(97);
		}
		break;
	}
	case 2: {
		/* Ends with threads in the middle of something. */
		pthread_t thread;

		pthread_create(&thread, NULL, wait_for_ever, NULL);
		break;
	}
	case 3: {
		pid_t pid = vfork();

		if (!pid)
			_exit(0);
		if (pid > 0)
			waitpid(pid, NULL, 0);
		break;
	}
	case 4: {
		/* Another program, and sometimes from a thread that is not the first. */
		char status[4];

		snprintf(status, sizeof(status), "%u", number + 1);
		if (below(2)) {
			execl("/proc/self/exe", "torture", EXIT_WITH, status, NULL);
		} else {
			pthread_t thread;

			if (!pthread_create(&thread, NULL, exec_in_thread, status))
				pthread_join(thread, NULL);
		}
		break;
	}
	}
	_exit(number + 1);
}

static void check_child(int status, unsigned int number, bool killed)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == number + 1)
		return;
	if (killed && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		return;
	fail(&forkexit_test, "child %u ended with status %x%s", number, status,
	     killed ? " after a kill" : "");
}

static void forkexit_round(int number)
{
	unsigned int children = 1 + below(MAX_CHILDREN), mark = random64();
	pid_t pids[MAX_CHILDREN];
	bool killed[MAX_CHILDREN] = { false };

	of_parent = mark;
	for (unsigned int i = 0; i < children; i++) {
		random64();
		pids[i] = fork();
		if (!pids[i])
			child(i, mark);
		if (pids[i] > 0 && !below(5))
			killed[i] = !kill(pids[i], SIGKILL);
	}
	if (of_parent != mark)
		fail(&forkexit_test, "a child wrote to its parent's memory");
	/* The planted failure: one is waited for behind the test's back. */
	if (pids[0] > 0 && plant(&forkexit_test))
		waitpid(pids[0], NULL, 0);
	for (unsigned int i = 0; i < children; i++) {
		int status;

		if (pids[i] < 0)
			continue;
		if (waitpid(pids[i], &status, 0) == pids[i])
			check_child(status, i, killed[i]);
		else
			fail(&forkexit_test, "waitpid: %s", strerror(errno));
	}
	if (waitpid(-1, NULL, WNOHANG) != -1 || errno != ECHILD)
		fail(&forkexit_test, "a child too many");
}

struct test forkexit_test = { .name = "forkexit", .processes = 2, .round = forkexit_round };
