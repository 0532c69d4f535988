/* SPDX-License-Identifier: MIT */
/* Turns of vCPUs that want to spin with their guests, and have too few host cores: turns.c. */
#ifndef UM_TRAP_TURNS_H
#define UM_TRAP_TURNS_H

#include <kern/types.h>

struct guest_slot;

/* Shall this vCPU let others use the host's cores, instead of running its guest now? */
bool turns_must_wait(const struct guest_slot *slot);

/* ---- the wait: => interrupts masked, the guest parked ---- */

void turns_wait_begin(void);
/* Sleeps for a while. False: the wait is over. An interrupt may be pending. */
bool turns_wait(void);
void turns_wait_end(void);

/* The task leaves this vCPU. => any context */
void turns_release(void);

#endif
