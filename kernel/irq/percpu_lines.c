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

static void set_ipi(enum um_ipi kind, const char *short_name, const char *name,
		    void (*handler)(void))
{
	irq_set_percpu(IRQ_IPI_BASE + kind, short_name, name, handler);
}

void irq_init_percpu_lines(void)
{
	irq_set_percpu(IRQ_TIMER, "LOC", "Local timer interrupts", timer_line);
	set_ipi(IPI_RESCHEDULE, "RES", "Rescheduling interrupts", scheduler_ipi);
	set_ipi(IPI_CALL_FUNCTION, "CAL", "Function call interrupts", smp_call_function_interrupt);
	set_ipi(IPI_STOP, "STP", "CPU stop interrupts", stop_line);
	set_ipi(IPI_IRQ_WORK, "IWI", "IRQ work interrupts", irq_work_run);
	set_ipi(IPI_DEVICE, "DEV", "Forwarded device interrupts", irq_take_forwarded);
}
