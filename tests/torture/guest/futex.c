// SPDX-License-Identifier: MIT
/*
 * Futexes: mutexes of three kinds (plain, with priority inheritance, robust), a condition variable
 * and a semaphore, in memory that processes and threads share. What they guard is written in two
 * steps; who dies with a robust one in his hands leaves it to the next.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "torture.h"

#define KINDS 3
#define PLACES 3
#define THREADS 3

struct shared {
	pthread_mutex_t mutex[KINDS];
	volatile unsigned long first[KINDS], second[KINDS];
	pthread_mutex_t queue_mutex;
	pthread_cond_t queue_changed;
	long made, taken;		/* queue_mutex */
	sem_t places;
	atomic_int inside;
};

static struct shared *shared;

static int setup_futex(void)
{
	pthread_mutexattr_t attr;
	pthread_condattr_t condattr;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return -1;
	for (int kind = 0; kind < KINDS; kind++) {
		pthread_mutexattr_init(&attr);
		pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
		if (kind == 1)
			pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT);
		if (kind == 2)
			pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
		pthread_mutex_init(&shared->mutex[kind], &attr);
	}
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(&shared->queue_mutex, &attr);
	pthread_condattr_init(&condattr);
	pthread_condattr_setpshared(&condattr, PTHREAD_PROCESS_SHARED);
	pthread_cond_init(&shared->queue_changed, &condattr);
	return sem_init(&shared->places, 1, PLACES);
}

/* A time that is soon: to be given up is a path of its own. */
static struct timespec soon(void)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += below(2000000);
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	return until;
}

static int lock(int kind)
{
	struct timespec until;

	if (below(4))
		return pthread_mutex_lock(&shared->mutex[kind]);
	until = soon();
	return pthread_mutex_timedlock(&shared->mutex[kind], &until);
}

static void use_mutex(int kind)
{
	int error = lock(kind);

	if (error == ETIMEDOUT)
		return;
	if (error == EOWNERDEAD) {
		shared->second[kind] = shared->first[kind];
		pthread_mutex_consistent(&shared->mutex[kind]);
	} else if (error) {
		fail(&futex_test, "lock %d: %s", kind, strerror(error));
		return;
	}
	if (shared->first[kind] != shared->second[kind])
		fail(&futex_test, "mutex %d: %lu and %lu", kind, shared->first[kind],
		     shared->second[kind]);
	shared->first[kind]++;
	/* The planted failure: the lock is left before the work is done. */
	if (plant(&futex_test)) {
		pthread_mutex_unlock(&shared->mutex[kind]);
		use_mutex(kind);
		return;
	}
	if (!below(16))
		sched_yield();
	shared->second[kind]++;
	error = pthread_mutex_unlock(&shared->mutex[kind]);
	if (error)
		fail(&futex_test, "unlock %d: %s", kind, strerror(error));
}

/* Dies with the robust mutex taken, between the two steps. */
static void die_owning(void)
{
	pid_t pid = fork();

	if (!pid) {
		if (!pthread_mutex_lock(&shared->mutex[2])) {
			shared->first[2]++;
			_exit(0);
		}
		/* An owner had died before: put right what it left. */
		shared->second[2] = shared->first[2];
		pthread_mutex_consistent(&shared->mutex[2]);
		pthread_mutex_unlock(&shared->mutex[2]);
		_exit(0);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

/* As many are taken as were made, and nobody waits for what is there. */
static void use_queue(void)
{
	struct timespec until;

	pthread_mutex_lock(&shared->queue_mutex);
	if (below(2)) {
		shared->made++;
		if (below(2))
			pthread_cond_signal(&shared->queue_changed);
		else
			pthread_cond_broadcast(&shared->queue_changed);
	} else {
		until = soon();
		while (shared->made == shared->taken) {
			if (pthread_cond_timedwait(&shared->queue_changed, &shared->queue_mutex,
						   &until) == ETIMEDOUT)
				break;
		}
		if (shared->made > shared->taken)
			shared->taken++;
	}
	if (shared->taken > shared->made)
		fail(&futex_test, "taken %ld of %ld", shared->taken, shared->made);
	pthread_mutex_unlock(&shared->queue_mutex);
}

static void use_semaphore(void)
{
	while (sem_wait(&shared->places)) {
		if (errno != EINTR) {
			fail(&futex_test, "sem_wait: %s", strerror(errno));
			return;
		}
	}
	if (atomic_fetch_add(&shared->inside, 1) >= PLACES)
		fail(&futex_test, "more than %d inside the semaphore", PLACES);
	atomic_fetch_sub(&shared->inside, 1);
	sem_post(&shared->places);
}

static void *thread_body(void *arg)
{
	long number = (long)arg % THREADS;
	struct sched_param param = { .sched_priority = 1 + number };

	random_seed((long)arg);
	/* Priorities to inherit, where that is allowed. */
	if (number)
		pthread_setschedparam(pthread_self(), SCHED_RR, &param);
	for (int i = 0; i < 50 && !atomic_load(&futex_test.results->stop); i++) {
		switch (below(8)) {
		case 0:
			use_queue();
			break;
		case 1:
			use_semaphore();
			break;
		default:
			use_mutex(below(KINDS));
		}
	}
	return NULL;
}

static void futex_round(int number)
{
	pthread_t threads[THREADS];
	long seed = random64() >> 20, started = 0;

	if (!below(8))
		die_owning();
	while (started < THREADS &&
	       !pthread_create(&threads[started], NULL, thread_body,
			       (void *)(seed * THREADS + started)))
		started++;
	while (started)
		pthread_join(threads[--started], NULL);
}

struct test futex_test = {
	.name = "futex", .processes = 3, .setup = setup_futex, .round = futex_round,
};
