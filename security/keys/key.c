// SPDX-License-Identifier: MIT
/*
 * Keys: small secrets that programs leave with the kernel, found again by type and description.
 *
 * A key is a node of a graph whose edges are the links of keyrings, which are keys themselves. It
 * lives while something refers to it: a link, credentials (thread, process and session keyring),
 * the register of a user name space, or a system call. All keys are in a tree by number. The
 * last reference leaves the key in the tree, where nobody can get a new one (the count is 0), until
 * a work item has taken it apart: that may sleep and drop other keys.
 *
 *	key_alloc --> UNINSTANTIATED --key_instantiate--> POSITIVE --key_update--> POSITIVE
 *				|			    ^
 *				+--key_reject--> negative --+ (key_update)
 *
 * Beside its state, a key can be revoked, invalidated or expired. Then it is dead: no search finds
 * it, and the collector (gc.c) takes its links away.
 *
 * Locks: keys_sem guards the graph and every field of every key, key_user_lock what is counted.
 * Programs use keys rarely; one lock for the graph makes cycle checks and searches of several
 * keyrings simple. No user memory is touched under it.
 */
#include <kern/kernel.h>
#include <kern/random.h>
#include <kern/timekeeping.h>
#include <kern/wait.h>
#include <mm/slab.h>

#include "internal.h"

/* keys_sem */
static struct rb_root key_tree = RB_ROOT;
struct rb_root key_users = RB_ROOT;

static const struct key_type *const key_types[] = { &key_type_keyring, &key_type_user,
						    &key_type_logon, &key_type_big_key,
						    &key_type_request_key_auth };

const struct key_type *key_type_lookup(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(key_types); i++)
		if (!strcmp(key_types[i]->name, name))
			return key_types[i];
	return NULL;
}

/* ---- owners and quotas ---- */

int key_max_keys(kuid_t uid)
{
	return READ_ONCE(
		*(uid_eq(uid, GLOBAL_ROOT_UID) ? &key_quota_root_maxkeys : &key_quota_maxkeys));
}

int key_max_bytes(kuid_t uid)
{
	return READ_ONCE(
		*(uid_eq(uid, GLOBAL_ROOT_UID) ? &key_quota_root_maxbytes : &key_quota_maxbytes));
}

/* => key_user_lock */
static struct key_user *find_or_insert(struct key_user *new, kuid_t uid)
{
	struct rb_node **p = &key_users.rb_node, *parent = NULL;

	while (*p) {
		struct key_user *user = rb_entry(*p, struct key_user, node);

		parent = *p;
		if (uid_eq(uid, user->uid))
			return user;
		p = uid_lt(uid, user->uid) ? &parent->rb_left : &parent->rb_right;
	}
	if (new) {
		new->uid = uid;
		rb_link_node(&new->node, parent, p);
		rb_insert_color(&new->node, &key_users);
	}
	return new;
}

/* The counters of an owner with a reference; NULL without memory. */
static struct key_user *key_user_get(kuid_t uid)
{
	struct key_user *new = NULL, *user;

	spin_lock_irq(&key_user_lock);
	user = find_or_insert(NULL, uid);
	if (!user) {
		spin_unlock_irq(&key_user_lock);
		new = kzalloc(sizeof(*new), GFP_KERNEL);
		if (!new)
			return NULL;
		spin_lock_irq(&key_user_lock);
		user = find_or_insert(new, uid);
	}
	user->usage++;
	spin_unlock_irq(&key_user_lock);
	if (user != new)
		kfree(new);
	return user;
}

static void key_user_put(struct key_user *user)
{
	bool last;

	spin_lock_irq(&key_user_lock);
	last = !--user->usage;
	if (last)
		rb_erase(&user->node, &key_users);
	spin_unlock_irq(&key_user_lock);
	if (last)
		kfree(user);
}

/* Counts keys and bytes for an owner; 0 or -EDQUOT. => key_user_lock */
static int charge_user(struct key_user *user, int keys, long bytes, bool overrun)
{
	if (!overrun && keys > 0 && user->qnkeys + keys > key_max_keys(user->uid))
		return -EDQUOT;
	if (!overrun && bytes > 0 && user->qnbytes + bytes > key_max_bytes(user->uid))
		return -EDQUOT;
	user->qnkeys += keys;
	user->qnbytes += bytes;
	return 0;
}

