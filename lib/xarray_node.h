/* SPDX-License-Identifier: MIT */
/* The inside of the XArray's tree: nodes, and the cursor that goes to an index. See xarray.c. */
#ifndef LIB_XARRAY_NODE_H
#define LIB_XARRAY_NODE_H

#include <kern/rcupdate.h>
#include <lib/xarray.h>
#include <mm/gfp.h>

#define XA_CHUNK_SHIFT 6
#define XA_CHUNK_SIZE (1UL << XA_CHUNK_SHIFT)
#define XA_CHUNK_MASK (XA_CHUNK_SIZE - 1)
#define XA_MARKS 3

struct xa_node {
	unsigned char shift;		/* constant */
	unsigned char offset;		/* xa_lock: which slot of the parent */
	unsigned char count;		/* xa_lock: slots in use */
	struct xa_node *parent;		/* xa_lock */
	struct rcu_head rcu;
	void *slots[XA_CHUNK_SIZE];	/* xa_lock; RCU readers */
	unsigned long marks[XA_MARKS];	/* xa_lock; RCU readers */
};

/* Where an index lives: a slot of @node, or xa_head when @node is NULL. */
struct xa_cursor {
	struct xarray *xa;
	unsigned long index;
	struct xa_node *node;
	unsigned int offset;
	void *entry;			/* what the walk found there */
	struct xa_node *spare;		/* allocated ahead with the lock dropped */
};

static inline bool xa_is_node(const void *entry)
{
	return xa_is_internal(entry) && (unsigned long)entry > 4096 && !xa_is_err(entry);
}

static inline struct xa_node *xa_to_node(const void *entry)
{
	return (struct xa_node *)((unsigned long)entry - 2);
}

static inline void *xa_read_entry(void *const *slot)
{
	return __atomic_load_n(slot, __ATOMIC_ACQUIRE);
}

static inline void *xa_read_head(const struct xarray *xa)
{
	return __atomic_load_n((void *const *)&xa->xa_head, __ATOMIC_ACQUIRE);
}

static inline bool xa_tracks_free(const struct xarray *xa)
{
	return xa->xa_flags & XA_FLAGS_TRACK_FREE;
}

/* The greatest index below @node, when it is the root. */
static inline unsigned long xa_node_max(const struct xa_node *node)
{
	unsigned int bits = node->shift + XA_CHUNK_SHIFT;

	return bits >= BITS_PER_LONG ? ~0UL : (1UL << bits) - 1;
}

static inline unsigned int xa_node_offset(const struct xa_node *node, unsigned long index)
{
	return (index >> node->shift) & XA_CHUNK_MASK;
}

/*
 * Goes to the slot of the cursor's index, and makes the nodes that are missing. => xa_lock held;
 * 0 or -ENOMEM
 */
int xa_walk_create(struct xa_cursor *cur);
/*
 * After -ENOMEM: gets one node, sleeping with the lock dropped if @gfp allows. False: give up;
 * the empty nodes of the attempt are gone. => xa_lock held
 */
bool xa_get_spare(struct xa_cursor *cur, gfp_t gfp);
/* The node that was not needed after all, if any. */
void xa_put_spare(struct xa_cursor *cur);
/* Replaces what the cursor's slot holds, and keeps counts and marks right. => xa_lock held */
void xa_cursor_store(struct xa_cursor *cur, void *entry);

#endif
