// SPDX-License-Identifier: MIT
/*
 * The areas of an address space: a red-black tree by address and a sorted list through the
 * same nodes. Every node carries the largest free gap in front of any area of its subtree,
 * so finding an area and finding room are both O(log n).
 *
 * An area may be changed only while no one else can see half of it: mmap_lock for writing,
 * and for areas of files the mapping's i_mmap_rwsem while they move in its interval tree
 * (unmap_mapping_range() walks that tree without mmap_lock).
 *
 * Anonymous private areas always have vm_pgoff == vm_start >> PAGE_SHIFT: there is no reverse
 * map of anonymous pages that would need more, and neighbours merge more often.
 *
 * Lock order: mmap_lock, i_mmap_rwsem, page_table_lock.
 */
#include "vm.h"

#include <fs/file.h>
#include <lib/interval_tree_generic.h>
#include <lib/rbtree_augmented.h>
#include <mm/mempolicy.h>
#include <mm/pagemap.h>
#include <mm/slab.h>

static struct kmem_cache *vma_cache;

void vma_init(void)
{
	vma_cache = KMEM_CACHE(vm_area_struct, SLAB_PANIC | SLAB_ACCOUNT);
}

struct vm_area_struct *vm_area_alloc(struct mm_struct *mm)
{
	struct vm_area_struct *vma = kmem_cache_zalloc(vma_cache, GFP_KERNEL);

	if (vma)
		vma->vm_mm = mm;
	return vma;
}

void vm_area_free(struct vm_area_struct *vma)
{
	mpol_put(vma->vm_policy);
	kmem_cache_free(vma_cache, vma);
}

/* ---- the tree ---- */

/* A stack keeps this distance to what lies below it. */
unsigned long vm_start_gap(struct vm_area_struct *vma)
{
	unsigned long start = vma->vm_start, gap = stack_guard_gap << PAGE_SHIFT;

	if (!(vma->vm_flags & VM_GROWSDOWN))
		return start;
	return start > gap ? start - gap : 0;
}

static unsigned long vma_gap(struct vm_area_struct *vma)
{
	unsigned long start = vm_start_gap(vma), end = vma_prev_end(vma);

	return start > end ? start - end : 0;
}

RB_DECLARE_CALLBACKS_MAX(static, vma_gap_callbacks, struct vm_area_struct, vm_rb, unsigned long,
			 rb_subtree_gap, vma_gap);

static void gap_changed(struct vm_area_struct *vma)
{
	if (vma)
		vma_gap_callbacks.propagate(&vma->vm_rb, NULL);
}

struct vm_area_struct *find_vma(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma = READ_ONCE(mm->vmacache), *found = NULL;
	struct rb_node *n = mm->mm_rb.rb_node;

	if (vma && vma->vm_start <= addr && addr < vma->vm_end)
		return vma;
	while (n) {
		vma = rb_entry(n, struct vm_area_struct, vm_rb);
		if (vma->vm_end > addr) {
			found = vma;
			if (vma->vm_start <= addr)
				break;
			n = n->rb_left;
		} else {
			n = n->rb_right;
		}
	}
	if (found)
		WRITE_ONCE(mm->vmacache, found);
	return found;
}

static struct vm_area_struct *last_vma(struct mm_struct *mm)
{
	struct rb_node *n = rb_last(&mm->mm_rb);

	return n ? rb_entry(n, struct vm_area_struct, vm_rb) : NULL;
}

struct vm_area_struct *find_vma_prev(struct mm_struct *mm, unsigned long addr,
				     struct vm_area_struct **prev)
{
	struct vm_area_struct *vma = find_vma(mm, addr);

	*prev = vma ? vma->vm_prev : last_vma(mm);
	return vma;
}

struct vm_area_struct *vma_lookup(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma = find_vma(mm, addr);

	return vma && vma->vm_start <= addr ? vma : NULL;
}

bool range_is_mapped(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	while (start < end) {
		struct vm_area_struct *vma = vma_lookup(mm, start);

		if (!vma)
			return false;
		start = vma->vm_end;
	}
	return true;
}

