/* SPDX-License-Identifier: MIT */
/* Interval timers and POSIX timers of a process, as fork and exit see them. */
#ifndef KERN_ITIMER_H
#define KERN_ITIMER_H

struct signal_struct;
struct task_struct;

/* A new process has no timers. */
/* SIGALRM was taken: a periodic ITIMER_REAL starts its next period. => siglock held */
void itimer_rearm(struct task_struct *task);
void itimer_init(struct signal_struct *sig);
/* The last thread goes: stops ITIMER_REAL and deletes POSIX timers. => may sleep */
void exit_itimers(struct task_struct *task);
/* execve() keeps interval timers and deletes POSIX timers. => may sleep */
void exec_itimers(struct task_struct *task);

#endif
