// SPDX-License-Identifier: MIT
/* Formatted printing and scanning. */
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/kernel.h>
#include <kern/ktest.h>
#include <lib/bitmap.h>
#include <lib/seq_buf.h>
#include <lib/sprintf.h>

static char buf[512];

#define PRINTS(want, ...) do {							\
	memset(buf, '#', sizeof(buf));						\
	KEXPECT_EQ(snprintf(buf, sizeof(buf), __VA_ARGS__), (int)strlen(want));	\
	KEXPECT_STREQ(buf, want);						\
} while (0)

KTEST_BARE(printf, integers)
{
	PRINTS("0 1 -1", "%d %d %d", 0, 1, -1);
	PRINTS("-2147483648 4294967295", "%d %u", INT_MIN, UINT_MAX);
	PRINTS("-9223372036854775808", "%lld", LLONG_MIN);
	PRINTS("18446744073709551615", "%llu", ULLONG_MAX);
	PRINTS("ff FF 0xff 0XFF 377 0377", "%x %X %#x %#X %o %#o", 255, 255, 255, 255, 255, 255);
	PRINTS("0 0", "%#x %#o", 0, 0);
	PRINTS("-1 255 -1 65535", "%hhd %hhu %hd %hu", 255, 255, 65535, 65535);
	PRINTS("12345678901 7", "%zu %td", (size_t)12345678901UL, (ptrdiff_t)7);
}

KTEST_BARE(printf, widths_and_precisions)
{
	PRINTS("[   42][42   ][00042][+42][ 42]", "[%5d][%-5d][%05d][%+d][% d]", 42, 42, 42, 42, 42);
	PRINTS("[  -42][-0042]", "[%5d][%05d]", -42, -42);
	PRINTS("[00042][  042][042  ]", "[%.5d][%5.3d][%-5.3d]", 42, 42, 42);
	PRINTS("[][   ]", "[%.0d][%3.0d]", 0, 0);
	PRINTS("[0x002a][  0x2a]", "[%#06x][%#6x]", 42, 42);
	PRINTS("[   42][42   ]", "[%*d][%*d]", 5, 42, -5, 42);
	PRINTS("[007][7]", "[%.*d][%.*d]", 3, 7, -1, 7);
}

KTEST_BARE(printf, strings_and_characters)
{
	const char *volatile nothing = NULL;

	PRINTS("hello", "%s", "hello");
	PRINTS("[  abc][abc  ][ab]", "[%5s][%-5s][%.2s]", "abc", "abc", "abc");
	PRINTS("(null)", "%s", nothing);
	PRINTS("[x][  x][x  ]", "[%c][%3c][%-3c]", 'x', 'x', 'x');
	PRINTS("100%", "100%%");
	PRINTS("ab", "%.*s", 2, "abcdef");
}

KTEST_BARE(printf, truncation)
{
	KEXPECT_EQ(snprintf(buf, 4, "%s", "abcdef"), 6);
	KEXPECT_STREQ(buf, "abc");
	KEXPECT_EQ(scnprintf(buf, 4, "%s", "abcdef"), 3);
	KEXPECT_EQ(scnprintf(buf, 4, "%s", "ab"), 2);
	KEXPECT_EQ(snprintf(NULL, 0, "%d", 12345), 5);
	KEXPECT_EQ(scnprintf(buf, 0, "x"), 0);
	KEXPECT_EQ(snprintf(buf, 1, "%d", 7), 1);
	KEXPECT_STREQ(buf, "");
	KEXPECT_EQ(num_to_str(buf, 10, 1234, 0), 4);
	KEXPECT_EQ(num_to_str(buf, 10, 7, 3), 3);
	KEXPECT_MEMEQ(buf, "  7", 3);
	KEXPECT_EQ(num_to_str(buf, 3, 1234, 0), 0);
}

KTEST_BARE(printf, plain_pointers)
{
	PRINTS("000000001234abcd", "%p", (void *)0x1234abcdUL);
	PRINTS("1234abcd", "%px", (void *)0x1234abcdUL);
	PRINTS("-ENOENT", "%pe", ERR_PTR(-ENOENT));
	PRINTS("-3000", "%pe", ERR_PTR(-3000));
}

KTEST_BARE(printf, bytes_and_bitmaps)
{
	DECLARE_BITMAP(map, 70) = {};
	u8 bytes[] = { 1, 0xab, 0xff };

	PRINTS("01 ab ff", "%*ph", 3, bytes);
	PRINTS("01:ab:ff 01-ab-ff 01abff", "%*phC %*phD %*phN", 3, bytes, 3, bytes, 3, bytes);
	bitmap_set(map, 0, 4);
	bitmap_set(map, 6, 1);
	bitmap_set(map, 63, 3);
	PRINTS("0-3,6,63-65", "%*pbl", 70, map);
	PRINTS("03,80000000,0000004f", "%*pb", 70, map);
	PRINTS("", "%*pbl", 5, (unsigned long[]){ 0 });
	PRINTS("a\\n\\001\\\\", "%*pE", 4, "a\n\1\\");
}

