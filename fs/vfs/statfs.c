/* SPDX-License-Identifier: MIT */
/* statfs(2), ustat(2). */
#include <fs/dentry.h>
#include <fs/file.h>
#include <fs/inode.h>
#include <fs/mount.h>
#include <fs/namei.h>
#include <fs/statfs.h>
#include <fs/super.h>
#include <kern/err.h>
#include <kern/syscalls.h>
#include <lib/string.h>
#include <mm/uaccess.h>
#include "internal.h"

/* f_flags: not in the exported headers. */
#define ST_RDONLY	0x0001
#define ST_NOSUID	0x0002
#define ST_NODEV	0x0004
#define ST_NOEXEC	0x0008
#define ST_SYNCHRONOUS	0x0010
#define ST_VALID	0x0020
#define ST_MANDLOCK	0x0040
#define ST_NOATIME	0x0400
#define ST_NODIRATIME	0x0800
#define ST_RELATIME	0x1000
#define ST_NOSYMFOLLOW	0x2000

static long flags_by_mount(const struct vfsmount *mnt)
{
	static const struct { int mnt; long st; } map[] = {
		{ MNT_READONLY, ST_RDONLY }, { MNT_NOSUID, ST_NOSUID }, { MNT_NODEV, ST_NODEV },
		{ MNT_NOEXEC, ST_NOEXEC }, { MNT_NOATIME, ST_NOATIME },
		{ MNT_NODIRATIME, ST_NODIRATIME }, { MNT_RELATIME, ST_RELATIME },
		{ MNT_NOSYMFOLLOW, ST_NOSYMFOLLOW },
	};
	long flags = ST_VALID;
	size_t i;

	for (i = 0; i < sizeof(map) / sizeof(map[0]); i++)
		if (mnt->mnt_flags & map[i].mnt)
			flags |= map[i].st;
	if (mnt->mnt_sb->s_flags & SB_SYNCHRONOUS)
		flags |= ST_SYNCHRONOUS;
	if (mnt->mnt_sb->s_flags & SB_MANDLOCK)
		flags |= ST_MANDLOCK;
	if (mnt->mnt_sb->s_flags & SB_RDONLY)
		flags |= ST_RDONLY;
	return flags;
}

int vfs_statfs(const struct path *path, struct kstatfs *buf)
{
	struct super_block *sb = path->dentry->d_sb;
	int error;

	if (!sb->s_op->statfs)
		return -ENOSYS;
	memset(buf, 0, sizeof(*buf));
	error = sb->s_op->statfs(path->dentry, buf);
	if (error)
		return error;
	if (!buf->f_frsize)
		buf->f_frsize = buf->f_bsize;
	buf->f_flags = flags_by_mount(path->mnt);
	return 0;
}

static int put_statfs(const struct path *path, struct statfs __user *ubuf)
{
	struct kstatfs st;
	struct statfs out;
	int error = vfs_statfs(path, &st);

	if (error)
		return error;
	memset(&out, 0, sizeof(out));
	out.f_type = st.f_type;
	out.f_bsize = st.f_bsize;
	out.f_blocks = st.f_blocks;
	out.f_bfree = st.f_bfree;
	out.f_bavail = st.f_bavail;
	out.f_files = st.f_files;
	out.f_ffree = st.f_ffree;
	out.f_fsid = st.f_fsid;
	out.f_namelen = st.f_namelen;
	out.f_frsize = st.f_frsize;
	out.f_flags = st.f_flags;
	return copy_to_user(ubuf, &out, sizeof(out)) ? -EFAULT : 0;
}

SYSCALL_DEFINE2(statfs, const char __user *, name, struct statfs __user *, ubuf)
{
	struct path path;
	int error = user_path_at(AT_FDCWD, name, LOOKUP_FOLLOW | LOOKUP_AUTOMOUNT, &path);

	if (!error) {
		error = put_statfs(&path, ubuf);
		path_put(&path);
	}
	return error;
}

SYSCALL_DEFINE2(fstatfs, unsigned int, fd, struct statfs __user *, ubuf)
{
	struct fd f = fdget_raw(fd);
	int error = -EBADF;

	if (f.file) {
		error = put_statfs(&f.file->f_path, ubuf);
		fdput(f);
	}
	return error;
}

/* ---- ustat ---- */

struct ustat {
	int f_tfree;
	unsigned long f_tinode;
	char f_fname[6], f_fpack[6];
};

struct ustat_search {
	dev_t dev;
	struct kstatfs st;
	int error;
};

static void ustat_look(struct super_block *sb, void *arg)
{
	struct ustat_search *search = arg;

	if (sb->s_dev == search->dev && search->error == -EINVAL)
		search->error = sb->s_op->statfs ? sb->s_op->statfs(sb->s_root, &search->st) : -ENOSYS;
}

SYSCALL_DEFINE2(ustat, unsigned int, dev, struct ustat __user *, ubuf)
{
	struct ustat_search search = { .dev = new_decode_dev(dev), .error = -EINVAL };
	struct ustat out = {};

	iterate_supers(ustat_look, &search);
	if (search.error)
		return search.error;
	out.f_tfree = search.st.f_bfree;
	out.f_tinode = search.st.f_ffree;
	return copy_to_user(ubuf, &out, sizeof(out)) ? -EFAULT : 0;
}
