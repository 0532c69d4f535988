/* SPDX-License-Identifier: MIT */
/* Locks by fcntl(2): from struct flock to ranges and back. */
#include <fs/fdtable.h>
#include <fs/file.h>
#include <fs/inode.h>
#include <kern/err.h>
#include <kern/sched.h>
#include <linux/fs.h>
#include <mm/slab.h>
#include <mm/uaccess.h>
#include "flock.h"
#include "internal.h"

static int flock_to_lock(struct file *file, const struct flock *l, struct file_lock *fl)
{
	loff_t start;

	switch (l->l_whence) {
	case SEEK_SET:
		start = 0;
		break;
	case SEEK_CUR:
		start = file->f_pos;
		break;
	case SEEK_END:
		start = i_size_read(file_inode(file));
		break;
	default:
		return -EINVAL;
	}
	if (l->l_start > OFFSET_MAX - start)
		return -EOVERFLOW;
	start += l->l_start;
	if (start < 0)
		return -EINVAL;
	fl->fl_start = start;
	fl->fl_end = OFFSET_MAX;
	if (l->l_len > 0) {
		if (l->l_len - 1 > OFFSET_MAX - start)
			return -EOVERFLOW;
		fl->fl_end = start + l->l_len - 1;
	} else if (l->l_len < 0) {
		if (start + l->l_len < 0)
			return -EINVAL;
		fl->fl_end = start - 1;
		fl->fl_start = start + l->l_len;
	}
	if (l->l_type != F_RDLCK && l->l_type != F_WRLCK && l->l_type != F_UNLCK)
		return -EINVAL;
	fl->fl_type = l->l_type;
	fl->fl_flags = FL_POSIX;
	fl->fl_owner = current->files;
	fl->fl_pid = current->tgid;
	fl->fl_file = file;
	return 0;
}

static int make_ofd(struct file *file, const struct flock *l, struct file_lock *fl)
{
	if (l->l_pid)
		return -EINVAL;
	fl->fl_flags |= FL_OFDLCK;
	fl->fl_owner = file;
	fl->fl_pid = -1;
	return 0;
}

int fcntl_getlk(struct file *file, unsigned int cmd, struct flock __user *ufl)
{
	struct file_lock_context *ctx = file_inode(file)->i_flctx;
	struct file_lock req = { 0 };
	struct flock l;
	int error;

	if (copy_from_user(&l, ufl, sizeof(l)))
		return -EFAULT;
	if (l.l_type != F_RDLCK && l.l_type != F_WRLCK)
		return -EINVAL;
	error = flock_to_lock(file, &l, &req);
	if (!error && cmd == F_OFD_GETLK)
		error = make_ofd(file, &l, &req);
	if (error)
		return error;
	l.l_type = F_UNLCK;
	if (ctx) {
		struct file_lock *fl;

		spin_lock(&file_lock_lock);
		fl = posix_blocker(ctx, &req);
		if (fl) {
			l.l_type = fl->fl_type;
			l.l_whence = SEEK_SET;
			l.l_start = fl->fl_start;
			l.l_len = fl->fl_end == OFFSET_MAX ? 0 : fl->fl_end - fl->fl_start + 1;
			l.l_pid = fl->fl_pid;
		}
		spin_unlock(&file_lock_lock);
	}
	return copy_to_user(ufl, &l, sizeof(l)) ? -EFAULT : 0;
}

int fcntl_setlk(unsigned int fd, struct file *file, unsigned int cmd, struct flock __user *ufl)
{
	struct inode *inode = file_inode(file);
	struct file_lock *req;
	struct flock l;
	int error;

	if (copy_from_user(&l, ufl, sizeof(l)))
		return -EFAULT;
	req = alloc_lock();
	if (!req)
		return -ENOLCK;
	error = flock_to_lock(file, &l, req);
	if (!error && (cmd == F_OFD_SETLK || cmd == F_OFD_SETLKW))
		error = make_ofd(file, &l, req);
	if (error)
		goto out;
	if (cmd == F_SETLKW || cmd == F_OFD_SETLKW)
		req->fl_flags |= FL_SLEEP;
	error = -EBADF;
	if ((req->fl_type == F_RDLCK && !(file->f_mode & FMODE_READ)) ||
	    (req->fl_type == F_WRLCK && !(file->f_mode & FMODE_WRITE)))
		goto out;
	error = lock_wait(inode, req, posix_lock_once);
	/* A close() meanwhile found nothing to release: do what it would have done. */
	if (!error && req->fl_type != F_UNLCK && !(req->fl_flags & FL_OFDLCK)) {
		struct file *now = fget_raw(fd);

		if (now != file) {
			req->fl_type = F_UNLCK;
			posix_lock_once(inode, req);
			error = -EBADF;
		}
		if (now)
			fput(now);
	}
out:
	kfree(req);
	return error;
}
