// SPDX-License-Identifier: MIT
/* The keyrings of a task: making and finding them, and what the numbers of programs stand for. */
#include <kern/init.h>
#include <kern/kernel.h>
#include <kern/task.h>
#include <kern/user_namespace.h>
#include <kern/wait.h>
#include <lib/sprintf.h>

#include "internal.h"

#define PERM_POSSESSOR KEY_POS(KEY_NEED_ALL)

DECLARE_WAIT_QUEUE_HEAD(key_waiters);

/* ---- keyrings of credentials that nobody else sees yet ---- */

int install_thread_keyring(struct cred *new)
{
	struct key *keyring;

	if (new->thread_keyring)
		return 0;
	keyring = keyring_alloc("_tid", new->uid, new->gid, PERM_POSSESSOR | KEY_USR(KEY_NEED_VIEW),
				KEY_OVERRUN, NULL);
	if (IS_ERR(keyring))
		return PTR_ERR(keyring);
	new->thread_keyring = keyring;
	return 0;
}

int install_process_keyring(struct cred *new)
{
	struct key *keyring;

	if (new->process_keyring)
		return 0;
	keyring = keyring_alloc("_pid", new->uid, new->gid, PERM_POSSESSOR | KEY_USR(KEY_NEED_VIEW),
				KEY_OVERRUN, NULL);
	if (IS_ERR(keyring))
		return PTR_ERR(keyring);
	new->process_keyring = keyring;
	return 0;
}

int install_session_keyring(struct cred *new, struct key *keyring)
{
	struct key *old = new->session_keyring;

	if (keyring)
		key_get(keyring);
	else
		keyring = keyring_alloc("_ses", new->uid, new->gid,
					PERM_POSSESSOR | KEY_USR(KEY_NEED_VIEW | KEY_NEED_READ),
					old ? KEY_QUOTA : KEY_OVERRUN, NULL);
	if (IS_ERR(keyring))
		return PTR_ERR(keyring);
	new->session_keyring = keyring;
	key_put(old);
	return 0;
}

/* fork() of a thread whose parent has one. */
static int thread_keyring_for_clone(struct cred *new)
{
	int error;

	down_write(&keys_sem);
	error = install_thread_keyring(new);
	up_write(&keys_sem);
	return error;
}

static int __init process_keys_init(void)
{
	new_thread_keyring = thread_keyring_for_clone;
	return 0;
}
early_initcall(process_keys_init);

/* ---- keyrings of users ---- */

/* The keyring that holds all users' keyrings of a name space. => keys_sem */
static struct key *user_register(struct user_namespace *ns)
{
	if (!ns->user_keyring_register) {
		struct key *keyring = keyring_alloc(".user_reg", ns->owner, INVALID_GID,
						    KEY_POS(KEY_NEED_WRITE | KEY_NEED_SEARCH) |
							    KEY_USR(KEY_NEED_VIEW | KEY_NEED_READ),
						    KEY_QUOTA, NULL);

		if (IS_ERR(keyring))
			return keyring;
		ns->user_keyring_register = keyring;
	}
	return ns->user_keyring_register;
}

/* The user's keyring of that name in the register, made if need be; no reference. => keys_sem */
static struct key *user_keyring(struct key *reg, const char *name, kuid_t uid)
{
	static const key_perm_t perm = KEY_POS(KEY_NEED_ALL & ~KEY_NEED_SETATTR) |
				       KEY_USR(KEY_NEED_ALL);
	struct key *keyring = keyring_find(reg, &key_type_keyring, name);

	if (keyring && !(keyring->flags & KEY_REVOKED))
		return keyring;
	keyring = keyring_alloc(name, uid, INVALID_GID, perm, KEY_QUOTA, reg);
	if (!IS_ERR(keyring)) {
		keyring->flags |= KEY_UID_KEYRING;
		key_put(keyring); /* the register holds it */
	}
	return keyring;
}

int user_keyrings(const struct cred *cred, struct key **user, struct key **session)
{
	kuid_t uid = cred->user->uid;
	uid_t number = from_kuid(cred->user_ns, uid);
	struct key *reg = user_register(cred->user_ns), *keyring, *ses;
	char name[32];
	int error;

	if (IS_ERR(reg))
		return PTR_ERR(reg);
	snprintf(name, sizeof(name), "_uid.%u", number);
	keyring = user_keyring(reg, name, uid);
	if (IS_ERR(keyring))
		return PTR_ERR(keyring);
	snprintf(name, sizeof(name), "_uid_ses.%u", number);
	ses = keyring_find(reg, &key_type_keyring, name);
	if (!ses || (ses->flags & KEY_REVOKED)) {
		ses = user_keyring(reg, name, uid);
		if (IS_ERR(ses))
			return PTR_ERR(ses);
		error = key_link(ses, keyring);
		if (error) {
			key_unlink(reg, ses);
			return error;
		}
	}
	if (user)
		*user = key_get(keyring);
	if (session)
		*session = key_get(ses);
	return 0;
}

