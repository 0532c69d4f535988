// SPDX-License-Identifier: MIT
/*
 * memory.stat: what a group and all below it use memory for, in bytes, and what has happened; and
 * memory.numa_stat: where it lies.
 */
#include "memcg.h"

#include <fs/seq_file.h>
#include <mm/pgtable.h>
#include <mm/slab.h>

/* The machine's counters in a group's units. */
static void machine_sum(struct memcg_cpu_stat *sum)
{
	for (int i = 0; i < NR_STAT_ITEMS; i++)
		sum->items[i] = global_node_page_state(i);
	for (int i = 0; i < NR_VM_EVENT_ITEMS; i++)
		sum->events[i] = global_vm_event(i);
	sum->items[NR_SLAB_RECLAIMABLE] <<= PAGE_SHIFT;
	sum->items[NR_SLAB_UNRECLAIMABLE] <<= PAGE_SHIFT;
	sum->items[MEMCG_KERNEL_B] =
		sum->items[NR_SLAB_RECLAIMABLE] + sum->items[NR_SLAB_UNRECLAIMABLE] +
		(sum->items[NR_KERNEL_STACK_KB] << 10) + (sum->items[NR_PAGETABLE] << PAGE_SHIFT);
}

static const struct {
	const char *name;
	int item;	    /* -1: there is no such thing here */
	unsigned int shift; /* from its unit to bytes */
} levels[] = {
	{ "anon", NR_ANON_MAPPED, PAGE_SHIFT },
	{ "file", NR_FILE_PAGES, PAGE_SHIFT },
	{ "kernel", MEMCG_KERNEL_B, 0 },
	{ "kernel_stack", NR_KERNEL_STACK_KB, 10 },
	{ "pagetables", NR_PAGETABLE, PAGE_SHIFT },
	{ "sec_pagetables", -1, 0 },
	{ "percpu", -1, 0 },
	{ "sock", -1, 0 },
	{ "vmalloc", NR_VMALLOC, PAGE_SHIFT },
	{ "shmem", NR_SHMEM, PAGE_SHIFT },
	{ "file_mapped", NR_FILE_MAPPED, PAGE_SHIFT },
	{ "file_dirty", NR_FILE_DIRTY, PAGE_SHIFT },
	{ "file_writeback", NR_WRITEBACK, PAGE_SHIFT },
	{ "swapcached", NR_SWAPCACHE, PAGE_SHIFT },
	{ "anon_thp", NR_ANON_THPS, HPAGE_PMD_ORDER + PAGE_SHIFT },
	{ "file_thp", -1, 0 },
	{ "shmem_thp", -1, 0 },
};

static const struct {
	const char *name;
	enum node_stat_item item;
} refaults[] = {
	{ "workingset_refault_anon", WORKINGSET_REFAULT_ANON },
	{ "workingset_refault_file", WORKINGSET_REFAULT_FILE },
	{ "workingset_activate_anon", WORKINGSET_ACTIVATE_ANON },
	{ "workingset_activate_file", WORKINGSET_ACTIVATE_FILE },
	{ "workingset_restore_anon", WORKINGSET_RESTORE_ANON },
	{ "workingset_restore_file", WORKINGSET_RESTORE_FILE },
};

static const struct {
	const char *name;
	enum vm_event_item event;
} more_events[] = {
	{ "pgscan_kswapd", PGSCAN_KSWAPD },
	{ "pgscan_direct", PGSCAN_DIRECT },
	{ "pgsteal_kswapd", PGSTEAL_KSWAPD },
	{ "pgsteal_direct", PGSTEAL_DIRECT },
	{ "pgfault", PGFAULT },
	{ "pgmajfault", PGMAJFAULT },
	{ "pgrefill", PGREFILL },
	{ "pgactivate", PGACTIVATE },
	{ "pgdeactivate", PGDEACTIVATE },
};

static void line(struct seq_file *m, const char *name, long value)
{
	seq_printf(m, "%s %ld\n", name, value < 0 ? 0 : value);
}

static const char *const list_names[] = { "inactive_anon", "active_anon", "inactive_file",
					  "active_file", "unevictable" };

static void show_lists(struct seq_file *m, const struct mem_cgroup *memcg)
{
	for (enum lru_list lru = 0; lru < NR_LRU_LISTS; lru++)
		line(m, list_names[lru], mem_cgroup_lru_size(memcg, lru) << PAGE_SHIFT);
}

