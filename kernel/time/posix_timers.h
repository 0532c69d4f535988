/* SPDX-License-Identifier: MIT */
/* Between interval timers and POSIX timers: those on CPU clocks. */
#ifndef TIME_POSIX_TIMERS_H
#define TIME_POSIX_TIMERS_H

#include <kern/types.h>

struct signal_struct;

/* Is a timer on a CPU clock armed? => siglock held */
bool posix_cpu_timers_pending(struct signal_struct *sig);
/* Fires those of current's process that are due. => interrupt context, no lock held */
void posix_cpu_timers_expire(void);

#endif
