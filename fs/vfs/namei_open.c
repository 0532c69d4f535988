/* SPDX-License-Identifier: MIT */
/* The last step of open(2): finding or making the file, and the checks of access. */
#include <fs/dentry.h>
#include <fs/file.h>
#include <fs/inode.h>
#include <fs/mount.h>
#include <fs/notify.h>
#include <fs/super.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/lsm.h>
#include "internal.h"
#include "mount.h"
#include "walk.h"

/* May the caller open this inode that way? */
static int may_open(const struct path *path, int acc_mode, int flag)
{
	struct inode *inode = d_inode(path->dentry);
	int error;

	if (!inode)
		return -ENOENT;
	switch (inode->i_mode & S_IFMT) {
	case S_IFLNK:
		return -ELOOP;
	case S_IFDIR:
		if (acc_mode & MAY_WRITE)
			return -EISDIR;
		if (acc_mode & MAY_EXEC)
			return -EACCES;
		break;
	case S_IFBLK:
	case S_IFCHR:
		if ((path->mnt->mnt_flags & MNT_NODEV) ||
		    (inode->i_sb->s_iflags & SB_I_NODEV))
			return -EACCES;
		fallthrough;
	case S_IFIFO:
	case S_IFSOCK:
		if (acc_mode & MAY_EXEC)
			return -EACCES;
		break;
	case S_IFREG:
		if ((acc_mode & MAY_EXEC) && path_noexec(path))
			return -EACCES;
		break;
	}
	error = inode_permission(inode, MAY_OPEN | acc_mode);
	if (error)
		return error;
	if (IS_APPEND(inode)) {
		if ((flag & O_ACCMODE) != O_RDONLY && !(flag & O_APPEND))
			return -EPERM;
		if (flag & O_TRUNC)
			return -EPERM;
	}
	if ((flag & O_NOATIME) && !inode_owner_or_capable(inode))
		return -EPERM;
	return 0;
}

static int handle_truncate(struct file *file)
{
	struct inode *inode = file_inode(file);
	int error = get_write_access(inode);

	if (error)
		return error;
	error = do_truncate(file_dentry(file), 0, ATTR_MTIME | ATTR_CTIME | ATTR_OPEN, file);
	put_write_access(inode);
	return error;
}

/* How often a name may come and go in the file system of another kernel while it is opened. */
#define CREATE_TRIES 100

/* What open() needs of the last name when O_CREAT is given. => folder locked */
static struct dentry *lookup_open(struct nameidata *nd, const struct open_flags *op,
				  int readonly, bool *created)
{
	struct inode *dir = d_inode(nd->path.dentry);
	int tries = CREATE_TRIES;
	struct dentry *dentry;
	int error;

	for (;;) {
		dentry = lookup_locked(&nd->last, nd->path.dentry, op->intent);
		if (IS_ERR(dentry) || d_is_positive(dentry) || !(op->open_flag & O_CREAT))
			return dentry;
		error = IS_DEADDIR(dir) ? -ENOENT : readonly;
		if (!error)
			error = lsm_path_make(&nd->path, S_IFREG);
		if (!error)
			error = vfs_create(dir, dentry, mode_strip(dir, op->mode),
					   op->open_flag & O_EXCL);
		if (!error)
			break;
		/* Somebody beyond this kernel made it since the lookup: it is what is asked for. */
		if (error != -EEXIST || (op->open_flag & O_EXCL) || !--tries) {
			dput(dentry);
			return ERR_PTR(error);
		}
		d_drop(dentry);
		dput(dentry);
	}
	*created = true;
	return dentry;
}

/* The last component: the text of a symlink to walk, NULL when it is found, or ERR_PTR. */
static const char *open_last(struct nameidata *nd, const struct open_flags *op, bool *created)
{
	int flag = op->open_flag;
	struct dentry *dentry = NULL;

	nd->flags |= op->intent;
	if (nd->last_type != LAST_NORM) {
		if (nd->depth)
			put_link(nd);
		return handle_dots(nd, nd->last_type);
	}
	if (nd->last.name[nd->last.len]) {
		if (flag & O_CREAT)
			return ERR_PTR(-EISDIR);	/* "name/" is no file to make */
		nd->flags |= LOOKUP_FOLLOW | LOOKUP_DIRECTORY;
	}
	dentry = lookup_fast(nd);
	if (IS_ERR(dentry))
		return ERR_CAST(dentry);
	if (dentry && (flag & O_CREAT) && d_is_negative(dentry)) {
		dput(dentry);
		dentry = NULL;
	}
	if (!dentry) {
		int readonly = -EROFS;

		if (flag & (O_CREAT | O_TRUNC))
			readonly = mnt_want_write(nd->path.mnt);
		inode_lock(d_inode(nd->path.dentry));
		dentry = lookup_open(nd, op, readonly, created);
		inode_unlock(d_inode(nd->path.dentry));
		if (!readonly)
			mnt_drop_write(nd->path.mnt);
		if (IS_ERR(dentry))
			return ERR_CAST(dentry);
	}
	if (nd->depth)
		put_link(nd);
	if (!*created && (flag & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL) &&
	    d_is_positive(dentry)) {
		dput(dentry);
		return ERR_PTR(-EEXIST);
	}
	return step_into(nd, WALK_TRAILING, dentry);
}

/* Opens what is there, and cuts it if asked to. */
static int open_place(const struct path *path, struct file *file, int acc_mode, int flag,
		      bool truncate)
{
	int error = truncate ? mnt_want_write(path->mnt) : 0;

	if (error)
		return error;
	error = may_open(path, acc_mode, flag);
	if (!error)
		error = vfs_open(path, file);
	if (!error && truncate)
		error = handle_truncate(file);
	if (truncate)
		mnt_drop_write(path->mnt);
	return error;
}

