// SPDX-License-Identifier: MIT
/*
 * What a file's inode says, and how it is kept true.
 *
 * In a tree that may be written, each step of a walk and each stat() asks the host. In one that
 * may not, an answer holds for a second: such a tree is a system that somebody else may install
 * a package in, but not a way to talk.
 */
#include "internal.h"
#include <fs/namei.h>
#include <fs/xattr.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/jiffies.h>
#include <kern/kernel.h>
#include <linux/limits.h>
#include <mm/pagemap.h>
#include <mm/slab.h>

#define ANSWER_HOLDS HZ

static struct timespec64 guest_time(struct host_fs_time t)
{
	return (struct timespec64){ .tv_sec = t.sec, .tv_nsec = t.nsec };
}

static bool same_time(struct host_fs_time a, struct host_fs_time b)
{
	return a.sec == b.sec && a.nsec == b.nsec;
}

/* Takes everything over; true when cached pages may be out of date. */
static bool take_over(struct inode *inode, const struct host_fs_attr *attr)
{
	struct hostfs_inode *info = HOSTFS_I(inode);
	bool changed;

	spin_lock(&inode->i_lock);
	inode->i_mode = (inode->i_mode & S_IFMT) | (attr->mode & 07777);
	inode->i_uid = KUIDT_INIT(attr->uid);
	inode->i_gid = KGIDT_INIT(attr->gid);
	set_nlink(inode, attr->nlink);
	inode->i_atime = guest_time(attr->atime);
	inode->i_mtime = guest_time(attr->mtime);
	inode->i_ctime = guest_time(attr->ctime);
	inode->i_btime = guest_time(attr->btime);
	inode->i_blocks = attr->blocks;
	changed = !same_time(info->mtime, attr->mtime) || !same_time(info->ctime, attr->ctime) ||
		  i_size_read(inode) != attr->size;
	info->mtime = attr->mtime;
	info->ctime = attr->ctime;
	i_size_write(inode, attr->size);
	spin_unlock(&inode->i_lock);
	WRITE_ONCE(info->checked, jiffies);
	return changed;
}

void hostfs_restamp(struct inode *inode, const struct host_fs_attr *attr)
{
	take_over(inode, attr);
}

void hostfs_update(struct inode *inode, const struct host_fs_attr *attr)
{
	if (!take_over(inode, attr) || !S_ISREG(inode->i_mode) || !READ_ONCE(inode->i_mapping->nrpages))
		return;
	/* Written through a mapping here, and by others on the host: both count, here first. */
	filemap_write_and_wait(inode->i_mapping);
	invalidate_inode_pages2(inode->i_mapping);
}

static bool fresh_enough(const struct inode *inode)
{
	return !HOSTFS_SB(inode->i_sb)->writable &&
	       time_before(jiffies, READ_ONCE(HOSTFS_I(inode)->checked) + ANSWER_HOLDS);
}

/* Asks by a descriptor that is there already. */
static int ask_by_descriptor(struct inode *inode, struct host_fs_attr *attr)
{
	int fd, error;

	if (READ_ONCE(HOSTFS_I(inode)->rfd) < 0 && !HOSTFS_I(inode)->pinned)
		return -ESTALE;
	fd = hostfs_get(inode);
	if (fd < 0)
		return fd;
	error = host_fs_stat(fd, "", attr);
	hostfs_put(inode);
	return error;
}

static int ask_by_name(struct inode *inode, struct dentry *dentry, struct host_fs_attr *attr)
{
	struct hostfs_place place;
	struct dentry *alias = dentry ? dget(dentry) : d_find_alias(inode);
	int error;

	if (!alias)
		return -ESTALE;
	error = hostfs_place_get(alias, &place);
	if (!error) {
		error = host_fs_stat(place.fd, place.name, attr);
		hostfs_place_put(&place);
		if (!error && !hostfs_same(inode, attr))
			error = -ESTALE;
	}
	dput(alias);
	return error;
}

