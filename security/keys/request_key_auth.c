// SPDX-License-Identifier: MIT
/*
 * Authority over a key that is being made: a key of the type .request_key_auth, whose description is
 * the number of the key in hexadecimal. Whoever possesses it may assume the authority, make the
 * key, and meanwhile see the requestor's keyrings. It holds what the requestor said.
 */
#include <fs/seq_file.h>
#include <kern/task.h>
#include <lib/sprintf.h>
#include <mm/slab.h>

#include "internal.h"

static void destroy(union key_data *data)
{
	struct request_key_auth *auth = data->auth;

	if (!auth)
		return;
	key_put(auth->target);
	key_put(auth->dest);
	put_cred(auth->cred);
	kfree_sensitive(auth->callout);
	kfree(auth);
}

static void describe(const struct key *key, struct seq_file *m)
{
	const struct request_key_auth *auth = key->data.auth;

	seq_printf(m, "key:%s", key->description);
	if (auth)
		seq_printf(m, " pid:%d ci:%zu", auth->pid, auth->callout_len);
}

static long read(const struct key *key, char *buffer, size_t size)
{
	const struct request_key_auth *auth = key->data.auth;

	if (!auth)
		return -EKEYREVOKED;
	if (buffer && size >= auth->callout_len)
		memcpy(buffer, auth->callout, auth->callout_len);
	return auth->callout_len;
}

const struct key_type key_type_request_key_auth = {
	.name = ".request_key_auth",
	.destroy = destroy,
	.describe = describe,
	.read = read,
};

/* A requestor that is making a key itself acts for whoever asked for that one. */
static void set_requestor(struct request_key_auth *auth)
{
	const struct key *mine = current_cred()->request_key_auth;

	if (mine && mine->data.auth) {
		auth->cred = get_cred(mine->data.auth->cred);
		auth->pid = mine->data.auth->pid;
	} else {
		auth->cred = get_cred(current_cred());
		auth->pid = current->pid;
	}
}

/* => keys_sem */
struct key *request_key_auth_new(struct key *target, const void *callout, size_t callout_len,
				 struct key *dest)
{
	const struct cred *cred = current_cred();
	struct key_payload payload = {};
	struct request_key_auth *auth;
	struct key *key;
	char name[16];

	if (cred->request_key_auth && (cred->request_key_auth->flags & KEY_REVOKED))
		return ERR_PTR(-EKEYREVOKED);
	auth = kzalloc(sizeof(*auth), GFP_KERNEL);
	if (!auth)
		return ERR_PTR(-ENOMEM);
	payload.parsed.auth = auth;
	auth->callout = kmemdup(callout, callout_len, GFP_KERNEL);
	key = ERR_PTR(-ENOMEM);
	if (!auth->callout)
		goto fail;
	auth->callout_len = callout_len;
	auth->target = key_get(target);
	auth->dest = key_get(dest);
	set_requestor(auth);
	snprintf(name, sizeof(name), "%x", target->serial);
	key = key_alloc(&key_type_request_key_auth, name, cred->fsuid, cred->fsgid,
			KEY_POS(KEY_NEED_VIEW | KEY_NEED_READ | KEY_NEED_SEARCH | KEY_NEED_LINK) |
				KEY_USR(KEY_NEED_VIEW),
			KEY_NO_QUOTA);
	if (IS_ERR(key))
		goto fail;
	key_instantiate(key, &payload);
	return key;
fail:
	destroy(&payload.parsed);
	return key;
}

struct key *request_key_auth_find(key_serial_t id)
{
	char name[16];
	struct key_search search = {
		.type = &key_type_request_key_auth,
		.description = name,
		.cred = current_cred(),
	};
	struct key_ref found;

	snprintf(name, sizeof(name), "%x", id);
	down_read(&keys_sem);
	found = search_process_keyrings(&search);
	up_read(&keys_sem);
	if (PTR_ERR(found.key) == -EAGAIN)
		return ERR_PTR(-ENOKEY);
	return found.key;
}
