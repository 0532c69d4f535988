// SPDX-License-Identifier: MIT
/* The remaining files of the root: version, memory, file systems, messages, symbols. */
#include <fs/filelock.h>
#include <fs/poll.h>
#include <kern/cred.h>
#include <kern/printk.h>
#include <kern/uts.h>
#include <kern/wait.h>
#include <mm/slab.h>
#include <mm/swap.h>
#include <mm/vmalloc.h>
#include <mm/vmstat.h>
#include <um/setup.h>

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

/* ---- kallsyms: addresses are for those who may read the log of the kernel ---- */

struct symbol_walk {
	unsigned long index;	/* of the symbol after this one */
	unsigned long addr;
	const char *name;
	char kind;
	bool show_addresses;
};

/* A position is a number in the binary's table; the walk goes over what is no symbol of interest. */
static void *kallsyms_start(struct seq_file *m, loff_t *pos)
{
	struct symbol_walk *walk = m->private;

	walk->index = *pos;
	return um_symbol_next(&walk->index, &walk->addr, &walk->kind, &walk->name) ? walk : NULL;
}

static void *kallsyms_next(struct seq_file *m, void *v, loff_t *pos)
{
	*pos = ((struct symbol_walk *)v)->index;
	return kallsyms_start(m, pos);
}

static void kallsyms_stop(struct seq_file *m, void *v)
{
}

static int kallsyms_show(struct seq_file *m, void *v)
{
	const struct symbol_walk *walk = v;

	seq_printf(m, "%016lx %c %s\n", walk->show_addresses ? walk->addr : 0, walk->kind,
		   walk->name);
	return 0;
}

static const struct seq_operations kallsyms_op = {
	.start = kallsyms_start,
	.next = kallsyms_next,
	.stop = kallsyms_stop,
	.show = kallsyms_show,
};

static int kallsyms_open(struct inode *inode, struct file *file)
{
	struct symbol_walk *walk = __seq_open_private(file, &kallsyms_op, sizeof(*walk));

	if (!walk)
		return -ENOMEM;
	walk->show_addresses = READ_ONCE(kptr_restrict) < 2 && capable(CAP_SYSLOG);
	return 0;
}

static const struct proc_ops kallsyms_ops = {
	.proc_open = kallsyms_open,
	.proc_read = seq_read,
	.proc_lseek = seq_lseek,
	.proc_release = seq_release_private,
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
	proc_create_single("pagetypeinfo", 0400, NULL, pagetypeinfo_proc_show);
	proc_create_single("swaps", 0, NULL, swaps_proc_show);
	proc_create_single("modules", 0, NULL, modules_show);
	proc_create_seq("slabinfo", 0400, NULL, &slabinfo_op);
	proc_create_seq("locks", 0, NULL, &locks_seq_operations);
	proc_create("kallsyms", 0444, NULL, &kallsyms_ops);
	proc_create("kmsg", 0400, NULL, &kmsg_ops);
	return 0;
}
fs_initcall(proc_misc_init);
