/* SPDX-License-Identifier: MIT */
/* The types of signals that struct task_struct embeds; operations are in <kern/signal.h>. */
#ifndef KERN_SIGNAL_TYPES_H
#define KERN_SIGNAL_TYPES_H

#include <kern/types.h>
#include <lib/list.h>

#include <linux/signal.h>

/* sigset_t is one unsigned long on this machine: bit n - 1 stands for signal n. */
#define _NSIG 64

typedef siginfo_t kernel_siginfo_t;

struct user_struct;

#define SIGQUEUE_PREALLOC 1 /* belongs to a POSIX timer, which frees it */

/* One queued signal with its information. */
struct sigqueue {
	struct list_head list;
	unsigned int flags;
	kernel_siginfo_t info;
	struct user_struct *user; /* whose RLIMIT_SIGPENDING it counts against */
};

/* Signals that wait for one task, or for a whole thread group. Guarded by sighand->siglock. */
struct sigpending {
	struct list_head list;
	sigset_t signal;
};

struct k_sigaction {
	struct sigaction sa;
};

/* A signal taken off the queue, ready for its frame. */
struct ksignal {
	struct k_sigaction ka;
	kernel_siginfo_t info;
	int sig;
};

struct pollfd;

/* How restart_syscall() goes on with a call that a signal interrupted. */
struct restart_block {
	long (*fn)(struct restart_block *restart);
	union {
		struct {
			u32 *uaddr;
			u32 val;
			u32 flags;
			u32 bitset;
			s64 time; /* absolute end, ns; 0: none */
			int clockid;
		} futex;
		struct {
			int clockid;
			void *rmtp;  /* guest address of the remaining time, or NULL */
			s64 expires; /* absolute end, ns */
		} nanosleep;
		struct {
			struct pollfd *ufds;
			int nfds;
			bool has_timeout;
			s64 tv_sec; /* absolute end, CLOCK_MONOTONIC */
			s64 tv_nsec;
		} poll;
	};
};

#endif
