// SPDX-License-Identifier: MIT
/*
 * I/O priorities: ioprio_set(2) and ioprio_get(2).
 *
 * A task has an io_context once a priority was set for it; tasks made with CLONE_IO share one.
 * Lock order: rcu_read_lock (or tasklist_lock), then the task's alloc_lock.
 */
#include <kern/cred.h>
#include <kern/errno.h>
#include <kern/fork.h>
#include <kern/ioprio.h>
#include <kern/pid.h>
#include <kern/rcupdate.h>
#include <kern/refcount.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/syscalls.h>
#include <mm/slab.h>

#include <linux/ioprio.h>
#include <linux/sched.h>

#define LEVELS 8

struct io_context {
	refcount_t count;
	unsigned short ioprio;		/* READ_ONCE, WRITE_ONCE */
};

static int class_of(int ioprio)
{
	return ioprio >> IOPRIO_CLASS_SHIFT;
}

static int data_of(int ioprio)
{
	return ioprio & ((1 << IOPRIO_CLASS_SHIFT) - 1);
}

static void put_io_context(struct io_context *ioc)
{
	if (ioc && refcount_dec_and_test(&ioc->count))
		kfree(ioc);
}

int copy_io(unsigned long clone_flags, struct task_struct *task)
{
	struct io_context *ioc = current->io_context;

	if (!ioc)
		return 0;
	if (clone_flags & CLONE_IO) {
		refcount_inc(&ioc->count);
		task->io_context = ioc;
		return 0;
	}
	if (!class_of(READ_ONCE(ioc->ioprio)))
		return 0;
	task->io_context = kmalloc(sizeof(*ioc), GFP_KERNEL);
	if (!task->io_context)
		return -ENOMEM;
	refcount_set(&task->io_context->count, 1);
	task->io_context->ioprio = READ_ONCE(ioc->ioprio);
	return 0;
}

void exit_io(struct task_struct *task)
{
	struct io_context *ioc;

	task_lock(task);
	ioc = task->io_context;
	task->io_context = NULL;
	task_unlock(task);
	put_io_context(ioc);
}

/* ---- one task ---- */

/* => rcu_read_lock held */
static int set_one(struct task_struct *task, int ioprio)
{
	const struct cred *theirs = __task_cred(task);
	struct io_context *fresh;

	if (!uid_eq(theirs->uid, current_euid()) && !uid_eq(theirs->uid, current_uid()) &&
	    !capable(CAP_SYS_NICE))
		return -EPERM;
	fresh = kmalloc(sizeof(*fresh), GFP_ATOMIC);
	if (!fresh)
		return -ENOMEM;
	refcount_set(&fresh->count, 1);
	task_lock(task);
	if (!task->io_context && !(READ_ONCE(task->flags) & PF_EXITING)) {
		task->io_context = fresh;
		fresh = NULL;
	}
	if (task->io_context)
		WRITE_ONCE(task->io_context->ioprio, ioprio);
	task_unlock(task);
	kfree(fresh);
	return 0;
}

/* What was set, or 0. => rcu_read_lock held */
static int raw_of(struct task_struct *task)
{
	int ioprio;

	task_lock(task);
	ioprio = task->io_context ? READ_ONCE(task->io_context->ioprio) : 0;
	task_unlock(task);
	return ioprio;
}

/* What one call gathers over the tasks it means. */
struct ioprio_walk {
	bool set;
	int ioprio;
	int result;		/* set: the first error; get: the best; -ESRCH: no task found */
};

/* False: go no further. => rcu_read_lock held */
static bool visit(struct task_struct *task, struct ioprio_walk *walk)
{
	int mine;

	if (walk->set) {
		walk->result = set_one(task, walk->ioprio);
		return !walk->result;
	}
	mine = raw_of(task);
	walk->result = walk->result < 0 ? mine : min(walk->result, mine);
	return true;
}

/* ---- many ---- */

static void visit_group(int who, struct ioprio_walk *walk)
{
	struct pid *group = who ? find_vpid(who) : task_pgrp(current);
	struct task_struct *task;
	bool on = true;

	do_each_pid_task(group, PIDTYPE_PGID, task) {
		on = on && visit(task, walk);
	} while_each_pid_task(group, PIDTYPE_PGID, task);
}

static void visit_user(int who, struct ioprio_walk *walk)
{
	kuid_t uid = who ? make_kuid(current_user_ns(), who) : current_uid();
	struct task_struct *leader, *task;

	if (!uid_valid(uid))
		return;
	for_each_process_thread(leader, task) {
		if (uid_eq(__task_cred(task)->uid, uid) && task_pid_vnr(task) &&
		    !visit(task, walk))
			return;
	}
}

static int walk_tasks(int which, int who, struct ioprio_walk *walk)
{
	struct task_struct *task;

	walk->result = -ESRCH;
	rcu_read_lock();
	switch (which) {
	case IOPRIO_WHO_PROCESS:
		task = who ? find_task_by_vpid(who) : current;
		if (task)
			visit(task, walk);
		break;
	case IOPRIO_WHO_PGRP:
		visit_group(who, walk);
		break;
	case IOPRIO_WHO_USER:
		visit_user(who, walk);
		break;
	default:
		walk->result = -EINVAL;
	}
	rcu_read_unlock();
	return walk->result;
}

/* May the current task ask for that priority, and is it one? */
static int check(int ioprio)
{
	switch (class_of(ioprio)) {
	case IOPRIO_CLASS_RT:
		if (!capable(CAP_SYS_ADMIN) && !capable(CAP_SYS_NICE))
			return -EPERM;
		return data_of(ioprio) < LEVELS ? 0 : -EINVAL;
	case IOPRIO_CLASS_BE:
		return data_of(ioprio) < LEVELS ? 0 : -EINVAL;
	case IOPRIO_CLASS_IDLE:
		return 0;
	case IOPRIO_CLASS_NONE:
		return data_of(ioprio) ? -EINVAL : 0;
	}
	return -EINVAL;
}

SYSCALL_DEFINE3(ioprio_set, int, which, int, who, int, ioprio)
{
	struct ioprio_walk walk = { .set = true, .ioprio = ioprio };
	int error = check(ioprio);

	return error ? error : walk_tasks(which, who, &walk);
}

SYSCALL_DEFINE2(ioprio_get, int, which, int, who)
{
	struct ioprio_walk walk = { .set = false };

	return walk_tasks(which, who, &walk);
}
