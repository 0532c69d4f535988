/* SPDX-License-Identifier: MIT */
/* read(2), write(2) and their relatives. */
#include <fs/dentry.h>
#include <fs/file.h>
#include <fs/inode.h>
#include <fs/notify.h>
#include <fs/super.h>
#include <kern/err.h>
#include <kern/kernel.h>
#include <kern/resource.h>
#include <kern/signal.h>
#include <kern/syscalls.h>
#include <linux/fs.h>
#include <mm/slab.h>
#include <mm/uaccess.h>
#include <mm/uio.h>
#include "internal.h"

/* Some ABI headers lack it. */
#ifndef RWF_NOAPPEND
#define RWF_NOAPPEND 0x20
#endif

#define MAX_RW (0x7fffffffUL & ~4095UL)

void init_sync_kiocb(struct kiocb *iocb, struct file *file)
{
	iocb->ki_filp = file;
	iocb->ki_pos = 0;
	iocb->ki_flags = 0;
	if (file->f_flags & O_APPEND)
		iocb->ki_flags |= IOCB_APPEND;
	if (file->f_flags & O_DIRECT)
		iocb->ki_flags |= IOCB_DIRECT;
	if (file->f_flags & O_DSYNC)
		iocb->ki_flags |= IOCB_DSYNC;
}

/* RWF_* of preadv2 and pwritev2. */
static int kiocb_set_rw_flags(struct kiocb *iocb, int flags)
{
	if (!flags)
		return 0;
	if (flags & ~(RWF_HIPRI | RWF_DSYNC | RWF_SYNC | RWF_NOWAIT | RWF_APPEND | RWF_NOAPPEND))
		return -EOPNOTSUPP;
	if ((flags & RWF_APPEND) && (flags & RWF_NOAPPEND))
		return -EINVAL;
	if (flags & RWF_NOWAIT) {
		if (!(iocb->ki_filp->f_mode & FMODE_NOWAIT))
			return -EOPNOTSUPP;
		iocb->ki_flags |= IOCB_NOWAIT;
	}
	if (flags & RWF_APPEND)
		iocb->ki_flags |= IOCB_APPEND;
	if (flags & RWF_NOAPPEND) {
		if (IS_APPEND(file_inode(iocb->ki_filp)))
			return -EPERM;
		iocb->ki_flags &= ~IOCB_APPEND;
	}
	if (flags & (RWF_DSYNC | RWF_SYNC))
		iocb->ki_flags |= IOCB_DSYNC;
	return 0;
}

/* The checks of position and length that all transfers share. */
int rw_verify_area(int read_write, struct file *file, const loff_t *ppos, size_t count)
{
	if ((ssize_t)count < 0)
		return -EINVAL;
	if (ppos) {
		loff_t pos = *ppos;

		if (pos < 0)
			return -EINVAL;
		if (count > (u64)LLONG_MAX - pos)
			return -EINVAL;
	}
	return read_write == ITER_DEST ? fanotify_perm(file, FAN_ACCESS_PERM) : 0;
}

ssize_t generic_write_checks(struct kiocb *iocb, struct iov_iter *from)
{
	struct inode *inode = file_inode(iocb->ki_filp);
	unsigned long limit = rlimit(RLIMIT_FSIZE);

	if (IS_SWAPFILE(inode))
		return -ETXTBSY;
	if (!iov_iter_count(from))
		return 0;
	if (iocb->ki_flags & IOCB_APPEND)
		iocb->ki_pos = i_size_read(inode);
	if (limit != RLIM_INFINITY) {
		if ((unsigned long)iocb->ki_pos >= limit) {
			send_sig(SIGXFSZ, current, 0);
			return -EFBIG;
		}
		iov_iter_truncate(from, limit - iocb->ki_pos);
	}
	if (iocb->ki_pos >= inode->i_sb->s_maxbytes)
		return -EFBIG;
	iov_iter_truncate(from, inode->i_sb->s_maxbytes - iocb->ki_pos);
	return iov_iter_count(from);
}

