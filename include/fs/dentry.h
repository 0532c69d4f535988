/* SPDX-License-Identifier: MIT */
/* Names: the cache of what name leads to what inode. */
#ifndef FS_DENTRY_H
#define FS_DENTRY_H

#include <kern/rcupdate.h>
#include <kern/seqlock.h>
#include <kern/spinlock.h>
#include <kern/types.h>
#include <lib/list.h>
#include <lib/stringhash.h>

struct inode;
struct path;
struct super_block;
struct vfsmount;
struct dentry;

/* A name of known length, with its hash within its parent. */
struct qstr {
	u32 hash;
	u32 len;
	const char *name;
};

#define QSTR_INIT(n, l) { .name = (n), .len = (l) }
#define DNAME_INLINE_LEN 40

/* Operations of a dentry; all may be NULL. */
struct dentry_operations {
	/*
	 * Is a cached entry still right? 1 yes, 0 no (it is dropped and looked up anew), or an
	 * errno. => holds a reference, no lock; may sleep
	 */
	int (*d_revalidate)(struct dentry *dentry, unsigned int flags);
	/* The last reference goes: 1 forgets the entry at once. => d_lock held, may not sleep */
	int (*d_delete)(const struct dentry *dentry);
	/* d_fsdata must be freed. => no lock, nobody else sees the entry; may not sleep */
	void (*d_release)(struct dentry *dentry);
	/* The entry lets go of its inode; must end in iput(inode). => may sleep */
	void (*d_iput)(struct dentry *dentry, struct inode *inode);
	/* Writes the name of a file that lives in no folder: see dynamic_dname(). */
	char *(*d_dname)(struct dentry *dentry, char *buf, int buflen);
};

/* d_flags */
#define DCACHE_MOUNTED		0x0001	/* something is mounted here, in some namespace */
#define DCACHE_LRU		0x0002	/* on sb->s_dentry_lru */
#define DCACHE_REFERENCED	0x0004	/* used since the shrinker last looked */
#define DCACHE_DEAD		0x0008	/* being freed: may not be got any more */
#define DCACHE_DISCONNECTED	0x0010
#define DCACHE_CANT_MOUNT	0x0020	/* unlinked: no mount may be put on it */
#define DCACHE_OP_REVALIDATE	0x0040
#define DCACHE_OP_DELETE	0x0080
#define DCACHE_DONTCACHE	0x0100
#define DCACHE_SHRINK		0x0200	/* the umount took its pin: not for the LRU list */

/*
 * A name in a folder. A reference on a dentry holds its parent, its inode and its super block.
 *   (d) d_lock         (b) d_lock and the lock of its hash bucket, read under RCU
 *   (i) constant       (p) the parent's d_lock; (r) rename_lock and d_lock, read under RCU
 *   (l) the super block's s_dentry_lru_lock
 */
struct dentry {
	unsigned int d_flags;			/* d */
	struct hlist_node d_hash;		/* b: pprev NULL when not in the hash */
	struct dentry *d_parent;		/* r: itself for a root */
	struct qstr d_name;			/* r */
	struct inode *d_inode;			/* d: NULL is a negative entry */
	char d_iname[DNAME_INLINE_LEN];		/* r: short names live here */

	spinlock_t d_lock;
	int d_count;				/* d: references */
	const struct dentry_operations *d_op;	/* i */
	struct super_block *d_sb;		/* i */
	unsigned long d_time;			/* for d_revalidate */
	void *d_fsdata;				/* the file system's */

	struct list_head d_lru;			/* l */
	struct list_head d_child;		/* p: in d_parent->d_subdirs, newest first */
	u64 d_order;				/* p: grows with each new sibling: readdir's place */
	struct list_head d_subdirs;		/* d: children */
	struct hlist_node d_alias;		/* inode->i_lock: in inode->i_dentry */
	struct rcu_head d_rcu;
};

extern const struct qstr slash_name;
extern seqlock_t rename_lock;

static inline struct inode *d_inode(const struct dentry *dentry)
{
	return READ_ONCE(dentry->d_inode);
}

