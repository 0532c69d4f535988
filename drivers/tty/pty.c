// SPDX-License-Identifier: MIT
/*
 * Pseudo terminals: two terminals, each the other's wire. The master comes from opening ptmx,
 * the slave is a node of devpts. What one side writes goes into the other side's buffer.
 *
 * The master holds a reference on the slave until neither side is open (pty_drop_pair()); the
 * node goes with the master, so nobody can open the slave after that. The memory of both is
 * freed when both have no references left (tty_io.c), so tty->link is always good. The slave's
 * driver_data is its node, the master's the devpts instance.
 */
#include <fs/devpts.h>
#include <fs/fdtable.h>
#include <fs/kdev_t.h>
#include <kern/init.h>
#include <kern/signal.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

#include "internal.h"

static struct tty_driver ptm_driver;

bool tty_is_pty_master(const struct tty_struct *tty)
{
	return tty->driver == &ptm_driver;
}

static size_t pty_write(struct tty_struct *tty, const u8 *buf, size_t len)
{
	size_t n;

	if (READ_ONCE(tty->stopped))
		return 0;
	n = tty_insert_flip_string(tty->link, buf, len);
	if (n)
		tty_flip_buffer_push(tty->link);
	return n;
}

static unsigned int pty_write_room(struct tty_struct *tty)
{
	return READ_ONCE(tty->stopped) ? 0 : tty_buffer_space_avail(tty->link);
}

static void pty_unthrottle(struct tty_struct *tty)
{
	tty_wakeup(tty->link);
}

/* Output that the master has not taken goes, unless it is being taken just now. */
static void pty_flush_buffer(struct tty_struct *tty)
{
	struct tty_buffer *buf = &tty->link->buf;

	if (mutex_trylock(&buf->flush_lock)) {
		smp_store_release(&buf->tail, smp_load_acquire(&buf->head));
		mutex_unlock(&buf->flush_lock);
	}
}

static void packet_flow_event(struct tty_struct *tty, u8 set, u8 clear)
{
	unsigned long flags;

	if (!test_bit(TTY_PACKET, &tty->link->flags))
		return;
	spin_lock_irqsave(&tty->ctrl_lock, flags);
	tty->pktstatus = (tty->pktstatus & ~clear) | set;
	spin_unlock_irqrestore(&tty->ctrl_lock, flags);
	wake_up_interruptible(&tty->link->read_wait);
}

static void pty_stop(struct tty_struct *tty)
{
	packet_flow_event(tty, TIOCPKT_STOP, TIOCPKT_START);
}

static void pty_start(struct tty_struct *tty)
{
	packet_flow_event(tty, TIOCPKT_START, TIOCPKT_STOP);
}

/* A slave is opened. => tty->lock held */
static int pts_open(struct tty_struct *tty, struct file *file)
{
	if (test_bit(TTY_OTHER_CLOSED, &tty->flags) || test_bit(TTY_PTY_LOCK, &tty->flags))
		return -EIO;
	clear_bit(TTY_OTHER_CLOSED, &tty->link->flags);
	return 0;
}

/* => tty_mutex and tty->lock held; this file still counts */
static void pts_close(struct tty_struct *tty, struct file *file)
{
	if (tty->count > 1)
		return;
	set_bit(TTY_OTHER_CLOSED, &tty->link->flags);
	/* What is on its way to the master must get there before the end of file. */
	tty_flip_buffer_push(tty->link);
	wake_up_interruptible(&tty->link->read_wait);
	wake_up_interruptible(&tty->link->write_wait);
}

/* => tty_mutex and tty->lock held */
static void ptm_close(struct tty_struct *tty, struct file *file)
{
	struct pts_fs_info *fsi = tty->driver_data;
	struct dentry *node = tty->link->driver_data;

	set_bit(TTY_OTHER_CLOSED, &tty->link->flags);
	if (node)
		devpts_pty_kill(node);
	tty->link->driver_data = NULL;
	tty_vhangup(tty->link);
	devpts_kill_index(fsi, tty->index);
	devpts_release(fsi);
	tty->driver_data = NULL;
}