/* ---- one transfer ---- */

static ssize_t do_iter_op(struct file *file, struct iov_iter *iter, loff_t *ppos, int rwf,
			  bool write)
{
	struct kiocb iocb;
	ssize_t result;

	init_sync_kiocb(&iocb, file);
	result = kiocb_set_rw_flags(&iocb, rwf);
	if (result)
		return result;
	iocb.ki_pos = ppos ? *ppos : 0;
	if (write)
		result = file->f_op->write_iter(&iocb, iter);
	else
		result = file->f_op->read_iter(&iocb, iter);
	if (ppos)
		*ppos = iocb.ki_pos;
	if (result > 0)
		notify_file(file, write ? IN_MODIFY : IN_ACCESS);
	return result;
}

ssize_t vfs_iter_read(struct file *file, struct iov_iter *iter, loff_t *pos, int rwf)
{
	ssize_t error = rw_verify_area(ITER_DEST, file, pos, iov_iter_count(iter));

	return error ?: do_iter_op(file, iter, pos, rwf, false);
}

ssize_t vfs_iter_write(struct file *file, struct iov_iter *iter, loff_t *pos, int rwf)
{
	ssize_t error = rw_verify_area(ITER_SOURCE, file, pos, iov_iter_count(iter));

	return error ?: do_iter_op(file, iter, pos, rwf, true);
}

ssize_t vfs_read(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
	struct iov_iter iter;
	ssize_t result;

	if (!(file->f_mode & FMODE_READ))
		return -EBADF;
	if (!(file->f_mode & FMODE_CAN_READ))
		return -EINVAL;
	if (unlikely(!access_ok(buf, count)))
		return -EFAULT;
	result = rw_verify_area(ITER_DEST, file, pos, count);
	if (result)
		return result;
	if (count > MAX_RW)
		count = MAX_RW;
	if (file->f_op->read_iter) {
		iov_iter_ubuf(&iter, ITER_DEST, buf, count);
		result = do_iter_op(file, &iter, pos, 0, false);
	} else {
		result = file->f_op->read(file, buf, count, pos);
	}
	if (result > 0)
		current->rchar += result;
	current->syscr++;
	return result;
}

ssize_t vfs_write(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
	struct iov_iter iter;
	ssize_t result;

	if (!(file->f_mode & FMODE_WRITE))
		return -EBADF;
	if (!(file->f_mode & FMODE_CAN_WRITE))
		return -EINVAL;
	if (unlikely(!access_ok(buf, count)))
		return -EFAULT;
	result = rw_verify_area(ITER_SOURCE, file, pos, count);
	if (result)
		return result;
	if (count > MAX_RW)
		count = MAX_RW;
	if (file->f_op->write_iter) {
		iov_iter_ubuf(&iter, ITER_SOURCE, (void __user *)buf, count);
		result = do_iter_op(file, &iter, pos, 0, true);
	} else {
		result = file->f_op->write(file, buf, count, pos);
	}
	if (result > 0)
		current->wchar += result;
	current->syscw++;
	return result;
}

ssize_t kernel_read(struct file *file, void *buf, size_t count, loff_t *pos)
{
	struct kvec vec = { .iov_base = buf, .iov_len = count };
	struct iov_iter iter;

	if (!(file->f_mode & FMODE_READ))
		return -EBADF;
	if (!file->f_op->read_iter)
		return -EINVAL;
	iov_iter_kvec(&iter, ITER_DEST, &vec, 1, count);
	return do_iter_op(file, &iter, pos, 0, false);
}

ssize_t kernel_write(struct file *file, const void *buf, size_t count, loff_t *pos)
{
	struct kvec vec = { .iov_base = (void *)buf, .iov_len = count };
	struct iov_iter iter;

	if (!(file->f_mode & FMODE_WRITE))
		return -EBADF;
	if (!file->f_op->write_iter)
		return -EINVAL;
	iov_iter_kvec(&iter, ITER_SOURCE, &vec, 1, count);
	return do_iter_op(file, &iter, pos, 0, true);
}

