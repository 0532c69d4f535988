// SPDX-License-Identifier: MIT
/*
 * FUTEX_WAIT_REQUEUE_PI and FUTEX_CMP_REQUEUE_PI: a condition variable whose mutex inherits
 * priority. The sleeper says beforehand to which mutex it may be moved (requeue_key). A
 * broadcast then gives the mutex to the first sleeper, or lets it wait for it like the others,
 * all without waking anybody who does not have the mutex.
 *
 * What a sleeper finds when it wakes up, under its bucket's lock:
 *   lock_ptr NULL	it has the mutex, taken for it by the requeue
 *   pi_state set	it waits for the mutex, or was handed it
 *   neither		not moved: a signal or the time
 */
#include <kern/errno.h>
#include <kern/fork.h>
#include <kern/hrtimer.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/task.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

#include "futex.h"

/* Two words, locked. */
struct requeue {
	struct futex_bucket *b1, *b2;
	struct futex_key key1, key2;
	u32 __user *uaddr2;
};

static bool may_move(const struct futex_q *q, const struct futex_key *key2)
{
	return q->rt_waiter && !q->pi_state && futex_match(q->requeue_key, key2);
}

/* It has the mutex: ends its sleep. => both buckets locked */
static void wake_owner(struct futex_q *q, struct wake_q_head *wake_q)
{
	wake_q_add(wake_q, q->task);
	futex_remove(q);
}

/* Tries to take the mutex for the first sleeper: 1 and it has it, 0, or an error as below. */
static int take_for_first(struct requeue *r, int nr_requeue, struct futex_pi_attempt *attempt,
			  struct wake_q_head *wake_q)
{
	struct futex_q *first = futex_top_waiter(r->b1, &r->key1);
	int ret;

	if (!first)
		return 0;
	if (!may_move(first, &r->key2))
		return -EINVAL;
	attempt->task = first->task;
	attempt->set_waiters = nr_requeue > 0;
	ret = futex_lock_pi_atomic(r->uaddr2, r->b2, &r->key2, attempt);
	if (ret == 1)
		wake_owner(first, wake_q);
	return ret;
}

/* Lets up to nr sleepers wait for the mutex of the state. => both buckets locked; how many */
static int move_all(struct requeue *r, struct futex_pi_state *state, long nr,
		    struct wake_q_head *wake_q)
{
	struct futex_q *q, *next;
	int count = 0;

	list_for_each_entry_safe(q, next, &r->b1->chain, list) {
		int ret;

		if (count >= nr)
			break;
		if (!futex_match(&q->key, &r->key1))
			continue;
		if (!may_move(q, &r->key2))
			return -EINVAL;
		ret = rt_mutex_enqueue(&state->mutex, q->rt_waiter, q->task);
		if (ret < 0)
			return ret;
		count++;
		futex_get_pi_state(state);
		q->pi_state = state;
		futex_move(q, r->b1, r->b2, &r->key2);
		if (ret)
			wake_q_add(wake_q, q->task);
	}
	return count;
}

static int requeue_locked(struct requeue *r, u32 __user *uaddr1, int nr_requeue, const u32 *cmpval,
			  struct futex_pi_attempt *attempt, struct wake_q_head *wake_q)
{
	int taken, moved;
	u32 value;

	if (cmpval) {
		if (futex_get_value_locked(&value, uaddr1))
			return -EFAULT;
		if (value != *cmpval)
			return -EAGAIN;
	}
	taken = take_for_first(r, nr_requeue, attempt, wake_q);
	if (taken < 0 || !attempt->state)
		return taken;
	/* The one that the caller wakes is moved, too, when the mutex is not free. */
	moved = move_all(r, attempt->state, (long)nr_requeue + !taken, wake_q);
	return moved < 0 ? moved : taken + moved;
}

