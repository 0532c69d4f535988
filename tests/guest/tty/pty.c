// SPDX-License-Identifier: MIT
/* Pseudo terminals: making pairs, locking, packet mode, ioctls, device files. */
#include "test.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>

#include "tty.h"

#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif

static void the_slave_is_locked_at_first(void)
{
	int master = open("/dev/ptmx", O_RDWR | O_NOCTTY), zero = 0, locked = -1;
	char name[64];

	NEED(master >= 0);
	CHECK_OK(ioctl(master, TIOCGPTLCK, &locked));
	CHECK_EQ(locked, 1);
	NEED(ptsname_r(master, name, sizeof(name)) == 0);
	CHECK_ERR(open(name, O_RDWR | O_NOCTTY), EIO);
	CHECK_OK(ioctl(master, TIOCSPTLCK, &zero));
	CHECK_OK(ioctl(master, TIOCGPTLCK, &locked));
	CHECK_EQ(locked, 0);
	CHECK_OK(open(name, O_RDWR | O_NOCTTY));
	close(master);
	CHECK_EQ(access(name, F_OK), -1);
}

static void numbers_are_unique_and_used_again(void)
{
	struct pty a = pty_open(), b = pty_open();
	unsigned int na, nb, nc;
	struct stat st;

	CHECK_OK(ioctl(a.master, TIOCGPTN, &na));
	CHECK_OK(ioctl(b.master, TIOCGPTN, &nb));
	CHECK_NE(na, nb);
	CHECK_OK(fstat(a.slave, &st));
	CHECK(S_ISCHR(st.st_mode));
	CHECK_EQ(major(st.st_rdev), 136);
	CHECK_EQ(minor(st.st_rdev), na);
	pty_close(&a);
	a = pty_open();
	CHECK_OK(ioctl(a.master, TIOCGPTN, &nc));
	CHECK_LE(nc, nb > na ? nb : na);
	pty_close(&a);
	pty_close(&b);
}

static void peer_open(void)
{
	struct pty p = pty_open();
	int peer = ioctl(p.master, TIOCGPTPEER, O_RDWR | O_NOCTTY);

	if (peer < 0 && errno == EINVAL)
		return;
	CHECK_OK(peer);
	CHECK_EQ(write(peer, "hi", 2), 2);
	pty_expect(&p, "hi");
	close(peer);
	pty_close(&p);
}

static void packet_mode(void)
{
	struct pty p = pty_open();
	int on = 1;
	char buf[16];

	CHECK_OK(ioctl(p.master, TIOCPKT, &on));
	CHECK_EQ(write(p.slave, "abc", 3), 3);
	CHECK_EQ(pty_read_n(p.master, buf, 4), 4);
	CHECK_EQ(buf[0], TIOCPKT_DATA);
	CHECK(!memcmp(buf + 1, "abc", 3));
	CHECK_OK(tcflush(p.slave, TCIFLUSH));
	CHECK_EQ(read(p.master, buf, sizeof(buf)), 1);
	CHECK(buf[0] & TIOCPKT_FLUSHREAD);
	pty_close(&p);
}

static void the_last_close_of_the_slave(void)
{
	struct pty p = pty_open();
	struct pollfd pfd = { .fd = p.master, .events = POLLIN };
	char buf[8];

	CHECK_EQ(write(p.slave, "end", 3), 3);
	close(p.slave);
	CHECK_EQ(read(p.master, buf, sizeof(buf)), 3);
	CHECK_ERR(read(p.master, buf, sizeof(buf)), EIO);
	CHECK_EQ(poll(&pfd, 1, 0), 1);
	CHECK(pfd.revents & POLLHUP);
	p.slave = open(p.name, O_RDWR | O_NOCTTY);
	CHECK_OK(p.slave);
	CHECK_EQ(write(p.slave, "x", 1), 1);
	CHECK_EQ(read(p.master, buf, sizeof(buf)), 1);
	pty_close(&p);
}

