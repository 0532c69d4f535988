/* SPDX-License-Identifier: MIT */
/* A template for interval trees over the caller's own structure. */
#ifndef LIB_INTERVAL_TREE_GENERIC_H
#define LIB_INTERVAL_TREE_GENERIC_H

#include <lib/rbtree_augmented.h>

/*
 * Defines prefix_insert, prefix_remove, prefix_iter_first and prefix_iter_next for @type, whose
 * rb_node is @rb and whose member @subtree of type @vtype holds the greatest end below it.
 * START(node) and LAST(node) give the ends, both included.
 */
#define INTERVAL_TREE_DEFINE(type, rb, vtype, subtree, START, LAST, static_, prefix) \
RB_DECLARE_CALLBACKS_MAX(static, prefix##_augment, type, rb, vtype, subtree, LAST); \
										\
static_ void prefix##_insert(type *node, struct rb_root_cached *root)		\
{										\
	struct rb_node **link = &root->rb_root.rb_node, *rb_parent = NULL;	\
	vtype start = START(node), last = LAST(node);				\
	bool leftmost = true;							\
										\
	while (*link) {								\
		type *parent = rb_entry(*link, type, rb);			\
										\
		rb_parent = *link;						\
		if (parent->subtree < last)					\
			parent->subtree = last;					\
		if (start < START(parent)) {					\
			link = &parent->rb.rb_left;				\
		} else {							\
			link = &parent->rb.rb_right;				\
			leftmost = false;					\
		}								\
	}									\
	node->subtree = last;							\
	rb_link_node(&node->rb, rb_parent, link);				\
	rb_insert_augmented_cached(&node->rb, root, leftmost, &prefix##_augment); \
}										\
										\
static_ void prefix##_remove(type *node, struct rb_root_cached *root)		\
{										\
	rb_erase_augmented_cached(&node->rb, root, &prefix##_augment);		\
}										\
										\
/* The leftmost overlap below @node, whose subtree reaches to @start at least. */ \
static type *prefix##_subtree_search(type *node, vtype start, vtype last)	\
{										\
	for (;;) {								\
		if (node->rb.rb_left) {						\
			type *left = rb_entry(node->rb.rb_left, type, rb);	\
										\
			if (start <= left->subtree) {				\
				node = left;					\
				continue;					\
			}							\
		}								\
		if (START(node) > last)						\
			return NULL;						\
		if (start <= LAST(node))					\
			return node;						\
		if (!node->rb.rb_right)						\
			return NULL;						\
		node = rb_entry(node->rb.rb_right, type, rb);			\
		if (start > node->subtree)					\
			return NULL;						\
	}									\
}										\
										\
static_ type *prefix##_iter_first(struct rb_root_cached *root, vtype start, vtype last) \
{										\
	type *node;								\
										\
	if (!root->rb_root.rb_node)						\
		return NULL;							\
	node = rb_entry(root->rb_root.rb_node, type, rb);			\
	if (node->subtree < start)						\
		return NULL;							\
	if (START(rb_entry(root->rb_leftmost, type, rb)) > last)		\
		return NULL;							\
	return prefix##_subtree_search(node, start, last);			\
}										\
										\
static_ type *prefix##_iter_next(type *node, vtype start, vtype last)		\
{										\
	struct rb_node *right = node->rb.rb_right, *prev;			\
										\
	for (;;) {								\
		if (right) {							\
			type *below = rb_entry(right, type, rb);		\
										\
			if (start <= below->subtree)				\
				return prefix##_subtree_search(below, start, last); \
		}								\
		/* Up, until we come from a left child. */			\
		do {								\
			struct rb_node *up = rb_parent(&node->rb);		\
										\
			if (!up)						\
				return NULL;					\
			prev = &node->rb;					\
			node = rb_entry(up, type, rb);				\
			right = node->rb.rb_right;				\
		} while (prev == right);					\
		if (last < START(node))						\
			return NULL;						\
		if (start <= LAST(node))					\
			return node;						\
	}									\
}

#endif
