// SPDX-License-Identifier: MIT
/* Counting semaphores. up() hands its unit to the first waiter directly. */
#include <kern/errno.h>
#include <kern/sched.h>
#include <kern/semaphore.h>
#include <kern/signal.h>

struct semaphore_waiter {
	struct list_head list;
	struct task_struct *task;
	bool up; /* sem->lock: it was given a unit */
};

static int down_common(struct semaphore *sem, unsigned int state, long timeout)
{
	struct semaphore_waiter waiter = { .task = current };
	int ret = 0;

	might_sleep();
	spin_lock_irq(&sem->lock);
	if (sem->count) {
		sem->count--;
		spin_unlock_irq(&sem->lock);
		return 0;
	}
	list_add_tail(&waiter.list, &sem->wait_list);
	for (;;) {
		if (signal_pending_state(state, current))
			ret = -EINTR;
		else if (timeout <= 0)
			ret = -ETIME;
		if (ret) {
			list_del(&waiter.list);
			break;
		}
		__set_current_state(state);
		spin_unlock_irq(&sem->lock);
		timeout = schedule_timeout(timeout);
		spin_lock_irq(&sem->lock);
		if (waiter.up)
			break;
	}
	spin_unlock_irq(&sem->lock);
	return ret;
}

void down(struct semaphore *sem)
{
	(void)down_common(sem, TASK_UNINTERRUPTIBLE, MAX_SCHEDULE_TIMEOUT);
}

int down_interruptible(struct semaphore *sem)
{
	return down_common(sem, TASK_INTERRUPTIBLE, MAX_SCHEDULE_TIMEOUT);
}

int down_killable(struct semaphore *sem)
{
	return down_common(sem, TASK_KILLABLE, MAX_SCHEDULE_TIMEOUT);
}

int down_timeout(struct semaphore *sem, long timeout)
{
	return down_common(sem, TASK_UNINTERRUPTIBLE, timeout);
}

int down_trylock(struct semaphore *sem)
{
	unsigned long flags;
	bool taken;

	spin_lock_irqsave(&sem->lock, flags);
	taken = sem->count > 0;
	if (taken)
		sem->count--;
	spin_unlock_irqrestore(&sem->lock, flags);
	return !taken;
}

void up(struct semaphore *sem)
{
	struct semaphore_waiter *waiter;
	unsigned long flags;

	spin_lock_irqsave(&sem->lock, flags);
	waiter = list_first_entry_or_null(&sem->wait_list, struct semaphore_waiter, list);
	if (waiter) {
		list_del(&waiter->list);
		waiter->up = true;
		wake_up_process(waiter->task);
	} else {
		sem->count++;
	}
	spin_unlock_irqrestore(&sem->lock, flags);
}
