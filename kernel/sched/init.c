// SPDX-License-Identifier: MIT
/* Setting up the run queues. */
#include <kern/cpumask.h>
#include <kern/sched.h>
#include <kern/wait.h>
#include <um/smp.h>
#include "internal.h"

struct cpumask __cpu_possible_mask = { { 1 } }, __cpu_online_mask = { { 1 } };
unsigned int nr_cpu_ids = 1;

/* Called once, on CPU 0, before there are threads: the boot task becomes its idle task. */
void sched_init(void)
{
	unsigned int cpu;

	nr_cpu_ids = um_nr_cpus();
	cpumask_setall(&__cpu_possible_mask);
	for_each_possible_cpu(cpu) {
		struct rq *rq = cpu_rq(cpu);

		spin_lock_init(&rq->lock);
		rq->cpu = cpu;
		fair_queue_init(&rq->fair, rq, NULL);
		INIT_LIST_HEAD(&rq->fair_tasks);
		for (unsigned int prio = 0; prio < MAX_RT_PRIO; prio++)
			INIT_LIST_HEAD(&rq->rt.lists[prio]);
		dl_queue_init(rq);
	}
	wait_bit_init();
	account_init_cpu(0);
	init_idle(&init_task, 0);
}

void sched_cpu_starting(unsigned int cpu)
{
	account_init_cpu(cpu);
	update_rq_clock(cpu_rq(cpu));
}
