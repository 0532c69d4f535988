/* SPDX-License-Identifier: MIT */
/* POSIX timers (timer_create), as signal delivery sees them. */
#ifndef KERN_POSIX_TIMERS_H
#define KERN_POSIX_TIMERS_H

#include <kern/signal_types.h>

struct seq_file;
struct task_struct;

/*
 * A timer's signal has been taken: starts its next period and fills in the overrun count.
 * => siglock held, dropped and taken again
 */
void posixtimer_rearm(struct task_struct *task, kernel_siginfo_t *info);

/* /proc/PID/timers. */
void posix_timers_show(struct seq_file *m, struct task_struct *task);

#endif
