/* SPDX-License-Identifier: MIT */
/* sync(2), fsync(2) and their relatives. */
#include <fs/dentry.h>
#include <fs/file.h>
#include <fs/inode.h>
#include <fs/super.h>
#include <kern/err.h>
#include <kern/rwsem.h>
#include <kern/syscalls.h>
#include <linux/fs.h>
#include <mm/pagemap.h>
#include "internal.h"

static void sync_one(struct super_block *sb, void *arg)
{
	if (sb->s_op->sync_fs && !sb_rdonly(sb))
		sb->s_op->sync_fs(sb, 1);
}

void sync_all(void)
{
	sync_dirty_mappings(NULL);
	iterate_supers(sync_one, NULL);
}

SYSCALL_DEFINE0(sync)
{
	sync_all();
	return 0;
}

SYSCALL_DEFINE1(syncfs, int, fd)
{
	struct fd f = fdget(fd);
	struct super_block *sb;

	if (!f.file)
		return -EBADF;
	sb = file_inode(f.file)->i_sb;
	sync_dirty_mappings(sb);
	down_read(&sb->s_umount);
	sync_one(sb, NULL);
	up_read(&sb->s_umount);
	fdput(f);
	return 0;
}

static int fsync_range(struct file *file, loff_t start, loff_t end, int datasync)
{
	if (!file->f_op->fsync)
		return -EINVAL;
	return file->f_op->fsync(file, start, end, datasync);
}

int vfs_fsync(struct file *file, int datasync)
{
	return fsync_range(file, 0, 0x7fffffffffffffffLL, datasync);
}

static int do_fsync(unsigned int fd, int datasync)
{
	struct fd f = fdget(fd);
	int error = -EBADF;

	if (f.file) {
		error = vfs_fsync(f.file, datasync);
		fdput(f);
	}
	return error;
}

SYSCALL_DEFINE1(fsync, unsigned int, fd)
{
	return do_fsync(fd, 0);
}

SYSCALL_DEFINE1(fdatasync, unsigned int, fd)
{
	return do_fsync(fd, 1);
}

SYSCALL_DEFINE4(sync_file_range, int, fd, loff_t, offset, loff_t, nbytes, unsigned int, flags)
{
	struct fd f;
	umode_t mode;
	int error = 0;

	f = fdget(fd);
	if (!f.file)
		return -EBADF;
	mode = file_inode(f.file)->i_mode;
	if (flags & ~(SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
		      SYNC_FILE_RANGE_WAIT_AFTER) ||
	    offset < 0 || nbytes < 0 || nbytes > 0x7fffffffffffffffLL - offset)
		error = -EINVAL;
	else if (!S_ISREG(mode) && !S_ISBLK(mode) && !S_ISDIR(mode) && !S_ISLNK(mode))
		error = -ESPIPE;
	else if (f.file->f_op->fsync && flags)
		error = fsync_range(f.file, offset,
				    nbytes ? offset + nbytes - 1 : 0x7fffffffffffffffLL, 1);
	fdput(f);
	return error;
}

SYSCALL_DEFINE4(fadvise64, int, fd, loff_t, offset, size_t, len, int, advice)
{
	struct fd f = fdget(fd);
	int error = 0;

	if (!f.file)
		return -EBADF;
	/* Hints only: all that is there is in memory. */
	if (S_ISFIFO(file_inode(f.file)->i_mode))
		error = -ESPIPE;
	else if ((ssize_t)len < 0 || advice < 0 || advice > 5)
		error = -EINVAL;
	fdput(f);
	return error;
}

SYSCALL_DEFINE3(readahead, int, fd, loff_t, offset, size_t, count)
{
	struct fd f = fdget(fd);
	int error = 0;

	if (!f.file)
		return -EBADF;
	if (!(f.file->f_mode & FMODE_READ))
		error = -EBADF;
	else if (!S_ISREG(file_inode(f.file)->i_mode) && !S_ISBLK(file_inode(f.file)->i_mode))
		error = -EINVAL;
	fdput(f);
	return error;
}
