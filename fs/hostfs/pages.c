// SPDX-License-Identifier: MIT
/*
 * The page cache over files of the host.
 *
 * A page that is missed is read together with those behind it, straight from the host into
 * their places: one host call for up to CLUSTER pages. Pages become dirty only by shared
 * mappings; write() goes to the host at once (file.c).
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

#define CLUSTER 16

long hostfs_job(struct host_fs_job *job)
{
	long n = host_fs_try(job);

	if (n != -EAGAIN)
		return n;
	host_fs_submit(job);
	um_hostio_wait(&job->done);
	return job->result;
}

/* Adds absent pages behind `first` to the cache, locked; how many there are with it. */
static unsigned int gather(struct address_space *mapping, struct page *first, struct page **pages)
{
	pgoff_t end = (i_size_read(mapping->host) + PAGE_SIZE - 1) >> PAGE_SHIFT;
	unsigned int nr = 1;

	pages[0] = first;
	while (nr < CLUSTER && first->index + nr < end) {
		struct page *page = __page_cache_alloc(mapping_gfp_mask(mapping));

		if (!page)
			break;
		if (add_to_page_cache_lru(page, mapping, first->index + nr, GFP_KERNEL)) {
			put_page(page);
			break;
		}
		pages[nr++] = page;
	}
	return nr;
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

/* What was read is valid, zeros behind the end of the file; the rest goes again. */
static void finish(struct page **pages, unsigned int nr, long n)
{
	for (unsigned int i = 0; i < nr; i++) {
		long here = n - (long)(i * PAGE_SIZE);

		if (n < 0) {
			if (!i)
				SetPageError(pages[i]);
			else
				delete_from_page_cache(pages[i]);
		} else {
			here = clamp(here, 0L, (long)PAGE_SIZE);
			memset((char *)page_address(pages[i]) + here, 0, PAGE_SIZE - here);
			SetPageUptodate(pages[i]);
		}
		unlock_page(pages[i]);
		if (i)
			put_page(pages[i]);
	}
}

static int hostfs_readpage(struct file *file, struct page *page)
{
	struct address_space *mapping = page->mapping;
	struct page *pages[CLUSTER];
	int fd = hostfs_get(mapping->host);
	unsigned int nr;
	long n;

	if (fd < 0) {
		unlock_page(page);
		return fd;
	}
	nr = gather(mapping, page, pages);
	n = fill(fd, (loff_t)page->index << PAGE_SHIFT, pages, nr);
	hostfs_put(mapping->host);
	finish(pages, nr, n);
	return n < 0 ? n : 0;
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
	.writepage = hostfs_writepage,
	.set_page_dirty = __set_page_dirty_nobuffers,
};
