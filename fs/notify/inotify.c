// SPDX-License-Identifier: MIT
/* inotify: the descriptor, its watches, and reading events. */
#include <asm/ioctls.h>
#include <fs/fdtable.h>
#include <fs/namei.h>
#include <fs/poll.h>
#include <fs/seq_file.h>
#include <fs/sysctl.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/init.h>
#include <kern/kernel.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/syscalls.h>
#include <lib/string.h>
#include <linux/fcntl.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

#include "inotify.h"

int inotify_max_user_watches = 65536;
static int inotify_max_user_instances = 128;
static atomic_t instances;

static const struct file_operations inotify_fops;

/* ---- reading ---- */

/* Names are padded so that the next event is aligned. */
static size_t event_size(const struct inotify_queued *event)
{
	size_t name = event->len ? ALIGN(event->len + 1, sizeof(struct inotify_event)) : 0;

	return sizeof(struct inotify_event) + name;
}

/* The first event, if it fits; ERR_PTR(-EINVAL) if it does not; NULL when there is none. */
static struct inotify_queued *take_event(struct inotify_group *group, size_t room)
{
	struct inotify_queued *event;

	spin_lock(&notify_lock);
	event = list_first_entry_or_null(&group->events, struct inotify_queued, link);
	if (event && event_size(event) > room) {
		event = ERR_PTR(-EINVAL);
	} else if (event) {
		list_del(&event->link);
		group->nr_events--;
		if (event->mask & IN_Q_OVERFLOW)
			group->overflowed = false;
	}
	spin_unlock(&notify_lock);
	return event;
}

static int put_event(const struct inotify_queued *event, char __user *buf)
{
	struct inotify_event out = {
		.wd = event->wd,
		.mask = event->mask,
		.cookie = event->cookie,
		.len = event_size(event) - sizeof(out),
	};

	if (copy_to_user(buf, &out, sizeof(out)))
		return -EFAULT;
	if (!event->len)
		return 0;
	buf += sizeof(out);
	if (copy_to_user(buf, event->name, event->len) ||
	    clear_user(buf + event->len, out.len - event->len))
		return -EFAULT;
	return 0;
}

static ssize_t inotify_read(struct file *file, char __user *buf, size_t size, loff_t *pos)
{
	struct inotify_group *group = file->private_data;
	size_t done = 0;

	for (;;) {
		struct inotify_queued *event = take_event(group, size - done);
		size_t n;
		int error;

		if (IS_ERR(event))
			return done ? (ssize_t)done : PTR_ERR(event);
		if (event) {
			n = event_size(event);
			error = put_event(event, buf + done);
			kfree(event);
			if (error)
				return error;
			done += n;
			continue;
		}
		if (done)
			return done;
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event_interruptible(group->wait, !list_empty(&group->events)))
			return -ERESTARTSYS;
	}
}

static __poll_t inotify_poll(struct file *file, poll_table *pt)
{
	struct inotify_group *group = file->private_data;

	poll_wait(file, &group->wait, pt);
	return list_empty(&group->events) ? 0 : EPOLLIN | EPOLLRDNORM;
}

static long inotify_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct inotify_group *group = file->private_data;
	struct inotify_queued *event;
	int bytes = 0;

	if (cmd != FIONREAD)
		return -ENOTTY;
	spin_lock(&notify_lock);
	list_for_each_entry(event, &group->events, link)
		bytes += event_size(event);
	spin_unlock(&notify_lock);
	return put_user(bytes, (int __user *)arg);
}

static int inotify_release(struct inode *inode, struct file *file)
{
	struct inotify_group *group = file->private_data;

	for (;;) {
		struct inotify_mark *mark;

		spin_lock(&notify_lock);
		mark = list_first_entry_or_null(&group->marks, struct inotify_mark, group_link);
		if (mark)
			inotify_unlink_mark(mark);
		spin_unlock(&notify_lock);
		if (!mark)
			break;
		inotify_free_mark(mark);
	}
	while (!list_empty(&group->events)) {
		struct inotify_queued *event =
			list_first_entry(&group->events, struct inotify_queued, link);

		list_del(&event->link);
		kfree(event);
	}
	idr_destroy(&group->wds);
	kfree(group);
	atomic_dec(&instances);
	return 0;
}

static const struct file_operations inotify_fops = {
	.read = inotify_read,
	.poll = inotify_poll,
	.unlocked_ioctl = inotify_ioctl,
	.release = inotify_release,
	.llseek = noop_llseek,
};

/* ---- system calls ---- */

static int do_inotify_init(int flags)
{
	struct inotify_group *group;
	int fd;

	if (flags & ~(IN_CLOEXEC | IN_NONBLOCK))
		return -EINVAL;
	if (atomic_inc_return(&instances) > inotify_max_user_instances) {
		fd = -EMFILE;
		goto fail;
	}
	fd = -ENOMEM;
	group = kzalloc(sizeof(*group), GFP_KERNEL);
	if (!group)
		goto fail;
	INIT_LIST_HEAD(&group->events);
	INIT_LIST_HEAD(&group->marks);
	idr_init(&group->wds);
	init_waitqueue_head(&group->wait);
	fd = anon_inode_getfd("inotify", &inotify_fops, group, O_RDONLY | flags);
	if (fd >= 0)
		return fd;
	kfree(group);
fail:
	atomic_dec(&instances);
	return fd;
}

