/* SPDX-License-Identifier: MIT */
/* What the files of kernel/futex share. */
#ifndef FUTEX_FUTEX_H
#define FUTEX_FUTEX_H

#include <kern/ktime.h>
#include <kern/rtmutex.h>
#include <kern/sched.h>
#include <kern/spinlock.h>
#include <kern/types.h>
#include <lib/list.h>

#include <linux/futex.h>

struct inode;
struct mm_struct;

#define FLAGS_SHARED  0x01 /* the word may be mapped by others at other addresses */
#define FLAGS_CLOCKRT 0x02 /* the timeout is on CLOCK_REALTIME */

/*
 * What makes two addresses the same futex. Private: mm and address. Shared: file and offset, or mm
 * and address with a mark where there is no shared file.
 */
struct futex_key {
	const void *object; /* mm_struct, or inode (then a reference is held) */
	unsigned long offset;
	bool is_inode;
};

/* A bucket's lock guards its chain, and lock_ptr of the waiters on it. */
struct futex_bucket {
	spinlock_t lock;
	atomic_t waiters; /* x: on the chain or about to be: wakers look here first */
	struct list_head chain;
};

/*
 * What the kernel knows of a priority-inheriting futex while somebody waits for it.
 *   (s) pi_states_lock; the mutex has a lock of its own
 */
struct futex_pi_state {
	struct rt_mutex mutex;
	struct list_head list;		/* s: in owner->pi_state_list */
	struct task_struct *owner;	/* s: whom the word names; NULL: died */
	unsigned int refs;		/* s: one for each waiter */
	struct futex_key key;		/* constant; holds no reference, the waiters do */
};

/*
 * One sleeper. lock_ptr is NULL once it has been woken. One that waits in FUTEX_WAIT_REQUEUE_PI
 * has rt_waiter and requeue_key; one that waits for a mutex has pi_state. All guarded by the
 * bucket's lock.
 */
struct futex_q {
	struct list_head list;
	struct task_struct *task;
	spinlock_t *lock_ptr;
	struct futex_key key;
	u32 bitset;
	struct rt_mutex_waiter *rt_waiter;
	const struct futex_key *requeue_key;
	struct futex_pi_state *pi_state;
};

static inline bool futex_is_pi(const struct futex_q *q)
{
	return q->pi_state || q->rt_waiter;
}

static inline bool futex_match(const struct futex_key *a, const struct futex_key *b)
{
	return a->object == b->object && a->offset == b->offset && a->is_inode == b->is_inode;
}

/* 0, -EINVAL (not aligned), -EFAULT. A key is dropped by futex_put_key(). => may sleep */
int futex_get_key(u32 __user *uaddr, unsigned int flags, bool write, struct futex_key *key);
void futex_put_key(struct futex_key *key);
struct futex_bucket *futex_hash(const struct futex_key *key);

/* => bucket lock held. Reads the word without faulting. */
int futex_get_value_locked(u32 *value, u32 __user *uaddr);
void futex_queue(struct futex_q *q, struct futex_bucket *b);
/* Puts a waiter into the chain of its bucket: real-time tasks by priority, others in line. */
void futex_insert(struct futex_q *q, struct futex_bucket *b);
/* Another key, in another bucket perhaps: the sleeper drops the reference that we take. */
void futex_move(struct futex_q *q, struct futex_bucket *from, struct futex_bucket *to,
		struct futex_key *key);
/* Takes a waiter off its chain: it is a waiter no more. => it may go away any moment */
void futex_remove(struct futex_q *q);
/* Takes a waiter off and remembers to wake it. */
void futex_wake_mark(struct wake_q_head *wake_q, struct futex_q *q);
/* Is it still queued? Then it is taken off; else somebody woke it. */
bool futex_unqueue(struct futex_q *q);
void futex_lock_two(struct futex_bucket *a, struct futex_bucket *b);
void futex_unlock_two(struct futex_bucket *a, struct futex_bucket *b);

