/* SPDX-License-Identifier: MIT */
/* Extended attributes: named values beside a file's content. */
#ifndef FS_XATTR_H
#define FS_XATTR_H

#include <linux/xattr.h>
#include <kern/spinlock.h>
#include <kern/types.h>
#include <lib/list.h>
#include <lib/string.h>

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

/* A handler gets a name without its prefix, which lies before it: the whole again. */
static inline const char *xattr_full_name(const struct xattr_handler *handler, const char *name)
{
	return name - strlen(handler->prefix);
}

ssize_t vfs_getxattr(struct dentry *dentry, const char *name, void *value, size_t size);
/* What is stored, whoever asks. */
ssize_t vfs_getxattr_raw(struct dentry *dentry, const char *name, void *value, size_t size);
int vfs_setxattr(struct dentry *dentry, const char *name, const void *value, size_t size,
		 int flags);
int vfs_removexattr(struct dentry *dentry, const char *name);
/* Takes security.capability away from a file that changes. 0 or an error. => inode locked */
int remove_file_caps(struct dentry *dentry);
ssize_t vfs_listxattr(struct dentry *dentry, char *list, size_t size);

/*
 * Attributes in memory, for file systems without a place of their own for them.
 *   (l) lock
 */
struct simple_xattrs {
	struct list_head head;		/* l: newest first */
	spinlock_t lock;
};

void simple_xattrs_init(struct simple_xattrs *xattrs);
/* Frees all; their size in bytes, as simple_xattr_set() counted it. */
size_t simple_xattrs_free(struct simple_xattrs *xattrs);
/* The length, -ENODATA, or -ERANGE; size 0 only asks. `name` is the whole name. */
ssize_t simple_xattr_get(struct simple_xattrs *xattrs, const char *name, void *buffer, size_t size);
/*
 * value NULL removes. *delta becomes what the attributes take more than before, in bytes.
 * => callers of set exclude each other (i_rwsem)
 */
int simple_xattr_set(struct simple_xattrs *xattrs, const char *name, const void *value, size_t size,
		     int flags, long *delta);
/* For listxattr(): trusted.* only for CAP_SYS_ADMIN. `extra` are names (with NULs) that go first. */
ssize_t simple_xattr_list(struct simple_xattrs *xattrs, const char *extra, size_t extra_len,
			  char *buffer, size_t size);

#endif
