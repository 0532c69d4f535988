// SPDX-License-Identifier: MIT
/* Per-CPU reader-writer semaphores exclude, and let everybody in. */
#include <kern/delay.h>
#include <kern/percpu_rwsem.h>
#include "../threads.h"

static struct percpu_rw_semaphore sem;
static unsigned long value, twin;	/* sem */
static atomic_t reads;

static int read_pairs(void *unused)
{
	long torn = 0;

	while (!kthread_should_stop()) {
		percpu_down_read(&sem);
		torn += READ_ONCE(value) != READ_ONCE(twin);
		/* The CPU may change in between. */
		if (atomic_inc_return(&reads) % 64 == 0)
			msleep(1);
		torn += READ_ONCE(value) != READ_ONCE(twin);
		percpu_up_read(&sem);
		cond_resched();
	}
	return torn;
}

static int write_pairs(void *unused)
{
	unsigned int n;

	for (n = 0; n < 20; n++) {
		percpu_down_write(&sem);
		value++;
		msleep(1);
		twin++;
		percpu_up_write(&sem);
	}
	wait_for_stop();
	return n;
}

KTEST(percpu_rwsem, readers_see_whole_writes)
{
	static struct test_threads readers, writers;

	KASSERT_EQ(percpu_init_rwsem(&sem), 0);
	value = twin = 0;
	atomic_set(&reads, 0);
	start_threads(&readers, 4, read_pairs, NULL);
	start_threads(&writers, 2, write_pairs, NULL);
	KEXPECT_EQ(stop_threads(&writers), 40);
	KEXPECT_EQ(stop_threads(&readers), 0);
	KEXPECT_EQ(value, 40);
	KEXPECT_EQ(twin, 40);
	KEXPECT_GT(atomic_read(&reads), 0);
	percpu_free_rwsem(&sem);
}

KTEST(percpu_rwsem, trylock_tells)
{
	KASSERT_EQ(percpu_init_rwsem(&sem), 0);
	KEXPECT_TRUE(percpu_down_read_trylock(&sem));
	KEXPECT_TRUE(percpu_down_read_trylock(&sem));
	percpu_up_read(&sem);
	percpu_up_read(&sem);
	percpu_down_write(&sem);
	KEXPECT_FALSE(percpu_down_read_trylock(&sem));
	percpu_up_write(&sem);
	KEXPECT_TRUE(percpu_down_read_trylock(&sem));
	percpu_up_read(&sem);
	percpu_free_rwsem(&sem);
}
