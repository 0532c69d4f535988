/* SPDX-License-Identifier: MIT */
/* Attributes of inodes: who may change them, and the change itself; time stamps. */
#include <fs/dentry.h>
#include <fs/file.h>
#include <fs/inode.h>
#include <fs/libfs.h>
#include <fs/mount.h>
#include <fs/notify.h>
#include <fs/super.h>
#include <fs/xattr.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/resource.h>
#include <kern/signal.h>
#include <kern/timekeeping.h>
#include "internal.h"

/* ---- time stamps ---- */

struct timespec64 current_time(struct inode *inode)
{
	struct timespec64 now;

	ktime_get_coarse_real_ts64(&now);
	return now;
}

struct timespec64 inode_set_ctime_current(struct inode *inode)
{
	struct timespec64 now = current_time(inode);

	inode->i_ctime = now;
	return now;
}

/*
 * Times of an inode may change while these look. Halves of two times pass for one near to both, and
 * then the answer is as good.
 */
static bool ts_is(const struct timespec64 *shared, const struct timespec64 *now)
{
	return READ_ONCE(shared->tv_nsec) == now->tv_nsec && READ_ONCE(shared->tv_sec) == now->tv_sec;
}

static bool ts_before_eq(const struct timespec64 *a, const struct timespec64 *b)
{
	time64_t sec = READ_ONCE(a->tv_sec), other = READ_ONCE(b->tv_sec);

	return sec < other || (sec == other && READ_ONCE(a->tv_nsec) <= READ_ONCE(b->tv_nsec));
}

/* relatime: older than the last change, or a day old. */
static bool relatime_need_update(const struct vfsmount *mnt, const struct inode *inode,
				 const struct timespec64 *now)
{
	if (!(mnt->mnt_flags & MNT_RELATIME))
		return true;
	if (ts_before_eq(&inode->i_atime, &inode->i_mtime) ||
	    ts_before_eq(&inode->i_atime, &inode->i_ctime))
		return true;
	return now->tv_sec - READ_ONCE(inode->i_atime.tv_sec) >= 24 * 60 * 60;
}

void touch_atime(const struct path *path)
{
	struct vfsmount *mnt = path->mnt;
	struct inode *inode = d_inode(path->dentry);
	struct timespec64 now;

	if ((inode->i_flags & S_NOATIME) || sb_rdonly(inode->i_sb) ||
	    (mnt->mnt_flags & (MNT_NOATIME | MNT_READONLY)) ||
	    ((mnt->mnt_flags & MNT_NODIRATIME) && S_ISDIR(inode->i_mode)))
		return;
	now = current_time(inode);
	if (!relatime_need_update(mnt, inode, &now) || ts_is(&inode->i_atime, &now))
		return;
	spin_lock(&inode->i_lock);
	inode->i_atime = now;
	spin_unlock(&inode->i_lock);
}

void file_accessed(struct file *file)
{
	if (!(file->f_flags & O_NOATIME))
		touch_atime(&file->f_path);
}

int file_update_time(struct file *file)
{
	struct inode *inode = file_inode(file);
	struct timespec64 now;

	if (inode->i_flags & S_NOCMTIME)
		return 0;
	now = current_time(inode);
	if (ts_is(&inode->i_mtime, &now) && ts_is(&inode->i_ctime, &now))
		return 0;
	spin_lock(&inode->i_lock);
	inode->i_mtime = now;
	inode->i_ctime = now;
	inode->i_version++;
	spin_unlock(&inode->i_lock);
	return 0;
}

/* ---- setuid and setgid ---- */

/* Which of them a write takes away. */
static unsigned int should_remove_suid(const struct inode *inode)
{
	unsigned int kill = 0;

	if (!S_ISREG(inode->i_mode))
		return 0;
	if (inode->i_mode & S_ISUID)
		kill |= ATTR_KILL_SUID;
	if ((inode->i_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP))
		kill |= ATTR_KILL_SGID;
	if (kill && capable_wrt_inode_uidgid(inode, CAP_FSETID))
		return 0;
	return kill;
}

