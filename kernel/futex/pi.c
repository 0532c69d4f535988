// SPDX-License-Identifier: MIT
/* FUTEX_LOCK_PI, FUTEX_LOCK_PI2, FUTEX_TRYLOCK_PI, FUTEX_UNLOCK_PI. pi_state.c tells the idea. */
#include <kern/errno.h>
#include <kern/fork.h>
#include <kern/hrtimer.h>
#include <kern/pid.h>
#include <kern/sched.h>
#include <kern/task.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

#include "futex.h"

/* We have the mutex of an owner that died: writes our number. => bucket lock held */
static int fix_word(struct futex_pi_state *state, u32 __user *uaddr)
{
	u32 value, seen, new = task_pid_vnr(current) | FUTEX_WAITERS;

	if (!state->owner)
		new |= FUTEX_OWNER_DIED;
	if (futex_get_value_locked(&value, uaddr))
		return -EFAULT;
	for (;;) {
		if (futex_atomic_cmpxchg_inatomic(&seen, uaddr, value,
						  new | (value & FUTEX_OWNER_DIED)))
			return -EFAULT;
		if (seen == value)
			break;
		value = seen;
	}
	futex_set_owner(state, current);
	return 0;
}

int futex_finish_pi(struct futex_q *q, u32 __user *uaddr, int error)
{
	struct futex_pi_state *state = q->pi_state;
	struct task_struct *next = NULL;
	/* A waiter for a mutex is moved no more. */
	spinlock_t *lock = q->lock_ptr;
	int ret;

	spin_lock(lock);
	while (rt_mutex_dequeue(q->rt_waiter)) {
		ret = state->owner == current ? 0 : fix_word(state, uaddr);
		error = ret;
		if (!ret)
			break;
		spin_unlock(lock);
		ret = fault_in_writeable((char __user *)uaddr, sizeof(u32));
		spin_lock(lock);
		if (!ret)
			continue;
		/* The word cannot be written: somebody else may have more luck. */
		next = rt_mutex_hand_over(&state->mutex);
		break;
	}
	q->pi_state = NULL;
	futex_remove(q);
	spin_unlock(lock);
	if (next) {
		wake_up_process(next);
		put_task_struct(next);
	}
	futex_put_pi_state(state);
	return error;
}

/* Queues and begins to wait for the attempt's state. => bucket lock held, dropped */
static int wait_for_mutex(struct futex_q *q, struct futex_bucket *b, u32 __user *uaddr,
			  struct hrtimer_sleeper *timeout)
{
	int ret;

	futex_queue(q, b);
	ret = rt_mutex_enqueue(&q->pi_state->mutex, q->rt_waiter, current);
	spin_unlock(&b->lock);
	if (!ret) {
		if (timeout)
			hrtimer_sleeper_start_expires(timeout, HRTIMER_MODE_ABS);
		ret = rt_mutex_wait(q->rt_waiter, timeout);
	}
	return futex_finish_pi(q, uaddr, ret);
}

/* One attempt; *again: the word must be looked at once more. */
static int try_lock_pi(u32 __user *uaddr, unsigned int flags, struct hrtimer_sleeper *timeout,
		       bool trylock, struct futex_pi_attempt *attempt, bool *again)
{
	struct rt_mutex_waiter waiter;
	struct futex_q q = { .bitset = FUTEX_BITSET_MATCH_ANY, .rt_waiter = &waiter };
	struct futex_bucket *b;
	int ret = futex_get_key(uaddr, flags, true, &q.key);

	if (ret)
		return ret;
	rt_mutex_init_waiter(&waiter);
	b = futex_hash(&q.key);
	atomic_inc(&b->waiters);
	spin_lock(&b->lock);
	ret = futex_lock_pi_atomic(uaddr, b, &q.key, attempt);
	if (!ret && !trylock) {
		q.pi_state = attempt->state;
		ret = wait_for_mutex(&q, b, uaddr, timeout);
		futex_put_key(&q.key);
		return ret;
	}
	spin_unlock(&b->lock);
	atomic_dec(&b->waiters);
	futex_put_key(&q.key);
	if (!ret) {
		futex_put_pi_state(attempt->state);
		return -EWOULDBLOCK;
	}
	if (ret == 1)
		return 0;
	ret = futex_pi_retry(ret, uaddr, attempt);
	*again = !ret;
	return ret;
}

int futex_lock_pi(u32 __user *uaddr, unsigned int flags, const ktime_t *time, bool trylock)
{
	struct futex_pi_attempt attempt = { .task = current };
	struct hrtimer_sleeper sleeper, *timeout;
	bool again;
	int ret;

	attempt.spare = futex_alloc_pi_state();
	if (!attempt.spare)
		return -ENOMEM;
	timeout = futex_setup_timer(time, &sleeper, flags);
	do {
		again = false;
		ret = try_lock_pi(uaddr, flags, timeout, trylock, &attempt, &again);
	} while (again);
	futex_stop_timer(timeout);
	kfree(attempt.spare);
	return ret == -EINTR ? -ERESTARTNOINTR : ret;
}

/* Gives the lock to the best waiter. => bucket lock held. 0 and *next, -EFAULT, -EAGAIN, -EINVAL */
static int unlock_to_waiter(struct futex_q *top, u32 __user *uaddr, u32 value,
			    struct task_struct **next)
{
	struct futex_pi_state *state = top->pi_state;
	struct task_struct *heir;
	u32 seen;

	if (!state || state->owner != current)
		return -EINVAL;
	/* It cannot leave the mutex while we have the bucket. */
	heir = rt_mutex_next_owner(&state->mutex);
	if (!heir)
		return -EINVAL;
	if (futex_atomic_cmpxchg_inatomic(&seen, uaddr, value, task_pid_vnr(heir) | FUTEX_WAITERS))
		return -EFAULT;
	if (seen != value)
		return (seen & FUTEX_TID_MASK) == (value & FUTEX_TID_MASK) ? -EAGAIN : -EINVAL;
	*next = rt_mutex_hand_over(&state->mutex);
	futex_set_owner(state, *next);
	return 0;
}

static int unlock_locked(struct futex_bucket *b, const struct futex_key *key, u32 __user *uaddr,
			 u32 value, struct task_struct **next)
{
	struct futex_q *top = futex_top_waiter(b, key);
	u32 seen;

	if (top)
		return unlock_to_waiter(top, uaddr, value, next);
	/* The last waiter has given up: the word is all there is. */
	if (futex_atomic_cmpxchg_inatomic(&seen, uaddr, value, 0))
		return -EFAULT;
	return seen == value ? 0 : -EAGAIN;
}

int futex_unlock_pi(u32 __user *uaddr, unsigned int flags)
{
	struct task_struct *next = NULL;
	struct futex_bucket *b;
	struct futex_key key;
	u32 value;
	int ret;

	for (;;) {
		if (get_user(value, uaddr))
			return -EFAULT;
		if ((value & FUTEX_TID_MASK) != (u32)task_pid_vnr(current))
			return -EPERM;
		ret = futex_get_key(uaddr, flags, true, &key);
		if (ret)
			return ret;
		b = futex_hash(&key);
		spin_lock(&b->lock);
		ret = unlock_locked(b, &key, uaddr, value, &next);
		spin_unlock(&b->lock);
		futex_put_key(&key);
		if (next) {
			wake_up_process(next);
			put_task_struct(next);
		}
		if (ret == -EFAULT) {
			if (fault_in_writeable((char __user *)uaddr, sizeof(u32)))
				return -EFAULT;
		} else if (ret != -EAGAIN) {
			return ret;
		}
		cond_resched();
	}
}
