/* SPDX-License-Identifier: MIT */
/* Reader-writer semaphores: sleeping locks, many readers or one writer; waiters are served in order. */
#ifndef KERN_RWSEM_H
#define KERN_RWSEM_H

#include <kern/atomic.h>
#include <kern/lockdep.h>
#include <kern/spinlock.h>
#include <lib/list.h>

struct task_struct;

/* count: RWSEM_READER a reader, RWSEM_WRITER, RWSEM_WAITERS. See kernel/locking/rwsem.c. */
struct rw_semaphore {
	atomic_long_t count;
	struct task_struct *owner;	/* the writer, for spinning and checks */
	spinlock_t wait_lock;		/* guards wait_list */
	struct list_head wait_list;
#ifdef CONFIG_DEBUG
	struct lockdep_map dep_map;
#endif
};

#define RWSEM_WRITER 1L
#define RWSEM_WAITERS 2L
#define RWSEM_READER 256L

#define __RWSEM_INITIALIZER(lockname) { \
	.count = ATOMIC_LONG_INIT(0), \
	.wait_lock = __SPIN_LOCK_UNLOCKED(lockname.wait_lock), \
	.wait_list = LIST_HEAD_INIT((lockname).wait_list), \
	LOCKDEP_MAP_INIT(lockname) }
#define DECLARE_RWSEM(name) struct rw_semaphore name = __RWSEM_INITIALIZER(name)

void __init_rwsem(struct rw_semaphore *sem, const char *name, struct lock_class_key *key);
#define init_rwsem(sem) do { \
	static struct lock_class_key __key; \
	__init_rwsem(sem, #sem, &__key); \
} while (0)

/* => task context, may sleep. */
void down_read_nested(struct rw_semaphore *sem, unsigned int subclass);
void down_write_nested(struct rw_semaphore *sem, unsigned int subclass);
/* 0 or -EINTR. */
int __must_check down_read_interruptible(struct rw_semaphore *sem);
int __must_check down_read_killable(struct rw_semaphore *sem);
int __must_check down_write_killable_nested(struct rw_semaphore *sem, unsigned int subclass);
/* => true when taken; never sleep. */
bool down_read_trylock(struct rw_semaphore *sem);
bool down_write_trylock(struct rw_semaphore *sem);
void up_read(struct rw_semaphore *sem);
void up_write(struct rw_semaphore *sem);
/* The writer becomes a reader; waiting readers come in. */
void downgrade_write(struct rw_semaphore *sem);

#define down_read(sem) down_read_nested(sem, 0)
#define down_write(sem) down_write_nested(sem, 0)
#define down_write_killable(sem) down_write_killable_nested(sem, 0)
#define down_read_killable_nested(sem, subclass) down_read_killable(sem)

static inline bool rwsem_is_locked(struct rw_semaphore *sem)
{
	return (atomic_long_read(&sem->count) & ~RWSEM_WAITERS) != 0;
}

static inline bool rwsem_is_contended(struct rw_semaphore *sem)
{
	return (atomic_long_read(&sem->count) & RWSEM_WAITERS) != 0;
}

static inline void rwsem_assert_held(struct rw_semaphore *sem)
{
	WARN_ON_ONCE(!rwsem_is_locked(sem));
}

static inline void rwsem_assert_held_write(struct rw_semaphore *sem)
{
	WARN_ON_ONCE(!(atomic_long_read(&sem->count) & RWSEM_WRITER));
}

#endif
