// SPDX-License-Identifier: MIT
/*
 * The XArray.
 *
 * A radix tree of nodes with 64 slots. xa_head holds nothing, the entry of index 0 when that is
 * the only one, or the root node. A node at shift s resolves bits s..s+5 of the index; entries
 * stand in nodes of shift 0. The tree is no taller than its greatest index needs.
 *
 * Each node has a bitmap per mark: a bit says that the entry, or something below the child,
 * carries the mark; xa_flags holds the same for the whole array. In arrays that track free
 * indices mark 0 means "free": a clear bit is a subtree without a free index, and a missing
 * child is all free.
 *
 * Writers hold xa_lock. Readers hold rcu_read_lock: slots are published with release stores, a
 * node that leaves the tree keeps its contents and is freed after a grace period, and a reader
 * that still stands on it sees what was true when it started.
 *
 * Memory: a store tries with what can be had without sleeping. When that fails and the caller
 * may sleep, one node is allocated with the lock dropped, and the store starts again; nodes that
 * were linked meanwhile stay, so that each round makes progress.
 */
#include <kern/bug.h>
#include <kern/init.h>
#include <kern/rcupdate.h>
#include <lib/xarray.h>
#include <mm/gfp.h>
#include <mm/slab.h>

#include "internal.h"
#include "xarray_node.h"

static struct kmem_cache *node_cache;	/* constant after boot; before: the general heap */

static int create_node_cache(void)
{
	node_cache = kmem_cache_create("xa_node", sizeof(struct xa_node), 0, 0, NULL);
	return node_cache ? 0 : -ENOMEM;
}
core_initcall(create_node_cache);

static struct xa_node *alloc_node(gfp_t gfp)
{
	struct kmem_cache *cache = READ_ONCE(node_cache);

	if (cache)
		return kmem_cache_zalloc(cache, gfp);
	return kzalloc(sizeof(struct xa_node), gfp);
}

static void free_node_rcu(struct rcu_head *head)
{
	kfree(container_of(head, struct xa_node, rcu));
}

static void free_node(struct xa_node *node)
{
	call_rcu(&node->rcu, free_node_rcu);
}

static void *mk_node(const struct xa_node *node)
{
	return (void *)((unsigned long)node | 2);
}

static void write_head(struct xarray *xa, void *entry)
{
	__atomic_store_n(&xa->xa_head, entry, __ATOMIC_RELEASE);
}

static bool node_marked(const struct xa_node *node, unsigned int offset, xa_mark_t mark)
{
	return READ_ONCE(node->marks[mark]) >> offset & 1;
}

static void set_mark_up(struct xarray *xa, struct xa_node *node, unsigned int offset,
			xa_mark_t mark)
{
	while (node) {
		if (node_marked(node, offset, mark))
			return;
		WRITE_ONCE(node->marks[mark], node->marks[mark] | 1UL << offset);
		offset = node->offset;
		node = node->parent;
	}
	WRITE_ONCE(xa->xa_flags, xa->xa_flags | XA_FLAGS_MARK(mark));
}

static void clear_mark_up(struct xarray *xa, struct xa_node *node, unsigned int offset,
			  xa_mark_t mark)
{
	while (node) {
		if (!node_marked(node, offset, mark))
			return;
		WRITE_ONCE(node->marks[mark], node->marks[mark] & ~(1UL << offset));
		if (node->marks[mark])
			return;
		offset = node->offset;
		node = node->parent;
	}
	WRITE_ONCE(xa->xa_flags, xa->xa_flags & ~XA_FLAGS_MARK(mark));
}

/* Finds the slot of an index that exists. False when the tree does not reach there. */
static bool walk(struct xa_cursor *cur)
{
	void *entry = xa_read_head(cur->xa);

	cur->node = NULL;
	cur->offset = 0;
	cur->entry = entry;
	if (!xa_is_node(entry))
		return cur->index == 0;
	if (cur->index > xa_node_max(xa_to_node(entry)))
		return false;
	do {
		cur->node = xa_to_node(entry);
		cur->offset = xa_node_offset(cur->node, cur->index);
		entry = xa_read_entry(&cur->node->slots[cur->offset]);
	} while (xa_is_node(entry));
	cur->entry = entry;
	return cur->node->shift == 0;
}

