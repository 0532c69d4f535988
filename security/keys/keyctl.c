// SPDX-License-Identifier: MIT
/* keyctl(2): the graph of keys, and the dispatcher. */
#include <kern/syscalls.h>
#include <mm/slab.h>
#include <mm/uaccess.h>
#include <mm/uio.h>

#include "internal.h"

#define MAX_UPDATE 4096 /* a page, for KEYCTL_UPDATE */

/* ---- keyrings ---- */

static long get_keyring_id(key_serial_t id, bool create)
{
	struct key_ref ref = lookup_user_key(id, create ? LOOKUP_CREATE : 0, KEY_NEED_SEARCH);
	long ret;

	if (IS_ERR(ref.key))
		return PTR_ERR(ref.key);
	ret = ref.key->serial;
	key_put(ref.key);
	return ret;
}

static long join_session(const char __user *uname)
{
	char *name = NULL;
	long ret;

	if (uname) {
		name = strndup_user(uname, KEY_MAX_DESC_SIZE);
		if (IS_ERR(name))
			return PTR_ERR(name);
	}
	ret = name && name[0] == '.' ? -EPERM : join_session_keyring(name);
	kfree(name);
	return ret;
}

static long clear_keyring(key_serial_t id)
{
	struct key_ref ref = lookup_user_key(id, LOOKUP_CREATE, KEY_NEED_WRITE);
	long ret = 0;

	if (IS_ERR(ref.key))
		return PTR_ERR(ref.key);
	down_write(&keys_sem);
	if (ref.key->type == &key_type_keyring)
		keyring_clear(ref.key);
	else
		ret = -ENOTDIR;
	up_write(&keys_sem);
	key_put(ref.key);
	return ret;
}

static long link_key(key_serial_t id, key_serial_t ringid)
{
	struct key_ref ring = lookup_user_key(ringid, LOOKUP_CREATE, KEY_NEED_WRITE), ref;
	long ret;

	if (IS_ERR(ring.key))
		return PTR_ERR(ring.key);
	ref = lookup_user_key(id, LOOKUP_CREATE, KEY_NEED_LINK);
	ret = key_ref_error(ref);
	if (!ret) {
		down_write(&keys_sem);
		ret = key_link(ring.key, ref.key);
		up_write(&keys_sem);
		key_put(ref.key);
	}
	key_put(ring.key);
	return ret;
}

static long unlink_key(key_serial_t id, key_serial_t ringid)
{
	struct key_ref ring = lookup_user_key(ringid, 0, KEY_NEED_WRITE), ref;
	long ret;

	if (IS_ERR(ring.key))
		return PTR_ERR(ring.key);
	ref = lookup_user_key(id, LOOKUP_PARTIAL | LOOKUP_DEFER, 0);
	ret = key_ref_error(ref);
	if (!ret) {
		down_write(&keys_sem);
		ret = key_unlink(ring.key, ref.key);
		up_write(&keys_sem);
		key_put(ref.key);
	}
	key_put(ring.key);
	return ret;
}

static long move_key(key_serial_t id, key_serial_t fromid, key_serial_t toid, unsigned int flags)
{
	struct key_ref ref, from = { NULL }, to = { NULL };
	long ret;

	if (flags & ~KEYCTL_MOVE_EXCL)
		return -EINVAL;
	ref = lookup_user_key(id, LOOKUP_CREATE, KEY_NEED_LINK);
	if (IS_ERR(ref.key))
		return PTR_ERR(ref.key);
	from = lookup_user_key(fromid, 0, KEY_NEED_WRITE);
	ret = key_ref_error(from);
	if (ret)
		goto put_key;
	to = lookup_user_key(toid, LOOKUP_CREATE, KEY_NEED_WRITE);
	ret = key_ref_error(to);
	if (ret)
		goto put_from;
	down_write(&keys_sem);
	ret = key_move(ref.key, from.key, to.key, flags);
	up_write(&keys_sem);
	key_put(to.key);
put_from:
	key_put(from.key);
put_key:
	key_put(ref.key);
	return ret;
}

/* What was found goes to `dest`, if there is one; its number. => keys_sem */
static long link_found(struct key_ref found, struct key *dest)
{
	int error = 0;

	if (dest) {
		error = key_permission(found, current_cred(), KEY_NEED_LINK);
		if (!error)
			error = key_link(dest, found.key);
	}
	return error ?: found.key->serial;
}

static long search_from(struct key_ref ring, const char *type, const char *description,
			struct key *dest)
{
	struct key_search search = {
		.type = key_type_lookup(type),
		.description = description,
		.cred = current_cred(),
	};
	struct key_ref found;
	long ret;

