// SPDX-License-Identifier: MIT
/* Keyrings: links, searches, cycles, restrictions. */
#include "keys.h"

static void add_and_read(void)
{
	long key, again;
	char buf[8];

	new_session();
	key = add_user("fruit", "apple", SESSION);
	CHECK_GT(key, 0);
	CHECK_STR(payload(key), "apple");
	/* The size, and nothing when it does not fit. */
	memset(buf, 'x', sizeof(buf));
	CHECK_EQ(keyctl(KEYCTL_READ, key, buf, 3), 5);
	CHECK_EQ(keyctl(KEYCTL_READ, key, NULL, 0), 5);
	CHECK_EQ(keyctl(KEYCTL_READ, key, buf, 8), 5);
	CHECK_EQ(buf[5], 'x');
	CHECK_ERR(keyctl(KEYCTL_READ, key, (char *)8, 8), EFAULT);
	/* A second one of the same name is an update. */
	again = add_user("fruit", "pear", SESSION);
	CHECK_EQ(again, key);
	CHECK_STR(payload(key), "pear");
	CHECK_EQ(keyctl(KEYCTL_UPDATE, key, "fig", 3), 0);
	CHECK_STR(payload(key), "fig");
	CHECK_ERR(keyctl(KEYCTL_UPDATE, key, NULL, 0), EINVAL);
	CHECK_ERR(keyctl(KEYCTL_UPDATE, key, "fig", 5000), EINVAL);
	CHECK_ERR(keyctl(KEYCTL_UPDATE, SESSION, "fig", 3), EOPNOTSUPP);
}

static void bad_arguments(void)
{
	static char long_text[5000];

	new_session();
	memset(long_text, 'a', sizeof(long_text) - 1);
	CHECK_ERR(add_key("nosuch", "d", "x", 1, SESSION), ENODEV);
	CHECK_ERR(add_key(".user", "d", "x", 1, SESSION), EPERM);
	CHECK_ERR(add_key("", "d", "x", 1, SESSION), EINVAL);
	CHECK_ERR(add_key(long_text, "d", "x", 1, SESSION), EINVAL);
	CHECK_ERR(add_key((char *)8, "d", "x", 1, SESSION), EFAULT);
	CHECK_ERR(add_key("user", NULL, "x", 1, SESSION), EINVAL);
	CHECK_ERR(add_key("user", "", "x", 1, SESSION), EINVAL);
	CHECK_ERR(add_key("user", long_text, "x", 1, SESSION), EINVAL);
	CHECK_ERR(add_key("user", (char *)8, "x", 1, SESSION), EFAULT);
	CHECK_ERR(add_key("user", "d", (char *)8, 1, SESSION), EFAULT);
	CHECK_ERR(add_key("user", "d", NULL, 0, SESSION), EINVAL);
	CHECK_ERR(add_key("user", "d", "x", 1 << 20, SESSION), EINVAL);
	CHECK_ERR(add_key("keyring", "d", "x", 1, SESSION), EINVAL);
	CHECK_ERR(add_key("keyring", ".d", NULL, 0, SESSION), EPERM);
	CHECK_ERR(add_key("user", "d", "x", 1, 0), EINVAL);
	CHECK_ERR(add_key("user", "d", "x", 1, -9), EINVAL);
	CHECK_ERR(add_key("user", "d", "x", 1, KEY_SPEC_GROUP_KEYRING), EINVAL);
	CHECK_ERR(add_key("user", "d", "x", 1, KEY_SPEC_REQKEY_AUTH_KEY), ENOKEY);
	CHECK_ERR(add_key("user", "d", "x", 1, 0x7fffffff), ENOKEY);
	CHECK_ERR(add_key("user", "d", "x", 1, add_user("u", "x", SESSION)), ENOTDIR);
	CHECK_ERR(add_key("logon", "d", "x", 1, SESSION), EINVAL);
	CHECK_ERR(add_key("logon", ":d", "x", 1, SESSION), EINVAL);
	CHECK_ERR(keyctl(99, 0), EOPNOTSUPP);
	CHECK_ERR(keyctl(KEYCTL_CLEAR, add_user("u", "x", SESSION)), ENOTDIR);
}

