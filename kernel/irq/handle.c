// SPDX-License-Identifier: MIT
/*
 * Interrupt lines.
 *
 * The machine calls do_IRQ() with interrupts masked, on the stack of whatever it interrupted.
 * Per-CPU lines (timer, IPIs) have one handler, called directly. Device lines have a controller
 * (struct irq_chip), a flow handler that knows how the line tells its events, and a list of
 * actions; one CPU at a time runs them. What arrives meanwhile, or while the line is disabled, is
 * noted and told again. At the end of the outermost interrupt softirqs run.
 *
 * An edge is told once; a level is told as long as it stands, so its line is masked at the
 * controller until the handlers, and with IRQF_ONESHOT their threads, are done.
 *
 * Affinity. The host's signals come where they come; a CPU that is not in the line's mask passes
 * the event on (irq_send_to) to the one that is to have it.
 *
 * Lock order: desc->lock is a leaf; handlers run without it.
 */
#include <kern/fork.h>
#include <kern/interrupt.h>
#include <kern/percpu.h>
#include <kern/printk.h>
#include <kern/rcupdate.h>
#include <kern/sched.h>
#include <lib/sprintf.h>
#include <um/processor.h>
#include <um/smp.h>
#include "internal.h"

typedef unsigned int irq_counts_t[NR_IRQS];

static struct irq_desc irq_descs[NR_IRQS];
static DEFINE_PER_CPU(irq_counts_t, irq_counts);
/* Lines, as bits, that other CPUs passed on to this one; atomic. */
static DEFINE_PER_CPU_ALIGNED(u64, forwarded);

_Static_assert(NR_IRQS <= 64, "the lines fit into one word");

static const struct irq_chip host_chip = { .name = "host" };

struct irq_desc *irq_to_desc(unsigned int irq)
{
	return irq < NR_IRQS ? &irq_descs[irq] : NULL;
}

unsigned int kstat_irqs_cpu(unsigned int irq, unsigned int cpu)
{
	return irq < NR_IRQS ? READ_ONCE(per_cpu(irq_counts, cpu)[irq]) : 0;
}

u64 kstat_irqs(unsigned int irq)
{
	unsigned int cpu;
	u64 sum = 0;

	for_each_possible_cpu(cpu)
		sum += kstat_irqs_cpu(irq, cpu);
	return sum;
}

u64 kstat_cpu_irqs_sum(unsigned int cpu)
{
	u64 sum = 0;

	for (unsigned int irq = 0; irq < NR_IRQS; irq++)
		sum += kstat_irqs_cpu(irq, cpu);
	return sum;
}

u64 arch_irq_stat(void)
{
	unsigned int cpu;
	u64 sum = 0;

	for_each_possible_cpu(cpu)
		sum += kstat_cpu_irqs_sum(cpu);
	return sum;
}

void irq_set_percpu(unsigned int irq, const char *short_name, const char *name,
		    void (*handler)(void))
{
	irq_descs[irq].short_name = short_name;
	irq_descs[irq].name = name;
	irq_descs[irq].percpu_handler = handler;
}

int irq_set_chip_and_handler(unsigned int irq, const struct irq_chip *chip,
			     irq_flow_handler_t handle)
{
	struct irq_desc *desc = irq_to_desc(irq);
	unsigned long flags;
	int ret = 0;

	if (!desc || desc->percpu_handler)
		return -EINVAL;
	spin_lock_irqsave(&desc->lock, flags);
	if (desc->action) {
		ret = -EBUSY;
	} else {
		desc->chip = chip ? chip : &host_chip;
		desc->handle = handle;
		desc->pending = desc->masked = false;
	}
	spin_unlock_irqrestore(&desc->lock, flags);
	return ret;
}

/* ---- flow ---- */

void irq_mask_line(struct irq_desc *desc)
{
	if (desc->masked)
		return;
	desc->masked = true;
	if (desc->chip->irq_mask)
		desc->chip->irq_mask(desc->irq);
}

void irq_unmask_line(struct irq_desc *desc)
{
	if (!desc->masked)
		return;
	desc->masked = false;
	if (desc->chip->irq_unmask)
		desc->chip->irq_unmask(desc->irq);
}

static void ack(struct irq_desc *desc)
{
	if (desc->chip->irq_ack)
		desc->chip->irq_ack(desc->irq);
}

/* Calls the handlers. => desc->lock held, dropped meanwhile */
static void run_actions(struct irq_desc *desc)
{
	struct irqaction *action;
	bool handled = false;

	desc->pending = false;
	desc->in_progress = true;
	spin_unlock(&desc->lock);
	for (action = READ_ONCE(desc->action); action; action = READ_ONCE(action->next)) {
		int ret = action->handler && !action->forced ?
				  action->handler(desc->irq, action->dev_id) :
				  IRQ_WAKE_THREAD;

		if (ret == IRQ_WAKE_THREAD && action->thread)
			irq_wake_thread(desc, action);
		handled |= ret != IRQ_NONE;
	}
	spin_lock(&desc->lock);
	WRITE_ONCE(desc->in_progress, false);
	irq_note_event(desc, handled);
}

