/* SPDX-License-Identifier: MIT */
/* A set of watched files: shared by its changes (eventpoll.c) and by waiting (epoll_wait.c). */
#ifndef FS_VFS_EPOLL_SET_H
#define FS_VFS_EPOLL_SET_H

#include <fs/file.h>
#include <fs/poll.h>
#include <kern/mutex.h>
#include <kern/refcount.h>
#include <kern/spinlock.h>
#include <kern/wait.h>
#include <lib/list.h>
#include <lib/rbtree.h>
#include <linux/eventpoll.h>

/* What of an item's events is how to watch, not what for. */
#define EP_PRIVATE_BITS (EPOLLWAKEUP | EPOLLONESHOT | EPOLLET | EPOLLEXCLUSIVE)

struct eventpoll {
	struct mutex mtx;
	struct rb_root items;		/* mtx */
	spinlock_t lock;
	struct list_head ready;		/* lock */
	wait_queue_head_t waiters;	/* own lock: epoll_wait() */
	wait_queue_head_t pollers;	/* own lock: poll() on the set itself */
	refcount_t refs;		/* the file, and each release in progress */
	unsigned int nr_items;		/* mtx */
	bool dead;			/* mtx */
};

struct epitem {
	struct rb_node node;		/* ep->mtx */
	struct list_head ready_link;	/* ep->lock; empty: not on the list */
	struct hlist_node file_link;	/* file->f_lock */
	struct eventpoll *ep;		/* constant */
	struct file *file;		/* constant; no reference */
	int fd;				/* constant */
	struct epoll_event event;	/* ep->mtx writes; the wake function reads events */
	struct list_head queues;	/* ep->mtx */
};

/* Is this file a set? */
bool is_eventpoll(const struct file *file);

/* What the item is watched for and its file has; hangs up what `pt` says. => ep->mtx held */
static inline __poll_t ep_item_poll(struct epitem *item, poll_table *pt)
{
	pt->_key = item->event.events;
	return vfs_poll(item->file, pt) & item->event.events;
}

#endif