int file_remove_privs(struct file *file)
{
	struct inode *inode = file_inode(file);
	struct iattr attr = { 0 };
	unsigned int kill;
	int error = remove_file_caps(file_dentry(file));

	if (error)
		return error;
	if (likely(!(inode->i_mode & (S_ISUID | S_ISGID))))
		return 0;
	kill = should_remove_suid(inode);
	if (!kill)
		return 0;
	attr.ia_valid = ATTR_FORCE | kill;
	return notify_change(file_dentry(file), &attr);
}

/* ---- the checks ---- */

bool inode_owner_or_capable(const struct inode *inode)
{
	return uid_eq(current_fsuid(), inode->i_uid) || capable_wrt_inode_uidgid(inode, CAP_FOWNER);
}

static bool chown_ok(const struct inode *inode, kuid_t uid)
{
	if (uid_eq(current_fsuid(), inode->i_uid) && uid_eq(uid, inode->i_uid))
		return true;
	return capable_wrt_inode_uidgid(inode, CAP_CHOWN);
}

static bool chgrp_ok(const struct inode *inode, kgid_t gid)
{
	if (uid_eq(current_fsuid(), inode->i_uid) &&
	    (in_group_p(gid) || gid_eq(gid, inode->i_gid)))
		return true;
	return capable_wrt_inode_uidgid(inode, CAP_CHOWN);
}

int inode_newsize_ok(const struct inode *inode, loff_t size)
{
	if (size < 0)
		return -EINVAL;
	if (size < inode->i_size && IS_SWAPFILE(inode))
		return -ETXTBSY;
	if (size <= inode->i_size)
		return 0;
	if ((unsigned long)size > rlimit(RLIMIT_FSIZE)) {
		send_sig(SIGXFSZ, current, 0);
		return -EFBIG;
	}
	return size > inode->i_sb->s_maxbytes ? -EFBIG : 0;
}

int setattr_prepare(struct dentry *dentry, struct iattr *attr)
{
	struct inode *inode = d_inode(dentry);
	unsigned int valid = attr->ia_valid;

	if (valid & ATTR_SIZE) {
		int error = inode_newsize_ok(inode, attr->ia_size);

		if (error)
			return error;
	}
	if (valid & ATTR_FORCE)
		return 0;
	if ((valid & ATTR_UID) && !chown_ok(inode, attr->ia_uid))
		return -EPERM;
	if ((valid & ATTR_GID) && !chgrp_ok(inode, attr->ia_gid))
		return -EPERM;
	if (valid & ATTR_MODE) {
		kgid_t gid = valid & ATTR_GID ? attr->ia_gid : inode->i_gid;

		if (!inode_owner_or_capable(inode))
			return -EPERM;
		if (!in_group_p(gid) && !capable_wrt_inode_uidgid(inode, CAP_FSETID))
			attr->ia_mode &= ~S_ISGID;
	}
	if ((valid & (ATTR_MTIME_SET | ATTR_ATIME_SET | ATTR_TIMES_SET)) && !inode_owner_or_capable(inode))
		return -EPERM;
	return 0;
}

void setattr_copy(struct inode *inode, const struct iattr *attr)
{
	unsigned int valid = attr->ia_valid;

	spin_lock(&inode->i_lock);
	if (valid & ATTR_UID)
		inode->i_uid = attr->ia_uid;
	if (valid & ATTR_GID)
		inode->i_gid = attr->ia_gid;
	if (valid & ATTR_ATIME)
		inode->i_atime = attr->ia_atime;
	if (valid & ATTR_MTIME)
		inode->i_mtime = attr->ia_mtime;
	if (valid & ATTR_CTIME)
		inode->i_ctime = attr->ia_ctime;
	if (valid & ATTR_MODE) {
		umode_t mode = attr->ia_mode;

		if (!in_group_p(inode->i_gid) && !capable_wrt_inode_uidgid(inode, CAP_FSETID))
			mode &= ~S_ISGID;
		inode->i_mode = mode;
	}
	spin_unlock(&inode->i_lock);
}

