/* SPDX-License-Identifier: MIT */
/*
 * Ready-made operations for file systems whose tree is the dentry cache: every name that exists is
 * pinned by one extra reference on its dentry.
 *
 * Reading such a folder walks the parent's list of children, oldest first. The list is ordered by
 * d_order, and that number is the position, so that names made or removed meanwhile neither hide
 * others nor show them twice.
 */
#include <block/blkdev.h>
#include <driver/cdev.h>
#include <fs/dentry.h>
#include <fs/file.h>
#include <fs/inode.h>
#include <fs/libfs.h>
#include <fs/namei.h>
#include <fs/statfs.h>
#include <fs/super.h>
#include <kern/bug.h>
#include <kern/err.h>
#include <linux/fs.h>
#include <mm/page.h>
#include <mm/pagemap.h>
#include <mm/uaccess.h>
#include "internal.h"

/* ---- small answers ---- */

int always_delete_dentry(const struct dentry *dentry)
{
	return 1;
}

const struct dentry_operations simple_dentry_operations = { .d_delete = always_delete_dentry };

int simple_statfs(struct dentry *dentry, struct kstatfs *buf)
{
	struct super_block *sb = dentry->d_sb;

	buf->f_type = sb->s_magic;
	buf->f_bsize = PAGE_SIZE;
	buf->f_namelen = NAME_MAX_LEN;
	buf->f_fsid.val[0] = new_encode_dev(sb->s_dev);
	return 0;
}

const struct super_operations simple_super_operations = { .statfs = simple_statfs };

int simple_getattr(const struct path *path, struct kstat *stat, u32 request_mask,
		   unsigned int query_flags)
{
	struct inode *inode = d_inode(path->dentry);

	generic_fillattr(inode, stat);
	stat->blocks = inode->i_mapping->nrpages << (PAGE_SHIFT - 9);
	return 0;
}

int simple_setattr(struct dentry *dentry, struct iattr *attr)
{
	struct inode *inode = d_inode(dentry);
	int error = setattr_prepare(dentry, attr);

	if (error)
		return error;
	if (attr->ia_valid & ATTR_SIZE)
		truncate_setsize(inode, attr->ia_size);
	setattr_copy(inode, attr);
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

const char *simple_get_link(struct dentry *dentry, struct inode *inode, struct delayed_call *done)
{
	return inode->i_link;
}

const struct inode_operations simple_symlink_inode_operations = { .get_link = simple_get_link };

/* ---- names ---- */

struct dentry *simple_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	if (dentry->d_name.len > NAME_MAX_LEN)
		return ERR_PTR(-ENAMETOOLONG);
	/* What exists is in the cache: this name does not. */
	d_add(dentry, NULL);
	return NULL;
}

static void touch_dir(struct inode *dir)
{
	dir->i_mtime = inode_set_ctime_current(dir);
	dir->i_version++;
}

int simple_link(struct dentry *old, struct inode *dir, struct dentry *dentry)
{
	struct inode *inode = d_inode(old);

	inode_set_ctime_current(inode);
	touch_dir(dir);
	inc_nlink(inode);
	ihold(inode);
	dget(dentry);
	d_instantiate(dentry, inode);
	return 0;
}

static bool child_exists(struct dentry *child)
{
	bool exists;

	spin_lock_nested(&child->d_lock, D_LOCK_NESTED);
	exists = !(child->d_flags & DCACHE_DEAD) && child->d_inode && !d_unhashed(child);
	spin_unlock(&child->d_lock);
	return exists;
}

int simple_empty(struct dentry *dentry)
{
	struct dentry *child;
	int empty = 1;

	spin_lock(&dentry->d_lock);
	list_for_each_entry(child, &dentry->d_subdirs, d_child)
		if (child_exists(child)) {
			empty = 0;
			break;
		}
	spin_unlock(&dentry->d_lock);
	return empty;
}

int simple_unlink(struct inode *dir, struct dentry *dentry)
{
	struct inode *inode = d_inode(dentry);

	inode_set_ctime_current(inode);
	touch_dir(dir);
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
	bool old_is_dir = d_is_dir(old);
	bool new_is_dir = d_is_dir(new);

	if (old_dir != new_dir && old_is_dir != new_is_dir) {
		if (old_is_dir) {
			drop_nlink(old_dir);
			inc_nlink(new_dir);
		} else {
			drop_nlink(new_dir);
			inc_nlink(old_dir);
		}
	}
	touch_dir(old_dir);
	touch_dir(new_dir);
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
	touch_dir(old_dir);
	touch_dir(new_dir);
	inode_set_ctime_current(d_inode(old));
	return 0;
}

/* ---- reading folders ---- */

ssize_t generic_read_dir(struct file *file, char __user *buf, size_t size, loff_t *pos)
{
	return -EISDIR;
}

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
	switch (whence) {
	case SEEK_CUR:
		offset += file->f_pos;
		fallthrough;
	case SEEK_SET:
		if (offset >= 0)
			break;
		fallthrough;
	default:
		return -EINVAL;
	}
	file->f_pos = offset;
	return offset;
}

/*
 * The oldest child whose order is at least `pos`, looked for from `from` (or the end of the list)
 * on, with a reference. => parent's d_lock held
 */
static struct dentry *next_child(struct dentry *parent, struct dentry *from, u64 pos)
{
	struct list_head *p = from ? from->d_child.prev : parent->d_subdirs.prev;

