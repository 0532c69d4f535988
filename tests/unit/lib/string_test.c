// SPDX-License-Identifier: MIT
/* Strings and memory: against byte loops, at all alignments. */
#include <kern/errno.h>
#include <kern/kernel.h>
#include <kern/ktest.h>
#include <lib/ctype.h>
#include <lib/string.h>
#include <lib/unaligned.h>

static u8 a[2048], b[2048], want[2048];

static void randomise(void)
{
	for (unsigned int i = 0; i < sizeof(a); i++) {
		a[i] = ktest_random();
		b[i] = want[i] = ktest_random();
	}
}

/* Lengths around all the borders of the implementations. */
static size_t some_length(int round)
{
	return round < 600 ? round : 600 + ktest_random_below(400);
}

KTEST_BARE(string, memcpy_all_lengths_and_alignments)
{
	for (int round = 0; round < 1000; round++) {
		size_t n = some_length(round), d = ktest_random_below(17), s = ktest_random_below(17);

		randomise();
		for (size_t i = 0; i < n; i++)
			want[d + i] = a[s + i];
		KASSERT_EQ((void *)memcpy(b + d, a + s, n), (void *)(b + d));
		KASSERT_MEMEQ(b, want, sizeof(b));
	}
}

KTEST_BARE(string, memmove_overlaps_both_ways)
{
	for (int round = 0; round < 1000; round++) {
		size_t n = some_length(round), d = ktest_random_below(70), s = ktest_random_below(70);

		randomise();
		for (size_t i = 0; i < n; i++)
			want[d + i] = b[s + i];
		memmove(b + d, b + s, n);
		KASSERT_MEMEQ(b, want, sizeof(b));
	}
}

KTEST_BARE(string, memset_all_lengths)
{
	for (int round = 0; round < 1000; round++) {
		size_t n = some_length(round), d = ktest_random_below(17);

		randomise();
		for (size_t i = 0; i < n; i++)
			want[d + i] = round;
		memset(b + d, round, n);
		KASSERT_MEMEQ(b, want, sizeof(b));
	}
}

static int sign(int x)
{
	return (x > 0) - (x < 0);
}

KTEST_BARE(string, memcmp_orders_by_the_first_difference)
{
	for (int round = 0; round < 1000; round++) {
		size_t n = ktest_random_below(60) + 1, at = ktest_random_below(n);

		randomise();
		memcpy(b, a, n);
		KASSERT_EQ(memcmp(a, b, n), 0);
		b[at] ^= 1 + ktest_random_below(255);
		for (size_t i = at + 1; i < n; i++)
			b[i] = ktest_random();
		KASSERT_EQ(sign(memcmp(a, b, n)), a[at] < b[at] ? -1 : 1);
	}
}

KTEST_BARE(string, memory_searches)
{
	memset(a, 'x', 100);
	a[40] = 'y';
	a[60] = 'y';
	KEXPECT_EQ((u8 *)memchr(a, 'y', 100), a + 40);
	KEXPECT_NULL(memchr(a, 'y', 40));
	KEXPECT_EQ((u8 *)memrchr(a, 'y', 100), a + 60);
	KEXPECT_EQ((u8 *)memscan(a, 'z', 100), a + 100);
	for (int at = 0; at < 30; at++) {
		memset(b, 7, 30);
		KEXPECT_NULL(memchr_inv(b, 7, 30));
		b[at] = 8;
		KEXPECT_EQ((u8 *)memchr_inv(b, 7, 30), b + at);
	}
	KEXPECT_EQ((u8 *)memmem(a, 100, "xy", 2), a + 39);
	KEXPECT_NULL(memmem(a, 100, "yy", 2));
	KEXPECT_EQ((u8 *)memmem(a, 100, "", 0), a);
}

KTEST_BARE(string, lengths_at_all_alignments)
{
	for (size_t align = 0; align < 16; align++) {
		for (size_t n = 0; n < 100; n++) {
			memset(a, 0x80 | n, sizeof(a));
			a[align + n] = 0;
			KASSERT_EQ(strlen((char *)a + align), n);
			KASSERT_EQ(strnlen((char *)a + align, 50), min(n, (size_t)50));
		}
	}
}

KTEST_BARE(string, bounded_copies)
{
	char buf[8];

	KEXPECT_EQ(strscpy(buf, "abc", sizeof(buf)), 3L);
	KEXPECT_STREQ(buf, "abc");
	KEXPECT_EQ(strscpy(buf, "12345678", sizeof(buf)), (long)-E2BIG);
	KEXPECT_STREQ(buf, "1234567");
	KEXPECT_EQ(strscpy(buf, "x", 0), (long)-E2BIG);
	memset(buf, 1, sizeof(buf));
	KEXPECT_EQ(strscpy_pad(buf, "a", sizeof(buf)), 1L);
	KEXPECT_NULL(memchr_inv(buf + 1, 0, 7));
	KEXPECT_EQ(strlcpy(buf, "123456789", sizeof(buf)), 9UL);
	KEXPECT_STREQ(buf, "1234567");
	strcpy(buf, "ab");
	KEXPECT_EQ(strlcat(buf, "cdefghij", sizeof(buf)), 10UL);
	KEXPECT_STREQ(buf, "abcdefg");
	memset(buf, 1, sizeof(buf));
	strncpy(buf, "ab", 5);
	KEXPECT_MEMEQ(buf, "ab\0\0\0\1\1\1", 8);
	strcpy(buf, "ab");
	KEXPECT_STREQ(strncat(buf, "cdef", 2), "abcd");
	KEXPECT_STREQ(strcat(buf, "xy"), "abcdxy");
}

