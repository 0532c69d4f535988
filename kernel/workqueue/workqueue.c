// SPDX-License-Identifier: MIT
/*
 * Work queues.
 *
 * Interface: a work is a function with a list entry; queueing it makes a kernel thread call the
 * function once, later. Queueing a work that is queued already does nothing.
 *
 * Workers stand in pools: for each CPU one of normal and one of high priority, and one of each for
 * unbound works. A work of an ordinary queue runs on the CPU that queued it. There one worker at a
 * time is at work: the scheduler tells the pool when it falls asleep (wq_worker_sleeping), and only
 * then another one begins, so works that sleep hold up nobody and works that compute do not crowd
 * the CPU. A work that computes for long belongs into an unbound or WQ_CPU_INTENSIVE queue.
 *
 * A worker that takes the last idle place makes another worker first; idle ones beyond a few end.
 * Making one needs memory, which a work that waits may be about to free: queues of WQ_MEM_RECLAIM
 * have a thread of their own, the rescuer, called when a pool with waiting works has had no worker
 * for them for a while.
 *
 * A work never runs on two workers at once: it is queued again in the pool that still runs it, and
 * handed to that worker.
 *
 * A queue has a part (struct pool_workqueue) in each of its pools, which lets max_active works into
 * the pool; the others wait in pwq->inactive. An ordered queue is unbound and has max_active 1.
 *
 *   idle --queue_work--> pending: in pwq->inactive or pool->works --worker--> running
 *     ^                      | cancel_work                                      |
 *     +----------------------+--------------------------------------------------+
 *
 * work->data: bit 0 pending (set by the one who queues, before it takes the lock), bit 1 the
 * flush colour of pwq, from bit 2 on how often the work was started. flush_work() waits until
 * the start that it saw coming has ended; flush_workqueue() changes the colour of each part and
 * waits for the works of the old one.
 *
 * Locks: wq->flush_mutex, then pool->lock (interrupts off; innermost but for mayday_lock and
 * wake-ups).
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
#include <um/irqflags.h>
#include <um/processor.h>
#include "internal.h"

#define DEFAULT_ACTIVE 256

DECLARE_WAIT_QUEUE_HEAD(work_ended_wait);
struct workqueue_struct *system_wq, *system_highpri_wq, *system_long_wq, *system_unbound_wq;

/* Puts a pending work where it belongs. => pwq->pool->lock held */
static void insert_work(struct pool_workqueue *pwq, struct work_struct *work)
{
	WRITE_ONCE(work->pwq, pwq);
	WRITE_ONCE(work->pool, pwq->pool);
	if (pwq->color)
		atomic_long_or(WORK_COLOR, &work->data);
	else
		atomic_long_and(~WORK_COLOR, &work->data);
	pwq->in_flight[pwq->color]++;
	if (pwq->nr_active >= pwq->wq->max_active) {
		list_add_tail(&work->entry, &pwq->inactive);
		return;
	}
	pwq->nr_active++;
	list_add_tail(&work->entry, &pwq->pool->works);
	wq_wake_worker(pwq->pool);
}

/* The queue's part for works queued on that CPU. */
static struct pool_workqueue *part_for(struct workqueue_struct *wq, int cpu)
{
	if (wq->nr_pwqs == 1)
		return &wq->pwqs[0];
	if ((unsigned int)cpu >= nr_cpu_ids || !cpu_online(cpu))
		cpu = raw_smp_processor_id();
	return &wq->pwqs[cpu];
}

/* The part where the work still runs, so that it must be queued there; locked. NULL: nowhere. */
static struct pool_workqueue *lock_where_it_runs(struct workqueue_struct *wq,
						 struct work_struct *work,
						 struct worker_pool *other_than)
{
	struct worker_pool *last = READ_ONCE(work->pool);
	struct worker *worker;

	if (!last || last == other_than)
		return NULL;
	spin_lock(&last->lock);
	worker = wq_find_running(last, work);
	if (worker && worker->current_pwq->wq == wq)
		return worker->current_pwq;
	spin_unlock(&last->lock);
	return NULL;
}

/* => the work is marked pending, by the caller. Any context */
static void queue_pending(int cpu, struct workqueue_struct *wq, struct work_struct *work)
{
	struct pool_workqueue *pwq, *runs;
	unsigned long flags;

	local_irq_save(flags);
	pwq = part_for(wq, cpu);
	runs = lock_where_it_runs(wq, work, pwq->pool);
	if (runs)
		pwq = runs;
	else
		spin_lock(&pwq->pool->lock);
	insert_work(pwq, work);
	spin_unlock(&pwq->pool->lock);
	local_irq_restore(flags);
	/* The lock was dropped with interrupts masked. */
	preempt_check_resched();
}

