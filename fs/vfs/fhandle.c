/* SPDX-License-Identifier: MIT */
/*
 * File handles: a file's name for those who must find it again without a path
 * (name_to_handle_at, open_by_handle_at). What is in one is the file system's business.
 */
#include <fs/dentry.h>
#include <fs/fdtable.h>
#include <fs/file.h>
#include <fs/fs_struct.h>
#include <fs/inode.h>
#include <fs/mount.h>
#include <fs/namei.h>
#include <fs/super.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/syscalls.h>
#include <linux/fcntl.h>
#include <mm/uaccess.h>
#include "internal.h"
#include "mount.h"

#define MAX_HANDLE_SZ 128

/* As in <fcntl.h>, which the exported headers leave to the C library. */
struct file_handle {
	u32 handle_bytes;
	s32 handle_type;
	u32 f_handle[MAX_HANDLE_SZ / 4];
};

#define HANDLE_HEAD offsetof(struct file_handle, f_handle)

static long encode(const struct path *path, struct file_handle __user *uhandle, int __user *mnt_id)
{
	const struct export_operations *op = path->dentry->d_sb->s_export_op;
	struct file_handle handle = { 0 };
	int words, type;
	long result = 0;

	if (!op)
		return -EOPNOTSUPP;
	if (copy_from_user(&handle, uhandle, HANDLE_HEAD))
		return -EFAULT;
	if (handle.handle_bytes > MAX_HANDLE_SZ)
		return -EINVAL;
	words = handle.handle_bytes / 4;
	type = op->encode_fh(d_inode(path->dentry), handle.f_handle, &words);
	handle.handle_type = type;
	/* Too small: how large it must be. */
	if (words > (int)(handle.handle_bytes / 4)) {
		result = -EOVERFLOW;
		handle.handle_bytes = words * 4;
		words = 0;
	} else {
		handle.handle_bytes = words * 4;
	}
	if (put_user(real_mount(path->mnt)->mnt_id, mnt_id) ||
	    copy_to_user(uhandle, &handle, HANDLE_HEAD + words * 4))
		return -EFAULT;
	return result;
}

SYSCALL_DEFINE5(name_to_handle_at, int, dfd, const char __user *, name,
		struct file_handle __user *, handle, int __user *, mnt_id, int, flags)
{
	unsigned int how = 0;
	struct path path;
	long error;

	if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (flags & AT_SYMLINK_FOLLOW)
		how |= LOOKUP_FOLLOW;
	if (flags & AT_EMPTY_PATH)
		how |= LOOKUP_EMPTY;
	error = user_path_at(dfd, name, how, &path);
	if (error)
		return error;
	error = encode(&path, handle, mnt_id);
	path_put(&path);
	return error;
}

/* The mount of a descriptor; a reference. */
static struct vfsmount *mount_of(int dfd)
{
	struct vfsmount *mnt;
	struct path pwd;
	struct fd f;

	if (dfd == AT_FDCWD) {
		get_fs_pwd(current->fs, &pwd);
		mnt = mntget(pwd.mnt);
		path_put(&pwd);
		return mnt;
	}
	f = fdget(dfd);
	if (!f.file)
		return ERR_PTR(-EBADF);
	mnt = mntget(f.file->f_path.mnt);
	fdput(f);
	return mnt;
}

static int decode(struct vfsmount *mnt, const struct file_handle __user *uhandle, struct path *path)
{
	const struct export_operations *op = mnt->mnt_sb->s_export_op;
	struct file_handle handle;

	if (copy_from_user(&handle, uhandle, HANDLE_HEAD))
		return -EFAULT;
	if (!handle.handle_bytes || handle.handle_bytes > MAX_HANDLE_SZ)
		return -EINVAL;
	if (copy_from_user(handle.f_handle, uhandle->f_handle, handle.handle_bytes))
		return -EFAULT;
	if (!op)
		return -ESTALE;
	path->mnt = mnt;
	path->dentry = op->fh_to_dentry(mnt->mnt_sb, handle.f_handle, handle.handle_bytes / 4,
					handle.handle_type);
	return IS_ERR(path->dentry) ? PTR_ERR(path->dentry) : 0;
}

SYSCALL_DEFINE3(open_by_handle_at, int, mount_fd, struct file_handle __user *, handle, int, flags)
{
	struct vfsmount *mnt;
	struct path path;
	struct file *file;
	int fd;

	/* No folder's search permission was asked for. */
	if (!capable(CAP_DAC_READ_SEARCH))
		return -EPERM;
	mnt = mount_of(mount_fd);
	if (IS_ERR(mnt))
		return PTR_ERR(mnt);
	fd = decode(mnt, handle, &path);
	if (fd)
		goto out;
	fd = get_unused_fd_flags(flags & O_CLOEXEC);
	if (fd >= 0) {
		file = file_open_path(&path, flags);
		if (IS_ERR(file)) {
			put_unused_fd(fd);
			fd = PTR_ERR(file);
		} else {
			fd_install(fd, file);
		}
	}
	dput(path.dentry);
out:
	mntput(mnt);
	return fd;
}
