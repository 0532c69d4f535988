// SPDX-License-Identifier: MIT
/*
 * request_key() with a program that makes the key. Inside, this program is /sbin/request-key itself;
 * on a host it needs keyutils, whose rules for debug:* do the same.
 */
#include "keys.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>

#define PROGRAM "/sbin/request-key"
#define GO	"/request-key-may-go-on"

/* ---- as /sbin/request-key: op key uid gid thread process session ---- */

static int make_key(long key, const char *callout)
{
	char text[128], *c = text;
	struct iovec iov[2];

	if (!strcmp(callout, "negate"))
		return keyctl(KEYCTL_NEGATE, key, 30, KEY_SPEC_REQUESTOR_KEYRING);
	if (!strcmp(callout, "rejected"))
		return keyctl(KEYCTL_REJECT, key, 30, EKEYREJECTED, KEY_SPEC_REQUESTOR_KEYRING);
	if (!strcmp(callout, "crash"))
		abort();
	if (!strcmp(callout, "wait"))
		while (access(GO, F_OK))
			usleep(1000);
	snprintf(text, sizeof(text), "Debug %s", callout);
	iov[0] = (struct iovec){ c, 3 };
	iov[1] = (struct iovec){ c + 3, strlen(c) - 3 };
	return keyctl(KEYCTL_INSTANTIATE_IOV, key, iov, 2, 0);
}

/* What is wrong shows as a key that is not made. */
static int helper(char **argv)
{
	long key = atol(argv[2]), auth;
	char callout[100];
	long n;

	if (strcmp(argv[1], "create") || keyctl(KEYCTL_NEGATE, key, 1, 0) != -1 || errno != EPERM)
		return 1;
	auth = keyctl(KEYCTL_ASSUME_AUTHORITY, key);
	if (auth <= 0 || keyctl(KEYCTL_GET_KEYRING_ID, KEY_SPEC_REQKEY_AUTH_KEY, 0) != auth)
		return 2;
	n = keyctl(KEYCTL_READ, KEY_SPEC_REQKEY_AUTH_KEY, callout, sizeof(callout) - 1);
	if (n < 0 || n >= (long)sizeof(callout))
		return 3;
	callout[n] = 0;
	/* The requestor's keyrings are searched with his rights. */
	if (strstr(describe(key), "needs-other") && request_key("user", "other", NULL, 0) < 0)
		return 4;
	if (keyctl(KEYCTL_INSTANTIATE, key + 1, "x", 1, 0) != -1 || errno != EPERM)
		return 5;
	return make_key(key, callout) ? 6 : 0;
}

/* ---- the test ---- */

static void made_by_the_program(void)
{
	long key;

	new_session();
	key = request_key("user", "debug:a", "hello", SESSION);
	CHECK_GT(key, 0);
	CHECK_STR(payload(key), "Debug hello");
	CHECK_EQ(keyctl(KEYCTL_SEARCH, SESSION, "user", "debug:a", 0), key);
	/* It is there now. */
	CHECK_EQ(request_key("user", "debug:a", "again", 0), key);
	CHECK_STR(payload(key), "Debug hello");
	/* Without a destination it goes to the first keyring of the task. */
	key = request_key("user", "debug:b", "x", 0);
	CHECK_GT(key, 0);
	CHECK_EQ(keyctl(KEYCTL_SEARCH, SESSION, "user", "debug:b", 0), key);
}

static void refused_by_the_program(void)
{
	new_session();
	CHECK_ERR(request_key("user", "debug:n", "negate", SESSION), ENOKEY);
	CHECK_ERR(request_key("user", "debug:n", "now", SESSION), ENOKEY);
	CHECK_ERR(keyctl(KEYCTL_SEARCH, SESSION, "user", "debug:n", 0), ENOKEY);
	CHECK_ERR(request_key("user", "debug:r", "rejected", SESSION), EKEYREJECTED);
	CHECK_ERR(request_key("user", "debug:r", "now", SESSION), EKEYREJECTED);
	/* A negative key becomes one by an update. */
	CHECK_GT(add_user("debug:r", "x", SESSION), 0);
	CHECK_GT(request_key("user", "debug:r", "now", SESSION), 0);
}

