// SPDX-License-Identifier: MIT
/*
 * Init's descriptors 0, 1 and 2: the host's own, passed through when they are not a terminal.
 *
 * A pass-through file has no position of its own: the host's offset is the file's. A transfer
 * goes through a bounce buffer in RAM to a host thread of that descriptor and direction
 * (host_io_submit), and its end arrives as IRQ_HOSTIO; no vCPU waits in the host for a slow
 * peer. A signal cancels the transfer; what was moved by then is returned, as on the host.
 *
 * The inodes live on a file system of their own that nobody can mount.
 */
#include "../internal.h"
#include <driver/console.h>
#include <fs/dentry.h>
#include <fs/fdtable.h>
#include <fs/file.h>
#include <fs/inode.h>
#include <fs/mount.h>
#include <fs/poll.h>
#include <fs/super.h>
#include <kern/err.h>
#include <kern/init.h>
#include <kern/interrupt.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/task.h>
#include <kern/wait.h>
#include <mm/gfp.h>
#include <mm/page.h>
#include <mm/uio.h>
#include <um/setup.h>
#include <um/virtual.h>

#include <linux/limits.h>

#define STDIO_MAGIC 0x756d696f
#define BOUNCE_MAX (64UL << 10)

/* Woken when any transfer ended and when a watched descriptor became ready. */
static DECLARE_WAIT_QUEUE_HEAD(hostio_wait);
static bool transfers_end; /* constant after boot: their interrupt is served */

static irqreturn_t hostio_interrupt(int irq, void *dev)
{
	wake_up_all(&hostio_wait);
	return IRQ_HANDLED;
}

void um_hostio_wait(const volatile unsigned int *done)
{
	if (um_virtual)
		um_virtual_wait(done);
	while (!transfers_end && !*done)
		schedule_timeout_uninterruptible(1);
	wait_event(hostio_wait, *done);
}

static int fd_of(const struct file *file)
{
	return (int)(long)file_inode(file)->i_private;
}

/*
 * One transfer through `buf`. Bytes, or -errno; -EINTR when a signal (a deadly one, unless
 * `interruptible`) came first.
 */
static long transfer_once(int fd, enum host_io_op op, void *buf, size_t len, bool interruptible)
{
	struct host_io io = { .op = op, .fd = fd, .buf = buf, .len = len };
	int error = host_io_submit(&io);

	if (error)
		return error;
	/* Only input that is not there yet lets others run. */
	if (um_virtual && (op == HOST_IO_WRITE || !interruptible))
		um_virtual_wait(&io.done);
	if (interruptible)
		error = wait_event_interruptible(hostio_wait, READ_ONCE(io.done));
	else
		error = wait_event_killable(hostio_wait, READ_ONCE(io.done));
	if (error) {
		host_io_cancel(&io);
		wait_event(hostio_wait, READ_ONCE(io.done));
	}
	return io.result;
}

/*
 * As the host does it: what need not wait is not interrupted by a signal. A pipe that says it
 * is writable takes PIPE_BUF bytes.
 */
static long transfer(int fd, enum host_io_op op, void *buf, size_t len)
{
	unsigned int event = op == HOST_IO_READ ? POLLIN : POLLOUT;
	size_t at_once = op == HOST_IO_READ || um_host_info->stdio[fd].seekable ? len :
								min_t(size_t, len, PIPE_BUF);
	long n;

	if (at_once == len && host_fd_poll(fd, event))
		n = transfer_once(fd, op, buf, len, false);
	else
		n = transfer_once(fd, op, buf, len, true);
	if (n == -EINTR && host_fd_poll(fd, event))
		n = transfer_once(fd, op, buf, at_once, false);
	return n == -EINTR ? -ERESTARTSYS : n;
}

/* 0 when a transfer may begin, -EAGAIN when it would have to wait and must not. */
static int check_nowait(struct kiocb *iocb, unsigned int events)
{
	struct file *file = iocb->ki_filp;

	if (!(file->f_flags & O_NONBLOCK) && !(iocb->ki_flags & IOCB_NOWAIT))
		return 0;
	return host_fd_poll(fd_of(file), events) ? 0 : -EAGAIN;
}

/* A bounce buffer for up to `len` bytes; *order and *size tell what there is. */
static void *get_bounce(size_t len, unsigned int *order, size_t *size)
{
	struct page *pages;

	*order = get_order(len < BOUNCE_MAX ? len : BOUNCE_MAX);
	pages = alloc_pages(GFP_KERNEL | __GFP_NOWARN | (*order ? __GFP_NORETRY : 0), *order);
	if (!pages) {
		*order = 0;
		pages = alloc_pages(GFP_KERNEL, 0);
	}
	*size = PAGE_SIZE << *order;
	return pages ? page_address(pages) : NULL;
}

