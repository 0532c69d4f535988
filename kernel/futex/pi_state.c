// SPDX-License-Identifier: MIT
/*
 * What stands behind a priority-inheriting futex (FUTEX_LOCK_PI) while somebody waits for it.
 *
 * The word holds the owner's thread number, FUTEX_WAITERS when the owner must call the kernel
 * to unlock, FUTEX_OWNER_DIED when an owner died with it. A program takes a free lock and
 * gives up an uncontended one without the kernel. The first waiter makes a futex_pi_state with
 * a struct rt_mutex, which says whom the word's owner is to inherit priority from; the others
 * find it through the first one's futex_q. It goes with the last waiter.
 *
 *          first waiter                 unlock: handed to the best waiter
 *   word ----------------> state, owner A --------------------------------> state, owner B
 *                              | A dies                                        ^
 *                              +--> state, no owner, mutex is B's --B wakes up--+
 *
 * Who unlocks writes the new owner into the word before it is woken. When the owner died the
 * new one writes it itself (fix_word), as the dead one's memory may be another.
 *
 * A dying task gives up its states once, in futex_exit_release(); from then on futex_state
 * keeps others from hanging new ones on it: they wait until it is dead and look at the word
 * again, which it may have changed meanwhile.
 *
 * Lock order: bucket > pi_states_lock; bucket > the mutexes' wait_lock.
 */
#include <kern/errno.h>
#include <kern/fork.h>
#include <kern/futex.h>
#include <kern/pid.h>
#include <kern/sched.h>
#include <kern/wait.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

#include "futex.h"

enum { FUTEX_STATE_OK, FUTEX_STATE_EXITING, FUTEX_STATE_DEAD };

static DEFINE_SPINLOCK(pi_states_lock);
static DECLARE_WAIT_QUEUE_HEAD(exiting_wait);

void futex_init_task(struct task_struct *task)
{
	INIT_LIST_HEAD(&task->pi_state_list);
	task->futex_state = FUTEX_STATE_OK;
}

struct futex_pi_state *futex_alloc_pi_state(void)
{
	return kzalloc(sizeof(struct futex_pi_state), GFP_KERNEL);
}

void futex_get_pi_state(struct futex_pi_state *state)
{
	spin_lock(&pi_states_lock);
	state->refs++;
	spin_unlock(&pi_states_lock);
}

void futex_put_pi_state(struct futex_pi_state *state)
{
	bool last;

	if (!state)
		return;
	spin_lock(&pi_states_lock);
	last = !--state->refs;
	if (last)
		list_del_init(&state->list);
	spin_unlock(&pi_states_lock);
	if (last)
		kfree(state);
}

/* => pi_states_lock held */
static void set_owner_locked(struct futex_pi_state *state, struct task_struct *owner)
{
	list_del_init(&state->list);
	state->owner = owner;
	if (owner)
		list_add(&state->list, &owner->pi_state_list);
}

void futex_set_owner(struct futex_pi_state *state, struct task_struct *owner)
{
	spin_lock(&pi_states_lock);
	set_owner_locked(state, owner);
	spin_unlock(&pi_states_lock);
}

/* Hands one mutex of the dying task to its best waiter. */
static void give_up(struct futex_pi_state *state, struct task_struct *task)
{
	struct futex_bucket *b = futex_hash(&state->key);
	struct task_struct *next = NULL;
	bool ours;

	spin_lock(&b->lock);
	spin_lock(&pi_states_lock);
	ours = state->owner == task;
	if (ours)
		set_owner_locked(state, NULL);
	spin_unlock(&pi_states_lock);
	if (ours)
		next = rt_mutex_hand_over(&state->mutex);
	spin_unlock(&b->lock);
	if (next) {
		wake_up_process(next);
		put_task_struct(next);
	}
}

static void exit_pi_states(struct task_struct *task)
{
	struct futex_pi_state *state;

	for (;;) {
		spin_lock(&pi_states_lock);
		state = list_first_entry_or_null(&task->pi_state_list, struct futex_pi_state, list);
		if (state)
			state->refs++;
		spin_unlock(&pi_states_lock);
		if (!state)
			return;
		give_up(state, task);
		futex_put_pi_state(state);
	}
}

static void set_futex_state(struct task_struct *task, unsigned int state)
{
	spin_lock(&pi_states_lock);
	task->futex_state = state;
	spin_unlock(&pi_states_lock);
}

static void release_futexes(struct task_struct *task, unsigned int state_after)
{
	set_futex_state(task, FUTEX_STATE_EXITING);
	if (task->robust_list) {
		exit_robust_list(task);
		task->robust_list = NULL;
	}
	exit_pi_states(task);
	set_futex_state(task, state_after);
	smp_mb();
	if (waitqueue_active(&exiting_wait))
		wake_up_all(&exiting_wait);
}

void futex_exit_release(struct task_struct *task)
{
	release_futexes(task, FUTEX_STATE_DEAD);
}

void futex_exec_release(struct task_struct *task)
{
	release_futexes(task, FUTEX_STATE_OK);
}

