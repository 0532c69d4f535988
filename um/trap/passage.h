/* SPDX-License-Identifier: MIT */
/*
 * When has every guest been in the kernel since? RCU does not tell: a guest that runs is as quiet
 * to it as an idle CPU. Here it is the one that counts, for what guests use without the kernel's
 * help and could not go on without: the code of trampolines (um/text/sites.c).
 *
 * A guest that has no vCPU is parked in its stub, behind any trampoline, but for one that does not
 * answer its kick: the vCPU leaves it and the guest runs on ("straggler").
 */
#ifndef UM_TRAP_PASSAGE_H
#define UM_TRAP_PASSAGE_H

#include <kern/types.h>
#include <um/percpu.h>

struct guest_passage {
	u64 straggles;
	u32 runs[NR_CPUS];
};

/* What was to be given up is out of reach of guests that start to run now. => any context */
void guest_passage_begin(struct guest_passage *passage);
/* Has every guest that ran at _begin been in the kernel? => any context */
bool guest_passage_over(struct guest_passage *passage);

/* ---- for user.c; => preemption off ---- */

/* This vCPU lets a guest go; before it does. */
void guest_run_begin(void);
/* It has taken the guest's event, or leaves the guest behind. */
void guest_run_end(void);
bool guest_runs(void);
/* Around the time that a guest may run without a vCPU. */
void guest_straggles(bool begins);

#endif
