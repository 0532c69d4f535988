// SPDX-License-Identifier: MIT
/* The lines that each CPU has for itself: its timer and the interrupts of other CPUs. */
#include <kern/irq.h>
#include <kern/sched.h>
#include <kern/smp.h>
#include <kern/tick.h>
#include <um/processor.h>
#include <um/setup.h>
#include <um/smp.h>
#include "internal.h"

DEFINE_PER_CPU(bool, irq_hit_user);

static void timer_line(void)
{
	tick_interrupt(this_cpu_read(irq_hit_user));
}

static void stop_line(void)
{
	um_cpu_stop();
}

void irq_init_percpu_lines(void)
{
	irq_set_percpu(IRQ_TIMER, "Local timer interrupts", timer_line);
	irq_set_percpu(IRQ_IPI_BASE + IPI_RESCHEDULE, "Rescheduling interrupts", scheduler_ipi);
	irq_set_percpu(IRQ_IPI_BASE + IPI_CALL_FUNCTION, "Function call interrupts",
		       smp_call_function_interrupt);
	irq_set_percpu(IRQ_IPI_BASE + IPI_STOP, "CPU stop interrupts", stop_line);
}
