/* SPDX-License-Identifier: MIT */
/* System calls that change or ask attributes: truncate, access, chmod, chown, utimes. */
#include <fs/dentry.h>
#include <fs/file.h>
#include <fs/filelock.h>
#include <fs/inode.h>
#include <fs/mount.h>
#include <fs/namei.h>
#include <fs/notify.h>
#include <fs/super.h>
#include <fs/xattr.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/resource.h>
#include <kern/syscalls.h>
#include <kern/timekeeping.h>
#include <linux/falloc.h>
#include <linux/time.h>
#include <linux/utime.h>
#include <mm/uaccess.h>
#include "internal.h"

/* ---- size ---- */

int do_truncate(struct dentry *dentry, loff_t length, unsigned int time_attrs, struct file *filp)
{
	struct inode *inode = d_inode(dentry);
	struct iattr attr = { .ia_size = length, .ia_valid = ATTR_SIZE | time_attrs };
	int error;

	if (length < 0)
		return -EINVAL;
	if (filp) {
		attr.ia_file = filp;
		attr.ia_valid |= ATTR_FILE;
	}
	inode_lock(inode);
	if ((inode->i_mode & (S_ISUID | S_ISGID)) && !capable_wrt_inode_uidgid(inode, CAP_FSETID)) {
		if (inode->i_mode & S_ISUID)
			attr.ia_valid |= ATTR_KILL_SUID;
		if ((inode->i_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP))
			attr.ia_valid |= ATTR_KILL_SGID;
	}
	error = remove_file_caps(dentry);
	if (!error)
		error = notify_change(dentry, &attr);
	inode_unlock(inode);
	return error;
}

static int truncate_path(const struct path *path, loff_t length)
{
	struct inode *inode = d_inode(path->dentry);
	int error;

	if (S_ISDIR(inode->i_mode))
		return -EISDIR;
	if (!S_ISREG(inode->i_mode))
		return -EINVAL;
	error = mnt_want_write(path->mnt);
	if (error)
		return error;
	error = inode_permission(inode, MAY_WRITE);
	if (!error && IS_APPEND(inode))
		error = -EPERM;
	if (!error)
		error = get_write_access(inode);
	if (!error) {
		if (READ_ONCE(inode->i_flctx))
			error = __break_lease(inode, O_WRONLY);
		if (!error)
			error = do_truncate(path->dentry, length, 0, NULL);
		put_write_access(inode);
	}
	mnt_drop_write(path->mnt);
	return error;
}

SYSCALL_DEFINE2(truncate, const char __user *, name, long, length)
{
	struct path path;
	int error;

	if (length < 0)
		return -EINVAL;
	error = user_path_at(AT_FDCWD, name, LOOKUP_FOLLOW, &path);
	if (!error) {
		error = truncate_path(&path, length);
		path_put(&path);
	}
	return error;
}

SYSCALL_DEFINE2(ftruncate, unsigned int, fd, unsigned long, length)
{
	struct fd f;
	int error = -EINVAL;

	if ((loff_t)length < 0)
		return error;
	f = fdget(fd);
	if (!f.file)
		return -EBADF;
	if (S_ISREG(file_inode(f.file)->i_mode) && (f.file->f_mode & FMODE_WRITE)) {
		error = -EPERM;
		if (!IS_APPEND(file_inode(f.file)))
			error = do_truncate(file_dentry(f.file), length, ATTR_MTIME | ATTR_CTIME,
					    f.file);
	}
	fdput(f);
	return error;
}

