// SPDX-License-Identifier: MIT
/* The lock checker finds what it is for, and nothing else. Debug builds only. */
#include <kern/types.h>
#ifdef CONFIG_DEBUG
#include <kern/interrupt.h>
#include <kern/ktest.h>
#include <kern/lockdep.h>
#include <kern/mutex.h>
#include <kern/spinlock.h>

#define TEST_IRQ 41

static void lock_both(spinlock_t *a, spinlock_t *b)
{
	spin_lock(a);
	spin_lock_nested(b, 1);
	spin_unlock(b);
	spin_unlock(a);
}

KTEST(lockdep, order_both_ways_is_reported)
{
	static DEFINE_SPINLOCK(a);
	static DEFINE_MUTEX(m);
	static DEFINE_MUTEX(n);

	if (!lockdep_expect_begin())
		KSKIP("the checker is off");
	mutex_lock(&m);
	mutex_lock(&n);
	spin_lock(&a);
	spin_unlock(&a);
	mutex_unlock(&n);
	mutex_unlock(&m);
	KEXPECT_EQ(lockdep_expect_end(), 0);
	lockdep_expect_begin();
	mutex_lock(&n);
	mutex_lock(&m);
	mutex_unlock(&m);
	mutex_unlock(&n);
	KEXPECT_EQ(lockdep_expect_end(), 1);
}

KTEST(lockdep, nesting_levels_are_classes)
{
	spinlock_t locks[2];

	for (unsigned int i = 0; i < 2; i++)
		spin_lock_init(&locks[i]);
	if (!lockdep_expect_begin())
		KSKIP("the checker is off");
	lock_both(&locks[0], &locks[1]);
	lock_both(&locks[1], &locks[0]);
	KEXPECT_EQ(lockdep_expect_end(), 0);
	lockdep_expect_begin();
	spin_lock(&locks[0]);
	spin_lock(&locks[1]);
	spin_unlock(&locks[1]);
	spin_unlock(&locks[0]);
	KEXPECT_EQ(lockdep_expect_end(), 1);
}

static DEFINE_SPINLOCK(irq_lock);

static irqreturn_t take_irq_lock(int irq, void *dev)
{
	spin_lock(&irq_lock);
	spin_unlock(&irq_lock);
	return IRQ_HANDLED;
}

KTEST(lockdep, unsafe_use_beside_interrupts_is_reported)
{
	unsigned long flags;
	int dev;

	KASSERT_EQ(request_irq(TEST_IRQ, take_irq_lock, 0, "test", &dev), 0);
	if (!lockdep_expect_begin()) {
		free_irq(TEST_IRQ, &dev);
		KSKIP("the checker is off");
	}
	local_irq_save(flags);
	do_IRQ(TEST_IRQ);
	local_irq_restore(flags);
	spin_lock_irqsave(&irq_lock, flags);
	spin_unlock_irqrestore(&irq_lock, flags);
	KEXPECT_EQ(lockdep_expect_end(), 0);
	lockdep_expect_begin();
	spin_lock(&irq_lock);
	spin_unlock(&irq_lock);
	KEXPECT_EQ(lockdep_expect_end(), 1);
	free_irq(TEST_IRQ, &dev);
}

static DEFINE_RWLOCK(irq_rwlock);

static irqreturn_t take_irq_rwlock(int irq, void *dev)
{
	read_lock(&irq_rwlock);
	read_unlock(&irq_rwlock);
	return IRQ_HANDLED;
}

KTEST(lockdep, readers_in_interrupts_need_writers_that_mask_them)
{
	unsigned long flags;
	int dev;

	KASSERT_EQ(request_irq(TEST_IRQ, take_irq_rwlock, 0, "test", &dev), 0);
	if (!lockdep_expect_begin()) {
		free_irq(TEST_IRQ, &dev);
		KSKIP("the checker is off");
	}
	local_irq_save(flags);
	do_IRQ(TEST_IRQ);
	local_irq_restore(flags);
	read_lock(&irq_rwlock);
	read_unlock(&irq_rwlock);
	write_lock_irqsave(&irq_rwlock, flags);
	write_unlock_irqrestore(&irq_rwlock, flags);
	KEXPECT_EQ(lockdep_expect_end(), 0);
	lockdep_expect_begin();
	write_lock(&irq_rwlock);
	write_unlock(&irq_rwlock);
	KEXPECT_EQ(lockdep_expect_end(), 1);
	free_irq(TEST_IRQ, &dev);
}

KTEST(lockdep, reading_twice_is_reported_where_a_writer_may_come_between)
{
	static DEFINE_RWLOCK(lock);

	if (!lockdep_expect_begin())
		KSKIP("the checker is off");
	read_lock(&lock);
	local_irq_disable();
	read_lock(&lock);
	read_unlock(&lock);
	local_irq_enable();
	read_unlock(&lock);
	KEXPECT_EQ(lockdep_expect_end(), 0);
	lockdep_expect_begin();
	read_lock(&lock);
	read_lock(&lock);
	read_unlock(&lock);
	read_unlock(&lock);
	KEXPECT_EQ(lockdep_expect_end(), 1);
}

KTEST(lockdep, held_locks_are_known)
{
	static DEFINE_MUTEX(m);

	if (!lockdep_expect_begin())
		KSKIP("the checker is off");
	lockdep_expect_end();
	KEXPECT_FALSE(lock_is_held(&m.dep_map));
	mutex_lock(&m);
	KEXPECT_TRUE(lock_is_held(&m.dep_map));
	lockdep_assert_held(&m);
	mutex_unlock(&m);
}
#endif
