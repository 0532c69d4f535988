// SPDX-License-Identifier: MIT
/*
 * Interrupts: host signals become calls of do_IRQ().
 *
 * Interface. local_irq_disable() sets a per-CPU flag; the host's handler, finding it set, notes
 * its line in um_irq_pending and returns. local_irq_enable() clears the flag and, when a line
 * was noted, calls um_irq_replay().
 *
 * An interrupt taken for good runs in the frame of the host's handler on the stack of the task
 * that it hit. The host blocks the three interrupt signals while its handler runs. Softirqs
 * must be interruptible, and a preempted task must leave the vCPU with signals open, so
 * um_interrupt() opens them once the vCPU is masked, and closes them before it unmasks to
 * return. So the stack of one task holds at most three frames: the one that preempted it, one
 * that came during softirqs, and one that only noted a line.
 *
 *   unmasked, open --signal--> unmasked, closed --um_interrupt--> masked, open
 *        ^                                                             | do_IRQ, softirqs,
 *        |                                                             v preempt_schedule_irq
 *        +------ sigreturn ------ unmasked, closed <-- nothing pending, closed
 *
 * Invariant: the signals are open whenever tasks are switched.
 */
#include "../internal.h"
#include <kern/interrupt.h>
#include <kern/irq.h>
#include <kern/kcsan_irq.h>
#include <kern/preempt.h>
#include <kern/sched.h>
#include <um/irqflags.h>
#include <um/setup.h>
#include <um/smp.h>

DEFINE_PER_CPU(u32, um_irq_masked);
DEFINE_PER_CPU_ALIGNED(u32, um_irq_pending);

/* UM_IDLE_* or 0: this vCPU waits on um_irq_pending (um_cpu_idle). */
DEFINE_PER_CPU(u32, um_idle);

/* Bits (1 << enum um_ipi) sent to this vCPU; any vCPU sets them, its owner takes them. */
static DEFINE_PER_CPU_ALIGNED(u32, ipi_pending);

/* What the interrupt under way hit, as the host said; 0: it was replayed. */
static DEFINE_PER_CPU(unsigned long, interrupted_ip);

unsigned long um_interrupted_ip(void)
{
	return this_cpu_read(interrupted_ip);
}

static void deliver_ipis(void)
{
	u32 *mine = this_cpu_ptr(&ipi_pending);
	u32 kinds = __atomic_exchange_n(mine, 0, __ATOMIC_SEQ_CST);

	for (unsigned int kind = 0; kind < NR_IPIS; kind++) {
		if (kinds & (1u << kind))
			do_IRQ(IRQ_IPI_BASE + kind);
	}
}

/* Delivers everything pending. => masked; do_IRQ may have run softirqs with interrupts on. */
static void deliver_pending(void)
{
	u32 lines;

	while ((lines = __atomic_exchange_n(this_cpu_ptr(&um_irq_pending), 0, __ATOMIC_SEQ_CST))) {
		if (lines & HOST_LINE_TIMER)
			do_IRQ(IRQ_TIMER);
		if (lines & HOST_LINE_IPI)
			deliver_ipis();
		if (lines & HOST_LINE_DEVICE)
			um_device_interrupt(host_device_events());
	}
}

static bool must_preempt(void)
{
	return !preempt_count() && need_resched();
}

void um_interrupt(unsigned int lines, unsigned long ip)
{
	struct kcsan_ctx hit;

	this_cpu_write(um_irq_masked, 1);
	hit = kcsan_irq_enter();
	this_cpu_write(interrupted_ip, ip);
	__atomic_fetch_or(this_cpu_ptr(&um_irq_pending), lines, __ATOMIC_SEQ_CST);
	host_signals_block(0);
	for (;;) {
		deliver_pending();
		while (must_preempt())
			preempt_schedule_irq();
		host_signals_block(1);
		/* Nothing can be noted any more: either something is, or we may leave. */
		if (!this_cpu_read(um_irq_pending))
			break;
		host_signals_block(0);
	}
	kcsan_irq_leave(hit);
	this_cpu_write(um_irq_masked, 0);
}

/*
 * => unmasked, and a line is pending. Any context that may enable interrupts; returns
 *    unmasked with nothing pending, perhaps on another vCPU.
 */
void um_irq_replay(void)
{
	do {
		struct kcsan_ctx hit;

		this_cpu_write(um_irq_masked, 1);
		hit = kcsan_irq_enter();
		this_cpu_write(interrupted_ip, 0);
		deliver_pending();
		while (must_preempt())
			preempt_schedule_irq();
		kcsan_irq_leave(hit);
		this_cpu_write(um_irq_masked, 0);
	} while (this_cpu_read(um_irq_pending));
}

/*
 * A sleeping vCPU is woken through the word that it sleeps on, which saves the signal, and one
 * that polls it needs nothing. It changes um_idle before it looks at its pending word for the
 * last time; the sender sets the pending bit before it looks at um_idle: one of the two sees the
 * other.
 */
void um_send_ipi(unsigned int cpu, enum um_ipi kind)
{
	u32 *theirs = per_cpu_ptr(&ipi_pending, cpu);
	u32 old = __atomic_fetch_or(theirs, 1u << kind, __ATOMIC_SEQ_CST);

	/* Bits that were there already have their signal on the way. */
	if (old)
		return;
	__atomic_fetch_or(per_cpu_ptr(&um_irq_pending, cpu), HOST_LINE_IPI, __ATOMIC_SEQ_CST);
	switch (__atomic_load_n(per_cpu_ptr(&um_idle, cpu), __ATOMIC_SEQ_CST)) {
	case UM_IDLE_POLLS:
		break;
	case UM_IDLE_SLEEPS:
		host_wake_word(per_cpu_ptr(&um_irq_pending, cpu));
		break;
	default:
		host_cpu_kick(cpu);
	}
}
