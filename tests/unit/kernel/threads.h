/* SPDX-License-Identifier: MIT */
/* For tests that need several threads at once. */
#ifndef TESTS_UNIT_KERNEL_THREADS_H
#define TESTS_UNIT_KERNEL_THREADS_H

#include <kern/fork.h>
#include <kern/kthread.h>
#include <kern/ktest.h>
#include <kern/sched.h>

#define MAX_TEST_THREADS 16

struct test_thread {
	int (*fn)(void *arg);
	void *arg;
	bool started;
};

struct test_threads {
	struct task_struct *tasks[MAX_TEST_THREADS];
	struct test_thread bodies[MAX_TEST_THREADS];
	unsigned int count;
};

/* Each body must return when kthread_should_stop(), or by itself and then wait for the stop. */
static inline void wait_for_stop(void)
{
	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (kthread_should_stop())
			break;
		schedule();
	}
	__set_current_state(TASK_RUNNING);
}

static inline int run_test_thread(void *arg)
{
	struct test_thread *body = arg;

	WRITE_ONCE(body->started, true);
	return body->fn(body->arg);
}

static inline void start_threads(struct test_threads *t, unsigned int count, int (*fn)(void *), void *arg)
{
	*t = (struct test_threads){ .count = 0 };
	while (t->count < count) {
		struct task_struct *task;

		t->bodies[t->count] = (struct test_thread){ .fn = fn, .arg = arg };
		task = kthread_run(run_test_thread, &t->bodies[t->count], "test/%u", t->count);
		if (IS_ERR(task)) {
			KFAIL("no thread: %ld", PTR_ERR(task));
			return;
		}
		t->tasks[t->count++] = task;
	}
}

/* The sum of what the threads returned. A thread that is stopped before it runs never does: wait. */
static inline long stop_threads(struct test_threads *t)
{
	long sum = 0;

	for (unsigned int i = 0; i < t->count; i++) {
		while (!READ_ONCE(t->bodies[i].started))
			schedule_timeout_uninterruptible(1);
		sum += kthread_stop(t->tasks[i]);
	}
	t->count = 0;
	return sum;
}

#endif
