// SPDX-License-Identifier: MIT
/* ioctl(2) on terminals: modes, sizes, flow, queues. Jobs are in tty_jobctl.c. */
#include <kern/cred.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <mm/uaccess.h>

#include "internal.h"

/* speed_t of each CBAUD code; the second half stands for CBAUDEX. */
static const speed_t baud_table[] = {
	0, 50, 75, 110, 134, 150, 200, 300, 600, 1200, 1800, 2400, 4800, 9600, 19200, 38400,
	57600, 115200, 230400, 460800, 500000, 576000, 921600, 1000000, 1152000, 1500000,
	2000000, 2500000, 3000000, 3500000, 4000000,
};

static speed_t decode_baud(tcflag_t code, speed_t other)
{
	unsigned int i = code & CBAUD;

	if (i == BOTHER)
		return other;
	if (i & CBAUDEX)
		i = (i & ~CBAUDEX) + 15;
	return i < ARRAY_SIZE(baud_table) ? baud_table[i] : 0;
}

static void fill_speeds(struct ktermios *t)
{
	tcflag_t in = t->c_cflag >> IBSHIFT & CBAUD;

	t->c_ospeed = decode_baud(t->c_cflag, t->c_ospeed);
	t->c_ispeed = in ? decode_baud(in, t->c_ispeed) : t->c_ospeed;
}

void tty_stop(struct tty_struct *tty)
{
	unsigned long flags;
	bool was;

	spin_lock_irqsave(&tty->ctrl_lock, flags);
	was = tty->stopped;
	tty->stopped = true;
	spin_unlock_irqrestore(&tty->ctrl_lock, flags);
	if (!was && tty->ops->stop)
		tty->ops->stop(tty);
}

void tty_start(struct tty_struct *tty)
{
	unsigned long flags;
	bool was;

	spin_lock_irqsave(&tty->ctrl_lock, flags);
	was = tty->stopped && !tty->tco_stopped;
	if (was)
		tty->stopped = false;
	spin_unlock_irqrestore(&tty->ctrl_lock, flags);
	if (!was)
		return;
	if (tty->ops->start)
		tty->ops->start(tty);
	tty_wakeup(tty);
}

/* Sleeps until the driver has sent all; -EINTR by a signal. */
int tty_wait_until_sent(struct tty_struct *tty)
{
	if (wait_event_interruptible(tty->write_wait, !tty_chars_in_buffer(tty) ||
				     test_bit(TTY_OTHER_CLOSED, &tty->flags)))
		return -EINTR;
	return 0;
}

/* Events of the slave's side that a pty master in packet mode hears of. */
static void packet_event(struct tty_struct *tty, u8 set, u8 clear)
{
	unsigned long flags;

	if (!tty->link || !test_bit(TTY_PACKET, &tty->link->flags))
		return;
	spin_lock_irqsave(&tty->ctrl_lock, flags);
	tty->pktstatus = (tty->pktstatus & ~clear) | set;
	spin_unlock_irqrestore(&tty->ctrl_lock, flags);
	wake_up_interruptible(&tty->link->read_wait);
}

static void packet_flow(struct tty_struct *tty, const struct ktermios *old)
{
	const struct ktermios *t = &tty->termios;
	bool was = (old->c_iflag & IXON) && old->c_cc[VSTOP] == 023 && old->c_cc[VSTART] == 021;
	bool is = (t->c_iflag & IXON) && t->c_cc[VSTOP] == 023 && t->c_cc[VSTART] == 021;

	if (was != is)
		packet_event(tty, is ? TIOCPKT_DOSTOP : TIOCPKT_NOSTOP,
			     is ? TIOCPKT_NOSTOP : TIOCPKT_DOSTOP);
	if ((old->c_lflag ^ t->c_lflag) & EXTPROC || (t->c_lflag & EXTPROC &&
	    memcmp(old, t, sizeof(*t)) != 0))
		packet_event(tty, TIOCPKT_IOCTL, 0);
}

