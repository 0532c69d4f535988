// SPDX-License-Identifier: MIT
/* The end of keys, and who may do what: revoking, expiry, permissions, owners, quotas. */
#include "keys.h"

#include <fcntl.h>
#include <grp.h>

static void revocation(void)
{
	long ring, key;

	new_session();
	ring = add_ring("r", SESSION);
	key = add_user("k", "x", ring);
	CHECK_EQ(keyctl(KEYCTL_REVOKE, key), 0);
	CHECK_ERR(keyctl(KEYCTL_READ, key, NULL, 0), EKEYREVOKED);
	CHECK_ERR(keyctl(KEYCTL_UPDATE, key, "y", 1), EKEYREVOKED);
	CHECK_ERR(keyctl(KEYCTL_DESCRIBE, key, NULL, 0), EKEYREVOKED);
	CHECK_ERR(keyctl(KEYCTL_REVOKE, key), EKEYREVOKED);
	CHECK_ERR(keyctl(KEYCTL_SETPERM, key, 0x3f3f3f3f), EKEYREVOKED);
	CHECK_ERR(keyctl(KEYCTL_LINK, key, SESSION), EKEYREVOKED);
	CHECK_ERR(keyctl(KEYCTL_SEARCH, SESSION, "user", "k", 0), EKEYREVOKED);
	CHECK_ERR(request_key("user", "k", NULL, 0), EKEYREVOKED);
	/* A new one takes its place; it can be unlinked. */
	long next = add_user("k", "y", ring);

	CHECK_NE(next, key);
	CHECK_EQ(keyctl(KEYCTL_SEARCH, SESSION, "user", "k", 0), next);
	CHECK_EQ(keyctl(KEYCTL_REVOKE, ring), 0);
	CHECK_ERR(add_user("n", "x", ring), EKEYREVOKED);
	CHECK_ERR(keyctl(KEYCTL_READ, ring, NULL, 0), EKEYREVOKED);
	CHECK_EQ(keyctl(KEYCTL_UNLINK, ring, SESSION), 0);
	CHECK_ERR(keyctl(KEYCTL_REVOKE, 0x7ffffffe), ENOKEY);
}

static void invalidate(void)
{
	long key;
	int list[4];

	new_session();
	key = add_user("k", "x", SESSION);
	CHECK_EQ(keyctl(KEYCTL_INVALIDATE, key), 0);
	CHECK_LT(keyctl(KEYCTL_READ, key, NULL, 0), 0);
	/* Its links go soon. */
	while (keyctl(KEYCTL_READ, SESSION, list, sizeof(list)) != 0)
		usleep(1000);
}

static void expiry(void)
{
	long key;

	new_session();
	key = add_user("k", "x", SESSION);
	CHECK_EQ(keyctl(KEYCTL_SET_TIMEOUT, key, 1), 0);
	while (keyctl(KEYCTL_READ, key, NULL, 0) >= 0)
		usleep(20000);
	CHECK_ERR(keyctl(KEYCTL_READ, key, NULL, 0), EKEYEXPIRED);
	CHECK_ERR(keyctl(KEYCTL_SEARCH, SESSION, "user", "k", 0), EKEYEXPIRED);
	/* An update brings it back. */
	CHECK_EQ(add_user("k", "y", SESSION), key);
	CHECK_STR(payload(key), "y");
	CHECK_EQ(keyctl(KEYCTL_SET_TIMEOUT, key, 1000), 0);
	CHECK_EQ(keyctl(KEYCTL_SET_TIMEOUT, key, 0), 0);
	CHECK_ERR(keyctl(KEYCTL_SET_TIMEOUT, 0x7ffffffe, 1), ENOKEY);
}

