// SPDX-License-Identifier: MIT
/* Locks exclude, and let everybody in eventually. */
#include <kern/delay.h>
#include <kern/errno.h>
#include <kern/mutex.h>
#include <kern/rwsem.h>
#include <kern/semaphore.h>
#include <kern/seqlock.h>
#include <kern/spinlock.h>
#include "../threads.h"

#define ROUNDS	5000
#define THREADS 6

static DEFINE_MUTEX(mutex);
static DEFINE_SPINLOCK(spin);
static DEFINE_RWLOCK(rwlock);
static DECLARE_RWSEM(rwsem);
static DEFINE_SEMAPHORE(sem, 2);
static DEFINE_SEQLOCK(seqlock);

/* Plain variables: only the lock keeps them right. */
static unsigned long counter, twin;
static atomic_t inside;

static int count_under_mutex(void *unused)
{
	for (unsigned int i = 0; i < ROUNDS; i++) {
		mutex_lock(&mutex);
		counter++;
		if (i % 512 == 0)
			cond_resched();
		mutex_unlock(&mutex);
	}
	wait_for_stop();
	return 0;
}

KTEST(locks, mutex_excludes)
{
	static struct test_threads t;

	counter = 0;
	start_threads(&t, THREADS, count_under_mutex, NULL);
	stop_threads(&t);
	KEXPECT_EQ(counter, THREADS * ROUNDS);
	KEXPECT_FALSE(mutex_is_locked(&mutex));
}

static int sleep_under_mutex(void *unused)
{
	unsigned int got = 0;

	while (!kthread_should_stop()) {
		mutex_lock(&mutex);
		got++;
		msleep(1);
		mutex_unlock(&mutex);
	}
	return got;
}

KTEST(locks, mutex_starves_nobody)
{
	static struct test_threads t;

	start_threads(&t, 3, sleep_under_mutex, NULL);
	msleep(200);
	for (unsigned int i = 0; i < t.count; i++)
		KEXPECT_GT(kthread_stop(t.tasks[i]), 1);
}

KTEST(locks, mutex_trylock_tells)
{
	KEXPECT_TRUE(mutex_trylock(&mutex));
	KEXPECT_FALSE(mutex_trylock(&mutex));
	mutex_unlock(&mutex);
	KEXPECT_EQ(mutex_lock_interruptible(&mutex), 0);
	mutex_unlock(&mutex);
}

static int count_under_spin(void *unused)
{
	unsigned long flags;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		if (i & 1) {
			spin_lock_irqsave(&spin, flags);
			counter++;
			spin_unlock_irqrestore(&spin, flags);
		} else {
			spin_lock_bh(&spin);
			counter++;
			spin_unlock_bh(&spin);
		}
	}
	wait_for_stop();
	return 0;
}

KTEST(locks, spinlock_excludes)
{
	static struct test_threads t;

	counter = 0;
	start_threads(&t, THREADS, count_under_spin, NULL);
	stop_threads(&t);
	KEXPECT_EQ(counter, THREADS * ROUNDS);
}

static int use_rwlock(void *unused)
{
	long torn = 0;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		if (i % 8 == 0) {
			write_lock(&rwlock);
			counter++;
			barrier();
			twin++;
			write_unlock(&rwlock);
		} else {
			read_lock(&rwlock);
			torn += READ_ONCE(counter) != READ_ONCE(twin);
			read_unlock(&rwlock);
		}
	}
	wait_for_stop();
	return torn;
}

KTEST(locks, rwlock_readers_see_whole_writes)
{
	static struct test_threads t;

	counter = twin = 0;
	start_threads(&t, THREADS, use_rwlock, NULL);
	KEXPECT_EQ(stop_threads(&t), 0);
	KEXPECT_EQ(counter, THREADS * (ROUNDS / 8));
}

static int use_rwsem(void *unused)
{
	long torn = 0;

	for (unsigned int i = 0; i < ROUNDS / 5; i++) {
		if (i % 8 == 0) {
			down_write(&rwsem);
			counter++;
			cond_resched();
			twin++;
			if (i % 16 == 0) {
				downgrade_write(&rwsem);
				torn += counter != twin;
				up_read(&rwsem);
			} else {
				up_write(&rwsem);
			}
		} else {
			down_read(&rwsem);
			torn += READ_ONCE(counter) != READ_ONCE(twin);
			up_read(&rwsem);
		}
	}
	wait_for_stop();
	return torn;
}

KTEST(locks, rwsem_readers_see_whole_writes)
{
	static struct test_threads t;

	counter = twin = 0;
	start_threads(&t, THREADS, use_rwsem, NULL);
	KEXPECT_EQ(stop_threads(&t), 0);
	KEXPECT_EQ(counter, THREADS * (ROUNDS / 5 / 8));
	KEXPECT_FALSE(rwsem_is_locked(&rwsem));
}

KTEST(locks, rwsem_try_tells)
{
	KEXPECT_TRUE(down_read_trylock(&rwsem));
	KEXPECT_TRUE(down_read_trylock(&rwsem));
	KEXPECT_FALSE(down_write_trylock(&rwsem));
	up_read(&rwsem);
	up_read(&rwsem);
	KEXPECT_TRUE(down_write_trylock(&rwsem));
	KEXPECT_FALSE(down_read_trylock(&rwsem));
	up_write(&rwsem);
	KEXPECT_EQ(down_write_killable(&rwsem), 0);
	up_write(&rwsem);
}

static int use_semaphore(void *unused)
{
	long most = 0;

	for (unsigned int i = 0; i < 50; i++) {
		down(&sem);
		most = max(most, (long)atomic_inc_return(&inside));
		schedule_timeout_uninterruptible(i % 2);
		atomic_dec(&inside);
		up(&sem);
	}
	wait_for_stop();
	return most > 2;
}

KTEST(locks, semaphore_lets_in_as_many_as_it_counts)
{
	static struct test_threads t;

	atomic_set(&inside, 0);
	start_threads(&t, 4, use_semaphore, NULL);
	KEXPECT_EQ(stop_threads(&t), 0);
	KEXPECT_EQ(down_trylock(&sem), 0);
	KEXPECT_EQ(down_trylock(&sem), 0);
	KEXPECT_EQ(down_trylock(&sem), 1);
	KEXPECT_EQ(down_timeout(&sem, 2), -ETIME);
	up(&sem);
	up(&sem);
}

static int use_seqlock(void *unused)
{
	long torn = 0;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		if (i % 8 == 0) {
			write_seqlock(&seqlock);
			counter++;
			barrier();
			twin++;
			write_sequnlock(&seqlock);
		} else {
			unsigned long a, b;
			unsigned int seq;

			do {
				seq = read_seqbegin(&seqlock);
				a = READ_ONCE(counter);
				b = READ_ONCE(twin);
			} while (read_seqretry(&seqlock, seq));
			torn += a != b;
		}
	}
	wait_for_stop();
	return torn;
}

KTEST(locks, seqlock_readers_see_whole_writes)
{
	static struct test_threads t;

	counter = twin = 0;
	start_threads(&t, THREADS, use_seqlock, NULL);
	KEXPECT_EQ(stop_threads(&t), 0);
	KEXPECT_EQ(counter, THREADS * (ROUNDS / 8));
}
