// SPDX-License-Identifier: MIT
/*
 * The scheduler's core: run queues, switching, sleeping and waking.
 *
 * Each CPU has a run queue. A runnable task stands on exactly one (sched.on_rq, sched.cpu); the
 * running one is rq->curr and stands in no tree or list. The classes are asked in this order:
 * stop (stop.c), deadline (deadline.c), real-time (rt.c), fair (fair.c), idle. A class knows only
 * the tasks that wait.
 *
 * A task's way (function that makes each edge):
 *
 *          sched_fork         wake_up_new_task            __schedule (picked)
 *   TASK_NEW ---------> new ------------------> runnable ------------------> running
 *                                                 ^  ^                        |   |
 *                              try_to_wake_up     |  +------------------------+   | state != RUNNING
 *                            +--------------------+       preempted, yielded      v __schedule
 *                          waking <--------------------------------------------- sleeping
 *
 *   do_task_dead: TASK_DEAD; finish_switch() of the next task drops the last references.
 *
 * A sleeper writes its state, then looks at its condition, then calls schedule(); a waker makes
 * the condition true, then looks at the state: both sides have a full barrier in between, so
 * one sees the other. __schedule() cancels the sleep if a signal waits that the state admits.
 *
 * sched.on_cpu is set from the moment a task is chosen until the next task, on that CPU, runs
 * finish_switch(): until then its stack is in use. Whoever wakes a task that has left its run
 * queue waits for on_cpu to fall before it lets another CPU run it. That wait is short and
 * never circular: between dequeue and finish_switch() a CPU takes only run queue locks.
 *
 * A running task whose mask forbids this CPU is taken off by __schedule() (ON_RQ_MIGRATING)
 * and put on another run queue by finish_switch(), when its stack is free. Who changes a mask
 * waits until the CPU's stopper has run, since then the task has left.
 *
 * Locks, in order: task->sched.pi_lock, then rq->lock; of two run queues the lower CPU first,
 * or try-lock. All with interrupts masked. Both are leaves for the rest of the kernel.
 */
#include <kern/fork.h>
#include <kern/printk.h>
#include <kern/rcupdate.h>
#include <kern/rseq.h>
#include <kern/signal.h>
#include <kern/smp.h>
#include <kern/timekeeping.h>
#include <kern/workqueue.h>
#include <um/processor.h>
#include <um/switch_to.h>
#include <um/virtual.h>
#include "internal.h"

DEFINE_PER_CPU_ALIGNED(struct rq, runqueues);

const struct sched_class *const sched_classes[] = { &stop_sched_class, &dl_sched_class,
						    &rt_sched_class, &fair_sched_class, NULL };
atomic_t urgent_waiting;

DEFINE_PER_CPU(struct task_struct *, current_task);
/* Boot and idle tasks run with preemption off. */
DEFINE_PER_CPU(unsigned int, __preempt_count) = PREEMPT_OFFSET;
DEFINE_PER_CPU(unsigned int, __need_resched);

void update_rq_clock(struct rq *rq)
{
	bool own = rq->cpu == (unsigned int)raw_smp_processor_id();
	u64 now = sched_clock();

	/*
	 * Only the CPU itself finds out, at its next tick or here, whether the host let it run. Until
	 * then others charge its task with no more than that tick would have.
	 */
	if (own)
		account_settle(now);
	now -= READ_ONCE(rq->stolen);
	if (own)
		rq->own_clock = now;
	else if (rq->curr != rq->idle)
		now = min(now, rq->own_clock + 2 * TICK_NSEC);
	/* Clocks of different CPUs may differ by a little. */
	if (now > rq->clock)
		rq->clock = now;
}

/*
 * Locks the run queue that the task stands on, whatever moves it meanwhile.
 * => returns with pi_lock and rq->lock held, interrupts masked.
 */
struct rq *task_rq_lock(struct task_struct *task, unsigned long *flags)
{
	unsigned long rounds = 0;