static void logon_keys_are_not_read(void)
{
	long key;

	new_session();
	key = add_key("logon", "svc:me", "secret", 6, SESSION);
	CHECK_GT(key, 0);
	CHECK_ERR(keyctl(KEYCTL_READ, key, NULL, 0), EOPNOTSUPP);
	CHECK(strstr(describe(key), "3d010000;svc:me"));
	CHECK_EQ(keyctl(KEYCTL_UPDATE, key, "new", 3), 0);
}

static void describe_tells_all(void)
{
	char want[64], buf[4];
	long key;

	new_session();
	key = add_user("d", "x", SESSION);
	snprintf(want, sizeof(want), "user;%d;%d;3f010000;d", geteuid(), getegid());
	CHECK_STR(describe(key), want);
	CHECK_EQ(keyctl(KEYCTL_DESCRIBE, key, buf, sizeof(buf)), (int)strlen(want) + 1);
	CHECK_EQ(keyctl(KEYCTL_DESCRIBE, key, NULL, 0), (int)strlen(want) + 1);
	CHECK_ERR(keyctl(KEYCTL_DESCRIBE, key, (char *)8, 100), EFAULT);
	key = add_ring("r", SESSION);
	snprintf(want, sizeof(want), "keyring;%d;%d;3f010000;r", geteuid(), getegid());
	CHECK_STR(describe(key), want);
	snprintf(want, sizeof(want), "keyring;%d;%d;3f030000;_ses", geteuid(), getegid());
	CHECK_STR(describe(SESSION), want);
	CHECK_EQ(keyctl(KEYCTL_GET_SECURITY, key, NULL, 0), 1);
}

static void links(void)
{
	int list[4] = { 0 };
	long a, b, key;

	new_session();
	a = add_ring("a", SESSION);
	b = add_ring("b", SESSION);
	key = add_user("k", "x", a);
	CHECK_EQ(keyctl(KEYCTL_READ, a, list, sizeof(list)), 4);
	CHECK_EQ(list[0], key);
	CHECK_EQ(keyctl(KEYCTL_LINK, key, b), 0);
	CHECK_EQ(keyctl(KEYCTL_LINK, key, b), 0);
	CHECK_EQ(keyctl(KEYCTL_READ, b, NULL, 0), 4);
	CHECK_EQ(keyctl(KEYCTL_UNLINK, key, a), 0);
	CHECK_ERR(keyctl(KEYCTL_UNLINK, key, a), ENOENT);
	CHECK_ERR(keyctl(KEYCTL_LINK, key, key), ENOTDIR);
	CHECK_ERR(keyctl(KEYCTL_UNLINK, key, key), ENOTDIR);
	CHECK_STR(payload(key), "x");
	/* A link to another of the same name takes its place. */
	long other = add_user("k", "y", a);

	CHECK_NE(other, key);
	CHECK_EQ(keyctl(KEYCTL_LINK, other, b), 0);
	CHECK_EQ(keyctl(KEYCTL_READ, b, list, sizeof(list)), 4);
	CHECK_EQ(list[0], other);
	CHECK_EQ(keyctl(KEYCTL_CLEAR, b), 0);
	CHECK_EQ(keyctl(KEYCTL_READ, b, list, sizeof(list)), 0);
	CHECK_STR(payload(other), "y");
}

