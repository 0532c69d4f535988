// SPDX-License-Identifier: MIT
/* /proc/PID/fd and fdinfo: the open files of a process. */
#include <fs/fdtable.h>
#include <fs/namei.h>
#include <kern/cred.h>
#include <kern/fork.h>
#include <kern/rcupdate.h>
#include <lib/sprintf.h>

#include "internal.h"

#define FDS_PER_SCAN 64

static struct file *fd_file(const struct inode *inode)
{
	struct task_struct *task = get_proc_task(inode);
	struct file *file = NULL;

	if (task) {
		file = fget_task(task, PROC_I(inode)->fd);
		put_task_struct(task);
	}
	return file;
}

static void set_link_mode(struct inode *inode, const struct file *file)
{
	umode_t mode = S_IFLNK;

	if (file->f_mode & FMODE_READ)
		mode |= S_IRUSR | S_IXUSR;
	if (file->f_mode & FMODE_WRITE)
		mode |= S_IWUSR | S_IXUSR;
	inode->i_mode = mode;
}

static int fd_revalidate(struct dentry *dentry, unsigned int flags)
{
	struct inode *inode = d_inode(dentry);
	struct task_struct *task = inode ? get_proc_task(inode) : NULL;
	struct file *file;

	if (!task)
		return 0;
	file = fget_task(task, PROC_I(inode)->fd);
	if (file) {
		task_dump_owner(task, 0, &inode->i_uid, &inode->i_gid);
		if (S_ISLNK(inode->i_mode))
			set_link_mode(inode, file);
		fput(file);
	}
	put_task_struct(task);
	return file != NULL;
}

static const struct dentry_operations fd_dentry_operations = {
	.d_revalidate = fd_revalidate,
	.d_delete = pid_delete_dentry,
};

static int fd_get_link(struct task_struct *task, struct path *path, unsigned int fd)
{
	struct file *file = fget_task(task, fd);

	if (!file)
		return -ENOENT;
	*path = file->f_path;
	path_get(path);
	fput(file);
	return 0;
}

static const char *fd_follow(struct dentry *dentry, struct inode *inode, struct delayed_call *done)
{
	struct task_struct *task = get_proc_task(inode);
	struct path path;
	int err = -ENOENT;

	if (task) {
		err = proc_may_access(task, false) ? fd_get_link(task, &path, PROC_I(inode)->fd) :
						     -EACCES;
		put_task_struct(task);
	}
	if (!err)
		err = nd_jump_link(&path);
	return ERR_PTR(err);
}

static int fd_readlink(struct dentry *dentry, char __user *buf, int size)
{
	struct inode *inode = d_inode(dentry);
	struct task_struct *task = get_proc_task(inode);
	struct path path;
	int ret = -ENOENT;

	if (!task)
		return ret;
	ret = proc_may_access(task, false) ? fd_get_link(task, &path, PROC_I(inode)->fd) : -EACCES;
	put_task_struct(task);
	if (!ret) {
		ret = proc_readlink_path(&path, buf, size);
		path_put(&path);
	}
	return ret;
}

static const struct inode_operations fd_link_inode_operations = {
	.get_link = fd_follow,
	.readlink = fd_readlink,
	.setattr = proc_setattr,
};

/* ---- fdinfo ---- */

static int fdinfo_show(struct seq_file *m, void *v)
{
	struct inode *inode = m->private;
	struct file *file = fd_file(inode);
	struct task_struct *task;
	bool cloexec = false;
	unsigned int flags;
	struct kstat stat;

	if (!file)
		return -ENOENT;
	task = get_proc_task(inode);
	if (task) {
		struct files_struct *files = get_files_struct(task);

		if (files) {
			struct fdtable *fdt;
			unsigned int fd = PROC_I(inode)->fd;

			spin_lock(&files->file_lock);
			fdt = files->fdt;
			cloexec = fd < fdt->max_fds && test_bit(fd, fdt->close_on_exec);
			spin_unlock(&files->file_lock);
			put_files_struct(files);
		}
		put_task_struct(task);
	}
	flags = file->f_flags & ~O_CLOEXEC;
	if (cloexec)
		flags |= O_CLOEXEC;
	if (vfs_getattr(&file->f_path, &stat, STATX_MNT_ID, 0))
		stat.mnt_id = 0;
	seq_printf(m, "pos:\t%lli\nflags:\t0%o\nmnt_id:\t%llu\nino:\t%lu\n",
		   (long long)file->f_pos, flags, (unsigned long long)stat.mnt_id,
		   file_inode(file)->i_ino);
	if (file->f_op->show_fdinfo)
		file->f_op->show_fdinfo(m, file);
	fput(file);
	return 0;
}

