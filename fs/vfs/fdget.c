/* SPDX-License-Identifier: MIT */
/* From a descriptor to its file. */
#include <fs/fdtable.h>
#include <fs/file.h>
#include <kern/mutex.h>
#include <kern/rcupdate.h>
#include <kern/task.h>
#include "internal.h"

/* => RCU; takes a reference unless the file is being closed */
static struct file *fget_files(struct files_struct *files, unsigned int fd, unsigned int mask)
{
	struct file *file;

	rcu_read_lock();
	for (;;) {
		struct fdtable *fdt = rcu_dereference(files->fdt);

		file = fd < fdt->max_fds ? rcu_dereference(fdt->fd[fd]) : NULL;
		if (!file)
			break;
		if (file->f_mode & mask) {
			file = NULL;
			break;
		}
		/* A count of zero: the slot has been emptied, or is about to get another. */
		if (atomic_long_inc_not_zero(&file->f_count))
			break;
	}
	rcu_read_unlock();
	return file;
}

struct file *fget(unsigned int fd)
{
	return fget_files(current->files, fd, FMODE_PATH);
}

struct file *fget_raw(unsigned int fd)
{
	return fget_files(current->files, fd, 0);
}

/*
 * The light way: while the table is only ours, nobody can close the descriptor under us, so no
 * reference is needed.
 */
static struct fd fdget_mask(unsigned int fd, unsigned int mask)
{
	struct files_struct *files = current->files;
	struct fd f = { NULL, 0 };

	if (atomic_read(&files->count) == 1) {
		struct fdtable *fdt = READ_ONCE(files->fdt);

		if (fd < fdt->max_fds)
			f.file = READ_ONCE(fdt->fd[fd]);
		if (f.file && (f.file->f_mode & mask))
			f.file = NULL;
		return f;
	}
	f.file = fget_files(files, fd, mask);
	if (f.file)
		f.flags = FDPUT_FPUT;
	return f;
}

struct fd fdget(unsigned int fd)
{
	return fdget_mask(fd, FMODE_PATH);
}

struct fd fdget_raw(unsigned int fd)
{
	return fdget_mask(fd, 0);
}

/* With the position locked, where a file has one that others can use too. */
struct fd fdget_pos(unsigned int fd)
{
	struct fd f = fdget(fd);

	if (f.file && (f.file->f_mode & FMODE_ATOMIC_POS) && file_count(f.file) > 1) {
		f.flags |= FDPUT_POS_UNLOCK;
		mutex_lock(&f.file->f_pos_lock);
	}
	return f;
}

void fdput(struct fd f)
{
	if (f.flags & FDPUT_FPUT)
		fput(f.file);
}

void fdput_pos(struct fd f)
{
	if (f.flags & FDPUT_POS_UNLOCK)
		mutex_unlock(&f.file->f_pos_lock);
	fdput(f);
}

/* ---- of other tasks ---- */

struct file *fget_task(struct task_struct *task, unsigned int fd)
{
	struct files_struct *files = get_files_struct(task);
	struct file *file = NULL;

	if (files) {
		file = fget_files(files, fd, 0);
		put_files_struct(files);
	}
	return file;
}

struct file *fget_task_next(struct task_struct *task, unsigned int *fd)
{
	struct files_struct *files = get_files_struct(task);
	struct file *file = NULL;

	if (!files)
		return NULL;
	for (;; (*fd)++) {
		struct fdtable *fdt;
		unsigned int max;

		rcu_read_lock();
		fdt = rcu_dereference(files->fdt);
		max = fdt->max_fds;
		rcu_read_unlock();
		if (*fd >= max)
			break;
		file = fget_files(files, *fd, 0);
		if (file)
			break;
	}
	put_files_struct(files);
	return file;
}

int iterate_fd(struct files_struct *files, unsigned int n,
	       int (*fn)(const void *data, struct file *file, unsigned int fd), const void *data)
{
	struct fdtable *fdt;
	int result = 0;

	if (!files)
		return 0;
	spin_lock(&files->file_lock);
	for (fdt = files->fdt; n < fdt->max_fds && !result; n++)
		if (fdt->fd[n])
			result = fn(data, fdt->fd[n], n);
	spin_unlock(&files->file_lock);
	return result;
}