int key_charge(struct key *key, unsigned int datalen)
{
	long delta = (long)datalen - key->datalen;
	int error = 0;

	if (delta && (key->flags & KEY_IN_QUOTA)) {
		spin_lock_irq(&key_user_lock);
		error = charge_user(key->user, 0, delta, false);
		if (!error)
			key->quotalen += delta;
		spin_unlock_irq(&key_user_lock);
	}
	if (!error)
		key->datalen = datalen;
	return error;
}

int key_change_owner(struct key *key, kuid_t uid)
{
	struct key_user *new, *old = key->user;
	int error = 0, made = key->state != KEY_UNINSTANTIATED;

	if (uid_eq(key->uid, uid))
		return 0;
	new = key_user_get(uid);
	if (!new)
		return -ENOMEM;
	spin_lock_irq(&key_user_lock);
	if (key->flags & KEY_IN_QUOTA)
		error = charge_user(new, 1, key->quotalen, false);
	if (!error) {
		if (key->flags & KEY_IN_QUOTA)
			charge_user(old, -1, -(long)key->quotalen, true);
		old->nkeys--;
		old->nikeys -= made;
		new->nkeys++;
		new->nikeys += made;
		key->user = new;
	}
	spin_unlock_irq(&key_user_lock);
	key_user_put(error ? new : old);
	if (!error)
		key->uid = uid;
	return error;
}

/* ---- numbers ---- */

/* Random numbers from 3 on tell nothing of other keys. => keys_sem */
static void insert_serial(struct key *key)
{
	for (;;) {
		struct rb_node **p = &key_tree.rb_node, *parent = NULL;

		key->serial = 3 + get_random_u32_below(0x7fffffff - 3);
		while (*p) {
			struct key *other = rb_entry(*p, struct key, serial_node);

			if (key->serial == other->serial)
				break;
			parent = *p;
			p = key->serial < other->serial ? &parent->rb_left : &parent->rb_right;
		}
		if (*p)
			continue;
		rb_link_node(&key->serial_node, parent, p);
		rb_insert_color(&key->serial_node, &key_tree);
		return;
	}
}

struct key *key_from(key_serial_t serial)
{
	struct rb_node *node = key_tree.rb_node;
	struct key *best = NULL;

	while (node) {
		struct key *key = rb_entry(node, struct key, serial_node);

		if (key->serial < serial) {
			node = node->rb_right;
		} else {
			best = key;
			node = node->rb_left;
		}
	}
	return best;
}

struct key *key_lookup(key_serial_t serial)
{
	struct key *key = key_from(serial);

	if (!key || key->serial != serial || !refcount_inc_not_zero(&key->usage))
		return ERR_PTR(-ENOKEY);
	return key;
}

/* ---- birth and death ---- */

struct key *key_alloc(const struct key_type *type, const char *description, kuid_t uid, kgid_t gid,
		      key_perm_t perm, unsigned int quota)
{
	size_t size = strlen(description) + 1;
	struct key *key;
	int error = -EINVAL;

	if (size == 1 || (type->vet_description && type->vet_description(description)))
		return ERR_PTR(-EINVAL);
	error = -ENOMEM;
	key = kzalloc(sizeof(*key), GFP_KERNEL);
	if (!key)
		goto fail;
	key->description = kmemdup(description, size, GFP_KERNEL);
	if (!key->description)
		goto free_key;
	key->user = key_user_get(uid);
	if (!key->user)
		goto free_description;
	refcount_set(&key->usage, 1);
	key->type = type;
	key->uid = uid;
	key->gid = gid;
	key->perm = perm;
	key->expiry = TIME_NEVER;
	INIT_LIST_HEAD(&key->name_entry);
	INIT_WORK(&key->work, key_free_work);

	spin_lock_irq(&key_user_lock);
	error = 0;
	if (quota != KEY_NO_QUOTA) {
		key->flags |= KEY_IN_QUOTA;
		key->quotalen = size;
		error = charge_user(key->user, 1, size, quota == KEY_OVERRUN);
	}
	if (!error)
		key->user->nkeys++;
	spin_unlock_irq(&key_user_lock);
	if (error)
		goto put_user;
	insert_serial(key);
	return key;
put_user:
	key_user_put(key->user);
free_description:
	kfree(key->description);
free_key:
	kfree(key);
fail:
	return ERR_PTR(error);
}

