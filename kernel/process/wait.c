// SPDX-License-Identifier: MIT
/*
 * Waiting for children: wait4(), waitid().
 *
 * A wait looks at each child and each tracee of the caller's thread group, under tasklist_lock
 * for reading.
 * The first that has something to say ends it; then the lock is dropped, since the news is
 * copied to user memory, so what is said is claimed first: a zombie by the change of its
 * exit_state, a stop or continuation under the child's siglock.
 *
 * Sleepers stand on their group's wait_chldexit before they look.
 */
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/fork.h>
#include <kern/kernel.h>
#include <kern/pid.h>
#include <kern/pidfd.h>
#include <kern/ptrace.h>
#include <kern/rcupdate.h>
#include <kern/resource.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/syscalls.h>
#include <kern/wait.h>
#include <lib/string.h>
#include <mm/uaccess.h>

#include <linux/fcntl.h>
#include <linux/wait.h>

#include "internal.h"

struct waitid_info {
	pid_t pid;
	uid_t uid;
	int status;
	int cause;
};

struct wait_opts {
	enum pid_type type; /* PIDTYPE_MAX: any child */
	struct pid *pid;
	int flags; /* W* */
	struct waitid_info *info;
	int status; /* as wait4() gives it */
	struct rusage *usage;
	wait_queue_entry_t wait;
	int notask_error; /* -ECHILD until a child is seen */
};

static bool eligible_pid(struct wait_opts *wo, struct task_struct *child)
{
	if (wo->type == PIDTYPE_MAX)
		return true;
	return wo->pid == (wo->type == PIDTYPE_PID ? child->thread_pid :
						     child->signal->pids[wo->type]);
}

static bool eligible_child(struct wait_opts *wo, bool ptrace, struct task_struct *child)
{
	if (!eligible_pid(wo, child))
		return false;
	/* A "clone" child does not report with SIGCHLD: __WCLONE asks for those only. */
	if (ptrace || (wo->flags & __WALL))
		return true;
	return (child->exit_signal != SIGCHLD) == !!(wo->flags & __WCLONE);
}

static void note_child(struct wait_opts *wo, struct task_struct *child, int cause, int status)
{
	if (wo->usage)
		getrusage(child, RUSAGE_BOTH, wo->usage);
	if (!wo->info)
		return;
	wo->info->cause = cause;
	wo->info->status = status;
	wo->info->pid = task_pid_vnr(child);
	wo->info->uid = from_kuid_munged(current_user_ns(), task_uid(child));
}

static int wait_code_cause(int status)
{
	if (!(status & 0x7f))
		return CLD_EXITED;
	return status & 0x80 ? CLD_DUMPED : CLD_KILLED;
}

/*
 * A tracer that is not the parent has heard of the death: now the parent is told. True: the
 * parent does not care, the task is to be released.
 */
static bool pass_on_to_parent(struct task_struct *child)
{
	bool dead;

	write_lock_irq(&tasklist_lock);
	ptrace_unlink(child);
	dead = do_notify_parent(child, child->exit_signal);
	child->exit_state = dead ? EXIT_DEAD : EXIT_ZOMBIE;
	write_unlock_irq(&tasklist_lock);
	return dead;
}

/* => tasklist_lock held for reading, which is dropped when the result is not 0 */
static int wait_task_zombie(struct wait_opts *wo, struct task_struct *child)
{
	pid_t pid = task_pid_vnr(child);
	int status, state = EXIT_DEAD;

	if (!(wo->flags & WEXITED))
		return 0;
	if (wo->flags & WNOWAIT) {
		status = child->signal->flags & SIGNAL_GROUP_EXIT ? child->signal->group_exit_code :
								    child->exit_code;
		get_task_struct(child);
		read_unlock(&tasklist_lock);
	} else {
		if (ptrace_reparented(child) && thread_group_leader(child))
			state = EXIT_TRACE;
		/* Whoever changes the state may reap. */
		if (cmpxchg(&child->exit_state, EXIT_ZOMBIE, state) != EXIT_ZOMBIE)
			return 0;
		get_task_struct(child);
		read_unlock(&tasklist_lock);
		if (state == EXIT_DEAD && thread_group_leader(child))
			account_reaped_child(current, child);
		status = child->signal->flags & SIGNAL_GROUP_EXIT ? child->signal->group_exit_code :
								    child->exit_code;
	}
	wo->status = status;
	note_child(wo, child, wait_code_cause(status),
		   status & 0x7f ? status & 0x7f : (status >> 8) & 0xff);
	if (!(wo->flags & WNOWAIT) && (state == EXIT_DEAD || pass_on_to_parent(child)))
		release_task(child);
	put_task_struct(child);
	return pid;
}

