// SPDX-License-Identifier: MIT
/*
 * Name spaces of process numbers: making, joining, and the end of their init.
 *
 * The numbers themselves are in kernel/process/pid.c. A task never leaves the name space that it
 * was born in: unshare() and setns() choose the one of future children.
 *
 * When the last thread of init exits it forbids new numbers, kills everybody, and waits until it
 * is alone; so all of its children die before it, and nobody is left without a parent.
 */
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/fork.h>
#include <kern/kernel.h>
#include <kern/nsproxy.h>
#include <kern/pid.h>
#include <kern/rcupdate.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/user_namespace.h>
#include <mm/slab.h>

#include <linux/reboot.h>
#include <linux/sched.h>
#include <linux/wait.h>

struct pid_namespace *get_pid_ns(struct pid_namespace *ns)
{
	if (ns != &init_pid_ns)
		refcount_inc(&ns->ns.count);
	return ns;
}

static void free_pid_ns(struct work_struct *work)
{
	struct pid_namespace *ns = container_of(work, struct pid_namespace, work);
	struct pid_namespace *parent = ns->parent;

	idr_destroy(&ns->idr);
	ns_common_exit(&ns->ns);
	dec_ucount(ns->ucounts, UCOUNT_PID_NAMESPACES);
	put_user_ns(ns->user_ns);
	/* Lookups under RCU may still read the table. */
	synchronize_rcu();
	kfree(ns);
	put_pid_ns(parent);
}

void put_pid_ns(struct pid_namespace *ns)
{
	if (ns && ns != &init_pid_ns && refcount_dec_and_test(&ns->ns.count))
		schedule_work(&ns->work);
}

static struct pid_namespace *create_pid_ns(struct user_namespace *user_ns,
					   struct pid_namespace *parent)
{
	struct pid_namespace *ns;
	struct ucounts *ucounts;
	int error = -ENOMEM;

	if (!in_userns(parent->user_ns, user_ns))
		return ERR_PTR(-EINVAL);
	if (parent->level >= MAX_PID_NS_LEVEL)
		return ERR_PTR(-ENOSPC);
	ucounts = inc_ucount(user_ns, current_euid(), UCOUNT_PID_NAMESPACES);
	if (!ucounts)
		return ERR_PTR(-ENOSPC);
	ns = kzalloc(sizeof(*ns), GFP_KERNEL);
	if (!ns)
		goto fail;
	error = ns_common_init(&ns->ns, &pidns_operations);
	if (error)
		goto fail;
	idr_init(&ns->idr);
	ns->pid_allocated = PIDNS_ADDING;
	ns->level = parent->level + 1;
	ns->parent = get_pid_ns(parent);
	ns->user_ns = get_user_ns(user_ns);
	ns->ucounts = ucounts;
	INIT_WORK(&ns->work, free_pid_ns);
	return ns;
fail:
	kfree(ns);
	dec_ucount(ucounts, UCOUNT_PID_NAMESPACES);
	return ERR_PTR(error);
}

struct pid_namespace *copy_pid_ns(unsigned long flags, struct user_namespace *user_ns,
				  struct pid_namespace *old)
{
	if (!(flags & CLONE_NEWPID))
		return get_pid_ns(old);
	/* One that was unshared before waits for its init. */
	if (task_active_pid_ns(current) != old)
		return ERR_PTR(-EINVAL);
	return create_pid_ns(user_ns, old);
}

bool pid_ns_is_below(const struct pid_namespace *ns, const struct pid_namespace *ancestor)
{
	while (ns->level > ancestor->level)
		ns = ns->parent;
	return ns == ancestor;
}

static void kill_everybody(struct pid_namespace *ns)
{
	struct task_struct *task;
	struct pid *pid;
	int nr = 2;

	read_lock(&tasklist_lock);
	idr_for_each_entry_continue(&ns->idr, pid, nr) {
		task = pid_task(pid, PIDTYPE_PID);
		if (task && !fatal_signal_pending(task))
			group_send_sig_info(SIGKILL, SEND_SIG_PRIV, task, PIDTYPE_MAX);
	}
	read_unlock(&tasklist_lock);
}

