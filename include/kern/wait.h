/* SPDX-License-Identifier: MIT */
/* Wait queues: sleeping until a condition holds that somebody else makes true and then wakes. */
#ifndef KERN_WAIT_H
#define KERN_WAIT_H

#include <kern/errno.h>
#include <kern/spinlock.h>
#include <kern/task.h>
#include <lib/list.h>

struct wait_queue_entry;

/*
 * What a wake-up calls for each entry, under the queue's lock, interrupts masked. => nonzero
 * when it woke somebody (counts against the number of exclusive waiters to wake), negative to stop.
 */
typedef int (*wait_queue_func_t)(struct wait_queue_entry *entry, unsigned int mode, int flags, void *key);

#define WQ_FLAG_EXCLUSIVE 0x01
#define WQ_FLAG_WOKEN 0x02

struct wait_queue_entry {
	unsigned int flags;
	void *private;			/* the task */
	wait_queue_func_t func;
	struct list_head entry;
};
typedef struct wait_queue_entry wait_queue_entry_t;

struct wait_queue_head {
	spinlock_t lock;
	struct list_head head;
};
typedef struct wait_queue_head wait_queue_head_t;

#define __WAIT_QUEUE_HEAD_INITIALIZER(name) { \
	.lock = __SPIN_LOCK_UNLOCKED(name.lock), .head = LIST_HEAD_INIT((name).head) }
#define DECLARE_WAIT_QUEUE_HEAD(name) struct wait_queue_head name = __WAIT_QUEUE_HEAD_INITIALIZER(name)
#define DECLARE_WAIT_QUEUE_HEAD_ONSTACK(name) \
	struct wait_queue_head name; \
	init_waitqueue_head(&name)

#define __WAITQUEUE_INITIALIZER(name, tsk) { .private = (tsk), .func = default_wake_function, .entry = { NULL, NULL } }
#define DECLARE_WAITQUEUE(name, tsk) struct wait_queue_entry name = __WAITQUEUE_INITIALIZER(name, tsk)
#define DEFINE_WAIT_FUNC(name, function) struct wait_queue_entry name = { \
	.private = current, .func = (function), .entry = LIST_HEAD_INIT((name).entry) }
#define DEFINE_WAIT(name) DEFINE_WAIT_FUNC(name, autoremove_wake_function)
#define init_wait(wait) do { \
	(wait)->private = current; \
	(wait)->func = autoremove_wake_function; \
	INIT_LIST_HEAD(&(wait)->entry); \
	(wait)->flags = 0; \
} while (0)

void __init_waitqueue_head(struct wait_queue_head *wq, const char *name, struct lock_class_key *key);
#define init_waitqueue_head(wq) do { \
	static struct lock_class_key __key; \
	__init_waitqueue_head(wq, #wq, &__key); \
} while (0)

int default_wake_function(struct wait_queue_entry *entry, unsigned int mode, int flags, void *key);
int autoremove_wake_function(struct wait_queue_entry *entry, unsigned int mode, int flags, void *key);
int woken_wake_function(struct wait_queue_entry *entry, unsigned int mode, int flags, void *key);

static inline void init_waitqueue_entry(struct wait_queue_entry *entry, struct task_struct *task)
{
	entry->flags = 0;
	entry->private = task;
	entry->func = default_wake_function;
}

static inline void init_waitqueue_func_entry(struct wait_queue_entry *entry, wait_queue_func_t func)
{
	entry->flags = 0;
	entry->private = NULL;
	entry->func = func;
}

/* A hint without the lock; order it after the condition's write with smp_mb() (wq_has_sleeper). */
static inline int waitqueue_active(struct wait_queue_head *wq)
{
	return !list_empty(&wq->head);
}

static inline bool wq_has_sleeper(struct wait_queue_head *wq)
{
	smp_mb();
	return waitqueue_active(wq);
}

/* => any context. */
void add_wait_queue(struct wait_queue_head *wq, struct wait_queue_entry *entry);
void add_wait_queue_exclusive(struct wait_queue_head *wq, struct wait_queue_entry *entry);
void remove_wait_queue(struct wait_queue_head *wq, struct wait_queue_entry *entry);

/* => wq->lock held. */
static inline void __add_wait_queue(struct wait_queue_head *wq, struct wait_queue_entry *entry)
{
	list_add(&entry->entry, &wq->head);
}

static inline void __add_wait_queue_entry_tail(struct wait_queue_head *wq, struct wait_queue_entry *entry)
{
	list_add_tail(&entry->entry, &wq->head);
}

static inline void __add_wait_queue_exclusive(struct wait_queue_head *wq, struct wait_queue_entry *entry)
{
	entry->flags |= WQ_FLAG_EXCLUSIVE;
	__add_wait_queue(wq, entry);
}

