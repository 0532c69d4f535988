// SPDX-License-Identifier: MIT
/*
 * Mutexes with priority inheritance, for the futexes that ask for it (FUTEX_LOCK_PI).
 *
 * A task that holds such a mutex runs with the priority of the best task that waits for it, so
 * that a task of middle priority cannot keep both from running. The owner may itself wait for
 * another mutex: then what it inherits must go on to that one's owner, and so on.
 *
 *   task --pi_blocked_on--> waiter --lock--> rt_mutex --owner--> task --pi_blocked_on--> ...
 *
 * Each mutex keeps its waiters in a tree by priority. Each task keeps the first waiter of each
 * mutex that it owns in another (pi_waiters), whose first gives it sched.pi_prio. A waiter has a
 * key for each of the two trees (prio, pi_prio), because they are guarded by different locks.
 *
 * Only real-time priorities are inherited.
 *
 * Locks. lock->wait_lock guards the mutex: its owner and its tree, and the keys and places of those
 * in it. task->pi_lock guards pi_waiters and pi_blocked_on. The order is wait_lock > pi_lock, one
 * of each kind at a time. So the walk along a chain (walk_chain) holds the locks of one link only,
 * and the chain may change in front of it and behind it:
 *
 *   pi_lock of a blocked task, wait_lock of what it waits for (tried; begun again when it fails),
 *   drop pi_lock, pi_lock of the owner, drop both; the owner is the next blocked task
 *
 * A blocked task cannot leave its mutex without both locks, so what the walk looks at stays. Who
 * changes a link walks on from there himself: a walk that finds another lock than the one it
 * came for is not needed any more.
 *
 * A task that begins to wait stands in the graph first and walks then, to the end: when the walk
 * comes to a mutex of its own, the wait would close a circle and is taken back. Of several that
 * close a circle together the last one to line up sees all of it. A walk that comes to another
 * place twice has met a circle that somebody else is about to take back, or a chain that changed: it
 * has told everybody, and stops. A chain of more than max_lock_depth tasks counts as a circle.
 *
 * Unlocking hands the mutex to its first waiter, which is the owner before it has woken up:
 * nobody can take the mutex in between, and there is nothing to repair when it wakes up for
 * another reason at the same time. Whether it got the mutex is asked under the lock.
 *
 * Lock order: futex bucket > wait_lock > task->pi_lock > the scheduler's locks.
 */
#include <kern/errno.h>
#include <kern/fork.h>
#include <kern/hrtimer.h>
#include <kern/rtmutex.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/spinlock.h>
#include <lib/log2.h>
#include <um/processor.h>

int max_lock_depth = 1024;

#define node_waiter(n)	  rb_entry(n, struct rt_mutex_waiter, node)
#define pi_node_waiter(n) rb_entry(n, struct rt_mutex_waiter, pi_node)

static bool node_less(struct rb_node *a, const struct rb_node *b)
{
	return node_waiter(a)->prio > node_waiter(b)->prio;
}

static bool pi_node_less(struct rb_node *a, const struct rb_node *b)
{
	return pi_node_waiter(a)->pi_prio > pi_node_waiter(b)->pi_prio;
}

/* => wait_lock held */
static struct rt_mutex_waiter *first_waiter(struct rt_mutex *lock)
{
	struct rb_node *first = rb_first_cached(&lock->waiters);

	return first ? node_waiter(first) : NULL;
}

/*
 * The real-time priority that the task runs with, 0 when it has none. A deadline task counts,
 * and lends, as the highest one.
 */
static unsigned int rt_prio_of(struct task_struct *task)
{
	int prio = READ_ONCE(task->sched.prio);

	return prio < MAX_RT_PRIO ? MAX_RT_PRIO - 1 - max(prio, 0) : 0;
}

/* => task->pi_lock held */
static void pi_add(struct task_struct *task, struct rt_mutex_waiter *waiter)
{
	waiter->pi_prio = waiter->prio;
	rb_add_cached(&waiter->pi_node, &task->pi_waiters, pi_node_less);
}

/* Gives the task what its waiters lend it. => task->pi_lock held */
static void inherit(struct task_struct *task)
{
	struct rb_node *first = rb_first_cached(&task->pi_waiters);

	sched_inherit(task, first ? pi_node_waiter(first)->pi_prio : 0);
}

/*
 * The first waiter was `before`, and may be another one, or have another priority: tells the
 * owner. The lock that the owner waits for, or NULL. => wait_lock held; there is an owner
 */