static void *cursor_load(const struct xa_cursor *cur)
{
	return cur->node ? xa_read_entry(&cur->node->slots[cur->offset]) : xa_read_head(cur->xa);
}

static struct xa_node *new_node(struct xa_cursor *cur, unsigned int shift)
{
	struct xa_node *node = cur->spare;

	if (node)
		cur->spare = NULL;
	else
		node = alloc_node(GFP_NOWAIT | __GFP_NOWARN);
	if (!node)
		return NULL;
	node->shift = shift;
	if (xa_tracks_free(cur->xa))
		node->marks[XA_FREE_MARK] = ~0UL;
	return node;
}

/* Puts a node above what the head holds. */
static int grow(struct xa_cursor *cur, unsigned int shift)
{
	struct xarray *xa = cur->xa;
	void *head = xa_read_head(xa);
	struct xa_node *node = new_node(cur, shift);

	if (!node)
		return -ENOMEM;
	if (head) {
		for (xa_mark_t mark = 0; mark <= XA_MARK_MAX; mark++) {
			if (mark == XA_FREE_MARK && xa_tracks_free(xa)) {
				if (!xa_marked(xa, mark))
					node->marks[mark] &= ~1UL;
			} else if (xa_marked(xa, mark)) {
				node->marks[mark] = 1;
			}
		}
		node->slots[0] = head;
		node->count = 1;
		if (xa_is_node(head)) {
			xa_to_node(head)->offset = 0;
			xa_to_node(head)->parent = node;
		}
	}
	if (xa_tracks_free(xa))
		WRITE_ONCE(xa->xa_flags, xa->xa_flags | XA_FLAGS_MARK(XA_FREE_MARK));
	write_head(xa, mk_node(node));
	return 0;
}

int xa_walk_create(struct xa_cursor *cur)
{
	struct xarray *xa = cur->xa;
	unsigned int shift = 0;
	void *head = xa_read_head(xa);
	struct xa_node *node;
	int ret;

	cur->node = NULL;
	cur->offset = 0;
	if (!xa_is_node(head)) {
		if (cur->index == 0)
			return 0;
		while (!head && cur->index >> shift > XA_CHUNK_MASK)
			shift += XA_CHUNK_SHIFT;
		ret = grow(cur, shift);
		if (ret)
			return ret;
	}
	for (node = xa_to_node(xa_read_head(xa)); cur->index > xa_node_max(node);
	     node = xa_to_node(xa_read_head(xa))) {
		ret = grow(cur, node->shift + XA_CHUNK_SHIFT);
		if (ret)
			return ret;
	}
	for (;;) {
		unsigned int offset = xa_node_offset(node, cur->index);
		struct xa_node *child;

		cur->node = node;
		cur->offset = offset;
		if (!node->shift)
			return 0;
		if (!node->slots[offset]) {
			child = new_node(cur, node->shift - XA_CHUNK_SHIFT);
			if (!child)
				return -ENOMEM;
			child->offset = offset;
			child->parent = node;
			node->count++;
			__atomic_store_n(&node->slots[offset], mk_node(child), __ATOMIC_RELEASE);
		}
		node = xa_to_node(node->slots[offset]);
	}
}

/* Takes levels off the top that hold nothing but their first slot. */
static void shrink(struct xarray *xa)
{
	for (;;) {
		void *head = xa_read_head(xa), *entry;
		struct xa_node *node;

		if (!xa_is_node(head))
			return;
		node = xa_to_node(head);
		entry = node->slots[0];
		if (node->count != 1 || !entry)
			return;
		if (xa_tracks_free(xa)) {
			bool free = xa_is_node(entry) ? xa_to_node(entry)->marks[XA_FREE_MARK] :
							node_marked(node, 0, XA_FREE_MARK);

			if (!free)
				WRITE_ONCE(xa->xa_flags,
					   xa->xa_flags & ~XA_FLAGS_MARK(XA_FREE_MARK));
		}
		if (xa_is_node(entry))
			xa_to_node(entry)->parent = NULL;
		write_head(xa, entry);
		free_node(node);
	}
}

/* Frees @node and its ancestors as far as they are empty. */
static void trim(struct xarray *xa, struct xa_node *node)
{
	while (node && !node->count) {
		struct xa_node *parent = node->parent;

		if (parent) {
			__atomic_store_n(&parent->slots[node->offset], NULL, __ATOMIC_RELEASE);
			parent->count--;
		} else {
			write_head(xa, NULL);
		}
		free_node(node);
		node = parent;
	}
	shrink(xa);
}

