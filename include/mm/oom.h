/* SPDX-License-Identifier: MIT */
/* The out-of-memory killer. */
#ifndef MM_OOM_H
#define MM_OOM_H

#include <kern/types.h>
#include <mm/gfp.h>

#define OOM_SCORE_ADJ_MIN (-1000)
#define OOM_SCORE_ADJ_MAX 1000

/* /proc/sys/vm: panics instead; takes who asks; lists who might be taken. */
extern int sysctl_panic_on_oom, sysctl_oom_kill_allocating_task, sysctl_oom_dump_tasks;

/*
 * Kills the task with the highest score of those that may have memory of the nodes: false when there was
 * none. => task context
 */
bool out_of_memory(gfp_t gfp, unsigned int order, nodemask_t nodes);
/* A task's badness in pages (negative: never kill); /proc/PID/oom_score scales it by 1000. */
long oom_badness(struct task_struct *task, unsigned long totalpages);
/* A guest page fault found no memory: waits, so that it is retried; ends the process in the end. */
void pagefault_out_of_memory(void);

#endif
