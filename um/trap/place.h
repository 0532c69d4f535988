/* SPDX-License-Identifier: MIT */
/* Which host core the threads of a vCPU run on. */
#ifndef UM_TRAP_PLACE_H
#define UM_TRAP_PLACE_H

struct guest_slot;

/*
 * Binds this vCPU to its host core, and the parked guest thread too.
 * => preemption off, the guest not released yet.
 */
void place_threads(struct guest_slot *slot);

#endif
