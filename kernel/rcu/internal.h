/* SPDX-License-Identifier: MIT */
/* Between the files of kernel/rcu. */
#ifndef KERNEL_RCU_INTERNAL_H
#define KERNEL_RCU_INTERNAL_H

#include <kern/cpumask.h>
#include <kern/types.h>

/* What one wait for a grace period knows of the CPUs that keep it waiting. */
struct rcu_stall {
	u64 begin;			/* sched_clock() */
	u64 limit;			/* of CPU time: when to speak next */
	bool noted;			/* the times below are there */
	u64 used[NR_CPUS];		/* host CPU time of each when it was noted */
};

void rcu_stall_begin(struct rcu_stall *stall);
/* Looks whether one of these CPUs has run for too long without a quiescent state. => may sleep */
void rcu_stall_check(struct rcu_stall *stall, const struct cpumask *waiting);

#endif
