// SPDX-License-Identifier: MIT
/*
 * The set of name spaces of a task: struct nsproxy.
 *
 * Tasks share a set until one asks for another; a set never changes once it is shared. clone()
 * and unshare() build a new one from the old, replacing what the flags name; setns() builds one
 * and lets each kind of name space put itself into it.
 *
 *   task->alloc_lock	task->nsproxy, for other tasks
 */
#include <fs/fs_struct.h>
#include <fs/mount.h>
#include <kern/cgroup.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/fork.h>
#include <kern/init.h>
#include <kern/ipc_namespace.h>
#include <kern/nsproxy.h>
#include <kern/pid_namespace.h>
#include <kern/time_namespace.h>
#include <kern/user_namespace.h>
#include <kern/uts.h>
#include <mm/slab.h>
#include <net/net_namespace.h>
#include <um/vdso.h>

#include <linux/sched.h>

#include "internal.h"

#define NAMESPACE_FLAGS                                                                            \
	(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET |                 \
	 CLONE_NEWCGROUP | CLONE_NEWTIME)

void get_nsproxy(struct nsproxy *ns)
{
	refcount_inc(&ns->count);
}

static void free_nsproxy(struct nsproxy *ns)
{
	put_mnt_ns(ns->mnt_ns);
	put_uts_ns(ns->uts_ns);
	put_ipc_ns(ns->ipc_ns);
	put_pid_ns(ns->pid_ns_for_children);
	put_net(ns->net_ns);
	put_time_ns(ns->time_ns);
	put_time_ns(ns->time_ns_for_children);
	put_cgroup_ns(ns->cgroup_ns);
	kfree(ns);
}

void put_nsproxy(struct nsproxy *ns)
{
	if (refcount_dec_and_test(&ns->count))
		free_nsproxy(ns);
}

/* What could not be made is NULL in the set, and *error says why. */
#define TAKE(error, slot, value)                                                                   \
	do {                                                                                       \
		if (!*(error)) {                                                                   \
			(slot) = (value);                                                          \
			if (IS_ERR(slot)) {                                                        \
				*(error) = PTR_ERR(slot);                                          \
				(slot) = NULL;                                                     \
			}                                                                          \
		}                                                                                  \
	} while (0)

struct nsproxy *create_new_namespaces(u64 flags, struct nsproxy *old, struct user_namespace *user_ns,
				      struct fs_struct *new_fs)
{
	struct nsproxy *ns = kzalloc(sizeof(*ns), GFP_KERNEL);
	int error = 0;

	if (!ns)
		return ERR_PTR(-ENOMEM);
	refcount_set(&ns->count, 1);
	TAKE(&error, ns->mnt_ns, copy_mnt_ns(flags, old->mnt_ns, user_ns, new_fs));
	TAKE(&error, ns->uts_ns, copy_uts_ns(flags, user_ns, old->uts_ns));
	TAKE(&error, ns->ipc_ns, copy_ipc_ns(flags, user_ns, old->ipc_ns));
	TAKE(&error, ns->pid_ns_for_children,
	     copy_pid_ns(flags, user_ns, old->pid_ns_for_children));
	TAKE(&error, ns->cgroup_ns, copy_cgroup_ns(flags, user_ns, old->cgroup_ns));
	TAKE(&error, ns->net_ns, copy_net_ns(flags, user_ns, old->net_ns));
	TAKE(&error, ns->time_ns_for_children,
	     copy_time_ns(flags, user_ns, old->time_ns_for_children));
	TAKE(&error, ns->time_ns, get_time_ns(old->time_ns));
	if (!error)
		return ns;
	free_nsproxy(ns);
	return ERR_PTR(error);
}

/* A new address space begins in the time name space that was chosen for children. */
static void begin_time_ns(struct nsproxy *ns)
{
	put_time_ns(ns->time_ns);
	ns->time_ns = get_time_ns(ns->time_ns_for_children);
	freeze_time_ns(ns->time_ns);
}

int copy_namespaces(u64 flags, struct task_struct *task)
{
	struct user_namespace *user_ns = task->cred->user_ns;
	struct nsproxy *old = task->nsproxy, *new;

	if (!(flags & NAMESPACE_FLAGS)) {
		if ((flags & CLONE_VM) || old->time_ns_for_children == old->time_ns) {
			get_nsproxy(old);
			return 0;
		}
	} else if (!ns_capable(user_ns, CAP_SYS_ADMIN)) {
		return -EPERM;
	}
	/* The undo list belongs to the old semaphores. */
	if ((flags & (CLONE_NEWIPC | CLONE_SYSVSEM)) == (CLONE_NEWIPC | CLONE_SYSVSEM))
		return -EINVAL;
	new = create_new_namespaces(flags, old, user_ns, task->fs);
	if (IS_ERR(new))
		return PTR_ERR(new);
	if (!(flags & CLONE_VM)) {
		begin_time_ns(new);
		if (task->mm && new->time_ns != old->time_ns)
			um_vdso_forget_clocks(task->mm);
	}
	task->nsproxy = new;
	return 0;
}

int unshare_nsproxy_namespaces(unsigned long flags, struct nsproxy **new, struct cred *cred,
			       struct fs_struct *new_fs)
{
	struct user_namespace *user_ns = cred ? cred->user_ns : current_user_ns();
	struct nsproxy *ns;

	if (!(flags & NAMESPACE_FLAGS))
		return 0;
	if (!ns_capable(user_ns, CAP_SYS_ADMIN))
		return -EPERM;
	ns = create_new_namespaces(flags, current->nsproxy, user_ns, new_fs ?: current->fs);
	if (IS_ERR(ns))
		return PTR_ERR(ns);
	*new = ns;
	return 0;
}

void switch_task_namespaces(struct task_struct *task, struct nsproxy *new)
{
	struct nsproxy *old;

	task_lock(task);
	old = task->nsproxy;
	task->nsproxy = new;
	task_unlock(task);
	if (old)
		put_nsproxy(old);
}

void exit_task_namespaces(struct task_struct *task)
{
	switch_task_namespaces(task, NULL);
}

int exec_task_namespaces(void)
{
	struct nsproxy *old = current->nsproxy, *new;

	if (old->time_ns_for_children == old->time_ns)
		return 0;
	new = create_new_namespaces(0, old, current_user_ns(), current->fs);
	if (IS_ERR(new))
		return PTR_ERR(new);
	begin_time_ns(new);
	switch_task_namespaces(current, new);
	return 0;
}

/* The name spaces that exist before anything can be allocated. */
struct nsproxy init_nsproxy = {
	.count = REFCOUNT_INIT(1),
	.uts_ns = &init_uts_ns,
	.ipc_ns = &init_ipc_ns,
	.pid_ns_for_children = &init_pid_ns,
	.net_ns = &init_net,
	.time_ns = &init_time_ns,
	.time_ns_for_children = &init_time_ns,
	.cgroup_ns = &init_cgroup_ns,
};
