// SPDX-License-Identifier: MIT
/* N_TTY, the input side: what becomes of each byte that is typed. */
#include <kern/signal.h>

#include "n_tty.h"

static unsigned int used(const struct n_tty_data *d)
{
	return d->head - d->tail;
}

static u8 byte_at(const struct n_tty_data *d, unsigned int at)
{
	return d->read_buf[at & N_TTY_MASK];
}

static void put(struct n_tty_data *d, u8 c)
{
	clear_bit(d->head & N_TTY_MASK, d->line_end);
	d->read_buf[d->head++ & N_TTY_MASK] = c;
}

/* Ends the line with c: everything so far may be read. */
static void put_line_end(struct tty_struct *tty, u8 c)
{
	struct n_tty_data *d = tty->disc_data;

	put(d, c);
	set_bit((d->head - 1) & N_TTY_MASK, d->line_end);
	WRITE_ONCE(d->line_start, d->head);
	wake_up_interruptible_poll(&tty->read_wait, EPOLLIN | EPOLLRDNORM);
}

static void finish_erasing(struct tty_struct *tty)
{
	struct n_tty_data *d = tty->disc_data;

	if (d->erasing) {
		n_tty_echo_processed(tty, '/');
		d->erasing = false;
	}
}

/* Echoes a typed byte, remembering where the line began. */
static void echo(struct tty_struct *tty, u8 c)
{
	struct n_tty_data *d = tty->disc_data;

	finish_erasing(tty);
	if (d->line_start == d->head)
		d->canon_column = d->column;
	if (c == '\n')
		n_tty_echo_processed(tty, '\n');
	else
		n_tty_echo_char(tty, c);
}

/* How many columns a tab at buffer position `at` took: needs what stands before it. */
static unsigned int tab_width(struct tty_struct *tty, unsigned int at)
{
	struct n_tty_data *d = tty->disc_data;
	unsigned int columns = 0;
	unsigned int i = at;

	while (i != d->line_start) {
		u8 c = byte_at(d, --i);

		if (c == '\t')
			break;
		if (c < ' ' || c == 0x7f)
			columns += L_(tty, ECHOCTL) ? 2 : 0;
		else if (!utf8_continuation(tty, c))
			columns++;
		if (i == d->line_start)
			columns += d->canon_column;
	}
	if (at == d->line_start)
		columns = d->canon_column;
	return 8 - (columns & 7);
}

static void rub_out(struct tty_struct *tty, unsigned int columns)
{
	while (columns--) {
		n_tty_echo_processed(tty, '\b');
		n_tty_echo_processed(tty, ' ');
		n_tty_echo_processed(tty, '\b');
	}
}

/* Shows that the bytes from d->head on, the first of which is c, were erased. */
static void echo_erased(struct tty_struct *tty, u8 c, unsigned int bytes, int which)
{
	struct n_tty_data *d = tty->disc_data;

	if (L_(tty, ECHOPRT)) {
		if (!d->erasing) {
			n_tty_echo_processed(tty, '\\');
			d->erasing = true;
		}
		n_tty_echo_char(tty, c);
		for (unsigned int i = 1; i < bytes; i++)
			n_tty_echo_raw(tty, byte_at(d, d->head + i));
	} else if (which == VERASE && !L_(tty, ECHOE)) {
		n_tty_echo_char(tty, CC(tty, VERASE));
	} else if (c == '\t') {
		unsigned int columns = tab_width(tty, d->head);

		while (columns--)
			n_tty_echo_processed(tty, '\b');
	} else if (c < ' ' || c == 0x7f) {
		rub_out(tty, L_(tty, ECHOCTL) ? 2 : 0);
	} else {
		rub_out(tty, 1);
	}
}

static bool word_char(u8 c)
{
	return c == '_' || c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z');
}

