// SPDX-License-Identifier: MIT
/*
 * Files whose text is made record by record.
 *
 * A read shows records into a buffer until it holds something, then hands it out; what the
 * reader had no room for stays for the next read. A record that does not fit makes the buffer
 * double and is shown again, so show() may be called more than once for one record. `index` is
 * the record that comes next, `read_pos` the file position where that stands: a read at another
 * position walks from the start to find it.
 *
 * Lock: m->lock, for every walk; taken first.
 */
#include <fs/dentry.h>
#include <fs/file.h>
#include <fs/fs_struct.h>
#include <fs/inode.h>
#include <fs/path.h>
#include <fs/seq_file.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/kernel.h>
#include <kern/task.h>
#include <lib/sprintf.h>
#include <lib/string.h>
#include <linux/fs.h>
#include <mm/page.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

#define SEQ_MAX_SIZE (64UL << 20)

static void set_overflow(struct seq_file *m)
{
	m->count = m->size;
}

static void *alloc_buffer(size_t size)
{
	return size > SEQ_MAX_SIZE ? NULL : kvmalloc(size, GFP_KERNEL);
}

/* Doubles the buffer; what it held is lost. 0 or -ENOMEM. */
static int grow(struct seq_file *m)
{
	size_t size = m->size ? m->size * 2 : PAGE_SIZE;

	kvfree(m->buf);
	m->count = m->from = 0;
	m->buf = alloc_buffer(size);
	m->size = m->buf ? size : 0;
	return m->buf ? 0 : -ENOMEM;
}

int seq_open(struct file *file, const struct seq_operations *op)
{
	struct seq_file *m = kzalloc(sizeof(*m), GFP_KERNEL);

	if (!m)
		return -ENOMEM;
	mutex_init(&m->lock);
	m->op = op;
	m->file = file;
	file->private_data = m;
	file->f_mode &= ~FMODE_PWRITE;
	return 0;
}

