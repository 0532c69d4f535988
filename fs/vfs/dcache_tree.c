/* SPDX-License-Identifier: MIT */
/* The dentry cache as a tree: walks, renames, and taking entries out of it. */
#include <fs/dentry.h>
#include <fs/inode.h>
#include <fs/super.h>
#include <kern/bug.h>
#include <kern/err.h>
#include <kern/init.h>
#include <kern/sched.h>
#include <lib/list.h>
#include <lib/sprintf.h>
#include <lib/string.h>
#include <mm/slab.h>
#include "internal.h"
#include "mount.h"

/*
 * Visits every entry below `parent`, parents first. rename_lock is held, so the shape changes
 * only by entries that come and go. When the entry we climb out of died, its place in the list
 * is lost and the walk starts over: enter() must not mind seeing an entry twice.
 */
void d_walk(struct dentry *parent, void *data,
	    enum d_walk_ret (*enter)(void *data, struct dentry *dentry))
{
	struct dentry *this_parent;
	struct list_head *next;
	enum d_walk_ret ret;

	write_seqlock(&rename_lock);
again:
	this_parent = parent;
	spin_lock(&this_parent->d_lock);
	ret = enter(data, this_parent);
	if (ret != D_WALK_CONTINUE)
		goto out;
	next = this_parent->d_subdirs.next;
	for (;;) {
		struct dentry *child;

		while (next != &this_parent->d_subdirs) {
			child = list_entry(next, struct dentry, d_child);
			next = next->next;
			spin_lock_nested(&child->d_lock, D_LOCK_NESTED);
			if (child->d_flags & DCACHE_DEAD) {
				spin_unlock(&child->d_lock);
				continue;
			}
			ret = enter(data, child);
			if (ret == D_WALK_QUIT) {
				spin_unlock(&child->d_lock);
				goto out;
			}
			if (ret == D_WALK_CONTINUE && !list_empty(&child->d_subdirs)) {
				spin_unlock(&this_parent->d_lock);
				/* The child's lock is now the outer one: tell the lock checker. */
				lock_release(__lock_map(&child->d_lock), _THIS_IP_);
				lock_acquire(__lock_map(&child->d_lock), 0, false, false, _THIS_IP_);
				this_parent = child;
				next = this_parent->d_subdirs.next;
				continue;
			}
			spin_unlock(&child->d_lock);
		}
		if (this_parent == parent)
			break;
		/* Climb. */
		rcu_read_lock();
		child = this_parent;
		this_parent = child->d_parent;
		spin_unlock(&child->d_lock);
		spin_lock(&this_parent->d_lock);
		if (child->d_flags & DCACHE_DEAD) {
			spin_unlock(&this_parent->d_lock);
			rcu_read_unlock();
			goto again;
		}
		next = child->d_child.next;
		rcu_read_unlock();
	}
out:
	spin_unlock(&this_parent->d_lock);
	write_sequnlock(&rename_lock);
}

/* Kills entries that are DEAD and on `list` by d_lru, and the parents that this leaves unused. */
static void shrink_dentry_list(struct list_head *list)
{
	while (!list_empty(list)) {
		struct dentry *dentry = list_first_entry(list, struct dentry, d_lru);

		list_del_init(&dentry->d_lru);
		for (;;) {
			dentry = dentry_kill(dentry);
			if (!dentry)
				break;
			spin_lock(&dentry->d_lock);
			BUG_ON(dentry->d_count <= 0);
			if (--dentry->d_count) {
				spin_unlock(&dentry->d_lock);
				break;
			}
			dentry->d_flags |= DCACHE_DEAD;
			d_lru_del(dentry);
			spin_unlock(&dentry->d_lock);
		}
		cond_resched();
	}
}

struct select_data {
	struct dentry *start;
	struct list_head dispose;
	unsigned int found;
};

static enum d_walk_ret select_unused(void *_data, struct dentry *dentry)
{
	struct select_data *data = _data;

	if (dentry == data->start || dentry->d_count)
		return D_WALK_CONTINUE;
	dentry->d_flags |= DCACHE_DEAD;
	d_lru_del(dentry);
	list_add_tail(&dentry->d_lru, &data->dispose);
	return ++data->found >= 1024 ? D_WALK_QUIT : D_WALK_SKIP;
}

/* Takes out whatever is unused below `parent`. => may sleep */
void shrink_dcache_parent(struct dentry *parent)
{
	struct select_data data = { .start = parent };

	do {
		INIT_LIST_HEAD(&data.dispose);
		data.found = 0;
		d_walk(parent, &data, select_unused);
		shrink_dentry_list(&data.dispose);
	} while (data.found);
}

