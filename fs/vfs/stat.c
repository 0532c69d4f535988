/* SPDX-License-Identifier: MIT */
/* stat(2) in all its forms, and readlink(2). */
#include <fs/dentry.h>
#include <fs/file.h>
#include <fs/inode.h>
#include <fs/namei.h>
#include <fs/stat.h>
#include <fs/super.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/syscalls.h>
#include <asm/stat.h>
#include <lib/string.h>
#include <mm/uaccess.h>
#include "internal.h"
#include "mount.h"

void generic_fillattr(struct inode *inode, struct kstat *stat)
{
	stat->dev = inode->i_sb->s_dev;
	stat->ino = inode->i_ino;
	stat->mode = inode->i_mode;
	stat->nlink = inode->i_nlink;
	stat->uid = inode->i_uid;
	stat->gid = inode->i_gid;
	stat->rdev = inode->i_rdev;
	stat->size = i_size_read(inode);
	/* Whole, beside those who read and write the file. */
	spin_lock(&inode->i_lock);
	stat->atime = inode->i_atime;
	stat->mtime = inode->i_mtime;
	stat->ctime = inode->i_ctime;
	spin_unlock(&inode->i_lock);
	stat->blksize = 1U << inode->i_blkbits;
	stat->blocks = inode->i_blocks;
}

int vfs_getattr(const struct path *path, struct kstat *stat, u32 request_mask,
		unsigned int query_flags)
{
	struct inode *inode = d_inode(path->dentry);

	memset(stat, 0, sizeof(*stat));
	stat->result_mask = STATX_BASIC_STATS;
	stat->attributes_mask |= STATX_ATTR_AUTOMOUNT | STATX_ATTR_DAX;
	if (inode->i_op->getattr)
		return inode->i_op->getattr(path, stat, request_mask, query_flags);
	generic_fillattr(inode, stat);
	return 0;
}

/* What only the mount knows. */
static void fill_mount(const struct path *path, struct kstat *stat)
{
	stat->mnt_id = real_mount(path->mnt)->mnt_id;
	stat->result_mask |= STATX_MNT_ID;
	if (path->mnt->mnt_root == path->dentry)
		stat->attributes |= STATX_ATTR_MOUNT_ROOT;
	stat->attributes_mask |= STATX_ATTR_MOUNT_ROOT;
}

static int stat_path(const struct path *path, int flags, struct kstat *stat, u32 request_mask)
{
	int error = vfs_getattr(path, stat, request_mask, flags);

	if (!error)
		fill_mount(path, stat);
	return error;
}

int vfs_fstat(int fd, struct kstat *stat)
{
	struct fd f = fdget_raw(fd);
	int error;

	if (!f.file)
		return -EBADF;
	error = stat_path(&f.file->f_path, 0, stat, STATX_BASIC_STATS);
	fdput(f);
	return error;
}

static int vfs_statx(int dfd, const char __user *uname, int flags, struct kstat *stat,
		     u32 request_mask)
{
	unsigned int how = 0;
	struct path path;
	int error;

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC_TYPE))
		return -EINVAL;
	if (!(flags & AT_SYMLINK_NOFOLLOW))
		how |= LOOKUP_FOLLOW;
	if (flags & AT_EMPTY_PATH)
		how |= LOOKUP_EMPTY;
	error = user_path_at(dfd, uname, how, &path);
	if (error)
		return error;
	error = stat_path(&path, flags, stat, request_mask);
	path_put(&path);
	return error;
}

static int cp_new_stat(const struct kstat *stat, struct stat __user *ubuf)
{
	struct stat tmp;

	memset(&tmp, 0, sizeof(tmp));
	tmp.st_dev = new_encode_dev(stat->dev);
	tmp.st_ino = stat->ino;
	tmp.st_mode = stat->mode;
	tmp.st_nlink = stat->nlink;
	tmp.st_uid = from_kuid_munged(current_user_ns(), stat->uid);
	tmp.st_gid = from_kgid_munged(current_user_ns(), stat->gid);
	tmp.st_rdev = new_encode_dev(stat->rdev);
	tmp.st_size = stat->size;
	tmp.st_atime = stat->atime.tv_sec;
	tmp.st_atime_nsec = stat->atime.tv_nsec;
	tmp.st_mtime = stat->mtime.tv_sec;
	tmp.st_mtime_nsec = stat->mtime.tv_nsec;
	tmp.st_ctime = stat->ctime.tv_sec;
	tmp.st_ctime_nsec = stat->ctime.tv_nsec;
	tmp.st_blksize = stat->blksize;
	tmp.st_blocks = stat->blocks;
	return copy_to_user(ubuf, &tmp, sizeof(tmp)) ? -EFAULT : 0;
}

SYSCALL_DEFINE2(stat, const char __user *, name, struct stat __user *, ubuf)
{
	struct kstat stat;
	int error = vfs_statx(AT_FDCWD, name, 0, &stat, STATX_BASIC_STATS);

	return error ? error : cp_new_stat(&stat, ubuf);
}