bool queue_work_on(int cpu, struct workqueue_struct *wq, struct work_struct *work)
{
	if (atomic_long_fetch_or(WORK_PENDING, &work->data) & WORK_PENDING)
		return false;
	queue_pending(cpu, wq, work);
	return true;
}

/* A place in the pool is free: the next of the part's waiting works moves up. => lock held */
static void activate_next(struct pool_workqueue *pwq)
{
	struct work_struct *work =
		list_first_entry_or_null(&pwq->inactive, struct work_struct, entry);

	if (!work || pwq->nr_active >= pwq->wq->max_active)
		return;
	pwq->nr_active++;
	list_move_tail(&work->entry, &pwq->pool->works);
	wq_wake_worker(pwq->pool);
}

void wq_work_ended(struct pool_workqueue *pwq, int color, bool active)
{
	pwq->in_flight[color]--;
	if (active) {
		pwq->nr_active--;
		activate_next(pwq);
	}
	if (wq_has_sleeper(&work_ended_wait))
		wake_up_all(&work_ended_wait);
}

/* Does the work wait for a place in the pool? => lock held */
static bool is_inactive(struct pool_workqueue *pwq, struct work_struct *work)
{
	struct work_struct *waiting;

	list_for_each_entry(waiting, &pwq->inactive, entry) {
		if (waiting == work)
			return true;
	}
	return false;
}

/*
 * Takes a pending work back. true: it was pending and is now the caller's, still marked so.
 * Somebody who is just queueing it is waited for: that takes a moment.
 */
