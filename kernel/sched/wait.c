// SPDX-License-Identifier: MIT
/* Wait queues, and the hashed ones for bits and variables. */
#include <kern/errno.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/wait.h>
#include <lib/hash.h>

#include <linux/poll.h>

#define WAIT_TABLE_BITS 6
/* Beside POLLHUP: the queue itself goes away. */
#define EPOLL_POLLFREE 0x4000

static struct wait_queue_head bit_wait_table[1 << WAIT_TABLE_BITS];

void __init_waitqueue_head(struct wait_queue_head *wq, const char *name, struct lock_class_key *key)
{
	__spin_lock_init(&wq->lock, name, key);
	INIT_LIST_HEAD(&wq->head);
}

void add_wait_queue(struct wait_queue_head *wq, struct wait_queue_entry *entry)
{
	unsigned long flags;

	entry->flags &= ~WQ_FLAG_EXCLUSIVE;
	spin_lock_irqsave(&wq->lock, flags);
	__add_wait_queue(wq, entry);
	spin_unlock_irqrestore(&wq->lock, flags);
}

void add_wait_queue_exclusive(struct wait_queue_head *wq, struct wait_queue_entry *entry)
{
	unsigned long flags;

	entry->flags |= WQ_FLAG_EXCLUSIVE;
	spin_lock_irqsave(&wq->lock, flags);
	__add_wait_queue_entry_tail(wq, entry);
	spin_unlock_irqrestore(&wq->lock, flags);
}

void remove_wait_queue(struct wait_queue_head *wq, struct wait_queue_entry *entry)
{
	unsigned long flags;

	spin_lock_irqsave(&wq->lock, flags);
	__remove_wait_queue(wq, entry);
	spin_unlock_irqrestore(&wq->lock, flags);
}

/* Entries may remove themselves, and only themselves, in their function. */
static void wake_all_in(struct wait_queue_head *wq, unsigned int mode, int nr, int flags, void *key)
{
	struct wait_queue_entry *entry, *next;

	list_for_each_entry_safe(entry, next, &wq->head, entry) {
		bool exclusive = entry->flags & WQ_FLAG_EXCLUSIVE;
		int woken = entry->func(entry, mode, flags, key);

		if (woken < 0)
			break;
		if (woken && exclusive && !--nr)
			break;
	}
}

void __wake_up(struct wait_queue_head *wq, unsigned int mode, int nr, void *key)
{
	unsigned long flags;

	spin_lock_irqsave(&wq->lock, flags);
	wake_all_in(wq, mode, nr, 0, key);
	spin_unlock_irqrestore(&wq->lock, flags);
}

void __wake_up_sync_key(struct wait_queue_head *wq, unsigned int mode, void *key)
{
	unsigned long flags;

	spin_lock_irqsave(&wq->lock, flags);
	wake_all_in(wq, mode, 1, WF_SYNC, key);
	spin_unlock_irqrestore(&wq->lock, flags);
}

void __wake_up_locked(struct wait_queue_head *wq, unsigned int mode, int nr)
{
	wake_all_in(wq, mode, nr, 0, NULL);
}

void __wake_up_locked_key(struct wait_queue_head *wq, unsigned int mode, void *key)
{
	wake_all_in(wq, mode, 1, 0, key);
}

void __wake_up_pollfree(struct wait_queue_head *wq)
{
	__wake_up(wq, TASK_NORMAL, 0, poll_to_key(POLLHUP | EPOLL_POLLFREE));
	WARN_ON_ONCE(waitqueue_active(wq));
}

int default_wake_function(struct wait_queue_entry *entry, unsigned int mode, int flags, void *key)
{
	return try_to_wake_up(entry->private, mode, flags);
}

int autoremove_wake_function(struct wait_queue_entry *entry, unsigned int mode, int flags,
			     void *key)
{
	int ret = default_wake_function(entry, mode, flags, key);

	if (ret)
		list_del_init_careful(&entry->entry);
	return ret;
}

int woken_wake_function(struct wait_queue_entry *entry, unsigned int mode, int flags, void *key)
{
	/* Pairs with wait_woken(): the flag is seen, or the task is woken. */
	smp_mb();
	__atomic_fetch_or(&entry->flags, WQ_FLAG_WOKEN, __ATOMIC_SEQ_CST);
	return default_wake_function(entry, mode, flags, key);
}

long wait_woken(struct wait_queue_entry *entry, unsigned int mode, long timeout)
{
	set_current_state(mode);
	if (!(READ_ONCE(entry->flags) & WQ_FLAG_WOKEN))
		timeout = schedule_timeout(timeout);
	__set_current_state(TASK_RUNNING);
	__atomic_fetch_and(&entry->flags, ~WQ_FLAG_WOKEN, __ATOMIC_SEQ_CST);
	return timeout;
}

