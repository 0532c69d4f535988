// SPDX-License-Identifier: MIT
/*
 * Work queues.
 *
 * Interface: a work is a function with a list entry; queueing it makes a kernel thread call the
 * function once, later. Queueing a work that is queued already does nothing.
 *
 * Two pools of workers, normal and high priority, serve all queues; a work runs on any CPU. A
 * worker that takes the last idle place makes another worker first, so works that sleep never
 * hold up others; idle workers beyond a few end. If no worker can be made, the others go on one
 * work after the other.
 *
 * A work never runs on two workers at once: a work that is taken while another worker still
 * runs it is handed to that worker.
 *
 * A queue lets max_active of its works into the pool; the others wait in wq->inactive. An
 * ordered queue has max_active 1.
 *
 *   idle --queue_work--> pending: in wq->inactive or pool->works --worker--> running
 *     ^                      | cancel_work                                      |
 *     +----------------------+--------------------------------------------------+
 *
 * work->data: bit 0 pending (set by the one who queues, before it takes the lock), bit 1 the
 * flush colour of wq, from bit 2 on how often the work was started. flush_work() waits until
 * the start that it saw coming has ended; flush_workqueue() changes the colour and waits for
 * the works of the old one.
 *
 * Locks: wq->flush_mutex, then pool->lock (interrupts off; innermost but for wake-ups).
 */
#include <kern/errno.h>
#include <kern/init.h>
#include <kern/kthread.h>
#include <kern/mutex.h>
#include <kern/panic.h>
#include <kern/printk.h>
#include <kern/sched.h>
#include <kern/spinlock.h>
#include <kern/wait.h>
#include <kern/workqueue.h>
#include <lib/sprintf.h>
#include <mm/slab.h>

#define WORK_COLOR 2L
#define WORK_START 4L

#define MAX_WORKERS 256
#define MAX_IDLE 4
#define DEFAULT_ACTIVE 256

/* Fields: pool->lock, but for the constant ones. */
struct worker {
	struct worker_pool *pool;	/* constant */
	struct list_head node;		/* in pool->idle or pool->busy */
	struct task_struct *task;	/* constant */
	struct work_struct *current_work;	/* what runs; may be freed already */
	long current_start;		/* its start number */
	struct list_head handed;	/* works that must not run elsewhere */
	bool woken;			/* taken off pool->idle by a waker */
};

struct worker_pool {
	spinlock_t lock;
	struct list_head works;		/* (lock) pending */
	struct list_head idle;		/* (lock) */
	struct list_head busy;		/* (lock) */
	unsigned int nr_workers;	/* (lock) */
	unsigned int nr_idle;		/* (lock) */
	int nice;			/* constant */
	wait_queue_head_t ended;	/* woken when a work has ended */
};

/* (l) pool->lock   (i) constant */
struct workqueue_struct {
	char name[24];			/* i */
	struct worker_pool *pool;	/* i */
	unsigned int flags;		/* i */
	int max_active;			/* i */
	int nr_active;			/* l: in pool->works or running */
	struct list_head inactive;	/* l */
	int color;			/* l: 0 or 1, of works queued now */
	unsigned long in_flight[2];	/* l: works of each colour, queued or running */
	struct mutex flush_mutex;	/* one flush at a time */
};

static struct worker_pool pools[2];	/* normal, high priority */

struct workqueue_struct *system_wq, *system_highpri_wq, *system_long_wq, *system_unbound_wq;

static int work_color(struct work_struct *work)
{
	return atomic_long_read(&work->data) & WORK_COLOR ? 1 : 0;
}

static long work_starts(struct work_struct *work)
{
	return atomic_long_read(&work->data) / WORK_START;
}

/* Wakes an idle worker, if there is one. => pool->lock held */
static void wake_worker(struct worker_pool *pool)
{
	struct worker *worker = list_first_entry_or_null(&pool->idle, struct worker, node);

	if (!worker)
		return;
	list_del_init(&worker->node);
	pool->nr_idle--;
	worker->woken = true;
	wake_up_process(worker->task);
}

