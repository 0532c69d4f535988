// SPDX-License-Identifier: MIT
/*
 * Inodes in rules. A rule is about an inode, not about a name: its object holds the inode, so that it
 * is the same one as long as the rule is. A rule must not keep a file system mounted, though: when
 * a super block goes, its objects let their inodes go and match nothing any more.
 *
 *   objects_lock	all below; held while an inode is put, so that sb_delete() returns only when no
 *			inode of the super block is held any more. Lookups use RCU.
 */
#include <fs/inode.h>
#include <kern/init.h>
#include <kern/rcupdate.h>
#include <lib/hashtable.h>
#include <lib/rculist.h>
#include <mm/slab.h>

#include "internal.h"

static DEFINE_MUTEX(objects_lock);
static DEFINE_HASHTABLE(objects, 8);

#define KEY_OF(inode) ((unsigned long)(inode) / sizeof(struct inode))

const struct landlock_object *landlock_object_of(const struct inode *inode)
{
	const struct landlock_object *object;

	hash_for_each_possible_rcu(objects, object, node,
				   KEY_OF(inode)) if (READ_ONCE(object->inode) ==
						      inode) return object;
	return NULL;
}

struct landlock_object *landlock_object_get(struct inode *inode)
{
	struct landlock_object *object;

	mutex_lock(&objects_lock);
	object = (struct landlock_object *)landlock_object_of(inode);
	if (!object) {
		object = kzalloc(sizeof(*object), GFP_KERNEL);
		if (object) {
			ihold(inode);
			object->inode = inode;
			hash_add_rcu(objects, &object->node, KEY_OF(inode));
		}
	}
	if (object)
		object->usage++;
	mutex_unlock(&objects_lock);
	return object;
}

struct landlock_object *landlock_object_dup(struct landlock_object *object)
{
	mutex_lock(&objects_lock);
	object->usage++;
	mutex_unlock(&objects_lock);
	return object;
}

/* => objects_lock */
static void let_inode_go(struct landlock_object *object)
{
	struct inode *inode = object->inode;

	if (!inode)
		return;
	hash_del_rcu(&object->node);
	WRITE_ONCE(object->inode, NULL);
	iput(inode);
}

void landlock_object_put(struct landlock_object *object)
{
	mutex_lock(&objects_lock);
	if (!--object->usage) {
		let_inode_go(object);
		kfree_rcu(object, rcu);
	}
	mutex_unlock(&objects_lock);
}

static void sb_delete(struct super_block *sb)
{
	struct landlock_object *object;
	struct hlist_node *next;
	int bucket;

	mutex_lock(&objects_lock);
	hash_for_each_safe(objects, bucket, next, object, node)
		if (object->inode->i_sb == sb)
			let_inode_go(object);
	mutex_unlock(&objects_lock);
}

static int __init landlock_init(void)
{
	lsm_sb_delete = sb_delete;
	return 0;
}
core_initcall(landlock_init);