void zap_pid_ns_processes(struct pid_namespace *ns)
{
	struct task_struct *me = current;
	/* A thread that is not the leader has the leader's number beside its own. */
	unsigned int own = thread_group_leader(me) ? 1 : 2;

	disable_pid_allocation(ns);
	/* Orphans of other parents are reaped without us. */
	spin_lock_irq(&me->sighand->siglock);
	me->sighand->action[SIGCHLD - 1].sa.sa_handler = SIG_IGN;
	spin_unlock_irq(&me->sighand->siglock);
	kill_everybody(ns);
	do {
		clear_thread_flag(TIF_SIGPENDING);
	} while (kernel_wait4(-1, NULL, __WALL, NULL) != -ECHILD);
	/* Those that are not our children: processes that joined, debugged ones. */
	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (READ_ONCE(ns->pid_allocated) == own)
			break;
		schedule();
		clear_thread_flag(TIF_SIGPENDING);
	}
	__set_current_state(TASK_RUNNING);
	if (ns->reboot)
		me->signal->group_exit_code = ns->reboot;
}

int reboot_pid_ns(struct pid_namespace *ns, int cmd)
{
	switch (cmd) {
	case LINUX_REBOOT_CMD_RESTART2:
	case LINUX_REBOOT_CMD_RESTART:
		ns->reboot = SIGHUP;
		break;
	case LINUX_REBOOT_CMD_POWER_OFF:
	case LINUX_REBOOT_CMD_HALT:
		ns->reboot = SIGINT;
		break;
	default:
		return -EINVAL;
	}
	read_lock(&tasklist_lock);
	send_sig(SIGKILL, ns->child_reaper, 1);
	read_unlock(&tasklist_lock);
	do_exit(0);
}

/* ---- as a file ---- */

static struct pid_namespace *to_pid_ns(struct ns_common *ns)
{
	return container_of(ns, struct pid_namespace, ns);
}

static struct ns_common *pidns_get(struct task_struct *task)
{
	struct pid_namespace *ns;

	rcu_read_lock();
	ns = task_active_pid_ns(task);
	if (ns)
		get_pid_ns(ns);
	rcu_read_unlock();
	return ns ? &ns->ns : NULL;
}

static struct ns_common *pidns_for_children_get(struct task_struct *task)
{
	struct pid_namespace *ns = NULL;

	task_lock(task);
	if (task->nsproxy)
		ns = get_pid_ns(task->nsproxy->pid_ns_for_children);
	task_unlock(task);
	/* Before its init exists nothing can be done with it. */
	if (ns && !READ_ONCE(ns->child_reaper)) {
		put_pid_ns(ns);
		ns = NULL;
	}
	return ns ? &ns->ns : NULL;
}

static void pidns_put(struct ns_common *ns)
{
	put_pid_ns(to_pid_ns(ns));
}

static int pidns_install(struct nsset *nsset, struct ns_common *ns)
{
	struct pid_namespace *new = to_pid_ns(ns);

	if (!ns_capable(new->user_ns, CAP_SYS_ADMIN) ||
	    !ns_capable(nsset->cred->user_ns, CAP_SYS_ADMIN))
		return -EPERM;
	/* Children must be seen by their parent. */
	if (!pid_ns_is_below(new, task_active_pid_ns(current)))
		return -EINVAL;
	put_pid_ns(nsset->nsproxy->pid_ns_for_children);
	nsset->nsproxy->pid_ns_for_children = get_pid_ns(new);
	return 0;
}

static struct user_namespace *pidns_owner(struct ns_common *ns)
{
	return to_pid_ns(ns)->user_ns;
}

static struct ns_common *pidns_get_parent(struct ns_common *ns)
{
	struct pid_namespace *parent = to_pid_ns(ns)->parent;

	if (!parent || !pid_ns_is_below(parent, task_active_pid_ns(current)))
		return ERR_PTR(-EPERM);
	return &get_pid_ns(parent)->ns;
}

const struct proc_ns_operations pidns_operations = {
	.name = "pid",
	.kind = "pid",
	.type = CLONE_NEWPID,
	.get = pidns_get,
	.put = pidns_put,
	.install = pidns_install,
	.owner = pidns_owner,
	.get_parent = pidns_get_parent,
};

const struct proc_ns_operations pidns_for_children_operations = {
	.name = "pid_for_children",
	.kind = "pid",
	.type = CLONE_NEWPID,
	.get = pidns_for_children_get,
	.put = pidns_put,
	.install = pidns_install,
	.owner = pidns_owner,
	.get_parent = pidns_get_parent,
};
