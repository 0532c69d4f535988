/* SPDX-License-Identifier: MIT */
/* What the tests of seccomp share. */
#ifndef GUEST_SECCOMP_FILTER_H
#define GUEST_SECCOMP_FILTER_H

#include "test.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#define LOAD_NR	     BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))
#define LOAD_ARG(n)  BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args) + 8 * (n))
#define RETURN(k)    BPF_STMT(BPF_RET | BPF_K, k)
#define IF_EQ(k, n)  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, k, 0, n)

static inline long seccomp(unsigned int op, unsigned int flags, const void *args)
{
	return syscall(SYS_seccomp, op, flags, args);
}

static inline void no_new_privs(void)
{
	NEED(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
}

static inline long set_program(struct sock_filter *insns, unsigned int len, unsigned int flags)
{
	struct sock_fprog prog = { .len = len, .filter = insns };

	return seccomp(SECCOMP_SET_MODE_FILTER, flags, &prog);
}

#define SET_PROGRAM(insns, flags) set_program(insns, sizeof(insns) / sizeof((insns)[0]), flags)

/* That call gets that answer, all others are allowed. */
static inline long answer_call(int nr, unsigned int answer, unsigned int flags)
{
	struct sock_filter insns[] = { LOAD_NR, IF_EQ(nr, 1), RETURN(answer),
				       RETURN(SECCOMP_RET_ALLOW) };

	return SET_PROGRAM(insns, flags);
}

#endif
