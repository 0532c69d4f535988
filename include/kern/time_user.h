/* SPDX-License-Identifier: MIT */
/* Times in the memory of programs. */
#ifndef KERN_TIME_USER_H
#define KERN_TIME_USER_H

#include <kern/errno.h>
#include <kern/ktime.h>
#include <kern/timekeeping.h>
#include <mm/uaccess.h>

/* 0 or -EFAULT; the value is not judged. */
static inline int get_timespec64(struct timespec64 *ts, const struct __kernel_timespec __user *uts)
{
	struct __kernel_timespec kts;

	if (copy_from_user(&kts, uts, sizeof(kts)))
		return -EFAULT;
	ts->tv_sec = kts.tv_sec;
	ts->tv_nsec = kts.tv_nsec;
	return 0;
}

static inline int put_timespec64(const struct timespec64 *ts, struct __kernel_timespec __user *uts)
{
	struct __kernel_timespec kts = { .tv_sec = ts->tv_sec, .tv_nsec = ts->tv_nsec };

	return copy_to_user(uts, &kts, sizeof(kts)) ? -EFAULT : 0;
}

/* The moment when a time that a program gives has passed from now on. 0, -EFAULT, -EINVAL */
static inline int get_deadline_from_now(ktime_t *deadline,
					const struct __kernel_timespec __user *uts)
{
	struct timespec64 ts;

	if (get_timespec64(&ts, uts))
		return -EFAULT;
	if (!timespec64_valid(&ts))
		return -EINVAL;
	*deadline = ktime_add_safe(ktime_get(), timespec64_to_ktime(ts));
	return 0;
}

static inline int get_itimerspec64(struct itimerspec64 *it,
				   const struct __kernel_itimerspec __user *uit)
{
	int error = get_timespec64(&it->it_interval, &uit->it_interval);

	return error ?: get_timespec64(&it->it_value, &uit->it_value);
}

static inline int put_itimerspec64(const struct itimerspec64 *it,
				   struct __kernel_itimerspec __user *uit)
{
	int error = put_timespec64(&it->it_interval, &uit->it_interval);

	return error ?: put_timespec64(&it->it_value, &uit->it_value);
}

#endif
