// SPDX-License-Identifier: MIT
/* Red-black and interval trees: random sequences, with all rules checked after each step. */
#include <kern/kernel.h>
#include <kern/ktest.h>
#include <lib/interval_tree.h>
#include <lib/rbtree_augmented.h>

struct node {
	struct rb_node rb;
	unsigned int key;
	unsigned int sum;		/* of the keys of the subtree */
	bool linked;
};

#define NODES 300
static struct node nodes[NODES];

static unsigned int sum_of(const struct rb_node *rb)
{
	return rb ? rb_entry(rb, struct node, rb)->sum : 0;
}

static bool compute_sum(struct node *node, bool exit)
{
	unsigned int sum = node->key + sum_of(node->rb.rb_left) + sum_of(node->rb.rb_right);

	if (exit && node->sum == sum)
		return true;
	node->sum = sum;
	return false;
}

RB_DECLARE_CALLBACKS(static, sum_callbacks, struct node, rb, sum, compute_sum);

/* => The black height, or -1 when a rule is broken. */
static int check_subtree(const struct rb_node *rb, bool augmented)
{
	const struct node *node = rb_entry(rb, struct node, rb);
	bool red = rb && !(rb->__rb_parent_color & 1);
	int left, right;

	if (!rb)
		return 0;
	for (int side = 0; side < 2; side++) {
		const struct rb_node *child = side ? rb->rb_right : rb->rb_left;

		if (child && (rb_parent(child) != rb || (red && !(child->__rb_parent_color & 1))))
			return -1;
	}
	if (augmented && node->sum != node->key + sum_of(rb->rb_left) + sum_of(rb->rb_right))
		return -1;
	left = check_subtree(rb->rb_left, augmented);
	right = check_subtree(rb->rb_right, augmented);
	if (left < 0 || left != right)
		return -1;
	return left + !red;
}

static bool tree_is_whole(struct rb_root *root, int count, bool augmented)
{
	struct rb_node *rb, *prev = NULL;
	int n = 0;

	if (root->rb_node && (rb_parent(root->rb_node) || !(root->rb_node->__rb_parent_color & 1)))
		return false;
	if (check_subtree(root->rb_node, augmented) < 0)
		return false;
	for (rb = rb_first(root); rb; prev = rb, rb = rb_next(rb), n++) {
		if (rb_prev(rb) != prev)
			return false;
		if (prev && rb_entry(prev, struct node, rb)->key > rb_entry(rb, struct node, rb)->key)
			return false;
	}
	return n == count && rb_last(root) == prev;
}

static bool key_less(struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct node, rb)->key < rb_entry(b, struct node, rb)->key;
}

static int key_cmp(const void *key, const struct rb_node *b)
{
	unsigned int k = *(const unsigned int *)key, other = rb_entry(b, struct node, rb)->key;

	return k < other ? -1 : k > other;
}

static int node_cmp(struct rb_node *a, const struct rb_node *b)
{
	return key_cmp(&rb_entry(a, struct node, rb)->key, b);
}

static void insert_augmented(struct node *node, struct rb_root *root)
{
	struct rb_node **link = &root->rb_node, *parent = NULL;

	while (*link) {
		struct node *at = rb_entry(*link, struct node, rb);

		parent = *link;
		at->sum += node->key;
		link = node->key < at->key ? &parent->rb_left : &parent->rb_right;
	}
	node->sum = node->key;
	rb_link_node(&node->rb, parent, link);
	rb_insert_augmented(&node->rb, root, &sum_callbacks);
}

static void random_run(u64 seed, unsigned int keys, bool augmented)
{
	struct rb_root root = RB_ROOT;
	int count = 0;

	ktest_seed(seed);
	memset(nodes, 0, sizeof(nodes));
	for (int step = 0; step < 3000; step++) {
		struct node *node = &nodes[ktest_random_below(NODES)];

		if (node->linked && augmented) {
			rb_erase_augmented(&node->rb, &root, &sum_callbacks);
		} else if (node->linked) {
			rb_erase(&node->rb, &root);
		} else {
			node->key = ktest_random_below(keys);
			if (augmented)
				insert_augmented(node, &root);
			else
				rb_add(&node->rb, &root, key_less);
		}
		count += node->linked ? -1 : 1;
		node->linked = !node->linked;
		if (step < 300 || step % 16 == 0)
			KASSERT_TRUE(tree_is_whole(&root, count, augmented));
	}
}

KTEST_BARE(rbtree, keeps_its_rules_with_unique_keys)
{
	for (int seed = 0; seed < 10; seed++)
		random_run(seed, ~0U, false);
}

