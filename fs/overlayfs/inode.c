/* SPDX-License-Identifier: MIT */
/*
 * Inodes of the overlay.
 *
 * An inode is found again by the layer's inode that stands for it: the upper one if there is one,
 * else the topmost lower one. So all names of an upper file share an inode, and with an index
 * (index.c) all names of a lower file. Without one a lower file with several names has an inode for
 * each name, since a copy-up concerns one name only: the link is broken then.
 */
#include <fs/dentry.h>
#include <fs/namei.h>
#include <fs/stat.h>
#include <fs/xattr.h>
#include <kern/bug.h>
#include <kern/err.h>
#include <lib/string.h>
#include <mm/slab.h>

#include "internal.h"

void ovl_free_parts(struct ovl_path *lower, unsigned int numlower)
{
	while (numlower)
		dput(lower[--numlower].dentry);
	kfree(lower);
}

/* ---- permission ---- */

/* Can the mounter's rights be what stands in the way in the layer? */
static bool real_may_refuse(struct ovl_fs *ofs, const struct inode *real, int mask)
{
	return !ofs->creator_overrides || (mask & MAY_WRITE) || real->i_op->permission;
}

int ovl_permission(struct inode *inode, int mask)
{
	struct inode *real = ovl_inode_real(inode);
	const struct cred *old;
	int error = generic_permission(inode, mask);

	if (error || !real_may_refuse(OVL_FS(inode->i_sb), real, mask))
		return error;
	/* A lower file is not written but copied. */
	if (!ovl_inode_upper(inode) && !special_file(real->i_mode) && (mask & MAY_WRITE)) {
		mask &= ~(MAY_WRITE | MAY_APPEND);
		mask |= MAY_READ;
	}
	old = ovl_override_creds(inode->i_sb);
	error = inode_permission(real, mask);
	revert_creds(old);
	return error;
}

/* ---- attributes ---- */

int ovl_getattr(const struct path *path, struct kstat *stat, u32 request_mask,
		unsigned int query_flags)
{
	struct inode *inode = d_inode(path->dentry);
	const struct cred *old;
	struct path real;
	int error;

	ovl_path_real(inode, &real);
	old = ovl_override_creds(inode->i_sb);
	error = vfs_getattr(&real, stat, request_mask, query_flags);
	revert_creds(old);
	if (error)
		return error;
	stat->dev = inode->i_sb->s_dev;
	stat->ino = inode->i_ino;
	/* Nobody counts the folders in a merged folder. */
	if (S_ISDIR(inode->i_mode) && ovl_dir_has_lower(inode) && ovl_inode_upper(inode))
		stat->nlink = 1;
	else if (ovl_is_indexed(inode))
		stat->nlink = inode->i_nlink;
	return 0;
}

static int setattr_upper(struct inode *inode, struct iattr *attr)
{
	struct dentry *upper = ovl_inode_upper(inode);
	const struct cred *old = ovl_override_creds(inode->i_sb);
	int error;

	inode_lock(d_inode(upper));
	error = notify_change(upper, attr);
	if (!error)
		ovl_copyattr(inode);
	inode_unlock(d_inode(upper));
	revert_creds(old);
	return error;
}

int ovl_setattr(struct dentry *dentry, struct iattr *attr)
{
	struct inode *inode = d_inode(dentry);
	struct vfsmount *mnt = ovl_upper_mnt(OVL_FS(inode->i_sb));
	bool writer = false;
	int error = setattr_prepare(dentry, attr);

	if (error)
		return error;
	error = mnt_want_write(mnt);
	if (error)
		return error;
	if (attr->ia_valid & ATTR_SIZE)
		error = ovl_copy_up_for_size(dentry, attr->ia_size);
	else
		error = ovl_copy_up(dentry);
	if (!error && (attr->ia_valid & ATTR_SIZE)) {
		error = get_write_access(d_inode(ovl_dentry_upper(dentry)));
		writer = !error;
	}
	if (!error) {
		attr->ia_valid &= ~(ATTR_FILE | ATTR_OPEN);
		error = setattr_upper(inode, attr);
	}
	if (writer)
		put_write_access(d_inode(ovl_dentry_upper(dentry)));
	mnt_drop_write(mnt);
	return error;
}

int ovl_fileattr_get(struct dentry *dentry, u32 *flags)
{
	const struct cred *old = ovl_override_creds(dentry->d_sb);
	struct path real;
	int error;

	ovl_path_real(d_inode(dentry), &real);
	error = vfs_fileattr_get(real.dentry, flags);
	revert_creds(old);
	return error;
}

