/* SPDX-License-Identifier: MIT */
/* The flags of files that chattr(1) sets: FS_IOC_GETFLAGS and its relatives. */
#include <fs/dentry.h>
#include <fs/file.h>
#include <fs/inode.h>
#include <fs/mount.h>
#include <fs/notify.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <linux/fs.h>
#include <mm/uaccess.h>
#include "internal.h"

/* The two forms in which a flag is named. */
static const struct {
	u32 flag, xflag;
} common_flags[] = {
	{ FS_SYNC_FL, FS_XFLAG_SYNC },
	{ FS_IMMUTABLE_FL, FS_XFLAG_IMMUTABLE },
	{ FS_APPEND_FL, FS_XFLAG_APPEND },
	{ FS_NODUMP_FL, FS_XFLAG_NODUMP },
	{ FS_NOATIME_FL, FS_XFLAG_NOATIME },
	{ FS_DAX_FL, FS_XFLAG_DAX },
	{ FS_PROJINHERIT_FL, FS_XFLAG_PROJINHERIT },
};

static u32 to_xflags(u32 flags)
{
	u32 xflags = 0;
	size_t i;

	for (i = 0; i < sizeof(common_flags) / sizeof(common_flags[0]); i++)
		if (flags & common_flags[i].flag)
			xflags |= common_flags[i].xflag;
	return xflags;
}

static int from_xflags(u32 xflags, u32 *flags)
{
	size_t i;

	*flags = 0;
	for (i = 0; i < sizeof(common_flags) / sizeof(common_flags[0]); i++)
		if (xflags & common_flags[i].xflag) {
			*flags |= common_flags[i].flag;
			xflags &= ~common_flags[i].xflag;
		}
	return xflags ? -EOPNOTSUPP : 0;
}

int vfs_fileattr_get(struct dentry *dentry, u32 *flags)
{
	struct inode *inode = d_inode(dentry);

	if (!inode->i_op->fileattr_get)
		return -ENOIOCTLCMD;
	return inode->i_op->fileattr_get(dentry, flags);
}

int vfs_fileattr_set(struct dentry *dentry, u32 flags)
{
	struct inode *inode = d_inode(dentry);
	u32 old;
	int error;

	if (!inode->i_op->fileattr_set)
		return -ENOIOCTLCMD;
	if (!inode_owner_or_capable(inode))
		return -EPERM;
	inode_lock(inode);
	error = vfs_fileattr_get(dentry, &old);
	if (!error && ((flags ^ old) & (FS_APPEND_FL | FS_IMMUTABLE_FL)) &&
	    !capable(CAP_LINUX_IMMUTABLE))
		error = -EPERM;
	if (!error)
		error = inode->i_op->fileattr_set(dentry, flags);
	inode_unlock(inode);
	if (!error)
		notify_dentry(dentry, IN_ATTRIB);
	return error;
}

static long set_flags(struct file *file, u32 flags)
{
	long error = mnt_want_write(file->f_path.mnt);

	if (error)
		return error;
	error = vfs_fileattr_set(file_dentry(file), flags);
	mnt_drop_write(file->f_path.mnt);
	return error;
}

long ioctl_fileattr(struct file *file, unsigned int cmd, void __user *arg)
{
	struct fsxattr fsx = { 0 };
	u32 flags = 0;
	int error;

	switch (cmd) {
	case FS_IOC_GETFLAGS:
		error = vfs_fileattr_get(file_dentry(file), &flags);
		return error ? error : put_user(flags, (u32 __user *)arg);
	case FS_IOC_SETFLAGS:
		if (get_user(flags, (u32 __user *)arg))
			return -EFAULT;
		return set_flags(file, flags);
	case FS_IOC_FSGETXATTR:
		error = vfs_fileattr_get(file_dentry(file), &flags);
		if (error)
			return error;
		fsx.fsx_xflags = to_xflags(flags);
		return copy_to_user(arg, &fsx, sizeof(fsx)) ? -EFAULT : 0;
	default:
		if (copy_from_user(&fsx, arg, sizeof(fsx)))
			return -EFAULT;
		/* Project numbers and extents are for quotas and disks. */
		if (fsx.fsx_extsize || fsx.fsx_projid || fsx.fsx_cowextsize)
			return -EOPNOTSUPP;
		error = from_xflags(fsx.fsx_xflags, &flags);
		return error ? error : set_flags(file, flags);
	}
}