void key_free_work(struct work_struct *work)
{
	struct key *key = container_of(work, struct key, work);

	down_write(&keys_sem);
	rb_erase(&key->serial_node, &key_tree);
	list_del(&key->name_entry);
	up_write(&keys_sem);

	spin_lock_irq(&key_user_lock);
	key->user->nkeys--;
	key->user->nikeys -= key->state != KEY_UNINSTANTIATED;
	spin_unlock_irq(&key_user_lock);
	key_user_put(key->user);
	key->type->destroy(&key->data);
	kfree(key->description);
	kfree_sensitive(key);
}

int key_validate(const struct key *key)
{
	if (key->flags & KEY_INVALIDATED)
		return -ENOKEY;
	if (key->flags & KEY_REVOKED)
		return -EKEYREVOKED;
	if (key->expiry != TIME_NEVER && ktime_get_real_seconds() >= key->expiry)
		return -EKEYEXPIRED;
	return 0;
}

int key_permission(struct key_ref ref, const struct cred *cred, unsigned int need)
{
	const struct key *key = ref.key;
	key_perm_t perm = key->perm;
	unsigned int allowed;

	if (uid_eq(key->uid, cred->fsuid))
		allowed = perm >> 16;
	else if (gid_valid(key->gid) && (perm & (KEY_NEED_ALL << 8)) &&
		 (gid_eq(key->gid, cred->fsgid) || groups_search(cred->group_info, key->gid)))
		allowed = perm >> 8;
	else
		allowed = perm;
	if (ref.possessed)
		allowed |= perm >> 24;
	return (allowed & need) == need ? 0 : -EACCES;
}

/* ---- payloads ---- */

int key_prepare(const struct key_type *type, struct key_payload *payload)
{
	return type->prepare ? type->prepare(payload) : -EPERM;
}

void key_unprepare(const struct key_type *type, struct key_payload *payload)
{
	type->destroy(&payload->parsed);
}

/* The key takes what was prepared, the caller keeps what the key held. => keys_sem */
static void swap_payload(struct key *key, struct key_payload *payload)
{
	union key_data old = key->data;

	key->data = payload->parsed;
	payload->parsed = old;
}

int key_instantiate(struct key *key, struct key_payload *payload)
{
	int error;

	if (key->state != KEY_UNINSTANTIATED)
		return -EBUSY;
	error = key_charge(key, payload->quotalen);
	if (error)
		return error;
	if (key->type != &key_type_keyring)
		swap_payload(key, payload);
	else
		keyring_publish(key);
	key->state = KEY_POSITIVE;
	spin_lock_irq(&key_user_lock);
	key->user->nikeys++;
	spin_unlock_irq(&key_user_lock);
	return 0;
}

int key_update(struct key *key, struct key_payload *payload)
{
	int error = key_charge(key, payload->quotalen);

	if (error)
		return error;
	swap_payload(key, payload);
	key->state = KEY_POSITIVE;
	key->expiry = TIME_NEVER;
	return 0;
}

int key_reject(struct key *key, unsigned int seconds, int error)
{
	if (key->state != KEY_UNINSTANTIATED)
		return -EBUSY;
	key->state = -error;
	key->expiry = ktime_get_real_seconds() + seconds;
	key_schedule_gc(key_dead_at(key));
	spin_lock_irq(&key_user_lock);
	key->user->nikeys++;
	spin_unlock_irq(&key_user_lock);
	return 0;
}

void key_revoke(struct key *key)
{
	if (key->flags & KEY_REVOKED)
		return;
	key->flags |= KEY_REVOKED;
	key->revoked_at = ktime_get_real_seconds();
	if (key->type == &key_type_keyring) {
		keyring_clear(key);
	} else if (key->state == KEY_POSITIVE) {
		key_charge(key, 0);
		key->type->destroy(&key->data);
		memset(&key->data, 0, sizeof(key->data));
	}
	key_schedule_gc(key_dead_at(key));
}

void key_invalidate(struct key *key)
{
	key->flags |= KEY_INVALIDATED;
	key_schedule_gc(0);
}

void key_set_timeout(struct key *key, unsigned int seconds)
{
	key->expiry = seconds ? ktime_get_real_seconds() + seconds : TIME_NEVER;
	key_schedule_gc(key_dead_at(key));
}
