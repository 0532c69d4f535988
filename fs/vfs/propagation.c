/* SPDX-License-Identifier: MIT */
/*
 * Propagation: what happens on one mount of a peer group happens on its peers and their slaves.
 *
 * Peers form the ring mnt_share; the slaves of one peer hang on its mnt_slave_list. A mount may be
 * both: slave of one group and peer of another. propagation_next() visits every mount that hears
 * of a change at `origin`, masters before their slaves.
 *
 * All run with namespace_sem held for writing; what changes rings and lists also holds mount_lock.
 */
#include <fs/dentry.h>
#include <fs/path.h>
#include <kern/err.h>
#include <kern/bug.h>
#include <kern/rwsem.h>
#include <lib/list.h>
#include "mount.h"

static struct mount *next_peer(struct mount *p)
{
	return list_entry(p->mnt_share.next, struct mount, mnt_share);
}

static struct mount *propagation_next(struct mount *m, struct mount *origin)
{
	if (!list_empty(&m->mnt_slave_list))
		return list_first_entry(&m->mnt_slave_list, struct mount, mnt_slave);
	for (;;) {
		struct mount *master = m->mnt_master;

		if (master == origin->mnt_master) {
			struct mount *next = next_peer(m);

			return next == origin ? NULL : next;
		}
		if (m->mnt_slave.next != &master->mnt_slave_list)
			return list_next_entry(m, mnt_slave);
		/* Back up to the peer whose slaves these were. */
		m = master;
	}
}

/* A peer of `mnt` whose root leads to the same place, to inherit its slaves; or NULL. */
static struct mount *heir(struct mount *mnt)
{
	struct mount *m;

	for (m = next_peer(mnt); m != mnt; m = next_peer(m))
		if (m->mnt.mnt_root == mnt->mnt.mnt_root)
			return m;
	m = next_peer(mnt);
	return m == mnt ? NULL : m;
}

/* Leaves the peer group; its slaves go to a peer, or to its own master, or are on their own. */
static void leave_group(struct mount *mnt, struct mount *master)
{
	struct mount *slave;

	list_for_each_entry(slave, &mnt->mnt_slave_list, mnt_slave)
		slave->mnt_master = master;
	if (master) {
		list_splice_init(&mnt->mnt_slave_list, master->mnt_slave_list.prev);
		return;
	}
	while (!list_empty(&mnt->mnt_slave_list))
		list_del_init(mnt->mnt_slave_list.next);
}

/* => mount_lock held for writing too */
void change_mnt_propagation(struct mount *mnt, int type)
{
	struct mount *master;

	if (type == MS_SHARED) {
		mnt->mnt_propagation = (mnt->mnt_propagation & ~MNT_UNBINDABLE) | MNT_SHARED;
		return;
	}
	master = IS_MNT_SHARED(mnt) || !list_empty(&mnt->mnt_share) ? heir(mnt) : NULL;
	if (type == MS_SLAVE && !master && !mnt->mnt_master) {
		/* Nobody to be a slave of: on its own, but slaves keep hearing of it. */
		if (list_empty(&mnt->mnt_share) && mnt->mnt_group_id)
			mnt_release_group_id(mnt);
		leave_group(mnt, NULL);
		mnt->mnt_propagation &= ~MNT_SHARED;
		return;
	}
	if (!master)
		master = mnt->mnt_master;
	if (list_empty(&mnt->mnt_share)) {
		if (mnt->mnt_group_id)
			mnt_release_group_id(mnt);
	}
	leave_group(mnt, master);
	list_del_init(&mnt->mnt_share);
	mnt->mnt_group_id = 0;
	mnt->mnt_propagation &= ~MNT_SHARED;
	if (type == MS_SLAVE) {
		if (master != mnt->mnt_master || list_empty(&mnt->mnt_slave)) {
			list_del_init(&mnt->mnt_slave);
			list_add(&mnt->mnt_slave, &master->mnt_slave_list);
		}
		mnt->mnt_master = master;
		return;
	}
	list_del_init(&mnt->mnt_slave);
	mnt->mnt_master = NULL;
	if (type == MS_UNBINDABLE)
		mnt->mnt_propagation |= MNT_UNBINDABLE;
	else
		mnt->mnt_propagation &= ~MNT_UNBINDABLE;
}

/* ---- copies of a new mount ---- */

