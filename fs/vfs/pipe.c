/* SPDX-License-Identifier: MIT */
/*
 * Pipes.
 *
 * A pipe is a ring of pieces of pages. A write fills the last page if all of its odd bytes fit
 * there, and new pages otherwise; one that is not larger than PIPE_BUF therefore lands in one
 * piece, and since the mutex is held while it is copied, it is atomic. A reader that empties the
 * ring, or a writer that fills it, sleeps; sleepers are exclusive, and each that leaves something
 * behind wakes the next of its kind.
 */
#include <asm/ioctls.h>
#include <fs/dentry.h>
#include <fs/fdtable.h>
#include <fs/file.h>
#include <fs/inode.h>
#include <fs/mount.h>
#include <fs/poll.h>
#include <fs/super.h>
#include <kern/bug.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/init.h>
#include <kern/signal.h>
#include <kern/syscalls.h>
#include <linux/fcntl.h>
#include <linux/magic.h>
#include <mm/gfp.h>
#include <mm/page.h>
#include <mm/slab.h>
#include <mm/uaccess.h>
#include <mm/uio.h>
#include "internal.h"
#include "pipe_ring.h"

void pipe_lock(struct pipe_inode_info *pipe)
{
	mutex_lock(&pipe->mutex);
}

void pipe_unlock(struct pipe_inode_info *pipe)
{
	mutex_unlock(&pipe->mutex);
}

void pipe_double_lock(struct pipe_inode_info *a, struct pipe_inode_info *b)
{
	if (a > b) {
		struct pipe_inode_info *t = a;

		a = b;
		b = t;
	}
	mutex_lock(&a->mutex);
	mutex_lock_nested(&b->mutex, 1);
}

void pipe_wake_readers(struct pipe_inode_info *pipe)
{
	wake_up_interruptible_sync_poll(&pipe->rd_wait, EPOLLIN | EPOLLRDNORM);
	kill_fasync(&pipe->fasync_readers, SIGIO, POLL_IN);
}

void pipe_wake_writers(struct pipe_inode_info *pipe)
{
	wake_up_interruptible_sync_poll(&pipe->wr_wait, EPOLLOUT | EPOLLWRNORM);
	kill_fasync(&pipe->fasync_writers, SIGIO, POLL_OUT);
}

/* ---- pages ---- */

static struct page *pipe_get_page(struct pipe_inode_info *pipe)
{
	int i;

	for (i = 0; i < 2; i++) {
		struct page *page = pipe->spare[i];

		if (page) {
			pipe->spare[i] = NULL;
			return page;
		}
	}
	return alloc_page(GFP_HIGHUSER | __GFP_ACCOUNT);
}

void pipe_buf_release(struct pipe_inode_info *pipe, struct pipe_buffer *buf)
{
	struct page *page = buf->page;
	int i;

	buf->page = NULL;
	/* A page that nobody else knows (tee, splice) serves again. */
	if (page_count(page) == 1 && !page->mapping) {
		for (i = 0; i < 2; i++) {
			if (!pipe->spare[i]) {
				pipe->spare[i] = page;
				return;
			}
		}
	}
	put_page(page);
}

/* ---- reading ---- */

static bool pipe_readable(const struct pipe_inode_info *pipe)
{
	return !pipe_empty(pipe) || !READ_ONCE(pipe->writers);
}

static bool pipe_writable(const struct pipe_inode_info *pipe)
{
	return !pipe_full(pipe) || !READ_ONCE(pipe->readers);
}

int pipe_wait_readable(struct pipe_inode_info *pipe)
{
	int error;

	pipe_unlock(pipe);
	error = wait_event_interruptible(pipe->rd_wait, pipe_readable(pipe));
	pipe_lock(pipe);
	return error;
}

int pipe_wait_writable(struct pipe_inode_info *pipe)
{
	int error;

	pipe_unlock(pipe);
	error = wait_event_interruptible(pipe->wr_wait, pipe_writable(pipe));
	pipe_lock(pipe);
	return error;
}

/* Takes what is there. => locked; bytes, or -EFAULT when not even the first could be copied */
static ssize_t pipe_take(struct pipe_inode_info *pipe, struct iov_iter *to)
{
	ssize_t done = 0;

	while (iov_iter_count(to) && !pipe_empty(pipe)) {
		struct pipe_buffer *buf = pipe_slot(pipe, pipe->tail);
		size_t chars = buf->len;
		size_t n;
		bool packet = buf->flags & PIPE_BUF_FLAG_PACKET;

		if (chars > iov_iter_count(to))
			chars = iov_iter_count(to);
		n = copy_page_to_iter(buf->page, buf->offset, chars, to);
		done += n;
		buf->offset += n;
		buf->len -= n;
		if (n < chars)
			return done ? done : -EFAULT;
		if (packet)
			buf->len = 0;	/* what did not fit is lost */
		if (!buf->len) {
			pipe_buf_release(pipe, buf);
			WRITE_ONCE(pipe->tail, pipe->tail + 1);
		}
		if (packet)
			break;
	}
	return done;
}

