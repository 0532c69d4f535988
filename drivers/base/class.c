// SPDX-License-Identifier: MIT
/* Devices and classes: a device that exists has a node in devtmpfs. */
#include <driver/device.h>
#include <fs/devtmpfs.h>
#include <fs/stat.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/mutex.h>
#include <lib/sprintf.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <stdarg.h>

static DEFINE_MUTEX(device_lock);

int class_register(struct class *class)
{
	INIT_LIST_HEAD(&class->devices);
	return 0;
}

static struct device *add_device(struct class *class, struct device *parent, dev_t devt, void *data,
				 bool block, const char *fmt, va_list args)
{
	struct device *dev = kzalloc(sizeof(*dev), GFP_KERNEL);
	umode_t mode = 0600;
	const char *name = NULL;
	int err;

	if (!dev)
		return ERR_PTR(-ENOMEM);
	dev->class = class;
	dev->parent = parent;
	dev->devt = devt;
	dev->block = block;
	dev->driver_data = data;
	vsnprintf(dev->name, sizeof(dev->name), fmt, args);
	if (class->devnode)
		name = class->devnode(dev, &mode);
	err = devtmpfs_create_node(name ? name : dev->name, (block ? S_IFBLK : S_IFCHR) | mode, 0, 0,
				   devt);
	if (err) {
		kfree(dev);
		return ERR_PTR(err);
	}
	mutex_lock(&device_lock);
	list_add_tail(&dev->node, &class->devices);
	mutex_unlock(&device_lock);
	return dev;
}

struct device *device_create(struct class *class, struct device *parent, dev_t devt, void *data,
			     const char *fmt, ...)
{
	struct device *dev;
	va_list args;

	va_start(args, fmt);
	dev = add_device(class, parent, devt, data, false, fmt, args);
	va_end(args);
	return dev;
}

struct device *device_create_block(struct class *class, struct device *parent, dev_t devt,
				   void *data, const char *fmt, ...)
{
	struct device *dev;
	va_list args;

	va_start(args, fmt);
	dev = add_device(class, parent, devt, data, true, fmt, args);
	va_end(args);
	return dev;
}

void device_destroy(struct class *class, dev_t devt)
{
	struct device *dev, *found = NULL;

	mutex_lock(&device_lock);
	list_for_each_entry(dev, &class->devices, node)
		if (dev->devt == devt)
			found = dev;
	if (found)
		list_del(&found->node);
	mutex_unlock(&device_lock);
	if (!found)
		return;
	devtmpfs_delete_node(found->name);
	kfree(found);
}
