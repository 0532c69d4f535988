// SPDX-License-Identifier: MIT
/*
 * What a new process will touch first is mapped before it runs: a fault costs the host tens of
 * microseconds, a mapping more in the first request of a stub one or two.
 *
 * All of this is a hint: nothing is read from a disk, and errors are ignored.
 */
#include "vm.h"

#include <fs/file.h>
#include <mm/pagemap.h>
#include <um/ptrace.h>

/* Areas of files up to this size are mapped as a whole at exec, so many pages in all. */
#define EXEC_AREA_PAGES 512
#define EXEC_TOTAL_PAGES 1024
/* Around the instruction and stack pointers of a fork's child. */
#define CODE_WINDOW (64 * PAGE_SIZE)

static void show_stack(struct mm_struct *mm, unsigned long sp)
{
	update_mmu_cache_range(mm, (sp & PAGE_MASK) - PAGE_SIZE, 3);
}

/* => the child is not running yet */
void mm_prefetch_fork(struct mm_struct *mm, const struct pt_regs *regs)
{
	struct vm_area_struct *vma;

	mmap_read_lock(mm);
	update_mmu_cache_range(mm, regs->ip & ~(CODE_WINDOW - 1), CODE_WINDOW >> PAGE_SHIFT);
	show_stack(mm, regs->sp);
	for_each_vma(mm, vma)
		if (vma_is_program_data(vma))
			update_mmu_cache_range(mm, vma->vm_start, vma_pages(vma));
	mmap_read_unlock(mm);
}

static void prefetch_area(struct vm_area_struct *vma)
{
	struct vm_fault vmf = { .vma = vma, .address = vma->vm_start, .pgoff = vma->vm_pgoff };

	if (vma->vm_ops && vma->vm_ops->map_pages)
		vma->vm_ops->map_pages(&vmf, vma->vm_pgoff, vma->vm_pgoff + vma_pages(vma) - 1);
}

static void prefetch_data(struct vm_area_struct *vma)
{
	for (unsigned long addr = vma->vm_start; addr < vma->vm_end; addr += PAGE_SIZE) {
		struct vm_fault vmf = {
			.vma = vma,
			.address = addr,
			.pgoff = vma->vm_pgoff + ((addr - vma->vm_start) >> PAGE_SHIFT),
		};
		pte_t *ptep;
		bool there;

		spin_lock(&vma->vm_mm->page_table_lock);
		ptep = pte_lookup(vma->vm_mm, addr);
		there = ptep && pte_present(*ptep);
		spin_unlock(&vma->vm_mm->page_table_lock);
		if (!there && !cow_around(&vmf))
			return;
	}
	update_mmu_cache_range(vma->vm_mm, vma->vm_start, vma_pages(vma));
}

/* => the end of exec, current's new mm */
void mm_prefetch_exec(struct mm_struct *mm, unsigned long sp)
{
	unsigned long total = 0;
	struct vm_area_struct *vma;

	mmap_read_lock(mm);
	for_each_vma(mm, vma) {
		unsigned long pages = vma_pages(vma);

		if (!vma->vm_file || pages > EXEC_AREA_PAGES || total + pages > EXEC_TOTAL_PAGES)
			continue;
		total += pages;
		if (vma_is_program_data(vma))
			prefetch_data(vma);
		else if ((vma->vm_flags & (VM_READ | VM_WRITE)) == VM_READ)
			prefetch_area(vma);
	}
	show_stack(mm, sp);
	mmap_read_unlock(mm);
}
