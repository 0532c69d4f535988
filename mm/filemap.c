// SPDX-License-Identifier: MIT
/*
 * The page cache: each address_space keeps its file's pages in an xarray by page index.
 *
 * The cache holds one reference on each page in it. Lookups run under RCU: they take a
 * reference unless the page is free, and then look whether it is still in its place, for a
 * page may have been freed and found a new owner meanwhile. A page that is locked stays in
 * the cache; who holds only a reference must check page->mapping after locking.
 *
 * Fresh pages are inserted locked and without PG_uptodate; a_ops->readpage fills them. A
 * mapping without backing store (tmpfs, ramfs: AS_UNEVICTABLE) has zeros in its holes; places of
 * tmpfs whose page is on swap hold a value entry (shmem.c).
 *
 * Lock order: mmap_lock, invalidate_lock, page lock, i_mmap_rwsem, page_table_lock,
 * i_pages.xa_lock (interrupts off), lru_lock (interrupts off).
 */
#include "reclaim.h"

#include <fs/file.h>
#include <fs/inode.h>
#include <kern/rcupdate.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <mm/memcontrol.h>
#include <mm/mempolicy.h>
#include <mm/pagemap.h>
#include <mm/swap.h>

void page_cache_init(void)
{
	page_wait_init();
}

void address_space_init_once(struct address_space *mapping)
{
	memset(mapping, 0, sizeof(*mapping));
	xa_init_flags(&mapping->i_pages, XA_FLAGS_LOCK_IRQ | XA_FLAGS_ACCOUNT);
	init_rwsem(&mapping->invalidate_lock);
	init_rwsem(&mapping->i_mmap_rwsem);
	mapping->i_mmap = RB_ROOT_CACHED;
	mapping->gfp_mask = GFP_HIGHUSER_MOVABLE;
	spin_lock_init(&mapping->private_lock);
	INIT_LIST_HEAD(&mapping->private_list);
	INIT_LIST_HEAD(&mapping->dirty_link);
}

void mapping_set_unevictable(struct address_space *mapping)
{
	set_bit(AS_UNEVICTABLE, &mapping->flags);
}

bool mapping_unevictable(struct address_space *mapping)
{
	return mapping && test_bit(AS_UNEVICTABLE, &mapping->flags);
}

void mapping_set_error(struct address_space *mapping, int error)
{
	if (!error)
		return;
	mapping->wb_err = error;
	set_bit(error == -ENOSPC ? AS_ENOSPC : AS_EIO, &mapping->flags);
}

/* ---- insertion and removal ---- */

int add_to_page_cache_lru(struct page *page, struct address_space *mapping, pgoff_t index,
			  gfp_t gfp)
{
	bool shmem = test_bit(AS_SHMEM, &mapping->flags);
	int err = mem_cgroup_charge(page, 1, NULL, gfp);

	if (err)
		return err;
	page->flags |= (1UL << PG_locked) | (shmem ? 1UL << PG_swapbacked : 0);
	page->mapping = mapping;
	page->index = index;
	get_page(page);
	xa_lock_irq(&mapping->i_pages);
	err = __xa_insert(&mapping->i_pages, index, page, gfp & ~(__GFP_ZERO | __GFP_HIGHMEM));
	if (!err)
		mapping->nrpages++;
	xa_unlock_irq(&mapping->i_pages);
	if (err) {
		page->mapping = NULL;
		page->flags &= ~(1UL << PG_locked);
		mem_cgroup_uncharge(page, 1);
		put_page(page);
		return err == -EBUSY ? -EEXIST : err;
	}
	mod_lruvec_page_state(page, NR_FILE_PAGES, 1);
	if (shmem)
		mod_lruvec_page_state(page, NR_SHMEM, 1);
	if (!mapping_unevictable(mapping))
		workingset_refault_file(page, mapping, index);
	if (!mapping_unevictable(mapping) || shmem)
		lru_cache_add(page);
	return 0;
}

