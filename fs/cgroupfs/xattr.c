// SPDX-License-Identifier: MIT
/*
 * Extended attributes of cgroup2, in memory: managers note on groups whose they are. Those of users,
 * who may be given a group, are few and small.
 */
#include <fs/dentry.h>
#include <fs/xattr.h>
#include <kern/errno.h>
#include <lib/string.h>

#include "internal.h"

#define MAX_USER_XATTRS	    128
#define MAX_USER_XATTR_SIZE (128L << 10)

static int cgroupfs_xattr_get(const struct xattr_handler *handler, struct dentry *dentry,
			      struct inode *inode, const char *name, void *buffer, size_t size)
{
	return simple_xattr_get(&CGROUPFS_I(inode)->xattrs, xattr_full_name(handler, name), buffer,
				size);
}

static int cgroupfs_xattr_set(const struct xattr_handler *handler, struct dentry *dentry,
			      struct inode *inode, const char *name, const void *value, size_t size,
			      int flags)
{
	long delta;

	return simple_xattr_set(&CGROUPFS_I(inode)->xattrs, xattr_full_name(handler, name), value, size,
				flags, &delta);
}

static int cgroupfs_user_xattr_set(const struct xattr_handler *handler, struct dentry *dentry,
				   struct inode *inode, const char *name, const void *value,
				   size_t size, int flags)
{
	struct cgroupfs_inode *info = CGROUPFS_I(inode);
	ssize_t old = simple_xattr_get(&info->xattrs, xattr_full_name(handler, name), NULL, 0);
	long more = (value ? (long)size : 0) - (old >= 0 ? old : 0);
	int one = !!value - (old >= 0);
	int error;

	/* As on Linux there must be room for both, if one takes the place of another. */
	if (value && (info->nr_user == MAX_USER_XATTRS ||
		      info->user_size + (long)size > MAX_USER_XATTR_SIZE))
		return -ENOSPC;
	error = cgroupfs_xattr_set(handler, dentry, inode, name, value, size, flags);
	if (error)
		return error;
	info->nr_user += one;
	info->user_size += more;
	return 0;
}

static const struct xattr_handler user_handler = {
	.prefix = XATTR_USER_PREFIX, .get = cgroupfs_xattr_get, .set = cgroupfs_user_xattr_set,
};
static const struct xattr_handler trusted_handler = {
	.prefix = XATTR_TRUSTED_PREFIX, .get = cgroupfs_xattr_get, .set = cgroupfs_xattr_set,
};
static const struct xattr_handler security_handler = {
	.prefix = XATTR_SECURITY_PREFIX, .get = cgroupfs_xattr_get, .set = cgroupfs_xattr_set,
};

const struct xattr_handler *const cgroupfs_xattr_handlers[] = {
	&user_handler, &trusted_handler, &security_handler, NULL,
};

ssize_t cgroupfs_listxattr(struct dentry *dentry, char *list, size_t size)
{
	return simple_xattr_list(&CGROUPFS_I(d_inode(dentry))->xattrs, NULL, 0, list, size);
}
