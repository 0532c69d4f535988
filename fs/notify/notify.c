// SPDX-License-Identifier: MIT
/*
 * Watches on inodes, and the events that reach them.
 *
 * The file system layer reports what it did (fs/notify.h). Each inode has a list of watches; an
 * event whose kind a watch asks for goes into the queue of the watch's descriptor. One spin lock
 * guards all lists and queues: nothing is locked while there is no watch in the whole system.
 *
 * dnotify's watches (dnotify.c) are in the same lists; they send a signal instead.
 *
 * A watch holds its inode. It ends when it is removed, when the inode's last name and user have
 * gone, or when the file system is unmounted; each ends in IN_IGNORED.
 */
#include <fs/poll.h>
#include <fs/super.h>
#include <kern/err.h>
#include <kern/rcupdate.h>
#include <lib/string.h>
#include <mm/slab.h>

#include "inotify.h"

DEFINE_SPINLOCK(notify_lock);
atomic_t notify_watches;
atomic_t inotify_watches;
int inotify_max_queued_events = 16384;
static atomic_t last_cookie;

/* ---- queues ---- */

/* A repetition of the last event says nothing new. */
static bool same_as_last(struct inotify_group *group, int wd, u32 mask, const struct qstr *name,
			 u32 cookie)
{
	struct inotify_queued *last;

	if (list_empty(&group->events) || (mask & IN_IGNORED))
		return false;
	last = list_last_entry(&group->events, struct inotify_queued, link);
	if (last->wd != wd || last->mask != mask || last->cookie != cookie)
		return false;
	if (!name)
		return !last->len;
	return last->len == name->len && !memcmp(last->name, name->name, name->len);
}

static void add_event(struct inotify_group *group, struct inotify_queued *event)
{
	list_add_tail(&event->link, &group->events);
	group->nr_events++;
	wake_up_interruptible_poll(&group->wait, EPOLLIN | EPOLLRDNORM);
}

void inotify_queue(struct inotify_group *group, int wd, u32 mask, const struct qstr *name,
		   u32 cookie)
{
	struct inotify_queued *event = NULL;
	u32 len = name ? name->len : 0;

	if (same_as_last(group, wd, mask, name, cookie))
		return;
	if (group->nr_events < inotify_max_queued_events)
		event = kmalloc(sizeof(*event) + len + 1, GFP_ATOMIC);
	if (!event) {
		if (group->overflowed)
			return;
		event = kmalloc(sizeof(*event) + 1, GFP_ATOMIC);
		if (!event)
			return;
		group->overflowed = true;
		wd = -1;
		mask = IN_Q_OVERFLOW;
		cookie = 0;
		len = 0;
	}
	event->wd = wd;
	event->mask = mask;
	event->cookie = cookie;
	event->len = len;
	if (len)
		memcpy(event->name, name->name, len);
	event->name[len] = '\0';
	add_event(group, event);
}

/* ---- marks ---- */

void inotify_unlink_mark(struct inotify_mark *mark)
{
	if (!mark->group) {
		dnotify_unlink_mark(mark);
		return;
	}
	list_del_init(&mark->inode_link);
	list_del_init(&mark->group_link);
	idr_remove(&mark->group->wds, mark->wd);
	inotify_queue(mark->group, mark->wd, IN_IGNORED, NULL, 0);
	atomic_dec(&inotify_watches);
	atomic_dec(&notify_watches);
}

void inotify_free_mark(struct inotify_mark *mark)
{
	if (!mark->group) {
		dnotify_free_mark(mark);
		return;
	}
	iput(mark->inode);
	kfree(mark);
}

/* => notify_lock held; a one-shot watch that fires goes to `done` */
static void tell_mark(struct inotify_mark *mark, u32 mask, const struct qstr *name, u32 cookie,
		      struct list_head *done)
{
	u32 kind = mask & IN_ALL_EVENTS;
	bool spent;

	if (!mark->group) {
		spent = dnotify_tell(mark, mask, name);
	} else {
		if (!(mark->mask & kind))
			return;
		inotify_queue(mark->group, mark->wd, mask, name, cookie);
		spent = mark->mask & IN_ONESHOT;
	}
	if (spent) {
		inotify_unlink_mark(mark);
		list_add(&mark->inode_link, done);
	}
}

static void free_marks(struct list_head *done)
{
	while (!list_empty(done)) {
		struct inotify_mark *mark =
			list_first_entry(done, struct inotify_mark, inode_link);

		list_del(&mark->inode_link);
		inotify_free_mark(mark);
	}
}