static void what_a_terminal_is_and_is_not(void)
{
	struct pty p = pty_open();
	struct termios t;
	int pipefd[2], disc = -1;

	CHECK_EQ(isatty(p.slave), 1);
	CHECK_EQ(isatty(p.master), 1);
	NEED(pipe(pipefd) == 0);
	CHECK_EQ(isatty(pipefd[0]), 0);
	CHECK_ERR(tcgetattr(pipefd[0], &t), ENOTTY);
	CHECK_ERR(lseek(p.slave, 0, SEEK_SET), ESPIPE);
	CHECK_ERR(ioctl(p.slave, 0x5499, 0), ENOTTY);
	CHECK_ERR(ioctl(p.slave, TCGETS, (void *)1), EFAULT);
	CHECK_ERR(ioctl(p.slave, TIOCGWINSZ, (void *)1), EFAULT);
	CHECK_OK(ioctl(p.slave, TIOCGETD, &disc));
	CHECK_EQ(disc, 0);
	pty_close(&p);
}

static void default_modes(void)
{
	struct pty p = pty_open();
	struct termios t;

	CHECK_OK(tcgetattr(p.slave, &t));
	CHECK_EQ(t.c_iflag, ICRNL | IXON);
	CHECK_EQ(t.c_oflag, OPOST | ONLCR);
	CHECK_EQ(t.c_cflag, B38400 | CS8 | CREAD);
	CHECK_EQ(t.c_lflag, ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN);
	CHECK_EQ(t.c_cc[VINTR], 3);
	CHECK_EQ(t.c_cc[VERASE], 0x7f);
	CHECK_EQ(t.c_cc[VEOF], 4);
	CHECK_EQ(t.c_cc[VMIN], 1);
	CHECK_EQ(t.c_cc[VSUSP], 26);
	CHECK_EQ(t.c_cc[VWERASE], 23);
	CHECK_EQ(cfgetospeed(&t), B38400);
	pty_close(&p);
}

static void locked_modes_stay(void)
{
	struct pty p = pty_open();
	struct termios t, locked = {};

	CHECK_OK(ioctl(p.slave, TIOCGLCKTRMIOS, &locked));
	CHECK_EQ(locked.c_lflag, 0);
	locked.c_lflag = ECHO;
	if (ioctl(p.slave, TIOCSLCKTRMIOS, &locked)) {
		CHECK_EQ(errno, EPERM);
		pty_close(&p);
		return;
	}
	tcgetattr(p.slave, &t);
	t.c_lflag &= ~(ECHO | ICANON);
	CHECK_OK(tcsetattr(p.slave, TCSANOW, &t));
	CHECK_OK(tcgetattr(p.slave, &t));
	CHECK_EQ(t.c_lflag & (ECHO | ICANON), ECHO);
	pty_close(&p);
}

static void queue_sizes(void)
{
	struct pty p = pty_open();
	int n = -1;

	pty_type(&p, "abc\ndef");
	CHECK(WAIT_UNTIL(pty_pending(p.slave) == 4));
	CHECK_OK(ioctl(p.slave, TIOCOUTQ, &n));
	CHECK_EQ(n, 0);
	pty_close(&p);
}

static void nonblocking_reads(void)
{
	struct pty p = pty_open();
	char c;

	CHECK_OK(fcntl(p.slave, F_SETFL, O_NONBLOCK));
	CHECK_OK(fcntl(p.master, F_SETFL, O_NONBLOCK));
	CHECK_ERR(read(p.slave, &c, 1), EAGAIN);
	CHECK_ERR(read(p.master, &c, 1), EAGAIN);
	pty_close(&p);
}

static void exclusive_mode(void)
{
	struct pty p = pty_open();
	int on = -1;

	CHECK_OK(ioctl(p.slave, TIOCEXCL));
	CHECK_OK(ioctl(p.slave, TIOCGEXCL, &on));
	CHECK_EQ(on, 1);
	if (geteuid() != 0)
		CHECK_ERR(open(p.name, O_RDWR | O_NOCTTY), EBUSY);
	CHECK_OK(ioctl(p.slave, TIOCNXCL));
	pty_close(&p);
}

int main(void)
{
	alarm(60);
	RUN(the_slave_is_locked_at_first);
	RUN(numbers_are_unique_and_used_again);
	RUN(peer_open);
	RUN(packet_mode);
	RUN(the_last_close_of_the_slave);
	RUN(what_a_terminal_is_and_is_not);
	RUN(default_modes);
	RUN(locked_modes_stay);
	RUN(queue_sizes);
	RUN(nonblocking_reads);
	RUN(exclusive_mode);
	return test_done();
}
