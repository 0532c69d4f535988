/* SPDX-License-Identifier: MIT */
/*
 * Stopping CPUs: functions that run on a CPU in the place of whatever ran there, before any other
 * task, in the thread migration/N.
 */
#ifndef KERN_STOP_MACHINE_H
#define KERN_STOP_MACHINE_H

#include <kern/cpumask.h>
#include <kern/types.h>
#include <lib/list.h>

/* => task context, preemption on; must not sleep. The value is for who waits. */
typedef int (*cpu_stop_fn_t)(void *arg);

struct cpu_stop_done;

struct cpu_stop_work {
	struct list_head list;		/* stopper->lock */
	cpu_stop_fn_t fn;
	void *arg;
	struct cpu_stop_done *done;	/* NULL: nobody waits */
};

/* Runs fn there and waits: its value, or -ENOENT when the CPU is not online. => may sleep */
int stop_one_cpu(unsigned int cpu, cpu_stop_fn_t fn, void *arg);
/* Does not wait: `work` is the caller's until fn has begun. False: not online. => any context */
bool stop_one_cpu_nowait(unsigned int cpu, cpu_stop_fn_t fn, void *arg, struct cpu_stop_work *work);

/*
 * Runs fn while all CPUs stand still with interrupts masked: on each of the mask (NULL: on the
 * first). 0, or what one of the calls gave. => may sleep
 */
int stop_machine(cpu_stop_fn_t fn, void *arg, const struct cpumask *cpus);

#endif
