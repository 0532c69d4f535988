/* SPDX-License-Identifier: MIT */
/* Counters of memory: what /proc/meminfo, /proc/vmstat, /proc/zoneinfo and sysinfo() show. */
#ifndef MM_VMSTAT_H
#define MM_VMSTAT_H

#include <kern/types.h>
#include <mm/node.h>
#include <mm/page.h>
#include <um/percpu.h>

/* What a node counts, in pages. */
enum node_stat_item {
	NR_FREE_PAGES, NR_ANON_MAPPED, NR_FILE_MAPPED, NR_FILE_PAGES, NR_SHMEM, NR_FILE_DIRTY,
	NR_WRITEBACK, NR_SLAB_RECLAIMABLE, NR_SLAB_UNRECLAIMABLE, NR_PAGETABLE,
	NR_KERNEL_STACK_KB,
	NR_INACTIVE_ANON, NR_ACTIVE_ANON, NR_INACTIVE_FILE, NR_ACTIVE_FILE, NR_UNEVICTABLE,
	NR_SWAPCACHE, NR_MLOCK, NR_VMALLOC, NR_BALLOONED,
	NR_ANON_THPS,	/* huge pages */
	/* These only grow. */
	NR_DIRTIED, NR_WRITTEN, NR_VMSCAN_WRITE,
	WORKINGSET_REFAULT_ANON, WORKINGSET_REFAULT_FILE,	/* of each pair, the second is files' */
	WORKINGSET_ACTIVATE_ANON, WORKINGSET_ACTIVATE_FILE,
	WORKINGSET_RESTORE_ANON, WORKINGSET_RESTORE_FILE,
	NR_STAT_ITEMS
};

/* Events: only grow. */
enum vm_event_item {
	PGALLOC_DMA32, PGALLOC_NORMAL, PGFREE, PGFAULT, PGMAJFAULT, PGREUSE, PGCOW, PGZERO,
	PGFAULTAROUND,
	PGSCAN_KSWAPD, PGSCAN_DIRECT, PGSCAN_ANON, PGSCAN_FILE, PGREFILL,
	PGSTEAL_KSWAPD, PGSTEAL_DIRECT, PGSTEAL_ANON, PGSTEAL_FILE,
	PGACTIVATE, PGDEACTIVATE, PGROTATED, PSWPIN, PSWPOUT, SWAP_RA, SWAP_RA_HIT,
	OOM_KILL, PGDISCARD, PGPGIN, PGPGOUT, ALLOCSTALL, DROP_PAGECACHE, DROP_SLAB,
	SLABS_SCANNED, PAGEOUTRUN,
	COMPACT_STALL, COMPACT_SUCCESS, COMPACT_FAIL, COMPACT_ISOLATED,
	COMPACT_MIGRATE_SCANNED, COMPACT_FREE_SCANNED, PGMIGRATE_SUCCESS, PGMIGRATE_FAIL,
	THP_FAULT_ALLOC, THP_FAULT_FALLBACK, THP_SPLIT_PMD,
	UNEVICTABLE_MLOCKED, UNEVICTABLE_MUNLOCKED,
	NR_VM_EVENT_ITEMS
};

/* Where pages came from, by node; counted only where there are several. */
enum numa_stat_item {
	NUMA_HIT,		/* allocated here, as wanted */
	NUMA_MISS,		/* allocated here, though another node was wanted */
	NUMA_FOREIGN,		/* wanted here, allocated elsewhere */
	NUMA_INTERLEAVE_HIT,	/* here, as an interleaving policy wanted */
	NUMA_LOCAL,		/* by a CPU of this node */
	NUMA_OTHER,		/* by a CPU of another */
	NR_NUMA_STAT_ITEMS
};

DECLARE_PER_CPU(long, vm_stat_cpu[MAX_NUMNODES][NR_STAT_ITEMS]);
DECLARE_PER_CPU(unsigned long, vm_event_cpu[NR_VM_EVENT_ITEMS]);
DECLARE_PER_CPU(unsigned long, numa_stat_cpu[MAX_NUMNODES][NR_NUMA_STAT_ITEMS]);

/* Counts on the page's node. => any context */
static inline void mod_node_page_state(const struct page *page, enum node_stat_item item, long delta)
{
	this_cpu_add(vm_stat_cpu[page_to_nid(page)][item], delta);
}
static inline void count_vm_events(enum vm_event_item item, unsigned long n)
{
	this_cpu_add(vm_event_cpu[item], n);
}
#define count_vm_event(item) count_vm_events(item, 1)

/* Sums over all CPUs; never negative. */
unsigned long node_page_state(int nid, enum node_stat_item item);
unsigned long global_node_page_state(enum node_stat_item item);
unsigned long global_vm_event(enum vm_event_item item);

unsigned long totalram_pages(void);
unsigned long nr_free_pages(void);
/* An estimate of what could be allocated without trouble (MemAvailable). */
unsigned long si_mem_available(void);
struct sysinfo;
void si_meminfo(struct sysinfo *val);

/* The levels in the log. => any context */
void show_mem(void);

/* Bodies of files of /proc. */
struct seq_file;
int meminfo_proc_show(struct seq_file *m, void *v);
int vmstat_proc_show(struct seq_file *m, void *v);
int zoneinfo_proc_show(struct seq_file *m, void *v);
int buddyinfo_proc_show(struct seq_file *m, void *v);
int pagetypeinfo_proc_show(struct seq_file *m, void *v);
/* The node's own lines of /proc/zoneinfo, in the order and with the names of /proc/vmstat. */
void node_stat_show(struct seq_file *m, int nid);
/* Files of /sys/devices/system/node/nodeN. */
void node_meminfo_show(struct seq_file *m, int nid);
void node_vmstat_show(struct seq_file *m, int nid);
void node_numastat_show(struct seq_file *m, int nid);
/* /proc/sys/vm: the reserve in KiB, and the distance of the marks in 1/10000 of a zone. */
extern int min_free_kbytes, watermark_scale_factor;
void setup_watermarks(void);
/* /proc/sys/vm/compact_memory: moves pages of the nodes together for free blocks. => may sleep */
void compact_memory(nodemask_t nodes);
/* /proc/sys/vm/drop_caches: bit 0 page cache, bit 1 slabs. */
void drop_caches(int what);

#endif
