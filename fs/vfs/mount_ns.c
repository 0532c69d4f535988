/* SPDX-License-Identifier: MIT */
/* Mount namespaces: the first one, copies, and changing the root of one. */
#include <linux/sched.h>
#include <linux/fcntl.h>
#include <fs/dentry.h>
#include <fs/fs_struct.h>
#include <fs/inode.h>
#include <fs/namei.h>
#include <fs/super.h>
#include <kern/bug.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/init.h>
#include <kern/nsproxy.h>
#include <kern/syscalls.h>
#include <lib/idr.h>
#include <lib/string.h>
#include <mm/slab.h>
#include "internal.h"
#include "mount.h"

#define PROC_MNT_INIT_INO 0xf0000000U

struct mnt_namespace *init_mnt_ns;
static DEFINE_IDA(ns_inum_ida);
static u64 mnt_event;			/* mount_lock */

/* => mount_lock held for writing */
void touch_mnt_namespace(struct mnt_namespace *ns)
{
	if (ns) {
		ns->event = ++mnt_event;
		wake_up_interruptible(&ns->poll);
	}
}

unsigned int mnt_ns_inum(struct mnt_namespace *ns)
{
	return ns->inum;
}

static struct mnt_namespace *alloc_mnt_ns(void)
{
	struct mnt_namespace *ns = kzalloc(sizeof(*ns), GFP_KERNEL);
	int id;

	if (!ns)
		return NULL;
	id = ida_alloc(&ns_inum_ida, GFP_KERNEL);
	if (id < 0) {
		kfree(ns);
		return NULL;
	}
	ns->inum = PROC_MNT_INIT_INO + id;
	refcount_set(&ns->count, 1);
	INIT_LIST_HEAD(&ns->list);
	init_waitqueue_head(&ns->poll);
	return ns;
}

void get_mnt_ns(struct mnt_namespace *ns)
{
	refcount_inc(&ns->count);
}

void put_mnt_ns(struct mnt_namespace *ns)
{
	LIST_HEAD(gone);

	if (!ns || !refcount_dec_and_test(&ns->count))
		return;
	down_write(&namespace_sem);
	umount_tree(ns->root, false, &gone);
	up_write(&namespace_sem);
	free_umounted(&gone);
	ida_free(&ns_inum_ida, ns->inum - PROC_MNT_INIT_INO);
	kfree(ns);
}

/* Root and pwd of a task that gets the copy move to the same place in it. */
static void move_fs(struct fs_struct *fs, struct mount *from, struct mount *to,
		    struct vfsmount **put)
{
	if (&from->mnt == fs->root.mnt) {
		put[0] = fs->root.mnt;
		fs->root.mnt = mntget(&to->mnt);
	}
	if (&from->mnt == fs->pwd.mnt) {
		put[1] = fs->pwd.mnt;
		fs->pwd.mnt = mntget(&to->mnt);
	}
}

struct mnt_namespace *copy_mnt_ns(unsigned long flags, struct mnt_namespace *ns,
				  struct fs_struct *new_fs)
{
	struct vfsmount *put[2] = { NULL, NULL };
	struct mnt_namespace *copy;
	struct mount *top, *p, *q;
	LIST_HEAD(undo);

	if (!(flags & CLONE_NEWNS)) {
		get_mnt_ns(ns);
		return ns;
	}
	copy = alloc_mnt_ns();
	if (!copy)
		return ERR_PTR(-ENOMEM);
	down_write(&namespace_sem);
	top = copy_tree(ns->root, ns->root->mnt.mnt_root, CL_COPY_UNBINDABLE, &undo);
	if (IS_ERR(top)) {
		up_write(&namespace_sem);
		free_umounted(&undo);
		ida_free(&ns_inum_ida, copy->inum - PROC_MNT_INIT_INO);
		kfree(copy);
		return ERR_CAST(top);
	}
	copy->root = top;
	/* The two trees have the same shape: walk them side by side. */
	p = ns->root;
	for (q = top; q; q = next_mnt(q, top)) {
		q->mnt_ns = copy;
		list_add_tail(&q->mnt_list, &copy->list);
		copy->nr_mounts++;
		if (new_fs && p)
			move_fs(new_fs, p, q, put);
		p = next_mnt(p, ns->root);
	}
	up_write(&namespace_sem);
	mntput(put[0]);
	mntput(put[1]);
	return copy;
}

/* ---- pivot_root ---- */

/*
 * The checks of pivot_root: both are mounts of ours, new below the old root, put_old below new,
 * and neither hears of what we do to others.
 */
