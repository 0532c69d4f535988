// SPDX-License-Identifier: MIT
/*
 * Names in folders of the host: looking up, making, taking away. The folder is locked in the
 * guest; against programs of the host there is no lock, so every answer of the host stands.
 *
 * What is made belongs to whom the guest says, where the host lets vmlinux give files away;
 * else to the user that vmlinux runs as, and the guest is shown that.
 */
#include "internal.h"
#include <fs/namei.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/jiffies.h>
#include <kern/kernel.h>
#include <linux/fs.h>

/* => dir locked */
static struct dentry *hostfs_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	struct host_fs_attr attr;
	struct inode *inode = NULL;
	int fd, error;

	if (dentry->d_name.len > NAME_MAX)
		return ERR_PTR(-ENAMETOOLONG);
	fd = hostfs_get(dir);
	if (fd < 0)
		return ERR_PTR(fd == -ESTALE ? -ENOENT : fd);
	error = host_fs_stat(fd, dentry->d_name.name, &attr);
	if (!error)
		inode = hostfs_iget(dir->i_sb, &attr, fd, dentry->d_name.name);
	else if (error != -ENOENT)
		inode = ERR_PTR(error);
	hostfs_put(dir);
	dentry->d_time = jiffies;
	return d_splice_alias(inode, dentry);
}

/* ---- making ---- */

/* Gives what was just made to the guest's user. */
static void give_away(struct inode *dir, int fd, const char *name, struct host_fs_attr *attr)
{
	uid_t uid = current_fsuid().val;
	gid_t gid = dir->i_mode & S_ISGID ? dir->i_gid.val : current_fsgid().val;
	unsigned int mode = attr->mode;

	if (attr->uid == uid && attr->gid == gid)
		return;
	if (host_fs_chown(fd, name, uid, gid))
		return;
	/* Changing the owner took setuid and setgid away. */
	if (mode & 06000 && !S_ISLNK(mode))
		host_fs_chmod(fd, name, mode & 07777);
	host_fs_stat(fd, name, attr);
}

/* `dentry` now names something on the host: finds its inode. => dir locked and its fd in use */
static int made(struct inode *dir, struct dentry *dentry, int fd)
{
	const char *name = dentry->d_name.name;
	struct host_fs_attr attr;
	struct inode *inode;
	int error = host_fs_stat(fd, name, &attr);

	if (error)
		return error;
	give_away(dir, fd, name, &attr);
	inode = hostfs_iget(dir->i_sb, &attr, fd, name);
	if (IS_ERR(inode))
		return PTR_ERR(inode);
	d_instantiate(dentry, inode);
	hostfs_changed(dir, NULL);
	return 0;
}

static int hostfs_create(struct inode *dir, struct dentry *dentry, umode_t mode, bool excl)
{
	int fd = hostfs_get(dir), file, error;

	if (fd < 0)
		return fd;
	file = host_fs_open(fd, dentry->d_name.name, HOST_FS_READ | HOST_FS_WRITE | HOST_FS_CREATE,
			    mode & 07777);
	error = file < 0 ? file : made(dir, dentry, fd);
	/* Whoever made it may write it, whatever its mode: this is the descriptor to do so. */
	if (!error)
		hostfs_adopt(d_inode(dentry), file);
	else if (file >= 0)
		host_fs_close(file);
	hostfs_put(dir);
	return error;
}

static int hostfs_mkdir(struct inode *dir, struct dentry *dentry, umode_t mode)
{
	int fd = hostfs_get(dir), error;

	if (fd < 0)
		return fd;
	error = host_fs_mkdir(fd, dentry->d_name.name, mode & 07777);
	if (!error)
		error = made(dir, dentry, fd);
	hostfs_put(dir);
	return error;
}

/* FIFOs, sockets, and the whiteouts of an overlay: what is no door to the host's devices. */
static int hostfs_mknod(struct inode *dir, struct dentry *dentry, umode_t mode, dev_t dev)
{
	int fd, error;

	if ((S_ISBLK(mode) || S_ISCHR(mode)) && dev)
		return -EPERM;
	fd = hostfs_get(dir);
	if (fd < 0)
		return fd;
	error = host_fs_mknod(fd, dentry->d_name.name, mode, 0);
	if (!error)
		error = made(dir, dentry, fd);
	hostfs_put(dir);
	return error;
}

