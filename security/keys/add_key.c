// SPDX-License-Identifier: MIT
/* add_key(2) and request_key(2). */
#include <kern/syscalls.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

#include "internal.h"

int key_type_from_user(char *type, const char __user *utype, size_t size)
{
	long n = strncpy_from_user(type, utype, size);

	if (n < 0)
		return n;
	if (!n || n >= size)
		return -EINVAL;
	return type[0] == '.' ? -EPERM : 0;
}

static key_perm_t default_perm(const struct key_type *type)
{
	key_perm_t perm =
		KEY_POS(KEY_NEED_VIEW | KEY_NEED_SEARCH | KEY_NEED_LINK | KEY_NEED_SETATTR) |
		KEY_USR(KEY_NEED_VIEW);

	if (type->read)
		perm |= KEY_POS(KEY_NEED_READ);
	if (type == &key_type_keyring || type->updatable)
		perm |= KEY_POS(KEY_NEED_WRITE);
	return perm;
}

static struct key *add_new(struct key *keyring, const struct key_type *type,
			   const char *description, struct key_payload *payload)
{
	const struct cred *cred = current_cred();
	struct key *key = key_alloc(type, description, cred->fsuid, cred->fsgid, default_perm(type),
				    KEY_QUOTA);
	int error;

	if (IS_ERR(key))
		return key;
	error = key_instantiate(key, payload);
	if (!error)
		error = key_link(keyring, key);
	if (!error)
		return key;
	key_put(key);
	return ERR_PTR(error);
}

/*
 * A new key, or a new payload for the one that is there; with a reference. One that is
 * being made goes to *waitp with a reference, and ERR_PTR(-EINPROGRESS) is returned. => keys_sem
 */
static struct key *add_or_update(struct key_ref ring, const struct key_type *type,
				 const char *description, struct key_payload *payload,
				 struct key **waitp)
{
	struct key *old;
	int error;

	if (ring.key->type != &key_type_keyring)
		return ERR_PTR(-ENOTDIR);
	if (ring.key->flags & KEY_REVOKED)
		return ERR_PTR(-EKEYREVOKED);
	if (ring.key->restricted)
		return ERR_PTR(-EPERM);
	error = key_permission(ring, current_cred(), KEY_NEED_WRITE);
	if (error)
		return ERR_PTR(error);
	old = type->updatable ? keyring_find(ring.key, type, description) : NULL;
	if (!old || (old->flags & (KEY_REVOKED | KEY_INVALIDATED)))
		return add_new(ring.key, type, description, payload);
	if (old->flags & KEY_USER_CONSTRUCT) {
		*waitp = key_get(old);
		return ERR_PTR(-EINPROGRESS);
	}
	error = key_permission(key_ref(old, ring.possessed), current_cred(), KEY_NEED_WRITE);
	if (!error)
		error = key_update(old, payload);
	return error ? ERR_PTR(error) : key_get(old);
}

/* The number of the key, or -errno. => may sleep */
static long add_prepared(struct key_ref ring, const struct key_type *type, const char *description,
			 struct key_payload *payload)
{
	struct key *key, *wait;
	long ret;

	do {
		wait = NULL;
		down_write(&keys_sem);
		key = add_or_update(ring, type, description, payload, &wait);
		ret = IS_ERR(key) ? PTR_ERR(key) : key->serial;
		up_write(&keys_sem);
		if (!IS_ERR(key))
			key_put(key);
		if (!wait)
			return ret;
		ret = key_wait(wait);
		key_put(wait);
	} while (!ret);
	return ret;
}

/* => may sleep */
static long add_to(struct key_ref ring, const char *type_name, const char *description,
		   const void *data, size_t len)
{
	struct key_payload payload = { .data = data, .len = len };
	const struct key_type *type = key_type_lookup(type_name);
	long ret;

	if (!type || !type->prepare)
		return -ENODEV;
	if (ring.key->type != &key_type_keyring)
		return -ENOTDIR;
	ret = key_prepare(type, &payload);
	if (ret)
		return ret;
	ret = description ? add_prepared(ring, type, description, &payload) : -EINVAL;
	key_unprepare(type, &payload);
	return ret;
}

/* A description, or NULL for none and for an empty one; -EPERM for a name of the kernel's keyrings. */
static char *description_from_user(const char __user *utext, const char *type)
{
	char *text;

	if (!utext)
		return NULL;
	text = strndup_user(utext, KEY_MAX_DESC_SIZE);
	if (IS_ERR(text))
		return text;
	if (!*text) {
		kfree(text);
		return NULL;
	}
	if (text[0] == '.' && strstarts(type, "keyring")) {
		kfree(text);
		return ERR_PTR(-EPERM);
	}
	return text;
}

SYSCALL_DEFINE5(add_key, const char __user *, utype, const char __user *, udescription,
		const void __user *, udata, size_t, len, key_serial_t, ringid)
{
	char type[32], *description;
	struct key_ref ring;
	void *data = NULL;
	long ret;

	if (len > KEY_MAX_PAYLOAD)
		return -EINVAL;
	ret = key_type_from_user(type, utype, sizeof(type));
	if (ret)
		return ret;
	description = description_from_user(udescription, type);
	if (IS_ERR(description))
		return PTR_ERR(description);
	if (len)
		data = vmemdup_user(udata, len);
	ret = IS_ERR(data) ? PTR_ERR(data) : 0;
	if (ret)
		goto free;
	ring = lookup_user_key(ringid, LOOKUP_CREATE, KEY_NEED_WRITE);
	ret = key_ref_error(ring);
	if (!ret) {
		ret = add_to(ring, type, description, data, len);
		key_put(ring.key);
	}
	if (data)
		memzero_explicit(data, len);
	kvfree(data);
free:
	kfree(description);
	return ret;
}

/* => may sleep */
static long request(const char *type_name, const char *description, const char *callout,
		    struct key *dest)
{
	const struct key_type *type = key_type_lookup(type_name);
	struct key *key;
	long ret;

	if (!type)
		return -ENOKEY;
	key = request_key_and_link(type, description, callout, callout ? strlen(callout) : 0, dest);
	if (IS_ERR(key))
		return PTR_ERR(key) == -EAGAIN ? -ENOKEY : PTR_ERR(key);
	ret = key_wait(key) ?: key->serial;
	key_put(key);
	return ret;
}

SYSCALL_DEFINE4(request_key, const char __user *, utype, const char __user *, udescription,
		const char __user *, ucallout, key_serial_t, destid)
{
	char type[32], *description, *callout = NULL;
	struct key_ref dest = { NULL };
	long ret = key_type_from_user(type, utype, sizeof(type));

	if (ret)
		return ret;
	description = strndup_user(udescription, KEY_MAX_DESC_SIZE);
	if (IS_ERR(description))
		return PTR_ERR(description);
	if (ucallout) {
		callout = strndup_user(ucallout, 4096);
		ret = IS_ERR(callout) ? PTR_ERR(callout) : 0;
		if (ret)
			goto free_description;
	}
	if (destid)
		dest = lookup_user_key(destid, LOOKUP_CREATE, KEY_NEED_WRITE);
	ret = key_ref_error(dest);
	if (!ret) {
		ret = request(type, description, callout, dest.key);
		key_put(dest.key);
	}
	kfree(callout);
free_description:
	kfree(description);
	return ret;
}
