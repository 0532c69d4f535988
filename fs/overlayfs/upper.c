/* SPDX-License-Identifier: MIT */
/*
 * Single steps in the upper layer and workdir, of which making, removing, renaming and copying up
 * consist. => mounter's rights
 */
#include <fs/dentry.h>
#include <fs/file.h>
#include <fs/inode.h>
#include <fs/namei.h>
#include <kern/err.h>
#include <lib/sprintf.h>
#include <lib/string.h>
#include <linux/fs.h>

#include "internal.h"

struct dentry *ovl_lookup_upper(struct dentry *upperdir, const struct dentry *dentry)
{
	return lookup_one_len(dentry->d_name.name, upperdir, dentry->d_name.len);
}

struct dentry *ovl_lookup_temp(struct ovl_fs *ofs)
{
	char name[16];

	snprintf(name, sizeof(name), "#%x", (unsigned int)atomic_inc_return(&ofs->temp_id));
	return lookup_one_len(name, ofs->workdir, strlen(name));
}

int ovl_create_real(struct inode *udir, struct dentry *udentry, const struct ovl_cattr *attr)
{
	if (d_is_positive(udentry))
		return -ESTALE;
	if (attr->hardlink)
		return vfs_link(attr->hardlink, udir, udentry);
	switch (attr->mode & S_IFMT) {
	case S_IFREG:
		return vfs_create(udir, udentry, attr->mode, true);
	case S_IFDIR:
		return vfs_mkdir(udir, udentry, attr->mode);
	case S_IFLNK:
		return vfs_symlink(udir, udentry, attr->link);
	default:
		return vfs_mknod(udir, udentry, attr->mode, attr->rdev);
	}
}

struct dentry *ovl_create_temp(struct ovl_fs *ofs, const struct ovl_cattr *attr)
{
	struct dentry *temp = ovl_lookup_temp(ofs);
	int error;

	if (IS_ERR(temp))
		return temp;
	error = ovl_create_real(d_inode(ofs->workdir), temp, attr);
	if (!error)
		return temp;
	dput(temp);
	return ERR_PTR(error);
}

struct dentry *ovl_whiteout(struct ovl_fs *ofs)
{
	const struct ovl_cattr attr = { .mode = S_IFCHR, .rdev = WHITEOUT_DEV };

	return ovl_create_temp(ofs, &attr);
}

int ovl_cleanup(struct inode *udir, struct dentry *udentry)
{
	int error;

	dget(udentry);
	error = d_is_dir(udentry) ? vfs_rmdir(udir, udentry) : vfs_unlink(udir, udentry);
	dput(udentry);
	return error;
}

int ovl_lock_rename_workdir(struct dentry *workdir, struct dentry *upperdir)
{
	if (workdir == upperdir)
		return -EIO;
	if (!lock_rename(workdir, upperdir))
		return 0;
	unlock_rename(workdir, upperdir);
	return -EIO;
}

int ovl_do_rename(struct dentry *old, struct dentry *old_dir, struct dentry *new,
		  struct dentry *new_dir, unsigned int flags)
{
	struct renamedata rd = {
		.old_dir = d_inode(old_dir),
		.old_dentry = old,
		.new_dir = d_inode(new_dir),
		.new_dentry = new,
		.flags = flags,
	};

	return vfs_rename(&rd);
}

static int remove_whiteout(void *arg, const char *name, int len, unsigned int type)
{
	struct dentry *upper = arg;
	struct dentry *child;
	int error = 0;

	if (type != DT_CHR && type != DT_UNKNOWN)
		return 0;
	inode_lock_nested(d_inode(upper), I_MUTEX_PARENT);
	child = lookup_one_len(name, upper, len);
	if (IS_ERR(child)) {
		error = PTR_ERR(child);
	} else {
		if (d_is_positive(child) && IS_WHITEOUT(d_inode(child)))
			error = ovl_cleanup(d_inode(upper), child);
		dput(child);
	}
	inode_unlock(d_inode(upper));
	return error;
}

int ovl_cleanup_whiteouts(struct ovl_fs *ofs, struct dentry *upper)
{
	struct path path = { .mnt = ovl_upper_mnt(ofs), .dentry = upper };

	return ovl_for_each_name(&path, remove_whiteout, upper);
}

void ovl_dispose_dir(struct ovl_fs *ofs, struct dentry *upper)
{
	if (ovl_cleanup_whiteouts(ofs, upper))
		return;
	inode_lock_nested(d_inode(ofs->workdir), I_MUTEX_PARENT);
	ovl_cleanup(d_inode(ofs->workdir), upper);
	inode_unlock(d_inode(ofs->workdir));
}
