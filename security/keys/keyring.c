// SPDX-License-Identifier: MIT
/*
 * Keyrings: links, and searches through them.
 *
 * A keyring holds at most one key of each type and description; its links are a tree ordered by
 * both, keyrings first, so that a search finds at once what is here and then where else to look.
 * Every link is charged to the keyring's owner.
 *
 * Keyrings may hold keyrings, but no cycle (-EDEADLK); a search goes six levels down.
 */
#include <fs/seq_file.h>
#include <kern/user_namespace.h>
#include <mm/slab.h>

#include "internal.h"

#define MAX_DEPTH  6
#define LINK_BYTES 4

/* ---- links ---- */

/* Keyrings before all others, then types in any order that stays. */
static int compare_types(const struct key_type *a, const struct key_type *b)
{
	if (a == b)
		return 0;
	if (a == &key_type_keyring || b == &key_type_keyring)
		return a == &key_type_keyring ? -1 : 1;
	return a < b ? -1 : 1;
}

static int compare(const struct key_type *type, const char *description, const struct key *key)
{
	return compare_types(type, key->type) ?: strcmp(description, key->description);
}

static struct key_link *find_link(const struct key *keyring, const struct key_type *type,
				  const char *description)
{
	struct rb_node *node = keyring->data.ring.links.rb_node;

	while (node) {
		struct key_link *link = rb_entry(node, struct key_link, node);
		int order = compare(type, description, link->key);

		if (!order)
			return link;
		node = order < 0 ? node->rb_left : node->rb_right;
	}
	return NULL;
}

struct key *keyring_find(const struct key *keyring, const struct key_type *type,
			 const char *description)
{
	struct key_link *link = find_link(keyring, type, description);

	return link ? link->key : NULL;
}

static void insert_link(struct key *keyring, struct key_link *new)
{
	struct rb_node **p = &keyring->data.ring.links.rb_node, *parent = NULL;

	while (*p) {
		struct key *key = rb_entry(*p, struct key_link, node)->key;

		parent = *p;
		p = compare(new->key->type, new->key->description, key) < 0 ? &parent->rb_left :
									      &parent->rb_right;
	}
	rb_link_node(&new->node, parent, p);
	rb_insert_color(&new->node, &keyring->data.ring.links);
	keyring->data.ring.nr_links++;
}

static void remove_link(struct key *keyring, struct key_link *link)
{
	rb_erase(&link->node, &keyring->data.ring.links);
	keyring->data.ring.nr_links--;
	key_charge(keyring, keyring->datalen - LINK_BYTES);
	key_put(link->key);
	kfree(link);
}

/* 0, or why the keyring may not get a link to that key. */
static int check_cycle(const struct key *keyring, struct key *key)
{
	struct key_search search = {
		.type = keyring->type,
		.description = keyring->description,
		.key = keyring,
		.flags = SEARCH_NO_STATE | SEARCH_NO_PERM | SEARCH_TOO_DEEP,
	};
	struct key_ref found;

	if (key->type != &key_type_keyring)
		return 0;
	found = keyring_search(key_ref(key, true), &search);
	if (IS_ERR(found.key))
		return PTR_ERR(found.key) == -ELOOP ? -ELOOP : 0;
	key_put(found.key);
	return -EDEADLK;
}

int key_link_unchecked(struct key *keyring, struct key *key)
{
	struct key_link *link;
	int error;

	if (keyring->type != &key_type_keyring)
		return -ENOTDIR;
	if (keyring->flags & KEY_REVOKED)
		return -EKEYREVOKED;
	error = check_cycle(keyring, key);
	if (error)
		return error;
	link = find_link(keyring, key->type, key->description);
	if (link) {
		struct key *old = link->key;

		link->key = key_get(key);
		key_put(old);
		return 0;
	}
	link = kmalloc(sizeof(*link), GFP_KERNEL);
	if (!link)
		return -ENOMEM;
	error = key_charge(keyring, keyring->datalen + LINK_BYTES);
	if (error) {
		kfree(link);
		return error;
	}
	link->key = key_get(key);
	insert_link(keyring, link);
	return 0;
}

