/* SPDX-License-Identifier: MIT */
/*
 * Rename. Two folders are locked at once, ancestors first; renames between folders of one super
 * block exclude each other by s_vfs_rename_mutex, so that "is ancestor of" stays true while we
 * act on it. Non-folders that lose or change their name are locked after the folders.
 */
#include <fs/dentry.h>
#include <fs/file.h>
#include <fs/inode.h>
#include <fs/mount.h>
#include <fs/notify.h>
#include <fs/super.h>
#include <kern/err.h>
#include <kern/lsm.h>
#include <kern/mutex.h>
#include <kern/syscalls.h>
#include "internal.h"
#include "mount.h"
#include "walk.h"

/* The child of `top` that is `dentry` or above it; NULL. => s_vfs_rename_mutex held */
static struct dentry *d_ancestor(struct dentry *top, struct dentry *dentry)
{
	struct dentry *p;

	for (p = dentry; !IS_ROOT(p); p = p->d_parent)
		if (p->d_parent == top)
			return p;
	return NULL;
}

/* Locks two folders. Returns the one of their children that leads from one to the other, or NULL. */
struct dentry *lock_rename(struct dentry *a, struct dentry *b)
{
	struct dentry *p;

	if (a == b) {
		inode_lock_nested(d_inode(a), I_MUTEX_PARENT);
		return NULL;
	}
	mutex_lock(&a->d_sb->s_vfs_rename_mutex);
	p = d_ancestor(b, a);
	if (p) {
		inode_lock_nested(d_inode(b), I_MUTEX_PARENT);
		inode_lock_nested(d_inode(a), I_MUTEX_CHILD);
		return p;
	}
	p = d_ancestor(a, b);
	inode_lock_nested(d_inode(a), I_MUTEX_PARENT);
	inode_lock_nested(d_inode(b), p ? I_MUTEX_CHILD : I_MUTEX_PARENT2);
	return p;
}

void unlock_rename(struct dentry *a, struct dentry *b)
{
	inode_unlock(d_inode(a));
	if (a != b) {
		inode_unlock(d_inode(b));
		mutex_unlock(&a->d_sb->s_vfs_rename_mutex);
	}
}

static void lock_two(struct inode *a, struct inode *b)
{
	if (a > b || !a) {
		struct inode *t = a;

		a = b;
		b = t;
	}
	if (a)
		inode_lock_nested(a, I_MUTEX_NONDIR2);
	if (b && b != a)
		inode_lock_nested(b, I_MUTEX_NORMAL);
}

static void unlock_two(struct inode *a, struct inode *b)
{
	if (a)
		inode_unlock(a);
	if (b && b != a)
		inode_unlock(b);
}

static int rename_checks(struct renamedata *rd, bool is_dir, bool *new_is_dir)
{
	struct inode *target = d_inode(rd->new_dentry);
	int error = may_delete(rd->old_dir, rd->old_dentry, is_dir);

	if (error)
		return error;
	if (!target) {
		error = may_create(rd->new_dir, rd->new_dentry);
	} else {
		*new_is_dir = d_is_dir(rd->new_dentry);
		error = may_delete(rd->new_dir, rd->new_dentry,
				   rd->flags & RENAME_EXCHANGE ? *new_is_dir : is_dir);
	}
	if (error)
		return error;
	if (!rd->old_dir->i_op->rename)
		return -EPERM;
	/* A folder whose parent changes gets a new "..": that is a write to it. */
	if (rd->new_dir != rd->old_dir) {
		if (is_dir)
			error = inode_permission(d_inode(rd->old_dentry), MAY_WRITE);
		if (!error && (rd->flags & RENAME_EXCHANGE) && *new_is_dir)
			error = inode_permission(target, MAY_WRITE);
	}
	return error;
}

int vfs_rename(struct renamedata *rd)
{
	struct dentry *old = rd->old_dentry;
	struct dentry *new = rd->new_dentry;
	struct inode *source = d_inode(old);
	struct inode *target = d_inode(new);
	bool is_dir = d_is_dir(old);
	struct inode *first, *second;
	struct name_snapshot old_name;
	bool notify = notify_any();
	bool new_is_dir = false;
	int error;

	if (source == target)
		return 0;
	error = rename_checks(rd, is_dir, &new_is_dir);
	if (error)
		return error;
	/* The file that moves, and what it replaces; a folder that moves is not locked. */
	first = is_dir ? NULL : source;
	second = (rd->flags & RENAME_EXCHANGE) && new_is_dir ? NULL : target;
	dget(new);
	lock_two(first, second);
	error = -EBUSY;
	if (is_local_mountpoint(old) || is_local_mountpoint(new))
		goto out;
	if (notify)
		take_dentry_name_snapshot(&old_name, old);
	error = rd->old_dir->i_op->rename(rd->old_dir, old, rd->new_dir, new, rd->flags);
	if (error)
		goto out;
	if (!(rd->flags & RENAME_EXCHANGE) && target) {
		if (is_dir) {
			shrink_dcache_parent(new);
			target->i_flags |= S_DEAD;
		}
		detach_mounts(new);
	}
	if (!(rd->old_dir->i_sb->s_type->fs_flags & FS_RENAME_DOES_D_MOVE)) {
		if (rd->flags & RENAME_EXCHANGE)
			d_exchange(old, new);
		else
			d_move(old, new);
	}
	if (notify) {
		notify_move(rd->old_dir, &old_name.name, rd->new_dir, old);
		if (rd->flags & RENAME_EXCHANGE)
			notify_move(rd->new_dir, &old->d_name, rd->old_dir, new);
		else if (target)
			notify_inode(target, IN_ATTRIB);
	}
out:
	unlock_two(first, second);
	dput(new);
	return error;
}

