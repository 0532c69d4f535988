/* SPDX-License-Identifier: MIT */
/* The host's terminal as the console tty's hardware. */
#ifndef UM_CONSOLE_H
#define UM_CONSOLE_H

#include <kern/types.h>

/* All callbacks: interrupt context, on any vCPU, one at a time. */
struct um_console_ops {
	void (*receive)(const u8 *buf, size_t len);	/* bytes typed */
	void (*writable)(void);				/* room again after a short write */
	void (*resize)(u16 rows, u16 cols);		/* the window changed */
	void (*hangup)(void);				/* the terminal is gone */
};

/* True when a host descriptor 0, 1 or 2 is a terminal. */
bool um_console_present(void);
/* Makes the terminal raw and begins delivery. 0, -ENODEV (no terminal). => may sleep */
int um_console_attach(const struct um_console_ops *ops);
/* Writes to the terminal; bytes taken (0: full, writable() follows). => any context */
size_t um_console_tty_write(const void *buf, size_t len);
/* The window's size; false when unknown. */
bool um_console_winsize(u16 *rows, u16 *cols);
/* Stop or restart taking input (tty throttling). => any context */
void um_console_throttle(bool on);

#endif
