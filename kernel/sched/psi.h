/* SPDX-License-Identifier: MIT */
/* What is counted for pressure stall information; the essay is in psi.c. */
#ifndef KERNEL_SCHED_PSI_H
#define KERNEL_SCHED_PSI_H

#include <kern/psi.h>
#include <lib/list.h>

/* Tasks of a group on a CPU: bits for changes, and indices. */
enum psi_count {
	PSI_NR_RUNNING,		/* that may run, whether they do or wait */
	PSI_NR_ONCPU,		/* 1: the one that runs is of the group */
	PSI_NR_IOWAIT,
	PSI_NR_MEMSTALL,	/* between psi_memstall_enter() and _leave(), awake or asleep */
	PSI_NR_MEMSTALL_RUNNING, /* of those, that may run */
	PSI_NR_MEMSTALL_ONCPU,	/* 1: of those, the one that runs */
	NR_PSI_COUNTS
};

/* A group on one CPU. Guarded by the CPU's rq->lock, but for `collected`. */
struct psi_cpu {
	unsigned int nr[NR_PSI_COUNTS];
	unsigned int mask;		/* states it is in */
	u64 since;			/* when it came to be in them */
	u64 times[NR_PSI_STATES];	/* ns, without the open stretch */
	u64 collected[NR_PSI_STATES];	/* psi_lock: what of `times` is in the group's sums */
};

/*
 * A group on all CPUs.
 *   (p) psi_lock
 */
struct psi_group {
	bool enabled;			/* WRITE_ONCE; who counts looks at it under rq->lock */
	struct list_head node;		/* p: in the list of all groups but the system's */
	u64 sampled_until;		/* p: sched_clock() */
	u64 total[NR_PSI_STATES];	/* p: ns */
	u64 fresh[NR_PSI_STATES];	/* p: ns of `total` that are not yet in the averages */
	unsigned long averages[NR_PSI_STATES][3]; /* p: per cent, FSHIFT bits */
};

/* The state that a line shows; NR_PSI_STATES: one that never is. */
enum psi_state psi_state_of(const struct psi_group *group, enum psi_resource resource, bool full);
/* Keeps the group; lets it go. => any context */
void psi_group_get(struct psi_group *group);
void psi_group_put(struct psi_group *group);
/* Makes the psi of a task group part of what is sampled; the last reference goes. => any context */
void psi_group_init(struct psi_group *group);
void psi_group_exit(struct psi_group *group);

#endif
