/* SPDX-License-Identifier: MIT */
/* Reading and setting the clocks. All readers: any context. */
#ifndef KERN_TIMEKEEPING_H
#define KERN_TIMEKEEPING_H

#include <kern/ktime.h>

/* CLOCK_MONOTONIC: from boot of this kernel on, never set back. */
ktime_t ktime_get(void);
/* CLOCK_REALTIME, CLOCK_BOOTTIME, CLOCK_TAI. */
ktime_t ktime_get_real(void);
ktime_t ktime_get_boottime(void);
ktime_t ktime_get_clocktai(void);
/* CLOCK_MONOTONIC_RAW: the same without what adjtimex() does to it. */
ktime_t ktime_get_raw(void);
#define ktime_get_coarse() ktime_get()

static inline u64 ktime_get_ns(void) { return ktime_get(); }
static inline u64 ktime_get_real_ns(void) { return ktime_get_real(); }
static inline u64 ktime_get_boottime_ns(void) { return ktime_get_boottime(); }
static inline u64 ktime_get_raw_ns(void) { return ktime_get_raw(); }
static inline time64_t ktime_get_seconds(void) { return ktime_get() / NSEC_PER_SEC; }
static inline time64_t ktime_get_boottime_seconds(void) { return ktime_get_boottime() / NSEC_PER_SEC; }
static inline time64_t ktime_get_real_seconds(void) { return ktime_get_real() / NSEC_PER_SEC; }

static inline void ktime_get_ts64(struct timespec64 *ts) { *ts = ns_to_timespec64(ktime_get()); }
static inline void ktime_get_real_ts64(struct timespec64 *ts) { *ts = ns_to_timespec64(ktime_get_real()); }
static inline void ktime_get_boottime_ts64(struct timespec64 *ts) { *ts = ns_to_timespec64(ktime_get_boottime()); }
static inline void ktime_get_raw_ts64(struct timespec64 *ts) { *ts = ns_to_timespec64(ktime_get_raw()); }
static inline void ktime_get_clocktai_ts64(struct timespec64 *ts) { *ts = ns_to_timespec64(ktime_get_clocktai()); }
/* The clocks of the last tick: what CLOCK_*_COARSE and time stamps of files use. */
void ktime_get_coarse_ts64(struct timespec64 *ts);
void ktime_get_coarse_real_ts64(struct timespec64 *ts);
#define ktime_get_coarse_boottime_ts64(ts) ktime_get_boottime_ts64(ts)
#define ktime_get_coarse_clocktai_ts64(ts) ktime_get_clocktai_ts64(ts)

/* When this kernel was booted, CLOCK_REALTIME (btime of /proc/stat). */
void getboottime64(struct timespec64 *ts);

/* Differences to CLOCK_MONOTONIC, for hrtimers. */
ktime_t ktime_mono_to_real(ktime_t mono);

/* Steps CLOCK_REALTIME; absolute timers on it are looked at again. 0 or -EINVAL. => task context. */
int do_settimeofday64(const struct timespec64 *ts);
struct timezone;
extern struct timezone sys_tz;
void timekeeping_set_tz(const struct timezone *tz);
/* adjtimex by offset of CLOCK_TAI; seconds. */
s32 timekeeping_tai_offset(void);
void timekeeping_set_tai_offset(s32 seconds);
void timekeeping_inject_offset(s64 ns);
/* A leap second: CLOCK_REALTIME moves by `seconds`, CLOCK_TAI does not. => any context */
void timekeeping_leap(int seconds);

/* What the clocks follow now: "tsc", "host" or "virtual"; and what a CPU's timer is. */
const char *clocksource_name(void);
const char *clockevent_name(void);

void timekeeping_init(void);
/* A tick, or the end of a vCPU's idling: carries the clocks forward. => interrupts masked */
void timekeeping_tick(void);

/* ns since boot for the scheduler and printk: this CPU's view, never goes back on one CPU. */
u64 sched_clock(void);
static inline u64 local_clock(void) { return sched_clock(); }

/* Busy waits. */
void ndelay(unsigned long ns);
void udelay(unsigned long us);
void mdelay(unsigned long ms);

#endif
