// SPDX-License-Identifier: MIT
/* fork(), vfork(), clone(), clone3(), kernel threads: what arguments mean. */
#include <kern/cgroup_fs.h>
#include <kern/completion.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/fork.h>
#include <kern/kernel.h>
#include <kern/pid.h>
#include <kern/ptrace.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/syscalls.h>
#include <lib/string.h>
#include <mm/uaccess.h>

#include <linux/sched.h>

#include "internal.h"

/* Waits until a vfork() child has released the address space; a fatal signal ends the wait. */
static bool wait_for_vfork_done(struct task_struct *child, struct completion *vfork)
{
	bool killed;

	cgroup_enter_frozen();
	killed = wait_for_completion_killable(vfork);
	cgroup_leave_frozen(false);
	if (killed) {
		task_lock(child);
		child->vfork_done = NULL;
		task_unlock(child);
	}
	put_task_struct(child);
	return !killed;
}

/* The event that a tracer asked for, or 0. */
static int trace_event_of(const struct kernel_clone_args *args)
{
	int event;

	if (args->flags & CLONE_UNTRACED)
		return 0;
	if (args->flags & CLONE_VFORK)
		event = PTRACE_EVENT_VFORK;
	else if (args->exit_signal != SIGCHLD)
		event = PTRACE_EVENT_CLONE;
	else
		event = PTRACE_EVENT_FORK;
	return ptrace_event_enabled(current, event) ? event : 0;
}

pid_t kernel_clone(struct kernel_clone_args *args)
{
	struct completion vfork;
	struct task_struct *task;
	struct pid *pid;
	int event;
	pid_t nr;

	/* clone() returns both through the same pointer. */
	if ((args->flags & CLONE_PIDFD) && (args->flags & CLONE_PARENT_SETTID) &&
	    args->pidfd == args->parent_tid)
		return -EINVAL;
	event = trace_event_of(args);
	task = copy_process(NULL, event, args);
	if (IS_ERR(task))
		return PTR_ERR(task);

	pid = get_task_pid(task, PIDTYPE_PID);
	nr = pid_vnr(pid);
	if (args->flags & CLONE_PARENT_SETTID)
		put_user(nr, args->parent_tid);
	if (args->flags & CLONE_VFORK) {
		init_completion(&vfork);
		task->vfork_done = &vfork;
		get_task_struct(task);
	}
	wake_up_new_task(task);
	if (unlikely(event))
		ptrace_event_pid(event, pid);
	if ((args->flags & CLONE_VFORK) && wait_for_vfork_done(task, &vfork))
		ptrace_event_pid(PTRACE_EVENT_VFORK_DONE, pid);
	put_pid(pid);
	return nr;
}

pid_t kernel_thread(int (*fn)(void *), void *arg, unsigned long flags)
{
	struct kernel_clone_args args = {
		.flags = (flags | CLONE_VM | CLONE_UNTRACED) & ~(u64)CSIGNAL,
		.exit_signal = flags & CSIGNAL,
		.fn = fn,
		.fn_arg = arg,
		.kthread = true,
	};

	return kernel_clone(&args);
}

pid_t user_mode_thread(int (*fn)(void *), void *arg, unsigned long flags)
{
	struct kernel_clone_args args = {
		.flags = (flags | CLONE_VM | CLONE_UNTRACED) & ~(u64)CSIGNAL,
		.exit_signal = flags & CSIGNAL,
		.fn = fn,
		.fn_arg = arg,
	};

	return kernel_clone(&args);
}

SYSCALL_DEFINE0(fork)
{
	struct kernel_clone_args args = { .exit_signal = SIGCHLD };

	return kernel_clone(&args);
}

SYSCALL_DEFINE0(vfork)
{
	struct kernel_clone_args args = {
		.flags = CLONE_VFORK | CLONE_VM,
		.exit_signal = SIGCHLD,
	};

	return kernel_clone(&args);
}

SYSCALL_DEFINE5(clone, unsigned long, flags, unsigned long, newsp, int __user *, parent_tid,
		int __user *, child_tid, unsigned long, tls)
{
	struct kernel_clone_args args = {
		.flags = lower_32_bits(flags) & ~CSIGNAL,
		.pidfd = parent_tid,
		.child_tid = child_tid,
		.parent_tid = parent_tid,
		.exit_signal = lower_32_bits(flags) & CSIGNAL,
		.stack = newsp,
		.tls = tls,
	};

	return kernel_clone(&args);
}

