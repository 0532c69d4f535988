// SPDX-License-Identifier: MIT
/* Flow handlers with a controller of our own, spurious lines, affinity, irq_work. */
#include <kern/delay.h>
#include <kern/errno.h>
#include <kern/interrupt.h>
#include <kern/irq_work.h>
#include "../threads.h"

#define TEST_IRQ 41

static atomic_t handled, threaded;

static void raise_line(void)
{
	unsigned long flags;

	local_irq_save(flags);
	do_IRQ(TEST_IRQ);
	local_irq_restore(flags);
}

/* ---- a line whose level stands until somebody clears it ---- */

static bool standing, masked;
static atomic_t unmasked;

static void tell_again(struct irq_work *work)
{
	if (READ_ONCE(standing) && !READ_ONCE(masked))
		generic_handle_irq(TEST_IRQ);
}
static DEFINE_IRQ_WORK(level_work, tell_again);

static void mask(unsigned int irq)
{
	WRITE_ONCE(masked, true);
}

static void unmask(unsigned int irq)
{
	WRITE_ONCE(masked, false);
	atomic_inc(&unmasked);
	/* A controller that sees the level tells it. */
	if (READ_ONCE(standing))
		irq_work_queue(&level_work);
}

static const struct irq_chip level_chip = { .name = "test", .irq_mask = mask, .irq_unmask = unmask };

static void prepare_level(void)
{
	standing = masked = false;
	atomic_set(&handled, 0);
	atomic_set(&threaded, 0);
	atomic_set(&unmasked, 0);
	KEXPECT_EQ(irq_set_chip_and_handler(TEST_IRQ, &level_chip, handle_level_irq), 0);
}

static void end_level(void)
{
	irq_work_sync(&level_work);
	KEXPECT_EQ(irq_set_chip_and_handler(TEST_IRQ, NULL, handle_edge_irq), 0);
}

static irqreturn_t clear_at_third(int irq, void *dev)
{
	KEXPECT_TRUE(READ_ONCE(masked));
	if (atomic_inc_return(&handled) == 3)
		WRITE_ONCE(standing, false);
	return IRQ_HANDLED;
}

KTEST(irq_flow, a_level_is_told_until_it_is_gone)
{
	int dev;

	prepare_level();
	KASSERT_EQ(request_irq(TEST_IRQ, clear_at_third, 0, "level", &dev), 0);
	KEXPECT_EQ(irq_set_chip_and_handler(TEST_IRQ, NULL, handle_edge_irq), -EBUSY);
	standing = true;
	raise_line();
	while (READ_ONCE(standing))
		msleep(1);
	free_irq(TEST_IRQ, &dev);
	KEXPECT_EQ(atomic_read(&handled), 3);
	end_level();
}

static irqreturn_t clear_in_thread(int irq, void *dev)
{
	/* The level still stands: it must not have come again. */
	KEXPECT_TRUE(READ_ONCE(masked));
	msleep(5);
	KEXPECT_TRUE(READ_ONCE(masked));
	WRITE_ONCE(standing, false);
	atomic_inc(&threaded);
	return IRQ_HANDLED;
}

KTEST(irq_flow, oneshot_masks_a_level_until_the_thread_is_done)
{
	int dev;

	prepare_level();
	KEXPECT_EQ(request_threaded_irq(TEST_IRQ, NULL, clear_in_thread, 0, "level", &dev), -EINVAL);
	KASSERT_EQ(request_threaded_irq(TEST_IRQ, NULL, clear_in_thread, IRQF_ONESHOT, "level", &dev),
		   0);
	for (int i = 1; i <= 5; i++) {
		standing = true;
		raise_line();
		synchronize_irq(TEST_IRQ);
		KEXPECT_EQ(atomic_read(&threaded), i);
		KEXPECT_FALSE(masked);
	}
	free_irq(TEST_IRQ, &dev);
	KEXPECT_EQ(atomic_read(&unmasked), 5);
	end_level();
}

KTEST(irq_flow, a_disabled_level_is_masked)
{
	int dev;

	prepare_level();
	KASSERT_EQ(request_irq(TEST_IRQ, clear_at_third, IRQF_NO_AUTOEN, "level", &dev), 0);
	standing = true;
	raise_line();
	KEXPECT_EQ(atomic_read(&handled), 0);
	enable_irq(TEST_IRQ);
	while (READ_ONCE(standing))
		msleep(1);
	KEXPECT_EQ(atomic_read(&handled), 3);
	free_irq(TEST_IRQ, &dev);
	end_level();
}

