// SPDX-License-Identifier: MIT
/* fanotify's descriptor: reading events, answering them, fdinfo. */
#include <asm/ioctls.h>
#include <fs/dentry.h>
#include <fs/fdtable.h>
#include <fs/mount.h>
#include <fs/poll.h>
#include <fs/seq_file.h>
#include <fs/super.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/fork.h>
#include <kern/kernel.h>
#include <kern/pid.h>
#include <kern/pidfd.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

#include "fanotify.h"

/* ---- reading ---- */

static size_t event_size(const struct fanotify_group *group, const struct fanotify_event *event)
{
	size_t size = sizeof(struct fanotify_event_metadata) + event->info_len;

	if (group->flags & FAN_REPORT_PIDFD)
		size += sizeof(struct fanotify_event_info_pidfd);
	return size;
}

/* The first event, if it fits; ERR_PTR(-EINVAL) if it does not; NULL when there is none. */
static struct fanotify_event *take_event(struct fanotify_group *group, size_t room)
{
	struct fanotify_event *event;

	spin_lock(&group->lock);
	event = list_first_entry_or_null(&group->events, struct fanotify_event, link);
	if (event && event_size(group, event) > room) {
		event = ERR_PTR(-EINVAL);
	} else if (event) {
		list_del_init(&event->link);
		group->nr_events--;
		event->state = FAN_REPORTED;
		if (event == group->overflow)
			group->overflowed = false;
	}
	spin_unlock(&group->lock);
	return event;
}

/* What a read is about to give away: descriptors that are installed when all was copied. */
struct gift {
	int fd, pidfd;
	struct file *file, *pidfile;
};

/* 0, or why the file cannot be opened. */
static int open_file(const struct fanotify_group *group, const struct fanotify_event *event,
		     struct gift *gift)
{
	struct file *file;
	int fd;

	if (!event->path.mnt)
		return 0;
	fd = get_unused_fd_flags(group->f_flags & O_CLOEXEC);
	if (fd < 0)
		return fd;
	/* Nobody is told of what its reader does with it. */
	file = dentry_open_nonotify(&event->path, group->f_flags & ~O_CLOEXEC);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		return PTR_ERR(file);
	}
	gift->fd = fd;
	gift->file = file;
	return 0;
}

static void open_pidfd(const struct fanotify_group *group, const struct fanotify_event *event,
		       pid_t pid, struct gift *gift)
{
	if (!(group->flags & FAN_REPORT_PIDFD) || !pid || !pid_has_task(event->pid, PIDTYPE_TGID))
		return;
	gift->pidfd = pidfd_prepare(event->pid, 0, &gift->pidfile);
	if (gift->pidfd < 0)
		gift->pidfd = FAN_EPIDFD;
}

static void give(const struct gift *gift, bool keep)
{
	if (gift->pidfile && keep)
		fd_install(gift->pidfd, gift->pidfile);
	else if (gift->pidfile)
		pidfd_abort(gift->pidfd, gift->pidfile);
	if (gift->file && keep) {
		fd_install(gift->fd, gift->file);
	} else if (gift->file) {
		put_unused_fd(gift->fd);
		fput(gift->file);
	}
}

/* An unprivileged group learns of nobody's number but its reader's. */
static pid_t pid_of(const struct fanotify_group *group, const struct fanotify_event *event)
{
	if (!event->pid ||
	    ((group->flags & FAN_GROUP_UNPRIV) && event->pid != task_tgid(current)))
		return 0;
	return pid_vnr(event->pid);
}

/* => room for event_size(); 0 or -errno. Sets event->fd. */
static int put_event(struct fanotify_group *group, struct fanotify_event *event, char __user *buf)
{
	struct fanotify_event_metadata head = {
		.event_len = event_size(group, event),
		.vers = FANOTIFY_METADATA_VERSION,
		.metadata_len = sizeof(head),
		.mask = event->mask,
		.pid = pid_of(group, event),
	};
	struct fanotify_event_info_pidfd info = {
		.hdr = { .info_type = FAN_EVENT_INFO_TYPE_PIDFD, .len = sizeof(info) },
	};
	struct gift gift = { .fd = FAN_NOFD, .pidfd = FAN_NOPIDFD };
	int error = open_file(group, event, &gift);

	if (error)
		return error;
	open_pidfd(group, event, head.pid, &gift);
	head.fd = gift.fd;
	info.pidfd = gift.pidfd;
	if (copy_to_user(buf, &head, sizeof(head)) ||
	    copy_to_user(buf + sizeof(head), event->info, event->info_len) ||
	    ((group->flags & FAN_REPORT_PIDFD) &&
	     copy_to_user(buf + sizeof(head) + event->info_len, &info, sizeof(info))))
		error = -EFAULT;
	if (!error)
		event->fd = gift.fd;
	give(&gift, !error);
	return error;
}

/* An event that was read: it waits for its answer, or is over. */
static void settle(struct fanotify_group *group, struct fanotify_event *event, int error)
{
	bool over = true;

	if (event == group->overflow)
		return;
	if (event->mask & FAN_PERM_BITS) {
		spin_lock(&group->lock);
		if (error || group->closed) {
			over = fanotify_answer(event, error ? FAN_DENY : FAN_ALLOW);
		} else {
			list_add_tail(&event->link, &group->asked);
			over = false;
		}
		spin_unlock(&group->lock);
		if (error)
			wake_up_all(&group->answers);
	}
	if (over)
		fanotify_free_event(event);
}

