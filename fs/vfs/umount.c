/* SPDX-License-Identifier: MIT */
/* umount2(2): when a mount may go, and what happens to the root. */
#include <fs/dentry.h>
#include <fs/fs_struct.h>
#include <fs/inode.h>
#include <fs/namei.h>
#include <fs/super.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/lsm.h>
#include <kern/nsproxy.h>
#include <kern/syscalls.h>
#include <kern/user_namespace.h>
#include <linux/fcntl.h>
#include "internal.h"
#include "mount.h"

static enum d_walk_ret find_mountpoint(void *data, struct dentry *dentry)
{
	struct dentry **found = data;

	if (!(dentry->d_flags & DCACHE_MOUNTED))
		return D_WALK_CONTINUE;
	dentry->d_count++;
	*found = dentry;
	return D_WALK_QUIT;
}

void detach_mounts_below(struct dentry *dentry)
{
	struct dentry *found;

	do {
		found = NULL;
		d_walk(dentry, &found, find_mountpoint);
		if (found) {
			detach_mounts(found);
			dput(found);
		}
	} while (found);
}

/* The root of the caller cannot go: it becomes read-only instead. */
static int umount_root(struct super_block *sb)
{
	int error = 0;

	down_write(&sb->s_umount);
	if (!sb_rdonly(sb))
		error = do_remount_sb(sb, sb->s_flags | SB_RDONLY, NULL);
	up_write(&sb->s_umount);
	return error;
}

static int do_umount(struct mount *mnt, int flags)
{
	struct super_block *sb = mnt->mnt.mnt_sb;
	struct path root;
	LIST_HEAD(gone);
	bool is_root;
	int error = lsm_mount();

	if (error)
		return error;
	get_fs_root(current->fs, &root);
	is_root = &mnt->mnt == root.mnt;
	path_put(&root);
	if (flags & MNT_EXPIRE) {
		if (is_root || (flags & (MNT_FORCE | MNT_DETACH)))
			return -EINVAL;
		if (atomic_read(&mnt->mnt_count) != 2)
			return -EBUSY;
		if (!__atomic_exchange_n(&mnt->mnt_expired, 1, __ATOMIC_SEQ_CST))
			return -EAGAIN;
	}
	if ((flags & MNT_FORCE) && sb->s_op->umount_begin)
		sb->s_op->umount_begin(sb);
	if (is_root && !(flags & MNT_DETACH))
		return umount_root(sb);
	if (!mnt_has_parent(mnt))
		return -EINVAL;

	error = -EBUSY;
	down_write(&namespace_sem);
	if (!check_mnt(mnt)) {
		error = -EINVAL;
	} else if (flags & MNT_DETACH) {
		umount_tree(mnt, true, &gone);
		error = 0;
	} else if (!propagate_mount_busy(mnt, 2)) {
		umount_tree(mnt, true, &gone);
		error = 0;
	}
	up_write(&namespace_sem);
	free_umounted(&gone);
	return error;
}

int path_umount(struct path *path, int flags)
{
	struct mount *mnt = real_mount(path->mnt);

	if (!may_mount())
		return -EPERM;
	if (path->dentry != path->mnt->mnt_root || !check_mnt(mnt))
		return -EINVAL;
	if (mnt->mnt.mnt_flags & MNT_LOCKED)
		return -EINVAL;
	/* By force: other users of the file system get errors. */
	if ((flags & MNT_FORCE) && !ns_capable(&init_user_ns, CAP_SYS_ADMIN))
		return -EPERM;
	return do_umount(mnt, flags);
}

SYSCALL_DEFINE2(umount2, char __user *, name, int, flags)
{
	struct path path;
	int error;

	if (flags & ~(MNT_FORCE | MNT_DETACH | MNT_EXPIRE | UMOUNT_NOFOLLOW))
		return -EINVAL;
	error = user_path_at(AT_FDCWD, name, flags & UMOUNT_NOFOLLOW ? 0 : LOOKUP_FOLLOW, &path);
	if (error)
		return error;
	error = path_umount(&path, flags);
	dput(path.dentry);
	/* The last reference of an expiring mount must not take its mark away. */
	if (error == -EAGAIN && (flags & MNT_EXPIRE))
		atomic_dec(&real_mount(path.mnt)->mnt_count);
	else
		mntput(path.mnt);
	return error;
}
