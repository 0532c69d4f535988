// SPDX-License-Identifier: MIT
/*
 * Interrupt lines.
 *
 * The machine calls do_IRQ() with interrupts masked, on the stack of whatever it interrupted.
 * Per-CPU lines (timer, IPIs) have one handler, called directly. Device lines have a list of
 * actions; one CPU at a time runs them, and what arrives meanwhile or while the line is
 * disabled is noted and run afterwards. At the end of the outermost interrupt softirqs run.
 *
 * Lock order: desc->lock is a leaf; handlers run without it.
 */
#include <kern/err.h>
#include <kern/fork.h>
#include <kern/interrupt.h>
#include <kern/kthread.h>
#include <kern/percpu.h>
#include <kern/printk.h>
#include <kern/rcupdate.h>
#include <kern/sched.h>
#include <mm/slab.h>
#include <um/processor.h>
#include "internal.h"

typedef unsigned int irq_counts_t[NR_IRQS];

static struct irq_desc irq_descs[NR_IRQS];
static DEFINE_PER_CPU(irq_counts_t, irq_counts);

struct irq_desc *irq_to_desc(unsigned int irq)
{
	return irq < NR_IRQS ? &irq_descs[irq] : NULL;
}

const char *irq_desc_name(unsigned int irq)
{
	struct irq_desc *desc = irq_to_desc(irq);
	struct irqaction *action = desc ? READ_ONCE(desc->action) : NULL;

	return action ? action->name : desc ? desc->name : NULL;
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

void irq_set_percpu(unsigned int irq, const char *name, void (*handler)(void))
{
	irq_descs[irq].name = name;
	irq_descs[irq].percpu_handler = handler;
}

static void run_actions(struct irq_desc *desc)
{
	struct irqaction *action;
	bool handled = false;

	for (action = READ_ONCE(desc->action); action; action = READ_ONCE(action->next)) {
		int ret = action->handler ? action->handler(desc->irq, action->dev_id) :
					    IRQ_WAKE_THREAD;

		if (ret == IRQ_WAKE_THREAD) {
			__atomic_fetch_or(&action->thread_flags, 1, __ATOMIC_SEQ_CST);
			wake_up_process(action->thread);
		}
		handled |= ret != IRQ_NONE;
	}
	if (!handled)
		pr_warn_ratelimited("irq %u: nobody cared\n", desc->irq);
}

static void handle_device(struct irq_desc *desc)
{
	spin_lock(&desc->lock);
	desc->pending = true;
	if (!desc->in_progress && !desc->depth && desc->action) {
		desc->in_progress = true;
		while (desc->pending && !desc->depth) {
			desc->pending = false;
			spin_unlock(&desc->lock);
			run_actions(desc);
			spin_lock(&desc->lock);
		}
		WRITE_ONCE(desc->in_progress, false);
	}
	spin_unlock(&desc->lock);
}

void generic_handle_irq(unsigned int irq)
{
	struct irq_desc *desc = &irq_descs[irq];

	(*this_cpu_ptr(&irq_counts))[irq]++;
	if (desc->percpu_handler)
		desc->percpu_handler();
	else
		handle_device(desc);
}

void do_IRQ(unsigned int irq)
{
	bool outside;
	int was;

	if (irq >= NR_IRQS)
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

static int irq_thread(void *data)
{
	struct irqaction *action = data;

	sched_set_fifo(current);
	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (kthread_should_stop())
			break;
		if (!(__atomic_exchange_n(&action->thread_flags, 0, __ATOMIC_SEQ_CST) & 1)) {
			schedule();
			continue;
		}
		__set_current_state(TASK_RUNNING);
		action->thread_fn(action->irq, action->dev_id);
	}
	__set_current_state(TASK_RUNNING);
	return 0;
}

static int add_action(struct irq_desc *desc, struct irqaction *action)
{
	struct irqaction **link = &desc->action;
	bool run_now = false;
	unsigned long flags;
	int ret = 0;

	spin_lock_irqsave(&desc->lock, flags);
	if (*link && (!((*link)->flags & IRQF_SHARED) || !(action->flags & IRQF_SHARED))) {
		ret = -EBUSY;
	} else {
		while (*link)
			link = &(*link)->next;
		smp_store_release(link, action);
		run_now = desc->pending && !desc->in_progress;
	}
	spin_unlock_irqrestore(&desc->lock, flags);
	if (run_now) {
		local_irq_save(flags);
		handle_device(desc);
		local_irq_restore(flags);
	}
	return ret;
}

int request_threaded_irq(unsigned int irq, irq_handler_t handler, irq_handler_t thread_fn,
			 unsigned long flags, const char *name, void *dev)
{
	struct irq_desc *desc = irq_to_desc(irq);
	struct irqaction *action;
	int ret;

	if (!desc || desc->percpu_handler || (!handler && !thread_fn) ||
	    ((flags & IRQF_SHARED) && !dev))
		return -EINVAL;
	action = kzalloc(sizeof(*action), GFP_KERNEL);
	if (!action)
		return -ENOMEM;
	action->handler = (int (*)(int, void *))handler;
	action->thread_fn = (int (*)(int, void *))thread_fn;
	action->dev_id = dev;
	action->name = name;
	action->irq = irq;
	action->flags = flags;
	if (thread_fn) {
		struct task_struct *thread =
			kthread_create(irq_thread, action, "irq/%u-%s", irq, name);

		if (IS_ERR(thread)) {
			kfree(action);
			return PTR_ERR(thread);
		}
		action->thread = thread;
		get_task_struct(thread);
		wake_up_process(thread);
	}
	ret = add_action(desc, action);
	if (ret) {
		if (action->thread)
			kthread_stop_put(action->thread);
		kfree(action);
	}
	return ret;
}

int request_irq(unsigned int irq, irq_handler_t handler, unsigned long flags, const char *name,
		void *dev)
{
	return request_threaded_irq(irq, handler, NULL, flags, name, dev);
}

const void *free_irq(unsigned int irq, void *dev)
{
	struct irq_desc *desc = irq_to_desc(irq);
	struct irqaction **link, *action;
	unsigned long flags;

	if (!desc)
		return NULL;
	spin_lock_irqsave(&desc->lock, flags);
	for (link = &desc->action; (action = *link); link = &action->next) {
		if (action->dev_id == dev)
			break;
	}
	if (action)
		WRITE_ONCE(*link, action->next);
	spin_unlock_irqrestore(&desc->lock, flags);
	if (WARN_ON(!action))
		return NULL;
	synchronize_irq(irq);
	if (action->thread)
		kthread_stop_put(action->thread);
	kfree(action);
	return dev;
}

void synchronize_irq(unsigned int irq)
{
	struct irq_desc *desc = irq_to_desc(irq);
	unsigned long rounds = 0;

	while (desc && READ_ONCE(desc->in_progress))
		um_spin_wait(rounds++);
}

void disable_irq_nosync(unsigned int irq)
{
	struct irq_desc *desc = irq_to_desc(irq);
	unsigned long flags;

	spin_lock_irqsave(&desc->lock, flags);
	desc->depth++;
	spin_unlock_irqrestore(&desc->lock, flags);
}

void disable_irq(unsigned int irq)
{
	disable_irq_nosync(irq);
	synchronize_irq(irq);
}

void enable_irq(unsigned int irq)
{
	struct irq_desc *desc = irq_to_desc(irq);
	unsigned long flags;
	bool replay;

	spin_lock_irqsave(&desc->lock, flags);
	WARN_ON(!desc->depth);
	if (desc->depth)
		desc->depth--;
	replay = !desc->depth && desc->pending && !desc->in_progress && desc->action;
	spin_unlock_irqrestore(&desc->lock, flags);
	if (replay) {
		local_irq_save(flags);
		handle_device(desc);
		local_irq_restore(flags);
	}
}

void init_IRQ(void)
{
	for (unsigned int irq = 0; irq < NR_IRQS; irq++) {
		spin_lock_init(&irq_descs[irq].lock);
		irq_descs[irq].irq = irq;
	}
	irq_init_percpu_lines();
}
