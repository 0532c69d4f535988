/* SPDX-License-Identifier: MIT */
/* Name spaces as files: what the links in /proc/PID/ns lead to. */
#ifndef FS_NSFS_H
#define FS_NSFS_H

#include <kern/ns_common.h>

struct dentry;
struct file;
struct path;

/* The name space of an open file of nsfs, without a reference; NULL for other files. */
struct ns_common *proc_ns_file(struct file *file);
/* The name space that a dentry of nsfs stands for, without a reference; NULL for others. */
struct ns_common *proc_ns_dentry(const struct dentry *dentry);
/* The place of a name space; eats its reference. 0 or -ENOMEM. => may sleep */
int ns_get_path(struct path *path, struct ns_common *ns);
/* A descriptor for a name space; eats its reference. */
int open_ns(struct ns_common *ns);

#endif
