// SPDX-License-Identifier: MIT
/*
 * Adding and removing handlers, their threads, disabling lines, affinity.
 *
 * A threaded action has a thread, irq/N-name, of real-time priority 50. Its handler (if it has
 * one) says IRQ_WAKE_THREAD; the thread then calls thread_fn. With IRQF_ONESHOT a level stays
 * masked until the thread is done, since its cause stands until then. With the parameter
 * `threadirqs` handlers run in threads too, softirqs off, but those with IRQF_NO_THREAD,
 * IRQF_PERCPU or IRQF_ONESHOT.
 *
 *   asleep --irq_wake_thread: thread_run, threads_active++--> runs thread_fn --> finalize,
 *     ^                                                        threads_active--     |
 *     +-----------------------------------------------------------------------------+
 *
 * Lock order: desc->lock is a leaf but for wake-ups.
 */
#include <kern/err.h>
#include <kern/fork.h>
#include <kern/init.h>
#include <kern/interrupt.h>
#include <kern/kthread.h>
#include <kern/sched.h>
#include <kern/softirq.h>
#include <lib/bitops.h>
#include <mm/slab.h>
#include <um/processor.h>
#include "internal.h"

#define NEVER_FORCED (IRQF_NO_THREAD | IRQF_PERCPU | IRQF_ONESHOT)

struct cpumask irq_default_affinity;
static bool force_threads;

static int set_threadirqs(char *value)
{
	force_threads = true;
	return 1;
}
__kparam("threadirqs", set_threadirqs, NULL, 1);

/* ---- threads ---- */

void irq_wake_thread(struct irq_desc *desc, struct irqaction *action)
{
	if (__atomic_exchange_n(&action->thread_run, 1, __ATOMIC_SEQ_CST))
		return;
	/* The line is masked, and its events are run one at a time, while this is written. */
	__atomic_fetch_or(&desc->threads_oneshot, action->thread_mask, __ATOMIC_SEQ_CST);
	__atomic_fetch_add(&desc->threads_active, 1, __ATOMIC_SEQ_CST);
	wake_up_process(action->thread);
}

/* The thread is done: a level may be told again. */
static void finalize_oneshot(struct irq_desc *desc, struct irqaction *action)
{
	spin_lock_irq(&desc->lock);
	/* Not when the handler has woken the thread again. */
	if (action->thread_mask && !__atomic_load_n(&action->thread_run, __ATOMIC_SEQ_CST)) {
		__atomic_fetch_and(&desc->threads_oneshot, ~action->thread_mask, __ATOMIC_SEQ_CST);
		if (!desc->in_progress)
			irq_startup_line(desc);
	}
	spin_unlock_irq(&desc->lock);
}

static void thread_done(struct irq_desc *desc)
{
	if (!__atomic_sub_fetch(&desc->threads_active, 1, __ATOMIC_SEQ_CST))
		wake_up_all(&desc->threads_done);
}

/* What the handler would have been called for, as near to an interrupt as a thread can be. */
static void run_forced(struct irqaction *action)
{
	int ret;

	local_bh_disable();
	ret = action->handler(action->irq, action->dev_id);
	local_bh_enable();
	if (ret == IRQ_WAKE_THREAD && action->thread_fn)
		action->thread_fn(action->irq, action->dev_id);
}

static int irq_thread(void *data)
{
	struct irqaction *action = data;
	struct irq_desc *desc = irq_to_desc(action->irq);

	sched_set_fifo(current);
	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (!__atomic_exchange_n(&action->thread_run, 0, __ATOMIC_SEQ_CST)) {
			if (kthread_should_stop())
				break;
			schedule();
			continue;
		}
		__set_current_state(TASK_RUNNING);
		if (action->forced)
			run_forced(action);
		else
			action->thread_fn(action->irq, action->dev_id);
		finalize_oneshot(desc, action);
		thread_done(desc);
	}
	__set_current_state(TASK_RUNNING);
	return 0;
}

static int make_thread(struct irq_desc *desc, struct irqaction *action)
{
	struct task_struct *thread =
		kthread_create(irq_thread, action, "irq/%u-%s", action->irq, action->name);

	if (IS_ERR(thread))
		return PTR_ERR(thread);
	set_cpus_allowed_ptr(thread, &desc->affinity);
	action->thread = thread;
	get_task_struct(thread);
	wake_up_process(thread);
	return 0;
}

/* ---- handlers ---- */

/* May the two have one line? Both must want to share, and agree on how it is masked. */
static bool may_share(const struct irqaction *a, const struct irqaction *b)
{
	return (a->flags & b->flags & IRQF_SHARED) &&
	       !((a->flags ^ b->flags) & (IRQF_ONESHOT | IRQF_PERCPU));
}

