/* SPDX-License-Identifier: MIT */
/*
 * Open files: each has the layer's file open below it (a backing file), with the mounter's rights,
 * and passes on what it is asked. The overlay's own inode has no pages; mappings are of the
 * backing file, so that all who map a layer's file share its pages.
 *
 * A file that was opened for reading from a lower layer and is copied up later goes on with the
 * upper file from its next use on. Mappings made before keep the lower file, as on Linux.
 */
#include <fs/dentry.h>
#include <fs/file.h>
#include <fs/inode.h>
#include <kern/err.h>
#include <kern/kernel.h>
#include <linux/fs.h>
#include <mm/pagemap.h>
#include <mm/slab.h>
#include <mm/uio.h>

#include "internal.h"

/* private_data of an open file */
struct ovl_file {
	struct file *real;	/* i */
	struct file *upper;	/* set once: after a copy-up; read with acquire */
};

const struct address_space_operations ovl_aops = {};

/* ---- the backing file ---- */

struct file *ovl_open_realfile(const struct file *file, const struct path *real)
{
	int flags = (file->f_flags & ~(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC)) | O_NOATIME;
	int mask = MAY_OPEN | "\4\2\6\6"[flags & O_ACCMODE];
	struct super_block *sb = file_inode(file)->i_sb;
	const struct cred *old = ovl_override_creds(sb);
	struct file *realfile;
	int error;

	error = inode_permission(d_inode(real->dentry), mask);
	realfile = error ? ERR_PTR(error) :
		backing_file_open(&file->f_path, flags, real, current_cred());
	revert_creds(old);
	return realfile;
}

/* fcntl(F_SETFL) changes the overlay's file only: bring the other one in line. */
#define FOLLOWED_FLAGS (O_APPEND | O_NONBLOCK | O_DIRECT)

static void follow_flags(const struct file *file, struct file *real)
{
	unsigned int flags = READ_ONCE(file->f_flags);

	if (likely(!((flags ^ real->f_flags) & FOLLOWED_FLAGS)))
		return;
	spin_lock(&real->f_lock);
	real->f_flags = (real->f_flags & ~FOLLOWED_FLAGS) | (flags & FOLLOWED_FLAGS);
	spin_unlock(&real->f_lock);
}

/* Opens the upper file of one that has been copied up since; or finds it opened. */
static struct file *switch_to_upper(struct file *file)
{
	struct ovl_file *of = file->private_data;
	struct file *fresh, *none = NULL;
	struct path upper;

	ovl_path_upper(file_inode(file), &upper);
	fresh = ovl_open_realfile(file, &upper);
	if (IS_ERR(fresh))
		return fresh;
	if (__atomic_compare_exchange_n(&of->upper, &none, fresh, false, __ATOMIC_ACQ_REL,
					__ATOMIC_ACQUIRE))
		return fresh;
	fput(fresh);
	return none;
}

/* The file that reads and writes go to now. The reference stays with `file`. ERR_PTR */
static struct file *real_file(struct file *file)
{
	struct ovl_file *of = file->private_data;
	struct file *real = smp_load_acquire(&of->upper);

	if (!real) {
		real = of->real;
		if (unlikely(file_inode(real) != ovl_inode_real(file_inode(file))))
			real = switch_to_upper(file);
		if (IS_ERR(real))
			return real;
	}
	follow_flags(file, real);
	return real;
}

static int ovl_open(struct inode *inode, struct file *file)
{
	struct ovl_file *of;
	struct path real;
	int error = ovl_copy_up_for_open(file_dentry(file), file->f_flags);

	if (error)
		return error;
	of = kzalloc(sizeof(*of), GFP_KERNEL);
	if (!of)
		return -ENOMEM;
	ovl_path_real(inode, &real);
	of->real = ovl_open_realfile(file, &real);
	if (IS_ERR(of->real)) {
		error = PTR_ERR(of->real);
		kfree(of);
		return error;
	}
	file->private_data = of;
	file->f_mapping = of->real->f_mapping;
	file->f_mode |= of->real->f_mode & FMODE_CAN_ODIRECT;
	return 0;
}

static int ovl_release(struct inode *inode, struct file *file)
{
	struct ovl_file *of = file->private_data;

	fput(of->real);
	if (of->upper)
		fput(of->upper);
	kfree(of);
	return 0;
}

/* ---- reading and writing ---- */

/* A read's access time: the upper file's, by the rules of the overlay's mount. */
static void accessed(struct file *file)
{
	struct inode *inode = file_inode(file);
	struct path upper;

	if ((file->f_flags & O_NOATIME) || !ovl_inode_upper(inode) ||
	    (file->f_path.mnt->mnt_flags & (MNT_NOATIME | MNT_READONLY)))
		return;
	ovl_path_upper(inode, &upper);
	touch_atime(&upper);
	inode->i_atime = d_inode(upper.dentry)->i_atime;
}

