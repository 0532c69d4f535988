// SPDX-License-Identifier: MIT
/* A program that computes until a timer's signal ends it: the clock moves whatever it does. */
#include "test.h"
#include <signal.h>

static volatile sig_atomic_t done;

static void on_alarm(int signr)
{
	(void)signr;
	done = 1;
}

static void spinning_does_not_stop_the_clock(void)
{
	struct itimerspec once = { .it_value = { 0, 50000000 } };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM };
	timer_t timer;

	signal(SIGALRM, on_alarm);
	NEED(!timer_create(CLOCK_MONOTONIC, &event, &timer));
	NEED(!timer_settime(timer, 0, &once, NULL));
	while (!done)
		;
	CHECK_OK(timer_delete(timer));
}

int main(void)
{
	RUN(spinning_does_not_stop_the_clock);
	return test_done();
}
