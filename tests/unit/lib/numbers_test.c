// SPDX-License-Identifier: MIT
/* Numbers from strings, the command line, 64-bit arithmetic, hashes, checksums. */
#include <kern/errno.h>
#include <kern/kernel.h>
#include <kern/ktest.h>
#include <lib/cmdline.h>
#include <lib/crc32.h>
#include <lib/hash.h>
#include <lib/jhash.h>
#include <lib/kstrtox.h>
#include <lib/math64.h>
#include <lib/siphash.h>
#include <lib/stringhash.h>
#include <lib/uuid.h>

KTEST_BARE(kstrtox, accepts_whole_numbers)
{
	unsigned long long u = 0;
	long long s = 0;
	int i = 0;
	u8 byte = 0;

	KEXPECT_EQ(kstrtoull("0", 0, &u), 0);
	KEXPECT_EQ(kstrtoull("18446744073709551615", 10, &u), 0);
	KEXPECT_EQ(u, ULLONG_MAX);
	KEXPECT_EQ(kstrtoull("0xff\n", 0, &u), 0);
	KEXPECT_EQ(u, 255ULL);
	KEXPECT_EQ(kstrtoull("ff", 16, &u), 0);
	KEXPECT_EQ(kstrtoull("010", 0, &u), 0);
	KEXPECT_EQ(u, 8ULL);
	KEXPECT_EQ(kstrtoull("+5", 10, &u), 0);
	KEXPECT_EQ(kstrtoll("-9223372036854775808", 10, &s), 0);
	KEXPECT_EQ(s, LLONG_MIN);
	KEXPECT_EQ(kstrtoint("-2147483648", 10, &i), 0);
	KEXPECT_EQ(i, INT_MIN);
	KEXPECT_EQ(kstrtou8("255", 10, &byte), 0);
	KEXPECT_EQ(byte, 255);
}

KTEST_BARE(kstrtox, refuses_the_rest)
{
	unsigned long long u;
	long long s;
	int i;
	u8 byte;

	KEXPECT_EQ(kstrtoull("", 0, &u), -EINVAL);
	KEXPECT_EQ(kstrtoull(" 1", 0, &u), -EINVAL);
	KEXPECT_EQ(kstrtoull("1 ", 0, &u), -EINVAL);
	KEXPECT_EQ(kstrtoull("-1", 0, &u), -EINVAL);
	KEXPECT_EQ(kstrtoull("0x", 0, &u), -EINVAL);
	KEXPECT_EQ(kstrtoull("08", 0, &u), -EINVAL);
	KEXPECT_EQ(kstrtoull("1\n\n", 0, &u), -EINVAL);
	KEXPECT_EQ(kstrtoull("18446744073709551616", 0, &u), -ERANGE);
	KEXPECT_EQ(kstrtoll("9223372036854775808", 0, &s), -ERANGE);
	KEXPECT_EQ(kstrtoll("-9223372036854775809", 0, &s), -ERANGE);
	KEXPECT_EQ(kstrtoint("2147483648", 0, &i), -ERANGE);
	KEXPECT_EQ(kstrtou8("256", 0, &byte), -ERANGE);
}

KTEST_BARE(kstrtox, booleans_and_loose_forms)
{
	bool on = false;
	char *end;

	KEXPECT_EQ(kstrtobool("on", &on), 0);
	KEXPECT_TRUE(on);
	KEXPECT_EQ(kstrtobool("off", &on), 0);
	KEXPECT_FALSE(on);
	KEXPECT_EQ(kstrtobool("maybe", &on), -EINVAL);
	KEXPECT_EQ(simple_strtoul("123abc", &end, 10), 123UL);
	KEXPECT_STREQ(end, "abc");
	KEXPECT_EQ(simple_strtol("-0x10z", &end, 0), -16L);
	KEXPECT_STREQ(end, "z");
	KEXPECT_EQ(simple_strtoul("x", &end, 10), 0UL);
	KEXPECT_STREQ(end, "x");
}

