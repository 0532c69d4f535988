// SPDX-License-Identifier: MIT
/* futex(): waiting, waking, bitsets, requeueing, operations, shared memory, robust lists. */
#include "test.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>

static long futex(void *addr, int op, uint32_t val, const void *timeout, void *addr2, uint32_t val3)
{
	return syscall(SYS_futex, addr, op, val, timeout, addr2, val3);
}

static uint32_t word, word2;
static volatile int woken, waiting;
static volatile long result[8];

static void refusals(void)
{
	struct timespec bad = { .tv_nsec = -1 }, ts = { 0, 1000 };

	word = 0;
	CHECK_ERR(futex((char *)&word + 1, FUTEX_WAIT, 0, NULL, NULL, 0), EINVAL);
	CHECK_ERR(futex((char *)&word + 1, FUTEX_WAKE, 1, NULL, NULL, 0), EINVAL);
	CHECK_ERR(futex((void *)4096, FUTEX_WAIT, 0, NULL, NULL, 0), EFAULT);
	CHECK_ERR(futex((void *)4096, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0), EFAULT);
	CHECK_ERR(futex((void *)4096, FUTEX_WAKE, 1, NULL, NULL, 0), EFAULT);
	CHECK_EQ(futex((void *)4096, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0), 0);
	CHECK_ERR(futex((void *)(1UL << 63), FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0), EFAULT);
	CHECK_ERR(futex(&word, FUTEX_WAIT, 1, NULL, NULL, 0), EAGAIN);
	CHECK_ERR(futex(&word, FUTEX_WAIT, 0, &bad, NULL, 0), EINVAL);
	CHECK_ERR(futex(&word, FUTEX_WAIT, 0, (void *)1, NULL, 0), EFAULT);
	CHECK_ERR(futex(&word, FUTEX_WAIT, 0, &ts, NULL, 0), ETIMEDOUT);
	CHECK_ERR(futex(&word, FUTEX_WAIT_BITSET, 0, NULL, NULL, 0), EINVAL);
	CHECK_ERR(futex(&word, FUTEX_WAKE_BITSET, 1, NULL, NULL, 0), EINVAL);
	CHECK_ERR(futex(&word, 99, 0, NULL, NULL, 0), ENOSYS);
	CHECK_ERR(futex(&word, FUTEX_FD, 0, NULL, NULL, 0), ENOSYS);
	CHECK_ERR(futex(&word, FUTEX_WAKE | FUTEX_CLOCK_REALTIME, 0, NULL, NULL, 0), ENOSYS);
	CHECK_ERR(futex(&word, FUTEX_REQUEUE, -1, NULL, &word2, 0), EINVAL);
	CHECK_ERR(futex(&word, FUTEX_CMP_REQUEUE, 1, NULL, &word2, 1), EAGAIN);
	CHECK_ERR(futex(&word, FUTEX_CMP_REQUEUE, 1, NULL, (void *)1, 0), EINVAL);
}

static void timeouts(void)
{
	struct timespec ts = { .tv_nsec = 20000000 };
	long long start = test_now_ns(), took;

	word = 0;
	CHECK_ERR(futex(&word, FUTEX_WAIT_PRIVATE, 0, &ts, NULL, 0), ETIMEDOUT);
	took = test_now_ns() - start;
	CHECK_GE(took, 20000000);
	/* WAIT_BITSET takes an absolute time. */
	clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_nsec += 20000000;
	ts.tv_sec += ts.tv_nsec / 1000000000;
	ts.tv_nsec %= 1000000000;
	start = test_now_ns();
	CHECK_ERR(futex(&word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0, &ts, NULL, ~0u),
		  ETIMEDOUT);
	CHECK_GE(test_now_ns() - start, 15000000);
	ts.tv_sec = 0;
	CHECK_ERR(futex(&word, FUTEX_WAIT_BITSET, 0, &ts, NULL, ~0u), ETIMEDOUT);
}

struct waiter {
	pthread_t thread;
	uint32_t *addr;
	uint32_t bitset;
	long index;
};

