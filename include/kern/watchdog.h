/* SPDX-License-Identifier: MIT */
/* Who looks whether the kernel still gets on: lockups of a CPU, tasks that hang. */
#ifndef KERN_WATCHDOG_H
#define KERN_WATCHDOG_H

#include <kern/types.h>

/* kernel/watchdog/softlockup.c. The tick; user: it hit a guest program. => interrupt context */
void softlockup_tick(bool user);
/* What runs here, or anywhere, may take long and knows it. => any context */
void touch_softlockup_watchdog(void);
void touch_all_softlockup_watchdogs(void);
unsigned int softlockup_count(void);
/* A CPU is locked up after so many ns; 0: never. From watchdog_thresh (seconds). */
extern u64 softlockup_limit_ns;
extern int watchdog_enabled, softlockup_panic, softlockup_all_cpu_backtrace;
extern int watchdog_thresh;
/* The two above changed. */
void watchdog_update(void);

/* kernel/watchdog/hardlockup.c. Every timer interrupt; the end of idle. => interrupts masked */
void hardlockup_tick(void);
void hardlockup_alive(void);
unsigned int hardlockup_count(void);
/* A CPU is after so many ns of CPU time with interrupts masked; 0: never. From watchdog_thresh. */
extern u64 hardlockup_limit_ns;
extern int hardlockup_panic;

/*
 * kernel/watchdog/hung_task.c: reports each task that has slept uninterruptibly since `limit` ns
 * before `now`, by a clock that stands still while the host lets nobody run. How many.
 */
unsigned int hung_task_check(u64 now, u64 limit);
extern unsigned long sysctl_hung_task_timeout_secs, sysctl_hung_task_check_interval_secs;
extern int sysctl_hung_task_check_count, sysctl_hung_task_warnings, sysctl_hung_task_panic;
extern int sysctl_hung_task_all_cpu_backtrace;
/* One of the two times changed. => may sleep */
void hung_task_restart(void);

#endif
