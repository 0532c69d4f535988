/* SPDX-License-Identifier: MIT */
/*
 * Attaching a tree of mounts: locking the place, and copies wherever propagation asks for them.
 * Locks, outermost first: the place's i_rwsem > namespace_sem > mount_lock.
 */
#include <fs/dentry.h>
#include <fs/inode.h>
#include <fs/path.h>
#include <fs/super.h>
#include <kern/err.h>
#include "mount.h"

/* fs.mount-max */
unsigned int sysctl_mount_max = 100000;

struct mountpoint *lock_mount(struct path *path)
{
	for (;;) {
		struct dentry *dentry = path->dentry;
		struct mountpoint *mp;
		struct vfsmount *mnt;

		inode_lock(d_inode(dentry));
		if (dentry->d_flags & DCACHE_CANT_MOUNT) {
			inode_unlock(d_inode(dentry));
			return ERR_PTR(-ENOENT);
		}
		down_write(&namespace_sem);
		mnt = lookup_mnt(path);
		if (!mnt) {
			mp = get_mountpoint(dentry);
			if (IS_ERR(mp)) {
				up_write(&namespace_sem);
				inode_unlock(d_inode(dentry));
			}
			return mp;
		}
		up_write(&namespace_sem);
		inode_unlock(d_inode(dentry));
		path_put(path);
		path->mnt = mnt;
		path->dentry = dget(mnt->mnt_root);
	}
}

void unlock_mount(struct mountpoint *mp, struct list_head *umounted)
{
	struct dentry *dentry = dget(mp->dentry);

	up_write(&namespace_sem);
	inode_unlock(d_inode(dentry));
	put_mountpoint(mp);
	dput(dentry);
	free_umounted(umounted);
}

static unsigned int count_mounts(struct mount *mnt)
{
	unsigned int n = 0;
	struct mount *p;

	for (p = mnt; p; p = next_mnt(p, mnt))
		n++;
	return n;
}

/* Those that did not become shared after all give their numbers back. */
static void revoke_group_ids(struct mount *tree, const struct mount *end, bool recurse)
{
	for (struct mount *p = tree; p != end; p = next_mnt_of(p, tree, recurse))
		if (p->mnt_group_id && !IS_MNT_SHARED(p))
			mnt_release_group_id(p);
}

void cleanup_group_ids(struct mount *tree, bool recurse)
{
	revoke_group_ids(tree, NULL, recurse);
}

int invent_group_ids(struct mount *tree, bool recurse)
{
	for (struct mount *p = tree; p; p = next_mnt_of(p, tree, recurse)) {
		int error = p->mnt_group_id ? 0 : mnt_alloc_group_id(p);

		if (error) {
			revoke_group_ids(tree, p, recurse);
			return error;
		}
	}
	return 0;
}

/* Something is mounted at the place already (on a peer): it goes on top of the new mount. */
static void tuck_under(struct mount *mnt, struct mount *top)
{
	struct dentry *put = NULL;
	struct mountpoint *mp = get_mountpoint(mnt->mnt.mnt_root);
	struct mount *old_parent;

	if (IS_ERR(mp))
		return;
	write_seqlock(&mount_lock);
	old_parent = detach_mnt(top, &put);
	attach_mnt(top, mnt, mp);
	write_sequnlock(&mount_lock);
	put_mountpoint(mp);
	dput(put);
	mntput(&old_parent->mnt);
}

int attach_recursive_mnt(struct mount *source, struct mount *dest, struct mountpoint *mp,
			 bool moving, struct list_head *undo)
{
	struct mnt_namespace *ns = dest->mnt_ns;
	struct dentry *put = NULL;
	struct mount *child, *n;
	LIST_HEAD(copies);
	int error;

	if (!moving && ns->nr_mounts + count_mounts(source) > sysctl_mount_max)
		return -ENOSPC;
	if (IS_MNT_SHARED(dest)) {
		struct mount *p;

		error = invent_group_ids(source, true);
		if (error)
			return error;
		error = propagate_mnt(dest, mp, source, &copies);
		write_seqlock(&mount_lock);
		for (p = source; p && !error; p = next_mnt(p, source))
			p->mnt_propagation |= MNT_SHARED;
		write_sequnlock(&mount_lock);
		if (error) {
			list_for_each_entry_safe(child, n, &copies, mnt_umount) {
				list_del_init(&child->mnt_umount);
				umount_tree(child, false, undo);
			}
			cleanup_group_ids(source, true);
			return error;
		}
	}
	if (moving) {
		struct mount *old_parent;

		write_seqlock(&mount_lock);
		old_parent = detach_mnt(source, &put);
		attach_mnt(source, dest, mp);
		touch_mnt_namespace(ns);
		write_sequnlock(&mount_lock);
		dput(put);
		if (old_parent != source)
			mntput(&old_parent->mnt);
	} else {
		write_seqlock(&mount_lock);
		mnt_set_mountpoint(dest, mp, source);
		commit_tree(source);
		write_sequnlock(&mount_lock);
	}
	list_for_each_entry_safe(child, n, &copies, mnt_umount) {
		struct mount *top;

		list_del_init(&child->mnt_umount);
		top = __lookup_mnt(&child->mnt_parent->mnt, child->mnt_mountpoint);
		write_seqlock(&mount_lock);
		commit_tree(child);
		/* The top itself may go again: it hides nothing that was there before. */
		if (child->mnt_ns->user_ns != ns->user_ns)
			lock_mnt_tree(child);
		write_sequnlock(&mount_lock);
		if (top)
			tuck_under(child, top);
	}
	return 0;
}

int graft_tree(struct mount *mnt, struct mount *dest, struct mountpoint *mp,
	       struct list_head *undo)
{
	if (mnt->mnt.mnt_sb->s_flags & SB_NOUSER)
		return -EINVAL;
	if (d_is_dir(mp->dentry) != d_is_dir(mnt->mnt.mnt_root))
		return -ENOTDIR;
	return attach_recursive_mnt(mnt, dest, mp, false, undo);
}
