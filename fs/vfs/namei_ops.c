/* SPDX-License-Identifier: MIT */
/* Making and removing names: mkdir, mknod, symlink, link, unlink, rmdir. */
#include <fs/dentry.h>
#include <fs/file.h>
#include <fs/fs_struct.h>
#include <fs/inode.h>
#include <fs/mount.h>
#include <fs/notify.h>
#include <fs/posix_acl.h>
#include <fs/super.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/lsm.h>
#include <kern/syscalls.h>
#include <lib/string.h>
#include "internal.h"
#include "mount.h"
#include "walk.h"

/* A folder's default access list stands in for the umask. */
static umode_t umask_in(const struct inode *dir)
{
	return has_default_acl(dir) ? 0 : current_umask();
}

/* In a setgid folder a file keeps its own setgid only for the group's members. */
umode_t mode_strip(const struct inode *dir, umode_t mode)
{
	mode &= ~umask_in(dir);
	if (S_ISDIR(mode) || !(dir->i_mode & S_ISGID) ||
	    (mode & (S_ISGID | S_IXGRP)) != (S_ISGID | S_IXGRP))
		return mode;
	if (in_group_p(dir->i_gid) || capable_wrt_inode_uidgid(dir, CAP_FSETID))
		return mode;
	return mode & ~S_ISGID;
}

/* ---- the operations ---- */

int vfs_create(struct inode *dir, struct dentry *dentry, umode_t mode, bool excl)
{
	int error = may_create(dir, dentry);

	if (error)
		return error;
	if (!dir->i_op->create)
		return -EACCES;
	error = dir->i_op->create(dir, dentry, (mode & S_IALLUGO) | S_IFREG, excl);
	if (!error)
		notify_dirent(dir, IN_CREATE, dentry);
	return error;
}

int vfs_mkdir(struct inode *dir, struct dentry *dentry, umode_t mode)
{
	int error = may_create(dir, dentry);

	if (error)
		return error;
	if (!dir->i_op->mkdir)
		return -EPERM;
	error = dir->i_op->mkdir(dir, dentry, mode & (S_IRWXUGO | S_ISVTX));
	if (!error)
		notify_dirent(dir, IN_CREATE | IN_ISDIR, dentry);
	return error;
}

int vfs_mknod(struct inode *dir, struct dentry *dentry, umode_t mode, dev_t dev)
{
	int error = may_create(dir, dentry);

	if (error)
		return error;
	/* A whiteout opens no device. */
	if ((S_ISCHR(mode) || S_ISBLK(mode)) && !(S_ISCHR(mode) && dev == WHITEOUT_DEV) &&
	    !capable(CAP_MKNOD))
		return -EPERM;
	if (!dir->i_op->mknod)
		return -EPERM;
	error = dir->i_op->mknod(dir, dentry, mode, dev);
	if (!error)
		notify_dirent(dir, IN_CREATE, dentry);
	return error;
}

int vfs_symlink(struct inode *dir, struct dentry *dentry, const char *target)
{
	int error = may_create(dir, dentry);

	if (error)
		return error;
	if (!dir->i_op->symlink)
		return -EPERM;
	error = dir->i_op->symlink(dir, dentry, target);
	if (!error)
		notify_dirent(dir, IN_CREATE, dentry);
	return error;
}

int vfs_link(struct dentry *old, struct inode *dir, struct dentry *new)
{
	struct inode *inode = d_inode(old);
	int error;

	if (!inode)
		return -ENOENT;
	error = may_create(dir, new);
	if (error)
		return error;
	if (dir->i_sb != inode->i_sb)
		return -EXDEV;
	if (IS_APPEND(inode) || IS_IMMUTABLE(inode) || !dir->i_op->link ||
	    S_ISDIR(inode->i_mode))
		return -EPERM;
	inode_lock(inode);
	if (!inode->i_nlink && !(inode->i_state & I_LINKABLE))
		error = -ENOENT;
	else
		error = dir->i_op->link(old, dir, new);
	if (!error)
		inode->i_state &= ~I_LINKABLE;
	inode_unlock(inode);
	if (!error) {
		notify_inode(inode, IN_ATTRIB);
		notify_dirent(dir, IN_CREATE, new);
	}
	return error;
}