long vfs_fallocate(struct file *file, int mode, loff_t offset, loff_t len)
{
	struct inode *inode = file_inode(file);
	long error;

	if (offset < 0 || len <= 0)
		return -EINVAL;
	if (mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE | FALLOC_FL_COLLAPSE_RANGE |
		     FALLOC_FL_ZERO_RANGE | FALLOC_FL_INSERT_RANGE | FALLOC_FL_UNSHARE_RANGE))
		return -EOPNOTSUPP;
	if ((mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE)) ==
	    (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE))
		return -EOPNOTSUPP;
	if ((mode & FALLOC_FL_PUNCH_HOLE) && !(mode & FALLOC_FL_KEEP_SIZE))
		return -EOPNOTSUPP;
	if ((mode & FALLOC_FL_COLLAPSE_RANGE) && (mode & ~FALLOC_FL_COLLAPSE_RANGE))
		return -EOPNOTSUPP;
	if ((mode & FALLOC_FL_INSERT_RANGE) && (mode & ~FALLOC_FL_INSERT_RANGE))
		return -EOPNOTSUPP;
	if (!(file->f_mode & FMODE_WRITE))
		return -EBADF;
	if (IS_SWAPFILE(inode))
		return -ETXTBSY;
	if ((mode & ~FALLOC_FL_KEEP_SIZE) && IS_APPEND(inode))
		return -EPERM;
	if (S_ISFIFO(inode->i_mode))
		return -ESPIPE;
	if (S_ISDIR(inode->i_mode))
		return -EISDIR;
	if (!S_ISREG(inode->i_mode) && !S_ISBLK(inode->i_mode))
		return -ENODEV;
	if (len > inode->i_sb->s_maxbytes - offset)
		return -EFBIG;
	if (!file->f_op->fallocate)
		return -EOPNOTSUPP;
	error = file->f_op->fallocate(file, mode, offset, len);
	if (!error)
		notify_file(file, IN_MODIFY);
	return error;
}

SYSCALL_DEFINE4(fallocate, int, fd, int, mode, loff_t, offset, loff_t, len)
{
	struct fd f = fdget(fd);
	long error = -EBADF;

	if (f.file) {
		error = vfs_fallocate(f.file, mode, offset, len);
		fdput(f);
	}
	return error;
}

/* ---- access ---- */

/* Credentials for access(2): the real user, and root's rights only if that is root. */
static const struct cred *access_override(void)
{
	struct cred *cred = prepare_creds();
	const struct cred *old;

	if (!cred)
		return NULL;
	cred->fsuid = cred->uid;
	cred->fsgid = cred->gid;
	if (!(cred->securebits & SECBIT_NO_SETUID_FIXUP)) {
		if (!uid_eq(cred->uid, GLOBAL_ROOT_UID))
			cred->cap_effective = CAP_EMPTY_SET;
		else
			cred->cap_effective = cred->cap_permitted;
	}
	old = override_creds(cred);
	put_cred(cred);
	return old;
}

static bool access_needs_override(int flags)
{
	const struct cred *cred = current_cred();

	if (flags & AT_EACCESS)
		return false;
	if (!uid_eq(cred->fsuid, cred->uid) || !gid_eq(cred->fsgid, cred->gid))
		return true;
	if (cred->securebits & SECBIT_NO_SETUID_FIXUP)
		return false;
	if (!uid_eq(cred->uid, GLOBAL_ROOT_UID))
		return cred->cap_effective.val;
	return cred->cap_effective.val != cred->cap_permitted.val;
}

static int access_path(const struct path *path, int mode)
{
	struct inode *inode = d_inode(path->dentry);
	int error;

	if ((mode & MAY_EXEC) && S_ISREG(inode->i_mode) && path_noexec(path))
		return -EACCES;
	error = inode_permission(inode, mode | MAY_ACCESS);
	/* Devices and pipes on a read-only mount can be written all the same. */
	if (error || !(mode & MAY_WRITE) || (!S_ISREG(inode->i_mode) && !S_ISDIR(inode->i_mode) &&
					     !S_ISLNK(inode->i_mode)))
		return error;
	return __mnt_is_readonly(path->mnt) ? -EROFS : 0;
}

