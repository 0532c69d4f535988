/* SPDX-License-Identifier: MIT */
/* Resource limits and usage. */
#ifndef KERN_RESOURCE_H
#define KERN_RESOURCE_H

#include <kern/signal.h>
#include <kern/task.h>
#include <kern/types.h>

#include <linux/resource.h>

struct rusage;

static inline unsigned long task_rlimit(const struct task_struct *task, unsigned int limit)
{
	return READ_ONCE(task->signal->rlim[limit].rlim_cur);
}

static inline unsigned long task_rlimit_max(const struct task_struct *task, unsigned int limit)
{
	return READ_ONCE(task->signal->rlim[limit].rlim_max);
}

#define rlimit(limit)	  task_rlimit(current, limit)
#define rlimit_max(limit) task_rlimit_max(current, limit)

/* CPU time of a whole group so far, ns. => no lock held. */
void thread_group_cputime(struct task_struct *task, struct task_cputime *times);
/* What getrusage() says; who: RUSAGE_SELF, RUSAGE_CHILDREN, RUSAGE_THREAD, RUSAGE_BOTH. */
void getrusage(struct task_struct *task, int who, struct rusage *usage);

/* Called by the scheduler's tick for the running task: CPU timers and RLIMIT_CPU. */
void run_posix_cpu_timers(void);

#endif
