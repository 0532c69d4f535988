// SPDX-License-Identifier: MIT
/* Pools, their workers, and rescuers. The essay is in workqueue.c. */
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/init.h>
#include <kern/jiffies.h>
#include <kern/kthread.h>
#include <kern/panic.h>
#include <kern/printk.h>
#include <kern/sched.h>
#include <mm/slab.h>
#include "internal.h"

#define MAX_IDLE 2
/* So long a pool may want a worker before rescuers are called, and between two calls. */
#define MAYDAY_AFTER (HZ / 100 + 1)
#define MAYDAY_AGAIN (HZ / 10)

typedef struct worker_pool cpu_pools_t[POOL_KINDS];

static DEFINE_PER_CPU_ALIGNED(cpu_pools_t, cpu_pools);
static cpu_pools_t unbound_pools;
DEFINE_SPINLOCK(mayday_lock);
unsigned int wq_max_workers = 256;

struct worker_pool *wq_pool(int cpu, unsigned int flags)
{
	unsigned int kind = flags & WQ_HIGHPRI ? 1 : 0;

	return cpu < 0 ? &unbound_pools[kind] : &(*per_cpu_ptr(&cpu_pools, cpu))[kind];
}

/* ---- concurrency ---- */

/* A bound pool has one worker at work, but for those that sleep; an unbound one as many as works. */
static bool need_worker(const struct worker_pool *pool)
{
	return !list_empty(&pool->works) && (pool->cpu < 0 || !pool->nr_running);
}

void wq_wake_worker(struct worker_pool *pool)
{
	struct worker *worker = list_first_entry_or_null(&pool->idle, struct worker, node);

	if (!need_worker(pool))
		return;
	if (!worker) {
		if (!timer_pending(&pool->mayday_timer))
			mod_timer(&pool->mayday_timer, jiffies + MAYDAY_AFTER);
		return;
	}
	list_del_init(&worker->node);
	pool->nr_idle--;
	worker->woken = true;
	wake_up_process(worker->task);
}

/* => pool->lock held */
static void set_counted(struct worker *worker, bool counted)
{
	if (worker->counted == counted)
		return;
	worker->counted = counted;
	if (counted)
		worker->pool->nr_running++;
	else
		worker->pool->nr_running--;
}

/* The scheduler's: the worker is about to sleep in its work. => current, its state is set */
void wq_worker_sleeping(struct task_struct *task)
{
	struct worker *worker = kthread_data(task);
	struct worker_pool *pool = worker->pool;
	unsigned long flags;

	if (!READ_ONCE(worker->counted) || worker->sleeping)
		return;
	spin_lock_irqsave(&pool->lock, flags);
	worker->sleeping = true;
	pool->nr_running--;
	wq_wake_worker(pool);
	spin_unlock_irqrestore(&pool->lock, flags);
}

void wq_worker_running(struct task_struct *task)
{
	struct worker *worker = kthread_data(task);
	struct worker_pool *pool = worker->pool;
	unsigned long flags;

	if (!worker->sleeping)
		return;
	spin_lock_irqsave(&pool->lock, flags);
	worker->sleeping = false;
	pool->nr_running++;
	spin_unlock_irqrestore(&pool->lock, flags);
}

/* ---- running works ---- */

struct worker *wq_find_running(struct worker_pool *pool, struct work_struct *work)
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
	struct pool_workqueue *pwq = work->pwq;
	work_func_t func = work->func;
	int color = work_color(work);

	worker->current_work = work;
	worker->current_pwq = pwq;
	worker->current_start = work_starts(work) + 1;
	set_counted(worker, !(pwq->wq->flags & WQ_CPU_INTENSIVE));
	/* It may not count: then others may begin. */
	wq_wake_worker(pool);
	/* From here on it may be queued again. */
	atomic_long_add(WORK_START - WORK_PENDING, &work->data);
	spin_unlock_irq(&pool->lock);
	func(work);
	spin_lock_irq(&pool->lock);
	worker->current_work = NULL;
	worker->current_pwq = NULL;
	wq_work_ended(pwq, color, true);
}

/* The next work for this worker, off its list, or NULL. => lock held */
static struct work_struct *take_work(struct worker *worker)
{
	struct worker_pool *pool = worker->pool;

	for (;;) {
		struct list_head *from = &worker->handed;
		struct work_struct *work;
		struct worker *other;

		if (list_empty(from) && !worker->rescuer)
			from = &pool->works;
		work = list_first_entry_or_null(from, struct work_struct, entry);
		if (!work)
			return NULL;
		other = wq_find_running(pool, work);
		if (!other) {
			list_del_init(&work->entry);
			return work;
		}
		list_move_tail(&work->entry, &other->handed);
	}
}