/* Joins those that wait already, if the word agrees with what they know. => bucket lock held */
static int attach_to_state(u32 __user *uaddr, u32 value, struct futex_pi_state *state,
			   struct futex_pi_attempt *attempt)
{
	u32 again, tid = value & FUTEX_TID_MASK;
	int ret = 0;

	if (!state)
		return -EINVAL;
	if (futex_get_value_locked(&again, uaddr))
		return -EFAULT;
	if (again != value)
		return -EAGAIN;
	spin_lock(&pi_states_lock);
	if (value & FUTEX_OWNER_DIED) {
		/* The number is cleared before the state is given up, and written after it. */
		if (tid && (!state->owner || tid != (u32)task_pid_vnr(state->owner)))
			ret = -EINVAL;
	} else if (!state->owner || tid != (u32)task_pid_vnr(state->owner)) {
		ret = -EINVAL;
	}
	if (!ret) {
		state->refs++;
		attempt->state = state;
	}
	spin_unlock(&pi_states_lock);
	return ret;
}

/* The owner that the word names is gone, or going: has it changed the word? */
static int owner_gone(u32 __user *uaddr, u32 value)
{
	u32 again;

	if (futex_get_value_locked(&again, uaddr))
		return -EFAULT;
	return again != value ? -EAGAIN : -ESRCH;
}

/* A new state, on the owner that the word names. => bucket lock held */
static int attach_to_owner(u32 __user *uaddr, u32 value, const struct futex_key *key,
			   struct futex_pi_attempt *attempt)
{
	pid_t tid = value & FUTEX_TID_MASK;
	struct futex_pi_state *state = attempt->spare;
	struct task_struct *owner;
	unsigned int dying;

	if (!tid)
		return -EAGAIN;
	owner = find_get_task_by_vpid(tid);
	if (!owner)
		return owner_gone(uaddr, value);
	if (owner->flags & PF_KTHREAD) {
		put_task_struct(owner);
		return -EPERM;
	}
	spin_lock(&pi_states_lock);
	dying = owner->futex_state;
	if (dying == FUTEX_STATE_OK) {
		rt_mutex_init_owned(&state->mutex, owner);
		INIT_LIST_HEAD(&state->list);
		state->key = *key;
		state->refs = 1;
		set_owner_locked(state, owner);
		attempt->state = state;
		attempt->spare = NULL;
	}
	spin_unlock(&pi_states_lock);
	if (dying == FUTEX_STATE_EXITING) {
		attempt->exiting = owner;
		return -EBUSY;
	}
	put_task_struct(owner);
	return dying == FUTEX_STATE_DEAD ? owner_gone(uaddr, value) : 0;
}

static int exchange_word(u32 __user *uaddr, u32 value, u32 new)
{
	u32 seen;
	int ret = futex_atomic_cmpxchg_inatomic(&seen, uaddr, value, new);

	if (ret)
		return ret;
	return seen == value ? 0 : -EAGAIN;
}

struct futex_q *futex_top_waiter(struct futex_bucket *b, const struct futex_key *key)
{
	struct futex_q *q;

	list_for_each_entry(q, &b->chain, list) {
		if (futex_match(&q->key, key))
			return q;
	}
	return NULL;
}

int futex_lock_pi_atomic(u32 __user *uaddr, struct futex_bucket *b, const struct futex_key *key,
			 struct futex_pi_attempt *attempt)
{
	u32 value, new, tid = task_pid_vnr(attempt->task);
	struct futex_q *top;
	int ret;

	if (futex_get_value_locked(&value, uaddr))
		return -EFAULT;
	if ((value & FUTEX_TID_MASK) == tid)
		return -EDEADLK;
	top = futex_top_waiter(b, key);
	if (top)
		return attach_to_state(uaddr, value, top->pi_state, attempt);
	if (value & FUTEX_TID_MASK) {
		/* From now on the owner's unlock comes to the kernel, and waits for our lock. */
		new = value | FUTEX_WAITERS;
		ret = exchange_word(uaddr, value, new);
		return ret ? ret : attach_to_owner(uaddr, new, key, attempt);
	}
	new = (value & FUTEX_OWNER_DIED) | tid;
	if (attempt->set_waiters)
		new |= FUTEX_WAITERS;
	ret = exchange_word(uaddr, value, new);
	if (!ret && attempt->set_waiters)
		ret = attach_to_owner(uaddr, new, key, attempt);
	return ret ? ret : 1;
}

int futex_pi_retry(int error, u32 __user *uaddr, struct futex_pi_attempt *attempt)
{
	switch (error) {
	case -EFAULT:
		return fault_in_writeable((char __user *)uaddr, sizeof(u32)) ? -EFAULT : 0;
	case -EBUSY:
		wait_event(exiting_wait,
			   READ_ONCE(attempt->exiting->futex_state) != FUTEX_STATE_EXITING);
		put_task_struct(attempt->exiting);
		attempt->exiting = NULL;
		return 0;
	case -EAGAIN:
		cond_resched();
		return 0;
	}
	return error;
}
