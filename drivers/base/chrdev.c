// SPDX-License-Identifier: MIT
/*
 * Character device numbers: who has reserved which (regions, for /proc/devices) and who serves
 * which (cdevs, for open(2)). Both are short lists under one lock; opening a device is rare.
 */
#include <block/blkdev.h>
#include <driver/cdev.h>
#include <fs/file.h>
#include <fs/inode.h>
#include <fs/kdev_t.h>
#include <fs/proc_fs.h>
#include <fs/seq_file.h>
#include <kern/errno.h>
#include <kern/init.h>
#include <kern/mutex.h>
#include <lib/string.h>
#include <mm/slab.h>

#define CHRDEV_MAJOR_DYN_END 234	/* majors for the asking: 254 down to here */

struct chrdev_region {
	struct list_head list;		/* chrdev_lock; by number */
	dev_t from;
	unsigned int count;
	char name[32];
	struct cdev *cdev;		/* of register_chrdev() */
};

static DEFINE_MUTEX(chrdev_lock);
static LIST_HEAD(regions);
static LIST_HEAD(cdevs);

static bool overlaps(dev_t a, unsigned int an, dev_t b, unsigned int bn)
{
	return (u64)a < (u64)b + bn && (u64)b < (u64)a + an;
}

/* => chrdev_lock held */
static int add_region(dev_t from, unsigned int count, const char *name)
{
	struct chrdev_region *region, *after = NULL;
	struct list_head *at = &regions;

	list_for_each_entry(region, &regions, list) {
		if (overlaps(region->from, region->count, from, count))
			return -EBUSY;
		if (region->from < from)
			at = &region->list;
	}
	after = kzalloc(sizeof(*after), GFP_KERNEL);
	if (!after)
		return -ENOMEM;
	after->from = from;
	after->count = count;
	strscpy(after->name, name, sizeof(after->name));
	list_add(&after->list, at);
	return 0;
}

int register_chrdev_region(dev_t from, unsigned int count, const char *name)
{
	int err;

	if (!count)
		return -EINVAL;
	mutex_lock(&chrdev_lock);
	err = add_region(from, count, name);
	mutex_unlock(&chrdev_lock);
	return err;
}

int alloc_chrdev_region(dev_t *dev, unsigned int base, unsigned int count, const char *name)
{
	int err = -EBUSY;

	mutex_lock(&chrdev_lock);
	for (unsigned int major = 254; major >= CHRDEV_MAJOR_DYN_END; major--) {
		err = add_region(MKDEV(major, base), count, name);
		if (!err)
			*dev = MKDEV(major, base);
		if (err != -EBUSY)
			break;
	}
	mutex_unlock(&chrdev_lock);
	return err;
}

void unregister_chrdev_region(dev_t from, unsigned int count)
{
	struct chrdev_region *region, *next;

	mutex_lock(&chrdev_lock);
	list_for_each_entry_safe(region, next, &regions, list)
		if (region->from == from && region->count == count) {
			list_del(&region->list);
			kfree(region);
		}
	mutex_unlock(&chrdev_lock);
}

void cdev_init(struct cdev *cdev, const struct file_operations *ops)
{
	memset(cdev, 0, sizeof(*cdev));
	INIT_LIST_HEAD(&cdev->list);
	cdev->ops = ops;
}

struct cdev *cdev_alloc(void)
{
	struct cdev *cdev = kzalloc(sizeof(*cdev), GFP_KERNEL);

	if (cdev)
		INIT_LIST_HEAD(&cdev->list);
	return cdev;
}

int cdev_add(struct cdev *cdev, dev_t dev, unsigned int count)
{
	struct cdev *other;
	int err = 0;

	if (!count)
		return -EINVAL;
	cdev->dev = dev;
	cdev->count = count;
	mutex_lock(&chrdev_lock);
	list_for_each_entry(other, &cdevs, list)
		if (overlaps(other->dev, other->count, dev, count))
			err = -EBUSY;
	if (!err)
		list_add(&cdev->list, &cdevs);
	mutex_unlock(&chrdev_lock);
	return err;
}

void cdev_del(struct cdev *cdev)
{
	mutex_lock(&chrdev_lock);
	list_del_init(&cdev->list);
	mutex_unlock(&chrdev_lock);
}

int register_chrdev(unsigned int major, const char *name, const struct file_operations *ops)
{
	struct cdev *cdev = cdev_alloc();
	dev_t dev = MKDEV(major, 0);
	int err;

	if (!cdev)
		return -ENOMEM;
	cdev->ops = ops;
	err = major ? register_chrdev_region(dev, 256, name) :
		      alloc_chrdev_region(&dev, 0, 256, name);
	if (!err) {
		err = cdev_add(cdev, dev, 256);
		if (err)
			unregister_chrdev_region(dev, 256);
	}
	if (err) {
		kfree(cdev);
		return err;
	}
	return major ? 0 : MAJOR(dev);
}

void unregister_chrdev(unsigned int major, const char *name)
{
	struct cdev *cdev, *next;

	mutex_lock(&chrdev_lock);
	list_for_each_entry_safe(cdev, next, &cdevs, list)
		if (cdev->dev == MKDEV(major, 0) && cdev->count == 256) {
			list_del(&cdev->list);
			kfree(cdev);
		}
	mutex_unlock(&chrdev_lock);
	unregister_chrdev_region(MKDEV(major, 0), 256);
}

static int chrdev_open(struct inode *inode, struct file *file)
{
	const struct file_operations *ops = NULL;
	struct cdev *cdev;

	mutex_lock(&chrdev_lock);
	list_for_each_entry(cdev, &cdevs, list)
		if (overlaps(cdev->dev, cdev->count, inode->i_rdev, 1))
			ops = cdev->ops;
	mutex_unlock(&chrdev_lock);
	if (!ops)
		return -ENXIO;
	file->f_op = ops;
	return ops->open ? ops->open(inode, file) : 0;
}

const struct file_operations def_chr_fops = {
	.open = chrdev_open,
	.llseek = noop_llseek,
};

/* /proc/devices */
static int devices_show(struct seq_file *m, void *v)
{
	struct chrdev_region *region;

	seq_puts(m, "Character devices:\n");
	mutex_lock(&chrdev_lock);
	list_for_each_entry(region, &regions, list)
		seq_printf(m, "%3u %s\n", MAJOR(region->from), region->name);
	mutex_unlock(&chrdev_lock);
	seq_puts(m, "\nBlock devices:\n");
	blkdev_show_majors(m);
	return 0;
}

static int __init chrdev_init(void)
{
	proc_create_single("devices", 0, NULL, devices_show);
	return 0;
}
device_initcall(chrdev_init);