struct key *user_session_keyring(const struct cred *cred)
{
	struct key *reg = cred->user_ns->user_keyring_register;
	char name[32];

	snprintf(name, sizeof(name), "_uid_ses.%u", from_kuid(cred->user_ns, cred->user->uid));
	return reg ? keyring_find(reg, &key_type_keyring, name) : NULL;
}

/* ---- searching all keyrings of a task ---- */

struct key_ref search_cred_keyrings(struct key_search *search)
{
	const struct cred *cred = search->cred;
	struct key *rings[] = { cred->thread_keyring, cred->process_keyring,
				cred->session_keyring ?: user_session_keyring(cred) };
	long absent = 0, error = -EAGAIN;

	for (size_t i = 0; i < ARRAY_SIZE(rings); i++) {
		struct key_ref ref;

		if (!rings[i])
			continue;
		ref = keyring_search(key_ref(rings[i], true), search);
		if (!IS_ERR(ref.key))
			return ref;
		/* A negative key (-ENOKEY) says more than none, and both more than one that is dead. */
		if (PTR_ERR(ref.key) == -ENOKEY || (PTR_ERR(ref.key) == -EAGAIN && !absent))
			absent = PTR_ERR(ref.key);
		else if (PTR_ERR(ref.key) != -EAGAIN)
			error = PTR_ERR(ref.key);
	}
	return key_ref_err(absent ?: error);
}

struct key_ref search_process_keyrings(struct key_search *search)
{
	const struct cred *cred = search->cred;
	struct key_ref mine = search_cred_keyrings(search), theirs;
	struct key *authkey = cred->request_key_auth;

	/* Whoever makes a key sees the keyrings of the one who asked for it, with his rights. */
	if (!IS_ERR(mine.key) || !authkey || search->type == &key_type_request_key_auth ||
	    key_validate(authkey))
		return mine;
	search->cred = authkey->data.auth->cred;
	theirs = search_cred_keyrings(search);
	search->cred = cred;
	if (!IS_ERR(theirs.key))
		return theirs;
	if (PTR_ERR(mine.key) == -ENOKEY || PTR_ERR(theirs.key) == -ENOKEY)
		return key_ref_err(-ENOKEY);
	return PTR_ERR(mine.key) == -EACCES ? mine : theirs;
}

/* ---- numbers of programs ---- */

/* Changes current's keyrings. => keys_sem */
static int change_keyrings(int (*install)(struct cred *new))
{
	struct cred *new = prepare_creds();
	int error;

	if (!new)
		return -ENOMEM;
	error = install(new);
	if (!error)
		return commit_creds(new);
	abort_creds(new);
	return error;
}

static int new_session(struct cred *new)
{
	return install_session_keyring(new, NULL);
}

static int user_session(struct cred *new)
{
	struct key *session;
	int error = user_keyrings(new, NULL, &session);

	if (error)
		return error;
	error = install_session_keyring(new, session);
	key_put(session);
	return error;
}

static struct key *session_keyring(unsigned int flags)
{
	struct key *now = current_cred()->session_keyring;
	bool create = flags & LOOKUP_CREATE;
	int error = 0;

	/* Who has none uses the user's, until he wants to add to it. */
	if (!now)
		error = change_keyrings(create ? new_session : user_session);
	else if (create && (now->flags & KEY_UID_KEYRING))
		error = change_keyrings(new_session);
	return error ? ERR_PTR(error) : key_get(current_cred()->session_keyring);
}

static struct key *requestor_keyring(void)
{
	struct key *authkey = current_cred()->request_key_auth;

	if (!authkey)
		return ERR_PTR(-ENOKEY);
	if (authkey->flags & KEY_REVOKED)
		return ERR_PTR(-EKEYREVOKED);
	return key_get(authkey->data.auth->dest) ?: ERR_PTR(-ENOKEY);
}

/* KEY_SPEC_*, with a reference. => keys_sem */
static struct key *special_keyring(key_serial_t id, unsigned int flags)
{
	struct key *user, *session;
	int error = 0;

