/* SPDX-License-Identifier: MIT */
/* Extended attributes: names are told apart by their prefix, and each has its own rules. */
#include <fs/dentry.h>
#include <fs/file.h>
#include <fs/inode.h>
#include <fs/mount.h>
#include <fs/namei.h>
#include <fs/notify.h>
#include <fs/super.h>
#include <fs/xattr.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/filecaps.h>
#include <kern/syscalls.h>
#include <lib/string.h>
#include <linux/limits.h>
#include <mm/slab.h>
#include <mm/uaccess.h>
#include "internal.h"

/* The handler of a name; *name moves past its prefix. */
static const struct xattr_handler *find_handler(struct inode *inode, const char **name)
{
	const struct xattr_handler *const *h = inode->i_sb->s_xattr;

	for (; h && *h; h++) {
		size_t len;

		if ((*h)->name) {
			if (strcmp((*h)->name, *name))
				continue;
			*name += strlen(*name);
			return *h;
		}
		if (!strstarts(*name, (*h)->prefix))
			continue;
		len = strlen((*h)->prefix);
		if (!(*name)[len])
			return ERR_PTR(-EINVAL);
		*name += len;
		return *h;
	}
	return ERR_PTR(-EOPNOTSUPP);
}

/* Who may read or write an attribute of that name. */
static int xattr_permission(struct inode *inode, const char *name, int mask)
{
	if ((mask & MAY_WRITE) && (IS_IMMUTABLE(inode) || IS_APPEND(inode)))
		return -EPERM;
	if (strstarts(name, XATTR_SECURITY_PREFIX) || strstarts(name, XATTR_SYSTEM_PREFIX)) {
		if (!strcmp(name, XATTR_NAME_CAPS))
			return (mask & MAY_WRITE) && !capable_wrt_inode_uidgid(inode, CAP_SETFCAP) ?
				       -EPERM :
				       0;
		if ((mask & MAY_WRITE) && strstarts(name, XATTR_SECURITY_PREFIX) &&
		    !capable(CAP_SYS_ADMIN))
			return -EPERM;
		return 0;
	}
	if (strstarts(name, XATTR_TRUSTED_PREFIX)) {
		if (!capable(CAP_SYS_ADMIN))
			return mask & MAY_WRITE ? -EPERM : -ENODATA;
		return 0;
	}
	if (strstarts(name, XATTR_USER_PREFIX)) {
		if (!S_ISREG(inode->i_mode) && !S_ISDIR(inode->i_mode))
			return mask & MAY_WRITE ? -EPERM : -ENODATA;
		if (S_ISDIR(inode->i_mode) && (inode->i_mode & S_ISVTX) && (mask & MAY_WRITE) &&
		    !inode_owner_or_capable(inode))
			return -EPERM;
	}
	return inode_permission(inode, mask);
}

ssize_t vfs_getxattr(struct dentry *dentry, const char *name, void *value, size_t size)
{
	struct inode *inode = d_inode(dentry);
	struct vfs_ns_cap_data caps;
	int error = xattr_permission(inode, name, MAY_READ);
	ssize_t len;

	if (error)
		return error;
	if (strcmp(name, XATTR_NAME_CAPS))
		return vfs_getxattr_raw(dentry, name, value, size);
	/* It may name users: as the caller's name space shows them. */
	len = vfs_getxattr_raw(dentry, name, &caps, sizeof(caps));
	if (len < 0)
		return len == -ERANGE ? -EINVAL : len;
	len = cap_show_nscap(inode, &caps, len);
	if (len < 0 || !size)
		return len;
	if ((size_t)len > size)
		return -ERANGE;
	memcpy(value, &caps, len);
	return len;
}

ssize_t vfs_getxattr_raw(struct dentry *dentry, const char *name, void *value, size_t size)
{
	struct inode *inode = d_inode(dentry);
	const struct xattr_handler *handler;

	handler = find_handler(inode, &name);
	if (IS_ERR(handler))
		return PTR_ERR(handler);
	if (!handler->get)
		return -EOPNOTSUPP;
	return handler->get(handler, dentry, inode, name, value, size);
}

