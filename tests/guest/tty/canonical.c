// SPDX-License-Identifier: MIT
/* The line discipline on a pty: lines, editing, echo, translations, VMIN and VTIME. */
#include "test.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "tty.h"

static void a_line_is_read_when_it_ends(void)
{
	struct pty p = pty_open();
	char buf[64];

	pty_type(&p, "ab");
	CHECK_EQ(pty_waits(p.slave), 0);
	pty_type(&p, "c\n");
	CHECK_EQ(read(p.slave, buf, sizeof(buf)), 4);
	CHECK(!memcmp(buf, "abc\n", 4));
	pty_expect(&p, "abc\r\n");
	pty_close(&p);
}

static void a_read_gives_one_line_and_may_split_it(void)
{
	struct pty p = pty_open();
	char buf[64];

	pty_type(&p, "one\ntwo\n");
	CHECK_EQ(read(p.slave, buf, sizeof(buf)), 4);
	CHECK_EQ(read(p.slave, buf, 2), 2);
	CHECK_EQ(read(p.slave, buf, 2), 2);
	CHECK(!memcmp(buf, "o\n", 2));
	pty_close(&p);
}

static void erase_kill_and_word_erase_edit_the_line(void)
{
	struct pty p = pty_open();
	char buf[64];
	int n;

	pty_type(&p, "abx\177c\n");
	n = read(p.slave, buf, sizeof(buf));
	CHECK_EQ(n, 4);
	CHECK(!memcmp(buf, "abc\n", 4));
	pty_expect(&p, "abx\b \bc\r\n");
	pty_type(&p, "wrong\025right\n");
	n = read(p.slave, buf, sizeof(buf));
	CHECK_EQ(n, 6);
	CHECK(!memcmp(buf, "right\n", 6));
	pty_expect(&p, "wrong\b \b\b \b\b \b\b \b\b \bright\r\n");
	pty_type(&p, "keep drop\027x\n");
	n = read(p.slave, buf, sizeof(buf));
	CHECK_EQ(n, 7);
	CHECK(!memcmp(buf, "keep x\n", 7));
	pty_close(&p);
}

static void erase_of_utf8_takes_the_whole_character(void)
{
	struct pty p = pty_open();
	struct termios t;
	char buf[64];

	tcgetattr(p.slave, &t);
	t.c_iflag |= IUTF8;
	tcsetattr(p.slave, TCSANOW, &t);
	pty_type(&p, "a\303\251\177b\n");
	CHECK_EQ(read(p.slave, buf, sizeof(buf)), 3);
	CHECK(!memcmp(buf, "ab\n", 3));
	pty_expect(&p, "a\303\251\b \bb\r\n");
	pty_close(&p);
}

static void erase_of_control_characters_and_tabs(void)
{
	struct pty p = pty_open();
	char buf[64];

	pty_type(&p, "a\001\177b\n");
	CHECK_EQ(read(p.slave, buf, sizeof(buf)), 3);
	pty_expect(&p, "a^A\b \b\b \bb\r\n");
	pty_type(&p, "ab\t\177c\n");
	CHECK_EQ(read(p.slave, buf, sizeof(buf)), 4);
	pty_expect(&p, "ab\t\b\b\b\b\b\bc\r\n");
	pty_close(&p);
}

static void end_of_file_character(void)
{
	struct pty p = pty_open();
	char buf[64];

	pty_type(&p, "\004");
	CHECK_EQ(read(p.slave, buf, sizeof(buf)), 0);
	pty_type(&p, "abc\004");
	CHECK_EQ(read(p.slave, buf, sizeof(buf)), 3);
	pty_type(&p, "abc\004");
	CHECK_EQ(read(p.slave, buf, 3), 3);
	CHECK_EQ(pty_waits(p.slave), 0);
	pty_close(&p);
}

static void literal_next_and_carriage_return(void)
{
	struct pty p = pty_open();
	char buf[64];

	pty_type(&p, "\026\003x\r");
	CHECK_EQ(read(p.slave, buf, sizeof(buf)), 3);
	CHECK(!memcmp(buf, "\003x\n", 3));
	pty_expect(&p, "^\b^Cx\r\n");
	pty_close(&p);
}

