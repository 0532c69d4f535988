/* SPDX-License-Identifier: MIT */
/*
 * Red-black trees whose nodes carry a value computed from their subtree (a maximum, a sum).
 *
 * The user walks down for an insertion and updates the value of every node on the way, links
 * the node and calls rb_insert_augmented(); removal is rb_erase_augmented(). The callbacks keep
 * the values right through rotations.
 */
#ifndef LIB_RBTREE_AUGMENTED_H
#define LIB_RBTREE_AUGMENTED_H

#include <lib/rbtree.h>

struct rb_augment_callbacks {
	/* Recomputes from @node upwards until @stop (NULL: the root), or until nothing changes. */
	void (*propagate)(struct rb_node *node, struct rb_node *stop);
	/* @new_node takes the place of @old with the same subtree: copy the value. */
	void (*copy)(struct rb_node *old, struct rb_node *new_node);
	/* @new_node was rotated above @old: copy the value up, recompute @old. */
	void (*rotate)(struct rb_node *old, struct rb_node *new_node);
};

void __rb_insert_augmented(struct rb_node *node, struct rb_root *root,
			   void (*rotate)(struct rb_node *old, struct rb_node *new_node));
void rb_erase_augmented(struct rb_node *node, struct rb_root *root,
			const struct rb_augment_callbacks *augment);

static inline void rb_insert_augmented(struct rb_node *node, struct rb_root *root,
				       const struct rb_augment_callbacks *augment)
{
	__rb_insert_augmented(node, root, augment->rotate);
}

static inline void rb_insert_augmented_cached(struct rb_node *node, struct rb_root_cached *root,
					      bool leftmost,
					      const struct rb_augment_callbacks *augment)
{
	if (leftmost)
		root->rb_leftmost = node;
	rb_insert_augmented(node, &root->rb_root, augment);
}

static inline void rb_erase_augmented_cached(struct rb_node *node, struct rb_root_cached *root,
					     const struct rb_augment_callbacks *augment)
{
	if (root->rb_leftmost == node)
		root->rb_leftmost = rb_next(node);
	rb_erase_augmented(node, &root->rb_root, augment);
}

/*
 * Defines callbacks @name for nodes of type @type with link @field and value @augmented;
 * @compute(node, exit) recomputes the value from the children, and returns true when @exit is
 * set and nothing changed.
 */
#define RB_DECLARE_CALLBACKS(static_, name, type, field, augmented, compute)	\
static void name##_propagate(struct rb_node *rb, struct rb_node *stop)		\
{										\
	while (rb != stop) {							\
		type *node = rb_entry(rb, type, field);				\
										\
		if (compute(node, true))					\
			break;							\
		rb = rb_parent(&node->field);					\
	}									\
}										\
static void name##_copy(struct rb_node *rb_old, struct rb_node *rb_new)		\
{										\
	rb_entry(rb_new, type, field)->augmented = rb_entry(rb_old, type, field)->augmented; \
}										\
static void name##_rotate(struct rb_node *rb_old, struct rb_node *rb_new)	\
{										\
	type *old = rb_entry(rb_old, type, field);				\
										\
	rb_entry(rb_new, type, field)->augmented = old->augmented;		\
	compute(old, false);							\
}										\
static_ const struct rb_augment_callbacks name = {				\
	.propagate = name##_propagate,						\
	.copy = name##_copy,							\
	.rotate = name##_rotate,						\
}

/* The same for a maximum: @compute(node) gives the node's own value of type @vtype. */
#define RB_DECLARE_CALLBACKS_MAX(static_, name, type, field, vtype, augmented, compute) \
static inline bool name##_compute_max(type *node, bool exit)			\
{										\
	type *child;								\
	vtype max = compute(node);						\
										\
	if (node->field.rb_left) {						\
		child = rb_entry(node->field.rb_left, type, field);		\
		if (child->augmented > max)					\
			max = child->augmented;					\
	}									\
	if (node->field.rb_right) {						\
		child = rb_entry(node->field.rb_right, type, field);		\
		if (child->augmented > max)					\
			max = child->augmented;					\
	}									\
	if (exit && node->augmented == max)					\
		return true;							\
	node->augmented = max;							\
	return false;								\
}										\
RB_DECLARE_CALLBACKS(static_, name, type, field, augmented, name##_compute_max)

#endif
