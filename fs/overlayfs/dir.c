/* SPDX-License-Identifier: MIT */
/*
 * Making and removing names.
 *
 * A new file is made in the upper folder; where a whiteout stands it is made in workdir and takes
 * the whiteout's place by a rename. A file that exists below is removed by putting a whiteout over
 * it: directly when there is no upper file, else by a rename out of workdir that replaces it. A
 * folder changes places with the whiteout, and is taken apart in workdir where nobody sees it. So
 * every step that others can see is one operation of the upper file system.
 */
#include <fs/dentry.h>
#include <fs/inode.h>
#include <fs/namei.h>
#include <fs/posix_acl.h>
#include <fs/xattr.h>
#include <kern/err.h>
#include <kern/kernel.h>
#include <linux/fs.h>
#include <mm/slab.h>

#include "internal.h"

/* ---- making ---- */

/* The layer's file gets the owner that the overlay's inode was given. */
static const struct cred *creation_creds(const struct inode *inode)
{
	struct cred *cred = prepare_creds();
	const struct cred *old;

	if (!cred)
		return NULL;
	cred->fsuid = inode->i_uid;
	cred->fsgid = inode->i_gid;
	old = override_creds(cred);
	put_cred(cred);
	return old;
}

static struct dentry *create_upper(struct dentry *dentry, const struct ovl_cattr *attr)
{
	struct dentry *upperdir = ovl_dentry_upper(dentry->d_parent);
	struct dentry *upper;
	int error;

	inode_lock_nested(d_inode(upperdir), I_MUTEX_PARENT);
	upper = ovl_lookup_upper(upperdir, dentry);
	if (!IS_ERR(upper)) {
		error = ovl_create_real(d_inode(upperdir), upper, attr);
		if (error) {
			dput(upper);
			upper = ERR_PTR(error);
		}
	}
	inode_unlock(d_inode(upperdir));
	return upper;
}

/* What the folder that it is made for would have given it, workdir did not. */
static int fix_mode(struct dentry *temp, const struct ovl_cattr *attr)
{
	struct iattr change = { .ia_valid = ATTR_MODE | ATTR_FORCE, .ia_mode = attr->mode };
	int error = 0;

	if (attr->hardlink || S_ISLNK(attr->mode) || d_inode(temp)->i_mode == attr->mode)
		return 0;
	inode_lock(d_inode(temp));
	error = notify_change(temp, &change);
	inode_unlock(d_inode(temp));
	return error;
}

static struct dentry *create_over_whiteout(struct dentry *dentry, const struct ovl_cattr *attr)
{
	struct ovl_fs *ofs = OVL_FS(dentry->d_sb);
	struct dentry *upperdir = ovl_dentry_upper(dentry->d_parent);
	bool is_dir = !attr->hardlink && S_ISDIR(attr->mode);
	struct dentry *temp, *there;
	int error = ovl_lock_rename_workdir(ofs->workdir, upperdir);

	if (error)
		return ERR_PTR(error);
	there = ovl_lookup_upper(upperdir, dentry);
	temp = there;
	if (IS_ERR(there))
		goto unlock;
	error = -ESTALE;
	if (d_is_negative(there) || !IS_WHITEOUT(d_inode(there)))
		goto put;
	temp = ovl_create_temp(ofs, attr);
	error = PTR_ERR(temp);
	if (IS_ERR(temp))
		goto put;
	error = fix_mode(temp, attr);
	if (!error && is_dir)
		error = ovl_set_opaque(ofs, temp);
	if (!error)
		error = ovl_do_rename(temp, ofs->workdir, there, upperdir,
				      is_dir ? RENAME_EXCHANGE : 0);
	if (error) {
		ovl_cleanup(d_inode(ofs->workdir), temp);
		dput(temp);
	} else if (is_dir) {
		ovl_cleanup(d_inode(ofs->workdir), there);
	}
put:
	dput(there);
	if (error)
		temp = ERR_PTR(error);
unlock:
	unlock_rename(ofs->workdir, upperdir);
	return temp;
}

/* Makes the upper file of a name; its parent is in the upper layer. ERR_PTR */
static struct dentry *create_in_upper(struct dentry *dentry, const struct ovl_cattr *attr)
{
	struct inode *dir = d_inode(dentry->d_parent);
	struct dentry *upper;

	if (ovl_dentry_is_whiteout(dentry))
		upper = create_over_whiteout(dentry, attr);
	else
		upper = create_upper(dentry, attr);
	if (!IS_ERR(upper)) {
		/* A linked file may keep its number from below. */
		ovl_dir_modified(dir, attr->hardlink);
		ovl_dentry_set_whiteout(dentry, false);
	}
	return upper;
}

