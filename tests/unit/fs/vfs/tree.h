/* SPDX-License-Identifier: MIT */
/* A tmpfs of a test's own, and short ways to work in it. */
#ifndef TEST_UNIT_FS_TREE_H
#define TEST_UNIT_FS_TREE_H

#include <fs/dentry.h>
#include <fs/file.h>
#include <fs/inode.h>
#include <fs/mount.h>
#include <fs/namei.h>
#include <fs/path.h>
#include <fs/super.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/ktest.h>
#include <lib/string.h>

static inline struct vfsmount *tree_mount(void)
{
	return vfs_kern_mount(get_fs_type("tmpfs"), 0, "tmpfs", NULL);
}

static inline int tree_path(struct vfsmount *mnt, const char *name, struct path *path)
{
	return vfs_path_lookup(mnt->mnt_root, mnt, name, 0, path);
}

/* 0 when the name is there, else the error. */
static inline int tree_find(struct vfsmount *mnt, const char *name)
{
	struct path path;
	int error = tree_path(mnt, name, &path);

	if (!error)
		path_put(&path);
	return error;
}

/* One name in a folder, locked; the caller puts it. */
static inline struct dentry *tree_name(struct dentry *dir, const char *name)
{
	return lookup_one_len(name, dir, strlen(name));
}

static inline int tree_mkdir(struct dentry *dir, const char *name)
{
	struct dentry *child;
	int error;

	inode_lock_nested(d_inode(dir), I_MUTEX_PARENT);
	child = tree_name(dir, name);
	error = PTR_ERR(child);
	if (!IS_ERR(child)) {
		error = vfs_mkdir(d_inode(dir), child, 0755);
		dput(child);
	}
	inode_unlock(d_inode(dir));
	return error;
}

static inline int tree_create(struct dentry *dir, const char *name)
{
	struct dentry *child;
	int error;

	inode_lock_nested(d_inode(dir), I_MUTEX_PARENT);
	child = tree_name(dir, name);
	error = PTR_ERR(child);
	if (!IS_ERR(child)) {
		error = vfs_create(d_inode(dir), child, 0644, true);
		dput(child);
	}
	inode_unlock(d_inode(dir));
	return error;
}

static inline int tree_unlink(struct dentry *dir, const char *name)
{
	struct dentry *child;
	int error;

	inode_lock_nested(d_inode(dir), I_MUTEX_PARENT);
	child = tree_name(dir, name);
	error = PTR_ERR(child);
	if (!IS_ERR(child)) {
		error = d_is_dir(child) ? vfs_rmdir(d_inode(dir), child)
					: vfs_unlink(d_inode(dir), child);
		dput(child);
	}
	inode_unlock(d_inode(dir));
	return error;
}

static inline struct file *tree_open(struct vfsmount *mnt, const char *name, int flags)
{
	struct path path;
	struct file *file;
	int error = tree_path(mnt, name, &path);

	if (error)
		return ERR_PTR(error);
	file = dentry_open(&path, flags, current_cred());
	path_put(&path);
	return file;
}

#endif
