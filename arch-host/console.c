// SPDX-License-Identifier: MIT
/*
 * The terminal as the console's hardware, and standard error for kernel messages.
 *
 * Descriptor 0, when it is a terminal, is made raw and read by a thread of its own into a
 * ring; the vCPU that owns devices is told by HOST_DEV_CONSOLE_IN. The terminal's settings are
 * put back by console_restore() at every way out of the process; it is async-signal-safe.
 */
#include <asm/termbits.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "internal.h"
#include "sys.h"

#define RING_SIZE 4096u		/* a power of two */
#define WRITE_CHUNK 256u	/* what a terminal takes at once when it says writable */

static struct termios saved_termios;	/* as the terminal was found */
static struct termios raw_termios;
static volatile int is_raw;		/* the terminal is in raw_termios now */
static int tty_out = -1;		/* the terminal written to, or -1 */

static unsigned char ring[RING_SIZE];
static volatile unsigned int ring_head;	/* bytes ever written; by the input thread */
static volatile unsigned int ring_tail;	/* bytes ever read; by the device vCPU */
static volatile unsigned int hung_up;

static bool is_terminal(int fd)
{
	struct termios t;

	return !sys3(SYS_ioctl, fd, TCGETS, &t);
}

/* Fills a closed descriptor's place, so that none of our own files lands there. */
static void occupy(int fd)
{
	int null = open("/dev/null", O_RDWR);

	if (null >= 0 && null != fd) {
		dup2(null, fd);
		close(null);
	}
}

void stdio_classify(void)
{
	for (int fd = 0; fd < 3; fd++) {
		struct host_stdio *io = &host_info.stdio[fd];
		int flags = fcntl(fd, F_GETFL);
		struct stat st;

		if (flags < 0 || fstat(fd, &st)) {
			occupy(fd);
			continue;
		}
		io->kind = is_terminal(fd) ? HOST_FD_TTY : HOST_FD_OTHER;
		io->readable = (flags & O_ACCMODE) != O_WRONLY;
		io->writable = (flags & O_ACCMODE) != O_RDONLY;
		io->seekable = S_ISREG(st.st_mode) || S_ISBLK(st.st_mode);
		if (io->kind == HOST_FD_TTY && io->writable && tty_out < 0)
			tty_out = fd;
	}
}

static void console_set(const struct termios *t)
{
	/* SIGTTOU is blocked in all threads: a background job may restore too. */
	sys3(SYS_ioctl, 0, TCSETSW, t);
}

void console_restore(void)
{
	if (__atomic_exchange_n(&is_raw, 0, __ATOMIC_SEQ_CST))
		console_set(&saved_termios);
}

static void console_raw(void)
{
	is_raw = 1;
	console_set(&raw_termios);
}

/* May we change the terminal? A background job of a shell may not. */
static bool in_foreground(void)
{
	pid_t foreground;

	return sys3(SYS_ioctl, 0, TIOCGPGRP, &foreground) || foreground == getpgrp();
}

/*
 * Started in the background: stops, as any program does that wants the terminal, until the
 * shell brings us forward. A job that nobody can bring forward is not stopped: goes on.
 */
static void wait_for_foreground(void)
{
	unsigned long set = 1UL << (SIGTTIN - 1);

	for (int tries = 0; tries < 3 && !in_foreground(); tries++) {
		sys3(SYS_tgkill, host_pid, host_pid, SIGTTIN);
		sys4(SYS_rt_sigprocmask, SIG_UNBLOCK, &set, 0, sizeof(set));
		sys4(SYS_rt_sigprocmask, SIG_BLOCK, &set, 0, sizeof(set));
	}
}

/* After SIGCONT: the shell may have changed the terminal while we were stopped. */
void console_raw_again(void)
{
	if (raw_termios.c_cflag && in_foreground()) {
		console_raw();
		console_resized();
	}
}

void console_resized(void)
{
	device_raise(HOST_DEV_WINSIZE);
}

static void futex(volatile unsigned int *word, int op, unsigned int value)
{
	sys4(SYS_futex, word, op, value, 0);
}

static void ring_put(const unsigned char *buf, unsigned int len)
{
	while (len) {
		unsigned int tail = __atomic_load_n(&ring_tail, __ATOMIC_ACQUIRE);
		unsigned int head = ring_head;

		if (head - tail == RING_SIZE) {
			futex(&ring_tail, FUTEX_WAIT_PRIVATE, tail);
			continue;
		}
		ring[head % RING_SIZE] = *buf++;
		len--;
		__atomic_store_n(&ring_head, head + 1, __ATOMIC_RELEASE);
	}
}

/* The input thread: reads the terminal for ever. */
static void *input_body(void *arg)
{
	unsigned char buf[256];

	(void)arg;
	signals_mask_service();
	for (;;) {
		long n = sys3(SYS_read, 0, buf, sizeof(buf));

		if (n == -EINTR || n == -EAGAIN) {
			struct pollfd p = { .fd = 0, .events = POLLIN };

			sys3(SYS_poll, &p, 1, -1);
			continue;
		}
		if (n <= 0)
			break;
		ring_put(buf, n);
		device_raise(HOST_DEV_CONSOLE_IN);
	}
	hung_up = 1;
	device_raise(HOST_DEV_HANGUP);
	return NULL;
}

