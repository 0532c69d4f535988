/* SPDX-License-Identifier: MIT */
/* What the two halves of inotify share: marks and events (notify.c), the file (inotify.c). */
#ifndef FS_NOTIFY_INOTIFY_H
#define FS_NOTIFY_INOTIFY_H

#include <fs/notify.h>
#include <kern/spinlock.h>
#include <kern/wait.h>
#include <lib/idr.h>
#include <lib/list.h>

struct user_struct;

/*
 * One inotify descriptor.
 *   (n) notify_lock   (i) constant
 */
struct inotify_group {
	struct list_head events;	/* n */
	unsigned int nr_events;		/* n */
	bool overflowed;		/* n: the overflow event is in the queue */
	struct list_head marks;		/* n: by mark->group_link */
	struct idr wds;			/* n: watch numbers */
	wait_queue_head_t wait;
};

/* One watch: an inode (with a reference) and a group; without a group it is dnotify's. */
struct inotify_mark {
	struct list_head inode_link;	/* n: in inode->i_watches */
	struct list_head group_link;	/* n */
	struct inotify_group *group;	/* i */
	struct inode *inode;		/* i */
	u32 mask;			/* n */
	int wd;				/* i */
};

struct inotify_queued {
	struct list_head link;		/* n: in group->events */
	int wd;
	u32 mask, cookie;
	u32 len;			/* of name, without the NUL; 0: none */
	char name[];
};

extern spinlock_t notify_lock;
extern int inotify_max_queued_events;
extern int inotify_max_user_watches;
extern atomic_t inotify_watches;	/* n: written under it */

/* => notify_lock held; allocates atomically, a failure becomes an overflow */
void inotify_queue(struct inotify_group *group, int wd, u32 mask, const struct qstr *name,
		   u32 cookie);
/*
 * Takes a mark off both lists and queues IN_IGNORED. => notify_lock held; the caller then
 * inotify_free_mark()s it without
 */
void inotify_unlink_mark(struct inotify_mark *mark);
void inotify_free_mark(struct inotify_mark *mark);

/*
 * dnotify.c: the same for its marks, without an event. dnotify_tell() signals the owner, and
 * says whether the mark has done its duty. => notify_lock held, but for dnotify_free_mark()
 */
void dnotify_unlink_mark(struct inotify_mark *mark);
void dnotify_free_mark(struct inotify_mark *mark);
bool dnotify_tell(struct inotify_mark *mark, u32 mask, const struct qstr *name);

#endif
