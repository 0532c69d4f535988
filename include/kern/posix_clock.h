/* SPDX-License-Identifier: MIT */
/* Clocks as programs name them, CPU clocks of tasks among them. */
#ifndef KERN_POSIX_CLOCK_H
#define KERN_POSIX_CLOCK_H

#include <kern/ktime.h>
#include <kern/types.h>

struct task_struct;

/* Negative clock ids name the CPU clock of a process or thread: ~pid << 3, and these bits. */
#define CPUCLOCK_PROF		  0
#define CPUCLOCK_VIRT		  1
#define CPUCLOCK_SCHED		  2
#define CPUCLOCK_WHICH(clock)	  ((clock)&3)
#define CPUCLOCK_IS_THREAD(clock) ((clock)&4)
#define CPUCLOCK_PID(clock)	  ((pid_t) ~((clock) >> 3))

/* A CPU clock id in its general form: the two fixed ids become ids of pid 0 (current). */
static inline bool clock_is_cpu(clockid_t clock)
{
	return clock < 0 || clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_THREAD_CPUTIME_ID;
}

/* The task behind a CPU clock with a reference, or NULL when there is none, or no right to it. */
struct task_struct *cpu_clock_task(clockid_t clock, bool for_timer);
bool cpu_clock_is_thread(clockid_t clock);
/* CPUCLOCK_*. */
int cpu_clock_which(clockid_t clock);
/* Its value, ns. */
u64 cpu_clock_sample(clockid_t clock, struct task_struct *task);

/* The clock's time, or -EINVAL for one that does not exist. */
int posix_clock_read(clockid_t clock, struct timespec64 *ts);
/* Can timers and sleeps use it? 0, -EINVAL (no such clock), -EOPNOTSUPP, -EPERM (alarms). */
int posix_clock_check_timer(clockid_t clock);

#endif