/* The page has left the xarray: what else the cache knew of it. */
void page_cache_forget(struct page *page)
{
	if (PageSwapBacked(page))
		mod_lruvec_page_state(page, NR_SHMEM, -1);
	mod_lruvec_page_state(page, NR_FILE_PAGES, -1);
	lru_cache_del(page);
}

void delete_from_page_cache(struct page *page)
{
	struct address_space *mapping = page->mapping;

	BUG_ON(!PageLocked(page));
	cancel_dirty_page(page);
	xa_lock_irq(&mapping->i_pages);
	__xa_erase(&mapping->i_pages, page->index);
	mapping->nrpages--;
	page->mapping = NULL;
	xa_unlock_irq(&mapping->i_pages);
	page_cache_forget(page);
	if (mapping->a_ops && mapping->a_ops->freepage)
		mapping->a_ops->freepage(mapping, page);
	put_page(page);
}

/* ---- lookup ---- */

static struct page *find_page(struct address_space *mapping, pgoff_t index)
{
	struct page *page;

	rcu_read_lock();
	for (;;) {
		page = xa_load(&mapping->i_pages, index);
		if (!page || xa_is_value(page)) {
			page = NULL;
			break;
		}
		if (!get_page_unless_zero(page))
			continue;
		if (likely(page == xa_load(&mapping->i_pages, index)))
			break;
		put_page(page);
	}
	rcu_read_unlock();
	return page;
}

/* Locks a page that find_page() gave: false when it has left the mapping (and was put). */
static bool lock_found_page(struct page *page, struct address_space *mapping)
{
	lock_page(page);
	if (likely(page->mapping == mapping))
		return true;
	unlock_page(page);
	put_page(page);
	return false;
}

struct page *pagecache_get_page(struct address_space *mapping, pgoff_t index, int fgp, gfp_t gfp)
{
	struct page *page;
	int err;

	if ((fgp & FGP_NOFS))
		gfp &= ~__GFP_FS;
	for (;;) {
		page = find_page(mapping, index);
		if (!page && (fgp & (FGP_LOCK | FGP_CREAT)) && READ_ONCE(mapping->nrswapped)) {
			if (fgp & FGP_NOWAIT || shmem_swap_in(mapping, index))
				return NULL;
			page = find_page(mapping, index);
		}
		if (page) {
			if (fgp & FGP_NOWAIT) {
				if ((fgp & FGP_LOCK) && !trylock_page(page)) {
					put_page(page);
					return NULL;
				}
			} else if ((fgp & FGP_LOCK) && !lock_found_page(page, mapping)) {
				continue;
			}
			if (fgp & FGP_ACCESSED)
				mark_page_accessed(page);
			return page;
		}
		if (!(fgp & FGP_CREAT))
			return NULL;
		page = mapping_alloc_page(gfp, mapping, index);
		if (!page)
			return NULL;
		err = add_to_page_cache_lru(page, mapping, index, gfp);
		if (!err) {
			if (!(fgp & FGP_LOCK))
				unlock_page(page);
			return page;
		}
		put_page(page);
		if (err != -EEXIST)
			return NULL;
	}
}

static unsigned int get_pages(struct address_space *mapping, pgoff_t *start, pgoff_t end,
			      xa_mark_t tag, unsigned int max, struct page **pages)
{
	unsigned long index = *start;
	unsigned int n = 0;
	struct page *page;

	rcu_read_lock();
	page = xa_find(&mapping->i_pages, &index, end, tag);
	while (page && n < max) {
		bool got = !xa_is_value(page) && get_page_unless_zero(page);

		if (got && page == xa_load(&mapping->i_pages, index)) {
			pages[n++] = page;
			*start = index + 1;
		} else if (!xa_is_value(page)) {
			/* It has gone, or another takes its place: the same index once more. */
			if (got)
				put_page(page);
			page = xa_find(&mapping->i_pages, &index, end, tag);
			continue;
		}
		page = xa_find_after(&mapping->i_pages, &index, end, tag);
	}
	rcu_read_unlock();
	return n;
}