unsigned long prune_dcache_sb(struct super_block *sb, unsigned long nr)
{
	LIST_HEAD(dispose);
	unsigned long freed = 0;

	spin_lock(&sb->s_dentry_lru_lock);
	while (nr-- && !list_empty(&sb->s_dentry_lru)) {
		struct dentry *dentry = list_first_entry(&sb->s_dentry_lru, struct dentry, d_lru);

		if (!spin_trylock(&dentry->d_lock)) {
			list_move_tail(&dentry->d_lru, &sb->s_dentry_lru);
			continue;
		}
		if (dentry->d_count) {
			__d_lru_del(dentry);
		} else if (dentry->d_flags & DCACHE_REFERENCED) {
			dentry->d_flags &= ~DCACHE_REFERENCED;
			list_move_tail(&dentry->d_lru, &sb->s_dentry_lru);
		} else {
			__d_lru_del(dentry);
			dentry->d_flags |= DCACHE_DEAD;
			list_add_tail(&dentry->d_lru, &dispose);
			freed++;
		}
		spin_unlock(&dentry->d_lock);
	}
	spin_unlock(&sb->s_dentry_lru_lock);
	shrink_dentry_list(&dispose);
	return freed;
}

void shrink_dcache_sb(struct super_block *sb)
{
	/* Twice round: the first takes the "referenced" marks away. */
	while (sb->s_nr_dentry_unused)
		if (!prune_dcache_sb(sb, 2 * sb->s_nr_dentry_unused))
			break;
}

static unsigned long dcache_count(struct shrinker *s, struct shrink_control *sc)
{
	return get_nr_dentry_unused() * sysctl_vfs_cache_pressure / 100;
}

static void dcache_scan_sb(struct super_block *sb, void *arg)
{
	struct shrink_control *sc = arg;

	if (sc->nr_scanned < sc->nr_to_scan)
		sc->nr_scanned += prune_dcache_sb(sb, sc->nr_to_scan - sc->nr_scanned);
}

static unsigned long dcache_scan(struct shrinker *s, struct shrink_control *sc)
{
	if (!(sc->gfp_mask & __GFP_FS))
		return SHRINK_STOP;
	sc->nr_scanned = 0;
	iterate_supers(dcache_scan_sb, sc);
	return sc->nr_scanned;
}

static struct shrinker dcache_shrinker = {
	.count_objects = dcache_count,
	.scan_objects = dcache_scan,
	.seeks = DEFAULT_SEEKS,
};

void __init dcache_shrink_init(void)
{
	if (register_shrinker(&dcache_shrinker))
		BUG();
}

/* ---- whole trees ---- */

static enum d_walk_ret genocide_one(void *root, struct dentry *dentry)
{
	if (dentry == root)
		return D_WALK_CONTINUE;
	if (d_unhashed(dentry) || !dentry->d_inode)
		return D_WALK_SKIP;
	if (!(dentry->d_flags & DCACHE_SHRINK)) {
		dentry->d_flags |= DCACHE_SHRINK;
		dentry->d_count--;
	}
	return D_WALK_CONTINUE;
}

/* Drops the reference that pins each name of a file system in memory; once for each entry. */
void d_genocide(struct dentry *root)
{
	d_walk(root, root, genocide_one);
}

/* The last mount has gone: nobody holds a reference but the tree itself. */
void shrink_dcache_for_umount(struct super_block *sb)
{
	struct dentry *root = sb->s_root;

	sb->s_root = NULL;
	shrink_dcache_parent(root);
	d_drop(root);
	dput(root);
}

void d_invalidate(struct dentry *dentry)
{
	spin_lock(&dentry->d_lock);
	if (d_unhashed(dentry)) {
		spin_unlock(&dentry->d_lock);
		return;
	}
	__d_drop(dentry);
	spin_unlock(&dentry->d_lock);
	if (!d_inode(dentry))
		return;
	shrink_dcache_parent(dentry);
	detach_mounts_below(dentry);
}

void d_prune_aliases(struct inode *inode)
{
	struct dentry *alias;

	while ((alias = d_find_alias(inode)) != NULL) {
		d_drop(alias);
		dput(alias);
		if (!S_ISDIR(inode->i_mode))
			continue;
		break;
	}
}