/* Neither side is open: take the pair apart, once. */
void pty_drop_pair(struct tty_struct *tty)
{
	struct tty_struct *slave = tty_is_pty_master(tty) ? tty->link : tty;

	if (!test_and_set_bit(TTY_UNPAIRED, &slave->flags))
		tty_kref_put(slave);
}

/* TIOCSIG: signals the slave's foreground group. */
static int ptm_signal(struct tty_struct *tty, unsigned long sig)
{
	if (sig != SIGINT && sig != SIGQUIT && sig != SIGTSTP)
		return -EINVAL;
	tty_signal_foreground(tty->link, sig);
	return 0;
}

static int set_packet(struct tty_struct *tty, const int __user *arg)
{
	unsigned long flags;
	int on = 0;

	if (get_user(on, arg))
		return -EFAULT;
	spin_lock_irqsave(&tty->link->ctrl_lock, flags);
	if (!on) {
		clear_bit(TTY_PACKET, &tty->flags);
	} else if (!test_bit(TTY_PACKET, &tty->flags)) {
		tty->link->pktstatus = 0;
		set_bit(TTY_PACKET, &tty->flags);
	}
	spin_unlock_irqrestore(&tty->link->ctrl_lock, flags);
	return 0;
}

/* TIOCGPTPEER: opens the slave whatever stands at its name; the new descriptor. */
static int ptm_peer_open(struct tty_struct *master, struct file *ptmx, int flags)
{
	struct path path;
	struct file *file;
	int fd, err;

	err = devpts_peer_path(ptmx, master->link->driver_data, &path);
	if (err)
		return err;
	fd = get_unused_fd_flags(flags & O_CLOEXEC);
	if (fd < 0) {
		path_put(&path);
		return fd;
	}
	file = dentry_open(&path, flags, current->cred);
	path_put(&path);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		return PTR_ERR(file);
	}
	fd_install(fd, file);
	return fd;
}

static int ptm_ioctl(struct tty_struct *tty, struct file *file, unsigned int cmd,
		     unsigned long arg)
{
	int __user *p = (int __user *)arg;
	int value;

	switch (cmd) {
	case TIOCSPTLCK:
		if (get_user(value, p))
			return -EFAULT;
		if (value)
			set_bit(TTY_PTY_LOCK, &tty->link->flags);
		else
			clear_bit(TTY_PTY_LOCK, &tty->link->flags);
		return 0;
	case TIOCGPTLCK:
		return put_user((int)test_bit(TTY_PTY_LOCK, &tty->link->flags), p);
	case TIOCPKT:
		return set_packet(tty, p);
	case TIOCGPKT:
		return put_user((int)test_bit(TTY_PACKET, &tty->flags), p);
	case TIOCGPTN:
		return put_user((unsigned int)tty->index, (unsigned int __user *)p);
	case TIOCSIG:
		return ptm_signal(tty, arg);
	case TIOCGPTPEER:
		return ptm_peer_open(tty, file, arg);
	}
	return -ENOIOCTLCMD;
}

static const struct tty_operations ptm_ops = {
	.close = ptm_close,
	.write = pty_write,
	.write_room = pty_write_room,
	.flush_buffer = pty_flush_buffer,
	.unthrottle = pty_unthrottle,
	.ioctl = ptm_ioctl,
};

static const struct tty_operations pts_ops = {
	.open = pts_open,
	.close = pts_close,
	.write = pty_write,
	.write_room = pty_write_room,
	.flush_buffer = pty_flush_buffer,
	.unthrottle = pty_unthrottle,
	.stop = pty_stop,
	.start = pty_start,
};

