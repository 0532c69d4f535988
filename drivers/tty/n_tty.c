// SPDX-License-Identifier: MIT
/*
 * N_TTY, the line discipline of every terminal.
 *
 * Bytes come from the driver's buffer (tty_buffer.c) into a ring of 4 KiB. With ICANON they
 * become lines that can be edited until their end is typed; a read gives at most one line.
 * Without it a read waits for VMIN bytes or for VTIME. Output and echo share the column and
 * the driver's room under output_lock; echoes queue, so that typing never waits for output.
 *
 * Lock order: tty->buf.flush_lock, termios_rwsem (read), read_lock, lock, output_lock,
 * tty->ctrl_lock. A reader drops `lock` before it copies to the user.
 *
 * The driver never waits: what the ring has no room for stays in the driver's buffer, and a
 * read that makes room fetches it (tty_buffer_flush_to_ldisc()).
 */
#include <kern/jiffies.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

#include "n_tty.h"

int n_tty_open(struct tty_struct *tty)
{
	struct n_tty_data *d = kzalloc(sizeof(*d), GFP_KERNEL);

	if (!d)
		return -ENOMEM;
	mutex_init(&d->lock);
	mutex_init(&d->read_lock);
	mutex_init(&d->output_lock);
	d->was_icanon = tty->termios.c_lflag & ICANON;
	tty->disc_data = d;
	return 0;
}

void n_tty_close(struct tty_struct *tty)
{
	kfree(tty->disc_data);
	tty->disc_data = NULL;
}

/*
 * Adapts to new flags.
 * => termios_rwsem held for writing, so nobody receives
 */
void n_tty_set_termios(struct tty_struct *tty, const struct ktermios *old)
{
	struct n_tty_data *d = tty->disc_data;

	mutex_lock(&d->lock);
	if (!old || (old->c_lflag ^ tty->termios.c_lflag) & ICANON) {
		bitmap_zero(d->line_end, N_TTY_BUF_SIZE);
		/* What was typed without ICANON counts as one line with it. */
		if (L_(tty, ICANON) && d->head != d->tail)
			set_bit((d->head - 1) & N_TTY_MASK, d->line_end);
		d->line_start = d->head;
		d->lnext = d->erasing = false;
	}
	d->was_icanon = L_(tty, ICANON);
	mutex_unlock(&d->lock);
	if (!I_(tty, IXON) && old && old->c_iflag & IXON && !tty->tco_stopped)
		tty_start(tty);
	wake_up_interruptible(&tty->read_wait);
	wake_up_interruptible(&tty->write_wait);
}

/* Drops what was typed and not read, here and in the driver's buffer. => may sleep */
void n_tty_flush_input(struct tty_struct *tty)
{
	struct n_tty_data *d = tty->disc_data;

	tty_buffer_discard(tty);
	mutex_lock(&d->lock);
	d->head = d->tail = d->line_start = 0;
	d->lnext = d->erasing = false;
	mutex_unlock(&d->lock);
	if (tty->link) {
		unsigned long flags;

		spin_lock_irqsave(&tty->ctrl_lock, flags);
		if (test_bit(TTY_PACKET, &tty->link->flags)) {
			tty->pktstatus |= TIOCPKT_FLUSHREAD;
			wake_up_interruptible(&tty->link->read_wait);
		}
		spin_unlock_irqrestore(&tty->ctrl_lock, flags);
	}
	if (tty->ops->unthrottle)
		tty->ops->unthrottle(tty);
}

/* TIOCINQ: bytes that a read could give; a VEOF that ends a line is not one of them. */
unsigned int n_tty_input_count(struct tty_struct *tty)
{
	struct n_tty_data *d = tty->disc_data;
	unsigned int n;

	mutex_lock(&d->lock);
	n = d->line_start - d->tail;
	if (L_(tty, ICANON))
		for (unsigned int i = d->tail; i != d->line_start; i++)
			if (test_bit(i & N_TTY_MASK, d->line_end) && !d->read_buf[i & N_TTY_MASK])
				n--;
	mutex_unlock(&d->lock);
	return n;
}

