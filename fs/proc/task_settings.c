// SPDX-License-Identifier: MIT
/*
 * Settings of a process as files: oom_score_adj and its ancestor oom_adj, timerslack_ns, loginuid,
 * sessionid; and two lists, timers and children.
 */
#include <kern/cred.h>
#include <kern/fork.h>
#include <kern/posix_timers.h>
#include <kern/signal.h>
#include <lib/kstrtox.h>
#include <lib/sprintf.h>
#include <mm/oom.h>
#include <mm/uaccess.h>

#include "internal.h"

/* Reads one number that a user wrote; 0 or an errno. */
static int number_from_user(const char __user *buf, size_t size, long *value)
{
	char text[16] = {};

	if (size > sizeof(text) - 1)
		size = sizeof(text) - 1;
	if (copy_from_user(text, buf, size))
		return -EFAULT;
	return kstrtol(strim(text), 0, value);
}

static ssize_t oom_score_adj_read(struct file *file, char __user *buf, size_t size, loff_t *pos)
{
	struct task_struct *task = get_proc_task(file_inode(file));
	char text[16];
	int len;

	if (!task)
		return -ESRCH;
	len = snprintf(text, sizeof(text), "%d\n", task->signal->oom_score_adj);
	put_task_struct(task);
	return simple_read_from_buffer(buf, size, pos, text, len);
}

static int set_oom_score_adj(struct inode *inode, long value)
{
	struct task_struct *task = get_proc_task(inode);
	int err = 0;

	if (!task)
		return -ESRCH;
	if (value < task->signal->oom_score_adj_min && !capable(CAP_SYS_RESOURCE)) {
		err = -EACCES;
	} else {
		task->signal->oom_score_adj = value;
		if (capable(CAP_SYS_RESOURCE))
			task->signal->oom_score_adj_min = value;
	}
	put_task_struct(task);
	return err;
}

static ssize_t oom_score_adj_write(struct file *file, const char __user *buf, size_t size,
				   loff_t *pos)
{
	long value;
	int err = number_from_user(buf, size, &value);

	if (err)
		return err;
	if (value < OOM_SCORE_ADJ_MIN || value > OOM_SCORE_ADJ_MAX)
		return -EINVAL;
	err = set_oom_score_adj(file_inode(file), value);
	return err ? err : size;
}

const struct file_operations proc_oom_score_adj_operations = {
	.read = oom_score_adj_read,
	.write = oom_score_adj_write,
	.llseek = default_llseek,
};

/* The same on the scale that it had before: -17 (never) to 15. */
#define OOM_DISABLE    (-17)
#define OOM_ADJUST_MAX 15

static ssize_t oom_adj_read(struct file *file, char __user *buf, size_t size, loff_t *pos)
{
	struct task_struct *task = get_proc_task(file_inode(file));
	int value = OOM_ADJUST_MAX, len;
	char text[16];

	if (!task)
		return -ESRCH;
	if (task->signal->oom_score_adj != OOM_SCORE_ADJ_MAX)
		value = task->signal->oom_score_adj * -OOM_DISABLE / OOM_SCORE_ADJ_MAX;
	put_task_struct(task);
	len = snprintf(text, sizeof(text), "%d\n", value);
	return simple_read_from_buffer(buf, size, pos, text, len);
}

static ssize_t oom_adj_write(struct file *file, const char __user *buf, size_t size, loff_t *pos)
{
	long value;
	int err = number_from_user(buf, size, &value);

	if (err)
		return err;
	if (value < OOM_DISABLE || value > OOM_ADJUST_MAX)
		return -EINVAL;
	value = value == OOM_ADJUST_MAX ? OOM_SCORE_ADJ_MAX :
					  value * OOM_SCORE_ADJ_MAX / -OOM_DISABLE;
	err = set_oom_score_adj(file_inode(file), value);
	return err ? err : size;
}

const struct file_operations proc_oom_adj_operations = {
	.read = oom_adj_read,
	.write = oom_adj_write,
	.llseek = default_llseek,
};

/* Nobody has set it: there is no audit. */
static ssize_t loginuid_read(struct file *file, char __user *buf, size_t size, loff_t *pos)
{
	static const char unset[] = "4294967295";

	return simple_read_from_buffer(buf, size, pos, unset, sizeof(unset) - 1);
}

const struct file_operations proc_loginuid_operations = {
	.read = loginuid_read,
	.llseek = default_llseek,
};

static ssize_t sessionid_read(struct file *file, char __user *buf, size_t size, loff_t *pos)
{
	return loginuid_read(file, buf, size, pos);
}

const struct file_operations proc_sessionid_operations = {
	.read = sessionid_read,
	.llseek = default_llseek,
};

/* ---- timerslack_ns: one's own, or with CAP_SYS_NICE anybody's ---- */

static int timerslack_show(struct seq_file *m, void *v)
{
	struct task_struct *task = get_proc_task(m->private);
	int err = 0;

	if (!task)
		return -ESRCH;
	if (task != current && !capable(CAP_SYS_NICE))
		err = -EPERM;
	else
		seq_printf(m, "%llu\n", (unsigned long long)task->timer_slack_ns);
	put_task_struct(task);
	return err;
}

static int timerslack_open(struct inode *inode, struct file *file)
{
	return single_open(file, timerslack_show, inode);
}

static ssize_t timerslack_write(struct file *file, const char __user *buf, size_t size, loff_t *pos)
{
	struct task_struct *task;
	char text[24] = {};
	u64 value;
	int err;

	if (size > sizeof(text) - 1)
		size = sizeof(text) - 1;
	if (copy_from_user(text, buf, size))
		return -EFAULT;
	err = kstrtoull(strim(text), 10, &value);
	if (err)
		return err;
	task = get_proc_task(file_inode(file));
	if (!task)
		return -ESRCH;
	if (task != current && !capable(CAP_SYS_NICE))
		err = -EPERM;
	else
		WRITE_ONCE(task->timer_slack_ns, value ?: task->default_timer_slack_ns);
	put_task_struct(task);
	return err ? err : size;
}

const struct file_operations proc_timerslack_operations = {
	.open = timerslack_open,
	.read_iter = seq_read_iter,
	.write = timerslack_write,
	.llseek = seq_lseek,
	.release = single_release,
};

/* ---- lists ---- */

int proc_pid_timers(struct seq_file *m, struct pid *pid, struct task_struct *task)
{
	posix_timers_show(m, task);
	return 0;
}

int proc_pid_children(struct seq_file *m, struct pid *pid, struct task_struct *task)
{
	struct pid_namespace *ns = proc_seq_pid_ns(m);
	struct task_struct *child;

	read_lock(&tasklist_lock);
	list_for_each_entry(child, &task->children, sibling)
		seq_printf(m, "%d ", task_pid_nr_ns(child, ns));
	read_unlock(&tasklist_lock);
	return 0;
}
