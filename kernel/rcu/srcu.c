// SPDX-License-Identifier: MIT
/*
 * SRCU: readers may sleep, so no state of a CPU tells that they have left; they are counted.
 *
 * Each CPU counts, for two numbers, how often a section was entered and left on it (a reader may
 * leave on another CPU than it entered). New readers take the number domain->idx. A grace period
 * waits until the other number has no reader, turns idx over, and waits until the number that
 * was current has none: so whoever was inside at its begin, or read idx just before it turned,
 * is waited for, and newcomers cannot keep it waiting.
 *
 * Ordering. To find no reader the sum of `left` is taken first, then, behind a full barrier, that
 * of `entered`: a section seen left has been seen entered. The barriers in srcu_read_lock() and
 * srcu_read_unlock() keep the section between its two counts.
 *
 * Locks: mutex > nothing. lock is a leaf.
 */
#include <kern/completion.h>
#include <kern/errno.h>
#include <kern/sched.h>
#include <kern/srcu.h>
#include <kern/percpu.h>
#include <mm/percpu.h>
#include <um/processor.h>

/* Looks before a grace period sleeps between two. */
#define FAST_LOOKS 64

static void run_callbacks(struct work_struct *work);

int __init_srcu_struct(struct srcu_struct *domain)
{
	domain->counts = alloc_percpu(struct srcu_counts);
	if (!domain->counts)
		return -ENOMEM;
	domain->idx = 0;
	domain->head = NULL;
	domain->tail = &domain->head;
	mutex_init(&domain->mutex);
	spin_lock_init(&domain->lock);
	INIT_WORK(&domain->work, run_callbacks);
	return 0;
}

void cleanup_srcu_struct(struct srcu_struct *domain)
{
	flush_work(&domain->work);
	WARN_ON(domain->head);
	free_percpu(domain->counts);
	domain->counts = NULL;
}

int srcu_read_lock(struct srcu_struct *domain)
{
	int idx = READ_ONCE(domain->idx) & 1;

	this_cpu_inc(domain->counts->entered[idx]);
	smp_mb();
	return idx;
}

void srcu_read_unlock(struct srcu_struct *domain, int idx)
{
	smp_mb();
	this_cpu_inc(domain->counts->left[idx]);
}

static bool no_readers(struct srcu_struct *domain, unsigned int idx)
{
	unsigned long left = 0, entered = 0;
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		left += READ_ONCE(per_cpu_ptr(domain->counts, cpu)->left[idx]);
	smp_mb();
	for_each_possible_cpu(cpu)
		entered += READ_ONCE(per_cpu_ptr(domain->counts, cpu)->entered[idx]);
	return left == entered;
}

static void wait_for_number(struct srcu_struct *domain, unsigned int idx)
{
	for (unsigned int looks = 0; !no_readers(domain, idx); looks++) {
		if (looks < FAST_LOOKS)
			cpu_relax();
		else
			schedule_timeout_idle(1);
	}
	smp_mb();
}

void synchronize_srcu(struct srcu_struct *domain)
{
	unsigned int old;

	might_sleep();
	mutex_lock(&domain->mutex);
	smp_mb();
	old = domain->idx & 1;
	wait_for_number(domain, !old);
	WRITE_ONCE(domain->idx, domain->idx + 1);
	smp_mb();
	wait_for_number(domain, old);
	mutex_unlock(&domain->mutex);
}

/* Readers may sleep for any time, so nothing makes them leave sooner. */
void synchronize_srcu_expedited(struct srcu_struct *domain)
{
	synchronize_srcu(domain);
}

void call_srcu(struct srcu_struct *domain, struct rcu_head *head, rcu_callback_t func)
{
	unsigned long flags;

	head->func = func;
	head->next = NULL;
	spin_lock_irqsave(&domain->lock, flags);
	*domain->tail = head;
	domain->tail = &head->next;
	spin_unlock_irqrestore(&domain->lock, flags);
	queue_work(system_unbound_wq, &domain->work);
}

static struct rcu_head *take_callbacks(struct srcu_struct *domain)
{
	struct rcu_head *head;

	spin_lock_irq(&domain->lock);
	head = domain->head;
	domain->head = NULL;
	domain->tail = &domain->head;
	spin_unlock_irq(&domain->lock);
	return head;
}

static void run_callbacks(struct work_struct *work)
{
	struct srcu_struct *domain = container_of(work, struct srcu_struct, work);
	struct rcu_head *head = take_callbacks(domain);

	if (!head)
		return;
	synchronize_srcu(domain);
	while (head) {
		struct rcu_head *next = head->next;

		local_bh_disable();
		head->func(head);
		local_bh_enable();
		head = next;
	}
}

struct barrier_wait {
	struct rcu_head head;
	struct completion done;
};

static void barrier_called(struct rcu_head *head)
{
	complete(&container_of(head, struct barrier_wait, head)->done);
}

/* Callbacks are called in order, so one of ours comes behind all others. */
void srcu_barrier(struct srcu_struct *domain)
{
	struct barrier_wait wait;

	init_completion(&wait.done);
	call_srcu(domain, &wait.head, barrier_called);
	wait_for_completion(&wait.done);
}