int futex_wait(u32 __user *uaddr, unsigned int flags, u32 val, const ktime_t *abs_time, u32 bitset);
int futex_wake(u32 __user *uaddr, unsigned int flags, int nr_wake, u32 bitset);
int futex_requeue(u32 __user *uaddr1, unsigned int flags, u32 __user *uaddr2, int nr_wake,
		  int nr_requeue, const u32 *cmpval);
/* futex2.c: FUTEX2_* to FLAGS_*; -EINVAL for a word that is not 32 bits wide, or unknown bits. */
int futex2_to_flags(u32 flags, unsigned int *internal);
/* An absolute time on CLOCK_REALTIME or CLOCK_MONOTONIC of the guest: -EINVAL, -EFAULT. */
int futex2_get_time(const struct __kernel_timespec __user *utime, clockid_t clockid, ktime_t *time);

/* pi_state.c */
struct futex_pi_state *futex_alloc_pi_state(void);
void futex_get_pi_state(struct futex_pi_state *state);
/* NULL is allowed. */
void futex_put_pi_state(struct futex_pi_state *state);
/* The first that waits on the key, or NULL. => bucket lock held */
struct futex_q *futex_top_waiter(struct futex_bucket *b, const struct futex_key *key);
/* The word names the task now. */
void futex_set_owner(struct futex_pi_state *state, struct task_struct *owner);

/* What an attempt at a priority-inheriting futex needs and finds. */
struct futex_pi_attempt {
	struct task_struct *task;	/* who shall have it; current, or one that sleeps */
	bool set_waiters;		/* others will be queued behind it */
	struct futex_pi_state *spare;	/* in: memory for a new state; what is left is the caller's */
	struct futex_pi_state *state;	/* out: to wait on, with a reference */
	struct task_struct *exiting;	/* out, for -EBUSY: wait for its end; with a reference */
};

/*
 * Takes the futex for the task, or finds out whom to wait for. => bucket lock held.
 * 1: taken; 0: wait on attempt->state; -EFAULT: fault the word in and try again; -EBUSY: the
 * owner dies just now; -EAGAIN: try again; -EDEADLK, -EINVAL, -EPERM, -ESRCH: no such lock.
 */
int futex_lock_pi_atomic(u32 __user *uaddr, struct futex_bucket *b, const struct futex_key *key,
			 struct futex_pi_attempt *attempt);
/* After an error, no lock held: 0 when it is worth another attempt, or the error. */
int futex_pi_retry(int error, u32 __user *uaddr, struct futex_pi_attempt *attempt);
/* The end of a wait for a mutex: unqueues. error is the wait's; 0 when the mutex is ours. */
int futex_finish_pi(struct futex_q *q, u32 __user *uaddr, int error);

int futex_lock_pi(u32 __user *uaddr, unsigned int flags, const ktime_t *time, bool trylock);
int futex_unlock_pi(u32 __user *uaddr, unsigned int flags);
int futex_requeue_pi(u32 __user *uaddr1, unsigned int flags, u32 __user *uaddr2, int nr_wake,
		     int nr_requeue, const u32 *cmpval);
int futex_wait_requeue_pi(u32 __user *uaddr, unsigned int flags, u32 val, const ktime_t *abs_time,
			  u32 bitset, u32 __user *uaddr2);

/* core.c: helpers of those with two words. Both keys, or an errno and none. */
int futex_get_keys(u32 __user *uaddr1, u32 __user *uaddr2, unsigned int flags, bool write2,
		   struct futex_key *key1, struct futex_key *key2);
/*
 * Queues the current task if the word still has the value. 0 and queued; or an errno and the key
 * is dropped: -EWOULDBLOCK, -EINVAL when the word is the one that it is to be moved to, or another.
 */
int futex_queue_if_equal(struct futex_q *q, u32 __user *uaddr, unsigned int flags, u32 val);
/* A timer for the absolute time, on the clock of flags; returns it, or NULL without a time. */
struct hrtimer_sleeper *futex_setup_timer(const ktime_t *time, struct hrtimer_sleeper *sleeper,
					  unsigned int flags);
void futex_stop_timer(struct hrtimer_sleeper *sleeper);
int futex_wake_op(u32 __user *uaddr1, unsigned int flags, u32 __user *uaddr2, int nr_wake,
		  int nr_wake2, int encoded_op);

#endif
