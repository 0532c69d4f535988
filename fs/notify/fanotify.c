// SPDX-License-Identifier: MIT
/* fanotify_init(2), fanotify_mark(2), and what they check. */
#include <fs/dentry.h>
#include <fs/fdtable.h>
#include <fs/file.h>
#include <fs/mount.h>
#include <fs/namei.h>
#include <fs/statfs.h>
#include <fs/super.h>
#include <fs/sysctl.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/init.h>
#include <kern/sched.h>
#include <kern/syscalls.h>
#include <kern/user_namespace.h>
#include <mm/slab.h>
#include <mm/uaccess.h>
#include <mm/vmstat.h>

#include "fanotify.h"

#define INIT_FLAGS (FAN_CLOEXEC | FAN_NONBLOCK | FAN_ALL_CLASS_BITS | FAN_UNLIMITED_QUEUE | \
		    FAN_UNLIMITED_MARKS | FAN_ENABLE_AUDIT | FAN_REPORT_PIDFD | FAN_REPORT_TID | \
		    FAN_FID_BITS)
#define UNPRIV_FLAGS (FAN_CLOEXEC | FAN_NONBLOCK | FAN_FID_BITS)
#define EVENT_F_FLAGS (O_ACCMODE | O_APPEND | O_NONBLOCK | O_SYNC | O_DSYNC | O_CLOEXEC | \
		       O_LARGEFILE | O_NOATIME)
#define MARK_TYPES (FAN_MARK_MOUNT | FAN_MARK_FILESYSTEM)
#define MARK_COMMANDS (FAN_MARK_ADD | FAN_MARK_REMOVE | FAN_MARK_FLUSH)
#define MARK_IGNORES (FAN_MARK_IGNORE | FAN_MARK_IGNORED_MASK)
#define MARK_FLAGS (MARK_COMMANDS | MARK_TYPES | MARK_IGNORES | FAN_MARK_DONT_FOLLOW | \
		    FAN_MARK_ONLYDIR | FAN_MARK_IGNORED_SURV_MODIFY | FAN_MARK_EVICTABLE)

static int max_queued_events = 16384;

/* ---- fanotify_init() ---- */

static int check_init(unsigned int flags, unsigned int f_flags)
{
	unsigned int fid = flags & FAN_FID_BITS;

	if (!capable(CAP_SYS_ADMIN) && ((flags & ~UNPRIV_FLAGS & INIT_FLAGS) || !fid))
		return -EPERM;
	if (flags & ~INIT_FLAGS)
		return -EINVAL;
	if ((flags & FAN_REPORT_PIDFD) && (flags & FAN_REPORT_TID))
		return -EINVAL;
	if ((f_flags & ~EVENT_F_FLAGS) || (f_flags & O_ACCMODE) == O_ACCMODE)
		return -EINVAL;
	if (fid && (flags & FAN_ALL_CLASS_BITS) != FAN_CLASS_NOTIF)
		return -EINVAL;
	if ((fid & FAN_REPORT_NAME) && !(fid & FAN_REPORT_DIR_FID))
		return -EINVAL;
	if ((fid & FAN_REPORT_TARGET_FID) && (!(fid & FAN_REPORT_NAME) || !(fid & FAN_REPORT_FID)))
		return -EINVAL;
	if ((flags & FAN_ALL_CLASS_BITS) == FAN_ALL_CLASS_BITS)
		return -EINVAL;
	if ((flags & FAN_ENABLE_AUDIT) && !capable(CAP_AUDIT_WRITE))
		return -EPERM;
	return 0;
}

static struct fanotify_group *alloc_group(unsigned int flags, unsigned int f_flags)
{
	struct fanotify_group *group = kzalloc(sizeof(*group), GFP_KERNEL);

	if (!group)
		return ERR_PTR(-ENOMEM);
	group->overflow = kzalloc(sizeof(*group->overflow), GFP_KERNEL);
	if (!group->overflow) {
		kfree(group);
		return ERR_PTR(-ENOMEM);
	}
	group->ucounts = inc_ucount(current_user_ns(), current_euid(), UCOUNT_FANOTIFY_GROUPS);
	if (!group->ucounts) {
		kfree(group->overflow);
		kfree(group);
		return ERR_PTR(-EMFILE);
	}
	group->overflow->mask = FAN_Q_OVERFLOW;
	group->overflow->fd = FAN_NOFD;
	refcount_set(&group->refs, 1);
	group->flags = flags;
	if (!capable(CAP_SYS_ADMIN))
		group->flags |= FAN_GROUP_UNPRIV;
	group->f_flags = f_flags | O_LARGEFILE;
	group->max_events = flags & FAN_UNLIMITED_QUEUE ? UINT_MAX : max_queued_events;
	spin_lock_init(&group->lock);
	INIT_LIST_HEAD(&group->marks);
	INIT_LIST_HEAD(&group->events);
	INIT_LIST_HEAD(&group->asked);
	init_waitqueue_head(&group->readers);
	init_waitqueue_head(&group->answers);
	return group;
}

