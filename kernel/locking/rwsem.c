// SPDX-License-Identifier: MIT
/*
 * Reader-writer semaphores.
 *
 * count = RWSEM_READER for each reader + RWSEM_WRITER + RWSEM_WAITERS. The uncontended paths
 * are one compare-and-exchange. With waiters, newcomers queue behind them; whoever releases
 * last grants the lock to the first waiter, or to all readers at the front, before it wakes
 * them: waiters never race for it, so nobody starves. waiter.task becomes NULL when granted.
 *
 * Lock order: wait_lock is a leaf but for the scheduler's locks.
 */
#include <kern/errno.h>
#include <kern/rwsem.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include "internal.h"

struct rwsem_waiter {
	struct list_head list;
	struct task_struct *task; /* NULL: granted */
	bool write;
};

void __init_rwsem(struct rw_semaphore *sem, const char *name, struct lock_class_key *key)
{
	atomic_long_set(&sem->count, 0);
	sem->owner = NULL;
	spin_lock_init(&sem->wait_lock);
	INIT_LIST_HEAD(&sem->wait_list);
#ifdef CONFIG_DEBUG
	lockdep_init_map(&sem->dep_map, name, key);
#endif
}

static void grant(struct rwsem_waiter *waiter, struct wake_q_head *wake)
{
	struct task_struct *task = waiter->task;

	list_del(&waiter->list);
	wake_q_add(wake, task);
	/* From here on the waiter's stack frame may be gone. */
	smp_store_release(&waiter->task, NULL);
}

/*
 * Gives the lock to the front of the queue as far as its state allows.
 * => wait_lock held; a fast path cannot take it: RWSEM_WAITERS is set.
 */
static void grant_waiters(struct rw_semaphore *sem, struct wake_q_head *wake)
{
	struct rwsem_waiter *waiter, *next;

	list_for_each_entry_safe(waiter, next, &sem->wait_list, list) {
		long count = atomic_long_read(&sem->count);

		if (waiter->write) {
			if (!(count & ~RWSEM_WAITERS)) {
				atomic_long_add(RWSEM_WRITER, &sem->count);
				WRITE_ONCE(sem->owner, waiter->task);
				grant(waiter, wake);
			}
			break;
		}
		if (count & RWSEM_WRITER)
			break;
		atomic_long_add(RWSEM_READER, &sem->count);
		grant(waiter, wake);
	}
	if (list_empty(&sem->wait_list))
		atomic_long_andnot(RWSEM_WAITERS, &sem->count);
}

static int __sched down_slow(struct rw_semaphore *sem, bool write, unsigned int state)
{
	struct rwsem_waiter waiter = { .task = current, .write = write };
	DEFINE_WAKE_Q(wake);
	int ret = 0;

	spin_lock_irq(&sem->wait_lock);
	list_add_tail(&waiter.list, &sem->wait_list);
	atomic_long_or(RWSEM_WAITERS, &sem->count);
	/* It may have been released before the mark was set. */
	grant_waiters(sem, &wake);
	spin_unlock_irq(&sem->wait_lock);
	wake_up_q(&wake);
	for (;;) {
		set_current_state(state);
		if (!smp_load_acquire(&waiter.task))
			break;
		if (signal_pending_state(state, current)) {
			DEFINE_WAKE_Q(others);

			spin_lock_irq(&sem->wait_lock);
			if (waiter.task) {
				ret = -EINTR;
				list_del(&waiter.list);
				/* Who queued behind us may go now. */
				grant_waiters(sem, &others);
			}
			spin_unlock_irq(&sem->wait_lock);
			wake_up_q(&others);
			break;
		}
		schedule();
	}
	__set_current_state(TASK_RUNNING);
	return ret;
}

static void release_slow(struct rw_semaphore *sem)
{
	DEFINE_WAKE_Q(wake);
	unsigned long flags;

	spin_lock_irqsave(&sem->wait_lock, flags);
	grant_waiters(sem, &wake);
	spin_unlock_irqrestore(&sem->wait_lock, flags);
	wake_up_q(&wake);
}

static bool try_read(struct rw_semaphore *sem)
{
	long count = atomic_long_read(&sem->count);

	while (!(count & (RWSEM_WRITER | RWSEM_WAITERS))) {
		if (atomic_long_try_cmpxchg(&sem->count, &count, count + RWSEM_READER))
			return true;
	}
	return false;
}

static bool try_write(struct rw_semaphore *sem)
{
	long count = 0;

	if (!atomic_long_try_cmpxchg(&sem->count, &count, RWSEM_WRITER))
		return false;
	WRITE_ONCE(sem->owner, current);
	return true;
}

static int __sched read_common(struct rw_semaphore *sem, unsigned int state, unsigned int subclass)
{
	int ret = 0;

	might_sleep();
	sleeping_lock_acquire(sem, subclass, false, true);
	if (!try_read(sem))
		ret = down_slow(sem, false, state);
	if (ret)
		sleeping_lock_release(sem);
	return ret;
}

static int __sched write_common(struct rw_semaphore *sem, unsigned int state, unsigned int subclass)
{
	int ret = 0;

	might_sleep();
	sleeping_lock_acquire(sem, subclass, false, false);
	if (!try_write(sem))
		ret = down_slow(sem, true, state);
	if (ret)
		sleeping_lock_release(sem);
	return ret;
}

void __sched down_read_nested(struct rw_semaphore *sem, unsigned int subclass)
{
	(void)read_common(sem, TASK_UNINTERRUPTIBLE, subclass);
}

int __sched down_read_interruptible(struct rw_semaphore *sem)
{
	return read_common(sem, TASK_INTERRUPTIBLE, 0);
}

int __sched down_read_killable(struct rw_semaphore *sem)
{
	return read_common(sem, TASK_KILLABLE, 0);
}

void __sched down_write_nested(struct rw_semaphore *sem, unsigned int subclass)
{
	(void)write_common(sem, TASK_UNINTERRUPTIBLE, subclass);
}

int __sched down_write_killable_nested(struct rw_semaphore *sem, unsigned int subclass)
{
	return write_common(sem, TASK_KILLABLE, subclass);
}

bool down_read_trylock(struct rw_semaphore *sem)
{
	if (!try_read(sem))
		return false;
	sleeping_lock_acquire(sem, 0, true, true);
	return true;
}

bool down_write_trylock(struct rw_semaphore *sem)
{
	if (!try_write(sem))
		return false;
	sleeping_lock_acquire(sem, 0, true, false);
	return true;
}

void up_read(struct rw_semaphore *sem)
{
	long count;

	sleeping_lock_release(sem);
	count = atomic_long_sub_return(RWSEM_READER, &sem->count);
	WARN_ON_ONCE(count < 0);
	if (unlikely(count == RWSEM_WAITERS))
		release_slow(sem);
}

void up_write(struct rw_semaphore *sem)
{
	long count;

	sleeping_lock_release(sem);
	WRITE_ONCE(sem->owner, NULL);
	count = atomic_long_sub_return(RWSEM_WRITER, &sem->count);
	WARN_ON_ONCE(count & RWSEM_WRITER);
	if (unlikely(count & RWSEM_WAITERS))
		release_slow(sem);
}

void downgrade_write(struct rw_semaphore *sem)
{
	long count;

	WRITE_ONCE(sem->owner, NULL);
	count = atomic_long_add_return(RWSEM_READER - RWSEM_WRITER, &sem->count);
	if (count & RWSEM_WAITERS)
		release_slow(sem);
}