static struct tty_driver ptm_driver = {
	.driver_name = "pty_master",
	.name = "ptm",
	.major = UNIX98_PTY_MASTER_MAJOR,
	.num = 1U << MINORBITS,
	.type = TTY_DRIVER_TYPE_PTY,
	.subtype = PTY_TYPE_MASTER,
	.flags = TTY_DRIVER_DEVPTS,
	.ops = &ptm_ops,
};

struct tty_driver pts_driver = {
	.driver_name = "pty_slave",
	.name = "pts/",
	.major = UNIX98_PTY_SLAVE_MAJOR,
	.num = 1U << MINORBITS,
	.type = TTY_DRIVER_TYPE_PTY,
	.subtype = PTY_TYPE_SLAVE,
	.flags = TTY_DRIVER_DEVPTS,
	.ops = &pts_ops,
};

/* The slave of a node of devpts, with a reference. => tty_mutex held */
struct tty_struct *pts_lookup(struct inode *inode, struct file *file)
{
	struct tty_struct *tty = devpts_get_priv(file_dentry(file));

	return tty ? tty_kref_get(tty) : ERR_PTR(-EIO);
}

/* A master and its slave, linked; NULL without memory. The caller has the master's reference. */
static struct tty_struct *alloc_pair(int index)
{
	struct tty_struct *master = tty_alloc(&ptm_driver, index);
	struct tty_struct *slave = tty_alloc(&pts_driver, index);

	if (!master || !slave) {
		tty_kref_put(master);
		tty_kref_put(slave);
		return NULL;
	}
	master->link = slave;			/* the slave's first reference */
	slave->link = master;
	set_bit(TTY_PTY_LOCK, &slave->flags);
	return master;
}

static int ptmx_open(struct inode *inode, struct file *file)
{
	struct pts_fs_info *fsi;
	struct tty_struct *tty;
	struct dentry *node;
	int index, err;

	nonseekable_open(inode, file);
	fsi = devpts_acquire(file);
	if (IS_ERR(fsi))
		return PTR_ERR(fsi);
	index = devpts_new_index(fsi);
	err = index;
	if (index < 0)
		goto fail_fsi;
	err = -ENOMEM;
	tty = alloc_pair(index);
	if (!tty)
		goto fail_index;
	err = tty_add_file(tty, file);
	if (err)
		goto fail_pair;
	/* Open before the node is there: whoever opens the slave finds a master in use. */
	mutex_lock(&tty_mutex);
	tty->count = 1;
	tty->driver_data = fsi;
	node = devpts_pty_new(fsi, index, tty->link);
	if (!IS_ERR(node))
		tty->link->driver_data = node;
	mutex_unlock(&tty_mutex);
	if (IS_ERR(node)) {
		err = PTR_ERR(node);
		list_del(&((struct tty_file_private *)file->private_data)->list);
		kfree(file->private_data);
		goto fail_pair;
	}
	file->f_op = &tty_fops;
	return 0;

fail_pair:
	pty_drop_pair(tty);
	tty_kref_put(tty);
fail_index:
	devpts_kill_index(fsi, index);
fail_fsi:
	devpts_release(fsi);
	return err;
}

const struct file_operations ptmx_fops = {
	.llseek = no_llseek,
	.open = ptmx_open,
};

static int __init pty_init(void)
{
	ptm_driver.init_termios = tty_std_termios;
	ptm_driver.init_termios.c_iflag = 0;
	ptm_driver.init_termios.c_oflag = 0;
	ptm_driver.init_termios.c_cflag = B38400 | CS8 | CREAD;
	ptm_driver.init_termios.c_lflag = 0;
	ptm_driver.other = &pts_driver;
	pts_driver.init_termios = tty_std_termios;
	pts_driver.init_termios.c_cflag = B38400 | CS8 | CREAD;
	pts_driver.other = &ptm_driver;
	tty_register_driver(&ptm_driver);
	tty_register_driver(&pts_driver);
	return 0;
}
device_initcall(pty_init);
