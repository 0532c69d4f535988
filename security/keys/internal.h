/* SPDX-License-Identifier: MIT */
/*
 * The key retention service. key.c has the overview.
 *
 * "=> keys_sem" at a function: held, for writing where something changes.
 */
#ifndef SECURITY_KEYS_INTERNAL_H
#define SECURITY_KEYS_INTERNAL_H

#include <kern/cred.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/key.h>
#include <lib/string.h>

#include <linux/keyctl.h>

struct seq_file;

/* Rights, for the possessor (<< 24), the owner (<< 16), the group (<< 8) and others. */
#define KEY_NEED_VIEW	 0x01
#define KEY_NEED_READ	 0x02
#define KEY_NEED_WRITE	 0x04
#define KEY_NEED_SEARCH	 0x08
#define KEY_NEED_LINK	 0x10
#define KEY_NEED_SETATTR 0x20
#define KEY_NEED_ALL	 0x3f
#define KEY_POS(need)	 ((key_perm_t)(need) << 24)
#define KEY_USR(need)	 ((key_perm_t)(need) << 16)
#define KEY_PERM_ALL	 0x3f3f3f3fU
#define KEY_PERM_DEFAULT ((key_perm_t)-1)	/* what suits the type */

#define KEY_MAX_DESC_SIZE 4096
#define KEY_MAX_PAYLOAD	  (1024 * 1024 - 1)

#define TIME_NEVER ((time64_t)((~0ULL) >> 1))

/* A key and whether the caller possesses it: found it through keyrings of his own. */
struct key_ref {
	struct key *key;	/* or an ERR_PTR */
	bool possessed;
};

static inline struct key_ref key_ref(struct key *key, bool possessed)
{
	return (struct key_ref){ key, possessed };
}
static inline struct key_ref key_ref_err(long error)
{
	return (struct key_ref){ ERR_PTR(error), false };
}
static inline long key_ref_error(struct key_ref ref)
{
	return IS_ERR(ref.key) ? PTR_ERR(ref.key) : 0;
}

/* A payload on its way into a key. */
struct key_payload {
	const void *data;	/* from the program; NULL: none */
	size_t len;
	size_t quotalen;	/* set by prepare(): what is charged */
	union key_data parsed;	/* set by prepare() */
};

/* A type of keys. Callbacks may sleep. */
struct key_type {
	const char *name;
	bool updatable;		/* add_key() and KEYCTL_UPDATE may replace the payload */
	/* 0 or -EINVAL; NULL: any description will do. => no lock */
	int (*vet_description)(const char *description);
	/* Makes what the key will hold; 0 or -errno. NULL: only the kernel makes such keys. => no lock */
	int (*prepare)(struct key_payload *payload);
	/* Frees what prepare() made, or what a key held. => nobody else sees it */
	void (*destroy)(union key_data *data);
	/* => keys_sem */
	void (*describe)(const struct key *key, struct seq_file *m);
	/* The payload's size; copies it when it fits. NULL: it cannot be read. => keys_sem */
	long (*read)(const struct key *key, char *buffer, size_t size);
};

extern const struct key_type key_type_keyring, key_type_user, key_type_logon, key_type_big_key;
extern const struct key_type key_type_request_key_auth;

/* What a request_key() that calls for user space leaves for whoever makes the key. */
struct request_key_auth {
	struct key *target;		/* i: counted */
	struct key *dest;		/* i: counted; where the key goes, or NULL */
	const struct cred *cred;	/* i: counted; of the requestor */
	pid_t pid;			/* i: of the requestor */
	size_t callout_len;		/* i */
	void *callout;			/* i */
};

/* ---- key.c ---- */

/* A new key, not instantiated, with one reference; -EDQUOT, -EINVAL, -ENOMEM. => keys_sem */
struct key *key_alloc(const struct key_type *type, const char *description, kuid_t uid, kgid_t gid,
		      key_perm_t perm, unsigned int quota);