static ssize_t pipe_read(struct kiocb *iocb, struct iov_iter *to)
{
	struct file *file = iocb->ki_filp;
	struct pipe_inode_info *pipe = file->private_data;
	bool wake_writer = false, wake_next_reader = false;
	ssize_t result = 0;

	if (!iov_iter_count(to))
		return 0;
	pipe_lock(pipe);
	for (;;) {
		wake_writer |= pipe_full(pipe);
		result = pipe_take(pipe, to);
		if (result || !pipe->writers)
			break;
		if ((file->f_flags & O_NONBLOCK) || (iocb->ki_flags & IOCB_NOWAIT)) {
			result = -EAGAIN;
			break;
		}
		pipe_unlock(pipe);
		if (wait_event_interruptible_exclusive(pipe->rd_wait, pipe_readable(pipe)))
			return -ERESTARTSYS;
		pipe_lock(pipe);
		wake_next_reader = true;
		wake_writer = false;
	}
	if (pipe_empty(pipe))
		wake_next_reader = false;
	pipe_unlock(pipe);
	if (wake_writer && result > 0)
		pipe_wake_writers(pipe);
	if (wake_next_reader)
		wake_up_interruptible_sync_poll(&pipe->rd_wait, EPOLLIN | EPOLLRDNORM);
	if (result > 0)
		file_accessed(file);
	return result;
}

/* ---- writing ---- */

/* Puts the odd bytes of a write behind the last ones, if they fit. => bytes or -EFAULT */
static ssize_t pipe_merge(struct pipe_inode_info *pipe, struct iov_iter *from)
{
	size_t chars = iov_iter_count(from) & (PAGE_SIZE - 1);
	struct pipe_buffer *buf;
	unsigned int offset;
	size_t n;

	if (!chars || pipe_empty(pipe))
		return 0;
	buf = pipe_slot(pipe, pipe->head - 1);
	offset = buf->offset + buf->len;
	if (!(buf->flags & PIPE_BUF_FLAG_CAN_MERGE) || offset + chars > PAGE_SIZE)
		return 0;
	n = copy_page_from_iter(buf->page, offset, chars, from);
	if (n < chars) {
		iov_iter_revert(from, n);
		return -EFAULT;
	}
	buf->len += n;
	return n;
}

/* Adds a page of data. => locked, not full; bytes or an errno */
static ssize_t pipe_add_page(struct pipe_inode_info *pipe, struct iov_iter *from, bool packet)
{
	struct page *page = pipe_get_page(pipe);
	struct pipe_buffer *buf;
	size_t n;

	if (!page)
		return -ENOMEM;
	n = copy_page_from_iter(page, 0, PAGE_SIZE, from);
	if (!n || (n < PAGE_SIZE && iov_iter_count(from))) {
		iov_iter_revert(from, n);
		put_page(page);
		return -EFAULT;
	}
	buf = pipe_slot(pipe, pipe->head);
	buf->page = page;
	buf->offset = 0;
	buf->len = n;
	buf->flags = packet ? PIPE_BUF_FLAG_PACKET : PIPE_BUF_FLAG_CAN_MERGE;
	WRITE_ONCE(pipe->head, pipe->head + 1);
	return n;
}

static ssize_t pipe_write(struct kiocb *iocb, struct iov_iter *from)
{
	struct file *file = iocb->ki_filp;
	struct pipe_inode_info *pipe = file->private_data;
	bool packet = file->f_flags & O_DIRECT;
	bool wake_next_writer = false;
	bool was_empty = false;
	ssize_t done = 0;
	ssize_t n;

	if (!iov_iter_count(from))
		return 0;
	pipe_lock(pipe);
	if (!pipe->readers) {
		n = -EPIPE;
		goto out;
	}
	was_empty = pipe_empty(pipe);
	n = packet ? 0 : pipe_merge(pipe, from);
	if (n > 0)
		done = n;
	while (n >= 0 && iov_iter_count(from)) {
		if (!pipe->readers) {
			n = -EPIPE;
			break;
		}
		if (!pipe_full(pipe)) {
			n = pipe_add_page(pipe, from, packet);
			if (n > 0)
				done += n;
			continue;
		}
		if ((file->f_flags & O_NONBLOCK) || (iocb->ki_flags & IOCB_NOWAIT)) {
			n = -EAGAIN;
			break;
		}
		if (signal_pending(current)) {
			n = -ERESTARTSYS;
			break;
		}
		pipe_unlock(pipe);
		if (was_empty)
			pipe_wake_readers(pipe);
		wait_event_interruptible_exclusive(pipe->wr_wait, pipe_writable(pipe));
		pipe_lock(pipe);
		was_empty = pipe_empty(pipe);
		wake_next_writer = true;
	}
out:
	if (pipe_full(pipe))
		wake_next_writer = false;
	pipe_unlock(pipe);
	if (n == -EPIPE)
		send_sig(SIGPIPE, current, 0);
	if (done > 0 && (was_empty || pipe->poll_usage))
		pipe_wake_readers(pipe);
	if (wake_next_writer)
		wake_up_interruptible_sync_poll(&pipe->wr_wait, EPOLLOUT | EPOLLWRNORM);
	if (done > 0)
		file_update_time(file);
	return done ? done : n;
}