static void permissions(void)
{
	long key;

	new_session();
	key = add_user("k", "x", SESSION);
	CHECK_ERR(keyctl(KEYCTL_SETPERM, key, 0x40000000), EINVAL);
	/* The possessor's rights and the owner's add up. */
	CHECK_EQ(keyctl(KEYCTL_SETPERM, key, 0x28000000), 0);
	CHECK_ERR(keyctl(KEYCTL_DESCRIBE, key, NULL, 0), EACCES);
	CHECK_ERR(keyctl(KEYCTL_UPDATE, key, "y", 1), EACCES);
	CHECK_ERR(keyctl(KEYCTL_LINK, key, SESSION), EACCES);
	CHECK_ERR(add_user("k", "y", SESSION), EACCES);
	/* Whoever finds it by a search may read it. */
	CHECK_STR(payload(key), "x");
	CHECK_EQ(keyctl(KEYCTL_SETPERM, key, 0x28010000), 0);
	CHECK_GT(keyctl(KEYCTL_DESCRIBE, key, NULL, 0), 0);
	CHECK_EQ(keyctl(KEYCTL_SETPERM, key, 0x20200000), 0);
	CHECK_ERR(keyctl(KEYCTL_READ, key, NULL, 0), EACCES);
	CHECK_ERR(keyctl(KEYCTL_SEARCH, SESSION, "user", "k", 0), EACCES);
	CHECK_ERR(keyctl(KEYCTL_INVALIDATE, key), EACCES);
	/* Revoking is for who may write, or change attributes. */
	CHECK_EQ(keyctl(KEYCTL_SETPERM, key, 0x20), 0);
	CHECK_ERR(keyctl(KEYCTL_REVOKE, key), EACCES);
	CHECK_ERR(keyctl(KEYCTL_SETPERM, key, 0x3f3f3f3f), EACCES);
	/* A link needs no right of the key to be taken away. */
	CHECK_EQ(keyctl(KEYCTL_UNLINK, key, SESSION), 0);
}

static long shared;

static void as_stranger(void)
{
	NEED(!setgroups(0, NULL) && !setresgid(54321, 54321, 54321) && !setresuid(54321, 54321, 54321));
	new_session();
	CHECK_ERR(keyctl(KEYCTL_DESCRIBE, shared, NULL, 0), EACCES);
	CHECK_EQ(keyctl(KEYCTL_READ, shared, NULL, 0), 1);
	CHECK_ERR(keyctl(KEYCTL_LINK, shared, SESSION), EACCES);
	CHECK_ERR(keyctl(KEYCTL_CHOWN, shared, 54321, -1), EACCES);
	/* His own he can give only to a group that he is in. */
	long mine = add_user("m", "x", SESSION);

	CHECK_ERR(keyctl(KEYCTL_CHOWN, mine, 0, -1), EACCES);
	CHECK_ERR(keyctl(KEYCTL_CHOWN, mine, -1, 0), EACCES);
	CHECK_EQ(keyctl(KEYCTL_CHOWN, mine, 54321, 54321), 0);
	CHECK_ERR(keyctl(KEYCTL_GET_PERSISTENT, 0, SESSION), EPERM);
	CHECK_GT(keyctl(KEYCTL_GET_PERSISTENT, -1, SESSION), 0);
	CHECK_ERR(keyctl(KEYCTL_GET_PERSISTENT, -1, mine), ENOTDIR);
}

static void strangers(void)
{
	char want[64];

	if (geteuid())
		return;
	new_session();
	shared = add_user("s", "x", SESSION);
	CHECK_EQ(keyctl(KEYCTL_SETPERM, shared, 0x3f3f0002), 0);
	CHECK_EQ(test_in_child(as_stranger), 0);
	CHECK_EQ(keyctl(KEYCTL_CHOWN, shared, 54321, 77), 0);
	snprintf(want, sizeof(want), "user;54321;77;3f3f0002;s");
	CHECK_STR(describe(shared), want);
	CHECK_EQ(keyctl(KEYCTL_CHOWN, shared, -1, -1), 0);
}

static int maximum(const char *name)
{
	char path[64];
	FILE *f;
	int n = 0;

	snprintf(path, sizeof(path), "/proc/sys/kernel/keys/%s", name);
	f = fopen(path, "r");
	NEED(f && fscanf(f, "%d", &n) == 1);
	fclose(f);
	return n;
}

/* A user of nobody else's, whose quota is all his. */
static void count_keys(void)
{
	int maxkeys = maximum("maxkeys"), n = 0;
	char name[16];

	NEED(!setresuid(54322, 54322, 54322));
	new_session();
	for (;;) {
		snprintf(name, sizeof(name), "k%d", n);
		if (add_user(name, "x", SESSION) < 0)
			break;
		n++;
	}
	CHECK_EQ(errno, EDQUOT);
	CHECK_LT(n, maxkeys);
	CHECK_GT(n, maxkeys - 10);
	CHECK_ERR(keyctl(KEYCTL_JOIN_SESSION_KEYRING, "more"), EDQUOT);
	/* What is taken away gives its share back. */
	CHECK_EQ(keyctl(KEYCTL_CLEAR, SESSION), 0);
	while (add_user("again", "x", SESSION) < 0) {
		CHECK_EQ(errno, EDQUOT);
		usleep(1000);
	}
}

