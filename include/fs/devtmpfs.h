/* SPDX-License-Identifier: MIT */
/* The file system that holds a node for each device that exists. */
#ifndef FS_DEVTMPFS_H
#define FS_DEVTMPFS_H

#include <kern/types.h>

/*
 * Make or take away /dev/<name> (folders in the name are made and removed as needed). `mode`
 * carries S_IFCHR or S_IFBLK and the permissions.
 * => may sleep; 0 or an errno; before the file system exists the node is queued
 */
int devtmpfs_create_node(const char *name, umode_t mode, uid_t uid, gid_t gid, dev_t devt);
int devtmpfs_delete_node(const char *name);

/* Mounts devtmpfs on `path` in the current namespace: for a kernel that must have /dev early. */
int devtmpfs_mount(const char *path);

#endif