/* Puts a pending work where it belongs. => wq->pool->lock held */
static void insert_work(struct workqueue_struct *wq, struct work_struct *work)
{
	work->wq = wq;
	if (wq->color)
		atomic_long_or(WORK_COLOR, &work->data);
	else
		atomic_long_and(~WORK_COLOR, &work->data);
	wq->in_flight[wq->color]++;
	if (wq->nr_active >= wq->max_active) {
		list_add_tail(&work->entry, &wq->inactive);
		return;
	}
	wq->nr_active++;
	list_add_tail(&work->entry, &wq->pool->works);
	wake_worker(wq->pool);
}

bool queue_work_on(int cpu, struct workqueue_struct *wq, struct work_struct *work)
{
	unsigned long flags;

	if (atomic_long_fetch_or(WORK_PENDING, &work->data) & WORK_PENDING)
		return false;
	spin_lock_irqsave(&wq->pool->lock, flags);
	insert_work(wq, work);
	spin_unlock_irqrestore(&wq->pool->lock, flags);
	return true;
}

/* A place in the pool is free: the next of the queue's waiting works moves up. => lock held */
static void activate_next(struct workqueue_struct *wq)
{
	struct work_struct *work = list_first_entry_or_null(&wq->inactive, struct work_struct, entry);

	if (!work || wq->nr_active >= wq->max_active)
		return;
	wq->nr_active++;
	list_move_tail(&work->entry, &wq->pool->works);
	wake_worker(wq->pool);
}

/* A work that was in the pool is done with. => lock held */
static void work_ended(struct workqueue_struct *wq, int color, bool active)
{
	wq->in_flight[color]--;
	if (active) {
		wq->nr_active--;
		activate_next(wq);
	}
	wake_up_all(&wq->pool->ended);
}

/* The worker that runs this work now, or NULL. => lock held */
static struct worker *find_running(struct worker_pool *pool, struct work_struct *work)
{
	struct worker *worker;

	list_for_each_entry(worker, &pool->busy, node) {
		if (worker->current_work == work)
			return worker;
	}
	return NULL;
}

/* Runs one work. => lock held, dropped meanwhile; the work is off every list */
static void run_work(struct worker *worker, struct work_struct *work)
{
	struct worker_pool *pool = worker->pool;
	struct workqueue_struct *wq = work->wq;
	work_func_t func = work->func;
	int color = work_color(work);

	worker->current_work = work;
	worker->current_start = work_starts(work) + 1;
	/* From here on it may be queued again. */
	atomic_long_add(WORK_START - WORK_PENDING, &work->data);
	spin_unlock_irq(&pool->lock);
	func(work);
	spin_lock_irq(&pool->lock);
	worker->current_work = NULL;
	work_ended(wq, color, true);
}

static int worker_body(void *arg);

/* Adds a worker. => may sleep; no lock held. 0 or -errno */
static int create_worker(struct worker_pool *pool)
{
	struct worker *worker = kzalloc(sizeof(*worker), GFP_KERNEL);
	struct task_struct *task;

	if (!worker)
		return -ENOMEM;
	worker->pool = pool;
	INIT_LIST_HEAD(&worker->node);
	INIT_LIST_HEAD(&worker->handed);
	task = kthread_create(worker_body, worker, "kworker/%s", pool->nice ? "h" : "n");
	if (IS_ERR(task)) {
		kfree(worker);
		return PTR_ERR(task);
	}
	worker->task = task;
	set_user_nice(task, pool->nice);
	spin_lock_irq(&pool->lock);
	pool->nr_workers++;
	pool->nr_idle++;
	list_add(&worker->node, &pool->idle);
	if (!list_empty(&pool->works))
		wake_worker(pool);
	spin_unlock_irq(&pool->lock);
	wake_up_process(task);
	return 0;
}