static void put_bounce(void *buf, unsigned int order)
{
	__free_pages(virt_to_page(buf), order);
}

static ssize_t stdio_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	bool seekable = um_host_info->stdio[fd_of(iocb->ki_filp)].seekable;
	ssize_t done = 0;
	unsigned int order;
	size_t size;
	void *buf;
	int error = check_nowait(iocb, POLLIN);

	if (error || !iov_iter_count(to))
		return error;
	buf = get_bounce(iov_iter_count(to), &order, &size);
	if (!buf)
		return -ENOMEM;
	do {
		size_t want = min_t(size_t, size, iov_iter_count(to));
		long n = transfer(fd_of(iocb->ki_filp), HOST_IO_READ, buf, want);

		if (n <= 0) {
			done = done ? done : n;
			break;
		}
		if (copy_to_iter(buf, n, to) != n) {
			done = done ? done : -EFAULT;
			break;
		}
		done += n;
		if (n < want)
			break;
		/* A pipe gives what it has; a file goes on to the end. */
	} while (seekable && iov_iter_count(to));
	put_bounce(buf, order);
	return done;
}

static ssize_t stdio_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	ssize_t done = 0;
	unsigned int order;
	size_t size;
	void *buf;
	int error = check_nowait(iocb, POLLOUT);

	if (error || !iov_iter_count(from))
		return error;
	buf = get_bounce(iov_iter_count(from), &order, &size);
	if (!buf)
		return -ENOMEM;
	while (iov_iter_count(from)) {
		size_t want = copy_from_iter(buf, min_t(size_t, size, iov_iter_count(from)), from);
		long n = want ? transfer(fd_of(iocb->ki_filp), HOST_IO_WRITE, buf, want) : -EFAULT;

		if (n == -EPIPE && !done)
			send_sig(SIGPIPE, current, 0);
		if (n < 0) {
			done = done ? done : n;
			break;
		}
		done += n;
		if (n < want) {
			iov_iter_revert(from, want - n);
			if (signal_pending(current) || iocb->ki_filp->f_flags & O_NONBLOCK)
				break;
		}
	}
	put_bounce(buf, order);
	return done;
}

static __poll_t stdio_poll(struct file *file, poll_table *pt)
{
	const struct host_stdio *io = &um_host_info->stdio[fd_of(file)];
	unsigned int wanted = (io->readable ? POLLIN : 0) | (io->writable ? POLLOUT : 0);
	unsigned int ready;
	__poll_t mask = 0;

	poll_wait(file, &hostio_wait, pt);
	ready = host_fd_poll(fd_of(file), wanted);
	if (!poll_does_not_wait(pt) && (wanted & ~ready & (u32)poll_requested_events(pt)))
		host_fd_watch(fd_of(file), wanted & ~ready & (u32)poll_requested_events(pt));
	if (ready & POLLIN)
		mask |= EPOLLIN | EPOLLRDNORM;
	if (ready & POLLOUT)
		mask |= EPOLLOUT | EPOLLWRNORM;
	if (ready & POLLHUP)
		mask |= EPOLLHUP;
	if (ready & POLLERR)
		mask |= EPOLLERR;
	return mask;
}

static loff_t stdio_llseek(struct file *file, loff_t offset, int whence)
{
	if (!um_host_info->stdio[fd_of(file)].seekable)
		return -ESPIPE;
	return host_fd_seek(fd_of(file), offset, whence);
}

/* Opened again, by /dev/stdin or /proc/self/fd/0: only in the directions that it has. */
static int stdio_open(struct inode *inode, struct file *file)
{
	const struct host_stdio *io = &um_host_info->stdio[(long)inode->i_private];

	if ((file->f_mode & FMODE_READ && !io->readable) || (file->f_mode & FMODE_WRITE && !io->writable))
		return -EACCES;
	file->f_mode |= FMODE_STREAM;
	return 0;
}

static const struct file_operations stdio_fops = {
	.open = stdio_open,
	.llseek = stdio_llseek,
	.read_iter = stdio_read_iter,
	.write_iter = stdio_write_iter,
	.poll = stdio_poll,
};

