// SPDX-License-Identifier: MIT
/* futex_wake(), futex_wait() and futex_requeue(): one call for each operation, flags for each word. */
#include <kern/errno.h>
#include <kern/futex.h>
#include <kern/syscalls.h>
#include <kern/time_namespace.h>
#include <kern/time_user.h>
#include <mm/uaccess.h>

#include "futex.h"

#define SIZE_32		2
#define SIZE_MASK	3
#define KNOWN		(SIZE_MASK | FUTEX_PRIVATE_FLAG)

int futex2_to_flags(u32 flags, unsigned int *internal)
{
	if ((flags & ~KNOWN) || (flags & SIZE_MASK) != SIZE_32)
		return -EINVAL;
	*internal = flags & FUTEX_PRIVATE_FLAG ? 0 : FLAGS_SHARED;
	return 0;
}

int futex2_get_time(const struct __kernel_timespec __user *utime, clockid_t clockid, ktime_t *time)
{
	struct timespec64 ts;

	if (clockid != CLOCK_REALTIME && clockid != CLOCK_MONOTONIC)
		return -EINVAL;
	if (get_timespec64(&ts, utime))
		return -EFAULT;
	if (!timespec64_valid(&ts))
		return -EINVAL;
	*time = timespec64_to_ktime(ts);
	if (clockid == CLOCK_MONOTONIC)
		*time = timens_ktime_to_host(CLOCK_MONOTONIC, *time);
	return 0;
}

/* Values and masks of 64 bits must fit a word of 32. */
static bool fits(unsigned long value)
{
	return value <= U32_MAX;
}

SYSCALL_DEFINE4(futex_wake, void __user *, uaddr, unsigned long, mask, int, nr, unsigned int, flags)
{
	unsigned int internal;
	int error = futex2_to_flags(flags, &internal);

	if (error)
		return error;
	if (!fits(mask))
		return -EINVAL;
	/* Unlike FUTEX_WAKE, which wakes one: none is none. */
	if (!nr)
		return 0;
	return futex_wake(uaddr, internal, nr, mask);
}

SYSCALL_DEFINE6(futex_wait, void __user *, uaddr, unsigned long, val, unsigned long, mask,
		unsigned int, flags, struct __kernel_timespec __user *, utime, clockid_t, clockid)
{
	ktime_t time, *timeout = NULL;
	unsigned int internal;
	int error = futex2_to_flags(flags, &internal);

	if (error)
		return error;
	if (!fits(val) || !fits(mask))
		return -EINVAL;
	if (utime) {
		error = futex2_get_time(utime, clockid, &time);
		if (error)
			return error;
		if (clockid == CLOCK_REALTIME)
			internal |= FLAGS_CLOCKRT;
		timeout = &time;
	}
	return futex_wait(uaddr, internal, val, timeout, mask);
}

SYSCALL_DEFINE4(futex_requeue, struct futex_waitv __user *, words, unsigned int, flags, int, nr_wake,
		int, nr_requeue)
{
	struct futex_waitv w[2];
	unsigned int internal[2];
	u32 value;

	if (flags || !words)
		return -EINVAL;
	if (copy_from_user(w, words, sizeof(w)))
		return -EFAULT;
	for (int i = 0; i < 2; i++) {
		if (w[i].__reserved || futex2_to_flags(w[i].flags, &internal[i]) || !fits(w[i].val))
			return -EINVAL;
	}
	if (internal[0] != internal[1])
		return -EINVAL;
	value = w[0].val;
	return futex_requeue((u32 __user *)(unsigned long)w[0].uaddr, internal[0],
			     (u32 __user *)(unsigned long)w[1].uaddr, nr_wake, nr_requeue, &value);
}
