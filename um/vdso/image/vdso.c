// SPDX-License-Identifier: MIT
/*
 * The vDSO: the code that every guest process finds mapped, to read clocks without a system
 * call. It runs as the guest, and trusts nothing but the page of the clocks, which it can only
 * read. What it cannot answer it asks the kernel.
 */
#include <kern/jiffies.h>
#include <kern/types.h>
#include <linux/time.h>
#include <linux/time_types.h>
#include <asm/unistd.h>
#include <um/vdso_data.h>

/* A writer that lost its host core in the middle: better ask than wait. */
#define MAX_TRIES 1000

#define BIT(n) (1U << (n))
#define FINE_CLOCKS                                                                                \
	(BIT(CLOCK_REALTIME) | BIT(CLOCK_MONOTONIC) | BIT(CLOCK_MONOTONIC_RAW) |                   \
	 BIT(CLOCK_BOOTTIME) | BIT(CLOCK_TAI))
#define COARSE_CLOCKS (BIT(CLOCK_REALTIME_COARSE) | BIT(CLOCK_MONOTONIC_COARSE))

/* The page before the image: vdso.lds. */
extern const struct vdso_data vdso_data __attribute__((visibility("hidden")));

#define PUBLIC	    __attribute__((visibility("default")))
#define PLAIN(name) __attribute__((weak, alias(#name), visibility("default")))

static long ask(long nr, long a, long b)
{
	long ret;

	__asm__ volatile("syscall" : "=a"(ret) : "a"(nr), "D"(a), "S"(b) : "rcx", "r11", "memory");
	return ret;
}

static inline bool is_one_of(clockid_t clock, u32 set)
{
	return (u32)clock < 32 && set & BIT(clock);
}

/* False: the kernel must be asked. */
static inline bool read_fine(clockid_t clock, u64 *sec, u64 *nsec)
{
	const struct vdso_data *data = &vdso_data;

	for (int i = 0; i < MAX_TRIES; i++) {
		u32 seq = vdso_read_begin(data);
		u64 s, ns;

		if (__builtin_expect(seq & 1, 0)) {
			__builtin_ia32_pause();
			continue;
		}
		if (__builtin_expect(data->mode != VDSO_TSC, 0))
			return false;
		ns = vdso_elapsed(data, clock, vdso_rdtsc()) + data->clocks[clock].nsec;
		s = data->clocks[clock].sec;
		if (__builtin_expect(vdso_read_retry(data, seq), 0))
			continue;
		if (__builtin_expect(ns >= VDSO_NS_PER_SEC, 0)) {
			s += ns / VDSO_NS_PER_SEC;
			ns %= VDSO_NS_PER_SEC;
		}
		*sec = s;
		*nsec = ns;
		return true;
	}
	return false;
}

static bool read_coarse(clockid_t clock, u64 *sec, u64 *nsec)
{
	const struct vdso_data *data = &vdso_data;

	for (int i = 0; i < MAX_TRIES; i++) {
		u32 seq = vdso_read_begin(data);

		if (seq & 1) {
			__builtin_ia32_pause();
			continue;
		}
		if (data->mode != VDSO_TSC)
			return false;
		*sec = data->clocks[clock].sec;
		*nsec = data->clocks[clock].nsec;
		if (!vdso_read_retry(data, seq))
			return true;
	}
	return false;
}

PUBLIC int __vdso_clock_gettime(clockid_t clock, struct __kernel_timespec *ts)
{
	u64 sec, nsec;

	if (is_one_of(clock, FINE_CLOCKS)) {
		if (!read_fine(clock, &sec, &nsec))
			return ask(__NR_clock_gettime, clock, (long)ts);
	} else if (!is_one_of(clock, COARSE_CLOCKS) || !read_coarse(clock, &sec, &nsec)) {
		return ask(__NR_clock_gettime, clock, (long)ts);
	}
	ts->tv_sec = sec;
	ts->tv_nsec = nsec;
	return 0;
}

PUBLIC int __vdso_clock_getres(clockid_t clock, struct __kernel_timespec *res)
{
	bool coarse = is_one_of(clock, COARSE_CLOCKS);

	if (!coarse && !is_one_of(clock, FINE_CLOCKS))
		return ask(__NR_clock_getres, clock, (long)res);
	if (res) {
		res->tv_sec = 0;
		res->tv_nsec = coarse ? VDSO_NS_PER_SEC / HZ : 1;
	}
	return 0;
}

PUBLIC int __vdso_gettimeofday(struct __kernel_old_timeval *tv, struct timezone *tz)
{
	u64 sec, nsec;

	/* A page without clocks has no time zone either. */
	if (!read_fine(CLOCK_REALTIME, &sec, &nsec))
		return ask(__NR_gettimeofday, (long)tv, (long)tz);
	if (tv) {
		tv->tv_sec = sec;
		tv->tv_usec = nsec / 1000;
	}
	if (tz) {
		tz->tz_minuteswest = vdso_data.tz_minuteswest;
		tz->tz_dsttime = vdso_data.tz_dsttime;
	}
	return 0;
}

PUBLIC __kernel_old_time_t __vdso_time(__kernel_old_time_t *when)
{
	u64 sec, nsec;

	if (!read_fine(CLOCK_REALTIME, &sec, &nsec))
		return ask(__NR_time, (long)when, 0);
	if (when)
		*when = sec;
	return sec;
}

/* Which vCPU this is only the kernel knows: the processor's own number is the host's core. */
PUBLIC long __vdso_getcpu(unsigned int *cpu, unsigned int *node, void *unused)
{
	return ask(__NR_getcpu, (long)cpu, (long)node);
}

int clock_gettime(clockid_t clock, struct __kernel_timespec *ts) PLAIN(__vdso_clock_gettime);
int clock_getres(clockid_t clock, struct __kernel_timespec *res) PLAIN(__vdso_clock_getres);
int gettimeofday(struct __kernel_old_timeval *tv, struct timezone *tz) PLAIN(__vdso_gettimeofday);
__kernel_old_time_t time(__kernel_old_time_t *when) PLAIN(__vdso_time);
long getcpu(unsigned int *cpu, unsigned int *node, void *unused) PLAIN(__vdso_getcpu);
