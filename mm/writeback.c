// SPDX-License-Identifier: MIT
/* Writing dirty pages of a mapping back, and waiting for them. */
#include "vm.h"

#include <fs/file.h>
#include <fs/inode.h>
#include <kern/sched.h>
#include <mm/pagemap.h>

#define BATCH 16

static bool can_write_back(const struct address_space *mapping)
{
	return mapping->a_ops && (mapping->a_ops->writepage || mapping->a_ops->writepages);
}

/* One page that carried the dirty tag; unlocks it. */
static int write_tagged(struct address_space *mapping, struct page *page,
			struct writeback_control *wbc)
{
	lock_page(page);
	if (page->mapping != mapping || !PageDirty(page))
		goto skip;
	if (PageWriteback(page)) {
		if (wbc->sync_mode == WB_SYNC_NONE)
			goto skip;
		wait_on_page_writeback(page);
	}
	if (!clear_page_dirty_for_io(page))
		goto skip;
	wbc->nr_to_write--;
	return mapping->a_ops->writepage(page, wbc);
skip:
	unlock_page(page);
	return 0;
}

int generic_writepages(struct address_space *mapping, struct writeback_control *wbc)
{
	pgoff_t index = wbc->range_start >> PAGE_SHIFT, end = wbc->range_end >> PAGE_SHIFT;
	struct page *pages[BATCH];
	unsigned int nr;
	int err = 0;

	if (!mapping->a_ops->writepage)
		return 0;
	while (index <= end && wbc->nr_to_write > 0 &&
	       (nr = find_get_pages_range_tag(mapping, &index, end, PAGECACHE_TAG_DIRTY, BATCH,
					      pages))) {
		for (unsigned int i = 0; i < nr; i++) {
			int e = write_tagged(mapping, pages[i], wbc);

			put_page(pages[i]);
			if (e) {
				mapping_set_error(mapping, e);
				err = err ? err : e;
			}
		}
		cond_resched();
	}
	return err;
}

int do_writepages(struct address_space *mapping, struct writeback_control *wbc)
{
	if (wbc->nr_to_write <= 0)
		return 0;
	if (mapping->a_ops->writepages)
		return mapping->a_ops->writepages(mapping, wbc);
	return generic_writepages(mapping, wbc);
}

static int write_range(struct address_space *mapping, loff_t start, loff_t end,
		       enum writeback_sync_modes mode)
{
	struct writeback_control wbc = { .sync_mode = mode, .nr_to_write = 0x7fffffffL,
					 .range_start = start, .range_end = end };

	if (!can_write_back(mapping) || !xa_marked(&mapping->i_pages, PAGECACHE_TAG_DIRTY))
		return 0;
	return do_writepages(mapping, &wbc);
}

int filemap_fdatawrite_range(struct address_space *mapping, loff_t start, loff_t end)
{
	return write_range(mapping, start, end, WB_SYNC_ALL);
}

int filemap_flush(struct address_space *mapping)
{
	return write_range(mapping, 0, 0x7fffffffffffffffLL, WB_SYNC_NONE);
}

/* Reports an earlier error once. */
static int check_errors(struct address_space *mapping)
{
	int err = 0;

	if (test_and_clear_bit(AS_ENOSPC, &mapping->flags))
		err = -ENOSPC;
	if (test_and_clear_bit(AS_EIO, &mapping->flags))
		err = -EIO;
	return err;
}

/* Waits for all pages of the range that are being written. */
static void wait_range(struct address_space *mapping, loff_t start, loff_t end)
{
	pgoff_t index = start >> PAGE_SHIFT, last = end >> PAGE_SHIFT;
	struct page *pages[BATCH];
	unsigned int nr;

	while (index <= last &&
	       (nr = find_get_pages_range_tag(mapping, &index, last, PAGECACHE_TAG_WRITEBACK,
					      BATCH, pages))) {
		for (unsigned int i = 0; i < nr; i++) {
			wait_on_page_writeback(pages[i]);
			put_page(pages[i]);
		}
		cond_resched();
	}
}

void filemap_fdatawait_keep_errors(struct address_space *mapping)
{
	wait_range(mapping, 0, 0x7fffffffffffffffLL);
}

int filemap_fdatawait_range(struct address_space *mapping, loff_t start, loff_t end)
{
	wait_range(mapping, start, end);
	return check_errors(mapping);
}

int filemap_write_and_wait_range(struct address_space *mapping, loff_t start, loff_t end)
{
	int err, werr;

	if (!mapping->nrpages)
		return check_errors(mapping);
	err = filemap_fdatawrite_range(mapping, start, end);
	if (err == -EIO)
		return err;
	werr = filemap_fdatawait_range(mapping, start, end);
	return err ? err : werr;
}

int filemap_write_and_wait(struct address_space *mapping)
{
	return filemap_write_and_wait_range(mapping, 0, 0x7fffffffffffffffLL);
}

int file_write_and_wait_range(struct file *file, loff_t start, loff_t end)
{
	return filemap_write_and_wait_range(file->f_mapping, start, end);
}