/* What it has stopped for, to be cleared by who hears it; NULL: it has not. */
static int *task_stopped_code(struct task_struct *child, bool ptrace)
{
	if (!ptrace)
		return child->signal->flags & SIGNAL_STOP_STOPPED ?
			       &child->signal->group_exit_code :
			       NULL;
	return task_is_traced(child) && !(child->jobctl & JOBCTL_LISTENING) ? &child->exit_code :
									      NULL;
}

static int wait_task_stopped(struct wait_opts *wo, bool ptrace, struct task_struct *child)
{
	int code = 0, *stopped;

	/* A tracer hears of its tracees' stops without asking for it. */
	if (!ptrace && !(wo->flags & WUNTRACED))
		return 0;
	/* A first look, with the lock below for a second. */
	if (!data_race(task_stopped_code(child, ptrace)))
		return 0;
	spin_lock_irq(&child->sighand->siglock);
	stopped = task_stopped_code(child, ptrace);
	if (stopped) {
		code = *stopped;
		if (!(wo->flags & WNOWAIT))
			*stopped = 0;
	}
	spin_unlock_irq(&child->sighand->siglock);
	if (!code)
		return 0;

	get_task_struct(child);
	read_unlock(&tasklist_lock);
	wo->status = code << 8 | 0x7f;
	note_child(wo, child, ptrace ? CLD_TRAPPED : CLD_STOPPED, code);
	code = task_pid_vnr(child);
	put_task_struct(child);
	return code;
}

static int wait_task_continued(struct wait_opts *wo, struct task_struct *child)
{
	pid_t pid;

	if (!(wo->flags & WCONTINUED))
		return 0;
	if (!(child->signal->flags & SIGNAL_STOP_CONTINUED))
		return 0;
	spin_lock_irq(&child->sighand->siglock);
	if (!(child->signal->flags & SIGNAL_STOP_CONTINUED)) {
		spin_unlock_irq(&child->sighand->siglock);
		return 0;
	}
	if (!(wo->flags & WNOWAIT))
		child->signal->flags &= ~SIGNAL_STOP_CONTINUED;
	spin_unlock_irq(&child->sighand->siglock);

	get_task_struct(child);
	read_unlock(&tasklist_lock);
	wo->status = 0xffff;
	note_child(wo, child, CLD_CONTINUED, SIGCONT);
	pid = task_pid_vnr(child);
	put_task_struct(child);
	return pid;
}

/*
 * The child's number when it ends the wait (the lock is dropped then), else 0. `ptrace`: it was
 * found among the tracees of the caller, not among its children.
 */
static int wait_consider_task(struct wait_opts *wo, bool ptrace, struct task_struct *child)
{
	int exit_state = READ_ONCE(child->exit_state);

	if (exit_state == EXIT_DEAD || !eligible_child(wo, ptrace, child))
		return 0;
	if (exit_state == EXIT_TRACE) {
		/* Its tracer is about to hand it over. */
		if (!ptrace)
			wo->notask_error = 0;
		return 0;
	}
	/* Traced by its own parent: both views are one, and the tracer's says more. */
	if (!ptrace && child->ptrace && !ptrace_reparented(child))
		ptrace = true;
	if (exit_state == EXIT_ZOMBIE) {
		/* A traced zombie is its tracer's alone, until that has heard of it. */
		if (!delay_group_leader(child) && (ptrace || !child->ptrace))
			return wait_task_zombie(wo, child) ?: (wo->notask_error = 0);
		/* The leader is dead but its threads live: they may stop and go on yet. */
		if (!ptrace || (wo->flags & (WCONTINUED | WEXITED)))
			wo->notask_error = 0;
	} else {
		wo->notask_error = 0;
	}
	return wait_task_stopped(wo, ptrace, child) ?: wait_task_continued(wo, child);
}

