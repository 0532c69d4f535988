/* SPDX-License-Identifier: MIT */
/* The spin locks' representation. */
#ifndef KERN_SPINLOCK_TYPES_H
#define KERN_SPINLOCK_TYPES_H

#include <kern/lockdep_types.h>
#include <kern/types.h>

/*
 * A word: all zero is free with nobody waiting. See kernel/locking/spinlock.c. `head` is written
 * by the first of the queue alone, `tail` names the last one.
 */
typedef struct spinlock {
	union {
		u32 word;
		struct {
			u8 locked;
			u8 head;	/* SPIN_HEAD_* */
			u16 tail;	/* 0: nobody waits in the queue */
		};
	};
#ifdef CONFIG_DEBUG
	int owner_cpu;
	struct lockdep_map dep_map;
#endif
} spinlock_t;

typedef spinlock_t raw_spinlock_t;

#define SPIN_HEAD_NO_STEALING 1	/* newcomers must queue: the first has been passed over enough */
#define SPIN_HEAD_SLEEPS 2	/* the first sleeps on the word: wake it */

#define RW_WRITER_HELD 0x80000000U
#define RW_WRITER_WAITS 0x40000000U

/*
 * The readers' count, or RW_WRITER_HELD; RW_WRITER_WAITS keeps new readers out (not in
 * interrupts). Who must wait queues for wait_lock, readers and writers alike.
 */
typedef struct {
	u32 count;
	spinlock_t wait_lock;
#ifdef CONFIG_DEBUG
	struct lockdep_map dep_map;
#endif
} rwlock_t;

#define __SPIN_LOCK_UNLOCKED(lockname) { .word = 0, LOCKDEP_MAP_INIT(lockname) }
#define __RAW_SPIN_LOCK_UNLOCKED(lockname) __SPIN_LOCK_UNLOCKED(lockname)
#define __RW_LOCK_UNLOCKED(lockname) { .count = 0, .wait_lock = { .word = 0 }, LOCKDEP_MAP_INIT(lockname) }
#define DEFINE_SPINLOCK(name) spinlock_t name = __SPIN_LOCK_UNLOCKED(name)
#define DEFINE_RAW_SPINLOCK(name) DEFINE_SPINLOCK(name)
#define DEFINE_RWLOCK(name) rwlock_t name = __RW_LOCK_UNLOCKED(name)

#endif
