/* SPDX-License-Identifier: MIT */
/* utime(2) in all its forms. */
#include <fs/dentry.h>
#include <fs/file.h>
#include <fs/inode.h>
#include <fs/mount.h>
#include <fs/namei.h>
#include <kern/err.h>
#include <kern/syscalls.h>
#include <linux/time.h>
#include <linux/time_types.h>
#include <linux/utime.h>
#include <mm/uaccess.h>
#include "internal.h"

#define UTIME_NOW	((1L << 30) - 1L)
#define UTIME_OMIT	((1L << 30) - 2L)

static bool valid_nsec(long nsec)
{
	return nsec == UTIME_NOW || nsec == UTIME_OMIT || (nsec >= 0 && nsec < 1000000000L);
}

/* times NULL: both to now. */
int do_utimes_path(const struct path *path, const struct timespec64 *times)
{
	struct iattr attr = { .ia_valid = ATTR_CTIME | ATTR_MTIME | ATTR_ATIME };
	struct inode *inode = d_inode(path->dentry);
	int error;

	if (times) {
		if (!valid_nsec(times[0].tv_nsec) || !valid_nsec(times[1].tv_nsec))
			return -EINVAL;
		if (times[0].tv_nsec == UTIME_NOW && times[1].tv_nsec == UTIME_NOW)
			times = NULL;
	}
	if (times) {
		if (times[0].tv_nsec == UTIME_OMIT)
			attr.ia_valid &= ~ATTR_ATIME;
		else if (times[0].tv_nsec != UTIME_NOW)
			attr.ia_valid |= ATTR_ATIME_SET;
		if (times[1].tv_nsec == UTIME_OMIT)
			attr.ia_valid &= ~ATTR_MTIME;
		else if (times[1].tv_nsec != UTIME_NOW)
			attr.ia_valid |= ATTR_MTIME_SET;
		attr.ia_atime = times[0];
		attr.ia_mtime = times[1];
		/* Only an owner may set one of them, even to now. */
		attr.ia_valid |= ATTR_TIMES_SET;
	} else {
		attr.ia_valid |= ATTR_TOUCH;
	}
	error = mnt_want_write(path->mnt);
	if (error)
		return error;
	inode_lock(inode);
	error = notify_change(path->dentry, &attr);
	inode_unlock(inode);
	mnt_drop_write(path->mnt);
	return error;
}

static long do_utimes(int dfd, const char __user *uname, const struct timespec64 *times, int flags)
{
	struct path path;
	int error;

	if (!uname && dfd != AT_FDCWD) {
		struct fd f;

		if (flags)
			return -EINVAL;
		f = fdget(dfd);
		if (!f.file)
			return -EBADF;
		error = do_utimes_path(&f.file->f_path, times);
		fdput(f);
		return error;
	}
	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	error = user_path_at(dfd, uname, (flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW) |
					 (flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0), &path);
	if (error)
		return error;
	error = do_utimes_path(&path, times);
	path_put(&path);
	return error;
}

SYSCALL_DEFINE4(utimensat, int, dfd, const char __user *, name,
		const struct __kernel_timespec __user *, utimes, int, flags)
{
	struct __kernel_timespec in[2];
	struct timespec64 times[2];
	int i;

	if (!utimes)
		return do_utimes(dfd, name, NULL, flags);
	if (copy_from_user(in, utimes, sizeof(in)))
		return -EFAULT;
	for (i = 0; i < 2; i++) {
		times[i].tv_sec = in[i].tv_sec;
		times[i].tv_nsec = in[i].tv_nsec;
	}
	if (times[0].tv_nsec == UTIME_OMIT && times[1].tv_nsec == UTIME_OMIT)
		return 0;
	return do_utimes(dfd, name, times, flags);
}

/* Microseconds, as utimes(2) and futimesat(2) have them. */
struct timeval_pair {
	struct __kernel_old_timeval tv[2];
};

static long do_futimesat(int dfd, const char __user *name,
			 const struct __kernel_old_timeval __user *utimes)
{
	struct timeval_pair in;
	struct timespec64 times[2];
	int i;

	if (!utimes)
		return do_utimes(dfd, name, NULL, 0);
	if (copy_from_user(&in, utimes, sizeof(in)))
		return -EFAULT;
	for (i = 0; i < 2; i++) {
		if (in.tv[i].tv_usec < 0 || in.tv[i].tv_usec >= 1000000)
			return -EINVAL;
		times[i].tv_sec = in.tv[i].tv_sec;
		times[i].tv_nsec = in.tv[i].tv_usec * 1000;
	}
	return do_utimes(dfd, name, times, 0);
}

SYSCALL_DEFINE3(futimesat, int, dfd, const char __user *, name,
		struct __kernel_old_timeval __user *, utimes)
{
	return do_futimesat(dfd, name, utimes);
}

SYSCALL_DEFINE2(utimes, const char __user *, name, struct __kernel_old_timeval __user *, utimes)
{
	return do_futimesat(AT_FDCWD, name, utimes);
}

SYSCALL_DEFINE2(utime, const char __user *, name, struct utimbuf __user *, times)
{
	struct timespec64 ts[2] = { { 0, 0 }, { 0, 0 } };
	struct utimbuf in;

	if (!times)
		return do_utimes(AT_FDCWD, name, NULL, 0);
	if (copy_from_user(&in, times, sizeof(in)))
		return -EFAULT;
	ts[0].tv_sec = in.actime;
	ts[1].tv_sec = in.modtime;
	return do_utimes(AT_FDCWD, name, ts, 0);
}