/* Goes to file position `offset`: `from` and `count` hold the rest of the record there. */
static int traverse(struct seq_file *m, loff_t offset)
{
	loff_t pos = 0;
	int err = 0;
	void *p;

	m->index = 0;
	m->count = m->from = 0;
	if (!offset)
		return 0;
	if (!m->buf) {
		err = grow(m);
		if (err)
			return err;
	}
	p = m->op->start(m, &m->index);
	while (p) {
		err = IS_ERR(p) ? PTR_ERR(p) : 0;
		if (err)
			break;
		err = m->op->show(m, p);
		if (err < 0)
			break;
		if (err > 0) {		/* SEQ_SKIP */
			err = 0;
			m->count = 0;
		}
		if (seq_has_overflowed(m)) {
			m->op->stop(m, p);
			err = grow(m);
			return err ? err : -EAGAIN;
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
	return err;
}

static int seek_to(struct seq_file *m, loff_t offset)
{
	int err;

	while ((err = traverse(m, offset)) == -EAGAIN)
		;
	if (err) {
		m->read_pos = 0;
		m->index = 0;
		m->count = m->from = 0;
	} else {
		m->read_pos = offset;
	}
	return err;
}

/*
 * Shows records until the buffer holds one, then as many more as fit without growing.
 * 0 (count says what there is), or an errno.
 */
static int fill(struct seq_file *m, size_t wanted)
{
	int err = 0;
	void *p;

	m->from = 0;
	p = m->op->start(m, &m->index);
	while (p) {
		err = IS_ERR(p) ? PTR_ERR(p) : 0;
		if (err)
			break;
		err = m->op->show(m, p);
		if (err < 0)
			break;
		if (err)
			m->count = 0;
		err = 0;
		if (!m->count) {
			p = m->op->next(m, p, &m->index);
			continue;
		}
		if (!seq_has_overflowed(m))
			goto more;
		/* The first record does not fit: a larger buffer, and again. */
		m->op->stop(m, p);
		err = grow(m);
		if (err)
			return err;
		p = m->op->start(m, &m->index);
	}
	m->op->stop(m, p);
	m->count = 0;
	return err;
more:
	for (;;) {
		size_t before = m->count;
		loff_t index = m->index;

		p = m->op->next(m, p, &m->index);
		if (index == m->index)
			m->index++;	/* a next() that forgot to: never show a record twice */
		if (IS_ERR_OR_NULL(p) || m->count >= wanted)
			break;
		err = m->op->show(m, p);
		if (err > 0) {
			m->count = before;
		} else if (err < 0 || seq_has_overflowed(m)) {
			m->count = before;
			break;
		}
	}
	m->op->stop(m, p);
	return 0;
}

/* Hands out what the buffer holds. Bytes given; -EFAULT when none could be. */
static ssize_t drain(struct seq_file *m, char __user *buf, size_t size)
{
	size_t n = m->count < size ? m->count : size;
	size_t left = copy_to_user(buf, m->buf + m->from, n);

	n -= left;
	m->count -= n;
	m->from += n;
	return n || !left ? (ssize_t)n : -EFAULT;
}

ssize_t seq_read(struct file *file, char __user *buf, size_t size, loff_t *pos)
{
	struct seq_file *m = file->private_data;
	ssize_t done = 0, n;
	int err = 0;

	if (!size)
		return 0;
	mutex_lock(&m->lock);
	if (!*pos) {
		m->index = 0;
		m->count = 0;
		m->read_pos = 0;
	} else if (*pos != m->read_pos) {
		err = seek_to(m, *pos);
		if (err)
			goto out;
	}
	if (!m->buf) {
		err = grow(m);
		if (err)
			goto out;
	}
	if (m->count) {
		n = drain(m, buf, size);
		if (n < 0) {
			err = n;
			goto out;
		}
		done = n;
		if (m->count || done == size)
			goto out;
	}
	err = fill(m, size - done);
	if (!err && m->count) {
		n = drain(m, buf + done, size - done);
		if (n < 0)
			err = n;
		else
			done += n;
	}
out:
	if (done) {
		*pos += done;
		m->read_pos = *pos;
	}
	mutex_unlock(&m->lock);
	return done ? done : err;
}

loff_t seq_lseek(struct file *file, loff_t offset, int whence)
{
	struct seq_file *m = file->private_data;
	loff_t ret = -EINVAL;

	mutex_lock(&m->lock);
	if (whence == SEEK_CUR)
		offset += file->f_pos;
	else if (whence != SEEK_SET)
		goto out;
	if (offset < 0)
		goto out;
	ret = offset;
	if (offset != m->read_pos) {
		int err = seek_to(m, offset);

		if (err) {
			file->f_pos = 0;
			ret = err;
			goto out;
		}
	}
	file->f_pos = offset;
out:
	mutex_unlock(&m->lock);
	return ret;
}

int seq_release(struct inode *inode, struct file *file)
{
	struct seq_file *m = file->private_data;

	kvfree(m->buf);
	kfree(m);
	return 0;
}

/* ---- files of one record ---- */

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
	int err;

	if (!op)
		return -ENOMEM;
	op->start = single_start;
	op->next = single_next;
	op->stop = single_stop;
	op->show = show;
	err = seq_open(file, op);
	if (err)
		kfree(op);
	else
		((struct seq_file *)file->private_data)->private = data;
	return err;
}

int single_open_size(struct file *file, int (*show)(struct seq_file *, void *), void *data,
		     size_t size)
{
	char *buf = alloc_buffer(size);
	struct seq_file *m;
	int err;

	if (!buf)
		return -ENOMEM;
	err = single_open(file, show, data);
	if (err) {
		kvfree(buf);
		return err;
	}
	m = file->private_data;
	m->buf = buf;
	m->size = size;
	return 0;
}

int single_release(struct inode *inode, struct file *file)
{
	const struct seq_operations *op = ((struct seq_file *)file->private_data)->op;

	seq_release(inode, file);
	kfree(op);
	return 0;
}

/* ---- with a structure of the opener's ---- */

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
	struct seq_file *m = file->private_data;

	kfree(m->private);
	return seq_release(inode, file);
}

/* ---- printing ---- */

void seq_vprintf(struct seq_file *m, const char *fmt, va_list args)
{
	int len;

	if (m->count >= m->size)
		return;
	len = vsnprintf(m->buf + m->count, m->size - m->count, fmt, args);
	if (m->count + len < m->size)
		m->count += len;
	else
		set_overflow(m);
}

void seq_printf(struct seq_file *m, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	seq_vprintf(m, fmt, args);
	va_end(args);
}

