// SPDX-License-Identifier: MIT
/*
 * Credentials.
 *
 * A struct cred is constant once a task uses it, so readers need no lock: current reads its
 * own through a plain pointer, others read real_cred under RCU. Who wants to change something
 * takes a private copy (prepare_creds), edits it, and installs it (commit_creds) or drops it.
 *
 * A task has two: `real_cred` says who it is to others (signals, /proc), `cred` with whose
 * rights it acts; they differ only while override_creds() is in effect.
 */
#include <kern/cred.h>
#include <kern/errno.h>
#include <kern/exec.h>
#include <kern/fork.h>
#include <kern/init.h>
#include <kern/key.h>
#include <kern/lsm.h>
#include <kern/rcupdate.h>
#include <kern/signal.h>
#include <kern/user_namespace.h>
#include <lib/string.h>
#include <mm/mm_types.h>
#include <mm/slab.h>

#include <linux/sched.h>

static struct group_info init_groups = { .usage = REFCOUNT_INIT(2) };
static struct kmem_cache *cred_cachep;

struct cred init_cred = {
	.usage = ATOMIC_LONG_INIT(4),
	.securebits = SECUREBITS_DEFAULT,
	.cap_permitted = CAP_FULL_SET,
	.cap_effective = CAP_FULL_SET,
	.cap_bset = CAP_FULL_SET,
	.user = &root_user,
	.user_ns = &init_user_ns,
	.ucounts = &init_ucounts,
	.group_info = &init_groups,
};

static void put_cred_rcu(struct rcu_head *head)
{
	struct cred *cred = container_of(head, struct cred, rcu);

	put_group_info(cred->group_info);
	cred_put_keys(cred);
	lsm_domain_put(cred->domain);
	free_uid(cred->user);
	put_ucounts(cred->ucounts);
	put_user_ns(cred->user_ns);
	kmem_cache_free(cred_cachep, cred);
}

const struct cred *get_cred(const struct cred *cred)
{
	atomic_long_inc(&((struct cred *)cred)->usage);
	return cred;
}

void put_cred(const struct cred *cred)
{
	struct cred *c = (struct cred *)cred;

	if (c && atomic_long_dec_and_test(&c->usage))
		call_rcu(&c->rcu, put_cred_rcu);
}

static struct cred *dup_cred(const struct cred *old)
{
	struct cred *new = kmem_cache_alloc(cred_cachep, GFP_KERNEL);

	if (!new)
		return NULL;
	*new = *old;
	atomic_long_set(&new->usage, 1);
	get_group_info(new->group_info);
	get_uid(new->user);
	get_user_ns(new->user_ns);
	cred_get_keys(new);
	lsm_domain_get(new->domain);
	get_ucounts(new->ucounts);
	return new;
}

struct cred *prepare_creds(void)
{
	return dup_cred(current->cred);
}

struct cred *prepare_kernel_cred(struct task_struct *daemon)
{
	return dup_cred(&init_cred);
}

/* Do the rights of `new` add nothing to those of `old`? */
static bool caps_subset(const struct cred *old, const struct cred *new)
{
	struct user_namespace *ns = new->user_ns;

	if (ns == old->user_ns)
		return cap_issubset(new->cap_permitted, old->cap_permitted);
	/* Whoever owns a name space has all rights over it, and over those below. */
	for (; ns->parent; ns = ns->parent)
		if (ns->parent == old->user_ns && uid_eq(ns->owner, old->euid))
			return true;
	return false;
}

static bool ids_changed(const struct cred *old, const struct cred *new)
{
	return !uid_eq(old->euid, new->euid) || !gid_eq(old->egid, new->egid) ||
	       !uid_eq(old->fsuid, new->fsuid) || !gid_eq(old->fsgid, new->fsgid) ||
	       !caps_subset(old, new);
}

int commit_creds(struct cred *new)
{
	struct task_struct *task = current;
	const struct cred *old = task->real_cred;

	if (ids_changed(old, new)) {
		if (task->mm)
			set_dumpable(task->mm, suid_dumpable);
		task->pdeath_signal = 0;
	}
	cred_own_thread_keyring(new, old);
	get_cred(new);
	if (new->ucounts != old->ucounts) {
		count_processes(new->ucounts, 1);
		count_processes(old->ucounts, -1);
	}
	rcu_assign_pointer(task->real_cred, new);
	rcu_assign_pointer(task->cred, new);
	put_cred(old);
	put_cred(old);
	return 0;
}

void abort_creds(struct cred *new)
{
	put_cred(new);
}

const struct cred *override_creds(const struct cred *new)
{
	const struct cred *old = current->cred;

	get_cred(new);
	rcu_assign_pointer(current->cred, new);
	return old;
}

void revert_creds(const struct cred *old)
{
	const struct cred *override = current->cred;

	rcu_assign_pointer(current->cred, old);
	put_cred(override);
}

/*
 * A new task's credentials: threads share, processes get a copy, so that a later change of
 * one is not a change of the other's counters. A thread keyring is not shared, so its owner's
 * threads get copies, too. The user's process count grows by one.
 */
int copy_creds(struct task_struct *task, unsigned long clone_flags)
{
	const struct cred *cred;

	if ((clone_flags & CLONE_THREAD) && !task->real_cred->thread_keyring) {
		cred = get_cred(task->real_cred);
	} else {
		struct cred *copy = dup_cred(task->real_cred);
		int error;

		if (!copy)
			return -ENOMEM;
		error = clone_flags & CLONE_NEWUSER ? create_user_ns(copy) : 0;
		error = error ?: cred_clone_keys(copy, clone_flags);
		if (error) {
			put_cred(copy);
			return error;
		}
		cred = copy;
	}
	task->real_cred = cred;
	task->cred = get_cred(cred);
	count_processes(cred->ucounts, 1);
	return 0;
}

void exit_creds(struct task_struct *task)
{
	const struct cred *real = task->real_cred;
	const struct cred *cred = task->cred;

	task->real_cred = NULL;
	task->cred = NULL;
	put_cred(real);
	put_cred(cred);
}

const struct cred *get_task_cred(struct task_struct *task)
{
	const struct cred *cred;

	rcu_read_lock();
	do {
		cred = rcu_dereference(task->real_cred);
	} while (!atomic_long_inc_not_zero(&((struct cred *)cred)->usage));
	rcu_read_unlock();
	return cred;
}

kuid_t task_uid(struct task_struct *task)
{
	kuid_t uid;

	rcu_read_lock();
	uid = __task_cred(task)->uid;
	rcu_read_unlock();
	return uid;
}

kuid_t task_euid(struct task_struct *task)
{
	kuid_t uid;

	rcu_read_lock();
	uid = __task_cred(task)->euid;
	rcu_read_unlock();
	return uid;
}

void cred_init(void)
{
	cred_cachep = kmem_cache_create("cred_jar", sizeof(struct cred), 0,
					SLAB_HWCACHE_ALIGN | SLAB_PANIC | SLAB_ACCOUNT, NULL);
}
