// SPDX-License-Identifier: MIT
/*
 * ptrace: one task rules another.
 *
 * A tracee hangs in its tracer's list `ptraced`, and the tracer is its `parent`: wait4() and
 * SIGCHLD go there, while `real_parent` stays who it was. What a tracer may ask is asked of a
 * tracee that has stopped (TASK_TRACED) and stays so while the request runs: it is frozen, so
 * that not even SIGKILL wakes it in between.
 *
 *		 TRACEME, ATTACH, SEIZE, fork of a tracee with options
 *	untraced ------------------------------------------------------> traced, running
 *	   ^								 |   ^
 *	   | DETACH, tracer's death				  ptrace_stop|   | CONT, SYSCALL, STEP
 *	   |								 v   |
 *	   '------------------------------------------------------- TASK_TRACED
 *
 * Files: attach.c links, access.c says who may, request.c is the system call, regs.c and
 * siginfo.c are what it shows, step.c and hw_breakpoint.c make the guest go by instructions,
 * kernel/signal/tracestop.c is the tracee's side. wait4() is in kernel/process/wait.c.
 *
 * Locks: signal->cred_guard_mutex (execve does not change credentials while we check them) >
 * tasklist_lock (links) > siglock (ptrace flags, jobctl, state).
 */
#include <kern/cred.h>
#include <kern/lsm.h>
#include <kern/errno.h>
#include <kern/fork.h>
#include <kern/init.h>
#include <kern/mutex.h>
#include <kern/rcupdate.h>
#include <kern/sched.h>
#include <kern/seccomp.h>
#include <kern/signal.h>
#include <kern/wait.h>

#include <linux/seccomp.h>

#include "internal.h"

/* PTRACE_ATTACH waits here for a stopped task to become a traced one. */
static DECLARE_WAIT_QUEUE_HEAD(trapping_wait);

void ptrace_trapping_done(void)
{
	wake_up_all(&trapping_wait);
}

static void ptrace_link(struct task_struct *child, struct task_struct *tracer,
			const struct cred *cred)
{
	list_add(&child->ptrace_entry, &tracer->ptraced);
	child->parent = tracer;
	rcu_assign_pointer(child->ptracer_cred, get_cred(cred));
}

void ptrace_init_task(struct task_struct *child, bool trace)
{
	if (!trace || !current->ptrace)
		return;
	child->ptrace = current->ptrace;
	ptrace_link(child, current->parent, current->ptracer_cred);
	if (child->ptrace & PT_SEIZED)
		task_set_jobctl_pending(child, JOBCTL_TRAP_STOP);
	else
		sigaddset(&child->pending.signal, SIGSTOP);
	set_tsk_thread_flag(child, TIF_SIGPENDING);
}

void ptrace_unlink(struct task_struct *child)
{
	const struct cred *cred = child->ptracer_cred;

	clear_tsk_thread_flag(child, TIF_SYSCALL_TRACE);
	clear_tsk_thread_flag(child, TIF_SYSCALL_EMU);
	child->parent = child->real_parent;
	list_del_init(&child->ptrace_entry);
	rcu_assign_pointer(child->ptracer_cred, NULL);
	put_cred(cred);

	spin_lock(&child->sighand->siglock);
	child->ptrace = 0;
	task_clear_jobctl_pending(child, JOBCTL_TRAP_MASK);
	task_clear_jobctl_trapping(child);
	/* The group is stopped, or about to be: then the task is to be stopped too. */
	if (!(child->flags & PF_EXITING) &&
	    ((child->signal->flags & SIGNAL_STOP_STOPPED) || child->signal->group_stop_count)) {
		child->jobctl |= JOBCTL_STOP_PENDING;
		if (!(child->jobctl & JOBCTL_STOP_SIGMASK))
			child->jobctl |= SIGSTOP;
	}
	if ((child->jobctl & JOBCTL_STOP_PENDING) || task_is_traced(child))
		ptrace_signal_wake_up(child, true);
	spin_unlock(&child->sighand->siglock);
}

static bool ignores_children(struct task_struct *task)
{
	struct sighand_struct *sighand = task->sighand;
	bool ignores;

	spin_lock(&sighand->siglock);
	ignores = sighand->action[SIGCHLD - 1].sa.sa_handler == SIG_IGN ||
		  (sighand->action[SIGCHLD - 1].sa.sa_flags & SA_NOCLDWAIT);
	spin_unlock(&sighand->siglock);
	return ignores;
}

/*
 * Unlinks; true when the child is a zombie that nobody will wait for: the caller releases it.
 * => tasklist_lock held for writing
 */
static bool detach_one(struct task_struct *tracer, struct task_struct *child)
{
	bool dead;

	ptrace_unlink(child);
	if (child->exit_state != EXIT_ZOMBIE)
		return false;
	dead = !thread_group_leader(child);
	if (!dead && thread_group_empty(child)) {
		if (!same_thread_group(child->real_parent, tracer)) {
			dead = do_notify_parent(child, child->exit_signal);
		} else if (ignores_children(tracer)) {
			__wake_up_parent(child, tracer);
			dead = true;
		}
	}
	if (dead)
		child->exit_state = EXIT_DEAD;
	return dead;
}

