// SPDX-License-Identifier: MIT
/* Threads: many at once, many one after another, with their own TLS, and exec out of one. */
#include "test.h"
#include <pthread.h>
#include <sys/mman.h>

static __thread long mine;
static pthread_barrier_t barrier;

static void *at_once(void *arg)
{
	mine = (long)arg;
	pthread_barrier_wait(&barrier);
	for (int i = 0; i < 50; i++) {
		if (mine != (long)arg)
			return (void *)1;
		sched_yield();
	}
	return NULL;
}

static void many_at_once(void)
{
	enum { N = 100 };
	pthread_t t[N];
	void *bad;

	pthread_barrier_init(&barrier, NULL, N);
	for (long i = 0; i < N; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, at_once, (void *)i), 0);
	for (int i = 0; i < N; i++) {
		CHECK_EQ(pthread_join(t[i], &bad), 0);
		CHECK_EQ((long)bad, 0);
	}
}

static void *increment(void *arg)
{
	__atomic_fetch_add((long *)arg, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

static void many_in_turn(void)
{
	long count = 0;
	pthread_t t;

	for (int i = 0; i < 300; i++) {
		CHECK_EQ(pthread_create(&t, NULL, increment, &count), 0);
		CHECK_EQ(pthread_join(t, NULL), 0);
	}
	CHECK_EQ(count, 300);
}

static void *exec_out_of(void *arg)
{
	execl(arg, arg, "child", (char *)NULL);
	_exit(1);
}

static void *spin(void *arg)
{
	for (;;)
		;
	return NULL;
}

static void exec_ends_the_others(const char *self)
{
	pthread_t t;
	int status;
	pid_t pid = fork();

	if (!pid) {
		for (int i = 0; i < 3; i++)
			pthread_create(&t, NULL, spin, NULL);
		pthread_create(&t, NULL, exec_out_of, (void *)self);
		for (;;)
			pause();
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(WEXITSTATUS(status), 42);
}

static void exit_group_ends_spinning_threads(void)
{
	pthread_t t;
	int status;
	pid_t pid = fork();

	if (!pid) {
		for (int i = 0; i < 4; i++)
			pthread_create(&t, NULL, spin, NULL);
		usleep(10000);
		_exit(7);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(WEXITSTATUS(status), 7);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return 42;
	RUN(many_at_once);
	RUN(many_in_turn);
	test_current = "exec_ends_the_others";
	exec_ends_the_others("/proc/self/exe");
	RUN(exit_group_ends_spinning_threads);
	return test_done();
}
