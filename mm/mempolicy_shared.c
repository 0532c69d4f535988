// SPDX-License-Identifier: MIT
/*
 * Memory policies of tmpfs files (memfd, System V segments, shared anonymous memory among them): mbind()
 * on a mapping of one sets them for the file's pages, whoever maps them, as long as the file lives.
 *
 * A file that has any keeps them as ranges that do not overlap, in a tree by offset.
 *
 * Lock: that of the file's policies, innermost.
 */
#include <lib/rbtree.h>
#include <mm/mempolicy.h>

#include "internal.h"

#include <mm/slab.h>

struct shared_policy {
	spinlock_t lock;
	struct rb_root ranges;	/* lock */
};

struct policy_range {
	struct rb_node node;
	pgoff_t first, last;
	struct mempolicy *pol;	/* counted */
};

static struct policy_range *to_range(struct rb_node *node)
{
	return node ? rb_entry(node, struct policy_range, node) : NULL;
}

/* The first range that ends at or behind the index. => lock held */
static struct policy_range *find_range(struct shared_policy *sp, pgoff_t index)
{
	struct rb_node *n = sp->ranges.rb_node;
	struct policy_range *found = NULL;

	while (n) {
		struct policy_range *range = to_range(n);

		if (range->last >= index) {
			found = range;
			n = n->rb_left;
		} else {
			n = n->rb_right;
		}
	}
	return found;
}

/* => lock held, nothing overlaps */
static void insert_range(struct shared_policy *sp, struct policy_range *range)
{
	struct rb_node **link = &sp->ranges.rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = range->first < to_range(parent)->first ? &parent->rb_left : &parent->rb_right;
	}
	rb_link_node(&range->node, parent, link);
	rb_insert_color(&range->node, &sp->ranges);
}

static void free_range(struct policy_range *range)
{
	if (!range)
		return;
	mpol_put(range->pol);
	kfree(range);
}

static struct policy_range *alloc_range(pgoff_t first, pgoff_t last, const struct mempolicy *pol)
{
	struct policy_range *range = kzalloc(sizeof(*range), GFP_KERNEL_ACCOUNT);

	if (!range)
		return NULL;
	range->first = first;
	range->last = last;
	range->pol = mpol_dup(pol);
	if (!IS_ERR(range->pol))
		return range;
	kfree(range);
	return NULL;
}

/*
 * Empties [first, last]. `spare` becomes what is left behind it of a range that reached over all of it:
 * then NULL is returned, else `spare`. => lock held
 */
static struct policy_range *cut_out(struct shared_policy *sp, pgoff_t first, pgoff_t last,
				    struct policy_range *spare)
{
	struct policy_range *range = find_range(sp, first), *next;

	for (; range && range->first <= last; range = next) {
		next = to_range(rb_next(&range->node));
		if (range->first < first && range->last > last) {
			spare->first = last + 1;
			spare->last = range->last;
			spare->pol = mpol_get(range->pol);
			range->last = first - 1;
			insert_range(sp, spare);
			return NULL;
		}
		if (range->first < first) {
			range->last = first - 1;
		} else if (range->last > last) {
			range->first = last + 1;
		} else {
			rb_erase(&range->node, &sp->ranges);
			free_range(range);
		}
	}
	return spare;
}

/* The file's policies, which it gets with the first. NULL without memory. */
static struct shared_policy *get_shared_policy(struct address_space *mapping)
{
	struct shared_policy *sp = READ_ONCE(mapping->policy), *old = NULL;

	if (sp)
		return sp;
	sp = kzalloc(sizeof(*sp), GFP_KERNEL_ACCOUNT);
	if (!sp)
		return NULL;
	spin_lock_init(&sp->lock);
	sp->ranges = RB_ROOT;
	if (try_cmpxchg(&mapping->policy, &old, sp))
		return sp;
	kfree(sp);
	return old;
}

int mpol_set_shared(struct address_space *mapping, pgoff_t first, pgoff_t last,
		    const struct mempolicy *pol)
{
	struct policy_range *range = NULL, *spare;
	struct shared_policy *sp;

	if (!pol && !READ_ONCE(mapping->policy))
		return 0;
	sp = get_shared_policy(mapping);
	spare = kzalloc(sizeof(*spare), GFP_KERNEL_ACCOUNT);
	if (pol)
		range = alloc_range(first, last, pol);
	if (!sp || !spare || (pol && !range)) {
		free_range(range);
		kfree(spare);
		return -ENOMEM;
	}
	spin_lock(&sp->lock);
	spare = cut_out(sp, first, last, spare);
	if (range)
		insert_range(sp, range);
	spin_unlock(&sp->lock);
	kfree(spare);
	return 0;
}

struct mempolicy *mpol_get_shared(struct address_space *mapping, pgoff_t index)
{
	struct shared_policy *sp = READ_ONCE(mapping->policy);
	struct mempolicy *pol = NULL;
	struct policy_range *range;

	if (!sp)
		return NULL;
	spin_lock(&sp->lock);
	range = find_range(sp, index);
	if (range && range->first <= index)
		pol = mpol_get(range->pol);
	spin_unlock(&sp->lock);
	return pol;
}

void mpol_free_shared(struct address_space *mapping)
{
	struct shared_policy *sp = mapping->policy;
	struct policy_range *range;

	if (!sp)
		return;
	mapping->policy = NULL;
	while ((range = to_range(rb_first(&sp->ranges)))) {
		rb_erase(&range->node, &sp->ranges);
		free_range(range);
	}
	kfree(sp);
}
