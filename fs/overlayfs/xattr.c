/* SPDX-License-Identifier: MIT */
/*
 * Extended attributes: the layer's, without those that the overlay keeps there for itself. A name
 * of the overlay's own family, set from above (an overlay on this overlay), is stored one level
 * deeper: trusted.overlay.x as trusted.overlay.overlay.x.
 */
#include <fs/dentry.h>
#include <fs/xattr.h>
#include <kern/err.h>
#include <lib/string.h>
#include <linux/limits.h>
#include <mm/slab.h>

#include "internal.h"

#define ESCAPE "overlay."

static size_t own_prefix_len(const struct ovl_fs *ofs)
{
	return ofs->userxattr ? strlen("user.overlay.") : strlen("trusted.overlay.");
}

/* The name under which the layer has it; `buf` has room for one. NULL: too long */
static const char *layer_name(const struct ovl_fs *ofs, const char *name, char *buf)
{
	size_t len = own_prefix_len(ofs);

	if (!ovl_is_private_xattr(ofs, name))
		return name;
	if (strlen(name) + strlen(ESCAPE) > XATTR_NAME_MAX)
		return NULL;
	memcpy(buf, name, len);
	strcpy(buf + len, ESCAPE);
	strcat(buf, name + len);
	return buf;
}

static int ovl_xattr_get(const struct xattr_handler *handler, struct dentry *dentry,
			 struct inode *inode, const char *name, void *buffer, size_t size)
{
	char buf[XATTR_NAME_MAX + 1];
	const struct cred *old;
	struct path real;
	ssize_t result;

	name = layer_name(OVL_FS(inode->i_sb), name, buf);
	if (!name)
		return -EOPNOTSUPP;
	ovl_path_real(inode, &real);
	old = ovl_override_creds(inode->i_sb);
	result = vfs_getxattr(real.dentry, name, buffer, size);
	revert_creds(old);
	return result;
}

/* What is not there need not be copied up to be removed. */
static int check_there(struct inode *inode, const char *name)
{
	const struct cred *old = ovl_override_creds(inode->i_sb);
	struct path real;
	ssize_t result;

	ovl_path_real(inode, &real);
	result = vfs_getxattr(real.dentry, name, NULL, 0);
	revert_creds(old);
	return result < 0 ? result : 0;
}

static int set_upper(struct inode *inode, const char *name, const void *value, size_t size,
		     int flags)
{
	const struct cred *old = ovl_override_creds(inode->i_sb);
	struct dentry *upper = ovl_inode_upper(inode);
	int error;

	if (value)
		error = vfs_setxattr(upper, name, value, size, flags);
	else
		error = vfs_removexattr(upper, name);
	revert_creds(old);
	if (!error)
		ovl_copyattr(inode);
	return error;
}

static int ovl_xattr_set(const struct xattr_handler *handler, struct dentry *dentry,
			 struct inode *inode, const char *name, const void *value, size_t size,
			 int flags)
{
	struct vfsmount *mnt = ovl_upper_mnt(OVL_FS(inode->i_sb));
	char buf[XATTR_NAME_MAX + 1];
	int error;

	name = layer_name(OVL_FS(inode->i_sb), name, buf);
	if (!name)
		return -EOPNOTSUPP;
	error = mnt_want_write(mnt);
	if (error)
		return error;
	if (!value && !ovl_inode_upper(inode))
		error = check_there(inode, name);
	if (!error)
		error = ovl_copy_up(dentry);
	if (!error)
		error = set_upper(inode, name, value, size, flags);
	mnt_drop_write(mnt);
	return error;
}

static const struct xattr_handler ovl_xattr_handler = {
	.prefix = "", .get = ovl_xattr_get, .set = ovl_xattr_set,
};

const struct xattr_handler *const ovl_xattr_handlers[] = { &ovl_xattr_handler, NULL };

/* Takes out of a list what is not to be seen; the length that is left. */
static ssize_t filter(const struct ovl_fs *ofs, char *list, ssize_t len)
{
	bool trusted = capable(CAP_SYS_ADMIN);
	char *from = list, *to = list;

	while (from < list + len) {
		size_t n = strlen(from) + 1;
		char *next = from + n;

		if (ovl_is_private_xattr(ofs, from)) {
			size_t own = own_prefix_len(ofs);

			if (!strstarts(from + own, ESCAPE)) {
				from = next;
				continue;
			}
			memmove(from + own, from + own + strlen(ESCAPE),
				n - own - strlen(ESCAPE));
			n -= strlen(ESCAPE);
		}
		if (trusted || !strstarts(from, XATTR_TRUSTED_PREFIX)) {
			memmove(to, from, n);
			to += n;
		}
		from = next;
	}
	return to - list;
}

/* The layer's whole list is read even when only its length is asked for. */
ssize_t ovl_listxattr(struct dentry *dentry, char *list, size_t size)
{
	struct inode *inode = d_inode(dentry);
	const struct cred *old;
	struct path real;
	char *all = NULL;
	ssize_t len;

	ovl_path_real(inode, &real);
	old = ovl_override_creds(inode->i_sb);
	len = vfs_listxattr(real.dentry, NULL, 0);
	if (len > 0) {
		all = kvmalloc(len, GFP_KERNEL);
		len = all ? vfs_listxattr(real.dentry, all, len) : -ENOMEM;
	}
	revert_creds(old);
	if (len > 0) {
		len = filter(OVL_FS(inode->i_sb), all, len);
		if (size && len > (ssize_t)size)
			len = -ERANGE;
		else if (size)
			memcpy(list, all, len);
	}
	kvfree(all);
	return len;
}