/* What TIOCSLCKTRMIOS has locked stays as it is. => termios_rwsem held for writing */
static void keep_locked(struct tty_struct *tty, const struct ktermios *old)
{
	const struct ktermios *locked = &tty->locked;
	struct ktermios *t = &tty->termios;

	t->c_iflag = (old->c_iflag & locked->c_iflag) | (t->c_iflag & ~locked->c_iflag);
	t->c_oflag = (old->c_oflag & locked->c_oflag) | (t->c_oflag & ~locked->c_oflag);
	t->c_cflag = (old->c_cflag & locked->c_cflag) | (t->c_cflag & ~locked->c_cflag);
	t->c_lflag = (old->c_lflag & locked->c_lflag) | (t->c_lflag & ~locked->c_lflag);
	for (unsigned int i = 0; i < NCCS; i++)
		if (locked->c_cc[i])
			t->c_cc[i] = old->c_cc[i];
}

static void set_termios(struct tty_struct *tty, const struct ktermios *new)
{
	struct ktermios old;

	down_write(&tty->termios_rwsem);
	old = tty->termios;
	tty->termios = *new;
	tty->termios.c_line = old.c_line;
	keep_locked(tty, &old);
	if (tty->ops->set_termios)
		tty->ops->set_termios(tty, &old);
	n_tty_set_termios(tty, &old);
	up_write(&tty->termios_rwsem);
	packet_flow(tty, &old);
}

enum termios_layout { TERMIOS_1, TERMIOS_2, TERMIO };

static int get_layout(struct ktermios *t, const void __user *arg, enum termios_layout layout)
{
	struct termio old;

	switch (layout) {
	case TERMIOS_2:
		return copy_from_user(t, arg, sizeof(struct termios2)) ? -EFAULT : 0;
	case TERMIOS_1:
		return copy_from_user(t, arg, sizeof(struct termios)) ? -EFAULT : 0;
	case TERMIO:
		if (copy_from_user(&old, arg, sizeof(old)))
			return -EFAULT;
		t->c_iflag = (t->c_iflag & 0xffff0000) | old.c_iflag;
		t->c_oflag = (t->c_oflag & 0xffff0000) | old.c_oflag;
		t->c_cflag = (t->c_cflag & 0xffff0000) | old.c_cflag;
		t->c_lflag = (t->c_lflag & 0xffff0000) | old.c_lflag;
		memcpy(t->c_cc, old.c_cc, NCC);
		return 0;
	}
	return -EINVAL;
}

static int put_layout(void __user *arg, const struct ktermios *t, enum termios_layout layout)
{
	struct termio old = {
		.c_iflag = t->c_iflag, .c_oflag = t->c_oflag,
		.c_cflag = t->c_cflag, .c_lflag = t->c_lflag, .c_line = t->c_line,
	};

	switch (layout) {
	case TERMIOS_2:
		return copy_to_user(arg, t, sizeof(struct termios2)) ? -EFAULT : 0;
	case TERMIOS_1:
		return copy_to_user(arg, t, sizeof(struct termios)) ? -EFAULT : 0;
	case TERMIO:
		memcpy(old.c_cc, t->c_cc, NCC);
		return copy_to_user(arg, &old, sizeof(old)) ? -EFAULT : 0;
	}
	return -EINVAL;
}

#define WAIT_SENT	1	/* TCSETSW */
#define FLUSH_IN	2	/* TCSETSF */

static int change_termios(struct tty_struct *tty, const void __user *arg,
			  enum termios_layout layout, int how)
{
	struct ktermios t;
	int ret = tty_check_change(tty);

	if (ret)
		return ret;
	down_read(&tty->termios_rwsem);
	t = tty->termios;
	up_read(&tty->termios_rwsem);
	ret = get_layout(&t, arg, layout);
	if (ret)
		return ret;
	fill_speeds(&t);
	if (how & FLUSH_IN)
		n_tty_flush_input(tty);
	if (how & (WAIT_SENT | FLUSH_IN)) {
		ret = tty_wait_until_sent(tty);
		if (ret)
			return ret;
	}
	set_termios(tty, &t);
	return 0;
}

static int read_termios(struct tty_struct *tty, void __user *arg, enum termios_layout layout)
{
	struct ktermios t;

	down_read(&tty->termios_rwsem);
	t = tty->termios;
	up_read(&tty->termios_rwsem);
	return put_layout(arg, &t, layout);
}

