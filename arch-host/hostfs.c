// SPDX-License-Identifier: MIT
/*
 * Folders of the host that the guest may see: looking names up, opening, reading folders.
 *
 * Every call names a file by a folder's descriptor and one name in it, follows no symlink, and
 * so cannot leave the tree. What a confined vmlinux may do here at all is decided by
 * confine_self(): without a tree that may be written, openat() works for reading only.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "exports.h"
#include "internal.h"
#include "sys.h"

static struct export {
	int fd;
	bool writable;
} exports[EXPORTS_MAX];
static unsigned int nr_exports;
static bool any_writable;
static unsigned int descriptors;	/* budget of host_fs_descriptors() */

int export_add(int fd, bool writable)
{
	if (nr_exports == EXPORTS_MAX)
		return -ENOSPC;
	exports[nr_exports] = (struct export){ .fd = fd, .writable = writable };
	any_writable |= writable;
	return nr_exports++;
}

void export_set_writable(int number)
{
	exports[number].writable = true;
	any_writable = true;
}

bool exports_any(void)
{
	return nr_exports;
}

bool exports_writable(void)
{
	return any_writable;
}

/* Descriptors are kept for files in use: take what the host gives, and leave some for stubs. */
void exports_prepare(void)
{
	struct rlimit limit;

	if (!nr_exports || getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	descriptors = limit.rlim_cur > 2 * DESCRIPTORS_MAX ? DESCRIPTORS_MAX : limit.rlim_cur / 2;
	/* Modes of new files are the guest's affair. */
	umask(0);
}

int host_fs_root(unsigned int tree, int *writable)
{
	if (tree >= nr_exports)
		return -ENOENT;
	*writable = exports[tree].writable;
	return exports[tree].fd;
}

unsigned int host_fs_descriptors(void)
{
	return descriptors;
}

static struct host_fs_time time_of(const struct statx_timestamp *t)
{
	return (struct host_fs_time){ .sec = t->tv_sec, .nsec = t->tv_nsec };
}

int host_fs_stat(int fd, const char *name, struct host_fs_attr *attr)
{
	struct statx st;
	long error;

	do {
		error = sys5(SYS_statx, fd, name,
			     AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | (*name ? 0 : AT_EMPTY_PATH),
			     STATX_BASIC_STATS | STATX_BTIME | STATX_MNT_ID, &st);
	} while (error == -EINTR);
	if (error)
		return error;
	*attr = (struct host_fs_attr){
		.dev = (unsigned long)st.stx_dev_major << 32 | st.stx_dev_minor,
		.rdev = (unsigned long)st.stx_rdev_major << 32 | st.stx_rdev_minor,
		.ino = st.stx_ino,
		.mount = st.stx_mask & STATX_MNT_ID ? st.stx_mnt_id : 0,
		.mode = st.stx_mode,
		.nlink = st.stx_nlink,
		.uid = st.stx_uid,
		.gid = st.stx_gid,
		.blksize = st.stx_blksize,
		.size = st.stx_size,
		.blocks = st.stx_blocks,
		.atime = time_of(&st.stx_atime),
		.mtime = time_of(&st.stx_mtime),
		.ctime = time_of(&st.stx_ctime),
		.btime = time_of(&st.stx_btime),
	};
	return 0;
}

static int open_flags(unsigned int how)
{
	int flags = O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK | O_LARGEFILE;

	switch (how & (HOST_FS_READ | HOST_FS_WRITE)) {
	case 0: flags = O_PATH | O_CLOEXEC | O_NOFOLLOW; break;
	case HOST_FS_READ: flags |= O_RDONLY; break;
	case HOST_FS_WRITE: flags |= O_WRONLY; break;
	default: flags |= O_RDWR;
	}
	if (how & HOST_FS_FOLDER)
		flags |= O_DIRECTORY;
	if (how & HOST_FS_CREATE)
		flags |= O_CREAT | O_EXCL;
	if (how & HOST_FS_UNNAMED)
		flags |= O_TMPFILE;
	return flags;
}

int host_fs_open(int fd, const char *name, unsigned int how, unsigned int mode)
{
	long opened;

	do {
		opened = sys4(SYS_openat, fd, how & HOST_FS_UNNAMED ? "." : name, open_flags(how), mode);
	} while (opened == -EINTR);
	return opened;
}

void host_fs_close(int fd)
{
	sys1(SYS_close, fd);
}

long host_fs_readdir(int fd, long offset, void *buf, unsigned long len)
{
	long n = sys3(SYS_lseek, fd, offset, SEEK_SET);

	if (n < 0)
		return n;
	do {
		n = sys3(SYS_getdents64, fd, buf, len);
	} while (n == -EINTR);
	return n;
}

long host_fs_readlink(int fd, const char *name, char *buf, unsigned long len)
{
	return sys4(SYS_readlinkat, fd, name, buf, len);
}

int host_fs_statfs(int fd, struct host_fs_statfs *out)
{
	struct statfs st;
	long error;

	do {
		error = sys2(SYS_fstatfs, fd, &st);
	} while (error == -EINTR);
	if (error)
		return error;
	*out = (struct host_fs_statfs){
		.type = st.f_type,
		.bsize = st.f_bsize,
		.frsize = st.f_frsize,
		.blocks = st.f_blocks,
		.bfree = st.f_bfree,
		.bavail = st.f_bavail,
		.files = st.f_files,
		.ffree = st.f_ffree,
		.namelen = st.f_namelen,
	};
	return 0;
}

int host_fs_is_kernel(int fd)
{
	/* Of linux/magic.h and, where that lacks them, of the file systems' own documents. */
	static const unsigned long kernel[] = {
		PROC_SUPER_MAGIC, SYSFS_MAGIC, DEBUGFS_MAGIC, TRACEFS_MAGIC, SECURITYFS_MAGIC,
		CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC, DEVPTS_SUPER_MAGIC, BPF_FS_MAGIC,
		SELINUX_MAGIC, EFIVARFS_MAGIC, NSFS_MAGIC, PSTOREFS_MAGIC, BINFMTFS_MAGIC,
		0x62656570 /* configfs */, 0x19800202 /* mqueue */, 0x65735543 /* fusectl */,
	};
	struct host_fs_statfs st;
	int error = host_fs_statfs(fd, &st);

	if (error)
		return error;
	for (unsigned int i = 0; i < sizeof(kernel) / sizeof(kernel[0]); i++) {
		if (st.type == kernel[i])
			return 1;
	}
	return 0;
}

long host_fs_seek(int fd, long offset, int whence)
{
	return sys3(SYS_lseek, fd, offset, whence);
}

/* "/proc/self/fd/N/NAME": for calls that take no folder's descriptor and do not follow NAME. */
void proc_fd_path(struct proc_path *path, int fd, const char *name)
{
	char digits[12];
	unsigned int n = sizeof(digits);
	char *at = path->text;

	memcpy(at, "/proc/self/fd/", 14);
	at += 14;
	do {
		digits[--n] = '0' + fd % 10;
		fd /= 10;
	} while (fd);
	while (n < sizeof(digits))
		*at++ = digits[n++];
	if (*name) {
		*at++ = '/';
		while (*name && at < path->text + sizeof(path->text) - 1)
			*at++ = *name++;
	}
	*at = '\0';
}

long host_fs_getxattr(int fd, const char *name, const char *attr, void *value, unsigned long size)
{
	struct proc_path path;

	proc_fd_path(&path, fd, name);
	/* The descriptor itself stands behind a link of /proc, which must be followed. */
	return sys4(*name ? SYS_lgetxattr : SYS_getxattr, path.text, attr, value, size);
}

long host_fs_listxattr(int fd, const char *name, char *list, unsigned long size)
{
	struct proc_path path;

	proc_fd_path(&path, fd, name);
	return sys3(*name ? SYS_llistxattr : SYS_listxattr, path.text, list, size);
}
