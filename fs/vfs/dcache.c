/* SPDX-License-Identifier: MIT */
/*
 * The dentry cache: which name in which folder leads to which inode.
 *
 * A dentry is found by (parent, name) through one global hash table without taking a lock: the
 * reader walks the chain under RCU, locks the one candidate, and checks it again under its lock.
 * A rename moves entries between chains, so a reader that finds nothing asks rename_lock whether
 * one came between, and looks again. Names that do not exist are cached too (d_inode NULL).
 *
 * Life: d_alloc() gives one reference. When the last one is dropped the entry stays in the hash
 * and goes on its super block's LRU list, from where the shrinker takes it under memory pressure.
 * An entry that cannot be found any more (unhashed), or that d_delete() gives up, dies at once.
 * File systems that live in memory keep one reference on each name that exists.
 *
 * Death: DCACHE_DEAD is set under d_lock while the count is zero. From then on nobody can get a
 * reference, and the killer alone takes the entry out of hash, inode, and parent, one lock after
 * the other, and frees it after a grace period.
 *
 * Lock order:
 *	rename_lock
 *	  inode->i_lock
 *	    dentry->d_lock: an ancestor before a descendant; siblings only under rename_lock
 *	      hash bucket lock, sb->s_dentry_lru_lock (its holders only try d_lock)
 */
#include <fs/dentry.h>
#include <fs/inode.h>
#include <fs/notify.h>
#include <fs/super.h>
#include <kern/bug.h>
#include <kern/err.h>
#include <kern/init.h>
#include <kern/panic.h>
#include <lib/hash.h>
#include <lib/rculist.h>
#include <lib/string.h>
#include <mm/gfp.h>
#include <mm/page.h>
#include <mm/slab.h>
#include "internal.h"

#define D_HASH_LOCKS 256

DEFINE_SEQLOCK(rename_lock);
const struct qstr slash_name = QSTR_INIT("/", 1);

static struct kmem_cache *dentry_cache;
static struct hlist_head *d_hashtable;		/* chains: the lock of their index, read under RCU */
static unsigned int d_hash_bits;
static spinlock_t d_hash_locks[D_HASH_LOCKS];
static atomic_long_t nr_dentry;
static atomic_long_t nr_dentry_unused;

long get_nr_dentry(void)
{
	return atomic_long_read(&nr_dentry);
}

long get_nr_dentry_unused(void)
{
	return atomic_long_read(&nr_dentry_unused);
}

/* Sets the cache up; entries per bucket stay few up to a million names in 1 GiB. */
void __init dcache_init(void)
{
	unsigned long pages = max_pfn;
	unsigned int i;

	/* One bucket for two pages of memory, 8192 at least: untouched ones cost nothing. */
	d_hash_bits = 13;
	while (d_hash_bits < 20 && (2UL << d_hash_bits) < pages)
		d_hash_bits++;
	d_hashtable = kvzalloc(sizeof(*d_hashtable) << d_hash_bits, GFP_KERNEL);
	if (!d_hashtable)
		panic("no memory for the table of names (%lu bytes)", sizeof(*d_hashtable) << d_hash_bits);
	for (i = 0; i < D_HASH_LOCKS; i++)
		spin_lock_init(&d_hash_locks[i]);
	dentry_cache = kmem_cache_create("dentry", sizeof(struct dentry), 0,
					 SLAB_PANIC | SLAB_RECLAIM_ACCOUNT | SLAB_ACCOUNT, NULL);
	dcache_shrink_init();
}

static unsigned int d_hash_index(u32 hash)
{
	return hash_32(hash, d_hash_bits);
}

bool dname_external(const struct dentry *dentry)
{
	return dentry->d_name.name != dentry->d_iname;
}

bool d_is_dir(const struct dentry *dentry)
{
	struct inode *inode = d_inode(dentry);

	return inode && S_ISDIR(inode->i_mode);
}

bool d_is_reg(const struct dentry *dentry)
{
	struct inode *inode = d_inode(dentry);

	return inode && S_ISREG(inode->i_mode);
}

bool d_is_symlink(const struct dentry *dentry)
{
	struct inode *inode = d_inode(dentry);

	return inode && S_ISLNK(inode->i_mode);
}

/* ---- the hash ---- */

void __d_rehash(struct dentry *dentry)
{
	unsigned int index = d_hash_index(dentry->d_name.hash);
	spinlock_t *lock = &d_hash_locks[index % D_HASH_LOCKS];

	spin_lock(lock);
	hlist_add_head_rcu(&dentry->d_hash, &d_hashtable[index]);
	spin_unlock(lock);
}

