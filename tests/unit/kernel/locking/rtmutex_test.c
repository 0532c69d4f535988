// SPDX-License-Identifier: MIT
/*
 * Priority inheritance along chains. The tasks are threads that do nothing: who waits for what is
 * said for them, as FUTEX_CMP_REQUEUE_PI does.
 */
#include <kern/errno.h>
#include <kern/rtmutex.h>
#include <mm/slab.h>
#include "../threads.h"

#define LINKS 6

/* Task i owns mutex i, and waits for mutex i + 1. */
struct chain {
	struct test_threads t;
	struct rt_mutex mutex[MAX_TEST_THREADS];
	struct rt_mutex_waiter waiter[MAX_TEST_THREADS];
};

static int rest(void *unused)
{
	wait_for_stop();
	return 0;
}

/* The rt_priority that the task runs with. */
static int runs_with(const struct task_struct *task)
{
	return task->sched.prio < MAX_RT_PRIO ? MAX_RT_PRIO - 1 - task->sched.prio : 0;
}

static struct chain *chain_of(unsigned int n)
{
	struct chain *c = kzalloc(sizeof(*c), GFP_KERNEL);

	if (!c)
		return NULL;
	start_threads(&c->t, n, rest, NULL);
	for (unsigned int i = 0; i < n; i++) {
		rt_mutex_init_owned(&c->mutex[i], c->t.tasks[i]);
		rt_mutex_init_waiter(&c->waiter[i]);
	}
	for (unsigned int i = 0; i + 1 < n; i++)
		KEXPECT_EQ(rt_mutex_enqueue(&c->mutex[i + 1], &c->waiter[i], c->t.tasks[i]), 0);
	return c;
}

static void end_chain(struct chain *c)
{
	for (unsigned int i = 0; i < c->t.count; i++)
		rt_mutex_dequeue(&c->waiter[i]);
	for (unsigned int i = 0; i < c->t.count; i++)
		KEXPECT_EQ(runs_with(c->t.tasks[i]), c->t.tasks[i]->sched.rt_priority);
	stop_threads(&c->t);
	kfree(c);
}

KTEST(rtmutex, a_priority_goes_along_the_chain_and_back)
{
	struct chain *c = chain_of(LINKS);
	struct rt_mutex_waiter waiter;

	KASSERT_TRUE(c);
	for (unsigned int i = 0; i < LINKS; i++)
		KEXPECT_EQ(runs_with(c->t.tasks[i]), 0);
	KEXPECT_EQ(sched_set_fifo(c->t.tasks[0]), 0);
	for (unsigned int i = 1; i < LINKS; i++)
		KEXPECT_EQ(runs_with(c->t.tasks[i]), runs_with(c->t.tasks[0]));
	sched_set_normal(c->t.tasks[0], 0);
	for (unsigned int i = 0; i < LINKS; i++)
		KEXPECT_EQ(runs_with(c->t.tasks[i]), 0);
	/* One that joins in the middle lends to those before it only. */
	rt_mutex_init_waiter(&waiter);
	KEXPECT_EQ(sched_set_fifo(current), 0);
	KEXPECT_EQ(rt_mutex_enqueue(&c->mutex[3], &waiter, current), 0);
	KEXPECT_EQ(runs_with(c->t.tasks[2]), 0);
	for (unsigned int i = 3; i < LINKS; i++)
		KEXPECT_EQ(runs_with(c->t.tasks[i]), runs_with(current));
	KEXPECT_FALSE(rt_mutex_dequeue(&waiter));
	for (unsigned int i = 3; i < LINKS; i++)
		KEXPECT_EQ(runs_with(c->t.tasks[i]), 0);
	sched_set_normal(current, 0);
	end_chain(c);
}

KTEST(rtmutex, circles_and_long_chains_are_refused)
{
	struct chain *c = chain_of(LINKS);
	struct task_struct *last;
	int limit = max_lock_depth;

	KASSERT_TRUE(c);
	last = c->t.tasks[LINKS - 1];
	for (unsigned int i = 0; i < LINKS; i++) {
		KEXPECT_EQ(rt_mutex_enqueue(&c->mutex[i], &c->waiter[LINKS - 1], last), -EDEADLK);
		KEXPECT_FALSE(last->pi_blocked_on);
	}
	/* The current task, which owns nothing, would be the first of seven. */
	max_lock_depth = LINKS - 2;
	KEXPECT_EQ(rt_mutex_enqueue(&c->mutex[0], &c->waiter[LINKS - 1], current), -EDEADLK);
	KEXPECT_FALSE(current->pi_blocked_on);
	max_lock_depth = LINKS - 1;
	KEXPECT_EQ(rt_mutex_enqueue(&c->mutex[0], &c->waiter[LINKS - 1], current), 0);
	KEXPECT_FALSE(rt_mutex_dequeue(&c->waiter[LINKS - 1]));
	max_lock_depth = limit;
	end_chain(c);
}

