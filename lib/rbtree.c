// SPDX-License-Identifier: MIT
/*
 * Red-black trees.
 *
 * 1. a node is red or black; 2. the root is black; 3. a red node has no red child; 4. every
 * path from a node down to a missing child passes as many black nodes.
 *
 * The colour lives in bit 0 of the parent pointer (1: black), so a new node, linked with its
 * bare parent pointer, is red. Every rotation tells the augment callback, which the plain
 * functions leave empty.
 *
 * Child pointers are written with WRITE_ONCE, and in an order that never makes a cycle, so that
 * a reader without the lock terminates (it may miss nodes; seqlock users check and retry).
 */
#include <lib/rbtree_augmented.h>

#define RB_BLACK 1UL

static bool is_black(const struct rb_node *node)
{
	return node->__rb_parent_color & RB_BLACK;
}

/* A missing child counts as black. */
static bool is_red(const struct rb_node *node)
{
	return node && !is_black(node);
}

static void set_parent(struct rb_node *node, struct rb_node *parent)
{
	node->__rb_parent_color = (node->__rb_parent_color & RB_BLACK) | (unsigned long)parent;
}

static void set_black(struct rb_node *node)
{
	node->__rb_parent_color |= RB_BLACK;
}

static void set_red(struct rb_node *node)
{
	node->__rb_parent_color &= ~RB_BLACK;
}

static void copy_color(struct rb_node *to, const struct rb_node *from)
{
	to->__rb_parent_color = (to->__rb_parent_color & ~RB_BLACK) |
				(from->__rb_parent_color & RB_BLACK);
}

/* Makes @parent (or the root) point at @new_node where it pointed at @old. */
static void change_child(struct rb_node *old, struct rb_node *new_node, struct rb_node *parent,
			 struct rb_root *root)
{
	if (!parent)
		WRITE_ONCE(root->rb_node, new_node);
	else if (parent->rb_left == old)
		WRITE_ONCE(parent->rb_left, new_node);
	else
		WRITE_ONCE(parent->rb_right, new_node);
}

/* The child of @node on the left (@right false) or the right side. */
static struct rb_node **side(struct rb_node *node, bool right)
{
	return right ? &node->rb_right : &node->rb_left;
}

/*
 * Rotates @node down to its @right side (or left): its child of the other side takes its place.
 * Colours stay with the nodes.
 */
static void rotate_down(struct rb_node *node, bool right, struct rb_root *root,
			void (*augment)(struct rb_node *old, struct rb_node *new_node))
{
	struct rb_node *up = *side(node, !right), *middle = *side(up, right);
	struct rb_node *parent = rb_parent(node);

	WRITE_ONCE(*side(node, !right), middle);
	WRITE_ONCE(*side(up, right), node);
	if (middle)
		set_parent(middle, node);
	set_parent(up, parent);
	set_parent(node, up);
	change_child(node, up, parent, root);
	augment(node, up);
}

void __rb_insert_augmented(struct rb_node *node, struct rb_root *root,
			   void (*rotate)(struct rb_node *old, struct rb_node *new_node))
{
	struct rb_node *parent, *grandparent, *uncle;

	/* Rule 3 may be broken between @node (red) and its parent, nowhere else. */
	while ((parent = rb_parent(node)) && !is_black(parent)) {
		bool right;

		grandparent = rb_parent(parent);
		right = grandparent->rb_right == parent;
		uncle = *side(grandparent, !right);
		if (is_red(uncle)) {
			/* Push the black down from the grandparent; look again there. */
			set_black(parent);
			set_black(uncle);
			set_red(grandparent);
			node = grandparent;
			continue;
		}
		if (*side(parent, !right) == node) {
			/* An inner grandchild: turn it into an outer one. */
			rotate_down(parent, right, root, rotate);
			parent = node;
		}
		set_black(parent);
		set_red(grandparent);
		rotate_down(grandparent, !right, root, rotate);
		break;
	}
	set_black(root->rb_node);
}

/*
 * The subtree on the @right (or left) side of @parent has one black node too few. Repairs, or
 * moves the lack up.
 */
static void erase_repair(struct rb_node *parent, bool right, struct rb_root *root,
			 void (*rotate)(struct rb_node *old, struct rb_node *new_node))
{
	while (parent) {
		struct rb_node *sibling = *side(parent, !right), *outer, *node;

		if (is_red(sibling)) {
			/* Get a black sibling first. */
			set_black(sibling);
			set_red(parent);
			rotate_down(parent, right, root, rotate);
			sibling = *side(parent, !right);
		}
		outer = *side(sibling, !right);
		if (!is_red(outer) && !is_red(*side(sibling, right))) {
			/* Take a black from the other side too. */
			set_red(sibling);
			if (is_red(parent)) {
				set_black(parent);
				return;
			}
			node = parent;
			parent = rb_parent(node);
			right = parent && parent->rb_right == node;
			continue;
		}
		if (!is_red(outer)) {
			/* Only the inner nephew is red: make it the outer one. */
			set_black(*side(sibling, right));
			set_red(sibling);
			rotate_down(sibling, !right, root, rotate);
			outer = sibling;
			sibling = *side(parent, !right);
		}
		copy_color(sibling, parent);
		set_black(parent);
		set_black(outer);
		rotate_down(parent, right, root, rotate);
		return;
	}
}