SYSCALL_DEFINE2(lstat, const char __user *, name, struct stat __user *, ubuf)
{
	struct kstat stat;
	int error = vfs_statx(AT_FDCWD, name, AT_SYMLINK_NOFOLLOW, &stat, STATX_BASIC_STATS);

	return error ? error : cp_new_stat(&stat, ubuf);
}

SYSCALL_DEFINE2(fstat, unsigned int, fd, struct stat __user *, ubuf)
{
	struct kstat stat;
	int error = vfs_fstat(fd, &stat);

	return error ? error : cp_new_stat(&stat, ubuf);
}

/* Is it the empty string? fstatat(fd, "", AT_EMPTY_PATH) is then fstat(fd). */
static bool empty_name(const char __user *name)
{
	char c;

	return !name || (!get_user(c, name) && !c);
}

SYSCALL_DEFINE4(newfstatat, int, dfd, const char __user *, name, struct stat __user *, ubuf,
		int, flags)
{
	struct kstat stat;
	int error;

	if (flags == AT_EMPTY_PATH && dfd >= 0 && name && empty_name(name))
		error = vfs_fstat(dfd, &stat);
	else
		error = vfs_statx(dfd, name, flags, &stat, STATX_BASIC_STATS);
	return error ? error : cp_new_stat(&stat, ubuf);
}

static struct statx_timestamp to_statx_time(const struct timespec64 *ts)
{
	struct statx_timestamp t = { .tv_sec = ts->tv_sec, .tv_nsec = ts->tv_nsec };

	return t;
}

SYSCALL_DEFINE5(statx, int, dfd, const char __user *, name, unsigned int, flags,
		unsigned int, mask, struct statx __user *, ubuf)
{
	struct kstat stat;
	struct statx tmp;
	int error;

	if (mask & STATX__RESERVED)
		return -EINVAL;
	if ((flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE)
		return -EINVAL;
	error = vfs_statx(dfd, name, flags, &stat, mask);
	if (error)
		return error;
	memset(&tmp, 0, sizeof(tmp));
	tmp.stx_mask = stat.result_mask;
	tmp.stx_blksize = stat.blksize;
	tmp.stx_attributes = stat.attributes & stat.attributes_mask;
	tmp.stx_attributes_mask = stat.attributes_mask;
	tmp.stx_nlink = stat.nlink;
	tmp.stx_uid = from_kuid_munged(current_user_ns(), stat.uid);
	tmp.stx_gid = from_kgid_munged(current_user_ns(), stat.gid);
	tmp.stx_mode = stat.mode;
	tmp.stx_ino = stat.ino;
	tmp.stx_size = stat.size;
	tmp.stx_blocks = stat.blocks;
	tmp.stx_atime = to_statx_time(&stat.atime);
	tmp.stx_btime = to_statx_time(&stat.btime);
	tmp.stx_ctime = to_statx_time(&stat.ctime);
	tmp.stx_mtime = to_statx_time(&stat.mtime);
	tmp.stx_rdev_major = MAJOR(stat.rdev);
	tmp.stx_rdev_minor = MINOR(stat.rdev);
	tmp.stx_dev_major = MAJOR(stat.dev);
	tmp.stx_dev_minor = MINOR(stat.dev);
	tmp.stx_mnt_id = stat.mnt_id;
	return copy_to_user(ubuf, &tmp, sizeof(tmp)) ? -EFAULT : 0;
}

/* ---- readlink ---- */

int readlink_copy(char __user *buf, int size, const char *link)
{
	int len = strlen(link);

	if (len > size)
		len = size;
	return copy_to_user(buf, link, len) ? -EFAULT : len;
}

int vfs_readlink(struct dentry *dentry, char __user *buf, int size)
{
	struct inode *inode = d_inode(dentry);
	struct delayed_call done = { NULL, NULL };
	const char *link;
	int result;

	if (inode->i_op->readlink)
		return inode->i_op->readlink(dentry, buf, size);
	if (!S_ISLNK(inode->i_mode))
		return -EINVAL;
	link = inode->i_link;
	if (!link) {
		if (!inode->i_op->get_link)
			return -EINVAL;
		link = inode->i_op->get_link(dentry, inode, &done);
		if (IS_ERR(link))
			return PTR_ERR(link);
	}
	result = readlink_copy(buf, size, link);
	do_delayed_call(&done);
	return result;
}

static int do_readlinkat(int dfd, const char __user *uname, char __user *buf, int size)
{
	struct path path;
	int error;

	if (size <= 0)
		return -EINVAL;
	error = user_path_at(dfd, uname, LOOKUP_EMPTY, &path);
	if (error)
		return error;
	if (d_is_symlink(path.dentry) || d_inode(path.dentry)->i_op->readlink) {
		touch_atime(&path);
		error = vfs_readlink(path.dentry, buf, size);
	} else {
		error = empty_name(uname) ? -ENOENT : -EINVAL;
	}
	path_put(&path);
	return error;
}

SYSCALL_DEFINE4(readlinkat, int, dfd, const char __user *, name, char __user *, buf, int, size)
{
	return do_readlinkat(dfd, name, buf, size);
}

SYSCALL_DEFINE3(readlink, const char __user *, name, char __user *, buf, int, size)
{
	return do_readlinkat(AT_FDCWD, name, buf, size);
}
