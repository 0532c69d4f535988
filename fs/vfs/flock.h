/* SPDX-License-Identifier: MIT */
/* File locks: what fcntl.c asks of locks.c. */
#ifndef FS_VFS_FLOCK_H
#define FS_VFS_FLOCK_H

#include <linux/fcntl.h>
#include <fs/filelock.h>

struct file;

int fcntl_getlk(struct file *file, unsigned int cmd, struct flock __user *ufl);
int fcntl_setlk(unsigned int fd, struct file *file, unsigned int cmd, struct flock __user *ufl);

#endif