static int hostfs_symlink(struct inode *dir, struct dentry *dentry, const char *target)
{
	int fd = hostfs_get(dir), error;

	if (fd < 0)
		return fd;
	error = host_fs_symlink(target, fd, dentry->d_name.name);
	if (!error)
		error = made(dir, dentry, fd);
	hostfs_put(dir);
	return error;
}

static int hostfs_tmpfile(struct inode *dir, struct dentry *dentry, umode_t mode)
{
	int fd = hostfs_get(dir), file, error;
	struct host_fs_attr attr;
	struct inode *inode;

	if (fd < 0)
		return fd;
	file = host_fs_open(fd, "", HOST_FS_READ | HOST_FS_WRITE | HOST_FS_UNNAMED, mode & 07777);
	hostfs_put(dir);
	if (file < 0)
		return file;
	error = host_fs_stat(file, "", &attr);
	if (error)
		goto close;
	give_away(dir, file, "", &attr);
	inode = hostfs_iget(dir->i_sb, &attr, file, "");
	error = PTR_ERR_OR_ZERO(inode);
	if (error)
		goto close;
	hostfs_adopt(inode, file);
	hostfs_pin(inode);
	/* d_tmpfile() takes the link away that a new inode has; this one says 0 already. */
	set_nlink(inode, 1);
	d_tmpfile(dentry, inode);
	return 0;
close:
	host_fs_close(file);
	return error;
}

/* The first name of an unnamed file, or a further one of a file with names. */
static int hostfs_link(struct dentry *old, struct inode *dir, struct dentry *dentry)
{
	struct inode *inode = d_inode(old);
	struct hostfs_place place;
	int fd = hostfs_get(dir), error;

	if (fd < 0)
		return fd;
	if (!inode->i_nlink) {
		error = host_fs_link(hostfs_writer(inode), "", fd, dentry->d_name.name);
	} else {
		error = hostfs_place_get(old, &place);
		if (!error) {
			error = host_fs_link(place.fd, place.name, fd, dentry->d_name.name);
			hostfs_place_put(&place);
		}
	}
	hostfs_put(dir);
	if (error)
		return error;
	ihold(inode);
	d_instantiate(dentry, inode);
	hostfs_changed(inode, dentry);
	hostfs_changed(dir, NULL);
	return 0;
}

/* ---- taking away ---- */

static int take_away(struct inode *dir, struct dentry *dentry, bool folder)
{
	struct inode *inode = d_inode(dentry);
	int fd, error = hostfs_pin(inode);

	if (error)
		return error;
	fd = hostfs_get(dir);
	error = fd < 0 ? fd : host_fs_unlink(fd, dentry->d_name.name, folder);
	if (fd >= 0)
		hostfs_put(dir);
	if (error) {
		hostfs_unpin(inode);
		return error;
	}
	if (folder)
		clear_nlink(inode);
	else if (inode->i_nlink)
		drop_nlink(inode);
	hostfs_name_gone(inode);
	hostfs_changed(dir, NULL);
	return 0;
}

static int hostfs_unlink(struct inode *dir, struct dentry *dentry)
{
	return take_away(dir, dentry, false);
}

static int hostfs_rmdir(struct inode *dir, struct dentry *dentry)
{
	return take_away(dir, dentry, true);
}

static int rename_on_host(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
			  struct dentry *new, unsigned int flags)
{
	int from = hostfs_get(old_dir), to, error;

	if (from < 0)
		return from;
	to = hostfs_get(new_dir);
	error = to < 0 ? to : host_fs_rename(from, old->d_name.name, to, new->d_name.name, flags);
	if (to >= 0)
		hostfs_put(new_dir);
	hostfs_put(old_dir);
	return error;
}

static int hostfs_rename(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
			 struct dentry *new, unsigned int flags)
{
	struct inode *victim = flags & RENAME_EXCHANGE ? NULL : d_inode(new);
	int error = 0;

