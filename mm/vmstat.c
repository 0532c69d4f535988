// SPDX-License-Identifier: MIT
/* Counters of memory and the files of /proc that show them. */
#include "internal.h"

#include <fs/seq_file.h>
#include <linux/sysinfo.h>
#include <mm/mmap.h>
#include <mm/pagemap.h>
#include <mm/pgtable.h>
#include <mm/swap.h>
#include <mm/vmalloc.h>
#include <um/percpu.h>

DEFINE_PER_CPU(long, vm_stat_cpu[MAX_NUMNODES][NR_STAT_ITEMS]);
DEFINE_PER_CPU(unsigned long, vm_event_cpu[NR_VM_EVENT_ITEMS]);
DEFINE_PER_CPU(unsigned long, numa_stat_cpu[MAX_NUMNODES][NR_NUMA_STAT_ITEMS]);

unsigned long node_page_state(int nid, enum node_stat_item item)
{
	long sum = 0;

	if (item == NR_FREE_PAGES)
		return node_free_pages(NODE_DATA(nid));
	for (unsigned int cpu = 0; cpu < NR_CPUS; cpu++)
		if (__per_cpu_offset[cpu])
			sum += READ_ONCE(per_cpu(vm_stat_cpu[nid][item], cpu));
	return sum < 0 ? 0 : sum;
}

unsigned long global_node_page_state(enum node_stat_item item)
{
	unsigned long sum = 0;
	int nid;

	for_each_online_node(nid)
		sum += node_page_state(nid, item);
	return sum;
}

unsigned long global_vm_event(enum vm_event_item item)
{
	unsigned long sum = 0;

	for (unsigned int cpu = 0; cpu < NR_CPUS; cpu++)
		if (__per_cpu_offset[cpu])
			sum += READ_ONCE(per_cpu(vm_event_cpu[item], cpu));
	return sum;
}

static unsigned long cached_pages(void)
{
	return global_node_page_state(NR_FILE_PAGES);
}

/* Free beyond the reserve, and half of what reclaim can get at. */
unsigned long si_mem_available(void)
{
	unsigned long reserve = total_watermark(WMARK_LOW), free = nr_free_pages();
	unsigned long file = global_node_page_state(NR_ACTIVE_FILE) +
			     global_node_page_state(NR_INACTIVE_FILE);
	unsigned long slab = global_node_page_state(NR_SLAB_RECLAIMABLE);

	free = free > reserve ? free - reserve : 0;
	return free + file - min(file / 2, reserve) + slab - min(slab / 2, reserve);
}

void si_meminfo(struct sysinfo *val)
{
	val->totalram = totalram_pages();
	val->sharedram = global_node_page_state(NR_SHMEM);
	val->freeram = nr_free_pages();
	val->bufferram = 0;
	si_swapinfo(val);
	val->totalhigh = 0;
	val->freehigh = 0;
	val->mem_unit = PAGE_SIZE;
}

static void line(struct seq_file *m, const char *name, unsigned long pages)
{
	seq_printf(m, "%s:%*s%8lu kB\n", name, (int)(15 - strlen(name)), "",
		   pages << (PAGE_SHIFT - 10));
}