/* VERASE, VWERASE, VKILL: takes characters off the end of the line that is edited. */
static void erase(struct tty_struct *tty, u8 c, int which)
{
	struct n_tty_data *d = tty->disc_data;
	bool in_word = false;

	if (which == VKILL && L_(tty, ECHO) &&
	    !(L_(tty, ECHOKE) && L_(tty, ECHOE)) && d->head != d->line_start) {
		d->head = d->line_start;
		finish_erasing(tty);
		n_tty_echo_char(tty, c);
		if (L_(tty, ECHOK))
			n_tty_echo_processed(tty, '\n');
		return;
	}
	while (d->head != d->line_start) {
		unsigned int at = d->head;

		/* One character: with UTF-8, its continuation bytes too. */
		do {
			at--;
		} while (utf8_continuation(tty, byte_at(d, at)) && at != d->line_start);
		if (utf8_continuation(tty, byte_at(d, at)))
			break;		/* half a character: nothing to erase */
		c = byte_at(d, at);
		if (which == VWERASE) {
			if (word_char(c))
				in_word = true;
			else if (in_word)
				break;
		}
		unsigned int bytes = d->head - at;

		d->head = at;
		if (L_(tty, ECHO))
			echo_erased(tty, c, bytes, which);
		if (which == VERASE)
			break;
	}
	if (d->head == d->line_start && L_(tty, ECHO))
		finish_erasing(tty);
}

/* VREPRINT: shows the line that is edited again. */
static void reprint(struct tty_struct *tty, u8 c)
{
	struct n_tty_data *d = tty->disc_data;

	finish_erasing(tty);
	n_tty_echo_char(tty, c);
	n_tty_echo_processed(tty, '\n');
	for (unsigned int i = d->line_start; i != d->head; i++)
		n_tty_echo_char(tty, byte_at(d, i));
}

/* VINTR, VQUIT, VSUSP. */
static void signal_char(struct tty_struct *tty, u8 c, int sig)
{
	struct n_tty_data *d = tty->disc_data;

	if (!L_(tty, NOFLSH)) {
		d->head = d->tail = d->line_start = 0;
		d->lnext = d->erasing = false;
		d->echo_head = d->echo_tail = 0;
		if (tty->ops->flush_buffer)
			tty->ops->flush_buffer(tty);
	}
	if (I_(tty, IXON))
		tty_start(tty);
	if (L_(tty, ECHO))
		echo(tty, c);
	__n_tty_flush_echoes(tty);
	tty_signal_foreground(tty, sig);
}

/* The characters that raise signals or stop the output; true when c was one. */
static bool special_always(struct tty_struct *tty, u8 c)
{
	if (I_(tty, IXON)) {
		if (is_cc(tty, c, VSTART)) {
			tty_start(tty);
			__n_tty_flush_echoes(tty);
			return true;
		}
		if (is_cc(tty, c, VSTOP)) {
			tty_stop(tty);
			return true;
		}
	}
	if (L_(tty, ISIG)) {
		int sig = is_cc(tty, c, VINTR) ? SIGINT : is_cc(tty, c, VQUIT) ? SIGQUIT :
			  is_cc(tty, c, VSUSP) ? SIGTSTP : 0;

		if (sig) {
			signal_char(tty, c, sig);
			return true;
		}
	}
	return false;
}

/* The characters that edit or end a line; true when c was one. */
static bool special_canonical(struct tty_struct *tty, u8 c)
{
	struct n_tty_data *d = tty->disc_data;

	if (is_cc(tty, c, VERASE) || is_cc(tty, c, VKILL) ||
	    (is_cc(tty, c, VWERASE) && L_(tty, IEXTEN))) {
		erase(tty, c, is_cc(tty, c, VERASE) ? VERASE : is_cc(tty, c, VKILL) ? VKILL : VWERASE);
		return true;
	}
	if (is_cc(tty, c, VLNEXT) && L_(tty, IEXTEN)) {
		d->lnext = true;
		if (L_(tty, ECHO)) {
			finish_erasing(tty);
			if (L_(tty, ECHOCTL)) {
				n_tty_echo_processed(tty, '^');
				n_tty_echo_processed(tty, '\b');
			}
		}
		return true;
	}
	if (is_cc(tty, c, VREPRINT) && L_(tty, ECHO) && L_(tty, IEXTEN)) {
		reprint(tty, c);
		return true;
	}
	if (c == '\n') {
		if (L_(tty, ECHO) || L_(tty, ECHONL))
			echo(tty, c);
		put_line_end(tty, c);
		return true;
	}
	if (is_cc(tty, c, VEOF)) {
		finish_erasing(tty);
		put_line_end(tty, NO_CHAR);
		return true;
	}
	if (is_cc(tty, c, VEOL) || (is_cc(tty, c, VEOL2) && L_(tty, IEXTEN))) {
		if (L_(tty, ECHO))
			echo(tty, c);
		if (I_(tty, PARMRK) && c == 0xff)
			put(d, c);
		put_line_end(tty, c);
		return true;
	}
	return false;
}

