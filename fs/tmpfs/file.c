// SPDX-License-Identifier: MIT
/*
 * The content of tmpfs files: pages of the page cache that have no other home but swap. A page is
 * charged to the mount when a write or a fault makes it; truncation, punching a hole and the end of
 * the inode give back what they drop (shmem_freepage()). Holes stay holes: reading one gives zeros
 * and makes no page.
 */
#include <fs/dentry.h>
#include <fs/file.h>
#include <fs/libfs.h>
#include <fs/posix_acl.h>
#include <fs/shmem.h>
#include <kern/bug.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/kernel.h>
#include <kern/rcupdate.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <linux/falloc.h>
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <mm/mmap.h>
#include <mm/pagemap.h>
#include <mm/swap.h>
#include <mm/uio.h>

#include "internal.h"

/*
 * Charges a new page, which is dropped when the mount is full: 0 or -ENOSPC.
 * => page locked and in the cache; on failure no longer
 */
static int charge_page(struct inode *inode, struct page *page)
{
	struct shmem_sb_info *sbi = inode->i_sb->s_fs_info;
	long used;

	/* fallocate() has done it, or a write that failed. */
	if (PageChecked(page))
		return 0;
	SetPageChecked(page);
	used = atomic_long_inc_return(&sbi->used_blocks);
	if (!sbi->max_blocks || used <= (long)sbi->max_blocks)
		return 0;
	delete_from_page_cache(page);
	return -ENOSPC;
}

/* A page, or the place of one that is on swap, has left the file. */
static void shmem_freepage(struct address_space *mapping, struct page *page)
{
	struct shmem_sb_info *sbi = mapping->host->i_sb->s_fs_info;

	atomic_long_dec(&sbi->used_blocks);
}

/* ---- pages ---- */

/*
 * A fault or a read ahead wants a page that is not there: zeros.
 * => page locked and in the cache, not yet charged
 */
static int shmem_readpage(struct file *file, struct page *page)
{
	int err = charge_page(page->mapping->host, page);

	if (err) {
		unlock_page(page);
		return err;
	}
	return simple_readpage(file, page);
}

static int shmem_write_begin(struct file *file, struct address_space *mapping, loff_t pos,
			     unsigned int len, struct page **pagep, void **fsdata)
{
	struct inode *inode = mapping->host;
	unsigned int seals = SHMEM_I(inode)->seals;
	int err;

	if (seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
		return -EPERM;
	if (seals & F_SEAL_GROW && pos + len > i_size_read(inode))
		return -EPERM;
	err = shmem_swap_in(mapping, pos >> PAGE_SHIFT);
	if (!err)
		err = simple_write_begin(file, mapping, pos, len, pagep, fsdata);
	if (err || PageUptodate(*pagep))
		return err;
	err = charge_page(inode, *pagep);
	if (err) {
		unlock_page(*pagep);
		put_page(*pagep);
	}
	return err;
}

const struct address_space_operations shmem_aops = {
	.readpage = shmem_readpage,
	.write_begin = shmem_write_begin,
	.write_end = simple_write_end,
	.set_page_dirty = __set_page_dirty_no_writeback,
	.freepage = shmem_freepage,
};

/* ---- read ---- */

/* The page at index with a reference, brought in from swap; NULL: a hole; ERR_PTR. */
static struct page *shmem_find_page(struct address_space *mapping, pgoff_t index)
{
	struct page *page;
	int err;

	for (;;) {
		page = find_get_page(mapping, index);
		if (page || !xa_load(&mapping->i_pages, index))
			return page;
		err = shmem_swap_in(mapping, index);
		if (err)
			return ERR_PTR(err);
	}
}

static ssize_t shmem_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct file *file = iocb->ki_filp;
	struct inode *inode = file_inode(file);
	ssize_t done = 0;
	int err = 0;

	while (iov_iter_count(to)) {
		loff_t size = i_size_read(inode);
		unsigned int offset = iocb->ki_pos & ~PAGE_MASK;
		size_t n = PAGE_SIZE - offset, copied;
		struct page *page;

		if (iocb->ki_pos >= size)
			break;
		n = min3(n, (size_t)(size - iocb->ki_pos), iov_iter_count(to));
		page = shmem_find_page(inode->i_mapping, iocb->ki_pos >> PAGE_SHIFT);
		if (IS_ERR(page)) {
			err = PTR_ERR(page);
			break;
		}
		if (page && PageUptodate(page))
			copied = copy_page_to_iter(page, offset, n, to);
		else
			copied = iov_iter_zero(n, to);
		if (page)
			put_page(page);
		done += copied;
		iocb->ki_pos += copied;
		if (copied < n) {
			err = -EFAULT;
			break;
		}
		cond_resched();
	}
	file_accessed(file);
	return done ? done : err;
}