int meminfo_proc_show(struct seq_file *m, void *v)
{
	unsigned long shmem = global_node_page_state(NR_SHMEM);
	unsigned long active = global_node_page_state(NR_ACTIVE_FILE);
	unsigned long inactive = global_node_page_state(NR_INACTIVE_FILE);
	unsigned long active_anon = global_node_page_state(NR_ACTIVE_ANON);
	unsigned long inactive_anon = global_node_page_state(NR_INACTIVE_ANON);
	unsigned long anon = global_node_page_state(NR_ANON_MAPPED);
	unsigned long recl = global_node_page_state(NR_SLAB_RECLAIMABLE);
	unsigned long unrecl = global_node_page_state(NR_SLAB_UNRECLAIMABLE);
	unsigned long committed = vm_memory_committed();

	line(m, "MemTotal", totalram_pages());
	line(m, "MemFree", nr_free_pages());
	line(m, "MemAvailable", si_mem_available());
	line(m, "Buffers", 0);
	line(m, "Cached", cached_pages());
	line(m, "SwapCached", global_node_page_state(NR_SWAPCACHE));
	line(m, "Active", active + active_anon);
	line(m, "Inactive", inactive + inactive_anon);
	line(m, "Active(anon)", active_anon);
	line(m, "Inactive(anon)", inactive_anon);
	line(m, "Active(file)", active);
	line(m, "Inactive(file)", inactive);
	line(m, "Unevictable", global_node_page_state(NR_UNEVICTABLE));
	line(m, "Mlocked", global_node_page_state(NR_MLOCK));
	line(m, "SwapTotal", total_swap_pages());
	line(m, "SwapFree", get_nr_swap_pages());
	line(m, "Dirty", global_node_page_state(NR_FILE_DIRTY));
	line(m, "Writeback", global_node_page_state(NR_WRITEBACK));
	line(m, "AnonPages", anon);
	line(m, "Mapped", global_node_page_state(NR_FILE_MAPPED));
	line(m, "Shmem", shmem);
	line(m, "KReclaimable", recl);
	line(m, "Slab", recl + unrecl);
	line(m, "SReclaimable", recl);
	line(m, "SUnreclaim", unrecl);
	seq_printf(m, "KernelStack:    %8lu kB\n", global_node_page_state(NR_KERNEL_STACK_KB));
	line(m, "PageTables", global_node_page_state(NR_PAGETABLE));
	line(m, "NFS_Unstable", 0);
	line(m, "Bounce", 0);
	line(m, "WritebackTmp", 0);
	line(m, "CommitLimit", vm_commit_limit());
	line(m, "Committed_AS", committed);
	seq_printf(m, "VmallocTotal:   %8lu kB\n", (VMALLOC_END - VMALLOC_START) >> 10);
	line(m, "VmallocUsed", vmalloc_nr_pages());
	line(m, "VmallocChunk", 0);
	line(m, "AnonHugePages", global_node_page_state(NR_ANON_THPS) << HPAGE_PMD_ORDER);
	line(m, "ShmemHugePages", 0);
	line(m, "ShmemPmdMapped", 0);
	line(m, "FileHugePages", 0);
	line(m, "FilePmdMapped", 0);
	seq_printf(m, "HugePages_Total: %7d\nHugePages_Free:  %7d\nHugePages_Rsvd:  %7d\n"
		      "HugePages_Surp:  %7d\nHugepagesize:    %7d kB\nHugetlb:         %7d kB\n",
		   0, 0, 0, 0, 2048, 0);
	return 0;
}

/* A line of /proc/vmstat: a level, an event, or what no part of this kernel ever counts. */
struct stat_line {
	const char *name;
	enum { LEVEL, EVENT, NOTHING } kind;
	int item;
};
#define L(text, item) { text, LEVEL, item }
#define E(text, item) { text, EVENT, item }
#define N(text) { text, NOTHING, 0 }

/* Those of a node, in Linux's order. */
static const struct stat_line node_lines[] = {
	L("nr_inactive_anon", NR_INACTIVE_ANON), L("nr_active_anon", NR_ACTIVE_ANON),
	L("nr_inactive_file", NR_INACTIVE_FILE), L("nr_active_file", NR_ACTIVE_FILE),
	L("nr_unevictable", NR_UNEVICTABLE), L("nr_slab_reclaimable", NR_SLAB_RECLAIMABLE),
	L("nr_slab_unreclaimable", NR_SLAB_UNRECLAIMABLE), N("nr_isolated_anon"),
	N("nr_isolated_file"), N("workingset_nodes"),
	L("workingset_refault_anon", WORKINGSET_REFAULT_ANON),
	L("workingset_refault_file", WORKINGSET_REFAULT_FILE),
	L("workingset_activate_anon", WORKINGSET_ACTIVATE_ANON),
	L("workingset_activate_file", WORKINGSET_ACTIVATE_FILE),
	L("workingset_restore_anon", WORKINGSET_RESTORE_ANON),
	L("workingset_restore_file", WORKINGSET_RESTORE_FILE), N("workingset_nodereclaim"),
	L("nr_anon_pages", NR_ANON_MAPPED), L("nr_mapped", NR_FILE_MAPPED),
	L("nr_file_pages", NR_FILE_PAGES), L("nr_dirty", NR_FILE_DIRTY),
	L("nr_writeback", NR_WRITEBACK), N("nr_writeback_temp"), L("nr_shmem", NR_SHMEM),
	N("nr_shmem_hugepages"), N("nr_shmem_pmdmapped"), N("nr_file_hugepages"),
	N("nr_file_pmdmapped"), L("nr_anon_transparent_hugepages", NR_ANON_THPS),
	L("nr_vmscan_write", NR_VMSCAN_WRITE), N("nr_vmscan_immediate_reclaim"),
	L("nr_dirtied", NR_DIRTIED), L("nr_written", NR_WRITTEN), N("nr_throttled_written"),
	N("nr_kernel_misc_reclaimable"), N("nr_foll_pin_acquired"), N("nr_foll_pin_released"),
	L("nr_kernel_stack", NR_KERNEL_STACK_KB), L("nr_page_table_pages", NR_PAGETABLE),
	N("nr_sec_page_table_pages"), L("nr_swapcached", NR_SWAPCACHE),
};