static inline void __remove_wait_queue(struct wait_queue_head *wq, struct wait_queue_entry *entry)
{
	list_del(&entry->entry);
}

/* Wakes all waiters that are not exclusive and `nr` that are (0: all). => any context. */
void __wake_up(struct wait_queue_head *wq, unsigned int mode, int nr, void *key);
void __wake_up_sync_key(struct wait_queue_head *wq, unsigned int mode, void *key);
/* => wq->lock held. */
void __wake_up_locked(struct wait_queue_head *wq, unsigned int mode, int nr);
void __wake_up_locked_key(struct wait_queue_head *wq, unsigned int mode, void *key);
/* The queue's memory goes away after a grace period: pollers must leave. */
void __wake_up_pollfree(struct wait_queue_head *wq);

#define wake_up(wq) __wake_up(wq, TASK_NORMAL, 1, NULL)
#define wake_up_nr(wq, nr) __wake_up(wq, TASK_NORMAL, nr, NULL)
#define wake_up_all(wq) __wake_up(wq, TASK_NORMAL, 0, NULL)
#define wake_up_locked(wq) __wake_up_locked(wq, TASK_NORMAL, 1)
#define wake_up_all_locked(wq) __wake_up_locked(wq, TASK_NORMAL, 0)
#define wake_up_interruptible(wq) __wake_up(wq, TASK_INTERRUPTIBLE, 1, NULL)
#define wake_up_interruptible_nr(wq, nr) __wake_up(wq, TASK_INTERRUPTIBLE, nr, NULL)
#define wake_up_interruptible_all(wq) __wake_up(wq, TASK_INTERRUPTIBLE, 0, NULL)
#define wake_up_interruptible_sync(wq) __wake_up_sync_key(wq, TASK_INTERRUPTIBLE, NULL)

/* With the poll events that became true, for poll and epoll. */
#define poll_to_key(m) ((void *)(unsigned long)(m))
#define key_to_poll(key) ((unsigned int)(unsigned long)(key))
#define wake_up_poll(wq, m) __wake_up(wq, TASK_NORMAL, 1, poll_to_key(m))
#define wake_up_poll_on_current_cpu(wq, m) wake_up_poll(wq, m)
#define wake_up_locked_poll(wq, m) __wake_up_locked_key(wq, TASK_NORMAL, poll_to_key(m))
#define wake_up_interruptible_poll(wq, m) __wake_up(wq, TASK_INTERRUPTIBLE, 1, poll_to_key(m))
#define wake_up_interruptible_sync_poll(wq, m) __wake_up_sync_key(wq, TASK_INTERRUPTIBLE, poll_to_key(m))
#define wake_up_pollfree(wq) __wake_up_pollfree(wq)

/* The open-coded sleep: prepare, look, schedule(), finish. */
void prepare_to_wait(struct wait_queue_head *wq, struct wait_queue_entry *entry, int state);
bool prepare_to_wait_exclusive(struct wait_queue_head *wq, struct wait_queue_entry *entry, int state);
/* 0, or -ERESTARTSYS (and off the queue) when a signal ends this kind of sleep. */
long prepare_to_wait_event(struct wait_queue_head *wq, struct wait_queue_entry *entry, int state);
void finish_wait(struct wait_queue_head *wq, struct wait_queue_entry *entry);
void init_wait_entry(struct wait_queue_entry *entry, int flags);
/* For a condition that is checked while running: sleeps unless woken since the last call. */
long wait_woken(struct wait_queue_entry *entry, unsigned int mode, long timeout);

/* Defined in kernel/sched and kernel/time; here because the macros below call them. */
void schedule(void);
long schedule_timeout(long timeout);
long io_schedule_timeout(long timeout);
void io_schedule(void);

#define ___wait_is_interruptible(state) ((state) & (TASK_INTERRUPTIBLE | TASK_WAKEKILL))

/* The loop below all wait_event macros. cmd sleeps. Value: ret, or -ERESTARTSYS. */
#define ___wait_event(wq, condition, state, exclusive, ret, cmd) ({ \
	struct wait_queue_entry __wq_entry; \
	long __ret = (ret); \
	init_wait_entry(&__wq_entry, (exclusive) ? WQ_FLAG_EXCLUSIVE : 0); \
	for (;;) { \
		long __int = prepare_to_wait_event(&(wq), &__wq_entry, state); \
		if (condition) { \
			finish_wait(&(wq), &__wq_entry); \
			break; \
		} \
		if (___wait_is_interruptible(state) && __int) { \
			__ret = __int; \
			break; \
		} \
		cmd; \
	} \
	__ret; })

