// SPDX-License-Identifier: MIT
/*
 * The memory devices: null, zero, full, random, urandom, kmsg. There is no mem, port or kmem:
 * the kernel's memory is not for the asking.
 */
#include <driver/cdev.h>
#include <driver/device.h>
#include <fs/file.h>
#include <fs/inode.h>
#include <fs/kdev_t.h>
#include <fs/poll.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/init.h>
#include <kern/printk.h>
#include <kern/random.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <lib/string.h>
#include <linux/random.h>
#include <mm/mmap.h>
#include <mm/mm_types.h>
#include <mm/uaccess.h>
#include <mm/uio.h>

#include "internal.h"

#define MEM_MAJOR 1

static ssize_t read_null(struct kiocb *iocb, struct iov_iter *to)
{
	return 0;
}

static ssize_t write_null(struct kiocb *iocb, struct iov_iter *from)
{
	size_t size = iov_iter_count(from);

	iov_iter_advance(from, size);
	return size;
}

static ssize_t write_full(struct kiocb *iocb, struct iov_iter *from)
{
	return -ENOSPC;
}

static ssize_t read_zero(struct kiocb *iocb, struct iov_iter *to)
{
	size_t done = 0;

	while (iov_iter_count(to)) {
		size_t n = min_t(size_t, iov_iter_count(to), 65536);
		size_t zeroed = iov_iter_zero(n, to);

		done += zeroed;
		if (zeroed < n)
			return done ? done : -EFAULT;
		if (signal_pending(current))
			break;
		cond_resched();
	}
	return done;
}

static int mmap_zero(struct file *file, struct vm_area_struct *vma)
{
	if (vma->vm_flags & VM_SHARED)
		return shmem_zero_setup(vma);
	return 0;
}

static loff_t null_lseek(struct file *file, loff_t offset, int whence)
{
	return file->f_pos = 0;
}

static ssize_t read_random(struct file *file, char __user *buf, size_t size, loff_t *pos)
{
	u8 chunk[512];
	size_t done = 0;

	while (done < size) {
		size_t n = min_t(size_t, size - done, sizeof(chunk));
		size_t left;

		get_random_bytes(chunk, n);
		left = copy_to_user(buf + done, chunk, n);
		done += n - left;
		if (left)
			return done ? done : -EFAULT;
		if (done % 4096 == 0) {
			if (signal_pending(current))
				break;
			cond_resched();
		}
	}
	memset(chunk, 0, sizeof(chunk));
	return done;
}

static ssize_t write_random(struct file *file, const char __user *buf, size_t size, loff_t *pos)
{
	u8 chunk[256];
	size_t done = 0;

	while (done < size) {
		size_t n = min_t(size_t, size - done, sizeof(chunk));

		if (copy_from_user(chunk, buf + done, n))
			return done ? done : -EFAULT;
		add_device_randomness(chunk, n);
		done += n;
		if (signal_pending(current))
			break;
	}
	return done;
}

static long random_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	int __user *p = (int __user *)arg;
	int bits;

	switch (cmd) {
	case RNDGETENTCNT:
		return put_user(256, p);
	case RNDADDTOENTCNT:
		if (!capable(CAP_SYS_ADMIN))
			return -EPERM;
		if (get_user(bits, p))
			return -EFAULT;
		return bits < 0 ? -EINVAL : 0;
	case RNDADDENTROPY: {
		int size;

		if (!capable(CAP_SYS_ADMIN))
			return -EPERM;
		if (get_user(bits, p) || get_user(size, p + 1))
			return -EFAULT;
		if (bits < 0 || size < 0)
			return -EINVAL;
		ssize_t done = write_random(file, (const char __user *)(p + 2), size, NULL);

		return done < 0 ? done : done < size ? -EFAULT : 0;
	}
	case RNDZAPENTCNT:
	case RNDCLEARPOOL:
	case RNDRESEEDCRNG:
		return capable(CAP_SYS_ADMIN) ? 0 : -EPERM;
	}
	return -ENOTTY;
}

static const struct file_operations null_fops = {
	.llseek = null_lseek,
	.read_iter = read_null,
	.write_iter = write_null,
};

static const struct file_operations zero_fops = {
	.llseek = null_lseek,
	.read_iter = read_zero,
	.write_iter = write_null,
	.mmap = mmap_zero,
};

static const struct file_operations full_fops = {
	.llseek = null_lseek,
	.read_iter = read_zero,
	.write_iter = write_full,
};

static const struct file_operations random_fops = {
	.llseek = noop_llseek,
	.read = read_random,
	.write = write_random,
	.unlocked_ioctl = random_ioctl,
};

static const struct {
	const char *name;
	unsigned int minor;
	umode_t mode;
	const struct file_operations *fops;
} devices[] = {
	{ "null", 3, 0666, &null_fops }, { "zero", 5, 0666, &zero_fops },
	{ "full", 7, 0666, &full_fops }, { "random", 8, 0666, &random_fops },
	{ "urandom", 9, 0666, &random_fops }, { "kmsg", 11, 0644, &kmsg_fops },
};
static struct cdev cdevs[ARRAY_SIZE(devices)];
static struct class mem_class = { .name = "mem" };

static const char *mem_devnode(const struct device *dev, umode_t *mode)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(devices); i++)
		if (devices[i].minor == MINOR(dev->devt))
			*mode = devices[i].mode;
	return NULL;
}

static int __init mem_init(void)
{
	int err = register_chrdev_region(MKDEV(MEM_MAJOR, 0), 256, "mem");

	mem_class.devnode = mem_devnode;
	if (!err)
		err = class_register(&mem_class);
	for (unsigned int i = 0; !err && i < ARRAY_SIZE(devices); i++) {
		dev_t dev = MKDEV(MEM_MAJOR, devices[i].minor);

		cdev_init(&cdevs[i], devices[i].fops);
		err = cdev_add(&cdevs[i], dev, 1);
		if (!err)
			err = PTR_ERR_OR_ZERO(device_create(&mem_class, NULL, dev, NULL, "%s",
							    devices[i].name));
	}
	return err;
}
device_initcall(mem_init);
