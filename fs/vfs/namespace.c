/* SPDX-License-Identifier: MIT */
/*
 * The tree of mounts: references, lookup, attaching, copying and taking apart.
 *
 * References: a mount in the tree has one for being there, one for each child, and one for each
 * struct path that names it. An umount without MNT_DETACH asks that only the tree and the caller
 * hold it.
 *
 * Lock order: inode lock of a mount point > namespace_sem > mount_lock > d_lock.
 */
#include "mount.h"
#include <fs/dentry.h>
#include <fs/fs_struct.h>
#include <fs/inode.h>
#include <fs/notify.h>
#include <fs/path.h>
#include <fs/super.h>
#include <kern/bug.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/init.h>
#include <kern/nsproxy.h>
#include <kern/rwsem.h>
#include <kern/task.h>
#include <lib/hash.h>
#include <lib/idr.h>
#include <lib/rculist.h>
#include <lib/string.h>
#include <mm/slab.h>
#include "internal.h"

#define MOUNT_HASH_BITS 8

DECLARE_RWSEM(namespace_sem);
DEFINE_SEQLOCK(mount_lock);

static struct hlist_head mount_hashtable[1 << MOUNT_HASH_BITS];		/* mount_lock, RCU */
static struct hlist_head mountpoint_hashtable[1 << MOUNT_HASH_BITS];	/* mount_lock */
static DEFINE_IDA(mnt_id_ida);
static DEFINE_IDA(mnt_group_ida);
static struct kmem_cache *mnt_cache;

void __init mnt_init_caches(void)
{
	mnt_cache = kmem_cache_create("mnt_cache", sizeof(struct mount), 0, SLAB_PANIC, NULL);
}

static struct hlist_head *m_hash(const struct mount *mnt, const struct dentry *dentry)
{
	unsigned long key = (unsigned long)mnt / 64 + (unsigned long)dentry / 64;

	return &mount_hashtable[hash_64(key, MOUNT_HASH_BITS)];
}

/* ---- references ---- */

int vfsmount_id(const struct vfsmount *mnt)
{
	return container_of(mnt, struct mount, mnt)->mnt_id;
}

struct vfsmount *mntget(struct vfsmount *mnt)
{
	if (mnt)
		atomic_inc(&real_mount(mnt)->mnt_count);
	return mnt;
}

static void mnt_free_rcu(struct rcu_head *head)
{
	struct mount *mnt = container_of(head, struct mount, mnt_rcu);

	kfree(mnt->mnt_devname);
	kmem_cache_free(mnt_cache, mnt);
}

static void mnt_destroy(struct mount *mnt)
{
	struct super_block *sb = mnt->mnt.mnt_sb;

	WARN_ON_ONCE(atomic_read(&mnt->mnt_writers));
	mnt_forget(mnt);
	fanotify_object_gone(&mnt->mnt.mnt_marks);
	dput(mnt->mnt.mnt_root);
	ida_free(&mnt_id_ida, mnt->mnt_id);
	call_rcu(&mnt->mnt_rcu, mnt_free_rcu);
	if (sb)
		deactivate_super(sb);
}

void mntput(struct vfsmount *m)
{
	struct mount *mnt;

	if (!m)
		return;
	mnt = real_mount(m);
	if (mnt->mnt_expired)
		WRITE_ONCE(mnt->mnt_expired, 0);
	if (atomic_dec_and_test(&mnt->mnt_count))
		mnt_destroy(mnt);
}

int legitimize_mnt(struct vfsmount *m, unsigned int seq)
{
	struct mount *mnt = real_mount(m);

	if (!atomic_inc_not_zero(&mnt->mnt_count))
		return 1;
	return read_seqretry(&mount_lock, seq) ? -1 : 0;
}

/* ---- making one ---- */

struct mount *alloc_vfsmnt(const char *name)
{
	struct mount *mnt = kmem_cache_zalloc(mnt_cache, GFP_KERNEL);

