// SPDX-License-Identifier: MIT
/*
 * request_key(2): a key that no keyring has is made by a program, /sbin/request-key.
 *
 *	requestor				/sbin/request-key create KEY UID GID TH PR SE
 *	no key found
 *	new key (USER_CONSTRUCT), linked to
 *	the destination; authority over it
 *	in the helper's session keyring  ---->	KEYCTL_ASSUME_AUTHORITY
 *	waits until it has ended		KEYCTL_INSTANTIATE or KEYCTL_REJECT
 *	a key that is not made then is
 *	negated for a minute
 *
 * Whoever finds the key meanwhile waits in key_wait().
 */
#include <kern/wait.h>

#include "internal.h"

#define NEGATIVE_SECONDS 60

void key_constructed(struct key *key, struct key *authkey)
{
	if (key->flags & KEY_USER_CONSTRUCT) {
		WRITE_ONCE(key->flags, key->flags & ~KEY_USER_CONSTRUCT);
		wake_up_all(&key_waiters);
	}
	if (authkey)
		key_invalidate(authkey);
}

/* Whom this task makes a key for has said where it goes. NULL: nobody, or he did not. => keys_sem */
static struct key *requestors_keyring(const struct cred *cred)
{
	const struct key *authkey = cred->request_key_auth;

	if (!authkey || (authkey->flags & KEY_REVOKED) || !authkey->data.auth)
		return NULL;
	return authkey->data.auth->dest;
}

/* Where a new key goes when the program has not said: no reference; NULL nowhere. => keys_sem */
static struct key *default_keyring(const struct cred *cred)
{
	struct key *keyring = NULL;

	switch (cred->jit_keyring) {
	case KEY_REQKEY_DEFL_DEFAULT:
	case KEY_REQKEY_DEFL_REQUESTOR_KEYRING:
		keyring = requestors_keyring(cred);
		if (keyring && !key_permission(key_ref(keyring, false), cred, KEY_NEED_WRITE))
			break;
		fallthrough;
	case KEY_REQKEY_DEFL_THREAD_KEYRING:
		keyring = cred->thread_keyring;
		if (keyring)
			break;
		fallthrough;
	case KEY_REQKEY_DEFL_PROCESS_KEYRING:
		keyring = cred->process_keyring;
		if (keyring)
			break;
		fallthrough;
	case KEY_REQKEY_DEFL_SESSION_KEYRING:
		keyring = cred->session_keyring;
		if (keyring)
			break;
		fallthrough;
	case KEY_REQKEY_DEFL_USER_SESSION_KEYRING:
		keyring = user_session_keyring(cred);
		break;
	case KEY_REQKEY_DEFL_USER_KEYRING:
		if (!user_keyrings(cred, &keyring, NULL))
			key_put(keyring); /* the register holds it */
		break;
	}
	return keyring;
}

/* A key that waits to be made, and the authority over it, both with a reference. => keys_sem */
static int start_construction(const struct key_type *type, const char *description,
			      const void *callout, size_t callout_len, struct key *dest,
			      struct key **keyp, struct key **authp)
{
	const struct cred *cred = current_cred();
	key_perm_t perm =
		KEY_POS(KEY_NEED_VIEW | KEY_NEED_SEARCH | KEY_NEED_LINK | KEY_NEED_SETATTR) |
		KEY_USR(KEY_NEED_VIEW);
	struct key *key, *authkey;
	int error = 0;

	if (type == &key_type_keyring)
		return -EPERM;
	if (!cred->session_keyring)
		error = user_keyrings(cred, NULL, NULL);
	if (error)
		return error;
	if (type->read)
		perm |= KEY_POS(KEY_NEED_READ);
	if (type->updatable)
		perm |= KEY_POS(KEY_NEED_WRITE);
	if (!dest)
		dest = default_keyring(cred);
	key = key_alloc(type, description, cred->fsuid, cred->fsgid, perm, KEY_QUOTA);
	if (IS_ERR(key))
		return PTR_ERR(key);
	key->flags |= KEY_USER_CONSTRUCT;
	authkey = request_key_auth_new(key, callout, callout_len, dest);
	error = IS_ERR(authkey) ? PTR_ERR(authkey) : 0;
	if (!error && dest) {
		error = key_link(dest, key);
		if (error)
			key_put(authkey);
	}
	if (error) {
		key_put(key);
		return error;
	}
	*keyp = key;
	*authp = authkey;
	return 0;
}

/* Has the program do it. What is not made is negative for a while. 0 or -errno. */
static int construct(struct key *key, struct key *authkey)
{
	int error = key_upcall(key, authkey);

	down_write(&keys_sem);
	if (!error && ((key->flags & KEY_USER_CONSTRUCT) || key_validate(key)))
		error = -ENOKEY;
	if (error) {
		key_reject(key, NEGATIVE_SECONDS, ENOKEY);
		key_constructed(key, authkey);
	}
	key_revoke(authkey);
	up_write(&keys_sem);
	return error;
}

/* One that is there already; ERR_PTR(-EAGAIN) none. => keys_sem */
static struct key *find_existing(const struct key_type *type, const char *description,
				 struct key *dest)
{
	struct key_search search = {
		.type = type,
		.description = description,
		.cred = current_cred(),
		.flags = SEARCH_EXPIRED_OK,
	};
	struct key_ref found = search_process_keyrings(&search);
	int error = 0;

	if (IS_ERR(found.key) || !dest)
		return found.key;
	error = key_permission(found, current_cred(), KEY_NEED_LINK);
	if (!error)
		error = key_link(dest, found.key);
	if (!error)
		return found.key;
	key_put(found.key);
	return ERR_PTR(error);
}

struct key *request_key_and_link(const struct key_type *type, const char *description,
				 const void *callout, size_t callout_len, struct key *dest)
{
	struct key *key, *authkey = NULL;
	int error;

	down_write(&keys_sem);
	key = find_existing(type, description, dest);
	if (PTR_ERR(key) == -EAGAIN) {
		error = !callout ? -ENOKEY :
				   start_construction(type, description, callout, callout_len, dest,
						      &key, &authkey);
		if (error)
			key = ERR_PTR(error);
	}
	up_write(&keys_sem);
	if (!authkey)
		return key;
	error = construct(key, authkey);
	key_put(authkey);
	if (!error)
		return key;
	key_put(key);
	return ERR_PTR(error);
}