static loff_t *file_ppos(struct file *file)
{
	return file->f_mode & FMODE_STREAM ? NULL : &file->f_pos;
}

SYSCALL_DEFINE3(read, unsigned int, fd, char __user *, buf, size_t, count)
{
	struct fd f = fdget_pos(fd);
	ssize_t result = -EBADF;
	loff_t pos, *ppos;

	if (!f.file)
		return result;
	ppos = file_ppos(f.file);
	if (ppos) {
		pos = *ppos;
		ppos = &pos;
	}
	result = vfs_read(f.file, buf, count, ppos);
	if (result >= 0 && ppos)
		f.file->f_pos = pos;
	fdput_pos(f);
	return result;
}

SYSCALL_DEFINE3(write, unsigned int, fd, const char __user *, buf, size_t, count)
{
	struct fd f = fdget_pos(fd);
	ssize_t result = -EBADF;
	loff_t pos, *ppos;

	if (!f.file)
		return result;
	ppos = file_ppos(f.file);
	if (ppos) {
		pos = *ppos;
		ppos = &pos;
	}
	result = vfs_write(f.file, buf, count, ppos);
	if (result >= 0 && ppos)
		f.file->f_pos = pos;
	fdput_pos(f);
	return result;
}

SYSCALL_DEFINE4(pread64, unsigned int, fd, char __user *, buf, size_t, count, loff_t, pos)
{
	struct fd f;
	ssize_t result = -EBADF;

	if (pos < 0)
		return -EINVAL;
	f = fdget(fd);
	if (f.file) {
		result = -ESPIPE;
		if (f.file->f_mode & FMODE_PREAD)
			result = vfs_read(f.file, buf, count, &pos);
		fdput(f);
	}
	return result;
}

SYSCALL_DEFINE4(pwrite64, unsigned int, fd, const char __user *, buf, size_t, count, loff_t, pos)
{
	struct fd f;
	ssize_t result = -EBADF;

	if (pos < 0)
		return -EINVAL;
	f = fdget(fd);
	if (f.file) {
		result = -ESPIPE;
		if (f.file->f_mode & FMODE_PWRITE)
			result = vfs_write(f.file, buf, count, &pos);
		fdput(f);
	}
	return result;
}

/* ---- vectors ---- */

/* A file without the iterator form: one call a segment, until one is short. */
static ssize_t do_loop_op(struct file *file, struct iov_iter *iter, loff_t *ppos, bool write)
{
	ssize_t done = 0;

	while (iov_iter_count(iter)) {
		size_t len = iov_iter_single_seg_count(iter);
		const struct iovec *iov = iter->iter_type == ITER_IOVEC ? iter->__iov : NULL;
		char __user *base = iov ? (char __user *)iov->iov_base : iter->ubuf;
		ssize_t n;

		base += iter->iov_offset;
		if (!len) {
			iov_iter_advance(iter, 0);
			iter->__iov++;
			iter->nr_segs--;
			continue;
		}
		if (write)
			n = file->f_op->write(file, base, len, ppos);
		else
			n = file->f_op->read(file, base, len, ppos);
		if (n < 0)
			return done ? done : n;
		done += n;
		if ((size_t)n != len)
			break;
		iov_iter_advance(iter, n);
	}
	return done;
}