int key_link(struct key *keyring, struct key *key)
{
	if (keyring->type != &key_type_keyring)
		return -ENOTDIR;
	return keyring->restricted ? -EPERM : key_link_unchecked(keyring, key);
}

int key_unlink(struct key *keyring, struct key *key)
{
	struct key_link *link;

	if (keyring->type != &key_type_keyring)
		return -ENOTDIR;
	link = find_link(keyring, key->type, key->description);
	if (!link || link->key != key)
		return -ENOENT;
	remove_link(keyring, link);
	return 0;
}

int key_move(struct key *key, struct key *from, struct key *to, unsigned int flags)
{
	struct key *there;
	int error;

	if (from == to)
		return 0;
	if (from->type != &key_type_keyring || to->type != &key_type_keyring)
		return -ENOTDIR;
	if (keyring_find(from, key->type, key->description) != key)
		return -ENOENT;
	there = keyring_find(to, key->type, key->description);
	if (there && (flags & KEYCTL_MOVE_EXCL))
		return -EEXIST;
	error = key_link(to, key);
	return error ?: key_unlink(from, key);
}

void keyring_clear(struct key *keyring)
{
	struct rb_node *node;

	while ((node = rb_first(&keyring->data.ring.links)))
		remove_link(keyring, rb_entry(node, struct key_link, node));
}

void keyring_collect(struct key *keyring, time64_t now)
{
	struct rb_node *node = rb_first(&keyring->data.ring.links);

	while (node) {
		struct key_link *link = rb_entry(node, struct key_link, node);

		node = rb_next(node);
		if (key_dead_at(link->key) <= now)
			remove_link(keyring, link);
	}
}

/* ---- searching ---- */

enum verdict { GO_ON, STOP };

/* Something of the right type and description: is it what is wanted? */
static enum verdict visit(struct key_search *search, struct key *key, bool possessed)
{
	struct key_ref ref = key_ref(key, possessed);
	bool state = !(search->flags & SEARCH_NO_STATE);
	int error = 0;

	if (search->key && search->key != key)
		return GO_ON;
	if (state) {
		error = key_validate(key);
		/* Invalidated ones are told as revoked; those on their way out are made anew. */
		if (error == -ENOKEY)
			error = -EKEYREVOKED;
		if (error == -EKEYEXPIRED && (search->flags & SEARCH_EXPIRED_OK))
			return GO_ON;
	}
	if (!error && !(search->flags & SEARCH_NO_PERM))
		error = key_permission(ref, search->cred, KEY_NEED_SEARCH);
	if (!error && state && key->state < 0)
		error = key->state;
	if (error) {
		search->error = error;
		return GO_ON;
	}
	search->found = ref;
	return STOP;
}

/* Depth first. => `keyring` itself was looked at */
static enum verdict search_tree(struct key_search *search, struct key *keyring, bool possessed,
				int depth)
{
	struct key_link *link;
	struct rb_node *node;

	if (keyring->flags & KEY_REVOKED)
		return GO_ON;
	link = find_link(keyring, search->type, search->description);
	if (link && visit(search, link->key, possessed) == STOP)
		return STOP;
	if (search->flags & SEARCH_FLAT)
		return GO_ON;
	for (node = rb_first(&keyring->data.ring.links); node; node = rb_next(node)) {
		struct key *child = rb_entry(node, struct key_link, node)->key;

		if (child->type != &key_type_keyring)
			break; /* keyrings come first */
		if (depth == MAX_DEPTH) {
			if (!(search->flags & SEARCH_TOO_DEEP))
				break;
			search->error = -ELOOP;
			return STOP;
		}
		if (!(search->flags & SEARCH_NO_PERM) &&
		    key_permission(key_ref(child, possessed), search->cred, KEY_NEED_SEARCH))
			continue;
		if (search_tree(search, child, possessed, depth + 1) == STOP)
			return STOP;
	}
	return GO_ON;
}

