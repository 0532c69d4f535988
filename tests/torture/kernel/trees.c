// SPDX-License-Identifier: MIT
/*
 * Trees against models that are too simple to be wrong: each thread has a red-black tree and an
 * array of what must be in it, and a share of the indices of one xarray that all read.
 */
#include <kern/errno.h>
#include <kern/rcupdate.h>
#include <kern/sched.h>
#include <lib/rbtree.h>
#include <lib/xarray.h>
#include <mm/slab.h>

#include "torture.h"

#define THREADS 4
#define KEYS 512
#define OPERATIONS 64

struct leaf {
	struct rb_node node;
	unsigned int key;
	bool present;			/* the model */
};

struct forest {
	struct rb_root_cached tree;
	struct leaf leaves[KEYS];
	unsigned long entries[KEYS];	/* the model of this thread's part of the xarray; 0: nothing */
	bool marked[KEYS];
};

static struct forest *forests[THREADS];
static DEFINE_XARRAY(shared);

/* Spread, so that the xarray grows and shrinks in height; each index has one owner. */
static unsigned long index_of(unsigned int thread, unsigned int key)
{
	return (((unsigned long)key * key * key * 37) << 3) | thread;
}

static int setup_trees(void)
{
	for (unsigned int i = 0; i < THREADS; i++) {
		forests[i] = kvzalloc(sizeof(*forests[i]), GFP_KERNEL);
		if (!forests[i])
			return -ENOMEM;
		for (unsigned int key = 0; key < KEYS; key++)
			forests[i]->leaves[key].key = key;
	}
	return 0;
}

static bool leaf_less(struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct leaf, node)->key < rb_entry(b, struct leaf, node)->key;
}

static void toggle_leaf(struct forest *forest, unsigned int key)
{
	struct leaf *leaf = &forest->leaves[key];

	if (leaf->present)
		rb_erase_cached(&leaf->node, &forest->tree);
	else
		rb_add_cached(&leaf->node, &forest->tree, leaf_less);
	leaf->present = !leaf->present;
}

/* The black nodes on every way down, or -1: two red ones in a row, or ways that differ. */
static int black_height(const struct rb_node *node)
{
	int left, right;
	bool black;

	if (!node)
		return 0;
	black = node->__rb_parent_color & 1;
	for (unsigned int i = 0; i < 2 && !black; i++) {
		const struct rb_node *child = i ? node->rb_right : node->rb_left;

		if (child && !(child->__rb_parent_color & 1))
			return -1;
	}
	left = black_height(node->rb_left);
	right = black_height(node->rb_right);
	return left < 0 || left != right ? -1 : left + black;
}

static void check_tree(const struct torture *test, struct forest *forest)
{
	struct rb_node *node = rb_first_cached(&forest->tree), *last = NULL;

	for (unsigned int key = 0; key < KEYS; key++) {
		if (!forest->leaves[key].present)
			continue;
		if (!node || rb_entry(node, struct leaf, node)->key != key) {
			torture_fail(test, "rbtree: key %u is not where it belongs", key);
			return;
		}
		last = node;
		node = rb_next(node);
	}
	TORTURE_CHECK(test, !node && rb_last(&forest->tree.rb_root) == last);
	TORTURE_CHECK(test, black_height(forest->tree.rb_root.rb_node) >= 0);
}

static void store_entry(struct torture_thread *self, struct forest *forest, unsigned int key)
{
	unsigned long index = index_of(self->number, key), value = 0;
	void *old, *expected = forest->entries[key] ? xa_mk_value(forest->entries[key]) : NULL;

	if (torture_below(self, 2)) {
		value = (index << 8 | torture_below(self, 255)) + 1;
		value &= LONG_MAX;
		old = xa_store(&shared, index, xa_mk_value(value), GFP_KERNEL);
		if (xa_is_err(old))
			return;
	} else {
		old = xa_erase(&shared, index);
	}
	if (old != expected)
		torture_fail(self->test, "xarray: %lx held %p, not %p", index, old, expected);
	/* A stored entry keeps its mark; an erased one loses it. */
	if (!value)
		forest->marked[key] = false;
	forest->entries[key] = value;
}

static void mark_entry(struct torture_thread *self, struct forest *forest, unsigned int key)
{
	unsigned long index = index_of(self->number, key);

	if (torture_below(self, 2)) {
		xa_set_mark(&shared, index, XA_MARK_1);
		forest->marked[key] = forest->entries[key] != 0;
	} else {
		xa_clear_mark(&shared, index, XA_MARK_1);
		forest->marked[key] = false;
	}
}

static void read_entry(struct torture_thread *self, unsigned int key)
{
	unsigned int thread = torture_below(self, THREADS);
	unsigned long index = index_of(thread, key);
	void *entry = xa_load(&shared, index);

	if (entry && (!xa_is_value(entry) ||
		      (xa_to_value(entry) - 1) >> 8 != (index & (LONG_MAX >> 8))))
		torture_fail(self->test, "xarray: a reader of %lx found %p", index, entry);
}

static void check_xarray(const struct torture *test, struct forest *forest, unsigned int thread)
{
	for (unsigned int key = 0; key < KEYS; key++) {
		unsigned long index = index_of(thread, key);
		void *expected = forest->entries[key] ? xa_mk_value(forest->entries[key]) : NULL;

		TORTURE_CHECK(test, xa_load(&shared, index) == expected);
		TORTURE_CHECK(test, xa_get_mark(&shared, index, XA_MARK_1) == forest->marked[key]);
	}
}

static void trees_round(struct torture_thread *self)
{
	struct forest *forest = forests[self->number];

	for (unsigned int i = 0; i < OPERATIONS; i++) {
		unsigned int key = torture_below(self, KEYS);

		toggle_leaf(forest, torture_below(self, KEYS));
		store_entry(self, forest, key);
		read_entry(self, torture_below(self, KEYS));
		if (!torture_below(self, 4))
			mark_entry(self, forest, key);
	}
	/* The planted failure: the tree loses a node that the model still has. */
	if (rb_first_cached(&forest->tree) && torture_plant(self->test)) {
		struct rb_node *first = rb_first_cached(&forest->tree);

		rb_erase_cached(first, &forest->tree);
		check_tree(self->test, forest);
		rb_add_cached(first, &forest->tree, leaf_less);
	}
	check_tree(self->test, forest);
	if (!torture_below(self, 16))
		check_xarray(self->test, forest, self->number);
}

static void finish_trees(const struct torture *test)
{
	for (unsigned int i = 0; i < THREADS; i++) {
		check_xarray(test, forests[i], i);
		for (unsigned int key = 0; key < KEYS; key++) {
			if (forests[i]->entries[key])
				xa_erase(&shared, index_of(i, key));
		}
		kvfree(forests[i]);
	}
	TORTURE_CHECK(test, xa_empty(&shared));
	xa_destroy(&shared);
}

TORTURE(trees, .threads = THREADS, .setup = setup_trees, .round = trees_round,
	.finish = finish_trees);
