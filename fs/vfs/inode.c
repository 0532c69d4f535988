/* SPDX-License-Identifier: MIT */
/*
 * Inodes: making, finding by number, and letting go.
 *
 * An inode lives as long as somebody holds a reference: its dentries, open files. File systems
 * with numbers of their own put inodes in the hash (iget_locked), so that one number has one
 * inode; those in memory do not need to. There is no cache of unused inodes: the dentry cache
 * keeps the inodes of the names that it keeps.
 *
 * Lock order: inode_hash_lock > inode->i_lock; sb->s_inode_list_lock alone.
 */
#include <fs/dentry.h>
#include <fs/file.h>
#include <fs/filelock.h>
#include <fs/inode.h>
#include <fs/notify.h>
#include <fs/posix_acl.h>
#include <fs/super.h>
#include <kern/bug.h>
#include <kern/init.h>
#include <kern/wait.h>
#include <lib/hash.h>
#include <lib/list.h>
#include <lib/string.h>
#include <mm/pagemap.h>
#include <mm/slab.h>
#include <um/text.h>
#include "internal.h"

#define I_HASH_BITS 12

static struct kmem_cache *inode_cache;
static struct hlist_head inode_hashtable[1 << I_HASH_BITS];	/* inode_hash_lock */
static DEFINE_SPINLOCK(inode_hash_lock);
/* Woken when an inode loses I_NEW or leaves the hash. */
static DECLARE_WAIT_QUEUE_HEAD(inode_wait);
static atomic_long_t nr_inodes;
static atomic_t last_ino;

long get_nr_inodes(void)
{
	return atomic_long_read(&nr_inodes);
}

void inode_init_once(struct inode *inode)
{
	memset(inode, 0, sizeof(*inode));
	INIT_HLIST_NODE(&inode->i_hash);
	INIT_LIST_HEAD(&inode->i_lru);
	INIT_LIST_HEAD(&inode->i_sb_list);
	INIT_LIST_HEAD(&inode->i_watches);
	INIT_HLIST_HEAD(&inode->i_marks);
	address_space_init_once(&inode->i_data);
}

static const struct inode_operations empty_iops;

/* What has no operations of its own cannot be opened: sockets' nodes. */
static int no_open(struct inode *inode, struct file *file)
{
	return -ENXIO;
}

static const struct file_operations no_open_fops = { .open = no_open };

/* All fields as a new inode has them, whatever the memory held. */
static void inode_init_always(struct super_block *sb, struct inode *inode)
{
	inode_init_once(inode);
	inode->i_sb = sb;
	inode->i_op = &empty_iops;
	inode->i_fop = &no_open_fops;
	inode->i_nlink = 1;
	inode->i_blkbits = sb->s_blocksize_bits;
	atomic_set(&inode->i_count, 1);
	spin_lock_init(&inode->i_lock);
	init_rwsem(&inode->i_rwsem);
	if (sb->s_type)
		lockdep_set_class_and_name(&inode->i_rwsem,
					   &sb->s_type->i_rwsem_key[sb->s_stack_depth], "i_rwsem");
	INIT_HLIST_HEAD(&inode->i_dentry);
	inode->i_mapping = &inode->i_data;
	inode->i_data.host = inode;
	mapping_set_gfp_mask(&inode->i_data, GFP_HIGHUSER_MOVABLE);
}

struct inode *new_inode_pseudo(struct super_block *sb)
{
	struct inode *inode;

	if (sb->s_op && sb->s_op->alloc_inode)
		inode = sb->s_op->alloc_inode(sb);
	else
		inode = kmem_cache_alloc(inode_cache, GFP_KERNEL);
	if (!inode)
		return NULL;
	inode_init_always(sb, inode);
	atomic_long_inc(&nr_inodes);
	return inode;
}

static void inode_sb_list_add(struct inode *inode)
{
	struct super_block *sb = inode->i_sb;

	spin_lock(&sb->s_inode_list_lock);
	list_add(&inode->i_sb_list, &sb->s_inodes);
	spin_unlock(&sb->s_inode_list_lock);
}

struct inode *new_inode(struct super_block *sb)
{
	struct inode *inode = new_inode_pseudo(sb);

	if (inode)
		inode_sb_list_add(inode);
	return inode;
}

unsigned int get_next_ino(void)
{
	unsigned int ino;

	do {
		ino = atomic_inc_return(&last_ino);
	} while (!ino);
	return ino;
}

/* ---- the hash ---- */