static ssize_t fanotify_read(struct file *file, char __user *buf, size_t size, loff_t *pos)
{
	struct fanotify_group *group = file->private_data;
	size_t done = 0;

	for (;;) {
		struct fanotify_event *event;
		size_t n;
		int error;

		if (size - done < sizeof(struct fanotify_event_metadata) &&
		    !list_empty_careful(&group->events))
			return done ? (ssize_t)done : -EINVAL;
		event = take_event(group, size - done);
		if (IS_ERR(event))
			return done ? (ssize_t)done : PTR_ERR(event);
		if (event) {
			n = event_size(group, event);
			error = put_event(group, event, buf + done);
			settle(group, event, error);
			if (error)
				return done && error != -EFAULT ? (ssize_t)done : error;
			done += n;
			continue;
		}
		if (done)
			return done;
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event_interruptible(group->readers, !list_empty_careful(&group->events)))
			return -ERESTARTSYS;
	}
}

/* ---- answering ---- */

static ssize_t fanotify_write(struct file *file, const char __user *buf, size_t size, loff_t *pos)
{
	struct fanotify_group *group = file->private_data;
	struct fanotify_event *event, *found = NULL;
	struct fanotify_response r;
	bool over = false;

	if (size < sizeof(r))
		return -EINVAL;
	if (copy_from_user(&r, buf, sizeof(r)))
		return -EFAULT;
	if ((r.response & ~FAN_AUDIT) != FAN_ALLOW && (r.response & ~FAN_AUDIT) != FAN_DENY)
		return -EINVAL;
	if ((r.response & FAN_AUDIT) && !(group->flags & FAN_ENABLE_AUDIT))
		return -EINVAL;
	if (r.fd < 0)
		return -EINVAL;
	spin_lock(&group->lock);
	list_for_each_entry(event, &group->asked, link) {
		if (event->fd == r.fd) {
			found = event;
			list_del_init(&event->link);
			over = fanotify_answer(event, r.response & ~FAN_AUDIT);
			break;
		}
	}
	spin_unlock(&group->lock);
	if (!found)
		return -ENOENT;
	wake_up_all(&group->answers);
	if (over)
		fanotify_free_event(found);
	return sizeof(r);
}

/* ---- the rest of the descriptor ---- */

static __poll_t fanotify_poll(struct file *file, poll_table *pt)
{
	struct fanotify_group *group = file->private_data;

	poll_wait(file, &group->readers, pt);
	return list_empty_careful(&group->events) ? 0 : EPOLLIN | EPOLLRDNORM;
}

static long fanotify_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct fanotify_group *group = file->private_data;

	if (cmd != FIONREAD)
		return -ENOTTY;
	return put_user((int)(READ_ONCE(group->nr_events) * sizeof(struct fanotify_event_metadata)),
			(int __user *)arg);
}

static int fanotify_release(struct inode *inode, struct file *file)
{
	struct fanotify_group *group = file->private_data;

	fanotify_stop(group);
	fanotify_flush_marks(group, 0, true);
	fanotify_put_group(group);
	return 0;
}

/* => fanotify_lock held */
static void show_mark(struct seq_file *m, const struct fanotify_mark *mark)
{
	switch (mark->type) {
	case FAN_THE_MOUNT:
		seq_printf(m, "fanotify mnt_id:%x ", vfsmount_id(mark->mnt));
		break;
	case FAN_THE_SUPER:
		seq_printf(m, "fanotify sdev:%x ", mark->sb->s_dev);
		break;
	default:
		seq_printf(m, "fanotify ino:%lx sdev:%x ", mark->inode->i_ino,
			   mark->inode->i_sb->s_dev);
		break;
	}
	seq_printf(m, "mflags:%x mask:%x ignored_mask:%x", mark->flags, mark->mask, mark->ignore);
	if (mark->type == FAN_THE_INODE) {
		struct fan_fid fid;

		fanotify_encode(mark->inode, &fid);
		seq_printf(m, " fhandle-bytes:%x fhandle-type:%x f_handle:", fid.words * 4,
			   fid.type);
		for (int i = 0; i < fid.words * 4; i++)
			seq_printf(m, "%02x", ((const u8 *)fid.handle)[i]);
	}
	seq_putc(m, '\n');
}

static void fanotify_show_fdinfo(struct seq_file *m, struct file *file)
{
	struct fanotify_group *group = file->private_data;
	struct fanotify_mark *mark;

	seq_printf(m, "fanotify flags:%x event-flags:%x\n", group->flags & ~FAN_GROUP_UNPRIV,
		   group->f_flags);
	spin_lock(&fanotify_lock);
	list_for_each_entry(mark, &group->marks, group_link)
		show_mark(m, mark);
	spin_unlock(&fanotify_lock);
}

const struct file_operations fanotify_fops = {
	.read = fanotify_read,
	.write = fanotify_write,
	.poll = fanotify_poll,
	.unlocked_ioctl = fanotify_ioctl,
	.release = fanotify_release,
	.llseek = noop_llseek,
	.show_fdinfo = fanotify_show_fdinfo,
};