/* ---- size ---- */

static int set_size(struct inode *inode, loff_t size)
{
	loff_t old = i_size_read(inode);
	unsigned int seals = SHMEM_I(inode)->seals;

	if ((size < old && seals & F_SEAL_SHRINK) || (size > old && seals & F_SEAL_GROW))
		return -EPERM;
	i_size_write(inode, size);
	/* Pages beyond the old end, too: fallocate() with KEEP_SIZE makes them. */
	if (size <= old) {
		unmap_mapping_range(inode->i_mapping, round_up(size, (loff_t)PAGE_SIZE), 0, 1);
		truncate_inode_pages_range(inode->i_mapping, size, -1);
		unmap_mapping_range(inode->i_mapping, round_up(size, (loff_t)PAGE_SIZE), 0, 1);
	}
	return 0;
}

int shmem_setattr(struct dentry *dentry, struct iattr *attr)
{
	struct inode *inode = d_inode(dentry);
	int err = setattr_prepare(dentry, attr);

	if (!err && attr->ia_valid & ATTR_SIZE && S_ISREG(inode->i_mode)) {
		err = set_size(inode, attr->ia_size);
		if (!err)
			inode->i_mtime = inode_set_ctime_current(inode);
	}
	if (!err) {
		setattr_copy(inode, attr);
		if (attr->ia_valid & ATTR_MODE)
			err = posix_acl_chmod(inode);
	}
	return err;
}

const struct inode_operations shmem_inode_operations = {
	.setattr = shmem_setattr,
	.getattr = shmem_getattr,
	.listxattr = shmem_listxattr,
	.fileattr_get = shmem_fileattr_get,
	.fileattr_set = shmem_fileattr_set,
};

