// SPDX-License-Identifier: MIT
/* Masking, replay, timer and inter-processor interrupts. */
#include <kern/interrupt.h>
#include <kern/ktest.h>
#include <kern/preempt.h>
#include <kern/smp.h>
#include <um/clock.h>
#include <um/irqflags.h>
#include <um/processor.h>
#include <um/smp.h>

/* Spins until the clock has moved on by ns. */
static void spin_ns(u64 ns)
{
	u64 end = um_clock_ns() + ns;

	while (um_clock_ns() < end)
		cpu_relax();
}

KTEST(irqflags, save_and_restore_nest)
{
	unsigned long outer, inner;

	KEXPECT_FALSE(irqs_disabled());
	local_irq_save(outer);
	KEXPECT_TRUE(irqs_disabled());
	local_irq_save(inner);
	local_irq_restore(inner);
	KEXPECT_TRUE(irqs_disabled());
	local_irq_restore(outer);
	KEXPECT_FALSE(irqs_disabled());
}

KTEST(irqflags, masked_interrupt_is_replayed)
{
	unsigned int cpu;
	u64 before, during;

	preempt_disable();
	cpu = smp_processor_id();
	local_irq_disable();
	before = kstat_irqs_cpu(IRQ_TIMER, cpu);
	um_timer_program(1000);
	spin_ns(5000000);
	during = kstat_irqs_cpu(IRQ_TIMER, cpu);
	local_irq_enable();
	KEXPECT_EQ(during, before);
	KEXPECT_TRUE(kstat_irqs_cpu(IRQ_TIMER, cpu) > before);
	preempt_enable();
}

static void count_call(void *info)
{
	__atomic_fetch_add((int *)info, 1, __ATOMIC_SEQ_CST);
}

KTEST(ipi, reaches_every_cpu)
{
	int calls = 0;

	for (int i = 0; i < 100; i++)
		on_each_cpu(count_call, &calls, 1);
	KEXPECT_EQ(calls, 100 * (int)um_nr_cpus());
}

KTEST(ipi, to_oneself)
{
	unsigned int cpu;
	u64 before;

	preempt_disable();
	cpu = smp_processor_id();
	before = kstat_irqs_cpu(IRQ_IPI_BASE + IPI_RESCHEDULE, cpu);
	um_send_ipi(cpu, IPI_RESCHEDULE);
	spin_ns(1000000);
	KEXPECT_TRUE(kstat_irqs_cpu(IRQ_IPI_BASE + IPI_RESCHEDULE, cpu) > before);
	preempt_enable();
}

KTEST(clock, is_monotonic)
{
	u64 last = um_clock_ns();

	for (int i = 0; i < 10000; i++) {
		u64 now = um_clock_ns();

		KASSERT_TRUE(now >= last);
		last = now;
	}
}
