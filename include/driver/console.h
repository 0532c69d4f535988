/* SPDX-License-Identifier: MIT */
/*
 * The console terminal: a tty whose other end the machine provides. The machine registers how
 * to write; it calls console_tty_input() when the person types.
 */
#ifndef DRIVER_CONSOLE_H
#define DRIVER_CONSOLE_H

#include <kern/types.h>

struct file;

/* What the machine's console does. */
struct console_tty_ops {
	/*
	 * Puts out up to `len` bytes and returns how many it took (0: busy, and
	 * console_tty_wakeup() follows when there is room). => process context, may not sleep
	 */
	size_t (*write)(const void *buf, size_t len);
	/* How many bytes write() would take now. => any context */
	size_t (*write_room)(void);
	/* Stop and restart the flow of input: the tty's buffer is full, has room again. May be NULL. */
	void (*throttle)(void);
	void (*unthrottle)(void);
	/* The size of the window now; 0 when it has one. */
	int (*get_winsize)(unsigned short *rows, unsigned short *cols);
};

/* Names the machine's console; once, at boot (level `device`). */
void console_tty_register(const struct console_tty_ops *ops);

/* Bytes from the keyboard; returns how many were taken. => any context */
size_t console_tty_input(const void *buf, size_t len);
/* write() has room again. => any context */
void console_tty_wakeup(void);
/* The window has a new size: SIGWINCH to the foreground. => any context */
void console_tty_resize(unsigned short rows, unsigned short cols);
/* The terminal went away: SIGHUP to the session. => any context */
void console_tty_hangup(void);

/*
 * Names who makes init's descriptors 0, 1 and 2. `open` returns a new file for a host
 * descriptor that is not a terminal, NULL for the console tty, or an ERR_PTR.
 */
void register_init_stdio(struct file *(*open)(int fd));

/*
 * Opens descriptors 0, 1 and 2 of the calling task: the first user process, before it
 * executes init. A console that cannot be opened is reported and left closed.
 * => process context, called once by kernel_init
 */
void console_on_rootfs(void);

#endif
