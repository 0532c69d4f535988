/* SPDX-License-Identifier: MIT */
/* What the tests of ptrace share. */
#ifndef GUEST_PTRACE_TRACE_H
#define GUEST_PTRACE_TRACE_H

#include "test.h"

#include <fcntl.h>
#include <linux/ptrace.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>

/* The raw call: PEEK* through memory, errors by errno. */
static inline long pt(long request, pid_t pid, unsigned long addr, unsigned long data)
{
	return syscall(SYS_ptrace, request, (long)pid, addr, data);
}

#define PT(request, pid, addr, data) pt(request, pid, (unsigned long)(addr), (unsigned long)(data))

#define SIGNAL_STOP(sig)      ((sig) << 8 | 0x7f)
#define EVENT_STOP(event)     ((event) << 16 | SIGTRAP << 8 | 0x7f)
#define GROUP_STOP(sig)	      (PTRACE_EVENT_STOP << 16 | (sig) << 8 | 0x7f)
#define SYSCALL_STOP	      ((SIGTRAP | 0x80) << 8 | 0x7f)
#define EXITED(code)	      ((code) << 8)

/* The next status of that task; -1 when there is none. */
static inline int wait_status(pid_t pid)
{
	int status = -1;

	while (waitpid(pid, &status, __WALL) < 0)
		if (errno != EINTR)
			return -1;
	return status;
}

#define EXPECT_STATUS(pid, status) CHECK_EQ(wait_status(pid), status)

static inline struct user_regs_struct get_regs(pid_t pid)
{
	struct user_regs_struct regs = {};

	CHECK_OK(PT(PTRACE_GETREGS, pid, 0, &regs));
	return regs;
}

static inline void set_regs(pid_t pid, struct user_regs_struct *regs)
{
	CHECK_OK(PT(PTRACE_SETREGS, pid, 0, regs));
}

static inline unsigned long peek(pid_t pid, const volatile void *addr)
{
	unsigned long word = 0;

	CHECK_OK(PT(PTRACE_PEEKDATA, pid, addr, &word));
	return word;
}

static inline unsigned long event_message(pid_t pid)
{
	unsigned long message = 0;

	CHECK_OK(PT(PTRACE_GETEVENTMSG, pid, 0, &message));
	return message;
}

/* A child that is traced and stopped by SIGSTOP, and then runs fn. */
static inline pid_t spawn_traced(void (*fn)(void), unsigned long options)
{
	pid_t pid = fork();

	if (!pid) {
		test_failures = 0;
		if (PT(PTRACE_TRACEME, 0, 0, 0))
			_exit(90);
		raise(SIGSTOP);
		fn();
		_exit(test_failures ? 91 : 0);
	}
	NEED(pid > 0);
	NEED(wait_status(pid) == SIGNAL_STOP(SIGSTOP));
	if (options)
		CHECK_OK(PT(PTRACE_SETOPTIONS, pid, 0, options));
	return pid;
}

/* A child that nobody traces. */
static inline pid_t spawn(void (*fn)(void))
{
	pid_t pid = fork();

	if (!pid) {
		test_failures = 0;
		fn();
		_exit(test_failures ? 91 : 0);
	}
	NEED(pid > 0);
	return pid;
}

static inline void reap_killed(pid_t pid)
{
	kill(pid, SIGKILL);
	for (int status = 0; waitpid(pid, &status, __WALL) == pid;)
		if (!WIFSTOPPED(status))
			break;
}

/* The text of one line of /proc/PID/status behind its name; empty when it is not there. */
static inline const char *proc_status(pid_t pid, const char *name)
{
	static char line[256];
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file)) {
		size_t len = strlen(name);

		if (strncmp(line, name, len) || line[len] != ':')
			continue;
		fclose(file);
		line[strcspn(line, "\n")] = 0;
		return line + len + 2;
	}
	if (file)
		fclose(file);
	return "";
}

#endif
