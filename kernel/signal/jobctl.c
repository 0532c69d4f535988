// SPDX-License-Identifier: MIT
/*
 * Job control: stopping and continuing whole groups.
 *
 *	       stop signal taken by one thread
 *	running ------------------------------> each thread gets JOBCTL_STOP_PENDING, counted in
 *	   ^					group_stop_count
 *	   |						| each stops on its way to user mode;
 *	   |						| the last one tells the parent
 *	   |						v
 *	   '---- SIGCONT sent (or SIGKILL) -------- SIGNAL_STOP_STOPPED
 */
#include <kern/cgroup.h>
#include <kern/fork.h>
#include <kern/ptrace.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/spinlock.h>

#include "internal.h"

bool task_set_jobctl_pending(struct task_struct *task, unsigned long mask)
{
	if (__fatal_signal_pending(task) || (task->flags & PF_EXITING))
		return false;
	if (mask & JOBCTL_STOP_SIGMASK)
		task->jobctl &= ~JOBCTL_STOP_SIGMASK;
	task->jobctl |= mask;
	return true;
}

void task_clear_jobctl_trapping(struct task_struct *task)
{
	if (unlikely(task->jobctl & JOBCTL_TRAPPING)) {
		task->jobctl &= ~JOBCTL_TRAPPING;
		ptrace_trapping_done();
	}
}

void task_clear_jobctl_pending(struct task_struct *task, unsigned long mask)
{
	if (mask & JOBCTL_STOP_PENDING)
		mask |= JOBCTL_STOP_CONSUME | JOBCTL_STOP_DEQUEUED;
	task->jobctl &= ~mask;
	if (!(task->jobctl & JOBCTL_PENDING_MASK))
		task_clear_jobctl_trapping(task);
}

/* The task stops or dies: is it the last one that the stop waited for? */
bool task_participate_group_stop(struct task_struct *task)
{
	struct signal_struct *sig = task->signal;
	bool consume = task->jobctl & JOBCTL_STOP_CONSUME;

	task_clear_jobctl_pending(task, JOBCTL_STOP_PENDING);
	if (!consume)
		return false;
	if (sig->group_stop_count > 0)
		sig->group_stop_count--;
	if (!sig->group_stop_count && !(sig->flags & SIGNAL_STOP_STOPPED)) {
		sig->flags = (sig->flags & ~SIGNAL_STOP_MASK) | SIGNAL_STOP_STOPPED;
		return true;
	}
	return false;
}

bool exit_group_stop(struct task_struct *task)
{
	return (task->jobctl & JOBCTL_STOP_PENDING) && task_participate_group_stop(task);
}

static bool begin_group_stop(int signr)
{
	const unsigned long want = JOBCTL_STOP_PENDING | JOBCTL_STOP_CONSUME;
	struct signal_struct *sig = current->signal;
	struct task_struct *thread;

	/* A SIGCONT or a fatal signal came after the stop signal had been taken. */
	if (!(current->jobctl & JOBCTL_STOP_DEQUEUED) || signal_group_exit(sig))
		return false;
	if (!(sig->flags & SIGNAL_STOP_STOPPED))
		sig->group_exit_code = signr;
	sig->group_stop_count = 0;
	for_each_thread(current, thread) {
		if (thread != current && task_is_stopped(thread))
			continue;
		if (!task_set_jobctl_pending(thread, signr | want))
			continue;
		sig->group_stop_count++;
		if (thread == current)
			continue;
		if (thread->ptrace & PT_SEIZED)
			ptrace_trap_notify(thread);
		else
			signal_wake_up(thread, false);
	}
	return true;
}

/*
 * Stops the current task, for the signal it has taken or for the stop another thread began
 * (signr 0). => siglock held; when true it has been dropped, and the task has been continued.
 * False for a traced task: it stops for its tracer, in do_jobctl_trap().
 */
bool do_signal_stop(int signr)
{
	struct sighand_struct *sighand = current->sighand;
	bool last;

	if (!(current->jobctl & JOBCTL_STOP_PENDING) && !begin_group_stop(signr))
		return false;
	if (unlikely(current->ptrace)) {
		task_set_jobctl_pending(current, JOBCTL_TRAP_STOP);
		return false;
	}
	last = task_participate_group_stop(current);
	/* Under siglock, which a waker holds: SIGCONT cannot slip in between. */
	set_special_state(TASK_STOPPED);
	spin_unlock_irq(&sighand->siglock);
	if (last) {
		read_lock(&tasklist_lock);
		do_notify_parent_cldstop(current, false, CLD_STOPPED);
		read_unlock(&tasklist_lock);
	}
	cgroup_enter_frozen();
	schedule();
	return true;
}