SYSCALL_DEFINE2(fanotify_init, unsigned int, flags, unsigned int, f_flags)
{
	struct fanotify_group *group;
	int fd = check_init(flags, f_flags);

	if (fd)
		return fd;
	group = alloc_group(flags, f_flags);
	if (IS_ERR(group))
		return PTR_ERR(group);
	fd = anon_inode_getfd("[fanotify]", &fanotify_fops, group,
			      O_RDWR | (flags & FAN_CLOEXEC ? O_CLOEXEC : 0) |
			      (flags & FAN_NONBLOCK ? O_NONBLOCK : 0));
	if (fd < 0)
		fanotify_put_group(group);
	return fd;
}

/* ---- fanotify_mark() ---- */

/* What can be said without a group. */
static int check_mark(unsigned int flags, u64 mask)
{
	if ((mask >> 32) || (flags & ~MARK_FLAGS) || (flags & MARK_TYPES) == MARK_TYPES)
		return -EINVAL;
	switch (flags & MARK_COMMANDS) {
	case FAN_MARK_ADD:
	case FAN_MARK_REMOVE:
		if (!mask)
			return -EINVAL;
		break;
	case FAN_MARK_FLUSH:
		if (flags & ~(MARK_TYPES | FAN_MARK_FLUSH))
			return -EINVAL;
		break;
	default:
		return -EINVAL;
	}
	if (mask & ~(u64)(FAN_EVENT_BITS | FAN_FLAG_BITS))
		return -EINVAL;
	return (flags & MARK_IGNORES) == MARK_IGNORES ? -EINVAL : 0;
}

/* What depends on the group. */
static int check_group(const struct fanotify_group *group, unsigned int flags, u32 mask)
{
	unsigned int fid = group->flags & FAN_FID_BITS;

	if ((!capable(CAP_SYS_ADMIN) || (group->flags & FAN_GROUP_UNPRIV)) && (flags & MARK_TYPES))
		return -EPERM;
	if ((mask & FAN_PERM_BITS) && (group->flags & FAN_ALL_CLASS_BITS) == FAN_CLASS_NOTIF)
		return -EINVAL;
	if ((mask & FAN_FS_ERROR) && (flags & MARK_TYPES) != FAN_MARK_FILESYSTEM)
		return -EINVAL;
	if ((flags & FAN_MARK_EVICTABLE) && (flags & MARK_TYPES))
		return -EINVAL;
	if ((mask & ~(FAN_FD_BITS | FAN_FLAG_BITS)) &&
	    (!fid || (flags & MARK_TYPES) == FAN_MARK_MOUNT))
		return -EINVAL;
	return (mask & FAN_RENAME) && !(fid & FAN_REPORT_NAME) ? -EINVAL : 0;
}

static int find_path(int dfd, const char __user *name, unsigned int flags, struct path *path)
{
	unsigned int how = 0;
	struct fd f;
	int error;

	if (!name) {
		f = fdget(dfd);
		if (!f.file)
			return -EBADF;
		error = -ENOTDIR;
		if (!(flags & FAN_MARK_ONLYDIR) || S_ISDIR(file_inode(f.file)->i_mode)) {
			*path = f.file->f_path;
			path_get(path);
			error = 0;
		}
		fdput(f);
	} else {
		if (!(flags & FAN_MARK_DONT_FOLLOW))
			how |= LOOKUP_FOLLOW;
		if (flags & FAN_MARK_ONLYDIR)
			how |= LOOKUP_DIRECTORY;
		error = user_path_at(dfd, name, how, path);
	}
	if (error)
		return error;
	error = inode_permission(d_inode(path->dentry), MAY_READ);
	if (error)
		path_put(path);
	return error;
}

/* What depends on the file; the file system's number goes to *fsid. */
static int check_file(const struct fanotify_group *group, const struct path *path,
		      unsigned int flags, u32 mask, __kernel_fsid_t *fsid)
{
	unsigned int fid = group->flags & FAN_FID_BITS;
	struct super_block *sb = path->dentry->d_sb;
	bool inode_mark = !(flags & MARK_TYPES);
	struct kstatfs st;
	int error;

	if (flags & FAN_MARK_ADD) {
		bool strict = (fid & FAN_REPORT_TARGET_FID) || (mask & FAN_RENAME) ||
			      (flags & FAN_MARK_IGNORE);

		if (!inode_mark && (sb->s_flags & SB_NOUSER))
			return -EINVAL;
		if (strict && inode_mark && !d_is_dir(path->dentry) &&
		    (mask & (FAN_DIRENT_BITS | FAN_FLAG_BITS)))
			return -ENOTDIR;
	}
	if (!fid)
		return 0;
	error = vfs_statfs(path, &st);
	if (error)
		return error;
	*fsid = st.f_fsid;
	/* Only who watches single files can do without handles that can be opened. */
	if (!inode_mark && !fsid->val[0] && !fsid->val[1])
		return -ENODEV;
	return !inode_mark && !sb->s_export_op ? -EOPNOTSUPP : 0;
}