/* Called by main before vCPU 0 starts, so that the thread exists. */
void console_prepare(void)
{
	if (host_info.stdio[0].kind != HOST_FD_TTY)
		return;
	if (sys3(SYS_ioctl, 0, TCGETS, &saved_termios))
		return;
	raw_termios = saved_termios;
	raw_termios.c_iflag &= ~(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
	raw_termios.c_oflag &= ~OPOST;
	raw_termios.c_lflag &= ~(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
	raw_termios.c_cflag &= ~(CSIZE | PARENB);
	raw_termios.c_cflag |= CS8;
	raw_termios.c_cc[VMIN] = 1;
	raw_termios.c_cc[VTIME] = 0;
}

/* Makes the terminal raw and starts its thread. Main thread, before the confinement. */
void console_start(void)
{
	if (!raw_termios.c_cflag)
		return;
	wait_for_foreground();
	if (service_thread(input_body, NULL))
		usage_error("cannot start the console's thread");
	console_raw();
}

int host_console_open(void)
{
	return tty_out >= 0 || raw_termios.c_cflag ? 0 : -ENODEV;
}

long host_console_read(void *buf, unsigned long len)
{
	unsigned int head = __atomic_load_n(&ring_head, __ATOMIC_ACQUIRE);
	unsigned int tail = ring_tail;
	unsigned long n = 0;

	while (n < len && tail != head)
		((unsigned char *)buf)[n++] = ring[tail++ % RING_SIZE];
	if (n) {
		__atomic_store_n(&ring_tail, tail, __ATOMIC_RELEASE);
		futex(&ring_tail, FUTEX_WAKE_PRIVATE, 1);
	}
	return n || !hung_up ? (long)n : -EIO;
}

/*
 * Writes to a terminal that is not raw, since its input is not ours (descriptor 0 is a pipe):
 * it makes \r\n of \n itself, so the \r of the kernel's own \r\n is left out.
 */
static long write_cooked(const char *buf, unsigned long len)
{
	char out[WRITE_CHUNK];
	unsigned long taken, n = 0;
	long written;

	for (taken = 0; taken < len && n < sizeof(out); taken++) {
		if (buf[taken] != '\r' || taken + 1 >= len || buf[taken + 1] != '\n')
			out[n++] = buf[taken];
	}
	written = sys3(SYS_write, tty_out, out, n);
	if (written < 0 || written == (long)n)
		return written < 0 ? written : (long)taken;
	/* A part: find what it came from. */
	for (taken = 0, n = 0; n < (unsigned long)written; taken++) {
		if (buf[taken] != '\r' || buf[taken + 1] != '\n')
			n++;
	}
	return taken;
}

long host_console_write(const void *buf, unsigned long len)
{
	struct pollfd p = { .fd = tty_out, .events = POLLOUT };
	long n;

	if (tty_out < 0)
		return len;
	if (sys3(SYS_poll, &p, 1, 0) != 1) {
		host_fd_watch(tty_out, POLLOUT);
		return 0;
	}
	if (p.revents & (POLLERR | POLLNVAL))
		return len;
	if (len > WRITE_CHUNK)
		len = WRITE_CHUNK;
	n = is_raw ? sys3(SYS_write, tty_out, buf, len) : write_cooked(buf, len);
	if (n == -EINTR || n == -EAGAIN) {
		host_fd_watch(tty_out, POLLOUT);
		return 0;
	}
	/* A terminal that is gone swallows everything. */
	return n < 0 ? (long)len : n;
}

int host_console_winsize(struct host_winsize *size)
{
	struct winsize ws;
	int fd = tty_out >= 0 ? tty_out : 0;

	if (sys3(SYS_ioctl, fd, TIOCGWINSZ, &ws) || (!ws.ws_row && !ws.ws_col))
		return -ENODEV;
	size->rows = ws.ws_row;
	size->cols = ws.ws_col;
	return 0;
}

static void write_all(const char *buf, unsigned long len)
{
	while (len) {
		long n = sys3(SYS_write, 2, buf, len);

		if (n == -EINTR)
			continue;
		if (n == -EAGAIN) {
			struct pollfd p = { .fd = 2, .events = POLLOUT };

			sys3(SYS_poll, &p, 1, -1);
			continue;
		}
		if (n <= 0)
			return;
		buf += n;
		len -= n;
	}
}

void host_log_write(const char *buf, unsigned long len)
{
	if (!is_raw || host_info.stdio[2].kind != HOST_FD_TTY) {
		write_all(buf, len);
		return;
	}
	/* A raw terminal does not return the carriage by itself. */
	while (len) {
		const char *end = memchr(buf, '\n', len);
		unsigned long part = end ? (unsigned long)(end - buf) : len;

		write_all(buf, part);
		if (!end)
			return;
		write_all("\r\n", 2);
		buf += part + 1;
		len -= part + 1;
	}
}
