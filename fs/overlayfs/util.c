/* SPDX-License-Identifier: MIT */
/* Small things that all of overlayfs uses: parts, rights, the overlay's own attributes. */
#include <fs/dentry.h>
#include <fs/inode.h>
#include <fs/posix_acl.h>
#include <fs/stat.h>
#include <fs/xattr.h>
#include <kern/err.h>
#include <kern/kernel.h>
#include <lib/string.h>
#include <linux/fcntl.h>
#include <linux/stat.h>
#include <mm/slab.h>

#include "internal.h"

/* ---- parts ---- */

const struct cred *ovl_override_creds(struct super_block *sb)
{
	return override_creds(OVL_FS(sb)->creator_cred);
}

void ovl_path_upper(const struct inode *inode, struct path *path)
{
	path->mnt = ovl_upper_mnt(OVL_FS(inode->i_sb));
	path->dentry = ovl_inode_upper(inode);
}

void ovl_path_real(const struct inode *inode, struct path *path)
{
	const struct ovl_inode *oi = OVL_I(inode);

	path->dentry = ovl_inode_upper(inode);
	if (path->dentry) {
		path->mnt = ovl_upper_mnt(OVL_FS(inode->i_sb));
	} else {
		path->mnt = oi->lower[0].layer->mnt;
		path->dentry = oi->lower[0].dentry;
	}
}

struct inode *ovl_inode_real(const struct inode *inode)
{
	struct path path;

	ovl_path_real(inode, &path);
	return d_inode(path.dentry);
}

u64 ovl_map_ino(const struct ovl_fs *ofs, u64 ino, unsigned int fsid)
{
	unsigned int bits = 0;

	if (ovl_is_samefs(ofs))
		return ino;
	while (1U << bits < ofs->numfs)
		bits++;
	/* The top bits of a number are spare in practice; if not, two files may look like one. */
	return ino ^ ((u64)fsid << (63 - bits));
}

/* ---- the overlay's own attributes ---- */

#define OWN_NAME_MAX 64

static const char *own_prefix(const struct ovl_fs *ofs)
{
	return ofs->userxattr ? "user.overlay." : "trusted.overlay.";
}

bool ovl_is_private_xattr(const struct ovl_fs *ofs, const char *name)
{
	return strstarts(name, own_prefix(ofs));
}

static const char *own_name(const struct ovl_fs *ofs, const char *name, char *buf)
{
	strscpy(buf, own_prefix(ofs), OWN_NAME_MAX);
	strlcat(buf, name, OWN_NAME_MAX);
	return buf;
}

ssize_t ovl_get_own_xattr(const struct ovl_fs *ofs, struct dentry *real, const char *name,
			  void *value, size_t size)
{
	char buf[OWN_NAME_MAX];

	return vfs_getxattr(real, own_name(ofs, name, buf), value, size);
}

int ovl_set_own_xattr(const struct ovl_fs *ofs, struct dentry *real, const char *name,
		      const void *value, size_t size)
{
	char buf[OWN_NAME_MAX];

	if (!ofs->xattr)
		return -EOPNOTSUPP;
	return vfs_setxattr(real, own_name(ofs, name, buf), value, size, 0);
}

static bool is_yes(const struct ovl_fs *ofs, struct dentry *real, const char *name)
{
	char value;

	return ovl_get_own_xattr(ofs, real, name, &value, 1) == 1 && value == 'y';
}

bool ovl_is_opaque(const struct ovl_fs *ofs, struct dentry *real)
{
	return is_yes(ofs, real, "opaque");
}

int ovl_set_opaque(const struct ovl_fs *ofs, struct dentry *upper)
{
	return ovl_set_own_xattr(ofs, upper, "opaque", "y", 1);
}

bool ovl_is_impure(struct inode *dir)
{
	struct ovl_inode *oi = OVL_I(dir);
	struct dentry *upper = ovl_inode_upper(dir);

	if (!upper)
		return false;
	if (test_bit(OVL_IMPURE, &oi->flags))
		return true;
	if (!is_yes(OVL_FS(dir->i_sb), upper, "impure"))
		return false;
	set_bit(OVL_IMPURE, &oi->flags);
	return true;
}