/* ---- the rest of an open end ---- */

static long pipe_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct pipe_inode_info *pipe = file->private_data;
	unsigned int i;
	int count = 0;

	if (cmd != FIONREAD)
		return -ENOIOCTLCMD;
	pipe_lock(pipe);
	for (i = pipe->tail; i != pipe->head; i++)
		count += pipe_slot(pipe, i)->len;
	pipe_unlock(pipe);
	return put_user(count, (int __user *)arg);
}

static __poll_t pipe_poll(struct file *file, poll_table *pt)
{
	struct pipe_inode_info *pipe = file->private_data;
	__poll_t mask = 0;

	WRITE_ONCE(pipe->poll_usage, true);
	if (file->f_mode & FMODE_READ)
		poll_wait(file, &pipe->rd_wait, pt);
	if (file->f_mode & FMODE_WRITE)
		poll_wait(file, &pipe->wr_wait, pt);
	if (file->f_mode & FMODE_READ) {
		if (!pipe_empty(pipe))
			mask |= EPOLLIN | EPOLLRDNORM;
		/* A FIFO that no writer has opened yet is not hung up. */
		if (!READ_ONCE(pipe->writers) && file->f_version != pipe->w_counter)
			mask |= EPOLLHUP;
	}
	if (file->f_mode & FMODE_WRITE) {
		if (!pipe_full(pipe))
			mask |= EPOLLOUT | EPOLLWRNORM;
		if (!READ_ONCE(pipe->readers))
			mask |= EPOLLERR;
	}
	return mask;
}

static int pipe_release(struct inode *inode, struct file *file)
{
	struct pipe_inode_info *pipe = file->private_data;

	pipe_lock(pipe);
	if (file->f_mode & FMODE_READ)
		WRITE_ONCE(pipe->readers, pipe->readers - 1);
	if (file->f_mode & FMODE_WRITE)
		WRITE_ONCE(pipe->writers, pipe->writers - 1);
	/* The last of its kind leaves: everybody on the other side looks again. */
	if (!pipe->readers != !pipe->writers) {
		__wake_up(&pipe->rd_wait, TASK_INTERRUPTIBLE, 0,
			  poll_to_key(EPOLLIN | EPOLLRDNORM | EPOLLERR | EPOLLHUP));
		__wake_up(&pipe->wr_wait, TASK_INTERRUPTIBLE, 0,
			  poll_to_key(EPOLLOUT | EPOLLWRNORM | EPOLLERR | EPOLLHUP));
		kill_fasync(&pipe->fasync_readers, SIGIO, POLL_IN);
		kill_fasync(&pipe->fasync_writers, SIGIO, POLL_OUT);
	}
	pipe_unlock(pipe);
	put_pipe_info(inode, pipe);
	return 0;
}

void pipe_wait_for_readers(struct file *file)
{
	struct pipe_inode_info *pipe = file->private_data;

	/* As one more reader, whom the release of the last true one wakes. */
	pipe_lock(pipe);
	WRITE_ONCE(pipe->readers, pipe->readers + 1);
	WRITE_ONCE(pipe->writers, pipe->writers - 1);
	pipe_wake_readers(pipe);
	pipe_unlock(pipe);
	wait_event_interruptible(pipe->rd_wait, READ_ONCE(pipe->readers) == 1);
	pipe_lock(pipe);
	WRITE_ONCE(pipe->readers, pipe->readers - 1);
	WRITE_ONCE(pipe->writers, pipe->writers + 1);
	pipe_unlock(pipe);
}

static int pipe_fasync(int fd, struct file *file, int on)
{
	struct pipe_inode_info *pipe = file->private_data;
	int result = 0;

	pipe_lock(pipe);
	if (file->f_mode & FMODE_READ)
		result = fasync_helper(fd, file, on, &pipe->fasync_readers);
	if ((file->f_mode & FMODE_WRITE) && result >= 0) {
		result = fasync_helper(fd, file, on, &pipe->fasync_writers);
		if (result < 0 && (file->f_mode & FMODE_READ))
			fasync_helper(-1, file, 0, &pipe->fasync_readers);
	}
	pipe_unlock(pipe);
	return result;
}

const struct file_operations pipefifo_fops = {
	.open = pipe_fifo_open,
	.read_iter = pipe_read,
	.write_iter = pipe_write,
	.poll = pipe_poll,
	.unlocked_ioctl = pipe_ioctl,
	.release = pipe_release,
	.fasync = pipe_fasync,
};
