// SPDX-License-Identifier: MIT
/* Priority-inheriting futexes: locks, deadlocks, dead owners, inheritance, requeue to a mutex. */
#include "test.h"

#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>

static long futex(uint32_t *word, int op, uint32_t val, const struct timespec *time,
		  uint32_t *word2, uint32_t val3)
{
	return syscall(SYS_futex, word, op | FUTEX_PRIVATE_FLAG, val, time, word2, val3);
}

static long futex_n(uint32_t *word, int op, uint32_t val, long nr, uint32_t *word2, uint32_t val3)
{
	return syscall(SYS_futex, word, op | FUTEX_PRIVATE_FLAG, val, nr, word2, val3);
}

static pid_t tid(void)
{
	return syscall(SYS_gettid);
}

static uint32_t load(uint32_t *word)
{
	return __atomic_load_n(word, __ATOMIC_SEQ_CST);
}

static void an_uncontended_lock_is_the_word(void)
{
	uint32_t word = 0, other = 0;

	CHECK_EQ(futex(&word, FUTEX_LOCK_PI, 0, NULL, NULL, 0), 0);
	CHECK_EQ(word & FUTEX_TID_MASK, (uint32_t)tid());
	CHECK_ERR(futex(&word, FUTEX_LOCK_PI, 0, NULL, NULL, 0), EDEADLK);
	CHECK_ERR(futex(&word, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0), EDEADLK);
	CHECK_EQ(futex(&word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), 0);
	CHECK_EQ(word, 0);
	CHECK_ERR(futex(&word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), EPERM);
	CHECK_EQ(futex(&word, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0), 0);
	CHECK_EQ(futex(&word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), 0);

	/* What a dead owner left stays marked. */
	word = FUTEX_OWNER_DIED;
	CHECK_EQ(futex(&word, FUTEX_LOCK_PI, 0, NULL, NULL, 0), 0);
	CHECK_EQ(word, FUTEX_OWNER_DIED | tid());

	CHECK_ERR(futex((uint32_t *)((char *)&word + 1), FUTEX_LOCK_PI, 0, NULL, NULL, 0), EINVAL);
	CHECK_ERR(futex((uint32_t *)16, FUTEX_LOCK_PI, 0, NULL, NULL, 0), EFAULT);
	CHECK_ERR(futex((uint32_t *)16, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), EFAULT);
	CHECK_ERR(futex(&word, FUTEX_LOCK_PI | FUTEX_CLOCK_REALTIME, 0, NULL, NULL, 0), ENOSYS);
	CHECK_ERR(futex_n(&word, FUTEX_CMP_REQUEUE_PI, 2, 1, &other, 0), EINVAL);
	CHECK_ERR(futex_n(&word, FUTEX_CMP_REQUEUE_PI, 1, 1, &word, 0), EINVAL);
	CHECK_ERR(futex_n(&word, FUTEX_CMP_REQUEUE_PI, 1, 1, &other, word + 1), EAGAIN);
	CHECK_ERR(futex(&word, FUTEX_WAIT_REQUEUE_PI, word, NULL, &word, 0), EINVAL);
	CHECK_ERR(futex(&word, FUTEX_WAIT_REQUEUE_PI, word + 1, NULL, &other, 0), EAGAIN);

	/* No such thread: 2^22 is the largest number that there can be. */
	word = (1 << 22) + 1;
	CHECK_ERR(futex(&word, FUTEX_LOCK_PI, 0, NULL, NULL, 0), ESRCH);
}

static void a_word_that_cannot_be_written_is_a_fault(void)
{
	uint32_t *word = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	NEED(word != MAP_FAILED);
	CHECK_ERR(futex(word, FUTEX_LOCK_PI, 0, NULL, NULL, 0), EFAULT);
	CHECK_ERR(futex(word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), EPERM);
	munmap(word, 4096);
}

/* ---- another thread that holds the lock ---- */

struct holder {
	pthread_t thread;
	uint32_t *word;
	int release;
	pid_t tid;
	bool die;
};

static void *hold(void *arg)
{
	struct holder *h = arg;

	if (futex(h->word, FUTEX_LOCK_PI, 0, NULL, NULL, 0))
		FAIL("the holder cannot lock: %s", strerror(errno));
	__atomic_store_n(&h->tid, tid(), __ATOMIC_SEQ_CST);
	while (!__atomic_load_n(&h->release, __ATOMIC_SEQ_CST))
		test_sleep_ms(1);
	if (!h->die && futex(h->word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0))
		FAIL("the holder cannot unlock: %s", strerror(errno));
	return NULL;
}