static void receive_char(struct tty_struct *tty, u8 c)
{
	struct n_tty_data *d = tty->disc_data;
	bool literal = d->lnext;

	if (I_(tty, ISTRIP))
		c &= 0x7f;
	if (I_(tty, IUCLC) && L_(tty, IEXTEN) && c >= 'A' && c <= 'Z')
		c += 'a' - 'A';
	if (READ_ONCE(tty->stopped) && !tty->tco_stopped && I_(tty, IXON) && I_(tty, IXANY) &&
	    !is_cc(tty, c, VSTOP) && !is_cc(tty, c, VSTART) && !is_cc(tty, c, VINTR) &&
	    !is_cc(tty, c, VQUIT) && !is_cc(tty, c, VSUSP))
		tty_start(tty);
	d->lnext = false;
	if (!literal && !L_(tty, EXTPROC)) {
		if (special_always(tty, c))
			return;
		if (c == '\r') {
			if (I_(tty, IGNCR))
				return;
			if (I_(tty, ICRNL))
				c = '\n';
		} else if (c == '\n' && I_(tty, INLCR)) {
			c = '\r';
		}
		if (L_(tty, ICANON)) {
			if (special_canonical(tty, c))
				return;
			/* A full line takes no more but its end, which has a place kept for it. */
			if (used(d) >= N_TTY_BUF_SIZE - 1) {
				if (I_(tty, IMAXBEL))
					n_tty_echo_raw(tty, '\a');
				return;
			}
		}
	}
	if (L_(tty, ECHO) && !L_(tty, EXTPROC))
		echo(tty, c);
	if (I_(tty, PARMRK) && c == 0xff && used(d) < N_TTY_BUF_SIZE - 2)
		put(d, c);
	put(d, c);
}

/*
 * Bytes that can be taken now. In canonical mode a line may be longer than the buffer: what
 * does not fit is dropped, but only when no complete line waits to be read.
 */
static unsigned int receive_room(struct tty_struct *tty)
{
	struct n_tty_data *d = tty->disc_data;
	unsigned int free = N_TTY_BUF_SIZE - used(d);
	unsigned int reserve = I_(tty, PARMRK) ? 3 : 1;

	if (free > reserve)
		return free - reserve;
	return L_(tty, ICANON) && d->line_start == d->tail && free ? 1 : 0;
}

static bool is_raw(struct tty_struct *tty)
{
	return !I_(tty, ISTRIP | IUCLC | IXON | IGNCR | ICRNL | INLCR | PARMRK | IXANY) &&
	       !L_(tty, ISIG | ICANON | ECHO);
}

static size_t receive_raw(struct n_tty_data *d, const u8 *buf, size_t len)
{
	size_t n = min_t(size_t, len, N_TTY_BUF_SIZE - used(d));

	for (size_t i = 0; i < n; i++)
		d->read_buf[d->head++ & N_TTY_MASK] = buf[i];
	return n;
}

/*
 * Takes bytes from the driver's buffer; returns how many.
 * => process context, may sleep; takes termios_rwsem (read), lock, output_lock
 */
size_t n_tty_receive(struct tty_struct *tty, const u8 *buf, size_t len)
{
	struct n_tty_data *d = tty->disc_data;
	size_t n = 0;

	down_read(&tty->termios_rwsem);
	mutex_lock(&d->lock);
	if (is_raw(tty) && !d->lnext) {
		n = receive_raw(d, buf, len);
	} else {
		mutex_lock(&d->output_lock);
		while (n < len && receive_room(tty))
			receive_char(tty, buf[n++]);
		__n_tty_flush_echoes(tty);
		mutex_unlock(&d->output_lock);
	}
	if (!L_(tty, ICANON))
		WRITE_ONCE(d->line_start, d->head);
	if (d->line_start != d->tail)
		wake_up_interruptible_poll(&tty->read_wait, EPOLLIN | EPOLLRDNORM);
	mutex_unlock(&d->lock);
	up_read(&tty->termios_rwsem);
	return n;
}
