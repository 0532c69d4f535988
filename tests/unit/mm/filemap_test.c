// SPDX-License-Identifier: MIT
/* The page cache over a made-up file system: filling, writing back, truncation, reclaim. */
#include <fs/inode.h>
#include <kern/completion.h>
#include <kern/kthread.h>
#include <kern/ktest.h>
#include <kern/sched.h>
#include <mm/gfp.h>
#include <mm/pagemap.h>
#include <mm/slab.h>
#include <mm/vmstat.h>

#define PAGES 300

struct disk {
	struct inode inode;
	u8 content[PAGES];	/* first byte of each page */
	int reads, writes;
	bool broken;
};

static int disk_readpage(struct file *file, struct page *page)
{
	struct disk *d = container_of(page->mapping->host, struct disk, inode);

	d->reads++;
	if (!d->broken) {
		memset(page_address(page), d->content[page->index], PAGE_SIZE);
		SetPageUptodate(page);
	}
	unlock_page(page);
	return 0;
}

static int disk_writepage(struct page *page, struct writeback_control *wbc)
{
	struct disk *d = container_of(page->mapping->host, struct disk, inode);

	d->writes++;
	d->content[page->index] = *(u8 *)page_address(page);
	set_page_writeback(page);
	unlock_page(page);
	end_page_writeback(page);
	return 0;
}

static const struct address_space_operations disk_aops = {
	.readpage = disk_readpage,
	.writepage = disk_writepage,
};

static struct disk *new_disk(void)
{
	struct disk *d = kvzalloc(sizeof(*d), GFP_KERNEL);

	if (!d)
		return NULL;
	address_space_init_once(&d->inode.i_data);
	d->inode.i_mapping = &d->inode.i_data;
	d->inode.i_data.host = &d->inode;
	d->inode.i_data.a_ops = &disk_aops;
	d->inode.i_size = PAGES * PAGE_SIZE;
	for (int i = 0; i < PAGES; i++)
		d->content[i] = i;
	return d;
}

static void free_disk(struct disk *d)
{
	truncate_inode_pages_final(&d->inode.i_data);
	KEXPECT_EQ(d->inode.i_data.nrpages, 0UL);
	kvfree(d);
}

static u8 read_byte(struct disk *d, pgoff_t index)
{
	struct page *page = read_mapping_page(&d->inode.i_data, index, NULL);
	u8 byte;

	if (IS_ERR(page))
		return 0xff;
	byte = *(u8 *)page_address(page);
	put_page(page);
	return byte;
}

KTEST(filemap, pages_are_read_once)
{
	struct disk *d = new_disk();

	KASSERT_NOT_NULL(d);
	for (int round = 0; round < 3; round++)
		for (int i = 0; i < 50; i++)
			KEXPECT_EQ(read_byte(d, i), i);
	KEXPECT_EQ(d->reads, 50);
	KEXPECT_EQ(d->inode.i_data.nrpages, 50UL);
	free_disk(d);
}

KTEST(filemap, a_failed_read_is_an_error_and_tried_again)
{
	struct disk *d = new_disk();
	struct page *page;

	KASSERT_NOT_NULL(d);
	d->broken = true;
	page = read_mapping_page(&d->inode.i_data, 3, NULL);
	KEXPECT_EQ(PTR_ERR(page), -EIO);
	d->broken = false;
	KEXPECT_EQ(read_byte(d, 3), 3);
	free_disk(d);
}

KTEST(filemap, lookups_by_range_and_tag)
{
	struct disk *d = new_disk();
	struct page *pages[64];
	pgoff_t start = 0;
	unsigned int nr;

	KASSERT_NOT_NULL(d);
	for (int i = 0; i < PAGES; i += 10)
		read_byte(d, i);
	nr = find_get_pages_range(&d->inode.i_data, &start, PAGES, 64, pages);
	KEXPECT_EQ(nr, 30U);
	for (unsigned int i = 0; i < nr; i++) {
		KEXPECT_EQ(pages[i]->index, i * 10UL);
		if (i % 3 == 0)
			set_page_dirty(pages[i]);
		put_page(pages[i]);
	}
	start = 0;
	nr = find_get_pages_range_tag(&d->inode.i_data, &start, PAGES, PAGECACHE_TAG_DIRTY, 64,
				      pages);
	KEXPECT_EQ(nr, 10U);
	for (unsigned int i = 0; i < nr; i++)
		put_page(pages[i]);
	free_disk(d);
}