void prepare_to_wait(struct wait_queue_head *wq, struct wait_queue_entry *entry, int state)
{
	unsigned long flags;

	entry->flags &= ~WQ_FLAG_EXCLUSIVE;
	spin_lock_irqsave(&wq->lock, flags);
	if (list_empty(&entry->entry))
		__add_wait_queue(wq, entry);
	set_current_state(state);
	spin_unlock_irqrestore(&wq->lock, flags);
}

bool prepare_to_wait_exclusive(struct wait_queue_head *wq, struct wait_queue_entry *entry,
			       int state)
{
	unsigned long flags;
	bool was_empty = false;

	entry->flags |= WQ_FLAG_EXCLUSIVE;
	spin_lock_irqsave(&wq->lock, flags);
	if (list_empty(&entry->entry)) {
		was_empty = list_empty(&wq->head);
		__add_wait_queue_entry_tail(wq, entry);
	}
	set_current_state(state);
	spin_unlock_irqrestore(&wq->lock, flags);
	return was_empty;
}

void init_wait_entry(struct wait_queue_entry *entry, int flags)
{
	entry->flags = flags;
	entry->private = current;
	entry->func = autoremove_wake_function;
	INIT_LIST_HEAD(&entry->entry);
}

long prepare_to_wait_event(struct wait_queue_head *wq, struct wait_queue_entry *entry, int state)
{
	unsigned long flags;
	long ret = 0;

	spin_lock_irqsave(&wq->lock, flags);
	if (signal_pending_state(state, current)) {
		/* An exclusive waiter that gives up must not swallow a wake-up meant for the next. */
		list_del_init(&entry->entry);
		ret = -ERESTARTSYS;
	} else {
		if (list_empty(&entry->entry)) {
			if (entry->flags & WQ_FLAG_EXCLUSIVE)
				__add_wait_queue_entry_tail(wq, entry);
			else
				__add_wait_queue(wq, entry);
		}
		set_current_state(state);
	}
	spin_unlock_irqrestore(&wq->lock, flags);
	return ret;
}

void finish_wait(struct wait_queue_head *wq, struct wait_queue_entry *entry)
{
	unsigned long flags;

	__set_current_state(TASK_RUNNING);
	if (!list_empty_careful(&entry->entry)) {
		spin_lock_irqsave(&wq->lock, flags);
		list_del_init(&entry->entry);
		spin_unlock_irqrestore(&wq->lock, flags);
	}
}

struct wait_queue_head *__var_waitqueue(void *var)
{
	return &bit_wait_table[hash_ptr(var, WAIT_TABLE_BITS)];
}

struct wait_queue_head *bit_waitqueue(void *word, int bit)
{
	return __var_waitqueue((char *)word + bit);
}

/* Queues are shared by chance: everybody looks again. */
void wake_up_bit(void *word, int bit)
{
	struct wait_queue_head *wq = bit_waitqueue(word, bit);

	if (wq_has_sleeper(wq))
		__wake_up(wq, TASK_NORMAL, 0, NULL);
}

void wake_up_var(void *var)
{
	struct wait_queue_head *wq = __var_waitqueue(var);

	if (wq_has_sleeper(wq))
		__wake_up(wq, TASK_NORMAL, 0, NULL);
}

static bool bit_set(unsigned long *word, int bit)
{
	return __atomic_load_n(word, __ATOMIC_ACQUIRE) >> bit & 1;
}

static bool bit_take(unsigned long *word, int bit)
{
	return !(__atomic_fetch_or(word, 1UL << bit, __ATOMIC_SEQ_CST) >> bit & 1);
}

int wait_on_bit(unsigned long *word, int bit, unsigned int mode)
{
	struct wait_queue_head *wq = bit_waitqueue(word, bit);
	int ret;

	might_sleep();
	if (!bit_set(word, bit))
		return 0;
	ret = (int)___wait_event(*wq, !bit_set(word, bit), mode, 0, 0, schedule());
	return ret ? -EINTR : 0;
}

int wait_on_bit_lock(unsigned long *word, int bit, unsigned int mode)
{
	struct wait_queue_head *wq = bit_waitqueue(word, bit);
	int ret;

	might_sleep();
	if (bit_take(word, bit))
		return 0;
	ret = (int)___wait_event(*wq, bit_take(word, bit), mode, 0, 0, schedule());
	return ret ? -EINTR : 0;
}

void wait_bit_init(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(bit_wait_table); i++)
		init_waitqueue_head(&bit_wait_table[i]);
}
