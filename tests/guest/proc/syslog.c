// SPDX-License-Identifier: MIT
/* Kernel messages: syslog(2), /dev/kmsg and /proc/kmsg. */
#include "test.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/klog.h>

enum { READ_ALL = 3, CONSOLE_LEVEL = 8, SIZE_BUFFER = 10 };

static char text[1 << 20];

static void the_log_has_a_size(void)
{
	int size = klogctl(SIZE_BUFFER, NULL, 0), n;

	CHECK_GT(size, 4096);
	n = klogctl(READ_ALL, text, sizeof(text));
	CHECK_GE(n, 0);
	if (n > 0)
		CHECK_EQ(text[0], '<');
	CHECK_EQ(klogctl(READ_ALL, text, 0), 0);
}

static void bad_arguments(void)
{
	CHECK_ERR(klogctl(READ_ALL, NULL, 10), EINVAL);
	CHECK_ERR(klogctl(READ_ALL, text, -1), EINVAL);
	CHECK_ERR(klogctl(77, text, 10), EINVAL);
	CHECK_ERR(klogctl(CONSOLE_LEVEL, NULL, 0), EINVAL);
	CHECK_ERR(klogctl(CONSOLE_LEVEL, NULL, 9), EINVAL);
}

static void a_written_line_comes_back(void)
{
	char line[1024], *p;
	struct pollfd pfd;
	int w, r, n, found = 0;

	w = open("/dev/kmsg", O_WRONLY);
	r = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	NEED(w >= 0 && r >= 0);
	CHECK_OK(lseek(r, 0, SEEK_END));
	CHECK_ERR(lseek(r, 5, SEEK_SET), ESPIPE);
	n = snprintf(line, sizeof(line), "<13>guest test %d says hello\n", getpid());
	CHECK_EQ(write(w, line, n), n);
	pfd = (struct pollfd){ .fd = r, .events = POLLIN };
	CHECK_EQ(poll(&pfd, 1, 1000), 1);
	while ((n = read(r, line, sizeof(line) - 1)) > 0) {
		line[n] = '\0';
		p = strchr(line, ';');
		if (p && !strncmp(p + 1, "guest test ", 11) && atoi(p + 12) == getpid()) {
			found = 1;
			CHECK_EQ(atoi(line), 13);
		}
	}
	CHECK_EQ(found, 1);
	CHECK_EQ(errno, EAGAIN);
	CHECK_OK(lseek(r, 0, SEEK_SET));
	CHECK_ERR(read(r, line, 3), EINVAL);
	close(r);
	close(w);
}

int main(void)
{
	int fd;

	if (klogctl(SIZE_BUFFER, NULL, 0) < 0)
		SKIP("syslog(2) is not for this user");
	RUN(the_log_has_a_size);
	fd = open("/dev/kmsg", O_RDWR);
	if (geteuid() != 0 || fd < 0)
		SKIP("/dev/kmsg cannot be opened");
	close(fd);
	RUN(bad_arguments);
	RUN(a_written_line_comes_back);
	return test_done();
}