KTEST_BARE(cmdline, sizes_and_options)
{
	char text[] = "5,-3,7-9", *s = text, *end;
	int value = 0, ints[10];

	KEXPECT_EQ(memparse("64K", &end), 65536ULL);
	KEXPECT_EQ(memparse("1G", NULL), 1ULL << 30);
	KEXPECT_EQ(memparse("0x10m,", &end), 16ULL << 20);
	KEXPECT_STREQ(end, ",");
	KEXPECT_EQ(memparse("12", &end), 12ULL);
	KEXPECT_EQ(memparse("K", &end), 0ULL);
	KEXPECT_STREQ(end, "K");
	KEXPECT_EQ(get_option(&s, &value), 2);
	KEXPECT_EQ(value, 5);
	KEXPECT_EQ(get_option(&s, &value), 2);
	KEXPECT_EQ(value, -3);
	KEXPECT_EQ(get_option(&s, &value), 3);
	KEXPECT_STREQ(get_options("1,3-5,9", 10, ints), "");
	KEXPECT_EQ(ints[0], 5);
	KEXPECT_EQ(ints[1], 1);
	KEXPECT_EQ(ints[4], 5);
	KEXPECT_EQ(ints[5], 9);
	KEXPECT_TRUE(parse_option_str("a,bc,d", "bc"));
	KEXPECT_FALSE(parse_option_str("a,bc,d", "b"));
}

KTEST_BARE(cmdline, words)
{
	char text[] = "quiet mem=32M name=\"two words\"  last", *name, *value, *rest;

	rest = next_arg(text, &name, &value);
	KEXPECT_STREQ(name, "quiet");
	KEXPECT_NULL(value);
	rest = next_arg(rest, &name, &value);
	KEXPECT_STREQ(name, "mem");
	KEXPECT_STREQ(value, "32M");
	rest = next_arg(rest, &name, &value);
	KEXPECT_STREQ(name, "name");
	KEXPECT_STREQ(value, "two words");
	rest = next_arg(rest, &name, &value);
	KEXPECT_STREQ(name, "last");
	KEXPECT_STREQ(rest, "");
}

KTEST_BARE(math64, divisions_and_roots)
{
	u64 n = 1000000007ULL * 3 + 2;

	KEXPECT_EQ(do_div(n, 1000000007U), 2U);
	KEXPECT_EQ(n, 3ULL);
	KEXPECT_EQ(mul_u64_u64_div_u64(~0ULL, 1000, 1000), ~0ULL);
	KEXPECT_EQ(mul_u64_u64_div_u64(1ULL << 63, 6, 12), 1ULL << 62);
	KEXPECT_EQ(mul_u64_u64_div_u64(~0ULL, 2, 1), ~0ULL);
	KEXPECT_EQ(mul_u64_u64_shr(1ULL << 40, 1ULL << 40, 32), 1ULL << 48);
	for (int i = 0; i < 1000; i++) {
		unsigned long x = ktest_random() >> ktest_random_below(64), r = int_sqrt(x);

		KASSERT_LE(r * r, x);
		KASSERT_TRUE(r == 0xffffffffUL || (r + 1) * (r + 1) > x);
	}
	KEXPECT_EQ(int_sqrt(~0UL), 0xffffffffUL);
	KEXPECT_EQ(gcd(12, 18), 6UL);
	KEXPECT_EQ(gcd(0, 5), 5UL);
	KEXPECT_EQ(lcm(4, 6), 12UL);
}

KTEST_BARE(crc, check_values)
{
	const unsigned char digits[] = "123456789";

	/* The published check values of each algorithm. */
	KEXPECT_EQ(crc32_le(~0U, digits, 9) ^ ~0U, 0xcbf43926U);
	KEXPECT_EQ(crc32c(~0U, digits, 9) ^ ~0U, 0xe3069283U);
	KEXPECT_EQ(crc32_be(~0U, digits, 9) ^ ~0U, 0xfc891918U);
	KEXPECT_EQ(crc16(0, digits, 9), 0xbb3d);
	/* In pieces it is the same. */
	KEXPECT_EQ(crc32_le(crc32_le(7, digits, 4), digits + 4, 5), crc32_le(7, digits, 9));
}

