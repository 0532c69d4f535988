// SPDX-License-Identifier: MIT
/*
 * Dynamic per-CPU memory. Every CPU's area (um/boot) has PERCPU_DYNAMIC_SIZE bytes behind the
 * template; a block at offset o there exists on every CPU, and its pointer is what a static
 * variable at that offset would have. A bitmap of 16-byte units says what is taken, and a
 * second one where blocks end.
 *
 * When the region is full, allocation fails: callers must cope.
 *
 * Locks: percpu_lock, interrupts off, innermost.
 */
#include "internal.h"

#include <lib/bitmap.h>
#include <mm/percpu.h>

#define UNIT 16
#define NR_UNITS (PERCPU_DYNAMIC_SIZE / UNIT)

static DEFINE_SPINLOCK(percpu_lock);
static DECLARE_BITMAP(used_units, NR_UNITS);	/* percpu_lock */
static DECLARE_BITMAP(last_units, NR_UNITS);	/* percpu_lock: last unit of a block */
static unsigned long dynamic_base;		/* constant: template address of unit 0 */

void percpu_init(void)
{
	dynamic_base = ((unsigned long)__start_percpu +
			ALIGN((unsigned long)(__stop_percpu - __start_percpu), 64));
}

/* The first run of `units` free ones at an address of the alignment, or NR_UNITS. */
static unsigned long find_units(unsigned long units, size_t align)
{
	unsigned long step = max(align / UNIT, 1UL), at = 0;

	while ((dynamic_base + at * UNIT) & (align - 1))
		at++;
	for (; at + units <= NR_UNITS; at += step) {
		unsigned long busy = find_next_bit(used_units, at + units, at);

		if (busy >= at + units)
			return at;
		at += (busy - at) / step * step;
	}
	return NR_UNITS;
}

void *__alloc_percpu(size_t size, size_t align)
{
	unsigned long units = (size + UNIT - 1) / UNIT, at, flags;
	void *ptr;

	if (!size || size > PERCPU_DYNAMIC_SIZE)
		return NULL;
	align = max(align, (size_t)UNIT);
	spin_lock_irqsave(&percpu_lock, flags);
	at = find_units(units, align);
	if (at < NR_UNITS) {
		bitmap_set(used_units, at, units);
		__set_bit(at + units - 1, last_units);
	}
	spin_unlock_irqrestore(&percpu_lock, flags);
	if (at == NR_UNITS)
		return NULL;
	ptr = (void *)(dynamic_base + at * UNIT);
	for (unsigned int cpu = 0; cpu < NR_CPUS; cpu++)
		if (__per_cpu_offset[cpu])
			memset(per_cpu_ptr((char *)ptr, cpu), 0, size);
	return ptr;
}

void free_percpu(void *ptr)
{
	unsigned long at = ((unsigned long)ptr - dynamic_base) / UNIT, end, flags;

	if (!ptr)
		return;
	if (WARN_ON(at >= NR_UNITS))
		return;
	spin_lock_irqsave(&percpu_lock, flags);
	end = find_next_bit(last_units, NR_UNITS, at);
	if (!WARN_ON(end == NR_UNITS || !test_bit(at, used_units))) {
		__clear_bit(end, last_units);
		bitmap_clear(used_units, at, end - at + 1);
	}
	spin_unlock_irqrestore(&percpu_lock, flags);
}