static int ask(struct inode *inode, struct dentry *dentry, struct host_fs_attr *attr)
{
	int error = ask_by_descriptor(inode, attr);

	return error ? ask_by_name(inode, dentry, attr) : 0;
}

int hostfs_refresh(struct inode *inode, struct dentry *dentry, bool force)
{
	struct host_fs_attr attr;
	int error;

	if (!force && fresh_enough(inode))
		return 0;
	error = ask(inode, dentry, &attr);
	if (!error)
		hostfs_update(inode, &attr);
	/* A file that has lost its name and its descriptor keeps what was known. */
	return error == -ESTALE && HOSTFS_I(inode)->pinned ? 0 : error;
}

void hostfs_changed(struct inode *inode, struct dentry *dentry)
{
	struct host_fs_attr attr;

	if (!ask(inode, dentry, &attr))
		hostfs_restamp(inode, &attr);
}

/* ---- names ---- */

/* Is the name still there, or still not there, and does it lead to the same file? */
static int hostfs_d_revalidate(struct dentry *dentry, unsigned int flags)
{
	struct inode *inode = d_inode(dentry);
	struct hostfs_place place;
	struct host_fs_attr attr;
	int error;

	if (IS_ROOT(dentry))
		return 1;
	if (inode ? fresh_enough(inode) :
		    !HOSTFS_SB(dentry->d_sb)->writable &&
			    time_before(jiffies, READ_ONCE(dentry->d_time) + ANSWER_HOLDS))
		return 1;
	error = hostfs_place_get(dentry, &place);
	if (error)
		return error == -ESTALE ? 0 : error;
	error = host_fs_stat(place.fd, place.name, &attr);
	hostfs_place_put(&place);
	if (!inode) {
		WRITE_ONCE(dentry->d_time, jiffies);
		return error == -ENOENT;
	}
	if (error)
		return error == -ENOENT ? 0 : error;
	if (!hostfs_same(inode, &attr))
		return 0;
	hostfs_update(inode, &attr);
	return 1;
}

const struct dentry_operations hostfs_dentry_ops = {
	.d_revalidate = hostfs_d_revalidate,
};

/* ---- attributes ---- */

int hostfs_getattr(const struct path *path, struct kstat *stat, u32 request_mask,
		   unsigned int query_flags)
{
	struct inode *inode = d_inode(path->dentry);
	int error = hostfs_refresh(inode, path->dentry, false);

	if (error && error != -ESTALE)
		return error;
	generic_fillattr(inode, stat);
	stat->dev = HOSTFS_I(inode)->device->dev;
	stat->btime = inode->i_btime;
	if (stat->btime.tv_sec)
		stat->result_mask |= STATX_BTIME;
	return 0;
}

static void free_text(void *text)
{
	kfree(text);
}

/* The text only: where it leads is for the guest's own walk to find. */
static const char *hostfs_get_link(struct dentry *dentry, struct inode *inode,
				   struct delayed_call *done)
{
	struct hostfs_place place;
	char *text;
	long n;

	text = kmalloc(PATH_MAX, GFP_KERNEL);
	if (!text)
		return ERR_PTR(-ENOMEM);
	n = hostfs_place_get(dentry, &place);
	if (!n) {
		n = host_fs_readlink(place.fd, place.name, text, PATH_MAX - 1);
		hostfs_place_put(&place);
	}
	if (n < 0) {
		kfree(text);
		return ERR_PTR(n);
	}
	text[n] = '\0';
	set_delayed_call(done, free_text, text);
	return text;
}

const struct inode_operations hostfs_file_iops = {
	.getattr = hostfs_getattr,
	.setattr = hostfs_setattr,
	.listxattr = hostfs_listxattr,
};

const struct inode_operations hostfs_special_iops = {
	.getattr = hostfs_getattr,
	.setattr = hostfs_setattr,
	.listxattr = hostfs_listxattr,
};

const struct inode_operations hostfs_symlink_iops = {
	.get_link = hostfs_get_link,
	.getattr = hostfs_getattr,
	.setattr = hostfs_setattr,
	.listxattr = hostfs_listxattr,
};
