/* SPDX-License-Identifier: MIT */
/* The state of the line discipline N_TTY, private to its three files. */
#ifndef DRIVERS_TTY_N_TTY_H
#define DRIVERS_TTY_N_TTY_H

#include "internal.h"

#define N_TTY_BUF_SIZE 4096
#define N_TTY_MASK (N_TTY_BUF_SIZE - 1)
#define NO_CHAR '\0'	/* _POSIX_VDISABLE; also what stands for VEOF in the buffer */

/*
 * read_buf is a ring; head, line_start and tail run free. Bytes up to `line_start` are complete
 * lines when ICANON is on; those after it can still be edited. line_end has a bit for each
 * byte that ends a line: newline, VEOL, or the NO_CHAR that stands for VEOF.
 */
struct n_tty_data {
	struct mutex lock;		/* guards the input state, up to read_lock */
	unsigned int head, line_start, tail;
	unsigned int canon_column;	/* output column where the line that is edited began */
	bool lnext;			/* the next byte is literal */
	bool erasing;			/* inside the \...\/ of a printing terminal's erase */
	bool was_icanon;
	unsigned long line_end[N_TTY_BUF_SIZE / (8 * sizeof(unsigned long))];
	u8 read_buf[N_TTY_BUF_SIZE];

	struct mutex read_lock;		/* one read(2) at a time; taken before lock */

	struct mutex output_lock;	/* guards the rest; taken after lock */
	unsigned int column;		/* where the output stands */
	unsigned int echo_head, echo_tail;
	u8 echo_buf[N_TTY_BUF_SIZE];	/* what is to be echoed, already processed */
};

#define I_(tty, flag) ((tty)->termios.c_iflag & (flag))
#define O_(tty, flag) ((tty)->termios.c_oflag & (flag))
#define L_(tty, flag) ((tty)->termios.c_lflag & (flag))
#define CC(tty, which) ((tty)->termios.c_cc[which])

/* Is c the control character `which`? A disabled one matches nothing. */
static inline bool is_cc(struct tty_struct *tty, u8 c, int which)
{
	return CC(tty, which) != NO_CHAR && c == CC(tty, which);
}

static inline bool utf8_continuation(struct tty_struct *tty, u8 c)
{
	return I_(tty, IUTF8) && (c & 0xc0) == 0x80;
}

/* n_tty_output.c; each => output_lock held */
size_t n_tty_opost(struct tty_struct *tty, u8 c, u8 out[8]);
void n_tty_echo_processed(struct tty_struct *tty, u8 c);
void n_tty_echo_raw(struct tty_struct *tty, u8 c);
void n_tty_echo_char(struct tty_struct *tty, u8 c);
void __n_tty_flush_echoes(struct tty_struct *tty);

#endif
