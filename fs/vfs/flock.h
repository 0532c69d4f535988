/* SPDX-License-Identifier: MIT */
/* File locks: what locks.c, fcntl_lock.c and fcntl.c share. */
#ifndef FS_VFS_FLOCK_H
#define FS_VFS_FLOCK_H

#include <linux/fcntl.h>
#include <fs/filelock.h>
#include <kern/spinlock.h>

struct file;
struct inode;

#define OFFSET_MAX 0x7fffffffffffffffLL

extern spinlock_t file_lock_lock;

struct file_lock *alloc_lock(void);
/* The context of an inode, made at the first lock; NULL without memory. */
struct file_lock_context *locks_get_context(struct inode *inode);
/* The lock in a request's way, or NULL. => file_lock_lock held */
struct file_lock *posix_blocker(struct file_lock_context *ctx, const struct file_lock *req);
/* 0, -EAGAIN (and it waits on its blocker, if it may sleep), -EDEADLK, -ENOLCK. */
int posix_lock_once(struct inode *inode, struct file_lock *req);
/* Tries until it has the lock, or a signal comes. */
int lock_wait(struct inode *inode, struct file_lock *req,
	      int (*once)(struct inode *inode, struct file_lock *req));

/* lease.c: what a lease is, or will be when whoever breaks it is through. */
int lease_target(const struct file_lock *fl);
int fcntl_getlease(struct file *file);
int fcntl_setlease(unsigned int fd, struct file *file, int type);
/* The last reference on a file goes. => it has a lock context */
void lease_remove_file(struct file *file);

int fcntl_getlk(struct file *file, unsigned int cmd, struct flock __user *ufl);
int fcntl_setlk(unsigned int fd, struct file *file, unsigned int cmd, struct flock __user *ufl);

#endif
