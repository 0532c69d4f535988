// SPDX-License-Identifier: MIT
/*
 * Terminals: opening, closing, reading, writing, hanging up.
 *
 * A tty_struct is one terminal. Drivers (console.c, pty.c) move its bytes; the line discipline
 * (n_tty.c) gives them meaning; tty_jobctl.c knows whose it is. The console's lives for ever;
 * those of a pty pair live until both sides are closed and the last reference has gone: open
 * files, sessions (signal->tty) and queued work hold references.
 *
 * A hangup changes f_op of each open file to one that fails, and wakes all sleepers; they see
 * it by tty_hung_up(). Files opened as /dev/console stay: the kernel's console is not a line.
 *
 * Lock order: tty_mutex, tty->lock, tasklist_lock, siglock, ctrl_lock; files_lock is innermost.
 */
#include <driver/cdev.h>
#include <driver/device.h>
#include <fs/kdev_t.h>
#include <fs/proc_fs.h>
#include <fs/seq_file.h>
#include <kern/cred.h>
#include <kern/fork.h>
#include <kern/init.h>
#include <kern/pid.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/syscalls.h>
#include <lib/sprintf.h>
#include <mm/slab.h>

#include "internal.h"

DEFINE_MUTEX(tty_mutex);
LIST_HEAD(tty_drivers);

const struct ktermios tty_std_termios = {
	.c_iflag = ICRNL | IXON,
	.c_oflag = OPOST | ONLCR,
	.c_cflag = B38400 | CS8 | CREAD | HUPCL,
	.c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
	.c_cc = {
		[VINTR] = 003, [VQUIT] = 034, [VERASE] = 0177, [VKILL] = 025, [VEOF] = 004,
		[VTIME] = 0, [VMIN] = 1, [VSTART] = 021, [VSTOP] = 023, [VSUSP] = 032,
		[VREPRINT] = 022, [VDISCARD] = 017, [VWERASE] = 027, [VLNEXT] = 026,
	},
	.c_ispeed = 38400,
	.c_ospeed = 38400,
};

static void hangup_work_fn(struct work_struct *work)
{
	struct tty_struct *tty = container_of(work, struct tty_struct, hangup_work);

	tty_vhangup(tty);
	tty_kref_put(tty);
}

static void free_tty(struct tty_struct *tty)
{
	if (tty->ops->cleanup)
		tty->ops->cleanup(tty);
	put_pid(tty->pgrp);
	put_pid(tty->session);
	n_tty_close(tty);
	tty_buffer_free(tty);
	kfree(tty);
}

/* The two sides of a pty go together, when the second has no references left. */
static void free_work_fn(struct work_struct *work)
{
	struct tty_struct *tty = container_of(work, struct tty_struct, hangup_work);
	struct tty_struct *link = tty->link;
	bool both;

	mutex_lock(&tty_mutex);
	set_bit(TTY_DEAD, &tty->flags);
	both = !link || test_bit(TTY_DEAD, &link->flags);
	mutex_unlock(&tty_mutex);
	if (!both)
		return;
	if (link)
		free_tty(link);
	free_tty(tty);
}

/* A new terminal with one reference, or NULL. => may sleep */
struct tty_struct *tty_alloc(struct tty_driver *driver, int index)
{
	struct tty_struct *tty = kzalloc(sizeof(*tty), GFP_KERNEL);

	if (!tty)
		return NULL;
	refcount_set(&tty->kref, 1);
	tty->driver = driver;
	tty->ops = driver->ops;
	tty->index = index;
	tty->termios = driver->init_termios;
	snprintf(tty->name, sizeof(tty->name), driver->num > 1 ? "%s%d" : "%s", driver->name, index);
	mutex_init(&tty->lock);
	INIT_LIST_HEAD(&tty->files);
	spin_lock_init(&tty->files_lock);
	init_rwsem(&tty->termios_rwsem);
	mutex_init(&tty->winsize_mutex);
	spin_lock_init(&tty->ctrl_lock);
	mutex_init(&tty->write_lock);
	init_waitqueue_head(&tty->read_wait);
	init_waitqueue_head(&tty->write_wait);
	INIT_WORK(&tty->hangup_work, hangup_work_fn);
	if (tty_buffer_init(tty)) {
		kfree(tty);
		return NULL;
	}
	if (n_tty_open(tty)) {
		tty_buffer_free(tty);
		kfree(tty);
		return NULL;
	}
	return tty;
}

struct tty_struct *tty_kref_get(struct tty_struct *tty)
{
	if (tty)
		refcount_inc(&tty->kref);
	return tty;
}

