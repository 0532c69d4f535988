/* SPDX-License-Identifier: MIT */
/*
 * Files made of records. A read shows records into a buffer until one has been shown, copies out
 * what fits and keeps the rest for the next read; a record that overflows the buffer makes it
 * grow, and is shown again. A read at another position than the last one walks from the start.
 */
#include <fs/dentry.h>
#include <fs/file.h>
#include <fs/path.h>
#include <fs/seq_file.h>
#include <kern/bug.h>
#include <kern/err.h>
#include <kern/kernel.h>
#include <lib/list.h>
#include <lib/sprintf.h>
#include <lib/string.h>
#include <linux/fs.h>
#include <mm/page.h>
#include <mm/slab.h>
#include <mm/uio.h>
#include "internal.h"

#define SEQ_MAX_SIZE (64UL << 20)

int seq_open(struct file *file, const struct seq_operations *op)
{
	struct seq_file *m = kzalloc(sizeof(*m), GFP_KERNEL);

	if (!m)
		return -ENOMEM;
	mutex_init(&m->lock);
	m->op = op;
	m->file = file;
	file->private_data = m;
	/* pwrite() on such files makes no sense. */
	file->f_mode &= ~FMODE_PWRITE;
	return 0;
}

static void *seq_buf_alloc(size_t size)
{
	return size > SEQ_MAX_SIZE ? NULL : kvmalloc(size, GFP_KERNEL);
}

/* Doubles the buffer; its content is lost. 0 or -ENOMEM. */
static int seq_grow(struct seq_file *m)
{
	kvfree(m->buf);
	m->count = 0;
	m->size = m->size ? m->size * 2 : PAGE_SIZE;
	m->buf = seq_buf_alloc(m->size);
	if (m->buf)
		return 0;
	m->size = 0;
	return -ENOMEM;
}

/* Walks to where `offset` bytes have been shown. */
static int traverse(struct seq_file *m, loff_t offset)
{
	loff_t pos = 0;
	int error = 0;
	void *p;

	m->index = 0;
	m->count = m->from = 0;
	if (!offset)
		return 0;
	if (!m->buf && seq_grow(m))
		return -ENOMEM;
	p = m->op->start(m, &m->index);
	while (p) {
		error = PTR_ERR(p);
		if (IS_ERR(p))
			break;
		error = m->op->show(m, p);
		if (error < 0)
			break;
		if (error) {
			error = 0;
			m->count = 0;
		}
		if (seq_has_overflowed(m)) {
			m->op->stop(m, p);
			return seq_grow(m) ? -ENOMEM : -EAGAIN;
		}
		p = m->op->next(m, p, &m->index);
		if (pos + (loff_t)m->count > offset) {
			m->from = offset - pos;
			m->count -= m->from;
			break;
		}
		pos += m->count;
		m->count = 0;
		if (pos == offset)
			break;
	}
	m->op->stop(m, p);
	return error;
}

static int traverse_to(struct seq_file *m, loff_t offset)
{
	int error;

	do {
		error = traverse(m, offset);
	} while (error == -EAGAIN);
	if (error) {
		m->read_pos = 0;
		m->index = 0;
		m->count = 0;
	} else {
		m->read_pos = offset;
	}
	return error;
}

/*
 * Shows records until there is something: that record, and the walk is open; NULL or ERR_PTR, and
 * it is not.
 */
static void *fill_first(struct seq_file *m)
{
	int error = 0;
	void *p;

	m->from = 0;
	m->count = 0;
	p = m->op->start(m, &m->index);
	for (;;) {
		error = PTR_ERR(p);
		if (IS_ERR_OR_NULL(p))
			break;
		error = m->op->show(m, p);
		if (error < 0)
			break;
		if (error)
			m->count = 0;
		if (!m->count) {
			p = m->op->next(m, p, &m->index);
			continue;
		}
		if (!seq_has_overflowed(m))
			break;
		m->op->stop(m, p);
		if (seq_grow(m))
			return ERR_PTR(-ENOMEM);
		p = m->op->start(m, &m->index);
	}
	if (error >= 0 && !IS_ERR_OR_NULL(p))
		return p;
	m->op->stop(m, p);
	m->count = 0;
	return IS_ERR_OR_NULL(p) ? p : ERR_PTR(error);
}

/* One record is there: adds more as long as they fit and the reader has room. */
static void fill_more(struct seq_file *m, void *p, size_t want)
{
	for (;;) {
		size_t before = m->count;
		loff_t pos = m->index;
		int error;

		p = m->op->next(m, p, &m->index);
		if (pos == m->index)
			m->index++;
		if (IS_ERR_OR_NULL(p) || m->count >= want)
			break;
		error = m->op->show(m, p);
		if (error > 0) {
			m->count = before;
		} else if (error < 0 || seq_has_overflowed(m)) {
			m->count = before;
			break;
		}
	}
	m->op->stop(m, p);
}

/* Hands out what the buffer holds, from m->from on; bytes given. */
static size_t hand_out(struct seq_file *m, struct iov_iter *to)
{
	size_t n = copy_to_iter(m->buf + m->from, min(m->count, iov_iter_count(to)), to);

	m->count -= n;
	m->from += n;
	return n;
}