	for (;;) {
		struct rq *rq;

		spin_lock_irqsave(&task->sched.pi_lock, *flags);
		rq = task_rq(task);
		spin_lock(&rq->lock);
		if (rq == task_rq(task) && READ_ONCE(task->sched.on_rq) != ON_RQ_MIGRATING)
			return rq;
		spin_unlock(&rq->lock);
		spin_unlock_irqrestore(&task->sched.pi_lock, *flags);
		um_spin_wait(rounds++);
	}
}

void task_rq_unlock(struct rq *rq, struct task_struct *task, unsigned long flags)
{
	spin_unlock(&rq->lock);
	spin_unlock_irqrestore(&task->sched.pi_lock, flags);
}

/* May the task run on that CPU? */
bool cpu_allowed(struct task_struct *task, unsigned int cpu)
{
	if (task->sched.migration_disabled)
		return cpu == task_cpu(task);
	return cpumask_test_cpu(cpu, &task->sched.cpus_mask) && cpu_online(cpu);
}

void activate_task(struct rq *rq, struct task_struct *task, bool wakeup)
{
	task->sched.wait_start = rq->clock;
	task->sched.class->enqueue(rq, task, wakeup);
	rq->nr_running++;
	psi_queue(rq, task, true);
	WRITE_ONCE(task->sched.on_rq, ON_RQ_QUEUED);
	psi_note(rq);
}

/* => the caller writes on_rq. */
void deactivate_task(struct rq *rq, struct task_struct *task)
{
	task->sched.class->dequeue(rq, task);
	rq->nr_running--;
	psi_queue(rq, task, false);
	psi_note(rq);
}

/* => not running; pi_lock or its run queue's lock held, on_rq not QUEUED. */
void set_task_cpu(struct task_struct *task, unsigned int cpu)
{
	unsigned int from = task_cpu(task);

	if (from == cpu)
		return;
	fair_set_cpu(task, cpu);
	dl_reclaim_move(task, cpu);
	task->sched.nr_migrations++;
	smp_store_release(&task->sched.cpu, cpu);
}

/* Makes the CPU of rq call schedule() soon. => rq->lock held. */
void resched_curr(struct rq *rq)
{
	if (test_and_set_tsk_thread_flag(rq->curr, TIF_NEED_RESCHED))
		return;
	if (rq->cpu == (unsigned int)raw_smp_processor_id())
		this_cpu_write(__need_resched, 1);
	else
		smp_send_reschedule(rq->cpu);
}

void resched_cpu(int cpu)
{
	struct rq *rq = cpu_rq(cpu);
	unsigned long flags;

	spin_lock_irqsave(&rq->lock, flags);
	if (rq->curr)
		resched_curr(rq);
	spin_unlock_irqrestore(&rq->lock, flags);
}

/* IPI_RESCHEDULE: somebody set TIF_NEED_RESCHED of this CPU's task. => interrupts masked. */
void scheduler_ipi(void)
{
	if (need_resched())
		this_cpu_write(__need_resched, 1);
}

/* A task was queued on rq: does it take the CPU from the one that runs? */
void check_preempt(struct rq *rq, struct task_struct *task)
{
	struct task_struct *curr = rq->curr;
	int difference = task->sched.class->rank - curr->sched.class->rank;

	if (difference > 0 || (!difference && task->sched.class->preempts(rq, task)))
		resched_curr(rq);
}

/* Puts a runnable task that was taken off with ON_RQ_MIGRATING on a CPU it may use. */
static void migrate_off(struct task_struct *task)
{
	unsigned int cpu = select_cpu(task, 0);
	struct rq *rq = cpu_rq(cpu);

	set_task_cpu(task, cpu);
	spin_lock(&rq->lock);
	update_rq_clock(rq);
	activate_task(rq, task, false);
	check_preempt(rq, task);
	spin_unlock(&rq->lock);
}

/*
 * The new task's side of a switch: frees the old one's stack, drops the lock that the old one
 * took. => interrupts masked on entry, on at return.
 */