/* => any context: the rest is done by a worker */
void tty_kref_put(struct tty_struct *tty)
{
	if (tty && refcount_dec_and_test(&tty->kref)) {
		INIT_WORK(&tty->hangup_work, free_work_fn);
		queue_work(system_unbound_wq, &tty->hangup_work);
	}
}

void tty_wakeup(struct tty_struct *tty)
{
	wake_up_interruptible_poll(&tty->write_wait, EPOLLOUT | EPOLLWRNORM);
	if (n_tty_has_echoes(tty))
		tty_flip_buffer_push(tty);
}

bool tty_hung_up(const struct file *file)
{
	return READ_ONCE(file->f_op) != &tty_fops;
}

static ssize_t hung_up_read(struct file *file, char __user *buf, size_t size, loff_t *pos)
{
	return 0;
}

static ssize_t hung_up_write(struct file *file, const char __user *buf, size_t size, loff_t *pos)
{
	return -EIO;
}

static __poll_t hung_up_poll(struct file *file, struct poll_table_struct *wait)
{
	return EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLRDNORM | EPOLLWRNORM;
}

static const struct file_operations hung_up_tty_fops = {
	.llseek = no_llseek,
	.read = hung_up_read,
	.write = hung_up_write,
	.poll = hung_up_poll,
	.unlocked_ioctl = tty_ioctl,
	.release = tty_release,
};

static void wake_all(struct tty_struct *tty)
{
	wake_up_interruptible_poll(&tty->write_wait, EPOLLOUT | EPOLLHUP);
	wake_up_interruptible_poll(&tty->read_wait, EPOLLIN | EPOLLHUP);
}

static void hangup(struct tty_struct *tty, bool exit_session)
{
	struct tty_file_private *priv;
	struct pid *session, *pgrp;
	unsigned long flags;

	/* A master that closes hangs its slave up with its own lock held. */
	mutex_lock_nested(&tty->lock, tty->link && !tty_is_pty_master(tty));
	spin_lock(&tty->files_lock);
	list_for_each_entry(priv, &tty->files, list)
		if (file_inode(priv->file)->i_rdev != MKDEV(TTYAUX_MAJOR, 1))
			WRITE_ONCE(priv->file->f_op, &hung_up_tty_fops);
	spin_unlock(&tty->files_lock);
	tty_signal_session_leader(tty, exit_session);
	spin_lock_irqsave(&tty->ctrl_lock, flags);
	session = tty->session;
	pgrp = tty->pgrp;
	tty->session = tty->pgrp = NULL;
	tty->stopped = tty->tco_stopped = false;
	spin_unlock_irqrestore(&tty->ctrl_lock, flags);
	put_pid(session);
	put_pid(pgrp);
	if (tty->ops->hangup)
		tty->ops->hangup(tty);
	mutex_unlock(&tty->lock);
	wake_all(tty);
}

/* The line has gone. => process context, tty->lock not held */
void tty_vhangup(struct tty_struct *tty)
{
	hangup(tty, false);
}

/* The session leader exits. => process context */
void tty_vhangup_session(struct tty_struct *tty)
{
	hangup(tty, true);
}

/* => any context */
void tty_hangup(struct tty_struct *tty)
{
	if (!refcount_inc_not_zero(&tty->kref))
		return;
	if (!queue_work(system_unbound_wq, &tty->hangup_work))
		tty_kref_put(tty);
}

/* Ties an open file to a terminal; the reference moves to the file. */
int tty_add_file(struct tty_struct *tty, struct file *file)
{
	struct tty_file_private *priv = kmalloc(sizeof(*priv), GFP_KERNEL);

	if (!priv)
		return -ENOMEM;
	priv->tty = tty;
	priv->file = file;
	file->private_data = priv;
	spin_lock(&tty->files_lock);
	list_add(&priv->list, &tty->files);
	spin_unlock(&tty->files_lock);
	return 0;
}

static void del_file(struct tty_struct *tty, struct file *file)
{
	struct tty_file_private *priv = file->private_data;

	spin_lock(&tty->files_lock);
	list_del(&priv->list);
	spin_unlock(&tty->files_lock);
	file->private_data = NULL;
	kfree(priv);
}

/* The terminal of a device number, with a reference. => tty_mutex held */
static struct tty_struct *lookup_tty(struct inode *inode, struct file *file)
{
	dev_t dev = inode->i_rdev;
	struct tty_driver *driver;