/* Makes another worker when none is idle. => lock held, dropped meanwhile */
static void keep_one_idle(struct worker_pool *pool)
{
	if (pool->nr_idle || pool->nr_workers >= MAX_WORKERS)
		return;
	spin_unlock_irq(&pool->lock);
	create_worker(pool);
	spin_lock_irq(&pool->lock);
}

/* The next work for this worker, off its list, or NULL. => lock held */
static struct work_struct *take_work(struct worker *worker)
{
	struct worker_pool *pool = worker->pool;

	for (;;) {
		struct list_head *from = !list_empty(&worker->handed) ? &worker->handed : &pool->works;
		struct work_struct *work = list_first_entry_or_null(from, struct work_struct, entry);
		struct worker *other;

		if (!work)
			return NULL;
		other = find_running(pool, work);
		if (!other) {
			list_del_init(&work->entry);
			return work;
		}
		list_move_tail(&work->entry, &other->handed);
	}
}

static void work_off(struct worker *worker)
{
	struct worker_pool *pool = worker->pool;
	struct work_struct *work;

	list_move(&worker->node, &pool->busy);
	keep_one_idle(pool);
	while ((work = take_work(worker)))
		run_work(worker, work);
}

static int worker_body(void *arg)
{
	struct worker *worker = arg;
	struct worker_pool *pool = worker->pool;

	current->flags |= PF_WQ_WORKER;
	spin_lock_irq(&pool->lock);
	for (;;) {
		while (!worker->woken) {
			set_current_state(TASK_IDLE);
			spin_unlock_irq(&pool->lock);
			schedule();
			spin_lock_irq(&pool->lock);
		}
		__set_current_state(TASK_RUNNING);
		worker->woken = false;
		work_off(worker);
		list_del_init(&worker->node);
		if (pool->nr_idle >= MAX_IDLE)
			break;
		pool->nr_idle++;
		list_add(&worker->node, &pool->idle);
	}
	pool->nr_workers--;
	spin_unlock_irq(&pool->lock);
	current->flags &= ~PF_WQ_WORKER;
	kfree(worker);
	return 0;
}

/*
 * Takes a pending work back. true: it was pending and is now the caller's, still marked so.
 * Somebody who is just queueing it is waited for: that takes a moment.
 */
static bool grab_pending(struct work_struct *work)
{
	while (work_pending(work)) {
		struct workqueue_struct *wq = READ_ONCE(work->wq);
		unsigned long flags;
		bool grabbed = false;

		if (!wq) {
			cpu_relax();
			continue;
		}
		spin_lock_irqsave(&wq->pool->lock, flags);
		if (work->wq == wq && !list_empty(&work->entry) && work_pending(work)) {
			bool active = true;
			struct work_struct *waiting;

			list_for_each_entry(waiting, &wq->inactive, entry) {
				if (waiting == work)
					active = false;
			}
			list_del_init(&work->entry);
			work_ended(wq, work_color(work), active);
			grabbed = true;
		}
		spin_unlock_irqrestore(&wq->pool->lock, flags);
		if (grabbed)
			return true;
		cpu_relax();
	}
	return false;
}

static void clear_pending(struct work_struct *work)
{
	atomic_long_and(~WORK_PENDING, &work->data);
}

bool cancel_work(struct work_struct *work)
{
	if (!grab_pending(work))
		return false;
	clear_pending(work);
	return true;
}

/* Has the start number `start` of this work ended? */
static bool start_has_ended(struct worker_pool *pool, struct work_struct *work, long start)
{
	struct worker *worker;
	unsigned long flags;
	bool ended;

	spin_lock_irqsave(&pool->lock, flags);
	worker = find_running(pool, work);
	ended = worker ? worker->current_start > start : work_starts(work) >= start || !work_pending(work);
	spin_unlock_irqrestore(&pool->lock, flags);
	return ended;
}

