// SPDX-License-Identifier: MIT
/* Several threads that wait for one epoll set: nobody sleeps beside a ready event. */
#include "test.h"
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#define WAITERS 8
#define ROUNDS	100
#define PATIENCE_MS 8000

static int set, fds[WAITERS];
static int begun, taken, missed;

static int read_of(int *counter)
{
	return __atomic_load_n(counter, __ATOMIC_SEQ_CST);
}

static void count(int *counter)
{
	__atomic_fetch_add(counter, 1, __ATOMIC_SEQ_CST);
}

static void reset(void)
{
	begun = taken = missed = 0;
}

/* Until the counter has the value, or somebody has missed an event. */
static void await(int *counter, int value)
{
	while (read_of(counter) != value && !read_of(&missed))
		usleep(100);
	CHECK_EQ(read_of(counter), value);
}

/* Waits once, and leaves the event where it is. */
static void *look(void *unused)
{
	struct epoll_event e;

	count(&begun);
	count(epoll_wait(set, &e, 1, PATIENCE_MS) == 1 ? &taken : &missed);
	return unused;
}

static void a_level_wakes_all(void)
{
	struct epoll_event e = { .events = EPOLLIN };
	pthread_t t[WAITERS];
	int fd = eventfd(0, 0);
	uint64_t one = 1;

	reset();
	set = epoll_create1(0);
	CHECK_OK(epoll_ctl(set, EPOLL_CTL_ADD, fd, &e));
	for (int i = 0; i < WAITERS; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, look, NULL), 0);
	await(&begun, WAITERS);
	usleep(20000);
	CHECK_EQ(write(fd, &one, sizeof(one)), sizeof(one));
	for (int i = 0; i < WAITERS; i++)
		pthread_join(t[i], NULL);
	CHECK_EQ(taken, WAITERS);
	close(fd);
	close(set);
}

static int rounds_begun[ROUNDS];

/* Takes one event a round and reads its descriptor. */
static void *take(void *unused)
{
	for (int round = 0; round < ROUNDS; round++) {
		struct epoll_event e;
		uint64_t value;

		while (!read_of(&rounds_begun[round]))
			sched_yield();
		count(&begun);
		if (epoll_wait(set, &e, 1, PATIENCE_MS) != 1 ||
		    read(e.data.fd, &value, sizeof(value)) != sizeof(value)) {
			count(&missed);
			return NULL;
		}
		count(&taken);
	}
	return unused;
}

static void each_edge_finds_its_waiter(void)
{
	pthread_t t[WAITERS];
	uint64_t one = 1;

	reset();
	set = epoll_create1(0);
	for (int i = 0; i < WAITERS; i++) {
		struct epoll_event e = { .events = EPOLLIN | EPOLLET };

		e.data.fd = fds[i] = eventfd(0, EFD_NONBLOCK);
		CHECK_OK(epoll_ctl(set, EPOLL_CTL_ADD, fds[i], &e));
	}
	for (int i = 0; i < WAITERS; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, take, NULL), 0);
	for (int round = 0; round < ROUNDS && !read_of(&missed); round++) {
		count(&rounds_begun[round]);
		await(&begun, (round + 1) * WAITERS);
		/* Some of them sleep by now, and some are on the way. */
		usleep(round % 3 * 300);
		for (int i = 0; i < WAITERS; i++)
			CHECK_EQ(write(fds[i], &one, sizeof(one)), sizeof(one));
		await(&taken, (round + 1) * WAITERS);
	}
	for (int round = 0; round < ROUNDS; round++)
		count(&rounds_begun[round]);
	for (int i = 0; i < WAITERS; i++) {
		pthread_join(t[i], NULL);
		close(fds[i]);
	}
	CHECK_EQ(missed, 0);
	close(set);
}

/* Level events take turns when they do not all fit. */
static void a_small_buffer_leaves_the_rest(void)
{
	struct epoll_event e[2];

	set = epoll_create1(0);
	for (int i = 0; i < 3; i++) {
		fds[i] = eventfd(1, 0);
		e[0].events = EPOLLIN;
		e[0].data.fd = fds[i];
		CHECK_OK(epoll_ctl(set, EPOLL_CTL_ADD, fds[i], &e[0]));
	}

	int seen[3] = { 0 };
	for (int i = 0; i < 6; i++) {
		CHECK_EQ(epoll_wait(set, e, 1, 0), 1);
		for (int k = 0; k < 3; k++)
			seen[k] += e[0].data.fd == fds[k];
	}
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(seen[i], 2);
		close(fds[i]);
	}
	CHECK_EQ(epoll_wait(set, e, 2, 0), 0);
	close(set);
}

int main(void)
{
	RUN(a_level_wakes_all);
	RUN(each_edge_finds_its_waiter);
	RUN(a_small_buffer_leaves_the_rest);
	return test_done();
}
