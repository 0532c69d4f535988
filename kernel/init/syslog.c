// SPDX-License-Identifier: MIT
/*
 * syslog(2): the kernel's messages as text. A reader of type READ consumes; /proc/kmsg is one.
 * READ_ALL gives what has come since the last CLEAR, the newest part if it is too much.
 */
#include <kern/cred.h>
#include <kern/errno.h>
#include <kern/kernel.h>
#include <kern/mutex.h>
#include <kern/printk.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/syscalls.h>
#include <kern/wait.h>
#include <lib/sprintf.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

#define TEXT_SIZE 2048
#define LINE_SIZE (2 * TEXT_SIZE)
#define LOG_BUFFER_SIZE (1 << 17)	/* what SIZE_BUFFER says: enough for READ_ALL */

static DEFINE_MUTEX(syslog_lock);	/* guards the next four */
static u64 read_seq;			/* the next record of READ ... */
static unsigned int read_offset;	/* ... and how much of it was given */
static u64 clear_seq;
static int saved_loglevel = -1;		/* while CONSOLE_OFF */

/* One record and its text, in one allocation. */
struct line {
	struct printk_record record;
	char text[TEXT_SIZE];
	char out[LINE_SIZE];
};

static struct line *alloc_line(void)
{
	struct line *line = kmalloc(sizeof(*line), GFP_KERNEL);

	if (line) {
		line->record.text = line->text;
		line->record.text_size = sizeof(line->text);
	}
	return line;
}

/* Formats the first record at or after seq, each line of it; its length, 0 when there is none. */
static int next_line(struct line *line, u64 seq)
{
	const struct printk_record *r = &line->record;
	const char *at = line->text, *end;
	int len = 0;

	if (!printk_read_record(seq, &line->record))
		return 0;
	end = line->text + min_t(unsigned int, r->len, TEXT_SIZE);
	do {
		const char *begin = at;
		size_t n = printk_next_line(&at, end);

		len += scnprintf(line->out + len, sizeof(line->out) - len, "<%u>",
				 r->facility << 3 | r->level);
		len += printk_format_line(line->out + len, sizeof(line->out) - len, r->ts_nsec,
					  begin, n);
	} while (at < end);
	return len;
}

/* True when READ would not sleep. => any context */
bool syslog_unread(void)
{
	return printk_next_seq() > READ_ONCE(read_seq);
}

static int read_some(struct line *line, char __user *buf, int size)
{
	int done = 0;

	while (done < size) {
		int len = next_line(line, read_seq), n;

		if (!len)
			break;
		if (line->record.seq != read_seq) {
			read_seq = line->record.seq;
			read_offset = 0;
		}
		n = min(len - (int)read_offset, size - done);
		if (copy_to_user(buf + done, line->out + read_offset, n))
			return done ? done : -EFAULT;
		done += n;
		read_offset += n;
		if (read_offset == len) {
			read_offset = 0;
			read_seq++;
		}
	}
	return done;
}

static int syslog_read(char __user *buf, int size)
{
	struct line *line = alloc_line();
	int ret = -ENOMEM;

	while (line) {
		ret = wait_event_interruptible(log_wait, syslog_unread());
		if (ret)
			break;
		mutex_lock(&syslog_lock);
		ret = read_some(line, buf, size);
		mutex_unlock(&syslog_lock);
		if (ret)
			break;
	}
	kfree(line);
	return ret;
}

static int syslog_read_all(char __user *buf, int size, bool clear)
{
	struct line *line = alloc_line();
	int total = 0, done = 0, len;
	u64 first, seq;

	if (!line)
		return -ENOMEM;
	mutex_lock(&syslog_lock);
	first = seq = max(clear_seq, printk_first_seq());
	while ((len = next_line(line, seq))) {
		total += len;
		seq = line->record.seq + 1;
	}
	for (seq = first; (len = next_line(line, seq)); seq = line->record.seq + 1) {
		if (total > size) {
			total -= len;	/* too old to fit */
			continue;
		}
		if (done + len > size)
			break;
		if (copy_to_user(buf + done, line->out, len)) {
			done = -EFAULT;
			break;
		}
		done += len;
	}
	if (clear && done >= 0)
		clear_seq = seq;
	mutex_unlock(&syslog_lock);
	kfree(line);
	return done;
}

