/* SPDX-License-Identifier: MIT */
/* Stacks in the log: of tasks that sleep, and of what the CPUs do now. dump_stack() is in <kern/printk.h>. */
#ifndef KERN_BACKTRACE_H
#define KERN_BACKTRACE_H

#include <kern/types.h>

struct task_struct;

/* One task: a line of what it is, then its stack if it does not run. => any context */
void sched_show_task(struct task_struct *task);
/* All tasks whose state has one of these bits (TASK_*); 0: all tasks. => any context */
void show_state_filter(unsigned int states);

/*
 * What each online CPU does, this one included; an idle one in a line. CPUs with interrupts masked
 * answer too; one that has no host core is said not to. => any context
 */
void trigger_all_cpu_backtrace(void);
/* The same for one CPU. */
void show_cpu_backtrace(unsigned int cpu);

#endif
