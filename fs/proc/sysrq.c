// SPDX-License-Identifier: MIT
/* /proc/sysrq-trigger: root may do what any magic key does; /proc/sys/kernel/sysrq. */
#include <fs/sysctl.h>
#include <kern/sysrq.h>
#include <mm/uaccess.h>

#include "internal.h"

static ssize_t trigger_write(struct file *file, const char __user *buf, size_t size, loff_t *pos)
{
	char key;

	if (!size)
		return 0;
	if (copy_from_user(&key, buf, 1))
		return -EFAULT;
	/* Of a longer text only the first letter counts. */
	handle_sysrq(key, false);
	return size;
}

static const struct proc_ops trigger_ops = {
	.proc_write = trigger_write,
	.proc_lseek = noop_llseek,
};

static const struct ctl_table sysrq_table[] = {
	{ .procname = "sysrq", .data = &sysrq_enabled, .maxlen = sizeof(int), .mode = 0644,
	  .proc_handler = proc_dointvec },
	{}
};

static int __init proc_sysrq_init(void)
{
	proc_create("sysrq-trigger", 0200, NULL, &trigger_ops);
	return register_sysctl("kernel", sysrq_table);
}
fs_initcall(proc_sysrq_init);