static void move(void)
{
	long a, b, key;

	new_session();
	a = add_ring("a", SESSION);
	b = add_ring("b", SESSION);
	key = add_user("k", "x", a);
	CHECK_ERR(keyctl(KEYCTL_MOVE, key, a, b, 2), EINVAL);
	CHECK_ERR(keyctl(KEYCTL_MOVE, key, b, a, 0), ENOENT);
	CHECK_EQ(keyctl(KEYCTL_MOVE, key, a, a, 0), 0);
	CHECK_EQ(keyctl(KEYCTL_MOVE, key, a, b, 0), 0);
	CHECK_EQ(keyctl(KEYCTL_READ, a, NULL, 0), 0);
	long other = add_user("k", "y", a);

	CHECK_ERR(keyctl(KEYCTL_MOVE, other, a, b, KEYCTL_MOVE_EXCL), EEXIST);
	CHECK_EQ(keyctl(KEYCTL_MOVE, other, a, b, 0), 0);
	CHECK_EQ(keyctl(KEYCTL_READ, b, NULL, 0), 4);
	CHECK_ERR(keyctl(KEYCTL_MOVE, other, b, other, 0), ENOTDIR);
}

static void cycles_and_depth(void)
{
	long rings[10], key;

	new_session();
	for (int i = 0; i < 10; i++) {
		char name[8];

		snprintf(name, sizeof(name), "r%d", i);
		rings[i] = add_ring(name, SESSION);
		/* What lies deeper than a search goes is not possessed. */
		CHECK_EQ(keyctl(KEYCTL_SETPERM, rings[i], 0x3f3f0000), 0);
		if (i)
			CHECK_EQ(keyctl(KEYCTL_LINK, rings[i], rings[i - 1]), 0);
	}
	for (int i = 1; i < 10; i++)
		CHECK_EQ(keyctl(KEYCTL_UNLINK, rings[i], SESSION), 0);
	CHECK_ERR(keyctl(KEYCTL_LINK, rings[0], rings[0]), EDEADLK);
	CHECK_ERR(keyctl(KEYCTL_LINK, rings[0], rings[1]), EDEADLK);
	CHECK_ERR(keyctl(KEYCTL_LINK, rings[0], rings[6]), EDEADLK);
	CHECK_ERR(keyctl(KEYCTL_LINK, rings[0], rings[8]), ELOOP);
	/* A search goes six levels down. */
	key = add_user("deep", "x", rings[6]);
	CHECK_EQ(keyctl(KEYCTL_SEARCH, rings[0], "user", "deep", 0), key);
	CHECK_EQ(keyctl(KEYCTL_UNLINK, key, rings[6]), 0);
	key = add_user("deep", "x", rings[7]);
	CHECK_ERR(keyctl(KEYCTL_SEARCH, rings[0], "user", "deep", 0), ENOKEY);
	CHECK_EQ(keyctl(KEYCTL_SEARCH, rings[1], "user", "deep", 0), key);
}

static void search(void)
{
	long a, b, key, upper;

	new_session();
	a = add_ring("a", SESSION);
	b = add_ring("b", SESSION);
	key = add_user("k", "x", a);
	CHECK_EQ(keyctl(KEYCTL_SEARCH, SESSION, "user", "k", 0), key);
	CHECK_EQ(keyctl(KEYCTL_SEARCH, SESSION, "keyring", "a", 0), a);
	CHECK_EQ(keyctl(KEYCTL_SEARCH, a, "keyring", "a", 0), a);
	CHECK_ERR(keyctl(KEYCTL_SEARCH, b, "user", "k", 0), ENOKEY);
	CHECK_ERR(keyctl(KEYCTL_SEARCH, SESSION, "logon", "k", 0), ENOKEY);
	CHECK_ERR(keyctl(KEYCTL_SEARCH, SESSION, "nosuch", "k", 0), ENOKEY);
	CHECK_ERR(keyctl(KEYCTL_SEARCH, SESSION, ".x", "k", 0), EPERM);
	CHECK_ERR(keyctl(KEYCTL_SEARCH, key, "user", "k", 0), ENOTDIR);
	/* What is here comes before what is below. */
	upper = add_user("k", "y", SESSION);
	CHECK_EQ(keyctl(KEYCTL_SEARCH, SESSION, "user", "k", b), upper);
	CHECK_EQ(keyctl(KEYCTL_SEARCH, b, "user", "k", 0), upper);
	CHECK_EQ(request_key("user", "k", NULL, 0), upper);
	CHECK_ERR(request_key("user", "nosuch", NULL, 0), ENOKEY);
	CHECK_ERR(request_key("nosuch", "k", NULL, 0), ENOKEY);
	/* Of what may not be searched, nothing is found. */
	CHECK_EQ(keyctl(KEYCTL_SETPERM, upper, 0x37010000), 0);
	CHECK_EQ(keyctl(KEYCTL_SETPERM, b, 0x37010000), 0);
	CHECK_EQ(keyctl(KEYCTL_SEARCH, SESSION, "user", "k", 0), key);
	CHECK_EQ(keyctl(KEYCTL_UNLINK, key, a), 0);
	CHECK_ERR(keyctl(KEYCTL_SEARCH, SESSION, "user", "k", 0), EACCES);
}

