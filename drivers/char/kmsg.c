// SPDX-License-Identifier: MIT
/* /dev/kmsg: one kernel message a read, and a way to add messages. */
#include <fs/file.h>
#include <fs/inode.h>
#include <fs/poll.h>
#include <kern/cred.h>
#include <kern/errno.h>
#include <kern/jiffies.h>
#include <kern/kernel.h>
#include <kern/mutex.h>
#include <kern/printk.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/wait.h>
#include <lib/sprintf.h>
#include <linux/capability.h>
#include <linux/fs.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

#include "internal.h"

#define LINE_MAX_LEN 1024	/* what a writer may log at once */
#define TEXT_MAX_LEN 2048

/* What an open file has read so far. */
struct kmsg_reader {
	struct mutex lock;	/* guards the rest but the last */
	u64 seq;		/* the next record */
	char text[TEXT_MAX_LEN];
	char line[TEXT_MAX_LEN + 64];
	struct ratelimit_state writes;	/* has its own lock */
};

static int kmsg_open(struct inode *inode, struct file *file)
{
	struct kmsg_reader *reader;

	if (READ_ONCE(devkmsg_mode) == DEVKMSG_OFF)
		return -EPERM;
	if ((file->f_flags & O_ACCMODE) != O_WRONLY && READ_ONCE(dmesg_restrict) &&
	    !capable(CAP_SYSLOG))
		return -EPERM;
	reader = kzalloc(sizeof(*reader), GFP_KERNEL);
	if (!reader)
		return -ENOMEM;
	mutex_init(&reader->lock);
	reader->seq = printk_first_seq();
	file->private_data = reader;
	return 0;
}

static int kmsg_release(struct inode *inode, struct file *file)
{
	kfree(file->private_data);
	return 0;
}

/* The record as a line, control characters as \xNN; its length. */
static size_t format(struct kmsg_reader *reader, const struct printk_record *r)
{
	size_t size = sizeof(reader->line) - 1;
	size_t n = scnprintf(reader->line, size, "%u,%llu,%llu,%c;", r->facility << 3 | r->level,
			     (unsigned long long)r->seq, (unsigned long long)r->ts_nsec / 1000,
			     r->cont ? 'c' : '-');

	for (unsigned int i = 0; i < r->len && n + 4 < size; i++) {
		unsigned char c = r->text[i];

		if (c < ' ' || c >= 127 || c == '\\')
			n += scnprintf(reader->line + n, size - n, "\\x%02x", c);
		else
			reader->line[n++] = c;
	}
	reader->line[n++] = '\n';
	return n;
}

static ssize_t kmsg_read(struct file *file, char __user *buf, size_t size, loff_t *pos)
{
	struct kmsg_reader *reader = file->private_data;
	struct printk_record r = { .text = reader->text, .text_size = sizeof(reader->text) };
	ssize_t ret;

	if (mutex_lock_interruptible(&reader->lock))
		return -ERESTARTSYS;
	if (!printk_read_record(reader->seq, &r)) {
		ret = -EAGAIN;
		if (file->f_flags & O_NONBLOCK)
			goto out;
		ret = wait_event_interruptible(log_wait, printk_read_record(reader->seq, &r));
		if (ret)
			goto out;
	}
	if (r.seq != reader->seq) {
		reader->seq = r.seq;	/* what was wanted has been overwritten */
		ret = -EPIPE;
		goto out;
	}
	ret = format(reader, &r);
	if (ret > size) {
		ret = -EINVAL;
		goto out;
	}
	reader->seq = r.seq + 1;
	if (copy_to_user(buf, reader->line, ret))
		ret = -EFAULT;
out:
	mutex_unlock(&reader->lock);
	return ret;
}

/* "<N>" in front gives facility and level; user space may not pretend to be the kernel. */
static ssize_t kmsg_write(struct file *file, const char __user *buf, size_t size, loff_t *pos)
{
	struct kmsg_reader *writer = file->private_data;
	unsigned int facility = 1, level = default_message_loglevel;
	char line[LINE_MAX_LEN + 1], *text = line;
	size_t len = size;

	if (size > LINE_MAX_LEN)
		return -EINVAL;
	/* What is too much, or unwanted, is swallowed. */
	if (READ_ONCE(devkmsg_mode) == DEVKMSG_OFF ||
	    (READ_ONCE(devkmsg_mode) == DEVKMSG_RATELIMIT &&
	     !ratelimit_allows(&writer->writes, 5 * HZ, 10, current->comm)))
		return size;
	if (copy_from_user(line, buf, size))
		return -EFAULT;
	line[size] = '\0';
	if (line[0] == '<') {
		unsigned int number = 0;
		char *p = line + 1;

		while (*p >= '0' && *p <= '9' && number < 100000)
			number = number * 10 + (*p++ - '0');
		if (*p == '>' && p > line + 1) {
			level = number & 7;
			if (number >> 3)
				facility = number >> 3;
			text = p + 1;
			len -= text - line;
		}
	}
	printk_user(facility, level, text, len);
	return size;
}

static loff_t kmsg_lseek(struct file *file, loff_t offset, int whence)
{
	struct kmsg_reader *reader = file->private_data;

	if (offset)
		return -ESPIPE;
	mutex_lock(&reader->lock);
	switch (whence) {
	case SEEK_SET:
		reader->seq = printk_first_seq();
		break;
	case SEEK_DATA:
		reader->seq = syslog_clear_seq();
		break;
	case SEEK_END:
		reader->seq = printk_next_seq();
		break;
	default:
		offset = -EINVAL;
	}
	mutex_unlock(&reader->lock);
	return offset;
}

static __poll_t kmsg_poll(struct file *file, struct poll_table_struct *wait)
{
	struct kmsg_reader *reader = file->private_data;

	poll_wait(file, &log_wait, wait);
	if (printk_next_seq() == reader->seq)
		return 0;
	return reader->seq < printk_first_seq() ? EPOLLIN | EPOLLRDNORM | EPOLLERR | EPOLLPRI :
						  EPOLLIN | EPOLLRDNORM;
}

const struct file_operations kmsg_fops = {
	.open = kmsg_open,
	.release = kmsg_release,
	.read = kmsg_read,
	.write = kmsg_write,
	.llseek = kmsg_lseek,
	.poll = kmsg_poll,
};
