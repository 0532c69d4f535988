// SPDX-License-Identifier: MIT
/* Process groups and sessions. */
#include <driver/tty.h>
#include <kern/errno.h>
#include <kern/fork.h>
#include <kern/pid.h>
#include <kern/rcupdate.h>
#include <kern/signal.h>
#include <kern/syscalls.h>

#include "internal.h"

/* May `leader` be moved to a group of its own session? => tasklist_lock held */
static int may_set_pgid(struct task_struct *caller, struct task_struct *task)
{
	if (!task)
		return -ESRCH;
	if (!thread_group_leader(task))
		return -EINVAL;
	if (same_thread_group(task->real_parent, caller)) {
		if (task_session(task) != task_session(caller))
			return -EPERM;
		/* Too late: the child has executed another program. */
		if (!(READ_ONCE(task->flags) & PF_FORKNOEXEC))
			return -EACCES;
	} else if (task != caller) {
		return -ESRCH;
	}
	return task->signal->leader ? -EPERM : 0;
}

SYSCALL_DEFINE2(setpgid, pid_t, pid, pid_t, pgid)
{
	struct task_struct *caller = current->group_leader;
	struct task_struct *task;
	struct pid *pgrp;
	int error;

	if (!pid)
		pid = task_pid_vnr(caller);
	if (!pgid)
		pgid = pid;
	if (pgid < 0)
		return -EINVAL;

	write_lock_irq(&tasklist_lock);
	task = find_task_by_vpid(pid);
	error = may_set_pgid(caller, task);
	if (error)
		goto out;
	pgrp = task_pid(task);
	if (pgid != pid) {
		struct task_struct *member;

		/* An existing group must be of the same session. */
		pgrp = find_vpid(pgid);
		member = pid_task(pgrp, PIDTYPE_PGID);
		if (!member || task_session(member) != task_session(caller)) {
			error = -EPERM;
			goto out;
		}
	}
	if (task_pgrp(task) != pgrp)
		change_pid(task, PIDTYPE_PGID, pgrp);
out:
	write_unlock_irq(&tasklist_lock);
	return error;
}

SYSCALL_DEFINE0(setsid)
{
	struct task_struct *leader = current->group_leader;
	struct pid *sid;
	int error = -EPERM;

	write_lock_irq(&tasklist_lock);
	sid = task_pid(leader);
	/* A leader already, or the number is that of an existing group. */
	if (leader->signal->leader || pid_task(sid, PIDTYPE_PGID))
		goto out;
	leader->signal->leader = 1;
	change_pid(leader, PIDTYPE_SID, sid);
	change_pid(leader, PIDTYPE_PGID, sid);
	proc_clear_tty(leader);
	error = pid_vnr(sid);
out:
	write_unlock_irq(&tasklist_lock);
	return error;
}

static long get_role(pid_t pid, enum pid_type type)
{
	struct task_struct *task;
	long nr = -ESRCH;

	rcu_read_lock();
	task = pid ? find_task_by_vpid(pid) : current;
	if (task)
		nr = type == PIDTYPE_PGID ? task_pgrp_vnr(task) : task_session_vnr(task);
	rcu_read_unlock();
	return nr;
}

SYSCALL_DEFINE1(getpgid, pid_t, pid)
{
	return get_role(pid, PIDTYPE_PGID);
}

SYSCALL_DEFINE0(getpgrp)
{
	return get_role(0, PIDTYPE_PGID);
}

SYSCALL_DEFINE1(getsid, pid_t, pid)
{
	return get_role(pid, PIDTYPE_SID);
}