int ovl_set_impure(struct inode *dir, struct dentry *upper)
{
	int error;

	if (ovl_is_impure(dir))
		return 0;
	error = ovl_set_own_xattr(OVL_FS(dir->i_sb), upper, "impure", "y", 1);
	if (error == -EOPNOTSUPP)
		return 0;
	if (!error)
		set_bit(OVL_IMPURE, &OVL_I(dir)->flags);
	return error;
}

/* ---- where a file came from ---- */

#define OVL_FH_MAGIC		0xfb
#define OVL_FH_FLAGS		0x04
#define OVL_FH_TYPE_INO		0xe0

int ovl_make_origin(const struct ovl_path *lower, struct ovl_origin *origin)
{
	const struct path path = { .mnt = lower->layer->mnt, .dentry = lower->dentry };
	struct kstat stat;
	int error = vfs_getattr(&path, &stat, STATX_INO, AT_STATX_DONT_SYNC);

	if (error)
		return error;
	*origin = (struct ovl_origin){
		.magic = OVL_FH_MAGIC,
		.len = sizeof(*origin),
		.flags = OVL_FH_FLAGS,
		.type = OVL_FH_TYPE_INO,
		.fsid = lower->layer->fsid,
		.dev = stat.dev == lower->dentry->d_sb->s_dev ? 0 : stat.dev,
		.ino = d_inode(lower->dentry)->i_ino,
	};
	return 0;
}

int ovl_set_origin(const struct ovl_fs *ofs, struct dentry *upper, const struct ovl_path *lower)
{
	struct ovl_origin origin;
	int error = ovl_make_origin(lower, &origin);

	if (!error)
		error = ovl_set_own_xattr(ofs, upper, "origin", &origin, sizeof(origin));
	return error == -EOPNOTSUPP ? 0 : error;
}

bool ovl_get_origin(const struct ovl_fs *ofs, struct dentry *upper, struct ovl_origin *origin)
{
	if (!ofs->xattr ||
	    ovl_get_own_xattr(ofs, upper, "origin", origin, sizeof(*origin)) != sizeof(*origin))
		return false;
	return !origin->version && origin->magic == OVL_FH_MAGIC &&
	       origin->type == OVL_FH_TYPE_INO && origin->fsid < ofs->numfs;
}

/* ---- attributes ---- */

#define OVL_COPY_FLAGS (S_SYNC | S_NOATIME | S_APPEND | S_IMMUTABLE)

/* The overlay's inode checks by the same access list. */
static void copy_acl(struct inode *inode, struct inode *real, bool is_default)
{
	if (unlikely(real->i_acl || real->i_default_acl || inode->i_acl || inode->i_default_acl))
		set_cached_acl(inode, get_inode_acl(real, is_default), is_default);
}

void ovl_copyattr(struct inode *inode)
{
	struct inode *real = ovl_inode_real(inode);

	spin_lock(&inode->i_lock);
	inode->i_uid = real->i_uid;
	inode->i_gid = real->i_gid;
	inode->i_mode = real->i_mode;
	inode->i_atime = real->i_atime;
	inode->i_mtime = real->i_mtime;
	inode->i_ctime = real->i_ctime;
	inode->i_flags = (inode->i_flags & ~OVL_COPY_FLAGS) | (real->i_flags & OVL_COPY_FLAGS);
	i_size_write(inode, i_size_read(real));
	if (ovl_is_indexed(inode))
		set_nlink(inode, max((int)real->i_nlink + READ_ONCE(OVL_I(inode)->nlink_offset), 0));
	else if (!S_ISDIR(inode->i_mode))
		set_nlink(inode, real->i_nlink);
	spin_unlock(&inode->i_lock);
	copy_acl(inode, real, false);
	copy_acl(inode, real, true);
}

void ovl_dir_modified(struct inode *dir, bool impurity)
{
	struct dentry *upper = ovl_inode_upper(dir);

	if (impurity && upper)
		ovl_set_impure(dir, upper);
	ovl_copyattr(dir);
	OVL_I(dir)->version++;
}