	if (!mnt)
		return NULL;
	mnt->mnt_id = ida_alloc_range(&mnt_id_ida, 1, 0x7fffffff, GFP_KERNEL);
	if (mnt->mnt_id < 0)
		goto fail;
	if (name) {
		mnt->mnt_devname = kstrdup(name, GFP_KERNEL);
		if (!mnt->mnt_devname) {
			ida_free(&mnt_id_ida, mnt->mnt_id);
			goto fail;
		}
	}
	atomic_set(&mnt->mnt_count, 1);
	mnt->mnt_parent = mnt;
	INIT_HLIST_NODE(&mnt->mnt_hash);
	INIT_LIST_HEAD(&mnt->mnt_mounts);
	INIT_LIST_HEAD(&mnt->mnt_child);
	INIT_LIST_HEAD(&mnt->mnt_list);
	INIT_LIST_HEAD(&mnt->mnt_share);
	INIT_LIST_HEAD(&mnt->mnt_slave_list);
	INIT_LIST_HEAD(&mnt->mnt_slave);
	INIT_LIST_HEAD(&mnt->mnt_umount);
	mnt_enlist(mnt);
	return mnt;
fail:
	kmem_cache_free(mnt_cache, mnt);
	return NULL;
}

/* Frees one that was never used. */
void free_vfsmnt(struct mount *mnt)
{
	mnt_forget(mnt);
	ida_free(&mnt_id_ida, mnt->mnt_id);
	kfree(mnt->mnt_devname);
	kmem_cache_free(mnt_cache, mnt);
}

int mnt_alloc_group_id(struct mount *mnt)
{
	int id = ida_alloc_range(&mnt_group_ida, 1, 0x7fffffff, GFP_KERNEL);

	if (id < 0)
		return id;
	mnt->mnt_group_id = id;
	return 0;
}

void mnt_release_group_id(struct mount *mnt)
{
	ida_free(&mnt_group_ida, mnt->mnt_group_id);
	mnt->mnt_group_id = 0;
}

struct mount *clone_mnt(struct mount *old, struct dentry *root, int flag)
{
	struct super_block *sb = old->mnt.mnt_sb;
	struct mount *mnt = alloc_vfsmnt(old->mnt_devname);

	if (!mnt)
		return ERR_PTR(-ENOMEM);
	if ((flag & CL_SHARED_TO_SLAVE) && IS_MNT_SHARED(old))
		flag |= CL_SLAVE;
	if (!(flag & (CL_SLAVE | CL_PRIVATE)))
		mnt->mnt_group_id = old->mnt_group_id;
	if ((flag & CL_MAKE_SHARED) && !mnt->mnt_group_id) {
		int error = mnt_alloc_group_id(mnt);

		if (error) {
			free_vfsmnt(mnt);
			return ERR_PTR(error);
		}
	}
	mnt->mnt.mnt_flags = old->mnt.mnt_flags;
	mnt->mnt_propagation = old->mnt_propagation;
	atomic_inc(&sb->s_active);
	mnt->mnt.mnt_sb = sb;
	mnt->mnt.mnt_root = dget(root);
	mnt->mnt_mountpoint = mnt->mnt.mnt_root;

	write_seqlock(&mount_lock);
	if (flag & CL_SLAVE) {
		list_add(&mnt->mnt_slave, &old->mnt_slave_list);
		mnt->mnt_master = old;
		mnt->mnt_propagation &= ~MNT_SHARED;
	} else if (flag & CL_PRIVATE) {
		mnt->mnt_propagation &= ~MNT_SHARED;
	} else {
		if ((flag & CL_MAKE_SHARED) || IS_MNT_SHARED(old))
			list_add(&mnt->mnt_share, &old->mnt_share);
		if (old->mnt_master)
			list_add(&mnt->mnt_slave, &old->mnt_slave);
		mnt->mnt_master = old->mnt_master;
	}
	if (flag & CL_MAKE_SHARED)
		mnt->mnt_propagation |= MNT_SHARED;
	write_sequnlock(&mount_lock);
	return mnt;
}

/* ---- lookup ---- */