void exit_ptrace(struct task_struct *tracer, struct list_head *dead)
{
	struct task_struct *child, *next;

	list_for_each_entry_safe(child, next, &tracer->ptraced, ptrace_entry) {
		if (child->ptrace & PT_EXITKILL)
			send_sig_info(SIGKILL, SEND_SIG_PRIV, child);
		if (detach_one(tracer, child))
			list_add(&child->dead_entry, dead);
	}
}

int check_ptrace_options(unsigned long options)
{
	if (options & ~(unsigned long)PTRACE_O_MASK)
		return -EINVAL;
	if (options & PTRACE_O_SUSPEND_SECCOMP) {
		if (!capable(CAP_SYS_ADMIN) || current->seccomp_mode ||
		    (current->ptrace & PT_SUSPEND_SECCOMP))
			return -EPERM;
	}
	return 0;
}

void ptrace_set_options(struct task_struct *child, unsigned long options)
{
	unsigned int flags = child->ptrace & ~((unsigned int)PTRACE_O_MASK << PT_OPT_FLAG_SHIFT);

	WRITE_ONCE(child->ptrace, flags | (unsigned int)options << PT_OPT_FLAG_SHIFT);
}

/* The parent gains nothing by looking into current. => tasklist_lock held */
static bool parent_may_trace(struct task_struct *parent)
{
	const struct cred *mine = current_cred(), *theirs;
	bool may;

	rcu_read_lock();
	theirs = __task_cred(parent);
	may = (theirs->user_ns == mine->user_ns &&
	       cap_issubset(mine->cap_permitted, theirs->cap_permitted)) ||
	      cap_capable(theirs, mine->user_ns, CAP_SYS_PTRACE);
	may = may && !lsm_ptrace(theirs, mine);
	rcu_read_unlock();
	return may;
}

int ptrace_traceme(void)
{
	struct task_struct *parent;
	int error = -EPERM;

	write_lock_irq(&tasklist_lock);
	parent = current->real_parent;
	if (!current->ptrace && parent_may_trace(parent) && !(parent->flags & PF_EXITING)) {
		current->ptrace = PT_PTRACED;
		ptrace_link(current, parent, current_cred());
		error = 0;
	}
	write_unlock_irq(&tasklist_lock);
	return error;
}

/* => cred_guard_mutex held. 0 or -EPERM; true in *wait: STOPPED is on its way to TRACED */
static int attach_locked(struct task_struct *task, unsigned int flags, bool *wait)
{
	int error = -EPERM;

	write_lock_irq(&tasklist_lock);
	if (task->exit_state || task->ptrace)
		goto out;
	task->ptrace = flags;
	ptrace_link(task, current, current_cred());
	if (!(flags & PT_SEIZED))
		send_sig_info(SIGSTOP, SEND_SIG_PRIV, task);
	/*
	 * A task that is stopped already gets its own trap. It must not be seen running between
	 * the two states, so the attach waits for the end of the change.
	 */
	spin_lock(&task->sighand->siglock);
	if (task_is_stopped(task) &&
	    task_set_jobctl_pending(task, JOBCTL_TRAP_STOP | JOBCTL_TRAPPING)) {
		signal_wake_up_state(task, __TASK_STOPPED);
		*wait = true;
	}
	spin_unlock(&task->sighand->siglock);
	error = 0;
out:
	write_unlock_irq(&tasklist_lock);
	return error;
}

int ptrace_attach(struct task_struct *task, bool seize, unsigned long addr, unsigned long options)
{
	unsigned int flags = PT_PTRACED;
	bool wait = false;
	int error;

	if (seize) {
		if (addr || (options & ~(unsigned long)PTRACE_O_MASK))
			return -EIO;
		error = check_ptrace_options(options);
		if (error)
			return error;
		flags |= PT_SEIZED | (unsigned int)options << PT_OPT_FLAG_SHIFT;
	}
	if ((task->flags & PF_KTHREAD) || same_thread_group(task, current))
		return -EPERM;
	if (mutex_lock_interruptible(&task->signal->cred_guard_mutex))
		return -ERESTARTNOINTR;
	error = -EPERM;
	if (ptrace_may_access(task, PTRACE_MODE_ATTACH_REALCREDS))
		error = attach_locked(task, flags, &wait);
	mutex_unlock(&task->signal->cred_guard_mutex);
	/* A fatal signal ends the wait, and with it the tracer. */
	if (wait &&
	    wait_event_killable(trapping_wait, !(READ_ONCE(task->jobctl) & JOBCTL_TRAPPING)))
		return 0;
	return error;
}

int ptrace_detach(struct task_struct *child, unsigned int sig)
{
	bool dead;

	if (!valid_signal(sig))
		return -EIO;
	user_disable_single_step(child);
	write_lock_irq(&tasklist_lock);
	child->exit_code = sig;
	dead = detach_one(current, child);
	write_unlock_irq(&tasklist_lock);
	if (dead)
		release_task(child);
	return 0;
}
