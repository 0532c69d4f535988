/* SPDX-License-Identifier: MIT */
/* Devices and their classes: what gives a driver's numbers a node in /dev. */
#ifndef DRIVER_DEVICE_H
#define DRIVER_DEVICE_H

#include <kern/types.h>
#include <lib/list.h>

struct device;

/* A kind of device ("tty", "mem"); devnode() may set the mode and return NULL for the name. */
struct class {
	const char *name;
	const char *(*devnode)(const struct device *dev, umode_t *mode);
	struct list_head devices;		/* device_lock */
};

/* One device; lives from device_create() to device_destroy(). */
struct device {
	const struct class *class;
	struct device *parent;
	dev_t devt;
	bool block;				/* i: a block device's number */
	void *driver_data;
	struct list_head node;			/* device_lock: in class->devices */
	char name[32];
};

int class_register(struct class *class);

/* Adds a device and its node /dev/<name>; ERR_PTR on failure. => may sleep */
struct device *device_create(struct class *class, struct device *parent, dev_t devt, void *data,
			     const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* The same for a block device. */
struct device *device_create_block(struct class *class, struct device *parent, dev_t devt,
				   void *data, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
void device_destroy(struct class *class, dev_t devt);

static inline void *dev_get_drvdata(const struct device *dev)
{
	return dev->driver_data;
}

#endif
