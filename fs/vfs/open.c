/* SPDX-License-Identifier: MIT */
/* open(2) and close(2) in all their forms, dup and close_range. */
#include <fs/dentry.h>
#include <fs/fdtable.h>
#include <fs/file.h>
#include <fs/filelock.h>
#include <fs/inode.h>
#include <fs/mount.h>
#include <fs/namei.h>
#include <fs/notify.h>
#include <fs/super.h>
#include <kern/bug.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/lsm.h>
#include <kern/resource.h>
#include <kern/syscalls.h>
#include <mm/slab.h>
#include <mm/uaccess.h>
#include <linux/close_range.h>
#include <linux/openat2.h>
#include <mm/pagemap.h>
#include "internal.h"

#ifndef O_LARGEFILE
#define O_LARGEFILE 00100000
#endif

#define VALID_OPEN_FLAGS \
	(O_RDONLY | O_WRONLY | O_RDWR | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND | \
	 O_NDELAY | O_NONBLOCK | __O_SYNC | O_DSYNC | FASYNC | O_DIRECT | O_LARGEFILE | \
	 O_DIRECTORY | O_NOFOLLOW | O_NOATIME | O_CLOEXEC | O_PATH | __O_TMPFILE)
#define O_PATH_FLAGS (O_DIRECTORY | O_NOFOLLOW | O_PATH | O_CLOEXEC)
#define VALID_RESOLVE_FLAGS \
	(RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH | \
	 RESOLVE_IN_ROOT | RESOLVE_CACHED)
#define OPEN_HOW_SIZE_VER0 24

bool path_noexec(const struct path *path)
{
	return (path->mnt->mnt_flags & MNT_NOEXEC) ||
	       (path->mnt->mnt_sb->s_iflags & SB_I_NOEXEC);
}

/* ---- making the file ---- */

bool can_odirect(const struct file *file)
{
	const struct inode *inode = file->f_inode;

	if (!S_ISREG(inode->i_mode) && !S_ISDIR(inode->i_mode))
		return true;
	return (file->f_mode & FMODE_CAN_ODIRECT) ||
	       (file->f_mapping->a_ops && file->f_mapping->a_ops->direct_IO);
}

static int do_dentry_open(struct file *file)
{
	static const struct file_operations path_fops;
	struct inode *inode = d_inode(file->f_path.dentry);
	int error;

	path_get(&file->f_path);
	file->f_inode = inode;
	file->f_mapping = inode->i_mapping;
	if (file->f_flags & O_PATH) {
		file->f_mode = FMODE_PATH | FMODE_OPENED;
		file->f_op = &path_fops;
		return 0;
	}
	file->f_mode |= FMODE_LSEEK | FMODE_PREAD | FMODE_PWRITE;
	if ((file->f_mode & (FMODE_READ | FMODE_WRITE)) == FMODE_READ) {
		atomic_inc(&inode->i_readcount);
		file->f_mode |= FMODE_READER;
	}
	if (file->f_mode & FMODE_WRITE) {
		bool special = !S_ISREG(inode->i_mode) && !S_ISDIR(inode->i_mode) &&
			       !S_ISLNK(inode->i_mode);

		error = get_write_access(inode);
		if (error)
			goto fail;
		if (!special) {
			error = mnt_want_write(file->f_path.mnt);
			if (error) {
				put_write_access(inode);
				goto fail;
			}
			file->f_mode |= FMODE_MNT_WRITE;
		}
		file->f_mode |= FMODE_WRITER;
	}
	error = lsm_file_open(file) ?: fanotify_perm(file, FAN_OPEN_PERM);
	if (error)
		goto undo;
	/* Counted first: who asks for a lease from now on sees this open, and gets none. */
	if (unlikely(READ_ONCE(inode->i_flctx))) {
		error = __break_lease(inode, file->f_flags);
		if (error)
			goto undo;
	}
	if (S_ISREG(inode->i_mode) || S_ISDIR(inode->i_mode))
		file->f_mode |= FMODE_ATOMIC_POS;
	file->f_op = inode->i_fop;
	if (file->f_op->open) {
		error = file->f_op->open(inode, file);
		if (error)
			goto undo;
	}
	error = -EINVAL;
	if ((file->f_flags & O_DIRECT) && !can_odirect(file))
		goto release;
	file->f_mode |= FMODE_OPENED;
	file_set_caps(file);
	if ((file->f_mode & FMODE_LSEEK) && !file->f_op->llseek)
		file->f_mode &= ~FMODE_LSEEK;
	file->f_flags &= ~(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC);
	return 0;
release:
	if (file->f_op->release)
		file->f_op->release(inode, file);
undo:
	if (file->f_mode & FMODE_WRITER) {
		put_write_access(inode);
		if (file->f_mode & FMODE_MNT_WRITE)
			mnt_drop_write(file->f_path.mnt);
		file->f_mode &= ~(FMODE_WRITER | FMODE_MNT_WRITE);
	}
	if (file->f_mode & FMODE_READER)
		atomic_dec(&inode->i_readcount);
fail:
	path_put(&file->f_path);
	file->f_path.mnt = NULL;
	file->f_path.dentry = NULL;
	file->f_inode = NULL;
	return error > 0 ? -EINVAL : error;
}

