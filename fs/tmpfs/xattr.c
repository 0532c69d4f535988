// SPDX-License-Identifier: MIT
/* Extended attributes of tmpfs: in memory, charged to the mount like inodes. */
#include <fs/dentry.h>
#include <fs/posix_acl.h>
#include <fs/xattr.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <lib/string.h>

#include "internal.h"

static int shmem_xattr_get(const struct xattr_handler *handler, struct dentry *dentry,
			   struct inode *inode, const char *name, void *buffer, size_t size)
{
	return simple_xattr_get(&SHMEM_I(inode)->xattrs, xattr_full_name(handler, name), buffer, size);
}

static int shmem_xattr_set(const struct xattr_handler *handler, struct dentry *dentry,
			   struct inode *inode, const char *name, const void *value, size_t size,
			   int flags)
{
	struct simple_xattrs *xattrs = &SHMEM_I(inode)->xattrs;
	long most = value ? XATTR_COST + strlen(xattr_full_name(handler, name)) + size : 0;
	long delta;
	int err;

	if (!shmem_charge_inode_space(inode->i_sb, most))
		return -ENOSPC;
	err = simple_xattr_set(xattrs, xattr_full_name(handler, name), value, size, flags, &delta);
	shmem_uncharge_inode_space(inode->i_sb, most - delta);
	if (!err)
		inode_set_ctime_current(inode);
	return err;
}

static const struct xattr_handler user_handler = {
	.prefix = XATTR_USER_PREFIX, .get = shmem_xattr_get, .set = shmem_xattr_set,
};
static const struct xattr_handler trusted_handler = {
	.prefix = XATTR_TRUSTED_PREFIX, .get = shmem_xattr_get, .set = shmem_xattr_set,
};
static const struct xattr_handler security_handler = {
	.prefix = XATTR_SECURITY_PREFIX, .get = shmem_xattr_get, .set = shmem_xattr_set,
};

const struct xattr_handler *const shmem_xattr_handlers[] = {
	&posix_acl_access_handler, &posix_acl_default_handler,
	&user_handler, &trusted_handler, &security_handler, NULL,
};

ssize_t shmem_listxattr(struct dentry *dentry, char *list, size_t size)
{
	char names[POSIX_ACL_NAMES_MAX];
	size_t len = posix_acl_list(d_inode(dentry), names);

	return simple_xattr_list(&SHMEM_I(d_inode(dentry))->xattrs, names, len, list, size);
}
