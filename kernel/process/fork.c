// SPDX-License-Identifier: MIT
/*
 * Making tasks.
 *
 * A new task starts as a copy of its parent's task_struct, in which every part is then either
 * shared or copied as the clone flags say. Nobody sees it until copy_process() hangs it into
 * the family tree under tasklist_lock; from then on it can be signalled, waited for and
 * counted, though it has not run. It first runs in ret_from_fork(), on its own stack.
 *
 *   dup_task_struct -> copy_* -> (tasklist_lock) attach -> wake_up_new_task -> ret_from_fork
 *
 * References: task->usage starts at 2, one dropped by release_task() after a grace period and
 * one by the scheduler once it has switched away from the dead task for the last time.
 *
 * Lock order (the whole of kernel/process and kernel/signal):
 *   exec_update_lock > mmap_lock > tasklist_lock > sighand->siglock > { pidmap_lock,
 *   uidhash_lock, pi_lock, run queue locks, wait queues }
 *   task->alloc_lock (task_lock) is taken inside tasklist_lock and outside siglock, never both
 *   of two tasks.
 */
#include <driver/tty.h>
#include <fs/fdtable.h>
#include <fs/fs_struct.h>
#include <kern/cgroup.h>
#include <kern/completion.h>
#include <kern/cred.h>
#include <kern/entry.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/fork.h>
#include <kern/init.h>
#include <kern/ipc.h>
#include <kern/ioprio.h>
#include <kern/kernel.h>
#include <kern/kthread.h>
#include <kern/nsproxy.h>
#include <kern/pid.h>
#include <kern/pidfd.h>
#include <kern/ptrace.h>
#include <kern/rcupdate.h>
#include <kern/resource.h>
#include <kern/sched.h>
#include <kern/seccomp.h>
#include <kern/signal.h>
#include <kern/user_namespace.h>
#include <lib/rculist.h>
#include <mm/mempolicy.h>
#include <mm/mmap.h>
#include <mm/uaccess.h>
#include <mm/vmstat.h>
#include <um/ptrace.h>
#include <um/switch_to.h>

#include <linux/fcntl.h>
#include <linux/sched.h>

#include "internal.h"

DEFINE_RWLOCK(tasklist_lock);
int nr_threads;
unsigned long total_forks;

/* Which combinations make sense at all. */
static int check_clone_flags(u64 flags)
{
	/* Root and working folder belong to a mount name space, and to a view of users. */
	if ((flags & CLONE_FS) && (flags & (CLONE_NEWNS | CLONE_NEWUSER)))
		return -EINVAL;
	if ((flags & CLONE_THREAD) && !(flags & CLONE_SIGHAND))
		return -EINVAL;
	if ((flags & CLONE_SIGHAND) && !(flags & CLONE_VM))
		return -EINVAL;
	/* A child of init's parent would be nobody's. */
	if ((flags & CLONE_PARENT) && (current->signal->flags & SIGNAL_UNKILLABLE))
		return -EINVAL;
	if ((flags & CLONE_PIDFD) && (flags & (CLONE_DETACHED | CLONE_THREAD)))
		return -EINVAL;
	/* The threads of a process see the same users and numbers. */
	if ((flags & CLONE_THREAD) &&
	    ((flags & (CLONE_NEWUSER | CLONE_NEWPID)) ||
	     task_active_pid_ns(current) != current->nsproxy->pid_ns_for_children))
		return -EINVAL;
	return 0;
}

static bool over_process_limit(struct task_struct *task)
{
	const struct cred *cred = task->real_cred;

	return too_many_processes(cred->ucounts, rlimit(RLIMIT_NPROC)) && cred->user != &root_user &&
	       !capable(CAP_SYS_RESOURCE) && !capable(CAP_SYS_ADMIN);
}

static int copy_thread(struct task_struct *task, struct kernel_clone_args *args)
{
	int error = 0;

	if (args->fn || args->idle)
		task->thread = (struct thread_struct)INIT_THREAD;
	else
		error = arch_dup_thread(task, args->flags, args->stack, args->tls);
	if (error)
		return error;
	if (task->mm && !(args->flags & CLONE_VM))
		mm_prefetch_fork(task->mm, task_pt_regs(task));
	task->kthread_fn = args->fn;
	task->kthread_arg = args->fn_arg;
	um_thread_init_stack(task, ret_from_fork, NULL);
	return 0;
}

