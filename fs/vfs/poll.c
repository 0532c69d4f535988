// SPDX-License-Identifier: MIT
/* poll(2) and ppoll(2), after POSIX and the manual page poll(2). */
#include <fs/file.h>
#include <kern/entry.h>
#include <kern/kernel.h>
#include <kern/resource.h>
#include <kern/signal.h>
#include <kern/syscalls.h>
#include <kern/time_user.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

#include "poll_queues.h"

#define POLL_ON_STACK 16

__poll_t vfs_poll(struct file *file, poll_table *pt)
{
	return file->f_op->poll ? file->f_op->poll(file, pt) : DEFAULT_POLLMASK;
}

/* One descriptor's answer; the table's _qproc is cleared by the caller once something is ready. */
static __poll_t poll_one(struct pollfd *pfd, poll_table *pt)
{
	__poll_t mask = 0;
	struct fd f;

	if (pfd->fd < 0)
		goto out;
	mask = EPOLLNVAL;
	f = fdget(pfd->fd);
	if (!f.file)
		goto out;
	pt->_key = (__poll_t)(unsigned short)pfd->events | EPOLLERR | EPOLLHUP;
	mask = vfs_poll(f.file, pt) & pt->_key;
	fdput(f);
out:
	pfd->revents = mask;
	return mask;
}

/* Entries that are ready, 0 when the time is over, or -EINTR/-ENOMEM. */
static int poll_loop(struct pollfd *fds, unsigned int nfds, struct poll_queues *pq,
		     const struct timespec64 *end)
{
	poll_table *pt = &pq->pt;
	bool timed_out = end && !end->tv_sec && !end->tv_nsec;
	ktime_t expires = end ? timespec64_to_ktime(*end) : 0;
	u64 slack = end && !timed_out ? poll_slack(end) : 0;

	if (timed_out)
		pt->_qproc = NULL;
	for (;;) {
		int count = 0;

		for (unsigned int i = 0; i < nfds; i++) {
			if (poll_one(&fds[i], pt)) {
				count++;
				pt->_qproc = NULL;
			}
		}
		/* All entries hang on their queues after the first scan. */
		pt->_qproc = NULL;
		if (!count && pq->error)
			return pq->error;
		if (!count && signal_pending(current))
			return -EINTR;
		if (count || timed_out)
			return count;
		timed_out = !poll_queues_sleep(pq, end ? &expires : NULL, slack);
	}
}

static int do_sys_poll(struct pollfd __user *ufds, unsigned int nfds, const struct timespec64 *end)
{
	struct pollfd on_stack[POLL_ON_STACK], *fds = on_stack;
	struct poll_queues pq;
	int ret;

	if (nfds > rlimit(RLIMIT_NOFILE))
		return -EINVAL;
	if (nfds > POLL_ON_STACK) {
		fds = kvmalloc((size_t)nfds * sizeof(*fds), GFP_KERNEL);
		if (!fds)
			return -ENOMEM;
	}
	ret = -EFAULT;
	if (copy_from_user(fds, ufds, (size_t)nfds * sizeof(*fds)))
		goto out;
	poll_queues_init(&pq);
	ret = poll_loop(fds, nfds, &pq, end);
	poll_queues_free(&pq);
	for (unsigned int i = 0; i < nfds && ret >= 0; i++) {
		if (put_user(fds[i].revents, &ufds[i].revents))
			ret = -EFAULT;
	}
out:
	if (fds != on_stack)
		kvfree(fds);
	return ret;
}

static long poll_restart(struct restart_block *restart)
{
	struct timespec64 end = { restart->poll.tv_sec, restart->poll.tv_nsec };
	int ret = do_sys_poll(restart->poll.ufds, restart->poll.nfds,
			      restart->poll.has_timeout ? &end : NULL);

	return ret == -EINTR ? set_restart_fn(restart, poll_restart) : ret;
}

SYSCALL_DEFINE3(poll, struct pollfd __user *, ufds, unsigned int, nfds, int, timeout_msecs)
{
	struct timespec64 end = { 0 };
	struct restart_block *restart = &current->restart_block;
	int ret;

	if (timeout_msecs > 0) {
		struct timespec64 length = { timeout_msecs / MSEC_PER_SEC,
					     (timeout_msecs % MSEC_PER_SEC) * NSEC_PER_MSEC };

		end = poll_deadline(&length);
	}
	ret = do_sys_poll(ufds, nfds, timeout_msecs >= 0 ? &end : NULL);
	if (ret != -EINTR)
		return ret;
	restart->poll.ufds = ufds;
	restart->poll.nfds = nfds;
	restart->poll.has_timeout = timeout_msecs >= 0;
	restart->poll.tv_sec = end.tv_sec;
	restart->poll.tv_nsec = end.tv_nsec;
	return set_restart_fn(restart, poll_restart);
}

SYSCALL_DEFINE5(ppoll, struct pollfd __user *, ufds, unsigned int, nfds,
		struct __kernel_timespec __user *, tsp, const sigset_t __user *, sigmask,
		size_t, sigsetsize)
{
	struct timespec64 length, end = { 0 };
	int ret;

	if (tsp) {
		if (get_timespec64(&length, tsp))
			return -EFAULT;
		if (!timespec64_valid(&length))
			return -EINVAL;
		if (length.tv_sec || length.tv_nsec)
			end = poll_deadline(&length);
	}
	ret = set_user_sigmask(sigmask, sigsetsize);
	if (ret)
		return ret;
	ret = do_sys_poll(ufds, nfds, tsp ? &end : NULL);
	restore_saved_sigmask_unless(ret == -EINTR);
	if (tsp && (end.tv_sec || end.tv_nsec)) {
		length = poll_time_left(&end);
		/* The time left is a courtesy; where it cannot be told the call must not be repeated. */
		if (put_timespec64(&length, tsp) && ret == -EINTR)
			return -EINTR;
	}
	return ret == -EINTR ? -ERESTARTNOHAND : ret;
}
