/* SPDX-License-Identifier: MIT */
/* A count of pages with a limit, in a hierarchy: what is charged below counts above too. */
#ifndef MM_PAGE_COUNTER_H
#define MM_PAGE_COUNTER_H

#include <kern/atomic.h>
#include <kern/types.h>

#define PAGE_COUNTER_MAX (~0UL >> 1 >> 12)	/* no limit */

/*
 * (x) atomic; (w) WRITE_ONCE by who sets limits, one at a time; (r) a hint of reclaim
 */
struct page_counter {
	atomic_long_t usage;		/* x */
	unsigned long max;		/* w */
	unsigned long min, low;		/* w: protected from reclaim, and rather not reclaimed */
	unsigned long peak;		/* r: races lose a little */
	struct page_counter *parent;	/* constant */

	unsigned long emin, elow;	/* r: what of min and low holds, given what the parents have */
	/* x: what of usage is protected here, and what the children have of that together */
	atomic_long_t min_usage, low_usage, children_min_usage, children_low_usage;
};

static inline unsigned long page_counter_read(const struct page_counter *counter)
{
	long usage = atomic_long_read(&counter->usage);

	return usage < 0 ? 0 : usage;
}

void page_counter_init(struct page_counter *counter, struct page_counter *parent);
/* Charges here and above, or nothing: false, and *fail is the counter that is full. => any context */
bool page_counter_try_charge(struct page_counter *counter, unsigned long nr,
			     struct page_counter **fail);
/* Charges whatever the limits say. => any context */
void page_counter_charge(struct page_counter *counter, unsigned long nr);
void page_counter_uncharge(struct page_counter *counter, unsigned long nr);
void page_counter_set_min(struct page_counter *counter, unsigned long nr);
void page_counter_set_low(struct page_counter *counter, unsigned long nr);
/*
 * Brings emin and elow up to date; those of the parent are. `top`: nothing above counts. `recursive`:
 * what the children do not claim of the parent's protection is divided among them too.
 */
void page_counter_calc_protection(struct page_counter *counter, bool top, bool recursive);

#endif