static void *wait_fn(void *arg)
{
	struct waiter *w = arg;

	__atomic_add_fetch(&waiting, 1, __ATOMIC_SEQ_CST);
	result[w->index] =
		futex(w->addr, FUTEX_WAIT_BITSET_PRIVATE, 0, NULL, NULL, w->bitset) ? errno : 0;
	__atomic_add_fetch(&woken, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

static void start(struct waiter *w, int n, uint32_t *addr, uint32_t bitset)
{
	for (int i = 0; i < n; i++) {
		w[i] = (struct waiter){ .addr = addr, .bitset = bitset, .index = i };
		NEED(!pthread_create(&w[i].thread, NULL, wait_fn, &w[i]));
	}
}

/* Nothing tells when they are asleep: give them time. */
static void settle(int n)
{
	WAIT_UNTIL(waiting == n);
	test_sleep_ms(30);
}

static void join(struct waiter *w, int n)
{
	for (int i = 0; i < n; i++) {
		pthread_join(w[i].thread, NULL);
		CHECK_EQ(result[i], 0);
	}
	waiting = woken = 0;
}

static void wake_counts(void)
{
	struct waiter w[4];

	word = 0;
	start(w, 4, &word, ~0u);
	settle(4);
	CHECK_EQ(futex(&word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0), 1);
	CHECK(WAIT_UNTIL(woken == 1));
	test_sleep_ms(10);
	CHECK_EQ(woken, 1);
	CHECK_EQ(futex(&word, FUTEX_WAKE_PRIVATE, 2, NULL, NULL, 0), 2);
	CHECK_EQ(futex(&word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0), 1);
	CHECK_EQ(futex(&word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0), 0);
	join(w, 4);
}

static void bitsets(void)
{
	struct waiter a[1], b[1];

	word = 0;
	start(a, 1, &word, 1);
	settle(1);
	start(b, 1, &word, 2);
	b[0].index = 1;
	settle(2);
	CHECK_EQ(futex(&word, FUTEX_WAKE_BITSET_PRIVATE, INT_MAX, NULL, NULL, 4), 0);
	CHECK_EQ(futex(&word, FUTEX_WAKE_BITSET_PRIVATE, INT_MAX, NULL, NULL, 2), 1);
	pthread_join(b[0].thread, NULL);
	CHECK_EQ(woken, 1);
	CHECK_EQ(futex(&word, FUTEX_WAKE_BITSET_PRIVATE, INT_MAX, NULL, NULL, 3), 1);
	join(a, 1);
}

static void requeue(void)
{
	struct waiter w[5];

	word = word2 = 0;
	start(w, 5, &word, ~0u);
	settle(5);
	CHECK_EQ(futex(&word, FUTEX_CMP_REQUEUE_PRIVATE, 1, (void *)2UL, &word2, 0), 3);
	CHECK_EQ(futex(&word2, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0), 2);
	CHECK_EQ(futex(&word, FUTEX_REQUEUE_PRIVATE, 0, (void *)10UL, &word2, 0), 2);
	CHECK_EQ(futex(&word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0), 0);
	CHECK_EQ(futex(&word2, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0), 2);
	join(w, 5);
}

static void wake_op(void)
{
	struct waiter a[1], b[1];

	word = 0;
	word2 = 5;
	/* word2 = 5 + 3; the old value is 5: not above 6, so only the first is woken. */
	start(a, 1, &word, ~0u);
	settle(1);
	CHECK_EQ(futex(&word, FUTEX_WAKE_OP_PRIVATE, 1, (void *)1UL, &word2,
		       FUTEX_OP(FUTEX_OP_ADD, 3, FUTEX_OP_CMP_GT, 6)),
		 1);
	CHECK_EQ(word2, 8);
	join(a, 1);
	word2 = 0;
	start(b, 1, &word2, ~0u);
	settle(1);
	CHECK_EQ(futex(&word, FUTEX_WAKE_OP_PRIVATE, 1, (void *)1UL, &word2,
		       FUTEX_OP(FUTEX_OP_SET, 9, FUTEX_OP_CMP_EQ, 0)),
		 1);
	CHECK_EQ(word2, 9);
	join(b, 1);
	word2 = 0xff;
	CHECK_EQ(futex(&word, FUTEX_WAKE_OP_PRIVATE, 1, (void *)1UL, &word2,
		       FUTEX_OP(FUTEX_OP_ANDN, 0xf, FUTEX_OP_CMP_NE, 0)),
		 0);
	CHECK_EQ(word2, 0xf0);
	CHECK_EQ(futex(&word, FUTEX_WAKE_OP_PRIVATE, 1, (void *)1UL, &word2,
		       FUTEX_OP((FUTEX_OP_OR | FUTEX_OP_OPARG_SHIFT), 3, FUTEX_OP_CMP_LT, 0)),
		 0);
	CHECK_EQ(word2, 0xf8);
	CHECK_EQ(futex(&word, FUTEX_WAKE_OP_PRIVATE, 1, (void *)1UL, &word2,
		       FUTEX_OP(FUTEX_OP_XOR, 0xff, FUTEX_OP_CMP_LE, 0)),
		 0);
	CHECK_EQ(word2, 0x07);
	CHECK_ERR(futex(&word, FUTEX_WAKE_OP_PRIVATE, 1, (void *)1UL, &word2, 5 << 28), ENOSYS);
	CHECK_ERR(futex(&word, FUTEX_WAKE_OP_PRIVATE, 1, (void *)1UL, (void *)4096, 0), EFAULT);
}

static volatile int alarms;

static void on_alarm(int sig)
{
	alarms++;
}

static void signals(void)
{
	struct sigaction sa = { .sa_handler = on_alarm };
	struct itimerval it = { .it_value.tv_usec = 20000 };
	struct timespec ts = { .tv_nsec = 100000000 };
	long long start;

	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &it, NULL);
	word = 0;
	CHECK_ERR(futex(&word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0), EINTR);
	CHECK_EQ(alarms, 1);
	/* A stop and continue does not start the timeout anew. */
	start = test_now_ns();
	if (!fork()) {
		test_sleep_ms(20);
		kill(getppid(), SIGSTOP);
		test_sleep_ms(20);
		kill(getppid(), SIGCONT);
		_exit(0);
	}
	CHECK_ERR(futex(&word, FUTEX_WAIT_PRIVATE, 0, &ts, NULL, 0), ETIMEDOUT);
	CHECK_GE(test_now_ns() - start, 100000000);
	CHECK_LT(test_now_ns() - start, 3000000000LL);
	wait(NULL);
}

static void across_processes(void)
{
	char name[] = "shared-futex";
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600), status;
	uint32_t *a, *b;
	int sum = 0;
	pid_t pid;

	NEED(fd >= 0 && !ftruncate(fd, 8192));
	a = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	b = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 4096);
	NEED(a != MAP_FAILED && b != MAP_FAILED);
	pid = fork();
	if (!pid) {
		a[1024] = 0;
		_exit(futex(&a[1024], FUTEX_WAIT, 0, NULL, NULL, 0) ? errno : 0);
	}
	/* Another address of the same page. */
	CHECK(WAIT_UNTIL(sum += futex(b, FUTEX_WAKE, 1, NULL, NULL, 0)));
	CHECK_EQ(sum, 1);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	munmap(a, 8192);
	munmap(b, 4096);
	close(fd);
}