static int pivot_check(struct path *new, struct path *old, struct path *root,
		       struct mount *old_mnt)
{
	struct mount *new_mnt = real_mount(new->mnt);
	struct mount *root_mnt = real_mount(root->mnt);

	if (!check_mnt(root_mnt) || !check_mnt(new_mnt))
		return -EINVAL;
	if (d_unlinked(new->dentry))
		return -ENOENT;
	if (new_mnt == root_mnt || old_mnt == root_mnt)
		return -EBUSY;
	if (IS_MNT_SHARED(old_mnt) ||
	    (mnt_has_parent(new_mnt) && IS_MNT_SHARED(new_mnt->mnt_parent)) ||
	    (mnt_has_parent(root_mnt) && IS_MNT_SHARED(root_mnt->mnt_parent)))
		return -EINVAL;
	if (root->mnt->mnt_root != root->dentry || !mnt_has_parent(root_mnt))
		return -EINVAL;
	if (new->mnt->mnt_root != new->dentry || !mnt_has_parent(new_mnt))
		return -EINVAL;
	if (!is_path_reachable(old_mnt, old->dentry, new) ||
	    !is_path_reachable(new_mnt, new->dentry, root))
		return -EINVAL;
	return 0;
}

static int pivot(struct path *new, struct path *old, struct path *root)
{
	struct mount *new_mnt = real_mount(new->mnt);
	struct mount *root_mnt = real_mount(root->mnt);
	struct mount *root_parent, *new_parent;
	struct mountpoint *old_mp, *root_mp;
	struct dentry *put[2];
	int error;

	inode_lock(d_inode(old->dentry));
	down_write(&namespace_sem);
	error = pivot_check(new, old, root, real_mount(old->mnt));
	if (error)
		goto unlock;
	old_mp = get_mountpoint(old->dentry);
	error = PTR_ERR(old_mp);
	if (IS_ERR(old_mp))
		goto unlock;
	error = 0;
	write_seqlock(&mount_lock);
	root_mp = root_mnt->mnt_mp;
	root_mp->count++;
	new_parent = detach_mnt(new_mnt, &put[0]);
	root_parent = detach_mnt(root_mnt, &put[1]);
	attach_mnt(root_mnt, real_mount(old->mnt), old_mp);
	attach_mnt(new_mnt, root_parent, root_mp);
	touch_mnt_namespace(current->nsproxy->mnt_ns);
	write_sequnlock(&mount_lock);
	put_mountpoint(root_mp);
	put_mountpoint(old_mp);
	dput(put[0]);
	dput(put[1]);
	mntput(&new_parent->mnt);
	mntput(&root_parent->mnt);
unlock:
	up_write(&namespace_sem);
	inode_unlock(d_inode(old->dentry));
	if (!error)
		chroot_fs_refs(root, new);
	return error;
}

SYSCALL_DEFINE2(pivot_root, const char __user *, new_root, const char __user *, put_old)
{
	struct path new, old, root;
	int error;

	if (!may_mount())
		return -EPERM;
	error = user_path_at(AT_FDCWD, new_root, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &new);
	if (error)
		return error;
	error = user_path_at(AT_FDCWD, put_old, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &old);
	if (error)
		goto out_new;
	get_fs_root(current->fs, &root);
	error = pivot(&new, &old, &root);
	path_put(&root);
	path_put(&old);
out_new:
	path_put(&new);
	return error;
}

/* ---- boot ---- */

/* The namespace that all begin in: an empty rootfs, and the first task's root and pwd there. */
static void __init init_mount_tree(void)
{
	struct vfsmount *mnt = vfs_kern_mount(get_fs_type("rootfs"), 0, "rootfs", NULL);
	struct path root;

	BUG_ON(IS_ERR(mnt));
	init_mnt_ns = alloc_mnt_ns();
	BUG_ON(!init_mnt_ns);
	init_mnt_ns->root = real_mount(mnt);
	real_mount(mnt)->mnt_ns = init_mnt_ns;
	list_add(&real_mount(mnt)->mnt_list, &init_mnt_ns->list);
	init_mnt_ns->nr_mounts = 1;
	init_nsproxy.mnt_ns = init_mnt_ns;
	root.mnt = mnt;
	root.dentry = mnt->mnt_root;
	set_fs_pwd(&init_fs, &root);
	set_fs_root(&init_fs, &root);
}

void __init mnt_init(void)
{
	init_mount_tree();
}