static const struct stat_line event_lines[] = {
	E("pgpgin", PGPGIN), E("pgpgout", PGPGOUT), E("pswpin", PSWPIN), E("pswpout", PSWPOUT),
	E("pgalloc_dma32", PGALLOC_DMA32), E("pgalloc_normal", PGALLOC_NORMAL),
	N("pgalloc_movable"), N("allocstall_dma32"), E("allocstall_normal", ALLOCSTALL),
	N("allocstall_movable"), N("pgskip_dma32"), N("pgskip_normal"), N("pgskip_movable"),
	E("pgfree", PGFREE), E("pgactivate", PGACTIVATE), E("pgdeactivate", PGDEACTIVATE),
	N("pglazyfree"), E("pgfault", PGFAULT), E("pgmajfault", PGMAJFAULT), N("pglazyfreed"),
	E("pgrefill", PGREFILL), E("pgreuse", PGREUSE), E("pgsteal_kswapd", PGSTEAL_KSWAPD),
	E("pgsteal_direct", PGSTEAL_DIRECT), E("pgscan_kswapd", PGSCAN_KSWAPD),
	E("pgscan_direct", PGSCAN_DIRECT), N("pgscan_direct_throttle"),
	E("pgscan_anon", PGSCAN_ANON), E("pgscan_file", PGSCAN_FILE),
	E("pgsteal_anon", PGSTEAL_ANON), E("pgsteal_file", PGSTEAL_FILE), N("pginodesteal"),
	E("slabs_scanned", SLABS_SCANNED), N("kswapd_inodesteal"),
	N("kswapd_low_wmark_hit_quickly"), N("kswapd_high_wmark_hit_quickly"),
	E("pageoutrun", PAGEOUTRUN), E("pgrotated", PGROTATED),
	E("drop_pagecache", DROP_PAGECACHE), E("drop_slab", DROP_SLAB), E("oom_kill", OOM_KILL),
	E("pgmigrate_success", PGMIGRATE_SUCCESS), E("pgmigrate_fail", PGMIGRATE_FAIL),
	N("thp_migration_success"), N("thp_migration_fail"), N("thp_migration_split"),
	E("compact_migrate_scanned", COMPACT_MIGRATE_SCANNED),
	E("compact_free_scanned", COMPACT_FREE_SCANNED), E("compact_isolated", COMPACT_ISOLATED),
	E("compact_stall", COMPACT_STALL), E("compact_fail", COMPACT_FAIL),
	E("compact_success", COMPACT_SUCCESS), N("compact_daemon_wake"),
	N("compact_daemon_migrate_scanned"), N("compact_daemon_free_scanned"),
	N("unevictable_pgs_culled"), N("unevictable_pgs_scanned"), N("unevictable_pgs_rescued"),
	E("unevictable_pgs_mlocked", UNEVICTABLE_MLOCKED),
	E("unevictable_pgs_munlocked", UNEVICTABLE_MUNLOCKED), N("unevictable_pgs_cleared"),
	N("unevictable_pgs_stranded"), E("thp_fault_alloc", THP_FAULT_ALLOC),
	E("thp_fault_fallback", THP_FAULT_FALLBACK), E("thp_split_pmd", THP_SPLIT_PMD),
	L("nr_balloon_pages", NR_BALLOONED), E("swap_ra", SWAP_RA), E("swap_ra_hit", SWAP_RA_HIT),
	/* Of this kernel alone. */
	E("pgcow", PGCOW), E("pgzero", PGZERO), E("pgfaultaround", PGFAULTAROUND),
	E("pgdiscard", PGDISCARD), L("nr_vmalloc", NR_VMALLOC),
};