/* One attempt; *again: the words must be looked at once more. */
static int try_requeue_pi(u32 __user *uaddr1, unsigned int flags, u32 __user *uaddr2,
			  int nr_requeue, const u32 *cmpval, struct futex_pi_attempt *attempt,
			  bool *again)
{
	struct requeue r = { .uaddr2 = uaddr2 };
	DEFINE_WAKE_Q(wake_q);
	u32 value;
	int ret = futex_get_keys(uaddr1, uaddr2, flags, true, &r.key1, &r.key2);

	if (ret)
		return ret;
	ret = -EINVAL;
	if (futex_match(&r.key1, &r.key2))
		goto out;
	/* So that only the second word can be missing below. */
	if (get_user(value, uaddr1)) {
		ret = -EFAULT;
		goto out;
	}
	if (cmpval && value != *cmpval) {
		ret = -EAGAIN;
		goto out;
	}
	r.b1 = futex_hash(&r.key1);
	r.b2 = futex_hash(&r.key2);
	futex_lock_two(r.b1, r.b2);
	ret = requeue_locked(&r, uaddr1, nr_requeue, cmpval, attempt, &wake_q);
	futex_unlock_two(r.b1, r.b2);
	wake_up_q(&wake_q);
	futex_put_pi_state(attempt->state);
	attempt->state = NULL;
	if (ret == -EFAULT || ret == -EBUSY || ret == -EAGAIN) {
		ret = futex_pi_retry(ret, uaddr2, attempt);
		*again = !ret;
	}
out:
	futex_put_key(&r.key1);
	futex_put_key(&r.key2);
	return ret;
}

int futex_requeue_pi(u32 __user *uaddr1, unsigned int flags, u32 __user *uaddr2, int nr_wake,
		     int nr_requeue, const u32 *cmpval)
{
	struct futex_pi_attempt attempt = { .task = NULL };
	bool again;
	int ret;

	if (nr_wake < 0 || nr_requeue < 0 || uaddr1 == uaddr2 || nr_wake != 1)
		return -EINVAL;
	do {
		again = false;
		if (!attempt.spare)
			attempt.spare = futex_alloc_pi_state();
		if (!attempt.spare)
			return -ENOMEM;
		ret = try_requeue_pi(uaddr1, flags, uaddr2, nr_requeue, cmpval, &attempt, &again);
	} while (again);
	kfree(attempt.spare);
	return ret;
}

/* Sleeps until the requeue, the time, or a signal. */
static void __sched sleep_on(struct futex_q *q, struct hrtimer_sleeper *timeout)
{
	if (timeout)
		hrtimer_sleeper_start_expires(timeout, HRTIMER_MODE_ABS);
	if (READ_ONCE(q->lock_ptr) && (!timeout || timeout->task))
		schedule();
	__set_current_state(TASK_RUNNING);
}

/* Takes q off if it was not moved: true. False: it waits for the mutex, or has it. */
static bool unqueue_unmoved(struct futex_q *q)
{
	spinlock_t *lock;
	bool unmoved;

	while ((lock = READ_ONCE(q->lock_ptr)) != NULL) {
		spin_lock(lock);
		if (lock == READ_ONCE(q->lock_ptr)) {
			unmoved = !q->pi_state;
			if (unmoved)
				futex_remove(q);
			spin_unlock(lock);
			return unmoved;
		}
		spin_unlock(lock);
	}
	return false;
}

static int wait_and_lock(struct futex_q *q, u32 __user *uaddr2, struct hrtimer_sleeper *timeout)
{
	int ret;

	sleep_on(q, timeout);
	if (unqueue_unmoved(q)) {
		if (timeout && !timeout->task)
			return -ETIMEDOUT;
		return signal_pending(current) ? -ERESTARTNOINTR : -EWOULDBLOCK;
	}
	if (!READ_ONCE(q->lock_ptr))
		return 0;
	ret = rt_mutex_wait(q->rt_waiter, timeout);
	ret = futex_finish_pi(q, uaddr2, ret);
	/* It cannot begin anew: it does not wait for the first word any more. */
	return ret == -EINTR ? -EWOULDBLOCK : ret;
}

int futex_wait_requeue_pi(u32 __user *uaddr, unsigned int flags, u32 val, const ktime_t *abs_time,
			  u32 bitset, u32 __user *uaddr2)
{
	struct hrtimer_sleeper sleeper, *timeout;
	struct rt_mutex_waiter waiter;
	struct futex_key key2;
	struct futex_q q = { .bitset = bitset, .rt_waiter = &waiter, .requeue_key = &key2 };
	int ret;

	if (uaddr == uaddr2 || !bitset)
		return -EINVAL;
	ret = futex_get_key(uaddr2, flags, true, &key2);
	if (ret)
		return ret;
	rt_mutex_init_waiter(&waiter);
	timeout = futex_setup_timer(abs_time, &sleeper, flags);
	ret = futex_queue_if_equal(&q, uaddr, flags, val);
	if (!ret) {
		/* From here on it may have been moved already. */
		ret = wait_and_lock(&q, uaddr2, timeout);
		futex_put_key(&q.key);
	}
	futex_stop_timer(timeout);
	futex_put_key(&key2);
	return ret;
}
