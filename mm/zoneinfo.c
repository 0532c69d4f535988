// SPDX-License-Identifier: MIT
/* /proc/zoneinfo, /proc/buddyinfo and /proc/pagetypeinfo: free memory by zone, order and type. */
#include "internal.h"

#include <fs/seq_file.h>
#include <kern/cpumask.h>

static const char *const type_names[] = {
	"Unmovable", "Movable", "Reclaimable", "HighAtomic", "Isolate"
};

static void show_zone(struct seq_file *m, const struct zone *z)
{
	unsigned int cpu;

	seq_printf(m, "\n  pages free     %lu\n        boost    0\n        min      %lu\n"
		      "        low      %lu\n        high     %lu\n        spanned  %lu\n"
		      "        present  %lu\n        managed  %lu\n        cma      0\n"
		      "        protection: (0, 0)\n",
		   READ_ONCE(z->free_pages), z->watermark[WMARK_MIN], z->watermark[WMARK_LOW],
		   z->watermark[WMARK_HIGH], z->spanned_pages, z->present_pages, z->managed_pages);
	seq_printf(m, "      nr_free_pages %lu\n  pagesets\n", READ_ONCE(z->free_pages));
	for_each_online_cpu(cpu)
		seq_printf(m, "    cpu: %u\n              count: %u\n              high:  %u\n"
			      "              batch: %u\n", cpu, pcp_count(cpu, z->node), pcp_limit(), pcp_step());
	seq_printf(m, "  node_unreclaimable:  0\n  start_pfn:           %lu\n", z->start_pfn);
}

int zoneinfo_proc_show(struct seq_file *m, void *v)
{
	int shown = NUMA_NO_NODE;
	struct zone *z;

	for_each_zone(z) {
		seq_printf(m, "Node %d, zone %8s", z->node, z->name);
		if (!z->managed_pages) {
			seq_printf(m, "\n  pages free     0\n        min      0\n        low      0\n"
				      "        high     0\n        spanned  0\n        present  0\n"
				      "        managed  0\n");
			continue;
		}
		if (shown != z->node) {
			seq_puts(m, "\n  per-node stats");
			node_stat_show(m, z->node);
			shown = z->node;
		}
		show_zone(m, z);
	}
	return 0;
}

/* Untouched memory counts as free blocks of the largest order. */
int buddyinfo_proc_show(struct seq_file *m, void *v)
{
	struct zone *z;

	for_each_zone(z) {
		unsigned long nr[MAX_ORDER + 1], flags;

		spin_lock_irqsave(&z->lock, flags);
		for (int o = 0; o <= MAX_ORDER; o++)
			nr[o] = z->free_area[o].nr_free;
		for (unsigned int i = 0; i < z->nr_fresh; i++)
			nr[MAX_ORDER] += (z->fresh[i].end - z->fresh[i].start) >> MAX_ORDER;
		spin_unlock_irqrestore(&z->lock, flags);
		if (!z->managed_pages)
			continue;
		seq_printf(m, "Node %d, zone %8s ", z->node, z->name);
		for (int o = 0; o <= MAX_ORDER; o++)
			seq_printf(m, "%6lu ", nr[o]);
		seq_puts(m, "\n");
	}
	return 0;
}

/* The free blocks of one type; a long list is cut off, as it is counted under the lock. */
static void count_free(struct zone *z, enum migratetype type, unsigned long nr[MAX_ORDER + 1])
{
	unsigned long flags;

	for (int o = 0; o <= MAX_ORDER; o++) {
		struct list_head *at;

		nr[o] = 0;
		spin_lock_irqsave(&z->lock, flags);
		list_for_each(at, &z->free_area[o].free_list[type])
			if (++nr[o] >= 100000)
				break;
		spin_unlock_irqrestore(&z->lock, flags);
	}
	if (type != MIGRATE_MOVABLE)
		return;
	spin_lock_irqsave(&z->lock, flags);
	for (unsigned int i = 0; i < z->nr_fresh; i++)
		nr[MAX_ORDER] += (z->fresh[i].end - z->fresh[i].start) >> MAX_ORDER;
	spin_unlock_irqrestore(&z->lock, flags);
}

int pagetypeinfo_proc_show(struct seq_file *m, void *v)
{
	struct zone *z;

	seq_printf(m, "Page block order: %d\nPages per block:  %lu\n\n", PAGEBLOCK_ORDER,
		   PAGEBLOCK_NR_PAGES);
	seq_printf(m, "%-43s ", "Free pages count per migrate type at order");
	for (int o = 0; o <= MAX_ORDER; o++)
		seq_printf(m, "%6d ", o);
	seq_putc(m, '\n');
	for_each_zone(z) {
		for (unsigned int t = 0; z->managed_pages && t < ARRAY_SIZE(type_names); t++) {
			unsigned long nr[MAX_ORDER + 1] = {};

			if (t < MIGRATE_TYPES)
				count_free(z, t, nr);
			seq_printf(m, "Node %4d, zone %8s, type %12s ", z->node, z->name,
				   type_names[t]);
			for (int o = 0; o <= MAX_ORDER; o++)
				seq_printf(m, "%6lu ", nr[o]);
			seq_putc(m, '\n');
		}
	}
	seq_printf(m, "\n%-23s", "Number of blocks type ");
	for (unsigned int t = 0; t < ARRAY_SIZE(type_names); t++)
		seq_printf(m, "%12s ", type_names[t]);
	seq_putc(m, '\n');
	for_each_zone(z) {
		unsigned long nr[ARRAY_SIZE(type_names)] = {}, end = z->start_pfn + z->spanned_pages;

		if (!z->managed_pages)
			continue;
		for (unsigned long pfn = z->start_pfn; pfn < end; pfn += PAGEBLOCK_NR_PAGES)
			nr[pageblock_type(pfn)]++;
		seq_printf(m, "Node %d, zone %8s ", z->node, z->name);
		for (unsigned int t = 0; t < ARRAY_SIZE(type_names); t++)
			seq_printf(m, "%12lu ", nr[t]);
		seq_putc(m, '\n');
	}
	return 0;
}