static int create_object(struct inode *dir, struct dentry *dentry, umode_t mode, dev_t rdev,
			 const char *link)
{
	struct vfsmount *mnt = ovl_upper_mnt(OVL_FS(dir->i_sb));
	struct ovl_cattr attr = { .rdev = rdev, .link = link };
	const struct cred *old, *own;
	struct dentry *upper;
	struct inode *inode;
	int error = mnt_want_write(mnt);

	if (error)
		return error;
	error = -ENOMEM;
	inode = ovl_new_inode(dir->i_sb, mode, rdev);
	if (!inode)
		goto drop;
	inode_init_owner(inode, dir, mode);
	error = posix_acl_inherit(inode, dir);
	attr.mode = inode->i_mode;
	if (!error)
		error = ovl_copy_up(dentry->d_parent);
	if (error)
		goto put;
	old = ovl_override_creds(dir->i_sb);
	error = -ENOMEM;
	own = creation_creds(inode);
	if (own) {
		upper = create_in_upper(dentry, &attr);
		error = PTR_ERR(upper);
		if (!IS_ERR(upper)) {
			ovl_inode_init_upper(inode, upper);
			d_instantiate(dentry, inode);
			if (S_ISDIR(mode) && !ovl_dir_has_lower(dir))
				set_nlink(dir, d_inode(ovl_inode_upper(dir))->i_nlink);
			inode = NULL;
			error = 0;
		}
		revert_creds(own);
	}
	revert_creds(old);
put:
	iput(inode);
drop:
	mnt_drop_write(mnt);
	return error;
}

static int ovl_create(struct inode *dir, struct dentry *dentry, umode_t mode, bool excl)
{
	return create_object(dir, dentry, (mode & 07777) | S_IFREG, 0, NULL);
}

static int ovl_mkdir(struct inode *dir, struct dentry *dentry, umode_t mode)
{
	return create_object(dir, dentry, (mode & 07777) | S_IFDIR, 0, NULL);
}

static int ovl_mknod(struct inode *dir, struct dentry *dentry, umode_t mode, dev_t rdev)
{
	/* Whiteouts are the overlay's own. */
	if (S_ISCHR(mode) && rdev == WHITEOUT_DEV)
		return -EPERM;
	return create_object(dir, dentry, mode, rdev, NULL);
}

static int ovl_symlink(struct inode *dir, struct dentry *dentry, const char *link)
{
	return create_object(dir, dentry, S_IFLNK | 0777, 0, link);
}

static int ovl_link(struct dentry *old_dentry, struct inode *dir, struct dentry *dentry)
{
	struct vfsmount *mnt = ovl_upper_mnt(OVL_FS(dir->i_sb));
	struct inode *inode = d_inode(old_dentry);
	struct ovl_cattr attr = { .mode = inode->i_mode };
	const struct cred *old;
	struct dentry *upper;
	int error = mnt_want_write(mnt);

	if (error)
		return error;
	error = ovl_copy_up(old_dentry);
	if (!error)
		error = ovl_copy_up(dentry->d_parent);
	if (error)
		goto drop;
	attr.hardlink = ovl_inode_upper(inode);
	old = ovl_override_creds(dir->i_sb);
	upper = create_in_upper(dentry, &attr);
	error = PTR_ERR(upper);
	if (!IS_ERR(upper)) {
		/* The inode has its upper dentry already. */
		dput(upper);
		ovl_copyattr(inode);
		if (ovl_is_indexed(inode))
			ovl_dentry_set_upper_name(dentry);
		ihold(inode);
		d_instantiate(dentry, inode);
		error = 0;
	}
	revert_creds(old);
drop:
	mnt_drop_write(mnt);
	return error;
}

