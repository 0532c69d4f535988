/* SPDX-License-Identifier: MIT */
/*
 * The inside of mounts.
 *
 * A mount joins a super block's tree (mnt.mnt_root) to a place (mnt_parent, mnt_mountpoint). Lookups
 * find the child of a place in a hash under RCU; mount_lock, a seqlock, tells them when the tree
 * changed meanwhile.
 *
 *   (n) namespace_sem for writing to change, for reading to look
 *   (m) mount_lock for writing to change; lookups read under RCU and its sequence
 *   (i) constant   (x) atomic
 */
#ifndef FS_VFS_MOUNT_H
#define FS_VFS_MOUNT_H

#include <fs/mount.h>
#include <kern/atomic.h>
#include <kern/ns_common.h>
#include <kern/rcupdate.h>
#include <kern/refcount.h>
#include <kern/seqlock.h>
#include <kern/wait.h>
#include <lib/list.h>

/* A dentry that something is mounted on, in any namespace. */
struct mountpoint {
	struct hlist_node hash;			/* m */
	struct dentry *dentry;			/* i */
	int count;				/* m: mounts on it */
};

struct file_system_type;
struct path;

struct mount {
	struct hlist_node mnt_hash;		/* m: by (mnt_parent, mnt_mountpoint) */
	struct mount *mnt_parent;		/* m: itself when not attached */
	struct dentry *mnt_mountpoint;		/* m */
	struct vfsmount mnt;
	atomic_t mnt_count;			/* x: references */
	atomic_t mnt_writers;			/* x: open for writing and changes under way */
	struct list_head mnt_mounts;		/* m: children, by mnt_child */
	struct list_head mnt_child;		/* m */
	struct list_head mnt_list;		/* n: in the namespace, or a collecting list */
	char *mnt_devname;			/* i: "none", "/dev/sda1" */
	struct list_head mnt_share;		/* n, m: ring of the peer group */
	struct list_head mnt_slave_list;	/* n, m: slaves of this one */
	struct list_head mnt_slave;		/* n, m: in the master's mnt_slave_list */
	struct mount *mnt_master;		/* n, m */
	struct mnt_namespace *mnt_ns;		/* n: NULL when detached */
	struct mountpoint *mnt_mp;		/* m */
	struct list_head mnt_all;		/* all_mounts_lock: every mount there is */
	struct list_head mnt_umount;		/* n: the list of what an umount takes */
	int mnt_id;				/* i: /proc/PID/mountinfo */
	int mnt_group_id;			/* n: peer group, 0 for none */
	int mnt_expired;			/* x: MNT_EXPIRE has marked it */
	unsigned int mnt_propagation;		/* n, m: MNT_SHARED, MNT_UNBINDABLE */
	struct rcu_head mnt_rcu;
};

/* mnt_propagation */
#define MNT_SHARED	1
#define MNT_UNBINDABLE	2

struct mnt_namespace {
	struct ns_common ns;
	struct user_namespace *user_ns;		/* i: counted */
	struct ucounts *ucounts;		/* i */
	struct mount *root;			/* n */
	struct list_head list;			/* n: all mounts, parents before children */
	unsigned int nr_mounts;			/* n */
	wait_queue_head_t poll;			/* woken when `event` moves */
	u64 event;				/* n */
	u64 seq;				/* i: order of birth */
};

extern seqlock_t mount_lock;
extern struct rw_semaphore namespace_sem;

static inline struct mount *real_mount(struct vfsmount *mnt)
{
	return container_of(mnt, struct mount, mnt);
}

static inline bool mnt_has_parent(const struct mount *mnt)
{
	return mnt != mnt->mnt_parent;
}

static inline bool IS_MNT_SHARED(const struct mount *mnt)
{
	return mnt->mnt_propagation & MNT_SHARED;
}

/* One that no task lives in: of a detached tree. */
static inline bool is_anon_ns(const struct mnt_namespace *ns)
{
	return !ns->seq;
}

/* Would a namespace hold a mount that keeps it, or one that holds it? Only newer ones may. */
bool mnt_ns_loop(struct dentry *dentry);

static inline bool is_mounted(const struct mount *mnt)
{
	return mnt->mnt_ns;
}

/* The child mounted on a place, without a reference: NULL. => RCU, or mount_lock */
struct mount *__lookup_mnt(struct vfsmount *mnt, struct dentry *dentry);
/* The same with a reference. */
struct vfsmount *lookup_mnt(const struct path *path);
/*
 * A reference if mount_lock is still at `seq`: 0. 1: none was taken; -1: one was taken, which the
 * caller must drop outside of RCU. => RCU
 */
int legitimize_mnt(struct vfsmount *mnt, unsigned int seq);
struct mount *detach_mnt(struct mount *mnt, struct dentry **put);
/* Is this mount in the caller's namespace? */
bool check_mnt(const struct mount *mnt);
/* The caller may mount: CAP_SYS_ADMIN. */
bool may_mount(void);
bool mount_capable(const struct file_system_type *type);

/* ---- mount_ns.c, mount_ops.c for mount_fd.c and mount_setattr.c ---- */

