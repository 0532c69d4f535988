/* SPDX-License-Identifier: MIT */
/* What the first programs share: /init and /run-program. */
#ifndef INIT_COMMON_H
#define INIT_COMMON_H

#define SIGBIT(sig) (1UL << ((sig) - 1))
#define WNOHANG_ 1
#define SA_RESTORER_ 0x04000000
#define STATUS_FILE "/proc/sys/kernel/poweroff_status"

/* The layout that the kernel reads; libc's struct sigaction is another. */
struct kernel_sigaction {
	void (*handler)(int);
	unsigned long flags;
	void (*restorer)(void);
	unsigned long mask;
};

/* Each program's own: its name in messages, and what it does; the result is its exit status. */
extern const char program[];
int run(int argc, char **argv, char **envp);

unsigned long length(const char *s);
int starts_with(const char *s, const char *prefix);
/* Adds s to the text in buf, whose length is *at. 0: no room. */
int append(char *buf, unsigned long size, unsigned long *at, const char *s);
/* One line on standard error. */
void complain(const char *what, const char *which);
void mount_one(const char *type, const char *where, unsigned long flags, const char *options);
/* /proc, /sys, and /dev with what programs expect in it. */
void mount_own(void);
void reopen_console(void);
void take_terminal(void);
/*
 * execvp() by the PATH of env (execute.c): complains, and returns 126 or 127. The word before the
 * command is taken too, when a script of the shell needs one more.
 */
int execute(char **command, char **env);
/* To an open STATUS_FILE: what ./vmlinux exits with. */
void write_status(long fd, int status);
/*
 * Blocks a set of signals, to be taken by rt_sigtimedwait(). The first process ignores signals
 * whose action is the default, on kernels that look at the action before the mask: each gets one.
 */
void prepare_signals(unsigned long set);

#endif
