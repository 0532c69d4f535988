// SPDX-License-Identifier: MIT
/* One request of asynchronous I/O. */
#include <fs/eventfd.h>
#include <fs/file.h>
#include <kern/err.h>
#include <mm/slab.h>
#include <mm/uaccess.h>
#include <mm/uio.h>
#include "internal.h"

/* A transfer of one piece or of a vector. => *done: the result; or an errno when it cannot begin */
static int transfer(const struct iocb *iocb, struct file *file, bool vector, bool write,
		    ssize_t *done)
{
	struct iovec fast[UIO_FASTIOV];
	struct iovec *iov = fast;
	struct iov_iter iter;
	loff_t pos = iocb->aio_offset;
	ssize_t error;
	int direction = write ? ITER_SOURCE : ITER_DEST;

	if (!(file->f_mode & (write ? FMODE_WRITE : FMODE_READ)))
		return -EBADF;
	if (write ? !file->f_op->write_iter : !file->f_op->read_iter)
		return -EINVAL;
	if (vector)
		error = import_iovec(direction, (void __user *)iocb->aio_buf, iocb->aio_nbytes,
				     UIO_FASTIOV, &iov, &iter);
	else
		error = import_single_range(direction, (void __user *)iocb->aio_buf,
					    iocb->aio_nbytes, fast, &iter);
	if (error < 0)
		return error;
	if (!vector)
		iov = NULL;
	*done = write ? vfs_iter_write(file, &iter, &pos, iocb->aio_rw_flags) :
			vfs_iter_read(file, &iter, &pos, iocb->aio_rw_flags);
	kfree(iov);
	/* A request cannot be begun again by a signal. */
	if (*done == -ERESTARTSYS || *done == -ERESTARTNOINTR || *done == -ERESTARTNOHAND)
		*done = -EINTR;
	return *done == -EOPNOTSUPP && iocb->aio_rw_flags ? -EOPNOTSUPP : 0;
}

static int sync_file(const struct iocb *iocb, struct file *file, bool data, ssize_t *done)
{
	if (iocb->aio_buf || iocb->aio_offset || iocb->aio_nbytes || iocb->aio_rw_flags)
		return -EINVAL;
	if (!file->f_op->fsync)
		return -EINVAL;
	*done = vfs_fsync(file, data);
	return 0;
}

static int perform(const struct iocb *iocb, struct file *file, ssize_t *done)
{
	switch (iocb->aio_lio_opcode) {
	case IOCB_CMD_PREAD:
		return transfer(iocb, file, false, false, done);
	case IOCB_CMD_PWRITE:
		return transfer(iocb, file, false, true, done);
	case IOCB_CMD_PREADV:
		return transfer(iocb, file, true, false, done);
	case IOCB_CMD_PWRITEV:
		return transfer(iocb, file, true, true, done);
	case IOCB_CMD_FSYNC:
		return sync_file(iocb, file, false, done);
	case IOCB_CMD_FDSYNC:
		return sync_file(iocb, file, true, done);
	}
	return -EINVAL;
}

static int check_iocb(const struct iocb *iocb)
{
	if (iocb->aio_reserved2)
		return -EINVAL;
	if ((ssize_t)iocb->aio_nbytes < 0 || iocb->aio_buf != (unsigned long)iocb->aio_buf)
		return -EINVAL;
	return iocb->aio_flags & ~(IOCB_FLAG_RESFD | IOCB_FLAG_IOPRIO) ? -EINVAL : 0;
}

/* => a place is taken; the caller gives it back on an error */
static int run_iocb(struct aio_context *ctx, const struct iocb *iocb, struct iocb __user *uiocb,
		    struct file *file)
{
	struct io_event event = { .data = iocb->aio_data, .obj = (unsigned long)uiocb };
	struct eventfd_ctx *counter = NULL;
	ssize_t done = 0;
	int error;

	if (iocb->aio_flags & IOCB_FLAG_RESFD) {
		counter = eventfd_ctx_fdget(iocb->aio_resfd);
		if (IS_ERR(counter))
			return PTR_ERR(counter);
	}
	/* Programs see the key of the kernel's: always zero. */
	error = put_user((u32)0, &uiocb->aio_key);
	if (!error)
		error = perform(iocb, file, &done);
	if (!error) {
		event.res = done;
		aio_complete(ctx, &event);
		if (counter)
			eventfd_signal(counter);
	}
	if (counter)
		eventfd_ctx_put(counter);
	return error;
}

int aio_submit_one(struct aio_context *ctx, struct iocb __user *uiocb)
{
	struct iocb iocb;
	struct fd f;
	int error;

	if (copy_from_user(&iocb, uiocb, sizeof(iocb)))
		return -EFAULT;
	error = check_iocb(&iocb);
	if (error)
		return error;
	if (!aio_take_place(ctx))
		return -EAGAIN;
	f = fdget(iocb.aio_fildes);
	error = -EBADF;
	if (f.file) {
		error = run_iocb(ctx, &iocb, uiocb, f.file);
		fdput(f);
	}
	if (error)
		aio_give_place(ctx);
	return error;
}