static void finish_switch(struct task_struct *prev)
{
	struct rq *rq = this_rq();
	struct task_struct *migrate = rq->migrate;
	bool dead = READ_ONCE(prev->state) == TASK_DEAD && !prev->sched.on_rq;

	rq->migrate = NULL;
#ifdef CONFIG_DEBUG
	lock_acquire(&rq->lock.dep_map, 0, true, false, _THIS_IP_);
#endif
	smp_store_release(&prev->sched.on_cpu, 0);
	spin_unlock(&rq->lock);
	if (migrate)
		migrate_off(migrate);
	local_irq_enable();
	if (dead) {
		dl_exit(prev);
		put_task_stack(prev);
		put_task_struct(prev);
	}
}

void schedule_tail(struct task_struct *prev)
{
	finish_switch(prev);
	preempt_enable();
}

static struct task_struct *pick_first(struct rq *rq)
{
	for (unsigned int i = 0; sched_classes[i]; i++) {
		struct task_struct *next = sched_classes[i]->pick(rq);

		if (next)
			return next;
	}
	return NULL;
}

static struct task_struct *pick_next(struct rq *rq)
{
	struct task_struct *next;

	if (unlikely(atomic_read(&urgent_waiting)))
		pull_urgent(rq);
	next = pick_first(rq);
	if (!next && newidle_balance(rq))
		next = pick_first(rq);
	return next ? next : rq->idle;
}

/* Takes prev off the run queue, or puts it back among those that wait. => rq->lock held. */
static void put_prev(struct rq *rq, struct task_struct *prev, bool preempted)
{
	unsigned int state = READ_ONCE(prev->state);

	if (prev == rq->idle)
		return;
	prev->sched.class->update(rq);
	rq->stat.ran += prev->sched.sum_exec_runtime - prev->sched.prev_sum_exec;
	if (!preempted && state) {
		if (signal_pending_state(state, prev)) {
			WRITE_ONCE(prev->state, TASK_RUNNING);
		} else {
			if ((state & TASK_UNINTERRUPTIBLE) && !(state & TASK_NOLOAD)) {
				prev->sched.counted_sleep = true;
				__atomic_fetch_add(&rq->nr_uninterruptible, 1, __ATOMIC_RELAXED);
			}
			if (prev->sched.in_iowait)
				psi_iowait(rq, prev);
			deactivate_task(rq, prev);
			if (prev->sched.class == &dl_sched_class)
				dl_reclaim_sleep(prev);
			smp_store_release(&prev->sched.on_rq, 0);
			return;
		}
	}
	if (unlikely(!cpu_allowed(prev, rq->cpu))) {
		WRITE_ONCE(prev->sched.on_rq, ON_RQ_MIGRATING);
		deactivate_task(rq, prev);
		rq->migrate = prev;
		return;
	}
	prev->sched.wait_start = rq->clock;
	prev->sched.class->put(rq, prev);
}

static void __sched switch_tasks(struct rq *rq, struct task_struct *prev, struct task_struct *next)
{
	rq->nr_switches++;
	psi_switch(rq, prev, next);
	um_virtual_switch(prev->pid, next->pid);
	account_task_switch(prev, next);
	/* Its critical section ends here, and it may go on elsewhere. */
	if (prev->rseq)
		rseq_preempt(prev);
	WRITE_ONCE(next->sched.on_cpu, 1);
	WRITE_ONCE(rq->curr, next);
	prev->preempt_count_saved = preempt_count();
#ifdef CONFIG_DEBUG
	lock_release(&rq->lock.dep_map, _THIS_IP_);
#endif
	this_cpu_write(current_task, next);
	preempt_count_set(next->preempt_count_saved);
	switch_to(prev, next, prev);
	barrier();
	finish_switch(prev);
}