	if (!search.type)
		return -ENOKEY;
	down_write(&keys_sem);
	found = keyring_search(ring, &search);
	ret = key_ref_error(found);
	if (!ret) {
		ret = link_found(found, dest);
		key_put(found.key);
	}
	up_write(&keys_sem);
	return ret == -EAGAIN ? -ENOKEY : ret;
}

static long search_keyring(key_serial_t ringid, const char __user *utype,
			   const char __user *udescription, key_serial_t destid)
{
	struct key_ref ring, dest = { NULL };
	char type[32], *description;
	long ret = key_type_from_user(type, utype, sizeof(type));

	if (ret)
		return ret;
	description = strndup_user(udescription, KEY_MAX_DESC_SIZE);
	if (IS_ERR(description))
		return PTR_ERR(description);
	ring = lookup_user_key(ringid, 0, KEY_NEED_SEARCH);
	ret = key_ref_error(ring);
	if (ret)
		goto free;
	if (destid)
		dest = lookup_user_key(destid, LOOKUP_CREATE, KEY_NEED_WRITE);
	ret = key_ref_error(dest);
	if (!ret) {
		ret = search_from(ring, type, description, dest.key);
		key_put(dest.key);
	}
	key_put(ring.key);
free:
	kfree(description);
	return ret;
}

/* ---- keys ---- */

static long update_locked(struct key_ref ref, struct key_payload *payload)
{
	long ret = key_permission(ref, current_cred(), KEY_NEED_WRITE);

	if (!ret && (ref.key->flags & KEY_REVOKED))
		ret = -EKEYREVOKED;
	return ret ?: key_update(ref.key, payload);
}

static long update_key(key_serial_t id, const void __user *udata, size_t len)
{
	struct key_payload payload = { .len = len };
	void *data = NULL;
	struct key_ref ref;
	long ret;

	if (len > MAX_UPDATE)
		return -EINVAL;
	if (len)
		data = memdup_user(udata, len);
	if (IS_ERR(data))
		return PTR_ERR(data);
	payload.data = data;
	ref = lookup_user_key(id, 0, KEY_NEED_WRITE);
	ret = key_ref_error(ref);
	if (ret)
		goto free;
	ret = ref.key->type->updatable ? key_prepare(ref.key->type, &payload) : -EOPNOTSUPP;
	if (!ret) {
		down_write(&keys_sem);
		ret = update_locked(ref, &payload);
		up_write(&keys_sem);
		key_unprepare(ref.key->type, &payload);
	}
	key_put(ref.key);
free:
	kfree_sensitive(data);
	return ret;
}

static long revoke_key(key_serial_t id)
{
	struct key_ref ref = lookup_user_key(id, 0, KEY_NEED_WRITE);

	if (PTR_ERR(ref.key) == -EACCES)
		ref = lookup_user_key(id, 0, KEY_NEED_SETATTR);
	if (IS_ERR(ref.key))
		return PTR_ERR(ref.key);
	down_write(&keys_sem);
	key_revoke(ref.key);
	up_write(&keys_sem);
	key_put(ref.key);
	return 0;
}

static long invalidate_key(key_serial_t id)
{
	struct key_ref ref = lookup_user_key(id, 0, KEY_NEED_SEARCH);

	if (IS_ERR(ref.key))
		return PTR_ERR(ref.key);
	down_write(&keys_sem);
	key_invalidate(ref.key);
	up_write(&keys_sem);
	key_put(ref.key);
	return 0;
}

static long instantiate(key_serial_t id, const void __user *udata, size_t len, key_serial_t ringid)
{
	void *data = NULL;
	long ret;

	if (len > KEY_MAX_PAYLOAD)
		return -EINVAL;
	if (!current_cred()->request_key_auth)
		return -EPERM;
	if (udata && len)
		data = vmemdup_user(udata, len);
	if (IS_ERR(data))
		return PTR_ERR(data);
	ret = keyctl_instantiate(id, data, data ? len : 0, ringid);
	kvfree(data);
	return ret;
}

