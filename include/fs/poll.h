/* SPDX-License-Identifier: MIT */
/* How a file says that it is ready, and how a waiter hears of the next change. */
#ifndef FS_POLL_H
#define FS_POLL_H

#include <asm/poll.h>
#include <linux/eventpoll.h>
#include <kern/types.h>
#include <kern/wait.h>

struct file;
struct poll_table_struct;

/* Adds a waiter to one more wait queue of `file`. => called by poll_wait() alone */
typedef void (*poll_queue_proc)(struct file *file, wait_queue_head_t *head,
				struct poll_table_struct *pt);

/* What a file's poll() is handed; NULL or a NULL _qproc: no waiting, only the answer. */
typedef struct poll_table_struct {
	poll_queue_proc _qproc;
	__poll_t _key;		/* events that the waiter wants; others may be left out */
} poll_table;

/* A file's poll() calls this for each queue that is woken when its answer may change. */
static inline void poll_wait(struct file *file, wait_queue_head_t *head, poll_table *pt)
{
	if (pt && pt->_qproc && head)
		pt->_qproc(file, head, pt);
}

static inline __poll_t poll_requested_events(const poll_table *pt)
{
	return pt ? pt->_key : ~(__poll_t)0;
}

static inline bool poll_does_not_wait(const poll_table *pt)
{
	return !pt || !pt->_qproc;
}

static inline void init_poll_funcptr(poll_table *pt, poll_queue_proc proc)
{
	pt->_qproc = proc;
	pt->_key = ~(__poll_t)0;
}

/* What a file without poll() answers. */
#define DEFAULT_POLLMASK (EPOLLIN | EPOLLOUT | EPOLLRDNORM | EPOLLWRNORM)

__poll_t vfs_poll(struct file *file, poll_table *pt);

#define EPOLLALLMASK	((__poll_t)0x0fffffff)

/*
 * For kcmp(): which file the epoll set watches as number `nth` (from 0) of those added by that
 * descriptor; only to be compared. ERR_PTR: -EINVAL no epoll set, -ENOENT.
 */
const struct file *epoll_watched_file(struct file *set, int fd, unsigned long nth);

#endif