static int get_locked(struct tty_struct *tty, void __user *arg)
{
	struct ktermios t;

	down_read(&tty->termios_rwsem);
	t = tty->locked;
	up_read(&tty->termios_rwsem);
	return put_layout(arg, &t, TERMIOS_1);
}

static int set_locked(struct tty_struct *tty, const void __user *arg)
{
	struct ktermios t = {};
	int ret;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	ret = get_layout(&t, arg, TERMIOS_1);
	if (ret)
		return ret;
	down_write(&tty->termios_rwsem);
	tty->locked = t;
	up_write(&tty->termios_rwsem);
	return 0;
}

static int flow(struct tty_struct *tty, unsigned long what)
{
	int ret = tty_check_change(tty);
	unsigned long flags;
	u8 c;

	if (ret)
		return ret;
	switch (what) {
	case TCOOFF:
		spin_lock_irqsave(&tty->ctrl_lock, flags);
		tty->tco_stopped = true;
		spin_unlock_irqrestore(&tty->ctrl_lock, flags);
		tty_stop(tty);
		return 0;
	case TCOON:
		spin_lock_irqsave(&tty->ctrl_lock, flags);
		tty->tco_stopped = false;
		spin_unlock_irqrestore(&tty->ctrl_lock, flags);
		tty_start(tty);
		return 0;
	case TCIOFF:
	case TCION:
		c = tty->termios.c_cc[what == TCIOFF ? VSTOP : VSTART];
		if (c)
			tty->ops->write(tty, &c, 1);
		return 0;
	}
	return -EINVAL;
}

static int flush(struct tty_struct *tty, unsigned long what)
{
	int ret = tty_check_change(tty);

	if (ret)
		return ret;
	if (what != TCIFLUSH && what != TCOFLUSH && what != TCIOFLUSH)
		return -EINVAL;
	if (what == TCIFLUSH || what == TCIOFLUSH)
		n_tty_flush_input(tty);
	if (what == TCOFLUSH || what == TCIOFLUSH) {
		if (tty->ops->flush_buffer)
			tty->ops->flush_buffer(tty);
		packet_event(tty, TIOCPKT_FLUSHWRITE, 0);
		tty_wakeup(tty);
	}
	return 0;
}

/* Modes and flow; `tty` is the side whose modes count (a master's slave). */
int tty_termios_ioctl(struct tty_struct *tty, struct file *file, unsigned int cmd,
		      unsigned long arg)
{
	void __user *p = (void __user *)arg;

	switch (cmd) {
	case TCGETS:
		return read_termios(tty, p, TERMIOS_1);
	case TCGETS2:
		return read_termios(tty, p, TERMIOS_2);
	case TCGETA:
		return read_termios(tty, p, TERMIO);
	case TCSETS:
		return change_termios(tty, p, TERMIOS_1, 0);
	case TCSETSW:
		return change_termios(tty, p, TERMIOS_1, WAIT_SENT);
	case TCSETSF:
		return change_termios(tty, p, TERMIOS_1, WAIT_SENT | FLUSH_IN);
	case TCSETS2:
		return change_termios(tty, p, TERMIOS_2, 0);
	case TCSETSW2:
		return change_termios(tty, p, TERMIOS_2, WAIT_SENT);
	case TCSETSF2:
		return change_termios(tty, p, TERMIOS_2, WAIT_SENT | FLUSH_IN);
	case TCSETA:
		return change_termios(tty, p, TERMIO, 0);
	case TCSETAW:
		return change_termios(tty, p, TERMIO, WAIT_SENT);
	case TCSETAF:
		return change_termios(tty, p, TERMIO, WAIT_SENT | FLUSH_IN);
	case TIOCGLCKTRMIOS:
		return get_locked(tty, p);
	case TIOCSLCKTRMIOS:
		return set_locked(tty, p);
	case TIOCGSOFTCAR:
		return put_user(!!(tty->termios.c_cflag & CLOCAL), (int __user *)p);
	case TCXONC:
		return flow(tty, arg);
	case TCFLSH:
		return flush(tty, arg);
	}
	return -ENOIOCTLCMD;
}