	switch (id) {
	case KEY_SPEC_THREAD_KEYRING:
		if (flags & LOOKUP_CREATE)
			error = change_keyrings(install_thread_keyring);
		return error				       ? ERR_PTR(error) :
		       key_get(current_cred()->thread_keyring) ?:
								 ERR_PTR(-ENOKEY);
	case KEY_SPEC_PROCESS_KEYRING:
		if (flags & LOOKUP_CREATE)
			error = change_keyrings(install_process_keyring);
		return error					? ERR_PTR(error) :
		       key_get(current_cred()->process_keyring) ?:
								  ERR_PTR(-ENOKEY);
	case KEY_SPEC_SESSION_KEYRING:
		return session_keyring(flags);
	case KEY_SPEC_USER_KEYRING:
		error = user_keyrings(current_cred(), &user, NULL);
		return error ? ERR_PTR(error) : user;
	case KEY_SPEC_USER_SESSION_KEYRING:
		error = user_keyrings(current_cred(), NULL, &session);
		return error ? ERR_PTR(error) : session;
	case KEY_SPEC_REQKEY_AUTH_KEY:
		return key_get(current_cred()->request_key_auth) ?: ERR_PTR(-ENOKEY);
	case KEY_SPEC_REQUESTOR_KEYRING:
		return requestor_keyring();
	default:
		return ERR_PTR(-EINVAL); /* KEY_SPEC_GROUP_KEYRING never came to be */
	}
}

/* A key by number is possessed when a search of our keyrings would meet it. => keys_sem */
static struct key_ref key_by_number(key_serial_t id)
{
	struct key_search search = { .cred = current_cred(), .flags = SEARCH_NO_STATE };
	struct key *key = key_lookup(id);
	struct key_ref found;

	if (IS_ERR(key))
		return key_ref(key, false);
	search.type = key->type;
	search.description = key->description;
	search.key = key;
	found = search_process_keyrings(&search);
	if (IS_ERR(found.key))
		return key_ref(key, false);
	key_put(key);
	return found;
}

int key_wait(struct key *key)
{
	int error = wait_event_interruptible(key_waiters,
					     !(READ_ONCE(key->flags) & KEY_USER_CONSTRUCT));

	if (error)
		return error;
	down_read(&keys_sem);
	error = key->state < 0 ? key->state : key_validate(key);
	up_read(&keys_sem);
	return error;
}

/* May that key be used so, in the state that it is in? */
static int check_key(struct key_ref ref, unsigned int flags, unsigned int need)
{
	struct key *key = ref.key;
	int error = flags & LOOKUP_PARTIAL ? 0 : key_wait(key);

	if (error == -ERESTARTSYS || (error && !(flags & LOOKUP_DEFER)))
		return error;
	down_read(&keys_sem);
	error = 0;
	if ((flags & LOOKUP_PARTIAL) && !(flags & LOOKUP_DEFER))
		error = key_validate(key);
	if (!error && !(flags & LOOKUP_PARTIAL) && key->state == KEY_UNINSTANTIATED)
		error = -EIO;
	if (!error && !(flags & (LOOKUP_DEFER | LOOKUP_UNCHECKED)))
		error = key_permission(ref, current_cred(), need);
	up_read(&keys_sem);
	return error;
}

struct key_ref lookup_user_key(key_serial_t id, unsigned int flags, unsigned int need)
{
	struct key_ref ref;
	int error;

	if (id > 0) {
		down_read(&keys_sem);
		ref = key_by_number(id);
		up_read(&keys_sem);
	} else {
		down_write(&keys_sem);
		ref = key_ref(special_keyring(id, flags), true);
		up_write(&keys_sem);
	}
	if (IS_ERR(ref.key))
		return ref;
	error = check_key(ref, flags, need);
	if (!error)
		return ref;
	key_put(ref.key);
	return key_ref_err(error);
}

/* ---- sessions ---- */

/* The keyring of that name, or a new one, becomes the session keyring. => keys_sem */
static long join_named(struct cred *new, const char *name)
{
	struct key *keyring = keyring_by_name(name);
	int error;

	if (PTR_ERR(keyring) == -ENOKEY)
		keyring = keyring_alloc(name, new->uid, new->gid,
					PERM_POSSESSOR | KEY_USR(KEY_NEED_VIEW | KEY_NEED_READ |
								 KEY_NEED_LINK),
					KEY_QUOTA, NULL);
	if (IS_ERR(keyring))
		return PTR_ERR(keyring);
	if (keyring == new->session_keyring)
		error = -EALREADY;
	else
		error = install_session_keyring(new, keyring);
	key_put(keyring);
	return error;
}

long join_session_keyring(const char *name)
{
	struct cred *new = prepare_creds();
	key_serial_t serial = 0;
	int error;

	if (!new)
		return -ENOMEM;
	down_write(&keys_sem);
	error = name ? join_named(new, name) : new_session(new);
	up_write(&keys_sem);
	if (error) {
		abort_creds(new);
		return error == -EALREADY ? 0 : error;
	}
	serial = new->session_keyring->serial;
	commit_creds(new);
	return serial;
}
