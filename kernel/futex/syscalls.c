// SPDX-License-Identifier: MIT
/* futex(). */
#include <kern/errno.h>
#include <kern/futex.h>
#include <kern/syscalls.h>
#include <kern/time_namespace.h>
#include <kern/time_user.h>
#include <kern/timekeeping.h>
#include <mm/uaccess.h>

#include "futex.h"

long do_futex(u32 __user *uaddr, int op, u32 val, ktime_t *timeout, u32 __user *uaddr2, u32 val2,
	      u32 val3)
{
	int cmd = op & FUTEX_CMD_MASK;
	unsigned int flags = op & FUTEX_PRIVATE_FLAG ? 0 : FLAGS_SHARED;

	if (op & FUTEX_CLOCK_REALTIME) {
		flags |= FLAGS_CLOCKRT;
		if (cmd != FUTEX_WAIT_BITSET && cmd != FUTEX_WAIT_REQUEUE_PI &&
		    cmd != FUTEX_LOCK_PI2)
			return -ENOSYS;
	}
	switch (cmd) {
	case FUTEX_WAIT:
		val3 = FUTEX_BITSET_MATCH_ANY;
		return futex_wait(uaddr, flags, val, timeout, val3);
	case FUTEX_WAIT_BITSET:
		return futex_wait(uaddr, flags, val, timeout, val3);
	case FUTEX_WAKE:
		val3 = FUTEX_BITSET_MATCH_ANY;
		return futex_wake(uaddr, flags, val, val3);
	case FUTEX_WAKE_BITSET:
		return futex_wake(uaddr, flags, val, val3);
	case FUTEX_REQUEUE:
		return futex_requeue(uaddr, flags, uaddr2, val, val2, NULL);
	case FUTEX_CMP_REQUEUE:
		return futex_requeue(uaddr, flags, uaddr2, val, val2, &val3);
	case FUTEX_WAKE_OP:
		return futex_wake_op(uaddr, flags, uaddr2, val, val2, val3);
	case FUTEX_LOCK_PI:
		flags |= FLAGS_CLOCKRT;
		return futex_lock_pi(uaddr, flags, timeout, false);
	case FUTEX_LOCK_PI2:
		return futex_lock_pi(uaddr, flags, timeout, false);
	case FUTEX_UNLOCK_PI:
		return futex_unlock_pi(uaddr, flags);
	case FUTEX_TRYLOCK_PI:
		return futex_lock_pi(uaddr, flags, NULL, true);
	case FUTEX_WAIT_REQUEUE_PI:
		return futex_wait_requeue_pi(uaddr, flags, val, timeout, FUTEX_BITSET_MATCH_ANY,
					     uaddr2);
	case FUTEX_CMP_REQUEUE_PI:
		return futex_requeue_pi(uaddr, flags, uaddr2, val, val2, &val3);
	}
	return -ENOSYS;
}

static bool has_timeout(int cmd)
{
	return cmd == FUTEX_WAIT || cmd == FUTEX_WAIT_BITSET || cmd == FUTEX_LOCK_PI ||
	       cmd == FUTEX_LOCK_PI2 || cmd == FUTEX_WAIT_REQUEUE_PI;
}

SYSCALL_DEFINE6(futex, u32 __user *, uaddr, int, op, u32, val,
		const struct __kernel_timespec __user *, utime, u32 __user *, uaddr2, u32, val3)
{
	int cmd = op & FUTEX_CMD_MASK;
	ktime_t time, *timeout = NULL;
	struct timespec64 ts;

	if (utime && has_timeout(cmd)) {
		if (get_timespec64(&ts, utime))
			return -EFAULT;
		if (!timespec64_valid(&ts))
			return -EINVAL;
		time = timespec64_to_ktime(ts);
		if (cmd == FUTEX_WAIT)
			time = ktime_add_safe(ktime_get(), time);
		else if (cmd != FUTEX_LOCK_PI && !(op & FUTEX_CLOCK_REALTIME))
			time = timens_ktime_to_host(CLOCK_MONOTONIC, time);
		timeout = &time;
	}
	/* For requeues the same argument is a count. */
	return do_futex(uaddr, op, val, timeout, uaddr2, (unsigned long)utime, val3);
}
