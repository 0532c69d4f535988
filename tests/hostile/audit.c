// SPDX-License-Identifier: MIT
/* A thread that says it has made a call that sleeps, and goes on to burn the host's core. */
#include "hostile.h"

#define SLOT(offset) (*(volatile unsigned int *)(STUB_SLOTS + (offset)))
#define TURN   0x00
#define EVENTS 0x40
#define KIND   0x48
#define MODE   0x4c
#define SITE   0x90
#define KIND_CALL 2

/*
 * Calls from a trampoline leave the site's number behind; that of the call stands above it. The
 * kernel looks for an event only for a while before it sleeps, and then sends a kick, which is an
 * event: once more.
 */
static void burn(void)
{
	for (;;) {
		unsigned int event;

		for (int i = 0; i < 1000; i++)
			syscall(SYS_getppid);
		SLOT(SITE + 4) = SYS_pause;
		SLOT(KIND) = KIND_CALL;
		SLOT(MODE) = 1;
		event = SLOT(EVENTS) + 1;
		SLOT(TURN) = event;
		SLOT(EVENTS) = event;
		while (SLOT(EVENTS) == event)
			;
	}
}

static void phantoms_are_killed(void)
{
	pid_t pid = fork();
	int status = 0;

	if (!pid) {
		burn();
		_exit(0);
	}
	/* Nobody sends it a signal. */
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

int main(void)
{
	RUN(phantoms_are_killed);
	return test_done();
}
