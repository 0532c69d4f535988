// SPDX-License-Identifier: MIT
/*
 * A block device as a file: reads and writes through its page cache, direct I/O, ioctls, and
 * the device as swap space.
 */
#include "internal.h"

#include <fs/file.h>
#include <fs/inode.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/kernel.h>
#include <linux/capability.h>
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/hdreg.h>
#include <linux/stat.h>
#include <mm/fault.h>
#include <mm/mmap.h>
#include <mm/pagemap.h>
#include <mm/slab.h>
#include <mm/swap.h>
#include <mm/uaccess.h>
#include <mm/uio.h>

/* Pages of one direct transfer. */
#define DIO_PAGES 64

static struct block_device *file_bdev(const struct file *file)
{
	return I_BDEV(file->f_mapping->host);
}

/* How many bytes of the page the device has. */
static unsigned int bytes_in_page(const struct inode *inode, pgoff_t index)
{
	loff_t left = i_size_read(inode) - ((loff_t)index << PAGE_SHIFT);

	return left >= (loff_t)PAGE_SIZE ? PAGE_SIZE : left > 0 ? left : 0;
}

/* Submits one page, from its sector on; end() gets it in bi_private. => sleeps for memory only */
static void submit_page(struct block_device *bdev, blk_opf_t opf, struct page *page, pgoff_t at,
			unsigned int len, void (*end)(struct bio *bio))
{
	struct bio *bio = bio_alloc(bdev, 1, opf, GFP_NOIO | __GFP_NOFAIL);

	bio->bi_sector = (sector_t)at << (PAGE_SHIFT - SECTOR_SHIFT);
	bio_add_page(bio, page, len, 0);
	bio->bi_private = page;
	bio->bi_end_io = end;
	submit_bio(bio);
}

/* ---- the page cache ---- */

static void read_end(struct bio *bio)
{
	struct page *page = bio->bi_private;

	if (bio->bi_error)
		SetPageError(page);
	else
		SetPageUptodate(page);
	unlock_page(page);
	bio_put(bio);
}

static int blkdev_readpage(struct file *file, struct page *page)
{
	struct inode *inode = page->mapping->host;
	unsigned int len = bytes_in_page(inode, page->index);

	zero_user_segment(page, len, PAGE_SIZE);
	if (!len) {
		SetPageUptodate(page);
		unlock_page(page);
		return 0;
	}
	submit_page(I_BDEV(inode), REQ_OP_READ, page, page->index, len, read_end);
	return 0;
}

static void write_end(struct bio *bio)
{
	struct page *page = bio->bi_private;

	if (bio->bi_error) {
		SetPageError(page);
		mapping_set_error(page->mapping, bio->bi_error);
	}
	end_page_writeback(page);
	bio_put(bio);
}

static int blkdev_writepage(struct page *page, struct writeback_control *wbc)
{
	struct inode *inode = page->mapping->host;
	unsigned int len = bytes_in_page(inode, page->index);

	set_page_writeback(page);
	unlock_page(page);
	if (!len) {
		end_page_writeback(page);
		return 0;
	}
	submit_page(I_BDEV(inode), REQ_OP_WRITE, page, page->index, len, write_end);
	return 0;
}

static int blkdev_write_begin(struct file *file, struct address_space *mapping, loff_t pos,
			      unsigned int len, struct page **pagep, void **fsdata)
{
	struct page *page = pagecache_get_page(mapping, pos >> PAGE_SHIFT,
					       FGP_LOCK | FGP_WRITE | FGP_CREAT,
					       mapping_gfp_mask(mapping));
	int err;

	while (page && !PageUptodate(page) && len != PAGE_SIZE) {
		err = blkdev_readpage(file, page);
		if (err)
			return err;
		lock_page(page);
		if (PageUptodate(page) && page->mapping == mapping)
			break;
		err = PageError(page) ? -EIO : 0;
		unlock_page(page);
		put_page(page);
		if (err)
			return err;
		page = pagecache_get_page(mapping, pos >> PAGE_SHIFT,
					  FGP_LOCK | FGP_WRITE | FGP_CREAT,
					  mapping_gfp_mask(mapping));
	}
	*pagep = page;
	return page ? 0 : -ENOMEM;
}