static int setxattr_locked(struct dentry *dentry, const char *name, const void *value, size_t size,
			   int flags)
{
	struct inode *inode = d_inode(dentry);
	const struct xattr_handler *handler;
	int error;

	inode_lock(inode);
	error = xattr_permission(inode, name, MAY_WRITE);
	if (!error) {
		handler = find_handler(inode, &name);
		if (IS_ERR(handler))
			error = PTR_ERR(handler);
		else if (!handler->set)
			error = -EOPNOTSUPP;
		else
			error = handler->set(handler, dentry, inode, name, value, size, flags);
		inode->i_flags &= ~S_NOSEC;
	}
	inode_unlock(inode);
	if (!error)
		notify_dentry(dentry, IN_ATTRIB);
	return error;
}

int vfs_setxattr(struct dentry *dentry, const char *name, const void *value, size_t size,
		 int flags)
{
	struct vfs_ns_cap_data caps;

	if (!strcmp(name, XATTR_NAME_CAPS)) {
		ssize_t len = cap_convert_nscap(d_inode(dentry), value, size, &caps);

		return len < 0 ? len : setxattr_locked(dentry, name, &caps, len, flags);
	}
	/* An empty value is a value, unlike none at all. */
	return setxattr_locked(dentry, name, size ? value : "", size, flags);
}

int vfs_removexattr(struct dentry *dentry, const char *name)
{
	return setxattr_locked(dentry, name, NULL, 0, XATTR_REPLACE);
}

int remove_file_caps(struct dentry *dentry)
{
	struct inode *inode = d_inode(dentry);
	const char *name = XATTR_NAME_CAPS;
	const struct xattr_handler *handler;
	int error = 0;

	if (likely(inode->i_flags & S_NOSEC) || S_ISDIR(inode->i_mode))
		return 0;
	if (vfs_getxattr_raw(dentry, name, NULL, 0) > 0) {
		handler = find_handler(inode, &name);
		error = handler->set ? handler->set(handler, dentry, inode, name, NULL, 0,
						    XATTR_REPLACE) : -EPERM;
	}
	/* Remembered until the next setxattr(): this stands before each write. */
	if (!error)
		inode->i_flags |= S_NOSEC;
	return error;
}

ssize_t vfs_listxattr(struct dentry *dentry, char *list, size_t size)
{
	struct inode *inode = d_inode(dentry);

	if (!inode->i_op->listxattr)
		return 0;
	return inode->i_op->listxattr(dentry, list, size);
}

/* ---- user memory ---- */

static int get_name(char *name, const char __user *uname)
{
	long len = strncpy_from_user(name, uname, XATTR_NAME_MAX + 1);

	if (len == 0 || len == XATTR_NAME_MAX + 1)
		return -ERANGE;
	return len < 0 ? len : 0;
}

static int do_setxattr(const struct path *path, const char __user *uname,
		       const void __user *uvalue, size_t size, int flags)
{
	char name[XATTR_NAME_MAX + 1];
	void *value = NULL;
	int error;

	if (flags & ~(XATTR_CREATE | XATTR_REPLACE))
		return -EINVAL;
	error = get_name(name, uname);
	if (error)
		return error;
	if (size > XATTR_SIZE_MAX)
		return -E2BIG;
	if (size) {
		value = vmemdup_user(uvalue, size);
		if (IS_ERR(value))
			return PTR_ERR(value);
		if (is_posix_acl_xattr(name))
			posix_acl_map_xattr(value, size, true);
	}
	error = mnt_want_write(path->mnt);
	if (!error) {
		error = vfs_setxattr(path->dentry, name, value, size, flags);
		mnt_drop_write(path->mnt);
	}
	kvfree(value);
	return error;
}

static ssize_t do_getxattr(const struct path *path, const char __user *uname, void __user *uvalue,
			   size_t size)
{
	char name[XATTR_NAME_MAX + 1];
	void *value = NULL;
	ssize_t result = get_name(name, uname);

	if (result)
		return result;
	if (size > XATTR_SIZE_MAX)
		size = XATTR_SIZE_MAX;
	if (size) {
		value = kvzalloc(size, GFP_KERNEL);
		if (!value)
			return -ENOMEM;
	}
	result = vfs_getxattr(path->dentry, name, value, size);
	if (result > 0 && size && is_posix_acl_xattr(name))
		posix_acl_map_xattr(value, result, false);
	if (result > 0 && size && copy_to_user(uvalue, value, result))
		result = -EFAULT;
	else if (result == -ERANGE && size >= XATTR_SIZE_MAX)
		result = -E2BIG;
	kvfree(value);
	return result;
}

