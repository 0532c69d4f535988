/* SPDX-License-Identifier: MIT */
/* The tick: a periodic interrupt of each CPU that does not idle, and the one-shot device below all timers. */
#ifndef KERN_TICK_H
#define KERN_TICK_H

#include <kern/types.h>

/* All: interrupts masked, this CPU. */

/* Starts the tick of this CPU. */
void tick_init_cpu(void);
/* The CPU is about to sleep: stops the tick unless something needs it. May be called again. */
void tick_idle_enter(void);
void tick_idle_exit(void);
/* A timer earlier than all others was started: expires, ns of CLOCK_MONOTONIC. */
void tick_event_at(u64 expires);
/* IRQ_TIMER. */
void tick_interrupt(bool user);

#endif