ssize_t seq_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct seq_file *m = iocb->ki_filp->private_data;
	ssize_t copied = 0;
	int error = 0;
	void *p;

	if (!iov_iter_count(to))
		return 0;
	mutex_lock(&m->lock);
	if (!iocb->ki_pos) {
		m->index = 0;
		m->count = 0;
	}
	if (iocb->ki_pos != m->read_pos) {
		error = traverse_to(m, iocb->ki_pos);
		if (error)
			goto out;
	}
	if (!m->buf && seq_grow(m)) {
		error = -ENOMEM;
		goto out;
	}
	/* What the last read left. */
	if (m->count) {
		copied = hand_out(m, to);
		if (m->count || !iov_iter_count(to)) {
			error = -EFAULT;	/* only said when nothing was copied */
			goto out;
		}
	}
	p = fill_first(m);
	error = PTR_ERR(p);
	if (!IS_ERR_OR_NULL(p)) {
		size_t n;

		fill_more(m, p, iov_iter_count(to));
		m->from = 0;
		n = hand_out(m, to);
		error = n ? 0 : -EFAULT;
		copied += n;
	}
out:
	if (copied) {
		iocb->ki_pos += copied;
		m->read_pos += copied;
	}
	mutex_unlock(&m->lock);
	return copied ? copied : error;
}

ssize_t seq_read(struct file *file, char __user *buf, size_t size, loff_t *ppos)
{
	struct iov_iter to;
	struct kiocb iocb;
	ssize_t ret;

	init_sync_kiocb(&iocb, file);
	iocb.ki_pos = *ppos;
	iov_iter_ubuf(&to, ITER_DEST, buf, size);
	ret = seq_read_iter(&iocb, &to);
	*ppos = iocb.ki_pos;
	return ret;
}

loff_t seq_lseek(struct file *file, loff_t offset, int whence)
{
	struct seq_file *m = file->private_data;
	loff_t result = -EINVAL;

	mutex_lock(&m->lock);
	switch (whence) {
	case SEEK_CUR:
		offset += file->f_pos;
		fallthrough;
	case SEEK_SET:
		if (offset < 0)
			break;
		result = offset;
		if (offset != m->read_pos) {
			int error = traverse_to(m, offset);

			if (error) {
				result = error;
				file->f_pos = 0;
				break;
			}
		}
		file->f_pos = offset;
		break;
	}
	mutex_unlock(&m->lock);
	return result;
}

int seq_release(struct inode *inode, struct file *file)
{
	struct seq_file *m = file->private_data;

	kvfree(m->buf);
	kfree(m);
	return 0;
}

/* ---- one record, and private data ---- */

static void *single_start(struct seq_file *m, loff_t *pos)
{
	return *pos ? NULL : SEQ_START_TOKEN;
}

static void *single_next(struct seq_file *m, void *v, loff_t *pos)
{
	++*pos;
	return NULL;
}

static void single_stop(struct seq_file *m, void *v)
{
}

int single_open(struct file *file, int (*show)(struct seq_file *, void *), void *data)
{
	struct seq_operations *op = kmalloc(sizeof(*op), GFP_KERNEL);
	int error;

	if (!op)
		return -ENOMEM;
	op->start = single_start;
	op->next = single_next;
	op->stop = single_stop;
	op->show = show;
	error = seq_open(file, op);
	if (error)
		kfree(op);
	else
		((struct seq_file *)file->private_data)->private = data;
	return error;
}

int single_open_size(struct file *file, int (*show)(struct seq_file *, void *), void *data,
		     size_t size)
{
	char *buf = seq_buf_alloc(size);
	struct seq_file *m;
	int error;

	if (!buf)
		return -ENOMEM;
	error = single_open(file, show, data);
	if (error) {
		kvfree(buf);
		return error;
	}
	m = file->private_data;
	m->buf = buf;
	m->size = size;
	return 0;
}

int single_release(struct inode *inode, struct file *file)
{
	const struct seq_operations *op = ((struct seq_file *)file->private_data)->op;
	int error = seq_release(inode, file);

	kfree(op);
	return error;
}

void *__seq_open_private(struct file *file, const struct seq_operations *op, int psize)
{
	void *private = kzalloc(psize, GFP_KERNEL);

	if (!private)
		return NULL;
	if (seq_open(file, op)) {
		kfree(private);
		return NULL;
	}
	((struct seq_file *)file->private_data)->private = private;
	return private;
}

int seq_open_private(struct file *file, const struct seq_operations *op, int psize)
{
	return __seq_open_private(file, op, psize) ? 0 : -ENOMEM;
}

int seq_release_private(struct inode *inode, struct file *file)
{
	kfree(((struct seq_file *)file->private_data)->private);
	return seq_release(inode, file);
}

/* ---- lists ---- */

struct list_head *seq_list_start(struct list_head *head, loff_t pos)
{
	struct list_head *p;

	list_for_each(p, head)
		if (pos-- == 0)
			return p;
	return NULL;
}

struct list_head *seq_list_start_head(struct list_head *head, loff_t pos)
{
	return pos ? seq_list_start(head, pos - 1) : head;
}

struct list_head *seq_list_next(void *v, struct list_head *head, loff_t *pos)
{
	struct list_head *next = ((struct list_head *)v)->next;

	++*pos;
	return next == head ? NULL : next;
}
