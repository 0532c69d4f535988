// SPDX-License-Identifier: MIT
/*
 * The disks of the machine: majors, the list that /proc/partitions and /sys/block show.
 *
 * Lock: disks_lock, taken before bdev_lock (bdev.c).
 */
#include "internal.h"

#include <block/blkdev.h>
#include <driver/device.h>
#include <fs/kdev_t.h>
#include <fs/proc_fs.h>
#include <fs/seq_file.h>
#include <fs/sysfs.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/init.h>
#include <kern/kernel.h>
#include <kern/printk.h>
#include <lib/sprintf.h>
#include <lib/string.h>
#include <mm/slab.h>

struct blk_major {
	struct list_head list;
	unsigned int major;
	char name[16];
};

static DEFINE_MUTEX(disks_lock);
static LIST_HEAD(disks);	/* disks_lock */
static LIST_HEAD(majors);	/* disks_lock */

static struct class block_class = { .name = "block" };

int register_blkdev(unsigned int major, const char *name)
{
	struct blk_major *new = kzalloc(sizeof(*new), GFP_KERNEL), *other;
	int err = 0;

	if (!new)
		return -ENOMEM;
	new->major = major;
	strscpy(new->name, name, sizeof(new->name));
	mutex_lock(&disks_lock);
	list_for_each_entry(other, &majors, list)
		if (other->major == major)
			err = -EBUSY;
	if (!err)
		list_add_tail(&new->list, &majors);
	mutex_unlock(&disks_lock);
	if (err)
		kfree(new);
	return err;
}

void blkdev_show_majors(struct seq_file *m)
{
	struct blk_major *major;

	mutex_lock(&disks_lock);
	list_for_each_entry(major, &majors, list)
		seq_printf(m, "%3u %s\n", major->major, major->name);
	mutex_unlock(&disks_lock);
}

struct gendisk *alloc_disk(int minors)
{
	struct gendisk *disk = kzalloc(sizeof(*disk), GFP_KERNEL);

	if (!disk)
		return NULL;
	disk->minors = minors;
	INIT_LIST_HEAD(&disk->list);
	return disk;
}

/* ---- /sys/block ---- */

static int size_show(struct seq_file *m, void *v)
{
	struct gendisk *disk = m->private;

	seq_printf(m, "%llu\n", (unsigned long long)disk->capacity);
	return 0;
}

static int ro_show(struct seq_file *m, void *v)
{
	struct gendisk *disk = m->private;

	seq_printf(m, "%d\n", disk->read_only);
	return 0;
}

static int dev_show(struct seq_file *m, void *v)
{
	struct gendisk *disk = m->private;

	seq_printf(m, "%d:%d\n", disk->major, disk->first_minor);
	return 0;
}

static int removable_show(struct seq_file *m, void *v)
{
	seq_puts(m, "0\n");
	return 0;
}

static int block_size_show(struct seq_file *m, void *v)
{
	struct gendisk *disk = m->private;

	seq_printf(m, "%u\n", bdev_logical_block_size(disk->part0));
	return 0;
}

static void show_stat(struct seq_file *m, const struct block_device *bdev)
{
	seq_printf(m, "%ld 0 %ld 0 %ld 0 %ld 0 %d 0 0 0 0 0 0 0 0\n",
		   atomic_long_read(&bdev->bd_ios[0]), atomic_long_read(&bdev->bd_sectors[0]),
		   atomic_long_read(&bdev->bd_ios[1]), atomic_long_read(&bdev->bd_sectors[1]),
		   atomic_read(&bdev->bd_inflight));
}

static int stat_show(struct seq_file *m, void *v)
{
	struct gendisk *disk = m->private;

	show_stat(m, disk->part0);
	return 0;
}

static const struct {
	const char *name;
	int (*show)(struct seq_file *m, void *v);
} disk_files[] = {
	{ "", NULL }, { "/queue", NULL },
	{ "/size", size_show }, { "/ro", ro_show }, { "/dev", dev_show },
	{ "/removable", removable_show }, { "/stat", stat_show },
	{ "/queue/logical_block_size", block_size_show },
	{ "/queue/hw_sector_size", block_size_show },
};

/* The folder /sys/block/NAME. Its texts stay as long as the disk: for ever. */
static int add_sysfs(struct gendisk *disk)
{
	const unsigned int nr = ARRAY_SIZE(disk_files), path_size = 48 + DISK_NAME_LEN;
	struct sysfs_file *files = kzalloc(nr * (sizeof(*files) + path_size), GFP_KERNEL);
	char *path;

	if (!files)
		return -ENOMEM;
	path = (char *)(files + nr);
	for (unsigned int i = 0; i < nr; i++, path += path_size) {
		snprintf(path, path_size, "block/%s%s", disk->disk_name, disk_files[i].name);
		files[i] = (struct sysfs_file){ .path = path, .show = disk_files[i].show,
						.private = disk };
	}
	return sysfs_add_files(files, nr);
}

int add_disk(struct gendisk *disk)
{
	dev_t dev = MKDEV(disk->major, disk->first_minor);
	struct device *device;

	disk->part0 = bdev_add(disk, 0, 0, disk->capacity);
	if (IS_ERR(disk->part0))
		return PTR_ERR(disk->part0);
	device = device_create_block(&block_class, NULL, dev, disk, "%s", disk->disk_name);
	if (IS_ERR(device)) {
		bdev_del(disk->part0);
		disk->part0 = NULL;
		return PTR_ERR(device);
	}
	if (add_sysfs(disk))
		pr_warn("%s: no memory for its folder in /sys\n", disk->disk_name);
	mutex_lock(&disks_lock);
	list_add_tail(&disk->list, &disks);
	mutex_unlock(&disks_lock);
	pr_info("%s: %llu sectors\n", disk->disk_name, (unsigned long long)disk->capacity);
	return 0;
}

void for_each_disk(void (*fn)(struct gendisk *disk, void *data), void *data)
{
	struct gendisk *disk;

	mutex_lock(&disks_lock);
	list_for_each_entry(disk, &disks, list)
		fn(disk, data);
	mutex_unlock(&disks_lock);
}

void put_disk(struct gendisk *disk)
{
	kfree(disk);
}

/* ---- /proc ---- */

static int partitions_show(struct seq_file *m, void *v)
{
	struct gendisk *disk;

	seq_puts(m, "major minor  #blocks  name\n\n");
	mutex_lock(&disks_lock);
	list_for_each_entry(disk, &disks, list)
		seq_printf(m, "%4d  %7d %10llu %s\n", disk->major, disk->first_minor,
			   (unsigned long long)disk->capacity >> 1, disk->disk_name);
	mutex_unlock(&disks_lock);
	return 0;
}

static int diskstats_show(struct seq_file *m, void *v)
{
	struct gendisk *disk;

	mutex_lock(&disks_lock);
	list_for_each_entry(disk, &disks, list) {
		seq_printf(m, "%4d %7d %s ", disk->major, disk->first_minor, disk->disk_name);
		show_stat(m, disk->part0);
	}
	mutex_unlock(&disks_lock);
	return 0;
}

static const struct sysfs_file block_dirs[] = { { .path = "block" } };

static int __init genhd_init(void)
{
	int err = class_register(&block_class);

	if (err)
		return err;
	proc_create_single("partitions", 0, NULL, partitions_show);
	proc_create_single("diskstats", 0, NULL, diskstats_show);
	return sysfs_add_files(block_dirs, ARRAY_SIZE(block_dirs));
}
fs_initcall(genhd_init);
