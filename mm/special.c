// SPDX-License-Identifier: MIT
/* Areas of given pages (vdso), and drivers that put pages or frames into areas. */
#include "vm.h"

#include <fs/file.h>
#include <mm/pagemap.h>

static vm_fault_t special_fault(struct vm_fault *vmf)
{
	const struct vm_special_mapping *sm = vmf->vma->vm_private_data;
	struct page **pages = sm->pages;

	if (sm->fault)
		return sm->fault(sm, vmf->vma, vmf);
	for (pgoff_t i = 0; pages && pages[i]; i++) {
		if (i == vmf->pgoff) {
			get_page(pages[i]);
			vmf->page = pages[i];
			return 0;
		}
	}
	return VM_FAULT_SIGBUS;
}

static int special_mremap(struct vm_area_struct *vma)
{
	const struct vm_special_mapping *sm = vma->vm_private_data;

	return sm->mremap ? sm->mremap(sm, vma) : 0;
}

static int special_may_split(struct vm_area_struct *vma, unsigned long addr)
{
	return -EINVAL;
}

static const char *special_name(struct vm_area_struct *vma)
{
	return ((const struct vm_special_mapping *)vma->vm_private_data)->name;
}

static const struct vm_operations_struct special_ops = {
	.fault = special_fault,
	.mremap = special_mremap,
	.may_split = special_may_split,
	.name = special_name,
};

bool vma_is_special_mapping(const struct vm_area_struct *vma)
{
	return vma->vm_ops == &special_ops;
}

const char *arch_vma_name(struct vm_area_struct *vma)
{
	if (vma->vm_ops && vma->vm_ops->name)
		return vma->vm_ops->name(vma);
	if (vma->vm_file)
		return NULL;
	if (vma_is_initial_heap(vma))
		return "[heap]";
	return vma_is_initial_stack(vma) ? "[stack]" : NULL;
}

struct vm_area_struct *_install_special_mapping(struct mm_struct *mm, unsigned long addr,
						unsigned long len, vm_flags_t flags,
						const struct vm_special_mapping *spec)
{
	struct vm_area_struct *vma = vm_area_alloc(mm);
	int err;

	if (!vma)
		return ERR_PTR(-ENOMEM);
	vma->vm_start = addr;
	vma->vm_end = addr + len;
	vma->vm_flags = flags | mm->def_flags | VM_DONTEXPAND;
	vma->vm_flags &= VM_LOCKED_CLEAR_MASK;
	vma->vm_ops = &special_ops;
	vma->vm_private_data = (void *)spec;
	vma_set_page_prot(vma);
	err = insert_vm_struct(mm, vma);
	if (err) {
		vm_area_free(vma);
		return ERR_PTR(err);
	}
	vm_stat_account(mm, vma->vm_flags, len >> PAGE_SHIFT);
	return vma;
}

/* => mmap_lock held; a page with struct page semantics, counted */
int vm_insert_page(struct vm_area_struct *vma, unsigned long addr, struct page *page)
{
	struct mm_struct *mm = vma->vm_mm;
	pte_t *ptep;
	int err = -EBUSY;

	if (addr < vma->vm_start || addr >= vma->vm_end)
		return -EFAULT;
	ptep = pte_alloc_lock(mm, addr);
	if (!ptep)
		return -ENOMEM;
	if (pte_none(*ptep)) {
		pte_t pte = mk_pte(page, vma->vm_page_prot);

		get_page(page);
		SetPageUser(page);
		page_add_rmap(page, false);
		add_mm_counter(mm, page_rss_type(page), 1);
		if ((vma->vm_flags & (VM_WRITE | VM_SHARED)) == (VM_WRITE | VM_SHARED))
			pte = pte_mkwrite(pte_mkdirty(pte));
		set_pte(ptep, pte);
		err = 0;
	}
	spin_unlock(&mm->page_table_lock);
	if (!err)
		update_mmu_cache_range(mm, addr, 1);
	return err;
}

vm_fault_t vmf_insert_page(struct vm_area_struct *vma, unsigned long addr, struct page *page)
{
	int err = vm_insert_page(vma, addr, page);

	if (err == -ENOMEM)
		return VM_FAULT_OOM;
	return err && err != -EBUSY ? VM_FAULT_SIGBUS : VM_FAULT_NOPAGE;
}

/* Frames without counting. => the driver keeps them as long as the area lives */
static int insert_pfn(struct vm_area_struct *vma, unsigned long addr, unsigned long pfn,
		      pgprot_t prot)
{
	struct mm_struct *mm = vma->vm_mm;
	pte_t *ptep, pte;

	if (!pfn_valid(pfn))
		return -EINVAL;
	ptep = pte_alloc_lock(mm, addr);
	if (!ptep)
		return -ENOMEM;
	SetPageUser(pfn_to_page(pfn));
	pte = pte_mkspecial(pfn_pte(pfn, prot));
	if ((vma->vm_flags & (VM_WRITE | VM_SHARED)) == (VM_WRITE | VM_SHARED))
		pte = pte_mkwrite(pte_mkdirty(pte));
	set_pte(ptep, pte);
	spin_unlock(&mm->page_table_lock);
	update_mmu_cache_range(mm, addr, 1);
	return 0;
}

int remap_pfn_range(struct vm_area_struct *vma, unsigned long addr, unsigned long pfn,
		    unsigned long size, pgprot_t prot)
{
	vma->vm_flags |= VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP;
	for (unsigned long off = 0; off < size; off += PAGE_SIZE) {
		int err = insert_pfn(vma, addr + off, pfn + (off >> PAGE_SHIFT), prot);

		if (err)
			return err;
	}
	return 0;
}

vm_fault_t vmf_insert_pfn(struct vm_area_struct *vma, unsigned long addr, unsigned long pfn)
{
	int err = insert_pfn(vma, addr, pfn, vma->vm_page_prot);

	if (err == -ENOMEM)
		return VM_FAULT_OOM;
	return err ? VM_FAULT_SIGBUS : VM_FAULT_NOPAGE;
}
