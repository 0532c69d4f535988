/* SPDX-License-Identifier: MIT */
/* Interrupt lines: descriptors, flow handlers, chips, entry from the machine, counts. */
#ifndef KERN_IRQ_H
#define KERN_IRQ_H

#include <kern/cpumask.h>
#include <kern/spinlock.h>
#include <kern/types.h>
#include <kern/wait.h>
#include <um/irqflags.h>
#include <um/setup.h>

struct irq_desc;
struct irqaction;

/* What a line's controller can do; any may be NULL. => desc->lock held */
struct irq_chip {
	const char *name;
	void (*irq_ack)(unsigned int irq);	/* the event was seen */
	void (*irq_mask)(unsigned int irq);	/* no more events until irq_unmask */
	void (*irq_unmask)(unsigned int irq);
};

/* How the events of a line become calls of its handlers. => interrupts masked */
typedef void (*irq_flow_handler_t)(struct irq_desc *desc);
/* An event is told once: what comes while handlers run makes them run again. */
void handle_edge_irq(struct irq_desc *desc);
/* The line stays raised until its cause is gone: masked while handlers run. */
void handle_level_irq(struct irq_desc *desc);

/* (l) lock   (x) atomic */
struct irq_desc {
	spinlock_t lock;
	unsigned int irq;		/* constant */
	struct irqaction *action;	/* l: handlers, in order of registration */
	const struct irq_chip *chip;	/* l */
	irq_flow_handler_t handle;	/* l */
	unsigned int depth;		/* l: disable nesting */
	bool pending;			/* l: came while disabled or in progress */
	bool in_progress;		/* l */
	bool masked;			/* l: at the chip */
	unsigned long threads_oneshot;	/* l: threads that must end before it is unmasked */
	unsigned int threads_active;	/* x: threads that are to run, or run */
	wait_queue_head_t threads_done;	/* woken when threads_active becomes 0 */
	struct cpumask affinity;	/* l: where its handlers may run */
	/* Spurious events: see kernel/irq/spurious.c. */
	unsigned int nr_events, nr_unhandled;	/* l */
	unsigned long last_unhandled;	/* l: jiffies */
	/* A line that each CPU has for itself. */
	const char *name, *short_name;	/* i */
	void (*percpu_handler)(void);	/* i */
};

/* One handler of a line. (l) desc->lock   (x) atomic */
struct irqaction {
	int (*handler)(int irq, void *dev);	/* irq_handler_t */
	int (*thread_fn)(int irq, void *dev);
	void *dev_id;
	const char *name;
	unsigned int irq;
	unsigned long flags;
	bool forced;			/* its handler runs in the thread too (threadirqs) */
	struct irqaction *next;		/* l */
	struct task_struct *thread;
	unsigned long thread_mask;	/* its bit in threads_oneshot, 0: not IRQF_ONESHOT */
	unsigned int thread_run;	/* x: work waits */
};

struct irq_desc *irq_to_desc(unsigned int irq);
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
void irq_set_percpu(unsigned int irq, const char *short_name, const char *name,
		    void (*handler)(void));
/* Another controller and flow. 0 or -EINVAL, -EBUSY (it has handlers). => any context */
int irq_set_chip_and_handler(unsigned int irq, const struct irq_chip *chip,
			     irq_flow_handler_t handle);

/* Where the line's handlers may run: 0, -EINVAL (no CPU of the mask is online). => may sleep */
int irq_set_affinity(unsigned int irq, const struct cpumask *mask);
/* The one CPU of the mask that they run on. */
unsigned int irq_effective_cpu(unsigned int irq);
/* What a line gets when its first handler comes. */
extern struct cpumask irq_default_affinity;

/* The names of a line's handlers, "a, b"; empty: none. => any context */
void irq_action_names(unsigned int irq, char *text, size_t size);

void init_IRQ(void);

#endif