KTEST_BARE(rbtree, keeps_its_rules_with_equal_keys)
{
	for (int seed = 0; seed < 10; seed++)
		random_run(seed, 20, false);
}

KTEST_BARE(rbtree, keeps_augmented_sums)
{
	for (int seed = 0; seed < 10; seed++)
		random_run(seed, 1000, true);
}

KTEST_BARE(rbtree, ascending_and_descending_insertions)
{
	for (int down = 0; down < 2; down++) {
		struct rb_root root = RB_ROOT;

		for (int i = 0; i < NODES; i++) {
			nodes[i].key = down ? NODES - i : i;
			rb_add(&nodes[i].rb, &root, key_less);
		}
		KASSERT_TRUE(tree_is_whole(&root, NODES, false));
		for (int i = 0; i < NODES; i++)
			rb_erase(&nodes[i].rb, &root);
		KASSERT_TRUE(RB_EMPTY_ROOT(&root));
	}
}

KTEST_BARE(rbtree, finds)
{
	struct rb_root root = RB_ROOT;
	struct node twin = { .key = 40 };
	unsigned int key;

	for (int i = 0; i < 50; i++) {
		nodes[i].key = 2 * i;
		KEXPECT_NULL(rb_find_add(&nodes[i].rb, &root, node_cmp));
	}
	KEXPECT_EQ(rb_find_add(&twin.rb, &root, node_cmp), &nodes[20].rb);
	for (key = 0; key < 100; key++)
		KEXPECT_EQ(rb_find(&key, &root, key_cmp), key % 2 ? NULL : &nodes[key / 2].rb);
	rb_add(&twin.rb, &root, key_less);
	key = 40;
	KEXPECT_EQ(rb_find_first(&key, &root, key_cmp), &nodes[20].rb);
}

KTEST_BARE(rbtree, cached_leftmost_follows)
{
	struct rb_root_cached root = RB_ROOT_CACHED;

	memset(nodes, 0, sizeof(nodes));
	for (int step = 0; step < 2000; step++) {
		struct node *node = &nodes[ktest_random_below(50)];

		if (node->linked) {
			rb_erase_cached(&node->rb, &root);
		} else {
			node->key = ktest_random_below(1000);
			rb_add_cached(&node->rb, &root, key_less);
		}
		node->linked = !node->linked;
		KASSERT_EQ(rb_first_cached(&root), rb_first(&root.rb_root));
	}
}

KTEST_BARE(rbtree, replaces_and_tears_down)
{
	struct rb_root root = RB_ROOT;
	struct node other = { .key = 25 }, *node, *next;
	int seen = 0;

	for (int i = 0; i < 50; i++) {
		nodes[i].key = i;
		rb_add(&nodes[i].rb, &root, key_less);
	}
	rb_replace_node(&nodes[25].rb, &other.rb, &root);
	KASSERT_TRUE(tree_is_whole(&root, 50, false));
	KEXPECT_EQ(rb_next(&nodes[24].rb), &other.rb);
	rbtree_postorder_for_each_entry_safe(node, next, &root, rb) {
		memset(&node->rb, 0xff, sizeof(node->rb));
		seen++;
	}
	KEXPECT_EQ(seen, 50);
	RB_CLEAR_NODE(&other.rb);
	KEXPECT_TRUE(RB_EMPTY_NODE(&other.rb));
}

#define INTERVALS 150

KTEST_BARE(interval_tree, finds_what_a_search_of_all_finds)
{
	static struct interval_tree_node intervals[INTERVALS];
	static bool in[INTERVALS];
	struct rb_root_cached root = RB_ROOT_CACHED;

	memset(in, 0, sizeof(in));
	for (int step = 0; step < 3000; step++) {
		int i = ktest_random_below(INTERVALS);
		unsigned long start = ktest_random_below(1000), last = start + ktest_random_below(60);
		struct interval_tree_node *node;
		unsigned long prev = 0;
		int found = 0, expected = 0;

		if (in[i]) {
			interval_tree_remove(&intervals[i], &root);
		} else {
			intervals[i].start = ktest_random_below(1000);
			intervals[i].last = intervals[i].start + ktest_random_below(100);
			interval_tree_insert(&intervals[i], &root);
		}
		in[i] = !in[i];
		for (int j = 0; j < INTERVALS; j++)
			expected += in[j] && intervals[j].start <= last && intervals[j].last >= start;
		for (node = interval_tree_iter_first(&root, start, last); node;
		     node = interval_tree_iter_next(node, start, last)) {
			KASSERT_TRUE(in[node - intervals]);
			KASSERT_TRUE(node->start <= last && node->last >= start);
			KASSERT_LE(prev, node->start);
			prev = node->start;
			found++;
		}
		KASSERT_EQ(found, expected);
	}
}