unsigned int find_get_pages_range(struct address_space *mapping, pgoff_t *start, pgoff_t end,
				  unsigned int max, struct page **pages)
{
	return get_pages(mapping, start, end, XA_PRESENT, max, pages);
}

unsigned int find_get_pages_range_tag(struct address_space *mapping, pgoff_t *start, pgoff_t end,
				      xa_mark_t tag, unsigned int max, struct page **pages)
{
	return get_pages(mapping, start, end, tag, max, pages);
}

bool filemap_range_has_page(struct address_space *mapping, loff_t start, loff_t end)
{
	unsigned long index = start >> PAGE_SHIFT;

	return xa_find(&mapping->i_pages, &index, end >> PAGE_SHIFT, XA_PRESENT) != NULL;
}

/* ---- reading pages ---- */

/* Fills a locked page, which it unlocks. 0 or -errno once it is read. */
int filemap_read_page(struct file *file, struct address_space *mapping, struct page *page)
{
	int err;

	if (!mapping->a_ops->readpage) {
		unlock_page(page);
		return -EINVAL;
	}
	ClearPageError(page);
	err = mapping->a_ops->readpage(file, page);
	if (err)
		return err;
	wait_on_page_locked(page);
	return PageUptodate(page) ? 0 : -EIO;
}

/* The page of the file, uptodate, with a reference; ERR_PTR. *major: it had to be read. */
struct page *filemap_get_uptodate(struct file *file, struct address_space *mapping, pgoff_t index,
				  bool *major)
{
	bool ahead = mapping->a_ops->readahead;

	for (;;) {
		struct page *page = find_page(mapping, index);
		int err;

		if (page && PageUptodate(page))
			return page;
		if (page) {
			if (!lock_found_page(page, mapping))
				continue;
			if (PageUptodate(page)) {
				unlock_page(page);
				return page;
			}
		} else if (ahead) {
			mapping->a_ops->readahead(mapping, index);
			ahead = false;
			if (major)
				*major = true;
			continue;
		} else {
			err = READ_ONCE(mapping->nrswapped) ? shmem_swap_in(mapping, index) : 0;
			if (err)
				return ERR_PTR(err);
			page = mapping_alloc_page(mapping_gfp_mask(mapping), mapping, index);
			if (!page)
				return ERR_PTR(-ENOMEM);
			err = add_to_page_cache_lru(page, mapping, index, GFP_KERNEL);
			if (err) {
				put_page(page);
				if (err == -EEXIST)
					continue;
				return ERR_PTR(err);
			}
		}
		if (major)
			*major = !mapping_unevictable(mapping);
		err = filemap_read_page(file, mapping, page);
		if (!err)
			return page;
		put_page(page);
		return ERR_PTR(err);
	}
}

struct page *read_cache_page(struct address_space *mapping, pgoff_t index,
			     int (*filler)(struct file *, struct page *), struct file *file)
{
	struct page *page;
	int err;

	if (!filler)
		return filemap_get_uptodate(file, mapping, index, NULL);
	page = find_or_create_page(mapping, index, mapping_gfp_mask(mapping));
	if (!page)
		return ERR_PTR(-ENOMEM);
	if (PageUptodate(page)) {
		unlock_page(page);
		return page;
	}
	err = filler(file, page);
	wait_on_page_locked(page);
	if (!err && !PageUptodate(page))
		err = -EIO;
	if (!err)
		return page;
	put_page(page);
	return ERR_PTR(err);
}

/* ---- faults ---- */

static pgoff_t size_in_pages(struct inode *inode)
{
	return (i_size_read(inode) + PAGE_SIZE - 1) >> PAGE_SHIFT;
}