void d_rehash(struct dentry *dentry)
{
	spin_lock(&dentry->d_lock);
	if (d_unhashed(dentry))
		__d_rehash(dentry);
	spin_unlock(&dentry->d_lock);
}

void __d_drop(struct dentry *dentry)
{
	spinlock_t *lock;

	if (d_unhashed(dentry))
		return;
	lock = &d_hash_locks[d_hash_index(dentry->d_name.hash) % D_HASH_LOCKS];
	spin_lock(lock);
	hlist_del_init_rcu(&dentry->d_hash);
	spin_unlock(lock);
}

void d_drop(struct dentry *dentry)
{
	spin_lock(&dentry->d_lock);
	__d_drop(dentry);
	spin_unlock(&dentry->d_lock);
}

static bool d_same_name(const struct dentry *dentry, const struct dentry *parent,
			const struct qstr *name)
{
	return dentry->d_parent == parent && dentry->d_name.hash == name->hash &&
	       dentry->d_name.len == name->len &&
	       !memcmp(dentry->d_name.name, name->name, name->len);
}

/* One pass over the chain; may miss an entry that a rename moves. */
static struct dentry *__d_lookup(const struct dentry *parent, const struct qstr *name)
{
	struct hlist_head *head = &d_hashtable[d_hash_index(name->hash)];
	struct dentry *found = NULL;
	struct dentry *dentry;

	rcu_read_lock();
	hlist_for_each_entry_rcu(dentry, head, d_hash) {
		if (READ_ONCE(dentry->d_name.hash) != name->hash ||
		    READ_ONCE(dentry->d_parent) != parent)
			continue;
		spin_lock(&dentry->d_lock);
		if (!(dentry->d_flags & DCACHE_DEAD) && !d_unhashed(dentry) &&
		    d_same_name(dentry, parent, name)) {
			dentry->d_count++;
			found = dentry;
		}
		spin_unlock(&dentry->d_lock);
		if (found)
			break;
	}
	rcu_read_unlock();
	return found;
}

struct dentry *d_lookup(const struct dentry *parent, const struct qstr *name)
{
	struct dentry *dentry;
	unsigned int seq;

	do {
		seq = read_seqbegin(&rename_lock);
		dentry = __d_lookup(parent, name);
		if (dentry)
			break;
	} while (read_seqretry(&rename_lock, seq));
	return dentry;
}

struct dentry *d_hash_and_lookup(struct dentry *parent, struct qstr *name)
{
	name->hash = full_name_hash(parent, name->name, name->len);
	return d_lookup(parent, name);
}

/* ---- making ---- */

static struct dentry *__d_alloc(struct super_block *sb, const struct qstr *name)
{
	struct dentry *dentry = kmem_cache_alloc(dentry_cache, GFP_KERNEL);
	char *text;

	if (!dentry)
		return NULL;
	text = dentry->d_iname;
	if (name->len > DNAME_INLINE_LEN - 1) {
		text = kmalloc(name->len + 1, GFP_KERNEL);
		if (!text) {
			kmem_cache_free(dentry_cache, dentry);
			return NULL;
		}
	}
	memcpy(text, name->name, name->len);
	text[name->len] = '\0';
	dentry->d_name.name = text;
	dentry->d_name.len = name->len;
	dentry->d_name.hash = name->hash;
	dentry->d_flags = 0;
	INIT_HLIST_NODE(&dentry->d_hash);
	dentry->d_parent = dentry;
	dentry->d_inode = NULL;
	spin_lock_init(&dentry->d_lock);
	dentry->d_count = 1;
	dentry->d_op = NULL;
	dentry->d_sb = sb;
	dentry->d_time = 0;
	dentry->d_fsdata = NULL;
	INIT_LIST_HEAD(&dentry->d_lru);
	INIT_LIST_HEAD(&dentry->d_child);
	INIT_LIST_HEAD(&dentry->d_subdirs);
	INIT_HLIST_NODE(&dentry->d_alias);
	d_set_d_op(dentry, sb->s_d_op);
	atomic_long_inc(&nr_dentry);
	return dentry;
}

/* Puts an entry first among its siblings; numbers grow towards the front. => parent's d_lock */
void d_add_child(struct dentry *dentry, struct dentry *parent)
{
	static atomic64_t next_order = ATOMIC64_INIT(2);

	dentry->d_order = atomic64_inc_return(&next_order);
	list_add(&dentry->d_child, &parent->d_subdirs);
}

struct dentry *d_alloc(struct dentry *parent, const struct qstr *name)
{
	struct dentry *dentry = __d_alloc(parent->d_sb, name);