static struct hlist_head *inode_bucket(const struct super_block *sb, unsigned long ino)
{
	return &inode_hashtable[hash_64((unsigned long)sb / 64 + ino, I_HASH_BITS)];
}

/* What a search of the hash looks for: an inode of `sb` for which test() holds. */
struct inode_key {
	struct super_block *sb;
	unsigned long hash;
	int (*test)(struct inode *inode, void *data);
	int (*set)(struct inode *inode, void *data);
	void *data;
};

/* => inode_hash_lock held */
static struct inode *find_inode(const struct inode_key *key)
{
	struct inode *inode;

	hlist_for_each_entry(inode, inode_bucket(key->sb, key->hash), i_hash)
		if (inode->i_sb == key->sb && key->test(inode, key->data))
			return inode;
	return NULL;
}

void __insert_inode_hash(struct inode *inode, unsigned long hash)
{
	spin_lock(&inode_hash_lock);
	hlist_add_head(&inode->i_hash, inode_bucket(inode->i_sb, hash));
	spin_unlock(&inode_hash_lock);
}

void insert_inode_hash(struct inode *inode)
{
	__insert_inode_hash(inode, inode->i_ino);
}

void remove_inode_hash(struct inode *inode)
{
	spin_lock(&inode_hash_lock);
	hlist_del_init(&inode->i_hash);
	spin_unlock(&inode_hash_lock);
	wake_up_all(&inode_wait);
}

static bool inode_settled(const struct inode_key *key)
{
	struct inode *inode;
	bool settled;

	spin_lock(&inode_hash_lock);
	inode = find_inode(key);
	settled = !inode || !(READ_ONCE(inode->i_state) & (I_NEW | I_FREEING));
	spin_unlock(&inode_hash_lock);
	return settled;
}

static struct inode *get_hashed(const struct inode_key *key)
{
	struct inode *fresh = NULL;
	struct inode *inode;

	for (;;) {
		spin_lock(&inode_hash_lock);
		inode = find_inode(key);
		if (!inode && fresh) {
			fresh->i_state = I_NEW;
			hlist_add_head(&fresh->i_hash, inode_bucket(key->sb, key->hash));
			spin_unlock(&inode_hash_lock);
			inode_sb_list_add(fresh);
			return fresh;
		}
		if (inode && !(inode->i_state & (I_NEW | I_FREEING)) && igrab(inode)) {
			spin_unlock(&inode_hash_lock);
			break;
		}
		spin_unlock(&inode_hash_lock);
		if (inode) {
			wait_event(inode_wait, inode_settled(key));
			continue;
		}
		fresh = new_inode_pseudo(key->sb);
		if (!fresh)
			return NULL;
		if (key->set(fresh, key->data)) {
			iput(fresh);
			return NULL;
		}
	}
	if (fresh)
		iput(fresh);
	return inode;
}

struct inode *ilookup5(struct super_block *sb, unsigned long hash,
		       int (*test)(struct inode *inode, void *data), void *data)
{
	const struct inode_key key = { sb, hash, test, NULL, data };
	struct inode *inode;

	for (;;) {
		bool found;

		spin_lock(&inode_hash_lock);
		inode = find_inode(&key);
		found = inode;
		if (inode && ((inode->i_state & (I_NEW | I_FREEING)) || !igrab(inode)))
			inode = NULL;
		spin_unlock(&inode_hash_lock);
		if (inode || !found)
			return inode;
		wait_event(inode_wait, inode_settled(&key));
	}
}

static int test_number(struct inode *inode, void *data)
{
	return inode->i_ino == *(unsigned long *)data;
}

static int set_number(struct inode *inode, void *data)
{
	inode->i_ino = *(unsigned long *)data;
	return 0;
}

struct inode *iget_locked(struct super_block *sb, unsigned long ino)
{
	const struct inode_key key = { sb, ino, test_number, set_number, &ino };

	return get_hashed(&key);
}

struct inode *iget5_locked(struct super_block *sb, unsigned long hash,
			   int (*test)(struct inode *inode, void *data),
			   int (*set)(struct inode *inode, void *data), void *data)
{
	const struct inode_key key = { sb, hash, test, set, data };

	return get_hashed(&key);
}

void unlock_new_inode(struct inode *inode)
{
	spin_lock(&inode->i_lock);
	WRITE_ONCE(inode->i_state, inode->i_state & ~I_NEW);
	spin_unlock(&inode->i_lock);
	wake_up_all(&inode_wait);
}