/* Until the condition holds; the expression may be evaluated often. => may sleep. */
#define wait_event(wq, condition) do { \
	might_sleep(); \
	if (!(condition)) \
		(void)___wait_event(wq, condition, TASK_UNINTERRUPTIBLE, 0, 0, schedule()); \
} while (0)
#define wait_event_idle(wq, condition) do { \
	might_sleep(); \
	if (!(condition)) \
		(void)___wait_event(wq, condition, TASK_IDLE, 0, 0, schedule()); \
} while (0)
#define io_wait_event(wq, condition) do { \
	might_sleep(); \
	if (!(condition)) \
		(void)___wait_event(wq, condition, TASK_UNINTERRUPTIBLE, 0, 0, io_schedule()); \
} while (0)

#define __wait_event_state(wq, condition, state, exclusive) ({ \
	int __wret = 0; \
	might_sleep(); \
	if (!(condition)) \
		__wret = (int)___wait_event(wq, condition, state, exclusive, 0, schedule()); \
	__wret; })
/* 0, or -ERESTARTSYS: a signal (killable: a fatal one). */
#define wait_event_interruptible(wq, condition) __wait_event_state(wq, condition, TASK_INTERRUPTIBLE, 0)
#define wait_event_interruptible_exclusive(wq, condition) __wait_event_state(wq, condition, TASK_INTERRUPTIBLE, 1)
#define wait_event_killable(wq, condition) __wait_event_state(wq, condition, TASK_KILLABLE, 0)
#define wait_event_killable_exclusive(wq, condition) __wait_event_state(wq, condition, TASK_KILLABLE, 1)
#define wait_event_freezable(wq, condition) wait_event_interruptible(wq, condition)

/* The jiffies left (at least 1) when the condition holds, 0 after the timeout. */
#define ___wait_cond_timeout(condition) ({ \
	bool __cond = (condition); \
	if (__cond && !__ret) \
		__ret = 1; \
	__cond || !__ret; })
#define __wait_event_timeout_state(wq, condition, timeout, state) ({ \
	long __ret = (timeout); \
	might_sleep(); \
	if (!___wait_cond_timeout(condition)) \
		__ret = ___wait_event(wq, ___wait_cond_timeout(condition), state, 0, timeout, \
				      __ret = schedule_timeout(__ret)); \
	__ret; })
#define wait_event_timeout(wq, condition, timeout) \
	__wait_event_timeout_state(wq, condition, timeout, TASK_UNINTERRUPTIBLE)
#define wait_event_idle_timeout(wq, condition, timeout) \
	__wait_event_timeout_state(wq, condition, timeout, TASK_IDLE)
/* The same, or -ERESTARTSYS. */
#define wait_event_interruptible_timeout(wq, condition, timeout) \
	__wait_event_timeout_state(wq, condition, timeout, TASK_INTERRUPTIBLE)
#define wait_event_killable_timeout(wq, condition, timeout) \
	__wait_event_timeout_state(wq, condition, timeout, TASK_KILLABLE)

/* => `lock` (a spin lock) held on entry and exit, dropped while asleep. */
#define wait_event_lock_irq(wq, condition, lock) do { \
	if (!(condition)) \
		(void)___wait_event(wq, condition, TASK_UNINTERRUPTIBLE, 0, 0, \
				    spin_unlock_irq(&(lock)); schedule(); spin_lock_irq(&(lock))); \
} while (0)
#define wait_event_interruptible_lock_irq(wq, condition, lock) ({ \
	int __wret = 0; \
	if (!(condition)) \
		__wret = (int)___wait_event(wq, condition, TASK_INTERRUPTIBLE, 0, 0, \
				    spin_unlock_irq(&(lock)); schedule(); spin_lock_irq(&(lock))); \
	__wret; })
#define wait_event_cmd(wq, condition, before, after) do { \
	if (!(condition)) \
		(void)___wait_event(wq, condition, TASK_UNINTERRUPTIBLE, 0, 0, before; schedule(); after); \
} while (0)

/* Sleeping on a bit of any word, and waking its sleepers (hashed wait queues). */
struct wait_queue_head *bit_waitqueue(void *word, int bit);
void wake_up_bit(void *word, int bit);
int wait_on_bit(unsigned long *word, int bit, unsigned int mode);
int wait_on_bit_lock(unsigned long *word, int bit, unsigned int mode);
/* The same on the value of any variable. */
struct wait_queue_head *__var_waitqueue(void *var);
void wake_up_var(void *var);
#define wait_var_event(var, condition) wait_event(*__var_waitqueue(var), condition)
#define wait_var_event_killable(var, condition) wait_event_killable(*__var_waitqueue(var), condition)

#endif