static void start_holder(struct holder *h, uint32_t *word, bool die)
{
	*h = (struct holder){ .word = word, .die = die };
	NEED(!pthread_create(&h->thread, NULL, hold, h));
	NEED(WAIT_UNTIL(__atomic_load_n(&h->tid, __ATOMIC_SEQ_CST)));
}

static void end_holder(struct holder *h)
{
	__atomic_store_n(&h->release, 1, __ATOMIC_SEQ_CST);
	pthread_join(h->thread, NULL);
}

static struct timespec in_ms(clockid_t clock, long ms)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	ts.tv_nsec += ms * 1000000;
	ts.tv_sec += ts.tv_nsec / 1000000000;
	ts.tv_nsec %= 1000000000;
	return ts;
}

static void a_wait_ends_in_time(void)
{
	uint32_t word = 0;
	struct holder h;
	struct timespec ts;

	start_holder(&h, &word, false);
	CHECK_ERR(futex(&word, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0), EAGAIN);
	CHECK_ERR(futex(&word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), EPERM);
	ts = in_ms(CLOCK_REALTIME, 20);
	CHECK_ERR(futex(&word, FUTEX_LOCK_PI, 0, &ts, NULL, 0), ETIMEDOUT);
	ts = in_ms(CLOCK_MONOTONIC, 20);
	CHECK_ERR(futex(&word, FUTEX_LOCK_PI2, 0, &ts, NULL, 0), ETIMEDOUT);
	ts = in_ms(CLOCK_REALTIME, 20);
	CHECK_ERR(futex(&word, FUTEX_LOCK_PI2 | FUTEX_CLOCK_REALTIME, 0, &ts, NULL, 0), ETIMEDOUT);
	ts = (struct timespec){ 0, 1000000000 };
	CHECK_ERR(futex(&word, FUTEX_LOCK_PI, 0, &ts, NULL, 0), EINVAL);
	CHECK(load(&word) & FUTEX_WAITERS);
	CHECK_EQ(load(&word) & FUTEX_TID_MASK, (uint32_t)h.tid);
	end_holder(&h);
	CHECK_EQ(word, 0);
}

static uint32_t shared_word;

static void *lock_in_thread(void *arg)
{
	long *result = arg;

	*result = futex(&shared_word, FUTEX_LOCK_PI, 0, NULL, NULL, 0) ? -errno : 0;
	if (!*result) {
		*result = load(&shared_word);
		futex(&shared_word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0);
	}
	return NULL;
}

static void unlock_hands_the_lock_on(void)
{
	pthread_t thread;
	long result = 1;

	shared_word = 0;
	CHECK_EQ(futex(&shared_word, FUTEX_LOCK_PI, 0, NULL, NULL, 0), 0);
	NEED(!pthread_create(&thread, NULL, lock_in_thread, &result));
	CHECK(WAIT_UNTIL(load(&shared_word) & FUTEX_WAITERS));
	test_sleep_ms(10);
	/* Those that wait for the mutex are not for FUTEX_WAKE. */
	CHECK_ERR(futex(&shared_word, FUTEX_WAKE, 1, NULL, NULL, 0), EINVAL);
	CHECK_EQ(futex(&shared_word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), 0);
	/* It is not ours any more, whether or not the other has run. */
	CHECK_ERR(futex(&shared_word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), EPERM);
	pthread_join(thread, NULL);
	CHECK_GT(result, 0);
	CHECK_EQ(shared_word & FUTEX_TID_MASK, 0);
}

static void a_dead_owner_s_lock_goes_to_a_waiter(void)
{
	pthread_t thread;
	struct holder h;
	long result = 1;

	shared_word = 0;
	start_holder(&h, &shared_word, true);
	NEED(!pthread_create(&thread, NULL, lock_in_thread, &result));
	CHECK(WAIT_UNTIL(load(&shared_word) & FUTEX_WAITERS));
	test_sleep_ms(10);
	end_holder(&h);
	pthread_join(thread, NULL);
	CHECK_GT(result, 0);
	CHECK(result & FUTEX_OWNER_DIED);
}

static void a_dead_owner_s_lock_without_waiters_is_nobody_s(void)
{
	struct holder h;

	shared_word = 0;
	start_holder(&h, &shared_word, true);
	end_holder(&h);
	WAIT_UNTIL(syscall(SYS_tgkill, getpid(), h.tid, 0) < 0);
	CHECK_ERR(futex(&shared_word, FUTEX_LOCK_PI, 0, NULL, NULL, 0), ESRCH);
}