static int do_wait_thread(struct wait_opts *wo, struct task_struct *task)
{
	struct task_struct *child;

	list_for_each_entry(child, &task->children, sibling) {
		int ret = wait_consider_task(wo, false, child);

		if (ret)
			return ret;
	}
	list_for_each_entry(child, &task->ptraced, ptrace_entry) {
		int ret = wait_consider_task(wo, true, child);

		if (ret)
			return ret;
	}
	return 0;
}

static bool pid_child_should_wake(struct wait_opts *wo, struct task_struct *child)
{
	if (!eligible_pid(wo, child))
		return false;
	return !(wo->flags & __WNOTHREAD) || wo->wait.private == child->parent;
}

static int child_wait_callback(wait_queue_entry_t *wait, unsigned int mode, int sync, void *key)
{
	struct wait_opts *wo = container_of(wait, struct wait_opts, wait);
	struct task_struct *child = key;

	if (child && !pid_child_should_wake(wo, child))
		return 0;
	return default_wake_function(wait, mode, sync, NULL);
}

void __wake_up_parent(struct task_struct *task, struct task_struct *parent)
{
	__wake_up_sync_key(&parent->signal->wait_chldexit, TASK_INTERRUPTIBLE, task);
}

#define KEEP_WAITING (1 << 30)

/* One look at all children: a number, 0 (WNOHANG), KEEP_WAITING, or -errno. */
static int look_at_children(struct wait_opts *wo)
{
	struct task_struct *task = current;
	int ret = 0;

	wo->notask_error = -ECHILD;
	if (wo->type != PIDTYPE_MAX && (!wo->pid || !pid_has_task(wo->pid, wo->type)))
		return -ECHILD;

	read_lock(&tasklist_lock);
	do {
		ret = do_wait_thread(wo, task);
		if (ret)
			return ret;
		if (wo->flags & __WNOTHREAD)
			break;
		task = next_thread(task);
	} while (task != current);
	read_unlock(&tasklist_lock);

	if (wo->notask_error || wo->flags & WNOHANG)
		return wo->notask_error;
	return signal_pending(current) ? -ERESTARTSYS : KEEP_WAITING;
}

static long do_wait(struct wait_opts *wo)
{
	int ret;

	init_waitqueue_func_entry(&wo->wait, child_wait_callback);
	wo->wait.private = current;
	add_wait_queue(&current->signal->wait_chldexit, &wo->wait);
	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		ret = look_at_children(wo);
		if (ret != KEEP_WAITING)
			break;
		schedule();
	}
	__set_current_state(TASK_RUNNING);
	remove_wait_queue(&current->signal->wait_chldexit, &wo->wait);
	return ret;
}

static long kernel_waitid(int which, pid_t upid, struct waitid_info *info, int options,
			  struct rusage *usage)
{
	struct wait_opts wo = { .type = PIDTYPE_MAX, .info = info, .usage = usage };
	unsigned int f_flags = 0;
	long ret;

