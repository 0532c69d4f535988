/* SPDX-License-Identifier: MIT */
/*
 * Keys: what credentials and name spaces hold of the key retention service (security/keys,
 * docs/keyrings.md).
 *
 *   (k) keys_sem   (q) key_user_lock   (i) constant   (x) atomic
 */
#ifndef KERN_KEY_H
#define KERN_KEY_H

#include <kern/refcount.h>
#include <kern/rwsem.h>
#include <kern/spinlock.h>
#include <kern/types.h>
#include <kern/uidgid.h>
#include <kern/workqueue.h>
#include <lib/list.h>
#include <lib/rbtree.h>

struct cred;
struct file;
struct key_type;
struct request_key_auth;
struct user_namespace;

typedef s32 key_serial_t;
typedef u32 key_perm_t;

/* What is counted for each owner of keys, for quotas and /proc/key-users. */
struct key_user {
	struct rb_node node;		/* q: by uid */
	kuid_t uid;			/* i */
	int usage;			/* q: references of keys */
	int nkeys, nikeys;		/* q: keys; those that are instantiated */
	int qnkeys, qnbytes;		/* q: those in the quota, and their bytes */
};

enum key_state { KEY_UNINSTANTIATED, KEY_POSITIVE };	/* below 0: the error of a negative key */

#define KEY_REVOKED		0x01
#define KEY_INVALIDATED		0x02
#define KEY_IN_QUOTA		0x04
#define KEY_USER_CONSTRUCT	0x08	/* /sbin/request-key is at work on it */
#define KEY_UID_KEYRING		0x10	/* a user or user session keyring */

/* A blob of the types user, logon. */
struct user_key_payload {
	size_t len;
	char data[];
};

/* What a key holds, by type. */
union key_data {
	struct user_key_payload *blob;	/* user, logon */
	struct {
		struct rb_root links;	/* security/keys/keyring.c */
		unsigned int nr_links;
	} ring;
	struct {
		struct file *file;	/* NULL: it is in `data` */
		void *data;
		size_t len;
	} big;				/* big_key */
	struct request_key_auth *auth;
};

struct key {
	refcount_t usage;		/* x; at 0 it is only in the tree, until `work` has run */
	key_serial_t serial;		/* i */
	struct rb_node serial_node;	/* k */
	const struct key_type *type;	/* i */
	char *description;		/* i */
	struct key_user *user;		/* q */
	kuid_t uid;			/* k */
	kgid_t gid;			/* k */
	key_perm_t perm;		/* k */
	unsigned int quotalen;		/* q: bytes that are charged for it */
	unsigned int datalen;		/* k: those for its payload */
	int state;			/* k: enum key_state or -errno */
	unsigned int flags;		/* k: KEY_* above */
	time64_t expiry;		/* k: CLOCK_REALTIME; TIME64_MAX never */
	time64_t revoked_at;		/* k */
	union key_data data;		/* k */
	bool restricted;		/* k: a keyring that takes no more links */
	struct list_head name_entry;	/* k: in keyring_names of a user name space, or empty */
	struct work_struct work;	/* frees it; security/keys/gc.c */
};

/* The whole graph of keys. Sleeping; outside of key_user_lock, inside of no other lock. */
extern struct rw_semaphore keys_sem;
/* Counters of users; innermost, interrupts off, since a last reference may go in an RCU callback. */
extern spinlock_t key_user_lock;

static inline struct key *key_get(struct key *key)
{
	if (key)
		refcount_inc(&key->usage);
	return key;
}

/* The last reference gives its quota back at once and leaves the rest to a work item. => any context */
void key_put(struct key *key);

/* ---- what happens to the keyrings of credentials; `new` is private to the caller ---- */

/* A copy refers to the same keyrings. */
void cred_get_keys(const struct cred *cred);
void cred_put_keys(const struct cred *cred);
/* A new task: no thread keyring but a new one, no other process's process keyring. 0 or -errno. */
int cred_clone_keys(struct cred *new, unsigned long clone_flags);
/* A new program keeps the session keyring only. */
void cred_exec_keys(struct cred *new);
/* Authority over a key that is being made does not reach into a user name space. */
void cred_drop_key_authority(struct cred *new);
/* The thread keyring follows the file system user and group. => may sleep */
void cred_own_thread_keyring(const struct cred *new, const struct cred *old);
/* A user name space goes: its keyrings lose their names. => may sleep */
void key_free_user_ns(struct user_namespace *ns);

/* security/keys sets it at boot: gives credentials a thread keyring. 0 or -errno. */
extern int (*new_thread_keyring)(struct cred *new);

#endif
