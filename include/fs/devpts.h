/* SPDX-License-Identifier: MIT */
/* The file system of pseudo terminals: one instance a mount, as on Linux since 4.7. */
#ifndef FS_DEVPTS_H
#define FS_DEVPTS_H

#include <kern/types.h>

struct dentry;
struct file;
struct path;
struct pts_fs_info;

/* The instance that a just-opened ptmx belongs to, with a reference; ERR_PTR(-ENODEV) if none. */
struct pts_fs_info *devpts_acquire(struct file *ptmx);
void devpts_release(struct pts_fs_info *fsi);

/* A free pty number of the instance, or -ENOSPC / -ENOMEM. */
int devpts_new_index(struct pts_fs_info *fsi);
void devpts_kill_index(struct pts_fs_info *fsi, int index);

/* Makes the node of slave `index`; `tty` is found again by devpts_get_priv(). */
struct dentry *devpts_pty_new(struct pts_fs_info *fsi, int index, void *tty);
void *devpts_get_priv(struct dentry *dentry);
void devpts_pty_kill(struct dentry *dentry);
/* The place of a slave's node, seen from an open ptmx; 0 with references, or an errno. */
int devpts_peer_path(struct file *ptmx, struct dentry *slave, struct path *path);

#endif
