// SPDX-License-Identifier: MIT
/* /proc/PID/uid_map, gid_map, projid_map, setgroups and timens_offsets. */
#include <fs/file.h>
#include <kern/cred.h>
#include <kern/fork.h>
#include <kern/time_namespace.h>
#include <kern/user_namespace.h>
#include <mm/page.h>
#include <mm/slab.h>
#include <mm/uio.h>

#include "internal.h"

/* The user name space of the task of a file, with a reference, or NULL. */
static struct user_namespace *get_task_userns(struct inode *inode)
{
	struct task_struct *task = get_proc_task(inode);
	struct user_namespace *ns;
	const struct cred *cred;

	if (!task)
		return NULL;
	cred = get_task_cred(task);
	ns = get_user_ns(cred->user_ns);
	put_cred(cred);
	put_task_struct(task);
	return ns;
}

/* The file keeps the name space that the task had when it was opened. */
static int open_userns(struct inode *inode, struct file *file,
		       int (*show)(struct seq_file *m, void *v))
{
	struct user_namespace *ns = get_task_userns(inode);
	int error;

	if (!ns)
		return -ESRCH;
	error = single_open(file, show, ns);
	if (error)
		put_user_ns(ns);
	return error;
}

static struct user_namespace *file_userns(struct file *file)
{
	return ((struct seq_file *)file->private_data)->private;
}

static int release_userns(struct inode *inode, struct file *file)
{
	put_user_ns(file_userns(file));
	return single_release(inode, file);
}

/* The text of one write; pieces of a map would be maps of their own. */
static ssize_t write_map(struct kiocb *iocb, struct iov_iter *from, enum userns_map which)
{
	struct file *file = iocb->ki_filp;
	size_t size = iov_iter_count(from);
	ssize_t ret;
	char *text;

	if (size >= PAGE_SIZE || iocb->ki_pos)
		return -EINVAL;
	text = kzalloc(size + 1, GFP_KERNEL);
	if (!text)
		return -ENOMEM;
	ret = copy_from_iter(text, size, from) == size ?
		      userns_write_map(file_userns(file), which, file, text, size) :
		      -EFAULT;
	kfree(text);
	if (ret > 0)
		iocb->ki_pos += ret;
	return ret;
}

#define MAP_FILE(name, which)                                                                      \
	static int name##_show(struct seq_file *m, void *v)                                        \
	{                                                                                          \
		return userns_show_map(m, m->private, which, m->file->f_cred);                     \
	}                                                                                          \
	static int name##_open(struct inode *inode, struct file *file)                             \
	{                                                                                          \
		return open_userns(inode, file, name##_show);                                      \
	}                                                                                          \
	static ssize_t name##_write(struct kiocb *iocb, struct iov_iter *from)                     \
	{                                                                                          \
		return write_map(iocb, from, which);                                               \
	}                                                                                          \
	const struct file_operations proc_##name##_operations = {                                  \
		.open = name##_open,                                                               \
		.read_iter = seq_read_iter,                                                        \
		.write_iter = name##_write,                                                        \
		.llseek = seq_lseek,                                                               \
		.release = release_userns,                                                         \
	}

MAP_FILE(uid_map, USERNS_UID_MAP);
MAP_FILE(gid_map, USERNS_GID_MAP);
MAP_FILE(projid_map, USERNS_PROJID_MAP);

static int setgroups_show(struct seq_file *m, void *v)
{
	struct user_namespace *ns = m->private;

	seq_puts(m, READ_ONCE(ns->flags) & USERNS_SETGROUPS_ALLOWED ? "allow\n" : "deny\n");
	return 0;
}

static int setgroups_open(struct inode *inode, struct file *file)
{
	struct user_namespace *ns = get_task_userns(inode);
	bool may;

	if (!ns)
		return -ESRCH;
	may = !(file->f_mode & FMODE_WRITE) || ns_capable(ns, CAP_SYS_ADMIN);
	put_user_ns(ns);
	return may ? open_userns(inode, file, setgroups_show) : -EACCES;
}

static ssize_t setgroups_write(struct kiocb *iocb, struct iov_iter *from)
{
	size_t size = iov_iter_count(from);
	char text[8] = {};
	ssize_t ret;

	if (size >= sizeof(text) || iocb->ki_pos)
		return -EINVAL;
	if (copy_from_iter(text, size, from) != size)
		return -EFAULT;
	ret = userns_write_setgroups(file_userns(iocb->ki_filp), text, size);
	if (ret > 0)
		iocb->ki_pos += ret;
	return ret;
}

const struct file_operations proc_setgroups_operations = {
	.open = setgroups_open,
	.read_iter = seq_read_iter,
	.write_iter = setgroups_write,
	.llseek = seq_lseek,
	.release = release_userns,
};

/* ---- timens_offsets ---- */

static int offsets_show(struct seq_file *m, void *v)
{
	struct task_struct *task = get_proc_task(m->private);

	if (!task)
		return -ESRCH;
	timens_show_offsets(m, task);
	put_task_struct(task);
	return 0;
}

static int offsets_open(struct inode *inode, struct file *file)
{
	return single_open(file, offsets_show, inode);
}

static ssize_t offsets_write(struct kiocb *iocb, struct iov_iter *from)
{
	struct task_struct *task = get_proc_task(file_inode(iocb->ki_filp));
	size_t size = iov_iter_count(from);
	ssize_t ret = -ENOMEM;
	char *text = NULL;

	if (!task)
		return -ESRCH;
	if (size >= PAGE_SIZE || iocb->ki_pos)
		ret = -EINVAL;
	else
		text = kzalloc(size + 1, GFP_KERNEL);
	if (text)
		ret = copy_from_iter(text, size, from) == size ?
			      timens_write_offsets(task, text, size) :
			      -EFAULT;
	kfree(text);
	put_task_struct(task);
	if (ret > 0)
		iocb->ki_pos += ret;
	return ret;
}

const struct file_operations proc_timens_offsets_operations = {
	.open = offsets_open,
	.read_iter = seq_read_iter,
	.write_iter = offsets_write,
	.llseek = seq_lseek,
	.release = single_release,
};
