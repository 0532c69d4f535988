// SPDX-License-Identifier: MIT
/*
 * A fault on an entry that names a slot of swap: the page is found in the swap cache or read,
 * and takes the entry's place.
 *
 * A page that nobody else wants leaves the swap cache when it is written, and its slot is free.
 * Read only, it keeps both: giving it up again then costs no write.
 *
 * Lock order: mmap_lock, page lock, page_table_lock, the swap area's lock.
 */
#include "reclaim.h"

#include <kern/sched.h>
#include <mm/mempolicy.h>
#include <mm/pagemap.h>

static bool entry_is(struct mm_struct *mm, unsigned long addr, pte_t pte)
{
	pte_t *ptep;
	bool same;

	spin_lock(&mm->page_table_lock);
	ptep = pte_lookup(mm, addr);
	same = ptep && pte_val(ptep_get(ptep)) == pte_val(pte);
	spin_unlock(&mm->page_table_lock);
	return same;
}

/* The entry's page, locked and referenced; NULL and *ret without it. */
static struct page *get_swap_in_page(struct vm_fault *vmf, pte_t pte, vm_fault_t *ret)
{
	swp_entry_t entry = pte_to_swp_entry(pte);
	struct page *page = lookup_swap_cache(entry);

	if (!page) {
		struct mempolicy *pol = mpol_of_address(vmf->vma, vmf->address);

		page = swapin_readahead(entry, vmf->gfp_mask, pol, vmf->pgoff);
		mpol_put(pol);
		if (!page) {
			/* Somebody was faster, or memory is out. */
			*ret = entry_is(vmf->vma->vm_mm, vmf->address, pte) ? VM_FAULT_OOM : 0;
			return NULL;
		}
		*ret |= VM_FAULT_MAJOR;
	}
	lock_page(page);
	if (PageSwapCache(page) && page_swap_entry(page).val == entry.val)
		return page;
	unlock_page(page);
	put_page(page);
	*ret = 0;
	return NULL;
}

/* Puts the page in place of the entry. True unless the entry changed. => page locked */
static bool map_swap_page(struct vm_fault *vmf, pte_t old, struct page *page)
{
	struct vm_area_struct *vma = vmf->vma;
	struct mm_struct *mm = vma->vm_mm;
	bool exclusive, write = vmf->flags & FAULT_FLAG_WRITE;
	pte_t *ptep, pte;

	spin_lock(&mm->page_table_lock);
	ptep = pte_lookup(mm, vmf->address);
	if (!ptep || pte_val(ptep_get(ptep)) != pte_val(old)) {
		spin_unlock(&mm->page_table_lock);
		return false;
	}
	swap_free(pte_to_swp_entry(old));
	exclusive = !page_mapped(page) && !swap_count(page_swap_entry(page));
	pte = mk_pte(page, vma->vm_page_prot);
	if (write && exclusive && try_to_free_swap(page))
		pte = maybe_mkwrite(pte_mkdirty(pte), vma);
	get_page(page);
	SetPageUser(page);
	page_set_anon(page, mm, vmf->address, exclusive);
	page_add_rmap(page, true);
	set_pte(ptep, pte);
	add_mm_counter(mm, MM_ANONPAGES, 1);
	add_mm_counter(mm, MM_SWAPENTS, -1);
	if (vma->vm_flags & VM_LOCKED)
		mlock_new_page(vma, page);
	spin_unlock(&mm->page_table_lock);
	update_mmu_cache_range(mm, vmf->address, 1);
	return true;
}

vm_fault_t do_swap_page(struct vm_fault *vmf, pte_t pte)
{
	vm_fault_t ret = 0;
	struct page *page;

	page = get_swap_in_page(vmf, pte, &ret);
	if (!page)
		return ret;
	if (!PageUptodate(page)) {
		unlock_page(page);
		put_page(page);
		return VM_FAULT_SIGBUS;
	}
	mark_page_accessed(page);
	map_swap_page(vmf, pte, page);
	unlock_page(page);
	put_page(page);
	return ret;
}
