// SPDX-License-Identifier: MIT
/* /proc/PID/make-it-fail and /proc/PID/task/TID/fail-nth: see mm/fault_inject.c. */
#include <kern/cred.h>
#include <kern/fork.h>
#include <lib/kstrtox.h>
#include <lib/sprintf.h>
#include <mm/fault_inject.h>
#include <mm/uaccess.h>

#include "internal.h"

static ssize_t show_number(struct file *file, char __user *buf, size_t size, loff_t *pos, bool nth)
{
	struct task_struct *task = get_proc_task(file_inode(file));
	char text[16];
	int len;

	if (!task)
		return -ESRCH;
	len = scnprintf(text, sizeof(text), "%u\n",
			nth ? READ_ONCE(task->fail_nth) : READ_ONCE(task->make_it_fail));
	put_task_struct(task);
	return simple_read_from_buffer(buf, size, pos, text, len);
}

/* => the number that the user wrote, or an errno */
static long number_of(const char __user *buf, size_t size)
{
	char text[16] = {};
	unsigned int value;
	int err;

	if (size > sizeof(text) - 1)
		return -EINVAL;
	if (copy_from_user(text, buf, size))
		return -EFAULT;
	err = kstrtouint(strim(text), 0, &value);
	return err ? err : value > INT_MAX ? -EINVAL : (long)value;
}

static ssize_t make_it_fail_read(struct file *file, char __user *buf, size_t size, loff_t *pos)
{
	return show_number(file, buf, size, pos, false);
}

static ssize_t make_it_fail_write(struct file *file, const char __user *buf, size_t size, loff_t *pos)
{
	struct task_struct *task;
	long value;

	if (!capable(CAP_SYS_RESOURCE))
		return -EPERM;
	value = number_of(buf, size);
	if (value < 0 || value > 1)
		return value < 0 ? value : -EINVAL;
	task = get_proc_task(file_inode(file));
	if (!task)
		return -ESRCH;
	fault_inject_mark_task(task, value);
	put_task_struct(task);
	return size;
}

const struct file_operations proc_make_it_fail_operations = {
	.read = make_it_fail_read,
	.write = make_it_fail_write,
	.llseek = default_llseek,
};

static ssize_t fail_nth_read(struct file *file, char __user *buf, size_t size, loff_t *pos)
{
	return show_number(file, buf, size, pos, true);
}

static ssize_t fail_nth_write(struct file *file, const char __user *buf, size_t size, loff_t *pos)
{
	struct task_struct *task;
	long value = number_of(buf, size);

	if (value < 0)
		return value;
	task = get_proc_task(file_inode(file));
	if (!task)
		return -ESRCH;
	fault_inject_nth(task, value);
	put_task_struct(task);
	return size;
}

const struct file_operations proc_fail_nth_operations = {
	.read = fail_nth_read,
	.write = fail_nth_write,
	.llseek = default_llseek,
};
