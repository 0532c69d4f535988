// SPDX-License-Identifier: MIT
/*
 * What is counted for each user. A user_struct lives as long as a credential (or something
 * charged to the user) refers to it.
 *
 *   uidhash_lock	the table; innermost, taken with interrupts off since the last reference
 *			may go in RCU callbacks
 */
#include <kern/cred.h>
#include <kern/fork.h>
#include <kern/refcount.h>
#include <kern/spinlock.h>
#include <kern/uidgid.h>
#include <lib/hashtable.h>
#include <mm/slab.h>

static DEFINE_SPINLOCK(uidhash_lock);
static DEFINE_HASHTABLE(uidhash, 6);

struct user_struct root_user = {
	.count = REFCOUNT_INIT(1),
};

static struct user_struct *uid_hash_find(kuid_t uid)
{
	uid_t number = __kuid_val(uid);
	struct user_struct *user;

	if (uid_eq(uid, GLOBAL_ROOT_UID)) {
		refcount_inc(&root_user.count);
		return &root_user;
	}
	hash_for_each_possible(uidhash, user, uidhash_node, number) {
		if (uid_eq(user->uid, uid)) {
			refcount_inc(&user->count);
			return user;
		}
	}
	return NULL;
}

struct user_struct *find_user(kuid_t uid)
{
	struct user_struct *user;
	unsigned long flags;

	spin_lock_irqsave(&uidhash_lock, flags);
	user = uid_hash_find(uid);
	spin_unlock_irqrestore(&uidhash_lock, flags);
	return user;
}

struct user_struct *alloc_uid(kuid_t uid)
{
	struct user_struct *user = find_user(uid);
	struct user_struct *new;
	unsigned long flags;
	uid_t number;

	if (user)
		return user;
	new = kzalloc(sizeof(*new), GFP_KERNEL);
	if (!new)
		return NULL;
	number = __kuid_val(uid);
	new->uid = uid;
	refcount_set(&new->count, 1);

	spin_lock_irqsave(&uidhash_lock, flags);
	user = uid_hash_find(uid);
	if (!user) {
		hash_add(uidhash, &new->uidhash_node, number);
		user = new;
		new = NULL;
	}
	spin_unlock_irqrestore(&uidhash_lock, flags);
	kfree(new);
	return user;
}

struct user_struct *get_uid(struct user_struct *user)
{
	refcount_inc(&user->count);
	return user;
}

void free_uid(struct user_struct *user)
{
	unsigned long flags;

	if (!user)
		return;
	spin_lock_irqsave(&uidhash_lock, flags);
	if (!refcount_dec_and_test(&user->count)) {
		spin_unlock_irqrestore(&uidhash_lock, flags);
		return;
	}
	hash_del(&user->uidhash_node);
	spin_unlock_irqrestore(&uidhash_lock, flags);
	kfree(user);
}
