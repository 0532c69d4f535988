/* SPDX-License-Identifier: MIT */
/* Interrupts are soft-masked: a per-CPU flag, no host call; what arrives meanwhile is replayed. */
#ifndef UM_IRQFLAGS_H
#define UM_IRQFLAGS_H

#include <kern/types.h>
#include <um/percpu.h>

/* Nonzero: a host signal that arrives only notes its line in um_irq_pending. */
DECLARE_PER_CPU(u32, um_irq_masked);
/*
 * Lines (HOST_LINE_*) noted while masked, or set by another vCPU; always changed by atomic
 * instructions. The idle loop sleeps on this word.
 */
DECLARE_PER_CPU(u32, um_irq_pending);

/* => interrupts masked or not; delivers what is pending and may preempt (um/irq). */
void um_irq_replay(void);

/* The flags word: 0 when interrupts are on, 1 when off. */
static inline unsigned long arch_local_save_flags(void)
{
	return this_cpu_read(um_irq_masked);
}

static inline void arch_local_irq_disable(void)
{
	this_cpu_write(um_irq_masked, 1);
}

/*
 * Order: first unmask, then look. A signal between the two delivers everything itself, and if
 * it moves the task then looking at the other vCPU's word is harmless.
 */
static inline void arch_local_irq_enable(void)
{
	this_cpu_write(um_irq_masked, 0);
	if (__builtin_expect(this_cpu_read(um_irq_pending) != 0, 0))
		um_irq_replay();
}

static inline unsigned long arch_local_irq_save(void)
{
	unsigned long flags = arch_local_save_flags();

	arch_local_irq_disable();
	return flags;
}

static inline bool irqs_disabled_flags(unsigned long flags)
{
	return flags != 0;
}

static inline void arch_local_irq_restore(unsigned long flags)
{
	if (!flags)
		arch_local_irq_enable();
}

static inline bool irqs_disabled(void)
{
	return arch_local_save_flags() != 0;
}

#define local_irq_disable() arch_local_irq_disable()
#define local_irq_enable() arch_local_irq_enable()
#define local_save_flags(flags) do { (flags) = arch_local_save_flags(); } while (0)
#define local_irq_save(flags) do { (flags) = arch_local_irq_save(); } while (0)
#define local_irq_restore(flags) arch_local_irq_restore(flags)

#endif