static int stdio_getattr(const struct path *path, struct kstat *stat, u32 request_mask,
			 unsigned int query_flags)
{
	struct inode *inode = d_inode(path->dentry);
	struct host_stat host;

	generic_fillattr(inode, stat);
	if (!host_fd_stat((long)inode->i_private, &host)) {
		stat->size = host.size;
		stat->blocks = (host.size + 511) >> 9;
		stat->mtime.tv_sec = host.mtime_ns / 1000000000UL;
		stat->mtime.tv_nsec = host.mtime_ns % 1000000000UL;
	}
	return 0;
}

static int stdio_setattr(struct dentry *dentry, struct iattr *attr)
{
	if (attr->ia_valid & ATTR_SIZE)
		return host_fd_truncate((long)d_inode(dentry)->i_private, attr->ia_size);
	return -EPERM;
}

static const struct inode_operations stdio_iops = {
	.getattr = stdio_getattr,
	.setattr = stdio_setattr,
};

/* What /proc/PID/fd shows: a pipe looks like a pipe, anything else says where it is. */
static char *stdio_dname(struct dentry *dentry, char *buf, int buflen)
{
	struct inode *inode = d_inode(dentry);

	if (S_ISFIFO(inode->i_mode))
		return dynamic_dname(buf, buflen, "pipe:[%lu]", inode->i_ino);
	return dynamic_dname(buf, buflen, "host:[%s]", dentry->d_name.name);
}

static const struct dentry_operations stdio_dops = { .d_dname = stdio_dname };

static struct dentry *stdio_mount(struct file_system_type *type, int flags, const char *dev_name,
				  void *data)
{
	return mount_pseudo(type, "stdio:", NULL, &stdio_dops, STDIO_MAGIC);
}

static struct file_system_type stdio_type = {
	.name = "stdio",
	.mount = stdio_mount,
	.kill_sb = kill_anon_super,
};

static struct vfsmount *stdio_mnt;	/* set once, by um_open_stdio() */

static struct file *open_host_fd(int fd)
{
	static const char *const names[] = { "stdin", "stdout", "stderr" };
	const struct host_stdio *io = &um_host_info->stdio[fd];
	struct host_stat host;
	struct inode *inode;
	struct file *file;
	int flags = !io->writable ? O_RDONLY : !io->readable ? O_WRONLY : O_RDWR;
	int error = host_fd_stat(fd, &host);

	if (error)
		return ERR_PTR(error);
	inode = new_inode_pseudo(stdio_mnt->mnt_sb);
	if (!inode)
		return ERR_PTR(-ENOMEM);
	inode->i_ino = fd + 1;
	inode->i_mode = host.mode;
	inode->i_rdev = MKDEV(host.rdev >> 8 & 0xfff, host.rdev & 0xff);
	inode->i_op = &stdio_iops;
	inode->i_fop = &stdio_fops;
	inode->i_private = (void *)(long)fd;
	set_nlink(inode, 1);
	file = alloc_file_pseudo(inode, stdio_mnt, names[fd], flags, &stdio_fops);
	if (IS_ERR(file))
		iput(inode);
	else
		file->f_mode |= FMODE_STREAM | (io->seekable ? FMODE_LSEEK : 0);
	return file;
}

static int install(int fd, struct file *file)
{
	int error;

	if (IS_ERR(file))
		return PTR_ERR(file);
	error = replace_fd(fd, file, 0);
	return error < 0 ? error : 0;
}

int um_open_stdio(void)
{
	struct file *console = NULL;
	int error = 0;

	if (!transfers_end)
		return -ENODEV;
	if (!stdio_mnt)
		stdio_mnt = kern_mount(&stdio_type);
	if (IS_ERR(stdio_mnt))
		return PTR_ERR(stdio_mnt);
	for (int fd = 0; fd < 3 && !error; fd++) {
		switch (um_host_info->stdio[fd].kind) {
		case HOST_FD_CLOSED:
			break;
		case HOST_FD_TTY:
			if (!console)
				console = console_tty_file();
			error = install(fd, console);
			break;
		case HOST_FD_OTHER: {
			struct file *file = open_host_fd(fd);

			error = install(fd, file);
			if (!IS_ERR(file))
				fput(file);
			break;
		}
		}
	}
	if (!IS_ERR_OR_NULL(console))
		fput(console);
	return error;
}

static int stdio_init(void)
{
	int error = register_filesystem(&stdio_type);

	if (error)
		return error;
	error = request_irq(IRQ_HOSTIO, hostio_interrupt, 0, "hostio", NULL);
	if (error)
		unregister_filesystem(&stdio_type);
	else
		transfers_end = true;
	return error;
}
device_initcall(stdio_init);