	if (!dentry)
		return NULL;
	spin_lock(&parent->d_lock);
	parent->d_count++;
	dentry->d_parent = parent;
	d_add_child(dentry, parent);
	spin_unlock(&parent->d_lock);
	return dentry;
}

struct dentry *d_alloc_name(struct dentry *parent, const char *name)
{
	struct qstr q = { .name = name, .len = strlen(name) };

	q.hash = full_name_hash(parent, q.name, q.len);
	return d_alloc(parent, &q);
}

struct dentry *d_alloc_pseudo(struct super_block *sb, const struct qstr *name)
{
	return __d_alloc(sb, name);
}

struct dentry *d_make_root(struct inode *inode)
{
	struct dentry *root;

	if (!inode)
		return NULL;
	root = __d_alloc(inode->i_sb, &slash_name);
	if (root)
		d_instantiate(root, inode);
	else
		iput(inode);
	return root;
}

void d_set_d_op(struct dentry *dentry, const struct dentry_operations *op)
{
	dentry->d_op = op;
	dentry->d_flags &= ~(DCACHE_OP_REVALIDATE | DCACHE_OP_DELETE);
	if (!op)
		return;
	if (op->d_revalidate)
		dentry->d_flags |= DCACHE_OP_REVALIDATE;
	if (op->d_delete)
		dentry->d_flags |= DCACHE_OP_DELETE;
}

/* => inode->i_lock held */
static void __d_instantiate(struct dentry *dentry, struct inode *inode)
{
	spin_lock(&dentry->d_lock);
	BUG_ON(dentry->d_inode);
	hlist_add_head(&dentry->d_alias, &inode->i_dentry);
	WRITE_ONCE(dentry->d_inode, inode);
	spin_unlock(&dentry->d_lock);
}

void d_instantiate(struct dentry *dentry, struct inode *inode)
{
	if (!inode)
		return;
	spin_lock(&inode->i_lock);
	__d_instantiate(dentry, inode);
	spin_unlock(&inode->i_lock);
}

void d_add(struct dentry *dentry, struct inode *inode)
{
	d_instantiate(dentry, inode);
	d_rehash(dentry);
}

/* => inode->i_lock held; an entry of a folder that can still be got */
static struct dentry *__d_find_alias(struct inode *inode)
{
	struct dentry *alias;

	hlist_for_each_entry(alias, &inode->i_dentry, d_alias) {
		spin_lock(&alias->d_lock);
		if (!(alias->d_flags & DCACHE_DEAD) &&
		    (S_ISDIR(inode->i_mode) || !d_unhashed(alias))) {
			alias->d_count++;
			spin_unlock(&alias->d_lock);
			return alias;
		}
		spin_unlock(&alias->d_lock);
	}
	return NULL;
}

struct dentry *d_find_alias(struct inode *inode)
{
	struct dentry *alias;

	spin_lock(&inode->i_lock);
	alias = __d_find_alias(inode);
	spin_unlock(&inode->i_lock);
	return alias;
}

struct dentry *d_splice_alias(struct inode *inode, struct dentry *dentry)
{
	struct dentry *alias = NULL;

	if (IS_ERR(inode))
		return ERR_CAST(inode);
	if (inode && S_ISDIR(inode->i_mode))
		alias = d_find_alias(inode);
	if (!alias) {
		d_add(dentry, inode);
		return NULL;
	}
	/* A folder has one name: the old entry moves here. */
	iput(inode);
	if (is_subdir(dentry, alias)) {
		dput(alias);
		return ERR_PTR(-ELOOP);
	}
	d_move(alias, dentry);
	return alias;
}

/* ---- references ---- */

struct dentry *dget(struct dentry *dentry)
{
	if (dentry) {
		spin_lock(&dentry->d_lock);
		dentry->d_count++;
		spin_unlock(&dentry->d_lock);
	}
	return dentry;
}

struct dentry *dget_parent(struct dentry *dentry)
{
	struct dentry *parent;

	for (;;) {
		bool got = false;

		rcu_read_lock();
		parent = READ_ONCE(dentry->d_parent);
		spin_lock(&parent->d_lock);
		if (parent == READ_ONCE(dentry->d_parent)) {
			parent->d_count++;
			got = true;
		}
		spin_unlock(&parent->d_lock);
		rcu_read_unlock();
		if (got)
			return parent;
	}
}

