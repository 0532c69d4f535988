// SPDX-License-Identifier: MIT
/*
 * Searches in an XArray: the next entry, the next with a mark, and the lowest index that is free,
 * which an allocation takes. How the tree is made: xarray.c.
 */
#include <kern/bug.h>
#include <kern/rcupdate.h>
#include <lib/find.h>
#include <lib/xarray.h>

#include "xarray_node.h"

/* The first slot of @node from @offset on that holds something, or has @mark; else 64. */
static unsigned int next_slot(const struct xa_node *node, unsigned int offset, xa_mark_t mark)
{
	if (mark != XA_PRESENT)
		return find_next_bit(&node->marks[mark], XA_CHUNK_SIZE, offset);
	while (offset < XA_CHUNK_SIZE && !READ_ONCE(node->slots[offset]))
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
		void *head = xa_read_head(xa);
		unsigned long span = 0;

		*entry = head;
		if (!xa_is_node(head)) {
			if (free && *index == 0 && head)
				*index = 1;
			if (free)
				return *index <= max;
			return head && *index == 0 && (mark == XA_PRESENT || xa_marked(xa, mark));
		}
		if (*index > xa_node_max(xa_to_node(head)))
			return free;
		while (xa_is_node(*entry)) {
			struct xa_node *node = xa_to_node(*entry);
			unsigned int offset = xa_node_offset(node, *index);
			unsigned int next = next_slot(node, offset, mark);

			if (next >= XA_CHUNK_SIZE) {
				/* Nothing more in this node: go on behind it. */
				span = xa_node_max(node);
				break;
			}
			if (next > offset) {
				*index = ((*index >> node->shift) + (next - offset)) << node->shift;
				if (*index > max)
					return false;
			}
			*entry = xa_read_entry(&node->slots[next]);
			if (!*entry && free)
				return true;
			if (*entry && !xa_is_node(*entry))
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
	struct xa_cursor cur = { .xa = xa };
	void *found;

	if (WARN_ON_ONCE(xa_is_internal(entry) || !xa_tracks_free(xa)))
		return -EINVAL;
	if (!entry)
		entry = XA_ZERO_ENTRY;
	if ((xa->xa_flags & XA_FLAGS_ZERO_BUSY) && !limit.min)
		limit.min = 1;
	for (;;) {
		cur.index = limit.min;
		if (!find_from(xa, &cur.index, limit.max, XA_FREE_MARK, true, &found)) {
			xa_put_spare(&cur);
			return -EBUSY;
		}
		if (!xa_walk_create(&cur))
			break;
		if (!xa_get_spare(&cur, gfp))
			return -ENOMEM;
	}
	xa_cursor_store(&cur, entry);
	xa_put_spare(&cur);
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