int vfs_rmdir(struct inode *dir, struct dentry *dentry)
{
	struct inode *inode;
	int error = may_delete(dir, dentry, true);

	if (error)
		return error;
	if (!dir->i_op->rmdir)
		return -EPERM;
	inode = d_inode(dentry);
	dget(dentry);
	inode_lock_nested(inode, I_MUTEX_CHILD);
	if (is_local_mountpoint(dentry)) {
		error = -EBUSY;
	} else {
		error = dir->i_op->rmdir(dir, dentry);
		if (!error) {
			shrink_dcache_parent(dentry);
			inode->i_flags |= S_DEAD;
			detach_mounts(dentry);
		}
	}
	inode_unlock(inode);
	dput(dentry);
	if (!error) {
		notify_dirent(dir, IN_DELETE | IN_ISDIR, dentry);
		d_delete(dentry);
	}
	return error;
}

int vfs_unlink(struct inode *dir, struct dentry *dentry)
{
	struct inode *inode;
	int error = may_delete(dir, dentry, false);

	if (error)
		return error;
	if (!dir->i_op->unlink)
		return -EPERM;
	inode = d_inode(dentry);
	inode_lock_nested(inode, I_MUTEX_CHILD);
	if (is_local_mountpoint(dentry)) {
		error = -EBUSY;
	} else {
		error = dir->i_op->unlink(dir, dentry);
		if (!error)
			detach_mounts(dentry);
	}
	inode_unlock(inode);
	if (!error) {
		notify_inode(inode, IN_ATTRIB);
		notify_dirent(dir, IN_DELETE, dentry);
		d_delete(dentry);
	}
	return error;
}

/* ---- finding the place of a new name ---- */

static struct dentry *filename_create(int dfd, struct filename *name, struct path *path,
				      unsigned int flags)
{
	bool want_dir = flags & LOOKUP_DIRECTORY;
	struct dentry *dentry;
	struct qstr last;
	int type, readonly, error;

	error = filename_parentat(dfd, name, flags & LOOKUP_REVAL, path, &last, &type);
	if (error)
		return ERR_PTR(error);
	error = -EEXIST;
	if (type != LAST_NORM)
		goto out;
	readonly = mnt_want_write(path->mnt);
	inode_lock_nested(d_inode(path->dentry), I_MUTEX_PARENT);
	dentry = lookup_locked(&last, path->dentry, LOOKUP_CREATE | LOOKUP_EXCL);
	error = PTR_ERR(dentry);
	if (IS_ERR(dentry))
		goto unlock;
	if (d_is_positive(dentry))
		error = -EEXIST;
	else if (!want_dir && last.name[last.len])
		error = -ENOENT;	/* "name/" cannot be anything but a folder */
	else
		error = readonly;
	if (!error)
		return dentry;
	dput(dentry);
unlock:
	inode_unlock(d_inode(path->dentry));
	if (!readonly)
		mnt_drop_write(path->mnt);
out:
	path_put(path);
	return ERR_PTR(error);
}

struct dentry *kern_path_create(int dfd, const char *text, struct path *path, unsigned int flags)
{
	struct filename *name = getname_kernel(text);
	struct dentry *dentry = filename_create(dfd, name, path, flags);

	putname(name);
	return dentry;
}

struct dentry *user_path_create(int dfd, const char __user *uname, struct path *path,
				unsigned int flags)
{
	struct filename *name = getname(uname);
	struct dentry *dentry = filename_create(dfd, name, path, flags);

	putname(name);
	return dentry;
}

void done_path_create(struct path *path, struct dentry *dentry)
{
	dput(dentry);
	inode_unlock(d_inode(path->dentry));
	mnt_drop_write(path->mnt);
	path_put(path);
}

struct dentry *kern_path_locked(const char *text, struct path *path)
{
	struct filename *name = getname_kernel(text);
	struct dentry *dentry;
	struct qstr last;
	int type, error;

	error = filename_parentat(AT_FDCWD, name, 0, path, &last, &type);
	if (error) {
		putname(name);
		return ERR_PTR(error);
	}
	dentry = ERR_PTR(-EINVAL);
	inode_lock_nested(d_inode(path->dentry), I_MUTEX_PARENT);
	if (type == LAST_NORM)
		dentry = lookup_locked(&last, path->dentry, 0);
	if (IS_ERR(dentry)) {
		inode_unlock(d_inode(path->dentry));
		path_put(path);
	}
	putname(name);
	return dentry;
}

static int one_name(const char *text, struct dentry *base, int len, struct qstr *q)
{
	int i;

	if (!len || (text[0] == '.' && (len == 1 || (len == 2 && text[1] == '.'))))
		return -EACCES;
	for (i = 0; i < len; i++)
		if (text[i] == '/' || !text[i])
			return -EACCES;
	q->name = text;
	q->len = len;
	q->hash = full_name_hash(base, text, len);
	return inode_permission(d_inode(base), MAY_EXEC);
}

