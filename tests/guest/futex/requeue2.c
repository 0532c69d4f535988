// SPDX-License-Identifier: MIT
/* futex_requeue(): who is woken, who sleeps on, what is refused. */
#include "test.h"

#include <linux/futex.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/syscall.h>

#define SYS_futex2_requeue 456
#define F_32 2

static uint32_t one, two;
static int ended;

static struct futex_waitv words[2];

static long requeue(const void *w, unsigned int flags, int wake, int move)
{
	return syscall(SYS_futex2_requeue, w, flags, wake, move);
}

static void set(uint32_t *a, unsigned int fa, unsigned long val, uint32_t *b, unsigned int fb)
{
	words[0] = (struct futex_waitv){ .val = val, .uaddr = (unsigned long)a, .flags = fa };
	words[1] = (struct futex_waitv){ .uaddr = (unsigned long)b, .flags = fb };
}

static void refusals(void)
{
	set(&one, F_32, 0, &two, F_32);
	CHECK_EQ(requeue(words, 0, 1, 1), 0);
	CHECK_ERR(requeue(NULL, 0, 1, 1), EINVAL);
	CHECK_ERR(requeue(words, 1, 1, 1), EINVAL);
	CHECK_ERR(requeue((void *)8, 0, 1, 1), EFAULT);
	CHECK_ERR(requeue(words, 0, -1, 1), EINVAL);
	CHECK_ERR(requeue(words, 0, 1, -1), EINVAL);
	words[0].val = 1;
	CHECK_ERR(requeue(words, 0, 1, 1), EAGAIN);
	words[0].val = 1ul << 32;
	CHECK_ERR(requeue(words, 0, 1, 1), EINVAL);
	words[0].val = 0;
	words[1].__reserved = 1;
	CHECK_ERR(requeue(words, 0, 1, 1), EINVAL);
	set(&one, 3, 0, &two, F_32);
	CHECK_ERR(requeue(words, 0, 1, 1), EINVAL);
	set(&one, F_32, 0, &two, F_32 | 0x100);
	CHECK_ERR(requeue(words, 0, 1, 1), EINVAL);
	set((uint32_t *)((char *)&one + 1), F_32, 0, &two, F_32);
	CHECK_ERR(requeue(words, 0, 1, 1), EINVAL);
	set((uint32_t *)8, F_32, 0, &two, F_32);
	CHECK_ERR(requeue(words, 0, 1, 1), EFAULT);
}

static void *sleeper(void *arg)
{
	CHECK_EQ(syscall(SYS_futex, &one, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0), 0);
	__atomic_add_fetch(&ended, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

/* All three sleep when a requeue of each to its own word says so. */
static void wait_for_sleepers(int n)
{
	set(&one, F_32 | FUTEX_PRIVATE_FLAG, 0, &one, F_32 | FUTEX_PRIVATE_FLAG);
	while (requeue(words, 0, 0, 1000) != n)
		usleep(1000);
}

static void moves(void)
{
	pthread_t t[3];

	for (int i = 0; i < 3; i++)
		pthread_create(&t[i], NULL, sleeper, NULL);
	wait_for_sleepers(3);
	set(&one, F_32 | FUTEX_PRIVATE_FLAG, 0, &two, F_32);
	CHECK_ERR(requeue(words, 0, 1, 1), EINVAL);
	/* A private word's sleepers are not a shared word's. */
	set(&one, F_32, 0, &two, F_32);
	CHECK_EQ(requeue(words, 0, 1, 10), 0);
	/* One wakes, one moves. */
	set(&one, F_32 | FUTEX_PRIVATE_FLAG, 0, &two, F_32 | FUTEX_PRIVATE_FLAG);
	CHECK_EQ(requeue(words, 0, 1, 1), 2);
	CHECK_EQ(syscall(SYS_futex, &two, FUTEX_WAKE_PRIVATE, 10, NULL, NULL, 0), 1);
	CHECK_EQ(syscall(SYS_futex, &one, FUTEX_WAKE_PRIVATE, 10, NULL, NULL, 0), 1);
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	CHECK_EQ(ended, 3);
}

int main(void)
{
	set(&one, F_32, 0, &two, F_32);
	if (requeue(words, 0, 0, 0) < 0 && errno == ENOSYS)
		SKIP("no futex_requeue");
	RUN(refusals);
	RUN(moves);
	return test_done();
}
