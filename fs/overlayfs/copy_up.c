/* SPDX-License-Identifier: MIT */
/*
 * Copy-up: the first change of a lower file makes a whole copy in the upper layer.
 *
 * The copy is made where nobody sees it: without a name (O_TMPFILE) if the upper file system can,
 * else in workdir. When data, attributes and extended attributes are in it, one link or rename
 * makes it appear. The folders above it are copied first, from the top.
 *
 * Lock order: i_rwsem of the overlay's inode > ovl_inode.lock > i_rwsem of the layers' inodes.
 * Waiting for another's copy-up is waiting for the inode's lock: who gets it then finds it done.
 */
#include <fs/dentry.h>
#include <fs/file.h>
#include <fs/inode.h>
#include <fs/namei.h>
#include <fs/stat.h>
#include <fs/xattr.h>
#include <kern/err.h>
#include <kern/kernel.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <lib/string.h>
#include <linux/fs.h>
#include <mm/slab.h>

#include "internal.h"

#define CHUNK (64UL << 10)
#define WHOLE (-1LL)

/* One copy-up. */
struct ovl_copy {
	struct ovl_fs *ofs;
	struct dentry *dentry;		/* of the overlay */
	struct inode *inode;
	struct path lower;
	struct kstat stat;		/* of the lower file */
	struct dentry *upperdir;
	loff_t size;			/* bytes of data to copy, or WHOLE */
};

/* ---- content ---- */

/* Where the next data begins at or after `pos`; `size` when there is none. */
static loff_t next_data(struct file *from, loff_t pos, loff_t size)
{
	loff_t data;

	if (!(from->f_mode & FMODE_LSEEK))
		return pos;
	data = vfs_llseek(from, pos, SEEK_DATA);
	if (data == -ENXIO)
		return size;
	return data < 0 ? pos : data;
}

static int copy_range(struct file *from, struct file *to, loff_t size)
{
	char *buffer = kvmalloc(CHUNK, GFP_KERNEL);
	loff_t pos = 0;
	ssize_t n = 0;

	if (!buffer)
		return -ENOMEM;
	while (n >= 0 && (pos = next_data(from, pos, size)) < size) {
		loff_t in = pos, out = pos;

		if (fatal_signal_pending(current)) {
			n = -EINTR;
			break;
		}
		n = kernel_read(from, buffer, min((loff_t)CHUNK, size - pos), &in);
		if (n <= 0)
			break;	/* shorter than it said: the rest is a hole */
		n = kernel_write(to, buffer, n, &out);
		pos = out;
		cond_resched();
	}
	kvfree(buffer);
	return n < 0 ? n : 0;
}

static int copy_data(struct ovl_copy *c, const struct path *temp)
{
	loff_t size = c->size == WHOLE ? c->stat.size : min(c->size, (loff_t)c->stat.size);
	struct file *from, *to;
	int error = 0;

	if (!size)
		return 0;
	from = dentry_open(&c->lower, O_RDONLY | O_NOATIME, current_cred());
	if (IS_ERR(from))
		return PTR_ERR(from);
	to = dentry_open(temp, O_WRONLY, current_cred());
	if (IS_ERR(to)) {
		fput(from);
		return PTR_ERR(to);
	}
	error = copy_range(from, to, size);
	if (!error && !c->ofs->is_volatile && to->f_op->fsync)
		error = vfs_fsync(to, 0);
	fput(to);
	fput(from);
	return error;
}

/* ---- attributes ---- */

static int copy_xattr(struct ovl_copy *c, struct dentry *temp, const char *name)
{
	struct dentry *lower = c->lower.dentry;
	void *value = NULL;
	ssize_t size = vfs_getxattr(lower, name, NULL, 0);
	int error;

	if (size > 0) {
		value = kvmalloc(size, GFP_KERNEL);
		if (!value)
			return -ENOMEM;
		size = vfs_getxattr(lower, name, value, size);
	}
	error = size < 0 ? size : vfs_setxattr(temp, name, value, size, 0);
	kvfree(value);
	/* What decides about access must not get lost; the rest may. */
	if (error == -ENODATA || (error == -EOPNOTSUPP && !strstarts(name, "security.") &&
				  !strstarts(name, "system.")))
		return 0;
	return error;
}

static int copy_xattrs(struct ovl_copy *c, struct dentry *temp)
{
	ssize_t len = vfs_listxattr(c->lower.dentry, NULL, 0);
	char *list, *name;
	int error = 0;

	if (len <= 0)
		return len == -EOPNOTSUPP ? 0 : len;
	list = kvmalloc(len, GFP_KERNEL);
	if (!list)
		return -ENOMEM;
	len = vfs_listxattr(c->lower.dentry, list, len);
	if (len < 0)
		error = len;
	for (name = list; !error && name < list + len; name += strlen(name) + 1)
		if (!ovl_is_private_xattr(c->ofs, name))
			error = copy_xattr(c, temp, name);
	kvfree(list);
	return error;
}