static ssize_t do_listxattr(const struct path *path, char __user *ulist, size_t size)
{
	char *list = NULL;
	ssize_t result;

	if (size > XATTR_LIST_MAX)
		size = XATTR_LIST_MAX;
	if (size) {
		list = kvmalloc(size, GFP_KERNEL);
		if (!list)
			return -ENOMEM;
	}
	result = vfs_listxattr(path->dentry, list, size);
	if (result > 0 && size && copy_to_user(ulist, list, result))
		result = -EFAULT;
	else if (result == -ERANGE && size >= XATTR_LIST_MAX)
		result = -E2BIG;
	kvfree(list);
	return result;
}

static int do_removexattr(const struct path *path, const char __user *uname)
{
	char name[XATTR_NAME_MAX + 1];
	int error = get_name(name, uname);

	if (error)
		return error;
	error = mnt_want_write(path->mnt);
	if (!error) {
		error = vfs_removexattr(path->dentry, name);
		mnt_drop_write(path->mnt);
	}
	return error;
}

/* The three forms of each call: by name, by name without following a symlink, by descriptor. */
#define XATTR_BY_PATH(pathname, follow, call) ({				\
	struct path path;							\
	long __r = user_path_at(AT_FDCWD, pathname, follow, &path);		\
	if (!__r) {								\
		__r = call;							\
		path_put(&path);						\
	}									\
	__r; })

#define XATTR_BY_FD(fd, call) ({						\
	struct fd f = fdget(fd);						\
	long __r = -EBADF;							\
	if (f.file) {								\
		struct path path = f.file->f_path;				\
		__r = call;							\
		fdput(f);							\
	}									\
	__r; })

SYSCALL_DEFINE5(setxattr, const char __user *, pathname, const char __user *, name,
		const void __user *, value, size_t, size, int, flags)
{
	return XATTR_BY_PATH(pathname, LOOKUP_FOLLOW, do_setxattr(&path, name, value, size, flags));
}

SYSCALL_DEFINE5(lsetxattr, const char __user *, pathname, const char __user *, name,
		const void __user *, value, size_t, size, int, flags)
{
	return XATTR_BY_PATH(pathname, 0, do_setxattr(&path, name, value, size, flags));
}

SYSCALL_DEFINE5(fsetxattr, int, fd, const char __user *, name, const void __user *, value,
		size_t, size, int, flags)
{
	return XATTR_BY_FD(fd, do_setxattr(&path, name, value, size, flags));
}

SYSCALL_DEFINE4(getxattr, const char __user *, pathname, const char __user *, name,
		void __user *, value, size_t, size)
{
	return XATTR_BY_PATH(pathname, LOOKUP_FOLLOW, do_getxattr(&path, name, value, size));
}

SYSCALL_DEFINE4(lgetxattr, const char __user *, pathname, const char __user *, name,
		void __user *, value, size_t, size)
{
	return XATTR_BY_PATH(pathname, 0, do_getxattr(&path, name, value, size));
}

SYSCALL_DEFINE4(fgetxattr, int, fd, const char __user *, name, void __user *, value, size_t, size)
{
	return XATTR_BY_FD(fd, do_getxattr(&path, name, value, size));
}

SYSCALL_DEFINE3(listxattr, const char __user *, pathname, char __user *, list, size_t, size)
{
	return XATTR_BY_PATH(pathname, LOOKUP_FOLLOW, do_listxattr(&path, list, size));
}

SYSCALL_DEFINE3(llistxattr, const char __user *, pathname, char __user *, list, size_t, size)
{
	return XATTR_BY_PATH(pathname, 0, do_listxattr(&path, list, size));
}

SYSCALL_DEFINE3(flistxattr, int, fd, char __user *, list, size_t, size)
{
	return XATTR_BY_FD(fd, do_listxattr(&path, list, size));
}

SYSCALL_DEFINE2(removexattr, const char __user *, pathname, const char __user *, name)
{
	return XATTR_BY_PATH(pathname, LOOKUP_FOLLOW, do_removexattr(&path, name));
}

SYSCALL_DEFINE2(lremovexattr, const char __user *, pathname, const char __user *, name)
{
	return XATTR_BY_PATH(pathname, 0, do_removexattr(&path, name));
}

SYSCALL_DEFINE2(fremovexattr, int, fd, const char __user *, name)
{
	return XATTR_BY_FD(fd, do_removexattr(&path, name));
}
