/* SPDX-License-Identifier: MIT */
/* The life of pipes: making and freeing one, its two files, pipe(2), and how many a user may have. */
#include <fs/dentry.h>
#include <fs/fdtable.h>
#include <fs/file.h>
#include <fs/inode.h>
#include <fs/mount.h>
#include <fs/super.h>
#include <kern/bug.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/init.h>
#include <kern/syscalls.h>
#include <linux/fcntl.h>
#include <fs/sysctl.h>
#include <lib/log2.h>
#include <linux/magic.h>
#include <mm/page.h>
#include <mm/slab.h>
#include <mm/uaccess.h>
#include "internal.h"
#include "pipe_ring.h"

unsigned int pipe_max_size = 1048576;
unsigned long pipe_user_pages_hard;
unsigned long pipe_user_pages_soft = PIPE_DEF_BUFFERS * 1024;

static struct vfsmount *pipe_mnt;

/* The limit of a pipe's size is a power of two. */
static int do_pipe_max_size(const struct ctl_table *table, int write, char *buffer, size_t *lenp,
			    loff_t *ppos)
{
	unsigned int size = READ_ONCE(pipe_max_size);
	struct ctl_table row = { .data = &size, .maxlen = sizeof(size) };
	int err = proc_douintvec(&row, write, buffer, lenp, ppos);

	if (err || !write)
		return err;
	if (!size || size > 1U << 31)
		return -EINVAL;
	WRITE_ONCE(pipe_max_size, max_t(unsigned int, roundup_pow_of_two(size), PAGE_SIZE));
	return 0;
}

static const struct ctl_table pipe_table[] = {
	{ .procname = "pipe-max-size", .mode = 0644, .proc_handler = do_pipe_max_size },
	{ .procname = "pipe-user-pages-hard", .data = &pipe_user_pages_hard,
	  .maxlen = sizeof(long), .mode = 0644, .proc_handler = proc_doulongvec_minmax },
	{ .procname = "pipe-user-pages-soft", .data = &pipe_user_pages_soft,
	  .maxlen = sizeof(long), .mode = 0644, .proc_handler = proc_doulongvec_minmax },
	{}
};

static unsigned long charge(struct user_struct *user, long pages)
{
	return atomic_long_add_return(pages, &user->pipe_bufs);
}

static bool over_soft(unsigned long pages)
{
	return pipe_user_pages_soft && pages > pipe_user_pages_soft;
}

static bool over_hard(unsigned long pages)
{
	return pipe_user_pages_hard && pages > pipe_user_pages_hard;
}

static bool pipe_unprivileged(void)
{
	return !capable(CAP_SYS_RESOURCE) && !capable(CAP_SYS_ADMIN);
}

struct pipe_inode_info *alloc_pipe_info(void)
{
	struct pipe_inode_info *pipe = kzalloc(sizeof(*pipe), GFP_KERNEL);
	struct user_struct *user = get_uid(current_user());
	unsigned int size = PIPE_DEF_BUFFERS;
	unsigned long total;

	if (!pipe)
		goto fail_user;
	total = charge(user, size);
	/* Users with many pipes get small ones. */
	if (over_soft(total) && pipe_unprivileged()) {
		total = charge(user, 2 - (long)size);
		size = 2;
	}
	if (over_hard(total) && pipe_unprivileged())
		goto fail_charge;
	pipe->bufs = kcalloc(size, sizeof(*pipe->bufs), GFP_KERNEL);
	if (!pipe->bufs)
		goto fail_charge;
	mutex_init(&pipe->mutex);
	init_waitqueue_head(&pipe->rd_wait);
	init_waitqueue_head(&pipe->wr_wait);
	pipe->r_counter = pipe->w_counter = 1;
	pipe->ring_size = size;
	pipe->nr_accounted = size;
	pipe->user = user;
	return pipe;
fail_charge:
	charge(user, -(long)size);
	kfree(pipe);
fail_user:
	free_uid(user);
	return NULL;
}

void free_pipe_info(struct pipe_inode_info *pipe)
{
	unsigned int i;

	charge(pipe->user, -(long)pipe->nr_accounted);
	free_uid(pipe->user);
	for (i = pipe->tail; i != pipe->head; i++)
		put_page(pipe_slot(pipe, i)->page);
	for (i = 0; i < 2; i++)
		if (pipe->spare[i])
			put_page(pipe->spare[i]);
	kfree(pipe->bufs);
	kfree(pipe);
}

