/* SPDX-License-Identifier: MIT */
/* Work queues: functions that run in kernel threads, because they may sleep. */
#ifndef KERN_WORKQUEUE_H
#define KERN_WORKQUEUE_H

#include <kern/atomic.h>
#include <kern/rcupdate.h>
#include <kern/timer.h>
#include <kern/types.h>
#include <lib/list.h>

struct task_struct;
struct pool_workqueue;
struct worker_pool;
struct workqueue_struct;
struct work_struct;
typedef void (*work_func_t)(struct work_struct *work);

/* See kernel/workqueue/workqueue.c for the locks. */
struct work_struct {
	atomic_long_t data;		/* WORK_PENDING */
	struct list_head entry;
	work_func_t func;		/* task context, may sleep, may free the work */
	struct pool_workqueue *pwq;	/* where it was queued last; valid while it is pending */
	struct worker_pool *pool;	/* the same; pools live for ever */
};

struct delayed_work {
	struct work_struct work;
	struct timer_list timer;
	struct workqueue_struct *wq;
	int cpu;
};

struct rcu_work {
	struct work_struct work;
	struct rcu_head rcu;
	struct workqueue_struct *wq;
};

#define WORK_PENDING 1L
#define WORK_CPU_UNBOUND NR_CPUS

void delayed_work_timer_fn(struct timer_list *timer);

#define __WORK_INITIALIZER(name, fn) { .entry = LIST_HEAD_INIT((name).entry), .func = (fn) }
#define DECLARE_WORK(name, fn) struct work_struct name = __WORK_INITIALIZER(name, fn)
#define DECLARE_DELAYED_WORK(name, fn) struct delayed_work name = { \
	.work = __WORK_INITIALIZER((name).work, fn), \
	.timer = __TIMER_INITIALIZER(delayed_work_timer_fn, TIMER_IRQSAFE) }
#define INIT_WORK(w, fn) do { \
	atomic_long_set(&(w)->data, 0); \
	INIT_LIST_HEAD(&(w)->entry); \
	(w)->func = (fn); \
	(w)->pwq = NULL; \
	(w)->pool = NULL; \
} while (0)
#define INIT_WORK_ONSTACK(w, fn) INIT_WORK(w, fn)
#define destroy_work_on_stack(w) do { (void)(w); } while (0)
#define INIT_DELAYED_WORK(w, fn) do { \
	INIT_WORK(&(w)->work, fn); \
	timer_setup(&(w)->timer, delayed_work_timer_fn, TIMER_IRQSAFE); \
} while (0)
#define INIT_DEFERRABLE_WORK(w, fn) INIT_DELAYED_WORK(w, fn)
#define INIT_RCU_WORK(w, fn) INIT_WORK(&(w)->work, fn)

static inline struct delayed_work *to_delayed_work(struct work_struct *work)
{
	return container_of(work, struct delayed_work, work);
}

#define work_pending(w) ((atomic_long_read(&(w)->data) & WORK_PENDING) != 0)
#define delayed_work_pending(w) work_pending(&(w)->work)

#define WQ_UNBOUND (1U << 1)	/* on any CPU */
#define WQ_FREEZABLE (1U << 2)
#define WQ_MEM_RECLAIM (1U << 3)	/* gets on without memory: has a rescuer */
#define WQ_HIGHPRI (1U << 4)
#define WQ_CPU_INTENSIVE (1U << 5)	/* its works keep no others from their CPU */
#define WQ_SYSFS (1U << 6)
#define __WQ_ORDERED (1U << 17)

/* max_active 0: the default. NULL without memory. => may sleep. */
struct workqueue_struct *alloc_workqueue(const char *fmt, unsigned int flags, int max_active, ...) __printf(1, 4);
/* One work at a time, in order. */
#define alloc_ordered_workqueue(fmt, flags, args...) \
	alloc_workqueue(fmt, WQ_UNBOUND | __WQ_ORDERED | (flags), 1, ##args)
#define create_workqueue(name) alloc_workqueue("%s", WQ_MEM_RECLAIM, 1, name)
#define create_singlethread_workqueue(name) alloc_ordered_workqueue("%s", WQ_MEM_RECLAIM, name)
/* Drains it first. => may sleep. */
void destroy_workqueue(struct workqueue_struct *wq);

extern struct workqueue_struct *system_wq, *system_highpri_wq, *system_long_wq, *system_unbound_wq;
#define system_percpu_wq system_wq
#define system_dfl_wq system_unbound_wq
#define system_freezable_wq system_wq
#define system_power_efficient_wq system_wq

/*
 * On the CPU given, or the one that queues (WORK_CPU_UNBOUND), unless the queue is unbound.
 * => any context. false: it was pending already.
 */
bool queue_work_on(int cpu, struct workqueue_struct *wq, struct work_struct *work);
bool queue_delayed_work_on(int cpu, struct workqueue_struct *wq, struct delayed_work *dwork, unsigned long delay);
bool mod_delayed_work_on(int cpu, struct workqueue_struct *wq, struct delayed_work *dwork, unsigned long delay);
bool queue_rcu_work(struct workqueue_struct *wq, struct rcu_work *rwork);
#define queue_work(wq, work) queue_work_on(WORK_CPU_UNBOUND, wq, work)
#define queue_delayed_work(wq, dwork, delay) queue_delayed_work_on(WORK_CPU_UNBOUND, wq, dwork, delay)
#define mod_delayed_work(wq, dwork, delay) mod_delayed_work_on(WORK_CPU_UNBOUND, wq, dwork, delay)
#define schedule_work(work) queue_work(system_wq, work)
#define schedule_work_on(cpu, work) queue_work_on(cpu, system_wq, work)
#define schedule_delayed_work(dwork, delay) queue_delayed_work(system_wq, dwork, delay)

/* Waits until the work, as queued now, has run. false: was idle. => may sleep. */
bool flush_work(struct work_struct *work);
bool flush_delayed_work(struct delayed_work *dwork);
void flush_workqueue(struct workqueue_struct *wq);
void drain_workqueue(struct workqueue_struct *wq);
#define flush_scheduled_work() flush_workqueue(system_wq)

/* Takes it off the queue; _sync also waits for its function. true: was pending. */
bool cancel_work(struct work_struct *work);
bool cancel_work_sync(struct work_struct *work);
bool cancel_delayed_work(struct delayed_work *dwork);
bool cancel_delayed_work_sync(struct delayed_work *dwork);

struct work_struct *current_work(void);
bool current_is_workqueue_rescuer(void);

/* The scheduler's: a worker goes to sleep or runs again. */
void wq_worker_sleeping(struct task_struct *task);
void wq_worker_running(struct task_struct *task);

void workqueue_init_early(void);
void workqueue_init(void);

#endif
