// SPDX-License-Identifier: MIT
/*
 * KEYCTL_SESSION_TO_PARENT: a process gives its session keyring to its parent, which takes it on its
 * way back to user mode, since credentials are changed by their task only.
 */
#include <kern/fork.h>
#include <kern/signal.h>
#include <kern/task_work.h>
#include <mm/slab.h>

#include "internal.h"

struct gift {
	struct task_work work;
	struct key *session;
};

static void free_gift(struct gift *gift)
{
	key_put(gift->session);
	kfree(gift);
}

/* In the parent. Without memory it keeps its old one. */
static void take_session(struct task_work *work)
{
	struct gift *gift = container_of(work, struct gift, work);
	struct cred *new = current->flags &PF_EXITING ? NULL : prepare_creds();

	if (new) {
		key_put(new->session_keyring);
		new->session_keyring = key_get(gift->session);
		commit_creds(new);
	}
	free_gift(gift);
}

static bool same_everywhere(const struct cred *theirs, kuid_t uid, kgid_t gid)
{
	return uid_eq(theirs->uid, uid) && uid_eq(theirs->euid, uid) && uid_eq(theirs->suid, uid) &&
	       gid_eq(theirs->gid, gid) && gid_eq(theirs->egid, gid) && gid_eq(theirs->sgid, gid);
}

/* 0; -EPERM; 1: it has that keyring already. => tasklist_lock and keys_sem held, RCU */
static int may_give(struct task_struct *parent, const struct key *session)
{
	const struct cred *mine = current_cred(), *theirs = __task_cred(parent);

	/* init and what has no program are nobody's parents in this sense; nor is who has threads. */
	if (parent->pid <= 1 || !parent->mm || !thread_group_empty(parent))
		return -EPERM;
	if (mine == theirs || theirs->session_keyring == session)
		return 1;
	if (!same_everywhere(theirs, mine->euid, mine->egid))
		return -EPERM;
	if ((theirs->session_keyring && !uid_eq(theirs->session_keyring->uid, mine->euid)) ||
	    !uid_eq(session->uid, mine->euid))
		return -EPERM;
	return 0;
}

long keyctl_session_to_parent(void)
{
	struct key_ref session = lookup_user_key(KEY_SPEC_SESSION_KEYRING, 0, KEY_NEED_LINK);
	struct gift *gift;
	int error = -ENOMEM;

	if (IS_ERR(session.key))
		return PTR_ERR(session.key);
	gift = kmalloc(sizeof(*gift), GFP_KERNEL);
	if (!gift) {
		key_put(session.key);
		return -ENOMEM;
	}
	gift->session = session.key;
	init_task_work(&gift->work, take_session);
	down_read(&keys_sem);
	rcu_read_lock();
	read_lock(&tasklist_lock);
	error = may_give(current->real_parent, session.key);
	if (!error)
		error = task_work_add(current->real_parent, &gift->work, TWA_RESUME);
	read_unlock(&tasklist_lock);
	rcu_read_unlock();
	up_read(&keys_sem);
	if (error)
		free_gift(gift);
	return error < 0 ? error : 0;
}