/* => preempt_count 1, interrupts on or off; returns with interrupts on. */
static void __sched __schedule(bool preempted)
{
	struct task_struct *prev = current, *next;
	struct rq *rq;

	if (unlikely(preempt_count() != PREEMPT_OFFSET))
		pr_err("scheduling while atomic: %s/%d, preempt count %x\n", prev->comm, prev->pid,
		       preempt_count());
	local_irq_disable();
	rcu_note_context_switch();
	rq = this_rq();
	/* Also the full barrier between the caller's state and its condition, and RCU's. */
	spin_lock(&rq->lock);
	smp_mb();
	update_rq_clock(rq);
	if (!preempted && READ_ONCE(prev->state))
		prev->nvcsw++;
	else
		prev->nivcsw++;
	put_prev(rq, prev, preempted);
	next = pick_next(rq);
	clear_tsk_thread_flag(prev, TIF_NEED_RESCHED);
	this_cpu_write(__need_resched, 0);
	next->sched.exec_start = rq->clock;
	rq->stat.schedules++;
	if (next == rq->idle) {
		rq->stat.went_idle++;
	} else {
		rq->stat.waited += rq->clock - next->sched.wait_start;
		rq->stat.picks++;
		next->sched.run_delay += rq->clock - next->sched.wait_start;
		next->sched.nr_picked++;
		next->sched.prev_sum_exec = next->sched.sum_exec_runtime;
	}
	if (prev != next) {
		rseq_preempt(prev);
		switch_tasks(rq, prev, next);
	} else {
		spin_unlock(&rq->lock);
		local_irq_enable();
	}
}

void __sched schedule(void)
{
	struct task_struct *task = current;

	if (READ_ONCE(task->state) && (task->flags & PF_WQ_WORKER))
		wq_worker_sleeping(task);
	do {
		preempt_disable();
		__schedule(false);
		preempt_enable_no_resched();
	} while (need_resched());
	if (task->flags & PF_WQ_WORKER)
		wq_worker_running(task);
}

/* => preempt_count 1 (the idle task's own). */
void schedule_idle(void)
{
	do
		__schedule(false);
	while (need_resched());
}

void __sched schedule_preempt_disabled(void)
{
	preempt_enable_no_resched();
	schedule();
	preempt_disable();
}

void __sched preempt_schedule(void)
{
	while (need_resched() && preemptible()) {
		preempt_disable();
		__schedule(true);
		preempt_enable_no_resched();
	}
}

void __sched preempt_schedule_irq(void)
{
	preempt_disable();
	__schedule(true);
	local_irq_disable();
	preempt_enable_no_resched();
}

void do_task_dead(void)
{
	/* A late wake-up that holds pi_lock must not make us running again. */
	set_special_state(TASK_DEAD);
	current->flags |= PF_NOFREEZE;
	preempt_disable();
	__schedule(false);
	BUG();
}

int __sched __cond_resched(void)
{
	if (!need_resched() || !preemptible())
		return 0;
	preempt_disable();
	__schedule(true);
	preempt_enable_no_resched();
	return 1;
}

int __cond_resched_lock(spinlock_t *lock)
{
	if (!need_resched())
		return 0;
	spin_unlock(lock);
	cond_resched();
	spin_lock(lock);
	return 1;
}

void __sched yield(void)
{
	unsigned long flags;
	struct rq *rq;

	__set_current_state(TASK_RUNNING);
	local_irq_save(flags);
	rq = this_rq();
	spin_lock(&rq->lock);
	update_rq_clock(rq);
	rq->stat.yields++;
	current->sched.class->yield(rq);
	spin_unlock(&rq->lock);
	local_irq_restore(flags);
	schedule();
}

int io_schedule_prepare(void)
{
	int token = current->sched.in_iowait;

	current->sched.in_iowait = true;
	return token;
}

void io_schedule_finish(int token)
{
	current->sched.in_iowait = token;
}

void __sched io_schedule(void)
{
	int token = io_schedule_prepare();

	schedule();
	io_schedule_finish(token);
}

long __sched io_schedule_timeout(long timeout)
{
	int token = io_schedule_prepare();
	long left = schedule_timeout(timeout);

	io_schedule_finish(token);
	return left;
}

/* The tick. => interrupt context. */
void scheduler_tick(bool user)
{
	struct rq *rq = this_rq();
	struct task_struct *curr;

	spin_lock(&rq->lock);
	update_rq_clock(rq);
	curr = rq->curr;
	if (curr != rq->idle) {
		curr->sched.class->update(rq);
		curr->sched.class->tick(rq, curr);
	}
	rt_period_tick(rq);
	spin_unlock(&rq->lock);
	calc_load_tick();
	psi_tick();
	periodic_balance(rq);
}