KTEST(filemap, dirty_pages_are_written_back)
{
	struct disk *d = new_disk();

	KASSERT_NOT_NULL(d);
	for (int i = 0; i < 20; i++) {
		struct page *page;

		read_byte(d, i);
		page = find_lock_page(&d->inode.i_data, i);
		KASSERT_NOT_NULL(page);
		*(u8 *)page_address(page) = 200 + i;
		KEXPECT_TRUE(set_page_dirty(page));
		KEXPECT_FALSE(set_page_dirty(page));
		unlock_page(page);
		put_page(page);
	}
	KEXPECT_EQ(filemap_write_and_wait_range(&d->inode.i_data, 0, 10 * PAGE_SIZE - 1), 0);
	KEXPECT_EQ(d->writes, 10);
	KEXPECT_EQ(filemap_write_and_wait(&d->inode.i_data), 0);
	KEXPECT_EQ(d->writes, 20);
	KEXPECT_EQ(filemap_write_and_wait(&d->inode.i_data), 0);
	KEXPECT_EQ(d->writes, 20);
	KEXPECT_EQ(d->content[19], 219);
	free_disk(d);
}

KTEST(filemap, truncation_zeroes_the_partial_page)
{
	struct disk *d = new_disk();
	struct page *page;
	u8 *p;

	KASSERT_NOT_NULL(d);
	for (int i = 0; i < 10; i++)
		read_byte(d, i);
	truncate_inode_pages(&d->inode.i_data, 5 * PAGE_SIZE + 100);
	KEXPECT_EQ(d->inode.i_data.nrpages, 6UL);
	page = find_get_page(&d->inode.i_data, 5);
	KASSERT_NOT_NULL(page);
	p = page_address(page);
	KEXPECT_EQ(p[99], 5);
	KEXPECT_EQ(p[100], 0);
	KEXPECT_EQ(p[PAGE_SIZE - 1], 0);
	put_page(page);
	/* A range in the middle, with two partial ends. */
	truncate_inode_pages_range(&d->inode.i_data, PAGE_SIZE + 10, 3 * PAGE_SIZE + 9);
	KEXPECT_EQ(d->inode.i_data.nrpages, 5UL);
	page = find_get_page(&d->inode.i_data, 3);
	KASSERT_NOT_NULL(page);
	p = page_address(page);
	KEXPECT_EQ(p[9], 0);
	KEXPECT_EQ(p[10], 3);
	put_page(page);
	KEXPECT_NULL(find_get_page(&d->inode.i_data, 2));
	free_disk(d);
}

KTEST(filemap, clean_pages_can_be_taken_back_and_read_again)
{
	struct disk *d = new_disk();
	struct page *held;

	KASSERT_NOT_NULL(d);
	for (int i = 0; i < PAGES; i++)
		read_byte(d, i);
	held = find_get_page(&d->inode.i_data, 7);
	KASSERT_NOT_NULL(held);
	drop_caches(1);
	drop_caches(1);
	KEXPECT_LE(d->inode.i_data.nrpages, 2UL);
	KEXPECT_EQ(find_get_page(&d->inode.i_data, 7), held);
	put_page(held);
	put_page(held);
	KEXPECT_EQ(read_byte(d, 250), 250);
	free_disk(d);
}

KTEST(filemap, invalidation_spares_dirty_pages)
{
	struct disk *d = new_disk();
	struct page *page;

	KASSERT_NOT_NULL(d);
	for (int i = 0; i < 20; i++)
		read_byte(d, i);
	page = find_get_page(&d->inode.i_data, 4);
	KASSERT_NOT_NULL(page);
	set_page_dirty(page);
	put_page(page);
	KEXPECT_EQ(invalidate_mapping_pages(&d->inode.i_data, 0, 9), 9UL);
	KEXPECT_EQ(d->inode.i_data.nrpages, 11UL);
	KEXPECT_EQ(invalidate_inode_pages2(&d->inode.i_data), -EBUSY);
	KEXPECT_EQ(d->inode.i_data.nrpages, 1UL);
	free_disk(d);
}

/* Two threads want the lock of one page; the count behind it must not tear. */
static struct page *contended;
static int counter;
static struct completion lockers_done[3];

static int lock_often(void *arg)
{
	for (int i = 0; i < 2000; i++) {
		int seen;

		lock_page(contended);
		seen = counter;
		if (i % 16 == 0)
			cond_resched();
		counter = seen + 1;
		unlock_page(contended);
	}
	complete(arg);
	return 0;
}

KTEST(filemap, page_lock_excludes)
{
	contended = alloc_page(GFP_KERNEL);
	counter = 0;
	KASSERT_NOT_NULL(contended);
	for (int i = 0; i < 3; i++) {
		init_completion(&lockers_done[i]);
		KASSERT_FALSE(IS_ERR(kthread_run(lock_often, &lockers_done[i], "locker%d", i)));
	}
	for (int i = 0; i < 3; i++)
		wait_for_completion(&lockers_done[i]);
	KEXPECT_EQ(counter, 6000);
	put_page(contended);
}