struct mount *__lookup_mnt(struct vfsmount *mnt, struct dentry *dentry)
{
	struct mount *parent = real_mount(mnt);
	struct mount *p;

	hlist_for_each_entry_rcu(p, m_hash(parent, dentry), mnt_hash)
		if (READ_ONCE(p->mnt_parent) == parent && READ_ONCE(p->mnt_mountpoint) == dentry)
			return p;
	return NULL;
}

int follow_up(struct path *path)
{
	struct path old = *path;
	struct mount *mnt = real_mount(old.mnt);

	read_seqlock_excl(&mount_lock);
	if (!mnt_has_parent(mnt)) {
		read_sequnlock_excl(&mount_lock);
		return 0;
	}
	path->mnt = mntget(&mnt->mnt_parent->mnt);
	path->dentry = dget(mnt->mnt_mountpoint);
	read_sequnlock_excl(&mount_lock);
	path_put(&old);
	return 1;
}

struct vfsmount *lookup_mnt(const struct path *path)
{
	for (;;) {
		struct mount *child;
		unsigned int seq;
		int stale;

		rcu_read_lock();
		seq = read_seqbegin(&mount_lock);
		child = __lookup_mnt(path->mnt, path->dentry);
		if (child)
			stale = legitimize_mnt(&child->mnt, seq);
		else
			stale = read_seqretry(&mount_lock, seq);
		rcu_read_unlock();
		if (!stale)
			return child ? &child->mnt : NULL;
		if (stale < 0)
			mntput(&child->mnt);
	}
}

bool check_mnt(const struct mount *mnt)
{
	return mnt->mnt_ns == current->nsproxy->mnt_ns;
}

bool may_mount(void)
{
	return ns_capable(current->nsproxy->mnt_ns->user_ns, CAP_SYS_ADMIN);
}

/* The next mount of the tree below `root`, parents first; NULL at the end. */
struct mount *next_mnt(struct mount *p, struct mount *root)
{
	struct list_head *next = p->mnt_mounts.next;

	if (next == &p->mnt_mounts) {
		for (;;) {
			if (p == root)
				return NULL;
			next = p->mnt_child.next;
			if (next != &p->mnt_parent->mnt_mounts)
				break;
			p = p->mnt_parent;
		}
	}
	return list_entry(next, struct mount, mnt_child);
}

/* => namespace_sem or mount_lock */
bool is_path_reachable(struct mount *mnt, struct dentry *dentry, const struct path *root)
{
	while (&mnt->mnt != root->mnt && mnt_has_parent(mnt)) {
		dentry = mnt->mnt_mountpoint;
		mnt = mnt->mnt_parent;
	}
	return &mnt->mnt == root->mnt && is_subdir(dentry, root->dentry);
}

/* ---- mount points ---- */

static struct hlist_head *mp_hash(const struct dentry *dentry)
{
	return &mountpoint_hashtable[hash_64((unsigned long)dentry / 64, MOUNT_HASH_BITS)];
}

static struct mountpoint *lookup_mountpoint(struct dentry *dentry)
{
	struct mountpoint *mp;

	hlist_for_each_entry(mp, mp_hash(dentry), hash)
		if (mp->dentry == dentry) {
			mp->count++;
			return mp;
		}
	return NULL;
}

/* => may sleep; ERR_PTR(-ENOENT) for a folder that is gone */
struct mountpoint *get_mountpoint(struct dentry *dentry)
{
	struct mountpoint *fresh = kmalloc(sizeof(*fresh), GFP_KERNEL);
	struct mountpoint *mp;
	int error = 0;

	if (!fresh)
		return ERR_PTR(-ENOMEM);
	write_seqlock(&mount_lock);
	mp = lookup_mountpoint(dentry);
	if (!mp) {
		spin_lock(&dentry->d_lock);
		if (d_unlinked(dentry) || (dentry->d_flags & DCACHE_CANT_MOUNT))
			error = -ENOENT;
		else
			dentry->d_flags |= DCACHE_MOUNTED;
		spin_unlock(&dentry->d_lock);
		if (!error) {
			fresh->dentry = dget(dentry);
			fresh->count = 1;
			hlist_add_head(&fresh->hash, mp_hash(dentry));
			mp = fresh;
			fresh = NULL;
		}
	}
	write_sequnlock(&mount_lock);
	kfree(fresh);
	return error ? ERR_PTR(error) : mp;
}

