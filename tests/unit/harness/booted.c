// SPDX-License-Identifier: MIT
/*
 * Tests in a running kernel. Task 1, when everything is initialised, serves the mailbox instead
 * of executing init: it polls for a test's number, runs it and clears the number. Polling costs
 * a millisecond a test and needs nothing of the host; a crash takes the whole program down,
 * which tools/run-tests counts as the failure of the test that ran.
 */
#include <kern/delay.h>
#include <kern/init.h>
#include <kern/ktest.h>
#include <kern/preempt.h>
#include <kern/sched.h>
#include <um/irqflags.h>

#include "harness.h"

struct ktest_mailbox ktest_mailbox;

/* What a test must leave as it found it. */
static void check_context(void)
{
	if (preempt_count())
		ktest_fail(__FILE__, __LINE__, "the test returned with preempt_count %x",
			   preempt_count());
	if (irqs_disabled())
		ktest_fail(__FILE__, __LINE__, "the test returned with interrupts off");
}

static int serve_mailbox(void)
{
	const struct ktest *tests;

	ktest_table(&tests);
	__atomic_store_n(&ktest_mailbox.ready, 1, __ATOMIC_RELEASE);
	for (;;) {
		if (!__atomic_load_n(&ktest_mailbox.post, __ATOMIC_ACQUIRE)) {
			usleep_range(300, 600);
			continue;
		}
		ktest_begin(&ktest_mailbox.report);
		tests[ktest_mailbox.index].fn();
		check_context();
		__atomic_store_n(&ktest_mailbox.post, 0, __ATOMIC_RELEASE);
	}
	return 0;
}

static int take_over_init(void)
{
	run_init_hook = serve_mailbox;
	return 0;
}
late_initcall(take_over_init);