struct vm_area_struct *find_vma_intersection(struct mm_struct *mm, unsigned long start,
					     unsigned long end)
{
	struct vm_area_struct *vma = find_vma(mm, start);

	return vma && vma->vm_start < end ? vma : NULL;
}

int vma_find_place(struct mm_struct *mm, unsigned long addr, unsigned long end,
		   struct vm_area_struct **prev)
{
	struct vm_area_struct *next = find_vma_prev(mm, addr, prev);

	return next && next->vm_start < end ? -ENOMEM : 0;
}

/* ---- the file's tree ---- */

static unsigned long vma_first_page(struct vm_area_struct *vma)
{
	return vma->vm_pgoff;
}

static unsigned long vma_last_page(struct vm_area_struct *vma)
{
	return vma->vm_pgoff + vma_pages(vma) - 1;
}

INTERVAL_TREE_DEFINE(struct vm_area_struct, shared.rb, unsigned long, shared.rb_subtree_last,
		     vma_first_page, vma_last_page, static __maybe_unused, i_mmap_tree)

struct vm_area_struct *i_mmap_first(struct address_space *mapping, pgoff_t first, pgoff_t last)
{
	return i_mmap_tree_iter_first(&mapping->i_mmap, first, last);
}

struct vm_area_struct *i_mmap_next(struct vm_area_struct *vma, pgoff_t first, pgoff_t last)
{
	return i_mmap_tree_iter_next(vma, first, last);
}

/*
 * The file's tree while areas of it change: held over the whole of a change, so that truncation,
 * which walks the tree without mmap_lock, never finds a page uncovered.
 */
static void lock_file_tree(struct vm_area_struct *vma)
{
	if (vma->vm_file)
		down_write(&vma->vm_file->f_mapping->i_mmap_rwsem);
}

static void unlock_file_tree(struct vm_area_struct *vma)
{
	if (vma->vm_file)
		up_write(&vma->vm_file->f_mapping->i_mmap_rwsem);
}

/* => the file's tree locked */
static void file_tree_insert(struct vm_area_struct *vma)
{
	if (!vma->vm_file)
		return;
	if (vma->vm_flags & VM_SHARED)
		atomic_inc(&vma->vm_file->f_mapping->i_mmap_writable);
	i_mmap_tree_insert(vma, &vma->vm_file->f_mapping->i_mmap);
}

static void file_tree_remove(struct vm_area_struct *vma)
{
	if (!vma->vm_file)
		return;
	if (vma->vm_flags & VM_SHARED)
		atomic_dec(&vma->vm_file->f_mapping->i_mmap_writable);
	i_mmap_tree_remove(vma, &vma->vm_file->f_mapping->i_mmap);
}

/* ---- linking and changing ---- */

static void link_list(struct mm_struct *mm, struct vm_area_struct *vma,
		      struct vm_area_struct *prev)
{
	vma->vm_prev = prev;
	if (prev) {
		vma->vm_next = prev->vm_next;
		prev->vm_next = vma;
	} else {
		vma->vm_next = mm->mmap;
		mm->mmap = vma;
	}
	if (vma->vm_next)
		vma->vm_next->vm_prev = vma;
}

static void link_tree(struct mm_struct *mm, struct vm_area_struct *vma)
{
	struct rb_node **link = &mm->mm_rb.rb_node, *parent = NULL;
	struct vm_area_struct *prev = NULL;

	while (*link) {
		struct vm_area_struct *at;

		parent = *link;
		at = rb_entry(parent, struct vm_area_struct, vm_rb);
		if (vma->vm_start < at->vm_start) {
			link = &parent->rb_left;
		} else {
			link = &parent->rb_right;
			prev = at;
		}
	}
	link_list(mm, vma, prev);
	/* As if it were not there yet; then let the values settle upwards. */
	rb_link_node(&vma->vm_rb, parent, link);
	vma->rb_subtree_gap = 0;
	gap_changed(vma);
	rb_insert_augmented(&vma->vm_rb, &mm->mm_rb, &vma_gap_callbacks);
	gap_changed(vma->vm_next);
}

