// SPDX-License-Identifier: MIT
/*
 * User name spaces.
 *
 * They form a tree. A user name space owns other name spaces and decides, with ns_capable(),
 * for whom a capability counts over them: for its members that hold it, for those of its parent
 * that own it, and for those that hold the capability in any name space above.
 *
 * A child keeps its parent; a user name space that nobody uses is freed by a work item, since
 * the last reference may go in an RCU callback.
 */
#include <fs/fs_struct.h>
#include <fs/mount.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/fork.h>
#include <kern/init.h>
#include <kern/kernel.h>
#include <kern/key.h>
#include <kern/nsproxy.h>
#include <kern/resource.h>
#include <kern/signal.h>
#include <kern/user_namespace.h>
#include <mm/slab.h>

#include <linux/sched.h>

#include "internal.h"

#define MAX_LEVEL 32

static struct uid_gid_extent identity = { .count = ~0U };

struct user_namespace init_user_ns = {
	.uid_map = { .nr_extents = 1, .forward = &identity, .reverse = &identity },
	.gid_map = { .nr_extents = 1, .forward = &identity, .reverse = &identity },
	.projid_map = { .nr_extents = 1, .forward = &identity, .reverse = &identity },
	.flags = USERNS_SETGROUPS_ALLOWED,
	.keyring_names = LIST_HEAD_INIT(init_user_ns.keyring_names),
	/* Until the number of threads is known: ucount_init(). */
	.ucount_max = { [0 ... UCOUNT_COUNTS - 1] = INT_MAX },
	.max_processes = RLIM_INFINITY,
	.ns = {
		.count = REFCOUNT_INIT(1),
		.inum = PROC_USER_INIT_INO,
		.ops = &userns_operations,
	},
};

/* The first one is never freed: its count is left alone, or every fork would write it. */
struct user_namespace *get_user_ns(struct user_namespace *ns)
{
	if (ns != &init_user_ns)
		refcount_inc(&ns->ns.count);
	return ns;
}

static void free_user_ns(struct work_struct *work)
{
	struct user_namespace *ns = container_of(work, struct user_namespace, work);
	struct user_namespace *parent = ns->parent;
	struct ucounts *ucounts = ns->ucounts;

	key_free_user_ns(ns);
	free_id_map(&ns->uid_map);
	free_id_map(&ns->gid_map);
	free_id_map(&ns->projid_map);
	ns_common_exit(&ns->ns);
	kfree(ns);
	dec_ucount(ucounts, UCOUNT_USER_NAMESPACES);
	put_user_ns(parent);
}

void put_user_ns(struct user_namespace *ns)
{
	if (ns && ns != &init_user_ns && refcount_dec_and_test(&ns->ns.count))
		schedule_work(&ns->work);
}

/* The creator becomes a member with all capabilities, and none of the old restrictions. */
static void enter_user_ns(struct cred *cred, struct user_namespace *ns)
{
	cred->securebits = SECUREBITS_DEFAULT;
	cred->cap_inheritable = CAP_EMPTY_SET;
	cred->cap_permitted = CAP_FULL_SET;
	cred->cap_effective = CAP_FULL_SET;
	cred->cap_ambient = CAP_EMPTY_SET;
	cred->cap_bset = CAP_FULL_SET;
	cred->user_ns = ns;
	cred_drop_key_authority(cred);
}

