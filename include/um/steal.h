/* SPDX-License-Identifier: MIT */
/* Time that the host gave to others: um/time/steal.c. */
#ifndef UM_STEAL_H
#define UM_STEAL_H

#include <kern/types.h>

/*
 * This vCPU was busy for so many ns since the last call: for how many of them did neither it nor a
 * guest that it ran have the host's CPU? Costs a host call, and one for each guest process that ran
 * since. => interrupts masked
 */
u64 um_stolen(u64 busy);

#endif