/* => mount_lock held for writing; returns the dentry to dput() when it was the last user */
static struct dentry *__put_mountpoint(struct mountpoint *mp)
{
	struct dentry *dentry = mp->dentry;

	if (--mp->count)
		return NULL;
	spin_lock(&dentry->d_lock);
	dentry->d_flags &= ~DCACHE_MOUNTED;
	spin_unlock(&dentry->d_lock);
	hlist_del(&mp->hash);
	kfree(mp);
	return dentry;
}

void put_mountpoint(struct mountpoint *mp)
{
	struct dentry *dentry;

	write_seqlock(&mount_lock);
	dentry = __put_mountpoint(mp);
	write_sequnlock(&mount_lock);
	dput(dentry);
}

/* ---- attaching; => namespace_sem and mount_lock held for writing ---- */

void mnt_set_mountpoint(struct mount *parent, struct mountpoint *mp, struct mount *child)
{
	mp->count++;
	atomic_inc(&parent->mnt_count);
	child->mnt_mountpoint = mp->dentry;
	child->mnt_parent = parent;
	child->mnt_mp = mp;
}

void attach_mnt(struct mount *mnt, struct mount *parent, struct mountpoint *mp)
{
	mnt_set_mountpoint(parent, mp, mnt);
	hlist_add_head_rcu(&mnt->mnt_hash, m_hash(parent, mnt->mnt_mountpoint));
	list_add_tail(&mnt->mnt_child, &parent->mnt_mounts);
}

/* Puts a tree whose top has its place (mnt_set_mountpoint) into the parent's namespace. */
void commit_tree(struct mount *mnt)
{
	struct mount *parent = mnt->mnt_parent;
	struct mnt_namespace *ns = parent->mnt_ns;
	struct mount *p;

	for (p = mnt; p; p = next_mnt(p, mnt)) {
		p->mnt_ns = ns;
		list_add_tail(&p->mnt_list, &ns->list);
		ns->nr_mounts++;
	}
	hlist_add_head_rcu(&mnt->mnt_hash, m_hash(parent, mnt->mnt_mountpoint));
	list_add_tail(&mnt->mnt_child, &parent->mnt_mounts);
	touch_mnt_namespace(ns);
}

/* Takes a mount off its place. The reference on the parent passes to the caller. */
struct mount *detach_mnt(struct mount *mnt, struct dentry **put)
{
	struct mount *parent = mnt->mnt_parent;

	hlist_del_init_rcu(&mnt->mnt_hash);
	list_del_init(&mnt->mnt_child);
	*put = __put_mountpoint(mnt->mnt_mp);
	mnt->mnt_mp = NULL;
	mnt->mnt_parent = mnt;
	mnt->mnt_mountpoint = mnt->mnt.mnt_root;
	return parent;
}

/* The last mount of a tree: next_mnt() of it lies behind the whole tree. */
static struct mount *last_below(struct mount *mnt)
{
	while (!list_empty(&mnt->mnt_mounts))
		mnt = list_last_entry(&mnt->mnt_mounts, struct mount, mnt_child);
	return mnt;
}

/* A copy of the tree at `mnt` that begins at `dentry`; ERR_PTR, and the caller frees `undo`. */
struct mount *copy_tree(struct mount *mnt, struct dentry *dentry, int flag,
			struct list_head *undo)
{
	struct mount *top, *p, *q, *r, *parent;

