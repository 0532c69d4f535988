/* SPDX-License-Identifier: MIT */
/* Between the files of kernel/irq. */
#ifndef KERNEL_IRQ_INTERNAL_H
#define KERNEL_IRQ_INTERNAL_H

#include <kern/percpu.h>
#include <kern/types.h>

/* Did the interrupt being handled hit a guest program? For the tick. */
DECLARE_PER_CPU(bool, irq_hit_user);
#define irq_hit_user_set(value) this_cpu_write(irq_hit_user, value)

/* Softirqs at the end of an interrupt. => interrupts masked. */
void invoke_softirq(void);
void irq_init_percpu_lines(void);

#endif