static int fdinfo_open(struct inode *inode, struct file *file)
{
	struct task_struct *task = get_proc_task(inode);
	bool allowed;

	if (!task)
		return -ESRCH;
	allowed = proc_may_access(task, false);
	put_task_struct(task);
	return allowed ? single_open(file, fdinfo_show, inode) : -EACCES;
}

static const struct file_operations fdinfo_file_operations = {
	.open = fdinfo_open,
	.read_iter = seq_read_iter,
	.llseek = seq_lseek,
	.release = single_release,
};

static const struct inode_operations fdinfo_inode_operations = {
	.setattr = proc_setattr,
};

/* ---- the folders ---- */

static struct dentry *lookup_fd(struct inode *dir, struct dentry *dentry, bool info)
{
	struct dentry *found = ERR_PTR(-ENOENT);
	int fd = name_to_int(&dentry->d_name);
	struct task_struct *task;
	struct inode *inode;
	struct file *file;

	if (fd < 0)
		return found;
	task = get_proc_task(dir);
	if (!task)
		return found;
	file = fget_task(task, fd);
	if (!file)
		goto out;
	inode = proc_pid_make_inode(dir->i_sb, task,
				    PROC_PID_INO(task->pid, (info ? PROC_INO_FDINFO : PROC_INO_FD) + fd),
				    info ? S_IFREG | 0444 : S_IFLNK);
	if (inode) {
		PROC_I(inode)->fd = fd;
		if (info) {
			inode->i_op = &fdinfo_inode_operations;
			inode->i_fop = &fdinfo_file_operations;
		} else {
			set_link_mode(inode, file);
			inode->i_op = &fd_link_inode_operations;
			inode->i_size = 64;
		}
		d_set_d_op(dentry, &fd_dentry_operations);
		found = d_splice_alias(inode, dentry);
	}
	fput(file);
out:
	put_task_struct(task);
	return found;
}

static struct dentry *proc_lookupfd(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	return lookup_fd(dir, dentry, false);
}

static struct dentry *proc_lookupfdinfo(struct inode *dir, struct dentry *dentry,
					unsigned int flags)
{
	return lookup_fd(dir, dentry, true);
}

static int readdir_fds(struct file *dir, struct dir_context *ctx, bool info)
{
	struct task_struct *task = get_proc_task(file_inode(dir));
	unsigned int fd;

	if (!task)
		return -ENOENT;
	if (dir_emit_dots(dir, ctx)) {
		for (fd = ctx->pos - 2;; fd++) {
			struct file *file = fget_task_next(task, &fd);
			char name[12];
			int len;

			if (!file)
				break;
			fput(file);
			len = snprintf(name, sizeof(name), "%u", fd);
			ctx->pos = fd + 2;
			if (!dir_emit(ctx, name, len,
				      PROC_PID_INO(task->pid,
						   (info ? PROC_INO_FDINFO : PROC_INO_FD) + fd),
				      info ? DT_REG : DT_LNK))
				break;
			ctx->pos = fd + 3;
		}
	}
	put_task_struct(task);
	return 0;
}

static int proc_readfd(struct file *file, struct dir_context *ctx)
{
	return readdir_fds(file, ctx, false);
}

static int proc_readfdinfo(struct file *file, struct dir_context *ctx)
{
	return readdir_fds(file, ctx, true);
}

/* A thread may always read its own group's folder, whoever owns it now. */
static int fd_permission(struct inode *inode, int mask)
{
	int err = generic_permission(inode, mask);
	struct task_struct *task;

	if (!err)
		return 0;
	task = get_proc_task(inode);
	if (task) {
		if (task->tgid == current->tgid)
			err = 0;
		put_task_struct(task);
	}
	return err;
}

const struct inode_operations proc_fd_inode_operations = {
	.lookup = proc_lookupfd,
	.permission = fd_permission,
	.getattr = pid_getattr,
	.setattr = proc_setattr,
};

const struct file_operations proc_fd_operations = {
	.llseek = generic_file_llseek,
	.read = generic_read_dir,
	.iterate_shared = proc_readfd,
};

const struct inode_operations proc_fdinfo_inode_operations = {
	.lookup = proc_lookupfdinfo,
	.getattr = pid_getattr,
	.setattr = proc_setattr,
};

const struct file_operations proc_fdinfo_operations = {
	.llseek = generic_file_llseek,
	.read = generic_read_dir,
	.iterate_shared = proc_readfdinfo,
};
