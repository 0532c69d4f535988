// SPDX-License-Identifier: MIT
/*
 * dnotify (fcntl F_NOTIFY): a signal to the owner of an open folder when something happens to the
 * files in it. A watch is a mark on the folder's inode without an inotify group.
 *
 * A watch lives until it has fired (without DN_MULTISHOT), until the process that asked closes a
 * descriptor of that file, or until the file itself goes. It holds no reference on the file: the
 * last close takes it off under notify_lock.
 *
 * Lock order: notify_lock, then the owner's lock of send_sigio().
 */
#include <fs/fdtable.h>
#include <fs/file.h>
#include <fs/sysctl.h>
#include <kern/errno.h>
#include <kern/init.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <linux/fcntl.h>
#include <mm/slab.h>

#include "inotify.h"

/* Some ABI headers give DN_MULTISHOT as a signed number. */
#define MULTISHOT 0x80000000u

static int dir_notify_enable = 1;

/*
 * One process's interest in one open folder.
 *   (n) notify_lock   (i) constant
 */
struct dnotify {
	struct inotify_mark mark;	/* its group is NULL, its mask in IN_* and NOTIFY_RENAME */
	struct file *file;		/* i */
	struct files_struct *owner;	/* i: whose close ends it */
	int fd;				/* n: told as si_fd */
	bool multishot;			/* n */
};

static const struct {
	unsigned int dn;
	u32 in;
} kinds[] = {
	{ DN_ACCESS, IN_ACCESS },
	{ DN_MODIFY, IN_MODIFY },
	{ DN_CREATE, IN_CREATE | IN_MOVED_TO },
	{ DN_DELETE, IN_DELETE | IN_MOVED_FROM },
	{ DN_RENAME, NOTIFY_RENAME },
	{ DN_ATTRIB, IN_ATTRIB },
};

static u32 mask_of(unsigned int arg)
{
	u32 mask = 0;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (arg & kinds[i].dn)
			mask |= kinds[i].in;
	return mask;
}

void dnotify_unlink_mark(struct inotify_mark *mark)
{
	list_del_init(&mark->inode_link);
	atomic_dec(&notify_watches);
}

void dnotify_free_mark(struct inotify_mark *mark)
{
	iput(mark->inode);
	kfree(container_of(mark, struct dnotify, mark));
}

bool dnotify_tell(struct inotify_mark *mark, u32 mask, const struct qstr *name)
{
	struct dnotify *dn = container_of(mark, struct dnotify, mark);

	/* Without a name it is about the folder itself. */
	if ((!name && !(mask & IN_ISDIR)) || !(mark->mask & mask & (IN_ALL_EVENTS | NOTIFY_RENAME)))
		return false;
	send_sigio(&dn->file->f_owner, dn->fd, POLL_MSG);
	return !dn->multishot;
}

/* Does the mark belong to this file, and to that owner (NULL: to any)? */
static bool is_watch_of(struct inotify_mark *mark, const struct file *file,
			const struct files_struct *owner)
{
	const struct dnotify *dn = container_of(mark, struct dnotify, mark);

	return !mark->group && dn->file == file && (!owner || dn->owner == owner);
}

void dnotify_flush(struct file *file, struct files_struct *owner)
{
	struct inode *inode = file_inode(file);
	struct inotify_mark *mark, *n;
	LIST_HEAD(done);

	if (!notify_any() || !S_ISDIR(inode->i_mode) || list_empty(&inode->i_watches))
		return;
	spin_lock(&notify_lock);
	list_for_each_entry_safe(mark, n, &inode->i_watches, inode_link) {
		if (!is_watch_of(mark, file, owner))
			continue;
		dnotify_unlink_mark(mark);
		list_add(&mark->inode_link, &done);
	}
	spin_unlock(&notify_lock);
	list_for_each_entry_safe(mark, n, &done, inode_link)
		dnotify_free_mark(mark);
}

/* => notify_lock held */
static struct dnotify *find_watch(struct file *file, const struct files_struct *owner)
{
	struct inotify_mark *mark;

	list_for_each_entry(mark, &file_inode(file)->i_watches, inode_link)
		if (is_watch_of(mark, file, owner))
			return container_of(mark, struct dnotify, mark);
	return NULL;
}

/* => notify_lock held */
static void add_watch(struct dnotify *dn, struct file *file)
{
	struct inode *inode = file_inode(file);

	ihold(inode);
	dn->mark.inode = inode;
	dn->file = file;
	dn->owner = current->files;
	list_add(&dn->mark.inode_link, &inode->i_watches);
	atomic_inc(&notify_watches);
}

int fcntl_dirnotify(int fd, struct file *file, unsigned int arg)
{
	struct dnotify *fresh, *dn;

	if (!dir_notify_enable)
		return -EINVAL;
	if (!(arg & ~MULTISHOT)) {
		dnotify_flush(file, current->files);
		return 0;
	}
	if (!S_ISDIR(file_inode(file)->i_mode))
		return -ENOTDIR;
	fresh = kzalloc(sizeof(*fresh), GFP_KERNEL);
	if (!fresh)
		return -ENOMEM;
	f_setown_if_none(file);
	spin_lock(&notify_lock);
	dn = find_watch(file, current->files);
	if (!dn) {
		dn = fresh;
		fresh = NULL;
		add_watch(dn, file);
	}
	dn->mark.mask |= mask_of(arg);
	dn->fd = fd;
	dn->multishot |= (arg & MULTISHOT) != 0;
	spin_unlock(&notify_lock);
	kfree(fresh);
	return 0;
}

static const struct ctl_table dnotify_table[] = {
	{ "dir-notify-enable", &dir_notify_enable, sizeof(int), 0644, proc_dointvec },
	{ NULL },
};

static int __init dnotify_init_sysctl(void)
{
	return register_sysctl("fs", dnotify_table);
}
late_initcall(dnotify_init_sysctl);
