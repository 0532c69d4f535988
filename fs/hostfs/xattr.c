// SPDX-License-Identifier: MIT
/* Extended attributes: the host's, by the same names. */
#include "internal.h"
#include <fs/xattr.h>
#include <kern/errno.h>
#include <kern/kernel.h>
#include <lib/sprintf.h>
#include <linux/limits.h>

/* A file without a name is asked through its descriptor. */
static int place_of(struct dentry *dentry, struct hostfs_place *place)
{
	struct inode *inode = d_inode(dentry);

	if (!HOSTFS_I(inode)->pinned || IS_ROOT(dentry))
		return hostfs_place_get(dentry, place);
	*place = (struct hostfs_place){ .name = "", .held = inode };
	place->fd = hostfs_get(inode);
	return place->fd < 0 ? place->fd : 0;
}

static int full_name(char *full, const struct xattr_handler *handler, const char *name)
{
	int n = snprintf(full, XATTR_NAME_MAX + 1, "%s%s", handler->prefix, name);

	return n > XATTR_NAME_MAX ? -ERANGE : 0;
}

static int hostfs_xattr_get(const struct xattr_handler *handler, struct dentry *dentry,
			    struct inode *inode, const char *name, void *buffer, size_t size)
{
	char full[XATTR_NAME_MAX + 1];
	struct hostfs_place place;
	int n = full_name(full, handler, name);

	if (!n)
		n = place_of(dentry, &place);
	if (n)
		return n;
	n = host_fs_getxattr(place.fd, place.name, full, buffer, size);
	hostfs_place_put(&place);
	return n;
}

static int hostfs_xattr_set(const struct xattr_handler *handler, struct dentry *dentry,
			    struct inode *inode, const char *name, const void *value, size_t size,
			    int flags)
{
	char full[XATTR_NAME_MAX + 1];
	struct hostfs_place place;
	int error = full_name(full, handler, name);

	if (!error)
		error = place_of(dentry, &place);
	if (error)
		return error;
	error = host_fs_setxattr(place.fd, place.name, full, value, size, flags);
	hostfs_place_put(&place);
	hostfs_changed(inode, dentry);
	return error;
}

ssize_t hostfs_listxattr(struct dentry *dentry, char *list, size_t size)
{
	struct hostfs_place place;
	ssize_t n = place_of(dentry, &place);

	if (n)
		return n;
	n = host_fs_listxattr(place.fd, place.name, list, size);
	hostfs_place_put(&place);
	return n == -EOPNOTSUPP ? 0 : n;
}

#define HANDLER(x) \
	static const struct xattr_handler x##_handler = { \
		.prefix = #x ".", .get = hostfs_xattr_get, .set = hostfs_xattr_set, \
	}
HANDLER(user);
HANDLER(trusted);
HANDLER(security);

const struct xattr_handler *const hostfs_xattr_handlers[] = {
	&user_handler, &trusted_handler, &security_handler, NULL,
};