void xa_cursor_store(struct xa_cursor *cur, void *entry)
{
	struct xarray *xa = cur->xa;
	void *old = cursor_load(cur);

	if (!entry) {
		for (xa_mark_t mark = 0; mark <= XA_MARK_MAX; mark++) {
			if (mark == XA_FREE_MARK && xa_tracks_free(xa))
				set_mark_up(xa, cur->node, cur->offset, mark);
			else
				clear_mark_up(xa, cur->node, cur->offset, mark);
		}
	} else if (xa_tracks_free(xa)) {
		clear_mark_up(xa, cur->node, cur->offset, XA_FREE_MARK);
	}
	if (!cur->node) {
		write_head(xa, entry);
		return;
	}
	__atomic_store_n(&cur->node->slots[cur->offset], entry, __ATOMIC_RELEASE);
	if (!old && entry)
		cur->node->count++;
	if (old && !entry) {
		cur->node->count--;
		trim(xa, cur->node);
	}
}

static void drop_lock(struct xarray *xa)
{
	if (xa->xa_flags & XA_FLAGS_LOCK_IRQ)
		xa_unlock_irq(xa);
	else if (xa->xa_flags & XA_FLAGS_LOCK_BH)
		xa_unlock_bh(xa);
	else
		xa_unlock(xa);
}

static void retake_lock(struct xarray *xa)
{
	if (xa->xa_flags & XA_FLAGS_LOCK_IRQ)
		xa_lock_irq(xa);
	else if (xa->xa_flags & XA_FLAGS_LOCK_BH)
		xa_lock_bh(xa);
	else
		xa_lock(xa);
}

bool xa_get_spare(struct xa_cursor *cur, gfp_t gfp)
{
	gfp &= ~__GFP_ZERO;
	if (cur->xa->xa_flags & XA_FLAGS_ACCOUNT)
		gfp |= __GFP_ACCOUNT;
	if (gfpflags_allow_blocking(gfp)) {
		drop_lock(cur->xa);
		cur->spare = alloc_node(gfp);
		retake_lock(cur->xa);
	} else {
		cur->spare = alloc_node(gfp);
	}
	if (!cur->spare) {
		/* Others may have changed the tree meanwhile: find the end of the path again. */
		walk(cur);
		trim(cur->xa, cur->node);
	}
	return cur->spare;
}

void xa_put_spare(struct xa_cursor *cur)
{
	if (cur->spare)
		kfree(cur->spare);
	cur->spare = NULL;
}

/* What callers see of a stored entry. */
static void *external(void *entry)
{
	return xa_is_zero(entry) ? NULL : entry;
}

void *xa_load_raw(struct xarray *xa, unsigned long index)
{
	struct xa_cursor cur = { .xa = xa, .index = index };

	return walk(&cur) ? cur.entry : NULL;
}

void *xa_load(struct xarray *xa, unsigned long index)
{
	void *entry;

	rcu_read_lock();
	entry = external(xa_load_raw(xa, index));
	rcu_read_unlock();
	return entry;
}

void *__xa_store(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp)
{
	struct xa_cursor cur = { .xa = xa, .index = index };
	void *old;

	if (WARN_ON_ONCE(xa_is_internal(entry) && !xa_is_zero(entry)))
		return xa_mk_err(-EINVAL);
	if (xa_tracks_free(xa) && !entry)
		entry = XA_ZERO_ENTRY;
	if (!entry)
		return __xa_erase(xa, index);
	while (xa_walk_create(&cur))
		if (!xa_get_spare(&cur, gfp))
			return xa_mk_err(-ENOMEM);
	old = cursor_load(&cur);
	xa_cursor_store(&cur, entry);
	xa_put_spare(&cur);
	return external(old);
}

void *__xa_erase(struct xarray *xa, unsigned long index)
{
	struct xa_cursor cur = { .xa = xa, .index = index };
	void *old;

	if (!walk(&cur))
		return NULL;
	old = cursor_load(&cur);
	if (old)
		xa_cursor_store(&cur, NULL);
	return external(old);
}