static ssize_t do_vec(struct file *file, const struct iovec __user *vec, unsigned long vlen,
		      loff_t *pos, int rwf, bool write)
{
	struct iovec fast[UIO_FASTIOV];
	struct iovec *iov = fast;
	struct iov_iter iter;
	ssize_t result;

	if (!(file->f_mode & (write ? FMODE_WRITE : FMODE_READ)))
		return -EBADF;
	if (!(file->f_mode & (write ? FMODE_CAN_WRITE : FMODE_CAN_READ)))
		return -EINVAL;
	result = import_iovec(write ? ITER_SOURCE : ITER_DEST, vec, vlen, UIO_FASTIOV, &iov, &iter);
	if (result < 0)
		return result;
	if (result) {
		ssize_t total = result;

		result = rw_verify_area(write ? ITER_SOURCE : ITER_DEST, file, pos, total);
		if (!result && (write ? !!file->f_op->write_iter : !!file->f_op->read_iter))
			result = do_iter_op(file, &iter, pos, rwf, write);
		else if (!result && (rwf & ~RWF_HIPRI))
			result = -EOPNOTSUPP;
		else if (!result)
			result = do_loop_op(file, &iter, pos, write);
	}
	kfree(iov);
	if (result > 0) {
		if (write)
			current->wchar += result;
		else
			current->rchar += result;
	}
	return result;
}

static ssize_t do_vec_fd(unsigned int fd, const struct iovec __user *vec, unsigned long vlen,
			 int rwf, bool write)
{
	struct fd f = fdget_pos(fd);
	ssize_t result = -EBADF;
	loff_t pos, *ppos;

	if (!f.file)
		return result;
	ppos = file_ppos(f.file);
	if (ppos) {
		pos = *ppos;
		ppos = &pos;
	}
	result = do_vec(f.file, vec, vlen, ppos, rwf, write);
	if (result >= 0 && ppos)
		f.file->f_pos = pos;
	fdput_pos(f);
	return result;
}

static ssize_t do_pvec_fd(unsigned int fd, const struct iovec __user *vec, unsigned long vlen,
			  loff_t pos, int rwf, bool write)
{
	struct fd f;
	ssize_t result = -EBADF;

	if (pos < 0)
		return -EINVAL;
	f = fdget(fd);
	if (f.file) {
		result = -ESPIPE;
		if (f.file->f_mode & (write ? FMODE_PWRITE : FMODE_PREAD))
			result = do_vec(f.file, vec, vlen, &pos, rwf, write);
		fdput(f);
	}
	return result;
}

SYSCALL_DEFINE3(readv, unsigned long, fd, const struct iovec __user *, vec, unsigned long, vlen)
{
	return do_vec_fd(fd, vec, vlen, 0, false);
}

SYSCALL_DEFINE3(writev, unsigned long, fd, const struct iovec __user *, vec, unsigned long, vlen)
{
	return do_vec_fd(fd, vec, vlen, 0, true);
}

SYSCALL_DEFINE5(preadv, unsigned long, fd, const struct iovec __user *, vec, unsigned long, vlen,
		unsigned long, pos_l, unsigned long, pos_h)
{
	return do_pvec_fd(fd, vec, vlen, pos_l, 0, false);
}

SYSCALL_DEFINE5(pwritev, unsigned long, fd, const struct iovec __user *, vec, unsigned long, vlen,
		unsigned long, pos_l, unsigned long, pos_h)
{
	return do_pvec_fd(fd, vec, vlen, pos_l, 0, true);
}

SYSCALL_DEFINE6(preadv2, unsigned long, fd, const struct iovec __user *, vec, unsigned long, vlen,
		unsigned long, pos_l, unsigned long, pos_h, int, flags)
{
	if ((loff_t)pos_l == -1)
		return do_vec_fd(fd, vec, vlen, flags, false);
	return do_pvec_fd(fd, vec, vlen, pos_l, flags, false);
}

SYSCALL_DEFINE6(pwritev2, unsigned long, fd, const struct iovec __user *, vec, unsigned long, vlen,
		unsigned long, pos_l, unsigned long, pos_h, int, flags)
{
	if ((loff_t)pos_l == -1)
		return do_vec_fd(fd, vec, vlen, flags, true);
	return do_pvec_fd(fd, vec, vlen, pos_l, flags, true);
}
