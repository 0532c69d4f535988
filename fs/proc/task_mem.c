// SPDX-License-Identifier: MIT
/* The memory of a process as files: mem, cmdline, environ, auxv; comm, coredump_filter. */
#include <kern/fork.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <lib/kstrtox.h>
#include <lib/sprintf.h>
#include <mm/gfp.h>
#include <mm/mmap.h>
#include <mm/uaccess.h>

#include "internal.h"

/* ---- comm ---- */

static int comm_show(struct seq_file *m, void *v)
{
	struct task_struct *task = get_proc_task(m->private);

	if (!task)
		return -ESRCH;
	proc_task_name(m, task, false);
	seq_putc(m, '\n');
	put_task_struct(task);
	return 0;
}

static int comm_open(struct inode *inode, struct file *file)
{
	return single_open(file, comm_show, inode);
}

static ssize_t comm_write(struct file *file, const char __user *buf, size_t size, loff_t *pos)
{
	struct task_struct *task;
	char comm[TASK_COMM_LEN] = {};
	size_t n = size < TASK_COMM_LEN - 1 ? size : TASK_COMM_LEN - 1;
	ssize_t ret = size;

	if (copy_from_user(comm, buf, n))
		return -EFAULT;
	task = get_proc_task(file_inode(file));
	if (!task)
		return -ESRCH;
	if (same_thread_group(current, task)) {
		task_lock(task);
		memcpy(task->comm, comm, sizeof(comm));
		task_unlock(task);
	} else {
		ret = -EINVAL;
	}
	put_task_struct(task);
	return ret;
}

const struct file_operations proc_comm_operations = {
	.open = comm_open,
	.read_iter = seq_read_iter,
	.write = comm_write,
	.llseek = seq_lseek,
	.release = single_release,
};

/* ---- pieces of an mm ---- */

/*
 * Copies [start + *pos, end) of an address space to the user, a page at a time, up to `size`
 * bytes or the first page that is not there; the bytes, or -EFAULT / -EIO.
 */
static ssize_t read_mm(struct mm_struct *mm, unsigned long start, unsigned long end,
		       char __user *buf, size_t size, loff_t *pos, unsigned int flags)
{
	char *page = (char *)__get_free_page(GFP_KERNEL);
	unsigned long addr = start + *pos;
	ssize_t done = 0;

	if (!page)
		return -ENOMEM;
	while (size && addr < end) {
		int want = min_t(size_t, size, min_t(unsigned long, end - addr, PAGE_SIZE));
		int got = access_remote_vm(mm, addr, page, want, flags);

		if (got <= 0) {
			if (!done)
				done = -EIO;
			break;
		}
		if (copy_to_user(buf, page, got)) {
			done = -EFAULT;
			break;
		}
		done += got;
		addr += got;
		buf += got;
		size -= got;
		if (fatal_signal_pending(current))
			break;
	}
	if (done > 0)
		*pos += done;
	free_page((unsigned long)page);
	return done;
}

/* The mm of the inode's task for a caller who may look at it, or an ERR_PTR. */
static struct mm_struct *open_mm(struct inode *inode, bool attach)
{
	struct task_struct *task = get_proc_task(inode);
	struct mm_struct *mm;

	if (!task)
		return ERR_PTR(-ESRCH);
	mm = proc_may_access(task, attach) ? get_task_mm(task) : ERR_PTR(-EACCES);
	put_task_struct(task);
	return mm;
}

/* => the file keeps the mm_struct, but not what is mapped */
static int mm_file_open(struct inode *inode, struct file *file)
{
	struct mm_struct *mm = open_mm(inode, false);

	if (IS_ERR(mm))
		return PTR_ERR(mm);
	if (mm) {
		mmgrab(mm);
		mmput(mm);
	}
	file->private_data = mm;
	return 0;
}

static int mem_open(struct inode *inode, struct file *file)
{
	struct mm_struct *mm = open_mm(inode, true);

	if (IS_ERR(mm))
		return PTR_ERR(mm);
	if (mm) {
		mmgrab(mm);
		mmput(mm);
	}
	file->private_data = mm;
	return 0;
}

static int mm_file_release(struct inode *inode, struct file *file)
{
	if (file->private_data)
		mmdrop(file->private_data);
	return 0;
}

static ssize_t environ_read(struct file *file, char __user *buf, size_t size, loff_t *pos)
{
	struct mm_struct *mm = file->private_data;
	unsigned long start, end;
	ssize_t ret = 0;

	if (!mm || !mmget_not_zero(mm))
		return 0;
	spin_lock(&mm->arg_lock);
	start = mm->env_start;
	end = mm->env_end;
	spin_unlock(&mm->arg_lock);
	if (start && *pos < end - start)
		ret = read_mm(mm, start, end, buf, size, pos, 0);
	mmput(mm);
	return ret;
}

const struct file_operations proc_environ_operations = {
	.open = mm_file_open,
	.read = environ_read,
	.llseek = generic_file_llseek,
	.release = mm_file_release,
};

static ssize_t auxv_read(struct file *file, char __user *buf, size_t size, loff_t *pos)
{
	struct mm_struct *mm = file->private_data;
	unsigned int n = 0;

	if (!mm)
		return 0;
	do {
		n += 2;
	} while (n < AT_VECTOR_SIZE && mm->saved_auxv[n - 2] != 0);
	return simple_read_from_buffer(buf, size, pos, mm->saved_auxv,
				       n * sizeof(mm->saved_auxv[0]));
}

const struct file_operations proc_auxv_operations = {
	.open = mm_file_open,
	.read = auxv_read,
	.llseek = generic_file_llseek,
	.release = mm_file_release,
};

