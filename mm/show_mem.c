// SPDX-License-Identifier: MIT
/* Memory in the log, for who looks into a machine that hangs. */
#include <kern/printk.h>
#include <mm/page.h>
#include <mm/swap.h>
#include <mm/vmstat.h>

#define KIB(pages) ((pages) << (PAGE_SHIFT - 10))

void show_mem(void)
{
	pr_warn("Mem-Info:\n");
	pr_warn("total:%lukB free:%lukB available:%lukB\n", KIB(totalram_pages()),
		KIB(nr_free_pages()), KIB(si_mem_available()));
	pr_warn("active_anon:%lukB inactive_anon:%lukB active_file:%lukB inactive_file:%lukB unevictable:%lukB\n",
		KIB(global_node_page_state(NR_ACTIVE_ANON)),
		KIB(global_node_page_state(NR_INACTIVE_ANON)),
		KIB(global_node_page_state(NR_ACTIVE_FILE)),
		KIB(global_node_page_state(NR_INACTIVE_FILE)),
		KIB(global_node_page_state(NR_UNEVICTABLE)));
	pr_warn("dirty:%lukB writeback:%lukB mapped:%lukB shmem:%lukB\n",
		KIB(global_node_page_state(NR_FILE_DIRTY)),
		KIB(global_node_page_state(NR_WRITEBACK)),
		KIB(global_node_page_state(NR_FILE_MAPPED)),
		KIB(global_node_page_state(NR_SHMEM)));
	pr_warn("slab_reclaimable:%lukB slab_unreclaimable:%lukB pagetables:%lukB kernel_stack:%lukB\n",
		KIB(global_node_page_state(NR_SLAB_RECLAIMABLE)),
		KIB(global_node_page_state(NR_SLAB_UNRECLAIMABLE)),
		KIB(global_node_page_state(NR_PAGETABLE)),
		global_node_page_state(NR_KERNEL_STACK_KB));
	pr_warn("Free swap = %lukB\nTotal swap = %lukB\n", KIB(get_nr_swap_pages()),
		KIB(total_swap_pages()));
}