static struct rt_mutex *tell_owner(struct rt_mutex *lock, struct rt_mutex_waiter *before)
{
	struct rt_mutex_waiter *now = first_waiter(lock);
	struct task_struct *owner = lock->owner;
	struct rt_mutex *next;

	spin_lock(&owner->pi_lock);
	if (before != now || (now && now->prio != now->pi_prio)) {
		if (before)
			rb_erase_cached(&before->pi_node, &owner->pi_waiters);
		if (now)
			pi_add(owner, now);
		inherit(owner);
	}
	next = owner->pi_blocked_on ? owner->pi_blocked_on->lock : NULL;
	spin_unlock(&owner->pi_lock);
	return next;
}

/* The locks of the link from a task to `lock`, which it waits for. False: it does not. */
static bool lock_link(struct task_struct *task, struct rt_mutex *lock)
{
	for (unsigned long rounds = 0;; rounds++) {
		spin_lock(&task->pi_lock);
		if (!task->pi_blocked_on || task->pi_blocked_on->lock != lock)
			break;
		if (spin_trylock(&lock->wait_lock))
			return true;
		spin_unlock(&task->pi_lock);
		um_spin_wait(rounds);
	}
	spin_unlock(&task->pi_lock);
	return false;
}

/* Among its equals it keeps its place. => wait_lock held */
static void stand_by_prio(struct rt_mutex *lock, struct rt_mutex_waiter *waiter)
{
	unsigned int prio = rt_prio_of(waiter->task);

	if (waiter->prio == prio)
		return;
	rb_erase_cached(&waiter->node, &lock->waiters);
	waiter->prio = prio;
	rb_add_cached(&waiter->node, &lock->waiters, node_less);
}

/*
 * The priority of `task`, which waits for `lock`, may have changed: passes it on along the chain.
 * waiting, for_lock: a new wait, whose chain is walked to its end; -EDEADLK when it comes back to
 * the task or is too long. NULL: as far as something changes.
 * => a reference to the task, which is dropped; no lock of a graph held
 */
static int walk_chain(struct task_struct *task, struct rt_mutex *lock,
		      const struct task_struct *waiting, const struct rt_mutex *for_lock)
{
	/* Of the mutexes on the way one at a time, further on ever more rarely: met again, it is a circle. */
	const struct rt_mutex *met = for_lock;
	int ret = 0;

	for (int depth = 0; lock && lock != met; depth++) {
		struct rt_mutex_waiter *waiter, *before;
		struct task_struct *owner;
		struct rt_mutex *next = NULL;

		if (depth >= READ_ONCE(max_lock_depth)) {
			ret = waiting ? -EDEADLK : 0;
			break;
		}
		if (!lock_link(task, lock))
			break;
		waiter = task->pi_blocked_on;
		owner = lock->owner;
		if (waiting && owner == waiting)
			ret = -EDEADLK;
		if (waiting && is_power_of_2(depth))
			met = lock;
		if (ret || (!waiting && waiter->prio == rt_prio_of(task))) {
			spin_unlock(&lock->wait_lock);
			spin_unlock(&task->pi_lock);
			break;
		}
		before = first_waiter(lock);
		stand_by_prio(lock, waiter);
		spin_unlock(&task->pi_lock);
		put_task_struct(task);
		task = owner;
		if (task) {
			get_task_struct(task);
			next = tell_owner(lock, before);
		}
		spin_unlock(&lock->wait_lock);
		lock = next;
	}
	if (task)
		put_task_struct(task);
	return ret;
}

void rt_mutex_init_owned(struct rt_mutex *lock, struct task_struct *owner)
{
	spin_lock_init(&lock->wait_lock);
	lock->waiters = RB_ROOT_CACHED;
	lock->owner = owner;
}

/* => wait_lock held */
static void line_up(struct rt_mutex *lock, struct rt_mutex_waiter *waiter, struct task_struct *task)
{
	spin_lock(&task->pi_lock);
	waiter->task = task;
	waiter->lock = lock;
	waiter->prio = rt_prio_of(task);
	task->pi_blocked_on = waiter;
	rb_add_cached(&waiter->node, &lock->waiters, node_less);
	spin_unlock(&task->pi_lock);
}

int rt_mutex_enqueue(struct rt_mutex *lock, struct rt_mutex_waiter *waiter,
		     struct task_struct *task)
{
	struct rt_mutex_waiter *before;
	struct task_struct *owner;
	struct rt_mutex *next;
	int ret = 0;

