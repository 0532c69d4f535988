// SPDX-License-Identifier: MIT
/* Calls between CPUs. */
#include <kern/atomic.h>
#include <kern/errno.h>
#include <kern/smp.h>
#include "../threads.h"

static atomic_t calls;
static unsigned long cpus_seen;

static void note_cpu(void *info)
{
	KEXPECT_TRUE(irqs_disabled());
	atomic_inc(&calls);
	__atomic_fetch_or(&cpus_seen, 1UL << raw_smp_processor_id(), __ATOMIC_SEQ_CST);
}

KTEST(smp, on_each_cpu_reaches_all)
{
	atomic_set(&calls, 0);
	cpus_seen = 0;
	on_each_cpu(note_cpu, NULL, 1);
	KEXPECT_EQ(atomic_read(&calls), num_online_cpus());
	KEXPECT_EQ(cpus_seen, cpu_online_mask->bits[0]);
}

KTEST(smp, single_reaches_the_one)
{
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		cpus_seen = 0;
		KEXPECT_EQ(smp_call_function_single(cpu, note_cpu, NULL, 1), 0);
		KEXPECT_EQ(cpus_seen, 1UL << cpu);
	}
	KEXPECT_EQ(smp_call_function_single(nr_cpu_ids, note_cpu, NULL, 1), -ENXIO);
}

static int call_around(void *unused)
{
	for (unsigned int i = 0; i < 300; i++)
		smp_call_function_single(i % num_online_cpus(), note_cpu, NULL, i & 1);
	wait_for_stop();
	return 0;
}

KTEST(smp, all_may_call_all)
{
	static struct test_threads t;

	atomic_set(&calls, 0);
	start_threads(&t, 4, call_around, NULL);
	stop_threads(&t);
	on_each_cpu(note_cpu, NULL, 1);
	KEXPECT_EQ(atomic_read(&calls), 4 * 300 + num_online_cpus());
}
