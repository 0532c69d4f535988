// SPDX-License-Identifier: MIT
/*
 * Ready-made operations for file systems whose tree lives in the dcache alone.
 *
 * A file there has a dentry with one reference more than its users hold: creation leaves it,
 * unlink() takes it. A folder's listing needs positions that stay right while names come and
 * go: each child gets a number from one counter, kept in d_time, the first time a listing meets
 * it. New children stand at the front of d_subdirs, so from the back the numbers grow; one that
 * a rename brought from elsewhere may break that, and then gets a new number. A position is
 * the lowest number that is still to be given, plus 2 for the dots.
 */
#include <fs/dentry.h>
#include <fs/file.h>
#include <fs/inode.h>
#include <fs/libfs.h>
#include <fs/stat.h>
#include <fs/statfs.h>
#include <fs/super.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/kernel.h>
#include <kern/sched.h>
#include <lib/string.h>
#include <linux/fs.h>
#include <mm/page.h>
#include <mm/pagemap.h>
#include <mm/uaccess.h>

#define BATCH 64

static unsigned long last_cookie;	/* atomic */

int always_delete_dentry(const struct dentry *dentry)
{
	return 1;
}

const struct dentry_operations simple_dentry_operations = {
	.d_delete = always_delete_dentry,
};

/* Whatever exists is in the cache: a name that is not there does not exist. */
struct dentry *simple_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	if (dentry->d_name.len > 255)
		return ERR_PTR(-ENAMETOOLONG);
	if (!dentry->d_sb->s_d_op)
		d_set_d_op(dentry, &simple_dentry_operations);
	d_add(dentry, NULL);
	return NULL;
}

static bool is_there(const struct dentry *dentry)
{
	return d_is_positive(dentry) && !d_unhashed(dentry);
}

int simple_empty(struct dentry *dentry)
{
	struct dentry *child;
	int empty = 1;

	spin_lock(&dentry->d_lock);
	list_for_each_entry(child, &dentry->d_subdirs, d_child) {
		spin_lock_nested(&child->d_lock, 1);
		if (is_there(child))
			empty = 0;
		spin_unlock(&child->d_lock);
		if (!empty)
			break;
	}
	spin_unlock(&dentry->d_lock);
	return empty;
}

static void touch(struct inode *inode)
{
	inode->i_mtime = inode_set_ctime_current(inode);
}

int simple_link(struct dentry *old, struct inode *dir, struct dentry *dentry)
{
	struct inode *inode = d_inode(old);

	inode_set_ctime_current(inode);
	touch(dir);
	inc_nlink(inode);
	ihold(inode);
	dget(dentry);
	d_instantiate(dentry, inode);
	return 0;
}

int simple_unlink(struct inode *dir, struct dentry *dentry)
{
	struct inode *inode = d_inode(dentry);

	inode_set_ctime_current(inode);
	touch(dir);
	drop_nlink(inode);
	dput(dentry);
	return 0;
}

int simple_rmdir(struct inode *dir, struct dentry *dentry)
{
	if (!simple_empty(dentry))
		return -ENOTEMPTY;
	drop_nlink(d_inode(dentry));
	simple_unlink(dir, dentry);
	drop_nlink(dir);
	return 0;
}

static int simple_exchange(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
			   struct dentry *new)
{
	bool old_is_dir = d_is_dir(old), new_is_dir = d_is_dir(new);

	if (old_dir != new_dir && old_is_dir != new_is_dir) {
		if (old_is_dir) {
			drop_nlink(old_dir);
			inc_nlink(new_dir);
		} else {
			drop_nlink(new_dir);
			inc_nlink(old_dir);
		}
	}
	touch(old_dir);
	touch(new_dir);
	inode_set_ctime_current(d_inode(old));
	inode_set_ctime_current(d_inode(new));
	return 0;
}

int simple_rename(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
		  struct dentry *new, unsigned int flags)
{
	bool is_dir = d_is_dir(old);

