// SPDX-License-Identifier: MIT
/*
 * Virtually contiguous kernel memory. An area is a range of host addresses in
 * [VMALLOC_START, VMALLOC_END) where the machine maps frames of RAM one run after the other;
 * an unmapped guard page follows each area. Areas sit in a tree by address; a new one takes
 * the first gap that is wide enough.
 *
 * Lock: vmap_lock guards the tree; no page is allocated under it.
 */
#include "internal.h"

#include <lib/rbtree.h>
#include <mm/slab.h>
#include <mm/memcontrol.h>
#include <mm/vmalloc.h>
#include <um/memory.h>

struct vm_struct {
	struct rb_node node;		/* vmap_lock */
	unsigned long addr, size;	/* constant; size without the guard page */
	struct page **pages;		/* constant */
	unsigned int nr_pages;		/* constant */
	bool owns_pages;		/* constant: vmalloc, not vmap */
};

static DEFINE_SPINLOCK(vmap_lock);
static struct rb_root vmap_areas = RB_ROOT;
static unsigned long nr_vmalloc_pages;	/* vmap_lock */

void vmalloc_init(void) { }

/* => vmap_lock held */
static struct vm_struct *find_area(unsigned long addr)
{
	struct rb_node *n = vmap_areas.rb_node;

	while (n) {
		struct vm_struct *vm = rb_entry(n, struct vm_struct, node);

		if (addr < vm->addr)
			n = n->rb_left;
		else if (addr >= vm->addr + vm->size)
			n = n->rb_right;
		else
			return vm;
	}
	return NULL;
}

static void link_area(struct vm_struct *vm)
{
	struct rb_node **link = &vmap_areas.rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = vm->addr < rb_entry(parent, struct vm_struct, node)->addr ?
			       &parent->rb_left : &parent->rb_right;
	}
	rb_link_node(&vm->node, parent, link);
	rb_insert_color(&vm->node, &vmap_areas);
	nr_vmalloc_pages += vm->nr_pages;
}

/* Reserves addresses for vm->size bytes: 0 or -ENOMEM. */
static int insert_area(struct vm_struct *vm)
{
	unsigned long at = VMALLOC_START, flags;
	struct rb_node *n;

	spin_lock_irqsave(&vmap_lock, flags);
	for (n = rb_first(&vmap_areas); n; n = rb_next(n)) {
		struct vm_struct *next = rb_entry(n, struct vm_struct, node);

		if (next->addr - at >= vm->size + PAGE_SIZE)
			break;
		at = next->addr + next->size + PAGE_SIZE;
	}
	if (VMALLOC_END - at < vm->size + PAGE_SIZE) {
		spin_unlock_irqrestore(&vmap_lock, flags);
		return -ENOMEM;
	}
	vm->addr = at;
	link_area(vm);
	spin_unlock_irqrestore(&vmap_lock, flags);
	return 0;
}

static void remove_area(struct vm_struct *vm)
{
	unsigned long flags;

	spin_lock_irqsave(&vmap_lock, flags);
	rb_erase(&vm->node, &vmap_areas);
	nr_vmalloc_pages -= vm->nr_pages;
	spin_unlock_irqrestore(&vmap_lock, flags);
}

/* One host mapping for each run of contiguous frames. */
static int map_area(struct vm_struct *vm)
{
	for (unsigned int i = 0, run; i < vm->nr_pages; i += run) {
		int err;

		for (run = 1; i + run < vm->nr_pages; run++)
			if (page_to_pfn(vm->pages[i + run]) != page_to_pfn(vm->pages[i]) + run)
				break;
		err = um_map_ram(vm->addr + i * PAGE_SIZE, page_to_phys(vm->pages[i]),
				 run * PAGE_SIZE);
		if (err) {
			um_unmap_ram(vm->addr, vm->size);
			return err;
		}
	}
	return 0;
}

static void free_area(struct vm_struct *vm)
{
	if (vm->owns_pages)
		for (unsigned int i = 0; i < vm->nr_pages; i++)
			put_page(vm->pages[i]);
	kvfree(vm->pages);
	kfree(vm);
}

static struct vm_struct *new_area(unsigned int nr_pages, gfp_t gfp)
{
	struct vm_struct *vm = kzalloc(sizeof(*vm), gfp & ~__GFP_ZERO);
	size_t bytes = nr_pages * sizeof(struct page *);