/* Links the task to parent, group, and its numbers. => tasklist_lock (write) and siglock held */
static void attach_task(struct task_struct *task, struct pid *pid, struct kernel_clone_args *args,
			bool trace)
{
	struct signal_struct *sig = task->signal;

	task->thread_pid = pid;
	seccomp_copy(task);
	ptrace_init_task(task, trace || (args->flags & CLONE_PTRACE));
	if (thread_group_leader(task)) {
		sig->pids[PIDTYPE_TGID] = pid;
		sig->pids[PIDTYPE_PGID] = task_pgrp(current);
		sig->pids[PIDTYPE_SID] = task_session(current);
		/* Together with the session, or a hangup between the two would miss it. */
		tty_signal_fork(sig, current->signal);
		if (is_child_reaper(pid)) {
			ns_of_pid(pid)->child_reaper = task;
			sig->flags |= SIGNAL_UNKILLABLE;
		}
		list_add_tail(&task->sibling, &task->real_parent->children);
		list_add_tail_rcu(&task->tasks, &init_task.tasks);
		attach_pid(task, PIDTYPE_TGID);
		attach_pid(task, PIDTYPE_PGID);
		attach_pid(task, PIDTYPE_SID);
	} else {
		sig->nr_threads++;
		sig->quick_threads++;
		atomic_inc(&sig->live);
		refcount_inc(&sig->sigcnt);
		list_add_tail_rcu(&task->thread_node, &sig->thread_head);
	}
	attach_pid(task, PIDTYPE_PID);
	nr_threads++;
	total_forks++;
}

static void choose_parent(struct task_struct *task, struct kernel_clone_args *args)
{
	if (args->flags & CLONE_THREAD) {
		task->exit_signal = -1;
		task->group_leader = current->group_leader;
		task->tgid = current->tgid;
	} else {
		task->exit_signal = args->flags & CLONE_PARENT ?
					    current->group_leader->exit_signal :
					    args->exit_signal;
		task->group_leader = task;
		task->tgid = task->pid;
	}
	task->real_parent = args->flags & (CLONE_PARENT | CLONE_THREAD) ? current->real_parent :
									  current;
	task->parent = task->real_parent;
}

/*
 * Signals that wait already are for the parent alone: it takes them before it forks, so that
 * none is seen to come before the fork by one and after it by the other. Those that come for
 * several processes from here on are noted for the child; all others are the parent's business
 * and do not disturb the fork, or a fast timer could keep it from ever ending.
 */
static int begin_fork(struct multiprocess_signals *delayed, struct kernel_clone_args *args)
{
	bool pending;

	delayed->signal = 0;
	INIT_HLIST_NODE(&delayed->node);
	if (args->fn || args->idle)
		return 0;
	spin_lock_irq(&current->sighand->siglock);
	if (!(args->flags & CLONE_THREAD))
		hlist_add_head(&delayed->node, &current->signal->multiprocess);
	recalc_sigpending();
	pending = signal_pending(current);
	if (pending)
		hlist_del_init(&delayed->node);
	spin_unlock_irq(&current->sighand->siglock);
	return pending ? -ERESTARTNOINTR : 0;
}

static void abort_fork(struct multiprocess_signals *delayed)
{
	spin_lock_irq(&current->sighand->siglock);
	hlist_del_init(&delayed->node);
	spin_unlock_irq(&current->sighand->siglock);
}

/* The last step, after which the task is visible. 0, or -EINTR when the parent is dying. */
static int publish_task(struct task_struct *task, struct pid *pid, struct kernel_clone_args *args,
			bool trace, struct multiprocess_signals *delayed)
{
	int error = 0;

	write_lock_irq(&tasklist_lock);
	choose_parent(task, args);
	spin_lock(&current->sighand->siglock);
	if (!(READ_ONCE(ns_of_pid(pid)->pid_allocated) & PIDNS_ADDING)) {
		/* Its init is dying and would not see the child. */
		error = -ENOMEM;
	} else if (fatal_signal_pending(current)) {
		error = -EINTR;
	} else {
		attach_task(task, pid, args, trace);
		if (thread_group_leader(task)) {
			task->signal->shared_pending.signal = delayed->signal;
			if (delayed->signal)
				set_tsk_thread_flag(task, TIF_SIGPENDING);
		}
		hlist_del_init(&delayed->node);
	}
	spin_unlock(&current->sighand->siglock);
	write_unlock_irq(&tasklist_lock);
	return error;
}

/*
 * A new task, not yet running, or an ERR_PTR. `pid` is given for idle tasks only. `trace`: the
 * tracer of current, if it has one, traces the child from the start.
 */
struct task_struct *copy_process(struct pid *pid, bool trace, struct kernel_clone_args *args)
{
	u64 flags = args->flags;
	struct multiprocess_signals delayed;
	struct file *pidfile = NULL;
	struct task_struct *task;
	int pidfd = -1;
	int error = check_clone_flags(flags);

