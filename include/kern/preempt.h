/* SPDX-License-Identifier: MIT */
/*
 * preempt_count, per CPU: why this code may not be switched away from.
 *   bits 0-7 preempt_disable() nesting   bits 8-15 softirq nesting   bits 16-19 hard interrupts
 * A task may be preempted only at 0 with interrupts on; the scheduler carries the count over.
 */
#ifndef KERN_PREEMPT_H
#define KERN_PREEMPT_H

#include <kern/compiler.h>
#include <um/percpu.h>

#define PREEMPT_OFFSET		(1U << 0)
#define PREEMPT_MASK		0x000000ffU
#define SOFTIRQ_OFFSET		(1U << 8)
#define SOFTIRQ_DISABLE_OFFSET	(2U * SOFTIRQ_OFFSET)
#define SOFTIRQ_MASK		0x0000ff00U
#define HARDIRQ_OFFSET		(1U << 16)
#define HARDIRQ_MASK		0x000f0000U

DECLARE_PER_CPU(unsigned int, __preempt_count);
/* Set by resched_curr() beside TIF_NEED_RESCHED, so that preempt_enable() looks at one word. */
DECLARE_PER_CPU(unsigned int, __need_resched);

#define preempt_count() this_cpu_read(__preempt_count)
#define preempt_count_add(value) this_cpu_add(__preempt_count, value)
#define preempt_count_sub(value) this_cpu_sub(__preempt_count, value)
#define preempt_count_set(value) this_cpu_write(__preempt_count, value)

#define hardirq_count() (preempt_count() & HARDIRQ_MASK)
#define softirq_count() (preempt_count() & SOFTIRQ_MASK)
#define in_hardirq() (hardirq_count() != 0)
#define in_irq() in_hardirq()
#define in_softirq() (softirq_count() != 0)
#define in_serving_softirq() ((softirq_count() & SOFTIRQ_OFFSET) != 0)
#define in_interrupt() ((preempt_count() & (HARDIRQ_MASK | SOFTIRQ_MASK)) != 0)
#define in_task() (!(preempt_count() & (HARDIRQ_MASK | SOFTIRQ_OFFSET)))
#define in_atomic() (preempt_count() != 0)
#define preemptible() (preempt_count() == 0 && !irqs_disabled())

/* Switches away if need_resched and preemptible; kernel/sched. */
void preempt_schedule(void);

static __always_inline void preempt_disable(void)
{
	preempt_count_add(PREEMPT_OFFSET);
	barrier();
}

static __always_inline void preempt_enable_no_resched(void)
{
	barrier();
	preempt_count_sub(PREEMPT_OFFSET);
}

static __always_inline void preempt_check_resched(void)
{
	if (unlikely(this_cpu_read(__need_resched)) && !preempt_count())
		preempt_schedule();
}

static __always_inline void preempt_enable(void)
{
	preempt_enable_no_resched();
	preempt_check_resched();
}

#define preempt_disable_notrace() preempt_disable()
#define preempt_enable_notrace() preempt_enable()

#define get_cpu() ({ preempt_disable(); smp_processor_id(); })
#define put_cpu() preempt_enable()
#define get_cpu_ptr(ptr) ({ preempt_disable(); this_cpu_ptr(ptr); })
#define put_cpu_ptr(ptr) do { (void)(ptr); preempt_enable(); } while (0)
#define get_cpu_var(var) (*get_cpu_ptr(&(var)))
#define put_cpu_var(var) put_cpu_ptr(&(var))

/* Softirqs of this vCPU off; enabling runs what became pending. kernel/irq/softirq.c. */
void local_bh_disable(void);
void local_bh_enable(void);
void _local_bh_enable_no_run(void);

#ifdef CONFIG_DEBUG
/* Complains when called where sleeping is forbidden. */
void __might_sleep(const char *file, int line);
#define might_sleep() __might_sleep(__FILE__, __LINE__)
#else
#define might_sleep() do { } while (0)
#endif
#define might_sleep_if(condition) do { if (condition) might_sleep(); } while (0)

#endif