/* /proc/PID/mem: the position is the address. */
static ssize_t mem_read(struct file *file, char __user *buf, size_t size, loff_t *pos)
{
	struct mm_struct *mm = file->private_data;
	ssize_t ret;

	if (!mm || !mmget_not_zero(mm))
		return 0;
	ret = read_mm(mm, 0, ~0UL, buf, size, pos, FOLL_FORCE);
	mmput(mm);
	return ret;
}

static ssize_t mem_write(struct file *file, const char __user *buf, size_t size, loff_t *pos)
{
	struct mm_struct *mm = file->private_data;
	ssize_t done = 0;
	char *page;

	if (!mm || !mmget_not_zero(mm))
		return 0;
	page = (char *)__get_free_page(GFP_KERNEL);
	if (!page) {
		mmput(mm);
		return -ENOMEM;
	}
	while (size) {
		int n = min_t(size_t, size, PAGE_SIZE);

		if (copy_from_user(page, buf, n)) {
			done = done ? done : -EFAULT;
			break;
		}
		n = access_remote_vm(mm, *pos, page, n, FOLL_FORCE | FOLL_WRITE);
		if (n <= 0) {
			done = done ? done : -EIO;
			break;
		}
		done += n;
		*pos += n;
		buf += n;
		size -= n;
		if (fatal_signal_pending(current))
			break;
	}
	free_page((unsigned long)page);
	mmput(mm);
	return done;
}

loff_t proc_mem_lseek(struct file *file, loff_t offset, int whence)
{
	switch (whence) {
	case 0:
		file->f_pos = offset;
		break;
	case 1:
		file->f_pos += offset;
		break;
	default:
		return -EINVAL;
	}
	return file->f_pos;
}

const struct file_operations proc_mem_operations = {
	.open = mem_open,
	.read = mem_read,
	.write = mem_write,
	.llseek = proc_mem_lseek,
	.release = mm_file_release,
};

/* ---- cmdline ---- */

/*
 * The arguments as they are now. A program that wrote a longer title over the last NUL and into
 * its environment shows one string: up to the first NUL from there.
 */
static ssize_t read_cmdline(struct mm_struct *mm, char __user *buf, size_t size, loff_t *pos)
{
	unsigned long arg_start, arg_end, env_end;
	char last = 0;

	spin_lock(&mm->arg_lock);
	arg_start = mm->arg_start;
	arg_end = mm->arg_end;
	env_end = mm->env_end;
	spin_unlock(&mm->arg_lock);
	if (arg_start >= arg_end)
		return 0;
	if (access_remote_vm(mm, arg_end - 1, &last, 1, 0) != 1)
		return 0;
	if (last && env_end > arg_end) {
		unsigned long end = arg_end;
		char c;

		while (end < env_end && end - arg_start < 4096) {
			if (access_remote_vm(mm, end, &c, 1, 0) != 1)
				break;
			end++;
			if (!c)
				break;
		}
		arg_end = end;
	}
	if (*pos >= arg_end - arg_start)
		return 0;
	return read_mm(mm, arg_start, arg_end, buf, size, pos, 0);
}

static ssize_t cmdline_read(struct file *file, char __user *buf, size_t size, loff_t *pos)
{
	struct task_struct *task = get_proc_task(file_inode(file));
	struct mm_struct *mm;
	ssize_t ret = 0;

	if (!task)
		return -ESRCH;
	mm = get_task_mm(task);
	put_task_struct(task);
	if (mm) {
		ret = read_cmdline(mm, buf, size, pos);
		mmput(mm);
	}
	return ret;
}

const struct file_operations proc_cmdline_operations = {
	.read = cmdline_read,
	.llseek = generic_file_llseek,
};

/* ---- coredump_filter ---- */

static ssize_t coredump_filter_read(struct file *file, char __user *buf, size_t size, loff_t *pos)
{
	struct task_struct *task = get_proc_task(file_inode(file));
	struct mm_struct *mm;
	char text[16];
	int len = 0;

	if (!task)
		return -ESRCH;
	mm = get_task_mm(task);
	put_task_struct(task);
	if (mm) {
		len = snprintf(text, sizeof(text), "%08lx\n",
			       (READ_ONCE(mm->flags) & MMF_DUMP_FILTER_MASK) >> MMF_DUMP_FILTER_SHIFT);
		mmput(mm);
	}
	return simple_read_from_buffer(buf, size, pos, text, len);
}

static ssize_t coredump_filter_write(struct file *file, const char __user *buf, size_t size,
				     loff_t *pos)
{
	struct task_struct *task;
	struct mm_struct *mm;
	unsigned long value, old;
	char text[24] = {};
	int error;

	if (copy_from_user(text, buf, min(size, sizeof(text) - 1)))
		return -EFAULT;
	error = kstrtoul(strim(text), 0, &value);
	if (error)
		return error;
	task = get_proc_task(file_inode(file));
	if (!task)
		return -ESRCH;
	mm = get_task_mm(task);
	put_task_struct(task);
	if (!mm)
		return size;
	value = (value << MMF_DUMP_FILTER_SHIFT) & MMF_DUMP_FILTER_MASK;
	old = READ_ONCE(mm->flags);
	while (!try_cmpxchg(&mm->flags, &old, (old & ~MMF_DUMP_FILTER_MASK) | value))
		;
	mmput(mm);
	return size;
}

const struct file_operations proc_coredump_filter_operations = {
	.read = coredump_filter_read,
	.write = coredump_filter_write,
	.llseek = generic_file_llseek,
};
