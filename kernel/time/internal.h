/* SPDX-License-Identifier: MIT */
/* Between the files of kernel/time. */
#ifndef KERNEL_TIME_INTERNAL_H
#define KERNEL_TIME_INTERNAL_H

#include <kern/types.h>

/* All: this CPU, interrupts masked. */

/* Runs the hrtimers that are due. */
void hrtimer_run_due(void);
/* When the first hrtimer of this CPU is due, ns of CLOCK_MONOTONIC; KTIME_MAX: none. */
u64 hrtimer_next_event(void);

#endif