void seq_putc(struct seq_file *m, char c)
{
	if (m->count < m->size)
		m->buf[m->count++] = c;
}

int seq_write(struct seq_file *m, const void *data, size_t len)
{
	if (m->count + len >= m->size) {
		set_overflow(m);
		return -1;
	}
	memcpy(m->buf + m->count, data, len);
	m->count += len;
	return 0;
}

void seq_puts(struct seq_file *m, const char *s)
{
	seq_write(m, s, strlen(s));
}

void seq_pad(struct seq_file *m, char c)
{
	while (m->pad_until > m->count && m->count < m->size)
		m->buf[m->count++] = ' ';
	if (c)
		seq_putc(m, c);
}

void seq_put_decimal_ull(struct seq_file *m, const char *delimiter, unsigned long long num)
{
	char digits[24];

	if (delimiter)
		seq_puts(m, delimiter);
	seq_write(m, digits, num_to_str(digits, sizeof(digits), num, 0));
}

void seq_put_decimal_ll(struct seq_file *m, const char *delimiter, long long num)
{
	seq_printf(m, "%s%lld", delimiter ? delimiter : "", num);
}

void seq_put_hex_ll(struct seq_file *m, const char *delimiter, unsigned long long v,
		    unsigned int width)
{
	seq_printf(m, "%s%0*llx", delimiter ? delimiter : "", (int)width, v);
}

void seq_escape(struct seq_file *m, const char *s, const char *esc)
{
	for (; *s; s++) {
		if (strchr(esc, *s))
			seq_printf(m, "\\%03o", (unsigned char)*s);
		else
			seq_putc(m, *s);
	}
}

/* ---- paths ---- */

/* Copies p to s with the characters of esc as \ooo; the end, or NULL when s would pass p. */
char *mangle_path(char *s, const char *p, const char *esc)
{
	while (s <= p) {
		unsigned char c = *p++;

		if (!c)
			return s;
		if (!strchr(esc, c)) {
			*s++ = c;
		} else if (s + 4 > p) {
			break;
		} else {
			*s++ = '\\';
			*s++ = '0' + (c >> 6 & 7);
			*s++ = '0' + (c >> 3 & 7);
			*s++ = '0' + (c & 7);
		}
	}
	return NULL;
}

/* Room for a path: what is left of the buffer. Marks the buffer full when nothing is. */
static size_t path_room(struct seq_file *m, char **buf)
{
	if (m->count >= m->size) {
		*buf = NULL;
		return 0;
	}
	*buf = m->buf + m->count;
	return m->size - m->count;
}

/* Takes the path that was made at the end of the room to its start. */
static int take_path(struct seq_file *m, char *buf, char *path, const char *esc)
{
	char *end = IS_ERR_OR_NULL(path) ? NULL : mangle_path(buf, path, esc);

	if (!end) {
		set_overflow(m);
		return -1;
	}
	m->count += end - buf;
	return end - buf;
}

int seq_path(struct seq_file *m, const struct path *path, const char *esc)
{
	char *buf;
	size_t size = path_room(m, &buf);

	return size ? take_path(m, buf, d_path(path, buf, size), esc) : -1;
}

int seq_file_path(struct seq_file *m, struct file *file, const char *esc)
{
	return seq_path(m, &file->f_path, esc);
}

/* As seen from `root`: SEQ_SKIP for a path outside of it. */
int seq_path_root(struct seq_file *m, const struct path *path, const struct path *root,
		  const char *esc)
{
	char *buf, *p;
	size_t size = path_room(m, &buf);

	if (!size)
		return 0;
	p = __d_path(path, root, buf, size);
	if (!p)
		return SEQ_SKIP;
	if (IS_ERR(p) && PTR_ERR(p) != -ENAMETOOLONG)
		return PTR_ERR(p);
	take_path(m, buf, p, esc);
	return 0;
}

int seq_dentry(struct seq_file *m, struct dentry *dentry, const char *esc)
{
	char *buf;
	size_t size = path_room(m, &buf);

	return size ? take_path(m, buf, dentry_path_raw(dentry, buf, size), esc) : -1;
}

/* ---- lists ---- */

struct list_head *seq_list_start(struct list_head *head, loff_t pos)
{
	struct list_head *at;

	list_for_each(at, head)
		if (!pos--)
			return at;
	return NULL;
}

/* Record 0 is the head itself. */
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
