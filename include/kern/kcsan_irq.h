/* SPDX-License-Identifier: MIT */
/*
 * For the machine's interrupt entry: the concurrency sanitizer's regions of the task that was hit do
 * not cover what runs in between, which is the scheduler too and counts as task context there.
 */
#ifndef KERN_KCSAN_IRQ_H
#define KERN_KCSAN_IRQ_H

#include <kern/task.h>

#ifdef CONFIG_KCSAN

/* => interrupts masked; the same task leaves as enters, perhaps on another CPU */
static inline struct kcsan_ctx kcsan_irq_enter(void)
{
	struct kcsan_ctx hit = current->kcsan;

	current->kcsan = (struct kcsan_ctx){ 0 };
	return hit;
}

static inline void kcsan_irq_leave(struct kcsan_ctx hit)
{
	current->kcsan = hit;
}

#else

static inline struct kcsan_ctx kcsan_irq_enter(void)
{
	return (struct kcsan_ctx){ 0 };
}

static inline void kcsan_irq_leave(struct kcsan_ctx hit)
{
}

#endif

#endif
