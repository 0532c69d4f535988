// SPDX-License-Identifier: MIT
/* N_TTY, the output side: c_oflag's translations, the column, the echo queue. */
#include <driver/tty.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <mm/uaccess.h>

#include "n_tty.h"

static u8 upper(u8 c)
{
	return c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c;
}

/*
 * What the byte becomes on its way out: 0 to 8 bytes; keeps the column.
 * => output_lock held
 */
size_t n_tty_opost(struct tty_struct *tty, u8 c, u8 out[8])
{
	struct n_tty_data *d = tty->disc_data;
	size_t n = 0;

	if (!O_(tty, OPOST)) {
		out[0] = c;
		return 1;
	}
	switch (c) {
	case '\n':
		if (O_(tty, ONLRET))
			d->column = 0;
		if (O_(tty, ONLCR)) {
			d->column = d->canon_column = 0;
			out[n++] = '\r';
		}
		break;
	case '\r':
		if (O_(tty, ONOCR) && d->column == 0)
			return 0;
		if (O_(tty, OCRNL)) {
			c = '\n';
			if (O_(tty, ONLRET))
				d->column = 0;
			break;
		}
		d->column = d->canon_column = 0;
		break;
	case '\t': {
		unsigned int spaces = 8 - (d->column & 7);

		d->column += spaces;
		if (O_(tty, TABDLY) == TAB3) {
			while (n < spaces)
				out[n++] = ' ';
			return n;
		}
		break;
	}
	case '\b':
		if (d->column)
			d->column--;
		break;
	default:
		if (c >= ' ' && c != 0x7f) {
			if (O_(tty, OLCUC))
				c = upper(c);
			if (!utf8_continuation(tty, c))
				d->column++;
		}
		break;
	}
	out[n++] = c;
	return n;
}

/* Queues one byte as it is. A full queue drops it: the person sees that the line is stuck. */
void n_tty_echo_raw(struct tty_struct *tty, u8 c)
{
	struct n_tty_data *d = tty->disc_data;

	if (d->echo_head - d->echo_tail < N_TTY_BUF_SIZE)
		d->echo_buf[d->echo_head++ & N_TTY_MASK] = c;
}

/* Queues one byte after c_oflag's translations. */
void n_tty_echo_processed(struct tty_struct *tty, u8 c)
{
	u8 out[8];
	size_t n = n_tty_opost(tty, c, out);

	for (size_t i = 0; i < n; i++)
		n_tty_echo_raw(tty, out[i]);
}

/* Queues one typed byte as it is shown: control characters as ^X when ECHOCTL says so. */
void n_tty_echo_char(struct tty_struct *tty, u8 c)
{
	if (L_(tty, ECHOCTL) && (c < ' ' || c == 0x7f) && c != '\t') {
		n_tty_echo_processed(tty, '^');
		n_tty_echo_processed(tty, c ^ 0x40);
	} else {
		n_tty_echo_processed(tty, c);
	}
}

/* Hands queued echoes to the driver, as many as it takes. => output_lock held */
void __n_tty_flush_echoes(struct tty_struct *tty)
{
	struct n_tty_data *d = tty->disc_data;

	while (d->echo_head != d->echo_tail && !READ_ONCE(tty->stopped)) {
		unsigned int at = d->echo_tail & N_TTY_MASK;
		unsigned int n = d->echo_head - d->echo_tail;
		size_t done;

		if (n > N_TTY_BUF_SIZE - at)
			n = N_TTY_BUF_SIZE - at;
		done = tty->ops->write(tty, d->echo_buf + at, n);
		d->echo_tail += done;
		if (done < n)
			break;
	}
}

void n_tty_flush_echoes(struct tty_struct *tty)
{
	struct n_tty_data *d = tty->disc_data;

	mutex_lock(&d->output_lock);
	__n_tty_flush_echoes(tty);
	mutex_unlock(&d->output_lock);
}

