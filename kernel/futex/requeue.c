// SPDX-License-Identifier: MIT
/* FUTEX_REQUEUE and FUTEX_CMP_REQUEUE: wakes some sleepers, lets the others sleep on another word. */
#include <kern/errno.h>
#include <mm/uaccess.h>

#include "futex.h"

static int requeue_locked(struct futex_bucket *b1, struct futex_bucket *b2, struct futex_key *key1,
			  struct futex_key *key2, int nr_wake, int nr_requeue,
			  struct wake_q_head *wake_q)
{
	struct futex_q *q, *next;
	int count = 0;

	list_for_each_entry_safe(q, next, &b1->chain, list) {
		if (count - nr_wake >= nr_requeue)
			break;
		if (!futex_match(&q->key, key1))
			continue;
		if (futex_is_pi(q))
			return -EINVAL;
		if (++count <= nr_wake)
			futex_wake_mark(wake_q, q);
		else
			futex_move(q, b1, b2, key2);
	}
	return count;
}

int futex_requeue(u32 __user *uaddr1, unsigned int flags, u32 __user *uaddr2, int nr_wake,
		  int nr_requeue, const u32 *cmpval)
{
	struct futex_key key1, key2;
	struct futex_bucket *b1, *b2;
	DEFINE_WAKE_Q(wake_q);
	u32 value;
	int ret;

	if (nr_wake < 0 || nr_requeue < 0)
		return -EINVAL;
retry:
	ret = futex_get_keys(uaddr1, uaddr2, flags, false, &key1, &key2);
	if (ret)
		return ret;
	b1 = futex_hash(&key1);
	b2 = futex_hash(&key2);
	futex_lock_two(b1, b2);
	if (cmpval) {
		ret = futex_get_value_locked(&value, uaddr1);
		if (!ret && value != *cmpval)
			ret = -EAGAIN;
	}
	if (!ret)
		ret = requeue_locked(b1, b2, &key1, &key2, nr_wake, nr_requeue, &wake_q);
	futex_unlock_two(b1, b2);
	wake_up_q(&wake_q);
	futex_put_key(&key1);
	futex_put_key(&key2);
	if (ret == -EFAULT && !get_user(value, uaddr1))
		goto retry;
	return ret;
}
