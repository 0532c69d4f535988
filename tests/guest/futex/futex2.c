// SPDX-License-Identifier: MIT
/* futex_wake() and futex_wait(): flags, values and masks, and what they have in common with futex(). */
#include "test.h"

#include <linux/futex.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/syscall.h>

#define SYS_futex2_wake 454
#define SYS_futex2_wait 455
#define F_32 2
#define F_64 3
#define ANY 0xffffffffUL

static uint32_t word;

static long wake2(void *uaddr, unsigned long mask, int nr, unsigned int flags)
{
	return syscall(SYS_futex2_wake, uaddr, mask, nr, flags);
}

static long wait2(void *uaddr, unsigned long val, unsigned long mask, unsigned int flags,
		  const void *time, int clock)
{
	return syscall(SYS_futex2_wait, uaddr, val, mask, flags, time, clock);
}

static void refusals(void)
{
	struct timespec bad = { 0, -1 }, past = { 0, 1 };

	CHECK_ERR(wake2(&word, ANY, 1, 0), EINVAL);
	CHECK_ERR(wake2(&word, ANY, 1, F_64), EINVAL);
	CHECK_ERR(wake2(&word, ANY, 1, F_32 | 0x1000), EINVAL);
	CHECK_ERR(wake2(&word, 0, 1, F_32), EINVAL);
	CHECK_ERR(wake2(&word, 1UL << 32, 1, F_32), EINVAL);
	CHECK_ERR(wake2((char *)&word + 1, ANY, 1, F_32), EINVAL);
	CHECK_ERR(wait2(&word, 0, ANY, F_64, NULL, 0), EINVAL);
	CHECK_ERR(wait2(&word, 0, 0, F_32, NULL, 0), EINVAL);
	CHECK_ERR(wait2(&word, 1UL << 32, ANY, F_32, NULL, 0), EINVAL);
	CHECK_ERR(wait2(&word, 0, ANY, F_32, &past, CLOCK_BOOTTIME), EINVAL);
	CHECK_ERR(wait2(&word, 0, ANY, F_32, &bad, CLOCK_MONOTONIC), EINVAL);
	CHECK_ERR(wait2(&word, 0, ANY, F_32, (void *)16, CLOCK_MONOTONIC), EFAULT);
	CHECK_ERR(wait2((void *)16, 0, ANY, F_32, NULL, 0), EFAULT);
	CHECK_ERR(wait2(&word, 1, ANY, F_32, NULL, 0), EAGAIN);
	CHECK_ERR(wait2(&word, 0, ANY, F_32, &past, CLOCK_MONOTONIC), ETIMEDOUT);
	CHECK_ERR(wait2(&word, 0, ANY, F_32 | FUTEX_PRIVATE_FLAG, &past, CLOCK_REALTIME), ETIMEDOUT);
	CHECK_EQ(wake2(&word, ANY, 1, F_32), 0);
	CHECK_EQ(wake2(&word, ANY, 0, F_32), 0);
}

static int sleeper_tid;

static void *sleeper(void *arg)
{
	__atomic_store_n(&sleeper_tid, syscall(SYS_gettid), __ATOMIC_SEQ_CST);
	return (void *)wait2(&word, 0, 2, F_32 | FUTEX_PRIVATE_FLAG, NULL, 0);
	(void)arg;
}

static void wait_until_it_sleeps(void)
{
	char path[64], line[256], state = 0;

	while (state != 'S') {
		int tid = __atomic_load_n(&sleeper_tid, __ATOMIC_SEQ_CST);
		FILE *f;

		usleep(1000);
		snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
		f = tid ? fopen(path, "r") : NULL;
		if (!f)
			continue;
		if (fgets(line, sizeof(line), f) && strrchr(line, ')'))
			state = strrchr(line, ')')[2];
		fclose(f);
	}
}

static void wakes(void)
{
	pthread_t thread;
	void *result;
	long n;

	NEED(!pthread_create(&thread, NULL, sleeper, NULL));
	wait_until_it_sleeps();
	/* Another bit, and a shared word, are not its. */
	CHECK_EQ(wake2(&word, 1, 1, F_32 | FUTEX_PRIVATE_FLAG), 0);
	CHECK_EQ(wake2(&word, 2, 1, F_32), 0);
	do {
		usleep(1000);
		n = wake2(&word, 3, 1, F_32 | FUTEX_PRIVATE_FLAG);
	} while (!n);
	CHECK_EQ(n, 1);
	pthread_join(thread, &result);
	CHECK_EQ((long)result, 0);
	/* futex() sees the same sleepers. */
	NEED(!pthread_create(&thread, NULL, sleeper, NULL));
	do {
		usleep(1000);
		n = syscall(SYS_futex, &word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0);
	} while (!n);
	CHECK_EQ(n, 1);
	pthread_join(thread, &result);
	CHECK_EQ((long)result, 0);
}

int main(void)
{
	if (wake2(&word, ANY, 1, F_32) < 0 && errno == ENOSYS)
		SKIP("this kernel has no futex_wake()");
	RUN(refusals);
	RUN(wakes);
	return test_done();
}
