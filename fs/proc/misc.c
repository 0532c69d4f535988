// SPDX-License-Identifier: MIT
/* The remaining files of the root: version, memory, file systems, messages, symbols. */
#include <fs/filelock.h>
#include <fs/poll.h>
#include <kern/cred.h>
#include <kern/printk.h>
#include <kern/signal.h>
#include <kern/uts.h>
#include <kern/wait.h>
#include <lib/sprintf.h>
#include <mm/slab.h>
#include <mm/uaccess.h>
#include <mm/vmalloc.h>
#include <mm/vmstat.h>

#include "internal.h"

static int version_show(struct seq_file *m, void *v)
{
	seq_printf(m, linux_proc_banner, utsname()->sysname, utsname()->release, utsname()->version);
	return 0;
}

static int cmdline_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%s\n", saved_command_line);
	return 0;
}

static int filesystems_show(struct seq_file *m, void *v)
{
	get_filesystem_list(m);
	return 0;
}

static int partitions_show(struct seq_file *m, void *v)
{
	seq_puts(m, "major minor  #blocks  name\n\n");
	return 0;
}

static int swaps_show(struct seq_file *m, void *v)
{
	seq_puts(m, "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
	return 0;
}

static int diskstats_show(struct seq_file *m, void *v)
{
	return 0;
}

static int modules_show(struct seq_file *m, void *v)
{
	return 0;
}

/* ---- kmsg: each record once, to whoever reads first ---- */

static DEFINE_MUTEX(kmsg_lock);		/* guards kmsg_seq */
static u64 kmsg_seq;

static int kmsg_open(struct inode *inode, struct file *file)
{
	return capable(CAP_SYSLOG) ? 0 : -EPERM;
}

static ssize_t kmsg_read(struct file *file, char __user *buf, size_t size, loff_t *pos)
{
	char *text = kmalloc(2048, GFP_KERNEL), *out = kmalloc(2112, GFP_KERNEL);
	struct printk_record r = { .text = text, .text_size = 2048 };
	ssize_t ret = -ENOMEM;
	int len;

	if (!text || !out)
		goto out;
	ret = -ERESTARTSYS;
	if (mutex_lock_interruptible(&kmsg_lock))
		goto out;
	while (!printk_read_record(kmsg_seq, &r)) {
		mutex_unlock(&kmsg_lock);
		ret = -EAGAIN;
		if (file->f_flags & O_NONBLOCK)
			goto out;
		ret = wait_event_interruptible(log_wait, printk_next_seq() > READ_ONCE(kmsg_seq));
		if (ret)
			goto out;
		ret = -ERESTARTSYS;
		if (mutex_lock_interruptible(&kmsg_lock))
			goto out;
	}
	len = scnprintf(out, 2112, "<%u>[%5llu.%06llu] %.*s\n", r.facility << 3 | r.level,
			(unsigned long long)r.ts_nsec / 1000000000,
			(unsigned long long)r.ts_nsec / 1000 % 1000000, (int)r.len, text);
	ret = -EINVAL;
	if (len <= size) {
		kmsg_seq = r.seq + 1;
		ret = copy_to_user(buf, out, len) ? -EFAULT : len;
	}
	mutex_unlock(&kmsg_lock);
out:
	kfree(text);
	kfree(out);
	return ret;
}

static __poll_t kmsg_poll(struct file *file, struct poll_table_struct *wait)
{
	poll_wait(file, &log_wait, wait);
	return printk_next_seq() > READ_ONCE(kmsg_seq) ? EPOLLIN | EPOLLRDNORM : 0;
}

static const struct proc_ops kmsg_ops = {
	.proc_open = kmsg_open,
	.proc_read = kmsg_read,
	.proc_poll = kmsg_poll,
	.proc_lseek = generic_file_llseek,
};

static int __init proc_misc_init(void)
{
	proc_create_single("version", 0, NULL, version_show);
	proc_create_single("cmdline", 0, NULL, cmdline_show);
	proc_create_single("filesystems", 0, NULL, filesystems_show);
	proc_create_single("meminfo", 0, NULL, meminfo_proc_show);
	proc_create_single("vmstat", 0, NULL, vmstat_proc_show);
	proc_create_single("zoneinfo", 0, NULL, zoneinfo_proc_show);
	proc_create_single("buddyinfo", 0, NULL, buddyinfo_proc_show);
	proc_create_single("partitions", 0, NULL, partitions_show);
	proc_create_single("diskstats", 0, NULL, diskstats_show);
	proc_create_single("swaps", 0, NULL, swaps_show);
	proc_create_single("modules", 0, NULL, modules_show);
	proc_create_seq("slabinfo", 0400, NULL, &slabinfo_op);
	proc_create_seq("locks", 0, NULL, &locks_seq_operations);
	proc_create("kmsg", 0400, NULL, &kmsg_ops);
	return 0;
}
fs_initcall(proc_misc_init);
