// SPDX-License-Identifier: MIT
/*
 * What each user may have of name spaces and the like.
 *
 * A counter belongs to (user name space, user). What is made in a name space is counted there
 * and, for the user that created that name space, in its parent, and so on up: a user cannot
 * escape a limit by making name spaces.
 *
 *   ucounts_lock	the table and the references; innermost, taken with interrupts off
 */
#include <fs/sysctl.h>
#include <kern/cred.h>
#include <kern/fork.h>
#include <kern/init.h>
#include <kern/kernel.h>
#include <kern/spinlock.h>
#include <kern/user_namespace.h>
#include <lib/hashtable.h>
#include <mm/slab.h>

#define UCOUNT_BITS 8

static DEFINE_SPINLOCK(ucounts_lock);
static DEFINE_HASHTABLE(ucounts_table, UCOUNT_BITS);

static unsigned long ucounts_key(const struct user_namespace *ns, kuid_t uid)
{
	return (unsigned long)ns / 64 + __kuid_val(uid);
}

/* Of the first user of the first name space: always there. */
struct ucounts init_ucounts = {
	.ns = &init_user_ns,
	.count = REFCOUNT_INIT(1),
	.processes = ATOMIC_LONG_INIT(1),
};

/* => ucounts_lock held; takes a reference */
static struct ucounts *find_ucounts(struct user_namespace *ns, kuid_t uid)
{
	struct ucounts *u;

	if (ns == &init_user_ns && uid_eq(uid, GLOBAL_ROOT_UID))
		return get_ucounts(&init_ucounts);
	hash_for_each_possible(ucounts_table, u, node, ucounts_key(ns, uid))
		if (u->ns == ns && uid_eq(u->uid, uid))
			return get_ucounts(u);
	return NULL;
}

struct ucounts *alloc_ucounts(struct user_namespace *ns, kuid_t uid)
{
	struct ucounts *u, *fresh = NULL;
	unsigned long flags;

	spin_lock_irqsave(&ucounts_lock, flags);
	u = find_ucounts(ns, uid);
	spin_unlock_irqrestore(&ucounts_lock, flags);
	if (u)
		return u;
	fresh = kzalloc(sizeof(*fresh), GFP_KERNEL);
	if (!fresh)
		return NULL;
	fresh->ns = get_user_ns(ns);
	fresh->uid = uid;
	refcount_set(&fresh->count, 1);
	spin_lock_irqsave(&ucounts_lock, flags);
	u = find_ucounts(ns, uid);
	if (!u) {
		hash_add(ucounts_table, &fresh->node, ucounts_key(ns, uid));
		u = fresh;
		fresh = NULL;
	}
	spin_unlock_irqrestore(&ucounts_lock, flags);
	if (fresh) {
		put_user_ns(fresh->ns);
		kfree(fresh);
	}
	return u;
}

struct ucounts *get_ucounts(struct ucounts *u)
{
	refcount_inc(&u->count);
	return u;
}

void put_ucounts(struct ucounts *u)
{
	unsigned long flags;

	spin_lock_irqsave(&ucounts_lock, flags);
	if (!refcount_dec_and_test(&u->count)) {
		spin_unlock_irqrestore(&ucounts_lock, flags);
		return;
	}
	hash_del(&u->node);
	spin_unlock_irqrestore(&ucounts_lock, flags);
	put_user_ns(u->ns);
	kfree(u);
}

/* ---- processes ---- */

int set_cred_ucounts(struct cred *cred)
{
	struct ucounts *u = alloc_ucounts(cred->user_ns, cred->uid);

	if (!u)
		return -ENOMEM;
	put_ucounts(cred->ucounts);
	cred->ucounts = u;
	return 0;
}

void count_processes(struct ucounts *ucounts, long nr)
{
	for (struct ucounts *u = ucounts; u; u = u->ns->ucounts)
		atomic_long_add(nr, &u->processes);
}

