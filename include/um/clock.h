/* SPDX-License-Identifier: MIT */
/* The host's clocks and this vCPU's one-shot timer. */
#ifndef UM_CLOCK_H
#define UM_CLOCK_H

#include <kern/types.h>

/* CLOCK_MONOTONIC of the host, ns. => any context. */
u64 um_clock_ns(void);
/* CLOCK_REALTIME of the host, ns since 1970. => any context. */
u64 um_wall_ns(void);
/* CLOCK_BOOTTIME of the host minus CLOCK_MONOTONIC: time the host spent suspended, ns. */
u64 um_suspended_ns(void);

/*
 * This vCPU's clockevent: one interrupt IRQ_TIMER `delta` ns from now (0: at once). A new
 * call replaces the earlier one. => preemption off.
 */
void um_timer_program(u64 delta);
/* => preemption off. An interrupt that was already on its way may still arrive. */
void um_timer_cancel(void);

#endif