KTEST_BARE(printf, addresses_and_identifiers)
{
	u8 v4[] = { 192, 168, 0, 7 }, mac[] = { 2, 0, 0x5e, 0x10, 0, 1 };
	u8 v6[16] = { 0x20, 1, 0xd, 0xb8, [15] = 1 }, any[16] = {}, one[16] = { [15] = 1 };
	u8 id[16] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };

	PRINTS("192.168.0.7 192.168.000.007", "%pI4 %pi4", v4, v4);
	PRINTS("2001:db8::1", "%pI6c", v6);
	PRINTS("2001:0db8:0000:0000:0000:0000:0000:0001", "%pI6", v6);
	PRINTS(":: ::1", "%pI6c %pI6c", any, one);
	PRINTS("02:00:5e:10:00:01 02005e100001", "%pM %pm", mac, mac);
	PRINTS("00010203-0405-0607-0809-0a0b0c0d0e0f", "%pU", id);
	PRINTS("03020100-0504-0706-0809-0A0B0C0D0E0F", "%pUL", id);
}

static void __attribute__((format(printf, 1, 2))) nested(const char *fmt, ...)
{
	va_list args;
	struct va_format vaf = { .fmt = fmt, .va = &args };

	va_start(args, fmt);
	PRINTS("<a 5>!", "<%pV>!", &vaf);
	va_end(args);
}

KTEST_BARE(printf, nested_formats)
{
	nested("%s %d", "a", 5);
}

KTEST_BARE(scanf, fields)
{
	unsigned int a = 0, b = 0;
	unsigned char byte = 0;
	char word[16], set[16], c = 0;
	long long big = 0;
	int n = 0, neg = 0;

	KEXPECT_EQ(sscanf("12 0x1f -7", "%u %x %d", &a, &b, &neg), 3);
	KEXPECT_EQ(a, 12U);
	KEXPECT_EQ(b, 31U);
	KEXPECT_EQ(neg, -7);
	KEXPECT_EQ(sscanf("key=value rest", "%[^=]=%s%n", set, word, &n), 2);
	KEXPECT_STREQ(set, "key");
	KEXPECT_STREQ(word, "value");
	KEXPECT_EQ(n, 9);
	KEXPECT_EQ(sscanf("123456", "%2u%3u%c", &a, &b, &c), 3);
	KEXPECT_EQ(a, 12U);
	KEXPECT_EQ(b, 345U);
	KEXPECT_EQ(c, '6');
	KEXPECT_EQ(sscanf("skip 300", "%*s %hhu", &byte), 1);
	KEXPECT_EQ(byte, 300 & 0xff);
	KEXPECT_EQ(sscanf("-9223372036854775808", "%lld", &big), 1);
	KEXPECT_EQ(big, LLONG_MIN);
	KEXPECT_EQ(sscanf("x", "%d", &neg), 0);
	KEXPECT_EQ(sscanf("1,x", "%u,%u", &a, &b), 1);
	KEXPECT_EQ(sscanf("010 0x10 10", "%i %i %i", &neg, &n, (int *)&a), 3);
	KEXPECT_EQ(neg, 8);
	KEXPECT_EQ(n, 16);
	KEXPECT_EQ(sscanf("abc]-", "%[]a-c]", set), 1);
	KEXPECT_STREQ(set, "abc]");
}

KTEST_BARE(seq_buf, appends_and_overflows)
{
	char text[8];
	struct seq_buf s;

	seq_buf_init(&s, text, sizeof(text));
	KEXPECT_EQ(seq_buf_printf(&s, "%d", 12), 0);
	KEXPECT_EQ(seq_buf_puts(&s, "ab"), 0);
	KEXPECT_EQ(seq_buf_putc(&s, '!'), 0);
	KEXPECT_STREQ(seq_buf_str(&s), "12ab!");
	KEXPECT_EQ(seq_buf_used(&s), 5U);
	KEXPECT_EQ(seq_buf_printf(&s, "%s", "toolong"), -1);
	KEXPECT_TRUE(seq_buf_has_overflowed(&s));
	KEXPECT_EQ(seq_buf_puts(&s, "x"), -1);
	seq_buf_clear(&s);
	KEXPECT_EQ(seq_buf_putmem(&s, "12345678", 8), 0);
	KEXPECT_STREQ(seq_buf_str(&s), "1234567");
}
