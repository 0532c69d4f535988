// SPDX-License-Identifier: MIT
/* The line discipline on a terminal whose driver is this test. */
#include <kern/errno.h>
#include <kern/ktest.h>

#include "drivers/tty/n_tty.h"

static u8 shown[8192];
static unsigned int shown_len, room = sizeof(shown);

static size_t fake_write(struct tty_struct *tty, const u8 *buf, size_t len)
{
	size_t n = len < room - shown_len ? len : room - shown_len;

	memcpy(shown + shown_len, buf, n);
	shown_len += n;
	return n;
}

static unsigned int fake_room(struct tty_struct *tty)
{
	return room - shown_len;
}

static const struct tty_operations fake_ops = {
	.write = fake_write,
	.write_room = fake_room,
};

static struct tty_driver fake_driver = { .name = "fake", .num = 1, .ops = &fake_ops };

static struct tty_struct *fake_tty(void)
{
	fake_driver.init_termios = tty_std_termios;
	shown_len = 0;
	room = sizeof(shown);
	return tty_alloc(&fake_driver, 0);
}

static void type(struct tty_struct *tty, const char *text)
{
	n_tty_receive(tty, (const u8 *)text, strlen(text));
}

/* Forgets what was shown if it is `text`. */
static bool showed(const char *text)
{
	bool same = shown_len == strlen(text) && !memcmp(shown, text, shown_len);

	shown_len = 0;
	return same;
}

static bool ready(struct tty_struct *tty)
{
	return tty->disc_data->line_start != tty->disc_data->tail;
}

KTEST(n_tty, a_line_is_complete_at_its_end)
{
	struct tty_struct *tty = fake_tty();

	KASSERT_TRUE(tty != NULL);
	type(tty, "ab");
	KEXPECT_TRUE(!ready(tty));
	type(tty, "c\r");
	KEXPECT_TRUE(ready(tty));
	KEXPECT_EQ(n_tty_input_count(tty), 4);
	KEXPECT_TRUE(showed("abc\r\n"));
	type(tty, "x\004");
	KEXPECT_EQ(n_tty_input_count(tty), 5);
	n_tty_flush_input(tty);
	KEXPECT_EQ(n_tty_input_count(tty), 0);
	tty_kref_put(tty);
}

KTEST(n_tty, erasing_stops_at_the_start_of_the_line)
{
	struct tty_struct *tty = fake_tty();

	KASSERT_TRUE(tty != NULL);
	type(tty, "ab\177\177\177\177\027\025c\n");
	KEXPECT_EQ(n_tty_input_count(tty), 2);
	KEXPECT_TRUE(showed("ab\b \b\b \bc\r\n"));
	tty_kref_put(tty);
}

KTEST(n_tty, a_line_that_is_too_long_keeps_room_for_its_end)
{
	struct tty_struct *tty = fake_tty();
	static char text[6001];

	KASSERT_TRUE(tty != NULL);
	tty->termios.c_lflag &= ~ECHO;
	memset(text, 'x', 6000);
	KEXPECT_EQ(n_tty_receive(tty, (const u8 *)text, 6000), 6000);
	KEXPECT_TRUE(!ready(tty));
	type(tty, "\n");
	KEXPECT_TRUE(ready(tty));
	KEXPECT_EQ(n_tty_input_count(tty), N_TTY_BUF_SIZE);
	/* With a line to read and no room nothing more is taken. */
	KEXPECT_EQ(n_tty_receive(tty, (const u8 *)text, 10), 0);
	tty_kref_put(tty);
}

KTEST(n_tty, echo_waits_for_the_driver)
{
	struct tty_struct *tty = fake_tty();

	KASSERT_TRUE(tty != NULL);
	room = 2;
	type(tty, "abcd");
	KEXPECT_EQ(shown_len, 2);
	KEXPECT_TRUE(n_tty_has_echoes(tty));
	room = sizeof(shown);
	n_tty_flush_echoes(tty);
	KEXPECT_TRUE(showed("abcd"));
	KEXPECT_TRUE(!n_tty_has_echoes(tty));
	tty_kref_put(tty);
}

KTEST(n_tty, output_translations_keep_the_column)
{
	struct tty_struct *tty = fake_tty();
	struct n_tty_data *d;
	u8 out[8];

	KASSERT_TRUE(tty != NULL);
	d = tty->disc_data;
	tty->termios.c_oflag = OPOST | ONLCR | XTABS;
	KEXPECT_EQ(n_tty_opost(tty, 'a', out), 1);
	KEXPECT_EQ(n_tty_opost(tty, '\t', out), 7);
	KEXPECT_EQ(d->column, 8);
	KEXPECT_EQ(n_tty_opost(tty, '\b', out), 1);
	KEXPECT_EQ(d->column, 7);
	KEXPECT_EQ(n_tty_opost(tty, '\n', out), 2);
	KEXPECT_EQ(d->column, 0);
	tty->termios.c_oflag |= ONOCR;
	KEXPECT_EQ(n_tty_opost(tty, '\r', out), 0);
	tty_kref_put(tty);
}

KTEST(n_tty, stop_and_start)
{
	struct tty_struct *tty = fake_tty();

	KASSERT_TRUE(tty != NULL);
	type(tty, "\023");
	KEXPECT_TRUE(tty->stopped);
	type(tty, "a");
	KEXPECT_EQ(shown_len, 0);
	type(tty, "\021");
	KEXPECT_TRUE(!tty->stopped);
	KEXPECT_TRUE(showed("a"));
	tty_kref_put(tty);
}

KTEST(n_tty, the_flip_buffer_keeps_what_does_not_fit)
{
	struct tty_struct *tty = fake_tty();
	static u8 text[TTY_BUFFER_LIMIT + 100];

	KASSERT_TRUE(tty != NULL);
	tty->termios.c_lflag &= ~(ECHO | ICANON | ISIG);
	tty->termios.c_iflag = 0;
	memset(text, 'y', sizeof(text));
	KEXPECT_EQ(tty_insert_flip_string(tty, text, sizeof(text)), TTY_BUFFER_LIMIT);
	KEXPECT_EQ(tty_buffer_space_avail(tty), 0);
	tty_buffer_flush_to_ldisc(tty);
	KEXPECT_EQ(n_tty_input_count(tty), N_TTY_BUF_SIZE);
	KEXPECT_EQ(tty_buffer_space_avail(tty), N_TTY_BUF_SIZE);
	tty_kref_put(tty);
}
