/* SPDX-License-Identifier: MIT */
/* A pty pair and what tests of terminals do with it. */
#ifndef GUEST_TTY_H
#define GUEST_TTY_H

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>

struct pty {
	int master, slave;
	char name[64];
};

/* A pair with the usual modes, in nobody's session. */
static inline struct pty pty_open(void)
{
	struct pty p;

	p.master = open("/dev/ptmx", O_RDWR | O_NOCTTY);
	NEED(p.master >= 0);
	NEED(grantpt(p.master) == 0);
	NEED(unlockpt(p.master) == 0);
	NEED(ptsname_r(p.master, p.name, sizeof(p.name)) == 0);
	p.slave = open(p.name, O_RDWR | O_NOCTTY);
	NEED(p.slave >= 0);
	return p;
}

static inline void pty_close(struct pty *p)
{
	close(p->slave);
	close(p->master);
}

static inline void pty_type(struct pty *p, const char *text)
{
	NEED(write(p->master, text, strlen(text)) == (ssize_t)strlen(text));
	test_sleep_ms(2);
}

/* Is there something to read now? */
static inline int pty_waits(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	return poll(&pfd, 1, 0) == 1 && pfd.revents & POLLIN;
}

static inline int pty_pending(int fd)
{
	int n = -1;

	ioctl(fd, FIONREAD, &n);
	return n;
}

/* Reads until n bytes have come or a second has passed. */
static inline int pty_read_n(int fd, char *buf, int n)
{
	int got = 0;

	while (got < n) {
		struct pollfd pfd = { .fd = fd, .events = POLLIN };
		int ret;

		if (poll(&pfd, 1, 1000) != 1)
			break;
		ret = read(fd, buf + got, n - got);
		if (ret <= 0)
			break;
		got += ret;
	}
	return got;
}

/* What the terminal shows next is this text. */
static inline void pty_expect(struct pty *p, const char *text)
{
	char buf[512];
	int n = pty_read_n(p->master, buf, strlen(text));

	buf[n] = '\0';
	if (strcmp(buf, text))
		FAIL("the terminal showed \"%s\", not \"%s\"", buf, text);
}

#endif