bool flush_work(struct work_struct *work)
{
	struct workqueue_struct *wq = READ_ONCE(work->wq);
	struct worker *worker;
	bool busy;
	long start;

	might_sleep();
	if (!wq)
		return false;
	spin_lock_irq(&wq->pool->lock);
	worker = find_running(wq->pool, work);
	busy = work_pending(work) || worker;
	start = work_starts(work) + (work_pending(work) ? 1 : 0);
	spin_unlock_irq(&wq->pool->lock);
	if (busy)
		wait_event(wq->pool->ended, start_has_ended(wq->pool, work, start));
	return busy;
}

bool cancel_work_sync(struct work_struct *work)
{
	bool pending = cancel_work(work);

	/* It may queue itself again while it runs. */
	while (flush_work(work))
		pending |= cancel_work(work);
	return pending;
}

void delayed_work_timer_fn(struct timer_list *timer)
{
	struct delayed_work *dwork = from_timer(dwork, timer, timer);
	struct worker_pool *pool = dwork->wq->pool;
	unsigned long flags;

	spin_lock_irqsave(&pool->lock, flags);
	insert_work(dwork->wq, &dwork->work);
	spin_unlock_irqrestore(&pool->lock, flags);
}

/* => the work is marked pending, by the caller */
static void start_delayed(struct workqueue_struct *wq, struct delayed_work *dwork, unsigned long delay)
{
	dwork->wq = wq;
	dwork->work.wq = wq;
	if (delay)
		mod_timer(&dwork->timer, jiffies + delay);
	else
		delayed_work_timer_fn(&dwork->timer);
}

bool queue_delayed_work_on(int cpu, struct workqueue_struct *wq, struct delayed_work *dwork,
			   unsigned long delay)
{
	if (atomic_long_fetch_or(WORK_PENDING, &dwork->work.data) & WORK_PENDING)
		return false;
	start_delayed(wq, dwork, delay);
	return true;
}

/* As grab_pending(), for a work that may also wait for its timer. */
static bool grab_delayed(struct delayed_work *dwork)
{
	while (delayed_work_pending(dwork)) {
		struct workqueue_struct *wq = READ_ONCE(dwork->work.wq);

		if (timer_delete(&dwork->timer))
			return true;
		/* The timer's function runs, or the work is queued by now. */
		if (wq && !list_empty(&dwork->work.entry) && grab_pending(&dwork->work))
			return true;
		cpu_relax();
	}
	return false;
}

bool mod_delayed_work_on(int cpu, struct workqueue_struct *wq, struct delayed_work *dwork,
			 unsigned long delay)
{
	bool was_pending = true;

	while (!grab_delayed(dwork)) {
		if (!(atomic_long_fetch_or(WORK_PENDING, &dwork->work.data) & WORK_PENDING)) {
			was_pending = false;
			break;
		}
	}
	start_delayed(wq, dwork, delay);
	return was_pending;
}

bool cancel_delayed_work(struct delayed_work *dwork)
{
	if (!grab_delayed(dwork))
		return false;
	clear_pending(&dwork->work);
	return true;
}

bool cancel_delayed_work_sync(struct delayed_work *dwork)
{
	bool pending = cancel_delayed_work(dwork);

	while (delayed_work_pending(dwork) || flush_work(&dwork->work))
		pending |= cancel_delayed_work(dwork);
	return pending;
}

bool flush_delayed_work(struct delayed_work *dwork)
{
	/* Does not wait for the time: runs it now. */
	if (timer_delete_sync(&dwork->timer))
		delayed_work_timer_fn(&dwork->timer);
	return flush_work(&dwork->work);
}

static void rcu_work_due(struct rcu_head *head)
{
	struct rcu_work *rwork = container_of(head, struct rcu_work, rcu);
	struct worker_pool *pool = rwork->wq->pool;
	unsigned long flags;

	spin_lock_irqsave(&pool->lock, flags);
	insert_work(rwork->wq, &rwork->work);
	spin_unlock_irqrestore(&pool->lock, flags);
}