	if (!vm)
		return NULL;
	/* The table of a table ends: each step is 512 times smaller. */
	vm->pages = bytes > KMALLOC_MAX_CACHE_SIZE ? vzalloc(bytes) :
						     kzalloc(bytes, gfp & ~__GFP_ZERO);
	if (!vm->pages) {
		kfree(vm);
		return NULL;
	}
	vm->nr_pages = nr_pages;
	vm->size = nr_pages * PAGE_SIZE;
	return vm;
}

/* Fills the table with pages, in big runs where memory has them. */
static int fill_area(struct vm_struct *vm, gfp_t gfp)
{
	unsigned int n = 0;

	while (n < vm->nr_pages) {
		unsigned int order = min(31 - __builtin_clz(vm->nr_pages - n), 9);
		struct page *page = NULL;

		if (order)
			page = alloc_pages((gfp | __GFP_NOWARN | __GFP_NORETRY) &
					   ~__GFP_DIRECT_RECLAIM, order);
		if (page) {
			split_page(page, order);
		} else {
			order = 0;
			page = alloc_page(gfp);
		}
		if (!page)
			return -ENOMEM;
		for (unsigned long i = 0; i < 1UL << order; i++)
			vm->pages[n++] = page + i;
	}
	return 0;
}

static void drop_partial(struct vm_struct *vm)
{
	for (unsigned int i = 0; i < vm->nr_pages && vm->pages[i]; i++)
		put_page(vm->pages[i]);
	vm->owns_pages = false;
	free_area(vm);
}

void *__vmalloc(unsigned long size, gfp_t gfp)
{
	struct vm_struct *vm;

	might_sleep();
	if (!size || PFN_UP(size) > totalram_pages())
		return NULL;
	vm = new_area(PFN_UP(size), gfp);
	if (!vm)
		return NULL;
	if (fill_area(vm, gfp) || insert_area(vm)) {
		drop_partial(vm);
		return NULL;
	}
	if (map_area(vm)) {
		remove_area(vm);
		drop_partial(vm);
		return NULL;
	}
	vm->owns_pages = true;
	for (unsigned int i = 0; i < vm->nr_pages; i++)
		mod_lruvec_page_state(vm->pages[i], NR_VMALLOC, 1);
	return (void *)vm->addr;
}

void *vmalloc(unsigned long size)
{
	return __vmalloc(size, GFP_KERNEL);
}

void *vzalloc(unsigned long size)
{
	return __vmalloc(size, GFP_KERNEL | __GFP_ZERO);
}

void *vmap(struct page **pages, unsigned int count, unsigned long flags, u64 prot)
{
	struct vm_struct *vm = count ? new_area(count, GFP_KERNEL) : NULL;

	if (!vm)
		return NULL;
	memcpy(vm->pages, pages, count * sizeof(*pages));
	if (insert_area(vm)) {
		free_area(vm);
		return NULL;
	}
	if (map_area(vm)) {
		remove_area(vm);
		free_area(vm);
		return NULL;
	}
	return (void *)vm->addr;
}

static struct vm_struct *area_at(const void *addr)
{
	struct vm_struct *vm;
	unsigned long flags;

	spin_lock_irqsave(&vmap_lock, flags);
	vm = find_area((unsigned long)addr);
	spin_unlock_irqrestore(&vmap_lock, flags);
	return vm;
}

/* The addresses stay reserved until the host no longer maps them. */
void vfree(const void *addr)
{
	struct vm_struct *vm;

	if (!addr)
		return;
	vm = area_at(addr);
	if (WARN(!vm || vm->addr != (unsigned long)addr, "vfree of %px, no such area\n", addr))
		return;
	um_unmap_ram(vm->addr, vm->size);
	remove_area(vm);
	for (unsigned int i = 0; vm->owns_pages && i < vm->nr_pages; i++)
		mod_lruvec_page_state(vm->pages[i], NR_VMALLOC, -1);
	free_area(vm);
}

void vunmap(const void *addr)
{
	vfree(addr);
}

struct page *vmalloc_to_page(const void *addr)
{
	struct vm_struct *vm = area_at(addr);

	return vm ? vm->pages[((unsigned long)addr - vm->addr) >> PAGE_SHIFT] : NULL;
}

unsigned long vmalloc_nr_pages(void)
{
	return READ_ONCE(nr_vmalloc_pages);
}