/*
 * Takes struct clone_args apart and checks what clone() has no room to get wrong. The chosen
 * numbers go to `set_tid`.
 */
static int copy_clone_args(struct kernel_clone_args *kargs, struct clone_args __user *uargs,
			   size_t size, pid_t set_tid[MAX_PID_NS_LEVEL])
{
	struct clone_args args;
	int error;

	if (size > 4096)
		return -E2BIG;
	if (size < CLONE_ARGS_SIZE_VER0)
		return -EINVAL;
	error = copy_struct_from_user(&args, sizeof(args), uargs, size);
	if (error)
		return error;
	if (args.set_tid_size > MAX_PID_NS_LEVEL || (!args.set_tid && args.set_tid_size) ||
	    (args.set_tid && !args.set_tid_size))
		return -EINVAL;
	if (args.exit_signal & ~(u64)CSIGNAL || !valid_signal(args.exit_signal))
		return -EINVAL;
	if ((args.flags & CLONE_INTO_CGROUP) &&
	    (args.cgroup > INT_MAX || size < CLONE_ARGS_SIZE_VER2))
		return -EINVAL;
	*kargs = (struct kernel_clone_args){
		.flags = args.flags,
		.pidfd = (int __user *)args.pidfd,
		.child_tid = (int __user *)args.child_tid,
		.parent_tid = (int __user *)args.parent_tid,
		.exit_signal = args.exit_signal,
		.stack = args.stack,
		.stack_size = args.stack_size,
		.tls = args.tls,
		.set_tid = set_tid,
		.set_tid_size = args.set_tid_size,
	};
	if (args.set_tid_size && copy_from_user(set_tid, (const pid_t __user *)args.set_tid,
						args.set_tid_size * sizeof(pid_t)))
		return -EFAULT;
	if (args.flags & CLONE_INTO_CGROUP) {
		kargs->cgroup = cgroupfs_get_group(args.cgroup, args.flags & CLONE_THREAD);
		if (IS_ERR(kargs->cgroup))
			return PTR_ERR(kargs->cgroup);
	}
	return 0;
}

static bool clone3_args_valid(struct kernel_clone_args *args)
{
	if (args->flags & ~(0xffffffffULL | CLONE_CLEAR_SIGHAND | CLONE_INTO_CGROUP))
		return false;
	if (args->flags & (CLONE_DETACHED | (CSIGNAL & ~CLONE_NEWTIME)))
		return false;
	if ((args->flags & (CLONE_SIGHAND | CLONE_CLEAR_SIGHAND)) ==
	    (CLONE_SIGHAND | CLONE_CLEAR_SIGHAND))
		return false;
	if ((args->flags & (CLONE_THREAD | CLONE_PARENT)) && args->exit_signal)
		return false;
	if (!args->stack)
		return !args->stack_size;
	if (!args->stack_size || !access_ok(args->stack, args->stack_size))
		return false;
	args->stack += args->stack_size;
	return true;
}

SYSCALL_DEFINE2(clone3, struct clone_args __user *, uargs, size_t, size)
{
	struct kernel_clone_args args;
	pid_t set_tid[MAX_PID_NS_LEVEL];
	int error = copy_clone_args(&args, uargs, size, set_tid);

	if (error)
		return error;
	error = clone3_args_valid(&args) ? kernel_clone(&args) : -EINVAL;
	cgroup_put(args.cgroup);
	return error;
}

SYSCALL_DEFINE1(set_tid_address, int __user *, tidptr)
{
	current->clear_child_tid = tidptr;
	return task_pid_vnr(current);
}

SYSCALL_DEFINE0(gettid)
{
	return task_pid_vnr(current);
}

SYSCALL_DEFINE0(getpid)
{
	return task_tgid_vnr(current);
}

SYSCALL_DEFINE0(getppid)
{
	pid_t nr;

	rcu_read_lock();
	nr = task_tgid_vnr(rcu_dereference(current->real_parent));
	rcu_read_unlock();
	return nr;
}