static pthread_mutex_t *robust;

static void die_with_lock(void)
{
	pthread_mutex_lock(robust);
	_exit(0);
}

static void robust_mutex(void)
{
	pthread_mutexattr_t attr;

	robust = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	NEED(robust != MAP_FAILED);
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	NEED(!pthread_mutex_init(robust, &attr));
	CHECK_EQ(test_in_child(die_with_lock), 0);
	CHECK_EQ(pthread_mutex_lock(robust), EOWNERDEAD);
	CHECK_EQ(pthread_mutex_consistent(robust), 0);
	CHECK_EQ(pthread_mutex_unlock(robust), 0);
}

static void robust_list_calls(void)
{
	void *head;
	size_t len;

	CHECK_OK(syscall(SYS_get_robust_list, 0, &head, &len));
	CHECK_EQ(len, 24);
	CHECK_ERR(syscall(SYS_set_robust_list, head, 23), EINVAL);
	CHECK_OK(syscall(SYS_set_robust_list, head, 24));
	CHECK_ERR(syscall(SYS_get_robust_list, 0x3fffff, &head, &len), ESRCH);
	CHECK_ERR(syscall(SYS_get_robust_list, 0, NULL, &len), EFAULT);
	CHECK_ERR(syscall(SYS_get_robust_list, 0, &head, NULL), EFAULT);
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static long counter;

static void *contend(void *arg)
{
	for (int i = 0; i < 2000; i++) {
		pthread_mutex_lock(&mutex);
		counter++;
		if (i % 64 == 0)
			pthread_cond_broadcast(&cond);
		pthread_mutex_unlock(&mutex);
	}
	return NULL;
}

static void mutexes_hold(void)
{
	pthread_t threads[4];

	for (int i = 0; i < 4; i++)
		NEED(!pthread_create(&threads[i], NULL, contend, NULL));
	pthread_mutex_lock(&mutex);
	while (counter < 4000)
		pthread_cond_wait(&cond, &mutex);
	pthread_mutex_unlock(&mutex);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	CHECK_EQ(counter, 8000);
}

int main(void)
{
	RUN(refusals);
	RUN(timeouts);
	RUN(wake_counts);
	RUN(bitsets);
	RUN(requeue);
	RUN(wake_op);
	RUN(signals);
	RUN(across_processes);
	RUN(robust_mutex);
	RUN(robust_list_calls);
	RUN(mutexes_hold);
	return test_done();
}
