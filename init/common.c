// SPDX-License-Identifier: MIT
/* What the first programs share, with no libc. */
#include <asm/ioctls.h>
#include <asm/signal.h>
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/mount.h>

#include "common.h"
#include "syscalls.h"

unsigned long length(const char *s)
{
	unsigned long n = 0;

	while (s[n])
		n++;
	return n;
}

void complain(const char *what, const char *which)
{
	sys3(write, 2, program, length(program));
	sys3(write, 2, ": ", 2);
	sys3(write, 2, what, length(what));
	sys3(write, 2, which, length(which));
	sys3(write, 2, "\n", 1);
}

int starts_with(const char *s, const char *prefix)
{
	while (*prefix)
		if (*s++ != *prefix++)
			return 0;
	return 1;
}

void mount_one(const char *type, const char *where, unsigned long flags, const char *options)
{
	sys2(mkdir, where, 0755);
	long err = sys5(mount, type, where, type, flags, options);

	if (err && err != -EBUSY)
		complain("cannot mount ", where);
}

void mount_own(void)
{
	mount_one("proc", "/proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, 0);
	mount_one("sysfs", "/sys", MS_NOSUID | MS_NODEV | MS_NOEXEC, 0);
	mount_one("devtmpfs", "/dev", MS_NOSUID, "mode=0755");
	mount_one("devpts", "/dev/pts", MS_NOSUID | MS_NOEXEC, "mode=0620,gid=5,ptmxmode=0666");
	sys2(symlink, "/proc/self/fd", "/dev/fd");
	sys2(symlink, "/proc/self/fd/0", "/dev/stdin");
	sys2(symlink, "/proc/self/fd/1", "/dev/stdout");
	sys2(symlink, "/proc/self/fd/2", "/dev/stderr");
}

/*
 * The kernel opened the console in the initial archive's /dev, which devtmpfs now hides: open it
 * again where programs that ask for the terminal's name will find it.
 */
void reopen_console(void)
{
	char termios[64];
	long console = -1;

	for (int fd = 0; fd < 3; fd++) {
		if (sys3(ioctl, fd, TCGETS, termios))
			continue;
		if (console < 0)
			console = sys3(open, "/dev/console", O_RDWR, 0);
		if (console < 0)
			return;
		sys3(dup3, console, fd, 0);
	}
	if (console > 2)
		sys1(close, console);
}

/* A session of its own, with the first descriptor that is a terminal as controlling one. */
void take_terminal(void)
{
	sys0(setsid);
	for (int fd = 0; fd < 3; fd++)
		if (sys3(ioctl, fd, TIOCSCTTY, 0) == 0)
			return;
}

void write_status(long fd, int status)
{
	char digits[4];
	int at = sizeof(digits);

	digits[--at] = '\n';
	do {
		digits[--at] = '0' + status % 10;
		status /= 10;
	} while (status && at);
	sys3(write, fd, digits + at, sizeof(digits) - at);
}

int append(char *buf, unsigned long size, unsigned long *at, const char *s)
{
	unsigned long len = length(s);

	if (*at + len >= size)
		return 0;
	for (unsigned long i = 0; i <= len; i++)
		buf[*at + i] = s[i];
	*at += len;
	return 1;
}

static void never_runs(int sig)
{
	(void)sig;
}

void prepare_signals(unsigned long set)
{
	struct kernel_sigaction act = { .handler = never_runs, .flags = SA_RESTORER_ };

	sys4(rt_sigprocmask, SIG_SETMASK, &set, 0, sizeof(set));
	for (int sig = 1; sig < 32; sig++)
		if (set & SIGBIT(sig))
			sys4(rt_sigaction, sig, &act, 0, sizeof(set));
}

/* Called by _start with the stack that the kernel made: argc, argv, NULL, envp, NULL. */
__attribute__((noreturn, used)) void begin(long *stack)
{
	int argc = stack[0];
	char **argv = (char **)(stack + 1);

	sys1(exit_group, run(argc, argv, argv + argc + 1));
	__builtin_unreachable();
}

__asm__(".globl _start\n_start:\n\txor %ebp, %ebp\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall begin\n");
