// SPDX-License-Identifier: MIT
/*
 * Threads that do nothing but system calls, several at once, beside such as compute, sleep, or are
 * signalled: none is kept waiting for ever by the others. Each case ends when all have had their
 * share, so a thread that starves makes it time out.
 */
#include "test.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/syscall.h>

#define SHARE	 12000
#define WAKE_UPS 20
#define SIGNALS	 20
#define THREADS	 4

static int done;	  /* threads that have had their share; they go on */
static bool over;	  /* all have */
static volatile int hits; /* of the signal handler */

static bool share_is_had(void)
{
	return __atomic_load_n(&over, __ATOMIC_RELAXED);
}

static void have_share(void)
{
	__atomic_fetch_add(&done, 1, __ATOMIC_SEQ_CST);
}

static void *call(void *arg)
{
	for (long i = 0; !share_is_had(); i++) {
		if (syscall(SYS_getppid) < 0)
			return (void *)1L;
		if (i == SHARE)
			have_share();
	}
	return NULL;
}

static void *compute(void *arg)
{
	volatile unsigned long x = 1;

	for (long i = 0; !share_is_had(); i++) {
		x = x * 6364136223846793005UL + 1442695040888963407UL;
		if (i == 10L * SHARE)
			have_share();
	}
	return NULL;
}

static void *nap(void *arg)
{
	const struct timespec ms = { 0, 1000000 };

	for (long i = 0; !share_is_had(); i++) {
		nanosleep(&ms, NULL);
		if (i == WAKE_UPS)
			have_share();
	}
	return NULL;
}

static void run(void *(*const bodies[])(void *), int n)
{
	const struct timespec ms = { 0, 1000000 };
	pthread_t threads[THREADS];
	void *failed;

	done = 0;
	over = false;
	for (int i = 0; i < n; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, bodies[i], NULL), 0);
	while (__atomic_load_n(&done, __ATOMIC_SEQ_CST) < n)
		nanosleep(&ms, NULL);
	__atomic_store_n(&over, true, __ATOMIC_SEQ_CST);
	for (int i = 0; i < n; i++) {
		CHECK_EQ(pthread_join(threads[i], &failed), 0);
		CHECK(!failed);
	}
}

static void two_callers(void)
{
	run((void *(*const[])(void *)){ call, call }, 2);
}

static void three_callers(void)
{
	run((void *(*const[])(void *)){ call, call, call }, 3);
}

static void four_callers(void)
{
	run((void *(*const[])(void *)){ call, call, call, call }, 4);
}

static void callers_and_one_that_computes(void)
{
	run((void *(*const[])(void *)){ call, call, compute }, 3);
}

static void callers_and_one_that_sleeps(void)
{
	run((void *(*const[])(void *)){ call, call, nap }, 3);
}

static void all_kinds(void)
{
	run((void *(*const[])(void *)){ call, compute, nap, call }, 4);
}

static void on_signal(int sig)
{
	hits++;
}

/* A thread that waits for its turn takes a signal nevertheless. */
static void callers_take_signals(void)
{
	const struct timespec ms = { 0, 1000000 };
	pthread_t threads[2];
	void *failed;

	signal(SIGUSR1, on_signal);
	done = 0;
	over = false;
	for (int i = 0; i < 2; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, call, NULL), 0);
	for (int i = 0; i < SIGNALS; i++) {
		int before = hits;

		CHECK_EQ(pthread_kill(threads[i % 2], SIGUSR1), 0);
		while (hits == before)
			nanosleep(&ms, NULL);
	}
	__atomic_store_n(&over, true, __ATOMIC_SEQ_CST);
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(pthread_join(threads[i], &failed), 0);
		CHECK(!failed);
	}
	CHECK_EQ(hits, SIGNALS);
}

/* Processes of their own; each is waited for. */
static void callers_in_processes(void)
{
	pid_t pids[THREADS];

	for (int i = 0; i < THREADS; i++) {
		pids[i] = fork();
		if (!pids[i]) {
			for (int n = 0; n < SHARE; n++)
				syscall(SYS_getppid);
			_exit(0);
		}
		CHECK(pids[i] > 0);
	}
	for (int i = 0; i < THREADS; i++) {
		int status = -1;

		CHECK_EQ(waitpid(pids[i], &status, 0), pids[i]);
		CHECK_EQ(status, 0);
	}
}

int main(void)
{
	RUN(two_callers);
	RUN(three_callers);
	RUN(four_callers);
	RUN(callers_and_one_that_computes);
	RUN(callers_and_one_that_sleeps);
	RUN(all_kinds);
	RUN(callers_take_signals);
	RUN(callers_in_processes);
	return test_done();
}