/* Puts @successor, which was unlinked or is a child of @node, in @node's place. */
static void take_place(struct rb_node *node, struct rb_node *successor, struct rb_root *root)
{
	struct rb_node *parent = rb_parent(node);

	successor->__rb_parent_color = node->__rb_parent_color;
	WRITE_ONCE(successor->rb_left, node->rb_left);
	set_parent(node->rb_left, successor);
	if (node->rb_right != successor) {
		WRITE_ONCE(successor->rb_right, node->rb_right);
		if (node->rb_right)
			set_parent(node->rb_right, successor);
	}
	change_child(node, successor, parent, root);
}

/*
 * Unlinks @node. => The lowest node whose subtree changed in *@changed; true when a black went
 * missing on the side *@right of *@lacking.
 */
static bool unlink_node(struct rb_node *node, struct rb_root *root,
			const struct rb_augment_callbacks *augment, struct rb_node **lacking,
			bool *right)
{
	struct rb_node *child, *parent, *victim = node;
	bool black;

	if (node->rb_left && node->rb_right) {
		/* The successor has no left child: it goes out of its place and into node's. */
		victim = node->rb_right;
		while (victim->rb_left)
			victim = victim->rb_left;
	}
	child = victim->rb_left ? victim->rb_left : victim->rb_right;
	parent = rb_parent(victim);
	black = is_black(victim);
	*right = parent && parent->rb_right == victim;

	if (victim == node) {
		change_child(victim, child, parent, root);
		if (child)
			set_parent(child, parent);
	} else if (parent == node) {
		/* The successor keeps its right child. */
		take_place(node, victim, root);
		augment->copy(node, victim);
		parent = victim;
	} else {
		WRITE_ONCE(parent->rb_left, child);
		if (child)
			set_parent(child, parent);
		take_place(node, victim, root);
		augment->copy(node, victim);
	}
	if (parent)
		augment->propagate(parent, NULL);
	if (victim != node && parent != victim)
		augment->propagate(victim, NULL);
	*lacking = parent;
	if (!black)
		return false;
	if (is_red(child)) {
		set_black(child);
		return false;
	}
	return true;
}

void rb_erase_augmented(struct rb_node *node, struct rb_root *root,
			const struct rb_augment_callbacks *augment)
{
	struct rb_node *lacking;
	bool right;

	if (unlink_node(node, root, augment, &lacking, &right))
		erase_repair(lacking, right, root, augment->rotate);
}

static void no_rotate(struct rb_node *old, struct rb_node *new_node)
{
}

static const struct rb_augment_callbacks no_augment = {
	.propagate = no_rotate,
	.copy = no_rotate,
	.rotate = no_rotate,
};

void rb_insert_color(struct rb_node *node, struct rb_root *root)
{
	__rb_insert_augmented(node, root, no_rotate);
}

void rb_erase(struct rb_node *node, struct rb_root *root)
{
	rb_erase_augmented(node, root, &no_augment);
}

/* The end of the tree below @node on one side. */
static struct rb_node *extreme(struct rb_node *node, bool right)
{
	struct rb_node *next;

	if (!node)
		return NULL;
	while ((next = *side(node, right)))
		node = next;
	return node;
}

static struct rb_node *step(const struct rb_node *node, bool right)
{
	struct rb_node *n = (struct rb_node *)node, *parent;

	if (RB_EMPTY_NODE(node))
		return NULL;
	if (*side(n, right))
		return extreme(*side(n, right), !right);
	while ((parent = rb_parent(n)) && *side(parent, right) == n)
		n = parent;
	return parent;
}

struct rb_node *rb_next(const struct rb_node *node)
{
	return step(node, true);
}

struct rb_node *rb_prev(const struct rb_node *node)
{
	return step(node, false);
}

struct rb_node *rb_first(const struct rb_root *root)
{
	return extreme(root->rb_node, false);
}

struct rb_node *rb_last(const struct rb_root *root)
{
	return extreme(root->rb_node, true);
}

/* The leaf that comes first when children come before parents. */
static struct rb_node *deepest_left(struct rb_node *node)
{
	for (;;) {
		if (node->rb_left)
			node = node->rb_left;
		else if (node->rb_right)
			node = node->rb_right;
		else
			return node;
	}
}

struct rb_node *rb_first_postorder(const struct rb_root *root)
{
	return root->rb_node ? deepest_left(root->rb_node) : NULL;
}

struct rb_node *rb_next_postorder(const struct rb_node *node)
{
	struct rb_node *parent;

	if (!node)
		return NULL;
	parent = rb_parent(node);
	if (parent && node == parent->rb_left && parent->rb_right)
		return deepest_left(parent->rb_right);
	return parent;
}

static void adopt_children(struct rb_node *victim, struct rb_node *new_node)
{
	*new_node = *victim;
	if (victim->rb_left)
		set_parent(victim->rb_left, new_node);
	if (victim->rb_right)
		set_parent(victim->rb_right, new_node);
}

void rb_replace_node(struct rb_node *victim, struct rb_node *new_node, struct rb_root *root)
{
	adopt_children(victim, new_node);
	change_child(victim, new_node, rb_parent(victim), root);
}

void rb_replace_node_rcu(struct rb_node *victim, struct rb_node *new_node, struct rb_root *root)
{
	adopt_children(victim, new_node);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	change_child(victim, new_node, rb_parent(victim), root);
}
