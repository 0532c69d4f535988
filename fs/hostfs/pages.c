// SPDX-License-Identifier: MIT
/*
 * The page cache over files of the host.
 *
 * A page that is missed is read together with its aligned cluster, straight from the host into
 * pages in a row: one host call, and later one host mapping in a stub for all of them. Clusters of
 * programs are larger: what is executed once is executed by many, and each mapping of each of them
 * costs what 16 pages do. Pages
 * become dirty only by shared mappings; write() goes to the host at once (file.c).
 */
#include "internal.h"
#include <fs/file.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/kernel.h>
#include <lib/string.h>
#include <mm/page.h>
#include <mm/pagemap.h>
#include <um/setup.h>

#define CLUSTER 32UL
#define EXEC_CLUSTER 128UL

long hostfs_job(struct host_fs_job *job)
{
	long n = host_fs_try(job);

	if (n != -EAGAIN)
		return n;
	host_fs_submit(job);
	um_hostio_wait(&job->done);
	return job->result;
}

/* Reads as much as there is into nr pages in a row; the bytes, or -errno. */
static long fill(int fd, loff_t pos, struct page *pages, unsigned int nr)
{
	unsigned long want = nr * PAGE_SIZE, done = 0;
	long n = 0;

	while (done < want) {
		struct host_fs_vec vec = { (char *)page_address(pages) + done, want - done };
		struct host_fs_job job = {
			.op = HOST_FS_PREAD, .fd = fd, .vec = &vec, .nr_vec = 1, .offset = pos + done,
		};

		n = hostfs_job(&job);
		if (n <= 0)
			break;
		done += n;
	}
	return done ? (long)done : n;
}

/* What was read is valid, zeros behind the end of the file. n: bytes. => page locked */
static void finish(struct page *page, unsigned int skip, long n)
{
	long here = clamp(n - (long)(skip * PAGE_SIZE), 0L, (long)PAGE_SIZE);

	memset((char *)page_address(page) + here, 0, PAGE_SIZE - here);
	SetPageUptodate(page);
	unlock_page(page);
}

static int hostfs_readpage(struct file *file, struct page *page)
{
	struct address_space *mapping = page->mapping;
	int fd = hostfs_get(mapping->host);
	long n = fd;

	if (fd >= 0) {
		n = fill(fd, (loff_t)page->index << PAGE_SHIFT, page, 1);
		hostfs_put(mapping->host);
	}
	if (n >= 0) {
		finish(page, 0, n);
		return 0;
	}
	SetPageError(page);
	unlock_page(page);
	return n;
}

/* Reads new pages of the cache, which follow each other in both; takes their references. */
static void read_run(struct address_space *mapping, int fd, struct page *pages, unsigned int nr)
{
	long n = nr ? fill(fd, (loff_t)pages->index << PAGE_SHIFT, pages, nr) : 0;

	for (unsigned int i = 0; i < nr; i++) {
		if (n >= 0) {
			finish(pages + i, i, n);
		} else {
			delete_from_page_cache(pages + i);
			unlock_page(pages + i);
		}
		put_page(pages + i);
	}
}

/* Single pages in a row for up to `pages` of the file; *order: how many. NULL without memory. */
static struct page *alloc_cluster(struct address_space *mapping, unsigned long pages,
				  unsigned int *order)
{
	struct page *block;

	*order = get_order(pages << PAGE_SHIFT);
	block = alloc_pages(mapping_gfp_mask(mapping) | __GFP_NOWARN | __GFP_NORETRY, *order);
	if (block)
		split_page(block, *order);
	return block;
}

/* Reads what is not cached of [start, end). False: there was no memory in a row. */
static bool read_cluster(struct address_space *mapping, int fd, pgoff_t start, pgoff_t end)
{
	unsigned int order, nr = 0;
	struct page *block = alloc_cluster(mapping, end - start, &order);

	for (unsigned int i = 0; block && i < 1U << order; i++) {
		if (start + i < end &&
		    !add_to_page_cache_lru(block + i, mapping, start + i, GFP_KERNEL)) {
			nr++;
			continue;
		}
		put_page(block + i);
		read_run(mapping, fd, block + i - nr, nr);
		nr = 0;
	}
	if (block)
		read_run(mapping, fd, block + (1U << order) - nr, nr);
	return block;
}

static void hostfs_readahead(struct address_space *mapping, pgoff_t index)
{
	pgoff_t end = (i_size_read(mapping->host) + PAGE_SIZE - 1) >> PAGE_SHIFT;
	unsigned long size = READ_ONCE(HOSTFS_I(mapping->host)->executed) ? EXEC_CLUSTER : CLUSTER;
	int fd;

	if (index >= end)
		return;
	fd = hostfs_get(mapping->host);
	if (fd < 0)
		return;
	while (!read_cluster(mapping, fd, index & ~(size - 1), min(end, (index & ~(size - 1)) + size)) &&
	       size > CLUSTER)
		size = CLUSTER;
	hostfs_put(mapping->host);
}

/* A page that was written through a mapping. => page locked */
static int hostfs_writepage(struct page *page, struct writeback_control *wbc)
{
	struct inode *inode = page->mapping->host;
	loff_t pos = (loff_t)page->index << PAGE_SHIFT, size = i_size_read(inode);
	struct host_fs_vec vec = { page_address(page), PAGE_SIZE };
	struct host_fs_job job = { .op = HOST_FS_PWRITE, .vec = &vec, .nr_vec = 1, .offset = pos };
	long n = 0;

	set_page_writeback(page);
	unlock_page(page);
	if (pos < size) {
		vec.len = min_t(loff_t, PAGE_SIZE, size - pos);
		job.fd = hostfs_writer(inode);
		n = job.fd < 0 ? -EIO : hostfs_job(&job);
	}
	if (n < 0)
		SetPageError(page);
	end_page_writeback(page);
	return n < 0 ? n : 0;
}

const struct address_space_operations hostfs_aops = {
	.readpage = hostfs_readpage,
	.readahead = hostfs_readahead,
	.writepage = hostfs_writepage,
	.set_page_dirty = __set_page_dirty_nobuffers,
	.swap_activate = hostfs_swap_activate,
	.swap_deactivate = hostfs_swap_deactivate,
};
