/* SPDX-License-Identifier: MIT */
/*
 * Super blocks: one for each instance of a file system.
 *
 * s_active counts what keeps the instance running: its mounts. When it reaches zero the type's
 * kill_sb() empties the caches and takes the instance off all lists. s_count keeps the memory
 * while somebody walks the list of all super blocks.
 *
 * Lock order: s_umount > sb_lock.
 */
#include <fs/dentry.h>
#include <fs/inode.h>
#include <fs/kdev_t.h>
#include <fs/libfs.h>
#include <fs/notify.h>
#include <fs/super.h>
#include <kern/bug.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/lsm.h>
#include <kern/rwsem.h>
#include <kern/spinlock.h>
#include <kern/user_namespace.h>
#include <lib/idr.h>
#include <lib/string.h>
#include <mm/slab.h>
#include "internal.h"
#include "mount.h"

static LIST_HEAD(super_blocks);			/* sb_lock */
static DEFINE_SPINLOCK(sb_lock);
static DEFINE_IDA(anon_dev_ida);		/* minors of devices that do not exist */

static struct super_block *alloc_super(struct file_system_type *type, int flags)
{
	struct super_block *sb = kzalloc(sizeof(*sb), GFP_KERNEL);

	if (!sb)
		return NULL;
	INIT_LIST_HEAD(&sb->s_list);
	INIT_LIST_HEAD(&sb->s_instances);
	INIT_LIST_HEAD(&sb->s_inodes);
	INIT_LIST_HEAD(&sb->s_dentry_lru);
	spin_lock_init(&sb->s_inode_list_lock);
	spin_lock_init(&sb->s_dentry_lru_lock);
	init_rwsem(&sb->s_umount);
	mutex_init(&sb->s_vfs_rename_mutex);
	lockdep_set_class_and_name(&sb->s_vfs_rename_mutex, &type->s_vfs_rename_key[0],
				   "s_vfs_rename_mutex");
	sb->s_count = 1;
	atomic_set(&sb->s_active, 1);
	sb->s_type = type;
	sb->s_flags = (unsigned int)flags;
	sb->s_user_ns = get_user_ns(flags & SB_KERNMOUNT ? &init_user_ns : current_user_ns());
	/* Who made up the devices that such a file system holds? */
	if (sb->s_user_ns != &init_user_ns)
		sb->s_iflags |= SB_I_NODEV;
	sb->s_blocksize = 1024;
	sb->s_blocksize_bits = 10;
	sb->s_maxbytes = 0x7fffffff;
	sb->s_time_gran = 1;
	sb->s_op = &simple_super_operations;
	strscpy(sb->s_id, type->name, sizeof(sb->s_id));
	down_write_nested(&sb->s_umount, 1);
	return sb;
}

/* => sb_lock held */
static void __put_super(struct super_block *sb)
{
	if (--sb->s_count)
		return;
	list_del_init(&sb->s_list);
	put_user_ns(sb->s_user_ns);
	kfree(sb);
}

static void put_super(struct super_block *sb)
{
	spin_lock(&sb_lock);
	__put_super(sb);
	spin_unlock(&sb_lock);
}

/* => s_umount held for writing, dropped */
void deactivate_locked_super(struct super_block *sb)
{
	if (!atomic_dec_and_test(&sb->s_active)) {
		up_write(&sb->s_umount);
		return;
	}
	sb->s_type->kill_sb(sb);
	put_super(sb);
}

void deactivate_super(struct super_block *sb)
{
	if (atomic_add_unless(&sb->s_active, -1, 1))
		return;
	down_write(&sb->s_umount);
	deactivate_locked_super(sb);
}

/* Takes an active reference on a listed super block. => sb_lock held, dropped */
static bool grab_super(struct super_block *sb)
{
	sb->s_count++;
	spin_unlock(&sb_lock);
	down_write(&sb->s_umount);
	if ((sb->s_flags & SB_ACTIVE) && atomic_inc_not_zero(&sb->s_active)) {
		put_super(sb);
		return true;
	}
	up_write(&sb->s_umount);
	put_super(sb);
	return false;
}

