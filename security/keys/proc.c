// SPDX-License-Identifier: MIT
/* /proc/keys: the keys that the reader may view; /proc/key-users: their owners and quotas. */
#include <fs/proc_fs.h>
#include <fs/seq_file.h>
#include <kern/init.h>
#include <kern/timekeeping.h>
#include <kern/user_namespace.h>
#include <lib/sprintf.h>

#include "internal.h"

/* ---- keys; keys_sem is held from start() to stop(), *pos is the next number ---- */

static struct key *next_mapped(key_serial_t serial)
{
	struct key *key;

	/* Owners that the reader's name space does not know are not told. */
	while ((key = key_from(serial)) && !kuid_has_mapping(current_user_ns(), key->user->uid))
		serial = key->serial + 1;
	return key;
}

static void *keys_start(struct seq_file *m, loff_t *pos)
{
	struct key *key;

	down_read(&keys_sem);
	if (*pos > INT_MAX)
		return NULL;
	key = next_mapped(*pos);
	if (key)
		*pos = key->serial;
	return key;
}

static void *keys_next(struct seq_file *m, void *v, loff_t *pos)
{
	struct key *key = next_mapped(((struct key *)v)->serial + 1);

	*pos = key ? key->serial : (loff_t)INT_MAX + 1;
	return key;
}

static void keys_stop(struct seq_file *m, void *v)
{
	up_read(&keys_sem);
}

/* "perm", "expd", or the time left in the largest unit that it fills. */
static void print_expiry(const struct key *key, char *text, size_t size)
{
	static const struct {
		unsigned int seconds;
		char letter;
	} units[] = {
		{ 60 * 60 * 24 * 7, 'w' }, { 60 * 60 * 24, 'd' }, { 60 * 60, 'h' }, { 60, 'm' }
	};
	time64_t left = key->expiry - ktime_get_real_seconds();

	if (key->expiry == TIME_NEVER) {
		strscpy(text, "perm", size);
		return;
	}
	if (left <= 0) {
		strscpy(text, "expd", size);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (left >= units[i].seconds) {
			snprintf(text, size, "%llu%c", (u64)left / units[i].seconds,
				 units[i].letter);
			return;
		}
	snprintf(text, size, "%llus", (u64)left);
}

static bool is_possessed(struct key *key)
{
	struct key_search search = {
		.type = key->type,
		.description = key->description,
		.key = key,
		.cred = current_cred(),
		.flags = SEARCH_NO_STATE,
	};
	struct key_ref found = search_process_keyrings(&search);

	if (IS_ERR(found.key))
		return false;
	key_put(found.key);
	return found.possessed;
}

static int keys_show(struct seq_file *m, void *v)
{
	struct user_namespace *ns = current_user_ns();
	struct key *key = v;
	bool possessed = (key->perm & KEY_POS(KEY_NEED_VIEW)) && is_possessed(key);
	unsigned int flags = key->flags;
	char expiry[24];

	if (key_permission(key_ref(key, possessed), current_cred(), KEY_NEED_VIEW))
		return 0;
	print_expiry(key, expiry, sizeof(expiry));
	seq_printf(m, "%08x %c%c%c%c%c%c%c %5d %4s %08x %5d %5d %-9.9s ", key->serial,
		   key->state != KEY_UNINSTANTIATED ? 'I' : '-', flags & KEY_REVOKED ? 'R' : '-',
		   refcount_read(&key->usage) ? '-' : 'D', flags & KEY_IN_QUOTA ? 'Q' : '-',
		   flags & KEY_USER_CONSTRUCT ? 'U' : '-', key->state < 0 ? 'N' : '-',
		   flags & KEY_INVALIDATED ? 'i' : '-', refcount_read(&key->usage), expiry,
		   key->perm, from_kuid_munged(ns, key->uid), from_kgid_munged(ns, key->gid),
		   key->type->name);
	key->type->describe(key, m);
	seq_putc(m, '\n');
	return 0;
}

static const struct seq_operations keys_ops = {
	.start = keys_start,
	.next = keys_next,
	.stop = keys_stop,
	.show = keys_show,
};

/* ---- owners: a copy of each line, since their lock masks interrupts ---- */

/* The next owner from that number on, whom the reader's name space knows. false: none. */
static bool copy_user(uid_t from, struct key_user *copy)
{
	struct user_namespace *ns = current_user_ns();
	struct rb_node *node;
	bool found = false;

	spin_lock_irq(&key_user_lock);
	for (node = rb_first(&key_users); node && !found; node = rb_next(node)) {
		const struct key_user *user = rb_entry(node, struct key_user, node);

		if (__kuid_val(user->uid) < from || !kuid_has_mapping(ns, user->uid))
			continue;
		*copy = *user;
		found = true;
	}
	spin_unlock_irq(&key_user_lock);
	return found;
}

static int users_show(struct seq_file *m, void *data)
{
	struct key_user user;
	u64 from = 0;

	while (from <= (uid_t)-1 && copy_user(from, &user)) {
		seq_printf(m, "%5u: %5d %d/%d %d/%d %d/%d\n",
			   from_kuid_munged(current_user_ns(), user.uid), user.usage, user.nkeys,
			   user.nikeys, user.qnkeys, key_max_keys(user.uid), user.qnbytes,
			   key_max_bytes(user.uid));
		from = (u64)__kuid_val(user.uid) + 1;
	}
	return 0;
}

static int __init keys_proc_init(void)
{
	if (!proc_create_seq("keys", 0444, NULL, &keys_ops) ||
	    !proc_create_single("key-users", 0444, NULL, users_show))
		return -ENOMEM;
	return 0;
}
fs_initcall(keys_proc_init);
