/* SPDX-License-Identifier: MIT */
/*
 * Moving data between files inside the kernel: sendfile, copy_file_range, splice, tee, vmsplice.
 *
 * sendfile and copy_file_range copy through a buffer. splice fills a pipe's ring with pages it
 * reads from a file, or writes a pipe's pages to a file; between two pipes it moves pages, and tee
 * shares them.
 */
#include <fs/file.h>
#include <fs/inode.h>
#include <fs/super.h>
#include <kern/err.h>
#include <kern/kernel.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/syscalls.h>
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <mm/gfp.h>
#include <mm/page.h>
#include <mm/slab.h>
#include <mm/uaccess.h>
#include <mm/uio.h>
#include "internal.h"
#include "pipe_ring.h"

#define SPLICE_F_MOVE		1
#define SPLICE_F_NONBLOCK	2
#define SPLICE_F_MORE		4
#define SPLICE_F_GIFT		8
#define SPLICE_F_ALL		15

#define COPY_CHUNK (16 * PAGE_SIZE)
#define MAX_RW (0x7fffffffUL & ~4095UL)

/* ---- copying through a buffer ---- */

/* Writes all of a buffer, or as much as the file takes. */
static ssize_t write_all(struct file *out, const char *buf, size_t len, loff_t *pos)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = kernel_write(out, buf + done, len - done, pos);

		if (n <= 0)
			return done ? (ssize_t)done : n;
		done += n;
	}
	return done;
}

/* The positions move by what was written. */
static ssize_t copy_files(struct file *in, loff_t *in_pos, struct file *out, loff_t *out_pos,
			  size_t count)
{
	char *buf = kvmalloc(COPY_CHUNK, GFP_KERNEL);
	ssize_t done = 0;

	if (!buf)
		return -ENOMEM;
	while (count) {
		loff_t pos = *in_pos;
		ssize_t got = kernel_read(in, buf, min(count, (size_t)COPY_CHUNK), &pos);
		ssize_t put;

		if (got <= 0) {
			if (!done)
				done = got;
			break;
		}
		put = write_all(out, buf, got, out_pos);
		if (put <= 0) {
			if (!done)
				done = put;
			break;
		}
		*in_pos += put;
		done += put;
		count -= put;
		if (put < got || signal_pending(current))
			break;
		cond_resched();
	}
	kvfree(buf);
	return done;
}

static ssize_t do_sendfile(int out_fd, int in_fd, loff_t *ppos, size_t count)
{
	struct fd in = fdget(in_fd);
	struct fd out = { NULL, 0 };
	loff_t in_pos, out_pos;
	ssize_t result = -EBADF;

	if (!in.file)
		return result;
	if (!(in.file->f_mode & FMODE_READ))
		goto put_in;
	result = -ESPIPE;
	if (ppos && !(in.file->f_mode & FMODE_PREAD))
		goto put_in;
	in_pos = ppos ? *ppos : in.file->f_pos;
	result = rw_verify_area(ITER_DEST, in.file, &in_pos, count);
	if (result)
		goto put_in;
	result = -EBADF;
	out = fdget(out_fd);
	if (!out.file)
		goto put_in;
	if (!(out.file->f_mode & FMODE_WRITE))
		goto put_out;
	result = -EINVAL;
	if ((out.file->f_flags & O_APPEND) && !get_pipe_info(out.file, false))
		goto put_out;
	out_pos = out.file->f_pos;
	result = rw_verify_area(ITER_SOURCE, out.file, &out_pos, count);
	if (result)
		goto put_out;
	/* Data comes from where a position can go back: files, not pipes. */
	result = -EINVAL;
	if (!in.file->f_op->read_iter || !(in.file->f_mode & FMODE_LSEEK))
		goto put_out;
	result = copy_files(in.file, &in_pos, out.file, &out_pos, min(count, (size_t)MAX_RW));
	if (result > 0) {
		out.file->f_pos = out_pos;
		if (ppos)
			*ppos = in_pos;
		else
			in.file->f_pos = in_pos;
	}
put_out:
	fdput(out);
put_in:
	fdput(in);
	return result;
}