SYSCALL_DEFINE1(inotify_init1, int, flags)
{
	return do_inotify_init(flags);
}

SYSCALL_DEFINE0(inotify_init)
{
	return do_inotify_init(0);
}

/* What comes by itself may be asked for as well. */
#define WATCH_BITS (IN_ALL_EVENTS | IN_UNMOUNT | IN_Q_OVERFLOW | IN_IGNORED | IN_ONLYDIR | IN_DONT_FOLLOW | \
		    IN_EXCL_UNLINK | IN_MASK_CREATE | IN_MASK_ADD | IN_ISDIR | IN_ONESHOT)
#define KEPT_BITS (IN_ALL_EVENTS | IN_ONESHOT | IN_EXCL_UNLINK)

/* => notify_lock held */
static struct inotify_mark *find_mark(struct inotify_group *group, const struct inode *inode)
{
	struct inotify_mark *mark;

	list_for_each_entry(mark, &inode->i_watches, inode_link)
		if (mark->group == group)
			return mark;
	return NULL;
}

static int set_watch(struct inotify_group *group, struct inode *inode, u32 mask)
{
	struct inotify_mark *fresh = kzalloc(sizeof(*fresh), GFP_KERNEL);
	struct inotify_mark *mark;
	int wd;

	if (!fresh)
		return -ENOMEM;
	spin_lock(&notify_lock);
	mark = find_mark(group, inode);
	if (mark) {
		wd = mark->wd;
		if (mask & IN_MASK_CREATE)
			wd = -EEXIST;
		else if (mask & IN_MASK_ADD)
			mark->mask |= mask & KEPT_BITS;
		else
			mark->mask = mask & KEPT_BITS;
		goto out;
	}
	wd = -ENOSPC;
	if (atomic_read(&inotify_watches) >= inotify_max_user_watches)
		goto out;
	/* Numbers are not used again at once: an old event may still name them. */
	wd = idr_alloc_cyclic(&group->wds, fresh, 1, 0, GFP_ATOMIC);
	if (wd < 0)
		goto out;
	ihold(inode);
	fresh->inode = inode;
	fresh->group = group;
	fresh->wd = wd;
	fresh->mask = mask & KEPT_BITS;
	list_add(&fresh->inode_link, &inode->i_watches);
	list_add(&fresh->group_link, &group->marks);
	atomic_inc(&inotify_watches);
	atomic_inc(&notify_watches);
	fresh = NULL;
out:
	spin_unlock(&notify_lock);
	kfree(fresh);
	return wd;
}

SYSCALL_DEFINE3(inotify_add_watch, int, fd, const char __user *, name, u32, mask)
{
	unsigned int how = 0;
	struct path path;
	struct fd f;
	int result;

	if (!(mask & WATCH_BITS) || (mask & ~WATCH_BITS))
		return -EINVAL;
	f = fdget(fd);
	if (!f.file)
		return -EBADF;
	result = -EINVAL;
	if ((mask & IN_MASK_ADD) && (mask & IN_MASK_CREATE))
		goto out;
	if (f.file->f_op != &inotify_fops)
		goto out;
	if (!(mask & IN_DONT_FOLLOW))
		how |= LOOKUP_FOLLOW;
	if (mask & IN_ONLYDIR)
		how |= LOOKUP_DIRECTORY;
	result = user_path_at(AT_FDCWD, name, how, &path);
	if (result)
		goto out;
	result = inode_permission(d_inode(path.dentry), MAY_READ);
	if (!result)
		result = set_watch(f.file->private_data, d_inode(path.dentry), mask);
	path_put(&path);
out:
	fdput(f);
	return result;
}

SYSCALL_DEFINE2(inotify_rm_watch, int, fd, int, wd)
{
	struct fd f = fdget(fd);
	struct inotify_mark *mark = NULL;
	int result = -EINVAL;

	if (!f.file)
		return -EBADF;
	if (f.file->f_op == &inotify_fops) {
		struct inotify_group *group = f.file->private_data;

		spin_lock(&notify_lock);
		mark = idr_find(&group->wds, wd);
		if (mark)
			inotify_unlink_mark(mark);
		spin_unlock(&notify_lock);
	}
	if (mark) {
		inotify_free_mark(mark);
		result = 0;
	}
	fdput(f);
	return result;
}

static const struct ctl_table inotify_table[] = {
	{ "max_user_instances", &inotify_max_user_instances, sizeof(int), 0644, proc_dointvec },
	{ "max_user_watches", &inotify_max_user_watches, sizeof(int), 0644, proc_dointvec },
	{ "max_queued_events", &inotify_max_queued_events, sizeof(int), 0644, proc_dointvec },
	{ NULL },
};

static int __init inotify_init_sysctl(void)
{
	return register_sysctl("fs/inotify", inotify_table);
}
late_initcall(inotify_init_sysctl);
