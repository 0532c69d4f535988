// SPDX-License-Identifier: MIT
/* The calls of POSIX message queues, but mq_notify(). */
#include <fs/dentry.h>
#include <fs/fdtable.h>
#include <fs/file.h>
#include <fs/fs_struct.h>
#include <fs/mount.h>
#include <fs/namei.h>
#include <fs/super.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/syscalls.h>
#include <kern/time_user.h>
#include <lib/string.h>
#include <mm/slab.h>
#include "internal.h"

/* May this name be opened like that, and is there something? Makes it when asked to. */
static int prepare_open(struct dentry *dentry, int oflag, umode_t mode, struct mq_attr *attr)
{
	static const int access[] = { MAY_READ, MAY_WRITE, MAY_READ | MAY_WRITE };
	struct inode *dir = d_inode(dentry->d_parent);
	int error;

	if (d_is_negative(dentry)) {
		if (!(oflag & O_CREAT))
			return -ENOENT;
		dentry->d_fsdata = attr;
		error = vfs_create(dir, dentry, mode & ~current_umask(), true);
		dentry->d_fsdata = NULL;
		return error;
	}
	if ((oflag & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
		return -EEXIST;
	if ((oflag & O_ACCMODE) == O_ACCMODE)
		return -EINVAL;
	return inode_permission(d_inode(dentry), access[oflag & O_ACCMODE]);
}

static struct file *open_queue(const char *name, int oflag, umode_t mode, struct mq_attr *attr)
{
	struct vfsmount *mnt = mq_current_mount();
	struct dentry *root, *dentry;
	struct file *file;
	struct path path;
	int error = 0;

	if (IS_ERR(mnt))
		return ERR_CAST(mnt);
	root = mnt->mnt_root;
	if (oflag & O_CREAT)
		error = mnt_want_write(mnt);
	if (error)
		return ERR_PTR(error);
	inode_lock(d_inode(root));
	dentry = lookup_one_len(name, root, strlen(name));
	file = ERR_CAST(dentry);
	if (!IS_ERR(dentry)) {
		error = prepare_open(dentry, oflag, mode, attr);
		path = (struct path){ .mnt = mnt, .dentry = dentry };
		file = error ? ERR_PTR(error) : dentry_open(&path, oflag, current_cred());
		dput(dentry);
	}
	inode_unlock(d_inode(root));
	if (oflag & O_CREAT)
		mnt_drop_write(mnt);
	return file;
}

SYSCALL_DEFINE4(mq_open, const char __user *, uname, int, oflag, umode_t, mode,
		struct mq_attr __user *, uattr)
{
	struct filename *name;
	struct mq_attr attr;
	struct file *file;
	int fd;

	if (uattr && copy_from_user(&attr, uattr, sizeof(attr)))
		return -EFAULT;
	name = getname(uname);
	if (IS_ERR(name))
		return PTR_ERR(name);
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		goto out;
	file = open_queue(name->name, oflag, mode, uattr ? &attr : NULL);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		fd = PTR_ERR(file);
	} else {
		fd_install(fd, file);
	}
out:
	putname(name);
	return fd;
}

static int unlink_queue(struct vfsmount *mnt, const char *name)
{
	struct dentry *root = mnt->mnt_root, *dentry;
	int error = mnt_want_write(mnt);

	if (error)
		return error;
	inode_lock(d_inode(root));
	dentry = lookup_one_len(name, root, strlen(name));
	error = PTR_ERR(dentry);
	if (!IS_ERR(dentry)) {
		error = d_is_negative(dentry) ? -ENOENT : vfs_unlink(d_inode(root), dentry);
		dput(dentry);
	}
	inode_unlock(d_inode(root));
	mnt_drop_write(mnt);
	return error;
}

SYSCALL_DEFINE1(mq_unlink, const char __user *, uname)
{
	struct vfsmount *mnt = mq_current_mount();
	struct filename *name;
	int error;

	if (IS_ERR(mnt))
		return PTR_ERR(mnt);
	name = getname(uname);
	if (IS_ERR(name))
		return PTR_ERR(name);
	error = unlink_queue(mnt, name->name);
	putname(name);
	return error;
}

/* The limit of a call that may wait; NULL without one. -EFAULT, -EINVAL */
static int get_deadline(const struct __kernel_timespec __user *uts, ktime_t *deadline)
{
	struct timespec64 ts;

	if (!uts)
		return 0;
	if (get_timespec64(&ts, uts))
		return -EFAULT;
	if (!timespec64_valid(&ts))
		return -EINVAL;
	*deadline = timespec64_to_ktime(ts);
	return 0;
}

/* The message as the program gives it. */
static struct mq_message *read_message(const char __user *data, size_t len, unsigned int prio)
{
	struct mq_message *msg = kvmalloc(sizeof(*msg) + len, GFP_KERNEL);

	if (!msg)
		return ERR_PTR(-ENOMEM);
	if (copy_from_user(msg->data, data, len)) {
		kvfree(msg);
		return ERR_PTR(-EFAULT);
	}
	msg->len = len;
	msg->prio = prio;
	return msg;
}

static int send_to(struct file *file, const char __user *data, size_t len, unsigned int prio,
		   const ktime_t *deadline)
{
	struct mq_info *info = mq_from_file(file);
	struct mq_message *msg;
	int error;

	if (!info || !(file->f_mode & FMODE_WRITE))
		return -EBADF;
	if (len > (size_t)info->attr.mq_msgsize)
		return -EMSGSIZE;
	msg = read_message(data, len, prio);
	if (IS_ERR(msg))
		return PTR_ERR(msg);
	error = mq_send(file, msg, deadline);
	if (error)
		kvfree(msg);
	return error;
}

SYSCALL_DEFINE5(mq_timedsend, int, mqdes, const char __user *, data, size_t, len, unsigned int,
		prio, const struct __kernel_timespec __user *, uts)
{
	ktime_t deadline;
	struct fd f;
	int error = get_deadline(uts, &deadline);

	if (error)
		return error;
	if (prio >= MQ_PRIO_MAX)
		return -EINVAL;
	f = fdget(mqdes);
	if (!f.file)
		return -EBADF;
	error = send_to(f.file, data, len, prio, uts ? &deadline : NULL);
	fdput(f);
	return error;
}

static ssize_t receive_from(struct file *file, char __user *data, size_t len,
			    unsigned int __user *uprio, const ktime_t *deadline)
{
	struct mq_info *info = mq_from_file(file);
	struct mq_message *msg;
	ssize_t n;

	if (!info || !(file->f_mode & FMODE_READ))
		return -EBADF;
	if (len < (size_t)info->attr.mq_msgsize)
		return -EMSGSIZE;
	msg = mq_receive(file, deadline);
	if (IS_ERR(msg))
		return PTR_ERR(msg);
	n = msg->len;
	if ((uprio && put_user(msg->prio, uprio)) || copy_to_user(data, msg->data, msg->len))
		n = -EFAULT;
	kvfree(msg);
	return n;
}

SYSCALL_DEFINE5(mq_timedreceive, int, mqdes, char __user *, data, size_t, len,
		unsigned int __user *, uprio, const struct __kernel_timespec __user *, uts)
{
	ktime_t deadline;
	struct fd f;
	ssize_t n = get_deadline(uts, &deadline);

	if (n)
		return n;
	f = fdget(mqdes);
	if (!f.file)
		return -EBADF;
	n = receive_from(f.file, data, len, uprio, uts ? &deadline : NULL);
	fdput(f);
	return n;
}

/* Tells the attributes as they were, then sets the one that can be set: O_NONBLOCK. */
static int getsetattr(struct file *file, const struct mq_attr *new, struct mq_attr *old)
{
	struct mq_info *info = mq_from_file(file);

	if (!info)
		return -EBADF;
	spin_lock(&info->lock);
	*old = info->attr;
	old->mq_flags = file->f_flags & O_NONBLOCK;
	if (new) {
		spin_lock(&file->f_lock);
		file->f_flags = (file->f_flags & ~O_NONBLOCK) | (new->mq_flags &O_NONBLOCK);
		spin_unlock(&file->f_lock);
		info->vfs_inode.i_atime = inode_set_ctime_current(&info->vfs_inode);
	}
	spin_unlock(&info->lock);
	return 0;
}

SYSCALL_DEFINE3(mq_getsetattr, int, mqdes, const struct mq_attr __user *, unew,
		struct mq_attr __user *, uold)
{
	struct mq_attr new, old;
	struct fd f;
	int error;

	if (unew && copy_from_user(&new, unew, sizeof(new)))
		return -EFAULT;
	if (unew && (new.mq_flags & ~O_NONBLOCK))
		return -EINVAL;
	f = fdget(mqdes);
	if (!f.file)
		return -EBADF;
	error = getsetattr(f.file, unew ? &new : NULL, &old);
	fdput(f);
	if (!error && uold && copy_to_user(uold, &old, sizeof(old)))
		error = -EFAULT;
	return error;
}
