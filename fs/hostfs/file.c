// SPDX-License-Identifier: MIT
/*
 * Open files of the host.
 *
 * Reading goes through the page cache, after a look whether the file is still the one that the
 * pages are of. Writing goes to the host at once, under i_rwsem, and then into those pages that
 * are cached, so that mappings see it. Nothing that a program has written waits in the guest,
 * but what it wrote through a shared mapping: that goes out at msync(), fsync() and the last
 * close.
 */
#include "internal.h"
#include <fs/file.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/kernel.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <lib/string.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <mm/mmap.h>
#include <mm/page.h>
#include <mm/pagemap.h>
#include <mm/uio.h>

#define BOUNCE_ORDER 4	/* 64 KiB */

static int hostfs_open(struct inode *inode, struct file *file)
{
	struct dentry *dentry = file_dentry(file);
	int fd, error = 0;

	if (file->f_mode & FMODE_WRITE)
		error = hostfs_get_writer(inode, dentry);
	if (error)
		return error;
	/* The host has its say about reading now, not at the first read. */
	if (file->f_mode & (FMODE_READ | FMODE_EXEC)) {
		fd = hostfs_get(inode);
		if (fd >= 0) {
			hostfs_put(inode);
			error = hostfs_refresh(inode, dentry, true);
		} else {
			error = fd;
		}
	}
	if (error) {
		if (file->f_mode & FMODE_WRITE)
			hostfs_put_writer(inode);
		return error;
	}
	hostfs_opened(inode);
	return 0;
}

static int hostfs_release(struct inode *inode, struct file *file)
{
	if (file->f_mode & FMODE_WRITE) {
		hostfs_put_writer(inode);
		hostfs_changed(inode, file_dentry(file));
	}
	hostfs_closed(inode);
	return 0;
}

static ssize_t hostfs_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct inode *inode = file_inode(iocb->ki_filp);
	int error = hostfs_refresh(inode, file_dentry(iocb->ki_filp), false);

	return error ? error : generic_file_read_iter(iocb, to);
}

/* ---- writing ---- */

/* Puts what was written into the pages that are cached. */
static void update_pages(struct address_space *mapping, loff_t pos, const char *buf, long len)
{
	while (len && READ_ONCE(mapping->nrpages)) {
		unsigned int offset = pos & ~PAGE_MASK;
		long n = min_t(long, len, PAGE_SIZE - offset);
		struct page *page = find_lock_page(mapping, pos >> PAGE_SHIFT);

		if (page) {
			if (PageUptodate(page))
				memcpy((char *)page_address(page) + offset, buf, n);
			unlock_page(page);
			put_page(page);
		}
		pos += n;
		buf += n;
		len -= n;
	}
}

/* One buffer; the bytes that the host took, or -errno. */
static long write_out(struct kiocb *iocb, char *buf, long len)
{
	struct inode *inode = file_inode(iocb->ki_filp);
	struct host_fs_vec vec = { buf, len };
	struct host_fs_job job = {
		.op = HOST_FS_PWRITE, .fd = hostfs_writer(inode), .vec = &vec, .nr_vec = 1,
		.offset = iocb->ki_pos, .flags = iocb->ki_flags & IOCB_APPEND ? HOST_FS_APPEND : 0,
	};
	long n = hostfs_job(&job);
	struct host_fs_attr attr;

	if (n <= 0)
		return n;
	if (!host_fs_stat(job.fd, "", &attr)) {
		hostfs_restamp(inode, &attr);
		/* Others on the host may have appended as well. */
		if (iocb->ki_flags & IOCB_APPEND)
			iocb->ki_pos = max_t(loff_t, attr.size, n) - n;
	}
	update_pages(inode->i_mapping, iocb->ki_pos, buf, n);
	iocb->ki_pos += n;
	return n;
}

static ssize_t write_all(struct kiocb *iocb, struct iov_iter *from, char *buf, size_t size)
{
	ssize_t done = 0;

	while (iov_iter_count(from)) {
		size_t want = copy_from_iter(buf, min(size, iov_iter_count(from)), from);
		long n = want ? write_out(iocb, buf, want) : -EFAULT;

		if (n <= 0) {
			done = done ? done : n;
			break;
		}
		done += n;
		if ((size_t)n < want) {
			iov_iter_revert(from, want - n);
			break;
		}
		if (fatal_signal_pending(current))
			break;
		cond_resched();
	}
	return done;
}

static ssize_t write_locked(struct kiocb *iocb, struct iov_iter *from)
{
	struct file *file = iocb->ki_filp;
	struct inode *inode = file_inode(file);
	unsigned int order = min_t(unsigned int, get_order(iov_iter_count(from)), BOUNCE_ORDER);
	struct page *bounce;
	ssize_t n;

	hostfs_refresh(inode, file_dentry(file), true);
	n = generic_write_checks(iocb, from);
	if (n <= 0)
		return n;
	n = file_remove_privs(file);
	if (n)
		return n;
	bounce = alloc_pages(GFP_KERNEL | __GFP_NOWARN | (order ? __GFP_NORETRY : 0), order);
	if (!bounce && order) {
		order = 0;
		bounce = alloc_pages(GFP_KERNEL, 0);
	}
	if (!bounce)
		return -ENOMEM;
	/* What a mapping wrote comes first, whatever order the pages would go out in. */
	n = filemap_write_and_wait_range(inode->i_mapping, iocb->ki_pos,
					 iocb->ki_pos + iov_iter_count(from) - 1);
	if (!n)
		n = write_all(iocb, from, page_address(bounce), PAGE_SIZE << order);
	__free_pages(bounce, order);
	return n;
}

