// SPDX-License-Identifier: MIT
/*
 * Lines that nobody cares for. Of every 100,000 events, 99,900 that no handler wanted turn the
 * line off: a device that raises it for ever would leave the CPU no time. Single ones, more than
 * a tenth of a second apart, do not add up.
 */
#include <kern/init.h>
#include <kern/interrupt.h>
#include <kern/jiffies.h>
#include <kern/kallsyms.h>
#include <kern/printk.h>
#include "internal.h"

#define WINDOW	  100000
#define TOO_MANY  99900

static bool irq_debug_off;

static int set_noirqdebug(char *value)
{
	irq_debug_off = true;
	return 1;
}
__setup("noirqdebug", set_noirqdebug);

static void report(struct irq_desc *desc)
{
	char name[KSYM_SYMBOL_LEN];

	pr_err("irq %u: nobody cared\n", desc->irq);
	dump_stack_lvl(KERN_ERR);
	pr_err("handlers:\n");
	for (struct irqaction *action = desc->action; action; action = action->next) {
		sprint_symbol(name, (unsigned long)action->handler);
		pr_err("  %s (%s)\n", name, action->name);
	}
	pr_emerg("Disabling IRQ #%u\n", desc->irq);
}

void irq_note_event(struct irq_desc *desc, bool handled)
{
	desc->nr_events++;
	if (!handled && !irq_debug_off) {
		if (time_after(jiffies, desc->last_unhandled + HZ / 10))
			desc->nr_unhandled = 1;
		else
			desc->nr_unhandled++;
		desc->last_unhandled = jiffies;
	}
	if (desc->nr_events < WINDOW)
		return;
	if (desc->nr_unhandled > TOO_MANY) {
		report(desc);
		desc->depth++;
		irq_mask_line(desc);
	}
	desc->nr_events = desc->nr_unhandled = 0;
}
