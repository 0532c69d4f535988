/* SPDX-License-Identifier: MIT */
/* Character device numbers and what opens them. */
#ifndef DRIVER_CDEV_H
#define DRIVER_CDEV_H

#include <kern/types.h>
#include <lib/list.h>

struct file_operations;
struct seq_file;

/* A range of character device numbers that one set of operations serves. */
struct cdev {
	const struct file_operations *ops;	/* i */
	dev_t dev;				/* i: the first number */
	unsigned int count;			/* i */
	struct list_head list;			/* chrdev_lock */
};

void cdev_init(struct cdev *cdev, const struct file_operations *ops);
struct cdev *cdev_alloc(void);
/* -EBUSY when a number of the range is taken. */
int cdev_add(struct cdev *cdev, dev_t dev, unsigned int count);
void cdev_del(struct cdev *cdev);

/* Reserve names for numbers: what /proc/devices lists. */
int register_chrdev_region(dev_t from, unsigned int count, const char *name);
int alloc_chrdev_region(dev_t *dev, unsigned int base, unsigned int count, const char *name);
void unregister_chrdev_region(dev_t from, unsigned int count);

/* Both steps at once for minors 0..255 of a major (0: pick one, which is returned). */
int register_chrdev(unsigned int major, const char *name, const struct file_operations *ops);
void unregister_chrdev(unsigned int major, const char *name);

/*
 * i_fop of every character device inode: its open() finds the cdev by i_rdev, replaces f_op
 * and calls the driver's own open(). -ENXIO when nobody serves the number.
 */
extern const struct file_operations def_chr_fops;

#endif
