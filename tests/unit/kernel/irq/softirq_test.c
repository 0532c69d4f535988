// SPDX-License-Identifier: MIT
/* Interrupt lines, softirqs, tasklets. */
#include <kern/delay.h>
#include <kern/errno.h>
#include <kern/interrupt.h>
#include "../threads.h"

#define TEST_IRQ 40

static atomic_t handled, threaded, tasklet_runs;

static irqreturn_t count_irq(int irq, void *dev)
{
	KEXPECT_TRUE(irqs_disabled());
	KEXPECT_TRUE(in_hardirq());
	atomic_inc(&handled);
	return IRQ_WAKE_THREAD;
}

static irqreturn_t count_in_thread(int irq, void *dev)
{
	KEXPECT_FALSE(in_interrupt());
	atomic_inc(&threaded);
	return IRQ_HANDLED;
}

static irqreturn_t count_plain(int irq, void *dev)
{
	atomic_inc(&handled);
	return IRQ_HANDLED;
}

static void raise_line(void)
{
	unsigned long flags;

	local_irq_save(flags);
	do_IRQ(TEST_IRQ);
	local_irq_restore(flags);
}

KTEST(irq, handlers_run_and_are_counted)
{
	u64 before = kstat_irqs(TEST_IRQ);
	char names[32];
	int dev;

	atomic_set(&handled, 0);
	KEXPECT_EQ(request_irq(TEST_IRQ, count_plain, 0, "test", &dev), 0);
	KEXPECT_EQ(request_irq(TEST_IRQ, count_plain, 0, "again", &dev), -EBUSY);
	KEXPECT_EQ(request_irq(NR_IRQS, count_plain, 0, "none", &dev), -EINVAL);
	irq_action_names(TEST_IRQ, names, sizeof(names));
	KEXPECT_STREQ(names, "test");
	raise_line();
	raise_line();
	KEXPECT_EQ(atomic_read(&handled), 2);
	KEXPECT_EQ(kstat_irqs(TEST_IRQ), before + 2);
	KEXPECT_TRUE(free_irq(TEST_IRQ, &dev) == &dev);
}

KTEST(irq, disabled_lines_wait)
{
	int dev;

	atomic_set(&handled, 0);
	KEXPECT_EQ(request_irq(TEST_IRQ, count_plain, 0, "test", &dev), 0);
	disable_irq(TEST_IRQ);
	raise_line();
	KEXPECT_EQ(atomic_read(&handled), 0);
	enable_irq(TEST_IRQ);
	KEXPECT_EQ(atomic_read(&handled), 1);
	free_irq(TEST_IRQ, &dev);
}

KTEST(irq, shared_lines_call_everybody)
{
	int a, b;

	atomic_set(&handled, 0);
	KEXPECT_EQ(request_irq(TEST_IRQ, count_plain, IRQF_SHARED, "a", &a), 0);
	KEXPECT_EQ(request_irq(TEST_IRQ, count_plain, IRQF_SHARED, "b", &b), 0);
	raise_line();
	KEXPECT_EQ(atomic_read(&handled), 2);
	free_irq(TEST_IRQ, &a);
	raise_line();
	KEXPECT_EQ(atomic_read(&handled), 3);
	free_irq(TEST_IRQ, &b);
}

KTEST(irq, threads_run_after_the_handler)
{
	int dev;

	atomic_set(&threaded, 0);
	KEXPECT_EQ(request_threaded_irq(TEST_IRQ, count_irq, count_in_thread, 0, "test", &dev), 0);
	raise_line();
	for (unsigned int i = 0; i < 100 && !atomic_read(&threaded); i++)
		msleep(2);
	KEXPECT_EQ(atomic_read(&threaded), 1);
	free_irq(TEST_IRQ, &dev);
}

static void run_tasklet(struct tasklet_struct *t)
{
	KEXPECT_TRUE(in_serving_softirq());
	KEXPECT_FALSE(irqs_disabled());
	atomic_inc(&tasklet_runs);
}

KTEST(softirq, tasklets_run_once_each_time)
{
	struct tasklet_struct t;

	atomic_set(&tasklet_runs, 0);
	tasklet_setup(&t, run_tasklet);
	local_bh_disable();
	tasklet_schedule(&t);
	tasklet_schedule(&t);
	KEXPECT_EQ(atomic_read(&tasklet_runs), 0);
	local_bh_enable();
	tasklet_kill(&t);
	KEXPECT_EQ(atomic_read(&tasklet_runs), 1);
	tasklet_disable(&t);
	tasklet_schedule(&t);
	msleep(5);
	KEXPECT_EQ(atomic_read(&tasklet_runs), 1);
	tasklet_enable(&t);
	tasklet_kill(&t);
	KEXPECT_EQ(atomic_read(&tasklet_runs), 2);
}

KTEST(softirq, counts_nest)
{
	KEXPECT_FALSE(in_softirq());
	local_bh_disable();
	local_bh_disable();
	KEXPECT_TRUE(in_softirq());
	KEXPECT_FALSE(in_serving_softirq());
	local_bh_enable();
	KEXPECT_TRUE(in_softirq());
	local_bh_enable();
	KEXPECT_FALSE(in_softirq());
}