static ssize_t ovl_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct file *file = iocb->ki_filp;
	struct file *real = real_file(file);
	struct kiocb inner = *iocb;
	ssize_t result;

	if (IS_ERR(real))
		return PTR_ERR(real);
	if (!iov_iter_count(to))
		return 0;
	if (!real->f_op->read_iter)
		return -EINVAL;
	inner.ki_filp = real;
	result = real->f_op->read_iter(&inner, to);
	iocb->ki_pos = inner.ki_pos;
	accessed(file);
	return result;
}

static ssize_t write_locked(struct kiocb *iocb, struct iov_iter *from)
{
	struct file *file = iocb->ki_filp;
	struct inode *inode = file_inode(file);
	struct kiocb inner = *iocb;
	const struct cred *old;
	ssize_t result;
	struct file *real;

	ovl_copyattr(inode);
	result = file_remove_privs(file);
	if (result)
		return result;
	real = real_file(file);
	if (IS_ERR(real))
		return PTR_ERR(real);
	if (!real->f_op->write_iter)
		return -EINVAL;
	inner.ki_filp = real;
	old = ovl_override_creds(inode->i_sb);
	result = real->f_op->write_iter(&inner, from);
	revert_creds(old);
	iocb->ki_pos = inner.ki_pos;
	ovl_copyattr(inode);
	return result;
}

static ssize_t ovl_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	struct inode *inode = file_inode(iocb->ki_filp);
	ssize_t result;

	if (!iov_iter_count(from))
		return 0;
	inode_lock(inode);
	result = write_locked(iocb, from);
	inode_unlock(inode);
	return result;
}

static loff_t ovl_llseek(struct file *file, loff_t offset, int whence)
{
	struct inode *inode = file_inode(file);
	const struct cred *old;
	struct file *real;
	loff_t result;

	if (whence == SEEK_CUR && !offset)
		return file->f_pos;
	real = real_file(file);
	if (IS_ERR(real))
		return PTR_ERR(real);
	/* The position is the overlay's; the other file only knows where things are. */
	inode_lock(inode);
	real->f_pos = file->f_pos;
	old = ovl_override_creds(inode->i_sb);
	result = vfs_llseek(real, offset, whence);
	revert_creds(old);
	if (result >= 0)
		file->f_pos = real->f_pos;
	inode_unlock(inode);
	return result;
}

static int ovl_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct file *real = real_file(file);
	int error;

	if (IS_ERR(real))
		return PTR_ERR(real);
	if (!real->f_op->mmap)
		return -ENODEV;
	vma_set_file(vma, get_file(real));
	error = real->f_op->mmap(real, vma);
	accessed(file);
	return error;
}

/* Only the upper file can have anything to write. */
static int ovl_fsync(struct file *file, loff_t start, loff_t end, int datasync)
{
	struct inode *inode = file_inode(file);
	const struct cred *old;
	struct file *real;
	int error;

	if (OVL_FS(inode->i_sb)->is_volatile || !ovl_inode_upper(inode))
		return 0;
	real = real_file(file);
	if (IS_ERR(real))
		return PTR_ERR(real);
	if (!real->f_op->fsync)
		return -EINVAL;
	old = ovl_override_creds(inode->i_sb);
	error = real->f_op->fsync(real, start, end, datasync);
	revert_creds(old);
	return error;
}

static long ovl_fallocate(struct file *file, int mode, loff_t offset, loff_t len)
{
	struct inode *inode = file_inode(file);
	const struct cred *old;
	struct file *real;
	long error;

	inode_lock(inode);
	ovl_copyattr(inode);
	error = file_remove_privs(file);
	if (error)
		goto unlock;
	real = real_file(file);
	error = PTR_ERR(real);
	if (IS_ERR(real))
		goto unlock;
	old = ovl_override_creds(inode->i_sb);
	error = vfs_fallocate(real, mode, offset, len);
	revert_creds(old);
	ovl_copyattr(inode);
unlock:
	inode_unlock(inode);
	return error;
}

static int ovl_flush(struct file *file, void *owner)
{
	struct file *real = real_file(file);

	if (IS_ERR(real))
		return PTR_ERR(real);
	return real->f_op->flush ? real->f_op->flush(real, owner) : 0;
}

const struct file_operations ovl_file_operations = {
	.open = ovl_open,
	.release = ovl_release,
	.llseek = ovl_llseek,
	.read_iter = ovl_read_iter,
	.write_iter = ovl_write_iter,
	.fsync = ovl_fsync,
	.mmap = ovl_mmap,
	.fallocate = ovl_fallocate,
	.flush = ovl_flush,
};