SYSCALL_DEFINE4(sendfile, int, out_fd, int, in_fd, loff_t __user *, upos, size_t, count)
{
	loff_t pos;
	ssize_t result;

	if (!upos)
		return do_sendfile(out_fd, in_fd, NULL, count);
	if (copy_from_user(&pos, upos, sizeof(pos)))
		return -EFAULT;
	result = do_sendfile(out_fd, in_fd, &pos, count);
	if (put_user(pos, upos))
		return -EFAULT;
	return result;
}

static ssize_t copy_range_checks(struct file *in, loff_t in_pos, struct file *out, loff_t out_pos,
				 size_t *count, unsigned int flags)
{
	struct inode *inode_in = file_inode(in);
	struct inode *inode_out = file_inode(out);

	if (flags)
		return -EINVAL;
	if (S_ISDIR(inode_in->i_mode) || S_ISDIR(inode_out->i_mode))
		return -EISDIR;
	if (!S_ISREG(inode_in->i_mode) || !S_ISREG(inode_out->i_mode))
		return -EINVAL;
	if (!(in->f_mode & FMODE_READ) || !(out->f_mode & FMODE_WRITE) ||
	    (out->f_flags & O_APPEND))
		return -EBADF;
	/* As numbers without a sign: so it is -EOVERFLOW that -1 gets. */
	if ((u64)in_pos + *count < (u64)in_pos || (u64)out_pos + *count < (u64)out_pos)
		return -EOVERFLOW;
	if (in_pos < 0 || out_pos < 0)
		return -EINVAL;
	if (out_pos >= inode_out->i_sb->s_maxbytes)
		return -EFBIG;
	*count = min(*count, (size_t)(inode_out->i_sb->s_maxbytes - out_pos));
	if (in_pos >= i_size_read(inode_in))
		*count = 0;
	else
		*count = min(*count, (size_t)(i_size_read(inode_in) - in_pos));
	if (inode_in == inode_out && out_pos + (loff_t)*count > in_pos &&
	    out_pos < in_pos + (loff_t)*count)
		return -EINVAL;
	return 0;
}

SYSCALL_DEFINE6(copy_file_range, int, fd_in, loff_t __user *, off_in, int, fd_out,
		loff_t __user *, off_out, size_t, count, unsigned int, flags)
{
	struct fd in = fdget(fd_in);
	struct fd out = fdget(fd_out);
	loff_t in_pos, out_pos;
	ssize_t result = -EBADF;

	if (!in.file || !out.file)
		goto out;
	result = -EFAULT;
	in_pos = in.file->f_pos;
	out_pos = out.file->f_pos;
	if ((off_in && copy_from_user(&in_pos, off_in, sizeof(in_pos))) ||
	    (off_out && copy_from_user(&out_pos, off_out, sizeof(out_pos))))
		goto out;
	count = min(count, (size_t)MAX_RW);
	result = copy_range_checks(in.file, in_pos, out.file, out_pos, &count, flags);
	if (!result && count)
		result = copy_files(in.file, &in_pos, out.file, &out_pos, count);
	if (result <= 0)
		goto out;
	if (off_in ? copy_to_user(off_in, &in_pos, sizeof(in_pos)) : (in.file->f_pos = in_pos, 0))
		result = -EFAULT;
	if (off_out ? copy_to_user(off_out, &out_pos, sizeof(out_pos))
		    : (out.file->f_pos = out_pos, 0))
		result = -EFAULT;
out:
	if (out.file)
		fdput(out);
	if (in.file)
		fdput(in);
	return result;
}

/* ---- pipes ---- */

