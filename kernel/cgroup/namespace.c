// SPDX-License-Identifier: MIT
/* Name spaces of control groups. */
#include <kern/cgroup.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/fork.h>
#include <kern/kernel.h>
#include <kern/nsproxy.h>
#include <kern/user_namespace.h>
#include <mm/slab.h>

#include <linux/sched.h>

#include "internal.h"

struct cgroup_namespace init_cgroup_ns = {
	.user_ns = &init_user_ns,
	.root = &cgroup_root,
	.ns = {
		.count = REFCOUNT_INIT(1),
		.inum = PROC_CGROUP_INIT_INO,
		.ops = &cgroupns_operations,
	},
};

struct cgroup_namespace *get_cgroup_ns(struct cgroup_namespace *ns)
{
	if (ns != &init_cgroup_ns)
		refcount_inc(&ns->ns.count);
	return ns;
}

static void free_cgroup_ns(struct work_struct *work)
{
	struct cgroup_namespace *ns = container_of(work, struct cgroup_namespace, work);

	ns_common_exit(&ns->ns);
	dec_ucount(ns->ucounts, UCOUNT_CGROUP_NAMESPACES);
	put_user_ns(ns->user_ns);
	cgroup_put(ns->root);
	kfree(ns);
}

void put_cgroup_ns(struct cgroup_namespace *ns)
{
	if (ns && ns != &init_cgroup_ns && refcount_dec_and_test(&ns->ns.count))
		schedule_work(&ns->work);
}

struct cgroup_namespace *copy_cgroup_ns(unsigned long flags, struct user_namespace *user_ns,
					struct cgroup_namespace *old)
{
	struct cgroup_namespace *ns;
	struct ucounts *ucounts;
	int error = -ENOMEM;

	if (!(flags & CLONE_NEWCGROUP))
		return get_cgroup_ns(old);
	if (!ns_capable(user_ns, CAP_SYS_ADMIN))
		return ERR_PTR(-EPERM);
	ucounts = inc_ucount(user_ns, current_euid(), UCOUNT_CGROUP_NAMESPACES);
	if (!ucounts)
		return ERR_PTR(-ENOSPC);
	ns = kzalloc(sizeof(*ns), GFP_KERNEL);
	if (ns)
		error = ns_common_init(&ns->ns, &cgroupns_operations);
	if (error) {
		kfree(ns);
		dec_ucount(ucounts, UCOUNT_CGROUP_NAMESPACES);
		return ERR_PTR(error);
	}
	ns->user_ns = get_user_ns(user_ns);
	ns->ucounts = ucounts;
	ns->root = task_get_cgroup(current);
	INIT_WORK(&ns->work, free_cgroup_ns);
	return ns;
}

/* ---- as a file ---- */

static struct cgroup_namespace *to_cgroup_ns(struct ns_common *ns)
{
	return container_of(ns, struct cgroup_namespace, ns);
}

static struct ns_common *cgroupns_get(struct task_struct *task)
{
	struct cgroup_namespace *ns = NULL;

	task_lock(task);
	if (task->nsproxy)
		ns = get_cgroup_ns(task->nsproxy->cgroup_ns);
	task_unlock(task);
	return ns ? &ns->ns : NULL;
}

static void cgroupns_put(struct ns_common *ns)
{
	put_cgroup_ns(to_cgroup_ns(ns));
}

static int cgroupns_install(struct nsset *nsset, struct ns_common *ns)
{
	struct cgroup_namespace *new = to_cgroup_ns(ns);

	if (!ns_capable(nsset->cred->user_ns, CAP_SYS_ADMIN) ||
	    !ns_capable(new->user_ns, CAP_SYS_ADMIN))
		return -EPERM;
	put_cgroup_ns(nsset->nsproxy->cgroup_ns);
	nsset->nsproxy->cgroup_ns = get_cgroup_ns(new);
	return 0;
}

static struct user_namespace *cgroupns_owner(struct ns_common *ns)
{
	return to_cgroup_ns(ns)->user_ns;
}

const struct proc_ns_operations cgroupns_operations = {
	.name = "cgroup",
	.kind = "cgroup",
	.type = CLONE_NEWCGROUP,
	.get = cgroupns_get,
	.put = cgroupns_put,
	.install = cgroupns_install,
	.owner = cgroupns_owner,
};