vm_fault_t filemap_fault(struct vm_fault *vmf)
{
	struct file *file = vmf->vma->vm_file;
	struct address_space *mapping = file->f_mapping;
	bool major = false;
	struct page *page;

	do {
		if (vmf->pgoff >= size_in_pages(mapping->host))
			return VM_FAULT_SIGBUS;
		page = filemap_get_uptodate(file, mapping, vmf->pgoff, &major);
		if (IS_ERR(page))
			return PTR_ERR(page) == -ENOMEM ? VM_FAULT_OOM : VM_FAULT_SIGBUS;
	} while (!lock_found_page(page, mapping));
	if (vmf->pgoff >= size_in_pages(mapping->host)) {
		unlock_page(page);
		put_page(page);
		return VM_FAULT_SIGBUS;
	}
	mark_page_accessed(page);
	vmf->page = page;
	return VM_FAULT_LOCKED | (major ? VM_FAULT_MAJOR : 0);
}

/* Keeps and locks those of the nr pages that are valid; puts the others. The number kept. */
static unsigned int lock_valid_pages(struct address_space *mapping, struct page **pages,
				     unsigned int nr)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < nr; i++) {
		struct page *page = pages[i];

		if (PageUptodate(page) && trylock_page(page)) {
			if (page->mapping == mapping && PageUptodate(page)) {
				pages[kept++] = page;
				continue;
			}
			unlock_page(page);
		}
		put_page(page);
	}
	return kept;
}

unsigned int filemap_lock_cached(struct address_space *mapping, pgoff_t first, pgoff_t last,
				 struct page **pages)
{
	unsigned int nr = find_get_pages_range(mapping, &first, last, last - first + 1, pages);

	return lock_valid_pages(mapping, pages, nr);
}

#define MAP_BATCH 32

/* Maps up to MAP_BATCH of the cached pages in [*start, end]. True: vmf's own is among them. */
static bool map_some_pages(struct vm_fault *vmf, struct address_space *mapping, pgoff_t *start,
			   pgoff_t end)
{
	struct page *found[MAP_BATCH];
	unsigned int nr, kept;
	bool served = false;

	nr = find_get_pages_range(mapping, start, end, MAP_BATCH, found);
	if (nr < MAP_BATCH)
		*start = end + 1;
	kept = lock_valid_pages(mapping, found, nr);
	if (kept && map_file_pages(vmf, found, kept))
		for (unsigned int i = 0; i < kept; i++)
			served |= found[i]->index == vmf->pgoff;
	for (unsigned int i = 0; i < kept; i++) {
		unlock_page(found[i]);
		put_page(found[i]);
	}
	count_vm_events(PGFAULTAROUND, kept);
	return served;
}

vm_fault_t filemap_map_pages(struct vm_fault *vmf, pgoff_t start, pgoff_t end)
{
	struct address_space *mapping = vmf->vma->vm_file->f_mapping;
	pgoff_t size = size_in_pages(mapping->host);
	bool served = false;

	if (end >= size)
		end = size - 1;
	if (!size || vmf->pgoff > end)
		return 0;
	while (start <= end)
		served |= map_some_pages(vmf, mapping, &start, end);
	return served ? VM_FAULT_NOPAGE : 0;
}

vm_fault_t filemap_page_mkwrite(struct vm_fault *vmf)
{
	struct page *page = vmf->page;

	lock_page(page);
	if (page->mapping != vmf->vma->vm_file->f_mapping) {
		unlock_page(page);
		return VM_FAULT_NOPAGE;
	}
	file_update_time(vmf->vma->vm_file);
	set_page_dirty(page);
	wait_for_stable_page(page);
	return VM_FAULT_LOCKED;
}

const struct vm_operations_struct generic_file_vm_ops = {
	.fault = filemap_fault,
	.map_pages = filemap_map_pages,
	.page_mkwrite = filemap_page_mkwrite,
};

int generic_file_mmap(struct file *file, struct vm_area_struct *vma)
{
	if (!file->f_mapping->a_ops || !file->f_mapping->a_ops->readpage)
		return -ENOEXEC;
	file_accessed(file);
	vma->vm_ops = &generic_file_vm_ops;
	return 0;
}

int generic_file_readonly_mmap(struct file *file, struct vm_area_struct *vma)
{
	if ((vma->vm_flags & VM_SHARED) && (vma->vm_flags & VM_MAYWRITE))
		return -EINVAL;
	return generic_file_mmap(file, vma);
}