struct super_block *sget(struct file_system_type *type,
			 int (*test)(struct super_block *sb, void *data),
			 int (*set)(struct super_block *sb, void *data), int flags, void *data)
{
	struct super_block *fresh = NULL;
	struct super_block *old;
	int error;

retry:
	spin_lock(&sb_lock);
	if (test) {
		list_for_each_entry(old, &type->fs_supers, s_instances) {
			if (!test(old, data))
				continue;
			if (!grab_super(old))
				goto retry;
			if (fresh) {
				up_write(&fresh->s_umount);
				put_user_ns(fresh->s_user_ns);
				kfree(fresh);
			}
			return old;
		}
	}
	if (!fresh) {
		spin_unlock(&sb_lock);
		fresh = alloc_super(type, flags);
		if (!fresh)
			return ERR_PTR(-ENOMEM);
		goto retry;
	}
	error = set(fresh, data);
	if (error) {
		spin_unlock(&sb_lock);
		up_write(&fresh->s_umount);
		put_user_ns(fresh->s_user_ns);
		kfree(fresh);
		return ERR_PTR(error);
	}
	list_add_tail(&fresh->s_list, &super_blocks);
	if (!type->fs_supers.next)	/* a type of the kernel's own that is not registered */
		INIT_LIST_HEAD(&type->fs_supers);
	list_add(&fresh->s_instances, &type->fs_supers);
	spin_unlock(&sb_lock);
	return fresh;
}

int get_anon_bdev(dev_t *dev)
{
	int minor = ida_alloc_range(&anon_dev_ida, 1, MINORMASK, GFP_ATOMIC);

	if (minor < 0)
		return minor == -ENOSPC ? -EMFILE : minor;
	*dev = MKDEV(0, minor);
	return 0;
}

void free_anon_bdev(dev_t dev)
{
	ida_free(&anon_dev_ida, MINOR(dev));
}

int set_anon_super(struct super_block *sb, void *data)
{
	return get_anon_bdev(&sb->s_dev);
}

static void generic_shutdown_super(struct super_block *sb)
{
	if (sb->s_root) {
		shrink_dcache_for_umount(sb);
		sb->s_flags &= ~SB_ACTIVE;
		notify_unmount(sb);
		if (lsm_sb_delete)
			lsm_sb_delete(sb);
		evict_inodes(sb);
		if (sb->s_op->put_super)
			sb->s_op->put_super(sb);
	}
	spin_lock(&sb_lock);
	list_del_init(&sb->s_instances);
	spin_unlock(&sb_lock);
	up_write(&sb->s_umount);
}

void kill_anon_super(struct super_block *sb)
{
	dev_t dev = sb->s_dev;

	generic_shutdown_super(sb);
	free_anon_bdev(dev);
}

void kill_litter_super(struct super_block *sb)
{
	if (sb->s_root)
		d_genocide(sb->s_root);
	kill_anon_super(sb);
}

/* Fills a new super block; on failure it goes. */
static int fill_fresh(struct super_block *sb, void *data, int flags,
		      int (*fill)(struct super_block *sb, void *data, int silent))
{
	int error = fill(sb, data, flags & SB_SILENT ? 1 : 0);

	if (error) {
		deactivate_locked_super(sb);
		return error;
	}
	sb->s_flags |= SB_ACTIVE;
	return 0;
}

struct dentry *mount_nodev(struct file_system_type *type, int flags, void *data,
			   int (*fill)(struct super_block *sb, void *data, int silent))
{
	struct super_block *sb = sget(type, NULL, set_anon_super, flags, NULL);
	int error;

	if (IS_ERR(sb))
		return ERR_CAST(sb);
	error = fill_fresh(sb, data, flags, fill);
	return error ? ERR_PTR(error) : dget(sb->s_root);
}

static int test_single(struct super_block *sb, void *data)
{
	return 1;
}

struct dentry *mount_single(struct file_system_type *type, int flags, void *data,
			    int (*fill)(struct super_block *sb, void *data, int silent))
{
	struct super_block *sb = sget(type, test_single, set_anon_super, flags, NULL);
	int error;

	if (IS_ERR(sb))
		return ERR_CAST(sb);
	if (!sb->s_root) {
		error = fill_fresh(sb, data, flags, fill);
		if (error)
			return ERR_PTR(error);
	}
	return dget(sb->s_root);
}

