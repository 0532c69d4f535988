/* SPDX-License-Identifier: MIT */
/*
 * Name spaces of users: which numbers programs see for users and groups, and over what a
 * capability counts.
 */
#ifndef KERN_USER_NAMESPACE_H
#define KERN_USER_NAMESPACE_H

#include <kern/atomic.h>
#include <kern/ns_common.h>
#include <kern/refcount.h>
#include <kern/spinlock_types.h>
#include <kern/uidgid.h>
#include <kern/workqueue.h>
#include <lib/list.h>

struct cred;
struct key;

#define UID_GID_MAP_MAX_EXTENTS 340

/* count numbers from `first` inside stand for those from `lower_first` in the parent. */
struct uid_gid_extent {
	u32 first;
	u32 lower_first;
	u32 count;
};

/* Written once: nr_extents last. Afterwards constant. */
struct uid_gid_map {
	u32 nr_extents;
	struct uid_gid_extent *forward; /* by first */
	struct uid_gid_extent *reverse; /* by lower_first */
};

/* What is counted for each user of each name space, for /proc/sys/user. */
enum ucount_type {
	UCOUNT_USER_NAMESPACES,
	UCOUNT_PID_NAMESPACES,
	UCOUNT_UTS_NAMESPACES,
	UCOUNT_IPC_NAMESPACES,
	UCOUNT_NET_NAMESPACES,
	UCOUNT_MNT_NAMESPACES,
	UCOUNT_CGROUP_NAMESPACES,
	UCOUNT_TIME_NAMESPACES,
	UCOUNT_INOTIFY_INSTANCES,
	UCOUNT_INOTIFY_WATCHES,
	UCOUNT_FANOTIFY_GROUPS,
	UCOUNT_FANOTIFY_MARKS,
	UCOUNT_COUNTS
};

struct ucounts {
	struct hlist_node node;		/* ucounts_lock */
	struct user_namespace *ns;	/* i: counted */
	kuid_t uid;			/* i */
	refcount_t count;		/* zero only under ucounts_lock */
	atomic_t ucount[UCOUNT_COUNTS];
	atomic_long_t processes;	/* x: tasks here and below: RLIMIT_NPROC */
};

#define USERNS_SETGROUPS_ALLOWED 1UL

/*
 *   (m) userns_state_mutex to write, then constant   (i) constant   (x) atomic
 */
struct user_namespace {
	struct uid_gid_map uid_map;	/* m */
	struct uid_gid_map gid_map;	/* m */
	struct uid_gid_map projid_map;	/* m */
	struct user_namespace *parent;	/* i: counted; NULL for the first */
	int level;			/* i */
	kuid_t owner;			/* i */
	kgid_t group;			/* i */
	bool parent_could_setfcap;	/* i: its creator might have given file capabilities */
	unsigned long flags;		/* m: USERNS_* */
	struct list_head keyring_names;	/* keys_sem: struct key.name_entry of named keyrings */
	struct key *user_keyring_register; /* keys_sem: made when needed */
	struct key *persistent_keyring_register; /* keys_sem: likewise */
	struct ns_common ns;
	struct work_struct work;	/* frees it */
	struct ucounts *ucounts;	/* i: what it is counted by; NULL for the first */
	int ucount_max[UCOUNT_COUNTS];	/* WRITE_ONCE: sysctl */
	unsigned long max_processes;	/* i: its maker's RLIMIT_NPROC, for all that he has in it */
};

extern struct user_namespace init_user_ns;
extern struct ucounts init_ucounts;

struct user_namespace *get_user_ns(struct user_namespace *ns);
/* The last reference hands it to a work queue. => any context */
void put_user_ns(struct user_namespace *ns);

/* `new` gets a new name space whose owner it is, and all capabilities in it. 0 or -errno. */
int create_user_ns(struct cred *new);
/* unshare(CLONE_NEWUSER): *new_cred gets the credentials for it. */
int unshare_userns(unsigned long flags, struct cred **new_cred);
/* Is `ancestor` above `ns`, or the same? */
bool in_userns(const struct user_namespace *ancestor, const struct user_namespace *ns);
/* The user name space of credentials is `target` or below it. */
bool current_in_userns(const struct user_namespace *target);
/* Has setgroups() a meaning here: is it allowed, and is there a map of groups? */
bool userns_may_setgroups(const struct user_namespace *ns);
/* The owner, but for those that the caller may not see: ERR_PTR(-EPERM). With a reference. */
struct ns_common *ns_get_owner(struct ns_common *ns);

/* A counter goes up in the name space of `ns` and in all above it; NULL when one is full. */
struct ucounts *inc_ucount(struct user_namespace *ns, kuid_t uid, enum ucount_type type);
void dec_ucount(struct ucounts *ucounts, enum ucount_type type);

/* The counters of a user in a name space, with a reference; NULL without memory. => may sleep */
struct ucounts *alloc_ucounts(struct user_namespace *ns, kuid_t uid);
struct ucounts *get_ucounts(struct ucounts *ucounts);
/* => any context */
void put_ucounts(struct ucounts *ucounts);
/* The credentials get the counters of their real user and name space: 0 or -ENOMEM. */
int set_cred_ucounts(struct cred *cred);
/* So many tasks more or less, in the name space and all above it. => any context */
void count_processes(struct ucounts *ucounts, long nr);
/* Are there too many for RLIMIT_NPROC, or for what makers of name spaces had? */
bool too_many_processes(const struct ucounts *ucounts, unsigned long limit);

/* /proc/PID/uid_map and its neighbours: one of these. Writing takes the whole text, ended by NUL. */
enum userns_map { USERNS_UID_MAP, USERNS_GID_MAP, USERNS_PROJID_MAP };
struct file;
struct seq_file;
ssize_t userns_write_map(struct user_namespace *ns, enum userns_map which, const struct file *file,
			 char *text, size_t size);
int userns_show_map(struct seq_file *m, struct user_namespace *ns, enum userns_map which,
		    const struct cred *opener);
ssize_t userns_write_setgroups(struct user_namespace *ns, const char *text, size_t size);

#endif
