/* SPDX-License-Identifier: MIT */
/* Calling functions on other CPUs, and bringing CPUs up. */
#ifndef KERN_SMP_H
#define KERN_SMP_H

#include <kern/cpumask.h>
#include <kern/preempt.h>
#include <kern/types.h>
#include <lib/llist.h>

/* Interrupt context on the target, interrupts masked. */
typedef void (*smp_call_func_t)(void *info);

struct call_single_data {
	struct llist_node llist;
	unsigned int flags;		/* atomic: CSD_LOCK while queued or running */
	smp_call_func_t func;
	void *info;
};
typedef struct call_single_data call_single_data_t;

/* => interrupts on when wait. 0 or -ENXIO (offline). */
int smp_call_function_single(int cpu, smp_call_func_t func, void *info, int wait);
/* csd stays until it ran. -EBUSY: still queued. => any context. */
int smp_call_function_single_async(int cpu, call_single_data_t *csd);
/* All other CPUs, the CPUs of a mask but this one. => preemption off for the second. */
void smp_call_function(smp_call_func_t func, void *info, int wait);
void smp_call_function_many(const struct cpumask *mask, smp_call_func_t func, void *info, bool wait);
/* This CPU too. */
void on_each_cpu(smp_call_func_t func, void *info, int wait);
void on_each_cpu_mask(const struct cpumask *mask, smp_call_func_t func, void *info, bool wait);
void on_each_cpu_cond(bool (*cond)(int cpu, void *info), smp_call_func_t func, void *info, bool wait);

void smp_send_reschedule(int cpu);
/* Stops all other CPUs for ever: panic and power-off. => any context. */
void smp_send_stop(void);

void smp_init(void);
/* IPI_CALL_FUNCTION arrived. */
void smp_call_function_interrupt(void);
/* Called by the machine on a new CPU, on its idle task's stack. */
void secondary_start(unsigned int cpu) __noreturn;

#endif
