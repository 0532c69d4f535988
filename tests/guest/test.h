/* SPDX-License-Identifier: MIT */
/*
 * Guest tests: ordinary static programs that run on the host's kernel first, which says what
 * Linux does, and then inside. Exit status 0 passes, 77 skips, anything else fails.
 *
 *	#include "test.h"		(tests/guest is on the include path)
 *
 *	static void short_read_returns_what_is_there(void)
 *	{
 *		CHECK_EQ(read(fd, buf, 10), 3);
 *		CHECK_ERR(read(-1, buf, 1), EBADF);
 *	}
 *
 *	int main(void)
 *	{
 *		RUN(short_read_returns_what_is_there);
 *		return test_done();
 *	}
 *
 * A program starts in an empty scratch folder of its own (also $TEST_TMPDIR) as root inside; on
 * the host it may run as an ordinary user or as root: check geteuid() where that matters.
 */
#ifndef GUEST_TEST_H
#define GUEST_TEST_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int test_failures __attribute__((unused));
static const char *test_current __attribute__((unused)) = "main";

#define TEST_SKIP_STATUS 77

/* Notes a failure; the text goes to standard error in one write. */
static inline __attribute__((format(printf, 3, 4))) void
test_fail(const char *file, int line, const char *fmt, ...)
{
	char text[1024];
	va_list args;
	int n = snprintf(text, sizeof(text), "%s:%d: %s: ", file, line, test_current);

	va_start(args, fmt);
	n += vsnprintf(text + n, sizeof(text) - n - 1, fmt, args);
	va_end(args);
	if (n > (int)sizeof(text) - 2)
		n = sizeof(text) - 2;
	text[n++] = '\n';
	if (write(2, text, n) < 0)
		_exit(99);
	test_failures++;
}

#define FAIL(...) test_fail(__FILE__, __LINE__, __VA_ARGS__)

#define CHECK(cond) do {							\
	if (!(cond))								\
		FAIL("%s is false (errno %d, %s)", #cond, errno, strerror(errno)); \
} while (0)

#define TEST_CMP(a, op, b) do {							\
	__typeof__((a) + 0) a_ = (a);						\
	int errno_ = errno;							\
	__typeof__((b) + 0) b_ = (b);						\
	if (!(a_ op b_))							\
		FAIL("%s %s %s: got %lld (0x%llx) and %lld (0x%llx), errno %d (%s)", #a, #op, #b, \
		     (long long)a_, (unsigned long long)a_, (long long)b_,	\
		     (unsigned long long)b_, errno_, strerror(errno_));		\
} while (0)

#define CHECK_EQ(a, b) TEST_CMP(a, ==, b)
#define CHECK_NE(a, b) TEST_CMP(a, !=, b)
#define CHECK_LT(a, b) TEST_CMP(a, <, b)
#define CHECK_LE(a, b) TEST_CMP(a, <=, b)
#define CHECK_GT(a, b) TEST_CMP(a, >, b)
#define CHECK_GE(a, b) TEST_CMP(a, >=, b)

#define CHECK_STR(a, b) do {							\
	const char *a_ = (a), *b_ = (b);					\
	if (strcmp(a_, b_))							\
		FAIL("%s is \"%s\", not \"%s\"", #a, a_, b_);			\
} while (0)

/* The call succeeds (does not return -1). */
#define CHECK_OK(call) do {							\
	errno = 0;								\
	if ((long)(call) == -1)							\
		FAIL("%s failed: errno %d (%s)", #call, errno, strerror(errno)); \
} while (0)

/* The call returns -1 with this errno. */
#define CHECK_ERR(call, error) do {						\
	errno = 0;								\
	long r_ = (long)(call);							\
	int errno_ = errno;							\
	if (r_ != -1 || errno_ != (error))					\
		FAIL("%s returned %ld with errno %d (%s), not -1 with %s", #call, r_, errno_, \
		     strerror(errno_), #error);					\
} while (0)

/* Goes no further when the ground is missing. */
#define NEED(cond) do {								\
	if (!(cond)) {								\
		FAIL("%s is needed (errno %d, %s)", #cond, errno, strerror(errno)); \
		exit(1);							\
	}									\
} while (0)

#define SKIP(why) do {								\
	fprintf(stderr, "skipped: %s\n", why);					\
	exit(TEST_SKIP_STATUS);							\
} while (0)

#define RUN(fn) do {								\
	test_current = #fn;							\
	fn();									\
	test_current = "main";							\
} while (0)

static inline int test_done(void)
{
	if (test_failures)
		fprintf(stderr, "%d checks failed\n", test_failures);
	return test_failures ? 1 : 0;
}

/* Is this the kernel under test, and not the host's? */
static inline int test_inside(void)
{
	struct utsname name;

	return !uname(&name) && strstr(name.release, "vmlinux");
}

/* Runs @fn in a child; the wait status. The child exits 0 unless @fn exits or a check fails. */
static inline int test_in_child(void (*fn)(void))
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		return -1;
	if (pid == 0) {
		test_failures = 0;
		fn();
		_exit(test_failures ? 1 : 0);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return status;
}

/* Checks made in a child count: */
#define RUN_IN_CHILD(fn) do {							\
	test_current = #fn;							\
	int status_ = test_in_child(fn);					\
	if (status_)								\
		FAIL("the child ended with wait status 0x%x", status_);		\
	test_current = "main";							\
} while (0)

static inline void test_sleep_ms(long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&ts, &ts) < 0 && errno == EINTR)
		;
}

static inline long long test_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

/* Polls until @cond holds, 5 seconds at most. */
#define WAIT_UNTIL(cond) ({							\
	long long end_ = test_now_ns() + 5000000000LL;				\
	while (!(cond) && test_now_ns() < end_)					\
		test_sleep_ms(1);						\
	!!(cond);								\
})

#endif