int ovl_fileattr_set(struct dentry *dentry, u32 flags)
{
	struct vfsmount *mnt = ovl_upper_mnt(OVL_FS(dentry->d_sb));
	const struct cred *old;
	int error = mnt_want_write(mnt);

	if (error)
		return error;
	error = ovl_copy_up(dentry);
	if (!error) {
		old = ovl_override_creds(dentry->d_sb);
		error = vfs_fileattr_set(ovl_dentry_upper(dentry), flags);
		revert_creds(old);
		ovl_copyattr(d_inode(dentry));
	}
	mnt_drop_write(mnt);
	return error;
}

/* ---- symlinks ---- */

static const char *ovl_get_link(struct dentry *dentry, struct inode *inode,
				struct delayed_call *done)
{
	const struct cred *old;
	const char *text;
	struct path real;

	ovl_path_real(inode, &real);
	text = d_inode(real.dentry)->i_link;
	if (text)
		return text;
	old = ovl_override_creds(inode->i_sb);
	text = d_inode(real.dentry)->i_op->get_link(real.dentry, d_inode(real.dentry), done);
	revert_creds(old);
	return text;
}

static const struct inode_operations ovl_file_inode_operations = {
	.fileattr_get = ovl_fileattr_get,
	.fileattr_set = ovl_fileattr_set,
	.setattr = ovl_setattr,
	.permission = ovl_permission,
	.getattr = ovl_getattr,
	.listxattr = ovl_listxattr,
};

static const struct inode_operations ovl_symlink_inode_operations = {
	.setattr = ovl_setattr,
	.get_link = ovl_get_link,
	.permission = ovl_permission,
	.getattr = ovl_getattr,
	.listxattr = ovl_listxattr,
};

/* ---- making ---- */

static void set_operations(struct inode *inode, umode_t mode, dev_t rdev)
{
	inode->i_mode = mode;
	inode->i_flags |= S_NOCMTIME;
	inode->i_mapping->a_ops = &ovl_aops;
	switch (mode & S_IFMT) {
	case S_IFREG:
		inode->i_op = &ovl_file_inode_operations;
		inode->i_fop = &ovl_file_operations;
		break;
	case S_IFDIR:
		inode->i_op = &ovl_dir_inode_operations;
		inode->i_fop = &ovl_dir_operations;
		break;
	case S_IFLNK:
		inode->i_op = &ovl_symlink_inode_operations;
		break;
	default:
		inode->i_op = &ovl_file_inode_operations;
		init_special_inode(inode, mode, rdev);
	}
}

/* The number that the file has whatever happens to it: of where it was copied up from. */
static u64 choose_ino(const struct ovl_fs *ofs, struct dentry *upper, const struct ovl_path *lower,
		      unsigned int numlower)
{
	struct ovl_origin origin;

	if (numlower)
		return ovl_map_ino(ofs, d_inode(lower[0].dentry)->i_ino, lower[0].layer->fsid);
	if (ovl_get_origin(ofs, upper, &origin))
		return ovl_map_ino(ofs, origin.ino, origin.fsid);
	return ovl_map_ino(ofs, d_inode(upper)->i_ino, ofs->layers[0].fsid);
}

static void fill_inode(struct inode *inode, struct dentry *upper, struct ovl_path *lower,
		       unsigned int numlower, char *redirect)
{
	struct ovl_inode *oi = OVL_I(inode);
	struct inode *real = upper ? d_inode(upper) : d_inode(lower[0].dentry);

	oi->upper = upper;
	oi->lower = lower;
	oi->numlower = numlower;
	oi->redirect = redirect;
	inode->i_ino = choose_ino(OVL_FS(inode->i_sb), upper, lower, numlower);
	set_operations(inode, real->i_mode, real->i_rdev);
	if (upper && !S_ISDIR(real->i_mode) && OVL_FS(inode->i_sb)->indexdir &&
	    ovl_index_offset(OVL_FS(inode->i_sb), upper, &oi->nlink_offset))
		set_bit(OVL_INDEXED, &oi->flags);
	ovl_copyattr(inode);
	if (S_ISDIR(inode->i_mode))
		set_nlink(inode, upper && numlower ? 1 : real->i_nlink);
}

static int same_key(struct inode *inode, void *key)
{
	return inode->i_private == key;
}

static int set_key(struct inode *inode, void *key)
{
	inode->i_private = key;
	return 0;
}

/* Another name than the one by which the lower file was found is left: it must be found by that. */
static bool lost_its_lower(const struct inode *inode)
{
	return ovl_is_indexed(inode) && !ovl_inode_upper(inode) &&
	       d_unhashed(OVL_I(inode)->lower[0].dentry);
}

