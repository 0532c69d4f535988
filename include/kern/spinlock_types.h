/* SPDX-License-Identifier: MIT */
/* The spin locks' representation. */
#ifndef KERN_SPINLOCK_TYPES_H
#define KERN_SPINLOCK_TYPES_H

#include <kern/lockdep_types.h>
#include <kern/types.h>

/* 0 free, 1 held. Who waits yields the host core after a bounded spin (um_spin_wait). */
typedef struct spinlock {
	u32 locked;
#ifdef CONFIG_DEBUG
	int owner_cpu;
	struct lockdep_map dep_map;
#endif
} spinlock_t;

typedef spinlock_t raw_spinlock_t;

#define RW_WRITER_HELD 0x80000000U
#define RW_WRITER_WAITS 0x40000000U

/* The readers' count, or RW_WRITER_HELD; RW_WRITER_WAITS keeps new readers out (not in interrupts). */
typedef struct {
	u32 count;
#ifdef CONFIG_DEBUG
	struct lockdep_map dep_map;
#endif
} rwlock_t;

#define __SPIN_LOCK_UNLOCKED(lockname) { .locked = 0, LOCKDEP_MAP_INIT(lockname) }
#define __RAW_SPIN_LOCK_UNLOCKED(lockname) __SPIN_LOCK_UNLOCKED(lockname)
#define __RW_LOCK_UNLOCKED(lockname) { .count = 0, LOCKDEP_MAP_INIT(lockname) }
#define DEFINE_SPINLOCK(name) spinlock_t name = __SPIN_LOCK_UNLOCKED(name)
#define DEFINE_RAW_SPINLOCK(name) DEFINE_SPINLOCK(name)
#define DEFINE_RWLOCK(name) rwlock_t name = __RW_LOCK_UNLOCKED(name)

#endif