/* ---- direct I/O ---- */

/* Up to DIO_PAGES pages of the caller's memory: bytes moved, or -errno. */
static ssize_t direct_some(struct kiocb *iocb, struct iov_iter *iter, struct page **pages)
{
	struct block_device *bdev = file_bdev(iocb->ki_filp);
	bool write = iov_iter_rw(iter) == ITER_SOURCE;
	size_t len = min(iov_iter_count(iter), (size_t)DIO_PAGES << PAGE_SHIFT), moved = 0;
	blk_opf_t opf = !write ? REQ_OP_READ : iocb->ki_flags & IOCB_DSYNC ? REQ_OP_WRITE | REQ_FUA :
									     REQ_OP_WRITE;
	struct bio *bio = bio_alloc(bdev, DIO_PAGES, opf, GFP_KERNEL);
	int err;

	if (!bio)
		return -ENOMEM;
	bio->bi_sector = iocb->ki_pos >> SECTOR_SHIFT;
	for (size_t at = 0; at < len; at += PAGE_SIZE) {
		size_t n = min(len - at, PAGE_SIZE);
		struct page *page = pages[at >> PAGE_SHIFT];

		if (write && copy_page_from_iter(page, 0, n, iter) != n) {
			bio_put(bio);
			return -EFAULT;
		}
		bio_add_page(bio, page, n, 0);
	}
	err = submit_bio_wait(bio);
	bio_put(bio);
	if (err)
		return err;
	for (size_t at = 0; at < len && !write; at += PAGE_SIZE) {
		size_t n = copy_page_to_iter(pages[at >> PAGE_SHIFT], 0, min(len - at, PAGE_SIZE),
					     iter);

		moved += n;
		if (n < min(len - at, PAGE_SIZE))
			return moved ? moved : -EFAULT;
	}
	return len;
}

static ssize_t blkdev_direct_IO(struct kiocb *iocb, struct iov_iter *iter)
{
	unsigned int mask = bdev_logical_block_size(file_bdev(iocb->ki_filp)) - 1;
	struct page *pages[DIO_PAGES] = {};
	struct kiocb at = *iocb;
	ssize_t done = 0, n = 0;

	if ((iocb->ki_pos | iov_iter_count(iter)) & mask)
		return -EINVAL;
	n = min((size_t)DIO_PAGES, DIV_ROUND_UP(iov_iter_count(iter), PAGE_SIZE));
	if (alloc_pages_bulk_array(GFP_KERNEL, n, pages) < n)
		done = -ENOMEM;
	while (done >= 0 && iov_iter_count(iter)) {
		n = direct_some(&at, iter, pages);
		if (n <= 0) {
			done = done ? done : n;
			break;
		}
		done += n;
		at.ki_pos += n;
	}
	for (unsigned int i = 0; i < DIO_PAGES && pages[i]; i++)
		put_page(pages[i]);
	return done;
}

/* ---- swap ---- */

static void swap_read_end(struct bio *bio)
{
	swap_read_done(bio->bi_private, bio->bi_error);
	bio_put(bio);
}

static void swap_write_end(struct bio *bio)
{
	swap_write_done(bio->bi_private, bio->bi_error);
	bio_put(bio);
}

static void swap_read(struct swap_info_struct *si, struct page *page, pgoff_t slot)
{
	submit_page(si->private, REQ_OP_READ | REQ_SWAP, page, slot, PAGE_SIZE, swap_read_end);
}

static void swap_write(struct swap_info_struct *si, struct page *page, pgoff_t slot)
{
	submit_page(si->private, REQ_OP_WRITE | REQ_SWAP, page, slot, PAGE_SIZE, swap_write_end);
}

static int swap_discard(struct swap_info_struct *si, pgoff_t slot, unsigned long nr)
{
	return blkdev_issue_empty(si->private, REQ_OP_DISCARD,
				  (sector_t)slot << (PAGE_SHIFT - SECTOR_SHIFT),
				  (sector_t)nr << (PAGE_SHIFT - SECTOR_SHIFT));
}

