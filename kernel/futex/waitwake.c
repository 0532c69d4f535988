// SPDX-License-Identifier: MIT
/* FUTEX_WAIT and FUTEX_WAKE with their bitset forms, FUTEX_WAKE_OP. */
#include <kern/entry.h>
#include <kern/errno.h>
#include <kern/hrtimer.h>
#include <kern/kernel.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/task.h>
#include <lib/bitops.h>
#include <mm/uaccess.h>

#include "futex.h"

int futex_wake(u32 __user *uaddr, unsigned int flags, int nr_wake, u32 bitset)
{
	struct futex_q *q, *next;
	struct futex_key key;
	struct futex_bucket *b;
	DEFINE_WAKE_Q(wake_q);
	int ret;

	if (!bitset)
		return -EINVAL;
	ret = futex_get_key(uaddr, flags, false, &key);
	if (ret)
		return ret;
	b = futex_hash(&key);
	/* Pairs with the sleeper's count before its look at the word. */
	smp_mb();
	if (atomic_read(&b->waiters)) {
		spin_lock(&b->lock);
		list_for_each_entry_safe(q, next, &b->chain, list) {
			if (!futex_match(&q->key, &key))
				continue;
			if (futex_is_pi(q)) {
				ret = -EINVAL;
				break;
			}
			if (!(q->bitset & bitset))
				continue;
			futex_wake_mark(&wake_q, q);
			if (++ret >= nr_wake)
				break;
		}
		spin_unlock(&b->lock);
		wake_up_q(&wake_q);
	}
	futex_put_key(&key);
	return ret;
}

int futex_queue_if_equal(struct futex_q *q, u32 __user *uaddr, unsigned int flags, u32 val)
{
	struct futex_bucket *b;
	u32 value;
	int ret;

	for (;;) {
		ret = futex_get_key(uaddr, flags, false, &q->key);
		if (ret)
			return ret;
		b = futex_hash(&q->key);
		atomic_inc(&b->waiters);
		smp_mb();
		spin_lock(&b->lock);
		ret = futex_get_value_locked(&value, uaddr);
		if (!ret)
			break;
		spin_unlock(&b->lock);
		atomic_dec(&b->waiters);
		futex_put_key(&q->key);
		if (get_user(value, uaddr))
			return -EFAULT;
	}
	if (value != val)
		ret = -EWOULDBLOCK;
	else if (q->requeue_key && futex_match(&q->key, q->requeue_key))
		ret = -EINVAL;
	if (ret) {
		spin_unlock(&b->lock);
		atomic_dec(&b->waiters);
		futex_put_key(&q->key);
		return ret;
	}
	set_current_state(TASK_INTERRUPTIBLE);
	futex_queue(q, b);
	spin_unlock(&b->lock);
	return 0;
}

struct hrtimer_sleeper *futex_setup_timer(const ktime_t *time, struct hrtimer_sleeper *sleeper,
					  unsigned int flags)
{
	if (!time)
		return NULL;
	hrtimer_setup_sleeper_on_stack(sleeper,
				       flags & FLAGS_CLOCKRT ? CLOCK_REALTIME : CLOCK_MONOTONIC,
				       HRTIMER_MODE_ABS);
	hrtimer_set_expires_range_ns(&sleeper->timer, *time, current->timer_slack_ns);
	return sleeper;
}

void futex_stop_timer(struct hrtimer_sleeper *sleeper)
{
	if (!sleeper)
		return;
	hrtimer_cancel(&sleeper->timer);
	destroy_hrtimer_on_stack(&sleeper->timer);
}

static long futex_wait_restart(struct restart_block *restart)
{
	u32 __user *uaddr = restart->futex.uaddr;
	ktime_t time = restart->futex.time;

	restart->fn = do_no_restart_syscall;
	return futex_wait(uaddr, restart->futex.flags, restart->futex.val, &time,
			  restart->futex.bitset);
}