/* Waits for room, or for data. => locked; 0, -EAGAIN, -ERESTARTSYS, -EPIPE */
static int wait_room(struct pipe_inode_info *pipe, bool nonblock)
{
	for (;;) {
		int error;

		if (!pipe->readers) {
			send_sig(SIGPIPE, current, 0);
			return -EPIPE;
		}
		if (!pipe_full(pipe))
			return 0;
		if (nonblock)
			return -EAGAIN;
		error = pipe_wait_writable(pipe);
		if (error)
			return error;
	}
}

/* 1 when there is data, 0 at the end of it. */
static int wait_data(struct pipe_inode_info *pipe, bool nonblock)
{
	for (;;) {
		int error;

		if (!pipe_empty(pipe))
			return 1;
		if (!pipe->writers)
			return 0;
		if (nonblock)
			return -EAGAIN;
		error = pipe_wait_readable(pipe);
		if (error)
			return error;
	}
}

static void add_buffer(struct pipe_inode_info *pipe, struct page *page, unsigned int offset,
		       unsigned int len)
{
	struct pipe_buffer *buf = pipe_slot(pipe, pipe->head);

	buf->page = page;
	buf->offset = offset;
	buf->len = len;
	buf->flags = 0;
	WRITE_ONCE(pipe->head, pipe->head + 1);
}

/* A read into kernel memory; without waiting where the file can do that and it was asked for. */
static ssize_t read_for_splice(struct file *in, void *buf, size_t len, loff_t *pos,
			       unsigned int flags)
{
	struct kvec vec = { .iov_base = buf, .iov_len = len };
	struct iov_iter iter;
	struct kiocb iocb;

	if (!(flags & SPLICE_F_NONBLOCK) || !(in->f_mode & FMODE_NOWAIT) ||
	    !(in->f_mode & FMODE_STREAM))
		return kernel_read(in, buf, len, pos);
	iov_iter_kvec(&iter, ITER_DEST, &vec, 1, len);
	init_sync_kiocb(&iocb, in);
	iocb.ki_flags |= IOCB_NOWAIT;
	return in->f_op->read_iter(&iocb, &iter);
}

/* One page from a file into a pipe that has room. => locked */
static ssize_t fill_page(struct file *in, loff_t *pos, struct pipe_inode_info *pipe, size_t len,
			 unsigned int flags)
{
	struct page *page = alloc_page(GFP_HIGHUSER);
	ssize_t n;

	if (!page)
		return -ENOMEM;
	n = read_for_splice(in, page_address(page), min(len, (size_t)PAGE_SIZE), pos, flags);
	if (n > 0)
		add_buffer(pipe, page, 0, n);
	else
		put_page(page);
	return n;
}

static ssize_t splice_from_file(struct file *in, loff_t *pos, struct pipe_inode_info *pipe,
				size_t len, unsigned int flags)
{
	ssize_t done = 0, n;

	if (!(in->f_mode & FMODE_READ))
		return -EBADF;
	if (!in->f_op->read_iter)
		return -EINVAL;
	pipe_lock(pipe);
	n = wait_room(pipe, flags & SPLICE_F_NONBLOCK);
	while (!n && len && !pipe_full(pipe)) {
		n = fill_page(in, pos, pipe, len, flags);
		if (n <= 0)
			break;
		done += n;
		len -= n;
		/* A short read of a stream ends it: more would wait. */
		if (n < (ssize_t)PAGE_SIZE)
			break;
		n = 0;
	}
	pipe_unlock(pipe);
	if (done)
		pipe_wake_readers(pipe);
	return done ? done : n;
}

