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
 * mutex that it owns in another (pi_waiters), whose first gives it sched.pi_prio.
 *
 * Only real-time priorities are inherited. The graph has no circle: a wait that would close
 * one is refused, and each walk ends after MAX_CHAIN tasks.
 *
 * Unlocking hands the mutex to its first waiter, which is the owner before it has woken up:
 * nobody can take the mutex in between, and there is nothing to repair when it wakes up for
 * another reason at the same time. Whether it got the mutex is asked under the lock.
 *
 * One lock guards the whole graph. A chain crosses tasks and mutexes of any number, in an order
 * that only the walk finds out; and only those come here who found a mutex taken.
 *
 * Lock order: futex bucket > graph_lock > pi_lock and run queue locks.
 */
#include <kern/errno.h>
#include <kern/fork.h>
#include <kern/hrtimer.h>
#include <kern/rtmutex.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/spinlock.h>

/* Longer chains are refused like circles. */
#define MAX_CHAIN 1024

static DEFINE_SPINLOCK(graph_lock);

#define node_waiter(n)	  rb_entry(n, struct rt_mutex_waiter, node)
#define pi_node_waiter(n) rb_entry(n, struct rt_mutex_waiter, pi_node)

static bool node_less(struct rb_node *a, const struct rb_node *b)
{
	return node_waiter(a)->prio > node_waiter(b)->prio;
}

static bool pi_node_less(struct rb_node *a, const struct rb_node *b)
{
	return pi_node_waiter(a)->prio > pi_node_waiter(b)->prio;
}

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

/* The owner inherits from the first waiter only: exchanges it when it is another one now. */
static void replace_first(struct rt_mutex *lock, struct rt_mutex_waiter *before)
{
	struct rt_mutex_waiter *now = first_waiter(lock);

	if (!lock->owner || before == now)
		return;
	if (before)
		rb_erase_cached(&before->pi_node, &lock->owner->pi_waiters);
	if (now)
		rb_add_cached(&now->pi_node, &lock->owner->pi_waiters, pi_node_less);
}

static void add_waiter(struct rt_mutex *lock, struct rt_mutex_waiter *waiter)
{
	struct rt_mutex_waiter *before = first_waiter(lock);

	waiter->prio = rt_prio_of(waiter->task);
	rb_add_cached(&waiter->node, &lock->waiters, node_less);
	replace_first(lock, before);
}

static void remove_waiter(struct rt_mutex *lock, struct rt_mutex_waiter *waiter)
{
	struct rt_mutex_waiter *before = first_waiter(lock);

	rb_erase_cached(&waiter->node, &lock->waiters);
	replace_first(lock, before);
}

/* What the task owns has other waiters, or other priorities: passes it on along the chain. */
static void propagate(struct task_struct *task)
{
	for (unsigned int depth = 0; task && depth < MAX_CHAIN; depth++) {
		struct rb_node *first = rb_first_cached(&task->pi_waiters);
		struct rt_mutex_waiter *waiter = task->pi_blocked_on;

		sched_inherit(task, first ? pi_node_waiter(first)->prio : 0);
		if (!waiter || waiter->prio == rt_prio_of(task))
			return;
		remove_waiter(waiter->lock, waiter);
		add_waiter(waiter->lock, waiter);
		task = waiter->lock->owner;
	}
}

/* Would the task, waiting for the lock, wait for itself? */
static bool closes_circle(struct rt_mutex *lock, struct task_struct *task)
{
	for (unsigned int depth = 0; depth < MAX_CHAIN; depth++) {
		struct task_struct *owner = lock->owner;

		if (owner == task)
			return true;
		if (!owner || !owner->pi_blocked_on)
			return false;
		lock = owner->pi_blocked_on->lock;
	}
	return true;
}

void rt_mutex_init_owned(struct rt_mutex *lock, struct task_struct *owner)
{
	lock->waiters = RB_ROOT_CACHED;
	lock->owner = owner;
}

int rt_mutex_enqueue(struct rt_mutex *lock, struct rt_mutex_waiter *waiter,
		     struct task_struct *task)
{
	int ret = 0;

	spin_lock(&graph_lock);
	if (!lock->owner) {
		lock->owner = task;
		waiter->granted = true;
		ret = 1;
	} else if (closes_circle(lock, task)) {
		ret = -EDEADLK;
	} else {
		waiter->task = task;
		waiter->lock = lock;
		task->pi_blocked_on = waiter;
		add_waiter(lock, waiter);
		propagate(lock->owner);
	}
	spin_unlock(&graph_lock);
	return ret;
}

static void end_wait(struct rt_mutex *lock, struct rt_mutex_waiter *waiter)
{
	remove_waiter(lock, waiter);
	waiter->task->pi_blocked_on = NULL;
	waiter->lock = NULL;
}

bool rt_mutex_dequeue(struct rt_mutex_waiter *waiter)
{
	struct rt_mutex *lock;

	spin_lock(&graph_lock);
	lock = waiter->lock;
	if (lock) {
		end_wait(lock, waiter);
		propagate(lock->owner);
	}
	spin_unlock(&graph_lock);
	return waiter->granted;
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

	spin_lock(&graph_lock);
	first = first_waiter(lock);
	task = first ? first->task : NULL;
	spin_unlock(&graph_lock);
	return task;
}

struct task_struct *rt_mutex_hand_over(struct rt_mutex *lock)
{
	struct rt_mutex_waiter *first;
	struct task_struct *old, *next = NULL;

	spin_lock(&graph_lock);
	old = lock->owner;
	first = first_waiter(lock);
	if (first && old)
		rb_erase_cached(&first->pi_node, &old->pi_waiters);
	lock->owner = NULL;
	if (first) {
		end_wait(lock, first);
		next = first->task;
		get_task_struct(next);
		lock->owner = next;
		replace_first(lock, NULL);
		propagate(next);
		WRITE_ONCE(first->granted, true);
	}
	if (old)
		propagate(old);
	spin_unlock(&graph_lock);
	return next;
}

void rt_mutex_adjust_pi(struct task_struct *task)
{
	if (!READ_ONCE(task->pi_blocked_on))
		return;
	spin_lock(&graph_lock);
	propagate(task);
	spin_unlock(&graph_lock);
}
