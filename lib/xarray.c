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
#include <lib/find.h>
#include <lib/xarray.h>
#include <mm/gfp.h>
#include <mm/slab.h>

#include "internal.h"

#define CHUNK_SHIFT 6
#define CHUNK_SIZE (1UL << CHUNK_SHIFT)
#define CHUNK_MASK (CHUNK_SIZE - 1)
#define MARKS 3

struct xa_node {
	unsigned char shift;		/* constant */
	unsigned char offset;		/* xa_lock: which slot of the parent */
	unsigned char count;		/* xa_lock: slots in use */
	struct xa_node *parent;		/* xa_lock */
	struct rcu_head rcu;
	void *slots[CHUNK_SIZE];	/* xa_lock; RCU readers */
	unsigned long marks[MARKS];	/* xa_lock; RCU readers */
};

/* Where an index lives: a slot of @node, or xa_head when @node is NULL. */
struct cursor {
	struct xarray *xa;
	unsigned long index;
	struct xa_node *node;
	unsigned int offset;
	void *entry;			/* what walk() found there */
	struct xa_node *spare;		/* allocated ahead with the lock dropped */
};

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

static bool is_node(const void *entry)
{
	return xa_is_internal(entry) && (unsigned long)entry > 4096 && !xa_is_err(entry);
}

static struct xa_node *to_node(const void *entry)
{
	return (struct xa_node *)((unsigned long)entry - 2);
}

static void *mk_node(const struct xa_node *node)
{
	return (void *)((unsigned long)node | 2);
}

static void *read_entry(void *const *slot)
{
	return __atomic_load_n(slot, __ATOMIC_ACQUIRE);
}

static void *read_head(const struct xarray *xa)
{
	return __atomic_load_n((void *const *)&xa->xa_head, __ATOMIC_ACQUIRE);
}

static void write_head(struct xarray *xa, void *entry)
{
	__atomic_store_n(&xa->xa_head, entry, __ATOMIC_RELEASE);
}

static bool tracks_free(const struct xarray *xa)
{
	return xa->xa_flags & XA_FLAGS_TRACK_FREE;
}

/* The greatest index below @node, when it is the root. */
static unsigned long node_max(const struct xa_node *node)
{
	unsigned int bits = node->shift + CHUNK_SHIFT;

	return bits >= BITS_PER_LONG ? ~0UL : (1UL << bits) - 1;
}