static bool grab_pending(struct work_struct *work)
{
	while (work_pending(work)) {
		struct worker_pool *pool = READ_ONCE(work->pool);
		unsigned long flags;
		bool grabbed = false;

		if (!pool) {
			cpu_relax();
			continue;
		}
		spin_lock_irqsave(&pool->lock, flags);
		if (work->pool == pool && !list_empty(&work->entry) && work_pending(work)) {
			struct pool_workqueue *pwq = work->pwq;
			bool active = !is_inactive(pwq, work);

			list_del_init(&work->entry);
			wq_work_ended(pwq, work_color(work), active);
			grabbed = true;
		}
		spin_unlock_irqrestore(&pool->lock, flags);
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
	worker = wq_find_running(pool, work);
	ended = worker ? worker->current_start > start : work_starts(work) >= start || !work_pending(work);
	spin_unlock_irqrestore(&pool->lock, flags);
	return ended;
}

/* Waits for the work in that pool. false: it neither waited nor ran there. */
static bool flush_in_pool(struct worker_pool *pool, struct work_struct *work)
{
	struct worker *worker;
	bool busy;
	long start;

	spin_lock_irq(&pool->lock);
	worker = wq_find_running(pool, work);
	busy = worker || (work_pending(work) && work->pool == pool);
	start = work_starts(work) + (work_pending(work) ? 1 : 0);
	spin_unlock_irq(&pool->lock);
	if (busy)
		wait_event(work_ended_wait, start_has_ended(pool, work, start));
	return busy;
}

bool flush_work(struct work_struct *work)
{
	struct worker_pool *pool;
	bool was_busy = false;

	might_sleep();
	/* It may have moved to another pool meanwhile. */
	do {
		pool = READ_ONCE(work->pool);
		if (pool)
			was_busy |= flush_in_pool(pool, work);
	} while (pool != READ_ONCE(work->pool));
	return was_busy;
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

	queue_pending(dwork->cpu, dwork->wq, &dwork->work);
}

/* => the work is marked pending, by the caller */
static void start_delayed(int cpu, struct workqueue_struct *wq, struct delayed_work *dwork,
			  unsigned long delay)
{
	dwork->wq = wq;
	dwork->cpu = cpu;
	if (delay)
		mod_timer(&dwork->timer, jiffies + delay);
	else
		queue_pending(cpu, wq, &dwork->work);
}

bool queue_delayed_work_on(int cpu, struct workqueue_struct *wq, struct delayed_work *dwork,
			   unsigned long delay)
{
	if (atomic_long_fetch_or(WORK_PENDING, &dwork->work.data) & WORK_PENDING)
		return false;
	start_delayed(cpu, wq, dwork, delay);
	return true;
}

/* As grab_pending(), for a work that may also wait for its timer. */
static bool grab_delayed(struct delayed_work *dwork)
{
	while (delayed_work_pending(dwork)) {
		if (timer_delete(&dwork->timer))
			return true;
		/* The timer's function runs, or the work is queued by now. */
		if (!list_empty(&dwork->work.entry) && grab_pending(&dwork->work))
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
	start_delayed(cpu, wq, dwork, delay);
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
	if (timer_delete_sync(&dwork->timer)) {
		delayed_work_timer_fn(&dwork->timer);
		flush_work(&dwork->work);
		return true;
	}
	return flush_work(&dwork->work);
}

static void rcu_work_due(struct rcu_head *head)
{
	struct rcu_work *rwork = container_of(head, struct rcu_work, rcu);

	queue_pending(WORK_CPU_UNBOUND, rwork->wq, &rwork->work);
}

bool queue_rcu_work(struct workqueue_struct *wq, struct rcu_work *rwork)
{
	if (atomic_long_fetch_or(WORK_PENDING, &rwork->work.data) & WORK_PENDING)
		return false;
	rwork->wq = wq;
	call_rcu(&rwork->rcu, rcu_work_due);
	return true;
}

static bool color_is_done(struct pool_workqueue *pwq, int color)
{
	unsigned long flags;
	bool done;

	spin_lock_irqsave(&pwq->pool->lock, flags);
	done = !pwq->in_flight[color];
	spin_unlock_irqrestore(&pwq->pool->lock, flags);
	return done;
}

void flush_workqueue(struct workqueue_struct *wq)
{
	int old;

	might_sleep();
	mutex_lock(&wq->flush_mutex);
	old = wq->pwqs[0].color;
	for (unsigned int i = 0; i < wq->nr_pwqs; i++) {
		struct pool_workqueue *pwq = &wq->pwqs[i];

		spin_lock_irq(&pwq->pool->lock);
		pwq->color = !old;
		spin_unlock_irq(&pwq->pool->lock);
	}
	/* The flush before us waited for the other colour, so only the old one can be in flight. */
	for (unsigned int i = 0; i < wq->nr_pwqs; i++)
		wait_event(work_ended_wait, color_is_done(&wq->pwqs[i], old));
	mutex_unlock(&wq->flush_mutex);
}

static bool is_drained(struct workqueue_struct *wq)
{
	for (unsigned int i = 0; i < wq->nr_pwqs; i++) {
		if (!color_is_done(&wq->pwqs[i], 0) || !color_is_done(&wq->pwqs[i], 1))
			return false;
	}
	return true;
}

void drain_workqueue(struct workqueue_struct *wq)
{
	do
		flush_workqueue(wq);
	while (!is_drained(wq));
}

static void init_part(struct workqueue_struct *wq, struct pool_workqueue *pwq, int cpu)
{
	pwq->wq = wq;
	pwq->pool = wq_pool(cpu, wq->flags);
	INIT_LIST_HEAD(&pwq->inactive);
	INIT_LIST_HEAD(&pwq->mayday_node);
}

struct workqueue_struct *alloc_workqueue(const char *fmt, unsigned int flags, int max_active, ...)
{
	unsigned int parts = flags & WQ_UNBOUND ? 1 : nr_cpu_ids;
	struct workqueue_struct *wq;
	va_list args;

	wq = kzalloc(sizeof(*wq) + parts * sizeof(wq->pwqs[0]), GFP_KERNEL);
	if (!wq)
		return NULL;
	va_start(args, max_active);
	vsnprintf(wq->name, sizeof(wq->name), fmt, args);
	va_end(args);
	wq->flags = flags;
	wq->max_active = max_active > 0 ? max_active : DEFAULT_ACTIVE;
	wq->nr_pwqs = parts;
	mutex_init(&wq->flush_mutex);
	INIT_LIST_HEAD(&wq->maydays);
	for (unsigned int i = 0; i < parts; i++)
		init_part(wq, &wq->pwqs[i], flags & WQ_UNBOUND ? -1 : (int)i);
	if ((flags & WQ_MEM_RECLAIM) && wq_make_rescuer(wq)) {
		kfree(wq);
		return NULL;
	}
	return wq;
}

void destroy_workqueue(struct workqueue_struct *wq)
{
	drain_workqueue(wq);
	wq_end_rescuer(wq);
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
	const struct worker *worker;

	if (!(current->flags & PF_WQ_WORKER))
		return false;
	worker = kthread_data(current);
	return worker->rescuer;
}

/* => no threads yet; memory is there */
void workqueue_init_early(void)
{
	wq_pools_init();
	system_wq = alloc_workqueue("events", 0, 0);
	system_highpri_wq = alloc_workqueue("events_highpri", WQ_HIGHPRI, 0);
	system_long_wq = alloc_workqueue("events_long", 0, 0);
	system_unbound_wq = alloc_workqueue("events_unbound", WQ_UNBOUND, 0);
	if (!system_wq || !system_highpri_wq || !system_long_wq || !system_unbound_wq)
		panic("no memory for the system's work queues");
}