struct dentry *lookup_one_len(const char *text, struct dentry *base, int len)
{
	struct qstr q;
	int error = one_name(text, base, len, &q);

	return error ? ERR_PTR(error) : lookup_locked(&q, base, 0);
}

struct dentry *lookup_one_len_unlocked(const char *text, struct dentry *base, int len)
{
	struct dentry *dentry;
	struct qstr q;
	int error = one_name(text, base, len, &q);

	if (error)
		return ERR_PTR(error);
	dentry = lookup_cached(base, &q, 0);
	if (dentry)
		return dentry;
	inode_lock(d_inode(base));
	dentry = lookup_locked(&q, base, 0);
	inode_unlock(d_inode(base));
	return dentry;
}

/* ---- the system calls ---- */

static int do_mknodat(int dfd, struct filename *name, umode_t mode, unsigned int dev)
{
	struct dentry *dentry;
	struct inode *dir;
	struct path path;
	bool whiteout;
	int error = -EINVAL;

	switch (mode & S_IFMT) {
	case S_IFREG: case S_IFCHR: case S_IFBLK: case S_IFIFO: case S_IFSOCK: case 0:
		break;
	case S_IFDIR:
		error = -EPERM;
		fallthrough;
	default:
		goto out;
	}
	dentry = filename_create(dfd, name, &path, 0);
	error = PTR_ERR(dentry);
	if (IS_ERR(dentry))
		goto out;
	dir = d_inode(path.dentry);
	mode = mode_strip(dir, mode);
	/* A whiteout is no device: it stands for a file that is not there. */
	whiteout = S_ISCHR(mode) && new_decode_dev(dev) == WHITEOUT_DEV;
	error = lsm_path_make(&path, whiteout ? S_IFREG : mode);
	if (error)
		goto done;
	switch (mode & S_IFMT) {
	case 0: case S_IFREG:
		error = vfs_create(dir, dentry, mode, true);
		break;
	case S_IFCHR: case S_IFBLK:
		error = vfs_mknod(dir, dentry, mode, new_decode_dev(dev));
		break;
	default:
		error = vfs_mknod(dir, dentry, mode, 0);
		break;
	}
done:
	done_path_create(&path, dentry);
out:
	putname(name);
	return error;
}

SYSCALL_DEFINE4(mknodat, int, dfd, const char __user *, name, umode_t, mode, unsigned int, dev)
{
	return do_mknodat(dfd, getname(name), mode, dev);
}

SYSCALL_DEFINE3(mknod, const char __user *, name, umode_t, mode, unsigned int, dev)
{
	return do_mknodat(AT_FDCWD, getname(name), mode, dev);
}

static int do_mkdirat(int dfd, struct filename *name, umode_t mode)
{
	struct path path;
	struct dentry *dentry = filename_create(dfd, name, &path, LOOKUP_DIRECTORY);
	int error = PTR_ERR(dentry);

	if (!IS_ERR(dentry)) {
		error = lsm_path_make(&path, S_IFDIR) ?:
			vfs_mkdir(d_inode(path.dentry), dentry,
				  mode & ~umask_in(d_inode(path.dentry)));
		done_path_create(&path, dentry);
	}
	putname(name);
	return error;
}

SYSCALL_DEFINE3(mkdirat, int, dfd, const char __user *, name, umode_t, mode)
{
	return do_mkdirat(dfd, getname(name), mode);
}

SYSCALL_DEFINE2(mkdir, const char __user *, name, umode_t, mode)
{
	return do_mkdirat(AT_FDCWD, getname(name), mode);
}

static int do_symlinkat(const char __user *utarget, int dfd, const char __user *uname)
{
	struct filename *target = getname(utarget);
	struct filename *name;
	struct dentry *dentry;
	struct path path;
	int error;

	if (IS_ERR(target))
		return PTR_ERR(target);
	name = getname(uname);
	dentry = filename_create(dfd, name, &path, 0);
	error = PTR_ERR(dentry);
	if (!IS_ERR(dentry)) {
		error = lsm_path_make(&path, S_IFLNK) ?:
			vfs_symlink(d_inode(path.dentry), dentry, target->name);
		done_path_create(&path, dentry);
	}
	putname(name);
	putname(target);
	return error;
}

SYSCALL_DEFINE3(symlinkat, const char __user *, target, int, dfd, const char __user *, name)
{
	return do_symlinkat(target, dfd, name);
}

SYSCALL_DEFINE2(symlink, const char __user *, target, const char __user *, name)
{
	return do_symlinkat(target, AT_FDCWD, name);
}