KTEST(rtmutex, handing_over_takes_and_gives_priority)
{
	struct chain *c = chain_of(1);
	struct rt_mutex_waiter first, second;
	struct test_threads t;
	struct task_struct *next;

	KASSERT_TRUE(c);
	start_threads(&t, 2, rest, NULL);
	rt_mutex_init_waiter(&first);
	rt_mutex_init_waiter(&second);
	KEXPECT_EQ(rt_mutex_enqueue(&c->mutex[0], &first, t.tasks[0]), 0);
	KEXPECT_EQ(sched_set_fifo(t.tasks[1]), 0);
	KEXPECT_EQ(rt_mutex_enqueue(&c->mutex[0], &second, t.tasks[1]), 0);
	KEXPECT_EQ(runs_with(c->t.tasks[0]), runs_with(t.tasks[1]));
	KEXPECT_TRUE(rt_mutex_next_owner(&c->mutex[0]) == t.tasks[1]);
	next = rt_mutex_hand_over(&c->mutex[0]);
	KEXPECT_TRUE(next == t.tasks[1]);
	put_task_struct(next);
	KEXPECT_EQ(runs_with(c->t.tasks[0]), 0);
	KEXPECT_TRUE(rt_mutex_dequeue(&second));
	/* The fair one that waits lends its new owner what it gets. */
	sched_set_normal(t.tasks[1], 0);
	KEXPECT_EQ(runs_with(t.tasks[1]), 0);
	KEXPECT_EQ(sched_set_fifo(t.tasks[0]), 0);
	KEXPECT_EQ(runs_with(t.tasks[1]), runs_with(t.tasks[0]));
	next = rt_mutex_hand_over(&c->mutex[0]);
	KEXPECT_TRUE(next == t.tasks[0]);
	put_task_struct(next);
	KEXPECT_EQ(runs_with(t.tasks[1]), 0);
	next = rt_mutex_hand_over(&c->mutex[0]);
	KEXPECT_TRUE(!next);
	stop_threads(&t);
	end_chain(c);
}

/* Walks from many ends at once, through each other. */
static struct rt_mutex ring_mutex[4];

static int make_waves(void *unused)
{
	unsigned long seed = (unsigned long)current;
	struct rt_mutex_waiter waiter;

	for (unsigned int round = 0; round < 500 && !kthread_should_stop(); round++) {
		seed = seed * 6364136223846793005UL + 1442695040888963407UL;
		if (seed >> 60 & 1)
			sched_set_fifo(current);
		else
			sched_set_normal(current, 0);
		rt_mutex_init_waiter(&waiter);
		if (rt_mutex_enqueue(&ring_mutex[seed >> 61 & 3], &waiter, current) < 0)
			continue;
		cond_resched();
		rt_mutex_dequeue(&waiter);
	}
	sched_set_normal(current, 0);
	wait_for_stop();
	return 0;
}

KTEST(rtmutex, walks_go_through_each_other)
{
	static struct test_threads owners, walkers;
	struct rt_mutex_waiter waiter[3];

	start_threads(&owners, 4, rest, NULL);
	for (unsigned int i = 0; i < 4; i++)
		rt_mutex_init_owned(&ring_mutex[i], owners.tasks[i]);
	for (unsigned int i = 0; i < 3; i++) {
		rt_mutex_init_waiter(&waiter[i]);
		KEXPECT_EQ(rt_mutex_enqueue(&ring_mutex[i + 1], &waiter[i], owners.tasks[i]), 0);
	}
	start_threads(&walkers, 8, make_waves, NULL);
	stop_threads(&walkers);
	for (unsigned int i = 0; i < 3; i++)
		KEXPECT_FALSE(rt_mutex_dequeue(&waiter[i]));
	for (unsigned int i = 0; i < 4; i++) {
		KEXPECT_EQ(runs_with(owners.tasks[i]), 0);
		KEXPECT_TRUE(!rt_mutex_next_owner(&ring_mutex[i]));
	}
	stop_threads(&owners);
}
