/* SPDX-License-Identifier: MIT */
/* What the files of cgroupfs share. */
#ifndef FS_CGROUPFS_INTERNAL_H
#define FS_CGROUPFS_INTERNAL_H

#include <fs/file.h>
#include <fs/inode.h>
#include <kern/types.h>

struct cgroup;
struct cgroup_namespace;

/* The group of a folder or file. References stay the inode's. */
static inline struct cgroup *cgroupfs_group(const struct inode *inode)
{
	return inode->i_private;
}

/* cgroupfs.c: the option `nsdelegate`. Written by mounts: who reads it may see either. */
extern bool cgroupfs_ns_delegate;

/* file.c */
extern const struct file_operations cgroupfs_file_operations;
/* The opener's name space. => an open file of these operations, which keeps it */
struct cgroup_namespace *cgroupfs_file_ns(const struct file *file);

#endif