static long do_faccessat(int dfd, const char __user *name, int mode, int flags)
{
	const struct cred *old = NULL;
	unsigned int how = LOOKUP_FOLLOW;
	struct path path;
	int error;

	if (mode & ~S_IRWXO)
		return -EINVAL;
	if (flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (flags & AT_SYMLINK_NOFOLLOW)
		how &= ~LOOKUP_FOLLOW;
	if (flags & AT_EMPTY_PATH)
		how |= LOOKUP_EMPTY;
	if (access_needs_override(flags)) {
		old = access_override();
		if (!old)
			return -ENOMEM;
	}
	error = user_path_at(dfd, name, how, &path);
	if (!error) {
		error = access_path(&path, mode);
		path_put(&path);
	}
	if (old)
		revert_creds(old);
	return error;
}

SYSCALL_DEFINE2(access, const char __user *, name, int, mode)
{
	return do_faccessat(AT_FDCWD, name, mode, 0);
}

SYSCALL_DEFINE3(faccessat, int, dfd, const char __user *, name, int, mode)
{
	return do_faccessat(dfd, name, mode, 0);
}

SYSCALL_DEFINE4(faccessat2, int, dfd, const char __user *, name, int, mode, int, flags)
{
	return do_faccessat(dfd, name, mode, flags);
}

/* ---- mode and owner ---- */

static int change_attr(const struct path *path, struct iattr *attr)
{
	struct inode *inode = d_inode(path->dentry);
	bool new_owner = attr->ia_valid & ATTR_KILL_SUID;
	int error = mnt_want_write(path->mnt);

	if (error)
		return error;
	inode_lock(inode);
	error = notify_change(path->dentry, attr);
	if (!error && new_owner)
		error = remove_file_caps(path->dentry);
	inode_unlock(inode);
	mnt_drop_write(path->mnt);
	return error;
}

int chmod_common(const struct path *path, umode_t mode)
{
	struct inode *inode = d_inode(path->dentry);
	struct iattr attr = {
		.ia_mode = (mode & S_IALLUGO) | (inode->i_mode & ~S_IALLUGO),
		.ia_valid = ATTR_MODE | ATTR_CTIME,
	};

	return change_attr(path, &attr);
}

static int do_fchmodat(int dfd, const char __user *name, umode_t mode, unsigned int flags)
{
	unsigned int how = flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW;
	struct path path;
	int error;

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (flags & AT_EMPTY_PATH)
		how |= LOOKUP_EMPTY;
	error = user_path_at(dfd, name, how, &path);
	if (!error) {
		error = chmod_common(&path, mode);
		path_put(&path);
	}
	return error;
}

SYSCALL_DEFINE2(chmod, const char __user *, name, umode_t, mode)
{
	return do_fchmodat(AT_FDCWD, name, mode, 0);
}

SYSCALL_DEFINE3(fchmodat, int, dfd, const char __user *, name, umode_t, mode)
{
	return do_fchmodat(dfd, name, mode, 0);
}

SYSCALL_DEFINE4(fchmodat2, int, dfd, const char __user *, name, umode_t, mode,
		unsigned int, flags)
{
	return do_fchmodat(dfd, name, mode, flags);
}

SYSCALL_DEFINE2(fchmod, unsigned int, fd, umode_t, mode)
{
	struct fd f = fdget(fd);
	int error = -EBADF;

	if (f.file) {
		error = chmod_common(&f.file->f_path, mode);
		fdput(f);
	}
	return error;
}

int chown_common(const struct path *path, uid_t user, gid_t group)
{
	struct inode *inode = d_inode(path->dentry);
	struct iattr attr = { .ia_valid = ATTR_CTIME };

	if (user != (uid_t)-1) {
		attr.ia_valid |= ATTR_UID;
		attr.ia_uid = make_kuid(current_user_ns(), user);
		if (!uid_valid(attr.ia_uid))
			return -EINVAL;
	}
	if (group != (gid_t)-1) {
		attr.ia_valid |= ATTR_GID;
		attr.ia_gid = make_kgid(current_user_ns(), group);
		if (!gid_valid(attr.ia_gid))
			return -EINVAL;
	}
	if (!S_ISDIR(inode->i_mode)) {
		attr.ia_valid |= ATTR_KILL_SUID | ATTR_KILL_SGID;
	}
	return change_attr(path, &attr);
}

static int do_fchownat(int dfd, const char __user *name, uid_t user, gid_t group, int flags)
{
	unsigned int how = flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW;
	struct path path;
	int error;

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (flags & AT_EMPTY_PATH)
		how |= LOOKUP_EMPTY;
	error = user_path_at(dfd, name, how, &path);
	if (!error) {
		error = chown_common(&path, user, group);
		path_put(&path);
	}
	return error;
}

SYSCALL_DEFINE5(fchownat, int, dfd, const char __user *, name, uid_t, user, gid_t, group,
		int, flags)
{
	return do_fchownat(dfd, name, user, group, flags);
}

SYSCALL_DEFINE3(chown, const char __user *, name, uid_t, user, gid_t, group)
{
	return do_fchownat(AT_FDCWD, name, user, group, 0);
}

SYSCALL_DEFINE3(lchown, const char __user *, name, uid_t, user, gid_t, group)
{
	return do_fchownat(AT_FDCWD, name, user, group, AT_SYMLINK_NOFOLLOW);
}

SYSCALL_DEFINE3(fchown, unsigned int, fd, uid_t, user, gid_t, group)
{
	struct fd f = fdget(fd);
	int error = -EBADF;

	if (f.file) {
		error = chown_common(&f.file->f_path, user, group);
		fdput(f);
	}
	return error;
}