static void output_translations(void)
{
	struct pty p = pty_open();
	struct termios t;

	CHECK_EQ(write(p.slave, "a\nb", 3), 3);
	pty_expect(&p, "a\r\nb");
	tcgetattr(p.slave, &t);
	t.c_oflag &= ~OPOST;
	tcsetattr(p.slave, TCSADRAIN, &t);
	CHECK_EQ(write(p.slave, "a\nb", 3), 3);
	pty_expect(&p, "a\nb");
	t.c_oflag |= OPOST | OCRNL;
	t.c_oflag &= ~ONLCR;
	tcsetattr(p.slave, TCSADRAIN, &t);
	CHECK_EQ(write(p.slave, "a\rb", 3), 3);
	pty_expect(&p, "a\nb");
	t.c_oflag = OPOST | XTABS;
	tcsetattr(p.slave, TCSADRAIN, &t);
	CHECK_EQ(write(p.slave, "\r12\tx", 5), 5);
	pty_expect(&p, "\r12      x");
	pty_close(&p);
}

static void input_translations(void)
{
	struct pty p = pty_open();
	struct termios t;
	char buf[16];

	tcgetattr(p.slave, &t);
	cfmakeraw(&t);
	t.c_iflag = INLCR | ISTRIP;
	tcsetattr(p.slave, TCSANOW, &t);
	pty_type(&p, "\n\301");
	CHECK_EQ(pty_read_n(p.slave, buf, 2), 2);
	CHECK_EQ(buf[0], '\r');
	CHECK_EQ(buf[1], 'A');
	t.c_iflag = IGNCR;
	tcsetattr(p.slave, TCSANOW, &t);
	pty_type(&p, "a\rb");
	CHECK_EQ(pty_read_n(p.slave, buf, 2), 2);
	CHECK(!memcmp(buf, "ab", 2));
	pty_close(&p);
}

static void raw_mode_with_vmin_and_vtime(void)
{
	struct pty p = pty_open();
	struct termios t;
	char buf[64];
	long long start;

	tcgetattr(p.slave, &t);
	cfmakeraw(&t);
	tcsetattr(p.slave, TCSANOW, &t);
	pty_type(&p, "x");
	CHECK_EQ(read(p.slave, buf, sizeof(buf)), 1);
	t.c_cc[VMIN] = 0;
	t.c_cc[VTIME] = 0;
	tcsetattr(p.slave, TCSANOW, &t);
	CHECK_EQ(read(p.slave, buf, sizeof(buf)), 0);
	t.c_cc[VTIME] = 1;
	tcsetattr(p.slave, TCSANOW, &t);
	start = test_now_ns();
	CHECK_EQ(read(p.slave, buf, sizeof(buf)), 0);
	CHECK_GE(test_now_ns() - start, 80000000LL);
	t.c_cc[VMIN] = 3;
	t.c_cc[VTIME] = 0;
	tcsetattr(p.slave, TCSANOW, &t);
	pty_type(&p, "ab");
	test_sleep_ms(20);
	CHECK_EQ(pty_waits(p.slave), 0);
	pty_type(&p, "c");
	CHECK_EQ(read(p.slave, buf, sizeof(buf)), 3);
	pty_close(&p);
}

static void going_canonical_keeps_what_was_typed(void)
{
	struct pty p = pty_open();
	struct termios t, raw;
	char buf[64];

	tcgetattr(p.slave, &t);
	raw = t;
	cfmakeraw(&raw);
	tcsetattr(p.slave, TCSANOW, &raw);
	pty_type(&p, "abc");
	CHECK(WAIT_UNTIL(pty_pending(p.slave) == 3));
	tcsetattr(p.slave, TCSANOW, &t);
	CHECK_EQ(read(p.slave, buf, sizeof(buf)), 3);
	pty_type(&p, "z\n");
	CHECK_EQ(read(p.slave, buf, sizeof(buf)), 2);
	pty_close(&p);
}