/* nid NUMA_NO_NODE: of all nodes. */
static unsigned long level(int nid, enum node_stat_item item)
{
	return nid == NUMA_NO_NODE ? global_node_page_state(item) : node_page_state(nid, item);
}

static unsigned long line_value(int nid, const struct stat_line *l)
{
	if (l->kind == LEVEL)
		return level(nid, l->item);
	return l->kind == EVENT ? global_vm_event(l->item) : 0;
}

void node_stat_show(struct seq_file *m, int nid)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(node_lines); i++)
		seq_printf(m, "\n      %-12s %lu", node_lines[i].name, line_value(nid, &node_lines[i]));
}

static unsigned long numa_stat(int nid, enum numa_stat_item item)
{
	unsigned long sum = 0;

	/* All memory is the one node's. */
	if (nr_node_ids == 1)
		return item == NUMA_HIT || item == NUMA_LOCAL ?
			       global_vm_event(PGALLOC_DMA32) + global_vm_event(PGALLOC_NORMAL) : 0;
	for (unsigned int cpu = 0; cpu < NR_CPUS; cpu++)
		if (__per_cpu_offset[cpu])
			sum += READ_ONCE(per_cpu(numa_stat_cpu[nid][item], cpu));
	return sum;
}

static unsigned long numa_level(int nid, enum numa_stat_item item)
{
	unsigned long sum = 0;
	int each;

	if (nid != NUMA_NO_NODE)
		return numa_stat(nid, item);
	for_each_online_node(each)
		sum += numa_stat(each, item);
	return sum;
}

static void show_zone_levels(struct seq_file *m, int nid)
{
	static const struct stat_line lines[] = {
		L("nr_free_pages", NR_FREE_PAGES), L("nr_zone_inactive_anon", NR_INACTIVE_ANON),
		L("nr_zone_active_anon", NR_ACTIVE_ANON),
		L("nr_zone_inactive_file", NR_INACTIVE_FILE),
		L("nr_zone_active_file", NR_ACTIVE_FILE), L("nr_zone_unevictable", NR_UNEVICTABLE),
		L("nr_zone_write_pending", NR_FILE_DIRTY), L("nr_mlock", NR_MLOCK), N("nr_bounce"),
		N("nr_free_cma"),
	};
	static const char *const numa_names[NR_NUMA_STAT_ITEMS] = {
		"numa_hit", "numa_miss", "numa_foreign", "numa_interleave", "numa_local", "numa_other"
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(lines); i++) {
		unsigned long value = line_value(nid, &lines[i]);

		if (lines[i].item == NR_FILE_DIRTY && lines[i].kind == LEVEL)
			value += level(nid, NR_WRITEBACK);
		seq_printf(m, "%s %lu\n", lines[i].name, value);
	}
	for (int i = 0; i < NR_NUMA_STAT_ITEMS; i++)
		seq_printf(m, "%s %lu\n", numa_names[i], numa_level(nid, i));
}

static void show_node_levels(struct seq_file *m, int nid)
{
	show_zone_levels(m, nid);
	for (unsigned int i = 0; i < ARRAY_SIZE(node_lines); i++)
		seq_printf(m, "%s %lu\n", node_lines[i].name, line_value(nid, &node_lines[i]));
}

int vmstat_proc_show(struct seq_file *m, void *v)
{
	unsigned long background, limit;

	show_node_levels(m, NUMA_NO_NODE);
	global_dirty_limits(&background, &limit);
	seq_printf(m, "nr_dirty_threshold %lu\nnr_dirty_background_threshold %lu\n", limit,
		   background);
	for (unsigned int i = 0; i < ARRAY_SIZE(event_lines); i++)
		seq_printf(m, "%s %lu\n", event_lines[i].name,
			   line_value(NUMA_NO_NODE, &event_lines[i]));
	seq_puts(m, "nr_unstable 0\n");
	return 0;
}