void vma_link(struct mm_struct *mm, struct vm_area_struct *vma)
{
	link_tree(mm, vma);
	lock_file_tree(vma);
	file_tree_insert(vma);
	unlock_file_tree(vma);
	mm->map_count++;
}

static void unlink_tree(struct mm_struct *mm, struct vm_area_struct *vma)
{
	struct vm_area_struct *next = vma->vm_next;

	rb_erase_augmented(&vma->vm_rb, &mm->mm_rb, &vma_gap_callbacks);
	if (vma->vm_prev)
		vma->vm_prev->vm_next = next;
	else
		mm->mmap = next;
	if (next)
		next->vm_prev = vma->vm_prev;
	gap_changed(next);
	mm->vmacache = NULL;
	mm->map_count--;
}

void vma_unlink(struct mm_struct *mm, struct vm_area_struct *vma)
{
	lock_file_tree(vma);
	file_tree_remove(vma);
	unlock_file_tree(vma);
	unlink_tree(mm, vma);
}

/* => the file's tree locked */
static void set_bounds_locked(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	file_tree_remove(vma);
	vma->vm_pgoff += (long)(start - vma->vm_start) >> PAGE_SHIFT;
	vma->vm_start = start;
	vma->vm_end = end;
	file_tree_insert(vma);
	gap_changed(vma);
	gap_changed(vma->vm_next);
}

void vma_set_bounds(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	lock_file_tree(vma);
	set_bounds_locked(vma, start, end);
	unlock_file_tree(vma);
}

void remove_vma(struct vm_area_struct *vma)
{
	might_sleep();
	if (vma->vm_ops && vma->vm_ops->close)
		vma->vm_ops->close(vma);
	if (vma->vm_file)
		fput(vma->vm_file);
	vm_area_free(vma);
}

int insert_vm_struct(struct mm_struct *mm, struct vm_area_struct *vma)
{
	struct vm_area_struct *prev;

	if (vma_find_place(mm, vma->vm_start, vma->vm_end, &prev))
		return -ENOMEM;
	if ((vma->vm_flags & VM_ACCOUNT) && security_vm_enough_memory_mm(mm, vma_pages(vma)))
		return -ENOMEM;
	if (vma_is_anonymous(vma))
		vma->vm_pgoff = vma->vm_start >> PAGE_SHIFT;
	vma_link(mm, vma);
	return 0;
}

/* ---- splitting and joining ---- */

int split_vma(struct mm_struct *mm, struct vm_area_struct *vma, unsigned long addr, int new_below)
{
	struct vm_area_struct *new;
	int err;

	if (mm->map_count >= sysctl_max_map_count)
		return -ENOMEM;
	if (vma->vm_ops && vma->vm_ops->may_split) {
		err = vma->vm_ops->may_split(vma, addr);
		if (err)
			return err;
	}
	new = vm_area_alloc(mm);
	if (!new)
		return -ENOMEM;
	*new = *vma;
	mpol_get(new->vm_policy);
	if (new->vm_file)
		get_file(new->vm_file);
	if (new->vm_ops && new->vm_ops->open)
		new->vm_ops->open(new);
	lock_file_tree(vma);
	if (new_below) {
		new->vm_end = addr;
		set_bounds_locked(vma, addr, vma->vm_end);
	} else {
		new->vm_start = addr;
		new->vm_pgoff += (addr - vma->vm_start) >> PAGE_SHIFT;
		set_bounds_locked(vma, vma->vm_start, addr);
	}
	file_tree_insert(new);
	unlock_file_tree(vma);
	link_tree(mm, new);
	mm->map_count++;
	return 0;
}

int vma_isolate(struct mm_struct *mm, struct vm_area_struct *vma, unsigned long start,
		unsigned long end)
{
	int err = 0;

	if (vma->vm_start < start)
		err = split_vma(mm, vma, start, 1);
	if (!err && vma->vm_end > end)
		err = split_vma(mm, vma, end, 0);
	return err;
}