	if (flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE | RENAME_WHITEOUT))
		return -EINVAL;
	if (victim)
		error = hostfs_pin(victim);
	if (!error) {
		error = rename_on_host(old_dir, old, new_dir, new, flags);
		if (error && victim)
			hostfs_unpin(victim);
	}
	if (error)
		return error;
	if (victim && S_ISDIR(victim->i_mode))
		clear_nlink(victim);
	else if (victim && victim->i_nlink)
		drop_nlink(victim);
	if (victim)
		hostfs_name_gone(victim);
	hostfs_changed(old_dir, NULL);
	if (new_dir != old_dir)
		hostfs_changed(new_dir, NULL);
	return 0;
}

/* ---- attributes ---- */

static void times_of(const struct iattr *attr, struct host_fs_time *atime,
		     struct host_fs_time *mtime)
{
	const struct host_fs_time now = { .nsec = (1U << 30) - 1 };	/* UTIME_NOW */
	const struct host_fs_time omit = { .nsec = (1U << 30) - 2 };	/* UTIME_OMIT */

	*atime = *mtime = omit;
	if (attr->ia_valid & ATTR_ATIME)
		*atime = now;
	if (attr->ia_valid & ATTR_ATIME_SET)
		*atime = (struct host_fs_time){ attr->ia_atime.tv_sec, attr->ia_atime.tv_nsec };
	if (attr->ia_valid & ATTR_MTIME)
		*mtime = now;
	if (attr->ia_valid & ATTR_MTIME_SET)
		*mtime = (struct host_fs_time){ attr->ia_mtime.tv_sec, attr->ia_mtime.tv_nsec };
}

static int change_on_host(const struct hostfs_place *place, const struct iattr *attr)
{
	struct host_fs_time atime, mtime;
	unsigned int valid = attr->ia_valid;
	int error = 0;

	if (valid & (ATTR_UID | ATTR_GID))
		error = host_fs_chown(place->fd, place->name,
				      valid & ATTR_UID ? attr->ia_uid.val : ~0U,
				      valid & ATTR_GID ? attr->ia_gid.val : ~0U);
	if (!error && valid & ATTR_MODE)
		error = host_fs_chmod(place->fd, place->name, attr->ia_mode & 07777);
	/* Cutting a file sets its times by itself. */
	if (!error && valid & (ATTR_ATIME | ATTR_MTIME) && !(valid & ATTR_SIZE)) {
		times_of(attr, &atime, &mtime);
		error = host_fs_utimes(place->fd, place->name, &atime, &mtime);
	}
	return error;
}

/* By a descriptor where the file has no name any more, else by name. => inode locked */
static int change_attributes(struct inode *inode, struct dentry *dentry, const struct iattr *attr)
{
	struct hostfs_place place;
	int error;

	if (HOSTFS_I(inode)->pinned && !IS_ROOT(dentry)) {
		place = (struct hostfs_place){ .name = "", .held = inode };
		place.fd = hostfs_get(inode);
		error = place.fd < 0 ? place.fd : 0;
	} else {
		error = hostfs_place_get(dentry, &place);
	}
	if (error)
		return error;
	error = change_on_host(&place, attr);
	hostfs_place_put(&place);
	return error;
}

int hostfs_setattr(struct dentry *dentry, struct iattr *attr)
{
	struct inode *inode = d_inode(dentry);
	int error = setattr_prepare(dentry, attr);

	if (error)
		return error;
	if (attr->ia_valid & ATTR_SIZE)
		error = hostfs_truncate(inode, dentry, attr->ia_size);
	if (!error && attr->ia_valid & (ATTR_UID | ATTR_GID | ATTR_MODE | ATTR_ATIME | ATTR_MTIME))
		error = change_attributes(inode, dentry, attr);
	hostfs_changed(inode, dentry);
	return error;
}

const struct inode_operations hostfs_dir_iops = {
	.lookup = hostfs_lookup,
	.create = hostfs_create,
	.link = hostfs_link,
	.symlink = hostfs_symlink,
	.mkdir = hostfs_mkdir,
	.mknod = hostfs_mknod,
	.unlink = hostfs_unlink,
	.rmdir = hostfs_rmdir,
	.rename = hostfs_rename,
	.tmpfile = hostfs_tmpfile,
	.setattr = hostfs_setattr,
	.getattr = hostfs_getattr,
	.listxattr = hostfs_listxattr,
};