/* ATTR_KILL_*: turns them into a new mode. */
static void apply_kills(const struct inode *inode, struct iattr *attr)
{
	umode_t mode = inode->i_mode;

	if (!(attr->ia_valid & (ATTR_KILL_SUID | ATTR_KILL_SGID)))
		return;
	if (attr->ia_valid & ATTR_MODE)
		return;
	if ((attr->ia_valid & ATTR_KILL_SUID) && (mode & S_ISUID))
		mode &= ~S_ISUID;
	if ((attr->ia_valid & ATTR_KILL_SGID) && (mode & S_ISGID) &&
	    ((mode & S_IXGRP) || (!in_group_p(inode->i_gid) && !capable_wrt_inode_uidgid(inode, CAP_FSETID))))
		mode &= ~S_ISGID;
	attr->ia_valid &= ~(ATTR_KILL_SUID | ATTR_KILL_SGID);
	if (mode != inode->i_mode) {
		attr->ia_valid |= ATTR_MODE;
		attr->ia_mode = mode;
	}
}

/* What watchers are told of a change. */
static u32 change_event(unsigned int valid)
{
	u32 event = 0;

	if (valid & (ATTR_UID | ATTR_GID | ATTR_MODE))
		event |= IN_ATTRIB;
	if (valid & ATTR_SIZE)
		event |= IN_MODIFY;
	if ((valid & (ATTR_ATIME | ATTR_MTIME)) == (ATTR_ATIME | ATTR_MTIME))
		event |= IN_ATTRIB;
	else if (valid & ATTR_ATIME)
		event |= IN_ACCESS;
	else if ((valid & ATTR_MTIME) && !(valid & ATTR_SIZE))
		event |= IN_MODIFY;
	return event;
}

/* Changes attributes: the one way for chmod, chown, utimes and truncate. => inode locked */
int notify_change(struct dentry *dentry, struct iattr *attr)
{
	struct inode *inode = d_inode(dentry);
	unsigned int valid = attr->ia_valid;
	struct timespec64 now;
	int error;

	if ((valid & (ATTR_MODE | ATTR_UID | ATTR_GID | ATTR_TIMES_SET)) &&
	    (IS_IMMUTABLE(inode) || IS_APPEND(inode)))
		return -EPERM;
	if ((valid & ATTR_TOUCH)) {
		if (IS_IMMUTABLE(inode))
			return -EPERM;
		if (!inode_owner_or_capable(inode)) {
			error = inode_permission(inode, MAY_WRITE);
			if (error)
				return error;
		}
	}
	if ((valid & ATTR_MODE) && S_ISLNK(inode->i_mode))
		return -EOPNOTSUPP;
	now = current_time(inode);
	attr->ia_ctime = now;
	attr->ia_valid |= ATTR_CTIME;
	if (!(valid & ATTR_ATIME_SET))
		attr->ia_atime = now;
	if (!(valid & ATTR_MTIME_SET))
		attr->ia_mtime = now;
	apply_kills(inode, attr);
	if (!(attr->ia_valid & ~(ATTR_FORCE | ATTR_CTIME | ATTR_TIMES_SET | ATTR_TOUCH)))
		return 0;
	if (inode->i_op->setattr)
		error = inode->i_op->setattr(dentry, attr);
	else
		error = simple_setattr(dentry, attr);
	if (!error)
		notify_dentry(dentry, change_event(attr->ia_valid));
	return error;
}

void inode_init_owner(struct inode *inode, const struct inode *dir, umode_t mode)
{
	inode->i_uid = current_fsuid();
	if (dir && (dir->i_mode & S_ISGID)) {
		inode->i_gid = dir->i_gid;
		if (S_ISDIR(mode))
			mode |= S_ISGID;
		else if ((mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) &&
			 !in_group_p(inode->i_gid) && !capable_wrt_inode_uidgid(inode, CAP_FSETID))
			mode &= ~S_ISGID;
	} else {
		inode->i_gid = current_fsgid();
	}
	inode->i_mode = mode;
}