#define KEY_QUOTA     0	/* within the limits */
#define KEY_OVERRUN   1	/* counted, but never refused */
#define KEY_NO_QUOTA  2
/* The key of a number with a reference, or ERR_PTR(-ENOKEY). => keys_sem */
struct key *key_lookup(key_serial_t serial);
/* The first key whose number is not below `serial`; NULL. No reference. => keys_sem */
struct key *key_from(key_serial_t serial);
/* 0, -ENOKEY (invalidated), -EKEYREVOKED, -EKEYEXPIRED. => keys_sem */
int key_validate(const struct key *key);
/* 0 or -EACCES. => keys_sem */
int key_permission(struct key_ref ref, const struct cred *cred, unsigned int need);
/* Changes what is charged for the payload; 0 or -EDQUOT. => keys_sem */
int key_charge(struct key *key, unsigned int datalen);
/* Moves to another owner; 0, -EDQUOT, -ENOMEM. => keys_sem */
int key_change_owner(struct key *key, kuid_t uid);
/* Puts a prepared payload into a new key, or replaces one. 0 or -EDQUOT. => keys_sem */
int key_instantiate(struct key *key, struct key_payload *payload);
int key_update(struct key *key, struct key_payload *payload);
/* Makes a new key negative: searches that meet it fail with `error`. 0 or -EBUSY. => keys_sem */
int key_reject(struct key *key, unsigned int seconds, int error);
/* => keys_sem */
void key_revoke(struct key *key);
void key_invalidate(struct key *key);
void key_set_timeout(struct key *key, unsigned int seconds);
/* prepare() of a type, and what undoes it. */
int key_prepare(const struct key_type *type, struct key_payload *payload);
void key_unprepare(const struct key_type *type, struct key_payload *payload);
/* The type of a name; NULL. */
const struct key_type *key_type_lookup(const char *name);

/* Limits of /proc/sys/kernel/keys (sysctl.c). */
extern int key_quota_maxkeys, key_quota_maxbytes, key_quota_root_maxkeys, key_quota_root_maxbytes;
extern int key_gc_delay, persistent_keyring_expiry;
/* The counters of owners, by uid. => key_user_lock */
extern struct rb_root key_users;
int key_max_keys(kuid_t uid);
int key_max_bytes(kuid_t uid);

/* ---- gc.c ---- */

/* Looks for dead links not later than then. => keys_sem */
void key_schedule_gc(time64_t when);
/* When a dead key's links go; TIME_NEVER while it lives. => keys_sem */
time64_t key_dead_at(const struct key *key);
/* What the work item of each key runs: frees it. */
void key_free_work(struct work_struct *work);

/* ---- keyring.c ---- */

struct key_link {
	struct rb_node node;
	struct key *key;
};

#define SEARCH_NO_STATE	  0x1	/* also revoked, expired and negative keys */
#define SEARCH_NO_PERM	  0x2
#define SEARCH_FLAT	  0x4	/* not in keyrings below */
#define SEARCH_TOO_DEEP	  0x8	/* fail with -ELOOP where the search would end */
#define SEARCH_EXPIRED_OK 0x10

struct key_search {
	const struct key_type *type;
	const char *description;
	const struct key *key;	/* this one only, or NULL */
	const struct cred *cred;
	unsigned int flags;
	long error;		/* why nothing was found */
	struct key_ref found;	/* no reference */
};

/* A new keyring, linked to `dest` when there is one. => keys_sem */
struct key *keyring_alloc(const char *description, kuid_t uid, kgid_t gid, key_perm_t perm,
			  unsigned int quota, struct key *dest);
/* The first match, with a reference; -EAGAIN: none; -EACCES, -EKEYREVOKED, ... => keys_sem */
struct key_ref keyring_search(struct key_ref keyring, struct key_search *search);
/* The key of that type and description right here, without any check; NULL. => keys_sem */
struct key *keyring_find(const struct key *keyring, const struct key_type *type,
			 const char *description);
/* Adds a link, in place of one of the same type and description. -EPERM when it is restricted,
 * -EDEADLK, -ELOOP, -EDQUOT, -ENOTDIR, -EKEYREVOKED, -ENOMEM. => keys_sem */
int key_link(struct key *keyring, struct key *key);
/* The same for the kernel's own links: whatever the restriction. => keys_sem */
int key_link_unchecked(struct key *keyring, struct key *key);
/* 0, -ENOENT, -ENOTDIR. => keys_sem */
int key_unlink(struct key *keyring, struct key *key);
int key_move(struct key *key, struct key *from, struct key *to, unsigned int flags);
/* Drops all links; those to keys that are to be forgotten by then. => keys_sem */
void keyring_clear(struct key *keyring);
void keyring_collect(struct key *keyring, time64_t now);
/* A named keyring that the caller may search, with a reference; -ENOKEY. => keys_sem */
struct key *keyring_by_name(const char *name);
void keyring_publish(struct key *keyring);

