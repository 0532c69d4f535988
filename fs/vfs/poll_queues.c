// SPDX-License-Identifier: MIT
/*
 * One task that waits on the queues of many files.
 *
 * The first scan of the files hangs an entry on each queue; later scans only look. A waker sets
 * `triggered` before it wakes, and the sleeper sets its state before it looks at it, so a change
 * between scan and sleep is never missed. Entries hold references on their files: another thread
 * may close the descriptor meanwhile.
 */
#include <fs/file.h>
#include <kern/hrtimer.h>
#include <kern/kernel.h>
#include <kern/sched.h>
#include <kern/timekeeping.h>
#include <mm/gfp.h>
#include <mm/page.h>

#include "poll_queues.h"

struct poll_page {
	struct poll_page *next;
	unsigned int used;
	struct poll_entry entries[];
};

#define ENTRIES_PER_PAGE ((PAGE_SIZE - sizeof(struct poll_page)) / sizeof(struct poll_entry))
/* The longest that a sleep may be late on purpose. */
#define MAX_SLACK_NS (100 * NSEC_PER_MSEC)

static struct poll_entry *new_entry(struct poll_queues *pq)
{
	struct poll_page *page = pq->pages;

	if (pq->inline_used < POLL_INLINE_ENTRIES)
		return &pq->entries[pq->inline_used++];
	if (!page || page->used == ENTRIES_PER_PAGE) {
		page = (struct poll_page *)__get_free_page(GFP_KERNEL);
		if (!page) {
			pq->error = -ENOMEM;
			return NULL;
		}
		page->used = 0;
		page->next = pq->pages;
		pq->pages = page;
	}
	return &page->entries[page->used++];
}

/* => the queue's lock held */
static int poll_wake(wait_queue_entry_t *wait, unsigned int mode, int flags, void *key)
{
	struct poll_entry *entry = container_of(wait, struct poll_entry, wait);

	if (key && !(key_to_poll(key) & entry->key))
		return 0;
	WRITE_ONCE(entry->owner->triggered, 1);
	smp_wmb();
	return wake_up_state(entry->owner->task, mode);
}

static void queue_entry(struct file *file, wait_queue_head_t *queue, poll_table *pt)
{
	struct poll_queues *pq = container_of(pt, struct poll_queues, pt);
	struct poll_entry *entry = new_entry(pq);

	if (!entry)
		return;
	entry->file = get_file(file);
	entry->key = pt->_key;
	entry->queue = queue;
	entry->owner = pq;
	init_waitqueue_func_entry(&entry->wait, poll_wake);
	add_wait_queue(queue, &entry->wait);
}

void poll_queues_init(struct poll_queues *pq)
{
	init_poll_funcptr(&pq->pt, queue_entry);
	pq->task = current;
	pq->triggered = 0;
	pq->error = 0;
	pq->inline_used = 0;
	pq->pages = NULL;
}

static void drop_entry(struct poll_entry *entry)
{
	remove_wait_queue(entry->queue, &entry->wait);
	fput(entry->file);
}

void poll_queues_free(struct poll_queues *pq)
{
	struct poll_page *page = pq->pages;

	for (unsigned int i = 0; i < pq->inline_used; i++)
		drop_entry(&pq->entries[i]);
	while (page) {
		struct poll_page *next = page->next;

		for (unsigned int i = 0; i < page->used; i++)
			drop_entry(&page->entries[i]);
		free_page((unsigned long)page);
		page = next;
	}
}

bool poll_queues_sleep(struct poll_queues *pq, ktime_t *expires, u64 slack)
{
	bool in_time = true;

	set_current_state(TASK_INTERRUPTIBLE);
	if (!READ_ONCE(pq->triggered))
		in_time = schedule_hrtimeout_range(expires, slack, HRTIMER_MODE_ABS) != 0;
	__set_current_state(TASK_RUNNING);
	smp_store_mb(pq->triggered, 0);
	return in_time;
}

struct timespec64 poll_deadline(const struct timespec64 *ts)
{
	struct timespec64 end;

	ktime_get_ts64(&end);
	if (ts->tv_sec > KTIME_SEC_MAX - end.tv_sec - 1)
		return (struct timespec64){ .tv_sec = KTIME_SEC_MAX };
	return timespec64_add(end, *ts);
}

struct timespec64 poll_time_left(const struct timespec64 *end)
{
	struct timespec64 now, left;

	ktime_get_ts64(&now);
	left = timespec64_sub(*end, now);
	if (left.tv_sec < 0)
		left = (struct timespec64){ 0 };
	return left;
}

/* A thousandth of the sleep, at least what the task asked for by PR_SET_TIMERSLACK. */
u64 poll_slack(const struct timespec64 *end)
{
	struct timespec64 left = poll_time_left(end);
	u64 slack = MAX_SLACK_NS;

	if (left.tv_sec < 100)
		slack = timespec64_to_ns(&left) / 1000;
	return max_t(u64, min_t(u64, slack, MAX_SLACK_NS), current->timer_slack_ns);
}
