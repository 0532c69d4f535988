// SPDX-License-Identifier: MIT
/*
 * The console tty: the host's terminal, seen through <um/console.h>.
 *
 * Output waits in a ring until the host takes it, so that a translated chunk is never split.
 * Without a terminal on the host /dev/console still opens: what is written goes where kernel
 * messages go, and nothing is ever typed.
 */
#include <driver/console.h>
#include <fs/file.h>
#include <fs/kdev_t.h>
#include <kern/init.h>
#include <kern/printk.h>
#include <um/console.h>
#include <um/setup.h>

#include "internal.h"

#define OUT_SIZE 8192

static struct tty_struct *console_tty;
static bool present;

static DEFINE_SPINLOCK(out_lock);	/* irq-safe; guards the ring */
static u8 out_ring[OUT_SIZE];
static unsigned int out_head, out_tail;

static bool throttled;

/* Gives the host what waits; true when room was made. => out_lock held */
static bool push_out(void)
{
	bool moved = false;

	while (out_head != out_tail) {
		unsigned int at = out_tail % OUT_SIZE;
		size_t n = min_t(size_t, out_head - out_tail, OUT_SIZE - at);
		size_t done = um_console_tty_write(out_ring + at, n);

		out_tail += done;
		moved |= done != 0;
		if (done < n)
			break;
	}
	return moved;
}

static size_t console_write(struct tty_struct *tty, const u8 *buf, size_t len)
{
	unsigned long flags;
	size_t n;

	if (!present) {
		um_console_write((const char *)buf, len);
		return len;
	}
	spin_lock_irqsave(&out_lock, flags);
	n = min_t(size_t, len, OUT_SIZE - (out_head - out_tail));
	for (size_t i = 0; i < n; i++)
		out_ring[(out_head + i) % OUT_SIZE] = buf[i];
	out_head += n;
	push_out();
	spin_unlock_irqrestore(&out_lock, flags);
	return n;
}

static unsigned int console_write_room(struct tty_struct *tty)
{
	return OUT_SIZE - (READ_ONCE(out_head) - READ_ONCE(out_tail));
}

static unsigned int console_chars_in_buffer(struct tty_struct *tty)
{
	return READ_ONCE(out_head) - READ_ONCE(out_tail);
}

static void console_flush_buffer(struct tty_struct *tty)
{
	unsigned long flags;

	spin_lock_irqsave(&out_lock, flags);
	out_tail = out_head;
	spin_unlock_irqrestore(&out_lock, flags);
}

static void console_unthrottle(struct tty_struct *tty)
{
	if (READ_ONCE(throttled) && tty_buffer_space_avail(tty) > TTY_BUFFER_LIMIT / 2) {
		WRITE_ONCE(throttled, false);
		um_console_throttle(false);
	}
}

static const struct tty_operations console_ops = {
	.write = console_write,
	.write_room = console_write_room,
	.chars_in_buffer = console_chars_in_buffer,
	.flush_buffer = console_flush_buffer,
	.unthrottle = console_unthrottle,
};

static struct tty_struct *console_ttys[1];

struct tty_driver console_driver = {
	.driver_name = "console",
	.name = "console",
	.major = TTYAUX_MAJOR,
	.minor_start = 1,
	.num = 1,
	.type = TTY_DRIVER_TYPE_CONSOLE,
	.ops = &console_ops,
	.ttys = console_ttys,
};

/* The machine calls these four in interrupt context. */
static void console_receive(const u8 *buf, size_t len)
{
	tty_insert_flip_string(console_tty, buf, len);
	if (tty_buffer_space_avail(console_tty) < TTY_BUFFER_LIMIT / 2) {
		WRITE_ONCE(throttled, true);
		um_console_throttle(true);
	}
	tty_flip_buffer_push(console_tty);
}

static void console_writable(void)
{
	unsigned long flags;
	bool moved;

	spin_lock_irqsave(&out_lock, flags);
	moved = push_out();
	spin_unlock_irqrestore(&out_lock, flags);
	if (moved)
		tty_wakeup(console_tty);
}

static void console_resize(u16 rows, u16 cols)
{
	queue_work(system_unbound_wq, &console_tty->resize_work);
}

static void console_hangup(void)
{
	tty_hangup(console_tty);
}

static const struct um_console_ops machine_ops = {
	.receive = console_receive,
	.writable = console_writable,
	.resize = console_resize,
	.hangup = console_hangup,
};

static void resize_work_fn(struct work_struct *work)
{
	struct tty_struct *tty = container_of(work, struct tty_struct, resize_work);
	struct winsize ws = tty->winsize;

	if (um_console_winsize(&ws.ws_row, &ws.ws_col))
		tty_do_resize(tty, &ws);
}

struct file *console_tty_file(void)
{
	return filp_open("/dev/console", O_RDWR | O_NOCTTY, 0);
}

static int __init console_tty_init(void)
{
	struct tty_struct *tty;

	console_driver.init_termios = tty_std_termios;
	console_driver.init_termios.c_iflag |= IUTF8;
	tty = tty_alloc(&console_driver, 0);
	if (!tty)
		return -ENOMEM;
	INIT_WORK(&tty->resize_work, resize_work_fn);
	console_tty = console_ttys[0] = tty;
	tty_register_driver(&console_driver);
	present = um_console_present() && um_console_attach(&machine_ops) == 0;
	if (present)
		um_console_winsize(&tty->winsize.ws_row, &tty->winsize.ws_col);
	return 0;
}
device_initcall(console_tty_init);
