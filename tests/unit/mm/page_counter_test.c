// SPDX-License-Identifier: MIT
/* Counters of pages in a hierarchy. */
#include <kern/kernel.h>
#include <kern/ktest.h>
#include <mm/page_counter.h>

KTEST(page_counter, a_charge_counts_above_and_fails_where_it_is_full)
{
	struct page_counter top, mid, low, *fail = NULL;

	page_counter_init(&top, NULL);
	page_counter_init(&mid, &top);
	page_counter_init(&low, &mid);
	mid.max = 10;
	KEXPECT_TRUE(page_counter_try_charge(&low, 8, &fail));
	KEXPECT_EQ(page_counter_read(&low), 8UL);
	KEXPECT_EQ(page_counter_read(&top), 8UL);
	KEXPECT_FALSE(page_counter_try_charge(&low, 3, &fail));
	KEXPECT_TRUE(fail == &mid);
	/* What was added below the full one is taken back. */
	KEXPECT_EQ(page_counter_read(&low), 8UL);
	KEXPECT_EQ(page_counter_read(&mid), 8UL);
	KEXPECT_EQ(page_counter_read(&top), 8UL);
	page_counter_charge(&low, 5);
	KEXPECT_EQ(page_counter_read(&mid), 13UL);
	page_counter_uncharge(&low, 13);
	KEXPECT_EQ(page_counter_read(&low), 0UL);
	KEXPECT_EQ(page_counter_read(&top), 0UL);
	KEXPECT_EQ(mid.peak, 13UL);
	KEXPECT_EQ(top.peak, 13UL);
}

/* Two children are promised more than their parent is: it is divided by what they use. */
KTEST(page_counter, protection_is_divided_among_children)
{
	struct page_counter parent, a, b;

	page_counter_init(&parent, NULL);
	page_counter_init(&a, &parent);
	page_counter_init(&b, &parent);
	page_counter_set_min(&parent, 100);
	page_counter_set_min(&a, 90);
	page_counter_set_min(&b, 90);
	page_counter_charge(&a, 30);
	page_counter_calc_protection(&parent, false, false);
	page_counter_calc_protection(&a, false, false);
	KEXPECT_EQ(parent.emin, 100UL);
	/* There is enough yet: what is used is protected. */
	KEXPECT_EQ(a.emin, 30UL);
	page_counter_charge(&a, 90);
	page_counter_charge(&b, 90);
	page_counter_calc_protection(&a, false, false);
	page_counter_calc_protection(&b, false, false);
	KEXPECT_EQ(a.emin, 50UL);
	KEXPECT_EQ(b.emin, 50UL);
	page_counter_uncharge(&b, 80);
	page_counter_calc_protection(&a, false, false);
	page_counter_calc_protection(&b, false, false);
	KEXPECT_EQ(a.emin, 90UL);
	KEXPECT_EQ(b.emin, 10UL);
	/* Below a group that is reclaimed from for its own limit nothing above counts. */
	page_counter_set_min(&parent, 0);
	page_counter_calc_protection(&parent, false, false);
	page_counter_calc_protection(&a, false, false);
	KEXPECT_EQ(a.emin, 0UL);
	page_counter_calc_protection(&a, true, false);
	KEXPECT_EQ(a.emin, 90UL);
	page_counter_set_min(&a, 0);
	page_counter_set_min(&b, 0);
	KEXPECT_EQ(atomic_long_read(&parent.children_min_usage), 0L);
}

/* What is promised to the parent alone protects the children too, by what they use beyond their own. */
KTEST(page_counter, protection_that_nobody_claims)
{
	struct page_counter parent, a, b;

	page_counter_init(&parent, NULL);
	page_counter_init(&a, &parent);
	page_counter_init(&b, &parent);
	page_counter_set_low(&parent, 100);
	page_counter_set_low(&a, 20);
	page_counter_charge(&a, 60);
	page_counter_charge(&b, 120);
	page_counter_calc_protection(&parent, false, true);
	page_counter_calc_protection(&a, false, true);
	page_counter_calc_protection(&b, false, true);
	KEXPECT_EQ(a.elow, 20UL + 80 * 40 / 160);
	KEXPECT_EQ(b.elow, 80UL * 120 / 160);
	page_counter_calc_protection(&b, false, false);
	KEXPECT_EQ(b.elow, 0UL);
	/* Nothing is left over. */
	page_counter_set_low(&a, 100);
	page_counter_charge(&a, 60);
	page_counter_calc_protection(&a, false, true);
	page_counter_calc_protection(&b, false, true);
	KEXPECT_EQ(a.elow, 100UL);
	KEXPECT_EQ(b.elow, 0UL);
}