static bool can_join(const struct vm_area_struct *a, const struct vm_area_struct *b)
{
	if (a->vm_end != b->vm_start || a->vm_flags != b->vm_flags || a->vm_file != b->vm_file ||
	    !mpol_equal(a->vm_policy, b->vm_policy) || a->vm_userfaultfd != b->vm_userfaultfd ||
	    a->vm_ops != b->vm_ops || a->vm_private_data != b->vm_private_data)
		return false;
	if ((a->vm_flags & VM_SPECIAL) || (a->vm_ops && a->vm_ops->close))
		return false;
	return b->vm_pgoff == a->vm_pgoff + vma_pages(a);
}

/* b vanishes into a. */
static void join(struct mm_struct *mm, struct vm_area_struct *a, struct vm_area_struct *b)
{
	unsigned long end = b->vm_end;

	lock_file_tree(a);
	file_tree_remove(b);
	unlink_tree(mm, b);
	set_bounds_locked(a, a->vm_start, end);
	unlock_file_tree(a);
	a->anon_faults += b->anon_faults;
	remove_vma(b);
}

struct vm_area_struct *vma_try_merge(struct mm_struct *mm, struct vm_area_struct *vma)
{
	struct vm_area_struct *prev = vma->vm_prev;

	if (vma->vm_next && can_join(vma, vma->vm_next))
		join(mm, vma, vma->vm_next);
	if (prev && can_join(prev, vma)) {
		join(mm, prev, vma);
		return prev;
	}
	return vma;
}

/* ---- finding room ---- */

/* Of [prev end, start) the part within the limits: is it long enough? */
static bool gap_fits(const struct unmapped_info *info, unsigned long start, unsigned long end)
{
	return end > start && end - start >= info->length;
}

static unsigned long topdown(struct rb_node *n, const struct unmapped_info *info)
{
	while (n) {
		struct vm_area_struct *vma = rb_entry(n, struct vm_area_struct, vm_rb);
		unsigned long start = max(vma_prev_end(vma), info->low);
		unsigned long end = min(vm_start_gap(vma), info->high);

		if (vma->rb_subtree_gap < info->length)
			return 0;
		if (n->rb_right && vma->vm_end < info->high) {
			unsigned long found = topdown(n->rb_right, info);

			if (found)
				return found;
		}
		if (gap_fits(info, start, end))
			return end - info->length;
		if (vma_prev_end(vma) <= info->low)
			return 0;
		n = n->rb_left;
	}
	return 0;
}

unsigned long unmapped_area_topdown(struct mm_struct *mm, const struct unmapped_info *info)
{
	struct vm_area_struct *last = last_vma(mm);
	unsigned long start = last ? max(last->vm_end, info->low) : info->low, found;

	if (info->high < info->length || info->low > info->high - info->length)
		return -ENOMEM;
	if (gap_fits(info, start, info->high))
		return info->high - info->length;
	found = topdown(mm->mm_rb.rb_node, info);
	return found ? found : -ENOMEM;
}

static unsigned long bottomup(struct rb_node *n, const struct unmapped_info *info)
{
	while (n) {
		struct vm_area_struct *vma = rb_entry(n, struct vm_area_struct, vm_rb);
		unsigned long start = max(vma_prev_end(vma), info->low);
		unsigned long end = min(vm_start_gap(vma), info->high);

		if (vma->rb_subtree_gap < info->length)
			return 0;
		if (n->rb_left && vma->vm_start > info->low) {
			unsigned long found = bottomup(n->rb_left, info);

			if (found)
				return found;
		}
		if (gap_fits(info, start, end))
			return start;
		if (vma->vm_end >= info->high)
			return 0;
		n = n->rb_right;
	}
	return 0;
}

unsigned long unmapped_area_bottomup(struct mm_struct *mm, const struct unmapped_info *info)
{
	struct vm_area_struct *last = last_vma(mm);
	unsigned long found, start = last ? max(last->vm_end, info->low) : info->low;

	if (info->high < info->length || info->low > info->high - info->length)
		return -ENOMEM;
	found = bottomup(mm->mm_rb.rb_node, info);
	if (found)
		return found;
	return gap_fits(info, start, info->high) ? start : -ENOMEM;
}
