// SPDX-License-Identifier: MIT
/*
 * The console's hardware, and the interrupts of all devices of the host.
 *
 * The host tells of device events in one word; um_device_interrupt() sorts them into the lines
 * IRQ_CONSOLE, IRQ_HOSTIO, IRQ_DISK and IRQ_POWER. All of them arrive on vCPU 0; by a line's
 * affinity its handlers may run elsewhere, and in threads (threadirqs).
 */
#include "../internal.h"
#include <kern/errno.h>
#include <kern/init.h>
#include <kern/interrupt.h>
#include <kern/irq.h>
#include <kern/panic.h>
#include <kern/printk.h>
#include <kern/reboot.h>
#include <um/console.h>
#include <um/setup.h>

#define CONSOLE_EVENTS \
	(HOST_DEV_CONSOLE_IN | HOST_DEV_CONSOLE_OUT | HOST_DEV_WINSIZE | HOST_DEV_HANGUP)

static const struct um_console_ops *console_ops;	/* set once by um_console_attach() */
static u32 console_events;	/* HOST_DEV_*: atomic; set on vCPU 0, taken by the handler */
static bool power_off_asked;	/* set on vCPU 0 */
static bool throttled;		/* any context; a stale value is harmless */

void um_device_interrupt(unsigned int events)
{
	if (events & CONSOLE_EVENTS) {
		__atomic_fetch_or(&console_events, events & CONSOLE_EVENTS, __ATOMIC_SEQ_CST);
		do_IRQ(IRQ_CONSOLE);
	}
	if (events & HOST_DEV_IO)
		do_IRQ(IRQ_HOSTIO);
	if (events & HOST_DEV_DISK)
		do_IRQ(IRQ_DISK);
	if (events & HOST_DEV_POWER)
		WRITE_ONCE(power_off_asked, true);
	if (events & (HOST_DEV_POWER | HOST_DEV_SIGNAL))
		do_IRQ(IRQ_POWER);
}

bool um_console_present(void)
{
	for (int fd = 0; fd < 3; fd++) {
		if (um_host_info->stdio[fd].kind == HOST_FD_TTY)
			return true;
	}
	return false;
}

static void receive(void)
{
	u8 buf[256];

	while (!READ_ONCE(throttled)) {
		long n = host_console_read(buf, sizeof(buf));

		if (n <= 0)
			return;
		console_ops->receive(buf, n);
	}
}

static irqreturn_t console_interrupt(int irq, void *dev)
{
	u32 events = __atomic_exchange_n(&console_events, 0, __ATOMIC_SEQ_CST);
	struct host_winsize size;

	if (!console_ops)
		return IRQ_HANDLED;
	receive();
	if (events & HOST_DEV_CONSOLE_OUT)
		console_ops->writable();
	if (events & HOST_DEV_WINSIZE && !host_console_winsize(&size))
		console_ops->resize(size.rows, size.cols);
	if (events & HOST_DEV_HANGUP)
		console_ops->hangup();
	return IRQ_HANDLED;
}

int um_console_attach(const struct um_console_ops *ops)
{
	int error;

	if (host_console_open())
		return -ENODEV;
	WRITE_ONCE(console_ops, ops);
	error = request_irq(IRQ_CONSOLE, console_interrupt, 0, "console", NULL);
	/* What was typed before. */
	host_device_raise(HOST_DEV_CONSOLE_IN);
	return error;
}

size_t um_console_tty_write(const void *buf, size_t len)
{
	size_t done = 0;

	while (done < len) {
		long n = host_console_write((const char *)buf + done, len - done);

		if (n <= 0)
			break;
		done += n;
	}
	return done;
}

bool um_console_winsize(u16 *rows, u16 *cols)
{
	struct host_winsize size;

	if (host_console_winsize(&size))
		return false;
	*rows = size.rows;
	*cols = size.cols;
	return true;
}

void um_console_throttle(bool on)
{
	WRITE_ONCE(throttled, on);
	if (!on)
		host_device_raise(HOST_DEV_CONSOLE_IN);
}

static irqreturn_t power_interrupt(int irq, void *dev)
{
	unsigned long signals = host_signals_take();

	if (READ_ONCE(power_off_asked))
		orderly_poweroff();
	for (int sig = 1; signals && sig < 32; sig++) {
		if (signals & (1UL << (sig - 1)))
			signal_init(sig, false);
		if (signals & (1UL << (32 + sig - 1)))
			signal_init(sig, true);
	}
	return IRQ_HANDLED;
}

static int power_init(void)
{
	int error = request_irq(IRQ_POWER, power_interrupt, 0, "power", NULL);

	/* What came while nobody listened yet. */
	host_device_raise(READ_ONCE(power_off_asked) ? HOST_DEV_POWER : HOST_DEV_SIGNAL);
	return error;
}
device_initcall(power_init);
