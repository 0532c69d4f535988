// SPDX-License-Identifier: MIT
/*
 * A file of the host as a swap area. Pages go straight to the host and come straight from it,
 * past the page cache: slot n is the page at n * PAGE_SIZE. Both wait for the host; reclaim may
 * come here with any lock, so nothing is taken or allocated.
 */
#include "internal.h"
#include <fs/file.h>
#include <kern/errno.h>
#include <mm/page.h>
#include <mm/swap.h>

static long transfer(struct page *page, enum host_fs_op op, int fd, pgoff_t slot)
{
	struct host_fs_vec vec = { page_address(page), PAGE_SIZE };
	struct host_fs_job job = {
		.op = op, .fd = fd, .vec = &vec, .nr_vec = 1, .offset = (long)slot << PAGE_SHIFT,
	};
	long n = hostfs_job(&job);

	if (n < 0)
		return n;
	return n == (long)PAGE_SIZE ? 0 : -EIO;
}

static void swap_read(struct swap_info_struct *si, struct page *page, pgoff_t slot)
{
	swap_read_done(page, transfer(page, HOST_FS_PREAD, (long)si->private, slot));
}

static void swap_write(struct swap_info_struct *si, struct page *page, pgoff_t slot)
{
	int fd = hostfs_writer(file_inode(si->file));

	swap_write_done(page, fd < 0 ? -EIO : transfer(page, HOST_FS_PWRITE, fd, slot));
}

static const struct swap_ops hostfs_swap_ops = { .read = swap_read, .write = swap_write };

/* The descriptor for reading stays until hostfs_swap_deactivate(); the open file keeps the other. */
int hostfs_swap_activate(struct swap_info_struct *si, struct file *file)
{
	int fd = hostfs_get(file_inode(file));

	if (fd < 0)
		return fd;
	si->ops = &hostfs_swap_ops;
	si->private = (void *)(long)fd;
	return 0;
}

void hostfs_swap_deactivate(struct file *file)
{
	hostfs_put(file_inode(file));
}
