// SPDX-License-Identifier: MIT
/*
 * The slow paths of spin locks and reader-writer spin locks.
 *
 * A lock is a word that the winner of an exchange owns. There is no queue: the host may
 * deschedule the vCPU of any waiter, and a queue would make everybody behind it wait for the
 * host. Waiters look at the word without writing it, and um_spin_wait() gives the host core
 * away after a bounded spin, since the holder itself may be the one that has no core.
 *
 * Reader-writer locks: a waiting writer sets RW_WRITER_WAITS, which keeps new readers out, but
 * for readers in interrupts and with softirqs off: they may have interrupted a reader.
 */
#include <kern/lockdep.h>
#include <kern/preempt.h>
#include <kern/spinlock.h>
#include <um/processor.h>

void __spin_lock_init(spinlock_t *lock, const char *name, struct lock_class_key *key)
{
	lock->locked = 0;
#ifdef CONFIG_DEBUG
	lock->owner_cpu = -1;
	lockdep_init_map(&lock->dep_map, name, key);
#endif
}

void __rwlock_init(rwlock_t *lock, const char *name, struct lock_class_key *key)
{
	lock->count = 0;
#ifdef CONFIG_DEBUG
	lockdep_init_map(&lock->dep_map, name, key);
#endif
}

void __spin_lock_slow(spinlock_t *lock)
{
	unsigned long rounds = 0;

	do {
		while (READ_ONCE(lock->locked))
			um_spin_wait(rounds++);
	} while (!__spin_trylock_raw(lock));
}

void __read_lock_slow(rwlock_t *lock)
{
	u32 keep_out = RW_WRITER_HELD | (in_interrupt() || irqs_disabled() ? 0 : RW_WRITER_WAITS);
	unsigned long rounds = 0;
	u32 old = READ_ONCE(lock->count);

	for (;;) {
		if (old & keep_out) {
			um_spin_wait(rounds++);
			old = READ_ONCE(lock->count);
		} else if (__atomic_compare_exchange_n(&lock->count, &old, old + 1, false,
						       __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
			return;
		}
	}
}

void __write_lock_slow(rwlock_t *lock)
{
	unsigned long rounds = 0;
	u32 old = READ_ONCE(lock->count);

	for (;;) {
		if (!(old & ~RW_WRITER_WAITS)) {
			/* Clears the mark: other waiting writers set it again. */
			if (__atomic_compare_exchange_n(&lock->count, &old, RW_WRITER_HELD, false,
							__ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
				return;
			continue;
		}
		if (!(old & RW_WRITER_WAITS))
			__atomic_fetch_or(&lock->count, RW_WRITER_WAITS, __ATOMIC_RELAXED);
		um_spin_wait(rounds++);
		old = READ_ONCE(lock->count);
	}
}