/* Not when another worker of the CPU is awake in a work: that one goes on. */
static bool may_go_on(const struct worker *worker)
{
	const struct worker_pool *pool = worker->pool;

	return pool->cpu < 0 || worker->rescuer || !pool->nr_running ||
	       !list_empty(&worker->handed);
}

static void work_off(struct worker *worker)
{
	struct worker_pool *pool = worker->pool;
	struct work_struct *work;

	while (may_go_on(worker) && (work = take_work(worker))) {
		run_work(worker, work);
		set_counted(worker, false);
	}
	wq_wake_worker(pool);
}

/* ---- workers ---- */

static int worker_body(void *arg);

static struct worker *alloc_worker(struct worker_pool *pool)
{
	struct worker *worker = kzalloc(sizeof(*worker), GFP_KERNEL);

	if (worker) {
		worker->pool = pool;
		INIT_LIST_HEAD(&worker->node);
		INIT_LIST_HEAD(&worker->handed);
	}
	return worker;
}

static struct task_struct *make_thread(struct worker *worker, unsigned int id)
{
	const struct worker_pool *pool = worker->pool;
	const char *kind = pool->nice ? "H" : "";
	struct task_struct *task;

	if (pool->cpu < 0)
		return kthread_create(worker_body, worker, "kworker/u:%u%s", id, kind);
	task = kthread_create(worker_body, worker, "kworker/%d:%u%s", pool->cpu, id, kind);
	if (!IS_ERR(task))
		kthread_bind(task, pool->cpu);
	return task;
}

/* Adds a worker. => may sleep; no lock held. 0 or -errno */
static int create_worker(struct worker_pool *pool)
{
	struct worker *worker = alloc_worker(pool);
	struct task_struct *task;
	unsigned int id;

	if (!worker)
		return -ENOMEM;
	spin_lock_irq(&pool->lock);
	id = pool->next_id++;
	spin_unlock_irq(&pool->lock);
	task = make_thread(worker, id);
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
	/* Once the lock is free somebody may give it work, and it may have ended. */
	wake_up_process(task);
	wq_wake_worker(pool);
	spin_unlock_irq(&pool->lock);
	return 0;
}

/*
 * Makes another worker when none is idle, and again when that one is woken meanwhile: it makes none
 * itself, as we are at it. => lock held, dropped meanwhile
 */
static void keep_one_idle(struct worker_pool *pool)
{
	int error = 0;

	if (pool->managing)
		return;
	pool->managing = true;
	while (!error && !pool->nr_idle && pool->nr_workers < READ_ONCE(wq_max_workers)) {
		spin_unlock_irq(&pool->lock);
		error = create_worker(pool);
		spin_lock_irq(&pool->lock);
	}
	pool->managing = false;
}

static void sleep_until_woken(struct worker *worker)
{
	struct worker_pool *pool = worker->pool;

	while (!worker->woken) {
		set_current_state(TASK_IDLE);
		spin_unlock_irq(&pool->lock);
		schedule();
		spin_lock_irq(&pool->lock);
	}
	__set_current_state(TASK_RUNNING);
	worker->woken = false;
}

static int worker_body(void *arg)
{
	struct worker *worker = arg;
	struct worker_pool *pool = worker->pool;

	current->flags |= PF_WQ_WORKER;
	spin_lock_irq(&pool->lock);
	for (;;) {
		sleep_until_woken(worker);
		list_move(&worker->node, &pool->busy);
		keep_one_idle(pool);
		work_off(worker);
		list_del_init(&worker->node);
		if (pool->nr_idle >= MAX_IDLE)
			break;
		pool->nr_idle++;
		list_add(&worker->node, &pool->idle);
		/* What came since the last look. */
		wq_wake_worker(pool);
	}
	pool->nr_workers--;
	spin_unlock_irq(&pool->lock);
	current->flags &= ~PF_WQ_WORKER;
	kfree(worker);
	return 0;
}

/* ---- rescuers ---- */

/* The pool's works wait, and no worker comes: calls the rescuers of their queues. */
static void call_for_help(struct timer_list *timer)
{
	struct worker_pool *pool = from_timer(pool, timer, mayday_timer);
	struct work_struct *work;
	unsigned long flags;

	spin_lock_irqsave(&pool->lock, flags);
	if (!need_worker(pool))
		goto out;
	spin_lock(&mayday_lock);
	list_for_each_entry(work, &pool->works, entry) {
		struct pool_workqueue *pwq = work->pwq;

		if (!pwq->wq->rescuer || !list_empty(&pwq->mayday_node))
			continue;
		list_add_tail(&pwq->mayday_node, &pwq->wq->maydays);
		wake_up_process(pwq->wq->rescuer->task);
	}
	spin_unlock(&mayday_lock);
	mod_timer(&pool->mayday_timer, jiffies + MAYDAY_AGAIN);
out:
	spin_unlock_irqrestore(&pool->lock, flags);
}