struct inode *ovl_get_inode(struct super_block *sb, struct dentry *upper, struct ovl_path *lower,
			    unsigned int numlower, char *redirect)
{
	struct inode *real = upper ? d_inode(upper) : d_inode(lower[0].dentry);
	bool findable = upper || S_ISDIR(real->i_mode) || real->i_nlink == 1 ||
			ovl_wants_index(OVL_FS(sb), &lower[0]);
	struct inode *inode;

again:
	if (findable)
		inode = iget5_locked(sb, (unsigned long)real, same_key, set_key, real);
	else
		inode = new_inode(sb);
	if (inode && findable && !(inode->i_state & I_NEW) && lost_its_lower(inode)) {
		remove_inode_hash(inode);
		iput(inode);
		goto again;
	}
	if (inode && (!findable || (inode->i_state & I_NEW))) {
		fill_inode(inode, upper, lower, numlower, redirect);
		if (findable)
			unlock_new_inode(inode);
		return inode;
	}
	dput(upper);
	ovl_free_parts(lower, numlower);
	kfree(redirect);
	return inode ? inode : ERR_PTR(-ENOMEM);
}

struct inode *ovl_new_inode(struct super_block *sb, umode_t mode, dev_t rdev)
{
	struct inode *inode = new_inode(sb);

	if (inode)
		set_operations(inode, mode, rdev);
	return inode;
}

void ovl_inode_init_upper(struct inode *inode, struct dentry *upper)
{
	struct ovl_fs *ofs = OVL_FS(inode->i_sb);

	smp_store_release(&OVL_I(inode)->upper, upper);
	ovl_copyattr(inode);
	if (S_ISDIR(inode->i_mode))
		set_nlink(inode, d_inode(upper)->i_nlink);
	inode->i_ino = ovl_map_ino(ofs, d_inode(upper)->i_ino, ofs->layers[0].fsid);
	inode->i_private = d_inode(upper);
	__insert_inode_hash(inode, (unsigned long)d_inode(upper));
}

void ovl_inode_set_upper(struct inode *inode, struct dentry *upper, bool broken_link)
{
	struct ovl_fs *ofs = OVL_FS(inode->i_sb);

	smp_store_release(&OVL_I(inode)->upper, upper);
	if (broken_link)
		inode->i_ino = ovl_map_ino(ofs, d_inode(upper)->i_ino, ofs->layers[0].fsid);
	ovl_copyattr(inode);
	if (S_ISDIR(inode->i_mode))
		set_nlink(inode, 1);
	remove_inode_hash(inode);
	inode->i_private = d_inode(upper);
	__insert_inode_hash(inode, (unsigned long)d_inode(upper));
}

/* ---- names of layers that may change under us (network, host) ---- */

static int revalidate_real(struct dentry *real, unsigned int flags)
{
	int valid;

	if (!(READ_ONCE(real->d_flags) & DCACHE_OP_REVALIDATE))
		return 1;
	valid = real->d_op->d_revalidate(real, flags);
	if (!valid)
		d_invalidate(real);
	return valid;
}

/*
 * Is a name that no layer had still absent below? A layer's cache knows what was asked then; what
 * it does not know any more is asked anew, and so is what is there now.
 */
static int revalidate_absent(struct dentry *dentry, unsigned int flags)
{
	struct dentry *parent = dget_parent(dentry);
	const struct inode *dir = d_inode(parent);
	struct name_snapshot snap;
	unsigned int i;
	int valid = 1;

	take_dentry_name_snapshot(&snap, dentry);
	for (i = 0; valid > 0 && dir && i < OVL_I(dir)->numlower; i++) {
		struct dentry *part = OVL_I(dir)->lower[i].dentry, *real;
		struct qstr name = QSTR_INIT(snap.name.name, snap.name.len);

		if (!part->d_sb->s_d_op || !part->d_sb->s_d_op->d_revalidate)
			continue;
		real = d_hash_and_lookup(part, &name);
		valid = real && d_is_negative(real) ? revalidate_real(real, flags) : 0;
		dput(real);
	}
	dput(parent);
	return valid;
}

/* Without an upper part a change below is seen: the name is looked up anew. */
static int ovl_d_revalidate(struct dentry *dentry, unsigned int flags)
{
	struct inode *inode = d_inode(dentry);
	unsigned int i;
	int valid = 1;

	if (!inode)
		return ovl_dentry_is_whiteout(dentry) ? 1 : revalidate_absent(dentry, flags);
	if (ovl_inode_upper(inode))
		valid = revalidate_real(ovl_inode_upper(inode), flags);
	for (i = 0; valid > 0 && i < OVL_I(inode)->numlower; i++)
		valid = revalidate_real(OVL_I(inode)->lower[i].dentry, flags);
	return valid;
}

const struct dentry_operations ovl_dentry_revalidate_operations = {
	.d_revalidate = ovl_d_revalidate,
};
