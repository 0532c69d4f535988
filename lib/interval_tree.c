// SPDX-License-Identifier: MIT
/* Interval trees over struct interval_tree_node. */
#include <lib/interval_tree.h>

#define START(node) ((node)->start)
#define LAST(node) ((node)->last)

INTERVAL_TREE_DEFINE(struct interval_tree_node, rb, unsigned long, __subtree_last, START, LAST,
		     , interval_tree)