static struct pool_workqueue *next_mayday(struct workqueue_struct *wq)
{
	struct pool_workqueue *pwq;

	spin_lock_irq(&mayday_lock);
	pwq = list_first_entry_or_null(&wq->maydays, struct pool_workqueue, mayday_node);
	if (pwq)
		list_del_init(&pwq->mayday_node);
	spin_unlock_irq(&mayday_lock);
	return pwq;
}

/* Does all works of the queue that wait in the pool, as one of the pool's workers. */
static void rescue(struct worker *worker, struct pool_workqueue *pwq)
{
	struct worker_pool *pool = pwq->pool;
	struct work_struct *work, *next;

	set_cpus_allowed_ptr(current, pool->cpu < 0 ? cpu_possible_mask : cpumask_of(pool->cpu));
	spin_lock_irq(&pool->lock);
	worker->pool = pool;
	list_add(&worker->node, &pool->busy);
	list_for_each_entry_safe(work, next, &pool->works, entry) {
		if (work->pwq == pwq)
			list_move_tail(&work->entry, &worker->handed);
	}
	current->flags |= PF_WQ_WORKER;
	work_off(worker);
	current->flags &= ~PF_WQ_WORKER;
	list_del_init(&worker->node);
	spin_unlock_irq(&pool->lock);
}

static int rescuer_body(void *arg)
{
	struct worker *worker = arg;
	struct workqueue_struct *wq = worker->rescues;
	struct pool_workqueue *pwq;

	set_user_nice(current, MIN_NICE);
	for (;;) {
		set_current_state(TASK_IDLE);
		pwq = next_mayday(wq);
		if (pwq) {
			__set_current_state(TASK_RUNNING);
			rescue(worker, pwq);
			continue;
		}
		if (kthread_should_stop())
			break;
		schedule();
	}
	__set_current_state(TASK_RUNNING);
	return 0;
}

int wq_make_rescuer(struct workqueue_struct *wq)
{
	struct worker *worker = alloc_worker(NULL);
	struct task_struct *task;

	if (!worker)
		return -ENOMEM;
	worker->rescuer = true;
	worker->rescues = wq;
	task = kthread_create(rescuer_body, worker, "%s", wq->name);
	if (IS_ERR(task)) {
		kfree(worker);
		return PTR_ERR(task);
	}
	worker->task = task;
	wq->rescuer = worker;
	wake_up_process(task);
	return 0;
}

void wq_end_rescuer(struct workqueue_struct *wq)
{
	if (!wq->rescuer)
		return;
	kthread_stop(wq->rescuer->task);
	kfree(wq->rescuer);
	wq->rescuer = NULL;
}

/* ---- boot ---- */

static void init_pool(struct worker_pool *pool, int cpu, unsigned int kind)
{
	spin_lock_init(&pool->lock);
	INIT_LIST_HEAD(&pool->works);
	INIT_LIST_HEAD(&pool->idle);
	INIT_LIST_HEAD(&pool->busy);
	timer_setup(&pool->mayday_timer, call_for_help, TIMER_IRQSAFE);
	pool->cpu = cpu;
	pool->nice = kind ? MIN_NICE : 0;
}

void wq_pools_init(void)
{
	unsigned int cpu;

	for (unsigned int kind = 0; kind < POOL_KINDS; kind++) {
		init_pool(&unbound_pools[kind], -1, kind);
		for_each_possible_cpu(cpu)
			init_pool(&(*per_cpu_ptr(&cpu_pools, cpu))[kind], cpu, kind);
	}
}

static void first_workers(int cpu)
{
	for (unsigned int kind = 0; kind < POOL_KINDS; kind++) {
		int err = create_worker(wq_pool(cpu, kind ? WQ_HIGHPRI : 0));

		if (err)
			panic("no thread for the work queues: error %d", err);
	}
}

/* => kthreadd runs; CPU 0 alone */
void workqueue_init(void)
{
	first_workers(-1);
	first_workers(0);
}

static int __init more_workers(void)
{
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		if (cpu)
			first_workers(cpu);
	}
	return 0;
}
pure_initcall(more_workers);