static int set_times(struct dentry *dentry, const struct kstat *stat)
{
	struct iattr attr = {
		.ia_valid = ATTR_ATIME | ATTR_MTIME | ATTR_ATIME_SET | ATTR_MTIME_SET | ATTR_FORCE,
		.ia_atime = stat->atime,
		.ia_mtime = stat->mtime,
	};

	return notify_change(dentry, &attr);
}

static int set_attributes(struct ovl_copy *c, struct dentry *temp)
{
	struct iattr attr = {
		.ia_valid = ATTR_UID | ATTR_GID | ATTR_FORCE,
		.ia_uid = c->stat.uid,
		.ia_gid = c->stat.gid,
	};
	int error;

	inode_lock(d_inode(temp));
	if (S_ISREG(c->stat.mode)) {
		attr.ia_valid |= ATTR_SIZE;
		attr.ia_size = c->size == WHOLE ? c->stat.size : min(c->size, (loff_t)c->stat.size);
	}
	error = notify_change(temp, &attr);
	if (!error && !S_ISLNK(c->stat.mode)) {
		attr.ia_valid = ATTR_MODE | ATTR_FORCE;
		attr.ia_mode = c->stat.mode;
		error = notify_change(temp, &attr);
	}
	if (!error)
		error = set_times(temp, &c->stat);
	inode_unlock(d_inode(temp));
	return error;
}

/* A lower file that others name too: the copy is a file of its own. */
static bool breaks_link(const struct ovl_copy *c)
{
	return !S_ISDIR(c->stat.mode) && c->stat.nlink > 1 && !ovl_is_indexed(c->inode);
}

/* All that makes the copy whole. => temp not locked */
static int fill_copy(struct ovl_copy *c, struct dentry *temp)
{
	struct path path = { .mnt = ovl_upper_mnt(c->ofs), .dentry = temp };
	int error = 0;

	if (S_ISREG(c->stat.mode))
		error = copy_data(c, &path);
	if (!error)
		error = copy_xattrs(c, temp);
	if (!error && !breaks_link(c))
		error = ovl_set_origin(c->ofs, temp, &OVL_I(c->inode)->lower[0]);
	if (!error)
		error = set_attributes(c, temp);
	return error;
}

/* ---- making it appear ---- */

/* The upper name, which must be free. => upperdir locked; ERR_PTR */
static struct dentry *free_name(struct ovl_copy *c)
{
	struct dentry *upper = ovl_lookup_upper(c->upperdir, c->dentry);

	if (!IS_ERR(upper) && d_is_positive(upper)) {
		dput(upper);
		return ERR_PTR(-ESTALE);
	}
	return upper;
}

static struct dentry *copy_by_tmpfile(struct ovl_copy *c)
{
	struct inode *udir = d_inode(c->upperdir);
	struct dentry *temp = vfs_tmpfile(c->ofs->workdir, c->stat.mode, 0);
	struct dentry *upper;
	int error;

	if (IS_ERR(temp))
		return temp;
	error = fill_copy(c, temp);
	if (!error && ovl_is_indexed(c->inode)) {
		upper = ERR_PTR(ovl_index_copy(c->inode, temp, true));
		goto out;
	}
	if (error) {
		upper = ERR_PTR(error);
		goto out;
	}
	inode_lock_nested(udir, I_MUTEX_PARENT);
	upper = free_name(c);
	if (!IS_ERR(upper)) {
		error = vfs_link(temp, udir, upper);
		if (error) {
			dput(upper);
			upper = ERR_PTR(error);
		}
	}
	inode_unlock(udir);
out:
	dput(temp);
	return upper;
}

/* What the file in workdir is made as. The delayed call ends the use of attr->link. */
static int copy_kind(struct ovl_copy *c, struct ovl_cattr *attr, struct delayed_call *done)
{
	struct inode *real = d_inode(c->lower.dentry);

	attr->mode = c->stat.mode;
	attr->rdev = c->stat.rdev;
	if (!S_ISLNK(attr->mode))
		return 0;
	attr->link = real->i_link;
	if (!attr->link)
		attr->link = real->i_op->get_link(c->lower.dentry, real, done);
	return IS_ERR(attr->link) ? PTR_ERR(attr->link) : 0;
}

static struct dentry *copy_by_workdir(struct ovl_copy *c)
{
	struct dentry *workdir = c->ofs->workdir;
	struct delayed_call done = { NULL, NULL };
	struct ovl_cattr attr = { 0 };
	struct dentry *temp, *upper;
	int error = copy_kind(c, &attr, &done);