	if (flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE))
		return -EINVAL;
	if (flags & RENAME_EXCHANGE)
		return simple_exchange(old_dir, old, new_dir, new);
	if (!simple_empty(new))
		return -ENOTEMPTY;
	if (d_is_positive(new)) {
		simple_unlink(new_dir, new);
		if (is_dir) {
			drop_nlink(d_inode(new));
			drop_nlink(old_dir);
		}
	} else if (is_dir) {
		drop_nlink(old_dir);
		inc_nlink(new_dir);
	}
	touch(old_dir);
	touch(new_dir);
	inode_set_ctime_current(d_inode(old));
	return 0;
}

/* ---- listing ---- */

int dcache_dir_open(struct inode *inode, struct file *file)
{
	return 0;
}

int dcache_dir_close(struct inode *inode, struct file *file)
{
	return 0;
}

loff_t dcache_dir_lseek(struct file *file, loff_t offset, int whence)
{
	if (whence == SEEK_CUR)
		offset += file->f_pos;
	else if (whence != SEEK_SET)
		return -EINVAL;
	if (offset < 0)
		return -EINVAL;
	file->f_pos = offset;
	return offset;
}

/*
 * The next children with numbers from `from` on, at most BATCH, each with a reference; numbers
 * those that have none.
 */
static unsigned int next_children(struct dentry *dir, unsigned long from, struct dentry **found)
{
	struct dentry *child;
	unsigned long last = 0;
	unsigned int n = 0;

	spin_lock(&dir->d_lock);
	list_for_each_entry_reverse(child, &dir->d_subdirs, d_child) {
		spin_lock_nested(&child->d_lock, 1);
		if (is_there(child) && !(child->d_flags & DCACHE_DEAD)) {
			if (child->d_time <= last)
				child->d_time = __atomic_add_fetch(&last_cookie, 1, __ATOMIC_RELAXED);
			last = child->d_time;
			if (last >= from) {
				child->d_count++;
				found[n++] = child;
			}
		}
		spin_unlock(&child->d_lock);
		if (n == BATCH)
			break;
	}
	spin_unlock(&dir->d_lock);
	return n;
}

/* => the folder's i_rwsem held, so no child comes, goes or is renamed meanwhile */
int dcache_readdir(struct file *file, struct dir_context *ctx)
{
	struct dentry *dir = file_dentry(file), *found[BATCH];
	bool more = true;
	unsigned int n;

	if (!dir_emit_dots(file, ctx))
		return 0;
	while (more && (n = next_children(dir, ctx->pos - 2, found))) {
		for (unsigned int i = 0; i < n; i++) {
			struct dentry *child = found[i];
			struct inode *inode = d_inode(child);

			if (more) {
				ctx->pos = child->d_time + 2;
				more = dir_emit(ctx, child->d_name.name, child->d_name.len,
						inode->i_ino, inode->i_mode >> 12 & 15);
				if (more)
					ctx->pos++;
			}
			dput(child);
		}
		cond_resched();
	}
	return 0;
}

ssize_t generic_read_dir(struct file *file, char __user *buf, size_t size, loff_t *pos)
{
	return -EISDIR;
}

const struct file_operations simple_dir_operations = {
	.open = dcache_dir_open,
	.release = dcache_dir_close,
	.llseek = dcache_dir_lseek,
	.read = generic_read_dir,
	.iterate_shared = dcache_readdir,
	.fsync = noop_fsync,
};

const struct inode_operations simple_dir_inode_operations = {
	.lookup = simple_lookup,
};

/* ---- super blocks ---- */

int simple_statfs(struct dentry *dentry, struct kstatfs *buf)
{
	dev_t dev = dentry->d_sb->s_dev;

	buf->f_fsid.val[0] = new_encode_dev(dev);
	buf->f_fsid.val[1] = 0;
	buf->f_type = dentry->d_sb->s_magic;
	buf->f_bsize = PAGE_SIZE;
	buf->f_namelen = 255;
	return 0;
}

