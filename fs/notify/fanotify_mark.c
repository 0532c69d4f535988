// SPDX-License-Identifier: MIT
/* fanotify's marks: on inodes, mounts and super blocks; what ends them. */
#include <fs/mount.h>
#include <fs/super.h>
#include <kern/errno.h>
#include <kern/user_namespace.h>
#include <mm/slab.h>

#include "fanotify.h"

DEFINE_SPINLOCK(fanotify_lock);
atomic_t fanotify_marks;

#define IGNORE_BITS (FAN_MARK_IGNORE | FAN_MARK_IGNORED_MASK)

/* => fanotify_lock held; the mark goes to `done` */
static void unlink_mark(struct fanotify_mark *mark, struct list_head *done)
{
	hlist_del_init(&mark->object_link);
	list_move(&mark->group_link, done);
	atomic_dec(&fanotify_marks);
	atomic_dec(&notify_watches);
}

static void free_mark(struct fanotify_mark *mark)
{
	if (mark->type == FAN_THE_INODE && !(mark->flags & FAN_MARK_EVICTABLE))
		iput(mark->inode);
	dec_ucount(mark->ucounts, UCOUNT_FANOTIFY_MARKS);
	kfree(mark);
}

static void free_marks(struct list_head *done)
{
	struct fanotify_mark *mark, *n;

	list_for_each_entry_safe(mark, n, done, group_link)
		free_mark(mark);
}

void fanotify_flush_marks(struct fanotify_group *group, enum fan_object type, bool all)
{
	struct fanotify_mark *mark, *n;
	LIST_HEAD(done);

	spin_lock(&fanotify_lock);
	list_for_each_entry_safe(mark, n, &group->marks, group_link)
		if (all || mark->type == type)
			unlink_mark(mark, &done);
	spin_unlock(&fanotify_lock);
	free_marks(&done);
}

void __fanotify_object_gone(struct hlist_head *head)
{
	struct fanotify_mark *mark;
	struct hlist_node *n;
	LIST_HEAD(done);

	spin_lock(&fanotify_lock);
	hlist_for_each_entry_safe(mark, n, head, object_link)
		unlink_mark(mark, &done);
	spin_unlock(&fanotify_lock);
	free_marks(&done);
}

/* ---- changing them ---- */

/* => fanotify_lock held */
static struct fanotify_mark *find_mark(const struct fanotify_mark *want)
{
	struct fanotify_mark *mark;

	hlist_for_each_entry(mark, want->head, object_link)
		if (mark->group == want->group)
			return mark;
	return NULL;
}

/* What was promised to a mark cannot be taken back. => fanotify_lock held */
static bool may_update(const struct fanotify_mark *mark, unsigned int flags)
{
	if ((flags & FAN_MARK_EVICTABLE) && !(mark->flags & FAN_MARK_EVICTABLE))
		return false;
	if ((flags & FAN_MARK_IGNORED_MASK) && (mark->flags & FAN_MARK_IGNORE))
		return false;
	return !(flags & FAN_MARK_IGNORE) || (flags & FAN_MARK_IGNORED_SURV_MODIFY) ||
	       !(mark->flags & FAN_MARK_IGNORED_SURV_MODIFY);
}

/* => fanotify_lock held */
static void update_mark(struct fanotify_mark *mark, u32 mask, unsigned int flags)
{
	if (flags & IGNORE_BITS) {
		mark->ignore |= mask;
		mark->flags |= flags & (FAN_MARK_IGNORE | FAN_MARK_IGNORED_SURV_MODIFY);
	} else {
		mark->mask |= mask;
	}
	if ((mark->flags & FAN_MARK_EVICTABLE) && !(flags & FAN_MARK_EVICTABLE)) {
		ihold(mark->inode);
		mark->flags &= ~FAN_MARK_EVICTABLE;
	}
}

/* A mark of nothing yet, counted: ERR_PTR(-ENOSPC) when the user has too many. */
static struct fanotify_mark *alloc_mark(const struct fanotify_mark *want, unsigned int flags)
{
	struct fanotify_group *group = want->group;
	struct fanotify_mark *mark = kmalloc(sizeof(*mark), GFP_KERNEL);

	if (!mark)
		return ERR_PTR(-ENOMEM);
	*mark = *want;
	mark->mask = 0;
	mark->flags = flags & FAN_MARK_EVICTABLE;
	INIT_HLIST_NODE(&mark->object_link);
	INIT_LIST_HEAD(&mark->group_link);
	if (!(group->flags & FAN_UNLIMITED_MARKS)) {
		mark->ucounts = inc_ucount(group->ucounts->ns, group->ucounts->uid,
					   UCOUNT_FANOTIFY_MARKS);
		if (!mark->ucounts) {
			kfree(mark);
			return ERR_PTR(-ENOSPC);
		}
	}
	if (mark->type == FAN_THE_INODE && !(flags & FAN_MARK_EVICTABLE))
		ihold(mark->inode);
	return mark;
}

int fanotify_add_mark(const struct fanotify_mark *want, unsigned int flags)
{
	struct fanotify_mark *mark, *fresh = NULL;
	int error = 0;

	/* A mask that ends with the next write would end at once. */
	if ((flags & IGNORE_BITS) && !(flags & FAN_MARK_IGNORED_SURV_MODIFY) &&
	    want->type == FAN_THE_INODE && atomic_read(&want->inode->i_writecount) > 0)
		return 0;
	spin_lock(&fanotify_lock);
	mark = find_mark(want);
	if (!mark) {
		spin_unlock(&fanotify_lock);
		fresh = alloc_mark(want, flags);
		if (IS_ERR(fresh))
			return PTR_ERR(fresh);
		spin_lock(&fanotify_lock);
		mark = find_mark(want);
	}
	if (!mark) {
		mark = fresh;
		fresh = NULL;
		hlist_add_head(&mark->object_link, mark->head);
		list_add(&mark->group_link, &mark->group->marks);
		atomic_inc(&fanotify_marks);
		atomic_inc(&notify_watches);
	}
	if (may_update(mark, flags))
		update_mark(mark, want->mask, flags);
	else
		error = -EEXIST;
	spin_unlock(&fanotify_lock);
	if (fresh)
		free_mark(fresh);
	return error;
}

int fanotify_remove_mark(const struct fanotify_mark *want, unsigned int flags, u32 hidden)
{
	struct fanotify_mark *mark;
	LIST_HEAD(done);

	spin_lock(&fanotify_lock);
	mark = find_mark(want);
	if (mark) {
		if (flags & IGNORE_BITS)
			mark->ignore &= ~want->mask;
		else
			mark->mask &= ~want->mask;
		if (!((mark->mask | mark->ignore) & ~hidden))
			unlink_mark(mark, &done);
	}
	spin_unlock(&fanotify_lock);
	free_marks(&done);
	return mark ? 0 : -ENOENT;
}
