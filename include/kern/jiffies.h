/* SPDX-License-Identifier: MIT */
/* Coarse time: ticks since boot, and conversions. */
#ifndef KERN_JIFFIES_H
#define KERN_JIFFIES_H

#include <kern/kernel.h>
#include <kern/types.h>

#define HZ 250
#define USER_HZ 100
#define TICK_NSEC (1000000000L / HZ)
#define INITIAL_JIFFIES 0UL
#define MAX_JIFFY_OFFSET ((LONG_MAX >> 1) - 1)

/* Grows with the clock also when no tick runs: computed from the monotonic clock. */
unsigned long get_jiffies(void);
#define jiffies get_jiffies()
static inline u64 get_jiffies_64(void) { return get_jiffies(); }

#define time_after(a, b) ((long)((b) - (a)) < 0)
#define time_before(a, b) time_after(b, a)
#define time_after_eq(a, b) ((long)((a) - (b)) >= 0)
#define time_before_eq(a, b) time_after_eq(b, a)
#define time_in_range(a, b, c) (time_after_eq(a, b) && time_before_eq(a, c))
#define time_is_before_jiffies(a) time_after(jiffies, a)
#define time_is_after_jiffies(a) time_before(jiffies, a)

static inline unsigned int jiffies_to_msecs(unsigned long j) { return (unsigned int)(j * (1000 / HZ)); }
static inline unsigned int jiffies_to_usecs(unsigned long j) { return (unsigned int)(j * (1000000 / HZ)); }
static inline u64 jiffies_to_nsecs(unsigned long j) { return (u64)j * TICK_NSEC; }
static inline u64 jiffies64_to_nsecs(u64 j) { return j * TICK_NSEC; }
/* Rounds up: never sleeps shorter than asked. */
static inline unsigned long nsecs_to_jiffies(u64 ns) { return ns / TICK_NSEC; }

static inline unsigned long msecs_to_jiffies(unsigned int ms)
{
	if ((int)ms < 0)
		return MAX_JIFFY_OFFSET;
	return DIV_ROUND_UP((u64)ms * HZ, 1000);
}

static inline unsigned long usecs_to_jiffies(unsigned int us)
{
	return DIV_ROUND_UP((u64)us * HZ, 1000000);
}

/* The clock of times(2), /proc/stat and acct: 1/100 s. */
typedef long clock_t_kernel;
static inline unsigned long jiffies_to_clock_t(unsigned long j) { return j * USER_HZ / HZ; }
static inline unsigned long clock_t_to_jiffies(unsigned long c) { return c * HZ / USER_HZ; }
static inline u64 nsec_to_clock_t(u64 ns) { return ns / (1000000000L / USER_HZ); }
static inline u64 jiffies_64_to_clock_t(u64 j) { return j * USER_HZ / HZ; }

#endif