static bool peers(const struct mount *a, const struct mount *b)
{
	return a == b || (a->mnt_group_id && a->mnt_group_id == b->mnt_group_id);
}

/* The copy that was made on `m` or one of its peers, or NULL. */
static struct mount *copy_on_peer(struct mount *m, struct mount *dest, struct mount *source,
				  struct list_head *tree)
{
	struct mount *copy;

	if (peers(m, dest))
		return source;
	list_for_each_entry(copy, tree, mnt_umount)
		if (peers(copy->mnt_parent, m))
			return copy;
	return NULL;
}

/* What to copy for `m`, and how: from its own group, else from the nearest master that has one. */
static struct mount *propagation_source(struct mount *m, struct mount *dest,
					struct mount *source, struct list_head *tree, int *type)
{
	struct mount *copy = copy_on_peer(m, dest, source, tree);
	struct mount *master;

	if (copy) {
		*type = CL_MAKE_SHARED;
		return copy;
	}
	*type = CL_SLAVE | (IS_MNT_SHARED(m) ? CL_MAKE_SHARED : 0);
	for (master = m->mnt_master; master; master = master->mnt_master) {
		copy = copy_on_peer(master, dest, source, tree);
		if (copy)
			return copy;
	}
	return source;
}

int propagate_mnt(struct mount *dest, struct mountpoint *mp, struct mount *source,
		  struct list_head *tree)
{
	struct mount *m;

	for (m = propagation_next(dest, dest); m; m = propagation_next(m, dest)) {
		LIST_HEAD(undo);
		struct mount *from, *copy;
		int type;

		if (!m->mnt_ns || !is_subdir(mp->dentry, m->mnt.mnt_root))
			continue;
		from = propagation_source(m, dest, source, tree, &type);
		copy = copy_tree(from, from->mnt.mnt_root, type | CL_COPY_UNBINDABLE, &undo);
		if (IS_ERR(copy)) {
			free_umounted(&undo);
			return PTR_ERR(copy);
		}
		write_seqlock(&mount_lock);
		mnt_set_mountpoint(m, mp, copy);
		write_sequnlock(&mount_lock);
		list_add_tail(&copy->mnt_umount, tree);
	}
	return 0;
}

/* ---- umount ---- */

/* => mount_lock held for writing too */
void propagate_umount(struct list_head *list)
{
	struct mount *mnt;
	LIST_HEAD(more);

	list_for_each_entry_reverse(mnt, list, mnt_umount) {
		struct mount *parent = mnt->mnt_parent;
		struct mount *m;

		if (!mnt_has_parent(mnt))
			continue;
		for (m = propagation_next(parent, parent); m; m = propagation_next(m, parent)) {
			struct mount *child = __lookup_mnt(&m->mnt, mnt->mnt_mountpoint);
			struct mount *below;
			bool clear = true;

			if (!child || !list_empty(&child->mnt_umount) ||
			    child->mnt.mnt_root != mnt->mnt.mnt_root)
				continue;
			/* Something mounted below that stays keeps it too. */
			list_for_each_entry(below, &child->mnt_mounts, mnt_child)
				if (list_empty(&below->mnt_umount))
					clear = false;
			if (clear)
				list_add_tail(&child->mnt_umount, &more);
		}
	}
	list_splice_tail_init(&more, list);
}

bool propagate_mount_busy(struct mount *mnt, int refs)
{
	struct mount *parent = mnt->mnt_parent;
	struct mount *m;

	if (!list_empty(&mnt->mnt_mounts) || atomic_read(&mnt->mnt_count) > refs)
		return true;
	if (!mnt_has_parent(mnt))
		return false;
	for (m = propagation_next(parent, parent); m; m = propagation_next(m, parent)) {
		struct mount *child = __lookup_mnt(&m->mnt, mnt->mnt_mountpoint);

		if (child && list_empty(&child->mnt_mounts) && atomic_read(&child->mnt_count) > 1)
			return true;
	}
	return false;
}

/* The nearest group above a slave that `root` can see: mountinfo's propagate_from. */
int get_dominating_id(struct mount *mnt, const struct path *root)
{
	struct mount *m;

	for (m = mnt->mnt_master; m; m = m->mnt_master) {
		struct mount *p = m;

		do {
			if (p->mnt_ns == mnt->mnt_ns &&
			    is_path_reachable(p, p->mnt.mnt_root, root))
				return p->mnt_group_id;
			p = next_peer(p);
		} while (p != m);
	}
	return 0;
}