bool is_subdir(struct dentry *a, struct dentry *b)
{
	bool result;
	unsigned int seq;

	if (a == b)
		return true;
	rcu_read_lock();
	do {
		const struct dentry *p = a;

		seq = read_seqbegin(&rename_lock);
		result = false;
		while (!IS_ROOT(p)) {
			p = READ_ONCE(p->d_parent);
			if (p == b) {
				result = true;
				break;
			}
		}
	} while (read_seqretry(&rename_lock, seq));
	rcu_read_unlock();
	return result;
}

/* ---- rename ---- */

/* => both d_locks held */
static void swap_names(struct dentry *a, struct dentry *b)
{
	bool a_ext = dname_external(a);
	bool b_ext = dname_external(b);
	const char *a_text = a->d_name.name;
	const char *b_text = b->d_name.name;
	char tmp[DNAME_INLINE_LEN];
	u32 n;

	memcpy(tmp, a->d_iname, sizeof(tmp));
	memcpy(a->d_iname, b->d_iname, sizeof(tmp));
	memcpy(b->d_iname, tmp, sizeof(tmp));
	WRITE_ONCE(a->d_name.name, b_ext ? b_text : a->d_iname);
	WRITE_ONCE(b->d_name.name, a_ext ? a_text : b->d_iname);
	n = a->d_name.len;
	a->d_name.len = b->d_name.len;
	b->d_name.len = n;
	n = a->d_name.hash;
	a->d_name.hash = b->d_name.hash;
	b->d_name.hash = n;
}

/* Is b an ancestor of a? => rename_lock held */
static bool is_ancestor_locked(const struct dentry *b, const struct dentry *a)
{
	while (!IS_ROOT(a)) {
		a = a->d_parent;
		if (a == b)
			return true;
	}
	return false;
}

/* rename_lock held: no other d_lock is nested among unrelated entries. */
static void lock_for_move(struct dentry *a, struct dentry *b)
{
	struct dentry *pa = a->d_parent;
	struct dentry *pb = b->d_parent;

	if (pa == pb) {
		spin_lock(&pa->d_lock);
	} else if (is_ancestor_locked(pb, pa)) {
		spin_lock(&pb->d_lock);
		spin_lock_nested(&pa->d_lock, 1);
	} else {
		spin_lock(&pa->d_lock);
		spin_lock_nested(&pb->d_lock, 1);
	}
	spin_lock_nested(&a->d_lock, 2);
	spin_lock_nested(&b->d_lock, 3);
}

static void __d_move(struct dentry *dentry, struct dentry *target, bool exchange)
{
	struct dentry *old_parent = dentry->d_parent;
	struct dentry *new_parent = target->d_parent;

	lock_for_move(dentry, target);
	__d_drop(dentry);
	__d_drop(target);
	swap_names(dentry, target);
	if (old_parent != new_parent) {
		WRITE_ONCE(dentry->d_parent, new_parent);
		WRITE_ONCE(target->d_parent, old_parent);
		list_del(&dentry->d_child);
		list_del(&target->d_child);
		d_add_child(dentry, new_parent);
		d_add_child(target, old_parent);
	}
	/* The references on the two parents have changed hands and need no change. */
	__d_rehash(dentry);
	if (exchange)
		__d_rehash(target);
	spin_unlock(&target->d_lock);
	spin_unlock(&dentry->d_lock);
	if (old_parent != new_parent)
		spin_unlock(&new_parent->d_lock);
	spin_unlock(&old_parent->d_lock);
}

void d_move(struct dentry *dentry, struct dentry *target)
{
	write_seqlock(&rename_lock);
	__d_move(dentry, target, false);
	write_sequnlock(&rename_lock);
}

void d_exchange(struct dentry *a, struct dentry *b)
{
	write_seqlock(&rename_lock);
	__d_move(a, b, true);
	write_sequnlock(&rename_lock);
}

void take_dentry_name_snapshot(struct name_snapshot *snap, struct dentry *dentry)
{
	spin_lock(&dentry->d_lock);
	snap->name = dentry->d_name;
	memcpy(snap->inline_name, dentry->d_name.name, dentry->d_name.len + 1);
	spin_unlock(&dentry->d_lock);
	snap->name.name = snap->inline_name;
}

/* An unnamed file: the entry is in no hash, its name is for /proc/PID/fd only. */
void d_tmpfile(struct dentry *dentry, struct inode *inode)
{
	drop_nlink(inode);
	/* What /proc shows of it: its number. The name was short, so there is room. */
	spin_lock(&dentry->d_lock);
	dentry->d_name.len = snprintf(dentry->d_iname, sizeof(dentry->d_iname), "#%lu",
				      inode->i_ino);
	spin_unlock(&dentry->d_lock);
	d_instantiate(dentry, inode);
}
