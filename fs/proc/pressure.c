// SPDX-License-Identifier: MIT
/*
 * /proc/pressure/{cpu,io,memory}: what the scheduler knows of the whole system's stalls. What an
 * open file's trigger is, kernel/sched/psi_trigger.c says; it stands in the file's seq_file.
 */
#include <fs/file.h>
#include <fs/proc_fs.h>
#include <fs/seq_file.h>
#include <kern/cred.h>
#include <kern/errno.h>
#include <kern/init.h>
#include <kern/kernel.h>
#include <kern/psi.h>
#include <lib/string.h>
#include <linux/capability.h>
#include <linux/fs.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

static const char *const names[] = { [PSI_CPU] = "cpu", [PSI_IO] = "io", [PSI_MEM] = "memory" };

struct pressure_open {
	enum psi_resource resource;	/* constant */
	struct psi_trigger *trigger;	/* psi_trigger.c's */
};

static struct pressure_open *open_of(const struct file *file)
{
	return ((struct seq_file *)file->private_data)->private;
}

static int pressure_show(struct seq_file *m, void *unused)
{
	const struct pressure_open *open = m->private;

	psi_show(m, &psi_system, open->resource);
	return 0;
}

static int pressure_open(struct inode *inode, struct file *file)
{
	struct pressure_open *open;
	int err;

	if ((file->f_mode & FMODE_WRITE) && !capable(CAP_SYS_RESOURCE))
		return -EPERM;
	open = kzalloc(sizeof(*open), GFP_KERNEL);
	if (!open)
		return -ENOMEM;
	open->resource = (enum psi_resource)(unsigned long)pde_data(inode);
	err = single_open(file, pressure_show, open);
	if (err)
		kfree(open);
	return err;
}

static int pressure_release(struct inode *inode, struct file *file)
{
	struct pressure_open *open = open_of(file);

	psi_trigger_release(&open->trigger);
	kfree(open);
	return single_release(inode, file);
}

static ssize_t pressure_write(struct file *file, const char __user *buf, size_t size, loff_t *pos)
{
	struct pressure_open *open = open_of(file);
	char text[32];
	int err;

	if (!size)
		return -EINVAL;
	memset(text, 0, sizeof(text));
	if (copy_from_user(text, buf, min(size, sizeof(text) - 1)))
		return -EFAULT;
	err = psi_trigger_write(&open->trigger, &psi_system, open->resource, text);
	return err ? err : (ssize_t)size;
}

static __poll_t pressure_poll(struct file *file, struct poll_table_struct *wait)
{
	return psi_trigger_poll(&open_of(file)->trigger, file, wait);
}

static const struct proc_ops pressure_ops = {
	.proc_open = pressure_open,
	.proc_read = seq_read,
	.proc_write = pressure_write,
	.proc_lseek = seq_lseek,
	.proc_poll = pressure_poll,
	.proc_release = pressure_release,
};

static int __init pressure_init(void)
{
	struct proc_dir_entry *dir = proc_mkdir("pressure", NULL);

	if (!dir)
		return -ENOMEM;
	for (unsigned long i = 0; i < ARRAY_SIZE(names); i++)
		if (!proc_create_data(names[i], 0666, dir, &pressure_ops, (void *)i))
			return -ENOMEM;
	return 0;
}
fs_initcall(pressure_init);