void put_pipe_info(struct inode *inode, struct pipe_inode_info *pipe)
{
	bool last = false;

	spin_lock(&inode->i_lock);
	if (!--pipe->files) {
		inode->i_pipe = NULL;
		last = true;
	}
	spin_unlock(&inode->i_lock);
	if (last)
		free_pipe_info(pipe);
}

static char *pipefs_dname(struct dentry *dentry, char *buf, int buflen)
{
	return dynamic_dname(buf, buflen, "pipe:[%lu]", d_inode(dentry)->i_ino);
}

static const struct dentry_operations pipefs_dentry_operations = { .d_dname = pipefs_dname };

static struct inode *get_pipe_inode(void)
{
	struct inode *inode = new_inode_pseudo(pipe_mnt->mnt_sb);
	struct pipe_inode_info *pipe;

	if (!inode)
		return NULL;
	pipe = alloc_pipe_info();
	if (!pipe) {
		iput(inode);
		return NULL;
	}
	inode->i_ino = get_next_ino();
	inode->i_pipe = pipe;
	pipe->files = 2;
	pipe->readers = pipe->writers = 1;
	inode->i_fop = &pipefifo_fops;
	inode->i_mode = S_IFIFO | S_IRUSR | S_IWUSR;
	inode->i_uid = current_fsuid();
	inode->i_gid = current_fsgid();
	inode->i_atime = inode->i_mtime = inode->i_ctime = current_time(inode);
	return inode;
}

int create_pipe_files(struct file **ends, int flags)
{
	struct inode *inode = get_pipe_inode();
	struct file *file;

	if (!inode)
		return -ENFILE;
	file = alloc_file_pseudo(inode, pipe_mnt, "", O_WRONLY | (flags & (O_NONBLOCK | O_DIRECT)),
				 &pipefifo_fops);
	if (IS_ERR(file)) {
		free_pipe_info(inode->i_pipe);
		iput(inode);
		return PTR_ERR(file);
	}
	file->private_data = inode->i_pipe;
	file->f_mode |= FMODE_STREAM | FMODE_NOWAIT;
	ends[1] = file;
	file = alloc_file(&ends[1]->f_path, O_RDONLY | (flags & O_NONBLOCK), &pipefifo_fops);
	if (IS_ERR(file)) {
		put_pipe_info(inode, inode->i_pipe);
		fput(ends[1]);
		return PTR_ERR(file);
	}
	path_get(&file->f_path);
	file->private_data = inode->i_pipe;
	file->f_mode |= FMODE_STREAM | FMODE_NOWAIT;
	ends[0] = file;
	return 0;
}

static long do_pipe2(int __user *ufds, int flags)
{
	struct file *ends[2];
	int fds[2];
	int error;

	if (flags & ~(O_CLOEXEC | O_NONBLOCK | O_DIRECT))
		return -EINVAL;
	error = create_pipe_files(ends, flags);
	if (error)
		return error;
	fds[0] = get_unused_fd_flags(flags);
	error = fds[0];
	if (error < 0)
		goto fail_files;
	fds[1] = get_unused_fd_flags(flags);
	error = fds[1];
	if (error < 0)
		goto fail_fd;
	if (copy_to_user(ufds, fds, sizeof(fds))) {
		put_unused_fd(fds[1]);
		error = -EFAULT;
		goto fail_fd;
	}
	fd_install(fds[0], ends[0]);
	fd_install(fds[1], ends[1]);
	return 0;
fail_fd:
	put_unused_fd(fds[0]);
fail_files:
	fput(ends[0]);
	fput(ends[1]);
	return error;
}

SYSCALL_DEFINE2(pipe2, int __user *, fds, int, flags)
{
	return do_pipe2(fds, flags);
}

SYSCALL_DEFINE1(pipe, int __user *, fds)
{
	return do_pipe2(fds, 0);
}

static struct dentry *pipefs_mount(struct file_system_type *type, int flags, const char *name,
				   void *data)
{
	return mount_pseudo(type, "pipe:", NULL, &pipefs_dentry_operations, PIPEFS_MAGIC);
}

static struct file_system_type pipe_fs_type = {
	.name = "pipefs",
	.mount = pipefs_mount,
	.kill_sb = kill_anon_super,
};

static int __init pipefs_init(void)
{
	BUG_ON(register_filesystem(&pipe_fs_type));
	pipe_mnt = kern_mount_at_boot(&pipe_fs_type);
	return register_sysctl("fs", pipe_table);
}
fs_initcall(pipefs_init);
