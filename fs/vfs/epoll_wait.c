// SPDX-License-Identifier: MIT
/*
 * epoll_wait(2) and its kin: taking the items of a set that are ready, or sleeping until one is.
 * How items become ready, and the locks: eventpoll.c.
 */
#include <fs/file.h>
#include <fs/poll.h>
#include <kern/hrtimer.h>
#include <kern/kernel.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/syscalls.h>
#include <kern/time_user.h>
#include <lib/list.h>
#include <linux/eventpoll.h>
#include <mm/uaccess.h>

#include "epoll_set.h"
#include "poll_queues.h"

#define EP_MAX_EVENTS (INT_MAX / (int)sizeof(struct epoll_event))

static bool ep_events_available(struct eventpoll *ep)
{
	return !list_empty(&ep->ready);
}

/*
 * Hands ready items to the caller: their number, or -EFAULT when not one could be copied.
 * An item leaves the list before its file is asked, so that a wake-up meanwhile puts it back.
 * A waiter is woken alone, and takes no more than it asked for: what is left is the next one's.
 */
static int ep_send_events(struct eventpoll *ep, struct epoll_event __user *events, int max)
{
	LIST_HEAD(taken);
	poll_table pt;
	int sent = 0;
	bool left;

	init_poll_funcptr(&pt, NULL);
	mutex_lock(&ep->mtx);
	spin_lock_irq(&ep->lock);
	list_splice_init(&ep->ready, &taken);
	while (!list_empty(&taken) && sent >= 0 && sent < max) {
		struct epitem *item = list_first_entry(&taken, struct epitem, ready_link);
		struct epoll_event out;

		list_del_init(&item->ready_link);
		spin_unlock_irq(&ep->lock);
		out.events = ep_item_poll(item, &pt);
		out.data = item->event.data;
		if (out.events && copy_to_user(&events[sent], &out, sizeof(out))) {
			spin_lock_irq(&ep->lock);
			if (list_empty(&item->ready_link))
				list_add(&item->ready_link, &ep->ready);
			sent = sent ? sent : -EFAULT;
			break;
		}
		spin_lock_irq(&ep->lock);
		if (!out.events)
			continue;
		sent++;
		if (item->event.events & EPOLLONESHOT)
			WRITE_ONCE(item->event.events, item->event.events & EP_PRIVATE_BITS);
		else if (!(item->event.events & EPOLLET) && list_empty(&item->ready_link))
			list_add_tail(&item->ready_link, &ep->ready);
	}
	list_splice(&taken, &ep->ready);
	left = ep_events_available(ep);
	spin_unlock_irq(&ep->lock);
	if (left && wq_has_sleeper(&ep->waiters))
		wake_up(&ep->waiters);
	mutex_unlock(&ep->mtx);
	return sent;
}

/* `end`: NULL waits for ever, zero not at all. */
static int ep_wait(struct eventpoll *ep, struct epoll_event __user *events, int max,
		   const struct timespec64 *end)
{
	bool timed_out = end && !end->tv_sec && !end->tv_nsec;
	ktime_t expires = end ? timespec64_to_ktime(*end) : 0;
	u64 slack = end && !timed_out ? poll_slack(end) : 0;

	for (;;) {
		DEFINE_WAIT(wait);
		int sent = ep_events_available(ep) ? ep_send_events(ep, events, max) : 0;

		if (sent || timed_out)
			return sent;
		if (signal_pending(current))
			return -EINTR;
		prepare_to_wait_exclusive(&ep->waiters, &wait, TASK_INTERRUPTIBLE);
		if (!ep_events_available(ep))
			timed_out = !schedule_hrtimeout_range(end ? &expires : NULL, slack, HRTIMER_MODE_ABS);
		finish_wait(&ep->waiters, &wait);
	}
}

static int do_epoll_wait(int epfd, struct epoll_event __user *events, int max,
			 const struct timespec64 *end)
{
	struct fd f;
	int ret = -EINVAL;

	if (max <= 0 || max > EP_MAX_EVENTS)
		return -EINVAL;
	if (!access_ok(events, max * sizeof(*events)))
		return -EFAULT;
	f = fdget(epfd);
	if (!f.file)
		return -EBADF;
	if (is_eventpoll(f.file))
		ret = ep_wait(f.file->private_data, events, max, end);
	fdput(f);
	return ret;
}

static struct timespec64 *end_of_msecs(int timeout, struct timespec64 *end)
{
	struct timespec64 length = { timeout / MSEC_PER_SEC, (timeout % MSEC_PER_SEC) * NSEC_PER_MSEC };

	if (timeout < 0)
		return NULL;
	*end = timeout ? poll_deadline(&length) : (struct timespec64){ 0 };
	return end;
}

SYSCALL_DEFINE4(epoll_wait, int, epfd, struct epoll_event __user *, events, int, maxevents, int, timeout)
{
	struct timespec64 end;

	return do_epoll_wait(epfd, events, maxevents, end_of_msecs(timeout, &end));
}

static int epoll_pwait_masked(int epfd, struct epoll_event __user *events, int max,
			      const struct timespec64 *end, const sigset_t __user *mask, size_t size)
{
	int ret = set_user_sigmask(mask, size);

	if (ret)
		return ret;
	ret = do_epoll_wait(epfd, events, max, end);
	restore_saved_sigmask_unless(ret == -EINTR);
	return ret;
}

SYSCALL_DEFINE6(epoll_pwait, int, epfd, struct epoll_event __user *, events, int, maxevents, int, timeout,
		const sigset_t __user *, sigmask, size_t, sigsetsize)
{
	struct timespec64 end;

	return epoll_pwait_masked(epfd, events, maxevents, end_of_msecs(timeout, &end), sigmask, sigsetsize);
}

SYSCALL_DEFINE6(epoll_pwait2, int, epfd, struct epoll_event __user *, events, int, maxevents,
		const struct __kernel_timespec __user *, timeout, const sigset_t __user *, sigmask,
		size_t, sigsetsize)
{
	struct timespec64 length, end = { 0 };

	if (timeout) {
		if (get_timespec64(&length, timeout))
			return -EFAULT;
		if (!timespec64_valid(&length))
			return -EINVAL;
		if (length.tv_sec || length.tv_nsec)
			end = poll_deadline(&length);
	}
	return epoll_pwait_masked(epfd, events, maxevents, timeout ? &end : NULL, sigmask, sigsetsize);
}