static void count_bytes(void)
{
	static char data[32767];
	int maxbytes = maximum("maxbytes");
	long key;

	NEED(!setresuid(54323, 54323, 54323));
	new_session();
	if (maxbytes > (int)sizeof(data))
		return;
	CHECK_ERR(add_key("user", "k", data, maxbytes, SESSION), EDQUOT);
	key = add_key("user", "k", data, maxbytes / 2, SESSION);
	CHECK_GT(key, 0);
	CHECK_ERR(add_key("user", "k2", data, maxbytes / 2, SESSION), EDQUOT);
	CHECK_ERR(add_key("user", "k", data, maxbytes, SESSION), EDQUOT);
	CHECK_EQ(keyctl(KEYCTL_READ, key, NULL, 0), maxbytes / 2);
	CHECK_EQ(add_key("user", "k", data, 1, SESSION), key);
	CHECK_GT(add_key("user", "k2", data, maxbytes / 2, SESSION), 0);
}

static void quotas(void)
{
	if (geteuid())
		return;
	CHECK_EQ(test_in_child(count_keys), 0);
	CHECK_EQ(test_in_child(count_bytes), 0);
}

/* The line of /proc/keys, or "". */
static const char *proc_line(long key)
{
	static char line[4200];
	FILE *f = fopen("/proc/keys", "r");
	char want[16];

	NEED(f);
	snprintf(want, sizeof(want), "%08lx ", key);
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, want, 9)) {
			fclose(f);
			return line;
		}
	fclose(f);
	return "";
}

static void proc_files(void)
{
	char tail[64];
	long key, ring;
	FILE *f;
	unsigned int uid;
	int refs, n, ni, qn, max, qb, maxb;

	new_session();
	key = add_user("k", "abc", SESSION);
	ring = add_ring("r", SESSION);
	snprintf(tail, sizeof(tail), " perm 3f010000 %5d %5d user      k: 3\n", geteuid(), getegid());
	CHECK(strstr(proc_line(key), tail));
	CHECK_EQ(memcmp(proc_line(key) + 9, "I--Q--- ", 8), 0);
	snprintf(tail, sizeof(tail), " perm 3f010000 %5d %5d keyring   r: empty\n", geteuid(), getegid());
	CHECK(strstr(proc_line(ring), tail));
	add_user("k", "abc", ring);
	CHECK(strstr(proc_line(ring), "keyring   r: 1\n"));
	CHECK_EQ(keyctl(KEYCTL_SET_TIMEOUT, key, 3600 * 24 * 20), 0);
	CHECK(strstr(proc_line(key), "   2w "));
	CHECK_EQ(keyctl(KEYCTL_REVOKE, key), 0);
	CHECK_EQ(memcmp(proc_line(key) + 9, "IR-Q--- ", 8), 0);
	CHECK_EQ(keyctl(KEYCTL_SETPERM, ring, 0x3e000000), 0);
	CHECK_STR(proc_line(ring), "");

	f = fopen("/proc/key-users", "r");
	NEED(f);
	while (fscanf(f, " %u: %d %d/%d %d/%d %d/%d", &uid, &refs, &n, &ni, &qn, &max, &qb, &maxb) == 8)
		if (uid == geteuid()) {
			CHECK_GT(refs, 0);
			CHECK_GE(n, ni);
			CHECK_GE(n, qn);
			CHECK_GE(qb, 6);
			CHECK_EQ(max, maximum(uid ? "maxkeys" : "root_maxkeys"));
			CHECK_EQ(maxb, maximum(uid ? "maxbytes" : "root_maxbytes"));
			refs = -1;
			break;
		}
	fclose(f);
	CHECK_EQ(refs, -1);
}

int main(void)
{
	RUN(revocation);
	RUN(invalidate);
	RUN(expiry);
	RUN(permissions);
	RUN(strangers);
	RUN(quotas);
	RUN(proc_files);
	return test_done();
}