static void echo_can_be_switched_off(void)
{
	struct pty p = pty_open();
	struct termios t;
	char buf[64];

	tcgetattr(p.slave, &t);
	t.c_lflag &= ~ECHO;
	tcsetattr(p.slave, TCSANOW, &t);
	pty_type(&p, "secret\n");
	CHECK_EQ(read(p.slave, buf, sizeof(buf)), 7);
	CHECK_EQ(pty_waits(p.master), 0);
	t.c_lflag |= ECHONL;
	tcsetattr(p.slave, TCSANOW, &t);
	pty_type(&p, "secret\n");
	pty_expect(&p, "\r\n");
	pty_close(&p);
}

static void flow_control(void)
{
	struct pty p = pty_open();
	char buf[8];

	pty_type(&p, "\023");
	test_sleep_ms(20);
	CHECK_OK(fcntl(p.slave, F_SETFL, O_NONBLOCK));
	CHECK_ERR(write(p.slave, "x", 1), EAGAIN);
	CHECK_OK(fcntl(p.slave, F_SETFL, 0));
	pty_type(&p, "\021");
	CHECK_EQ(write(p.slave, "y", 1), 1);
	pty_expect(&p, "y");
	CHECK_OK(tcflow(p.slave, TCOOFF));
	CHECK_OK(tcflow(p.slave, TCOON));
	CHECK_EQ(write(p.slave, "z", 1), 1);
	CHECK_EQ(read(p.master, buf, 8), 1);
	pty_close(&p);
}

static void flush_drops_input(void)
{
	struct pty p = pty_open();
	char buf[8];

	pty_type(&p, "gone\n");
	CHECK(WAIT_UNTIL(pty_waits(p.slave)));
	CHECK_OK(tcflush(p.slave, TCIFLUSH));
	CHECK_EQ(pty_waits(p.slave), 0);
	pty_type(&p, "a\n");
	CHECK_EQ(read(p.slave, buf, 8), 2);
	CHECK_ERR(tcflush(p.slave, 77), EINVAL);
	pty_close(&p);
}

static void a_lot_of_data_passes_unchanged(void)
{
	struct pty p = pty_open();
	struct termios t;
	enum { TOTAL = 300000 };
	static unsigned char buf[4096];
	unsigned int at = 0, seed = 1;
	pid_t pid;
	int status;

	tcgetattr(p.slave, &t);
	cfmakeraw(&t);
	tcsetattr(p.slave, TCSANOW, &t);
	pid = fork();
	if (!pid) {
		unsigned int sent = 0, s = 1;

		close(p.master);
		while (sent < TOTAL) {
			int n = TOTAL - sent < sizeof(buf) ? TOTAL - sent : sizeof(buf);

			for (int i = 0; i < n; i++) {
				s = s * 1103515245 + 12345;
				buf[i] = s >> 16;
			}
			for (int done = 0; done < n;) {
				int ret = write(p.slave, buf + done, n - done);

				if (ret < 0)
					_exit(1);
				done += ret;
			}
			sent += n;
		}
		_exit(0);
	}
	close(p.slave);
	while (at < TOTAL) {
		int n = read(p.master, buf, sizeof(buf));

		if (n <= 0)
			break;
		for (int i = 0; i < n; i++) {
			seed = seed * 1103515245 + 12345;
			if (buf[i] != (unsigned char)(seed >> 16)) {
				FAIL("byte %u differs", at + i);
				kill(pid, 9);
				at = TOTAL;
				break;
			}
		}
		at += n;
	}
	CHECK_GE(at, TOTAL);
	waitpid(pid, &status, 0);
	CHECK_EQ(status, 0);
	CHECK_ERR(read(p.master, buf, 1), EIO);
	close(p.master);
}

int main(void)
{
	alarm(60);
	RUN(a_line_is_read_when_it_ends);
	RUN(a_read_gives_one_line_and_may_split_it);
	RUN(erase_kill_and_word_erase_edit_the_line);
	RUN(erase_of_utf8_takes_the_whole_character);
	RUN(erase_of_control_characters_and_tabs);
	RUN(end_of_file_character);
	RUN(literal_next_and_carriage_return);
	RUN(output_translations);
	RUN(input_translations);
	RUN(raw_mode_with_vmin_and_vtime);
	RUN(going_canonical_keeps_what_was_typed);
	RUN(echo_can_be_switched_off);
	RUN(flow_control);
	RUN(flush_drops_input);
	RUN(a_lot_of_data_passes_unchanged);
	return test_done();
}
