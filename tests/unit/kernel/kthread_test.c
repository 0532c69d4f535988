// SPDX-License-Identifier: MIT
/* Kernel threads: start, stop, park, binding. */
#include <kern/completion.h>
#include <kern/delay.h>
#include <kern/kthread.h>
#include <kern/ktest.h>
#include <kern/smp.h>

static int until_stopped(void *data)
{
	int *rounds = data;

	while (!kthread_should_stop()) {
		(*rounds)++;
		msleep(1);
	}
	return 42;
}

KTEST(kthread, stop_gives_the_result)
{
	int rounds = 0;
	struct task_struct *task = kthread_run(until_stopped, &rounds, "test");

	KASSERT_FALSE(IS_ERR(task));
	while (!READ_ONCE(rounds))
		msleep(1);
	KEXPECT_EQ(kthread_stop(task), 42);
}

KTEST(kthread, stopped_before_it_ran)
{
	int rounds = 0;
	struct task_struct *task = kthread_create(until_stopped, &rounds, "test");

	KASSERT_FALSE(IS_ERR(task));
	KEXPECT_EQ(kthread_stop(task), -EINTR);
	KEXPECT_EQ(rounds, 0);
}

static int note_cpu(void *data)
{
	*(int *)data = smp_processor_id();
	while (!kthread_should_stop())
		msleep(1);
	return 0;
}

KTEST(kthread, bound_to_each_cpu)
{
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		int where = -1;
		struct task_struct *task = kthread_create(note_cpu, &where, "test/%u", cpu);

		KASSERT_FALSE(IS_ERR(task));
		kthread_bind(task, cpu);
		wake_up_process(task);
		while (READ_ONCE(where) < 0)
			msleep(1);
		KEXPECT_EQ(where, (int)cpu);
		KEXPECT_EQ(kthread_stop(task), 0);
	}
}

static int until_stopped_parking(void *data)
{
	int *rounds = data;

	while (!kthread_should_stop()) {
		if (kthread_should_park())
			kthread_parkme();
		WRITE_ONCE(*rounds, *rounds + 1);
		msleep(1);
	}
	return 0;
}

KTEST(kthread, parks_and_goes_on)
{
	int rounds = 0, before;
	struct task_struct *task = kthread_run(until_stopped_parking, &rounds, "test");

	KASSERT_FALSE(IS_ERR(task));
	KEXPECT_EQ(kthread_park(task), 0);
	before = READ_ONCE(rounds);
	msleep(20);
	KEXPECT_EQ(READ_ONCE(rounds), before);
	kthread_unpark(task);
	for (int i = 0; i < 1000 && READ_ONCE(rounds) == before; i++)
		msleep(1);
	KEXPECT_NE(READ_ONCE(rounds), before);
	KEXPECT_EQ(kthread_stop(task), 0);
}