static bool available(struct tty_struct *tty, bool poll)
{
	struct n_tty_data *d = tty->disc_data;
	unsigned int want = 1;

	if (!L_(tty, ICANON) && poll && !CC(tty, VTIME) && CC(tty, VMIN))
		want = CC(tty, VMIN);
	return READ_ONCE(d->line_start) - READ_ONCE(d->tail) >= want;
}

/* Is there something to read? Fetches what the driver has first. => may sleep */
static bool input_available(struct tty_struct *tty, bool poll)
{
	if (available(tty, poll))
		return true;
	tty_buffer_flush_to_ldisc(tty);
	return available(tty, poll);
}

/* Takes up to nr bytes without ICANON. => lock held */
static size_t take_raw(struct n_tty_data *d, u8 *to, size_t nr)
{
	size_t n = min_t(size_t, nr, d->line_start - d->tail);

	for (size_t i = 0; i < n; i++)
		to[i] = d->read_buf[d->tail++ & N_TTY_MASK];
	return n;
}

/*
 * Takes bytes of one line; *end says that its end was reached. A VEOF right after the nr'th
 * byte is taken too: it must not become an end of file of its own.
 * => lock held
 */
static size_t take_line(struct n_tty_data *d, u8 *to, size_t nr, bool *end)
{
	size_t n = 0;

	*end = false;
	while (d->tail != d->line_start) {
		unsigned int at = d->tail & N_TTY_MASK;
		bool ends = test_bit(at, d->line_end);
		u8 c = d->read_buf[at];

		if (ends && c == NO_CHAR) {
			clear_bit(at, d->line_end);
			d->tail++;
			*end = true;
			break;
		}
		if (n == nr)
			break;
		to[n++] = c;
		d->tail++;
		if (ends) {
			clear_bit(at, d->line_end);
			*end = true;
			break;
		}
	}
	return n;
}

/* A pty master in packet mode learns of one event; 0 when there is none. */
static u8 take_packet_status(struct tty_struct *tty)
{
	unsigned long flags;
	u8 status;

	if (!tty->link || !test_bit(TTY_PACKET, &tty->flags))
		return 0;
	spin_lock_irqsave(&tty->link->ctrl_lock, flags);
	status = tty->link->pktstatus;
	tty->link->pktstatus = 0;
	spin_unlock_irqrestore(&tty->link->ctrl_lock, flags);
	return status;
}

static bool packet_waits(struct tty_struct *tty)
{
	return tty->link && test_bit(TTY_PACKET, &tty->flags) && READ_ONCE(tty->link->pktstatus);
}

/* Why a read with nothing to give must not sleep: 1 end of file, -errno, 0 sleep. */
static int cannot_wait(struct tty_struct *tty, struct file *file)
{
	if (tty_hung_up(file))
		return 1;
	if (test_bit(TTY_OTHER_CLOSED, &tty->flags))
		return -EIO;
	if (signal_pending(current))
		return -ERESTARTSYS;
	return file->f_flags & O_NONBLOCK ? -EAGAIN : 0;
}

/*
 * Sleeps until input may be there; *timeout as for schedule_timeout().
 * 1: look again; 0: time is up or end of file; -errno.
 */
static int wait_for_input(struct tty_struct *tty, struct file *file, long *timeout)
{
	DEFINE_WAIT(wait);
	int ret = 1;

	/* Bring in the driver's bytes before sleeping: flushing may sleep itself. */
	if (input_available(tty, false) || packet_waits(tty))
		return 1;
	prepare_to_wait(&tty->read_wait, &wait, TASK_INTERRUPTIBLE);
	if (!available(tty, false) && !packet_waits(tty) &&
	    READ_ONCE(tty->buf.head) == READ_ONCE(tty->buf.tail)) {
		ret = cannot_wait(tty, file);
		if (ret == 0 && *timeout) {
			*timeout = schedule_timeout(*timeout);
			ret = 1;
		} else if (ret == 1) {
			ret = 0;
		}
	}
	finish_wait(&tty->read_wait, &wait);
	return ret;
}

