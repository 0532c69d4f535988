// SPDX-License-Identifier: MIT
/*
 * Emptying a swap area: what is on it is brought back into memory, wherever its slots are named.
 *
 * Files of tmpfs have a list of their own (shmem.c); address spaces are found by their processes; what
 * only the swap cache keeps is dropped. An address space that nobody runs in any more gives its
 * slots back as it ends: so the rounds go on until no slot is in use. No new slots are given out
 * meanwhile.
 *
 * Locks: swapon_mutex is held; mmap_lock and page locks are taken inside.
 */
#include "reclaim.h"
#include "swap_internal.h"

#include <kern/fork.h>
#include <kern/pid.h>
#include <kern/rcupdate.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/task.h>
#include <lib/bitmap.h>
#include <mm/pagemap.h>

/* Faults in what one area of an address space has on the swap area. => mmap_lock held */
static int unuse_vma(struct vm_area_struct *vma, unsigned int type)
{
	struct mm_struct *mm = vma->vm_mm;
	unsigned long addr = vma->vm_start;

	while (addr < vma->vm_end) {
		unsigned long stop;
		bool found = false;
		pte_t *ptep;

		spin_lock(&mm->page_table_lock);
		addr = pte_next_table(mm, addr, vma->vm_end, &ptep);
		stop = min(vma->vm_end, (addr & PMD_MASK) + PMD_SIZE);
		for (; addr < stop && !found; ptep++) {
			pte_t pte = ptep_get(ptep);

			found = pte_is_swap(pte) && swp_type(pte_to_swp_entry(pte)) == type;
			if (!found)
				addr += PAGE_SIZE;
		}
		spin_unlock(&mm->page_table_lock);
		if (found) {
			vm_fault_t fault = handle_mm_fault(vma, addr, 0);

			if (fault & VM_FAULT_ERROR)
				return fault & VM_FAULT_OOM ? -ENOMEM : -EIO;
		}
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

static int unuse_mm(struct mm_struct *mm, unsigned int type)
{
	struct vm_area_struct *vma;
	int err = 0;

	mmap_read_lock(mm);
	for_each_vma(mm, vma) {
		if (vma->anon_faults)
			err = unuse_vma(vma, type);
		if (err)
			break;
	}
	mmap_read_unlock(mm);
	return err;
}

/* The next address space from process number *nr on, counted; NULL: there is no more. */
static struct mm_struct *next_mm(int *nr)
{
	struct mm_struct *mm = NULL;
	struct pid *pid;

	rcu_read_lock();
	while (!mm && (pid = find_ge_pid(*nr, &init_pid_ns))) {
		struct task_struct *task = pid_task(pid, PIDTYPE_PID);

		*nr = pid_nr(pid) + 1;
		/* One for all threads: the leader, which may have died before them. */
		if (task && (thread_group_leader(task) || !READ_ONCE(task->group_leader->mm)))
			mm = get_task_mm(task);
	}
	rcu_read_unlock();
	return mm;
}

/* Pages that only the swap cache still keeps there. */
static void unuse_cache(struct swap_info_struct *si)
{
	for (unsigned long slot = 1; slot < si->max; slot++) {
		struct page *page;

		slot = find_next_bit(si->used, si->max, slot);
		if (slot >= si->max)
			break;
		page = lookup_swap_cache(swp_entry(si->type, slot));
		if (!page)
			continue;
		lock_page(page);
		wait_on_page_writeback(page);
		if (PageSwapCache(page))
			try_to_free_swap(page);
		unlock_page(page);
		put_page(page);
		cond_resched();
	}
}

int swap_unuse(struct swap_info_struct *si)
{
	while (READ_ONCE(si->inuse_pages)) {
		struct mm_struct *mm;
		int nr = 1, err = 0;

		err = shmem_unuse(si->type);
		while (!err && (mm = next_mm(&nr))) {
			if (get_mm_counter(mm, MM_SWAPENTS))
				err = unuse_mm(mm, si->type);
			mmput(mm);
		}
		if (err)
			return err;
		unuse_cache(si);
		if (signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}
