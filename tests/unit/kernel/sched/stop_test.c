// SPDX-License-Identifier: MIT
/* Stoppers: run before everybody, on their CPU; running tasks leave CPUs that they may not use. */
#include <kern/delay.h>
#include <kern/errno.h>
#include <kern/stop_machine.h>
#include <um/irqflags.h>
#include <um/processor.h>
#include "../threads.h"

#include <linux/sched.h>

static int where_am_i(void *seen)
{
	*(int *)seen = raw_smp_processor_id();
	return 17;
}

KTEST(stop, a_work_runs_on_its_cpu)
{
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		int seen = -1;

		KEXPECT_EQ(stop_one_cpu(cpu, where_am_i, &seen), 17);
		KEXPECT_EQ(seen, cpu);
	}
	KEXPECT_EQ(stop_one_cpu(NR_CPUS - 1, where_am_i, NULL), -ENOENT);
}

static unsigned long turns;

static int spin_fifo(void *unused)
{
	sched_setscheduler_nocheck(current, SCHED_FIFO, 99);
	while (!kthread_should_stop()) {
		WRITE_ONCE(turns, turns + 1);
		cpu_relax();
	}
	return 0;
}

KTEST(stop, it_goes_before_the_highest_priority)
{
	static struct test_threads t;
	unsigned int cpu = cpumask_weight(cpu_online_mask) - 1;
	int seen = -1;

	turns = 0;
	start_threads(&t, 1, spin_fifo, NULL);
	set_cpus_allowed_ptr(t.tasks[0], cpumask_of(cpu));
	while (!READ_ONCE(turns))
		msleep(1);
	KEXPECT_EQ(stop_one_cpu(cpu, where_am_i, &seen), 17);
	KEXPECT_EQ(seen, cpu);
	stop_threads(&t);
}

static atomic_t stopped;

static int all_stand_still(void *moved)
{
	unsigned long before = READ_ONCE(turns);

	KEXPECT_TRUE(irqs_disabled());
	atomic_inc(&stopped);
	for (unsigned int i = 0; i < 20000; i++)
		cpu_relax();
	if (READ_ONCE(turns) != before)
		WRITE_ONCE(*(bool *)moved, true);
	return 0;
}

static int count_turns(void *unused)
{
	while (!kthread_should_stop()) {
		WRITE_ONCE(turns, turns + 1);
		cpu_relax();
	}
	return 0;
}

KTEST(stop, stop_machine_stops_everybody)
{
	static struct test_threads t;
	bool moved = false;

	start_threads(&t, 4, count_turns, NULL);
	for (unsigned int i = 0; i < 20; i++) {
		atomic_set(&stopped, 0);
		KEXPECT_EQ(stop_machine(all_stand_still, &moved, NULL), 0);
		KEXPECT_EQ(atomic_read(&stopped), 1);
		atomic_set(&stopped, 0);
		KEXPECT_EQ(stop_machine(all_stand_still, &moved, cpu_online_mask), 0);
		KEXPECT_EQ(atomic_read(&stopped), num_online_cpus());
	}
	stop_threads(&t);
	KEXPECT_FALSE(moved);
}

KTEST(stop, a_running_task_has_left_when_its_mask_is_set)
{
	static struct test_threads t;
	unsigned int cpu;

	start_threads(&t, 2, count_turns, NULL);
	for (unsigned int round = 0; round < 20; round++) {
		for_each_online_cpu(cpu) {
			KEXPECT_EQ(set_cpus_allowed_ptr(t.tasks[0], cpumask_of(cpu)), 0);
			KEXPECT_EQ(task_cpu(t.tasks[0]), cpu);
		}
	}
	stop_threads(&t);
}

KTEST(stop, an_idle_cpu_gets_the_task_that_runs)
{
	static struct test_threads t;

	if (num_online_cpus() == 1)
		KSKIP("needs a second CPU");
	start_threads(&t, 2, count_turns, NULL);
	set_cpus_allowed_ptr(t.tasks[0], cpumask_of(0));
	set_cpus_allowed_ptr(t.tasks[1], cpumask_of(0));
	/* The first stays, the second may go now. */
	set_cpus_allowed_ptr(t.tasks[1], cpu_online_mask);
	while (task_cpu(t.tasks[1]) == 0)
		msleep(1);
	KEXPECT_EQ(task_cpu(t.tasks[0]), 0);
	stop_threads(&t);
}