/* A namespace for a detached tree, empty: NULL without memory; and its end, once it is empty. */
struct mnt_namespace *alloc_anon_ns(void);
void free_anon_ns(struct mnt_namespace *ns);
/* The mount, or the tree, that MS_BIND would attach. => namespace_sem held for writing */
struct mount *copy_for_bind(struct path *path, bool recurse, struct list_head *undo);
/* move_mount(): a mount, attached or not, goes to another place. => may sleep */
int move_mount_path(struct path *from, struct path *to);
int set_mount_group(struct path *from, struct path *to);
/* MNT_* of MOUNT_ATTR_*, without the access times. */
int mount_attr_flags(u64 attr);
/* Do locked flags (MNT_LOCK_*) allow the change? */
bool may_change_mnt_flags(int old, int new);
/* -EBUSY while somebody writes. => mount_lock held for writing */
int make_mnt_readonly(struct mount *mnt);
/* Takes away what is mounted on, or below, an entry that goes. => may sleep */
void detach_mounts(struct dentry *dentry);
void detach_mounts_below(struct dentry *dentry);
bool is_local_mountpoint(struct dentry *dentry);
bool is_path_reachable(struct mount *mnt, struct dentry *dentry, const struct path *root);

/* ---- namespace.c for propagation.c, mount_attach.c and mount_ops.c ---- */

/* Every mount is in a list from its making to its end. */
void mnt_enlist(struct mount *mnt);
void mnt_forget(struct mount *mnt);
struct mount *alloc_vfsmnt(const char *name);
void free_vfsmnt(struct mount *mnt);
struct mount *next_mnt(struct mount *p, struct mount *root);
#define CL_EXPIRE	0x01
#define CL_SLAVE	0x02
#define CL_COPY_UNBINDABLE 0x04
#define CL_MAKE_SHARED	0x08
#define CL_PRIVATE	0x10
#define CL_SHARED_TO_SLAVE 0x20
/* Copied to a less privileged namespace: locks what must not be undone there. => mount_lock */
void lock_mnt_tree(struct mount *mnt);
/* => namespace_sem held for writing */
struct mount *clone_mnt(struct mount *old, struct dentry *root, int flag);
struct mount *copy_tree(struct mount *mnt, struct dentry *dentry, int flag,
			struct list_head *undo);
void mnt_set_mountpoint(struct mount *parent, struct mountpoint *mp, struct mount *child);
void attach_mnt(struct mount *mnt, struct mount *parent, struct mountpoint *mp);
void commit_tree(struct mount *mnt);
/* Each umounted mount goes to `list`; free_umounted() when no lock is held any more. */
void umount_tree(struct mount *mnt, bool propagate, struct list_head *list);
void free_umounted(struct list_head *list);
struct mountpoint *get_mountpoint(struct dentry *dentry);
void put_mountpoint(struct mountpoint *mp);
void touch_mnt_namespace(struct mnt_namespace *ns);
int mnt_alloc_group_id(struct mount *mnt);
void mnt_release_group_id(struct mount *mnt);

/* ---- mount_attach.c ---- */

/*
 * Locks the topmost mount at a path for mounting: inode lock and namespace_sem. The path is moved
 * to that place. ERR_PTR, and nothing is locked.
 */
struct mountpoint *lock_mount(struct path *path);
/* The reverse; frees what is on `umounted`, now that no lock is held. */
void unlock_mount(struct mountpoint *mp, struct list_head *umounted);
/*
 * Attaches a tree, and copies of it wherever propagation asks for them; `moving` says that the
 * tree is attached elsewhere now. On failure what was copied is on `undo`.
 * => namespace_sem held for writing
 */
int attach_recursive_mnt(struct mount *source, struct mount *dest, struct mountpoint *mp,
			 bool moving, struct list_head *undo);
/* The same for a new tree, with the checks of its root. => namespace_sem held for writing */
int graft_tree(struct mount *mnt, struct mount *dest, struct mountpoint *mp,
	       struct list_head *undo);
/* The next mount of a tree, or none when `tree` is meant alone. => namespace_sem held */
static inline struct mount *next_mnt_of(struct mount *p, struct mount *tree, bool recurse)
{
	return recurse ? next_mnt(p, tree) : NULL;
}
/*
 * A mount, or each of a tree, that is to be shared gets a group of its own: all or none. And back,
 * for those that were not made shared. => namespace_sem held for writing
 */
int invent_group_ids(struct mount *tree, bool recurse);
void cleanup_group_ids(struct mount *tree, bool recurse);

/* ---- propagation.c; => namespace_sem held for writing ---- */

void change_mnt_propagation(struct mount *mnt, int type);
/* Copies of `source` for all that hear of mounts on dest; they go to `tree`. */
int propagate_mnt(struct mount *dest, struct mountpoint *mp, struct mount *source,
		  struct list_head *tree);
/* Adds to `list` what propagation umounts too. */
void propagate_umount(struct list_head *list);
/* Would propagation meet a busy mount? */
bool propagate_mount_busy(struct mount *mnt, int refs);
int get_dominating_id(struct mount *mnt, const struct path *root);
int do_change_type(struct path *path, int flag);

#endif