void *__xa_cmpxchg(struct xarray *xa, unsigned long index, void *old, void *entry, gfp_t gfp)
{
	struct xa_cursor cur = { .xa = xa, .index = index };
	void *now;

	if (WARN_ON_ONCE(xa_is_internal(entry) && !xa_is_zero(entry)))
		return xa_mk_err(-EINVAL);
	for (;;) {
		now = xa_load_raw(xa, index);
		/* A reserved slot counts as empty, unless the caller names it. */
		if (xa_is_zero(old) ? now != old : external(now) != old)
			break;
		if (!entry) {
			if (now)
				__xa_erase(xa, index);
			break;
		}
		if (!xa_walk_create(&cur)) {
			xa_cursor_store(&cur, entry);
			break;
		}
		if (!xa_get_spare(&cur, gfp))
			return xa_mk_err(-ENOMEM);
	}
	xa_put_spare(&cur);
	return external(now);
}

int __xa_insert(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp)
{
	struct xa_cursor cur = { .xa = xa, .index = index };

	if (WARN_ON_ONCE(xa_is_internal(entry) && !xa_is_zero(entry)))
		return -EINVAL;
	if (!entry)
		entry = XA_ZERO_ENTRY;
	while (xa_walk_create(&cur))
		if (!xa_get_spare(&cur, gfp))
			return -ENOMEM;
	xa_put_spare(&cur);
	if (cursor_load(&cur))
		return -EBUSY;
	xa_cursor_store(&cur, entry);
	return 0;
}

void *xa_store(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp)
{
	return __XA_LOCKED(xa_lock, xa_unlock, xa, __xa_store(xa, index, entry, gfp));
}

void *xa_erase(struct xarray *xa, unsigned long index)
{
	return __XA_LOCKED(xa_lock, xa_unlock, xa, __xa_erase(xa, index));
}

bool xa_get_mark(struct xarray *xa, unsigned long index, xa_mark_t mark)
{
	struct xa_cursor cur = { .xa = xa, .index = index };
	bool marked = false;

	rcu_read_lock();
	if (walk(&cur) && cur.entry)
		marked = cur.node ? node_marked(cur.node, cur.offset, mark) : xa_marked(xa, mark);
	rcu_read_unlock();
	return marked;
}

void __xa_set_mark(struct xarray *xa, unsigned long index, xa_mark_t mark)
{
	struct xa_cursor cur = { .xa = xa, .index = index };

	if (walk(&cur) && cursor_load(&cur))
		set_mark_up(xa, cur.node, cur.offset, mark);
}

void __xa_clear_mark(struct xarray *xa, unsigned long index, xa_mark_t mark)
{
	struct xa_cursor cur = { .xa = xa, .index = index };

	if (walk(&cur) && cursor_load(&cur))
		clear_mark_up(xa, cur.node, cur.offset, mark);
}

void xa_set_mark(struct xarray *xa, unsigned long index, xa_mark_t mark)
{
	xa_lock(xa);
	__xa_set_mark(xa, index, mark);
	xa_unlock(xa);
}

void xa_clear_mark(struct xarray *xa, unsigned long index, xa_mark_t mark)
{
	xa_lock(xa);
	__xa_clear_mark(xa, index, mark);
	xa_unlock(xa);
}

/* Frees @node and everything below, children first, without recursion. */
static void free_tree(struct xa_node *node)
{
	unsigned int offset = 0;

	while (node) {
		struct xa_node *parent = node->parent;

		if (node->shift)
			while (offset < XA_CHUNK_SIZE && !node->slots[offset])
				offset++;
		if (node->shift && offset < XA_CHUNK_SIZE) {
			node = xa_to_node(node->slots[offset]);
			offset = 0;
			continue;
		}
		offset = node->offset + 1;
		free_node(node);
		node = parent;
	}
}

void xa_destroy(struct xarray *xa)
{
	unsigned long flags;
	void *head;

	xa_lock_irqsave(xa, flags);
	head = xa_read_head(xa);
	write_head(xa, NULL);
	xa->xa_flags &= ~(XA_FLAGS_MARK(XA_MARK_0) | XA_FLAGS_MARK(XA_MARK_1) |
			  XA_FLAGS_MARK(XA_MARK_2));
	if (xa_tracks_free(xa))
		xa->xa_flags |= XA_FLAGS_MARK(XA_FREE_MARK);
	if (xa_is_node(head))
		free_tree(xa_to_node(head));
	xa_unlock_irqrestore(xa, flags);
}
