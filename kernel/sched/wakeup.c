// SPDX-License-Identifier: MIT
/*
 * Waking tasks. The order of locks and barriers is told at the head of core.c: a waker has made
 * its condition true, takes pi_lock, and looks at the state; a task that has left its run queue
 * is queued again only when its stack is free.
 */
#include <kern/fork.h>
#include <kern/rseq.h>
#include <kern/sched.h>
#include <kern/smp.h>
#include <um/processor.h>
#include "internal.h"

/* Still on its run queue: then it need only be told not to sleep. => pi_lock held. */
static bool wake_runnable(struct task_struct *task)
{
	struct rq *rq = task_rq(task);
	bool runnable;

	spin_lock(&rq->lock);
	runnable = task_rq(task) == rq && task->sched.on_rq == ON_RQ_QUEUED;
	if (runnable) {
		WRITE_ONCE(task->state, TASK_RUNNING);
		if (!task->sched.on_cpu) {
			update_rq_clock(rq);
			check_preempt(rq, task);
		}
	}
	spin_unlock(&rq->lock);
	return runnable;
}

/* Puts a sleeping task on a run queue. => pi_lock held, TASK_WAKING, off its old CPU. */
static void wake_on(struct task_struct *task, unsigned int cpu)
{
	struct rq *from = task_rq(task);
	struct rq *rq = cpu_rq(cpu);

	if (task->sched.counted_sleep) {
		task->sched.counted_sleep = false;
		__atomic_fetch_sub(&from->nr_uninterruptible, 1, __ATOMIC_RELAXED);
	}
	if (unlikely(task->sched.in_iowait || task->sched.memstall)) {
		spin_lock(&from->lock);
		psi_wake(from, task, cpu);
		spin_unlock(&from->lock);
	}
	set_task_cpu(task, cpu);
	spin_lock(&rq->lock);
	update_rq_clock(rq);
	rq->stat.wakeups++;
	rq->stat.wakeups_local += cpu == (unsigned int)raw_smp_processor_id();
	activate_task(rq, task, true);
	WRITE_ONCE(task->state, TASK_RUNNING);
	check_preempt(rq, task);
	spin_unlock(&rq->lock);
}

int try_to_wake_up(struct task_struct *task, unsigned int state, int wake_flags)
{
	unsigned long flags, rounds = 0;
	int woken = 0;

	/* The task itself, on the way to sleep: it cannot have left its run queue. */
	if (task == current) {
		local_irq_save(flags);
		if (task == current && (READ_ONCE(task->state) & state)) {
			WRITE_ONCE(task->state, TASK_RUNNING);
			woken = 1;
		}
		local_irq_restore(flags);
		return woken;
	}
	spin_lock_irqsave(&task->sched.pi_lock, flags);
	/* Orders the waker's condition before the look at the state. */
	smp_mb();
	if (!(READ_ONCE(task->state) & state))
		goto out;
	woken = 1;
	for (;;) {
		int on_rq = smp_load_acquire(&task->sched.on_rq);

		if (on_rq == ON_RQ_QUEUED && wake_runnable(task))
			goto out;
		if (!on_rq)
			break;
		um_spin_wait(rounds++);
	}
	WRITE_ONCE(task->state, TASK_WAKING);
	while (smp_load_acquire(&task->sched.on_cpu))
		um_spin_wait(rounds++);
	wake_on(task, select_cpu(task, wake_flags));
out:
	spin_unlock_irqrestore(&task->sched.pi_lock, flags);
	return woken;
}

int wake_up_process(struct task_struct *task)
{
	return try_to_wake_up(task, TASK_NORMAL | TASK_PARKED, 0);
}

int wake_up_state(struct task_struct *task, unsigned int state)
{
	return try_to_wake_up(task, state, 0);
}

/* The first wake-up of a task that sched_fork() prepared. */
void wake_up_new_task(struct task_struct *task)
{
	unsigned long flags;
	struct rq *rq;

	spin_lock_irqsave(&task->sched.pi_lock, flags);
	set_task_cpu(task, select_cpu(task, WF_FORK));
	/* Its copy of the parent's memory names the parent's CPU. */
	if (task->rseq)
		rseq_preempt(task);
	rq = task_rq(task);
	spin_lock(&rq->lock);
	update_rq_clock(rq);
	activate_task(rq, task, false);
	WRITE_ONCE(task->state, TASK_RUNNING);
	check_preempt(rq, task);
	spin_unlock(&rq->lock);
	spin_unlock_irqrestore(&task->sched.pi_lock, flags);
}

void wake_q_add(struct wake_q_head *q, struct task_struct *task)
{
	if (q->count == ARRAY_SIZE(q->tasks))
		wake_up_q(q);
	get_task_struct(task);
	q->tasks[q->count++] = task;
}

void wake_up_q(struct wake_q_head *q)
{
	for (unsigned int i = 0; i < q->count; i++) {
		wake_up_process(q->tasks[i]);
		put_task_struct(q->tasks[i]);
	}
	q->count = 0;
}

/* In user mode on another CPU: an interrupt makes it look at its flags. */
void kick_process(struct task_struct *task)
{
	unsigned int cpu;

	preempt_disable();
	cpu = task_cpu(task);
	if (cpu != (unsigned int)smp_processor_id() && task_curr(task))
		smp_send_reschedule(cpu);
	preempt_enable();
}
