/* SPDX-License-Identifier: MIT */
/*
 * The right to write through a mount: who has it is counted, so that a mount or a whole file system
 * becomes read-only only when nobody has. All mounts are in one list for that, those of every
 * namespace and those of none (an overlay's layers).
 *
 * Lock order: all_mounts_lock is the innermost.
 */
#include "mount.h"
#include <fs/super.h>
#include <kern/barrier.h>
#include <kern/spinlock.h>
#include <linux/errno.h>
#include "internal.h"

static LIST_HEAD(all_mounts);		/* all_mounts_lock */
static DEFINE_SPINLOCK(all_mounts_lock);

void mnt_enlist(struct mount *mnt)
{
	spin_lock(&all_mounts_lock);
	list_add(&mnt->mnt_all, &all_mounts);
	spin_unlock(&all_mounts_lock);
}

void mnt_forget(struct mount *mnt)
{
	spin_lock(&all_mounts_lock);
	list_del(&mnt->mnt_all);
	spin_unlock(&all_mounts_lock);
}

bool __mnt_is_readonly(struct vfsmount *mnt)
{
	return (READ_ONCE(mnt->mnt_flags) & MNT_READONLY) || sb_rdonly(mnt->mnt_sb);
}

/* The writer's count goes up before the flags are read; who sets the flag looks at the count. */
int mnt_want_write(struct vfsmount *m)
{
	struct mount *mnt = real_mount(m);

	atomic_inc(&mnt->mnt_writers);
	smp_mb();
	if (!__mnt_is_readonly(m))
		return 0;
	atomic_dec(&mnt->mnt_writers);
	return -EROFS;
}

void mnt_drop_write(struct vfsmount *m)
{
	atomic_dec(&real_mount(m)->mnt_writers);
}

/* Does anybody write through a mount of this super block, in any namespace or in none? */
int sb_prepare_remount_readonly(struct super_block *sb)
{
	struct mount *mnt;
	int error = 0;

	spin_lock(&all_mounts_lock);
	list_for_each_entry(mnt, &all_mounts, mnt_all)
		if (mnt->mnt.mnt_sb == sb && atomic_read(&mnt->mnt_writers)) {
			error = -EBUSY;
			break;
		}
	spin_unlock(&all_mounts_lock);
	return error;
}
