/* SPDX-License-Identifier: MIT */
/*
 * overlayfs: several folders seen as one.
 *
 *	mount -t overlay overlay -o lowerdir=L1:L2,upperdir=U,workdir=W /mnt
 *
 * Lower folders are never written. What changes goes to the upper one: a lower file is copied
 * there at its first change (copy_up.c), a removed one leaves a whiteout there, a device node 0:0
 * (dir.c). The layers are ordinary folders of other file systems, on private mounts so that nobody
 * can mount in them; they are used with the rights of whoever mounted the overlay, after the
 * overlay has checked the caller's own against the same owners and modes.
 *
 * An inode of the overlay (struct ovl_inode) holds the dentries that stand for it in the layers;
 * lookup (lookup.c) finds them once. Only the upper one can come later, by a copy-up. Content is
 * the layer's: the overlay has no pages of its own (file.c).
 *
 * Lock order: i_rwsem of the overlay (a folder before its children) > ovl_inode.lock > everything
 * of the layers, whose file systems may be overlays themselves (s_stack_depth).
 *
 * Without an upper folder the overlay is read-only.
 */
#include <fs/dentry.h>
#include <fs/file.h>
#include <fs/namei.h>
#include <fs/statfs.h>
#include <fs/xattr.h>
#include <kern/err.h>
#include <kern/init.h>
#include <kern/kernel.h>
#include <kern/lockdep.h>
#include <lib/string.h>
#include <linux/magic.h>
#include <mm/pagemap.h>
#include <mm/slab.h>

#include "internal.h"

#define WORKDIR_NAME "work"
#define INDEXDIR_NAME "index"

static struct kmem_cache *ovl_inode_cache;

/* ---- inodes ---- */

static struct inode *ovl_alloc_inode(struct super_block *sb)
{
	struct ovl_inode *oi = kmem_cache_alloc(ovl_inode_cache, GFP_KERNEL);

	if (!oi)
		return NULL;
	oi->upper = NULL;
	oi->numlower = 0;
	oi->lower = NULL;
	oi->redirect = NULL;
	oi->flags = 0;
	oi->nlink_offset = 0;
	oi->version = 0;
	oi->cache = NULL;
	mutex_init(&oi->lock);
	return &oi->vfs_inode;
}

static void ovl_free_inode(struct inode *inode)
{
	kmem_cache_free(ovl_inode_cache, OVL_I(inode));
}

static void ovl_evict_inode(struct inode *inode)
{
	struct ovl_inode *oi = OVL_I(inode);

	truncate_inode_pages_final(&inode->i_data);
	clear_inode(inode);
	/* Found no more, before the dentry that holds the key goes. */
	remove_inode_hash(inode);
	ovl_dir_cache_free(inode);
	dput(oi->upper);
	ovl_free_parts(oi->lower, oi->numlower);
	kfree(oi->redirect);
}

/* ---- the super block ---- */

static int ovl_statfs(struct dentry *dentry, struct kstatfs *buf)
{
	struct super_block *sb = dentry->d_sb;
	struct path path;
	int error;

	ovl_path_real(d_inode(sb->s_root), &path);
	error = vfs_statfs(&path, buf);
	if (error)
		return error;
	buf->f_type = OVERLAYFS_SUPER_MAGIC;
	buf->f_namelen = NAME_MAX_LEN;
	buf->f_fsid.val[0] = sb->s_dev;
	buf->f_fsid.val[1] = 0;
	return 0;
}

static int ovl_sync_fs(struct super_block *sb, int wait)
{
	struct vfsmount *mnt = ovl_upper_mnt(OVL_FS(sb));
	struct super_block *upper;
	int error = 0;

	if (!mnt || OVL_FS(sb)->is_volatile)
		return 0;
	upper = mnt->mnt_sb;
	down_read(&upper->s_umount);
	if (upper->s_op->sync_fs)
		error = upper->s_op->sync_fs(upper, wait);
	up_read(&upper->s_umount);
	return error;
}

static int ovl_remount(struct super_block *sb, int *flags, char *data)
{
	if (!(*flags & SB_RDONLY) && !OVL_FS(sb)->workdir)
		return -EROFS;
	return 0;
}

