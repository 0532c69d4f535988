/* SPDX-License-Identifier: MIT */
/* What the files of block/core share. */
#ifndef BLOCK_CORE_INTERNAL_H
#define BLOCK_CORE_INTERNAL_H

#include <block/blkdev.h>

/* Makes a device of `nr` sectors from `start` on; ERR_PTR. => may sleep */
struct block_device *bdev_add(struct gendisk *disk, unsigned int partno, sector_t start,
			      sector_t nr);

/* To the driver. => the bio is checked, and counted; may sleep */
void submit_to_disk(struct bio *bio);
/* Calls fn for each disk. => may sleep; fn adds none */
void for_each_disk(void (*fn)(struct gendisk *disk, void *data), void *data);

/* Takes back a device that nobody has opened yet. */
void bdev_del(struct block_device *bdev);

extern const struct address_space_operations def_blk_aops;
long blkdev_ioctl(struct file *file, unsigned int cmd, unsigned long arg);

#endif