void handle_edge_irq(struct irq_desc *desc)
{
	spin_lock(&desc->lock);
	ack(desc);
	desc->pending = true;
	while (desc->pending && desc->action && !desc->depth && !desc->in_progress)
		run_actions(desc);
	spin_unlock(&desc->lock);
}

void handle_level_irq(struct irq_desc *desc)
{
	spin_lock(&desc->lock);
	irq_mask_line(desc);
	ack(desc);
	/* Who is at it unmasks when it is done, and the line tells us then if it still stands. */
	if (!desc->in_progress) {
		desc->pending = true;
		if (desc->action && !desc->depth) {
			run_actions(desc);
			if (!desc->depth && !desc->threads_oneshot)
				irq_unmask_line(desc);
		}
	}
	spin_unlock(&desc->lock);
}

void irq_startup_line(struct irq_desc *desc)
{
	if (desc->depth || !desc->action)
		return;
	if (!desc->threads_oneshot)
		irq_unmask_line(desc);
	/* A level that still stands is told again by the controller. */
	if (desc->pending && !desc->in_progress && desc->handle == handle_edge_irq)
		irq_send_to(desc->irq, raw_smp_processor_id());
}

/* ---- entry ---- */

unsigned int irq_effective_cpu(unsigned int irq)
{
	struct cpumask mask;

	cpumask_and(&mask, &irq_descs[irq].affinity, cpu_online_mask);
	return cpumask_empty(&mask) ? cpumask_first(cpu_online_mask) : cpumask_first(&mask);
}

void irq_send_to(unsigned int irq, unsigned int cpu)
{
	__atomic_fetch_or(per_cpu_ptr(&forwarded, cpu), 1ULL << irq, __ATOMIC_SEQ_CST);
	um_send_ipi(cpu, IPI_DEVICE);
}

void generic_handle_irq(unsigned int irq)
{
	struct irq_desc *desc = &irq_descs[irq];

	(*this_cpu_ptr(&irq_counts))[irq]++;
	if (desc->percpu_handler)
		desc->percpu_handler();
	else
		desc->handle(desc);
}

/* A device's event that the machine delivered here: is this the right CPU for it? */
static bool passed_on(struct irq_desc *desc)
{
	unsigned int cpu;

	if (desc->percpu_handler || cpumask_test_cpu(smp_processor_id(), &desc->affinity))
		return false;
	cpu = irq_effective_cpu(desc->irq);
	if (cpu == (unsigned int)smp_processor_id())
		return false;
	irq_send_to(desc->irq, cpu);
	return true;
}

void irq_take_forwarded(void)
{
	u64 lines = __atomic_exchange_n(this_cpu_ptr(&forwarded), 0, __ATOMIC_SEQ_CST);

	for (; lines; lines &= lines - 1)
		generic_handle_irq(__builtin_ctzll(lines));
}

void do_IRQ(unsigned int irq)
{
	bool outside;
	int was;

	if (irq >= NR_IRQS || passed_on(&irq_descs[irq]))
		return;
	outside = rcu_irq_enter();
	preempt_count_add(HARDIRQ_OFFSET);
	was = account_irq_enter(CPUTIME_IRQ);
	irq_hit_user_set(was == CPUTIME_USER || was == CPUTIME_NICE);
	generic_handle_irq(irq);
	account_irq_exit(was);
	preempt_count_sub(HARDIRQ_OFFSET);
	if (!in_interrupt() && local_softirq_pending())
		invoke_softirq();
	rcu_irq_exit(outside);
}

void irq_action_names(unsigned int irq, char *text, size_t size)
{
	struct irq_desc *desc = irq_to_desc(irq);
	struct irqaction *action;
	unsigned long flags;
	size_t n = 0;

	text[0] = '\0';
	spin_lock_irqsave(&desc->lock, flags);
	for (action = desc->action; action; action = action->next)
		n += scnprintf(text + n, size - n, "%s%s", n ? ", " : "", action->name);
	spin_unlock_irqrestore(&desc->lock, flags);
}

void init_IRQ(void)
{
	cpumask_setall(&irq_default_affinity);
	for (unsigned int irq = 0; irq < NR_IRQS; irq++) {
		struct irq_desc *desc = &irq_descs[irq];

		spin_lock_init(&desc->lock);
		init_waitqueue_head(&desc->threads_done);
		desc->irq = irq;
		desc->chip = &host_chip;
		desc->handle = handle_edge_irq;
		cpumask_setall(&desc->affinity);
	}
	irq_init_percpu_lines();
}
