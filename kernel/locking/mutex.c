// SPDX-License-Identifier: MIT
/*
 * Mutexes.
 *
 * owner holds the address of the task that has the mutex, and two flags: MUTEX_WAITERS (the
 * list is not empty, so unlocking must wake its first) and MUTEX_HANDOFF (the first waiter has
 * been passed over once: unlocking gives the mutex to it, so that nobody starves).
 *
 *   0 --lock--> task --unlock--> 0
 *   task|WAITERS --unlock--> WAITERS (the first is woken, and races with newcomers)
 *   task|WAITERS|HANDOFF --unlock--> first|PICKUP --first takes it--> first|WAITERS
 *
 * A contender spins while the owner runs on another CPU, but only for a short while: the host
 * may have descheduled the owner's vCPU.
 *
 * Lock order: wait_lock is a leaf but for the scheduler's locks.
 */
#include <kern/errno.h>
#include <kern/mutex.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <um/processor.h>
#include "internal.h"

#define MUTEX_WAITERS 1L
#define MUTEX_HANDOFF 2L
#define MUTEX_PICKUP  4L
#define MUTEX_FLAGS   7L
#define SPIN_ROUNDS   200

struct mutex_waiter {
	struct list_head list;
	struct task_struct *task;
};

void __mutex_init(struct mutex *lock, const char *name, struct lock_class_key *key)
{
	atomic_long_set(&lock->owner, 0);
	spin_lock_init(&lock->wait_lock);
	INIT_LIST_HEAD(&lock->wait_list);
#ifdef CONFIG_DEBUG
	lockdep_init_map(&lock->dep_map, name, key);
#endif
}

static inline struct task_struct *owner_task(long owner)
{
	return (struct task_struct *)(owner & ~MUTEX_FLAGS);
}

/* Takes a free mutex, or one that was handed to us. */
static bool take(struct mutex *lock)
{
	long self = (long)current;
	long owner = atomic_long_read(&lock->owner);

	for (;;) {
		long flags = owner & MUTEX_FLAGS;

		if (owner_task(owner)) {
			if (owner_task(owner) != current || !(flags & MUTEX_PICKUP))
				return false;
			flags &= ~MUTEX_PICKUP;
		}
		if (atomic_long_try_cmpxchg(&lock->owner, &owner, self | (flags & ~MUTEX_HANDOFF)))
			return true;
	}
}

/* Spins while the owner is on a CPU. => preemptible; true when taken. */
static bool spin_for_owner(struct mutex *lock)
{
	if (num_online_cpus() == 1)
		return false;
	for (unsigned int round = 0; round < SPIN_ROUNDS && !need_resched(); round++) {
		struct task_struct *owner;
		bool running;

		if (take(lock))
			return true;
		/* Tasks are freed by RCU. */
		rcu_read_lock();
		owner = owner_task(atomic_long_read(&lock->owner));
		running = owner && READ_ONCE(owner->sched.on_cpu);
		rcu_read_unlock();
		if (owner && !running)
			return false;
		cpu_relax();
	}
	return false;
}

static int __sched lock_slow(struct mutex *lock, unsigned int state)
{
	struct mutex_waiter waiter = { .task = current };
	bool first, woken = false;
	int ret = 0;

	if (spin_for_owner(lock))
		return 0;
	spin_lock(&lock->wait_lock);
	list_add_tail(&waiter.list, &lock->wait_list);
	for (;;) {
		first = list_first_entry(&lock->wait_list, struct mutex_waiter, list) == &waiter;
		atomic_long_or(MUTEX_WAITERS | (first && woken ? MUTEX_HANDOFF : 0), &lock->owner);
		set_current_state(state);
		if (take(lock))
			break;
		if (signal_pending_state(state, current)) {
			ret = -EINTR;
			break;
		}
		spin_unlock(&lock->wait_lock);
		schedule();
		woken = true;
		spin_lock(&lock->wait_lock);
	}
	__set_current_state(TASK_RUNNING);
	list_del(&waiter.list);
	if (list_empty(&lock->wait_list))
		atomic_long_andnot(MUTEX_WAITERS | MUTEX_HANDOFF, &lock->owner);
	/* A hand-over that came while we gave up, and the wake-up that went with it. */
	if (ret && take(lock))
		ret = 0;
	spin_unlock(&lock->wait_lock);
	return ret;
}

static int __sched lock_common(struct mutex *lock, unsigned int state, unsigned int subclass)
{
	long old = 0;
	int ret = 0;

	might_sleep();
	sleeping_lock_acquire(lock, subclass, false, false);
	if (!atomic_long_try_cmpxchg(&lock->owner, &old, (long)current)) {
		ret = lock_slow(lock, state);
		if (ret)
			sleeping_lock_release(lock);
	}
	return ret;
}

void __sched mutex_lock_nested(struct mutex *lock, unsigned int subclass)
{
	(void)lock_common(lock, TASK_UNINTERRUPTIBLE, subclass);
}

int __sched mutex_lock_interruptible_nested(struct mutex *lock, unsigned int subclass)
{
	return lock_common(lock, TASK_INTERRUPTIBLE, subclass);
}

int __sched mutex_lock_killable_nested(struct mutex *lock, unsigned int subclass)
{
	return lock_common(lock, TASK_KILLABLE, subclass);
}

bool mutex_trylock(struct mutex *lock)
{
	if (!take(lock))
		return false;
	sleeping_lock_acquire(lock, 0, true, false);
	return true;
}

/* Wakes the first waiter; with a hand-over pending gives it the mutex. */
static void unlock_slow(struct mutex *lock)
{
	struct mutex_waiter *first;
	struct task_struct *next = NULL;
	long owner;

	spin_lock(&lock->wait_lock);
	first = list_first_entry_or_null(&lock->wait_list, struct mutex_waiter, list);
	if (first) {
		next = first->task;
		get_task_struct(next);
	}
	owner = atomic_long_read(&lock->owner);
	if (owner_task(owner) == current) {
		/* We kept it for the hand-over. */
		long to = next ? (long)next | MUTEX_PICKUP | MUTEX_WAITERS : 0;

		while (!atomic_long_try_cmpxchg(&lock->owner, &owner, to))
			;
	}
	spin_unlock(&lock->wait_lock);
	if (next) {
		wake_up_process(next);
		put_task_struct(next);
	}
}

void mutex_unlock(struct mutex *lock)
{
	long owner = (long)current;

	sleeping_lock_release(lock);
	if (likely(atomic_long_try_cmpxchg(&lock->owner, &owner, 0)))
		return;
	for (;;) {
		WARN_ON_ONCE(owner_task(owner) != current);
		if (owner & MUTEX_HANDOFF)
			break;
		if (atomic_long_try_cmpxchg(&lock->owner, &owner, owner & MUTEX_WAITERS)) {
			if (!(owner & MUTEX_WAITERS))
				return;
			break;
		}
	}
	unlock_slow(lock);
}
