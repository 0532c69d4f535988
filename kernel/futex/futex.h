/* SPDX-License-Identifier: MIT */
/* What the files of kernel/futex share. */
#ifndef FUTEX_FUTEX_H
#define FUTEX_FUTEX_H

#include <kern/ktime.h>
#include <kern/sched.h>
#include <kern/spinlock.h>
#include <kern/types.h>
#include <lib/list.h>

#include <linux/futex.h>

struct inode;
struct mm_struct;

#define FLAGS_SHARED  0x01 /* the word may be mapped by others at other addresses */
#define FLAGS_CLOCKRT 0x02 /* the timeout is on CLOCK_REALTIME */

/* What makes two addresses the same futex. Private: mm and address. Shared: file and offset. */
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

/* One sleeper. lock_ptr is NULL once it has been woken. */
struct futex_q {
	struct list_head list;
	struct task_struct *task;
	spinlock_t *lock_ptr;
	struct futex_key key;
	u32 bitset;
};

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
int futex_wake_op(u32 __user *uaddr1, unsigned int flags, u32 __user *uaddr2, int nr_wake,
		  int nr_wake2, int encoded_op);

#endif