/* Gives the window a new size and tells the foreground groups. => may sleep */
int tty_do_resize(struct tty_struct *tty, const struct winsize *ws)
{
	mutex_lock(&tty->winsize_mutex);
	if (memcmp(ws, &tty->winsize, sizeof(*ws)) != 0) {
		tty_signal_foreground(tty, SIGWINCH);
		tty->winsize = *ws;
	}
	mutex_unlock(&tty->winsize_mutex);
	return 0;
}

static int tiocswinsz(struct tty_struct *tty, struct tty_struct *real, const void __user *arg)
{
	struct winsize ws;

	if (copy_from_user(&ws, arg, sizeof(ws)))
		return -EFAULT;
	if (tty->ops->resize)
		return tty->ops->resize(tty, &ws);
	return tty_do_resize(real, &ws);
}

static int tiocgwinsz(struct tty_struct *tty, void __user *arg)
{
	struct winsize ws;

	mutex_lock(&tty->winsize_mutex);
	ws = tty->winsize;
	mutex_unlock(&tty->winsize_mutex);
	return copy_to_user(arg, &ws, sizeof(ws)) ? -EFAULT : 0;
}

/* TIOCSTI: as if the byte were typed. */
static int tiocsti(struct tty_struct *tty, const u8 __user *arg)
{
	u8 c;

	if (current->signal->tty != tty && !capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (get_user(c, arg))
		return -EFAULT;
	tty_insert_flip_string(tty, &c, 1);
	tty_buffer_flush_to_ldisc(tty);
	return 0;
}

static int simple_ioctl(struct tty_struct *tty, struct tty_struct *real, struct file *file,
			unsigned int cmd, unsigned long arg)
{
	int __user *p = (int __user *)arg;
	int value, ret;

	switch (cmd) {
	case TIOCSTI:
		return tiocsti(tty, (const u8 __user *)arg);
	case TIOCGWINSZ:
		return tiocgwinsz(real, p);
	case TIOCSWINSZ:
		return tiocswinsz(tty, real, p);
	case TIOCEXCL:
		set_bit(TTY_EXCLUSIVE, &tty->flags);
		return 0;
	case TIOCNXCL:
		clear_bit(TTY_EXCLUSIVE, &tty->flags);
		return 0;
	case TIOCGEXCL:
		return put_user((int)test_bit(TTY_EXCLUSIVE, &tty->flags), p);
	case TIOCGETD:
		return put_user(0, p);
	case TIOCSETD:
		if (get_user(value, p))
			return -EFAULT;
		return value ? -EINVAL : 0;
	case TIOCVHANGUP:
		if (!capable(CAP_SYS_ADMIN))
			return -EPERM;
		tty_vhangup(tty);
		return 0;
	case TIOCGDEV:
		return put_user((unsigned int)MKDEV(real->driver->major,
						    real->driver->minor_start + real->index),
				(unsigned int __user *)p);
	case TCSBRK:
	case TCSBRKP:
	case TIOCSBRK:
	case TIOCCBRK:
		ret = tty_check_change(tty);
		return ret ? ret : tty_wait_until_sent(tty);
	case TIOCOUTQ:
		return put_user((int)tty_chars_in_buffer(tty), p);
	case TIOCINQ:
		tty_buffer_flush_to_ldisc(tty);
		return put_user((int)n_tty_input_count(tty), p);
	}
	return -ENOIOCTLCMD;
}

/* The terminal's unlocked_ioctl. */
long tty_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct tty_struct *tty = file_tty(file);
	struct tty_struct *real = tty_is_pty_master(tty) ? tty->link : tty;
	long ret;

	if (tty_hung_up(file))
		return cmd == TIOCSPGRP ? -ENOTTY : -EIO;
	ret = tty_jobctrl_ioctl(tty, real, file, cmd, arg);
	if (ret == -ENOIOCTLCMD)
		ret = simple_ioctl(tty, real, file, cmd, arg);
	if (ret == -ENOIOCTLCMD && tty->ops->ioctl)
		ret = tty->ops->ioctl(tty, file, cmd, arg);
	if (ret == -ENOIOCTLCMD)
		ret = tty_termios_ioctl(real, file, cmd, arg);
	return ret == -ENOIOCTLCMD ? -ENOTTY : ret;
}
