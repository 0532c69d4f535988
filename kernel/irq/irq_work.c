// SPDX-License-Identifier: MIT
/* Work that runs in an interrupt of its own: see <kern/irq_work.h>. */
#include <kern/irq_work.h>
#include <kern/percpu.h>
#include <um/irqflags.h>
#include <um/processor.h>
#include <um/smp.h>
#include "internal.h"

static DEFINE_PER_CPU_ALIGNED(struct llist_head, irq_works);

static bool claim(struct irq_work *work)
{
	return !(__atomic_fetch_or(&work->flags, IRQ_WORK_PENDING, __ATOMIC_SEQ_CST) &
		 IRQ_WORK_PENDING);
}

static void queue_on(struct irq_work *work, unsigned int cpu)
{
	if (llist_add(&work->node, per_cpu_ptr(&irq_works, cpu)))
		um_send_ipi(cpu, IPI_IRQ_WORK);
}

bool irq_work_queue(struct irq_work *work)
{
	if (!claim(work))
		return false;
	preempt_disable();
	queue_on(work, smp_processor_id());
	/* The interrupt itself looks at who must be preempted. */
	preempt_enable_no_resched();
	return true;
}

bool irq_work_queue_on(struct irq_work *work, unsigned int cpu)
{
	if (!claim(work))
		return false;
	queue_on(work, cpu);
	return true;
}

/* IPI_IRQ_WORK. => interrupt context */
void irq_work_run(void)
{
	struct llist_node *node = llist_reverse_order(llist_del_all(this_cpu_ptr(&irq_works)));

	while (node) {
		struct irq_work *work = container_of(node, struct irq_work, node);
		unsigned int busy = IRQ_WORK_BUSY;

		node = node->next;
		/* From here on it may be queued again. */
		__atomic_store_n(&work->flags, busy, __ATOMIC_SEQ_CST);
		work->func(work);
		__atomic_compare_exchange_n(&work->flags, &busy, 0, false, __ATOMIC_SEQ_CST,
					    __ATOMIC_SEQ_CST);
	}
}

void irq_work_sync(struct irq_work *work)
{
	unsigned long rounds = 0;

	while (__atomic_load_n(&work->flags, __ATOMIC_ACQUIRE) & (IRQ_WORK_PENDING | IRQ_WORK_BUSY))
		um_spin_wait(rounds++);
}
