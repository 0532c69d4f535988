/* SPDX-License-Identifier: MIT */
/* The host's clocks and this vCPU's one-shot timer. */
#ifndef UM_CLOCK_H
#define UM_CLOCK_H

#include <kern/types.h>

/* CLOCK_MONOTONIC of the host, ns. => any context. */
u64 um_clock_ns(void);
/* By the time stamp counter; false: by a host call each time. => any context */
bool um_clock_follows_tsc(void);
/*
 * The same for a CPU's own bookkeeping: cheaper, and readings close together may be out of order by
 * some tens of ns. => any context.
 */
u64 um_sched_ns(void);
/* CLOCK_REALTIME of the host, ns since 1970. => any context. */
u64 um_wall_ns(void);
/* CLOCK_BOOTTIME of the host minus CLOCK_MONOTONIC: time the host spent suspended, ns. */
u64 um_suspended_ns(void);

/* How far this kernel's clocks are from the host's three above. */
struct um_clock_offsets {
	s64 mono; /* to um_clock_ns(); constant once set */
	s64 real; /* to um_wall_ns() */
	s64 boot; /* to um_clock_ns() + um_suspended_ns() */
	s64 tai;  /* CLOCK_TAI to CLOCK_REALTIME */
	s32 tz_minuteswest, tz_dsttime;
};

/* From now on um_clock_read() and the vDSO follow these. => callers exclude each other */
void um_clock_publish(const struct um_clock_offsets *offsets);

/*
 * How much faster than um_clock_ns() all clocks but CLOCK_MONOTONIC_RAW go from now on: a part of
 * 2^32, less than a half either way. => interrupts masked; not from an interrupt within um/time
 */
void um_clock_adjust(s64 adjustment);

/*
 * A clock of this kernel, ns: CLOCK_REALTIME, _MONOTONIC, _MONOTONIC_RAW, _BOOTTIME or _TAI, as
 * the vDSO shows it. um_clock_read_coarse(): as of the last um_clock_tick(). => any context.
 */
u64 um_clock_read(int clock);
u64 um_clock_read_coarse(int clock);

/*
 * Brings the clocks up to date with the host's; call at every tick, and when a vCPU comes out
 * of idle. True: the host's wall clock was set. => interrupts masked
 */
bool um_clock_tick(void);

/* The frame of the page that shows the clocks to the vDSO (<um/vdso_data.h>). => after initcalls */
unsigned long um_clock_pfn(void);

/*
 * This vCPU's clockevent: one interrupt IRQ_TIMER `delta` ns of CLOCK_MONOTONIC from now (0: at once). A new
 * call replaces the earlier one. => preemption off.
 */
void um_timer_program(u64 delta);
/* => preemption off. An interrupt that was already on its way may still arrive. */
void um_timer_cancel(void);

#endif