static void set_object(struct fanotify_mark *want, const struct path *path, unsigned int flags)
{
	switch (flags & MARK_TYPES) {
	case FAN_MARK_MOUNT:
		want->type = FAN_THE_MOUNT;
		want->mnt = path->mnt;
		want->head = &path->mnt->mnt_marks;
		break;
	case FAN_MARK_FILESYSTEM:
		want->type = FAN_THE_SUPER;
		want->sb = path->mnt->mnt_sb;
		want->head = &want->sb->s_marks;
		break;
	default:
		want->type = FAN_THE_INODE;
		want->inode = d_inode(path->dentry);
		want->head = &want->inode->i_marks;
		break;
	}
}

static int change_mark(struct fanotify_group *group, const struct path *path, unsigned int flags,
		       u32 mask)
{
	unsigned int ignores = flags & MARK_IGNORES;
	struct fanotify_mark want = { .group = group };
	bool in_dir;	/* a folder's own mark: it can hear of its files */
	u32 hidden = 0;
	int error;

	/* The old ignore mask has no flags. */
	if (ignores == FAN_MARK_IGNORED_MASK) {
		mask &= ~FAN_FLAG_BITS;
		hidden = FAN_FLAG_BITS;
	}
	error = check_file(group, path, flags, mask, &want.fsid);
	if (error)
		return error;
	set_object(&want, path, flags);
	in_dir = want.type == FAN_THE_INODE && S_ISDIR(want.inode->i_mode);
	if ((flags & FAN_MARK_ADD) && ignores == FAN_MARK_IGNORE &&
	    !(flags & FAN_MARK_IGNORED_SURV_MODIFY) && (in_dir || want.type != FAN_THE_INODE))
		return in_dir ? -EISDIR : -EINVAL;
	if (!in_dir) {
		mask &= ~FAN_EVENT_ON_CHILD;
		hidden = FAN_EVENT_ON_CHILD;
		/* Who is told of folders wants the one that a file is in. */
		if ((group->flags & FAN_REPORT_DIR_FID) && (flags & FAN_MARK_ADD) && !ignores)
			mask |= FAN_EVENT_ON_CHILD;
	}
	want.mask = mask;
	if (flags & FAN_MARK_ADD)
		return fanotify_add_mark(&want, flags);
	return fanotify_remove_mark(&want, flags, hidden);
}

static int do_mark(struct fanotify_group *group, unsigned int flags, u32 mask, int dfd,
		   const char __user *name)
{
	struct path path;
	int error = check_group(group, flags, mask);

	if (error)
		return error;
	if (flags & FAN_MARK_FLUSH) {
		fanotify_flush_marks(group, flags & FAN_MARK_MOUNT ? FAN_THE_MOUNT :
					    flags & FAN_MARK_FILESYSTEM ? FAN_THE_SUPER :
									  FAN_THE_INODE, false);
		return 0;
	}
	error = find_path(dfd, name, flags, &path);
	if (error)
		return error;
	error = change_mark(group, &path, flags, mask);
	path_put(&path);
	return error;
}

SYSCALL_DEFINE5(fanotify_mark, int, fd, unsigned int, flags, u64, mask, int, dfd,
		const char __user *, name)
{
	int error = check_mark(flags, mask);
	struct fd f;

	if (error)
		return error;
	f = fdget(fd);
	if (!f.file)
		return -EBADF;
	error = f.file->f_op == &fanotify_fops ?
		do_mark(f.file->private_data, flags, mask, dfd, name) : -EINVAL;
	fdput(f);
	return error;
}

/* ---- /proc/sys/fs/fanotify ---- */

static const int zero;

static const struct ctl_table fanotify_table[] = {
	{ "max_user_groups", &init_user_ns.ucount_max[UCOUNT_FANOTIFY_GROUPS], sizeof(int), 0644,
	  proc_dointvec_minmax, &zero },
	{ "max_user_marks", &init_user_ns.ucount_max[UCOUNT_FANOTIFY_MARKS], sizeof(int), 0644,
	  proc_dointvec_minmax, &zero },
	{ "max_queued_events", &max_queued_events, sizeof(int), 0644, proc_dointvec_minmax, &zero },
	{ NULL },
};

/* A mark may pin an inode and its entry, of 1 KiB each in the end: no more than 1 % of the memory. */
#define MARK_COST	2048
#define MIN_MARKS	8192
#define MAX_MARKS	1048576

static int __init fanotify_sysctl_init(void)
{
	unsigned long marks = totalram_pages() / 100 * 4096 / MARK_COST;

	init_user_ns.ucount_max[UCOUNT_FANOTIFY_GROUPS] = 128;
	init_user_ns.ucount_max[UCOUNT_FANOTIFY_MARKS] =
		marks < MIN_MARKS ? MIN_MARKS : marks > MAX_MARKS ? MAX_MARKS : marks;
	return register_sysctl("fs/fanotify", fanotify_table);
}
late_initcall(fanotify_sysctl_init);
