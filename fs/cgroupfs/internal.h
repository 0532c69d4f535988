/* SPDX-License-Identifier: MIT */
/* What the files of cgroupfs share. */
#ifndef FS_CGROUPFS_INTERNAL_H
#define FS_CGROUPFS_INTERNAL_H

#include <fs/file.h>
#include <fs/inode.h>
#include <fs/xattr.h>
#include <kern/types.h>

struct cgroup;
struct cgroup_namespace;

/*
 * A folder or file.
 *   (i) i_rwsem
 */
struct cgroupfs_inode {
	struct inode vfs_inode;
	struct simple_xattrs xattrs;
	unsigned int nr_user;		/* i: user.*: how many of them, and bytes of their values */
	long user_size;			/* i */
};

static inline struct cgroupfs_inode *CGROUPFS_I(struct inode *inode)
{
	return container_of(inode, struct cgroupfs_inode, vfs_inode);
}

/* The group of a folder or file. References stay the inode's. */
static inline struct cgroup *cgroupfs_group(const struct inode *inode)
{
	return inode->i_private;
}

/* xattr.c */
extern const struct xattr_handler *const cgroupfs_xattr_handlers[];
ssize_t cgroupfs_listxattr(struct dentry *dentry, char *list, size_t size);

/* file.c */
extern const struct file_operations cgroupfs_file_operations;
/* The opener's name space. => an open file of these operations, which keeps it */
struct cgroup_namespace *cgroupfs_file_ns(const struct file *file);

#endif
