/* SPDX-License-Identifier: MIT */
/* The armed POSIX timers on the CPU clocks of one task or process: kernel/time/posix_cpu_timers.c. */
#ifndef KERN_CPU_TIMERS_H
#define KERN_CPU_TIMERS_H

#include <kern/spinlock.h>
#include <lib/rbtree.h>

/* Guarded by lock; nr is also read without it. */
struct cpu_timers {
	spinlock_t lock;
	unsigned int nr;
	struct rb_root_cached queues[3]; /* by CPUCLOCK_*; the first to expire leftmost */
};

#define CPU_TIMERS_INIT(name) { .lock = __SPIN_LOCK_UNLOCKED(name.lock) }

static inline void cpu_timers_init(struct cpu_timers *timers)
{
	*timers = (struct cpu_timers){ .nr = 0 };
	spin_lock_init(&timers->lock);
}

#endif
