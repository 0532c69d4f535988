/* SPDX-License-Identifier: MIT */
/*
 * Spin locks and reader-writer spin locks. Holding one means preemption off; the _irq kinds
 * also mask interrupts, the _bh kinds softirqs. Waiters queue. The host may deschedule a holder
 * or a waiter: who has spun for a while sleeps in the host, so that whoever stands in the way
 * gets the core.
 */
#ifndef KERN_SPINLOCK_H
#define KERN_SPINLOCK_H

#include <kern/atomic.h>
#include <kern/lockdep.h>
#include <kern/preempt.h>
#include <kern/spinlock_types.h>
#include <um/irqflags.h>

/* Out of line: kernel/locking/spinlock.c. */
void __spin_lock_slow(spinlock_t *lock);
void __spin_wake_head(spinlock_t *lock);
void __read_lock_slow(rwlock_t *lock);
void __write_lock_slow(rwlock_t *lock);
void __spin_lock_init(spinlock_t *lock, const char *name, struct lock_class_key *key);
void __rwlock_init(rwlock_t *lock, const char *name, struct lock_class_key *key);

/* What contention did, over all CPUs since boot. */
struct spin_lock_stat {
	unsigned long contended;	/* acquisitions that found the lock taken */
	unsigned long stolen;		/* ... that passed a queue */
	unsigned long queued;		/* ... that queued */
	unsigned long head_slept;	/* sleeps in the host of the first in a queue ... */
	unsigned long slept;		/* ... and of those behind it */
	unsigned long deep;		/* too deeply nested to queue */
};
void spin_lock_stat(struct spin_lock_stat *sum);

#define spin_lock_init(lock) do { \
	static struct lock_class_key __key; \
	__spin_lock_init(lock, #lock, &__key); \
} while (0)
#define raw_spin_lock_init(lock) spin_lock_init(lock)
#define rwlock_init(lock) do { \
	static struct lock_class_key __key; \
	__rwlock_init(lock, #lock, &__key); \
} while (0)

#ifdef CONFIG_DEBUG
#define __lock_map(lock) (&(lock)->dep_map)
#else
#define __lock_map(lock) ((struct lockdep_map *)NULL)
#endif

static __always_inline bool __spin_trylock_raw(spinlock_t *lock)
{
	u32 free = 0;

	return __atomic_compare_exchange_n(&lock->word, &free, 1, false, __ATOMIC_ACQUIRE,
					   __ATOMIC_RELAXED);
}

/*
 * Looks for a sleeper first: once it is free, the lock may be gone with its object. A sleeper that
 * is missed wakes up by itself.
 */
static __always_inline void __spin_unlock_raw(spinlock_t *lock)
{
	u8 head = __atomic_load_n(&lock->head, __ATOMIC_RELAXED);

	__atomic_store_n(&lock->locked, 0, __ATOMIC_RELEASE);
	if (unlikely(head & SPIN_HEAD_SLEEPS))
		__spin_wake_head(lock);
}

/* The lock alone: the caller has preemption off. */
static __always_inline void __spin_acquire(spinlock_t *lock, unsigned int subclass)
{
	lock_acquire(__lock_map(lock), subclass, false, false, _THIS_IP_);
	if (unlikely(!__spin_trylock_raw(lock)))
		__spin_lock_slow(lock);
#ifdef CONFIG_DEBUG
	lock->owner_cpu = smp_processor_id();
#endif
}

static __always_inline void __spin_drop(spinlock_t *lock)
{
	lock_release(__lock_map(lock), _THIS_IP_);
#ifdef CONFIG_DEBUG
	lock->owner_cpu = -1;
#endif
	__spin_unlock_raw(lock);
}

static inline void spin_lock_nested(spinlock_t *lock, unsigned int subclass)
{
	preempt_disable();
	__spin_acquire(lock, subclass);
}

static inline void spin_lock(spinlock_t *lock)
{
	spin_lock_nested(lock, 0);
}

static inline void spin_unlock(spinlock_t *lock)
{
	__spin_drop(lock);
	preempt_enable();
}

static inline void spin_lock_irq(spinlock_t *lock)
{
	local_irq_disable();
	spin_lock(lock);
}

static inline void spin_unlock_irq(spinlock_t *lock)
{
	__spin_drop(lock);
	preempt_enable_no_resched();
	local_irq_enable();
	preempt_check_resched();
}

static inline unsigned long __spin_lock_irqsave(spinlock_t *lock, unsigned int subclass)
{
	unsigned long flags;

	local_irq_save(flags);
	spin_lock_nested(lock, subclass);
	return flags;
}

#define spin_lock_irqsave(lock, flags) do { (flags) = __spin_lock_irqsave(lock, 0); } while (0)
#define spin_lock_irqsave_nested(lock, flags, subclass) \
	do { (flags) = __spin_lock_irqsave(lock, subclass); } while (0)

static inline void spin_unlock_irqrestore(spinlock_t *lock, unsigned long flags)
{
	__spin_drop(lock);
	preempt_enable_no_resched();
	local_irq_restore(flags);
	if (!irqs_disabled_flags(flags))
		preempt_check_resched();
}

