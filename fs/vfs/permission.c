/* SPDX-License-Identifier: MIT */
/* Who may do what with an inode or a name. */
#include <fs/dentry.h>
#include <fs/inode.h>
#include <fs/posix_acl.h>
#include <fs/super.h>
#include <fs/sysctl.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/init.h>
#include "internal.h"
#include "walk.h"

/* The mode bits of the class that the caller is in. */
static int mode_permission(struct inode *inode, int mask)
{
	unsigned int mode = inode->i_mode;

	mask &= MAY_READ | MAY_WRITE | MAY_EXEC;
	if (uid_eq(current_fsuid(), inode->i_uid))
		return mask & ~(mode >> 6) & 7 ? -EACCES : 0;
	if (unlikely(READ_ONCE(inode->i_acl))) {
		struct posix_acl *acl = get_inode_acl(inode, false);

		if (acl) {
			int error = posix_acl_permission(inode, acl, mask);

			posix_acl_put(acl);
			return error;
		}
	}
	if ((mask & (mode ^ (mode >> 3))) && in_group_p(inode->i_gid))
		mode >>= 3;
	return mask & ~mode & 7 ? -EACCES : 0;
}

int generic_permission(struct inode *inode, int mask)
{
	int error = mode_permission(inode, mask);

	if (likely(!error))
		return 0;
	mask &= MAY_READ | MAY_WRITE | MAY_EXEC;
	if (S_ISDIR(inode->i_mode)) {
		if (!(mask & MAY_WRITE) && capable_wrt_inode_uidgid(inode, CAP_DAC_READ_SEARCH))
			return 0;
		return capable_wrt_inode_uidgid(inode, CAP_DAC_OVERRIDE) ? 0 : -EACCES;
	}
	if (mask == MAY_READ && capable_wrt_inode_uidgid(inode, CAP_DAC_READ_SEARCH))
		return 0;
	/* Execution needs one x bit at least. */
	if ((!(mask & MAY_EXEC) || (inode->i_mode & S_IXUGO)) && capable_wrt_inode_uidgid(inode, CAP_DAC_OVERRIDE))
		return 0;
	return -EACCES;
}

int inode_permission(struct inode *inode, int mask)
{
	if (unlikely(mask & MAY_WRITE)) {
		if (sb_rdonly(inode->i_sb) && (S_ISREG(inode->i_mode) || S_ISDIR(inode->i_mode) ||
					       S_ISLNK(inode->i_mode)))
			return -EROFS;
		if (IS_IMMUTABLE(inode))
			return -EPERM;
	}
	if (unlikely(inode->i_op->permission))
		return inode->i_op->permission(inode, mask);
	return generic_permission(inode, mask);
}

/* In a sticky folder only the owner of file or folder may take a name away. */
static bool check_sticky(const struct inode *dir, const struct inode *inode)
{
	if (!(dir->i_mode & S_ISVTX))
		return false;
	if (uid_eq(inode->i_uid, current_fsuid()) || uid_eq(dir->i_uid, current_fsuid()))
		return false;
	return !capable_wrt_inode_uidgid(inode, CAP_FOWNER);
}

int may_delete(struct inode *dir, struct dentry *victim, bool isdir)
{
	struct inode *inode = d_inode(victim);
	int error;

	if (!inode)
		return -ENOENT;
	error = inode_permission(dir, MAY_WRITE | MAY_EXEC);
	if (error)
		return error;
	if (IS_APPEND(dir))
		return -EPERM;
	if (check_sticky(dir, inode) || IS_APPEND(inode) || IS_IMMUTABLE(inode) ||
	    IS_SWAPFILE(inode))
		return -EPERM;
	if (isdir) {
		if (!S_ISDIR(inode->i_mode))
			return -ENOTDIR;
		if (IS_ROOT(victim))
			return -EBUSY;
	} else if (S_ISDIR(inode->i_mode)) {
		return -EISDIR;
	}
	return IS_DEADDIR(dir) ? -ENOENT : 0;
}

/*
 * fs.protected_*: what a sticky folder that all may write, /tmp, does to names that others put
 * there as traps. 0 by default, as in the kernel; distributions set them.
 */
static int protected_symlinks, protected_hardlinks, protected_fifos, protected_regular;

static bool shared_folder(const struct inode *dir)
{
	return (dir->i_mode & (S_ISVTX | S_IWOTH)) == (S_ISVTX | S_IWOTH);
}

int may_follow_link(const struct inode *dir, const struct inode *link)
{
	if (!READ_ONCE(protected_symlinks) || uid_eq(current_fsuid(), link->i_uid) ||
	    !shared_folder(dir) || uid_eq(dir->i_uid, link->i_uid))
		return 0;
	return -EACCES;
}

/* A file that a link would not make more dangerous than it is. */
static bool safe_to_link(struct inode *inode)
{
	umode_t mode = inode->i_mode;

	if (!S_ISREG(mode) || (mode & S_ISUID) ||
	    (mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP))
		return false;
	return !inode_permission(inode, MAY_READ | MAY_WRITE);
}

int may_linkat(struct inode *inode)
{
	if (!READ_ONCE(protected_hardlinks) || safe_to_link(inode) ||
	    inode_owner_or_capable(inode))
		return 0;
	return -EPERM;
}

int may_create_in_sticky(const struct inode *dir, const struct inode *inode)
{
	int level = S_ISFIFO(inode->i_mode) ? READ_ONCE(protected_fifos) :
		    S_ISREG(inode->i_mode)  ? READ_ONCE(protected_regular) :
					      0;

	if (!level || !(dir->i_mode & S_ISVTX) || uid_eq(inode->i_uid, dir->i_uid) ||
	    uid_eq(current_fsuid(), inode->i_uid))
		return 0;
	return (dir->i_mode & S_IWOTH) || ((dir->i_mode & S_IWGRP) && level >= 2) ? -EACCES : 0;
}

static const int zero, one = 1, two = 2;

#define LEVEL(name, var, max) { .procname = name, .data = &(var), .maxlen = sizeof(int),            \
				.mode = 0600, .proc_handler = proc_dointvec_minmax,                 \
				.extra1 = &zero, .extra2 = max }

static const struct ctl_table protected_table[] = {
	LEVEL("protected_symlinks", protected_symlinks, &one),
	LEVEL("protected_hardlinks", protected_hardlinks, &one),
	LEVEL("protected_fifos", protected_fifos, &two),
	LEVEL("protected_regular", protected_regular, &two),
	{}
};

static int __init protected_init(void)
{
	return register_sysctl("fs", protected_table);
}
fs_initcall(protected_init);

int may_create(struct inode *dir, struct dentry *child)
{
	if (d_is_positive(child))
		return -EEXIST;
	if (IS_DEADDIR(dir))
		return -ENOENT;
	return inode_permission(dir, MAY_WRITE | MAY_EXEC);
}