/* => desc->lock held; 0 or -EBUSY: no bit is left */
static int choose_thread_mask(struct irq_desc *desc, struct irqaction *action)
{
	unsigned long used = 0;

	if (!(action->flags & IRQF_ONESHOT) || !action->thread)
		return 0;
	for (struct irqaction *other = desc->action; other; other = other->next)
		used |= other->thread_mask;
	if (used == ~0UL)
		return -EBUSY;
	action->thread_mask = 1UL << __builtin_ctzl(~used);
	return 0;
}

static int add_action(struct irq_desc *desc, struct irqaction *action)
{
	struct irqaction **link = &desc->action;
	unsigned long flags;
	int ret = 0;

	spin_lock_irqsave(&desc->lock, flags);
	if (*link && !may_share(*link, action))
		ret = -EBUSY;
	if (!ret)
		ret = choose_thread_mask(desc, action);
	if (!ret) {
		if (!*link) {
			desc->affinity = irq_default_affinity;
			desc->nr_events = desc->nr_unhandled = 0;
			desc->depth = action->flags & IRQF_NO_AUTOEN ? 1 : 0;
		}
		while (*link)
			link = &(*link)->next;
		smp_store_release(link, action);
		irq_startup_line(desc);
	}
	spin_unlock_irqrestore(&desc->lock, flags);
	return ret;
}

static void free_action(struct irqaction *action)
{
	if (action->thread)
		kthread_stop_put(action->thread);
	kfree(action);
}

int request_threaded_irq(unsigned int irq, irq_handler_t handler, irq_handler_t thread_fn,
			 unsigned long flags, const char *name, void *dev)
{
	struct irq_desc *desc = irq_to_desc(irq);
	struct irqaction *action;
	int ret = 0;

	if (!desc || desc->percpu_handler || (!handler && !thread_fn) ||
	    ((flags & IRQF_SHARED) && (!dev || (flags & IRQF_NO_AUTOEN))))
		return -EINVAL;
	/* A level that nobody silences in the interrupt would come for ever. */
	if (!handler && !(flags & IRQF_ONESHOT) && desc->handle == handle_level_irq)
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
	if (force_threads && handler && !(flags & NEVER_FORCED)) {
		action->forced = true;
		action->flags |= IRQF_ONESHOT;
	}
	if (thread_fn || action->forced)
		ret = make_thread(desc, action);
	if (!ret)
		ret = add_action(desc, action);
	if (ret)
		free_action(action);
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
	if (action && !desc->action)
		irq_mask_line(desc);
	spin_unlock_irqrestore(&desc->lock, flags);
	if (WARN_ON(!action))
		return NULL;
	synchronize_irq(irq);
	free_action(action);
	return dev;
}

static void synchronize_hardirq(struct irq_desc *desc)
{
	unsigned long rounds = 0;

	while (READ_ONCE(desc->in_progress))
		um_spin_wait(rounds++);
}

void synchronize_irq(unsigned int irq)
{
	struct irq_desc *desc = irq_to_desc(irq);

	if (!desc)
		return;
	synchronize_hardirq(desc);
	wait_event(desc->threads_done,
		   !__atomic_load_n(&desc->threads_active, __ATOMIC_SEQ_CST));
}

/* ---- disabling ---- */

void disable_irq_nosync(unsigned int irq)
{
	struct irq_desc *desc = irq_to_desc(irq);
	unsigned long flags;

	spin_lock_irqsave(&desc->lock, flags);
	if (!desc->depth++)
		irq_mask_line(desc);
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

	spin_lock_irqsave(&desc->lock, flags);
	WARN_ON(!desc->depth);
	if (desc->depth && !--desc->depth)
		irq_startup_line(desc);
	spin_unlock_irqrestore(&desc->lock, flags);
}

/* ---- affinity ---- */

int irq_set_affinity(unsigned int irq, const struct cpumask *mask)
{
	struct task_struct *threads[8];
	struct irq_desc *desc = irq_to_desc(irq);
	unsigned int n = 0;
	unsigned long flags;

	if (!desc || desc->percpu_handler || !cpumask_intersects(mask, cpu_online_mask))
		return -EINVAL;
	spin_lock_irqsave(&desc->lock, flags);
	desc->affinity = *mask;
	for (struct irqaction *action = desc->action; action; action = action->next) {
		if (action->thread && n < ARRAY_SIZE(threads)) {
			threads[n++] = action->thread;
			get_task_struct(action->thread);
		}
	}
	spin_unlock_irqrestore(&desc->lock, flags);
	while (n) {
		set_cpus_allowed_ptr(threads[--n], mask);
		put_task_struct(threads[n]);
	}
	return 0;
}