bool too_many_processes(const struct ucounts *ucounts, unsigned long limit)
{
	for (const struct ucounts *u = ucounts; u; u = u->ns->ucounts) {
		if ((unsigned long)atomic_long_read(&u->processes) > limit)
			return true;
		limit = u->ns->max_processes;
	}
	return false;
}

/* ---- other counters ---- */

static bool inc_below(atomic_t *counter, int max)
{
	int old = atomic_read(counter);

	do {
		if (old >= max)
			return false;
	} while (!atomic_try_cmpxchg(counter, &old, old + 1));
	return true;
}

struct ucounts *inc_ucount(struct user_namespace *ns, kuid_t uid, enum ucount_type type)
{
	struct ucounts *ucounts = alloc_ucounts(ns, uid), *u, *full = NULL;

	if (!ucounts)
		return NULL;
	for (u = ucounts; u; u = u->ns->ucounts) {
		if (!inc_below(&u->ucount[type], READ_ONCE(u->ns->ucount_max[type]))) {
			full = u;
			break;
		}
	}
	if (!full)
		return ucounts;
	for (u = ucounts; u != full; u = u->ns->ucounts)
		atomic_dec(&u->ucount[type]);
	put_ucounts(ucounts);
	return NULL;
}

void dec_ucount(struct ucounts *ucounts, enum ucount_type type)
{
	if (!ucounts)
		return;
	for (struct ucounts *u = ucounts; u; u = u->ns->ucounts)
		atomic_dec(&u->ucount[type]);
	put_ucounts(ucounts);
}

/* ---- /proc/sys/user ---- */

/* Each name space has its own limits: the file shows those of who looks. */
static int do_max(const struct ctl_table *table, int write, char *buffer, size_t *lenp, loff_t *ppos)
{
	static const int zero;
	int *max = &current_user_ns()->ucount_max[(long)table->data];
	int value = READ_ONCE(*max);
	struct ctl_table row = { .data = &value, .maxlen = sizeof(value), .extra1 = &zero };
	int error;

	if (write && !ns_capable(current_user_ns(), CAP_SYS_RESOURCE))
		return -EPERM;
	error = proc_dointvec_minmax(&row, write, buffer, lenp, ppos);
	if (!error && write)
		WRITE_ONCE(*max, value);
	return error;
}

#define MAX(name, type) { .procname = name, .data = (void *)(long)(type), .mode = 0644, \
			  .proc_handler = do_max }

static const struct ctl_table user_table[] = {
	MAX("max_user_namespaces", UCOUNT_USER_NAMESPACES),
	MAX("max_pid_namespaces", UCOUNT_PID_NAMESPACES),
	MAX("max_uts_namespaces", UCOUNT_UTS_NAMESPACES),
	MAX("max_ipc_namespaces", UCOUNT_IPC_NAMESPACES),
	MAX("max_net_namespaces", UCOUNT_NET_NAMESPACES),
	MAX("max_mnt_namespaces", UCOUNT_MNT_NAMESPACES),
	MAX("max_cgroup_namespaces", UCOUNT_CGROUP_NAMESPACES),
	MAX("max_time_namespaces", UCOUNT_TIME_NAMESPACES),
	MAX("max_inotify_instances", UCOUNT_INOTIFY_INSTANCES),
	MAX("max_inotify_watches", UCOUNT_INOTIFY_WATCHES),
	MAX("max_fanotify_groups", UCOUNT_FANOTIFY_GROUPS),
	MAX("max_fanotify_marks", UCOUNT_FANOTIFY_MARKS),
	{}
};

static int __init ucount_init(void)
{
	for (int i = 0; i < UCOUNT_COUNTS; i++)
		init_user_ns.ucount_max[i] = max_threads / 2;
	init_user_ns.ucount_max[UCOUNT_INOTIFY_INSTANCES] = 128;
	init_user_ns.ucount_max[UCOUNT_INOTIFY_WATCHES] = 65536;
	return register_sysctl("user", user_table);
}
fs_initcall(ucount_init);
