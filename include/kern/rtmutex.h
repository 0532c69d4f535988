/* SPDX-License-Identifier: MIT */
/* Mutexes with priority inheritance: kernel/locking/rtmutex.c tells how. */
#ifndef KERN_RTMUTEX_H
#define KERN_RTMUTEX_H

#include <kern/spinlock.h>
#include <kern/types.h>
#include <lib/rbtree.h>

struct hrtimer_sleeper;
struct task_struct;

/* Guarded by wait_lock. The waiter with the highest priority stands leftmost. */
struct rt_mutex {
	spinlock_t wait_lock;
	struct rb_root_cached waiters;
	struct task_struct *owner;
};

/*
 * One task that waits; lives on the stack of its wait.
 *   (w) lock->wait_lock	(p) the pi_lock of the lock's owner, and wait_lock
 */
struct rt_mutex_waiter {
	struct rb_node node;		/* w: in lock->waiters */
	struct rb_node pi_node;		/* p: in the owner's pi_waiters, for each lock's first waiter */
	struct task_struct *task;	/* constant while it waits */
	struct rt_mutex *lock;		/* w and task->pi_lock; NULL: waits no more */
	unsigned int prio;		/* w: real-time priority by which it stands, 0: none */
	unsigned int pi_prio;		/* p: the same in pi_waiters */
	bool granted;			/* w: it was handed the mutex; READ_ONCE outside the lock */
};

/* Tasks in a chain of waits: longer ones are refused (sysctl kernel.max_lock_depth). */
extern int max_lock_depth;

static inline void rt_mutex_init_waiter(struct rt_mutex_waiter *waiter)
{
	*waiter = (struct rt_mutex_waiter){ .lock = NULL };
}

/* A new mutex that this task owns. */
void rt_mutex_init_owned(struct rt_mutex *lock, struct task_struct *owner);

/*
 * Lets the task, which may be another one that sleeps, wait for the mutex: 0; 1 when it was
 * free and is the task's now; -EDEADLK when the owner waits, through others, for the task, or
 * through too many.
 */
int rt_mutex_enqueue(struct rt_mutex *lock, struct rt_mutex_waiter *waiter,
		     struct task_struct *task);
/*
 * Ends the wait in any case: true when the mutex had been handed to the waiter. => the mutex stays;
 * the caller is the task, or keeps it from going on
 */
bool rt_mutex_dequeue(struct rt_mutex_waiter *waiter);
/*
 * Sleeps until the mutex is handed over: 0, -ETIMEDOUT, -EINTR. timeout: a started timer, or
 * NULL. The caller asks rt_mutex_dequeue() for the truth.
 */
int rt_mutex_wait(struct rt_mutex_waiter *waiter, struct hrtimer_sleeper *timeout);

/* The task that an unlock would give the mutex to, or NULL. => keep it from leaving */
struct task_struct *rt_mutex_next_owner(struct rt_mutex *lock);
/* Unlocks for the owner: the new owner with a reference, for the caller to wake; NULL: nobody. */
struct task_struct *rt_mutex_hand_over(struct rt_mutex *lock);

/* The task's own priority has changed. => no scheduler lock held */
void rt_mutex_adjust_pi(struct task_struct *task);

#endif