static const struct swap_ops blkdev_swap_ops = {
	.read = swap_read, .write = swap_write, .discard = swap_discard,
};

static int blkdev_swap_activate(struct swap_info_struct *si, struct file *file)
{
	struct block_device *bdev = file_bdev(file);
	int err = 0;

	mutex_lock(&bdev->bd_mutex);
	if (bdev->bd_holder)
		err = -EBUSY;
	else
		bdev->bd_holder = (void *)&blkdev_swap_ops;
	mutex_unlock(&bdev->bd_mutex);
	si->ops = &blkdev_swap_ops;
	si->private = bdev;
	return err;
}

static void blkdev_swap_deactivate(struct file *file)
{
	struct block_device *bdev = file_bdev(file);

	mutex_lock(&bdev->bd_mutex);
	bdev->bd_holder = NULL;
	mutex_unlock(&bdev->bd_mutex);
}

const struct address_space_operations def_blk_aops = {
	.readpage = blkdev_readpage,
	.writepage = blkdev_writepage,
	.write_begin = blkdev_write_begin,
	.write_end = simple_write_end,
	.direct_IO = blkdev_direct_IO,
	.swap_activate = blkdev_swap_activate,
	.swap_deactivate = blkdev_swap_deactivate,
};

/* ---- the file ---- */

static int blkdev_open(struct inode *inode, struct file *file)
{
	void *holder = file->f_flags & O_EXCL ? file : NULL;
	struct block_device *bdev = blkdev_get_by_dev(inode->i_rdev, file->f_mode, holder);

	if (IS_ERR(bdev))
		return PTR_ERR(bdev);
	file->f_mapping = bdev->bd_inode->i_mapping;
	/* O_EXCL leaves f_flags once the file is open. */
	file->private_data = holder;
	return 0;
}

static int blkdev_release(struct inode *inode, struct file *file)
{
	blkdev_put(file_bdev(file), file->f_mode, file->private_data);
	return 0;
}

static ssize_t blkdev_read_iter(struct kiocb *iocb, struct iov_iter *iter)
{
	loff_t size = i_size_read(iocb->ki_filp->f_mapping->host);

	if (iocb->ki_pos >= size)
		return 0;
	iov_iter_truncate(iter, size - iocb->ki_pos);
	return generic_file_read_iter(iocb, iter);
}

static ssize_t blkdev_write_iter(struct kiocb *iocb, struct iov_iter *iter)
{
	struct address_space *mapping = iocb->ki_filp->f_mapping;
	loff_t size = i_size_read(mapping->host);
	ssize_t ret;

	if (!iov_iter_count(iter))
		return 0;
	if (iocb->ki_pos >= size)
		return -ENOSPC;
	iov_iter_truncate(iter, size - iocb->ki_pos);
	if (iocb->ki_flags & IOCB_DIRECT) {
		loff_t end = iocb->ki_pos + iov_iter_count(iter) - 1;

		ret = filemap_write_and_wait_range(mapping, iocb->ki_pos, end);
		if (ret)
			return ret;
		invalidate_inode_pages2_range(mapping, iocb->ki_pos >> PAGE_SHIFT, end >> PAGE_SHIFT);
		ret = blkdev_direct_IO(iocb, iter);
		if (ret > 0)
			iocb->ki_pos += ret;
	} else {
		ret = generic_perform_write(iocb, iter);
	}
	if (ret > 0 && (iocb->ki_flags & (IOCB_DSYNC | IOCB_SYNC))) {
		int err = vfs_fsync(iocb->ki_filp, 0);

		if (err)
			return err;
	}
	return ret;
}

static int blkdev_fsync(struct file *file, loff_t start, loff_t end, int datasync)
{
	struct block_device *bdev = file_bdev(file);
	int err = filemap_write_and_wait_range(file->f_mapping, start, end);

	return err ? err : blkdev_issue_flush(bdev);
}

static loff_t blkdev_llseek(struct file *file, loff_t offset, int whence)
{
	struct inode *inode = file->f_mapping->host;

	return generic_file_llseek_size(file, offset, whence, i_size_read(inode), i_size_read(inode));
}