int vfs_open(const struct path *path, struct file *file)
{
	file->f_path = *path;
	return do_dentry_open(file);
}

static struct file *open_dentry(const struct path *path, int flags, unsigned int mode)
{
	struct file *file = alloc_empty_file(flags);
	int error;

	if (IS_ERR(file))
		return file;
	file->f_mode |= mode;
	error = vfs_open(path, file);
	if (!error)
		return file;
	fput(file);
	return ERR_PTR(error);
}

struct file *dentry_open(const struct path *path, int flags, const struct cred *cred)
{
	return open_dentry(path, flags, 0);
}

struct file *dentry_open_nonotify(const struct path *path, int flags)
{
	return open_dentry(path, flags, FMODE_NONOTIFY);
}

int generic_file_open(struct inode *inode, struct file *file)
{
	return 0;
}

int nonseekable_open(struct inode *inode, struct file *file)
{
	file->f_mode &= ~(FMODE_LSEEK | FMODE_PREAD | FMODE_PWRITE);
	return 0;
}

int stream_open(struct inode *inode, struct file *file)
{
	file->f_mode &= ~(FMODE_LSEEK | FMODE_PREAD | FMODE_PWRITE | FMODE_ATOMIC_POS);
	file->f_mode |= FMODE_STREAM;
	return 0;
}

/* ---- flags ---- */

