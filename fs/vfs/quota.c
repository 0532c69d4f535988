/* SPDX-License-Identifier: MIT */
/* quotactl(): no file system has quotas; what is wrong with a call before that is told. */
#include <fs/dentry.h>
#include <fs/file.h>
#include <fs/inode.h>
#include <fs/namei.h>
#include <kern/err.h>
#include <kern/syscalls.h>
#include <linux/fcntl.h>
#include <linux/quota.h>

static int check_type(unsigned int cmd)
{
	return (cmd & SUBCMDMASK) >= MAXQUOTAS ? -EINVAL : 0;
}

SYSCALL_DEFINE4(quotactl, unsigned int, cmd, const char __user *, special, unsigned int, id,
		void __user *, addr)
{
	struct path path;
	int error = check_type(cmd);

	if (error)
		return error;
	if (!special)
		return cmd >> SUBCMDSHIFT == Q_SYNC ? 0 : -ENODEV;
	error = user_path_at(AT_FDCWD, special, LOOKUP_FOLLOW, &path);
	if (error)
		return error;
	error = S_ISBLK(d_inode(path.dentry)->i_mode) ? -ENOSYS : -ENOTBLK;
	path_put(&path);
	return error;
}

SYSCALL_DEFINE4(quotactl_fd, unsigned int, fd, unsigned int, cmd, unsigned int, id, void __user *,
		addr)
{
	struct fd f = fdget_raw(fd);
	int error;

	if (!f.file)
		return -EBADF;
	error = check_type(cmd) ?: -ENOSYS;
	fdput(f);
	return error;
}
