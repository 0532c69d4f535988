// SPDX-License-Identifier: MIT
/* Kernel threads: start, stop, park, binding. */
#include <kern/delay.h>
#include <kern/errno.h>
#include "../threads.h"

static int return_arg(void *arg)
{
	wait_for_stop();
	return (long)arg;
}

KTEST(kthread, stop_returns_the_result)
{
	struct task_struct *task = kthread_run(return_arg, (void *)42L, "test");

	KASSERT_FALSE(IS_ERR(task));
	msleep(2);
	KEXPECT_EQ(kthread_stop(task), 42);
}

KTEST(kthread, stopped_before_it_ran)
{
	struct task_struct *task = kthread_create(return_arg, (void *)42L, "test");

	KASSERT_FALSE(IS_ERR(task));
	KEXPECT_EQ(kthread_stop(task), -EINTR);
}

static int count_until_stop(void *arg)
{
	while (!kthread_should_stop()) {
		if (kthread_should_park())
			kthread_parkme();
		WRITE_ONCE(*(unsigned long *)arg, *(unsigned long *)arg + 1);
		cond_resched();
	}
	return 0;
}

KTEST(kthread, parks_and_goes_on)
{
	unsigned long count = 0, seen;
	struct task_struct *task = kthread_run(count_until_stop, &count, "test");

	KASSERT_FALSE(IS_ERR(task));
	while (!READ_ONCE(count))
		msleep(1);
	KEXPECT_EQ(kthread_park(task), 0);
	seen = READ_ONCE(count);
	msleep(20);
	KEXPECT_EQ(READ_ONCE(count), seen);
	kthread_unpark(task);
	while (READ_ONCE(count) == seen)
		msleep(1);
	kthread_stop(task);
}

static int where(void *unused)
{
	wait_for_stop();
	return raw_smp_processor_id();
}

KTEST(kthread, bound_threads_stay)
{
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		struct task_struct *task = kthread_create(where, NULL, "test");

		KASSERT_FALSE(IS_ERR(task));
		kthread_bind(task, cpu);
		wake_up_process(task);
		msleep(2);
		KEXPECT_EQ(kthread_stop(task), (int)cpu);
	}
}

KTEST(kthread, many_come_and_go)
{
	for (unsigned int round = 0; round < 20; round++) {
		static struct test_threads t;

		start_threads(&t, MAX_TEST_THREADS, return_arg, (void *)1L);
		KEXPECT_EQ(stop_threads(&t), MAX_TEST_THREADS);
	}
}
