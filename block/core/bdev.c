// SPDX-License-Identifier: MIT
/*
 * Block devices by number, their inodes, and who has them open.
 *
 * The inode of a device lives on a file system of the kernel's own and carries the page cache;
 * a node in /dev names the device by its number only, and its open files look at that cache
 * through file->f_mapping.
 *
 * Locks: bdev_lock guards the list; bdev->bd_mutex openers and holder. Order: bd_mutex, page
 * locks.
 */
#include "internal.h"

#include <fs/dentry.h>
#include <fs/file.h>
#include <fs/inode.h>
#include <fs/kdev_t.h>
#include <fs/mount.h>
#include <fs/namei.h>
#include <fs/super.h>
#include <kern/bug.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/init.h>
#include <linux/stat.h>
#include <mm/pagemap.h>
#include <mm/slab.h>

#define BDEV_MAGIC 0x62646576

static DEFINE_MUTEX(bdev_lock);
static LIST_HEAD(bdevs);		/* bdev_lock */
static struct vfsmount *bdev_mnt;

static struct dentry *bdev_mount(struct file_system_type *type, int flags, const char *name,
				 void *data)
{
	return mount_pseudo(type, "bdev:", NULL, NULL, BDEV_MAGIC);
}

static struct file_system_type bdev_fs_type = {
	.name = "bdev",
	.mount = bdev_mount,
	.kill_sb = kill_anon_super,
};

static int __init bdev_init(void)
{
	INIT_LIST_HEAD(&bdev_fs_type.fs_supers);
	bdev_mnt = kern_mount_at_boot(&bdev_fs_type);
	return 0;
}
subsys_initcall(bdev_init);

struct block_device *I_BDEV(struct inode *inode)
{
	return inode->i_private;
}

struct block_device *bdev_add(struct gendisk *disk, unsigned int partno, sector_t start,
			      sector_t nr)
{
	struct block_device *bdev = kzalloc(sizeof(*bdev), GFP_KERNEL);
	struct inode *inode = bdev ? new_inode(bdev_mnt->mnt_sb) : NULL;

	if (!inode) {
		kfree(bdev);
		return ERR_PTR(-ENOMEM);
	}
	bdev->bd_dev = MKDEV(disk->major, disk->first_minor + partno);
	bdev->bd_disk = disk;
	bdev->bd_partno = partno;
	bdev->bd_start_sect = start;
	bdev->bd_nr_sectors = nr;
	mutex_init(&bdev->bd_mutex);
	inode->i_ino = bdev->bd_dev;
	inode->i_mode = S_IFBLK;
	inode->i_rdev = bdev->bd_dev;
	inode->i_private = bdev;
	i_size_write(inode, (loff_t)nr << SECTOR_SHIFT);
	inode->i_mapping->a_ops = &def_blk_aops;
	mapping_set_gfp_mask(inode->i_mapping, GFP_USER);
	bdev->bd_inode = inode;
	mutex_lock(&bdev_lock);
	list_add_tail(&bdev->bd_list, &bdevs);
	mutex_unlock(&bdev_lock);
	return bdev;
}

void bdev_del(struct block_device *bdev)
{
	mutex_lock(&bdev_lock);
	list_del(&bdev->bd_list);
	mutex_unlock(&bdev_lock);
	iput(bdev->bd_inode);
	kfree(bdev);
}

static struct block_device *find_bdev(dev_t dev)
{
	struct block_device *bdev, *found = NULL;

	mutex_lock(&bdev_lock);
	list_for_each_entry(bdev, &bdevs, bd_list)
		if (bdev->bd_dev == dev)
			found = bdev;
	mutex_unlock(&bdev_lock);
	return found;
}

/* => bd_mutex held */
static int claim(struct block_device *bdev, unsigned int mode, void *holder)
{
	if ((mode & FMODE_WRITE) && bdev_read_only(bdev))
		return -EACCES;
	if (holder && bdev->bd_holder && bdev->bd_holder != holder)
		return -EBUSY;
	if (!bdev->bd_openers && bdev->bd_disk->fops->open) {
		int err = bdev->bd_disk->fops->open(bdev, mode);

		if (err)
			return err;
	}
	bdev->bd_openers++;
	if (holder)
		bdev->bd_holder = holder;
	return 0;
}

struct block_device *blkdev_get_by_dev(dev_t dev, unsigned int mode, void *holder)
{
	struct block_device *bdev = find_bdev(dev);
	int err;

	if (!bdev)
		return ERR_PTR(-ENXIO);
	mutex_lock(&bdev->bd_mutex);
	err = claim(bdev, mode, holder);
	mutex_unlock(&bdev->bd_mutex);
	return err ? ERR_PTR(err) : bdev;
}

struct block_device *blkdev_get_by_path(const char *name, unsigned int mode, void *holder)
{
	struct block_device *bdev;
	struct path path;
	int err = kern_path(name, LOOKUP_FOLLOW, &path);

	if (err)
		return ERR_PTR(err);
	if (!S_ISBLK(d_inode(path.dentry)->i_mode))
		bdev = ERR_PTR(-ENOTBLK);
	else
		bdev = blkdev_get_by_dev(d_inode(path.dentry)->i_rdev, mode, holder);
	path_put(&path);
	return bdev;
}

int sync_blockdev(struct block_device *bdev)
{
	return filemap_write_and_wait(bdev->bd_inode->i_mapping);
}

/* The last one to close writes what is dirty and drops the cache. */
void blkdev_put(struct block_device *bdev, unsigned int mode, void *holder)
{
	sync_blockdev(bdev);
	mutex_lock(&bdev->bd_mutex);
	if (holder && bdev->bd_holder == holder)
		bdev->bd_holder = NULL;
	if (!--bdev->bd_openers) {
		sync_blockdev(bdev);
		truncate_inode_pages(bdev->bd_inode->i_mapping, 0);
		if (bdev->bd_disk->fops->release)
			bdev->bd_disk->fops->release(bdev);
	}
	mutex_unlock(&bdev->bd_mutex);
}
