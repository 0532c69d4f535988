// SPDX-License-Identifier: MIT
/* Triggers of /proc/pressure: what may be written, and that poll() tells of stalls. */
#include "../test.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/wait.h>

static int open_pressure(const char *name)
{
	int fd = open(name, O_RDWR | O_NONBLOCK);

	if (fd < 0)
		exit(77);
	return fd;
}

static ssize_t put(int fd, const char *text)
{
	return write(fd, text, strlen(text) + 1);
}

static void malformed_triggers_are_refused(void)
{
	int fd = open_pressure("/proc/pressure/memory");

	CHECK_ERR(put(fd, "most 150000 1000000"), EINVAL);
	CHECK_ERR(put(fd, "some"), EINVAL);
	CHECK_ERR(put(fd, "some 150000"), EINVAL);
	CHECK_ERR(put(fd, "some 150000 100000"), EINVAL);
	CHECK_ERR(put(fd, "some 150000 11000000"), EINVAL);
	CHECK_ERR(put(fd, "some 0 1000000"), EINVAL);
	CHECK_ERR(put(fd, "some 1000001 1000000"), EINVAL);
	close(fd);
}

static void one_trigger_a_file(void)
{
	int fd = open_pressure("/proc/pressure/io"), other = open_pressure("/proc/pressure/io");
	struct pollfd p = { .fd = other, .events = POLLPRI };

	CHECK_EQ(put(fd, "full 500000 2000000"), 20);
	CHECK_ERR(put(fd, "some 150000 1000000"), EBUSY);
	/* Without a trigger there is nothing to wait for. */
	CHECK_EQ(poll(&p, 1, 10000), 1);
	CHECK_EQ(p.revents & (POLLERR | POLLPRI), POLLERR | POLLPRI);
	close(fd);
	close(other);
}

/* More spinners than CPUs: somebody waits all the time. */
static void poll_tells_of_a_stall(void)
{
	int fd = open_pressure("/proc/pressure/cpu"), status;
	struct pollfd p = { .fd = fd, .events = POLLPRI };
	pid_t pids[3];
	cpu_set_t one;

	CHECK_EQ(put(fd, "some 50000 2000000"), 19);
	for (int i = 0; i < 3; i++) {
		pids[i] = fork();
		if (!pids[i]) {
			CPU_ZERO(&one);
			CPU_SET(0, &one);
			sched_setaffinity(0, sizeof(one), &one);
			for (;;)
				;
		}
	}
	CHECK_EQ(poll(&p, 1, -1), 1);
	CHECK_EQ(p.revents, POLLPRI);
	for (int i = 0; i < 3; i++) {
		kill(pids[i], SIGKILL);
		CHECK_EQ(waitpid(pids[i], &status, 0), pids[i]);
	}
	close(fd);
}

int main(void)
{
	RUN(malformed_triggers_are_refused);
	RUN(one_trigger_a_file);
	RUN(poll_tells_of_a_stall);
	return test_done();
}