static int do_open(struct nameidata *nd, struct file *file, const struct open_flags *op,
		   bool created)
{
	int flag = op->open_flag;
	int acc_mode = op->acc_mode;
	bool truncate = flag & O_TRUNC;
	struct inode *inode;
	int error = complete_walk(nd);

	if (error)
		return error;
	inode = d_inode(nd->path.dentry);
	if ((flag & O_CREAT) && !created) {
		struct dentry *parent;

		/* "." and the like: a name that is looked up is checked where it is. */
		if (flag & O_EXCL)
			return -EEXIST;
		if (S_ISDIR(inode->i_mode))
			return -EISDIR;
		parent = dget_parent(nd->path.dentry);
		error = may_create_in_sticky(d_inode(parent), inode);
		dput(parent);
		if (error)
			return error;
	}
	if ((nd->flags & LOOKUP_DIRECTORY) && !S_ISDIR(inode->i_mode))
		return -ENOTDIR;
	if (created) {
		/* Whoever made the file may use it, whatever its mode; it is empty. */
		file->f_mode |= FMODE_CREATED;
		acc_mode = 0;
		truncate = false;
	}
	return open_place(&nd->path, file, acc_mode, flag, truncate && S_ISREG(inode->i_mode));
}

struct dentry *vfs_tmpfile(struct dentry *parent, umode_t mode, int open_flag)
{
	static const struct qstr name = QSTR_INIT("/", 1);
	struct inode *dir = d_inode(parent);
	int error = inode_permission(dir, MAY_WRITE | MAY_EXEC);
	struct dentry *child;

	if (error)
		return ERR_PTR(error);
	if (!dir->i_op->tmpfile)
		return ERR_PTR(-EOPNOTSUPP);
	child = d_alloc(parent, &name);
	if (!child)
		return ERR_PTR(-ENOMEM);
	error = dir->i_op->tmpfile(dir, child, mode);
	if (error) {
		dput(child);
		return ERR_PTR(error);
	}
	if (!(open_flag & O_EXCL)) {
		struct inode *inode = d_inode(child);

		spin_lock(&inode->i_lock);
		inode->i_state |= I_LINKABLE;
		spin_unlock(&inode->i_lock);
	}
	return child;
}

/* O_TMPFILE: the path is a folder, the file has no name. */
static int do_tmpfile(struct nameidata *nd, const struct open_flags *op, struct file *file)
{
	struct path path, child;
	int error = path_lookupat(nd, nd->flags | LOOKUP_DIRECTORY, &path);

	if (error)
		return error;
	error = mnt_want_write(path.mnt);
	if (error)
		goto put;
	child.mnt = path.mnt;
	child.dentry = vfs_tmpfile(path.dentry, mode_strip(d_inode(path.dentry), op->mode),
				   op->open_flag);
	error = PTR_ERR(child.dentry);
	if (IS_ERR(child.dentry))
		goto drop;
	error = may_open(&child, 0, op->open_flag);
	if (!error)
		error = vfs_open(&child, file);
	dput(child.dentry);
drop:
	mnt_drop_write(path.mnt);
put:
	path_put(&path);
	return error;
}

struct file *file_open_path(const struct path *path, int flags)
{
	struct file *file = alloc_empty_file(flags & ~(O_CREAT | O_EXCL | O_CLOEXEC));
	int mask = "\004\002\006\006"[flags & O_ACCMODE] | (flags & O_TRUNC ? MAY_WRITE : 0);
	int error;

	if (IS_ERR(file))
		return file;
	if ((flags & O_DIRECTORY) && !d_is_dir(path->dentry))
		error = -ENOTDIR;
	else if (flags & O_PATH)
		error = vfs_open(path, file);
	else
		error = open_place(path, file, mask, flags,
				   (flags & O_TRUNC) && d_is_reg(path->dentry));
	if (!error)
		return file;
	fput(file);
	return ERR_PTR(error);
}

static int do_o_path(struct nameidata *nd, unsigned int flags, struct file *file)
{
	struct path path;
	int error = path_lookupat(nd, flags, &path);

	if (!error) {
		error = vfs_open(&path, file);
		path_put(&path);
	}
	return error;
}

static int open_walk(struct nameidata *nd, const struct open_flags *op, struct file *file)
{
	const char *s = path_init(nd, op->lookup_flags);
	bool created = false;
	int error;

	while (!(error = link_path_walk(s, nd))) {
		s = open_last(nd, op, &created);
		if (!s)
			break;
	}
	if (!error)
		error = do_open(nd, file, op, created);
	terminate_walk(nd);
	return error;
}

struct file *do_filp_open(int dfd, struct filename *name, const struct open_flags *op)
{
	struct nameidata nd;
	struct file *file;
	int error;

	if (IS_ERR(name))
		return ERR_CAST(name);
	file = alloc_empty_file(op->open_flag);
	if (IS_ERR(file))
		return file;
	if (op->acc_mode & MAY_EXEC)
		file->f_mode |= FMODE_EXEC;
	set_nameidata(&nd, dfd, name, NULL);
	if (file->f_flags & __O_TMPFILE) {
		nd.flags = op->lookup_flags;
		error = do_tmpfile(&nd, op, file);
	} else if (file->f_flags & O_PATH) {
		error = do_o_path(&nd, op->lookup_flags, file);
	} else {
		error = open_walk(&nd, op, file);
	}
	restore_nameidata();
	if (!error && (file->f_mode & FMODE_OPENED)) {
		notify_file(file, IN_OPEN);
		return file;
	}
	fput(file);
	return ERR_PTR(error ? error : -EINVAL);
}
