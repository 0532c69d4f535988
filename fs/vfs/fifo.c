/* SPDX-License-Identifier: MIT */
/* FIFOs: opening a pipe that has a name; and the size of pipes. */
#include <fs/file.h>
#include <fs/inode.h>
#include <fs/poll.h>
#include <fs/super.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/signal.h>
#include <linux/fcntl.h>
#include <linux/magic.h>
#include <mm/page.h>
#include <mm/slab.h>
#include "internal.h"
#include "pipe_ring.h"

/* Waits until the counter of the other end's opens moves. => locked, also after */
static int wait_for_partner(struct pipe_inode_info *pipe, unsigned int *counter)
{
	wait_queue_head_t *queue = counter == &pipe->r_counter ? &pipe->wr_wait : &pipe->rd_wait;
	unsigned int seen = *counter;
	int error;

	pipe_unlock(pipe);
	error = wait_event_interruptible(*queue, READ_ONCE(*counter) != seen);
	pipe_lock(pipe);
	return *counter != seen ? 0 : error;
}

/* The pipe of an inode; made by the first opener. */
static struct pipe_inode_info *get_fifo(struct inode *inode)
{
	struct pipe_inode_info *fresh = NULL;
	struct pipe_inode_info *pipe;

	for (;;) {
		spin_lock(&inode->i_lock);
		if (!inode->i_pipe && fresh) {
			inode->i_pipe = fresh;
			fresh = NULL;
		}
		pipe = inode->i_pipe;
		if (pipe)
			pipe->files++;
		spin_unlock(&inode->i_lock);
		if (pipe)
			break;
		fresh = alloc_pipe_info();
		if (!fresh)
			return NULL;
	}
	if (fresh)
		free_pipe_info(fresh);
	return pipe;
}

/* A pipe() opened again through /proc: its ends have come and gone as they may, nobody waits. */
static bool is_pipe(const struct file *file)
{
	return file_inode(file)->i_sb->s_magic == PIPEFS_MAGIC;
}

static int open_reader(struct pipe_inode_info *pipe, struct file *file)
{
	pipe->r_counter++;
	if (!pipe->readers++)
		wake_up_interruptible_all(&pipe->wr_wait);
	if (pipe->writers || is_pipe(file))
		return 0;
	if (file->f_flags & O_NONBLOCK) {
		/* No EPOLLHUP until a writer has come and gone. */
		file->f_version = pipe->w_counter;
		return 0;
	}
	if (!wait_for_partner(pipe, &pipe->w_counter))
		return 0;
	if (!--pipe->readers)
		wake_up_interruptible_all(&pipe->wr_wait);
	return -ERESTARTSYS;
}

static int open_writer(struct pipe_inode_info *pipe, struct file *file)
{
	if ((file->f_flags & O_NONBLOCK) && !pipe->readers && !is_pipe(file))
		return -ENXIO;
	pipe->w_counter++;
	if (!pipe->writers++)
		wake_up_interruptible_all(&pipe->rd_wait);
	if (pipe->readers || is_pipe(file) || !wait_for_partner(pipe, &pipe->r_counter))
		return 0;
	if (!--pipe->writers)
		wake_up_interruptible_all(&pipe->rd_wait);
	return -ERESTARTSYS;
}

static int open_both(struct pipe_inode_info *pipe)
{
	pipe->readers++;
	pipe->writers++;
	pipe->r_counter++;
	pipe->w_counter++;
	if (pipe->readers == 1 || pipe->writers == 1) {
		wake_up_interruptible_all(&pipe->rd_wait);
		wake_up_interruptible_all(&pipe->wr_wait);
	}
	return 0;
}

int pipe_fifo_open(struct inode *inode, struct file *file)
{
	struct pipe_inode_info *pipe = get_fifo(inode);
	int error = -EINVAL;

	if (!pipe)
		return -ENOMEM;
	file->private_data = pipe;
	stream_open(inode, file);
	file->f_mode |= FMODE_NOWAIT;
	file->f_version = 0;
	pipe_lock(pipe);
	switch (file->f_mode & (FMODE_READ | FMODE_WRITE)) {
	case FMODE_READ:
		error = open_reader(pipe, file);
		break;
	case FMODE_WRITE:
		error = open_writer(pipe, file);
		break;
	case FMODE_READ | FMODE_WRITE:
		error = open_both(pipe);
		break;
	}
	pipe_unlock(pipe);
	if (error)
		put_pipe_info(inode, pipe);
	return error;
}

/* ---- size ---- */

struct pipe_inode_info *get_pipe_info(struct file *file, bool for_splice)
{
	return file->f_op == &pipefifo_fops ? file->private_data : NULL;
}

/* Moves the pieces to a ring of another size. => locked */
static int resize_ring(struct pipe_inode_info *pipe, unsigned int nr)
{
	unsigned int used = pipe->head - pipe->tail;
	struct pipe_buffer *bufs;
	unsigned int i;

	if (used > nr)
		return -EBUSY;
	bufs = kcalloc(nr, sizeof(*bufs), GFP_KERNEL | __GFP_NOWARN);
	if (!bufs)
		return -ENOMEM;
	for (i = 0; i < used; i++)
		bufs[i] = *pipe_slot(pipe, pipe->tail + i);
	kfree(pipe->bufs);
	pipe->bufs = bufs;
	pipe->ring_size = nr;
	pipe->tail = 0;
	WRITE_ONCE(pipe->head, used);
	wake_up_interruptible(&pipe->wr_wait);
	return 0;
}

static long set_size(struct pipe_inode_info *pipe, unsigned int arg)
{
	unsigned long size = PAGE_SIZE;
	unsigned int nr;
	bool grow;
	long total;
	int error;

	if (arg > 1U << 31)
		return -EINVAL;
	while (size < arg)
		size <<= 1;
	nr = size >> PAGE_SHIFT;
	grow = nr > pipe->ring_size;
	if (grow && size > pipe_max_size && !capable(CAP_SYS_RESOURCE))
		return -EPERM;
	total = atomic_long_add_return((long)nr - pipe->nr_accounted, &pipe->user->pipe_bufs);
	if (grow && ((pipe_user_pages_hard && total > (long)pipe_user_pages_hard) ||
		     (pipe_user_pages_soft && total > (long)pipe_user_pages_soft)) &&
	    !capable(CAP_SYS_RESOURCE) && !capable(CAP_SYS_ADMIN))
		error = -EPERM;
	else
		error = resize_ring(pipe, nr);
	if (error) {
		atomic_long_add((long)pipe->nr_accounted - nr, &pipe->user->pipe_bufs);
		return error;
	}
	pipe->nr_accounted = nr;
	return (long)nr << PAGE_SHIFT;
}

long pipe_fcntl(struct file *file, unsigned int cmd, unsigned int arg)
{
	struct pipe_inode_info *pipe = get_pipe_info(file, false);
	long result = -EINVAL;

	if (!pipe)
		return -EBADF;
	pipe_lock(pipe);
	if (cmd == F_SETPIPE_SZ)
		result = set_size(pipe, arg);
	else if (cmd == F_GETPIPE_SZ)
		result = (long)pipe->ring_size << PAGE_SHIFT;
	pipe_unlock(pipe);
	return result;
}
