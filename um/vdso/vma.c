// SPDX-License-Identifier: MIT
/*
 * Maps the vDSO: its image (um/vdso/image, one copy for all guests) behind the page of the
 * clocks, in an area that exec chooses like any other. The image is mapped as a private file
 * is, so that a debugger's breakpoint makes a copy; the page of the clocks is a bare frame.
 */
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/init.h>
#include <kern/kernel.h>
#include <kern/moduleparam.h>
#include <kern/nsproxy.h>
#include <kern/task.h>
#include <kern/time_namespace.h>
#include <lib/string.h>
#include <linux/mman.h>
#include <mm/gfp.h>
#include <mm/mmap.h>
#include <mm/page.h>
#include <um/clock.h>
#include <um/vdso.h>

#define MAX_IMAGE_PAGES 4

extern const char vdso_image[], vdso_image_end[];

static struct page *image_pages[MAX_IMAGE_PAGES + 1]; /* constant after initcalls */
static unsigned int nr_image_pages;
static struct page *ask_page; /* constant after initcalls */
static bool vdso_enabled = true;

static int __init set_vdso(char *value)
{
	return param_set_bool(value, &vdso_enabled);
}
__setup("vdso=", set_vdso);

/*
 * What an mm sees as the clocks. In a time name space other than the first they are shifted: the
 * page is one of zeroes, which says that the kernel must be asked.
 */
static unsigned long data_pfn(void)
{
	return current->nsproxy->time_ns == &init_time_ns ? um_clock_pfn() : page_to_pfn(ask_page);
}

static vm_fault_t data_fault(const struct vm_special_mapping *sm, struct vm_area_struct *vma,
			     struct vm_fault *vmf)
{
	return vmf_insert_pfn(vma, vmf->address, data_pfn());
}

static const struct vm_special_mapping data_mapping = { .name = "[vvar]", .fault = data_fault };
static const struct vm_special_mapping image_mapping = { .name = "[vdso]", .pages = image_pages };

/* What is there already costs no fault later. Only a hint: errors are left to the faults. */
static void show_ahead(struct vm_area_struct *data, struct vm_area_struct *image)
{
	vmf_insert_pfn(data, data->vm_start, data_pfn());
	for (unsigned int i = 0; i < nr_image_pages; i++)
		vm_insert_page(image, image->vm_start + i * PAGE_SIZE, image_pages[i]);
}

/* => mmap_lock held for writing */
static int map_at(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *data, *image;

	data = _install_special_mapping(mm, addr, PAGE_SIZE,
					VM_READ | VM_MAYREAD | VM_IO | VM_PFNMAP | VM_DONTDUMP,
					&data_mapping);
	if (IS_ERR(data))
		return PTR_ERR(data);
	image = _install_special_mapping(mm, addr + PAGE_SIZE, nr_image_pages * PAGE_SIZE,
					 VM_READ | VM_EXEC | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC,
					 &image_mapping);
	if (IS_ERR(image)) {
		do_munmap(mm, addr, PAGE_SIZE);
		return PTR_ERR(image);
	}
	show_ahead(data, image);
	return 0;
}

int um_map_vdso(unsigned long *at)
{
	struct mm_struct *mm = current->mm;
	unsigned long addr;
	int error;

	*at = 0;
	if (!vdso_enabled || !nr_image_pages)
		return 0;
	mmap_write_lock(mm);
	addr = get_unmapped_area(NULL, 0, (nr_image_pages + 1) * PAGE_SIZE, 0, MAP_PRIVATE);
	error = IS_ERR_VALUE(addr) ? (int)addr : map_at(mm, addr);
	mmap_write_unlock(mm);
	if (!error)
		*at = addr + PAGE_SIZE;
	return error;
}

void um_vdso_forget_clocks(struct mm_struct *mm)
{
	struct vm_area_struct *vma;

	mmap_write_lock(mm);
	for (vma = find_vma(mm, 0); vma; vma = vma->vm_next)
		if (vma->vm_private_data == &data_mapping)
			zap_vma_ptes(vma, vma->vm_start, vma->vm_end - vma->vm_start);
	mmap_write_unlock(mm);
}

static int vdso_init(void)
{
	size_t size = vdso_image_end - vdso_image;
	unsigned int pages = DIV_ROUND_UP(size, PAGE_SIZE);

	BUG_ON(pages > MAX_IMAGE_PAGES);
	for (unsigned int i = 0; i < pages; i++) {
		struct page *page = alloc_page(GFP_KERNEL | __GFP_ZERO);

		if (!page)
			return -ENOMEM;
		memcpy(page_address(page), vdso_image + i * PAGE_SIZE,
		       min(size - i * PAGE_SIZE, (size_t)PAGE_SIZE));
		image_pages[i] = page;
	}
	ask_page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	if (!ask_page)
		return -ENOMEM;
	nr_image_pages = pages;
	return 0;
}
subsys_initcall(vdso_init);