	if (error)
		return ERR_PTR(error);
	inode_lock_nested(d_inode(workdir), I_MUTEX_PARENT);
	temp = ovl_create_temp(c->ofs, &attr);
	inode_unlock(d_inode(workdir));
	do_delayed_call(&done);
	if (IS_ERR(temp))
		return temp;
	error = fill_copy(c, temp);
	if (!error && ovl_is_indexed(c->inode)) {
		error = ovl_index_copy(c->inode, temp, false);
		if (!error) {
			dput(temp);
			return NULL;
		}
	}
	if (error)
		goto cleanup;
	error = ovl_lock_rename_workdir(workdir, c->upperdir);
	if (error)
		goto cleanup;
	upper = free_name(c);
	error = PTR_ERR(upper);
	if (!IS_ERR(upper)) {
		error = ovl_do_rename(temp, workdir, upper, c->upperdir, 0);
		dput(upper);
	}
	unlock_rename(workdir, c->upperdir);
	if (!error)
		return temp;	/* that is the file at its new place */
cleanup:
	inode_lock_nested(d_inode(workdir), I_MUTEX_PARENT);
	ovl_cleanup(d_inode(workdir), temp);
	inode_unlock(d_inode(workdir));
	dput(temp);
	return ERR_PTR(error);
}

/* The times of a folder that users see do not change by a copy-up in it. */
static int prepare_upperdir(struct ovl_copy *c, struct kstat *dirstat)
{
	struct inode *parent = d_inode(c->dentry->d_parent);
	struct path upperdir;
	int error;

	ovl_path_upper(parent, &upperdir);
	c->upperdir = upperdir.dentry;
	error = vfs_getattr(&upperdir, dirstat, STATX_ATIME | STATX_MTIME, 0);
	return error ? error : ovl_set_impure(parent, c->upperdir);
}

static void restore_upperdir(const struct ovl_copy *c, const struct kstat *dirstat)
{
	inode_lock(d_inode(c->upperdir));
	set_times(c->upperdir, dirstat);
	inode_unlock(d_inode(c->upperdir));
}

/* A copy that another name of the file caused gets this name too. => as below */
static int link_up_locked(struct ovl_copy *c)
{
	struct kstat dirstat;
	int error = prepare_upperdir(c, &dirstat);

	if (!error)
		error = ovl_index_link(c->dentry, c->upperdir);
	if (!error)
		restore_upperdir(c, &dirstat);
	return error;
}

/* => the inode's lock held, mounter's rights, its parent is in the upper layer */
static int copy_up_locked(struct ovl_copy *c)
{
	struct kstat dirstat;
	struct dentry *upper;
	int error;

	ovl_path_real(c->inode, &c->lower);
	error = vfs_getattr(&c->lower, &c->stat, STATX_BASIC_STATS, 0);
	if (error)
		return error;
	error = prepare_upperdir(c, &dirstat);
	if (error)
		return error;
	if (S_ISREG(c->stat.mode) && c->ofs->tmpfile)
		upper = copy_by_tmpfile(c);
	else
		upper = copy_by_workdir(c);
	if (IS_ERR(upper))
		return PTR_ERR(upper);
	if (ovl_is_indexed(c->inode))
		error = ovl_index_link(c->dentry, c->upperdir);
	else
		ovl_inode_set_upper(c->inode, upper, breaks_link(c));
	restore_upperdir(c, &dirstat);
	return error;
}

static int copy_up_one(struct dentry *dentry, loff_t size)
{
	struct ovl_copy c = {
		.ofs = OVL_FS(dentry->d_sb),
		.dentry = dentry,
		.inode = d_inode(dentry),
		.size = size,
	};
	struct ovl_inode *oi = OVL_I(c.inode);
	int error = mutex_lock_killable(&oi->lock);

	if (error)
		return error;
	if (!oi->upper)
		error = copy_up_locked(&c);
	else if (!ovl_dentry_upper_name(dentry))
		error = link_up_locked(&c);
	mutex_unlock(&oi->lock);
	return error;
}

/* The topmost folder above (or the file itself) that is not copied yet; a reference. */
static struct dentry *first_to_copy(struct dentry *dentry)
{
	struct dentry *next = dget(dentry);

	for (;;) {
		struct dentry *parent = dget_parent(next);

		if (ovl_dentry_upper(parent)) {
			dput(parent);
			return next;
		}
		dput(next);
		next = parent;
	}
}

static int copy_up(struct dentry *dentry, loff_t size)
{
	struct vfsmount *mnt = ovl_upper_mnt(OVL_FS(dentry->d_sb));
	const struct cred *old;
	int error;

	if (ovl_dentry_upper_name(dentry))
		return 0;
	if (!OVL_FS(dentry->d_sb)->workdir)
		return -EROFS;
	error = mnt_want_write(mnt);
	if (error)
		return error;
	old = ovl_override_creds(dentry->d_sb);
	while (!error && !ovl_dentry_upper_name(dentry)) {
		struct dentry *next = first_to_copy(dentry);

		error = copy_up_one(next, next == dentry ? size : WHOLE);
		dput(next);
	}
	revert_creds(old);
	mnt_drop_write(mnt);
	return error;
}

int ovl_copy_up(struct dentry *dentry)
{
	return copy_up(dentry, WHOLE);
}

int ovl_copy_up_for_size(struct dentry *dentry, loff_t size)
{
	return copy_up(dentry, size);
}

int ovl_copy_up_for_open(struct dentry *dentry, unsigned int flags)
{
	bool writes = (flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC);

	if (!writes || ovl_dentry_upper_name(dentry))
		return 0;
	return copy_up(dentry, flags & O_TRUNC ? 0 : WHOLE);
}
