// SPDX-License-Identifier: MIT
/* What a key says of itself, and who may change that. */
#include <kern/user_namespace.h>
#include <lib/sprintf.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

#include "internal.h"

/* Whoever is to make a key has some rights over it that its permissions do not give. */
struct key_ref lookup_or_authority(key_serial_t id, unsigned int flags, unsigned int need)
{
	struct key_ref ref = lookup_user_key(id, flags, need);
	struct key *authkey;

	if (PTR_ERR(ref.key) != -EACCES)
		return ref;
	authkey = request_key_auth_find(id);
	if (IS_ERR(authkey))
		return ref;
	key_put(authkey);
	return lookup_user_key(id, LOOKUP_PARTIAL | LOOKUP_UNCHECKED, 0);
}

long keyctl_describe(key_serial_t id, char __user *buffer, size_t size)
{
	struct key_ref ref = lookup_or_authority(id, LOOKUP_PARTIAL, KEY_NEED_VIEW);
	struct user_namespace *ns = current_user_ns();
	const struct key *key = ref.key;
	char *text;
	size_t n;
	long ret;

	if (IS_ERR(key))
		return PTR_ERR(key);
	n = strlen(key->type->name) + strlen(key->description) + 64;
	ret = -ENOMEM;
	text = kmalloc(n, GFP_KERNEL);
	if (text) {
		down_read(&keys_sem);
		ret = snprintf(text, n, "%s;%d;%d;%08x;%s", key->type->name,
			       from_kuid_munged(ns, key->uid), from_kgid_munged(ns, key->gid),
			       key->perm, key->description);
		up_read(&keys_sem);
		ret++; /* the NUL, too */
		if (buffer && size >= ret && copy_to_user(buffer, text, ret))
			ret = -EFAULT;
		kfree(text);
	}
	key_put(ref.key);
	return ret;
}

/* May the caller read it, by its rights or because a search of his would find it? => keys_sem */
static int may_read(struct key_ref ref)
{
	if (ref.key->state < 0)
		return ref.key->state;
	if (key_permission(ref, current_cred(), KEY_NEED_READ) && !ref.possessed)
		return -EACCES;
	if (!ref.key->type->read)
		return -EOPNOTSUPP;
	return key_validate(ref.key);
}

/* The payload's size; in *copy what fits into `size` bytes, or NULL. */
static long read_payload(struct key_ref ref, size_t size, char **copy)
{
	long ret;

	*copy = NULL;
	for (;;) {
		down_read(&keys_sem);
		ret = may_read(ref);
		if (!ret)
			ret = ref.key->type->read(ref.key, *copy, *copy ? ksize(*copy) : 0);
		up_read(&keys_sem);
		if (ret <= 0 || ret > size || (*copy && ret <= ksize(*copy)))
			break;
		kfree_sensitive(*copy);
		*copy = kmalloc(ret, GFP_KERNEL);
		if (!*copy)
			return -ENOMEM;
	}
	return ret;
}

long keyctl_read(key_serial_t id, char __user *buffer, size_t size)
{
	struct key_ref ref = lookup_user_key(id, LOOKUP_DEFER, 0);
	char *copy;
	long ret;

	if (IS_ERR(ref.key))
		return PTR_ERR(ref.key);
	ret = read_payload(ref, buffer ? size : 0, &copy);
	if (ret > 0 && copy && ret <= size && copy_to_user(buffer, copy, ret))
		ret = -EFAULT;
	kfree_sensitive(copy);
	key_put(ref.key);
	return ret;
}

/* No security module labels keys: the label is empty. */
long keyctl_get_security(key_serial_t id, char __user *buffer, size_t size)
{
	struct key_ref ref = lookup_or_authority(id, LOOKUP_PARTIAL, KEY_NEED_VIEW);
	long ret = 1;

	if (IS_ERR(ref.key))
		return PTR_ERR(ref.key);
	if (buffer && size && copy_to_user(buffer, "", 1))
		ret = -EFAULT;
	key_put(ref.key);
	return ret;
}

/* => keys_sem */
static long change_owner(struct key *key, kuid_t uid, kgid_t gid)
{
	int error = 0;

	if (!capable(CAP_SYS_ADMIN)) {
		if (uid_valid(uid) && !uid_eq(uid, key->uid))
			return -EACCES;
		if (gid_valid(gid) && !gid_eq(gid, key->gid) && !in_group_p(gid))
			return -EACCES;
	}
	if (uid_valid(uid))
		error = key_change_owner(key, uid);
	if (!error && gid_valid(gid))
		key->gid = gid;
	return error;
}

long keyctl_chown(key_serial_t id, uid_t user, gid_t group)
{
	kuid_t uid = make_kuid(current_user_ns(), user);
	kgid_t gid = make_kgid(current_user_ns(), group);
	struct key_ref ref;
	long ret;

	if ((user != (uid_t)-1 && !uid_valid(uid)) || (group != (gid_t)-1 && !gid_valid(gid)))
		return -EINVAL;
	if (user == (uid_t)-1 && group == (gid_t)-1)
		return 0;
	ref = lookup_user_key(id, LOOKUP_CREATE | LOOKUP_PARTIAL, KEY_NEED_SETATTR);
	if (IS_ERR(ref.key))
		return PTR_ERR(ref.key);
	down_write(&keys_sem);
	ret = change_owner(ref.key, uid, gid);
	up_write(&keys_sem);
	key_put(ref.key);
	return ret;
}

long keyctl_setperm(key_serial_t id, key_perm_t perm)
{
	struct key_ref ref;
	long ret = -EACCES;

	if (perm & ~KEY_PERM_ALL)
		return -EINVAL;
	ref = lookup_user_key(id, LOOKUP_CREATE | LOOKUP_PARTIAL, KEY_NEED_SETATTR);
	if (IS_ERR(ref.key))
		return PTR_ERR(ref.key);
	down_write(&keys_sem);
	if (uid_eq(ref.key->uid, current_fsuid()) || capable(CAP_SYS_ADMIN)) {
		ref.key->perm = perm;
		ret = 0;
	}
	up_write(&keys_sem);
	key_put(ref.key);
	return ret;
}

long keyctl_set_timeout(key_serial_t id, unsigned int timeout)
{
	struct key_ref ref =
		lookup_or_authority(id, LOOKUP_CREATE | LOOKUP_PARTIAL, KEY_NEED_SETATTR);

	if (IS_ERR(ref.key))
		return PTR_ERR(ref.key);
	down_write(&keys_sem);
	key_set_timeout(ref.key, timeout);
	up_write(&keys_sem);
	key_put(ref.key);
	return 0;
}

/* From now on the keyring takes no link; no type has rules of its own for which it would take. */
long keyctl_restrict_keyring(key_serial_t id, const char __user *utype, const char __user *text)
{
	struct key_ref ref = lookup_user_key(id, 0, KEY_NEED_SETATTR);
	char type[32];
	long ret = 0;

	if (IS_ERR(ref.key))
		return PTR_ERR(ref.key);
	if (utype)
		ret = key_type_from_user(type, utype, sizeof(type));
	else if (text)
		ret = -EINVAL;
	if (!ret && ref.key->type != &key_type_keyring)
		ret = -ENOTDIR;
	if (!ret && utype)
		ret = key_type_lookup(type) ? -ENOENT : -ENOKEY;
	if (!ret) {
		down_write(&keys_sem);
		ret = ref.key->restricted ? -EEXIST : 0;
		ref.key->restricted = true;
		up_write(&keys_sem);
	}
	key_put(ref.key);
	return ret;
}
