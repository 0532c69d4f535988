// SPDX-License-Identifier: MIT
/* /proc/thread-self/fail-nth around a call. */
#include "nth.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#define MAX_NTH 400

unsigned int armed;
bool reached;

static int fail_nth_fd = -1;

void open_fail_nth(void)
{
	close_fd(fail_nth_fd);
	fail_nth_fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
}

void arm(void)
{
	char text[12];
	int n = snprintf(text, sizeof(text), "%u", armed);

	if (armed && pwrite(fail_nth_fd, text, n, 0) != n)
		_exit(90);
}

bool disarm(void)
{
	char text[12] = "";
	bool met = pread(fail_nth_fd, text, sizeof(text) - 1, 0) > 0 && atoi(text) == 0;

	if (pwrite(fail_nth_fd, "0", 1, 0) != 1)
		_exit(91);
	return met;
}

void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

void in_child(void (*fn)(void))
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		open_fail_nth();
		reached = false;
		fn();
		_exit(reached ? 7 : 8);
	}
	reached = false;
	if (pid > 0) {
		waitpid(pid, &status, 0);
		/* A signal: the failure killed it. */
		reached = !WIFEXITED(status) || WEXITSTATUS(status) == 7;
	}
}

bool all_of(const struct nth_call *call, unsigned int *worst)
{
	unsigned int nth;

	for (nth = 1; nth <= MAX_NTH; nth++) {
		armed = nth;
		reached = false;
		call->fn();
		if (!reached)
			break;
	}
	armed = 0;
	*worst = nth;
	return nth <= MAX_NTH;
}
