/* SPDX-License-Identifier: MIT */
/* How full a file system is. */
#ifndef FS_STATFS_H
#define FS_STATFS_H

#include <asm/statfs.h>
#include <kern/types.h>

struct dentry;
struct path;

struct kstatfs {
	long f_type;
	long f_bsize;
	u64 f_blocks;
	u64 f_bfree;
	u64 f_bavail;
	u64 f_files;
	u64 f_ffree;
	__kernel_fsid_t f_fsid;
	long f_namelen;
	long f_frsize;
	long f_flags;
};

int vfs_statfs(const struct path *path, struct kstatfs *buf);
int simple_statfs(struct dentry *dentry, struct kstatfs *buf);

#endif
