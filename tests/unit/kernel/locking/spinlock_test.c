// SPDX-License-Identifier: MIT
/* Spin locks under contention: they exclude, queue, sleep in the host, and starve nobody. */
#include <kern/delay.h>
#include <kern/spinlock.h>
#include <kern/timekeeping.h>
#include <um/irqflags.h>
#include "../threads.h"

#define THREADS 6
#define ROUNDS	20000

static DEFINE_SPINLOCK(spin);
static DEFINE_RWLOCK(rwlock);
static unsigned long counter;	/* spin, or rwlock for writing */
static atomic_t readers;

static int count_up(void *unused)
{
	for (unsigned int i = 0; i < ROUNDS; i++) {
		unsigned long flags;

		/* Interrupts that come meanwhile queue for locks of their own. */
		if (i & 1) {
			spin_lock_irqsave(&spin, flags);
			counter++;
			spin_unlock_irqrestore(&spin, flags);
		} else {
			spin_lock(&spin);
			counter++;
			spin_unlock(&spin);
		}
	}
	wait_for_stop();
	return 0;
}

KTEST(spinlock, excludes_under_contention)
{
	static struct test_threads t;

	counter = 0;
	start_threads(&t, THREADS, count_up, NULL);
	stop_threads(&t);
	KEXPECT_EQ(counter, THREADS * ROUNDS);
	KEXPECT_EQ(spin.word, 0);
}

static int take_once(void *go)
{
	while (!READ_ONCE(*(bool *)go))
		msleep(1);
	spin_lock(&spin);
	counter++;
	spin_unlock(&spin);
	wait_for_stop();
	return 0;
}

/* As when the host has taken the holder's core: waiters must not spin on. */
KTEST(spinlock, waiters_sleep_while_the_holder_stays_away)
{
	static struct test_threads t;
	struct spin_lock_stat before, now;
	bool go = false;

	if (num_online_cpus() == 1)
		KSKIP("needs a second CPU");
	counter = 0;
	spin_lock_stat(&before);
	start_threads(&t, 1, take_once, &go);
	spin_lock(&spin);
	WRITE_ONCE(go, true);
	do
		spin_lock_stat(&now);
	while (now.head_slept == before.head_slept);
	KEXPECT_EQ(counter, 0);
	spin_unlock(&spin);
	stop_threads(&t);
	KEXPECT_EQ(counter, 1);
	KEXPECT_GT(now.queued, before.queued);
	KEXPECT_EQ(spin.word, 0);
}

static int read_in_turns(void *unused)
{
	long torn = 0;

	while (!kthread_should_stop()) {
		unsigned long seen;

		read_lock(&rwlock);
		atomic_inc(&readers);
		seen = READ_ONCE(counter);
		for (unsigned int i = 0; i < 50; i++) {
			torn += READ_ONCE(counter) != seen;
			cpu_relax();
		}
		atomic_dec(&readers);
		read_unlock(&rwlock);
	}
	return torn;
}

KTEST(spinlock, readers_do_not_starve_writers)
{
	static struct test_threads t;

	counter = 0;
	atomic_set(&readers, 0);
	start_threads(&t, 4, read_in_turns, NULL);
	for (unsigned int i = 0; i < 2000; i++) {
		write_lock(&rwlock);
		KEXPECT_EQ(atomic_read(&readers), 0);
		counter++;
		write_unlock(&rwlock);
	}
	KEXPECT_EQ(stop_threads(&t), 0);
	KEXPECT_EQ(rwlock.count, 0);
}
