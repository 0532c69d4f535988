// SPDX-License-Identifier: MIT
/* Overcommit, and what /proc/PID shows of an address space. */
#include "vm.h"

#include <fs/seq_file.h>
#include <kern/cred.h>
#include <kern/task.h>
#include <linux/capability.h>
#include <mm/swap.h>

int sysctl_overcommit_memory;
int sysctl_overcommit_ratio = 50;
unsigned long sysctl_overcommit_kbytes;
/* Kept in mode 2 for root to log in, and for a user's process to recover with. */
unsigned long sysctl_admin_reserve_kbytes = 8192, sysctl_user_reserve_kbytes = 131072;

static atomic_long_t committed_pages;

void vm_acct_memory(long pages)
{
	atomic_long_add(pages, &committed_pages);
}

unsigned long vm_memory_committed(void)
{
	long pages = atomic_long_read(&committed_pages);

	return pages < 0 ? 0 : pages;
}

unsigned long vm_commit_limit(void)
{
	if (sysctl_overcommit_kbytes)
		return (sysctl_overcommit_kbytes >> (PAGE_SHIFT - 10)) + total_swap_pages();
	return totalram_pages() * sysctl_overcommit_ratio / 100 + total_swap_pages();
}

/*
 * Mode 0 refuses only what could never fit; mode 2 keeps the sum within the limit, with a
 * thirtieth less for those who are not root and 1/32 of the process kept to recover with.
 */
int security_vm_enough_memory_mm(struct mm_struct *mm, long pages)
{
	unsigned long allowed;

	vm_acct_memory(pages);
	if (sysctl_overcommit_memory == 1)
		return 0;
	if (sysctl_overcommit_memory == 0) {
		if (pages <= (long)(totalram_pages() + total_swap_pages()))
			return 0;
		goto refuse;
	}
	allowed = vm_commit_limit();
	if (!capable(CAP_SYS_ADMIN))
		allowed -= min(allowed, sysctl_admin_reserve_kbytes >> (PAGE_SHIFT - 10));
	if (mm)
		allowed -= min3(READ_ONCE(mm->total_vm) / 32,
				sysctl_user_reserve_kbytes >> (PAGE_SHIFT - 10), allowed);
	if (vm_memory_committed() < allowed)
		return 0;
refuse:
	vm_unacct_memory(pages);
	return -ENOMEM;
}

/* ---- /proc ---- */

static void show_kb(struct seq_file *m, const char *name, unsigned long pages)
{
	seq_printf(m, "%s\t%8lu kB\n", name, pages << (PAGE_SHIFT - 10));
}

/* Figures of an address space that changes meanwhile: no lock, each as it stands. */
static unsigned long text_size(struct mm_struct *mm)
{
	return PAGE_ALIGN(READ_ONCE(mm->end_code)) - (READ_ONCE(mm->start_code) & PAGE_MASK);
}

void task_mem(struct seq_file *m, struct mm_struct *mm)
{
	unsigned long text = text_size(mm);
	unsigned long exec = READ_ONCE(mm->exec_vm) << PAGE_SHIFT;

	text = min(text, exec);
	show_kb(m, "VmPeak:", get_mm_hiwater_vm(mm));
	show_kb(m, "VmSize:", READ_ONCE(mm->total_vm));
	show_kb(m, "VmLck:", READ_ONCE(mm->locked_vm));
	show_kb(m, "VmPin:", atomic64_read(&mm->pinned_vm));
	show_kb(m, "VmHWM:", get_mm_hiwater_rss(mm));
	show_kb(m, "VmRSS:", get_mm_rss(mm));
	show_kb(m, "RssAnon:", get_mm_counter(mm, MM_ANONPAGES));
	show_kb(m, "RssFile:", get_mm_counter(mm, MM_FILEPAGES));
	show_kb(m, "RssShmem:", get_mm_counter(mm, MM_SHMEMPAGES));
	show_kb(m, "VmData:", READ_ONCE(mm->data_vm));
	show_kb(m, "VmStk:", READ_ONCE(mm->stack_vm));
	show_kb(m, "VmExe:", text >> PAGE_SHIFT);
	show_kb(m, "VmLib:", (exec - text) >> PAGE_SHIFT);
	show_kb(m, "VmPTE:", atomic_long_read(&mm->pgtables_bytes) >> PAGE_SHIFT);
	show_kb(m, "VmSwap:", get_mm_counter(mm, MM_SWAPENTS));
	show_kb(m, "HugetlbPages:", 0);
}

unsigned long task_statm(struct mm_struct *mm, unsigned long *shared, unsigned long *text,
			 unsigned long *data, unsigned long *resident)
{
	*shared = get_mm_counter(mm, MM_FILEPAGES) + get_mm_counter(mm, MM_SHMEMPAGES);
	*text = text_size(mm) >> PAGE_SHIFT;
	*data = READ_ONCE(mm->data_vm) + READ_ONCE(mm->stack_vm);
	*resident = *shared + get_mm_counter(mm, MM_ANONPAGES);
	return READ_ONCE(mm->total_vm);
}

bool vma_is_initial_heap(const struct vm_area_struct *vma)
{
	return vma->vm_start < vma->vm_mm->brk && vma->vm_end > vma->vm_mm->start_brk;
}

bool vma_is_initial_stack(const struct vm_area_struct *vma)
{
	return vma->vm_start <= vma->vm_mm->start_stack && vma->vm_end >= vma->vm_mm->start_stack;
}