/* Checks a struct open_how and turns it into what the lookup wants. */
static int build_open_flags(const struct open_how *how, struct open_flags *op)
{
	u64 flags = how->flags;
	int lookup = 0;
	int acc_mode = "\004\002\006\006"[flags & O_ACCMODE];

	if ((flags & ~(u64)VALID_OPEN_FLAGS) || (how->resolve & ~(u64)VALID_RESOLVE_FLAGS))
		return -EINVAL;
	if ((how->resolve & RESOLVE_BENEATH) && (how->resolve & RESOLVE_IN_ROOT))
		return -EINVAL;
	if ((flags & O_CREAT) || (flags & __O_TMPFILE)) {
		if (how->mode & ~(u64)S_IALLUGO)
			return -EINVAL;
		op->mode = how->mode | S_IFREG;
	} else {
		if (how->mode)
			return -EINVAL;
		op->mode = 0;
	}
	if ((flags & (O_DIRECTORY | O_CREAT)) == (O_DIRECTORY | O_CREAT))
		return -EINVAL;
	if (flags & __O_TMPFILE) {
		if (!(flags & O_DIRECTORY))
			return -EINVAL;
		if (!(acc_mode & MAY_WRITE))
			return -EINVAL;
	}
	if (flags & O_PATH) {
		if (flags & ~(u64)O_PATH_FLAGS)
			return -EINVAL;
		acc_mode = 0;
	}
	if (flags & __O_SYNC)
		flags |= O_DSYNC;
	op->open_flag = flags & ~(u64)O_CLOEXEC;	/* the descriptor's, not the file's */
	if (flags & O_TRUNC)
		acc_mode |= MAY_WRITE;
	if (flags & O_APPEND)
		acc_mode |= MAY_APPEND;
	op->acc_mode = acc_mode;
	op->intent = flags & O_PATH ? 0 : LOOKUP_OPEN;
	if (flags & O_CREAT) {
		op->intent |= LOOKUP_CREATE;
		if (flags & O_EXCL) {
			op->intent |= LOOKUP_EXCL;
			flags |= O_NOFOLLOW;
		}
	}
	if (flags & O_DIRECTORY)
		lookup |= LOOKUP_DIRECTORY;
	if (!(flags & O_NOFOLLOW))
		lookup |= LOOKUP_FOLLOW;
	if (how->resolve & RESOLVE_NO_XDEV)
		lookup |= LOOKUP_NO_XDEV;
	if (how->resolve & RESOLVE_NO_MAGICLINKS)
		lookup |= LOOKUP_NO_MAGICLINKS;
	if (how->resolve & RESOLVE_NO_SYMLINKS)
		lookup |= LOOKUP_NO_SYMLINKS;
	if (how->resolve & RESOLVE_BENEATH)
		lookup |= LOOKUP_BENEATH;
	if (how->resolve & RESOLVE_IN_ROOT)
		lookup |= LOOKUP_IN_ROOT;
	if (how->resolve & RESOLVE_CACHED) {
		if (flags & (O_TRUNC | O_CREAT | __O_TMPFILE))
			return -EAGAIN;
		lookup |= LOOKUP_CACHED;
	}
	op->lookup_flags = lookup;
	return 0;
}

/* open(2) and openat(2) ignore what they do not know. */
static struct open_how build_open_how(int flags, umode_t mode)
{
	struct open_how how = {
		.flags = flags & VALID_OPEN_FLAGS,
		.mode = mode & S_IALLUGO,
	};

	if (how.flags & O_PATH)
		how.flags &= O_PATH_FLAGS;
	if (!(how.flags & (O_CREAT | __O_TMPFILE)))
		how.mode = 0;
	return how;
}

static long do_sys_openat2(int dfd, const char __user *uname, struct open_how *how)
{
	struct filename *name;
	struct open_flags op;
	struct file *file;
	int fd = build_open_flags(how, &op);

	if (fd)
		return fd;
	name = getname(uname);
	if (IS_ERR(name))
		return PTR_ERR(name);
	fd = get_unused_fd_flags(how->flags);
	if (fd >= 0) {
		file = do_filp_open(dfd, name, &op);
		if (IS_ERR(file)) {
			put_unused_fd(fd);
			fd = PTR_ERR(file);
		} else {
			fd_install(fd, file);
		}
	}
	putname(name);
	return fd;
}

static long do_sys_open(int dfd, const char __user *name, int flags, umode_t mode)
{
	struct open_how how = build_open_how(flags, mode);

	return do_sys_openat2(dfd, name, &how);
}

SYSCALL_DEFINE3(open, const char __user *, name, int, flags, umode_t, mode)
{
	return do_sys_open(AT_FDCWD, name, flags | O_LARGEFILE, mode);
}

SYSCALL_DEFINE4(openat, int, dfd, const char __user *, name, int, flags, umode_t, mode)
{
	return do_sys_open(dfd, name, flags | O_LARGEFILE, mode);
}

SYSCALL_DEFINE4(openat2, int, dfd, const char __user *, name, struct open_how __user *, uhow,
		size_t, size)
{
	struct open_how how;
	int error;

	if (size < OPEN_HOW_SIZE_VER0)
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	error = copy_struct_from_user(&how, sizeof(how), uhow, size);
	if (error)
		return error;
	if (!(how.flags & O_PATH))
		how.flags |= O_LARGEFILE;
	return do_sys_openat2(dfd, name, &how);
}

SYSCALL_DEFINE2(creat, const char __user *, name, umode_t, mode)
{
	return do_sys_open(AT_FDCWD, name, O_CREAT | O_WRONLY | O_TRUNC | O_LARGEFILE, mode);
}