static void free_fs(struct ovl_fs *ofs)
{
	unsigned int i;

	if (!ofs)
		return;
	dput(ofs->indexdir);
	dput(ofs->workdir);
	for (i = 0; ofs->layers && i < ofs->numlayer; i++) {
		kern_unmount(ofs->layers[i].mnt);
		kfree(ofs->layers[i].name);
	}
	kfree(ofs->layers);
	kfree(ofs->upperdir);
	kfree(ofs->workdir_name);
	put_cred(ofs->creator_cred);
	kfree(ofs);
}

static const struct super_operations ovl_super_operations = {
	.alloc_inode = ovl_alloc_inode,
	.free_inode = ovl_free_inode,
	.evict_inode = ovl_evict_inode,
	.statfs = ovl_statfs,
	.sync_fs = ovl_sync_fs,
	.remount_fs = ovl_remount,
	.show_options = ovl_show_options,
};

/* ---- layers ---- */

/* A folder given as an option; its file system must not be too deep a stack. */
static int layer_path(struct super_block *sb, const char *name, struct path *path)
{
	int depth;
	int error = kern_path(name, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, path);

	if (error)
		return error;
	depth = path->dentry->d_sb->s_stack_depth + 1;
	if (depth > FILESYSTEM_MAX_STACK_DEPTH) {
		path_put(path);
		return -EINVAL;
	}
	if (depth > sb->s_stack_depth)
		sb->s_stack_depth = depth;
	return 0;
}

/* Layers on one file system share a number. */
static unsigned int fsid_of(struct ovl_fs *ofs, const struct super_block *sb, unsigned int before)
{
	unsigned int i;

	for (i = 0; i < before; i++)
		if (ofs->layers[i].mnt && ofs->layers[i].mnt->mnt_sb == sb)
			return ofs->layers[i].fsid;
	return ofs->numfs++;
}

/* => eats the path's references */
static int add_layer(struct ovl_fs *ofs, unsigned int i, struct path *path, int flags)
{
	struct vfsmount *mnt = clone_private_mount(path);

	path_put(path);
	if (IS_ERR(mnt))
		return PTR_ERR(mnt);
	mnt->mnt_flags |= flags;
	ofs->layers[i].mnt = mnt;
	ofs->layers[i].fsid = fsid_of(ofs, mnt->mnt_sb, i);
	return 0;
}

static int remove_leftover(void *arg, const char *name, int len, unsigned int type)
{
	struct path *dir = arg;
	struct path child = { .mnt = dir->mnt };
	int error;

	child.dentry = ovl_lookup_real(dir->dentry, name, len);
	if (IS_ERR(child.dentry))
		return PTR_ERR(child.dentry);
	if (d_is_dir(child.dentry)) {
		error = ovl_for_each_name(&child, remove_leftover, &child);
		if (error)
			goto put;
	}
	inode_lock_nested(d_inode(dir->dentry), I_MUTEX_PARENT);
	error = d_is_positive(child.dentry) ? ovl_cleanup(d_inode(dir->dentry), child.dentry) : 0;
	inode_unlock(d_inode(dir->dentry));
put:
	dput(child.dentry);
	return error;
}

/* A folder in the one that workdir= names. ERR_PTR */
static struct dentry *make_dir(struct dentry *base, const char *name)
{
	struct dentry *dir;
	int error = 0;

	inode_lock_nested(d_inode(base), I_MUTEX_PARENT);
	dir = lookup_one_len(name, base, strlen(name));
	if (!IS_ERR(dir) && d_is_negative(dir))
		error = vfs_mkdir(d_inode(base), dir, S_IFDIR);
	inode_unlock(d_inode(base));
	if (IS_ERR(dir))
		return dir;
	if (!error && !d_is_dir(dir))
		error = -ENOTDIR;
	if (!error)
		return dir;
	dput(dir);
	return ERR_PTR(error);
}

/* workdir/work, empty; what an earlier mount left in it goes. */
static struct dentry *make_workdir(struct vfsmount *mnt, struct dentry *base)
{
	struct path work = { .mnt = mnt, .dentry = make_dir(base, WORKDIR_NAME) };
	int error;

