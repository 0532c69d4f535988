// SPDX-License-Identifier: MIT
/* Device numbers: regions, cdevs, and what they refuse. */
#include <driver/cdev.h>
#include <fs/file.h>
#include <fs/kdev_t.h>
#include <kern/errno.h>
#include <kern/ktest.h>

static const struct file_operations no_ops;

KTEST(chrdev, regions_do_not_overlap)
{
	dev_t dev = 0;

	KEXPECT_EQ(register_chrdev_region(MKDEV(200, 0), 0, "none"), -EINVAL);
	KEXPECT_EQ(register_chrdev_region(MKDEV(200, 16), 16, "ktest"), 0);
	KEXPECT_EQ(register_chrdev_region(MKDEV(200, 31), 1, "ktest2"), -EBUSY);
	KEXPECT_EQ(register_chrdev_region(MKDEV(200, 0), 17, "ktest2"), -EBUSY);
	KEXPECT_EQ(register_chrdev_region(MKDEV(200, 32), 1, "ktest2"), 0);
	unregister_chrdev_region(MKDEV(200, 16), 16);
	unregister_chrdev_region(MKDEV(200, 32), 1);
	KEXPECT_EQ(alloc_chrdev_region(&dev, 0, 4, "ktest"), 0);
	KEXPECT_GE(MAJOR(dev), 234);
	unregister_chrdev_region(dev, 4);
}

KTEST(chrdev, cdevs_do_not_overlap)
{
	struct cdev a, b;

	cdev_init(&a, &no_ops);
	cdev_init(&b, &no_ops);
	KEXPECT_EQ(cdev_add(&a, MKDEV(201, 0), 8), 0);
	KEXPECT_EQ(cdev_add(&b, MKDEV(201, 7), 1), -EBUSY);
	KEXPECT_EQ(cdev_add(&b, MKDEV(201, 8), 1), 0);
	cdev_del(&a);
	cdev_del(&b);
	KEXPECT_EQ(cdev_add(&a, MKDEV(201, 0), 16), 0);
	cdev_del(&a);
}

KTEST(chrdev, whole_majors)
{
	int major = register_chrdev(0, "ktest", &no_ops);

	KEXPECT_GE(major, 234);
	KEXPECT_EQ(register_chrdev(major, "again", &no_ops), -EBUSY);
	unregister_chrdev(major, "ktest");
	KEXPECT_EQ(register_chrdev(major, "again", &no_ops), 0);
	unregister_chrdev(major, "again");
}
