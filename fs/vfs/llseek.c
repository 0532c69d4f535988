/* SPDX-License-Identifier: MIT */
/* The position of open files. */
#include <fs/file.h>
#include <fs/inode.h>
#include <fs/super.h>
#include <kern/err.h>
#include <kern/syscalls.h>
#include <linux/fs.h>
#include "internal.h"

/* Sets the position after checking it against the largest file. */
static loff_t setpos(struct file *file, loff_t offset, loff_t maxsize)
{
	if (offset < 0 || offset > maxsize)
		return -EINVAL;
	if (offset != file->f_pos) {
		file->f_pos = offset;
		file->f_version = 0;
	}
	return offset;
}

loff_t generic_file_llseek_size(struct file *file, loff_t offset, int whence, loff_t maxsize,
				loff_t eof)
{
	switch (whence) {
	case SEEK_END:
		offset += eof;
		break;
	case SEEK_CUR: {
		loff_t result;

		/* lseek(fd, 0, SEEK_CUR) only asks. */
		if (!offset)
			return file->f_pos;
		spin_lock(&file->f_lock);
		result = setpos(file, file->f_pos + offset, maxsize);
		spin_unlock(&file->f_lock);
		return result;
	}
	case SEEK_DATA:
		/* Without better knowledge the whole file is data ... */
		if ((unsigned long long)offset >= (unsigned long long)eof)
			return -ENXIO;
		break;
	case SEEK_HOLE:
		/* ... and there is a hole at its end. */
		if ((unsigned long long)offset >= (unsigned long long)eof)
			return -ENXIO;
		offset = eof;
		break;
	}
	return setpos(file, offset, maxsize);
}

loff_t generic_file_llseek(struct file *file, loff_t offset, int whence)
{
	struct inode *inode = file->f_mapping->host;

	return generic_file_llseek_size(file, offset, whence, inode->i_sb->s_maxbytes,
					i_size_read(inode));
}

loff_t fixed_size_llseek(struct file *file, loff_t offset, int whence, loff_t size)
{
	switch (whence) {
	case SEEK_SET: case SEEK_CUR: case SEEK_END:
		return generic_file_llseek_size(file, offset, whence, size, size);
	}
	return -EINVAL;
}

loff_t default_llseek(struct file *file, loff_t offset, int whence)
{
	struct inode *inode = file_inode(file);
	loff_t result;

	inode_lock(inode);
	result = generic_file_llseek_size(file, offset, whence, 0x7fffffffffffffffLL,
					  i_size_read(inode));
	inode_unlock(inode);
	return result;
}

loff_t noop_llseek(struct file *file, loff_t offset, int whence)
{
	return file->f_pos;
}

loff_t no_llseek(struct file *file, loff_t offset, int whence)
{
	return -ESPIPE;
}

loff_t vfs_llseek(struct file *file, loff_t offset, int whence)
{
	if (!(file->f_mode & FMODE_LSEEK))
		return -ESPIPE;
	return file->f_op->llseek(file, offset, whence);
}

SYSCALL_DEFINE3(lseek, unsigned int, fd, loff_t, offset, unsigned int, whence)
{
	struct fd f = fdget_pos(fd);
	loff_t result = -EINVAL;

	if (!f.file)
		return -EBADF;
	if (whence <= SEEK_HOLE)
		result = vfs_llseek(f.file, offset, whence);
	fdput_pos(f);
	return result;
}