struct dentry *mount_pseudo(struct file_system_type *type, const char *name,
			    const struct super_operations *ops,
			    const struct dentry_operations *dops, unsigned long magic)
{
	struct super_block *sb = sget(type, NULL, set_anon_super, SB_KERNMOUNT | SB_NOUSER, NULL);
	const struct qstr q = QSTR_INIT(name, strlen(name));
	struct dentry *dentry;
	struct inode *root;

	if (IS_ERR(sb))
		return ERR_CAST(sb);
	sb->s_maxbytes = 0x7fffffffffffffffLL;
	sb->s_blocksize = 4096;
	sb->s_blocksize_bits = 12;
	sb->s_magic = magic;
	if (ops)
		sb->s_op = ops;
	root = new_inode(sb);
	if (!root)
		goto fail;
	root->i_ino = 1;
	root->i_mode = S_IFDIR | S_IRUSR | S_IWUSR;
	root->i_atime = root->i_mtime = root->i_ctime = current_time(root);
	dentry = d_alloc_pseudo(sb, &q);
	if (!dentry) {
		iput(root);
		goto fail;
	}
	d_instantiate(dentry, root);
	sb->s_root = dentry;
	sb->s_d_op = dops;
	sb->s_flags |= SB_ACTIVE;
	return dget(sb->s_root);
fail:
	deactivate_locked_super(sb);
	return ERR_PTR(-ENOMEM);
}

/* => returns with s_umount held for writing on success */
struct dentry *mount_fs(struct file_system_type *type, int flags, const char *name, void *data)
{
	struct dentry *root = type->mount(type, flags, name, data);

	if (!IS_ERR(root))
		BUG_ON(!root->d_sb);
	return root;
}

void iterate_supers(void (*fn)(struct super_block *sb, void *arg), void *arg)
{
	struct super_block *prev = NULL;
	struct super_block *sb;

	spin_lock(&sb_lock);
	list_for_each_entry(sb, &super_blocks, s_list) {
		if (list_empty(&sb->s_instances))
			continue;
		sb->s_count++;
		spin_unlock(&sb_lock);
		/* Only a try: the shrinker may run under any s_umount. */
		if (down_read_trylock(&sb->s_umount)) {
			if (sb->s_root && (sb->s_flags & SB_ACTIVE))
				fn(sb, arg);
			up_read(&sb->s_umount);
		}
		spin_lock(&sb_lock);
		if (prev)
			__put_super(prev);
		prev = sb;
	}
	if (prev)
		__put_super(prev);
	spin_unlock(&sb_lock);
}

void emergency_remount_all(void)
{
	struct super_block *prev = NULL;
	struct super_block *sb;

	spin_lock(&sb_lock);
	list_for_each_entry(sb, &super_blocks, s_list) {
		if (list_empty(&sb->s_instances) || !(sb->s_type->fs_flags & FS_REQUIRES_DEV))
			continue;
		sb->s_count++;
		spin_unlock(&sb_lock);
		down_write(&sb->s_umount);
		if (sb->s_root && (sb->s_flags & SB_ACTIVE) && !sb_rdonly(sb) &&
		    (!sb->s_op->remount_fs ||
		     !sb->s_op->remount_fs(sb, &(int){ sb->s_flags | SB_RDONLY }, NULL)))
			sb->s_flags |= SB_RDONLY;
		up_write(&sb->s_umount);
		spin_lock(&sb_lock);
		if (prev)
			__put_super(prev);
		prev = sb;
	}
	if (prev)
		__put_super(prev);
	spin_unlock(&sb_lock);
}

/* => s_umount held for writing */
int do_remount_sb(struct super_block *sb, int flags, void *data)
{
	int error;

	if ((flags & SB_RDONLY) && !sb_rdonly(sb)) {
		error = sb_prepare_remount_readonly(sb);
		if (error)
			return error;
	}
	if (sb->s_op->remount_fs) {
		error = sb->s_op->remount_fs(sb, &flags, data);
		if (error)
			return error;
	}
	sb->s_flags = (sb->s_flags & ~(SB_RDONLY | SB_SYNCHRONOUS | SB_MANDLOCK)) |
		      (flags & (SB_RDONLY | SB_SYNCHRONOUS | SB_MANDLOCK));
	return 0;
}
