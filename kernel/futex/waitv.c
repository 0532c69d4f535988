// SPDX-License-Identifier: MIT
/* futex_waitv(): sleeps on many words at once; says which of them was woken. */
#include <kern/errno.h>
#include <kern/hrtimer.h>
#include <kern/kernel.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/syscalls.h>
#include <kern/task.h>
#include <kern/time_namespace.h>
#include <kern/time_user.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

#include "futex.h"

#ifndef FUTEX_32
#define FUTEX_32 2
#endif

/* One word of the array. */
struct wait_word {
	struct futex_q q;
	u32 __user *uaddr;
	unsigned int flags;
	u32 val;
};

static int parse_words(struct wait_word *words, const struct futex_waitv __user *from,
		       unsigned int nr)
{
	struct futex_waitv one;

	for (unsigned int i = 0; i < nr; i++) {
		if (copy_from_user(&one, &from[i], sizeof(one)))
			return -EFAULT;
		if (one.flags & ~(FUTEX_32 | FUTEX_PRIVATE_FLAG) || one.__reserved)
			return -EINVAL;
		if (!(one.flags & FUTEX_32))
			return -EINVAL;
		words[i].flags = one.flags & FUTEX_PRIVATE_FLAG ? 0 : FLAGS_SHARED;
		words[i].val = one.val;
		words[i].uaddr = (u32 __user *)(unsigned long)one.uaddr;
		words[i].q.bitset = FUTEX_BITSET_MATCH_ANY;
	}
	return 0;
}

/* Leaves the first nr words: the last of them that was woken, or -1. */
static int unqueue_words(struct wait_word *words, unsigned int nr)
{
	int woken = -1;

	for (unsigned int i = 0; i < nr; i++) {
		if (!futex_unqueue(&words[i].q))
			woken = i;
		futex_put_key(&words[i].q.key);
	}
	return woken;
}

/* On all words, or an error; one that was woken meanwhile goes first. *woken: -1 or which. */
static int queue_words(struct wait_word *words, unsigned int nr, int *woken)
{
	*woken = -1;
	for (unsigned int i = 0; i < nr; i++) {
		int ret = futex_queue_if_equal(&words[i].q, words[i].uaddr, words[i].flags,
					       words[i].val);

		/* The next word may have to be faulted in. A wake-up is seen by its lock_ptr. */
		__set_current_state(TASK_RUNNING);
		if (!ret)
			continue;
		*woken = unqueue_words(words, i);
		return *woken >= 0 ? 0 : ret;
	}
	return 0;
}

static bool none_woken(const struct wait_word *words, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		if (!READ_ONCE(words[i].q.lock_ptr))
			return false;
	}
	return true;
}

static int __sched wait_words(struct wait_word *words, unsigned int nr,
			      struct hrtimer_sleeper *timeout)
{
	int ret, woken;

	if (timeout)
		hrtimer_sleeper_start_expires(timeout, HRTIMER_MODE_ABS);
	for (;;) {
		ret = queue_words(words, nr, &woken);
		if (ret || woken >= 0)
			return ret ? ret : woken;
		set_current_state(TASK_INTERRUPTIBLE);
		if (none_woken(words, nr) && (!timeout || timeout->task))
			schedule();
		__set_current_state(TASK_RUNNING);
		woken = unqueue_words(words, nr);
		if (woken >= 0)
			return woken;
		if (timeout && !timeout->task)
			return -ETIMEDOUT;
		if (signal_pending(current))
			return -ERESTARTSYS;
	}
}

SYSCALL_DEFINE5(futex_waitv, struct futex_waitv __user *, waiters, unsigned int, nr_futexes,
		unsigned int, flags, struct __kernel_timespec __user *, utime, clockid_t, clockid)
{
	struct hrtimer_sleeper sleeper, *timeout = NULL;
	struct wait_word *words;
	ktime_t time;
	int ret;

	if (flags || !nr_futexes || nr_futexes > FUTEX_WAITV_MAX || !waiters)
		return -EINVAL;
	if (utime) {
		ret = futex2_get_time(utime, clockid, &time);
		if (ret)
			return ret;
	}
	words = kcalloc(nr_futexes, sizeof(*words), GFP_KERNEL);
	if (!words)
		return -ENOMEM;
	ret = parse_words(words, waiters, nr_futexes);
	if (!ret) {
		if (utime)
			timeout = futex_setup_timer(&time, &sleeper,
						    clockid == CLOCK_REALTIME ? FLAGS_CLOCKRT : 0);
		ret = wait_words(words, nr_futexes, timeout);
		futex_stop_timer(timeout);
	}
	kfree(words);
	return ret;
}