KTEST_BARE(siphash, vectors_of_the_paper)
{
	siphash_key_t key = { { 0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL } };
	u8 bytes[64];
	u64 words[4];

	for (int i = 0; i < 64; i++)
		bytes[i] = i;
	KEXPECT_EQ(siphash(bytes, 0, &key), 0x726fdb47dd0e0e31ULL);
	KEXPECT_EQ(siphash(bytes, 8, &key), 0x93f5f5799a932462ULL);
	KEXPECT_EQ(siphash(bytes, 15, &key), 0xa129ca6149be45e5ULL);
	memcpy(words, bytes, sizeof(words));
	KEXPECT_EQ(siphash_1u64(words[0], &key), siphash(bytes, 8, &key));
	KEXPECT_EQ(siphash_2u64(words[0], words[1], &key), siphash(bytes, 16, &key));
	KEXPECT_EQ(siphash_4u64(words[0], words[1], words[2], words[3], &key),
		   siphash(bytes, 32, &key));
	KEXPECT_EQ(siphash_1u32((u32)words[0], &key), siphash(bytes, 4, &key));
	KEXPECT_EQ(siphash_3u32((u32)words[0], words[0] >> 32, (u32)words[1], &key),
		   siphash(bytes, 12, &key));
}

KTEST_BARE(jhash, agrees_with_lookup3)
{
	u32 words[5] = { 1, 2, 3, 4, 5 };

	/* hashlittle("Four score and seven years ago", 30, 0) of the author's self-test. */
	KEXPECT_EQ(jhash("Four score and seven years ago", 30, 0xdeadbeef - JHASH_INITVAL),
		   0x17770551U);
	KEXPECT_EQ(jhash("Four score and seven years ago", 30, 1), 0xcd628161U);
	KEXPECT_EQ(jhash2(words, 5, 9), jhash(words, 20, 9));
	KEXPECT_EQ(jhash_3words(1, 2, 3, 9), jhash2(words, 3, 9));
}

KTEST_BARE(hash, spreads)
{
	unsigned int used[16] = {};

	for (unsigned long i = 0; i < 1600; i++)
		used[hash_long(i * 4096, 4)]++;
	for (int i = 0; i < 16; i++) {
		KEXPECT_GT(used[i], 50U);
		KEXPECT_LT(used[i], 200U);
	}
	KEXPECT_EQ(hashlen_len(hashlen_string(NULL, "usr/bin")), 3U);
	KEXPECT_EQ(hashlen_hash(hashlen_string(NULL, "usr/bin")), full_name_hash(NULL, "usr", 3));
	KEXPECT_NE(full_name_hash(NULL, "usr", 3), full_name_hash(NULL, "usr\0", 4));
	KEXPECT_NE(full_name_hash(NULL, "abcdefgh", 8), full_name_hash(NULL, "abcdefgi", 8));
}

KTEST_BARE(uuid, text_and_back)
{
	const char *text = "00112233-4455-6677-8899-aabbccddeeff";
	uuid_t u;
	guid_t g;

	KEXPECT_TRUE(uuid_is_valid(text));
	KEXPECT_FALSE(uuid_is_valid("00112233-4455-6677-8899_aabbccddeeff"));
	KEXPECT_FALSE(uuid_is_valid("0011"));
	KASSERT_EQ(uuid_parse(text, &u), 0);
	KEXPECT_EQ(u.b[0], 0x00);
	KEXPECT_EQ(u.b[15], 0xff);
	KASSERT_EQ(guid_parse(text, &g), 0);
	KEXPECT_EQ(g.b[0], 0x33);
	KEXPECT_EQ(uuid_parse("x", &u), -EINVAL);
	uuid_make_v4(&u);
	KEXPECT_EQ(u.b[6] >> 4, 4);
	KEXPECT_EQ(u.b[8] >> 6, 2);
}