	if (options & ~(WNOHANG | WNOWAIT | WEXITED | WSTOPPED | WCONTINUED | __WNOTHREAD |
			__WCLONE | __WALL))
		return -EINVAL;
	if (!(options & (WEXITED | WSTOPPED | WCONTINUED)))
		return -EINVAL;
	switch (which) {
	case P_ALL:
		break;
	case P_PID:
		if (upid <= 0)
			return -EINVAL;
		wo.type = PIDTYPE_PID;
		wo.pid = find_get_pid(upid);
		break;
	case P_PGID:
		if (upid < 0)
			return -EINVAL;
		wo.type = PIDTYPE_PGID;
		wo.pid = upid ? find_get_pid(upid) : get_task_pid(current, PIDTYPE_PGID);
		break;
	case P_PIDFD:
		if (upid < 0)
			return -EINVAL;
		wo.type = PIDTYPE_PID;
		wo.pid = pidfd_get_pid(upid, &f_flags);
		if (IS_ERR(wo.pid))
			return PTR_ERR(wo.pid);
		break;
	default:
		return -EINVAL;
	}
	wo.flags = options | (f_flags & O_NONBLOCK ? WNOHANG : 0);
	ret = do_wait(&wo);
	if (!ret && (f_flags & O_NONBLOCK) && !(options & WNOHANG))
		ret = -EAGAIN;
	put_pid(wo.pid);
	return ret;
}

SYSCALL_DEFINE5(waitid, int, which, pid_t, upid, siginfo_t __user *, infop, int, options,
		struct rusage __user *, ru)
{
	struct waitid_info info = {};
	struct rusage usage;
	siginfo_t out = {};
	long ret = kernel_waitid(which, upid, &info, options, ru ? &usage : NULL);

	if (ret > 0) {
		out.si_signo = SIGCHLD;
		ret = 0;
		if (ru && copy_to_user(ru, &usage, sizeof(usage)))
			return -EFAULT;
	}
	if (!infop)
		return ret;
	out.si_code = info.cause;
	out.si_pid = info.pid;
	out.si_uid = info.uid;
	out.si_status = info.status;
	/*
	 * Linux stores these fields one by one, after an error too, and leaves the rest of the
	 * structure alone.
	 */
	if (put_user(out.si_signo, &infop->si_signo) || put_user(0, &infop->si_errno) ||
	    put_user(out.si_code, &infop->si_code) || put_user(out.si_pid, &infop->si_pid) ||
	    put_user(out.si_uid, &infop->si_uid) || put_user(out.si_status, &infop->si_status))
		return -EFAULT;
	return ret;
}

long kernel_wait4(pid_t upid, int __user *status, int options, struct rusage *usage)
{
	struct wait_opts wo = { .type = PIDTYPE_MAX, .usage = usage };
	long ret;

	if (options & ~(WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | __WCLONE | __WALL))
		return -EINVAL;
	/* -INT_MIN is not a number. */
	if (upid == INT_MIN)
		return -ESRCH;
	if (upid < -1) {
		wo.type = PIDTYPE_PGID;
		wo.pid = find_get_pid(-upid);
	} else if (upid == 0) {
		wo.type = PIDTYPE_PGID;
		wo.pid = get_task_pid(current, PIDTYPE_PGID);
	} else if (upid > 0) {
		wo.type = PIDTYPE_PID;
		wo.pid = find_get_pid(upid);
	}
	wo.flags = options | WEXITED;
	ret = do_wait(&wo);
	put_pid(wo.pid);
	if (ret > 0 && status && put_user(wo.status, status))
		ret = -EFAULT;
	return ret;
}

SYSCALL_DEFINE4(wait4, pid_t, upid, int __user *, status, int, options, struct rusage __user *, ru)
{
	struct rusage usage;
	long ret = kernel_wait4(upid, status, options, ru ? &usage : NULL);

	if (ret > 0 && ru && copy_to_user(ru, &usage, sizeof(usage)))
		return -EFAULT;
	return ret;
}

/* For the kernel's own children. */
int kernel_wait(pid_t pid, int *status)
{
	struct wait_opts wo = { .type = PIDTYPE_PID, .pid = find_get_pid(pid), .flags = WEXITED };
	int ret = do_wait(&wo);

	if (ret > 0 && status)
		*status = wo.status;
	put_pid(wo.pid);
	return ret;
}