bool queue_rcu_work(struct workqueue_struct *wq, struct rcu_work *rwork)
{
	if (atomic_long_fetch_or(WORK_PENDING, &rwork->work.data) & WORK_PENDING)
		return false;
	rwork->wq = wq;
	call_rcu(&rwork->rcu, rcu_work_due);
	return true;
}

static bool color_is_done(struct workqueue_struct *wq, int color)
{
	unsigned long flags;
	bool done;

	spin_lock_irqsave(&wq->pool->lock, flags);
	done = !wq->in_flight[color];
	spin_unlock_irqrestore(&wq->pool->lock, flags);
	return done;
}

void flush_workqueue(struct workqueue_struct *wq)
{
	int old;

	might_sleep();
	mutex_lock(&wq->flush_mutex);
	spin_lock_irq(&wq->pool->lock);
	old = wq->color;
	wq->color = !old;
	spin_unlock_irq(&wq->pool->lock);
	/* The flush before us waited for the other colour, so only the old one can be in flight. */
	wait_event(wq->pool->ended, color_is_done(wq, old));
	mutex_unlock(&wq->flush_mutex);
}

void drain_workqueue(struct workqueue_struct *wq)
{
	do
		flush_workqueue(wq);
	while (!color_is_done(wq, 0) || !color_is_done(wq, 1));
}

struct workqueue_struct *alloc_workqueue(const char *fmt, unsigned int flags, int max_active, ...)
{
	struct workqueue_struct *wq = kzalloc(sizeof(*wq), GFP_KERNEL);
	va_list args;

	if (!wq)
		return NULL;
	va_start(args, max_active);
	vsnprintf(wq->name, sizeof(wq->name), fmt, args);
	va_end(args);
	wq->pool = &pools[flags & WQ_HIGHPRI ? 1 : 0];
	wq->flags = flags;
	wq->max_active = max_active > 0 ? max_active : DEFAULT_ACTIVE;
	INIT_LIST_HEAD(&wq->inactive);
	mutex_init(&wq->flush_mutex);
	return wq;
}

void destroy_workqueue(struct workqueue_struct *wq)
{
	drain_workqueue(wq);
	kfree(wq);
}

struct work_struct *current_work(void)
{
	struct worker *worker;

	if (!(current->flags & PF_WQ_WORKER))
		return NULL;
	worker = kthread_data(current);
	return worker->current_work;
}

bool current_is_workqueue_rescuer(void)
{
	return false;
}

/* A worker that sleeps needs no successor: one is always idle (keep_one_idle). */
void wq_worker_sleeping(struct task_struct *task)
{
}

void wq_worker_running(struct task_struct *task)
{
}

/* => no threads yet; memory is there */
void workqueue_init_early(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(pools); i++) {
		spin_lock_init(&pools[i].lock);
		INIT_LIST_HEAD(&pools[i].works);
		INIT_LIST_HEAD(&pools[i].idle);
		INIT_LIST_HEAD(&pools[i].busy);
		init_waitqueue_head(&pools[i].ended);
		pools[i].nice = i ? MIN_NICE : 0;
	}
	system_wq = alloc_workqueue("events", 0, 0);
	system_highpri_wq = alloc_workqueue("events_highpri", WQ_HIGHPRI, 0);
	system_long_wq = alloc_workqueue("events_long", 0, 0);
	system_unbound_wq = alloc_workqueue("events_unbound", WQ_UNBOUND, 0);
	if (!system_wq || !system_highpri_wq || !system_long_wq || !system_unbound_wq)
		panic("no memory for the system's work queues");
}

/* => kthreadd runs */
void workqueue_init(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(pools); i++) {
		if (create_worker(&pools[i]))
			panic("no worker threads");
	}
}
