/* SPDX-License-Identifier: MIT */
/* Interrupt handlers, softirqs and tasklets. */
#ifndef KERN_INTERRUPT_H
#define KERN_INTERRUPT_H

#include <kern/atomic.h>
#include <kern/cpumask.h>
#include <kern/irq.h>
#include <kern/preempt.h>
#include <kern/softirq.h>
#include <kern/types.h>

typedef enum irqreturn {
	IRQ_NONE = 0,
	IRQ_HANDLED = 1,
	IRQ_WAKE_THREAD = 2,	/* run the thread function */
} irqreturn_t;

/* Interrupt context, interrupts masked. */
typedef irqreturn_t (*irq_handler_t)(int irq, void *dev_id);

#define IRQF_SHARED 0x00000080
#define IRQF_PERCPU 0x00000400
#define IRQF_NOBALANCING 0x00000800
#define IRQF_ONESHOT 0x00002000
#define IRQF_NO_THREAD 0x00010000
#define IRQF_NO_AUTOEN 0x00080000	/* disabled until enable_irq() */
#define IRQF_TIMER 0x00014200

/* 0, -EINVAL (no such line), -EBUSY (not shared), -ENOMEM. => may sleep. */
int request_irq(unsigned int irq, irq_handler_t handler, unsigned long flags, const char *name, void *dev);
/*
 * handler in interrupt context (NULL: just wake), thread_fn in a thread of its own. IRQF_ONESHOT: a
 * level stays masked until the thread is done; a level without a handler needs it (-EINVAL).
 */
int request_threaded_irq(unsigned int irq, irq_handler_t handler, irq_handler_t thread_fn,
			 unsigned long flags, const char *name, void *dev);
/* Waits for handlers that run. The value is dev, as given. => may sleep. */
const void *free_irq(unsigned int irq, void *dev);

/* Nest. disable_irq() waits for handlers and threads that run: may sleep. */
void disable_irq(unsigned int irq);
void disable_irq_nosync(unsigned int irq);
void enable_irq(unsigned int irq);
void synchronize_irq(unsigned int irq);

#endif
