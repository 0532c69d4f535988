// SPDX-License-Identifier: MIT
/* fork() and memory: copies on write, shared memory, threads that write meanwhile. */
#include "mm.h"

#include <pthread.h>
#include <sched.h>

static char *area;
static int to_child[2], to_parent[2];

static void pass(int fd)
{
	NEED(write(fd, "x", 1) == 1);
}

static void await(int fd)
{
	char c;

	NEED(read(fd, &c, 1) == 1);
}

static void writes_stay_apart(void)
{
	pid_t pid;
	int status;

	area = mm_map(64);
	memset(area, 1, 64 * PAGE);
	NEED(pipe(to_child) == 0 && pipe(to_parent) == 0);
	pid = fork();
	NEED(pid >= 0);
	if (pid == 0) {
		for (int i = 0; i < 64; i += 2)
			area[i * PAGE] = 2;
		pass(to_parent[1]);
		await(to_child[0]);
		for (int i = 0; i < 64; i++)
			if (area[i * PAGE] != (i % 2 ? 1 : 2))
				_exit(1);
		_exit(0);
	}
	await(to_parent[0]);
	for (int i = 0; i < 64; i++)
		CHECK_EQ(area[i * PAGE], 1);
	for (int i = 1; i < 64; i += 2)
		area[i * PAGE] = 3;
	pass(to_child[1]);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	munmap(area, 64 * PAGE);
}

static void system_calls_copy_too(void)
{
	int status, fds[2];
	pid_t pid;

	area = mm_map(2);
	memset(area, 1, 2 * PAGE);
	NEED(pipe(fds) == 0);
	NEED(write(fds[1], "abcdefgh", 8) == 8);
	pid = fork();
	NEED(pid >= 0);
	if (pid == 0) {
		/* The kernel writes where the page is still shared. */
		if (read(fds[0], area, 8) != 8 || memcmp(area, "abcdefgh", 8))
			_exit(1);
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	CHECK_EQ(area[0], 1);
	CHECK_EQ(area[7], 1);
	munmap(area, 2 * PAGE);
}

static void shared_memory_stays_shared(void)
{
	int *p = mmap(NULL, 4 * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0), status;
	pid_t pid;

	NEED(p != MAP_FAILED);
	p[0] = 5;
	pid = fork();
	NEED(pid >= 0);
	if (pid == 0) {
		if (p[0] != 5)
			_exit(1);
		p[0] = 6;
		p[1024] = 7;	/* a page that nobody had touched */
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	CHECK_EQ(p[0], 6);
	CHECK_EQ(p[1024], 7);
	munmap(p, 4 * PAGE);
}

static void chains_of_forks(void)
{
	int status;

	area = mm_map(8);
	for (int depth = 0; depth < 20; depth++) {
		pid_t pid;

		area[depth % 8 * PAGE] = depth;
		pid = fork();
		NEED(pid >= 0);
		if (pid > 0) {
			waitpid(pid, &status, 0);
			if (area[depth % 8 * PAGE] != depth)
				status = 0x100;
			if (depth)
				_exit(status ? 1 : 0);
			CHECK_EQ(status, 0);
			munmap(area, 8 * PAGE);
			return;
		}
	}
	_exit(0);
}

static volatile int stop;

static void *scribble(void *arg)
{
	volatile int *p = arg;

	for (int i = 0; !stop; i++) {
		p[0] = i;
		p[1024] = i;
	}
	return NULL;
}

/* What a child sees must not change under it, whatever the parent's threads do. */
static void parent_threads_cannot_reach_the_child(void)
{
	volatile int *p = (volatile int *)mm_map(2);
	pthread_t t;
	int status;

	stop = 0;
	NEED(pthread_create(&t, NULL, scribble, (void *)p) == 0);
	for (int i = 0; i < 30; i++) {
		pid_t pid = fork();

		NEED(pid >= 0);
		if (pid == 0) {
			int a = p[0], b = p[1024];

			for (int j = 0; j < 200; j++) {
				if (p[0] != a || p[1024] != b)
					_exit(1);
				if (j % 50 == 0)
					sched_yield();
			}
			_exit(0);
		}
		CHECK_EQ(waitpid(pid, &status, 0), pid);
		CHECK_EQ(status, 0);
	}
	stop = 1;
	pthread_join(t, NULL);
	munmap((void *)p, 2 * PAGE);
}

static void *hammer(void *arg)
{
	char *base = arg;

	for (int round = 0; round < 20; round++)
		for (int i = 0; i < 256; i++)
			__atomic_fetch_add((int *)(base + i * PAGE), 1, __ATOMIC_RELAXED);
	return NULL;
}

static void threads_fault_the_same_pages(void)
{
	for (int round = 0; round < 5; round++) {
		char *p = mm_map(256);
		pthread_t t[4];

		for (int i = 0; i < 4; i++)
			NEED(pthread_create(&t[i], NULL, hammer, p) == 0);
		for (int i = 0; i < 4; i++)
			pthread_join(t[i], NULL);
		for (int i = 0; i < 256; i++)
			CHECK_EQ(*(int *)(p + i * PAGE), 80);
		munmap(p, 256 * PAGE);
	}
}

static void *map_and_unmap(void *arg)
{
	for (int i = 0; i < 200; i++) {
		char *p = mmap(NULL, 8 * PAGE, RW, ANON, -1, 0);

		if (p == MAP_FAILED)
			return (void *)1;
		memset(p, i, 8 * PAGE);
		if (p[5 * PAGE] != (char)i)
			return (void *)2;
		munmap(p, 8 * PAGE);
	}
	return NULL;
}

static void threads_map_and_unmap(void)
{
	pthread_t t[4];
	void *result;

	for (int i = 0; i < 4; i++)
		NEED(pthread_create(&t[i], NULL, map_and_unmap, NULL) == 0);
	for (int i = 0; i < 4; i++) {
		pthread_join(t[i], &result);
		CHECK(result == NULL);
	}
}

int main(void)
{
	RUN(writes_stay_apart);
	RUN(system_calls_copy_too);
	RUN(shared_memory_stays_shared);
	RUN(chains_of_forks);
	RUN(parent_threads_cannot_reach_the_child);
	RUN(threads_fault_the_same_pages);
	RUN(threads_map_and_unmap);
	return test_done();
}