const struct super_operations simple_super_operations = {
	.statfs = simple_statfs,
};

int simple_fill_super(struct super_block *sb, unsigned long magic, const struct tree_descr *files)
{
	struct inode *inode;

	sb->s_blocksize = PAGE_SIZE;
	sb->s_blocksize_bits = PAGE_SHIFT;
	sb->s_magic = magic;
	sb->s_op = &simple_super_operations;
	sb->s_time_gran = 1;
	inode = new_inode(sb);
	if (!inode)
		return -ENOMEM;
	inode->i_ino = 1;
	inode->i_mode = S_IFDIR | 0755;
	inode->i_atime = inode->i_mtime = inode->i_ctime = current_time(inode);
	inode->i_op = &simple_dir_inode_operations;
	inode->i_fop = &simple_dir_operations;
	set_nlink(inode, 2);
	sb->s_root = d_make_root(inode);
	if (!sb->s_root)
		return -ENOMEM;
	for (unsigned int i = 0; files && files->name[0]; i++, files++) {
		struct dentry *dentry = d_alloc_name(sb->s_root, files->name);

		if (!dentry)
			return -ENOMEM;
		inode = new_inode(sb);
		if (!inode) {
			dput(dentry);
			return -ENOMEM;
		}
		inode->i_ino = i + 2;
		inode->i_mode = S_IFREG | files->mode;
		inode->i_atime = inode->i_mtime = inode->i_ctime = current_time(inode);
		inode->i_fop = files->ops;
		d_add(dentry, inode);
	}
	return 0;
}

/* ---- attributes and small files ---- */

int simple_setattr(struct dentry *dentry, struct iattr *attr)
{
	struct inode *inode = d_inode(dentry);
	int err = setattr_prepare(dentry, attr);

	if (err)
		return err;
	if (attr->ia_valid & ATTR_SIZE)
		truncate_setsize(inode, attr->ia_size);
	setattr_copy(inode, attr);
	return 0;
}

int simple_getattr(const struct path *path, struct kstat *stat, u32 request_mask,
		   unsigned int query_flags)
{
	struct inode *inode = d_inode(path->dentry);

	generic_fillattr(inode, stat);
	stat->blocks = inode->i_mapping->nrpages << (PAGE_SHIFT - 9);
	return 0;
}

int simple_open(struct inode *inode, struct file *file)
{
	if (inode->i_private)
		file->private_data = inode->i_private;
	return 0;
}

int noop_fsync(struct file *file, loff_t start, loff_t end, int datasync)
{
	return 0;
}

ssize_t simple_read_from_buffer(void __user *to, size_t count, loff_t *pos, const void *from,
				size_t available)
{
	loff_t at = *pos;
	size_t left;

	if (at < 0)
		return -EINVAL;
	if (at >= (loff_t)available || !count)
		return 0;
	if (count > available - at)
		count = available - at;
	left = copy_to_user(to, from + at, count);
	if (left == count)
		return -EFAULT;
	*pos = at + count - left;
	return count - left;
}

ssize_t simple_write_to_buffer(void *to, size_t available, loff_t *pos, const void __user *from,
			       size_t count)
{
	loff_t at = *pos;
	size_t left;

	if (at < 0)
		return -EINVAL;
	if (at >= (loff_t)available || !count)
		return 0;
	if (count > available - at)
		count = available - at;
	left = copy_from_user(to + at, from, count);
	if (left == count)
		return -EFAULT;
	*pos = at + count - left;
	return count - left;
}

/* A folder with nothing in it where nothing can be made. */
void make_empty_dir_inode(struct inode *inode)
{
	set_nlink(inode, 2);
	inode->i_mode = S_IFDIR | 0555;
	inode->i_uid = GLOBAL_ROOT_UID;
	inode->i_gid = GLOBAL_ROOT_GID;
	inode->i_size = 0;
	inode->i_op = &simple_dir_inode_operations;
	inode->i_fop = &simple_dir_operations;
}