static long instantiate_iov(key_serial_t id, const struct iovec __user *uvec, unsigned int n,
			    key_serial_t ringid)
{
	struct iovec fast[8], *vec = fast;
	struct iov_iter iter;
	void *data = NULL;
	ssize_t len;
	long ret;

	if (!uvec)
		n = 0;
	len = import_iovec(ITER_SOURCE, uvec, n, ARRAY_SIZE(fast), &vec, &iter);
	if (len < 0)
		return len;
	ret = -EINVAL;
	if (len > KEY_MAX_PAYLOAD)
		goto free;
	ret = -EPERM;
	if (!current_cred()->request_key_auth)
		goto free;
	if (len) {
		ret = -ENOMEM;
		data = kvmalloc(len, GFP_KERNEL);
		if (!data)
			goto free;
		ret = -EFAULT;
		if (copy_from_iter(data, len, &iter) != len)
			goto free;
	}
	ret = keyctl_instantiate(id, data, len, ringid);
free:
	kvfree(data);
	kfree(vec);
	return ret;
}

static long capabilities(u8 __user *buffer, size_t size)
{
	static const u8 have[] = {
		KEYCTL_CAPS0_CAPABILITIES | KEYCTL_CAPS0_PERSISTENT_KEYRINGS |
			KEYCTL_CAPS0_BIG_KEY | KEYCTL_CAPS0_INVALIDATE |
			KEYCTL_CAPS0_RESTRICT_KEYRING | KEYCTL_CAPS0_MOVE,
		KEYCTL_CAPS1_NS_KEYRING_NAME,
	};
	size_t n = size < sizeof(have) ? size : sizeof(have);

	if (size && (copy_to_user(buffer, have, n) || clear_user(buffer + n, size - n)))
		return -EFAULT;
	return sizeof(have);
}

/*
 * What needs cryptography (Diffie-Hellman, public keys) or notification pipes is not there, and says
 * so as a kernel that is built without.
 */
SYSCALL_DEFINE5(keyctl, int, option, unsigned long, arg2, unsigned long, arg3, unsigned long, arg4,
		unsigned long, arg5)
{
	switch (option) {
	case KEYCTL_GET_KEYRING_ID:
		return get_keyring_id(arg2, (int)arg3);
	case KEYCTL_JOIN_SESSION_KEYRING:
		return join_session((const char __user *)arg2);
	case KEYCTL_UPDATE:
		return update_key(arg2, (const void __user *)arg3, arg4);
	case KEYCTL_REVOKE:
		return revoke_key(arg2);
	case KEYCTL_CHOWN:
		return keyctl_chown(arg2, arg3, arg4);
	case KEYCTL_SETPERM:
		return keyctl_setperm(arg2, arg3);
	case KEYCTL_DESCRIBE:
		return keyctl_describe(arg2, (char __user *)arg3, (unsigned int)arg4);
	case KEYCTL_CLEAR:
		return clear_keyring(arg2);
	case KEYCTL_LINK:
		return link_key(arg2, arg3);
	case KEYCTL_UNLINK:
		return unlink_key(arg2, arg3);
	case KEYCTL_SEARCH:
		return search_keyring(arg2, (const char __user *)arg3, (const char __user *)arg4,
				      arg5);
	case KEYCTL_READ:
		return keyctl_read(arg2, (char __user *)arg3, arg4);
	case KEYCTL_INSTANTIATE:
		return instantiate(arg2, (const void __user *)arg3, arg4, arg5);
	case KEYCTL_NEGATE:
		return keyctl_reject(arg2, arg3, ENOKEY, arg4);
	case KEYCTL_SET_REQKEY_KEYRING:
		return keyctl_set_reqkey_keyring(arg2);
	case KEYCTL_SET_TIMEOUT:
		return keyctl_set_timeout(arg2, arg3);
	case KEYCTL_ASSUME_AUTHORITY:
		return keyctl_assume_authority(arg2);
	case KEYCTL_GET_SECURITY:
		return keyctl_get_security(arg2, (char __user *)arg3, arg4);
	case KEYCTL_SESSION_TO_PARENT:
		return keyctl_session_to_parent();
	case KEYCTL_REJECT:
		return keyctl_reject(arg2, arg3, arg4, arg5);
	case KEYCTL_INSTANTIATE_IOV:
		return instantiate_iov(arg2, (const struct iovec __user *)arg3, arg4, arg5);
	case KEYCTL_INVALIDATE:
		return invalidate_key(arg2);
	case KEYCTL_GET_PERSISTENT:
		return keyctl_get_persistent(arg2, arg3);
	case KEYCTL_RESTRICT_KEYRING:
		return keyctl_restrict_keyring(arg2, (const char __user *)arg3,
					       (const char __user *)arg4);
	case KEYCTL_MOVE:
		return move_key(arg2, arg3, arg4, arg5);
	case KEYCTL_CAPABILITIES:
		return capabilities((u8 __user *)arg2, arg3);
	default:
		return -EOPNOTSUPP;
	}
}