static int do_linkat(int old_dfd, const char __user *uold, int new_dfd, const char __user *unew,
		     int flags)
{
	unsigned int how = 0;
	struct path old, new;
	struct dentry *dentry;
	struct filename *name;
	int error;

	if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (flags & AT_EMPTY_PATH) {
		if (!capable(CAP_DAC_READ_SEARCH))
			return -ENOENT;
		how |= LOOKUP_EMPTY;
	}
	if (flags & AT_SYMLINK_FOLLOW)
		how |= LOOKUP_FOLLOW;
	error = user_path_at(old_dfd, uold, how, &old);
	if (error)
		return error;
	name = getname(unew);
	dentry = filename_create(new_dfd, name, &new, how & LOOKUP_REVAL);
	error = PTR_ERR(dentry);
	if (!IS_ERR(dentry)) {
		error = old.mnt != new.mnt ? -EXDEV : may_linkat(d_inode(old.dentry));
		if (!error)
			error = lsm_path_link(old.dentry, &new);
		if (!error)
			error = vfs_link(old.dentry, d_inode(new.dentry), dentry);
		done_path_create(&new, dentry);
	}
	putname(name);
	path_put(&old);
	return error;
}

SYSCALL_DEFINE5(linkat, int, old_dfd, const char __user *, old, int, new_dfd,
		const char __user *, new, int, flags)
{
	return do_linkat(old_dfd, old, new_dfd, new, flags);
}

SYSCALL_DEFINE2(link, const char __user *, old, const char __user *, new)
{
	return do_linkat(AT_FDCWD, old, AT_FDCWD, new, 0);
}

static int do_rmdir(int dfd, struct filename *name)
{
	struct dentry *dentry;
	struct path path;
	struct qstr last;
	int type;
	int error = filename_parentat(dfd, name, 0, &path, &last, &type);

	if (error)
		goto out;
	switch (type) {
	case LAST_DOTDOT:
		error = -ENOTEMPTY;
		goto put;
	case LAST_DOT:
		error = -EINVAL;
		goto put;
	case LAST_ROOT:
		error = -EBUSY;
		goto put;
	}
	error = mnt_want_write(path.mnt);
	if (error)
		goto put;
	inode_lock_nested(d_inode(path.dentry), I_MUTEX_PARENT);
	dentry = lookup_locked(&last, path.dentry, 0);
	error = PTR_ERR(dentry);
	if (!IS_ERR(dentry)) {
		error = d_is_negative(dentry) ? -ENOENT :
						lsm_path_remove(&path, S_IFDIR) ?:
						vfs_rmdir(d_inode(path.dentry), dentry);
		dput(dentry);
	}
	inode_unlock(d_inode(path.dentry));
	mnt_drop_write(path.mnt);
put:
	path_put(&path);
out:
	putname(name);
	return error;
}

static int do_unlinkat(int dfd, struct filename *name)
{
	struct inode *inode = NULL;
	struct dentry *dentry;
	struct path path;
	struct qstr last;
	int type;
	int error = filename_parentat(dfd, name, 0, &path, &last, &type);

	if (error)
		goto out;
	error = -EISDIR;
	if (type != LAST_NORM)
		goto put;
	error = mnt_want_write(path.mnt);
	if (error)
		goto put;
	inode_lock_nested(d_inode(path.dentry), I_MUTEX_PARENT);
	dentry = lookup_locked(&last, path.dentry, 0);
	error = PTR_ERR(dentry);
	if (!IS_ERR(dentry)) {
		if (d_is_negative(dentry)) {
			error = -ENOENT;
		} else if (last.name[last.len]) {
			error = d_is_dir(dentry) ? -EISDIR : -ENOTDIR;
		} else {
			/* The content is freed when the folder is not locked any more. */
			inode = d_inode(dentry);
			ihold(inode);
			error = lsm_path_remove(&path, S_IFREG) ?:
				vfs_unlink(d_inode(path.dentry), dentry);
		}
		dput(dentry);
	}
	inode_unlock(d_inode(path.dentry));
	iput(inode);
	mnt_drop_write(path.mnt);
put:
	path_put(&path);
out:
	putname(name);
	return error;
}

SYSCALL_DEFINE1(rmdir, const char __user *, name)
{
	return do_rmdir(AT_FDCWD, getname(name));
}

SYSCALL_DEFINE1(unlink, const char __user *, name)
{
	return do_unlinkat(AT_FDCWD, getname(name));
}

SYSCALL_DEFINE3(unlinkat, int, dfd, const char __user *, name, int, flags)
{
	if (flags & ~AT_REMOVEDIR)
		return -EINVAL;
	return flags & AT_REMOVEDIR ? do_rmdir(dfd, getname(name)) : do_unlinkat(dfd, getname(name));
}