	for (; p != &parent->d_subdirs; p = p->prev) {
		struct dentry *child = list_entry(p, struct dentry, d_child);

		if (child->d_order < pos)
			continue;
		spin_lock_nested(&child->d_lock, D_LOCK_NESTED);
		if (!(child->d_flags & DCACHE_DEAD) && child->d_inode && !d_unhashed(child)) {
			child->d_count++;
			spin_unlock(&child->d_lock);
			return child;
		}
		spin_unlock(&child->d_lock);
	}
	return NULL;
}

int dcache_readdir(struct file *file, struct dir_context *ctx)
{
	struct dentry *parent = file_dentry(file);
	struct dentry *child = NULL;

	if (!dir_emit_dots(file, ctx))
		return 0;
	for (;;) {
		struct dentry *prev = child;
		struct inode *inode;

		spin_lock(&parent->d_lock);
		child = next_child(parent, prev, ctx->pos);
		spin_unlock(&parent->d_lock);
		dput(prev);
		if (!child)
			return 0;
		/* The folder is locked: neither name nor inode change. */
		ctx->pos = child->d_order;
		inode = d_inode(child);
		if (!dir_emit(ctx, child->d_name.name, child->d_name.len, inode->i_ino,
			      (inode->i_mode >> 12) & 15)) {
			dput(child);
			return 0;
		}
		ctx->pos = child->d_order + 1;
	}
}

const struct file_operations simple_dir_operations = {
	.open = dcache_dir_open,
	.release = dcache_dir_close,
	.llseek = dcache_dir_lseek,
	.read = generic_read_dir,
	.iterate_shared = dcache_readdir,
	.fsync = noop_fsync,
};

const struct inode_operations simple_dir_inode_operations = { .lookup = simple_lookup };

/* ---- whole trees ---- */

static int add_file(struct super_block *sb, struct dentry *root, const struct tree_descr *f,
		    unsigned long ino)
{
	struct dentry *dentry = d_alloc_name(root, f->name);
	struct inode *inode;

	if (!dentry)
		return -ENOMEM;
	inode = new_inode(sb);
	if (!inode) {
		dput(dentry);
		return -ENOMEM;
	}
	inode->i_mode = S_IFREG | f->mode;
	inode->i_atime = inode->i_mtime = inode->i_ctime = current_time(inode);
	inode->i_fop = f->ops;
	inode->i_ino = ino;
	d_add(dentry, inode);
	return 0;
}

int simple_fill_super(struct super_block *sb, unsigned long magic, const struct tree_descr *files)
{
	struct inode *inode;
	unsigned long i;

	sb->s_blocksize = PAGE_SIZE;
	sb->s_blocksize_bits = PAGE_SHIFT;
	sb->s_magic = magic;
	sb->s_op = &simple_super_operations;
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
	for (i = 0; files && files[i].name && files[i].name[0]; i++) {
		int error = add_file(sb, sb->s_root, &files[i], i + 2);

		if (error)
			return error;
	}
	return 0;
}

/* A folder that stays empty: a mount point in /proc. */
static struct dentry *empty_dir_lookup(struct inode *dir, struct dentry *dentry,
				       unsigned int flags)
{
	return ERR_PTR(-ENOENT);
}

static int empty_dir_readdir(struct file *file, struct dir_context *ctx)
{
	dir_emit_dots(file, ctx);
	return 0;
}

static int empty_dir_setattr(struct dentry *dentry, struct iattr *attr)
{
	return -EPERM;
}

static const struct inode_operations empty_dir_inode_operations = {
	.lookup = empty_dir_lookup,
	.setattr = empty_dir_setattr,
};

static const struct file_operations empty_dir_operations = {
	.llseek = dcache_dir_lseek,
	.read = generic_read_dir,
	.iterate_shared = empty_dir_readdir,
	.fsync = noop_fsync,
};

void make_empty_dir_inode(struct inode *inode)
{
	set_nlink(inode, 2);
	inode->i_mode = S_IFDIR | S_IRUGO | S_IXUGO;
	inode->i_uid = GLOBAL_ROOT_UID;
	inode->i_gid = GLOBAL_ROOT_GID;
	inode->i_op = &empty_dir_inode_operations;
	inode->i_fop = &empty_dir_operations;
}

/* ---- buffers ---- */

ssize_t simple_read_from_buffer(void __user *to, size_t count, loff_t *ppos, const void *from,
				size_t available)
{
	loff_t pos = *ppos;
	size_t left;

	if (pos < 0)
		return -EINVAL;
	if (pos >= (loff_t)available || !count)
		return 0;
	if (count > available - pos)
		count = available - pos;
	left = copy_to_user(to, from + pos, count);
	if (left == count)
		return -EFAULT;
	count -= left;
	*ppos = pos + count;
	return count;
}

ssize_t simple_write_to_buffer(void *to, size_t available, loff_t *ppos, const void __user *from,
			       size_t count)
{
	loff_t pos = *ppos;
	size_t left;

	if (pos < 0)
		return -EINVAL;
	if (pos >= (loff_t)available || !count)
		return 0;
	if (count > available - pos)
		count = available - pos;
	left = copy_from_user(to + pos, from, count);
	if (left == count)
		return -EFAULT;
	count -= left;
	*ppos = pos + count;
	return count;
}

/* ---- special files ---- */

void init_special_inode(struct inode *inode, umode_t mode, dev_t dev)
{
	inode->i_mode = mode;
	switch (mode & S_IFMT) {
	case S_IFCHR:
		inode->i_fop = &def_chr_fops;
		inode->i_rdev = dev;
		break;
	case S_IFBLK:
		inode->i_fop = &def_blk_fops;
		inode->i_rdev = dev;
		break;
	case S_IFIFO:
		inode->i_fop = &pipefifo_fops;
		break;
	case S_IFSOCK:
		break;
	}
}
