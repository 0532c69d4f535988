/* SPDX-License-Identifier: MIT */
/* ioctl(2): the numbers that every file knows, then the file's own. */
#include <asm/ioctls.h>
#include <fs/fdtable.h>
#include <fs/file.h>
#include <fs/inode.h>
#include <fs/super.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/syscalls.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <mm/uaccess.h>
#include "internal.h"

long vfs_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	long result = -ENOTTY;

	if (file->f_op->unlocked_ioctl) {
		result = file->f_op->unlocked_ioctl(file, cmd, arg);
		if (result == -ENOIOCTLCMD)
			result = -ENOTTY;
	}
	return result;
}

static int ioctl_fionbio(struct file *file, int __user *arg)
{
	int on;

	if (get_user(on, arg))
		return -EFAULT;
	spin_lock(&file->f_lock);
	if (on)
		file->f_flags |= O_NONBLOCK;
	else
		file->f_flags &= ~O_NONBLOCK;
	spin_unlock(&file->f_lock);
	return 0;
}

static int ioctl_fioasync(unsigned int fd, struct file *file, int __user *arg)
{
	int on;

	if (get_user(on, arg))
		return -EFAULT;
	if (!on == !(file->f_flags & FASYNC))
		return 0;
	if (!file->f_op->fasync)
		return -ENOTTY;
	on = file->f_op->fasync(fd, file, on);
	return on < 0 ? on : 0;
}

long do_vfs_ioctl(struct file *file, unsigned int fd, unsigned int cmd, unsigned long arg)
{
	struct inode *inode = file_inode(file);

	switch (cmd) {
	case FIOCLEX:
		set_close_on_exec(fd, true);
		return 0;
	case FIONCLEX:
		set_close_on_exec(fd, false);
		return 0;
	case FIONBIO:
		return ioctl_fionbio(file, (int __user *)arg);
	case FIOASYNC:
		return ioctl_fioasync(fd, file, (int __user *)arg);
	case FIOQSIZE:
		if (S_ISDIR(inode->i_mode) || S_ISREG(inode->i_mode) || S_ISLNK(inode->i_mode)) {
			loff_t size = inode->i_blocks * 512;

			return copy_to_user((void __user *)arg, &size, sizeof(size)) ? -EFAULT : 0;
		}
		return -ENOTTY;
	case FIGETBSZ:
		if (!inode->i_sb->s_blocksize)
			return -EINVAL;
		return put_user((int)inode->i_sb->s_blocksize, (int __user *)arg);
	case FS_IOC_GETFLAGS:
	case FS_IOC_SETFLAGS:
	case FS_IOC_FSGETXATTR:
	case FS_IOC_FSSETXATTR:
		return ioctl_fileattr(file, cmd, (void __user *)arg);
	case FIBMAP:
		if (!S_ISREG(inode->i_mode))
			break;
		return capable(CAP_SYS_RAWIO) ? -EINVAL : -EPERM;
	case FICLONE:
	case FICLONERANGE:
	case FIDEDUPERANGE:
	case FS_IOC_FIEMAP:
		/* No file system here shares blocks, or tells where they are. */
		return S_ISREG(inode->i_mode) || S_ISDIR(inode->i_mode) ? -EOPNOTSUPP :
			-ENOIOCTLCMD;
	case FIONREAD:
		if (S_ISREG(inode->i_mode))
			return put_user((int)(i_size_read(inode) - file->f_pos),
					(int __user *)arg);
		break;
	}
	return -ENOIOCTLCMD;
}

SYSCALL_DEFINE3(ioctl, unsigned int, fd, unsigned int, cmd, unsigned long, arg)
{
	struct fd f = fdget(fd);
	long result;

	if (!f.file)
		return -EBADF;
	result = do_vfs_ioctl(f.file, fd, cmd, arg);
	if (result == -ENOIOCTLCMD)
		result = vfs_ioctl(f.file, cmd, arg);
	fdput(f);
	return result;
}