static void authority(void)
{
	long key;

	new_session();
	key = add_user("k", "x", SESSION);
	CHECK_ERR(keyctl(KEYCTL_INSTANTIATE, key, "x", 1, 0), EPERM);
	CHECK_ERR(keyctl(KEYCTL_NEGATE, key, 1, 0), EPERM);
	CHECK_ERR(keyctl(KEYCTL_REJECT, key, 1, 0, 0), EINVAL);
	CHECK_ERR(keyctl(KEYCTL_REJECT, key, 1, 4096, 0), EINVAL);
	CHECK_ERR(keyctl(KEYCTL_ASSUME_AUTHORITY, key), ENOKEY);
	CHECK_ERR(keyctl(KEYCTL_ASSUME_AUTHORITY, -1), EINVAL);
	CHECK_EQ(keyctl(KEYCTL_ASSUME_AUTHORITY, 0), 0);
	CHECK_ERR(request_key("keyring", "debug:k", "x", SESSION), EPERM);
	CHECK_ERR(request_key("user", "debug:k", "x", key), ENOTDIR);
}

static void *ask(void *arg)
{
	return (void *)request_key("user", "debug:shared", "x", KEY_SPEC_PROCESS_KEYRING);
}

/* Several ask for the same key: it is made once, the others wait for it. */
static void many_ask(void)
{
	pthread_t threads[8];
	void *first, *other;

	new_session();
	CHECK_GT(keyctl(KEYCTL_GET_KEYRING_ID, KEY_SPEC_PROCESS_KEYRING, 1), 0);
	for (int i = 0; i < 8; i++)
		NEED(!pthread_create(&threads[i], NULL, ask, NULL));
	pthread_join(threads[0], &first);
	CHECK_GT((long)first, 0);
	for (int i = 1; i < 8; i++) {
		pthread_join(threads[i], &other);
		CHECK_EQ((long)other, (long)first);
	}
}

static void own_rules(void)
{
	new_session();
	CHECK_ERR(request_key("user", "debug:c", "crash", SESSION), ENOKEY);
	CHECK_ERR(request_key("user", "debug:needs-other", "x", SESSION), ENOKEY);
	CHECK_EQ(keyctl(KEYCTL_CLEAR, SESSION), 0);
	CHECK_GT(add_user("other", "x", SESSION), 0);
	CHECK_GT(request_key("user", "debug:needs-other", "x", SESSION), 0);
}

static void *ask_and_wait(void *arg)
{
	return (void *)request_key("user", "debug:wait", "wait", SESSION);
}

static void *add_meanwhile(void *arg)
{
	return (void *)add_user("debug:wait", "added", SESSION);
}

static int is_in_the_making(void)
{
	char line[300];
	int found = 0;
	FILE *f = fopen("/proc/keys", "r");

	NEED(f);
	while (fgets(line, sizeof(line), f))
		found |= strstr(line, "U--") && strstr(line, "debug:wait");
	fclose(f);
	return found;
}

/* Whoever finds a key that is being made waits for it, also to replace what it holds. */
static void found_in_the_making(void)
{
	pthread_t asks, adds;
	void *asked, *added;

	new_session();
	NEED(!pthread_create(&asks, NULL, ask_and_wait, NULL));
	while (!is_in_the_making())
		usleep(1000);
	NEED(!pthread_create(&adds, NULL, add_meanwhile, NULL));
	usleep(20000);
	close(open(GO, O_CREAT | O_WRONLY, 0600));
	pthread_join(asks, &asked);
	pthread_join(adds, &added);
	CHECK_GT((long)asked, 0);
	CHECK_EQ((long)added, (long)asked);
	CHECK_STR(payload((long)added), "added");
	unlink(GO);
}

static void no_program(void)
{
	new_session();
	CHECK_ERR(request_key("user", "debug:none", "x", SESSION), ENOENT);
}

static void install(void)
{
	int from = open("/proc/self/exe", O_RDONLY), to = open(PROGRAM, O_CREAT | O_EXCL | O_WRONLY, 0755);
	struct stat st;

	NEED(from >= 0 && to >= 0 && !fstat(from, &st));
	NEED(sendfile(to, from, NULL, st.st_size) == st.st_size);
	close(from);
	close(to);
}

int main(int argc, char **argv)
{
	int inside;

	if (!strcmp(argv[0], PROGRAM))
		return argc == 8 ? helper(argv) : 9;
	inside = test_inside();
	if (inside && !geteuid() && access(PROGRAM, F_OK)) {
		RUN(no_program);
		mkdir("/sbin", 0755);
		install();
		RUN(own_rules);
		RUN(found_in_the_making);
	} else if (inside) {
		inside = 0;
	}
	RUN(authority);
	if (access(PROGRAM, X_OK) || access("/proc/self/exe", R_OK))
		SKIP("no " PROGRAM);
	RUN(made_by_the_program);
	RUN(refused_by_the_program);
	RUN(many_ask);
	if (inside)
		CHECK_OK(unlink(PROGRAM));
	return test_done();
}
