// SPDX-License-Identifier: MIT
/* Counters of memory and the files of /proc that show them. */
#include "internal.h"

#include <fs/seq_file.h>
#include <linux/sysinfo.h>
#include <mm/mmap.h>
#include <mm/pgtable.h>
#include <mm/swap.h>
#include <mm/vmalloc.h>
#include <um/percpu.h>

DEFINE_PER_CPU(long, vm_stat_cpu[NR_STAT_ITEMS]);
DEFINE_PER_CPU(unsigned long, vm_event_cpu[NR_VM_EVENT_ITEMS]);

unsigned long global_node_page_state(enum node_stat_item item)
{
	long sum = 0;

	if (item == NR_FREE_PAGES)
		return nr_free_pages();
	for (unsigned int cpu = 0; cpu < NR_CPUS; cpu++)
		if (__per_cpu_offset[cpu])
			sum += READ_ONCE(per_cpu(vm_stat_cpu[item], cpu));
	return sum < 0 ? 0 : sum;
}

unsigned long global_vm_event(enum vm_event_item item)
{
	unsigned long sum = 0;

	for (unsigned int cpu = 0; cpu < NR_CPUS; cpu++)
		if (__per_cpu_offset[cpu])
			sum += READ_ONCE(per_cpu(vm_event_cpu[item], cpu));
	return sum;
}

static unsigned long reserve_pages(void)
{
	return zones[ZONE_DMA32].watermark[WMARK_LOW] + zones[ZONE_NORMAL].watermark[WMARK_LOW];
}

static unsigned long cached_pages(void)
{
	return global_node_page_state(NR_FILE_PAGES);
}

/* Free beyond the reserve, and half of what reclaim can get at. */
unsigned long si_mem_available(void)
{
	unsigned long reserve = reserve_pages(), free = nr_free_pages();
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

const char *const vm_stat_names[NR_STAT_ITEMS] = {
	[NR_FREE_PAGES] = "nr_free_pages", [NR_ANON_MAPPED] = "nr_anon_pages",
	[NR_FILE_MAPPED] = "nr_mapped", [NR_FILE_PAGES] = "nr_file_pages",
	[NR_SHMEM] = "nr_shmem", [NR_FILE_DIRTY] = "nr_dirty", [NR_WRITEBACK] = "nr_writeback",
	[NR_SLAB_RECLAIMABLE] = "nr_slab_reclaimable",
	[NR_SLAB_UNRECLAIMABLE] = "nr_slab_unreclaimable",
	[NR_PAGETABLE] = "nr_page_table_pages", [NR_KERNEL_STACK_KB] = "nr_kernel_stack",
	[NR_INACTIVE_ANON] = "nr_inactive_anon", [NR_ACTIVE_ANON] = "nr_active_anon",
	[NR_INACTIVE_FILE] = "nr_inactive_file", [NR_ACTIVE_FILE] = "nr_active_file",
	[NR_UNEVICTABLE] = "nr_unevictable", [NR_SWAPCACHE] = "nr_swapcached",
	[NR_MLOCK] = "nr_mlock", [NR_VMALLOC] = "nr_vmalloc", [NR_BALLOONED] = "nr_balloon",
	[NR_ANON_THPS] = "nr_anon_transparent_hugepages",
};

static const char *const event_names[] = {
	[PGALLOC] = "pgalloc_normal", [PGFREE] = "pgfree", [PGFAULT] = "pgfault",
	[PGMAJFAULT] = "pgmajfault", [PGREUSE] = "pgreuse", [PGCOW] = "pgcow",
	[PGZERO] = "pgzero", [PGFAULTAROUND] = "pgfaultaround", [PGSCAN_KSWAPD] = "pgscan_kswapd",
	[PGSCAN_DIRECT] = "pgscan_direct", [PGSTEAL_KSWAPD] = "pgsteal_kswapd",
	[PGSTEAL_DIRECT] = "pgsteal_direct", [PGSTEAL_ANON] = "pgsteal_anon",
	[PGSTEAL_FILE] = "pgsteal_file", [PGSCAN_WRITTEN] = "nr_vmscan_write",
	[PGACTIVATE] = "pgactivate", [PGDEACTIVATE] = "pgdeactivate", [PGROTATED] = "pgrotated",
	[PSWPIN] = "pswpin", [PSWPOUT] = "pswpout", [SWAP_RA] = "swap_ra",
	[OOM_KILL] = "oom_kill", [PGDISCARD] = "pgdiscard",
	[PGPGIN] = "pgpgin", [PGPGOUT] = "pgpgout", [ALLOCSTALL] = "allocstall_normal",
	[DROP_PAGECACHE] = "drop_pagecache", [DROP_SLAB] = "drop_slab",
	[COMPACT_STALL] = "compact_stall", [COMPACT_SUCCESS] = "compact_success",
	[COMPACT_FAIL] = "compact_fail", [COMPACT_MIGRATED] = "pgmigrate_success",
	[COMPACT_ISOLATED] = "compact_isolated",
	[THP_FAULT_ALLOC] = "thp_fault_alloc", [THP_FAULT_FALLBACK] = "thp_fault_fallback",
	[THP_SPLIT_PMD] = "thp_split_pmd",
};

int vmstat_proc_show(struct seq_file *m, void *v)
{
	for (int i = 0; i < NR_STAT_ITEMS; i++)
		seq_printf(m, "%s %lu\n", vm_stat_names[i], global_node_page_state(i));
	for (int i = 0; i < NR_VM_EVENT_ITEMS; i++)
		seq_printf(m, "%s %lu\n", event_names[i], global_vm_event(i));
	return 0;
}
