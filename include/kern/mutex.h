/* SPDX-License-Identifier: MIT */
/* Mutexes: sleeping locks with one owner, who alone may unlock. */
#ifndef KERN_MUTEX_H
#define KERN_MUTEX_H

#include <kern/atomic.h>
#include <kern/lockdep.h>
#include <kern/spinlock.h>
#include <kern/spinlock_types.h>
#include <lib/list.h>

struct task_struct;

/* owner: the task's address, and in the low bits: somebody waits, handed over. See kernel/locking/mutex.c. */
struct mutex {
	atomic_long_t owner;
	spinlock_t wait_lock;		/* guards wait_list */
	struct list_head wait_list;
#ifdef CONFIG_DEBUG
	struct lockdep_map dep_map;
#endif
};

#define __MUTEX_INITIALIZER(lockname) { \
	.owner = ATOMIC_LONG_INIT(0), \
	.wait_lock = __SPIN_LOCK_UNLOCKED(lockname.wait_lock), \
	.wait_list = LIST_HEAD_INIT((lockname).wait_list), \
	LOCKDEP_MAP_INIT(lockname) }
#define DEFINE_MUTEX(name) struct mutex name = __MUTEX_INITIALIZER(name)

void __mutex_init(struct mutex *lock, const char *name, struct lock_class_key *key);
#define mutex_init(lock) do { \
	static struct lock_class_key __key; \
	__mutex_init(lock, #lock, &__key); \
} while (0)
#define mutex_destroy(lock) do { (void)(lock); } while (0)

/* => task context, may sleep; the task does not hold it yet. */
void mutex_lock_nested(struct mutex *lock, unsigned int subclass);
/* 0, or -EINTR when a signal (killable: a fatal one) came first. */
int __must_check mutex_lock_interruptible_nested(struct mutex *lock, unsigned int subclass);
int __must_check mutex_lock_killable_nested(struct mutex *lock, unsigned int subclass);
/* => true when taken. Any task context, never sleeps. */
bool mutex_trylock(struct mutex *lock);
void mutex_unlock(struct mutex *lock);

#define mutex_lock(lock) mutex_lock_nested(lock, 0)
#define mutex_lock_interruptible(lock) mutex_lock_interruptible_nested(lock, 0)
#define mutex_lock_killable(lock) mutex_lock_killable_nested(lock, 0)
#define mutex_lock_io(lock) mutex_lock(lock)

static inline bool mutex_is_locked(struct mutex *lock)
{
	return atomic_long_read(&lock->owner) != 0;
}

/* Takes the mutex when the count reaches 0: => true, locked. */
#define atomic_dec_and_mutex_lock(count, lock) ({ \
	bool __locked = false; \
	if (!atomic_add_unless(count, -1, 1)) { \
		mutex_lock(lock); \
		__locked = atomic_dec_and_test(count); \
		if (!__locked) \
			mutex_unlock(lock); \
	} \
	__locked; })

#endif
