// SPDX-License-Identifier: MIT
// I/O priorities: what may be set, for whom, and who inherits them. And process_mrelease().
#include "test.h"
#include <linux/ioprio.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#ifndef SYS_process_mrelease
#define SYS_process_mrelease 448
#endif

#define PRIO(class, data) ((class) << 13 | (data))

static long set(int which, int who, int ioprio)
{
	return syscall(SYS_ioprio_set, which, who, ioprio);
}

static long get(int which, int who)
{
	return syscall(SYS_ioprio_get, which, who);
}

static void kinds(void)
{
	CHECK_EQ(get(IOPRIO_WHO_PROCESS, 0), 0);
	for (int level = 0; level < 8; level++) {
		CHECK_OK(set(IOPRIO_WHO_PROCESS, 0, PRIO(IOPRIO_CLASS_BE, level)));
		CHECK_EQ(get(IOPRIO_WHO_PROCESS, getpid()), PRIO(IOPRIO_CLASS_BE, level));
	}
	CHECK_OK(set(IOPRIO_WHO_PROCESS, 0, PRIO(IOPRIO_CLASS_IDLE, 0)));
	CHECK_EQ(get(IOPRIO_WHO_PROCESS, 0), PRIO(IOPRIO_CLASS_IDLE, 0));
	CHECK_OK(set(IOPRIO_WHO_PROCESS, 0, 0));
	CHECK_EQ(get(IOPRIO_WHO_PROCESS, 0), 0);
}

static void errors(void)
{
	CHECK_ERR(set(IOPRIO_WHO_PROCESS, 0, PRIO(IOPRIO_CLASS_NONE, 4)), EINVAL);
	CHECK_ERR(set(IOPRIO_WHO_PROCESS, 0, PRIO(4, 4)), EINVAL);
	CHECK_ERR(set(IOPRIO_WHO_PROCESS, 0, -1), EINVAL);
	CHECK_ERR(set(77, 0, PRIO(IOPRIO_CLASS_BE, 4)), EINVAL);
	CHECK_ERR(set(IOPRIO_WHO_PROCESS, 0x7ffffffe, PRIO(IOPRIO_CLASS_BE, 4)), ESRCH);
	CHECK_ERR(set(IOPRIO_WHO_PGRP, 0x7ffffffe, PRIO(IOPRIO_CLASS_BE, 4)), ESRCH);
	CHECK_ERR(set(IOPRIO_WHO_USER, 0x7ffffffe, PRIO(IOPRIO_CLASS_BE, 4)), ESRCH);
	CHECK_ERR(get(77, 0), EINVAL);
	CHECK_ERR(get(0, 0), EINVAL);
	CHECK_ERR(get(IOPRIO_WHO_PROCESS, 0x7ffffffe), ESRCH);
	CHECK_ERR(get(IOPRIO_WHO_PGRP, 0x7ffffffe), ESRCH);
}

static void child_has_it(void)
{
	CHECK_EQ(get(IOPRIO_WHO_PROCESS, 0), PRIO(IOPRIO_CLASS_BE, 2));
	CHECK_OK(set(IOPRIO_WHO_PROCESS, 0, PRIO(IOPRIO_CLASS_BE, 6)));
}

static void group_of_two(void)
{
	CHECK_OK(setpgid(0, 0));
	CHECK_OK(set(IOPRIO_WHO_PGRP, 0, PRIO(IOPRIO_CLASS_BE, 3)));
	CHECK_EQ(get(IOPRIO_WHO_PGRP, 0), PRIO(IOPRIO_CLASS_BE, 3));
	CHECK_EQ(get(IOPRIO_WHO_PROCESS, 0), PRIO(IOPRIO_CLASS_BE, 3));
}

static void inherited(void)
{
	int status;
	pid_t pid;

	CHECK_OK(set(IOPRIO_WHO_PROCESS, 0, PRIO(IOPRIO_CLASS_BE, 2)));
	CHECK_EQ(test_in_child(child_has_it), 0);
	CHECK_EQ(get(IOPRIO_WHO_PROCESS, 0), PRIO(IOPRIO_CLASS_BE, 2));
	/* CLONE_IO shares one. */
	pid = syscall(SYS_clone, CLONE_IO | SIGCHLD, 0, 0, 0, 0);
	if (!pid)
		_exit(set(IOPRIO_WHO_PROCESS, 0, PRIO(IOPRIO_CLASS_BE, 5)) ? 1 : 0);
	NEED(waitpid(pid, &status, 0) == pid);
	CHECK_EQ(status, 0);
	CHECK_EQ(get(IOPRIO_WHO_PROCESS, 0), PRIO(IOPRIO_CLASS_BE, 5));
	CHECK_EQ(test_in_child(group_of_two), 0);
}

static void ordinary_user(void)
{
	NEED(!setuid(1234));
	CHECK_ERR(set(IOPRIO_WHO_PROCESS, 0, PRIO(IOPRIO_CLASS_RT, 4)), EPERM);
	CHECK_ERR(set(IOPRIO_WHO_PROCESS, getppid(), PRIO(IOPRIO_CLASS_BE, 4)), EPERM);
	CHECK_OK(set(IOPRIO_WHO_PROCESS, 0, PRIO(IOPRIO_CLASS_IDLE, 0)));
}

static void permissions(void)
{
	if (geteuid())
		return;
	CHECK_OK(set(IOPRIO_WHO_PROCESS, 0, PRIO(IOPRIO_CLASS_RT, 4)));
	CHECK_OK(set(IOPRIO_WHO_PROCESS, 0, PRIO(IOPRIO_CLASS_BE, 4)));
	CHECK_EQ(test_in_child(ordinary_user), 0);
}

static void mrelease(void)
{
	int pidfd, status;
	pid_t pid;

	CHECK_ERR(syscall(SYS_process_mrelease, -1, 0), EBADF);
	CHECK_ERR(syscall(SYS_process_mrelease, 0, 1), EINVAL);
	pid = fork();
	if (!pid) {
		char *mem = mmap(NULL, 8 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
				 -1, 0);

		if (mem != MAP_FAILED)
			memset(mem, 1, 8 << 20);
		for (;;)
			pause();
	}
	pidfd = syscall(SYS_pidfd_open, pid, 0);
	CHECK_OK(pidfd);
	/* It is not dying. */
	CHECK_ERR(syscall(SYS_process_mrelease, pidfd, 0), EINVAL);
	kill(pid, SIGKILL);
	/* Released, or gone already. */
	if (syscall(SYS_process_mrelease, pidfd, 0))
		CHECK_EQ(errno, ESRCH);
	NEED(waitpid(pid, &status, 0) == pid);
	CHECK_ERR(syscall(SYS_process_mrelease, pidfd, 0), ESRCH);
	close(pidfd);
}

int main(void)
{
	RUN(kinds);
	RUN(errors);
	RUN(inherited);
	RUN(permissions);
	RUN(mrelease);
	return test_done();
}