struct file *filp_open(const char *text, int flags, umode_t mode)
{
	struct open_how how = build_open_how(flags, mode);
	struct filename *name = getname_kernel(text);
	struct file *file = ERR_CAST(name);
	struct open_flags op;

	if (!IS_ERR(name)) {
		int error = build_open_flags(&how, &op);

		file = error ? ERR_PTR(error) : do_filp_open(AT_FDCWD, name, &op);
	}
	putname(name);
	return file;
}

/* ---- programs ---- */

struct file *do_open_execat_name(int dfd, struct filename *name, int flags)
{
	struct open_flags op = {
		.open_flag = O_LARGEFILE | O_RDONLY,
		.acc_mode = MAY_EXEC,
		.intent = LOOKUP_OPEN,
		.lookup_flags = LOOKUP_FOLLOW,
	};
	struct file *file;
	int error;

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return ERR_PTR(-EINVAL);
	if (flags & AT_SYMLINK_NOFOLLOW)
		op.lookup_flags &= ~LOOKUP_FOLLOW;
	if (flags & AT_EMPTY_PATH)
		op.lookup_flags |= LOOKUP_EMPTY;
	file = do_filp_open(dfd, name, &op);
	if (IS_ERR(file))
		return file;
	error = -EACCES;
	if (!S_ISREG(file_inode(file)->i_mode) || path_noexec(&file->f_path))
		goto fail;
	error = deny_write_access(file);
	if (error)
		goto fail;
	return file;
fail:
	fput(file);
	return ERR_PTR(error);
}

struct file *do_open_execat(int dfd, const char *text, int flags)
{
	struct filename *name = getname_kernel(text);
	struct file *file = ERR_CAST(name);

	if (!IS_ERR(name))
		file = do_open_execat_name(dfd, name, flags);
	putname(name);
	return file;
}

struct file *open_exec(const char *name)
{
	return do_open_execat(AT_FDCWD, name, 0);
}

/* ---- close, dup ---- */

SYSCALL_DEFINE1(close, unsigned int, fd)
{
	int error = close_fd(fd);

	/* A close that waited cannot be done again: the descriptor is gone. */
	if (error == -ERESTARTSYS || error == -ERESTARTNOINTR || error == -ERESTARTNOHAND ||
	    error == -ERESTART_RESTARTBLOCK)
		error = -EINTR;
	return error;
}

SYSCALL_DEFINE3(close_range, unsigned int, first, unsigned int, last, unsigned int, flags)
{
	if (flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC))
		return -EINVAL;
	if (first > last)
		return -EINVAL;
	if (flags & CLOSE_RANGE_UNSHARE) {
		/* What would be closed at once need not be copied, if it reaches to the end. */
		bool cut = !(flags & CLOSE_RANGE_CLOEXEC) && last >= sysctl_nr_open;
		int error = unshare_files_max(cut ? first : sysctl_nr_open);

		if (error)
			return error;
	}
	if (flags & CLOSE_RANGE_CLOEXEC)
		cloexec_fds(current->files, first, last);
	else
		close_fds(current->files, first, last);
	return 0;
}

SYSCALL_DEFINE1(dup, unsigned int, oldfd)
{
	struct file *file = fget_raw(oldfd);
	int fd = -EBADF;

	if (!file)
		return fd;
	fd = get_unused_fd_flags(0);
	if (fd >= 0)
		fd_install(fd, file);
	else
		fput(file);
	return fd;
}

SYSCALL_DEFINE3(dup3, unsigned int, oldfd, unsigned int, newfd, int, flags)
{
	if ((flags & ~O_CLOEXEC) || oldfd == newfd)
		return -EINVAL;
	return dup_to(oldfd, newfd, flags);
}

SYSCALL_DEFINE2(dup2, unsigned int, oldfd, unsigned int, newfd)
{
	if (oldfd == newfd) {
		struct fd f = fdget_raw(oldfd);

		if (!f.file)
			return -EBADF;
		fdput(f);
		return newfd;
	}
	return dup_to(oldfd, newfd, 0);
}