void iget_failed(struct inode *inode)
{
	clear_nlink(inode);
	remove_inode_hash(inode);
	unlock_new_inode(inode);
	iput(inode);
}

/* ---- references ---- */

void ihold(struct inode *inode)
{
	BUG_ON_OP(atomic_inc_return(&inode->i_count), <, 2);
}

struct inode *igrab(struct inode *inode)
{
	bool got = false;

	spin_lock(&inode->i_lock);
	if (!(inode->i_state & (I_FREEING | I_WILL_FREE))) {
		atomic_inc(&inode->i_count);
		got = true;
	}
	spin_unlock(&inode->i_lock);
	return got ? inode : NULL;
}

static void inode_free_rcu(struct rcu_head *head)
{
	struct inode *inode = container_of(head, struct inode, i_rcu);

	if (inode->i_sb_free)
		inode->i_sb_free(inode);
	else
		kmem_cache_free(inode_cache, inode);
}

void clear_inode(struct inode *inode)
{
	BUG_ON(inode->i_data.nrpages);
	BUG_ON(!(inode->i_state & I_FREEING));
	inode->i_state = I_FREEING | I_CLEAR;
}

static void evict(struct inode *inode)
{
	const struct super_operations *op = inode->i_sb->s_op;
	struct super_block *sb = inode->i_sb;

	/* Who still finds a mark may make a handle, and put the inode back in the hash. */
	fanotify_object_gone(&inode->i_marks);
	if (!list_empty(&inode->i_sb_list)) {
		spin_lock(&sb->s_inode_list_lock);
		list_del_init(&inode->i_sb_list);
		spin_unlock(&sb->s_inode_list_lock);
	}
	if (op && op->evict_inode) {
		op->evict_inode(inode);
	} else {
		truncate_inode_pages_final(&inode->i_data);
		clear_inode(inode);
	}
	if (!hlist_unhashed(&inode->i_hash))
		remove_inode_hash(inode);
	locks_free_context(inode);
	posix_acl_release(inode);
	atomic_long_dec(&nr_inodes);
	/* The super block may be gone when the callback runs. */
	inode->i_sb_free = op ? op->free_inode : NULL;
	call_rcu(&inode->i_rcu, inode_free_rcu);
}

void iput(struct inode *inode)
{
	if (!inode)
		return;
	if (atomic_add_unless(&inode->i_count, -1, 1))
		return;
	spin_lock(&inode->i_lock);
	if (!atomic_dec_and_test(&inode->i_count)) {
		spin_unlock(&inode->i_lock);
		return;
	}
	inode->i_state |= I_FREEING;
	spin_unlock(&inode->i_lock);
	evict(inode);
}

/* At umount nothing may be left; what is left is named, and stays. */
void evict_inodes(struct super_block *sb)
{
	WARN_ONCE(!list_empty(&sb->s_inodes), "%s: inodes are busy after umount", sb->s_id);
}

/* ---- links ---- */

void drop_nlink(struct inode *inode)
{
	WARN_ON_ONCE(!inode->i_nlink);
	inode->i_nlink--;
}

void clear_nlink(struct inode *inode)
{
	inode->i_nlink = 0;
}

void set_nlink(struct inode *inode, unsigned int nlink)
{
	inode->i_nlink = nlink;
}

void inc_nlink(struct inode *inode)
{
	inode->i_nlink++;
}

/* ---- writers against running programs ---- */

int get_write_access(struct inode *inode)
{
	int old = atomic_read(&inode->i_writecount);

	do {
		if (old < 0)
			return -ETXTBSY;
	} while (!atomic_try_cmpxchg(&inode->i_writecount, &old, old + 1));
	if (unlikely(test_bit(AS_TEXT_TWINS, &inode->i_mapping->flags)))
		um_text_written(inode->i_mapping);
	return 0;
}

int deny_write_access(struct file *file)
{
	struct inode *inode = file_inode(file);
	int old = atomic_read(&inode->i_writecount);

	do {
		if (old > 0)
			return -ETXTBSY;
	} while (!atomic_try_cmpxchg(&inode->i_writecount, &old, old - 1));
	return 0;
}

void put_write_access(struct inode *inode)
{
	atomic_dec(&inode->i_writecount);
}

void allow_write_access(struct file *file)
{
	if (file)
		atomic_inc(&file_inode(file)->i_writecount);
}

void __init inode_init(void)
{
	inode_cache = kmem_cache_create("inode", sizeof(struct inode), 0,
					SLAB_PANIC | SLAB_RECLAIM_ACCOUNT | SLAB_ACCOUNT, NULL);
}
