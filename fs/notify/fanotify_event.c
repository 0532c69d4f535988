// SPDX-License-Identifier: MIT
/* fanotify: which groups hear of an event. */
#include <fs/dentry.h>
#include <fs/file.h>
#include <fs/mount.h>
#include <fs/super.h>
#include <kern/err.h>
#include <mm/slab.h>

#include "fanotify.h"

/* So many groups fit on the stack. */
#define FEW 8

/* Does a mask of a mark count for a folder, or for what happens in one? */
static bool applies(u32 mask, bool ondir, enum fan_object as)
{
	if (ondir && !(mask & FAN_ONDIR))
		return false;
	return as != FAN_THE_PARENT || (mask & FAN_EVENT_ON_CHILD);
}

/* => fanotify_lock held */
static u32 ignored(const struct fanotify_mark *mark, bool ondir, enum fan_object as)
{
	u32 mask = mark->ignore;

	/* FAN_MARK_IGNORED_MASK has no flags of its own: folders count, and children as in the mask. */
	if (!(mark->flags & FAN_MARK_IGNORE))
		mask |= FAN_ONDIR | (mark->mask & FAN_EVENT_ON_CHILD);
	return applies(mask, ondir, as) ? mark->ignore & FAN_EVENT_BITS : 0;
}

/*
 * The groups with a mark that an event is to look at.
 *   (s) fanotify_lock while it is filled
 */
struct hits {
	struct fan_hit *at;
	unsigned int nr, max;
	bool full;		/* there are more */
};

/* => fanotify_lock held; NULL when there is no room */
static struct fan_hit *hit_of(struct hits *hits, struct fanotify_group *group)
{
	struct fan_hit *hit;

	for (unsigned int i = 0; i < hits->nr; i++)
		if (hits->at[i].group == group)
			return &hits->at[i];
	if (hits->nr == hits->max) {
		hits->full = true;
		return NULL;
	}
	hit = &hits->at[hits->nr++];
	*hit = (struct fan_hit){ .group = group };
	return hit;
}

/* => fanotify_lock held */
static void look_at(struct hits *hits, const struct hlist_head *head, enum fan_object as, u32 event)
{
	bool ondir = event & FAN_ONDIR;
	struct fanotify_mark *mark;

	hlist_for_each_entry(mark, head, object_link) {
		struct fan_hit *hit = hit_of(hits, mark->group);

		if (!hit)
			return;
		if ((event & FAN_MODIFY) && !(mark->flags & FAN_MARK_IGNORED_SURV_MODIFY))
			mark->ignore = 0;
		hit->ignore |= ignored(mark, ondir, as);
		if (!applies(mark->mask, ondir, as))
			continue;
		hit->mask |= mark->mask;
		hit->matched |= 1u << as;
		hit->fsid = mark->fsid;
	}
}

/* => fanotify_lock held */
static void look(struct hits *hits, const struct fan_what *what)
{
	u32 mask = what->mask;

	if (what->path)
		look_at(hits, &what->path->mnt->mnt_marks, FAN_THE_MOUNT, mask);
	if (mask & FAN_DIRENT_BITS) {
		look_at(hits, &what->dir->i_marks, FAN_THE_INODE, mask);
		if (what->new_dir)
			look_at(hits, &what->new_dir->i_marks, FAN_THE_NEW_DIR, mask);
	} else {
		look_at(hits, &what->inode->i_marks, FAN_THE_INODE, mask);
		if (what->dir)
			look_at(hits, &what->dir->i_marks, FAN_THE_PARENT, mask);
	}
	look_at(hits, &what->sb->s_marks, FAN_THE_SUPER, mask);
}

/* What of the event the group hears: sets hit->mask. */
static void judge(struct fan_hit *hit, const struct fan_what *what)
{
	unsigned int fid = hit->group->flags & FAN_FID_BITS;
	u32 heard = what->mask & hit->mask & ~hit->ignore;

	if (!(heard & FAN_EVENT_BITS))
		heard = 0;
	if (!fid) {
		/* Without a file to open there is nothing to tell. */
		if (!what->path || !(S_ISREG(what->inode->i_mode) || S_ISDIR(what->inode->i_mode)))
			heard = 0;
		heard &= ~FAN_FLAG_BITS;
	} else if (!(fid & FAN_REPORT_FID) && !what->dir && !(what->mask & FAN_ONDIR)) {
		heard = 0;
	}
	hit->mask = heard & ~FAN_EVENT_ON_CHILD;
}

/* Fills `few`, or an array that is to be freed, with referenced groups. NULL: no memory. */
static struct fan_hit *gather(const struct fan_what *what, struct fan_hit *few, unsigned int *nr)
{
	struct hits hits = { .at = few, .max = FEW };