	if (IS_ERR(work.dentry))
		return work.dentry;
	error = ovl_for_each_name(&work, remove_leftover, &work);
	if (!error)
		return work.dentry;
	dput(work.dentry);
	return ERR_PTR(error);
}

/* workdir/index, if it is wanted and the upper file system can keep what it needs. */
static int add_indexdir(struct ovl_fs *ofs, struct dentry *base)
{
	struct dentry *dir;

	if (!ofs->index || !ofs->xattr)
		return 0;
	dir = make_dir(base, INDEXDIR_NAME);
	if (IS_ERR(dir))
		return PTR_ERR(dir);
	ofs->indexdir = dir;
	return 0;
}

/* What the upper file system can do is tried out. */
static void probe_upper(struct ovl_fs *ofs)
{
	struct dentry *temp = vfs_tmpfile(ofs->workdir, S_IFREG, 0);

	ofs->tmpfile = !IS_ERR(temp);
	if (!IS_ERR(temp))
		dput(temp);
	ofs->xattr = true;
	ofs->xattr = !ovl_set_own_xattr(ofs, ofs->workdir, "opaque", "0", 1);
}

static int add_workdir(struct super_block *sb, struct ovl_fs *ofs, const struct path *upper)
{
	struct path work;
	int error = layer_path(sb, ofs->workdir_name, &work);

	if (error)
		return error;
	error = -EINVAL;
	/* One rename must lead from one to the other, and neither may be in the other. */
	if (work.mnt == upper->mnt && !is_subdir(work.dentry, upper->dentry) &&
	    !is_subdir(upper->dentry, work.dentry)) {
		error = mnt_want_write(work.mnt);
		if (!error) {
			ofs->workdir = make_workdir(work.mnt, work.dentry);
			error = PTR_ERR(ofs->workdir);
			if (IS_ERR(ofs->workdir)) {
				ofs->workdir = NULL;
			} else {
				probe_upper(ofs);
				error = add_indexdir(ofs, work.dentry);
			}
			mnt_drop_write(work.mnt);
		}
	}
	path_put(&work);
	return error;
}

static int add_upper(struct super_block *sb, struct ovl_fs *ofs)
{
	struct path upper;
	int error = layer_path(sb, ofs->upperdir, &upper);

	if (error)
		return error;
	if (__mnt_is_readonly(upper.mnt))
		error = -EINVAL;
	else
		error = add_workdir(sb, ofs, &upper);
	if (error) {
		path_put(&upper);
		return error;
	}
	return add_layer(ofs, 0, &upper, 0);
}

static int add_lowers(struct super_block *sb, struct ovl_fs *ofs)
{
	unsigned int i;
	int error = 0;

	for (i = 1; !error && i < ofs->numlayer; i++) {
		struct path path;

		error = layer_path(sb, ofs->layers[i].name, &path);
		if (!error)
			error = add_layer(ofs, i, &path, MNT_READONLY | MNT_NOATIME);
	}
	return error;
}

/* ---- mounting ---- */

static struct dentry *make_root(struct super_block *sb, struct ovl_fs *ofs)
{
	unsigned int i, numlower = ofs->numlayer - 1;
	struct ovl_path *lower = kcalloc(numlower, sizeof(*lower), GFP_KERNEL);
	struct dentry *upper = NULL;
	struct inode *inode;

	if (!lower)
		return NULL;
	for (i = 0; i < numlower; i++) {
		lower[i].layer = &ofs->layers[i + 1];
		lower[i].dentry = dget(lower[i].layer->mnt->mnt_root);
	}
	if (ovl_upper_mnt(ofs))
		upper = dget(ovl_upper_mnt(ofs)->mnt_root);
	inode = ovl_get_inode(sb, upper, lower, numlower, NULL);
	return IS_ERR(inode) ? NULL : d_make_root(inode);
}

/* Do names of a layer change behind our back? */
static bool layers_revalidate(const struct ovl_fs *ofs)
{
	unsigned int i;

	for (i = 0; i < ofs->numlayer; i++) {
		const struct vfsmount *mnt = ofs->layers[i].mnt;

		if (mnt && mnt->mnt_sb->s_d_op && mnt->mnt_sb->s_d_op->d_revalidate)
			return true;
	}
	return false;
}