/* ---- ioctl ---- */

static int get_geometry(struct block_device *bdev, struct hd_geometry __user *to)
{
	struct hd_geometry geo = { .heads = 255, .sectors = 63, .start = bdev->bd_start_sect };

	geo.cylinders = bdev->bd_disk->capacity / (255 * 63);
	return copy_to_user(to, &geo, sizeof(geo)) ? -EFAULT : 0;
}

static int flush_cache(struct block_device *bdev)
{
	if (!capable(CAP_SYS_ADMIN))
		return -EACCES;
	sync_blockdev(bdev);
	invalidate_mapping_pages(bdev->bd_inode->i_mapping, 0, ~0UL);
	return 0;
}

/* BLKDISCARD, BLKZEROOUT: the device forgets a range, and so does the cache. */
static int empty_range(struct block_device *bdev, unsigned int mode, enum req_op op,
		       const u64 __user *from)
{
	u64 range[2];

	if (!(mode & FMODE_WRITE))
		return -EBADF;
	if (copy_from_user(range, from, sizeof(range)))
		return -EFAULT;
	if ((range[0] | range[1]) & (SECTOR_SIZE - 1) || !range[1] ||
	    range[0] > (u64)bdev->bd_nr_sectors << SECTOR_SHIFT ||
	    range[1] > ((u64)bdev->bd_nr_sectors << SECTOR_SHIFT) - range[0])
		return -EINVAL;
	truncate_inode_pages_range(bdev->bd_inode->i_mapping, range[0], range[0] + range[1] - 1);
	return blkdev_issue_empty(bdev, op, range[0] >> SECTOR_SHIFT, range[1] >> SECTOR_SHIFT);
}

long blkdev_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct block_device *bdev = file_bdev(file);
	u64 size = (u64)bdev->bd_nr_sectors << SECTOR_SHIFT;
	int err;

	switch (cmd) {
	case BLKGETSIZE64:
		return put_user(size, (u64 __user *)arg);
	case BLKGETSIZE:
		return put_user(bdev->bd_nr_sectors, (unsigned long __user *)arg);
	case BLKSSZGET:
		return put_user((int)bdev_logical_block_size(bdev), (int __user *)arg);
	case BLKPBSZGET:
		return put_user(bdev_logical_block_size(bdev), (unsigned int __user *)arg);
	case BLKIOMIN:
		return put_user(bdev_logical_block_size(bdev), (unsigned int __user *)arg);
	case BLKIOOPT:
		return put_user(0U, (unsigned int __user *)arg);
	case BLKALIGNOFF:
		return put_user(0, (int __user *)arg);
	case BLKBSZGET:
		return put_user((int)PAGE_SIZE, (int __user *)arg);
	case BLKROTATIONAL:
		return put_user((unsigned short)0, (unsigned short __user *)arg);
	case BLKROGET:
		return put_user((int)bdev_read_only(bdev), (int __user *)arg);
	case BLKRAGET:
	case BLKFRAGET:
		return put_user(256L, (long __user *)arg);
	case BLKDISCARD:
		return empty_range(bdev, file->f_mode, REQ_OP_DISCARD, (u64 __user *)arg);
	case BLKZEROOUT:
		return empty_range(bdev, file->f_mode, REQ_OP_WRITE_ZEROES, (u64 __user *)arg);
	case BLKFLSBUF:
		return flush_cache(bdev);
	case HDIO_GETGEO:
		return get_geometry(bdev, (struct hd_geometry __user *)arg);
	}
	err = -ENOTTY;
	if (bdev->bd_disk->fops->ioctl)
		err = bdev->bd_disk->fops->ioctl(bdev, file->f_mode, cmd, arg);
	return err;
}

const struct file_operations def_blk_fops = {
	.open = blkdev_open,
	.release = blkdev_release,
	.llseek = blkdev_llseek,
	.read_iter = blkdev_read_iter,
	.write_iter = blkdev_write_iter,
	.mmap = generic_file_mmap,
	.fsync = blkdev_fsync,
	.unlocked_ioctl = blkdev_ioctl,
};