int mem_cgroup_stat_show(struct seq_file *m, struct mem_cgroup *memcg)
{
	struct memcg_cpu_stat *sum = kzalloc(sizeof(*sum), GFP_KERNEL);
	const long *item, *event;

	if (!sum)
		return -ENOMEM;
	if (mem_cgroup_is_root(memcg))
		machine_sum(sum);
	else
		mem_cgroup_sum(memcg, sum);
	item = sum->items;
	event = sum->events;
	for (unsigned int i = 0; i < ARRAY_SIZE(levels); i++)
		line(m, levels[i].name,
		     levels[i].item < 0 ? 0 : item[levels[i].item] << levels[i].shift);
	show_lists(m, memcg);
	line(m, "slab_reclaimable", item[NR_SLAB_RECLAIMABLE]);
	line(m, "slab_unreclaimable", item[NR_SLAB_UNRECLAIMABLE]);
	line(m, "slab", item[NR_SLAB_RECLAIMABLE] + item[NR_SLAB_UNRECLAIMABLE]);
	for (unsigned int i = 0; i < ARRAY_SIZE(refaults); i++)
		line(m, refaults[i].name, item[refaults[i].item]);
	line(m, "workingset_nodereclaim", 0);
	line(m, "pgscan", event[PGSCAN_KSWAPD] + event[PGSCAN_DIRECT]);
	line(m, "pgsteal", event[PGSTEAL_KSWAPD] + event[PGSTEAL_DIRECT]);
	for (unsigned int i = 0; i < ARRAY_SIZE(more_events); i++)
		line(m, more_events[i].name, event[more_events[i].event]);
	line(m, "pglazyfree", 0);
	line(m, "pglazyfreed", 0);
	line(m, "thp_fault_alloc", event[THP_FAULT_ALLOC]);
	line(m, "thp_collapse_alloc", 0);
	kfree(sum);
	return 0;
}

/* ---- by node ---- */

/* `sum`: the group's levels where there is one node, else NULL. */
static long node_level(struct mem_cgroup *memcg, const struct memcg_cpu_stat *sum, int nid, int item)
{
	if (sum)
		return sum->items[item];
	return mem_cgroup_is_root(memcg) ? (long)node_page_state(nid, item) :
					   mem_cgroup_node_sum(memcg, nid, item);
}

static void node_line(struct seq_file *m, struct mem_cgroup *memcg, const struct memcg_cpu_stat *sum,
		      const char *name, int item, unsigned int shift)
{
	int nid;

	seq_puts(m, name);
	for_each_online_node(nid) {
		long value = item < 0 ? 0 : node_level(memcg, sum, nid, item);

		seq_printf(m, " N%d=%ld", nid, value < 0 ? 0 : value << shift);
	}
	seq_putc(m, '\n');
}

/* Is the level that of pages which lie on some node? Kernel stacks, for one, are of several. */
static bool level_is_of_nodes(int item)
{
	return item != MEMCG_KERNEL_B && item != NR_VMALLOC &&
	       (item != NR_KERNEL_STACK_KB || nr_node_ids == 1);
}

static void show_node_lists(struct seq_file *m, const struct mem_cgroup *memcg)
{
	int nid;

	for (enum lru_list lru = 0; lru < NR_LRU_LISTS; lru++) {
		seq_puts(m, list_names[lru]);
		for_each_online_node(nid)
			seq_printf(m, " N%d=%lu", nid,
				   READ_ONCE(memcg_lruvec(memcg, nid)->tree_sizes[lru]) << PAGE_SHIFT);
		seq_putc(m, '\n');
	}
}

int mem_cgroup_numa_stat_show(struct seq_file *m, struct mem_cgroup *memcg)
{
	/* The root's slabs are counted in pages. */
	unsigned int slab_shift = mem_cgroup_is_root(memcg) && nr_node_ids > 1 ? PAGE_SHIFT : 0;
	struct memcg_cpu_stat *sum = NULL;

	if (nr_node_ids == 1) {
		sum = kzalloc(sizeof(*sum), GFP_KERNEL);
		if (!sum)
			return -ENOMEM;
		if (mem_cgroup_is_root(memcg))
			machine_sum(sum);
		else
			mem_cgroup_sum(memcg, sum);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(levels); i++)
		if (levels[i].item >= 0 && level_is_of_nodes(levels[i].item))
			node_line(m, memcg, sum, levels[i].name, levels[i].item, levels[i].shift);
	node_line(m, memcg, sum, "file_thp", -1, 0);
	node_line(m, memcg, sum, "shmem_thp", -1, 0);
	show_node_lists(m, memcg);
	node_line(m, memcg, sum, "slab_reclaimable", NR_SLAB_RECLAIMABLE, slab_shift);
	node_line(m, memcg, sum, "slab_unreclaimable", NR_SLAB_UNRECLAIMABLE, slab_shift);
	for (unsigned int i = 0; i < ARRAY_SIZE(refaults); i++)
		node_line(m, memcg, sum, refaults[i].name, refaults[i].item, 0);
	kfree(sum);
	return 0;
}
