// SPDX-License-Identifier: MIT
/*
 * Persistent keyrings: one for each user, kept by a register of the user name space, that outlives
 * his sessions and expires when it has not been asked for for three days.
 */
#include <kern/user_namespace.h>
#include <lib/sprintf.h>

#include "internal.h"

int persistent_keyring_expiry = 3 * 24 * 3600;

/* => keys_sem */
static struct key *persistent_register(struct user_namespace *ns)
{
	if (!ns->persistent_keyring_register) {
		struct key *keyring = keyring_alloc(".persistent_register", GLOBAL_ROOT_UID,
						    GLOBAL_ROOT_GID,
						    KEY_POS(KEY_NEED_ALL & ~KEY_NEED_SETATTR) |
							    KEY_USR(KEY_NEED_VIEW | KEY_NEED_READ),
						    KEY_NO_QUOTA, NULL);

		if (IS_ERR(keyring))
			return keyring;
		ns->persistent_keyring_register = keyring;
	}
	return ns->persistent_keyring_register;
}

/* No reference: the register holds it. => keys_sem */
static struct key *persistent_keyring(struct user_namespace *ns, kuid_t uid)
{
	struct key *reg = persistent_register(ns), *keyring;
	char name[32];

	if (IS_ERR(reg))
		return reg;
	snprintf(name, sizeof(name), "_persistent.%u", from_kuid(ns, uid));
	keyring = keyring_find(reg, &key_type_keyring, name);
	if (keyring && !key_validate(keyring))
		return keyring;
	keyring = keyring_alloc(name, uid, INVALID_GID,
				KEY_POS(KEY_NEED_ALL & ~KEY_NEED_SETATTR) |
					KEY_USR(KEY_NEED_VIEW | KEY_NEED_READ),
				KEY_NO_QUOTA, reg);
	if (!IS_ERR(keyring))
		key_put(keyring);
	return keyring;
}

/* => keys_sem */
static long link_persistent(kuid_t uid, struct key *dest)
{
	struct key *keyring = persistent_keyring(current_user_ns(), uid);
	long ret;

	if (IS_ERR(keyring))
		return PTR_ERR(keyring);
	ret = key_permission(key_ref(keyring, true), current_cred(), KEY_NEED_LINK);
	if (!ret)
		ret = key_link(dest, keyring);
	if (ret)
		return ret;
	key_set_timeout(keyring, READ_ONCE(persistent_keyring_expiry));
	return keyring->serial;
}

long keyctl_get_persistent(uid_t number, key_serial_t destid)
{
	kuid_t uid = current_uid();
	struct key_ref dest;
	long ret;

	if (number != (uid_t)-1) {
		uid = make_kuid(current_user_ns(), number);
		if (!uid_valid(uid))
			return -EINVAL;
		if (!uid_eq(uid, current_uid()) && !uid_eq(uid, current_euid()) &&
		    !ns_capable(current_user_ns(), CAP_SETUID))
			return -EPERM;
	}
	dest = lookup_user_key(destid, LOOKUP_CREATE, KEY_NEED_WRITE);
	if (IS_ERR(dest.key))
		return PTR_ERR(dest.key);
	ret = -ENOTDIR;
	if (dest.key->type == &key_type_keyring) {
		down_write(&keys_sem);
		ret = link_persistent(uid, dest.key);
		up_write(&keys_sem);
	}
	key_put(dest.key);
	return ret;
}