static void robust_mutexes_tell_of_a_death(void)
{
	pthread_mutexattr_t attr;
	pthread_mutex_t *m =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	NEED(m != MAP_FAILED);
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(m, &attr);
	for (int round = 0; round < 4; round++) {
		pid = fork();
		NEED(pid >= 0);
		if (!pid) {
			if (pthread_mutex_lock(m))
				_exit(1);
			/* Dies with it: before, and while the parent waits. */
			test_sleep_ms(round * 10);
			_exit(0);
		}
		if (round != 2)
			WAIT_UNTIL(m->__data.__lock != 0);
		if (round == 0)
			waitpid(pid, NULL, 0);
		int ret = pthread_mutex_lock(m);
		if (ret == EOWNERDEAD)
			CHECK_EQ(pthread_mutex_consistent(m), 0);
		else if (round != 2)
			FAIL("lock after a death gave %d", ret);
		CHECK_EQ(pthread_mutex_unlock(m), 0);
		if (round)
			waitpid(pid, NULL, 0);
		if (round == 2 && pthread_mutex_lock(m) == EOWNERDEAD)
			pthread_mutex_consistent(m);
		if (round == 2)
			pthread_mutex_unlock(m);
	}
	munmap(m, 4096);
}

static pthread_mutex_t m1;
static pthread_barrier_t both;

static void init_pi(pthread_mutex_t *m)
{
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT);
	pthread_mutex_init(m, &attr);
}

static uint32_t circle1, circle2;

static void *lock_second_then_first(void *arg)
{
	long *result = arg;

	futex(&circle2, FUTEX_LOCK_PI, 0, NULL, NULL, 0);
	pthread_barrier_wait(&both);
	*result = futex(&circle1, FUTEX_LOCK_PI, 0, NULL, NULL, 0) ? errno : 0;
	if (!*result)
		futex(&circle1, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0);
	futex(&circle2, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0);
	return NULL;
}

static void a_circle_of_waiters_is_refused(void)
{
	pthread_t thread;
	long theirs = -1, ours;

	pthread_barrier_init(&both, NULL, 2);
	futex(&circle1, FUTEX_LOCK_PI, 0, NULL, NULL, 0);
	NEED(!pthread_create(&thread, NULL, lock_second_then_first, &theirs));
	pthread_barrier_wait(&both);
	ours = futex(&circle2, FUTEX_LOCK_PI, 0, NULL, NULL, 0) ? errno : 0;
	if (!ours)
		futex(&circle2, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0);
	futex(&circle1, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0);
	pthread_join(thread, NULL);
	CHECK_EQ((ours == EDEADLK) + (theirs == EDEADLK), 1);
	CHECK_EQ((ours == 0) + (theirs == 0), 1);
}

static long counter;

static void *count(void *arg)
{
	(void)arg;
	for (int i = 0; i < 500; i++) {
		pthread_mutex_lock(&m1);
		counter++;
		if (i % 50 == 0)
			sched_yield();
		pthread_mutex_unlock(&m1);
	}
	return NULL;
}

static void many_threads_exclude_each_other(void)
{
	pthread_t threads[4];

	init_pi(&m1);
	for (int i = 0; i < 4; i++)
		NEED(!pthread_create(&threads[i], NULL, count, NULL));
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	CHECK_EQ(counter, 2000);
}

/* ---- inheritance ---- */

/* Field 18 of stat: -1 - priority for real-time threads. */
static long shown_priority(pid_t thread)
{
	char path[64], text[512], *at;
	long priority = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", thread);
	file = fopen(path, "r");
	if (!file || !fgets(text, sizeof(text), file))
		return 999;
	fclose(file);
	at = strrchr(text, ')');
	for (int field = 2; field < 18; field++)
		at = strchr(at + 1, ' ');
	priority = strtol(at, NULL, 10);
	return priority;
}

static void *lock_with_priority(void *arg)
{
	struct sched_param param = { .sched_priority = (long)arg };

	if (pthread_setschedparam(pthread_self(), SCHED_FIFO, &param))
		return (void *)1;
	futex(&shared_word, FUTEX_LOCK_PI, 0, NULL, NULL, 0);
	futex(&shared_word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0);
	return NULL;
}

static uint32_t outer_word;

static void *hold_and_wait(void *arg)
{
	pid_t *out = arg;

	futex(&shared_word, FUTEX_LOCK_PI, 0, NULL, NULL, 0);
	__atomic_store_n(out, tid(), __ATOMIC_SEQ_CST);
	futex(&outer_word, FUTEX_LOCK_PI, 0, NULL, NULL, 0);
	futex(&outer_word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0);
	futex(&shared_word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0);
	return NULL;
}

