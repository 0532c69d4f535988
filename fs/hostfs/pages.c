// SPDX-License-Identifier: MIT
/*
 * The page cache over files of the host.
 *
 * A page that is missed is read together with its aligned cluster, straight from the host into
 * pages in a row: one host call, and later one host mapping in a stub for all of them. Pages
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

#define CLUSTER 32

long hostfs_job(struct host_fs_job *job)
{
	long n = host_fs_try(job);

	if (n != -EAGAIN)
		return n;
	host_fs_submit(job);
	um_hostio_wait(&job->done);
	return job->result;
}

/* Reads as much as there is; the bytes, or -errno. */
static long fill(int fd, loff_t pos, struct page **pages, unsigned int nr)
{
	struct host_fs_vec vec[CLUSTER];
	unsigned long want = nr * PAGE_SIZE, done = 0;
	long n = 0;

	while (done < want) {
		unsigned int skip = done >> PAGE_SHIFT;
		unsigned long part = done & ~PAGE_MASK;
		struct host_fs_job job = {
			.op = HOST_FS_PREAD, .fd = fd, .vec = vec, .nr_vec = nr - skip, .offset = pos + done,
		};

		for (unsigned int i = skip; i < nr; i++)
			vec[i - skip] = (struct host_fs_vec){ page_address(pages[i]), PAGE_SIZE };
		vec[0].base = (char *)vec[0].base + part;
		vec[0].len -= part;
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
		n = fill(fd, (loff_t)page->index << PAGE_SHIFT, &page, 1);
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

/* Reads new pages of the cache, which follow each other; takes their references. */
static void read_run(struct address_space *mapping, int fd, struct page **pages, unsigned int nr)
{
	long n = nr ? fill(fd, (loff_t)pages[0]->index << PAGE_SHIFT, pages, nr) : 0;

	for (unsigned int i = 0; i < nr; i++) {
		if (n >= 0) {
			finish(pages[i], i, n);
		} else {
			delete_from_page_cache(pages[i]);
			unlock_page(pages[i]);
		}
		put_page(pages[i]);
	}
}

static void hostfs_readahead(struct address_space *mapping, pgoff_t index)
{
	pgoff_t end = (i_size_read(mapping->host) + PAGE_SIZE - 1) >> PAGE_SHIFT;
	pgoff_t start = index & ~(pgoff_t)(CLUSTER - 1);
	struct page *pages[CLUSTER], *block;
	unsigned int order, nr = 0;
	int fd;

	if (index >= end)
		return;
	end = min(end, start + CLUSTER);
	order = get_order((end - start) << PAGE_SHIFT);
	fd = hostfs_get(mapping->host);
	if (fd < 0)
		return;
	block = alloc_pages(mapping_gfp_mask(mapping) | __GFP_NOWARN | __GFP_NORETRY, order);
	if (block)
		split_page(block, order);
	for (unsigned int i = 0; block && i < 1U << order; i++) {
		if (start + i < end &&
		    !add_to_page_cache_lru(block + i, mapping, start + i, GFP_KERNEL)) {
			pages[nr++] = block + i;
			continue;
		}
		put_page(block + i);
		read_run(mapping, fd, pages, nr);
		nr = 0;
	}
	read_run(mapping, fd, pages, nr);
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