static inline bool d_is_negative(const struct dentry *dentry)
{
	return !READ_ONCE(dentry->d_inode);
}

static inline bool d_is_positive(const struct dentry *dentry)
{
	return !d_is_negative(dentry);
}

static inline bool d_really_is_positive(const struct dentry *dentry)
{
	return !d_is_negative(dentry);
}

static inline bool d_really_is_negative(const struct dentry *dentry)
{
	return d_is_negative(dentry);
}

static inline bool d_unhashed(const struct dentry *dentry)
{
	return !READ_ONCE(dentry->d_hash.pprev);
}

static inline bool d_unlinked(const struct dentry *dentry)
{
	return d_unhashed(dentry) && dentry != dentry->d_parent;
}

static inline bool d_mountpoint(const struct dentry *dentry)
{
	return READ_ONCE(dentry->d_flags) & DCACHE_MOUNTED;
}

static inline bool IS_ROOT(const struct dentry *dentry)
{
	return dentry == dentry->d_parent;
}

bool d_is_dir(const struct dentry *dentry);
bool d_is_reg(const struct dentry *dentry);
bool d_is_symlink(const struct dentry *dentry);

/* A new negative entry below `parent`, not in the hash, with one reference; NULL without memory. */
struct dentry *d_alloc(struct dentry *parent, const struct qstr *name);
struct dentry *d_alloc_name(struct dentry *parent, const char *name);
/* Without a parent or a hash: pipes, sockets. */
struct dentry *d_alloc_pseudo(struct super_block *sb, const struct qstr *name);
/* The root of a new super block; eats the inode's reference, also on failure. */
struct dentry *d_make_root(struct inode *inode);

/* Give a negative entry its inode (the reference moves). d_add also puts it in the hash. */
void d_instantiate(struct dentry *dentry, struct inode *inode);
void d_add(struct dentry *dentry, struct inode *inode);
/*
 * The same for the answer of ->lookup(): an inode of a folder that has an entry already gives
 * that one back (the caller uses it instead), else NULL. inode may be an ERR_PTR or NULL.
 */
struct dentry *d_splice_alias(struct inode *inode, struct dentry *dentry);
void d_rehash(struct dentry *dentry);
/* Out of the hash: lookups do not find it any more. */
void d_drop(struct dentry *dentry);
/* Unlinked: becomes negative, or leaves the hash when somebody still uses it. */
void d_delete(struct dentry *dentry);
/* O_TMPFILE: an inode without a name; its link count becomes 0. */
void d_tmpfile(struct dentry *dentry, struct inode *inode);
/* Rename: dentry takes target's place; both names' folders are locked by the caller. */
void d_move(struct dentry *dentry, struct dentry *target);
void d_exchange(struct dentry *a, struct dentry *b);
void d_set_d_op(struct dentry *dentry, const struct dentry_operations *op);
/* Forget everything below, and the entry itself; mounts below are detached. */
void d_invalidate(struct dentry *dentry);
void d_genocide(struct dentry *root);
void shrink_dcache_parent(struct dentry *parent);
void shrink_dcache_sb(struct super_block *sb);
/* Any entry of this inode, with a reference. */
struct dentry *d_find_alias(struct inode *inode);
void d_prune_aliases(struct inode *inode);

/* Finds a child in the cache, with a reference; NULL when the cache does not know. */
struct dentry *d_lookup(const struct dentry *parent, const struct qstr *name);
struct dentry *d_hash_and_lookup(struct dentry *parent, struct qstr *name);

/* References. dput of the last may free inode and super block. => dput may sleep */
struct dentry *dget(struct dentry *dentry);
struct dentry *dget_parent(struct dentry *dentry);
void dput(struct dentry *dentry);
/* Is `a` at or below `b`? */
bool is_subdir(struct dentry *a, struct dentry *b);

/* A steady copy of a name that a rename may change. */
struct name_snapshot {
	struct qstr name;
	char inline_name[256];
};
void take_dentry_name_snapshot(struct name_snapshot *snap, struct dentry *dentry);

/* Figures for /proc/sys/fs/dentry-state. */
long get_nr_dentry(void);
long get_nr_dentry_unused(void);

#endif