bool n_tty_has_echoes(struct tty_struct *tty)
{
	struct n_tty_data *d = tty->disc_data;

	return READ_ONCE(d->echo_head) != READ_ONCE(d->echo_tail);
}

/* Bytes of buf that went out, translated. A translation is never split. */
static size_t write_block(struct tty_struct *tty, const u8 *buf, size_t nr)
{
	struct n_tty_data *d = tty->disc_data;
	u8 chunk[256];
	size_t used = 0;

	mutex_lock(&d->output_lock);
	__n_tty_flush_echoes(tty);
	while (used < nr && d->echo_head == d->echo_tail && !READ_ONCE(tty->stopped)) {
		unsigned int room = min_t(unsigned int, tty_write_room(tty), sizeof(chunk));
		size_t n = 0, taken = 0;

		if (!O_(tty, OPOST)) {
			taken = tty->ops->write(tty, buf + used, nr - used);
			used += taken;
			if (!taken)
				break;
			continue;
		}
		/* Room for the longest translation, so that all that is made also fits. */
		while (used < nr && n + 8 <= room) {
			n += n_tty_opost(tty, buf[used++], chunk + n);
			taken++;
		}
		if (!taken && room && used < nr) {
			/* A device with little room: one byte that becomes few. */
			unsigned int column = d->column, canon = d->canon_column;

			n = n_tty_opost(tty, buf[used], chunk);
			if (n > room) {
				d->column = column;
				d->canon_column = canon;
				break;
			}
			used++;
			taken++;
		}
		if (!taken)
			break;
		tty->ops->write(tty, chunk, n);
	}
	mutex_unlock(&d->output_lock);
	return used;
}

/* Sleeps until all of a chunk is out; bytes written or an error when there are none. */
static ssize_t write_chunk(struct tty_struct *tty, struct file *file, const u8 *buf, size_t nr)
{
	DEFINE_WAIT(wait);
	ssize_t done = 0;
	int err = 0;

	for (;;) {
		prepare_to_wait(&tty->write_wait, &wait, TASK_INTERRUPTIBLE);
		if (signal_pending(current)) {
			err = -ERESTARTSYS;
			break;
		}
		if (tty_hung_up(file) ||
		    (tty->link && test_bit(TTY_OTHER_CLOSED, &tty->flags))) {
			err = -EIO;
			break;
		}
		__set_current_state(TASK_RUNNING);
		done += write_block(tty, buf + done, nr - done);
		if (done == nr)
			break;
		prepare_to_wait(&tty->write_wait, &wait, TASK_INTERRUPTIBLE);
		if (file->f_flags & O_NONBLOCK) {
			err = -EAGAIN;
			break;
		}
		if (tty_write_room(tty) < 8 || READ_ONCE(tty->stopped))
			schedule();
	}
	finish_wait(&tty->write_wait, &wait);
	return done ? done : err;
}

/*
 * write(2) on a terminal.
 * => may sleep; bytes written, or -errno when none were
 */
ssize_t n_tty_write(struct tty_struct *tty, struct file *file, const char __user *buf, size_t nr)
{
	u8 chunk[512];
	ssize_t done = 0;
	int err;

	if (L_(tty, TOSTOP) && !tty_is_pty_master(tty)) {
		err = tty_check_change(tty);
		if (err)
			return err;
	}
	if (file->f_flags & O_NONBLOCK) {
		if (!mutex_trylock(&tty->write_lock))
			return -EAGAIN;
	} else if (mutex_lock_interruptible(&tty->write_lock)) {
		return -ERESTARTSYS;
	}
	err = 0;
	while (done < nr) {
		size_t n = min_t(size_t, nr - done, sizeof(chunk));
		ssize_t ret;

		if (copy_from_user(chunk, buf + done, n)) {
			err = -EFAULT;
			break;
		}
		ret = write_chunk(tty, file, chunk, n);
		if (ret < 0) {
			err = ret;
			break;
		}
		done += ret;
		if (ret < n)
			break;
	}
	mutex_unlock(&tty->write_lock);
	return done ? done : err;
}