static inline void spin_lock_bh(spinlock_t *lock)
{
	local_bh_disable();
	spin_lock(lock);
}

static inline void spin_unlock_bh(spinlock_t *lock)
{
	__spin_drop(lock);
	preempt_enable_no_resched();
	local_bh_enable();
}

static inline bool spin_trylock(spinlock_t *lock)
{
	preempt_disable();
	if (__spin_trylock_raw(lock)) {
		lock_acquire(__lock_map(lock), 0, true, false, _THIS_IP_);
#ifdef CONFIG_DEBUG
		lock->owner_cpu = smp_processor_id();
#endif
		return true;
	}
	preempt_enable();
	return false;
}

#define spin_trylock_irqsave(lock, flags) ({ \
	local_irq_save(flags); \
	spin_trylock(lock) ? true : ({ local_irq_restore(flags); false; }); })
#define spin_trylock_irq(lock) ({ \
	local_irq_disable(); \
	spin_trylock(lock) ? true : ({ local_irq_enable(); false; }); })

static inline bool spin_is_locked(const spinlock_t *lock)
{
	return READ_ONCE(lock->locked) != 0;
}

#define assert_spin_locked(lock) BUG_ON(!spin_is_locked(lock))

#define raw_spin_lock(lock) spin_lock(lock)
#define raw_spin_lock_nested(lock, subclass) spin_lock_nested(lock, subclass)
#define raw_spin_unlock(lock) spin_unlock(lock)
#define raw_spin_lock_irq(lock) spin_lock_irq(lock)
#define raw_spin_unlock_irq(lock) spin_unlock_irq(lock)
#define raw_spin_lock_irqsave(lock, flags) spin_lock_irqsave(lock, flags)
#define raw_spin_unlock_irqrestore(lock, flags) spin_unlock_irqrestore(lock, flags)
#define raw_spin_trylock(lock) spin_trylock(lock)

static inline void read_lock(rwlock_t *lock)
{
	u32 old;

	preempt_disable();
	lock_acquire(__lock_map(lock), 0, false, true, _THIS_IP_);
	old = READ_ONCE(lock->count);
	if (unlikely(old & (RW_WRITER_HELD | RW_WRITER_WAITS)) ||
	    !__atomic_compare_exchange_n(&lock->count, &old, old + 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		__read_lock_slow(lock);
}

static inline void read_unlock(rwlock_t *lock)
{
	lock_release(__lock_map(lock), _THIS_IP_);
	__atomic_fetch_sub(&lock->count, 1, __ATOMIC_RELEASE);
	preempt_enable();
}

static inline void write_lock(rwlock_t *lock)
{
	u32 old = 0;

	preempt_disable();
	lock_acquire(__lock_map(lock), 0, false, false, _THIS_IP_);
	if (!__atomic_compare_exchange_n(&lock->count, &old, RW_WRITER_HELD, false, __ATOMIC_ACQUIRE,
					 __ATOMIC_RELAXED))
		__write_lock_slow(lock);
}

static inline void write_unlock(rwlock_t *lock)
{
	lock_release(__lock_map(lock), _THIS_IP_);
	__atomic_fetch_and(&lock->count, ~RW_WRITER_HELD, __ATOMIC_RELEASE);
	preempt_enable();
}

#define read_lock_irq(lock) do { local_irq_disable(); read_lock(lock); } while (0)
#define read_unlock_irq(lock) do { read_unlock(lock); local_irq_enable(); preempt_check_resched(); } while (0)
#define write_lock_irq(lock) do { local_irq_disable(); write_lock(lock); } while (0)
#define write_unlock_irq(lock) do { write_unlock(lock); local_irq_enable(); preempt_check_resched(); } while (0)
#define read_lock_irqsave(lock, flags) do { local_irq_save(flags); read_lock(lock); } while (0)
#define read_unlock_irqrestore(lock, flags) \
	do { read_unlock(lock); local_irq_restore(flags); preempt_check_resched(); } while (0)
#define write_lock_irqsave(lock, flags) do { local_irq_save(flags); write_lock(lock); } while (0)
#define write_unlock_irqrestore(lock, flags) \
	do { write_unlock(lock); local_irq_restore(flags); preempt_check_resched(); } while (0)
#define read_lock_bh(lock) do { local_bh_disable(); read_lock(lock); } while (0)
#define read_unlock_bh(lock) do { read_unlock(lock); local_bh_enable(); } while (0)
#define write_lock_bh(lock) do { local_bh_disable(); write_lock(lock); } while (0)
#define write_unlock_bh(lock) do { write_unlock(lock); local_bh_enable(); } while (0)

/* Takes the lock when the count reaches 0: => true, locked. */
#define atomic_dec_and_lock(atomic, lock) ({ \
	bool __locked = false; \
	if (!atomic_add_unless(atomic, -1, 1)) { \
		spin_lock(lock); \
		__locked = atomic_dec_and_test(atomic); \
		if (!__locked) \
			spin_unlock(lock); \
	} \
	__locked; })

#endif
