/* SPDX-License-Identifier: MIT */
/* Extended attributes: named values beside a file's content. */
#ifndef FS_XATTR_H
#define FS_XATTR_H

#include <linux/xattr.h>
#include <kern/types.h>

struct dentry;
struct inode;

/* One family of names, told by its prefix ("user."); sb->s_xattr is a NULL-ended list of them. */
struct xattr_handler {
	const char *name;	/* the whole name, or ... */
	const char *prefix;	/* ... its beginning */
	int flags;
	/* Both get the name without the prefix. size 0 asks for the length only. => may sleep */
	int (*get)(const struct xattr_handler *handler, struct dentry *dentry,
		   struct inode *inode, const char *name, void *buffer, size_t size);
	/* value NULL removes. => inode lock held */
	int (*set)(const struct xattr_handler *handler, struct dentry *dentry,
		   struct inode *inode, const char *name, const void *value, size_t size,
		   int flags);
};

ssize_t vfs_getxattr(struct dentry *dentry, const char *name, void *value, size_t size);
int vfs_setxattr(struct dentry *dentry, const char *name, const void *value, size_t size,
		 int flags);
int vfs_removexattr(struct dentry *dentry, const char *name);
ssize_t vfs_listxattr(struct dentry *dentry, char *list, size_t size);

#endif
