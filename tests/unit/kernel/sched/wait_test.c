// SPDX-License-Identifier: MIT
/* Wait queues and completions: nothing is lost, exclusive waiters wake one at a time. */
#include <kern/completion.h>
#include <kern/delay.h>
#include <kern/wait.h>
#include "../threads.h"

#define ROUNDS 2000

static DECLARE_WAIT_QUEUE_HEAD(queue);
static unsigned int ball;

/* Two players hit the ball in turn; a lost wake-up stops the game. */
static int play(void *arg)
{
	unsigned int side = (unsigned long)arg;

	for (unsigned int round = 0; round < ROUNDS; round++) {
		wait_event(queue, READ_ONCE(ball) % 2 == side);
		WRITE_ONCE(ball, ball + 1);
		wake_up_all(&queue);
	}
	wait_for_stop();
	return 0;
}

KTEST(wait, ping_pong_loses_no_wakeup)
{
	static struct test_threads a, b;

	WRITE_ONCE(ball, 0);
	start_threads(&a, 1, play, (void *)0UL);
	start_threads(&b, 1, play, (void *)1UL);
	KEXPECT_GT(wait_event_timeout(queue, READ_ONCE(ball) == 2 * ROUNDS, 20 * HZ), 0);
	KASSERT_EQ(READ_ONCE(ball), 2 * ROUNDS);
	stop_threads(&a);
	stop_threads(&b);
}

static atomic_t woken;
static bool open_gate;

static int exclusive_waiter(void *unused)
{
	DEFINE_WAIT(wait);

	while (!READ_ONCE(open_gate)) {
		prepare_to_wait_exclusive(&queue, &wait, TASK_INTERRUPTIBLE);
		if (!READ_ONCE(open_gate)) {
			schedule();
			atomic_inc(&woken);
		}
	}
	finish_wait(&queue, &wait);
	wait_for_stop();
	return 0;
}

/* How many woke, once `count` did and a little later. */
static int woken_in_time(int count)
{
	for (unsigned int i = 0; i < 1000 && atomic_read(&woken) < count; i++)
		msleep(2);
	msleep(10);
	return atomic_read(&woken);
}

KTEST(wait, exclusive_waiters_wake_one_by_one)
{
	static struct test_threads t;

	atomic_set(&woken, 0);
	WRITE_ONCE(open_gate, false);
	start_threads(&t, 4, exclusive_waiter, NULL);
	msleep(20);
	KEXPECT_EQ(atomic_read(&woken), 0);
	wake_up(&queue);
	KEXPECT_EQ(woken_in_time(1), 1);
	wake_up_nr(&queue, 2);
	KEXPECT_EQ(woken_in_time(3), 3);
	WRITE_ONCE(open_gate, true);
	wake_up_all(&queue);
	stop_threads(&t);
	KEXPECT_FALSE(waitqueue_active(&queue));
}

KTEST(wait, timeout_runs_out)
{
	u64 start = ktime_get();

	KEXPECT_EQ(wait_event_timeout(queue, false, msecs_to_jiffies(20)), 0);
	KEXPECT_GE((u64)ktime_get() - start, 16 * NSEC_PER_MSEC);
	KEXPECT_GT(wait_event_timeout(queue, true, 5), 0);
}

KTEST(wait, completion_counts)
{
	struct completion done;

	init_completion(&done);
	KEXPECT_FALSE(try_wait_for_completion(&done));
	KEXPECT_EQ(wait_for_completion_timeout(&done, 2), 0);
	complete(&done);
	complete(&done);
	KEXPECT_TRUE(completion_done(&done));
	wait_for_completion(&done);
	wait_for_completion(&done);
	KEXPECT_FALSE(completion_done(&done));
	complete_all(&done);
	for (unsigned int i = 0; i < 3; i++)
		wait_for_completion(&done);
	KEXPECT_TRUE(completion_done(&done));
}

static int complete_it(void *done)
{
	msleep(5);
	complete(done);
	wait_for_stop();
	return 0;
}

KTEST(wait, completion_wakes_the_waiter)
{
	static struct test_threads t;
	struct completion done;

	init_completion(&done);
	start_threads(&t, 1, complete_it, &done);
	KEXPECT_GT(wait_for_completion_timeout(&done, 5 * HZ), 0);
	stop_threads(&t);
}

static unsigned long word;

static int clear_bit_later(void *unused)
{
	msleep(5);
	__atomic_fetch_and(&word, ~4UL, __ATOMIC_SEQ_CST);
	wake_up_bit(&word, 2);
	wait_for_stop();
	return 0;
}

KTEST(wait, bit_waiters_wake)
{
	static struct test_threads t;

	word = 4;
	start_threads(&t, 1, clear_bit_later, NULL);
	KEXPECT_EQ(wait_on_bit(&word, 2, TASK_UNINTERRUPTIBLE), 0);
	KEXPECT_EQ(word, 0);
	KEXPECT_EQ(wait_on_bit_lock(&word, 2, TASK_UNINTERRUPTIBLE), 0);
	KEXPECT_EQ(word, 4);
	stop_threads(&t);
}
