// SPDX-License-Identifier: MIT
/* Keyrings as a part of credentials: what fork, execve and a change of user do to them. */
#include <kern/cred.h>
#include <kern/key.h>
#include <kern/user_namespace.h>

#include <linux/sched.h>

DECLARE_RWSEM(keys_sem);
DEFINE_SPINLOCK(key_user_lock);
int (*new_thread_keyring)(struct cred *new);

void key_put(struct key *key)
{
	unsigned long flags;

	if (!key || !refcount_dec_and_test(&key->usage))
		return;
	/* Nobody can find it any more: its fields are ours. */
	if (key->flags & KEY_IN_QUOTA) {
		spin_lock_irqsave(&key_user_lock, flags);
		key->user->qnkeys--;
		key->user->qnbytes -= key->quotalen;
		spin_unlock_irqrestore(&key_user_lock, flags);
	}
	schedule_work(&key->work);
}

void cred_get_keys(const struct cred *cred)
{
	key_get(cred->session_keyring);
	key_get(cred->process_keyring);
	key_get(cred->thread_keyring);
	key_get(cred->request_key_auth);
}

void cred_put_keys(const struct cred *cred)
{
	key_put(cred->session_keyring);
	key_put(cred->process_keyring);
	key_put(cred->thread_keyring);
	key_put(cred->request_key_auth);
}

static void drop(struct key **keyring)
{
	key_put(*keyring);
	*keyring = NULL;
}

int cred_clone_keys(struct cred *new, unsigned long clone_flags)
{
	bool had_one = new->thread_keyring;

	drop(&new->thread_keyring);
	if (!(clone_flags & CLONE_THREAD))
		drop(&new->process_keyring);
	else if (had_one)
		return new_thread_keyring(new);
	return 0;
}

void cred_exec_keys(struct cred *new)
{
	drop(&new->thread_keyring);
	drop(&new->process_keyring);
}

void cred_drop_key_authority(struct cred *new)
{
	drop(&new->request_key_auth);
}

void cred_own_thread_keyring(const struct cred *new, const struct cred *old)
{
	struct key *keyring = new->thread_keyring;

	if (!keyring || (uid_eq(new->fsuid, old->fsuid) && gid_eq(new->fsgid, old->fsgid)))
		return;
	down_write(&keys_sem);
	if (!uid_eq(new->fsuid, old->fsuid))
		keyring->uid = new->fsuid;
	if (!gid_eq(new->fsgid, old->fsgid))
		keyring->gid = new->fsgid;
	up_write(&keys_sem);
}

void key_free_user_ns(struct user_namespace *ns)
{
	struct key *key, *next;

	down_write(&keys_sem);
	list_for_each_entry_safe(key, next, &ns->keyring_names, name_entry)
		list_del_init(&key->name_entry);
	up_write(&keys_sem);
	drop(&ns->user_keyring_register);
	drop(&ns->persistent_keyring_register);
}