	if (!(flag & CL_COPY_UNBINDABLE) && (mnt->mnt_propagation & MNT_UNBINDABLE))
		return ERR_PTR(-EINVAL);
	top = q = clone_mnt(mnt, dentry, flag);
	if (IS_ERR(q))
		return q;
	p = mnt;
	list_for_each_entry(r, &mnt->mnt_mounts, mnt_child) {
		struct mount *s;

		if (!is_subdir(r->mnt_mountpoint, dentry))
			continue;
		for (s = r; s; s = next_mnt(s, r)) {
			if (!(flag & CL_COPY_UNBINDABLE) && (s->mnt_propagation & MNT_UNBINDABLE)) {
				s = last_below(s);
				continue;
			}
			while (p != s->mnt_parent) {
				p = p->mnt_parent;
				q = q->mnt_parent;
			}
			p = s;
			parent = q;
			q = clone_mnt(p, p->mnt.mnt_root, flag);
			if (IS_ERR(q))
				goto fail;
			write_seqlock(&mount_lock);
			attach_mnt(q, parent, p->mnt_mp);
			write_sequnlock(&mount_lock);
		}
	}
	return top;
fail:
	umount_tree(top, false, undo);
	return q;
}

/* ---- taking apart ---- */

void umount_tree(struct mount *mnt, bool propagate, struct list_head *list)
{
	struct mount *p;

	write_seqlock(&mount_lock);
	for (p = mnt; p; p = next_mnt(p, mnt))
		list_add_tail(&p->mnt_umount, list);
	if (propagate)
		propagate_umount(list);
	list_for_each_entry(p, list, mnt_umount) {
		struct mnt_namespace *ns = p->mnt_ns;

		if (ns) {
			ns->nr_mounts--;
			touch_mnt_namespace(ns);
		}
		list_del_init(&p->mnt_list);
		p->mnt_ns = NULL;
		hlist_del_init_rcu(&p->mnt_hash);
		list_del_init(&p->mnt_child);
		change_mnt_propagation(p, MS_PRIVATE);
	}
	write_sequnlock(&mount_lock);
}

/* Drops what umount_tree() took. => no lock held; may sleep */
void free_umounted(struct list_head *list)
{
	if (list_empty(list))
		return;
	while (!list_empty(list)) {
		struct mount *mnt = list_first_entry(list, struct mount, mnt_umount);
		struct mount *parent = mnt->mnt_parent;

		list_del_init(&mnt->mnt_umount);
		if (mnt_has_parent(mnt)) {
			struct mountpoint *mp = mnt->mnt_mp;

			write_seqlock(&mount_lock);
			mnt->mnt_parent = mnt;
			mnt->mnt_mountpoint = mnt->mnt.mnt_root;
			mnt->mnt_mp = NULL;
			write_sequnlock(&mount_lock);
			put_mountpoint(mp);
			mntput(&parent->mnt);
		}
		mntput(&mnt->mnt);
	}
}

bool is_local_mountpoint(struct dentry *dentry)
{
	struct mnt_namespace *ns = current->nsproxy->mnt_ns;
	struct mount *mnt;
	bool found = false;

	if (!d_mountpoint(dentry))
		return false;
	down_read(&namespace_sem);
	list_for_each_entry(mnt, &ns->list, mnt_list)
		if (mnt_has_parent(mnt) && mnt->mnt_mountpoint == dentry) {
			found = true;
			break;
		}
	up_read(&namespace_sem);
	return found;
}

void detach_mounts(struct dentry *dentry)
{
	LIST_HEAD(list);
	bool found;

	if (!d_mountpoint(dentry))
		return;
	down_write(&namespace_sem);
	do {
		struct mount *mnt, *victim = NULL;
		int i;

		found = false;
		write_seqlock(&mount_lock);
		for (i = 0; i < 1 << MOUNT_HASH_BITS && !victim; i++)
			hlist_for_each_entry(mnt, &mount_hashtable[i], mnt_hash)
				if (mnt->mnt_mountpoint == dentry) {
					victim = mnt;
					break;
				}
		write_sequnlock(&mount_lock);
		if (victim) {
			umount_tree(victim, false, &list);
			found = true;
		}
	} while (found);
	up_write(&namespace_sem);
	free_umounted(&list);
}