/* => d_lock held */
static void d_lru_add(struct dentry *dentry)
{
	struct super_block *sb = dentry->d_sb;

	dentry->d_flags |= DCACHE_REFERENCED;
	if (dentry->d_flags & (DCACHE_LRU | DCACHE_SHRINK))
		return;
	dentry->d_flags |= DCACHE_LRU;
	spin_lock(&sb->s_dentry_lru_lock);
	list_add_tail(&dentry->d_lru, &sb->s_dentry_lru);
	sb->s_nr_dentry_unused++;
	spin_unlock(&sb->s_dentry_lru_lock);
	atomic_long_inc(&nr_dentry_unused);
}

void __d_lru_del(struct dentry *dentry)
{
	dentry->d_flags &= ~DCACHE_LRU;
	list_del_init(&dentry->d_lru);
	dentry->d_sb->s_nr_dentry_unused--;
	atomic_long_dec(&nr_dentry_unused);
}

void d_lru_del(struct dentry *dentry)
{
	struct super_block *sb = dentry->d_sb;

	if (!(dentry->d_flags & DCACHE_LRU))
		return;
	spin_lock(&sb->s_dentry_lru_lock);
	__d_lru_del(dentry);
	spin_unlock(&sb->s_dentry_lru_lock);
}

static void dentry_free_rcu(struct rcu_head *head)
{
	struct dentry *dentry = container_of(head, struct dentry, d_rcu);

	if (dname_external(dentry))
		kfree(dentry->d_name.name);
	kmem_cache_free(dentry_cache, dentry);
}

static void dentry_iput(struct dentry *dentry, struct inode *inode)
{
	if (dentry->d_op && dentry->d_op->d_iput)
		dentry->d_op->d_iput(dentry, inode);
	else
		iput(inode);
}

/* Makes an entry negative. => no lock held; the inode cannot change under the caller */
static void dentry_unlink_inode(struct dentry *dentry)
{
	struct inode *inode = dentry->d_inode;

	if (!inode)
		return;
	spin_lock(&inode->i_lock);
	spin_lock(&dentry->d_lock);
	WRITE_ONCE(dentry->d_inode, NULL);
	hlist_del_init(&dentry->d_alias);
	spin_unlock(&dentry->d_lock);
	spin_unlock(&inode->i_lock);
	if (!inode->i_nlink)
		notify_inode_removed(inode);
	dentry_iput(dentry, inode);
}

struct dentry *dentry_kill(struct dentry *dentry)
{
	struct dentry *parent = NULL;

	spin_lock(&dentry->d_lock);
	__d_drop(dentry);
	spin_unlock(&dentry->d_lock);
	dentry_unlink_inode(dentry);
	if (!IS_ROOT(dentry)) {
		parent = dentry->d_parent;
		spin_lock(&parent->d_lock);
		list_del_init(&dentry->d_child);
		spin_unlock(&parent->d_lock);
	}
	if (dentry->d_op && dentry->d_op->d_release)
		dentry->d_op->d_release(dentry);
	atomic_long_dec(&nr_dentry);
	call_rcu(&dentry->d_rcu, dentry_free_rcu);
	return parent;
}

/* => d_lock held, count is zero: may the entry stay in the cache? */
static bool retain_dentry(struct dentry *dentry)
{
	if (d_unhashed(dentry) || (dentry->d_flags & DCACHE_DONTCACHE))
		return false;
	if (unlikely(dentry->d_flags & DCACHE_OP_DELETE) && dentry->d_op->d_delete(dentry))
		return false;
	return true;
}

void dput(struct dentry *dentry)
{
	while (dentry) {
		spin_lock(&dentry->d_lock);
		BUG_ON(dentry->d_count <= 0);
		if (--dentry->d_count) {
			spin_unlock(&dentry->d_lock);
			return;
		}
		if (retain_dentry(dentry)) {
			d_lru_add(dentry);
			spin_unlock(&dentry->d_lock);
			return;
		}
		dentry->d_flags |= DCACHE_DEAD;
		d_lru_del(dentry);
		spin_unlock(&dentry->d_lock);
		dentry = dentry_kill(dentry);
	}
}

void d_delete(struct dentry *dentry)
{
	spin_lock(&dentry->d_lock);
	dentry->d_flags |= DCACHE_CANT_MOUNT;
	if (dentry->d_count > 1) {
		__d_drop(dentry);
		spin_unlock(&dentry->d_lock);
		return;
	}
	/* The caller's reference is the only one, and it holds the folder's lock: nobody else
	 * can find the name and change it. */
	dentry->d_flags &= ~DCACHE_CANT_MOUNT;
	spin_unlock(&dentry->d_lock);
	dentry_unlink_inode(dentry);
}
