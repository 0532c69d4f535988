// SPDX-License-Identifier: MIT
/* read() and write() through the page cache, and file systems that live in it alone. */
#include "vm.h"

#include <fs/file.h>
#include <fs/inode.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <mm/pagemap.h>
#include <mm/uio.h>

/* ---- reading ---- */

/*
 * Up to the end of the page at iocb->ki_pos: bytes, 0 at the end of the file, -errno. A hole
 * of a file without backing store is zeros, and stays a hole.
 */
static ssize_t read_one_page(struct kiocb *iocb, struct iov_iter *iter)
{
	struct address_space *mapping = iocb->ki_filp->f_mapping;
	unsigned long offset = offset_in_page(iocb->ki_pos), len;
	pgoff_t index = iocb->ki_pos >> PAGE_SHIFT;
	struct page *page;
	ssize_t copied;
	loff_t size;

	if (iocb->ki_pos >= i_size_read(mapping->host))
		return 0;
	page = find_get_page(mapping, index);
	if (!page && mapping_unevictable(mapping))
		page = NULL;
	else if (!page || !PageUptodate(page)) {
		if (page)
			put_page(page);
		if (iocb->ki_flags & IOCB_NOWAIT)
			return -EAGAIN;
		page = filemap_get_uptodate(iocb->ki_filp, mapping, index, NULL);
		if (IS_ERR(page))
			return PTR_ERR(page);
	}
	/* The size counts once the page is known to be valid. */
	size = i_size_read(mapping->host);
	len = min(PAGE_SIZE - offset, iter->count);
	len = iocb->ki_pos < size ? min((loff_t)len, size - iocb->ki_pos) : 0;
	copied = page ? copy_page_to_iter(page, offset, len, iter) : iov_iter_zero(len, iter);
	if (page) {
		mark_page_accessed(page);
		put_page(page);
	}
	iocb->ki_pos += copied;
	return len && !copied ? -EFAULT : copied;
}

ssize_t filemap_read(struct kiocb *iocb, struct iov_iter *iter, ssize_t already)
{
	ssize_t done = already, got = 0;

	while (iter->count) {
		size_t want = min(PAGE_SIZE - offset_in_page(iocb->ki_pos), iter->count);

		cond_resched();
		got = read_one_page(iocb, iter);
		if (got <= 0)
			break;
		done += got;
		if (got < want || fatal_signal_pending(current))
			break;
	}
	file_accessed(iocb->ki_filp);
	return done ? done : got;
}

ssize_t generic_file_read_iter(struct kiocb *iocb, struct iov_iter *iter)
{
	struct address_space *mapping = iocb->ki_filp->f_mapping;

	if (!iter->count)
		return 0;
	if ((iocb->ki_flags & IOCB_DIRECT) && mapping->a_ops->direct_IO) {
		loff_t end = iocb->ki_pos + iter->count - 1;
		ssize_t ret = filemap_write_and_wait_range(mapping, iocb->ki_pos, end);

		if (ret < 0)
			return ret;
		ret = mapping->a_ops->direct_IO(iocb, iter);
		if (ret > 0)
			iocb->ki_pos += ret;
		file_accessed(iocb->ki_filp);
		return ret;
	}
	return filemap_read(iocb, iter, 0);
}

/* ---- writing ---- */

/* One page's share: bytes taken, 0 to try again with a shorter piece, -errno. */
static ssize_t write_one_page(struct kiocb *iocb, struct iov_iter *iter, size_t bytes)
{
	struct file *file = iocb->ki_filp;
	struct address_space *mapping = file->f_mapping;
	const struct address_space_operations *ops = mapping->a_ops;
	unsigned long offset = offset_in_page(iocb->ki_pos);
	void *fsdata = NULL;
	struct page *page;
	size_t copied;
	int taken;

	if (fault_in_iov_iter_readable(iter, bytes) == bytes)
		return -EFAULT;
	if (fatal_signal_pending(current))
		return -EINTR;
	taken = ops->write_begin(file, mapping, iocb->ki_pos, bytes, &page, &fsdata);
	if (taken < 0)
		return taken;
	/* The page is locked: a fault on it as the source would wait for ever. */
	copied = copy_page_from_iter_atomic(page, offset, bytes, iter);
	taken = ops->write_end(file, mapping, iocb->ki_pos, bytes, copied, page, fsdata);
	if (taken < 0 || taken < copied)
		iov_iter_revert(iter, copied - max(taken, 0));
	return taken;
}

