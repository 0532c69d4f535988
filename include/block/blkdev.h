/* SPDX-License-Identifier: MIT */
/*
 * Disks and the devices on them. A driver fills a gendisk and adds it; it gets a block_device,
 * a node in /dev, and lines in /proc/partitions and /sys/block. Pages of the device are cached
 * under the block_device's inode.
 *
 * Bios go from submit_bio() straight to the driver. Queues and their schedulers have their
 * place between the two (submit_to_disk() in block/core/bio.c).
 */
#ifndef BLOCK_BLKDEV_H
#define BLOCK_BLKDEV_H

#include <block/bio.h>
#include <kern/mutex.h>
#include <kern/types.h>
#include <lib/list.h>

struct file;
struct seq_file;
struct file_operations;
struct gendisk;
struct inode;

#define DISK_NAME_LEN 32
#define DISK_MAX_PARTS 16

/* The whole disk, or a part of it. Lives as long as its disk. */
struct block_device {
	dev_t bd_dev;			/* constant */
	struct gendisk *bd_disk;	/* constant */
	sector_t bd_start_sect;		/* constant */
	sector_t bd_nr_sectors;		/* constant after the disk was added */
	unsigned int bd_partno;		/* constant: 0 the whole disk */
	struct inode *bd_inode;		/* constant: its page cache */
	struct list_head bd_list;	/* bdev_lock */
	unsigned int bd_openers;	/* bd_mutex */
	struct mutex bd_mutex;
	void *bd_holder;		/* bd_mutex: who has it exclusively */
	atomic_long_t bd_ios[2], bd_sectors[2];	/* reads and writes done, for statistics */
	atomic_t bd_inflight;
};

struct block_device_operations {
	/* Takes the bio; bio_endio() follows. => task context, may sleep */
	void (*submit_bio)(struct bio *bio);
	/* 0 or -errno; -ENOTTY: the generic answer. */
	int (*ioctl)(struct block_device *bdev, unsigned int mode, unsigned int cmd,
		     unsigned long arg);
	int (*open)(struct block_device *bdev, unsigned int mode);
	void (*release)(struct block_device *bdev);
};

struct gendisk {
	int major, first_minor, minors;	/* the driver's, before it is added */
	char disk_name[DISK_NAME_LEN];
	const struct block_device_operations *fops;
	void *private_data;
	bool read_only;
	unsigned int logical_block_size;	/* 512 if 0 */
	unsigned int max_segments;		/* of a bio; 0: any */

	struct block_device *part0;	/* set by add_disk() */
	struct list_head list;		/* disks_lock */
	sector_t capacity;		/* sectors */
};

static inline void set_capacity(struct gendisk *disk, sector_t sectors)
{
	disk->capacity = sectors;
}

static inline unsigned int bdev_logical_block_size(const struct block_device *bdev)
{
	return bdev->bd_disk->logical_block_size ? bdev->bd_disk->logical_block_size : SECTOR_SIZE;
}

static inline bool bdev_read_only(const struct block_device *bdev)
{
	return bdev->bd_disk->read_only;
}

struct gendisk *alloc_disk(int minors);
/* Frees a disk that was not added. */
void put_disk(struct gendisk *disk);
/* 0 or -errno: then nothing of it is left. => may sleep */
int add_disk(struct gendisk *disk);
int register_blkdev(unsigned int major, const char *name);
/* The lines of /proc/devices. */
void blkdev_show_majors(struct seq_file *m);

/* The device of a number with a use counted; ERR_PTR(-ENXIO). mode: FMODE_*. => may sleep */
struct block_device *blkdev_get_by_dev(dev_t dev, unsigned int mode, void *holder);
struct block_device *blkdev_get_by_path(const char *path, unsigned int mode, void *holder);
void blkdev_put(struct block_device *bdev, unsigned int mode, void *holder);
/* The device behind an open file of a block special inode. */
struct block_device *I_BDEV(struct inode *inode);
int sync_blockdev(struct block_device *bdev);

extern const struct file_operations def_blk_fops;

#endif
