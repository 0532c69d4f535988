/* SPDX-License-Identifier: MIT */
/*
 * Work for the next moment with interrupts on, asked for where little is allowed: under the
 * scheduler's locks, with interrupts masked. It runs in an interrupt of its own.
 */
#ifndef KERN_IRQ_WORK_H
#define KERN_IRQ_WORK_H

#include <kern/types.h>
#include <lib/llist.h>

struct irq_work {
	struct llist_node node;
	unsigned int flags;			/* atomic: IRQ_WORK_* */
	void (*func)(struct irq_work *work);	/* interrupt context, interrupts masked */
};

#define IRQ_WORK_PENDING 1U	/* queued, or about to be */
#define IRQ_WORK_BUSY	 2U	/* its function runs */

#define DEFINE_IRQ_WORK(name, fn) struct irq_work name = { .func = (fn) }

static inline void init_irq_work(struct irq_work *work, void (*func)(struct irq_work *work))
{
	*work = (struct irq_work){ .func = func };
}

/* On this CPU, or on that one. False: it is queued already. => any context */
bool irq_work_queue(struct irq_work *work);
bool irq_work_queue_on(struct irq_work *work, unsigned int cpu);
/* Waits until it neither is queued nor runs. => interrupts on */
void irq_work_sync(struct irq_work *work);

#endif