/* ---- a node's own files ---- */

void node_vmstat_show(struct seq_file *m, int nid)
{
	show_node_levels(m, nid);
}

void node_numastat_show(struct seq_file *m, int nid)
{
	static const char *const names[NR_NUMA_STAT_ITEMS] = {
		"numa_hit", "numa_miss", "numa_foreign", "interleave_hit", "local_node", "other_node"
	};

	for (int i = 0; i < NR_NUMA_STAT_ITEMS; i++)
		seq_printf(m, "%s %lu\n", names[i], numa_stat(nid, i));
}

static void node_line(struct seq_file *m, int nid, const char *name, unsigned long kib)
{
	seq_printf(m, "Node %d %s:%*s%8lu kB\n", nid, name, (int)(15 - strlen(name)), "", kib);
}

void node_meminfo_show(struct seq_file *m, int nid)
{
	static const struct stat_line lines[] = {
		L("SwapCached", NR_SWAPCACHE), N("Active"), N("Inactive"),
		L("Active(anon)", NR_ACTIVE_ANON), L("Inactive(anon)", NR_INACTIVE_ANON),
		L("Active(file)", NR_ACTIVE_FILE), L("Inactive(file)", NR_INACTIVE_FILE),
		L("Unevictable", NR_UNEVICTABLE), L("Mlocked", NR_MLOCK), L("Dirty", NR_FILE_DIRTY),
		L("Writeback", NR_WRITEBACK), L("FilePages", NR_FILE_PAGES),
		L("Mapped", NR_FILE_MAPPED), L("AnonPages", NR_ANON_MAPPED), L("Shmem", NR_SHMEM),
		L("KernelStack", NR_KERNEL_STACK_KB), L("PageTables", NR_PAGETABLE),
		N("SecPageTables"), N("NFS_Unstable"), N("Bounce"), N("WritebackTmp"),
		L("KReclaimable", NR_SLAB_RECLAIMABLE), N("Slab"),
		L("SReclaimable", NR_SLAB_RECLAIMABLE), L("SUnreclaim", NR_SLAB_UNRECLAIMABLE),
		L("AnonHugePages", NR_ANON_THPS), N("ShmemHugePages"), N("ShmemPmdMapped"),
		N("FileHugePages"), N("FilePmdMapped"),
	};
	unsigned long total = node_managed_pages(NODE_DATA(nid)), free = node_free_pages(NODE_DATA(nid));

	node_line(m, nid, "MemTotal", total << (PAGE_SHIFT - 10));
	node_line(m, nid, "MemFree", free << (PAGE_SHIFT - 10));
	node_line(m, nid, "MemUsed", (total - min(free, total)) << (PAGE_SHIFT - 10));
	for (unsigned int i = 0; i < ARRAY_SIZE(lines); i++) {
		unsigned long pages = line_value(nid, &lines[i]);

		if (!strcmp(lines[i].name, "Active"))
			pages = level(nid, NR_ACTIVE_ANON) + level(nid, NR_ACTIVE_FILE);
		else if (!strcmp(lines[i].name, "Inactive"))
			pages = level(nid, NR_INACTIVE_ANON) + level(nid, NR_INACTIVE_FILE);
		else if (!strcmp(lines[i].name, "Slab"))
			pages = level(nid, NR_SLAB_RECLAIMABLE) + level(nid, NR_SLAB_UNRECLAIMABLE);
		if (lines[i].kind == LEVEL && lines[i].item == NR_ANON_THPS)
			pages <<= HPAGE_PMD_ORDER;
		if (lines[i].kind != LEVEL || lines[i].item != NR_KERNEL_STACK_KB)
			pages <<= PAGE_SHIFT - 10;
		node_line(m, nid, lines[i].name, pages);
	}
	seq_printf(m, "Node %d HugePages_Total: %5d\nNode %d HugePages_Free:  %5d\n"
		      "Node %d HugePages_Surp:  %5d\n", nid, 0, nid, 0, nid, 0);
}
