/* SPDX-License-Identifier: MIT */
/* vCPUs: starting them, and interrupting one from another. */
#ifndef UM_SMP_H
#define UM_SMP_H

#include <kern/types.h>

enum um_ipi {
	IPI_RESCHEDULE,		/* look at need_resched on the way out */
	IPI_CALL_FUNCTION,	/* run the queue of smp_call_function */
	IPI_STOP,		/* stop for ever: somebody panics or halts */
	IPI_IRQ_WORK,		/* run the queue of irq_work */
	IPI_DEVICE,		/* a device's event that another CPU passed on */
	NR_IPIS
};

/* How many vCPUs the command line asked for. */
unsigned int um_nr_cpus(void);

/*
 * Starts vCPU `cpu`: a host thread that enters secondary_start(cpu) on the stack of `idle`
 * (prepared by alloc_thread_stack) with interrupts masked and current == idle.
 * 0 or a negative errno of the host. => may sleep.
 */
struct task_struct;
int um_cpu_start(unsigned int cpu, struct task_struct *idle);

/*
 * Sends an interrupt; it arrives as do_IRQ(IRQ_IPI_BASE + kind) on the target. Several sent
 * before the target looks arrive as one. => any context; may send to oneself.
 */
void um_send_ipi(unsigned int cpu, enum um_ipi kind);

#endif