static void restriction(void)
{
	long ring, key;

	new_session();
	ring = add_ring("r", SESSION);
	key = add_user("k", "x", SESSION);
	CHECK_ERR(keyctl(KEYCTL_RESTRICT_KEYRING, ring, "user", "x"), ENOENT);
	CHECK_ERR(keyctl(KEYCTL_RESTRICT_KEYRING, ring, "nosuch", "x"), ENOKEY);
	CHECK_ERR(keyctl(KEYCTL_RESTRICT_KEYRING, ring, NULL, "x"), EINVAL);
	CHECK_ERR(keyctl(KEYCTL_RESTRICT_KEYRING, key, NULL, NULL), ENOTDIR);
	CHECK_EQ(keyctl(KEYCTL_RESTRICT_KEYRING, ring, NULL, NULL), 0);
	CHECK_ERR(keyctl(KEYCTL_RESTRICT_KEYRING, ring, NULL, NULL), EEXIST);
	CHECK_ERR(keyctl(KEYCTL_LINK, key, ring), EPERM);
	CHECK_ERR(add_user("n", "x", ring), EPERM);
}

static void capabilities(void)
{
	unsigned char caps[8];

	memset(caps, 0xff, sizeof(caps));
	CHECK_EQ(keyctl(KEYCTL_CAPABILITIES, caps, sizeof(caps)), 2);
	CHECK_EQ(caps[0] & 0xe3, 0xe3);
	CHECK_EQ(caps[1] & 1, 1);
	CHECK_EQ(caps[2], 0);
	CHECK_EQ(caps[7], 0);
	CHECK_EQ(keyctl(KEYCTL_CAPABILITIES, NULL, 0), 2);
}

static void big_keys(void)
{
	static char big[600000], back[600000];
	long key;

	new_session();
	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = i * 7;
	key = add_key("big_key", "b", big, sizeof(big), SESSION);
	if (key < 0 && errno == ENODEV)
		return; /* a kernel may come without */
	CHECK_GT(key, 0);
	CHECK_EQ(keyctl(KEYCTL_READ, key, back, sizeof(back)), (long)sizeof(big));
	CHECK(!memcmp(big, back, sizeof(big)));
	CHECK_EQ(keyctl(KEYCTL_READ, key, back, 10), (long)sizeof(big));
	CHECK_EQ(add_key("big_key", "b", big, 10, SESSION), key);
	CHECK_EQ(keyctl(KEYCTL_READ, key, back, sizeof(back)), 10);
	CHECK_ERR(add_key("big_key", "c", "", 0, SESSION), EINVAL);
}

int main(void)
{
	RUN(add_and_read);
	RUN(bad_arguments);
	RUN(logon_keys_are_not_read);
	RUN(describe_tells_all);
	RUN(links);
	RUN(move);
	RUN(cycles_and_depth);
	RUN(search);
	RUN(restriction);
	RUN(capabilities);
	RUN(big_keys);
	return test_done();
}