int create_user_ns(struct cred *new)
{
	struct user_namespace *parent = new->user_ns, *ns;
	struct ucounts *ucounts;
	int error;

	if (parent->level > MAX_LEVEL)
		return -ENOSPC;
	ucounts = inc_ucount(parent, new->euid, UCOUNT_USER_NAMESPACES);
	if (!ucounts)
		return -ENOSPC;
	/* Capabilities over a chroot that one was put into would be a way out. */
	error = -EPERM;
	if (current_chrooted() || !kuid_has_mapping(parent, new->euid) ||
	    !kgid_has_mapping(parent, new->egid))
		goto fail;
	error = -ENOMEM;
	ns = kzalloc(sizeof(*ns), GFP_KERNEL);
	if (!ns)
		goto fail;
	error = ns_common_init(&ns->ns, &userns_operations);
	if (error) {
		kfree(ns);
		goto fail;
	}
	ns->parent_could_setfcap = cap_raised(new->cap_effective, CAP_SETFCAP);
	ns->parent = parent; /* with the reference of the credentials */
	ns->level = parent->level + 1;
	ns->owner = new->euid;
	ns->group = new->egid;
	ns->flags = READ_ONCE(parent->flags);
	ns->ucounts = ucounts;
	for (int i = 0; i < UCOUNT_COUNTS; i++)
		ns->ucount_max[i] = INT_MAX;
	INIT_LIST_HEAD(&ns->keyring_names);
	ns->max_processes = rlimit(RLIMIT_NPROC);
	INIT_WORK(&ns->work, free_user_ns);
	enter_user_ns(new, ns);
	/* Without it the name space goes with the credentials. */
	return set_cred_ucounts(new);
fail:
	dec_ucount(ucounts, UCOUNT_USER_NAMESPACES);
	return error;
}

int unshare_userns(unsigned long flags, struct cred **new_cred)
{
	struct cred *cred;
	int error;

	if (!(flags & CLONE_NEWUSER))
		return 0;
	cred = prepare_creds();
	if (!cred)
		return -ENOMEM;
	error = create_user_ns(cred);
	if (error)
		abort_creds(cred);
	else
		*new_cred = cred;
	return error;
}

bool in_userns(const struct user_namespace *ancestor, const struct user_namespace *ns)
{
	while (ns->level > ancestor->level)
		ns = ns->parent;
	return ns == ancestor;
}

bool current_in_userns(const struct user_namespace *target)
{
	return in_userns(target, current_user_ns());
}

struct ns_common *ns_get_owner(struct ns_common *ns)
{
	struct user_namespace *mine = current_user_ns(), *owner = ns->ops->owner(ns);

	if (!owner || !in_userns(mine, owner))
		return ERR_PTR(-EPERM);
	return &get_user_ns(owner)->ns;
}

/* ---- as a file ---- */

static struct user_namespace *to_user_ns(struct ns_common *ns)
{
	return container_of(ns, struct user_namespace, ns);
}

static struct ns_common *userns_get(struct task_struct *task)
{
	const struct cred *cred = get_task_cred(task);
	struct user_namespace *ns = get_user_ns(cred->user_ns);

	put_cred(cred);
	return &ns->ns;
}

static void userns_put(struct ns_common *ns)
{
	put_user_ns(to_user_ns(ns));
}

static int userns_install(struct nsset *nsset, struct ns_common *ns)
{
	struct user_namespace *user_ns = to_user_ns(ns);
	struct cred *cred = nsset->cred; /* a private copy: this kind is among the flags */

	/* One's own again would give back the capabilities that were dropped. */
	if (user_ns == current_user_ns())
		return -EINVAL;
	/* Threads share what is seen of other users. */
	if (!thread_group_empty(current))
		return -EINVAL;
	if (current->fs->users != 1)
		return -EINVAL;
	if (!ns_capable(user_ns, CAP_SYS_ADMIN))
		return -EPERM;
	put_user_ns(cred->user_ns);
	enter_user_ns(cred, get_user_ns(user_ns));
	return set_cred_ucounts(cred);
}

static struct user_namespace *userns_owner(struct ns_common *ns)
{
	return to_user_ns(ns)->parent;
}

static struct ns_common *userns_get_parent(struct ns_common *ns)
{
	return ns_get_owner(ns);
}

const struct proc_ns_operations userns_operations = {
	.name = "user",
	.kind = "user",
	.type = CLONE_NEWUSER,
	.get = userns_get,
	.put = userns_put,
	.install = userns_install,
	.owner = userns_owner,
	.get_parent = userns_get_parent,
};
