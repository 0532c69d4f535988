// SPDX-License-Identifier: MIT
/* Which memory goes into a core: /proc/PID/coredump_filter, madvise(MADV_DONTDUMP). */
#include <fs/file.h>
#include <fs/inode.h>
#include <kern/errno.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <lib/string.h>
#include <mm/mmap.h>
#include <mm/page.h>
#include <mm/pgtable.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

#include <linux/elf.h>

#include "internal.h"

static bool wants(const struct core_dump *dump, unsigned int bit)
{
	return dump->mm_flags >> (MMF_DUMP_FILTER_SHIFT + bit) & 1;
}

/* Is some of a private file mapping not the file's any more? => mmap_lock held */
static bool has_own_pages(struct vm_area_struct *vma)
{
	struct mm_struct *mm = vma->vm_mm;
	bool found = false;

	for (unsigned long addr = vma->vm_start; addr < vma->vm_end && !found; addr += PAGE_SIZE) {
		pte_t *ptep;

		spin_lock(&mm->page_table_lock);
		ptep = pte_lookup(mm, addr);
		if (ptep && !pte_none(*ptep))
			found = !pte_present(*ptep) ||
				(!pte_special(*ptep) && PageAnon(pte_page(*ptep)));
		spin_unlock(&mm->page_table_lock);
	}
	return found;
}

/* Bytes of the area to be written. => mmap_lock held for reading */
static unsigned long dump_size(const struct core_dump *dump, struct vm_area_struct *vma,
			       bool *maybe_header)
{
	unsigned long whole = vma->vm_end - vma->vm_start;

	*maybe_header = false;
	if (vma_is_special_mapping(vma))
		return whole;
	if (vma->vm_flags & (VM_DONTDUMP | VM_IO))
		return 0;
	if (vma->vm_flags & VM_SHARED) {
		bool anonymous = !vma->vm_file || !file_inode(vma->vm_file)->i_nlink;

		return wants(dump, anonymous ? DUMP_ANON_SHARED : DUMP_MAPPED_SHARED) ? whole : 0;
	}
	if (wants(dump, DUMP_ANON_PRIVATE) && (!vma->vm_file || has_own_pages(vma)))
		return whole;
	if (!vma->vm_file)
		return 0;
	if (wants(dump, DUMP_MAPPED_PRIVATE))
		return whole;
	*maybe_header = wants(dump, DUMP_ELF_HEADERS) && !vma->vm_pgoff &&
			(vma->vm_flags & VM_READ);
	return 0;
}

/* => mmap_lock held for reading; 0 or -ENOMEM */
static int collect_locked(struct core_dump *dump, struct mm_struct *mm)
{
	struct core_area *area;
	struct vm_area_struct *vma;

	dump->areas = kvmalloc_array(mm->map_count, sizeof(*area), GFP_KERNEL);
	if (!dump->areas)
		return -ENOMEM;
	area = dump->areas;
	for_each_vma(mm, vma) {
		if (WARN_ON_ONCE(area == dump->areas + mm->map_count))
			break;
		*area = (struct core_area){
			.start = vma->vm_start,
			.end = vma->vm_end,
			.flags = vma->vm_flags,
			.pgoff = vma->vm_pgoff,
			.file = vma->vm_file ? get_file(vma->vm_file) : NULL,
		};
		area->dump_size = dump_size(dump, vma, &area->maybe_header);
		area++;
	}
	dump->nr_areas = area - dump->areas;
	return 0;
}

/*
 * Of programs and libraries the first page is kept: it says which build they are. Without the
 * lock, as the look may fault.
 */
static void look_for_headers(struct core_dump *dump)
{
	for (unsigned int i = 0; i < dump->nr_areas; i++) {
		struct core_area *area = &dump->areas[i];
		char magic[SELFMAG];

		if (area->maybe_header &&
		    !copy_from_user(magic, (void __user *)area->start, sizeof(magic)) &&
		    !memcmp(magic, ELFMAG, SELFMAG))
			area->dump_size = PAGE_SIZE;
	}
}

int core_areas_collect(struct core_dump *dump)
{
	struct mm_struct *mm = current->mm;
	int error = mmap_read_lock_killable(mm);

	if (error)
		return error;
	error = collect_locked(dump, mm);
	mmap_read_unlock(mm);
	if (!error)
		look_for_headers(dump);
	return error;
}

void core_areas_free(struct core_dump *dump)
{
	for (unsigned int i = 0; i < dump->nr_areas; i++)
		if (dump->areas[i].file)
			fput(dump->areas[i].file);
	kvfree(dump->areas);
}

/* Never touched: it need not come to life to be written as zeros. */
static bool is_untouched(struct mm_struct *mm, unsigned long addr)
{
	bool untouched;
	pte_t *ptep;

	spin_lock(&mm->page_table_lock);
	ptep = pte_lookup(mm, addr);
	untouched = !ptep || pte_none(*ptep) ||
		    (pte_present(*ptep) && pte_pfn(*ptep) == page_to_pfn(zero_page));
	spin_unlock(&mm->page_table_lock);
	return untouched;
}

bool core_emit_area(struct core_dump *dump, const struct core_area *area)
{
	struct mm_struct *mm = current->mm;

	for (unsigned long addr = area->start; addr < area->start + area->dump_size;
	     addr += PAGE_SIZE) {
		struct page *page = NULL;
		bool good = true;

		if (area->file || !is_untouched(mm, addr)) {
			mmap_read_lock(mm);
			if (get_user_pages_remote(mm, addr, 1, FOLL_FORCE, &page) != 1)
				page = NULL;
			mmap_read_unlock(mm);
		}
		if (page) {
			good = core_emit(dump, page_address(page), PAGE_SIZE);
			put_page(page);
		} else {
			core_skip(dump, PAGE_SIZE);
		}
		if (!good || fatal_signal_pending(current))
			return false;
		cond_resched();
	}
	return true;
}
