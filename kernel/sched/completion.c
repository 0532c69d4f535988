// SPDX-License-Identifier: MIT
/* Completions. done counts events that nobody has taken; UINT_MAX means for ever. */
#include <kern/completion.h>
#include <kern/sched.h>
#include <kern/signal.h>

void complete(struct completion *x)
{
	unsigned long flags;

	spin_lock_irqsave(&x->wait.lock, flags);
	if (x->done != UINT_MAX)
		x->done++;
	__wake_up_locked(&x->wait, TASK_NORMAL, 1);
	spin_unlock_irqrestore(&x->wait.lock, flags);
}

void complete_all(struct completion *x)
{
	unsigned long flags;

	spin_lock_irqsave(&x->wait.lock, flags);
	x->done = UINT_MAX;
	__wake_up_locked(&x->wait, TASK_NORMAL, 0);
	spin_unlock_irqrestore(&x->wait.lock, flags);
}

/* The jiffies left (at least 1), 0 after the timeout, or -ERESTARTSYS. */
static long __sched wait_common(struct completion *x, long timeout, unsigned int state, bool io)
{
	struct wait_queue_entry entry;
	long ret = timeout;

	might_sleep();
	init_wait_entry(&entry, WQ_FLAG_EXCLUSIVE);
	spin_lock_irq(&x->wait.lock);
	while (!x->done) {
		if (signal_pending_state(state, current)) {
			ret = -ERESTARTSYS;
			break;
		}
		if (!ret)
			break;
		if (list_empty(&entry.entry))
			__add_wait_queue_entry_tail(&x->wait, &entry);
		__set_current_state(state);
		spin_unlock_irq(&x->wait.lock);
		ret = io ? io_schedule_timeout(ret) : schedule_timeout(ret);
		spin_lock_irq(&x->wait.lock);
	}
	list_del_init(&entry.entry);
	if (ret >= 0 && x->done) {
		if (x->done != UINT_MAX)
			x->done--;
		ret = ret ? ret : 1;
	}
	spin_unlock_irq(&x->wait.lock);
	return ret;
}

void __sched wait_for_completion(struct completion *x)
{
	(void)wait_common(x, MAX_SCHEDULE_TIMEOUT, TASK_UNINTERRUPTIBLE, false);
}

void __sched wait_for_completion_io(struct completion *x)
{
	(void)wait_common(x, MAX_SCHEDULE_TIMEOUT, TASK_UNINTERRUPTIBLE, true);
}

unsigned long __sched wait_for_completion_timeout(struct completion *x, unsigned long timeout)
{
	return wait_common(x, timeout, TASK_UNINTERRUPTIBLE, false);
}

int __sched wait_for_completion_state(struct completion *x, unsigned int state)
{
	long ret = wait_common(x, MAX_SCHEDULE_TIMEOUT, state, false);

	return ret < 0 ? (int)ret : 0;
}

int __sched wait_for_completion_interruptible(struct completion *x)
{
	return wait_for_completion_state(x, TASK_INTERRUPTIBLE);
}

int __sched wait_for_completion_killable(struct completion *x)
{
	return wait_for_completion_state(x, TASK_KILLABLE);
}

long __sched wait_for_completion_interruptible_timeout(struct completion *x, unsigned long timeout)
{
	return wait_common(x, timeout, TASK_INTERRUPTIBLE, false);
}

long __sched wait_for_completion_killable_timeout(struct completion *x, unsigned long timeout)
{
	return wait_common(x, timeout, TASK_KILLABLE, false);
}

bool try_wait_for_completion(struct completion *x)
{
	unsigned long flags;
	bool taken;

	spin_lock_irqsave(&x->wait.lock, flags);
	taken = x->done > 0;
	if (taken && x->done != UINT_MAX)
		x->done--;
	spin_unlock_irqrestore(&x->wait.lock, flags);
	return taken;
}

/* Also waits for a complete() that is just letting go: afterwards the memory may be freed. */
bool completion_done(struct completion *x)
{
	unsigned long flags;
	bool done;

	spin_lock_irqsave(&x->wait.lock, flags);
	done = x->done > 0;
	spin_unlock_irqrestore(&x->wait.lock, flags);
	return done;
}
