// SPDX-License-Identifier: MIT
/*
 * File system calls of the kernel itself at boot, on kernel paths, with the rights of the
 * calling kernel thread.
 */
#include <fs/dentry.h>
#include <fs/fs_struct.h>
#include <fs/inode.h>
#include <fs/mount.h>
#include <fs/namei.h>
#include <fs/path.h>
#include <fs/stat.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/init.h>
#include <kern/task.h>
#include <linux/fcntl.h>
#include <linux/mount.h>

#include "internal.h"

int init_mkdir(const char *name, umode_t mode)
{
	struct path path;
	struct dentry *dentry = kern_path_create(AT_FDCWD, name, &path, LOOKUP_DIRECTORY);
	int err;

	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	err = vfs_mkdir(d_inode(path.dentry), dentry, mode & ~current_umask());
	done_path_create(&path, dentry);
	return err;
}

int init_mknod(const char *name, umode_t mode, dev_t dev)
{
	struct path path;
	struct dentry *dentry = kern_path_create(AT_FDCWD, name, &path, 0);
	int err;

	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	err = vfs_mknod(d_inode(path.dentry), dentry, mode & ~current_umask(), dev);
	done_path_create(&path, dentry);
	return err;
}

int init_symlink(const char *target, const char *name)
{
	struct path path;
	struct dentry *dentry = kern_path_create(AT_FDCWD, name, &path, 0);
	int err;

	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	err = vfs_symlink(d_inode(path.dentry), dentry, target);
	done_path_create(&path, dentry);
	return err;
}

int init_link(const char *old, const char *name)
{
	struct path from, path;
	struct dentry *dentry;
	int err = kern_path(old, 0, &from);

	if (err)
		return err;
	dentry = kern_path_create(AT_FDCWD, name, &path, 0);
	err = PTR_ERR_OR_ZERO(dentry);
	if (!err) {
		err = from.mnt == path.mnt ? vfs_link(from.dentry, d_inode(path.dentry), dentry) :
					     -EXDEV;
		done_path_create(&path, dentry);
	}
	path_put(&from);
	return err;
}

/* Takes a name away; the parent is locked by kern_path_locked(). */
static int remove(const char *name, bool dir)
{
	struct path path;
	struct dentry *dentry = kern_path_locked(name, &path);
	int err;

	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	if (d_is_negative(dentry))
		err = -ENOENT;
	else if (dir)
		err = vfs_rmdir(d_inode(path.dentry), dentry);
	else
		err = vfs_unlink(d_inode(path.dentry), dentry);
	dput(dentry);
	inode_unlock(d_inode(path.dentry));
	path_put(&path);
	return err;
}

int init_unlink(const char *name)
{
	return remove(name, false);
}

int init_rmdir(const char *name)
{
	return remove(name, true);
}

int init_chdir(const char *name)
{
	struct path path;
	int err = kern_path(name, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &path);

	if (!err) {
		set_fs_pwd(current->fs, &path);
		path_put(&path);
	}
	return err;
}

int init_chroot(const char *name)
{
	struct path path;
	int err = kern_path(name, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &path);

	if (!err) {
		set_fs_root(current->fs, &path);
		path_put(&path);
	}
	return err;
}

static int path_of(const char *name, int flags, struct path *path)
{
	return kern_path(name, flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW, path);
}

int init_chown(const char *name, uid_t uid, gid_t gid, int flags)
{
	struct path path;
	int err = path_of(name, flags, &path);

	if (!err) {
		err = chown_common(&path, uid, gid);
		path_put(&path);
	}
	return err;
}

int init_chmod(const char *name, umode_t mode)
{
	struct path path;
	int err = path_of(name, 0, &path);

	if (!err) {
		err = chmod_common(&path, mode);
		path_put(&path);
	}
	return err;
}

int init_utimes(const char *name, const struct timespec64 *times)
{
	struct path path;
	int err = path_of(name, AT_SYMLINK_NOFOLLOW, &path);

	if (!err) {
		err = do_utimes_path(&path, times);
		path_put(&path);
	}
	return err;
}

int init_stat(const char *name, struct kstat *stat, int flags)
{
	struct path path;
	int err = path_of(name, flags, &path);

	if (!err) {
		err = vfs_getattr(&path, stat, STATX_BASIC_STATS, 0);
		path_put(&path);
	}
	return err;
}

int init_eaccess(const char *name)
{
	struct path path;
	int err = path_of(name, 0, &path);

	if (!err) {
		err = inode_permission(d_inode(path.dentry), MAY_ACCESS);
		path_put(&path);
	}
	return err;
}

int init_mount(const char *dev, const char *dir, const char *type, unsigned long flags,
	       void *data)
{
	struct path path;
	int err = kern_path(dir, LOOKUP_FOLLOW, &path);

	if (!err) {
		err = path_mount(dev, &path, type, flags, data);
		path_put(&path);
	}
	return err;
}
