/* SPDX-License-Identifier: MIT */
/*
 * Virtual time (time=virtual): a clock that moves by what the guests do, not by what the host's
 * does. um/time/virtual.c explains it.
 */
#ifndef UM_VIRTUAL_H
#define UM_VIRTUAL_H

#include <kern/types.h>

/* Constant after timekeeping_init(). */
extern bool um_virtual;

/* => before anything reads a clock */
void um_virtual_init(void);

/* The clock, ns. => any context */
u64 um_virtual_ns(void);
/* What CLOCK_REALTIME is then, ns since 1970. => any context */
u64 um_virtual_wall_ns(void);
/* Time passes: what is due then is pending at once. => any context */
void um_virtual_advance(u64 ns);
/* One interrupt IRQ_TIMER `delta` ns from now, or none. => preemption off */
void um_virtual_program(u64 delta);
void um_virtual_cancel(void);

/* A trap of a guest costs what it costs. => interrupts on */
void um_virtual_trap(void);
/*
 * Nothing can run: time jumps to the next timer. False: there is none, only the host can bring
 * something. => interrupts masked
 */
bool um_virtual_idle(void);

/* Two tasks change places. => interrupts masked */
void um_virtual_note_switch(pid_t prev, pid_t next);
static inline void um_virtual_switch(pid_t prev, pid_t next)
{
	if (um_virtual)
		um_virtual_note_switch(prev, next);
}

/* CPU time of the host, ns, that a guest may use without a trap. */
u64 um_virtual_limit(void);
/* A guest used it up: the next timer is due. From here on a run is not like another. */
void um_virtual_overrun(void);

/* Waits until *word is not 0, and lets no other task run for that. => interrupts on */
void um_virtual_wait(const volatile u32 *word);

/* Tells what the run came to: the switches, and what is in memory. => nobody runs any more */
void um_virtual_report(void);

#endif
