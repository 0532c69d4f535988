// SPDX-License-Identifier: MIT
/*
 * The built-in init.
 *
 * Mounts what a shell expects, makes the console the controlling terminal of a new session
 * and runs a shell there; when the shell ends the machine powers off. Given arguments, it
 * runs them in place of the shell and powers off with their exit status (128+N for signal N),
 * which it leaves in /proc/sys/kernel/poweroff_status. Meanwhile it reaps orphans, and obeys
 * the signals of busybox's halt (SIGUSR1), poweroff (SIGUSR2) and reboot (SIGTERM).
 *
 * All signals that it waits for stay blocked and are taken by rt_sigtimedwait(): no handler
 * ever runs, so there is no race between a signal and going to sleep.
 */
#include <asm/signal.h>
#include <linux/fcntl.h>
#include <linux/mount.h>
#include <linux/reboot.h>
#include <linux/time_types.h>

#include "common.h"
#include "syscalls.h"

#define ENV_MAX 64
#define WAITED (SIGBIT(SIGCHLD) | SIGBIT(SIGUSR1) | SIGBIT(SIGUSR2) | SIGBIT(SIGTERM))

const char program[] = "init";

static void mount_all(void)
{
	mount_own();
	mount_one("tmpfs", "/tmp", MS_NOSUID | MS_NODEV, "mode=1777");
	sys2(mkdir, "/dev/shm", 0755);
	sys2(chmod, "/dev/shm", 01777);
}

static long spawn(char **argv, const char *file, char **envp)
{
	unsigned long none = 0;
	long pid = sys0(fork);

	if (pid)
		return pid;
	take_terminal();
	sys4(rt_sigprocmask, SIG_SETMASK, &none, 0, sizeof(none));
	if (file) {
		sys3(execve, file, argv, envp);
		complain("cannot execute ", file);
		sys1(exit_group, 127);
	}
	sys1(exit_group, execute(argv, envp));
	return 0;
}

static void leave_status(int status)
{
	long fd = sys3(open, STATUS_FILE, O_WRONLY, 0);

	if (fd < 0)
		return;
	write_status(fd, status);
	sys1(close, fd);
}

/* Gives every process a chance to end by itself, then ends them all, then the machine. */
static void shut_down(unsigned int how)
{
	unsigned long chld = SIGBIT(SIGCHLD);
	struct __kernel_timespec slice = { 0, 50000000 };
	int rounds = 10;

	if (sys2(kill, -1, SIGTERM) == 0) {
		sys2(kill, -1, SIGCONT);
		for (;;) {
			long pid = sys4(wait4, -1, 0, WNOHANG_, 0);

			if (pid > 0)
				continue;
			if (pid < 0 || !rounds--)
				break;
			sys4(rt_sigtimedwait, &chld, 0, &slice, sizeof(chld));
		}
		sys2(kill, -1, SIGKILL);
	}
	sys0(sync);
	sys4(reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, how, 0);
	sys1(exit_group, 0);
}

/* What a command line needs and the kernel may not have given. */
static char **environment(char **envp)
{
	static char *env[ENV_MAX];
	static char path[] = "PATH=/sbin:/bin:/usr/sbin:/usr/bin", home[] = "HOME=/root";
	static char term[] = "TERM=linux", shell[] = "SHELL=/bin/sh", user[] = "USER=root";
	char *wanted[] = { path, term, shell, user };
	int n = 0;

	env[n++] = home;
	for (; *envp && n < ENV_MAX - 8; envp++)
		if (!starts_with(*envp, "HOME="))
			env[n++] = *envp;
	for (unsigned long w = 0; w < sizeof(wanted) / sizeof(wanted[0]); w++) {
		unsigned long len = 0;
		int i = 0;

		while (wanted[w][len] != '=')
			len++;
		char name[16] = { 0 };

		for (unsigned long c = 0; c <= len; c++)
			name[c] = wanted[w][c];
		while (i < n && !starts_with(env[i], name))
			i++;
		if (i == n)
			env[n++] = wanted[w];
	}
	return env;
}

/* Waits for events for ever: children that end, orders to end. */
static void serve(long child, int want_status)
{
	unsigned long mask = WAITED;

	for (;;) {
		int status;
		long pid;

		while ((pid = sys4(wait4, -1, &status, WNOHANG_, 0)) > 0) {
			if (pid != child)
				continue;
			int code = status & 0x7f ? 128 + (status & 0x7f) : status >> 8 & 0xff;

			if (want_status)
				leave_status(code);
			shut_down(LINUX_REBOOT_CMD_POWER_OFF);
		}
		switch (sys4(rt_sigtimedwait, &mask, 0, 0, sizeof(mask))) {
		case SIGUSR1:
			shut_down(LINUX_REBOOT_CMD_HALT);
			break;
		case SIGUSR2:
			shut_down(LINUX_REBOOT_CMD_POWER_OFF);
			break;
		case SIGTERM:
			shut_down(LINUX_REBOOT_CMD_RESTART);
			break;
		}
	}
}

int run(int argc, char **argv, char **envp)
{
	static char dash_sh[] = "-sh";
	char *shell[] = { dash_sh, 0 };
	long child;

	prepare_signals(WAITED);
	sys1(umask, 022);
	mount_all();
	reopen_console();
	sys2(sethostname, "vmlinux", 7);
	sys1(chdir, "/");
	envp = environment(envp);
	child = argc > 1 ? spawn(argv + 1, 0, envp) : spawn(shell, "/bin/sh", envp);
	if (child < 0) {
		complain("cannot fork", "");
		shut_down(LINUX_REBOOT_CMD_POWER_OFF);
	}
	serve(child, argc > 1);
	return 0;
}
