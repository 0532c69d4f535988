// SPDX-License-Identifier: MIT
/* fanotify's queues: merging of events, overflow, and those that wait for an answer. */
#include <fs/poll.h>
#include <kern/err.h>
#include <kern/user_namespace.h>
#include <lib/string.h>
#include <mm/slab.h>

#include "fanotify.h"

/* So far back a like event is looked for. */
#define MERGE_DEPTH 128

void fanotify_put_group(struct fanotify_group *group)
{
	if (!refcount_dec_and_test(&group->refs))
		return;
	dec_ucount(group->ucounts, UCOUNT_FANOTIFY_GROUPS);
	kfree(group->overflow);
	kfree(group);
}

/* => group->lock held */
static void append(struct fanotify_group *group, struct fanotify_event *event)
{
	list_add_tail(&event->link, &group->events);
	group->nr_events++;
	wake_up_interruptible_poll(&group->readers, EPOLLIN | EPOLLRDNORM);
}

/* => group->lock held */
static void append_overflow(struct fanotify_group *group)
{
	if (group->overflowed)
		return;
	group->overflowed = true;
	append(group, group->overflow);
}

void fanotify_queue_overflow(struct fanotify_group *group)
{
	spin_lock(&group->lock);
	if (!group->closed)
		append_overflow(group);
	spin_unlock(&group->lock);
}

/* A folder is told of what happens in it by the one or the other. */
static bool same_type(u8 a, u8 b)
{
	return a == b || (a <= FAN_EVENT_INFO_TYPE_DFID && b <= FAN_EVENT_INFO_TYPE_DFID);
}

/* Do two events differ in what happened alone? The first byte of a record is its type. */
static bool alike(const struct fanotify_event *a, const struct fanotify_event *b)
{
	if (a->hash != b->hash || a->pid != b->pid || (a->mask & FAN_PERM_BITS))
		return false;
	if ((a->mask ^ b->mask) & FAN_ONDIR)
		return false;
	if (!path_equal(&a->path, &b->path) || a->info_len != b->info_len)
		return false;
	return !a->info_len || (same_type(a->info[0], b->info[0]) &&
				!memcmp(a->info + 1, b->info + 1, a->info_len - 1));
}

/* => group->lock held */
static bool merge(struct fanotify_group *group, const struct fanotify_event *event)
{
	struct fanotify_event *old;
	int depth = 0;

	list_for_each_entry_reverse(old, &group->events, link) {
		if (depth++ == MERGE_DEPTH)
			return false;
		if (old != group->overflow && alike(old, event)) {
			old->mask |= event->mask;
			if (old->info_len && event->info[0] > old->info[0])
				old->info[0] = event->info[0];
			return true;
		}
	}
	return false;
}

void fanotify_queue_event(struct fanotify_group *group, struct fanotify_event *event)
{
	spin_lock(&group->lock);
	if (!group->closed && !merge(group, event)) {
		if (group->nr_events < group->max_events) {
			append(group, event);
			event = NULL;
		} else {
			append_overflow(group);
		}
	}
	spin_unlock(&group->lock);
	if (event)
		fanotify_free_event(event);
}

/* ---- permissions ---- */

/* Takes back an event whose asker was killed: true if it is still his. */
static bool withdraw(struct fanotify_group *group, struct fanotify_event *event)
{
	bool mine = true;

	spin_lock(&group->lock);
	if (event->state == FAN_QUEUED) {
		list_del(&event->link);
		group->nr_events--;
	} else if (event->state == FAN_REPORTED) {
		event->state = FAN_CANCELED;
		mine = false;
	}
	spin_unlock(&group->lock);
	return mine;
}

int fanotify_ask(struct fanotify_group *group, struct fanotify_event *event)
{
	bool queued = false;
	int error = 0;

	spin_lock(&group->lock);
	if (!group->closed) {
		queued = group->nr_events < group->max_events;
		if (queued)
			append(group, event);
		else
			append_overflow(group);
	}
	spin_unlock(&group->lock);
	/* Who cannot be asked lets everything through. */
	if (queued)
		error = wait_event_killable(group->answers,
					    READ_ONCE(event->state) == FAN_ANSWERED);
	if (error && !withdraw(group, event))
		return error;
	if (!error && queued && event->response != FAN_ALLOW)
		error = -EPERM;
	fanotify_free_event(event);
	return error;
}

bool fanotify_answer(struct fanotify_event *event, unsigned int response)
{
	if (event->state == FAN_CANCELED)
		return true;
	event->response = response;
	smp_store_release(&event->state, FAN_ANSWERED);
	return false;
}

void fanotify_stop(struct fanotify_group *group)
{
	struct fanotify_event *event, *n;
	LIST_HEAD(done);

	spin_lock(&group->lock);
	group->closed = true;
	list_splice_tail_init(&group->asked, &group->events);
	list_for_each_entry_safe(event, n, &group->events, link) {
		list_del_init(&event->link);
		if (event == group->overflow)
			continue;
		if (!(event->mask & FAN_PERM_BITS) || fanotify_answer(event, FAN_ALLOW))
			list_add(&event->link, &done);
	}
	group->nr_events = 0;
	spin_unlock(&group->lock);
	wake_up_all(&group->answers);
	list_for_each_entry_safe(event, n, &done, link)
		fanotify_free_event(event);
}
