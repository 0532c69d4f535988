// SPDX-License-Identifier: MIT
/* Name spaces of the system's name. */
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/fork.h>
#include <kern/kernel.h>
#include <kern/user_namespace.h>
#include <kern/uts.h>
#include <mm/slab.h>

#include <linux/sched.h>

static struct uts_namespace *get_uts_ns(struct uts_namespace *ns)
{
	refcount_inc(&ns->ns.count);
	return ns;
}

void put_uts_ns(struct uts_namespace *ns)
{
	if (!ns || !refcount_dec_and_test(&ns->ns.count))
		return;
	ns_common_exit(&ns->ns);
	dec_ucount(ns->ucounts, UCOUNT_UTS_NAMESPACES);
	put_user_ns(ns->user_ns);
	kfree(ns);
}

struct uts_namespace *copy_uts_ns(unsigned long flags, struct user_namespace *user_ns,
				  struct uts_namespace *old)
{
	struct uts_namespace *ns;
	struct ucounts *ucounts;
	int error = -ENOMEM;

	if (!(flags & CLONE_NEWUTS))
		return get_uts_ns(old);
	ucounts = inc_ucount(user_ns, current_euid(), UCOUNT_UTS_NAMESPACES);
	if (!ucounts)
		return ERR_PTR(-ENOSPC);
	ns = kzalloc(sizeof(*ns), GFP_KERNEL);
	if (ns)
		error = ns_common_init(&ns->ns, &utsns_operations);
	if (error) {
		kfree(ns);
		dec_ucount(ucounts, UCOUNT_UTS_NAMESPACES);
		return ERR_PTR(error);
	}
	ns->user_ns = get_user_ns(user_ns);
	ns->ucounts = ucounts;
	down_read(&uts_sem);
	ns->name = old->name;
	up_read(&uts_sem);
	return ns;
}

/* ---- as a file ---- */

static struct uts_namespace *to_uts_ns(struct ns_common *ns)
{
	return container_of(ns, struct uts_namespace, ns);
}

static struct ns_common *utsns_get(struct task_struct *task)
{
	struct uts_namespace *ns = NULL;

	task_lock(task);
	if (task->nsproxy)
		ns = get_uts_ns(task->nsproxy->uts_ns);
	task_unlock(task);
	return ns ? &ns->ns : NULL;
}

static void utsns_put(struct ns_common *ns)
{
	put_uts_ns(to_uts_ns(ns));
}

static int utsns_install(struct nsset *nsset, struct ns_common *ns)
{
	struct uts_namespace *new = to_uts_ns(ns);

	if (!ns_capable(new->user_ns, CAP_SYS_ADMIN) ||
	    !ns_capable(nsset->cred->user_ns, CAP_SYS_ADMIN))
		return -EPERM;
	put_uts_ns(nsset->nsproxy->uts_ns);
	nsset->nsproxy->uts_ns = get_uts_ns(new);
	return 0;
}

static struct user_namespace *utsns_owner(struct ns_common *ns)
{
	return to_uts_ns(ns)->user_ns;
}

const struct proc_ns_operations utsns_operations = {
	.name = "uts",
	.kind = "uts",
	.type = CLONE_NEWUTS,
	.get = utsns_get,
	.put = utsns_put,
	.install = utsns_install,
	.owner = utsns_owner,
};