	if (error)
		return ERR_PTR(error);
	error = begin_fork(&delayed, args);
	if (error)
		return ERR_PTR(error);
	error = -ENOMEM;
	task = dup_task_struct(current);
	if (!task)
		goto bad_fork;
	if (args->kthread)
		task->flags |= PF_KTHREAD;
	task->set_child_tid = flags & CLONE_CHILD_SETTID ? args->child_tid : NULL;
	task->clear_child_tid = flags & CLONE_CHILD_CLEARTID ? args->child_tid : NULL;
	if (flags & CLONE_VM && !(flags & CLONE_VFORK)) {
		task->rseq = NULL;
		task->rseq_len = 0;
		task->rseq_sig = 0;
	}
	/* An alternate stack is inherited only with an address space of its own (or vfork). */
	if (!(flags & CLONE_VM) || (flags & CLONE_VFORK)) {
		task->sas_ss_sp = current->sas_ss_sp;
		task->sas_ss_size = current->sas_ss_size;
		task->sas_ss_flags = current->sas_ss_flags;
	}
	if (current->mm)
		task->last_exec_id = current->last_exec_id;

	error = copy_creds(task, flags);
	if (error)
		goto bad_free;
	current->flags &= ~PF_NPROC_EXCEEDED;
	error = -EAGAIN;
	if (over_process_limit(task) || READ_ONCE(nr_threads) >= max_threads)
		goto bad_creds;
	error = sched_fork(flags, task);
	if (error)
		goto bad_creds;
	error = mpol_copy_task(task);
	if (error)
		goto bad_creds;
	error = copy_io(flags, task);
	if (error)
		goto bad_policy;
	error = copy_semundo(flags, task);
	if (error)
		goto bad_io;
	error = copy_files(flags, task);
	if (error)
		goto bad_sem;
	error = copy_fs(flags, task);
	if (error)
		goto bad_files;
	error = copy_sighand(flags, task);
	if (error)
		goto bad_fs;
	error = copy_signal(flags, task);
	if (error)
		goto bad_sighand;
	error = copy_mm(flags, task);
	if (error)
		goto bad_signal;
	error = copy_namespaces(flags, task);
	if (error)
		goto bad_mm;
	error = copy_thread(task, args);
	if (error)
		goto bad_namespaces;
	if (!pid) {
		pid = alloc_pid(task->nsproxy->pid_ns_for_children, args->set_tid,
				args->set_tid_size);
		if (IS_ERR(pid)) {
			error = PTR_ERR(pid);
			goto bad_thread;
		}
	}
	task->pid = pid_nr(pid);
	if (flags & CLONE_PIDFD) {
		pidfd = pidfd_prepare(pid, O_CLOEXEC, &pidfile);
		error = pidfd < 0 ? pidfd : put_user(pidfd, args->pidfd) ? -EFAULT : 0;
		if (error)
			goto bad_pid;
	}
	if (args->idle) {
		task->group_leader = task;
		task->thread_pid = pid;
		task->exit_signal = 0;
		return task;
	}
	error = cgroup_can_fork(task, args->cgroup);
	if (error)
		goto bad_pid;
	error = publish_task(task, pid, args, trace, &delayed);
	if (error) {
		cgroup_cancel_fork(task);
		goto bad_pid;
	}
	cgroup_post_fork(task);
	if (pidfile)
		fd_install(pidfd, pidfile);
	return task;

bad_pid:
	if (pidfd >= 0)
		pidfd_abort(pidfd, pidfile);
	if (pid != &init_struct_pid)
		free_pid(pid);
bad_thread:
	arch_release_thread(task);
bad_namespaces:
	exit_task_namespaces(task);
bad_mm:
	if (task->mm)
		mmput(task->mm);
bad_signal:
	if (!(flags & CLONE_THREAD))
		put_signal_struct(task->signal);
bad_sighand:
	if (task->sighand)
		__cleanup_sighand(task->sighand);
bad_fs:
	exit_fs(task);
bad_files:
	exit_files(task);
bad_sem:
	exit_sem(task);
bad_io:
	exit_io(task);
bad_policy:
	mpol_put_task(task);
bad_creds:
	count_processes(task->real_cred->ucounts, -1);
	exit_creds(task);
bad_free:
	free_task(task);
bad_fork:
	abort_fork(&delayed);
	return ERR_PTR(error);
}

struct task_struct *fork_idle(int cpu)
{
	struct kernel_clone_args args = {
		.flags = CLONE_VM | CLONE_FS | CLONE_FILES,
		.kthread = true,
		.idle = true,
	};

	return copy_process(&init_struct_pid, false, &args);
}

void ret_from_fork(struct task_struct *last, void *arg)
{
	schedule_tail(last);
	if (current->kthread_fn) {
		int code = current->kthread_fn(current->kthread_arg);

		/* A function that came back with success has executed a program. */
		if (code || (current->flags & PF_KTHREAD))
			do_exit(code);
	} else if (current->set_child_tid) {
		put_user(task_pid_vnr(current), current->set_child_tid);
	}
	user_mode_loop();
}
