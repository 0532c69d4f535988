// SPDX-License-Identifier: MIT
/* Numbers of rewritten sites: which are given out, and when again. */
#include <kern/ktest.h>
#include <kern/jiffies.h>
#include <kern/sched.h>
#include <um/irqflags.h>
#include <um/stub_layout.h>
#include "um/text/text.h"
#include "um/trap/passage.h"

#define VALUE 39

KTEST(sites, have_numbers_of_their_own)
{
	struct site site;
	int a, b;

	if (!text_works())
		return;
	a = site_alloc(SITE_CONST, VALUE);
	b = site_alloc(SITE_VAR, -4095);
	KASSERT_TRUE(a >= 0);
	KASSERT_TRUE(b >= 0);
	KEXPECT_TRUE(a != b);
	KEXPECT_TRUE(site_get(a, &site));
	KEXPECT_EQ(site.kind, SITE_CONST);
	KEXPECT_EQ(site.value, VALUE);
	KEXPECT_TRUE(site_get(b, &site));
	KEXPECT_EQ(site.kind, SITE_VAR);
	site_free(a);
	/* A guest may be about to name it. */
	KEXPECT_TRUE(site_get(a, &site));
	KEXPECT_EQ(site.value, VALUE);
	site_free(b);
	KEXPECT_TRUE(!site_get(STUB_MAX_SITES, &site));
}

/* More than there are numbers: so they come again. */
KTEST(sites, come_again_when_guests_have_passed)
{
	if (!text_works())
		return;
	for (int i = 0; i < 3 * STUB_MAX_SITES; i++) {
		int nr = site_alloc(SITE_CONST, VALUE);

		KASSERT_TRUE(nr >= 0);
		site_free(nr);
	}
}

KTEST(sites, do_not_come_again_while_a_guest_may_be_at_them)
{
	int first, given = 0;

	if (!text_works())
		return;
	/* As if this CPU ran a guest. */
	local_irq_disable();
	guest_run_begin();
	first = site_alloc(SITE_CONST, VALUE);
	if (first >= 0)
		site_free(first);
	for (int i = 0; i < 3 * STUB_MAX_SITES; i++) {
		int nr = site_alloc(SITE_CONST, VALUE);

		if (nr < 0)
			break;
		KEXPECT_TRUE(nr != first);
		site_free(nr);
		given++;
	}
	guest_run_end();
	local_irq_enable();
	KEXPECT_TRUE(first >= 0);
	KEXPECT_TRUE(given < STUB_MAX_SITES);
}

KTEST(sites, a_passage_ends_when_all_guests_have_been_in_the_kernel)
{
	struct guest_passage passage;

	local_irq_disable();
	guest_run_begin();
	guest_passage_begin(&passage);
	KEXPECT_TRUE(!guest_passage_over(&passage));
	guest_run_end();
	local_irq_enable();
	/* Other CPUs may run guests. */
	for (int i = 0; i < HZ && !guest_passage_over(&passage); i++)
		schedule_timeout_uninterruptible(1);
	KEXPECT_TRUE(guest_passage_over(&passage));
}

KTEST(sites, a_straggler_keeps_a_passage_open)
{
	struct guest_passage passage;

	guest_passage_begin(&passage);
	guest_straggles(true);
	KEXPECT_TRUE(!guest_passage_over(&passage));
	guest_straggles(false);
	KEXPECT_TRUE(!guest_passage_over(&passage));
}