/* we own outer_word; the middle thread owns shared_word and waits for us; the last waits for it. */
static void priority_goes_along_the_chain(void)
{
	struct sched_param fifo = { .sched_priority = 3 };
	pthread_t middle, high, higher;
	pid_t middle_tid = 0;

	if (sched_setscheduler(0, SCHED_FIFO, &fifo))
		return;
	fifo.sched_priority = 0;
	NEED(!sched_setscheduler(0, SCHED_OTHER, &fifo));
	shared_word = outer_word = 0;
	CHECK_EQ(shown_priority(tid()), 20);
	futex(&outer_word, FUTEX_LOCK_PI, 0, NULL, NULL, 0);
	NEED(!pthread_create(&middle, NULL, hold_and_wait, &middle_tid));
	NEED(WAIT_UNTIL(__atomic_load_n(&middle_tid, __ATOMIC_SEQ_CST)));
	NEED(WAIT_UNTIL(load(&outer_word) & FUTEX_WAITERS));
	NEED(!pthread_create(&high, NULL, lock_with_priority, (void *)5L));
	CHECK(WAIT_UNTIL(shown_priority(tid()) == -6));
	CHECK_EQ(shown_priority(middle_tid), -6);
	NEED(!pthread_create(&higher, NULL, lock_with_priority, (void *)7L));
	CHECK(WAIT_UNTIL(shown_priority(tid()) == -8));
	CHECK_EQ(sched_getscheduler(0), SCHED_OTHER);
	futex(&outer_word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0);
	CHECK_EQ(shown_priority(tid()), 20);
	pthread_join(middle, NULL);
	pthread_join(high, NULL);
	pthread_join(higher, NULL);
}

/* ---- requeue ---- */

static uint32_t condition, mutex_word;
static int waiting, passed;

static void *wait_requeue(void *arg)
{
	long *result = arg;

	__atomic_add_fetch(&waiting, 1, __ATOMIC_SEQ_CST);
	*result = futex(&condition, FUTEX_WAIT_REQUEUE_PI, 0, NULL, &mutex_word, 0) ? -errno : 0;
	if (!*result) {
		if ((load(&mutex_word) & FUTEX_TID_MASK) != (uint32_t)tid())
			FAIL("woken without the mutex");
		__atomic_add_fetch(&passed, 1, __ATOMIC_SEQ_CST);
		futex(&mutex_word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0);
	}
	return NULL;
}

static void sleepers_are_moved_to_the_mutex(void)
{
	pthread_t threads[3];
	long results[3], moved = 0;
	struct timespec ts;

	for (int locked = 0; locked < 2; locked++) {
		waiting = passed = 0;
		condition = mutex_word = 0;
		for (int i = 0; i < 3; i++)
			NEED(!pthread_create(&threads[i], NULL, wait_requeue, &results[i]));
		WAIT_UNTIL(__atomic_load_n(&waiting, __ATOMIC_SEQ_CST) == 3);
		test_sleep_ms(20);
		CHECK_ERR(futex(&condition, FUTEX_WAKE, 1, NULL, NULL, 0), EINVAL);
		CHECK_ERR(futex_n(&condition, FUTEX_CMP_REQUEUE, 1, 1, &mutex_word, 0), EINVAL);
		if (locked)
			futex(&mutex_word, FUTEX_LOCK_PI, 0, NULL, NULL, 0);
		moved = futex_n(&condition, FUTEX_CMP_REQUEUE_PI, 1, INT_MAX, &mutex_word, 0);
		CHECK_EQ(moved, 3);
		if (locked) {
			test_sleep_ms(10);
			CHECK_EQ(__atomic_load_n(&passed, __ATOMIC_SEQ_CST), 0);
			futex(&mutex_word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0);
		}
		for (int i = 0; i < 3; i++) {
			pthread_join(threads[i], NULL);
			CHECK_EQ(results[i], 0);
		}
		CHECK_EQ(passed, 3);
	}
	ts = in_ms(CLOCK_MONOTONIC, 10);
	condition = 0;
	CHECK_ERR(futex(&condition, FUTEX_WAIT_REQUEUE_PI, 0, &ts, &mutex_word, 0), ETIMEDOUT);
}

int main(void)
{
	RUN(an_uncontended_lock_is_the_word);
	RUN(a_word_that_cannot_be_written_is_a_fault);
	RUN(a_wait_ends_in_time);
	RUN(unlock_hands_the_lock_on);
	RUN(a_dead_owner_s_lock_goes_to_a_waiter);
	RUN(a_dead_owner_s_lock_without_waiters_is_nobody_s);
	RUN(robust_mutexes_tell_of_a_death);
	RUN(a_circle_of_waiters_is_refused);
	RUN(many_threads_exclude_each_other);
	RUN(priority_goes_along_the_chain);
	RUN(sleepers_are_moved_to_the_mutex);
	return test_done();
}
