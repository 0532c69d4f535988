// SPDX-License-Identifier: MIT
/* The remaining files of the root: version, memory, file systems, messages, symbols. */
#include <fs/filelock.h>
#include <fs/poll.h>
#include <kern/printk.h>
#include <kern/uts.h>
#include <kern/wait.h>
#include <mm/slab.h>
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

/* ---- kmsg: each message once, to whoever reads first ---- */

static int kmsg_open(struct inode *inode, struct file *file)
{
	return do_syslog(SYSLOG_ACTION_OPEN, NULL, 0);
}

static ssize_t kmsg_read(struct file *file, char __user *buf, size_t size, loff_t *pos)
{
	if (file->f_flags & O_NONBLOCK && !syslog_unread())
		return -EAGAIN;
	return do_syslog(SYSLOG_ACTION_READ, buf, min_t(size_t, size, INT_MAX));
}

static __poll_t kmsg_poll(struct file *file, struct poll_table_struct *wait)
{
	poll_wait(file, &log_wait, wait);
	return syslog_unread() ? EPOLLIN | EPOLLRDNORM : 0;
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