	for (;;) {
		unsigned int kept = 0;

		spin_lock(&fanotify_lock);
		look(&hits, what);
		for (unsigned int i = 0; i < hits.nr && !hits.full; i++) {
			judge(&hits.at[i], what);
			if (!hits.at[i].mask)
				continue;
			refcount_inc(&hits.at[i].group->refs);
			hits.at[kept++] = hits.at[i];
		}
		spin_unlock(&fanotify_lock);
		if (!hits.full) {
			*nr = kept;
			return hits.at;
		}
		if (hits.at != few)
			kfree(hits.at);
		hits.max *= 2;
		hits.nr = 0;
		hits.full = false;
		hits.at = kmalloc_array(hits.max, sizeof(*hits.at), GFP_KERNEL);
		if (!hits.at)
			return NULL;
	}
}

/* One event for one group: an errno only of a permission event. */
static int tell(const struct fan_hit *hit, const struct fan_what *what)
{
	struct fanotify_event *event = fanotify_alloc_event(hit, what);

	if (!event) {
		if (hit->mask & FAN_PERM_BITS)
			return -ENOMEM;
		fanotify_queue_overflow(hit->group);
		return 0;
	}
	if (hit->mask & FAN_PERM_BITS)
		return fanotify_ask(hit->group, event);
	fanotify_queue_event(hit->group, event);
	return 0;
}

/* => may sleep; 0, or what a permission event ended in */
static int fanotify_event(const struct fan_what *what)
{
	static const unsigned int classes[] = {
		FAN_CLASS_PRE_CONTENT, FAN_CLASS_CONTENT, FAN_CLASS_NOTIF,
	};
	struct fan_hit few[FEW], *hits;
	unsigned int nr = 0;
	int error = 0;

	hits = gather(what, few, &nr);
	if (!hits)
		return what->mask & FAN_PERM_BITS ? -ENOMEM : 0;
	for (unsigned int c = 0; c < 3; c++)
		for (unsigned int i = 0; i < nr && !error; i++)
			if ((hits[i].group->flags & FAN_ALL_CLASS_BITS) == classes[c])
				error = tell(&hits[i], what);
	for (unsigned int i = 0; i < nr; i++)
		fanotify_put_group(hits[i].group);
	if (hits != few)
		kfree(hits);
	return error;
}

/* ---- what the file system layer reports ---- */

static u32 dir_bit(const struct inode *inode)
{
	return inode && S_ISDIR(inode->i_mode) ? FAN_ONDIR : 0;
}

/* An event about a file that stands in a folder, by its name. */
static int fanotify_child(struct dentry *dentry, const struct path *path, u32 mask)
{
	struct dentry *parent = dget_parent(dentry);
	struct name_snapshot name;
	struct fan_what what = {
		.mask = mask | dir_bit(d_inode(dentry)),
		.path = path,
		.sb = dentry->d_sb,
		.inode = d_inode(dentry),
	};
	int error;

	if (parent != dentry) {
		take_dentry_name_snapshot(&name, dentry);
		what.dir = d_inode(parent);
		what.name = &name.name;
	}
	error = fanotify_event(&what);
	dput(parent);
	return error;
}

void fanotify_file(struct file *file, u32 mask)
{
	if ((mask & FAN_OPEN) && (file->f_mode & FMODE_EXEC))
		mask |= FAN_OPEN_EXEC;
	fanotify_child(file->f_path.dentry, &file->f_path, mask);
}

void fanotify_dentry(struct dentry *dentry, u32 mask)
{
	if (d_inode(dentry))
		fanotify_child(dentry, NULL, mask);
}

int __fanotify_perm(struct file *file, u32 mask)
{
	int error = 0;

	if ((mask & FAN_OPEN_PERM) && (file->f_mode & FMODE_EXEC))
		error = fanotify_child(file->f_path.dentry, &file->f_path, FAN_OPEN_EXEC_PERM);
	return error ? error : fanotify_child(file->f_path.dentry, &file->f_path, mask);
}

void fanotify_inode(struct inode *inode, u32 mask)
{
	const struct fan_what what = {
		.mask = mask | dir_bit(inode),
		.sb = inode->i_sb,
		.inode = inode,
	};

	fanotify_event(&what);
}

void fanotify_name(struct inode *dir, const struct qstr *name, struct inode *inode, u32 mask)
{
	const struct fan_what what = {
		.mask = mask,
		.sb = dir->i_sb,
		.inode = inode,
		.dir = dir,
		.name = name,
	};

	fanotify_event(&what);
}

void fanotify_rename(struct inode *old_dir, const struct qstr *old_name, struct inode *new_dir,
		     const struct qstr *new_name, struct inode *inode)
{
	const struct fan_what what = {
		.mask = FAN_RENAME | dir_bit(inode),
		.sb = old_dir->i_sb,
		.inode = inode,
		.dir = old_dir,
		.name = old_name,
		.new_dir = new_dir,
		.new_name = new_name,
	};

	fanotify_event(&what);
}