static ssize_t splice_to_file(struct pipe_inode_info *pipe, struct file *out, loff_t *pos,
			      size_t len, unsigned int flags)
{
	ssize_t done = 0, n;

	if (!(out->f_mode & FMODE_WRITE))
		return -EBADF;
	if (out->f_flags & O_APPEND)
		return -EINVAL;
	if (!out->f_op->write_iter)
		return -EINVAL;
	pipe_lock(pipe);
	n = wait_data(pipe, flags & SPLICE_F_NONBLOCK);
	while (n > 0 && len && !pipe_empty(pipe)) {
		struct pipe_buffer *buf = pipe_slot(pipe, pipe->tail);

		n = kernel_write(out, page_address(buf->page) + buf->offset,
				 min(len, (size_t)buf->len), pos);
		if (n <= 0)
			break;
		done += n;
		len -= n;
		buf->offset += n;
		buf->len -= n;
		if (!buf->len) {
			pipe_buf_release(pipe, buf);
			WRITE_ONCE(pipe->tail, pipe->tail + 1);
		}
	}
	pipe_unlock(pipe);
	if (done)
		pipe_wake_writers(pipe);
	return done ? done : n;
}

/* Moves pieces, or shares them (tee). => both locked */
static ssize_t move_pieces(struct pipe_inode_info *in, struct pipe_inode_info *out, size_t len,
			   bool share)
{
	unsigned int i = in->tail;
	ssize_t done = 0;

	while (len && i != in->head && !pipe_full(out)) {
		struct pipe_buffer *buf = pipe_slot(in, i);
		unsigned int n = min(len, (size_t)buf->len);

		get_page(buf->page);
		/* Neither pipe may write behind the piece any more: the page has two users. */
		buf->flags &= ~PIPE_BUF_FLAG_CAN_MERGE;
		add_buffer(out, buf->page, buf->offset, n);
		done += n;
		len -= n;
		if (share) {
			i++;
			continue;
		}
		buf->offset += n;
		buf->len -= n;
		if (buf->len)
			break;
		put_page(buf->page);
		buf->page = NULL;
		WRITE_ONCE(in->tail, ++i);
	}
	return done;
}

static ssize_t pipe_to_pipe(struct pipe_inode_info *in, struct pipe_inode_info *out, size_t len,
			    unsigned int flags, bool share)
{
	bool nonblock = flags & SPLICE_F_NONBLOCK;
	ssize_t done = 0;

	if (in == out)
		return -EINVAL;
	for (;;) {
		int error;

		/* Wait on one, then look at both: what was there may be gone again. */
		pipe_lock(in);
		error = wait_data(in, nonblock);
		pipe_unlock(in);
		if (error <= 0)
			return error;
		pipe_lock(out);
		error = wait_room(out, nonblock);
		pipe_unlock(out);
		if (error)
			return error;
		pipe_double_lock(in, out);
		done = move_pieces(in, out, len, share);
		pipe_unlock(in);
		pipe_unlock(out);
		if (done || nonblock)
			break;
	}
	if (done) {
		pipe_wake_readers(out);
		if (!share)
			pipe_wake_writers(in);
	}
	return done ? done : -EAGAIN;
}

/* ---- the calls ---- */

/* splice between a pipe and a file: the file's offset is the caller's, or its own. */
static ssize_t splice_file(struct file *file, loff_t __user *uoff, struct pipe_inode_info *pipe,
			   size_t len, unsigned int flags, bool to_file)
{
	loff_t pos = file->f_pos;
	ssize_t n;

	if (uoff) {
		if (!(file->f_mode & (to_file ? FMODE_PWRITE : FMODE_PREAD)))
			return -EINVAL;
		if (copy_from_user(&pos, uoff, sizeof(pos)))
			return -EFAULT;
	}
	n = rw_verify_area(to_file ? ITER_SOURCE : ITER_DEST, file, &pos, len);
	if (n)
		return n;
	if (file->f_flags & O_NONBLOCK)
		flags |= SPLICE_F_NONBLOCK;
	n = to_file ? splice_to_file(pipe, file, &pos, len, flags)
		    : splice_from_file(file, &pos, pipe, len, flags);
	if (n <= 0)
		return n;
	if (!uoff)
		file->f_pos = pos;
	else if (copy_to_user(uoff, &pos, sizeof(pos)))
		return -EFAULT;
	return n;
}

