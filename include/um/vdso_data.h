/* SPDX-License-Identifier: MIT */
/*
 * The page of the clocks: written by the kernel (um/time/clock.c), read by the kernel and,
 * through a read-only mapping, by the vDSO in every guest. Both compute a time from the same
 * words by the same function, so a program never sees the system call and the vDSO disagree.
 *
 * A writer makes `seq` odd, reads the time stamp counter, stores what the clocks were at that
 * instant under the old numbers, and makes `seq` even. A reader that got the old numbers read
 * the counter before it, so no clock goes back; that the host's cores agree on the counter is a
 * condition for VDSO_TSC (host_tsc_usable()), and a counter before `cycle_last` counts as that.
 */
#ifndef UM_VDSO_DATA_H
#define UM_VDSO_DATA_H

#include <kern/types.h>
#include <linux/time.h>

/* Clocks have the numbers of the ABI: up to CLOCK_TAI. */
#define VDSO_CLOCKS 12
#define VDSO_NS_PER_SEC 1000000000UL

enum vdso_mode {
	VDSO_ASK, /* time needs a system call */
	VDSO_TSC
};

struct vdso_clock {
	u64 sec;
	u64 nsec; /* below 10^9 */
};

struct vdso_data {
	u32 seq;	/* odd while the page is written */
	u32 mode;	/* enum vdso_mode */
	u64 cycle_last; /* time stamp counter when the clocks below were right */
	u64 mult;	/* ns of CLOCK_MONOTONIC_RAW for a cycle, times 2^32 */
	u64 ntp_mult;	/* of all others: as adjtimex() would have them */
	struct vdso_clock clocks[VDSO_CLOCKS];
	s32 tz_minuteswest, tz_dsttime;
};

/* Not before the loads above it, and not after those below. */
static inline u64 vdso_rdtsc(void)
{
	u32 low, high, aux;

	__asm__ volatile("rdtscp" : "=a"(low), "=d"(high), "=c"(aux) : : "memory");
	return (u64)high << 32 | low;
}

/* ns of this clock since cycle_last. => within a read section */
static inline u64 vdso_elapsed(const struct vdso_data *data, int clock, u64 tsc)
{
	u64 delta = tsc - data->cycle_last;

	if ((s64)delta <= 0)
		return 0;
	return (unsigned __int128)delta *
		       (clock == CLOCK_MONOTONIC_RAW ? data->mult : data->ntp_mult) >> 32;
}

static inline u32 vdso_read_begin(const struct vdso_data *data)
{
	return __atomic_load_n(&data->seq, __ATOMIC_ACQUIRE);
}

static inline bool vdso_read_retry(const struct vdso_data *data, u32 seq)
{
	__asm__ volatile("" : : : "memory");
	return __atomic_load_n(&data->seq, __ATOMIC_RELAXED) != seq;
}

#endif
