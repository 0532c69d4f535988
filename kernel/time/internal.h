/* SPDX-License-Identifier: MIT */
/* Between the files of kernel/time. */
#ifndef KERNEL_TIME_INTERNAL_H
#define KERNEL_TIME_INTERNAL_H

#include <kern/types.h>

struct __kernel_timex;

/* All: this CPU, interrupts masked. */

/* Runs the hrtimers that are due. */
void hrtimer_run_due(void);
/* When the first hrtimer of this CPU is due, ns of CLOCK_MONOTONIC; KTIME_MAX: none. */
u64 hrtimer_next_event(void);

/* ---- ntp.c; task context ---- */

/* adjtimex(): TIME_OK, TIME_ERROR, ... or -errno. */
int do_adjtimex(struct __kernel_timex *tx);
/* The clock was set: what was to be done about its error is done with. */
void ntp_clear(void);

#endif