static int punch_hole(struct inode *inode, loff_t offset, loff_t len)
{
	loff_t first = round_up(offset, (loff_t)PAGE_SIZE);
	loff_t last = round_down(offset + len, (loff_t)PAGE_SIZE);

	if (SHMEM_I(inode)->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
		return -EPERM;
	if (last > first)
		unmap_mapping_range(inode->i_mapping, first, last - first, 0);
	truncate_inode_pages_range(inode->i_mapping, offset, offset + len - 1);
	return 0;
}

static int reserve_page(struct inode *inode, pgoff_t index)
{
	struct address_space *mapping = inode->i_mapping;
	int err = shmem_swap_in(mapping, index);
	struct page *page;

	if (err)
		return err;
	page = pagecache_get_page(mapping, index, FGP_LOCK | FGP_CREAT, mapping_gfp_mask(mapping));
	if (!page)
		return -ENOMEM;
	if (!PageUptodate(page))
		err = charge_page(inode, page);
	unlock_page(page);
	put_page(page);
	return err;
}

/*
 * Reserves the pages of a range that are not there; on failure takes none back. They are charged
 * (PG_checked), but not up to date before somebody wants to see or write them.
 */
static int make_pages(struct inode *inode, loff_t offset, loff_t len)
{
	pgoff_t end = (offset + len + PAGE_SIZE - 1) >> PAGE_SHIFT;

	for (pgoff_t i = offset >> PAGE_SHIFT; i < end; i++) {
		int err = reserve_page(inode, i);

		if (err)
			return err;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

static long shmem_fallocate(struct file *file, int mode, loff_t offset, loff_t len)
{
	struct inode *inode = file_inode(file);
	long err;

	if (mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE))
		return -EOPNOTSUPP;
	inode_lock(inode);
	if (mode & FALLOC_FL_PUNCH_HOLE) {
		err = punch_hole(inode, offset, len);
	} else if (!(mode & FALLOC_FL_KEEP_SIZE) && SHMEM_I(inode)->seals & F_SEAL_GROW &&
		   offset + len > i_size_read(inode)) {
		err = -EPERM;
	} else {
		err = inode_newsize_ok(inode, offset + len);
		if (!err)
			err = file_remove_privs(file);
		if (!err)
			err = make_pages(inode, offset, len);
		if (!err && !(mode & FALLOC_FL_KEEP_SIZE) && offset + len > i_size_read(inode))
			i_size_write(inode, offset + len);
	}
	if (!err)
		inode->i_mtime = inode_set_ctime_current(inode);
	inode_unlock(inode);
	return err;
}

/* A page on swap was written once; one that is only reserved was not. */
static bool has_data(struct address_space *mapping, pgoff_t index)
{
	void *entry;
	bool has;

	rcu_read_lock();
	entry = xa_load(&mapping->i_pages, index);
	has = entry && (xa_is_value(entry) || PageUptodate((struct page *)entry));
	rcu_read_unlock();
	return has;
}

/* SEEK_DATA and SEEK_HOLE look at which pages have content. */
static loff_t shmem_llseek(struct file *file, loff_t offset, int whence)
{
	struct inode *inode = file_inode(file);
	loff_t size;

	if (whence != SEEK_DATA && whence != SEEK_HOLE)
		return generic_file_llseek_size(file, offset, whence, inode->i_sb->s_maxbytes,
						i_size_read(inode));
	inode_lock(inode);
	size = i_size_read(inode);
	if (offset < 0 || offset >= size) {
		inode_unlock(inode);
		return -ENXIO;
	}
	for (pgoff_t i = offset >> PAGE_SHIFT;; i++) {
		loff_t at = max(offset, (loff_t)i << PAGE_SHIFT);
		bool data;

		if (at >= size) {
			offset = whence == SEEK_DATA ? -ENXIO : size;
			break;
		}
		data = has_data(inode->i_mapping, i);
		if ((whence == SEEK_DATA) == data) {
			offset = at;
			break;
		}
		if (fatal_signal_pending(current)) {
			offset = -EINTR;
			break;
		}
		cond_resched();
	}
	if (offset >= 0)
		file->f_pos = offset;
	inode_unlock(inode);
	return offset;
}

static int shmem_mmap(struct file *file, struct vm_area_struct *vma)
{
	unsigned int seals = SHMEM_I(file_inode(file))->seals;

	if (vma->vm_flags & VM_SHARED && seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) {
		if (vma->vm_flags & VM_WRITE)
			return -EPERM;
		vma->vm_flags &= ~VM_MAYWRITE;
	}
	file_accessed(file);
	return generic_file_mmap(file, vma);
}

/* There is nothing below the page cache: O_DIRECT changes nothing. */
static int shmem_open(struct inode *inode, struct file *file)
{
	file->f_mode |= FMODE_CAN_ODIRECT;
	return 0;
}

const struct file_operations shmem_file_operations = {
	.open = shmem_open,
	.llseek = shmem_llseek,
	.read_iter = shmem_read_iter,
	.write_iter = generic_file_write_iter,
	.mmap = shmem_mmap,
	.fsync = noop_fsync,
	.fallocate = shmem_fallocate,
};