ssize_t generic_perform_write(struct kiocb *iocb, struct iov_iter *iter)
{
	ssize_t done = 0, taken = 0;

	while (iter->count) {
		size_t bytes = min(PAGE_SIZE - offset_in_page(iocb->ki_pos), iter->count);

		taken = write_one_page(iocb, iter, bytes);
		if (!taken) {
			/* A page of the source was taken away again: go by segments. */
			bytes = min(bytes, iov_iter_single_seg_count(iter));
			taken = write_one_page(iocb, iter, bytes);
		}
		if (taken < 0)
			break;
		iocb->ki_pos += taken;
		done += taken;
		balance_dirty_pages_ratelimited(iocb->ki_filp->f_mapping);
		cond_resched();
	}
	return done ? done : taken;
}

ssize_t __generic_file_write_iter(struct kiocb *iocb, struct iov_iter *iter)
{
	struct address_space *mapping = iocb->ki_filp->f_mapping;
	ssize_t ret;

	ret = file_remove_privs(iocb->ki_filp);
	if (ret)
		return ret;
	ret = file_update_time(iocb->ki_filp);
	if (ret)
		return ret;
	if (!(iocb->ki_flags & IOCB_DIRECT) || !mapping->a_ops->direct_IO)
		return generic_perform_write(iocb, iter);
	invalidate_inode_pages2_range(mapping, iocb->ki_pos >> PAGE_SHIFT,
				      (iocb->ki_pos + iter->count - 1) >> PAGE_SHIFT);
	ret = mapping->a_ops->direct_IO(iocb, iter);
	if (ret > 0)
		iocb->ki_pos += ret;
	return ret;
}

ssize_t generic_file_write_iter(struct kiocb *iocb, struct iov_iter *iter)
{
	struct inode *inode = iocb->ki_filp->f_mapping->host;
	ssize_t ret;

	inode_lock(inode);
	ret = generic_write_checks(iocb, iter);
	if (ret > 0)
		ret = __generic_file_write_iter(iocb, iter);
	inode_unlock(inode);
	if (ret > 0 && (iocb->ki_flags & (IOCB_DSYNC | IOCB_SYNC))) {
		int err = vfs_fsync(iocb->ki_filp, !(iocb->ki_flags & IOCB_SYNC));

		if (err)
			return err;
	}
	return ret;
}

/* ---- file systems without backing store ---- */

int simple_readpage(struct file *file, struct page *page)
{
	clear_highpage(page);
	SetPageUptodate(page);
	unlock_page(page);
	return 0;
}

int simple_write_begin(struct file *file, struct address_space *mapping, loff_t pos,
		       unsigned int len, struct page **pagep, void **fsdata)
{
	struct page *page = pagecache_get_page(mapping, pos >> PAGE_SHIFT,
					       FGP_LOCK | FGP_WRITE | FGP_CREAT,
					       mapping_gfp_mask(mapping));

	if (!page)
		return -ENOMEM;
	*pagep = page;
	if (!PageUptodate(page) && len != PAGE_SIZE) {
		unsigned int from = offset_in_page(pos);

		zero_user_segment(page, 0, from);
		zero_user_segment(page, from + len, PAGE_SIZE);
	}
	return 0;
}

int simple_write_end(struct file *file, struct address_space *mapping, loff_t pos,
		     unsigned int len, unsigned int copied, struct page *page, void *fsdata)
{
	struct inode *inode = mapping->host;
	loff_t last = pos + copied;

	if (!PageUptodate(page)) {
		if (copied < len)
			zero_user_segment(page, offset_in_page(pos) + copied,
					  offset_in_page(pos) + len);
		SetPageUptodate(page);
	}
	if (last > i_size_read(inode))
		i_size_write(inode, last);
	set_page_dirty(page);
	unlock_page(page);
	put_page(page);
	return copied;
}

const struct address_space_operations ram_aops = {
	.readpage = simple_readpage,
	.write_begin = simple_write_begin,
	.write_end = simple_write_end,
	.set_page_dirty = __set_page_dirty_no_writeback,
};
