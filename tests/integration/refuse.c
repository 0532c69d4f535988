// SPDX-License-Identifier: MIT
/*
 * Plays a host, or a container, that lacks something:
 *
 *	refuse NAME... -- COMMAND...
 *
 * runs the command with a seccomp filter under which the system calls of these names fail with
 * EPERM, as container run times do it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
	const char *name;
	int nr;
} calls[] = {
	{ "cancelled", -1 },	/* by a tracer: what a container's default rule hits */
	{ "io_uring_setup", SYS_io_uring_setup },
	{ "ptrace", SYS_ptrace },
	{ "seccomp", SYS_seccomp },
};

static bool number_of(const char *name, int *nr)
{
	for (unsigned int i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		*nr = calls[i].nr;
		if (!strcmp(name, calls[i].name))
			return true;
	}
	return false;
}

int main(int argc, char **argv)
{
	struct sock_filter code[16] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	};
	struct sock_fprog program = { .filter = code };
	unsigned int len = 1;
	int i;

	for (i = 1; i < argc && strcmp(argv[i], "--"); i++) {
		int nr;

		if (!number_of(argv[i], &nr) || len + 3 > sizeof(code) / sizeof(code[0])) {
			fprintf(stderr, "refuse: %s?\n", argv[i]);
			return 2;
		}
		code[len++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1);
		code[len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
							   SECCOMP_RET_ERRNO | EPERM);
	}
	code[len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	program.len = len;
	if (i + 1 >= argc)
		return 2;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		return 77;
	execvp(argv[i + 1], argv + i + 1);
	return 127;
}