/* Tells the watchers of `inode`; `name` is the child it is about, or NULL. */
static void tell(struct inode *inode, u32 mask, const struct qstr *name, u32 cookie)
{
	struct inotify_mark *mark, *n;
	LIST_HEAD(done);

	if (list_empty(&inode->i_watches))
		return;
	spin_lock(&notify_lock);
	list_for_each_entry_safe(mark, n, &inode->i_watches, inode_link)
		tell_mark(mark, mask, name, cookie, &done);
	spin_unlock(&notify_lock);
	free_marks(&done);
}

/* Tells those of the folder that `dentry` stands in, and of its inode. */
static void tell_both(struct dentry *dentry, u32 mask)
{
	struct inode *inode = d_inode(dentry);
	struct dentry *parent;

	if (!inode)
		return;
	if (S_ISDIR(inode->i_mode))
		mask |= IN_ISDIR;
	parent = dget_parent(dentry);
	if (parent != dentry && !list_empty(&d_inode(parent)->i_watches)) {
		struct name_snapshot name;

		take_dentry_name_snapshot(&name, dentry);
		tell(d_inode(parent), mask, &name.name, 0);
	}
	dput(parent);
	tell(inode, mask, NULL, 0);
}

void __notify_file(struct file *file, u32 mask)
{
	tell_both(file->f_path.dentry, mask);
	if (fanotify_any())
		fanotify_file(file, mask);
}

void __notify_dentry(struct dentry *dentry, u32 mask)
{
	tell_both(dentry, mask);
	if (fanotify_any())
		fanotify_dentry(dentry, mask);
}

void __notify_inode(struct inode *inode, u32 mask)
{
	tell(inode, mask, NULL, 0);
	if (fanotify_any())
		fanotify_inode(inode, mask);
}

void __notify_dirent(struct inode *dir, u32 mask, struct dentry *dentry)
{
	tell(dir, mask, &dentry->d_name, 0);
	if (fanotify_any())
		fanotify_name(dir, &dentry->d_name, d_inode(dentry), mask);
}

void notify_move(struct inode *old_dir, const struct qstr *old_name, struct inode *new_dir,
		 struct dentry *dentry)
{
	u32 cookie = atomic_inc_return(&last_cookie);
	struct inode *inode = d_inode(dentry);
	u32 isdir = S_ISDIR(inode->i_mode) ? IN_ISDIR : 0;

	if (fanotify_any()) {
		fanotify_rename(old_dir, old_name, new_dir, &dentry->d_name, inode);
		fanotify_name(old_dir, old_name, inode, FAN_MOVED_FROM | isdir);
		fanotify_name(new_dir, &dentry->d_name, inode, FAN_MOVED_TO | isdir);
	}
	/* The two halves of a move share a cookie. */
	tell(old_dir, IN_MOVED_FROM | isdir, old_name, cookie);
	tell(new_dir, IN_MOVED_TO | isdir, &dentry->d_name, cookie);
	if (old_dir == new_dir)
		tell(old_dir, NOTIFY_RENAME | isdir, old_name, 0);
	__notify_inode(inode, IN_MOVE_SELF);
}

/* Ends all watches of an inode, with one last event. */
static void end_watches(struct inode *inode, u32 last)
{
	u32 isdir = last == IN_UNMOUNT && S_ISDIR(inode->i_mode) ? IN_ISDIR : 0;
	struct inotify_mark *mark, *n;
	LIST_HEAD(done);

	spin_lock(&notify_lock);
	list_for_each_entry_safe(mark, n, &inode->i_watches, inode_link) {
		if (mark->group && (last == IN_UNMOUNT || (mark->mask & last)))
			inotify_queue(mark->group, mark->wd, last | isdir, NULL, 0);
		inotify_unlink_mark(mark);
		list_add(&mark->inode_link, &done);
	}
	spin_unlock(&notify_lock);
	free_marks(&done);
}

void __notify_inode_removed(struct inode *inode)
{
	if (fanotify_any()) {
		fanotify_inode(inode, FAN_DELETE_SELF);
		fanotify_object_gone(&inode->i_marks);
	}
	if (!list_empty(&inode->i_watches))
		end_watches(inode, IN_DELETE_SELF);
}

void notify_unmount(struct super_block *sb)
{
	struct inode *inode, *found;

	fanotify_object_gone(&sb->s_marks);
	if (!notify_any())
		return;
	do {
		found = NULL;
		spin_lock(&sb->s_inode_list_lock);
		list_for_each_entry(inode, &sb->s_inodes, i_sb_list)
			if (!list_empty(&inode->i_watches) || !hlist_empty(&inode->i_marks)) {
				found = igrab(inode);
				break;
			}
		spin_unlock(&sb->s_inode_list_lock);
		if (found) {
			fanotify_object_gone(&found->i_marks);
			end_watches(found, IN_UNMOUNT);
			iput(found);
		}
	} while (found);
}