	spin_lock(&lock->wait_lock);
	owner = lock->owner;
	if (!owner) {
		lock->owner = task;
		waiter->granted = true;
		ret = 1;
	} else if (owner == task) {
		ret = -EDEADLK;
	}
	if (ret) {
		spin_unlock(&lock->wait_lock);
		return ret;
	}
	before = first_waiter(lock);
	line_up(lock, waiter, task);
	get_task_struct(owner);
	next = tell_owner(lock, before);
	spin_unlock(&lock->wait_lock);
	ret = walk_chain(owner, next, task, lock);
	/* Handed over meanwhile: then there was no circle. */
	if (ret && rt_mutex_dequeue(waiter))
		ret = 1;
	return ret;
}

/* => wait_lock held; the owner is told by the caller */
static void end_wait(struct rt_mutex *lock, struct rt_mutex_waiter *waiter)
{
	struct task_struct *task = waiter->task;

	spin_lock(&task->pi_lock);
	rb_erase_cached(&waiter->node, &lock->waiters);
	task->pi_blocked_on = NULL;
	/* The last that is written to a waiter: what it was granted is seen with it. */
	smp_store_release(&waiter->lock, NULL);
	spin_unlock(&task->pi_lock);
}

bool rt_mutex_dequeue(struct rt_mutex_waiter *waiter)
{
	struct rt_mutex *lock = smp_load_acquire(&waiter->lock), *next = NULL;
	struct task_struct *owner = NULL;
	struct rt_mutex_waiter *before;

	if (!lock)
		return READ_ONCE(waiter->granted);
	spin_lock(&lock->wait_lock);
	if (waiter->lock) {
		before = first_waiter(lock);
		end_wait(lock, waiter);
		owner = lock->owner;
		if (owner) {
			get_task_struct(owner);
			next = tell_owner(lock, before);
		}
	}
	spin_unlock(&lock->wait_lock);
	if (owner)
		walk_chain(owner, next, NULL, NULL);
	return READ_ONCE(waiter->granted);
}

int __sched rt_mutex_wait(struct rt_mutex_waiter *waiter, struct hrtimer_sleeper *timeout)
{
	int ret = 0;

	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (READ_ONCE(waiter->granted))
			break;
		if (timeout && !timeout->task)
			ret = -ETIMEDOUT;
		else if (signal_pending(current))
			ret = -EINTR;
		if (ret)
			break;
		schedule();
	}
	__set_current_state(TASK_RUNNING);
	return ret;
}

struct task_struct *rt_mutex_next_owner(struct rt_mutex *lock)
{
	struct rt_mutex_waiter *first;
	struct task_struct *task;

	spin_lock(&lock->wait_lock);
	first = first_waiter(lock);
	task = first ? first->task : NULL;
	spin_unlock(&lock->wait_lock);
	return task;
}

/* The owner has it no more, nor what its first waiter lent it. => wait_lock held */
static void take_from_owner(struct rt_mutex *lock)
{
	struct rt_mutex_waiter *first = first_waiter(lock);
	struct task_struct *owner = lock->owner;

	lock->owner = NULL;
	if (!owner || !first)
		return;
	spin_lock(&owner->pi_lock);
	rb_erase_cached(&first->pi_node, &owner->pi_waiters);
	inherit(owner);
	spin_unlock(&owner->pi_lock);
}

struct task_struct *rt_mutex_hand_over(struct rt_mutex *lock)
{
	struct rt_mutex_waiter *first;
	struct task_struct *next = NULL;

	spin_lock(&lock->wait_lock);
	take_from_owner(lock);
	first = first_waiter(lock);
	if (first) {
		next = first->task;
		get_task_struct(next);
		WRITE_ONCE(first->granted, true);
		end_wait(lock, first);
		lock->owner = next;
		/* It waits for nothing any more: no chain. */
		if (first_waiter(lock))
			tell_owner(lock, NULL);
	}
	spin_unlock(&lock->wait_lock);
	return next;
}

void rt_mutex_adjust_pi(struct task_struct *task)
{
	struct rt_mutex *lock;

	/* Under the lock: who lines up reads the priority and says for what it waits in one section. */
	spin_lock(&task->pi_lock);
	lock = task->pi_blocked_on ? task->pi_blocked_on->lock : NULL;
	spin_unlock(&task->pi_lock);
	get_task_struct(task);
	walk_chain(task, lock, NULL, NULL);
}
