/* SPDX-License-Identifier: MIT */
/* Mounts that stand in no namespace: for the kernel itself, and before they get a place. */
#include <fs/dentry.h>
#include <fs/path.h>
#include <fs/super.h>
#include <kern/err.h>
#include <kern/panic.h>
#include <kern/rwsem.h>
#include "internal.h"
#include "mount.h"

struct vfsmount *vfs_kern_mount(struct file_system_type *type, int flags, const char *name,
				void *data)
{
	struct dentry *root;
	struct mount *mnt;

	if (!type)
		return ERR_PTR(-ENODEV);
	mnt = alloc_vfsmnt(name ? name : "none");
	if (!mnt)
		return ERR_PTR(-ENOMEM);
	root = mount_fs(type, flags, name, data);
	if (IS_ERR(root)) {
		free_vfsmnt(mnt);
		return ERR_CAST(root);
	}
	mnt->mnt.mnt_root = root;
	mnt->mnt.mnt_sb = root->d_sb;
	mnt->mnt_mountpoint = root;
	up_write(&root->d_sb->s_umount);
	return &mnt->mnt;
}

struct vfsmount *kern_mount(struct file_system_type *type)
{
	return vfs_kern_mount(type, SB_KERNMOUNT, type->name, NULL);
}

struct vfsmount *kern_mount_at_boot(struct file_system_type *type)
{
	struct vfsmount *mnt = kern_mount(type);

	if (IS_ERR(mnt))
		panic("cannot mount %s: error %ld", type->name, PTR_ERR(mnt));
	return mnt;
}

void kern_unmount(struct vfsmount *mnt)
{
	if (!IS_ERR_OR_NULL(mnt))
		mntput(mnt);
}

struct vfsmount *clone_private_mount(const struct path *path)
{
	struct mount *old = real_mount(path->mnt);
	struct mount *copy;

	if (old->mnt_propagation & MNT_UNBINDABLE)
		return ERR_PTR(-EINVAL);
	down_write(&namespace_sem);
	copy = clone_mnt(old, path->dentry, CL_PRIVATE);
	up_write(&namespace_sem);
	return IS_ERR(copy) ? ERR_CAST(copy) : &copy->mnt;
}