	if (dev == MKDEV(TTYAUX_MAJOR, 0)) {
		struct tty_struct *tty = get_current_tty();

		return tty ? tty : ERR_PTR(-ENXIO);
	}
	if (MAJOR(dev) >= UNIX98_PTY_SLAVE_MAJOR && MAJOR(dev) < UNIX98_PTY_SLAVE_MAJOR + 8)
		return pts_lookup(inode, file);
	list_for_each_entry(driver, &tty_drivers, list) {
		unsigned int index = MINOR(dev) - driver->minor_start;

		if (driver->major == MAJOR(dev) && index < driver->num && driver->ttys &&
		    driver->ttys[index])
			return tty_kref_get(driver->ttys[index]);
	}
	return ERR_PTR(-ENXIO);
}

static int tty_open(struct inode *inode, struct file *file)
{
	dev_t dev = inode->i_rdev;
	bool noctty = file->f_flags & O_NOCTTY || dev == MKDEV(TTYAUX_MAJOR, 0) ||
		      dev == MKDEV(TTYAUX_MAJOR, 1);
	struct tty_struct *tty;
	int err;

	nonseekable_open(inode, file);
	mutex_lock(&tty_mutex);
	tty = lookup_tty(inode, file);
	if (IS_ERR(tty)) {
		mutex_unlock(&tty_mutex);
		return PTR_ERR(tty);
	}
	err = -EBUSY;
	if (test_bit(TTY_EXCLUSIVE, &tty->flags) && !capable(CAP_SYS_ADMIN))
		goto fail;
	err = -EIO;
	if (tty_is_pty_master(tty))
		goto fail;		/* by /dev/tty or a node: only ptmx opens masters */
	err = tty_add_file(tty, file);
	if (err)
		goto fail;
	tty->count++;
	mutex_lock(&tty->lock);
	mutex_unlock(&tty_mutex);
	file->f_op = &tty_fops;
	err = tty->ops->open ? tty->ops->open(tty, file) : 0;
	if (!err && !noctty)
		tty_open_proc_set_tty(file, tty);
	mutex_unlock(&tty->lock);
	if (err)
		tty_release(inode, file);
	return err;
fail:
	mutex_unlock(&tty_mutex);
	tty_kref_put(tty);
	return err;
}

/* Nobody has it open: it is no process's terminal any more. */
static void forget_session(struct tty_struct *tty)
{
	struct pid *session = tty_get_session(tty);

	if (session)
		session_clear_tty(session, tty);
	put_pid(session);
}

int tty_release(struct inode *inode, struct file *file)
{
	struct tty_struct *tty = file_tty(file);
	bool pair_gone;

	mutex_lock(&tty_mutex);
	mutex_lock(&tty->lock);
	if (tty->ops->close)
		tty->ops->close(tty, file);
	mutex_unlock(&tty->lock);
	del_file(tty, file);
	tty->count--;
	pair_gone = !tty->count && (!tty->link || !tty->link->count);
	if (pair_gone) {
		forget_session(tty);
		if (tty->link)
			forget_session(tty->link);
	}
	mutex_unlock(&tty_mutex);
	if (!tty->count)
		wake_all(tty);
	if (tty->link)
		wake_all(tty->link);
	if (pair_gone && tty->link)
		pty_drop_pair(tty);
	tty_kref_put(tty);
	return 0;
}

static ssize_t tty_read(struct file *file, char __user *buf, size_t size, loff_t *pos)
{
	if (tty_hung_up(file))
		return 0;
	if (!size)
		return 0;
	return n_tty_read(file_tty(file), file, buf, size);
}

static ssize_t tty_write(struct file *file, const char __user *buf, size_t size, loff_t *pos)
{
	if (tty_hung_up(file))
		return -EIO;
	return n_tty_write(file_tty(file), file, buf, size);
}

static __poll_t tty_poll(struct file *file, struct poll_table_struct *wait)
{
	if (tty_hung_up(file))
		return hung_up_poll(file, wait);
	return n_tty_poll(file_tty(file), file, wait);
}

const struct file_operations tty_fops = {
	.llseek = no_llseek,
	.open = tty_open,
	.read = tty_read,
	.write = tty_write,
	.poll = tty_poll,
	.unlocked_ioctl = tty_ioctl,
	.release = tty_release,
};

/* vhangup(2): the caller's terminal hangs up. */
SYSCALL_DEFINE0(vhangup)
{
	struct tty_struct *tty;

	if (!capable(CAP_SYS_TTY_CONFIG))
		return -EPERM;
	tty = get_current_tty();
	if (tty) {
		tty_vhangup(tty);
		tty_kref_put(tty);
	}
	return 0;
}

