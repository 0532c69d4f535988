/* SPDX-License-Identifier: MIT */
/* Counting semaphores: anybody may release. */
#ifndef KERN_SEMAPHORE_H
#define KERN_SEMAPHORE_H

#include <kern/spinlock.h>
#include <lib/list.h>

struct semaphore {
	spinlock_t lock;		/* guards both; taken with interrupts masked */
	unsigned int count;
	struct list_head wait_list;
};

#define __SEMAPHORE_INITIALIZER(name, n) { \
	.lock = __SPIN_LOCK_UNLOCKED((name).lock), .count = (n), \
	.wait_list = LIST_HEAD_INIT((name).wait_list) }
#define DEFINE_SEMAPHORE(name, n) struct semaphore name = __SEMAPHORE_INITIALIZER(name, n)

#define sema_init(sem, n) do { \
	spin_lock_init(&(sem)->lock); \
	(sem)->count = (n); \
	INIT_LIST_HEAD(&(sem)->wait_list); \
} while (0)

/* => may sleep. */
void down(struct semaphore *sem);
/* 0, -EINTR, and -ETIME for the last (jiffies). */
int __must_check down_interruptible(struct semaphore *sem);
int __must_check down_killable(struct semaphore *sem);
int __must_check down_timeout(struct semaphore *sem, long timeout);
/* => 0 when taken, 1 when not. Any context, like up(). */
int __must_check down_trylock(struct semaphore *sem);
void up(struct semaphore *sem);

#endif