/* ---- edges ---- */

static irqreturn_t count_and_raise_again(int irq, void *dev)
{
	/* An edge that comes while we run is not lost, and does not nest. */
	if (atomic_inc_return(&handled) == 1) {
		generic_handle_irq(TEST_IRQ);
		KEXPECT_EQ(atomic_read(&handled), 1);
	}
	return IRQ_HANDLED;
}

KTEST(irq_flow, an_edge_during_the_handler_runs_it_again)
{
	int dev;

	atomic_set(&handled, 0);
	KASSERT_EQ(request_irq(TEST_IRQ, count_and_raise_again, 0, "edge", &dev), 0);
	raise_line();
	KEXPECT_EQ(atomic_read(&handled), 2);
	free_irq(TEST_IRQ, &dev);
}

static irqreturn_t not_mine(int irq, void *dev)
{
	atomic_inc(&handled);
	return IRQ_NONE;
}

KTEST(irq_flow, a_line_nobody_cares_for_is_turned_off)
{
	struct irq_desc *desc = irq_to_desc(TEST_IRQ);
	int dev;

	atomic_set(&handled, 0);
	KASSERT_EQ(request_irq(TEST_IRQ, not_mine, 0, "spurious", &dev), 0);
	/* A pause of the host lets a window pass. */
	for (unsigned int i = 0; i < 5000000 && !READ_ONCE(desc->depth); i++)
		raise_line();
	KEXPECT_EQ(desc->depth, 1);
	KEXPECT_GE(atomic_read(&handled), 100000);
	atomic_set(&handled, 0);
	raise_line();
	KEXPECT_EQ(atomic_read(&handled), 0);
	free_irq(TEST_IRQ, &dev);
	KASSERT_EQ(request_irq(TEST_IRQ, not_mine, 0, "spurious", &dev), 0);
	raise_line();
	/* It, and perhaps the one that came while the line was off. */
	KEXPECT_GE(atomic_read(&handled), 1);
	free_irq(TEST_IRQ, &dev);
}

/* ---- where ---- */

static unsigned int ran_on;

static irqreturn_t note_cpu(int irq, void *dev)
{
	WRITE_ONCE(ran_on, raw_smp_processor_id());
	atomic_inc(&handled);
	return IRQ_HANDLED;
}

KTEST(irq_flow, affinity_says_where_handlers_run)
{
	unsigned int cpu;
	int dev;

	atomic_set(&handled, 0);
	KASSERT_EQ(request_irq(TEST_IRQ, note_cpu, 0, "where", &dev), 0);
	KEXPECT_EQ(irq_set_affinity(TEST_IRQ, &(struct cpumask){ { 0 } }), -EINVAL);
	for_each_online_cpu(cpu) {
		int before = atomic_read(&handled);

		KEXPECT_EQ(irq_set_affinity(TEST_IRQ, cpumask_of(cpu)), 0);
		KEXPECT_EQ(irq_effective_cpu(TEST_IRQ), cpu);
		raise_line();
		while (atomic_read(&handled) == before)
			msleep(1);
		KEXPECT_EQ(ran_on, cpu);
	}
	free_irq(TEST_IRQ, &dev);
}

/* ---- irq_work ---- */

static atomic_t works;

static void count_work(struct irq_work *work)
{
	KEXPECT_TRUE(in_hardirq());
	KEXPECT_TRUE(irqs_disabled());
	atomic_inc(&works);
}

KTEST(irq_work, runs_once_interrupts_are_on)
{
	struct irq_work work;
	unsigned long flags;
	unsigned int cpu;

	init_irq_work(&work, count_work);
	atomic_set(&works, 0);
	local_irq_save(flags);
	KEXPECT_TRUE(irq_work_queue(&work));
	KEXPECT_FALSE(irq_work_queue(&work));
	KEXPECT_EQ(atomic_read(&works), 0);
	local_irq_restore(flags);
	irq_work_sync(&work);
	KEXPECT_EQ(atomic_read(&works), 1);
	for_each_online_cpu(cpu) {
		KEXPECT_TRUE(irq_work_queue_on(&work, cpu));
		irq_work_sync(&work);
	}
	KEXPECT_EQ(atomic_read(&works), 1 + num_online_cpus());
}