struct key_ref keyring_search(struct key_ref keyring, struct key_search *search)
{
	if (keyring.key->type != &key_type_keyring)
		return key_ref_err(-ENOTDIR);
	if (!(search->flags & SEARCH_NO_PERM)) {
		int error = key_permission(keyring, search->cred, KEY_NEED_SEARCH);

		if (error)
			return key_ref_err(error);
	}
	search->error = -EAGAIN;
	search->found = key_ref(NULL, false);
	/* The keyring may be what is looked for; when it is, but may not be had, that is the end. */
	if (!compare(search->type, search->description, keyring.key) &&
	    (visit(search, keyring.key, keyring.possessed) == STOP || search->error != -EAGAIN))
		goto out;
	search_tree(search, keyring.key, keyring.possessed, 0);
out:
	if (!search->found.key)
		return key_ref_err(search->error);
	key_get(search->found.key);
	return search->found;
}

/* ---- making, names ---- */

/* From now on KEYCTL_JOIN_SESSION_KEYRING can find it by name. => keys_sem */
void keyring_publish(struct key *keyring)
{
	if (keyring->description[0] != '.')
		list_add_tail(&keyring->name_entry, &current_user_ns()->keyring_names);
}

struct key *keyring_alloc(const char *description, kuid_t uid, kgid_t gid, key_perm_t perm,
			  unsigned int quota, struct key *dest)
{
	struct key_payload none = {};
	struct key *keyring = key_alloc(&key_type_keyring, description, uid, gid, perm, quota);
	int error;

	if (IS_ERR(keyring))
		return keyring;
	error = key_instantiate(keyring, &none);
	if (!error && dest)
		error = key_link_unchecked(dest, keyring);
	if (!error)
		return keyring;
	key_put(keyring);
	return ERR_PTR(error);
}

struct key *keyring_by_name(const char *name)
{
	struct user_namespace *ns = current_user_ns();
	struct key *keyring;

	list_for_each_entry(keyring, &ns->keyring_names, name_entry) {
		if (!kuid_has_mapping(ns, keyring->uid) ||
		    (keyring->flags & (KEY_REVOKED | KEY_UID_KEYRING)) ||
		    strcmp(keyring->description, name))
			continue;
		if (key_permission(key_ref(keyring, false), current_cred(), KEY_NEED_SEARCH))
			continue;
		if (refcount_inc_not_zero(&keyring->usage))
			return keyring;
	}
	return ERR_PTR(-ENOKEY);
}

/* ---- the type ---- */

static int prepare(struct key_payload *payload)
{
	return payload->len ? -EINVAL : 0;
}

static void destroy(union key_data *data)
{
	struct rb_node *node;

	while ((node = rb_first(&data->ring.links))) {
		struct key_link *link = rb_entry(node, struct key_link, node);

		rb_erase(node, &data->ring.links);
		key_put(link->key);
		kfree(link);
	}
}

static void describe(const struct key *keyring, struct seq_file *m)
{
	seq_puts(m, keyring->description);
	if (keyring->state != KEY_POSITIVE)
		return;
	if (keyring->data.ring.nr_links)
		seq_printf(m, ": %u", keyring->data.ring.nr_links);
	else
		seq_puts(m, ": empty");
}

static long read(const struct key *keyring, char *buffer, size_t size)
{
	long total = keyring->data.ring.nr_links * sizeof(key_serial_t);
	key_serial_t *serial = (key_serial_t *)buffer;
	struct rb_node *node;

	if (!buffer || size < total)
		return total;
	for (node = rb_first(&keyring->data.ring.links); node; node = rb_next(node))
		*serial++ = rb_entry(node, struct key_link, node)->key->serial;
	return total;
}

const struct key_type key_type_keyring = {
	.name = "keyring",
	.prepare = prepare,
	.destroy = destroy,
	.describe = describe,
	.read = read,
};