static int ovl_tmpfile(struct inode *dir, struct dentry *dentry, umode_t mode)
{
	struct ovl_fs *ofs = OVL_FS(dir->i_sb);
	const struct cred *old, *own;
	struct dentry *upper;
	struct inode *inode;
	int error = mnt_want_write(ovl_upper_mnt(ofs));

	if (error)
		return error;
	error = -EOPNOTSUPP;
	if (!ofs->tmpfile)
		goto drop;
	error = -ENOMEM;
	inode = ovl_new_inode(dir->i_sb, mode, 0);
	if (!inode)
		goto drop;
	inode_init_owner(inode, dir, mode);
	error = ovl_copy_up(dentry->d_parent);
	if (error)
		goto put;
	old = ovl_override_creds(dir->i_sb);
	error = -ENOMEM;
	own = creation_creds(inode);
	if (own) {
		upper = vfs_tmpfile(ovl_inode_upper(dir), inode->i_mode, 0);
		error = PTR_ERR(upper);
		if (!IS_ERR(upper)) {
			ovl_inode_init_upper(inode, upper);
			set_nlink(inode, 1);	/* d_tmpfile() takes it */
			d_tmpfile(dentry, inode);
			inode = NULL;
			error = 0;
		}
		revert_creds(own);
	}
	revert_creds(old);
put:
	iput(inode);
drop:
	mnt_drop_write(ovl_upper_mnt(ofs));
	return error;
}

/* ---- removing ---- */

/* The upper file of a name, which must be the one that the overlay knows, or none. ERR_PTR */
static struct dentry *checked_upper(struct dentry *upperdir, struct dentry *dentry)
{
	struct dentry *known = ovl_dentry_upper_name(dentry);
	struct dentry *upper = ovl_lookup_upper(upperdir, dentry);

	if (IS_ERR(upper) || d_inode(upper) == (known ? d_inode(known) : NULL))
		return upper;
	dput(upper);
	return ERR_PTR(-ESTALE);
}

/* No lower file: the upper one goes, and that is all. */
static int remove_upper(struct dentry *dentry, bool is_dir)
{
	struct dentry *upperdir = ovl_dentry_upper(dentry->d_parent);
	struct inode *udir = d_inode(upperdir);
	struct dentry *upper;
	int error;

	inode_lock_nested(udir, I_MUTEX_PARENT);
	upper = checked_upper(upperdir, dentry);
	error = PTR_ERR(upper);
	if (!IS_ERR(upper)) {
		error = is_dir ? vfs_rmdir(udir, upper) : vfs_unlink(udir, upper);
		dput(upper);
	}
	inode_unlock(udir);
	return error;
}

/*
 * A folder with whiteouts in it, or anything that a whiteout must replace. `whiteout` false: the
 * folder moves to workdir and leaves nothing behind.
 */
static int replace_upper(struct dentry *dentry, bool is_dir, bool whiteout)
{
	struct ovl_fs *ofs = OVL_FS(dentry->d_sb);
	struct dentry *upperdir = ovl_dentry_upper(dentry->d_parent);
	struct dentry *upper, *other;
	int error = ovl_lock_rename_workdir(ofs->workdir, upperdir);

	if (error)
		return error;
	upper = checked_upper(upperdir, dentry);
	error = PTR_ERR(upper);
	if (IS_ERR(upper))
		goto unlock;
	other = whiteout ? ovl_whiteout(ofs) : ovl_lookup_temp(ofs);
	error = PTR_ERR(other);
	if (IS_ERR(other))
		goto put;
	if (whiteout) {
		error = ovl_do_rename(other, ofs->workdir, upper, upperdir,
				      is_dir ? RENAME_EXCHANGE : 0);
		if (error)
			ovl_cleanup(d_inode(ofs->workdir), other);
	} else {
		error = ovl_do_rename(upper, upperdir, other, ofs->workdir, 0);
	}
	dput(other);
put:
	unlock_rename(ofs->workdir, upperdir);
	if (!error && is_dir)
		ovl_dispose_dir(ofs, upper);
	dput(upper);
	return error;
unlock:
	unlock_rename(ofs->workdir, upperdir);
	return error;
}

/* Only a lower file: the whiteout is made in its place. */
static int whiteout_lower(struct dentry *dentry)
{
	const struct ovl_cattr attr = { .mode = S_IFCHR, .rdev = WHITEOUT_DEV };
	struct dentry *upperdir = ovl_dentry_upper(dentry->d_parent);
	struct dentry *upper;
	int error;

	inode_lock_nested(d_inode(upperdir), I_MUTEX_PARENT);
	upper = checked_upper(upperdir, dentry);
	error = PTR_ERR(upper);
	if (!IS_ERR(upper)) {
		error = ovl_create_real(d_inode(upperdir), upper, &attr);
		dput(upper);
	}
	inode_unlock(d_inode(upperdir));
	return error;
}

