/* SPDX-License-Identifier: MIT */
/* Between the files of kernel/workqueue. The essay is in workqueue.c. */
#ifndef KERNEL_WORKQUEUE_INTERNAL_H
#define KERNEL_WORKQUEUE_INTERNAL_H

#include <kern/mutex.h>
#include <kern/percpu.h>
#include <kern/spinlock.h>
#include <kern/timer.h>
#include <kern/wait.h>
#include <kern/workqueue.h>

#define WORK_COLOR 2L
#define WORK_START 4L

#define POOL_KINDS 2	/* normal, high priority */

/* Fields: pool->lock, but for the constant ones. */
struct worker {
	struct worker_pool *pool;	/* constant, but a rescuer's */
	struct list_head node;		/* in pool->idle or pool->busy */
	struct task_struct *task;	/* constant */
	struct work_struct *current_work;	/* what runs; may be freed already */
	struct pool_workqueue *current_pwq;	/* its queue, which stays while it runs */
	long current_start;		/* its start number */
	struct list_head handed;	/* works that must not run elsewhere */
	bool woken;			/* taken off pool->idle by a waker */
	bool counted;			/* in pool->nr_running, but for while it sleeps */
	bool sleeping;			/* counted, but asleep in its work */
	bool rescuer;			/* constant */
	struct workqueue_struct *rescues;	/* constant: the rescuer's queue */
};

struct worker_pool {
	spinlock_t lock;
	int cpu;			/* constant; -1: unbound */
	int nice;			/* constant */
	struct list_head works;		/* (lock) pending */
	struct list_head idle;		/* (lock) */
	struct list_head busy;		/* (lock) */
	unsigned int nr_workers;	/* (lock) */
	unsigned int nr_idle;		/* (lock) */
	unsigned int nr_running;	/* (lock) workers that are in a work and do not sleep there */
	unsigned int next_id;		/* (lock) of the next worker, for its name */
	bool managing;			/* (lock) a worker makes another one */
	struct timer_list mayday_timer;	/* it wants a worker and has no idle one */
};

/* A queue's part in one pool. (l) pool->lock   (i) constant */
struct pool_workqueue {
	struct worker_pool *pool;	/* i */
	struct workqueue_struct *wq;	/* i */
	int nr_active;			/* l: in pool->works or running */
	struct list_head inactive;	/* l */
	int color;			/* l: 0 or 1, of works queued now */
	unsigned long in_flight[2];	/* l: works of each colour, queued or running */
	struct list_head mayday_node;	/* mayday_lock: in wq->maydays */
};

struct workqueue_struct {
	char name[24];			/* i */
	unsigned int flags;		/* i */
	int max_active;			/* i: in each pool */
	unsigned int nr_pwqs;		/* i: one for each CPU, or one */
	struct mutex flush_mutex;	/* one flush at a time */
	struct worker *rescuer;		/* i: NULL: none */
	struct list_head maydays;	/* mayday_lock: parts that need the rescuer */
	struct pool_workqueue pwqs[];
};

/* Woken when a work has ended, in any pool: a work may move from one to the other. */
extern struct wait_queue_head work_ended_wait;
/* Of one pool; tests lower it. */
extern unsigned int wq_max_workers;
extern spinlock_t mayday_lock;	/* interrupts off; inside pool->lock */

/* worker.c */
struct worker_pool *wq_pool(int cpu, unsigned int flags);
/* Wakes an idle worker if the pool has use for one. => pool->lock held */
void wq_wake_worker(struct worker_pool *pool);
/* The worker that runs this work now, or NULL. => pool->lock held */
struct worker *wq_find_running(struct worker_pool *pool, struct work_struct *work);
/* Gives the queue its rescuer. 0 or -errno. => may sleep */
int wq_make_rescuer(struct workqueue_struct *wq);
void wq_end_rescuer(struct workqueue_struct *wq);
void wq_pools_init(void);

/* workqueue.c. A work that was in the pool is done with. => pool->lock held */
void wq_work_ended(struct pool_workqueue *pwq, int color, bool active);

static inline int work_color(struct work_struct *work)
{
	return atomic_long_read(&work->data) & WORK_COLOR ? 1 : 0;
}

static inline long work_starts(struct work_struct *work)
{
	return atomic_long_read(&work->data) / WORK_START;
}

#endif
