// SPDX-License-Identifier: MIT
/*
 * Making a key that somebody waits for: KEYCTL_ASSUME_AUTHORITY, _INSTANTIATE, _REJECT, and where
 * request_key() puts what is made for it (_SET_REQKEY_KEYRING).
 */
#include "internal.h"

/* current assumes the authority, or none. 0 or -ENOMEM. */
static int set_authority(struct key *authkey)
{
	struct cred *new = prepare_creds();

	if (!new)
		return -ENOMEM;
	key_put(new->request_key_auth);
	new->request_key_auth = key_get(authkey);
	return commit_creds(new);
}

long keyctl_assume_authority(key_serial_t id)
{
	struct key *authkey;
	long ret;

	if (id < 0)
		return -EINVAL;
	if (!id)
		return set_authority(NULL);
	authkey = request_key_auth_find(id);
	if (IS_ERR(authkey))
		return PTR_ERR(authkey);
	ret = set_authority(authkey) ?: authkey->serial;
	key_put(authkey);
	return ret;
}

/* What the task may make under that number; no reference: the credentials hold it. */
static struct key *authority_over(key_serial_t id)
{
	struct key *authkey = current_cred()->request_key_auth;
	struct key *found = ERR_PTR(-EPERM);

	if (!authkey)
		return found;
	down_read(&keys_sem);
	if (authkey->data.auth && authkey->data.auth->target->serial == id)
		found = authkey;
	up_read(&keys_sem);
	return found;
}

/* Where the key goes besides: *keyring with a reference, or NULL. */
static int destination(key_serial_t id, struct key **keyring)
{
	struct key_ref ref;

	*keyring = NULL;
	if (!id)
		return 0;
	if (id == KEY_SPEC_REQKEY_AUTH_KEY)
		return -EINVAL;
	if (id > KEY_SPEC_REQKEY_AUTH_KEY)
		ref = lookup_user_key(id, LOOKUP_CREATE, KEY_NEED_WRITE);
	else if (id == KEY_SPEC_REQUESTOR_KEYRING)
		ref = lookup_user_key(id, LOOKUP_PARTIAL | LOOKUP_DEFER, 0);
	else
		return -ENOKEY;
	if (PTR_ERR(ref.key) == -ENOKEY && id == KEY_SPEC_REQUESTOR_KEYRING)
		return 0; /* the requestor has named none */
	if (IS_ERR(ref.key))
		return PTR_ERR(ref.key);
	*keyring = ref.key;
	return 0;
}

/* The key is made by `payload`, or by `error` and its timeout; 0 or -errno. => keys_sem */
static int finish(struct key *key, struct key *dest, struct key_payload *payload,
		  unsigned int timeout, unsigned int reason)
{
	int error;

	if (key->state != KEY_UNINSTANTIATED)
		return -EBUSY;
	error = dest ? key_link(dest, key) : 0;
	if (error)
		return error;
	error = payload ? key_instantiate(key, payload) : key_reject(key, timeout, reason);
	if (error && dest)
		key_unlink(dest, key);
	return error;
}

static long make(key_serial_t id, struct key_payload *payload, unsigned int timeout,
		 unsigned int reason, key_serial_t ringid)
{
	struct key *authkey = authority_over(id), *dest, *key;
	int error;

	if (IS_ERR(authkey))
		return PTR_ERR(authkey);
	error = destination(ringid, &dest);
	if (error)
		return error;
	down_read(&keys_sem);
	key = authkey->data.auth ? key_get(authkey->data.auth->target) : NULL;
	up_read(&keys_sem);
	error = key ? 0 : -EKEYREVOKED;
	if (!error && payload)
		error = key_prepare(key->type, payload);
	if (!error) {
		down_write(&keys_sem);
		error = finish(key, dest, payload, timeout, reason);
		if (!error)
			key_constructed(key, authkey);
		up_write(&keys_sem);
		if (payload)
			key_unprepare(key->type, payload);
	}
	key_put(key);
	key_put(dest);
	if (!error)
		set_authority(NULL); /* it has ended */
	return error;
}

long keyctl_instantiate(key_serial_t id, const void *data, size_t len, key_serial_t ringid)
{
	struct key_payload payload = { .data = data, .len = len };

	return make(id, &payload, 0, 0, ringid);
}

long keyctl_reject(key_serial_t id, unsigned int timeout, unsigned int error, key_serial_t ringid)
{
	if (!error || error >= MAX_ERRNO || error == ERESTARTSYS || error == ERESTARTNOINTR ||
	    error == ERESTARTNOHAND || error == ERESTART_RESTARTBLOCK)
		return -EINVAL;
	return make(id, NULL, timeout, error, ringid);
}

long keyctl_set_reqkey_keyring(int where)
{
	int old = current_cred()->jit_keyring, error = 0;
	struct cred *new;

	if (where == KEY_REQKEY_DEFL_NO_CHANGE)
		return old;
	if (where < KEY_REQKEY_DEFL_DEFAULT || where > KEY_REQKEY_DEFL_REQUESTOR_KEYRING ||
	    where == KEY_REQKEY_DEFL_GROUP_KEYRING)
		return -EINVAL;
	new = prepare_creds();
	if (!new)
		return -ENOMEM;
	down_write(&keys_sem);
	if (where == KEY_REQKEY_DEFL_THREAD_KEYRING)
		error = install_thread_keyring(new);
	else if (where == KEY_REQKEY_DEFL_PROCESS_KEYRING)
		error = install_process_keyring(new);
	up_write(&keys_sem);
	if (error) {
		abort_creds(new);
		return error;
	}
	new->jit_keyring = where;
	commit_creds(new);
	return old;
}