static struct ovl_fs *new_fs(char *options)
{
	struct ovl_fs *ofs = kzalloc(sizeof(*ofs), GFP_KERNEL);
	char **lower = NULL;
	unsigned int i, numlower = 0;
	int error;

	if (!ofs)
		return ERR_PTR(-ENOMEM);
	mutex_init(&ofs->index_lock);
	error = options ? ovl_parse_options(ofs, options, &lower, &numlower) : -EINVAL;
	if (!error) {
		ofs->layers = kcalloc(numlower + 1, sizeof(*ofs->layers), GFP_KERNEL);
		error = ofs->layers ? 0 : -ENOMEM;
	}
	for (i = 0; i < numlower; i++) {
		if (error)
			kfree(lower[i]);
		else
			ofs->layers[i + 1].name = lower[i];
	}
	kfree(lower);
	if (error) {
		free_fs(ofs);
		return ERR_PTR(error);
	}
	ofs->numlayer = numlower + 1;
	return ofs;
}

static int set_creator(struct ovl_fs *ofs)
{
	struct cred *cred = prepare_creds();

	if (!cred)
		return -ENOMEM;
	/* Limits hold for those who use the overlay. */
	cred->cap_effective.val &= ~(1ULL << CAP_SYS_RESOURCE);
	ofs->creator_overrides = cap_raised(cred->cap_effective, CAP_DAC_OVERRIDE);
	ofs->creator_cred = cred;
	return 0;
}

static int ovl_fill_super(struct super_block *sb, void *data, int silent)
{
	struct ovl_fs *ofs = new_fs(data);
	int error;

	if (IS_ERR(ofs))
		return PTR_ERR(ofs);
	sb->s_fs_info = ofs;
	error = set_creator(ofs);
	if (!error && ofs->upperdir)
		error = add_upper(sb, ofs);
	if (!error)
		error = add_lowers(sb, ofs);
	if (!error && ofs->indexdir)
		error = ovl_index_verify(ofs);
	if (error)
		return error;
	if (!ovl_upper_mnt(ofs))
		sb->s_flags |= SB_RDONLY;
	sb->s_magic = OVERLAYFS_SUPER_MAGIC;
	sb->s_op = &ovl_super_operations;
	sb->s_xattr = ovl_xattr_handlers;
	sb->s_maxbytes = ovl_upper_mnt(ofs) ? ovl_upper_mnt(ofs)->mnt_sb->s_maxbytes : LLONG_MAX;
	sb->s_blocksize = 4096;
	sb->s_blocksize_bits = 12;
	sb->s_time_gran = 1;
	if (layers_revalidate(ofs))
		sb->s_d_op = &ovl_dentry_revalidate_operations;
	lockdep_set_class_and_name(&sb->s_vfs_rename_mutex,
				   &sb->s_type->s_vfs_rename_key[sb->s_stack_depth],
				   "s_vfs_rename_mutex");
	sb->s_root = make_root(sb, ofs);
	return sb->s_root ? 0 : -ENOMEM;
}

static struct dentry *ovl_mount(struct file_system_type *type, int flags, const char *dev_name,
				void *data)
{
	return mount_nodev(type, flags, data, ovl_fill_super);
}

static void ovl_kill_super(struct super_block *sb)
{
	struct ovl_fs *ofs = sb->s_fs_info;

	kill_anon_super(sb);
	free_fs(ofs);
}

static struct file_system_type ovl_type = {
	.name = "overlay", .mount = ovl_mount, .kill_sb = ovl_kill_super,
	.fs_flags = FS_USERNS_MOUNT,
};

static void init_once(void *object)
{
	inode_init_once(&((struct ovl_inode *)object)->vfs_inode);
}

static int __init ovl_init(void)
{
	ovl_inode_cache = kmem_cache_create("ovl_inode", sizeof(struct ovl_inode), 0,
					    SLAB_PANIC | SLAB_RECLAIM_ACCOUNT | SLAB_ACCOUNT, init_once);
	return register_filesystem(&ovl_type);
}
fs_initcall(ovl_init);
