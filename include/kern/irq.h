/* SPDX-License-Identifier: MIT */
/* Interrupt lines: descriptors, entry from the machine, counts. */
#ifndef KERN_IRQ_H
#define KERN_IRQ_H

#include <kern/spinlock.h>
#include <kern/types.h>
#include <um/irqflags.h>
#include <um/setup.h>

struct irqaction;

/* (l) lock */
struct irq_desc {
	spinlock_t lock;
	unsigned int irq;		/* constant */
	struct irqaction *action;	/* l: handlers, in order of registration */
	const char *name;		/* l: of a per-CPU line that has no action */
	unsigned int depth;		/* l: disable nesting */
	bool pending;			/* l: came while disabled or in progress */
	bool in_progress;		/* l */
	void (*percpu_handler)(void);	/* a per-CPU line: timer, IPIs */
};

/* One handler of a line. (l) desc->lock */
struct irqaction {
	int (*handler)(int irq, void *dev);	/* irq_handler_t */
	int (*thread_fn)(int irq, void *dev);
	void *dev_id;
	const char *name;
	unsigned int irq;
	unsigned long flags;
	struct irqaction *next;			/* l */
	struct task_struct *thread;
	unsigned long thread_flags;		/* atomic: bit 0: work waits */
};

struct irq_desc *irq_to_desc(unsigned int irq);
/* Names the lines for /proc/interrupts: the first action's, or the line's own; NULL: unused. */
const char *irq_desc_name(unsigned int irq);
unsigned int kstat_irqs_cpu(unsigned int irq, unsigned int cpu);
u64 kstat_irqs(unsigned int irq);
u64 kstat_cpu_irqs_sum(unsigned int cpu);
u64 arch_irq_stat(void);
#define nr_irqs ((unsigned int)NR_IRQS)

/* Called by the machine. => interrupts masked; runs handlers, then softirqs. */
void do_IRQ(unsigned int irq);
/* A line whose controller has already entered the interrupt. */
void generic_handle_irq(unsigned int irq);

/* A line that each CPU has for itself; at boot. */
void irq_set_percpu(unsigned int irq, const char *name, void (*handler)(void));

void init_IRQ(void);

#endif