/* ---- process_keys.c ---- */

/* Where a user's keyrings are; each with a reference, either may be NULL. -errno. => keys_sem */
int user_keyrings(const struct cred *cred, struct key **user, struct key **session);
/* The user session keyring if it is there already, no reference. => keys_sem */
struct key *user_session_keyring(const struct cred *cred);
/* Gives private credentials a keyring of their own. => keys_sem */
int install_thread_keyring(struct cred *new);
int install_process_keyring(struct cred *new);
/* NULL: a new one. The old one goes. => keys_sem */
int install_session_keyring(struct cred *new, struct key *keyring);
/* KEYCTL_JOIN_SESSION_KEYRING: the number of the keyring, 0 when it was ours already. => no lock */
long join_session_keyring(const char *name);
/* All keyrings of the task, and of the one that it makes a key for. => keys_sem */
struct key_ref search_process_keyrings(struct key_search *search);
/* Thread, process and session keyring. => keys_sem */
struct key_ref search_cred_keyrings(struct key_search *search);

#define LOOKUP_CREATE	 0x1	/* make the special keyring if it is not there */
#define LOOKUP_PARTIAL	 0x2	/* also keys that are not made yet, or negative */
#define LOOKUP_DEFER	 0x4	/* whatever its state; the caller checks it, and the rights */
#define LOOKUP_UNCHECKED 0x8	/* whoever it belongs to: the caller has other rights */
/* A number that a program gave, or a KEY_SPEC_*; with a reference. => no lock; may sleep */
struct key_ref lookup_user_key(key_serial_t id, unsigned int flags, unsigned int need);
/* Waits until the key is made. 0, -ERESTARTSYS, the error of a negative key, key_validate()'s. */
int key_wait(struct key *key);

/* ---- request_key.c, upcall.c ---- */

/*
 * Finds a key, or has it made when there is callout information, and links it to `dest`; with a
 * reference, perhaps still in the making by another. -ENOKEY, -EPERM (keyrings are not made), ...
 * => no lock; may sleep
 */
struct key *request_key_and_link(const struct key_type *type, const char *description,
				 const void *callout, size_t callout_len, struct key *dest);
/* A key is made; the authority over it, if any, ends. => keys_sem */
void key_constructed(struct key *key, struct key *authkey);
/* Runs /sbin/request-key until it ends. 0, or why it was not run. => no lock; may sleep */
int key_upcall(struct key *key, struct key *authkey);
extern struct wait_queue_head key_waiters; /* for key_constructed() */

/* ---- request_key_auth.c ---- */

/* The authority over `target`; with a reference. => keys_sem */
struct key *request_key_auth_new(struct key *target, const void *callout, size_t callout_len,
				 struct key *dest);
/* The authority over a key among the caller's keyrings; with a reference. => no lock */
struct key *request_key_auth_find(key_serial_t id);

/* ---- keyctl*.c ---- */

/* The name of a type for programs: 0, -EINVAL, -EPERM (the kernel's own), -EFAULT. */
int key_type_from_user(char *type, const char __user *utype, size_t size);
long keyctl_instantiate(key_serial_t id, const void *payload, size_t len, key_serial_t ringid);
long keyctl_reject(key_serial_t id, unsigned int timeout, unsigned int error, key_serial_t ringid);
long keyctl_assume_authority(key_serial_t id);
long keyctl_set_reqkey_keyring(int where);
long keyctl_session_to_parent(void);
long keyctl_get_persistent(uid_t uid, key_serial_t destid);
long keyctl_describe(key_serial_t id, char __user *buffer, size_t size);
long keyctl_read(key_serial_t id, char __user *buffer, size_t size);
long keyctl_get_security(key_serial_t id, char __user *buffer, size_t size);
long keyctl_chown(key_serial_t id, uid_t user, gid_t group);
long keyctl_setperm(key_serial_t id, key_perm_t perm);
long keyctl_set_timeout(key_serial_t id, unsigned int timeout);
long keyctl_restrict_keyring(key_serial_t id, const char __user *type, const char __user *text);
/* Setting attributes is also for whoever makes the key: with a reference. */
struct key_ref lookup_or_authority(key_serial_t id, unsigned int flags, unsigned int need);

#endif
