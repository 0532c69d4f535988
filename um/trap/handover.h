/* SPDX-License-Identifier: MIT */
/* How a vCPU and the guest thread that it runs pass the turn to each other: handover.c. */
#ifndef UM_TRAP_HANDOVER_H
#define UM_TRAP_HANDOVER_H

#include <kern/types.h>

struct guest_slot;

/*
 * Decides how this hand-over is made, and binds the two threads to host cores accordingly.
 * => preemption off, the guest not released yet.
 */
void handover_prepare(struct guest_slot *slot);

/*
 * The guest goes now: starts the clock of this hand-over. by_mapper: the mapper lets it go, on
 * this core.
 */
void handover_begin(struct guest_slot *slot, bool by_mapper);

/*
 * Waits for the event without sleeping, for a bounded while. True: it came. False: an interrupt
 * is pending, or the caller is to sleep. => interrupts masked
 */
bool handover_await(struct guest_slot *slot);

/* Would the pair spin if there were a core to spare, and gain enough to wait for one? */
bool handover_wants_away(const struct guest_slot *slot);

/* The guest does not run for a while, though its task has the vCPU. */
void handover_stay_home(struct guest_slot *slot);

/* The event came: learns from how long it took. */
void handover_end(struct guest_slot *slot);

/* A slot is given to a new thread, or back. => parked */
void handover_reset(struct guest_slot *slot);

#endif
