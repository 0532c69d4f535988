// SPDX-License-Identifier: MIT
/* Names of tmpfs: all in the dcache, each with a reference of its own. */
#include <fs/dentry.h>
#include <fs/libfs.h>
#include <fs/namei.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <lib/string.h>
#include <linux/fs.h>
#include <mm/slab.h>

#include "internal.h"

static int add(struct inode *dir, struct dentry *dentry, struct inode *inode)
{
	if (!inode)
		return -ENOSPC;
	dir->i_size += ENTRY_SIZE;
	dir->i_mtime = inode_set_ctime_current(dir);
	d_instantiate(dentry, inode);
	dget(dentry);	/* the name's own reference */
	return 0;
}

static int shmem_mknod(struct inode *dir, struct dentry *dentry, umode_t mode, dev_t dev)
{
	return add(dir, dentry, shmem_get_inode(dir->i_sb, dir, mode, dev));
}

static int shmem_create(struct inode *dir, struct dentry *dentry, umode_t mode, bool excl)
{
	return shmem_mknod(dir, dentry, mode | S_IFREG, 0);
}

static int shmem_mkdir(struct inode *dir, struct dentry *dentry, umode_t mode)
{
	int err = shmem_mknod(dir, dentry, mode | S_IFDIR, 0);

	if (!err)
		inc_nlink(dir);
	return err;
}

static int shmem_symlink(struct inode *dir, struct dentry *dentry, const char *target)
{
	struct inode *inode = shmem_get_inode(dir->i_sb, dir, S_IFLNK | 0777, 0);

	if (!inode)
		return -ENOSPC;
	inode->i_link = kstrdup(target, GFP_KERNEL);
	if (!inode->i_link) {
		iput(inode);
		return -ENOMEM;
	}
	inode->i_size = strlen(target);
	return add(dir, dentry, inode);
}

static int shmem_link(struct dentry *old, struct inode *dir, struct dentry *dentry)
{
	dir->i_size += ENTRY_SIZE;
	return simple_link(old, dir, dentry);
}

static int shmem_unlink(struct inode *dir, struct dentry *dentry)
{
	dir->i_size -= ENTRY_SIZE;
	return simple_unlink(dir, dentry);
}

static int shmem_rmdir(struct inode *dir, struct dentry *dentry)
{
	if (!simple_empty(dentry))
		return -ENOTEMPTY;
	drop_nlink(d_inode(dentry));
	drop_nlink(dir);
	return shmem_unlink(dir, dentry);
}

/*
 * RENAME_WHITEOUT: a second entry of the old name, which the old entry leaves at once.
 * => dir locked
 */
static int leave_whiteout(struct inode *dir, struct dentry *old)
{
	struct dentry *whiteout = d_alloc(old->d_parent, &old->d_name);
	int err;

	if (!whiteout)
		return -ENOMEM;
	err = shmem_mknod(dir, whiteout, S_IFCHR, WHITEOUT_DEV);
	if (!err)
		d_rehash(whiteout);
	dput(whiteout);
	return err;
}

static int shmem_rename(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
			struct dentry *new, unsigned int flags)
{
	bool replaces = d_is_positive(new);
	int err;

	if (flags & RENAME_WHITEOUT) {
		if (!simple_empty(new))
			return -ENOTEMPTY;
		err = leave_whiteout(old_dir, old);
		if (err)
			return err;
	}
	err = simple_rename(old_dir, old, new_dir, new, flags & ~RENAME_WHITEOUT);
	if (!err && !(flags & RENAME_EXCHANGE)) {
		old_dir->i_size -= ENTRY_SIZE;
		if (!replaces)
			new_dir->i_size += ENTRY_SIZE;
	}
	return err;
}

static int shmem_tmpfile(struct inode *dir, struct dentry *dentry, umode_t mode)
{
	struct inode *inode = shmem_get_inode(dir->i_sb, dir, mode, 0);

	if (!inode)
		return -ENOSPC;
	d_tmpfile(dentry, inode);
	return 0;
}

const struct inode_operations shmem_dir_inode_operations = {
	.lookup = simple_lookup,
	.create = shmem_create,
	.link = shmem_link,
	.unlink = shmem_unlink,
	.symlink = shmem_symlink,
	.mkdir = shmem_mkdir,
	.rmdir = shmem_rmdir,
	.mknod = shmem_mknod,
	.rename = shmem_rename,
	.tmpfile = shmem_tmpfile,
	.setattr = shmem_setattr,
	.getattr = shmem_getattr,
	.listxattr = shmem_listxattr,
	.fileattr_get = shmem_fileattr_get,
	.fileattr_set = shmem_fileattr_set,
};
