/* SPDX-License-Identifier: MIT */
/* Between the files of kernel/irq. */
#ifndef KERNEL_IRQ_INTERNAL_H
#define KERNEL_IRQ_INTERNAL_H

#include <kern/irq.h>
#include <kern/percpu.h>
#include <kern/types.h>

/* Did the interrupt being handled hit a guest program? For the tick. */
DECLARE_PER_CPU(bool, irq_hit_user);
#define irq_hit_user_set(value) this_cpu_write(irq_hit_user, value)

/* Softirqs at the end of an interrupt. => interrupts masked. */
void invoke_softirq(void);
void irq_init_percpu_lines(void);

/* handle.c. => desc->lock held, all three */
void irq_mask_line(struct irq_desc *desc);
void irq_unmask_line(struct irq_desc *desc);
/* Lets events in again, unless somebody wants them out, and has missed ones told anew. */
void irq_startup_line(struct irq_desc *desc);
/* Tells an event on another CPU, or here as soon as interrupts are on. => interrupts masked */
void irq_send_to(unsigned int irq, unsigned int cpu);
/* IPI_DEVICE: events that another CPU passed on. */
void irq_take_forwarded(void);

/* manage.c: an action's thread has work. => desc->lock not held */
void irq_wake_thread(struct irq_desc *desc, struct irqaction *action);

/* spurious.c: counts an event; turns a line off that nobody cares for. => desc->lock held */
void irq_note_event(struct irq_desc *desc, bool handled);

/* irq_work.c */
void irq_work_run(void);

#endif
