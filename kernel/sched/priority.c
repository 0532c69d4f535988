// SPDX-License-Identifier: MIT
/* setpriority() and getpriority(): nice values of a process, a group, or a user. */
#include <kern/cred.h>
#include <kern/fork.h>
#include <kern/pid.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/syscalls.h>

#include <linux/resource.h>

/* What one call gathers over the tasks it means. */
struct prio_walk {
	bool set;
	int nice;
	long result; /* set: worst error, -ESRCH: none found; get: 20 - lowest nice */
};

static bool may_set(struct task_struct *task)
{
	const struct cred *theirs = __task_cred(task);

	return uid_eq(theirs->uid, current_euid()) || uid_eq(theirs->euid, current_euid()) ||
	       capable(CAP_SYS_NICE);
}

/* => rcu_read_lock held */
static void visit(struct task_struct *task, struct prio_walk *walk)
{
	if (!walk->set) {
		walk->result = max(walk->result, (long)(MAX_NICE - task_nice(task) + 1));
		return;
	}
	if (!may_set(task)) {
		walk->result = -EPERM;
	} else if (walk->nice < task_nice(task) && !can_nice(task, walk->nice)) {
		walk->result = -EACCES;
	} else {
		if (walk->result == -ESRCH)
			walk->result = 0;
		set_user_nice(task, walk->nice);
	}
}

static void visit_group(int who, struct prio_walk *walk)
{
	struct pid *group = who ? find_vpid(who) : task_pgrp(current);
	struct task_struct *leader, *task;

	do_each_pid_task(group, PIDTYPE_PGID, leader)
	{
		for_each_thread(leader, task)
			visit(task, walk);
	}
	while_each_pid_task(group, PIDTYPE_PGID, leader);
}

static void visit_user(int who, struct prio_walk *walk)
{
	kuid_t uid = who ? make_kuid(current_user_ns(), who) : current_uid();
	struct task_struct *leader, *task;

	for_each_process_thread(leader, task)
	{
		if (uid_eq(__task_cred(task)->uid, uid) && task_pid_vnr(task))
			visit(task, walk);
	}
}

static long walk_tasks(int which, int who, struct prio_walk *walk)
{
	struct task_struct *task;

	if (which < PRIO_PROCESS || which > PRIO_USER)
		return -EINVAL;
	walk->result = -ESRCH;
	rcu_read_lock();
	switch (which) {
	case PRIO_PROCESS:
		task = who ? find_task_by_vpid(who) : current;
		if (task)
			visit(task, walk);
		break;
	case PRIO_PGRP:
		visit_group(who, walk);
		break;
	case PRIO_USER:
		visit_user(who, walk);
		break;
	}
	rcu_read_unlock();
	return walk->result;
}

SYSCALL_DEFINE3(setpriority, int, which, int, who, int, nice)
{
	struct prio_walk walk = { .set = true, .nice = clamp(nice, MIN_NICE, MAX_NICE) };

	return walk_tasks(which, who, &walk);
}

/* The result is 20 - nice, so that it is never negative; libc turns it round. */
SYSCALL_DEFINE2(getpriority, int, which, int, who)
{
	struct prio_walk walk = { .set = false };

	return walk_tasks(which, who, &walk);
}