static ssize_t do_splice(struct file *in, loff_t __user *off_in, struct file *out,
			 loff_t __user *off_out, size_t len, unsigned int flags)
{
	struct pipe_inode_info *ipipe = get_pipe_info(in, true);
	struct pipe_inode_info *opipe = get_pipe_info(out, true);

	if (!(in->f_mode & FMODE_READ) || !(out->f_mode & FMODE_WRITE))
		return -EBADF;
	if ((ipipe && off_in) || (opipe && off_out))
		return -ESPIPE;
	if (ipipe && opipe) {
		if ((in->f_flags | out->f_flags) & O_NONBLOCK)
			flags |= SPLICE_F_NONBLOCK;
		return pipe_to_pipe(ipipe, opipe, len, flags, false);
	}
	if (ipipe)
		return splice_file(out, off_out, ipipe, len, flags, true);
	if (opipe)
		return splice_file(in, off_in, opipe, len, flags, false);
	return -EINVAL;
}

SYSCALL_DEFINE6(splice, int, fd_in, loff_t __user *, off_in, int, fd_out, loff_t __user *, off_out,
		size_t, len, unsigned int, flags)
{
	ssize_t result = -EBADF;
	struct fd in, out;

	if (!len)
		return 0;
	if (flags & ~SPLICE_F_ALL)
		return -EINVAL;
	in = fdget(fd_in);
	if (!in.file)
		return result;
	out = fdget(fd_out);
	if (out.file) {
		result = do_splice(in.file, off_in, out.file, off_out, min(len, (size_t)MAX_RW),
				   flags);
		fdput(out);
	}
	fdput(in);
	return result;
}

SYSCALL_DEFINE4(tee, int, fd_in, int, fd_out, size_t, len, unsigned int, flags)
{
	ssize_t result = -EBADF;
	struct fd in, out;

	if (flags & ~SPLICE_F_ALL)
		return -EINVAL;
	if (!len)
		return 0;
	in = fdget(fd_in);
	if (!in.file)
		return result;
	out = fdget(fd_out);
	if (out.file) {
		struct pipe_inode_info *ipipe = get_pipe_info(in.file, true);
		struct pipe_inode_info *opipe = get_pipe_info(out.file, true);

		if ((in.file->f_flags | out.file->f_flags) & O_NONBLOCK)
			flags |= SPLICE_F_NONBLOCK;
		if (!(in.file->f_mode & FMODE_READ) || !(out.file->f_mode & FMODE_WRITE))
			result = -EBADF;
		else if (!ipipe || !opipe)
			result = -EINVAL;
		else
			result = pipe_to_pipe(ipipe, opipe, len, flags, true);
		fdput(out);
	}
	fdput(in);
	return result;
}

/* User memory into a pipe: copied, so that the caller may go on using it. */
SYSCALL_DEFINE4(vmsplice, int, fd, const struct iovec __user *, vec, unsigned long, nr,
		unsigned int, flags)
{
	struct iovec fast[UIO_FASTIOV];
	struct iovec *iov = fast;
	struct iov_iter iter;
	struct kiocb iocb;
	ssize_t result = -EBADF;
	bool write;
	struct fd f;

	if (flags & ~SPLICE_F_ALL)
		return -EINVAL;
	f = fdget(fd);
	if (!f.file)
		return result;
	if (!get_pipe_info(f.file, true))
		goto out;
	write = f.file->f_mode & FMODE_WRITE;
	result = import_iovec(write ? ITER_SOURCE : ITER_DEST, vec, nr, UIO_FASTIOV, &iov, &iter);
	if (result < 0)
		goto out;
	if (result) {
		init_sync_kiocb(&iocb, f.file);
		if (flags & SPLICE_F_NONBLOCK)
			iocb.ki_flags |= IOCB_NOWAIT;
		result = write ? f.file->f_op->write_iter(&iocb, &iter)
			       : f.file->f_op->read_iter(&iocb, &iter);
	}
	kfree(iov);
out:
	fdput(f);
	return result;
}
