// SPDX-License-Identifier: MIT
/*
 * Futexes with priority inheritance, by bare calls: two locks that are taken one inside the other,
 * so that waits form chains, and a condition whose sleepers are moved to the lock
 * (FUTEX_CMP_REQUEUE_PI). The words must name the owner, and the locks keep others out.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "torture.h"

#define LOCKS 2
#define THREADS 3

struct guarded {
	_Atomic uint32_t word;		/* 0, or the owner's number with FUTEX_WAITERS */
	volatile unsigned long first, second;
};

static struct shared {
	struct guarded locks[LOCKS];
	_Atomic uint32_t condition;	/* locks[0], grows with each signal */
} *shared;

static __thread uint32_t me;

static long futex(_Atomic uint32_t *word, int operation, uint32_t value,
		  const struct timespec *timeout, _Atomic uint32_t *other, uint32_t value3)
{
	return syscall(SYS_futex, word, operation, value, timeout, other, value3) < 0 ? -errno : 0;
}

static int setup_futex_pi(void)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return shared == MAP_FAILED ? -1 : 0;
}

static struct timespec soon(clockid_t clock)
{
	struct timespec until;

	clock_gettime(clock, &until);
	until.tv_nsec += below(2000000);
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	return until;
}

/* What is so of a lock that this thread has just got. */
static void check_taken(const struct guarded *lock)
{
	if ((lock->word & FUTEX_TID_MASK) != me)
		fail(&futexpi_test, "%x has the lock of %x", me, lock->word);
	if (lock->first != lock->second)
		fail(&futexpi_test, "found %lu and %lu", lock->first, lock->second);
}

/* False: the time was over. */
static bool take(struct guarded *lock)
{
	struct timespec until = soon(CLOCK_REALTIME);
	bool patient = below(4);
	uint32_t none = 0;
	long ret = 0;

	if (below(2) || !atomic_compare_exchange_strong(&lock->word, &none, me)) {
		do {
			ret = futex(&lock->word, FUTEX_LOCK_PI, 0, patient ? NULL : &until, NULL, 0);
		} while (ret == -EAGAIN || ret == -EINTR);
	}
	if (ret == -ETIMEDOUT && !patient)
		return false;
	if (ret) {
		fail(&futexpi_test, "FUTEX_LOCK_PI: %s", strerror(-ret));
		return false;
	}
	check_taken(lock);
	return true;
}

static void give(struct guarded *lock)
{
	uint32_t mine = me;
	long ret;

	if (atomic_compare_exchange_strong(&lock->word, &mine, 0))
		return;
	ret = futex(&lock->word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0);
	if (ret)
		fail(&futexpi_test, "FUTEX_UNLOCK_PI: %s", strerror(-ret));
}

/* In two steps, and now and then with the next lock taken in between. => lock taken */
static void change(unsigned int which)
{
	struct guarded *lock = &shared->locks[which];

	lock->first++;
	/* The planted failure: half of it is done twice. */
	if (plant(&futexpi_test))
		lock->first++;
	if (which + 1 < LOCKS && below(2) && take(lock + 1)) {
		change(which + 1);
		give(lock + 1);
	}
	if (!below(8))
		sched_yield();
	lock->second++;
}

/* Sleeps on the condition without the lock, and has it again afterwards. False: it has not. */
static bool wait_for_signal(void)
{
	struct guarded *lock = &shared->locks[0];
	struct timespec until = soon(CLOCK_MONOTONIC);
	uint32_t seen = shared->condition;
	long ret;

	give(lock);
	ret = futex(&shared->condition, FUTEX_WAIT_REQUEUE_PI, seen, &until, &lock->word, 0);
	if (!ret) {
		check_taken(lock);
		return true;
	}
	if (ret != -ETIMEDOUT && ret != -EAGAIN && ret != -EINTR)
		fail(&futexpi_test, "FUTEX_WAIT_REQUEUE_PI: %s", strerror(-ret));
	if ((lock->word & FUTEX_TID_MASK) == me)
		fail(&futexpi_test, "%s, and the lock nevertheless", strerror(-ret));
	return take(lock);
}

/* => locks[0] taken */
static void signal_some(void)
{
	uint32_t value = ++shared->condition;
	/* The number of those that are moved stands where a time would. */
	unsigned long moved = below(4);
	long ret = futex(&shared->condition, FUTEX_CMP_REQUEUE_PI, 1, (void *)moved,
			 &shared->locks[0].word, value);

	if (ret && ret != -EAGAIN)
		fail(&futexpi_test, "FUTEX_CMP_REQUEUE_PI: %s", strerror(-ret));
}

static void use_condition(void)
{
	if (!take(&shared->locks[0]))
		return;
	if (below(2))
		signal_some();
	else if (!wait_for_signal())
		return;
	change(0);
	give(&shared->locks[0]);
}

static void *thread_body(void *arg)
{
	long number = (long)arg % THREADS;
	struct sched_param param = { .sched_priority = 1 + number };

	random_seed((long)arg);
	me = gettid();
	if (number)
		pthread_setschedparam(pthread_self(), SCHED_RR, &param);
	for (int i = 0; i < 50 && !atomic_load(&futexpi_test.results->stop); i++) {
		unsigned int which = below(LOCKS);

		if (below(2)) {
			use_condition();
		} else if (take(&shared->locks[which])) {
			change(which);
			give(&shared->locks[which]);
		}
	}
	return NULL;
}

static void futex_pi_round(int number)
{
	pthread_t threads[THREADS];
	long seed = random64() >> 20, started = 0;

	while (started < THREADS && !pthread_create(&threads[started], NULL, thread_body,
						    (void *)(seed * THREADS + started)))
		started++;
	while (started)
		pthread_join(threads[--started], NULL);
}

struct test futexpi_test = {
	.name = "futexpi",
	.processes = 3,
	.setup = setup_futex_pi,
	.round = futex_pi_round,
};
