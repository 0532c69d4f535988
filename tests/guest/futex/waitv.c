// SPDX-License-Identifier: MIT
/* futex_waitv(): which word was woken, what is refused, time and signals. */
#include "test.h"

#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>

#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif
#define F_32 2

struct word {
	uint64_t val, uaddr;
	uint32_t flags, reserved;
};

static uint32_t futexes[128];
static struct word words[129];

static long waitv(void *w, unsigned int nr, unsigned int flags, const void *time, int clock)
{
	return syscall(SYS_futex_waitv, w, nr, flags, time, clock);
}

static long wake(uint32_t *word, int nr, int private)
{
	return syscall(SYS_futex, word, FUTEX_WAKE | private, nr, NULL, NULL, 0);
}

static void prepare(uint32_t flags)
{
	for (int i = 0; i < 128; i++)
		words[i] = (struct word){ .uaddr = (uintptr_t)&futexes[i], .flags = F_32 | flags };
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

static void refusals(void)
{
	struct timespec ts = { 0, 0 }, bad = { 0, -1 };

	prepare(0);
	CHECK_ERR(waitv(words, 0, 0, NULL, 0), EINVAL);
	CHECK_ERR(waitv(words, 129, 0, NULL, 0), EINVAL);
	CHECK_ERR(waitv(words, 1, 1, NULL, 0), EINVAL);
	CHECK_ERR(waitv(NULL, 1, 0, NULL, 0), EINVAL);
	CHECK_ERR(waitv((void *)16, 1, 0, NULL, 0), EFAULT);
	CHECK_ERR(waitv(words, 1, 0, &ts, CLOCK_BOOTTIME), EINVAL);
	CHECK_ERR(waitv(words, 1, 0, &bad, CLOCK_MONOTONIC), EINVAL);
	CHECK_ERR(waitv(words, 1, 0, (void *)16, CLOCK_MONOTONIC), EFAULT);
	words[1].flags = 0;
	CHECK_ERR(waitv(words, 2, 0, NULL, 0), EINVAL);
	words[1].flags = F_32 | 0x100;
	CHECK_ERR(waitv(words, 2, 0, NULL, 0), EINVAL);
	prepare(0);
	words[1].reserved = 1;
	CHECK_ERR(waitv(words, 2, 0, NULL, 0), EINVAL);
	prepare(0);
	words[1].uaddr++;
	CHECK_ERR(waitv(words, 2, 0, NULL, 0), EINVAL);
	words[1].uaddr = 16;
	CHECK_ERR(waitv(words, 2, 0, NULL, 0), EFAULT);
	prepare(0);
	words[1].val = 1;
	CHECK_ERR(waitv(words, 2, 0, NULL, 0), EAGAIN);
}

static void the_time_ends_it(void)
{
	struct timespec ts = in_ms(CLOCK_MONOTONIC, 10);

	prepare(FUTEX_PRIVATE_FLAG);
	CHECK_ERR(waitv(words, 128, 0, &ts, CLOCK_MONOTONIC), ETIMEDOUT);
	CHECK_GE(in_ms(CLOCK_MONOTONIC, 0).tv_sec, ts.tv_sec);
	ts = in_ms(CLOCK_REALTIME, 10);
	CHECK_ERR(waitv(words, 3, 0, &ts, CLOCK_REALTIME), ETIMEDOUT);
}

static void *wake_fifth(void *arg)
{
	int private = *(int *)arg;

	for (int i = 0; i < 3000 && wake(&futexes[5], 1, private) != 1; i++)
		test_sleep_ms(1);
	return NULL;
}

static void it_says_which_was_woken(void)
{
	static int kinds[] = { 0, FUTEX_PRIVATE_FLAG };
	pthread_t thread;

	for (int i = 0; i < 2; i++) {
		prepare(kinds[i]);
		NEED(!pthread_create(&thread, NULL, wake_fifth, &kinds[i]));
		CHECK_EQ(waitv(words, 128, 0, NULL, 0), 5);
		pthread_join(thread, NULL);
		/* Nobody is left on the others. */
		CHECK_EQ(wake(&futexes[6], 1, kinds[i]), 0);
	}
}

static void handle(int sig)
{
	(void)sig;
}

static void *signal_main(void *arg)
{
	test_sleep_ms(20);
	pthread_kill(*(pthread_t *)arg, SIGUSR1);
	return NULL;
}

static void a_signal_interrupts(void)
{
	struct sigaction act = { .sa_handler = handle };
	pthread_t self = pthread_self(), thread;

	sigaction(SIGUSR1, &act, NULL);
	prepare(0);
	NEED(!pthread_create(&thread, NULL, signal_main, &self));
	CHECK_ERR(waitv(words, 2, 0, NULL, 0), EINTR);
	pthread_join(thread, NULL);
}

int main(void)
{
	if (waitv(words, 0, 0, NULL, 0) < 0 && errno == ENOSYS)
		SKIP("no futex_waitv");
	RUN(refusals);
	RUN(the_time_ends_it);
	RUN(it_says_which_was_woken);
	RUN(a_signal_interrupts);
	return test_done();
}