static int sync_file(struct inode *inode, bool datasync)
{
	struct host_fs_job job = {
		.op = HOST_FS_FSYNC, .fd = hostfs_writer(inode), .flags = datasync ? HOST_FS_DATA : 0,
	};
	int error;

	if (job.fd >= 0)
		return hostfs_job(&job);
	job.fd = hostfs_get(inode);
	if (job.fd < 0)
		return job.fd;
	error = hostfs_job(&job);
	hostfs_put(inode);
	return error;
}

static ssize_t hostfs_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	struct inode *inode = file_inode(iocb->ki_filp);
	ssize_t n;

	inode_lock(inode);
	n = write_locked(iocb, from);
	inode_unlock(inode);
	if (n > 0 && (iocb->ki_flags & (IOCB_SYNC | IOCB_DSYNC) || iocb->ki_filp->f_flags & O_DSYNC)) {
		int error = sync_file(inode, !(iocb->ki_filp->f_flags & __O_SYNC));

		if (error)
			return error;
	}
	return n;
}

static int hostfs_fsync(struct file *file, loff_t start, loff_t end, int datasync)
{
	struct inode *inode = file_inode(file);
	int error;

	if (!HOSTFS_SB(inode->i_sb)->writable)
		return 0;
	error = file_write_and_wait_range(file, start, end);
	return error ? error : sync_file(inode, datasync);
}

/* ---- size ---- */

/* Does a job that needs the right to write, with the guest's descriptor or one for this time. */
static int change_content(struct inode *inode, struct dentry *dentry, struct host_fs_job *job)
{
	bool mine = hostfs_writer(inode) < 0;
	int error = 0;

	if (mine)
		error = hostfs_get_writer(inode, dentry);
	if (error)
		return error;
	job->fd = hostfs_writer(inode);
	error = hostfs_job(job);
	if (mine)
		hostfs_put_writer(inode);
	return error;
}

/* => inode locked */
int hostfs_truncate(struct inode *inode, struct dentry *dentry, loff_t size)
{
	struct host_fs_job job = { .op = HOST_FS_TRUNCATE, .len = size };
	int error;

	if (!S_ISREG(inode->i_mode))
		return -EINVAL;
	error = filemap_write_and_wait(inode->i_mapping);
	if (!error)
		error = change_content(inode, dentry, &job);
	if (!error)
		truncate_setsize(inode, size);
	return error;
}

static long hostfs_fallocate(struct file *file, int mode, loff_t offset, loff_t len)
{
	struct inode *inode = file_inode(file);
	struct host_fs_job job = {
		.op = HOST_FS_FALLOCATE, .fd = hostfs_writer(inode), .offset = offset, .len = len,
		.flags = mode,
	};
	long error;

	inode_lock(inode);
	error = inode_newsize_ok(inode, offset + len);
	if (!error)
		error = filemap_write_and_wait(inode->i_mapping);
	if (!error)
		error = hostfs_job(&job);
	if (!error) {
		/* Anything but reserving room changes what the file holds. */
		if (mode & ~FALLOC_FL_KEEP_SIZE)
			truncate_pagecache_range(inode, round_down(offset, (loff_t)PAGE_SIZE), -1);
		hostfs_changed(inode, file_dentry(file));
	}
	inode_unlock(inode);
	return error;
}

static loff_t hostfs_llseek(struct file *file, loff_t offset, int whence)
{
	struct inode *inode = file_inode(file);
	int fd;

	if (whence == SEEK_END || whence == SEEK_DATA || whence == SEEK_HOLE)
		hostfs_refresh(inode, file_dentry(file), false);
	if (whence != SEEK_DATA && whence != SEEK_HOLE)
		return generic_file_llseek_size(file, offset, whence, inode->i_sb->s_maxbytes,
						i_size_read(inode));
	filemap_write_and_wait(inode->i_mapping);
	fd = hostfs_get(inode);
	if (fd < 0)
		return fd;
	offset = host_fs_seek(fd, offset, whence);
	hostfs_put(inode);
	if (offset >= 0)
		file->f_pos = offset;
	return offset;
}

static int hostfs_mmap(struct file *file, struct vm_area_struct *vma)
{
	if (vma->vm_flags & VM_EXEC)
		WRITE_ONCE(HOSTFS_I(file_inode(file))->executed, true);
	return generic_file_mmap(file, vma);
}

const struct file_operations hostfs_file_fops = {
	.open = hostfs_open,
	.release = hostfs_release,
	.llseek = hostfs_llseek,
	.read_iter = hostfs_read_iter,
	.write_iter = hostfs_write_iter,
	.mmap = hostfs_mmap,
	.fsync = hostfs_fsync,
	.fallocate = hostfs_fallocate,
};