/* What can be told from the names alone, in Linux's order. */
static int check_pair(struct dentry *old, struct dentry *new, struct dentry *trap,
		      const struct qstr *old_last, const struct qstr *new_last,
		      unsigned int flags)
{
	if (d_is_negative(old))
		return -ENOENT;
	if ((flags & RENAME_NOREPLACE) && d_is_positive(new))
		return -EEXIST;
	if (flags & RENAME_EXCHANGE) {
		if (d_is_negative(new))
			return -ENOENT;
		if (!d_is_dir(new) && new_last->name[new_last->len])
			return -ENOTDIR;
	}
	/* "name/" must be a folder. */
	if (!d_is_dir(old)) {
		if (old_last->name[old_last->len])
			return -ENOTDIR;
		if (!(flags & RENAME_EXCHANGE) && new_last->name[new_last->len])
			return -ENOTDIR;
	}
	/* Into itself, and onto a folder that holds it. */
	if (old == trap)
		return -EINVAL;
	if (new == trap)
		return flags & RENAME_EXCHANGE ? -EINVAL : -ENOTEMPTY;
	return 0;
}

static int rename_pair(struct path *old_path, const struct qstr *old_last, struct path *new_path,
		       const struct qstr *new_last, unsigned int flags)
{
	struct dentry *trap = lock_rename(new_path->dentry, old_path->dentry);
	struct renamedata rd = { .flags = flags };
	int error;

	rd.old_dentry = lookup_locked(old_last, old_path->dentry, 0);
	error = PTR_ERR(rd.old_dentry);
	if (IS_ERR(rd.old_dentry))
		goto unlock;
	rd.new_dentry = lookup_locked(new_last, new_path->dentry,
				      LOOKUP_CREATE | LOOKUP_RENAME_TARGET);
	error = PTR_ERR(rd.new_dentry);
	if (IS_ERR(rd.new_dentry))
		goto put_old;
	error = check_pair(rd.old_dentry, rd.new_dentry, trap, old_last, new_last, flags);
	if (!error)
		error = lsm_path_rename(rd.old_dentry, new_path, rd.new_dentry, flags);
	if (!error) {
		rd.old_dir = d_inode(old_path->dentry);
		rd.new_dir = d_inode(new_path->dentry);
		error = vfs_rename(&rd);
	}
	dput(rd.new_dentry);
put_old:
	dput(rd.old_dentry);
unlock:
	unlock_rename(new_path->dentry, old_path->dentry);
	return error;
}

static int do_renameat(int old_dfd, struct filename *from, int new_dfd, struct filename *to,
		       unsigned int flags)
{
	struct path old_path, new_path;
	struct qstr old_last, new_last;
	int old_type, new_type;
	int error = -EINVAL;

	if (flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE | RENAME_WHITEOUT))
		goto out;
	if ((flags & (RENAME_NOREPLACE | RENAME_WHITEOUT)) && (flags & RENAME_EXCHANGE))
		goto out;
	error = filename_parentat(old_dfd, from, 0, &old_path, &old_last, &old_type);
	if (error)
		goto out;
	error = filename_parentat(new_dfd, to, 0, &new_path, &new_last, &new_type);
	if (error)
		goto put_old;
	error = -EXDEV;
	if (old_path.mnt != new_path.mnt)
		goto put_new;
	error = -EBUSY;
	if (old_type != LAST_NORM)
		goto put_new;
	if (flags & RENAME_NOREPLACE)
		error = -EEXIST;
	if (new_type != LAST_NORM)
		goto put_new;
	error = mnt_want_write(old_path.mnt);
	if (error)
		goto put_new;
	error = rename_pair(&old_path, &old_last, &new_path, &new_last, flags);
	mnt_drop_write(old_path.mnt);
put_new:
	path_put(&new_path);
put_old:
	path_put(&old_path);
out:
	putname(from);
	putname(to);
	return error;
}

SYSCALL_DEFINE5(renameat2, int, old_dfd, const char __user *, old, int, new_dfd,
		const char __user *, new, unsigned int, flags)
{
	return do_renameat(old_dfd, getname(old), new_dfd, getname(new), flags);
}

SYSCALL_DEFINE4(renameat, int, old_dfd, const char __user *, old, int, new_dfd,
		const char __user *, new)
{
	return do_renameat(old_dfd, getname(old), new_dfd, getname(new), 0);
}

SYSCALL_DEFINE2(rename, const char __user *, old, const char __user *, new)
{
	return do_renameat(AT_FDCWD, getname(old), AT_FDCWD, getname(new), 0);
}
