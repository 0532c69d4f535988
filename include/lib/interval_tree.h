/* SPDX-License-Identifier: MIT */
/* Trees of closed intervals [start, last]; overlaps are found in O(log n + matches). */
#ifndef LIB_INTERVAL_TREE_H
#define LIB_INTERVAL_TREE_H

#include <lib/interval_tree_generic.h>
#include <lib/rbtree.h>

struct interval_tree_node {
	struct rb_node rb;
	unsigned long start;		/* first in the interval */
	unsigned long last;		/* last in the interval, included */
	unsigned long __subtree_last;
};

void interval_tree_insert(struct interval_tree_node *node, struct rb_root_cached *root);
void interval_tree_remove(struct interval_tree_node *node, struct rb_root_cached *root);
/* The first, by start, that overlaps [start, last]; then the following ones. */
struct interval_tree_node *interval_tree_iter_first(struct rb_root_cached *root,
						    unsigned long start, unsigned long last);
struct interval_tree_node *interval_tree_iter_next(struct interval_tree_node *node,
						   unsigned long start, unsigned long last);

#endif
