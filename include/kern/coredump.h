/* SPDX-License-Identifier: MIT */
/* Core files: what signals and exit call. See docs/ptrace.md. */
#ifndef KERN_COREDUMP_H
#define KERN_COREDUMP_H

#include <kern/signal_types.h>
#include <kern/types.h>

/*
 * Writes a core of current for a fatal signal, if limits and settings want one. Ends the other
 * threads of the group. True: there is one. => no locks, may sleep
 */
bool do_coredump(const kernel_siginfo_t *info);

/* A thread that dies while its group is dumped waits here until its registers are written. */
void coredump_task_exit(void);

#endif
