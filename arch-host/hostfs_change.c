// SPDX-License-Identifier: MIT
/*
 * Folders of the host that the guest may write: names and attributes. As in hostfs.c, a file is
 * a folder's descriptor and one name, and no symlink is followed.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "exports.h"
#include "internal.h"
#include "sys.h"

int host_fs_mkdir(int fd, const char *name, unsigned int mode)
{
	return sys3(SYS_mkdirat, fd, name, mode);
}

int host_fs_mknod(int fd, const char *name, unsigned int mode, unsigned long rdev)
{
	return sys4(SYS_mknodat, fd, name, mode, makedev(rdev >> 32, rdev & 0xffffffff));
}

int host_fs_symlink(const char *text, int fd, const char *name)
{
	return sys3(SYS_symlinkat, text, fd, name);
}

int host_fs_link(int oldfd, const char *oldname, int newfd, const char *newname)
{
	struct proc_path path;

	if (*oldname)
		return sys5(SYS_linkat, oldfd, oldname, newfd, newname, 0);
	proc_fd_path(&path, oldfd, "");
	return sys5(SYS_linkat, AT_FDCWD, path.text, newfd, newname, AT_SYMLINK_FOLLOW);
}

int host_fs_unlink(int fd, const char *name, int folder)
{
	return sys3(SYS_unlinkat, fd, name, folder ? AT_REMOVEDIR : 0);
}

int host_fs_rename(int oldfd, const char *oldname, int newfd, const char *newname,
		   unsigned int flags)
{
	return sys5(SYS_renameat2, oldfd, oldname, newfd, newname, flags);
}

int host_fs_chmod(int fd, const char *name, unsigned int mode)
{
	struct proc_path path;
	int place = fd;
	long error;

	/* fchmodat() follows symlinks: pin the file first, then go through its descriptor. */
	if (*name)
		place = host_fs_open(fd, name, 0, 0);
	if (place < 0)
		return place;
	proc_fd_path(&path, place, "");
	error = sys3(SYS_fchmodat, AT_FDCWD, path.text, mode);
	if (place != fd)
		host_fs_close(place);
	return error;
}

int host_fs_chown(int fd, const char *name, unsigned int uid, unsigned int gid)
{
	return sys5(SYS_fchownat, fd, name, uid, gid, AT_SYMLINK_NOFOLLOW | (*name ? 0 : AT_EMPTY_PATH));
}

int host_fs_utimes(int fd, const char *name, const struct host_fs_time *atime,
		   const struct host_fs_time *mtime)
{
	const struct timespec times[2] = {
		{ .tv_sec = atime->sec, .tv_nsec = atime->nsec },
		{ .tv_sec = mtime->sec, .tv_nsec = mtime->nsec },
	};

	if (*name)
		return sys4(SYS_utimensat, fd, name, times, AT_SYMLINK_NOFOLLOW);
	return sys4(SYS_utimensat, fd, "", times, AT_EMPTY_PATH);
}

int host_fs_setxattr(int fd, const char *name, const char *attr, const void *value,
		     unsigned long size, int flags)
{
	struct proc_path path;

	proc_fd_path(&path, fd, name);
	if (!value)
		return sys2(*name ? SYS_lremovexattr : SYS_removexattr, path.text, attr);
	return sys5(*name ? SYS_lsetxattr : SYS_setxattr, path.text, attr, value, size, flags);
}