static unsigned int offset_in(const struct xa_node *node, unsigned long index)
{
	return (index >> node->shift) & CHUNK_MASK;
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
static bool walk(struct cursor *cur)
{
	void *entry = read_head(cur->xa);

	cur->node = NULL;
	cur->offset = 0;
	cur->entry = entry;
	if (!is_node(entry))
		return cur->index == 0;
	if (cur->index > node_max(to_node(entry)))
		return false;
	do {
		cur->node = to_node(entry);
		cur->offset = offset_in(cur->node, cur->index);
		entry = read_entry(&cur->node->slots[cur->offset]);
	} while (is_node(entry));
	cur->entry = entry;
	return cur->node->shift == 0;
}

static void *cursor_load(const struct cursor *cur)
{
	return cur->node ? read_entry(&cur->node->slots[cur->offset]) : read_head(cur->xa);
}

static struct xa_node *new_node(struct cursor *cur, unsigned int shift)
{
	struct xa_node *node = cur->spare;

	if (node)
		cur->spare = NULL;
	else
		node = alloc_node(GFP_NOWAIT | __GFP_NOWARN);
	if (!node)
		return NULL;
	node->shift = shift;
	if (tracks_free(cur->xa))
		node->marks[XA_FREE_MARK] = ~0UL;
	return node;
}

/* Puts a node above what the head holds. */
static int grow(struct cursor *cur, unsigned int shift)
{
	struct xarray *xa = cur->xa;
	void *head = read_head(xa);
	struct xa_node *node = new_node(cur, shift);

	if (!node)
		return -ENOMEM;
	if (head) {
		for (xa_mark_t mark = 0; mark <= XA_MARK_MAX; mark++) {
			if (mark == XA_FREE_MARK && tracks_free(xa)) {
				if (!xa_marked(xa, mark))
					node->marks[mark] &= ~1UL;
			} else if (xa_marked(xa, mark)) {
				node->marks[mark] = 1;
			}
		}
		node->slots[0] = head;
		node->count = 1;
		if (is_node(head)) {
			to_node(head)->offset = 0;
			to_node(head)->parent = node;
		}
	}
	if (tracks_free(xa))
		WRITE_ONCE(xa->xa_flags, xa->xa_flags | XA_FLAGS_MARK(XA_FREE_MARK));
	write_head(xa, mk_node(node));
	return 0;
}

/* The same as walk(), and makes the nodes that are missing. 0 or -ENOMEM. */
static int walk_create(struct cursor *cur)
{
	struct xarray *xa = cur->xa;
	unsigned int shift = 0;
	void *head = read_head(xa);
	struct xa_node *node;
	int ret;

	cur->node = NULL;
	cur->offset = 0;
	if (!is_node(head)) {
		if (cur->index == 0)
			return 0;
		while (!head && cur->index >> shift > CHUNK_MASK)
			shift += CHUNK_SHIFT;
		ret = grow(cur, shift);
		if (ret)
			return ret;
	}
	for (node = to_node(read_head(xa)); cur->index > node_max(node);
	     node = to_node(read_head(xa))) {
		ret = grow(cur, node->shift + CHUNK_SHIFT);
		if (ret)
			return ret;
	}
	for (;;) {
		unsigned int offset = offset_in(node, cur->index);
		struct xa_node *child;

		cur->node = node;
		cur->offset = offset;
		if (!node->shift)
			return 0;
		if (!node->slots[offset]) {
			child = new_node(cur, node->shift - CHUNK_SHIFT);
			if (!child)
				return -ENOMEM;
			child->offset = offset;
			child->parent = node;
			node->count++;
			__atomic_store_n(&node->slots[offset], mk_node(child), __ATOMIC_RELEASE);
		}
		node = to_node(node->slots[offset]);
	}
}

/* Takes levels off the top that hold nothing but their first slot. */
static void shrink(struct xarray *xa)
{
	for (;;) {
		void *head = read_head(xa), *entry;
		struct xa_node *node;

		if (!is_node(head))
			return;
		node = to_node(head);
		entry = node->slots[0];
		if (node->count != 1 || !entry)
			return;
		if (tracks_free(xa)) {
			bool free = is_node(entry) ? to_node(entry)->marks[XA_FREE_MARK] :
						     node_marked(node, 0, XA_FREE_MARK);

			if (!free)
				WRITE_ONCE(xa->xa_flags,
					   xa->xa_flags & ~XA_FLAGS_MARK(XA_FREE_MARK));
		}
		if (is_node(entry))
			to_node(entry)->parent = NULL;
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

/* Replaces what the cursor's slot holds, and keeps counts and marks right. */
static void cursor_store(struct cursor *cur, void *entry)
{
	struct xarray *xa = cur->xa;
	void *old = cursor_load(cur);

	if (!entry) {
		for (xa_mark_t mark = 0; mark <= XA_MARK_MAX; mark++) {
			if (mark == XA_FREE_MARK && tracks_free(xa))
				set_mark_up(xa, cur->node, cur->offset, mark);
			else
				clear_mark_up(xa, cur->node, cur->offset, mark);
		}
	} else if (tracks_free(xa)) {
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

/*
 * After -ENOMEM: gets one node, sleeping with the lock dropped if @gfp allows. False: give up;
 * the empty nodes of the attempt are gone.
 */
static bool get_spare(struct cursor *cur, gfp_t gfp)
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

static void put_spare(struct cursor *cur)
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
	struct cursor cur = { .xa = xa, .index = index };

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
	struct cursor cur = { .xa = xa, .index = index };
	void *old;

	if (WARN_ON_ONCE(xa_is_internal(entry) && !xa_is_zero(entry)))
		return xa_mk_err(-EINVAL);
	if (tracks_free(xa) && !entry)
		entry = XA_ZERO_ENTRY;
	if (!entry)
		return __xa_erase(xa, index);
	while (walk_create(&cur))
		if (!get_spare(&cur, gfp))
			return xa_mk_err(-ENOMEM);
	old = cursor_load(&cur);
	cursor_store(&cur, entry);
	put_spare(&cur);
	return external(old);
}

void *__xa_erase(struct xarray *xa, unsigned long index)
{
	struct cursor cur = { .xa = xa, .index = index };
	void *old;

	if (!walk(&cur))
		return NULL;
	old = cursor_load(&cur);
	if (old)
		cursor_store(&cur, NULL);
	return external(old);
}

void *__xa_cmpxchg(struct xarray *xa, unsigned long index, void *old, void *entry, gfp_t gfp)
{
	struct cursor cur = { .xa = xa, .index = index };
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
		if (!walk_create(&cur)) {
			cursor_store(&cur, entry);
			break;
		}
		if (!get_spare(&cur, gfp))
			return xa_mk_err(-ENOMEM);
	}
	put_spare(&cur);
	return external(now);
}

int __xa_insert(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp)
{
	struct cursor cur = { .xa = xa, .index = index };

	if (WARN_ON_ONCE(xa_is_internal(entry) && !xa_is_zero(entry)))
		return -EINVAL;
	if (!entry)
		entry = XA_ZERO_ENTRY;
	while (walk_create(&cur))
		if (!get_spare(&cur, gfp))
			return -ENOMEM;
	put_spare(&cur);
	if (cursor_load(&cur))
		return -EBUSY;
	cursor_store(&cur, entry);
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

/* The first slot of @node from @offset on that holds something, or has @mark; else 64. */
static unsigned int next_slot(const struct xa_node *node, unsigned int offset, xa_mark_t mark)
{
	if (mark != XA_PRESENT)
		return find_next_bit(&node->marks[mark], CHUNK_SIZE, offset);
	while (offset < CHUNK_SIZE && !READ_ONCE(node->slots[offset]))
		offset++;
	return offset;
}

/*
 * The first index from @index on that has @mark, or for XA_PRESENT an entry, in the tree of
 * @head; with @free, missing children count as marked, and everything beyond the tree too.
 * => False when there is none up to @max; else *@index and *@entry.
 */
static bool find_from(struct xarray *xa, unsigned long *index, unsigned long max, xa_mark_t mark,
		      bool free, void **entry)
{
	while (*index <= max) {
		void *head = read_head(xa);
		unsigned long span = 0;

		*entry = head;
		if (!is_node(head)) {
			if (free && *index == 0 && head)
				*index = 1;
			if (free)
				return *index <= max;
			return head && *index == 0 && (mark == XA_PRESENT || xa_marked(xa, mark));
		}
		if (*index > node_max(to_node(head)))
			return free;
		while (is_node(*entry)) {
			struct xa_node *node = to_node(*entry);
			unsigned int offset = offset_in(node, *index);
			unsigned int next = next_slot(node, offset, mark);

			if (next >= CHUNK_SIZE) {
				/* Nothing more in this node: go on behind it. */
				span = node_max(node);
				break;
			}
			if (next > offset) {
				*index = ((*index >> node->shift) + (next - offset)) << node->shift;
				if (*index > max)
					return false;
			}
			*entry = read_entry(&node->slots[next]);
			if (!*entry && free)
				return true;
			if (*entry && !is_node(*entry))
				return true;
			/* Empty now: it was removed since next_slot() looked. Go on behind it. */
			span = (1UL << node->shift) - 1;
		}
		if ((*index | span) == ~0UL)
			return false;
		*index = (*index | span) + 1;
	}
	return false;
}

void *xa_find(struct xarray *xa, unsigned long *index, unsigned long max, xa_mark_t filter)
{
	unsigned long i = *index;
	void *entry;
	bool found;

	rcu_read_lock();
	while ((found = find_from(xa, &i, max, filter, false, &entry)) && xa_is_zero(entry)) {
		found = false;
		if (i == max)
			break;
		i++;
	}
	rcu_read_unlock();
	if (!found)
		return NULL;
	*index = i;
	return entry;
}

void *xa_find_after(struct xarray *xa, unsigned long *index, unsigned long max, xa_mark_t filter)
{
	unsigned long next = *index + 1;
	void *entry;

	if (!next || next > max)
		return NULL;
	entry = xa_find(xa, &next, max, filter);
	if (entry)
		*index = next;
	return entry;
}

unsigned int xa_extract(struct xarray *xa, void **dst, unsigned long start, unsigned long max,
			unsigned int n, xa_mark_t filter)
{
	unsigned int got = 0;
	void *entry;

	if (!n)
		return 0;
	for (entry = xa_find(xa, &start, max, filter); entry;
	     entry = xa_find_after(xa, &start, max, filter)) {
		dst[got++] = entry;
		if (got == n)
			break;
	}
	return got;
}

int __xa_alloc(struct xarray *xa, u32 *id, void *entry, struct xa_limit limit, gfp_t gfp)
{
	struct cursor cur = { .xa = xa };
	void *found;

	if (WARN_ON_ONCE(xa_is_internal(entry) || !tracks_free(xa)))
		return -EINVAL;
	if (!entry)
		entry = XA_ZERO_ENTRY;
	if ((xa->xa_flags & XA_FLAGS_ZERO_BUSY) && !limit.min)
		limit.min = 1;
	for (;;) {
		cur.index = limit.min;
		if (!find_from(xa, &cur.index, limit.max, XA_FREE_MARK, true, &found)) {
			put_spare(&cur);
			return -EBUSY;
		}
		if (!walk_create(&cur))
			break;
		if (!get_spare(&cur, gfp))
			return -ENOMEM;
	}
	cursor_store(&cur, entry);
	put_spare(&cur);
	*id = cur.index;
	return 0;
}

int __xa_alloc_cyclic(struct xarray *xa, u32 *id, void *entry, struct xa_limit limit, u32 *next,
		      gfp_t gfp)
{
	u32 min = limit.min;
	int ret;

	if (*next > limit.min)
		limit.min = *next;
	ret = __xa_alloc(xa, id, entry, limit, gfp);
	if (ret == -EBUSY && limit.min > min) {
		limit.min = min;
		ret = __xa_alloc(xa, id, entry, limit, gfp);
		if (!ret)
			ret = 1;
	}
	if (ret >= 0)
		*next = *id + 1;
	return ret;
}

bool xa_get_mark(struct xarray *xa, unsigned long index, xa_mark_t mark)
{
	struct cursor cur = { .xa = xa, .index = index };
	bool marked = false;

	rcu_read_lock();
	if (walk(&cur) && cur.entry)
		marked = cur.node ? node_marked(cur.node, cur.offset, mark) : xa_marked(xa, mark);
	rcu_read_unlock();
	return marked;
}

void __xa_set_mark(struct xarray *xa, unsigned long index, xa_mark_t mark)
{
	struct cursor cur = { .xa = xa, .index = index };

	if (walk(&cur) && cursor_load(&cur))
		set_mark_up(xa, cur.node, cur.offset, mark);
}

void __xa_clear_mark(struct xarray *xa, unsigned long index, xa_mark_t mark)
{
	struct cursor cur = { .xa = xa, .index = index };

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
			while (offset < CHUNK_SIZE && !node->slots[offset])
				offset++;
		if (node->shift && offset < CHUNK_SIZE) {
			node = to_node(node->slots[offset]);
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
	head = read_head(xa);
	write_head(xa, NULL);
	xa->xa_flags &= ~(XA_FLAGS_MARK(XA_MARK_0) | XA_FLAGS_MARK(XA_MARK_1) |
			  XA_FLAGS_MARK(XA_MARK_2));
	if (tracks_free(xa))
		xa->xa_flags |= XA_FLAGS_MARK(XA_FREE_MARK);
	if (is_node(head))
		free_tree(to_node(head));
	xa_unlock_irqrestore(xa, flags);
}
