// SPDX-License-Identifier: MIT
/*
 * Messages and those who wait for them.
 *
 * A message that comes while somebody waits goes straight to him; one that is taken from a full
 * queue makes room for the first sender who waits, whose message is put in by the one who took.
 * So the waiter has nothing left to do when he wakes, and nobody can get ahead of him.
 */
#include <fs/file.h>
#include <fs/poll.h>
#include <kern/err.h>
#include <kern/fork.h>
#include <kern/hrtimer.h>
#include <kern/sched.h>
#include <linux/time.h>
#include <mm/slab.h>
#include "internal.h"

struct mq_message *mq_first(struct mq_info *info)
{
	struct rb_node *node = rb_first(&info->messages);

	return node ? rb_entry(node, struct mq_message, node) : NULL;
}

static bool goes_before(const struct mq_message *a, const struct mq_message *b)
{
	return a->prio != b->prio ? a->prio > b->prio : a->seq < b->seq;
}

/* => locked */
static void insert(struct mq_info *info, struct mq_message *msg)
{
	struct rb_node **link = &info->messages.rb_node, *parent = NULL;

	msg->seq = info->next_seq++;
	while (*link) {
		parent = *link;
		link = goes_before(msg, rb_entry(parent, struct mq_message, node)) ?
			       &parent->rb_left :
			       &parent->rb_right;
	}
	rb_link_node(&msg->node, parent, link);
	rb_insert_color(&msg->node, &info->messages);
	info->attr.mq_curmsgs++;
	info->bytes += msg->len;
}

/* => locked, not empty */
static struct mq_message *take(struct mq_info *info)
{
	struct mq_message *msg = mq_first(info);

	rb_erase(&msg->node, &info->messages);
	info->attr.mq_curmsgs--;
	info->bytes -= msg->len;
	return msg;
}

void mq_free_all(struct mq_info *info)
{
	while (mq_first(info))
		kvfree(take(info));
}

/* ---- waiting ---- */

static void add_waiter(struct mq_info *info, struct mq_waiter *waiter, int which)
{
	struct mq_waiter *other;

	list_for_each_entry(other, &info->waiters[which], list)
		if (other->task->sched.prio > waiter->task->sched.prio)
			break;
	list_add_tail(&waiter->list, &other->list);
}

static struct mq_waiter *first_waiter(struct mq_info *info, int which)
{
	return list_first_entry_or_null(&info->waiters[which], struct mq_waiter, list);
}

/* => locked. The waiter's stack may be gone as soon as ready is seen. */
static void finish_waiter(struct mq_waiter *waiter)
{
	struct task_struct *task = waiter->task;

	get_task_struct(task);
	list_del(&waiter->list);
	smp_store_release(&waiter->ready, true);
	wake_up_process(task);
	put_task_struct(task);
}

/* => locked on entry, not on return. 0 when somebody did it for us; -ETIMEDOUT, -ERESTARTSYS */
static int sleep_for(struct mq_info *info, struct mq_waiter *waiter, int which,
		     const ktime_t *deadline)
{
	ktime_t expires = deadline ? *deadline : 0;
	int error = 0;

	add_waiter(info, waiter, which);
	for (;;) {
		int in_time;

		set_current_state(TASK_INTERRUPTIBLE);
		spin_unlock(&info->lock);
		in_time = schedule_hrtimeout_range_clock(deadline ? &expires : NULL, 0,
							 HRTIMER_MODE_ABS, CLOCK_REALTIME);
		__set_current_state(TASK_RUNNING);
		spin_lock(&info->lock);
		if (smp_load_acquire(&waiter->ready))
			break;
		if (signal_pending(current))
			error = -ERESTARTSYS;
		else if (!in_time)
			error = -ETIMEDOUT;
		if (error) {
			list_del(&waiter->list);
			break;
		}
	}
	spin_unlock(&info->lock);
	return error;
}

/* ---- sending and receiving ---- */

int mq_send(struct file *file, struct mq_message *msg, const ktime_t *deadline)
{
	struct inode *inode = file_inode(file);
	struct mq_info *info = MQ_I(inode);
	struct mq_waiter *receiver;

	spin_lock(&info->lock);
	if (info->attr.mq_curmsgs == info->attr.mq_maxmsg) {
		struct mq_waiter self = { .task = current, .msg = msg };

		if (!(file->f_flags & O_NONBLOCK))
			return sleep_for(info, &self, MQ_SENDERS, deadline);
		spin_unlock(&info->lock);
		return -EAGAIN;
	}
	receiver = first_waiter(info, MQ_RECEIVERS);
	if (receiver) {
		receiver->msg = msg;
		finish_waiter(receiver);
	} else {
		insert(info, msg);
		mq_tell_owner(info);
	}
	inode->i_atime = inode->i_mtime = inode_set_ctime_current(inode);
	spin_unlock(&info->lock);
	return 0;
}

/* Room came to be: for the first who waits, or for those who poll. => locked */
static void let_sender_in(struct mq_info *info)
{
	struct mq_waiter *sender = first_waiter(info, MQ_SENDERS);

	if (!sender) {
		wake_up_interruptible_poll(&info->poll_wait, EPOLLOUT | EPOLLWRNORM);
		return;
	}
	insert(info, sender->msg);
	finish_waiter(sender);
}

struct mq_message *mq_receive(struct file *file, const ktime_t *deadline)
{
	struct inode *inode = file_inode(file);
	struct mq_info *info = MQ_I(inode);
	struct mq_message *msg;

	spin_lock(&info->lock);
	if (!info->attr.mq_curmsgs) {
		struct mq_waiter self = { .task = current };
		int error;

		if (file->f_flags & O_NONBLOCK) {
			spin_unlock(&info->lock);
			return ERR_PTR(-EAGAIN);
		}
		error = sleep_for(info, &self, MQ_RECEIVERS, deadline);
		return error ? ERR_PTR(error) : self.msg;
	}
	msg = take(info);
	let_sender_in(info);
	inode->i_atime = inode_set_ctime_current(inode);
	spin_unlock(&info->lock);
	return msg;
}
