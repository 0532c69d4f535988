/* SPDX-License-Identifier: MIT */
/* What poll() and select() share: one task waiting on many queues until a time. */
#ifndef FS_VFS_POLL_QUEUES_H
#define FS_VFS_POLL_QUEUES_H

#include <fs/poll.h>
#include <kern/ktime.h>

struct poll_page;

#define POLL_INLINE_ENTRIES 8

struct poll_entry {
	struct file *file;
	__poll_t key;
	wait_queue_entry_t wait;
	wait_queue_head_t *queue;
	struct poll_queues *owner;
};

/* All fields belong to the waiting task, but `triggered`: set by wakers, who then wake the task. */
struct poll_queues {
	poll_table pt;
	struct task_struct *task;
	int triggered;
	int error;			/* -ENOMEM: an entry could not be had */
	unsigned int inline_used;
	struct poll_page *pages;
	struct poll_entry entries[POLL_INLINE_ENTRIES];
};

/* => process context; free leaves all queues and drops the files' references */
void poll_queues_init(struct poll_queues *pq);
void poll_queues_free(struct poll_queues *pq);

/*
 * Sleeps until a queue is woken, a signal comes or the time is over; `expires` NULL: no end.
 * => false once the time is over; may sleep
 */
bool poll_queues_sleep(struct poll_queues *pq, ktime_t *expires, u64 slack);

/* The absolute end of a relative time from now, saturating. => ts valid */
struct timespec64 poll_deadline(const struct timespec64 *ts);
/* How late a sleep of this length may end, ns. */
u64 poll_slack(const struct timespec64 *end);
/* What is left until `end`, for the caller's timeout argument. */
struct timespec64 poll_time_left(const struct timespec64 *end);

#endif