u64 syslog_clear_seq(void)
{
	u64 seq;

	mutex_lock(&syslog_lock);
	seq = clear_seq;
	mutex_unlock(&syslog_lock);
	return seq;
}

static int size_unread(void)
{
	struct line *line = alloc_line();
	int total = 0, len;

	if (!line)
		return -ENOMEM;
	mutex_lock(&syslog_lock);
	for (u64 seq = read_seq; (len = next_line(line, seq)); seq = line->record.seq + 1)
		total += len;
	total -= min_t(int, total, read_offset);
	mutex_unlock(&syslog_lock);
	kfree(line);
	return total;
}

static int console_level(int type, int level)
{
	mutex_lock(&syslog_lock);
	switch (type) {
	case SYSLOG_ACTION_CONSOLE_OFF:
		if (saved_loglevel == -1)
			saved_loglevel = console_loglevel;
		console_loglevel = minimum_console_loglevel;
		break;
	case SYSLOG_ACTION_CONSOLE_ON:
		if (saved_loglevel != -1)
			console_loglevel = saved_loglevel;
		saved_loglevel = -1;
		break;
	case SYSLOG_ACTION_CONSOLE_LEVEL:
		console_loglevel = max(level, minimum_console_loglevel);
		saved_loglevel = -1;
		break;
	}
	mutex_unlock(&syslog_lock);
	return 0;
}

int dmesg_restrict;
int kptr_restrict;

/* => may sleep; bytes, a size, 0, or -errno */
int do_syslog(int type, char __user *buf, int len)
{
	bool reads = type == SYSLOG_ACTION_READ || type == SYSLOG_ACTION_READ_ALL ||
		     type == SYSLOG_ACTION_READ_CLEAR;
	bool for_all = type == SYSLOG_ACTION_READ_ALL || type == SYSLOG_ACTION_SIZE_BUFFER;

	if ((!for_all || READ_ONCE(dmesg_restrict)) && !capable(CAP_SYSLOG))
		return -EPERM;
	if (reads) {
		if (!buf || len < 0)
			return -EINVAL;
		if (!len)
			return 0;
		if (!access_ok(buf, len))
			return -EFAULT;
	}
	switch (type) {
	case SYSLOG_ACTION_CLOSE:
	case SYSLOG_ACTION_OPEN:
		return 0;
	case SYSLOG_ACTION_READ:
		return syslog_read(buf, len);
	case SYSLOG_ACTION_READ_ALL:
	case SYSLOG_ACTION_READ_CLEAR:
		return syslog_read_all(buf, len, type == SYSLOG_ACTION_READ_CLEAR);
	case SYSLOG_ACTION_CLEAR:
		mutex_lock(&syslog_lock);
		clear_seq = printk_next_seq();
		mutex_unlock(&syslog_lock);
		return 0;
	case SYSLOG_ACTION_CONSOLE_LEVEL:
		if (len < 1 || len > 8)
			return -EINVAL;
		return console_level(type, len);
	case SYSLOG_ACTION_CONSOLE_OFF:
	case SYSLOG_ACTION_CONSOLE_ON:
		return console_level(type, 0);
	case SYSLOG_ACTION_SIZE_UNREAD:
		return size_unread();
	case SYSLOG_ACTION_SIZE_BUFFER:
		return LOG_BUFFER_SIZE;
	}
	return -EINVAL;
}

SYSCALL_DEFINE3(syslog, int, type, char __user *, buf, int, len)
{
	return do_syslog(type, buf, len);
}