/* Copies what one turn of the loop may take; negative errno, or bytes. */
static ssize_t copy_some(struct tty_struct *tty, char __user *buf, size_t nr, bool *end)
{
	struct n_tty_data *d = tty->disc_data;
	u8 chunk[256];
	size_t n;

	mutex_lock(&d->lock);
	nr = min_t(size_t, nr, sizeof(chunk));
	if (L_(tty, ICANON))
		n = take_line(d, chunk, nr, end);
	else
		n = take_raw(d, chunk, nr);
	mutex_unlock(&d->lock);
	if (n && copy_to_user(buf, chunk, n))
		return -EFAULT;
	return n;
}

/* The body of a read, with read_lock held. */
static ssize_t read_locked(struct tty_struct *tty, struct file *file, char __user *buf, size_t nr)
{
	unsigned int minimum = 1;
	long timeout = MAX_SCHEDULE_TIMEOUT, between = MAX_SCHEDULE_TIMEOUT;
	bool packet = tty->link && test_bit(TTY_PACKET, &tty->flags);
	ssize_t done = 0;
	int err = 0;

	if (!L_(tty, ICANON)) {
		long time = (long)CC(tty, VTIME) * HZ / 10;

		minimum = CC(tty, VMIN);
		if (time && minimum)
			between = time;		/* the clock starts with the first byte */
		else if (time || !minimum)
			timeout = time;		/* read() waits this long for one byte */
		if (!minimum)
			minimum = 1;
	}
	while (done < nr) {
		u8 status = done ? 0 : take_packet_status(tty);
		bool end = false;
		ssize_t n;

		if (status) {
			if (put_user(status, buf))
				return -EFAULT;
			return 1;
		}
		if (!available(tty, false)) {
			err = wait_for_input(tty, file, &timeout);
			if (err <= 0)
				break;
			err = 0;
			continue;
		}
		if (packet && !done) {
			if (put_user(TIOCPKT_DATA, buf))
				return -EFAULT;
			done++;
			if (nr == 1)
				break;
		}
		n = copy_some(tty, buf + done, nr - done, &end);
		if (n < 0) {
			err = n;
			break;
		}
		done += n;
		if (end || (L_(tty, ICANON) && done == nr))
			break;
		if (!L_(tty, ICANON) && done - packet >= minimum && !available(tty, false))
			break;
		if (n)
			timeout = between;
	}
	return done ? done : err;
}

/*
 * read(2) on a terminal.
 * => may sleep; bytes, 0 at end of file, -errno
 */
ssize_t n_tty_read(struct tty_struct *tty, struct file *file, char __user *buf, size_t nr)
{
	struct n_tty_data *d = tty->disc_data;
	ssize_t ret;

	if (!tty_is_pty_master(tty)) {
		ret = __tty_check_change(tty, SIGTTIN);
		if (ret)
			return ret;
	}
	if (file->f_flags & O_NONBLOCK) {
		if (!mutex_trylock(&d->read_lock))
			return -EAGAIN;
	} else if (mutex_lock_interruptible(&d->read_lock)) {
		return -ERESTARTSYS;
	}
	ret = read_locked(tty, file, buf, nr);
	mutex_unlock(&d->read_lock);
	/* There is room now for what the driver kept back. */
	if (READ_ONCE(tty->buf.head) != READ_ONCE(tty->buf.tail))
		tty_flip_buffer_push(tty);
	return ret;
}

__poll_t n_tty_poll(struct tty_struct *tty, struct file *file, struct poll_table_struct *wait)
{
	__poll_t mask = 0;

	poll_wait(file, &tty->read_wait, wait);
	poll_wait(file, &tty->write_wait, wait);
	if (input_available(tty, true))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (packet_waits(tty))
		mask |= EPOLLPRI | EPOLLIN | EPOLLRDNORM;
	if (test_bit(TTY_OTHER_CLOSED, &tty->flags) || tty_hung_up(file))
		mask |= EPOLLHUP;
	if (!READ_ONCE(tty->stopped) && tty_write_room(tty) > 0 && tty_chars_in_buffer(tty) < 256)
		mask |= EPOLLOUT | EPOLLWRNORM;
	return mask;
}
