/* SPDX-License-Identifier: MIT */
/* Filters of a task's system calls: what the rest of the kernel calls. See docs/seccomp.md. */
#ifndef KERN_SECCOMP_H
#define KERN_SECCOMP_H

#include <kern/types.h>

struct pt_regs;
struct task_struct;

/* Asks the filters of current about the call in regs. 0: make it; -1: ax holds the result. */
int secure_computing(struct pt_regs *regs);

/* fork: the child starts with the parent's filters. => siglock of current held */
void seccomp_copy(struct task_struct *child);
/* The filters of a dead task, or of one that never lived. => any context */
void seccomp_filter_release(struct task_struct *task);

/* prctl(PR_GET_SECCOMP), prctl(PR_SET_SECCOMP). */
long prctl_get_seccomp(void);
long prctl_set_seccomp(unsigned long mode, void *filter);
/* PTRACE_SECCOMP_GET_FILTER, PTRACE_SECCOMP_GET_METADATA. => the task is stopped by current */
long seccomp_get_filter(struct task_struct *task, unsigned long index, void *data);
long seccomp_get_metadata(struct task_struct *task, unsigned long size, void *data);

#endif