/* => mounter's rights; *whiteout: whether one stands there now */
static int remove_parts(struct dentry *dentry, bool is_dir, bool *whiteout)
{
	int lower = ovl_lower_positive(dentry);
	int error = 0;

	if (lower < 0)
		return lower;
	*whiteout = lower;
	if (is_dir && (lower || ovl_dir_has_lower(d_inode(dentry)) || ovl_is_impure(d_inode(dentry))))
		error = ovl_check_empty_dir(dentry);
	if (error)
		return error;
	if (!ovl_dentry_upper_name(dentry))
		return whiteout_lower(dentry);
	if (lower)
		return replace_upper(dentry, is_dir, true);
	error = remove_upper(dentry, is_dir);
	/* Whiteouts in a folder that has nothing below it (any more) do not count. */
	if (error == -ENOTEMPTY && is_dir) {
		error = ovl_check_empty_dir(dentry);
		if (!error)
			error = replace_upper(dentry, true, false);
	}
	return error;
}

/* The inode that lost its name. */
void ovl_name_went(struct inode *inode, bool had_upper_name)
{
	if (S_ISDIR(inode->i_mode))
		clear_nlink(inode);
	else if (ovl_is_indexed(inode))
		ovl_index_name_went(inode, had_upper_name);
	else if (ovl_inode_upper(inode))
		ovl_copyattr(inode);
	else
		drop_nlink(inode);
}

static int do_remove(struct inode *dir, struct dentry *dentry, bool is_dir)
{
	struct vfsmount *mnt = ovl_upper_mnt(OVL_FS(dir->i_sb));
	struct inode *inode = d_inode(dentry);
	const struct cred *old;
	bool whiteout = false, had_upper = false;
	int error = mnt_want_write(mnt);

	if (error)
		return error;
	error = ovl_copy_up(dentry->d_parent);
	if (!error) {
		old = ovl_override_creds(dir->i_sb);
		had_upper = ovl_dentry_upper_name(dentry);
		error = remove_parts(dentry, is_dir, &whiteout);
		revert_creds(old);
	}
	if (!error) {
		ovl_dentry_set_whiteout(dentry, whiteout);
		ovl_dir_modified(dir, false);
		ovl_name_went(inode, had_upper);
		if (is_dir && !ovl_dir_has_lower(dir))
			set_nlink(dir, d_inode(ovl_inode_upper(dir))->i_nlink);
	}
	mnt_drop_write(mnt);
	return error;
}

static int ovl_unlink(struct inode *dir, struct dentry *dentry)
{
	return do_remove(dir, dentry, false);
}

static int ovl_rmdir(struct inode *dir, struct dentry *dentry)
{
	return do_remove(dir, dentry, true);
}

struct dentry *ovl_clear_empty(struct dentry *dentry)
{
	struct ovl_fs *ofs = OVL_FS(dentry->d_sb);
	struct dentry *upperdir = ovl_dentry_upper(dentry->d_parent);
	const struct ovl_cattr attr = { .mode = d_inode(dentry)->i_mode };
	struct dentry *upper, *temp;
	int error = ovl_lock_rename_workdir(ofs->workdir, upperdir);

	if (error)
		return ERR_PTR(error);
	upper = checked_upper(upperdir, dentry);
	error = PTR_ERR(upper);
	if (IS_ERR(upper))
		goto unlock;
	temp = ovl_create_temp(ofs, &attr);
	error = PTR_ERR(temp);
	if (IS_ERR(temp))
		goto put;
	error = ovl_set_opaque(ofs, temp);
	if (!error)
		error = ovl_do_rename(temp, ofs->workdir, upper, upperdir, RENAME_EXCHANGE);
	if (error) {
		ovl_cleanup(d_inode(ofs->workdir), temp);
		dput(temp);
	}
put:
	unlock_rename(ofs->workdir, upperdir);
	if (!error)
		ovl_dispose_dir(ofs, upper);
	dput(upper);
	return error ? ERR_PTR(error) : temp;
unlock:
	unlock_rename(ofs->workdir, upperdir);
	return ERR_PTR(error);
}

const struct inode_operations ovl_dir_inode_operations = {
	.lookup = ovl_lookup,
	.create = ovl_create,
	.mkdir = ovl_mkdir,
	.symlink = ovl_symlink,
	.mknod = ovl_mknod,
	.link = ovl_link,
	.tmpfile = ovl_tmpfile,
	.unlink = ovl_unlink,
	.rmdir = ovl_rmdir,
	.rename = ovl_rename,
	.fileattr_get = ovl_fileattr_get,
	.fileattr_set = ovl_fileattr_set,
	.setattr = ovl_setattr,
	.permission = ovl_permission,
	.getattr = ovl_getattr,
	.listxattr = ovl_listxattr,
};