int futex_wait(u32 __user *uaddr, unsigned int flags, u32 val, const ktime_t *abs_time, u32 bitset)
{
	struct restart_block *restart = &current->restart_block;
	struct hrtimer_sleeper sleeper, *timeout;
	struct futex_q q = { .bitset = bitset };
	bool expired = false;
	int ret;

	if (!bitset)
		return -EINVAL;
	timeout = futex_setup_timer(abs_time, &sleeper, flags);
	do {
		ret = futex_queue_if_equal(&q, uaddr, flags, val);
		if (ret)
			goto out;
		if (timeout && !expired)
			hrtimer_sleeper_start_expires(timeout, HRTIMER_MODE_ABS);
		if (READ_ONCE(q.lock_ptr) && (!timeout || timeout->task))
			schedule();
		__set_current_state(TASK_RUNNING);
		if (!futex_unqueue(&q)) {
			/* Woken: the waker's key was ours. */
			futex_put_key(&q.key);
			ret = 0;
			goto out;
		}
		futex_put_key(&q.key);
		expired = timeout && !timeout->task;
		ret = expired ? -ETIMEDOUT : -ERESTARTSYS;
		/* A wake-up for no reason: sleep again. */
	} while (!expired && !signal_pending(current));

	if (!expired && abs_time) {
		restart->futex.uaddr = (u32 *)uaddr;
		restart->futex.val = val;
		restart->futex.time = *abs_time;
		restart->futex.bitset = bitset;
		restart->futex.flags = flags;
		ret = set_restart_fn(restart, futex_wait_restart);
	}
out:
	futex_stop_timer(timeout);
	return ret;
}

static int wake_matching(struct futex_bucket *b, const struct futex_key *key, int nr,
			 struct wake_q_head *wake_q)
{
	struct futex_q *q, *next;
	int count = 0;

	list_for_each_entry_safe(q, next, &b->chain, list) {
		if (!futex_match(&q->key, key))
			continue;
		if (futex_is_pi(q))
			return -EINVAL;
		futex_wake_mark(wake_q, q);
		if (++count >= nr)
			break;
	}
	return count;
}

/* The operation on the second word, and what it compares the old value with. */
static int modify_word(u32 encoded, u32 __user *uaddr)
{
	unsigned int op = encoded >> 28 & 7, cmp = encoded >> 24 & 15;
	int oparg = sign_extend32(encoded >> 12 & 0xfff, 11);
	int cmparg = sign_extend32(encoded & 0xfff, 11);
	int old, ret;

	if (encoded & ((u32)FUTEX_OP_OPARG_SHIFT << 28))
		oparg = 1 << (oparg & 31);
	if (op > FUTEX_OP_XOR || cmp > FUTEX_OP_CMP_GE)
		return -ENOSYS;
	ret = futex_atomic_op_inuser(op, oparg, &old, uaddr);
	if (ret)
		return ret;
	switch (cmp) {
	case FUTEX_OP_CMP_EQ:
		return old == cmparg;
	case FUTEX_OP_CMP_NE:
		return old != cmparg;
	case FUTEX_OP_CMP_LT:
		return old < cmparg;
	case FUTEX_OP_CMP_GE:
		return old >= cmparg;
	case FUTEX_OP_CMP_LE:
		return old <= cmparg;
	default:
		return old > cmparg;
	}
}

int futex_wake_op(u32 __user *uaddr1, unsigned int flags, u32 __user *uaddr2, int nr_wake,
		  int nr_wake2, int encoded_op)
{
	struct futex_key key1, key2;
	struct futex_bucket *b1, *b2;
	DEFINE_WAKE_Q(wake_q);
	int ret, matched;

retry:
	ret = futex_get_keys(uaddr1, uaddr2, flags, true, &key1, &key2);
	if (ret)
		return ret;
	b1 = futex_hash(&key1);
	b2 = futex_hash(&key2);
	futex_lock_two(b1, b2);
	matched = modify_word(encoded_op, uaddr2);
	if (matched >= 0) {
		ret = wake_matching(b1, &key1, nr_wake, &wake_q);
		if (matched && ret >= 0) {
			int second = wake_matching(b2, &key2, nr_wake2, &wake_q);

			ret = second < 0 ? second : ret + second;
		}
	}
	futex_unlock_two(b1, b2);
	wake_up_q(&wake_q);
	futex_put_key(&key1);
	futex_put_key(&key2);
	if (matched == -EFAULT && !fault_in_writeable((char __user *)uaddr2, sizeof(u32)))
		goto retry;
	return matched < 0 ? matched : ret;
}
