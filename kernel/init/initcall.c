// SPDX-License-Identifier: MIT
/* Running the functions of the section `initcalls` by level. */
#include <kern/init.h>
#include <kern/preempt.h>
#include <kern/printk.h>
#include <kern/task.h>
#include <kern/timekeeping.h>
#include <um/irqflags.h>
#include "internal.h"

extern const struct initcall_entry __start_initcalls[] __attribute__((weak));
extern const struct initcall_entry __stop_initcalls[] __attribute__((weak));

static bool initcall_debug;

static int set_debug(char *value)
{
	initcall_debug = true;
	return 1;
}
__kparam("initcall_debug", set_debug, NULL, 1);

/* Tells of the call before and after it. */
static int call_loudly(const struct initcall_entry *entry)
{
	u64 begin;
	int ret;

	pr_info("calling  %s @ %d\n", entry->name, current->pid);
	begin = sched_clock();
	ret = entry->fn();
	pr_info("initcall %s returned %d after %llu usecs\n", entry->name, ret,
		(unsigned long long)(sched_clock() - begin) / 1000);
	return ret;
}

static void run_one(const struct initcall_entry *entry)
{
	unsigned int count = preempt_count();
	bool masked = irqs_disabled();
	int ret = initcall_debug ? call_loudly(entry) : entry->fn();

	if (ret)
		pr_warn("initcall %s returned %d\n", entry->name, ret);
	if (preempt_count() != count) {
		pr_warn("initcall %s: preemption count %u instead of %u\n", entry->name, preempt_count(), count);
		preempt_count_set(count);
	}
	if (irqs_disabled() != masked)
		pr_warn("initcall %s: interrupts left %s\n", entry->name, masked ? "on" : "off");
}

/* Calls those with first <= level <= last, in order of level, then of link. */
void run_initcalls(int first, int last)
{
	const struct initcall_entry *entry;

	for (int level = first; level <= last; level++) {
		for (entry = __start_initcalls; entry < __stop_initcalls; entry++) {
			if (entry->level == level)
				run_one(entry);
		}
	}
}