KTEST_BARE(string, comparisons)
{
	KEXPECT_EQ(strcmp("abc", "abc"), 0);
	KEXPECT_LT(strcmp("abc", "abd"), 0);
	KEXPECT_LT(strcmp("ab", "abc"), 0);
	KEXPECT_GT(strcmp("\xff", "a"), 0);
	KEXPECT_EQ(strncmp("abcX", "abcY", 3), 0);
	KEXPECT_EQ(strncmp("ab", "ab", 100), 0);
	KEXPECT_EQ(strcasecmp("HeLLo", "hEllO"), 0);
	KEXPECT_NE(strncasecmp("hello", "help", 4), 0);
	KEXPECT_TRUE(strstarts("prefix", "pre"));
	KEXPECT_EQ(str_has_prefix("prefix", "pre"), 3UL);
	KEXPECT_EQ(str_has_prefix("prefix", "fix"), 0UL);
	KEXPECT_TRUE(sysfs_streq("on\n", "on"));
	KEXPECT_TRUE(sysfs_streq("on", "on\n"));
	KEXPECT_FALSE(sysfs_streq("on\n\n", "on"));
	KEXPECT_FALSE(sysfs_streq("on", "onx"));
}

KTEST_BARE(string, searches)
{
	const char *s = "one two two";

	KEXPECT_EQ(strchr(s, 't'), (char *)s + 4);
	KEXPECT_EQ(strchr(s, 0), (char *)s + 11);
	KEXPECT_NULL(strchr(s, 'z'));
	KEXPECT_EQ(strchrnul(s, 'z'), (char *)s + 11);
	KEXPECT_EQ(strrchr(s, 't'), (char *)s + 8);
	KEXPECT_NULL(strnchr(s, 4, 't'));
	KEXPECT_EQ(strstr(s, "two"), (char *)s + 4);
	KEXPECT_EQ(strstr(s, ""), (char *)s);
	KEXPECT_NULL(strnstr(s, "two", 6));
	KEXPECT_EQ(strspn(s, "eno"), 3UL);
	KEXPECT_EQ(strcspn(s, " "), 3UL);
	KEXPECT_EQ(strpbrk(s, "wx"), (char *)s + 5);
	KEXPECT_STREQ(kbasename("/a/b/c"), "c");
	KEXPECT_STREQ(kbasename("c"), "c");
}

KTEST_BARE(string, splitting_and_trimming)
{
	char text[] = "a,b,,c", blanks[] = "  x y \n", letters[] = "a-b-c", *s = text;
	const char *const words[] = { "zero", "one", "two" };

	KEXPECT_STREQ(strsep(&s, ","), "a");
	KEXPECT_STREQ(strsep(&s, ","), "b");
	KEXPECT_STREQ(strsep(&s, ","), "");
	KEXPECT_STREQ(strsep(&s, ","), "c");
	KEXPECT_NULL(strsep(&s, ","));
	KEXPECT_STREQ(strim(blanks), "x y");
	strreplace(letters, '-', '.');
	KEXPECT_STREQ(letters, "a.b.c");
	KEXPECT_EQ(match_string(words, 3, "two"), 2);
	KEXPECT_EQ(match_string(words, 3, "three"), -EINVAL);
}

KTEST_BARE(ctype, classes)
{
	for (int c = 0; c < 256; c++) {
		KASSERT_EQ(!!isdigit(c), c >= '0' && c <= '9');
		KASSERT_EQ(!!isspace(c), c == ' ' || (c >= 9 && c <= 13));
		KASSERT_EQ(isalpha(toupper(c)), isalpha(c));
		KASSERT_EQ(!!isprint(c), c >= 32 && c < 127);
		KASSERT_EQ(!!ispunct(c), isprint(c) && c != ' ' && !isalnum(c));
	}
	KEXPECT_EQ(tolower('Q'), 'q');
	KEXPECT_EQ(tolower('['), '[');
}

KTEST_BARE(unaligned, orders)
{
	u8 bytes[16] = { 0xff, 1, 2, 3, 4, 5, 6, 7, 8 };

	KEXPECT_EQ(get_unaligned_le32(bytes + 1), 0x04030201U);
	KEXPECT_EQ(get_unaligned_be16(bytes + 1), 0x0102);
	KEXPECT_EQ(get_unaligned_be64(bytes + 1), 0x0102030405060708ULL);
	put_unaligned_be32(0xa1b2c3d4, bytes + 3);
	KEXPECT_EQ(bytes[3], 0xa1);
	KEXPECT_EQ(get_unaligned_be32(bytes + 3), 0xa1b2c3d4U);
}
