// SPDX-License-Identifier: MIT
/*
 * Counts of pages in a hierarchy.
 *
 * A charge adds to the counter and to all above it; where one is full what was added is taken back,
 * so that for a moment a counter may show more than its limit, and somebody else may fail who would
 * have had room. That is the price of no lock.
 *
 * Protection: of what a counter is promised (min, low) that much is protected as is used. Where the
 * children are promised more than their parent is protected itself, it is divided by what each uses of
 * its promise. The mount option memory_recursiveprot of cgroup2 divides what is left over as well.
 */
#include "internal.h"

#include <mm/page_counter.h>

void page_counter_init(struct page_counter *counter, struct page_counter *parent)
{
	memset(counter, 0, sizeof(*counter));
	counter->max = PAGE_COUNTER_MAX;
	counter->parent = parent;
}

/* What is used of one promise has changed: the parent knows the sum of its children. */
static void update_protected(atomic_long_t *mine, atomic_long_t *sum, long now)
{
	long old = atomic_long_xchg(mine, now);

	if (old != now && sum)
		atomic_long_add(now - old, sum);
}

static void propagate(struct page_counter *c)
{
	unsigned long usage = page_counter_read(c), min = READ_ONCE(c->min),
		      low = READ_ONCE(c->low);

	if (!c->parent)
		return;
	if (min || atomic_long_read(&c->min_usage))
		update_protected(&c->min_usage, &c->parent->children_min_usage, min(usage, min));
	if (low || atomic_long_read(&c->low_usage))
		update_protected(&c->low_usage, &c->parent->children_low_usage, min(usage, low));
}

static void note_peak(struct page_counter *c, long usage)
{
	if (usage > 0 && (unsigned long)usage > READ_ONCE(c->peak))
		WRITE_ONCE(c->peak, usage);
}

static void cancel(struct page_counter *c, unsigned long nr)
{
	WARN_ON_ONCE(atomic_long_sub_return(nr, &c->usage) < 0);
	propagate(c);
}

bool page_counter_try_charge(struct page_counter *counter, unsigned long nr,
			     struct page_counter **fail)
{
	struct page_counter *c;

	for (c = counter; c; c = c->parent) {
		long usage = atomic_long_add_return(nr, &c->usage);

		if (usage > (long)READ_ONCE(c->max)) {
			atomic_long_sub(nr, &c->usage);
			*fail = c;
			break;
		}
		propagate(c);
		note_peak(c, usage);
	}
	if (!c)
		return true;
	for (struct page_counter *undo = counter; undo != c; undo = undo->parent)
		cancel(undo, nr);
	return false;
}

void page_counter_charge(struct page_counter *counter, unsigned long nr)
{
	for (struct page_counter *c = counter; c; c = c->parent) {
		note_peak(c, atomic_long_add_return(nr, &c->usage));
		propagate(c);
	}
}

void page_counter_uncharge(struct page_counter *counter, unsigned long nr)
{
	for (struct page_counter *c = counter; c; c = c->parent)
		cancel(c, nr);
}

void page_counter_set_min(struct page_counter *counter, unsigned long nr)
{
	WRITE_ONCE(counter->min, nr);
	for (struct page_counter *c = counter; c; c = c->parent)
		propagate(c);
}

void page_counter_set_low(struct page_counter *counter, unsigned long nr)
{
	WRITE_ONCE(counter->low, nr);
	for (struct page_counter *c = counter; c; c = c->parent)
		propagate(c);
}

/* One of the two promises of a parent and its children. */
struct promise {
	unsigned long parent;	/* what the parent's holds for */
	unsigned long siblings; /* what all children use of theirs */
	unsigned long excess;	/* what they use beyond that; 0: it gets nothing */
};

/*
 * The part of one promise that holds, when the parent's protection has to do for all children. All
 * numbers are used pages, and so below 2^32.
 */
static unsigned long effective(unsigned long usage, unsigned long own, const struct promise *of)
{
	unsigned long protected = min(usage, own);

	if (of->siblings > of->parent)
		return of->parent * protected / of->siblings;
	/* What nobody claims goes to those who use more than they were promised. */
	if (of->excess)
		protected += (of->parent - of->siblings) * (usage - protected) / of->excess;
	return protected;
}

static struct promise promise_of(const struct page_counter *parent, unsigned long protection,
				 const atomic_long_t *siblings, bool recursive)
{
	struct promise of = { protection, atomic_long_read(siblings), 0 };
	unsigned long usage = page_counter_read(parent);

	if (recursive && usage > of.siblings)
		of.excess = usage - of.siblings;
	return of;
}

void page_counter_calc_protection(struct page_counter *counter, bool top, bool recursive)
{
	struct page_counter *parent = counter->parent;
	unsigned long usage = page_counter_read(counter);
	struct promise min, low;

	if (top || !parent) {
		WRITE_ONCE(counter->emin, READ_ONCE(counter->min));
		WRITE_ONCE(counter->elow, READ_ONCE(counter->low));
		return;
	}
	min = promise_of(parent, READ_ONCE(parent->emin), &parent->children_min_usage, recursive);
	low = promise_of(parent, READ_ONCE(parent->elow), &parent->children_low_usage, recursive);
	WRITE_ONCE(counter->emin, effective(usage, READ_ONCE(counter->min), &min));
	WRITE_ONCE(counter->elow, effective(usage, READ_ONCE(counter->low), &low));
}