/* Names a family of terminals. Its numbers are registered by the caller. => may sleep */
int tty_register_driver(struct tty_driver *driver)
{
	mutex_lock(&tty_mutex);
	list_add_tail(&driver->list, &tty_drivers);
	mutex_unlock(&tty_mutex);
	return 0;
}

static const char *driver_type(const struct tty_driver *driver)
{
	switch (driver->type) {
	case TTY_DRIVER_TYPE_SYSTEM:
		return "system";
	case TTY_DRIVER_TYPE_CONSOLE:
		return "console";
	case TTY_DRIVER_TYPE_PTY:
		return driver->subtype == PTY_TYPE_MASTER ? "pty:master" : "pty:slave";
	}
	return "unknown";
}

/* /proc/tty/drivers */
static int drivers_show(struct seq_file *m, void *v)
{
	struct tty_driver *driver;

	seq_printf(m, "%-20s /dev/%-8s %3d %7d %s\n", "/dev/tty", "tty", TTYAUX_MAJOR, 0,
		   "system:/dev/tty");
	seq_printf(m, "%-20s /dev/%-8s %3d %7d %s\n", "/dev/console", "console", TTYAUX_MAJOR, 1,
		   "system:console");
	seq_printf(m, "%-20s /dev/%-8s %3d %7d %s\n", "/dev/ptmx", "ptmx", TTYAUX_MAJOR, 2,
		   "system");
	mutex_lock(&tty_mutex);
	list_for_each_entry(driver, &tty_drivers, list) {
		char range[24];

		if (driver->type == TTY_DRIVER_TYPE_CONSOLE)
			continue;
		snprintf(range, sizeof(range), driver->num > 1 ? "%u-%u" : "%u", driver->minor_start,
			 driver->minor_start + driver->num - 1);
		seq_printf(m, "%-20s /dev/%-8s %3d %7s %s\n", driver->driver_name, driver->name,
			   driver->major, range, driver_type(driver));
	}
	mutex_unlock(&tty_mutex);
	return 0;
}

/* /proc/consoles */
static int consoles_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%-21s%c%c%c (%s)    %4d:%d\n", "console0", 'R', 'W', '-', "EC", TTYAUX_MAJOR, 1);
	return 0;
}

static struct class tty_class = { .name = "tty" };

static const char *tty_devnode(const struct device *dev, umode_t *mode)
{
	if (dev->devt == MKDEV(TTYAUX_MAJOR, 0) || dev->devt == MKDEV(TTYAUX_MAJOR, 2))
		*mode = 0666;
	return NULL;
}

static const struct {
	const char *name;
	unsigned int minor;
	const struct file_operations *fops;
} aux_devices[] = {
	{ "tty", 0, &tty_fops }, { "console", 1, &tty_fops }, { "ptmx", 2, &ptmx_fops },
};
static struct cdev aux_cdevs[ARRAY_SIZE(aux_devices)];
static struct cdev pts_cdev;

static int __init tty_init(void)
{
	int err;

	tty_class.devnode = tty_devnode;
	err = class_register(&tty_class);
	for (unsigned int i = 0; !err && i < ARRAY_SIZE(aux_devices); i++) {
		dev_t dev = MKDEV(TTYAUX_MAJOR, aux_devices[i].minor);
		const char *name = aux_devices[i].name;
		char region[16];

		snprintf(region, sizeof(region), "/dev/%s", name);
		cdev_init(&aux_cdevs[i], aux_devices[i].fops);
		err = register_chrdev_region(dev, 1, region);
		if (!err)
			err = cdev_add(&aux_cdevs[i], dev, 1);
		if (!err && IS_ERR(device_create(&tty_class, NULL, dev, NULL, "%s", name)))
			err = -ENOMEM;
	}
	if (err)
		return err;
	cdev_init(&pts_cdev, &tty_fops);
	err = register_chrdev_region(MKDEV(UNIX98_PTY_MASTER_MAJOR, 0), 1U << MINORBITS, "ptm");
	if (!err)
		err = register_chrdev_region(MKDEV(UNIX98_PTY_SLAVE_MAJOR, 0), 1U << MINORBITS, "pts");
	if (!err)
		err = cdev_add(&pts_cdev, MKDEV(UNIX98_PTY_SLAVE_MAJOR, 0), 1U << MINORBITS);
	if (err)
		return err;
	proc_mkdir("tty", NULL);
	proc_create_single("tty/drivers", 0, NULL, drivers_show);
	proc_create_single("consoles", 0, NULL, consoles_show);
	return 0;
}
device_initcall(tty_init);
