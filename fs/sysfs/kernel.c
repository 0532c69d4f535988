// SPDX-License-Identifier: MIT
/* /sys/kernel and /sys/module: counts of what went wrong, and parameters that may be changed. */
#include <fs/seq_file.h>
#include <fs/sysfs.h>
#include <kern/errno.h>
#include <kern/init.h>
#include <kern/kernel.h>
#include <kern/ktime.h>
#include <kern/panic.h>
#include <kern/printk.h>
#include <kern/rcupdate.h>
#include <lib/kstrtox.h>

static int show_oops_count(struct seq_file *m, void *unused)
{
	seq_printf(m, "%u\n", oops_count());
	return 0;
}

static int show_warn_count(struct seq_file *m, void *unused)
{
	seq_printf(m, "%u\n", warn_count());
	return 0;
}

static int show_bool(struct seq_file *m, void *unused)
{
	seq_printf(m, "%c\n", READ_ONCE(*(bool *)m->private) ? 'Y' : 'N');
	return 0;
}

static int store_time(char *text, void *unused)
{
	return kstrtobool(text, &printk_time);
}

static int store_ignore_loglevel(char *text, void *unused)
{
	return kstrtobool(text, &ignore_loglevel);
}

static int show_expedited(struct seq_file *m, void *unused)
{
	seq_printf(m, "%d\n", READ_ONCE(rcu_expedited));
	return 0;
}

static int store_expedited(char *text, void *unused)
{
	return kstrtoint(text, 0, &rcu_expedited);
}

static int show_stall_timeout(struct seq_file *m, void *unused)
{
	seq_printf(m, "%llu\n", (unsigned long long)(READ_ONCE(rcu_stall_limit_ns) / NSEC_PER_SEC));
	return 0;
}

static int store_stall_timeout(char *text, void *unused)
{
	unsigned int seconds;
	int err = kstrtouint(text, 0, &seconds);

	if (err)
		return err;
	WRITE_ONCE(rcu_stall_limit_ns, clamp(seconds, 3U, 300U) * NSEC_PER_SEC);
	return 0;
}

static const struct sysfs_file kernel_files[] = {
	{ .path = "kernel/oops_count", .show = show_oops_count },
	{ .path = "kernel/warn_count", .show = show_warn_count },
	{ .path = "kernel/rcu_expedited", .show = show_expedited, .store = store_expedited },
	{ .path = "module/printk" }, { .path = "module/printk/parameters" },
	{ .path = "module/printk/parameters/time", .show = show_bool, .store = store_time,
	  .private = &printk_time },
	{ .path = "module/printk/parameters/ignore_loglevel", .show = show_bool,
	  .store = store_ignore_loglevel, .private = &ignore_loglevel },
	{ .path = "module/rcupdate" }, { .path = "module/rcupdate/parameters" },
	{ .path = "module/rcupdate/parameters/rcu_cpu_stall_timeout", .show = show_stall_timeout,
	  .store = store_stall_timeout },
};

static int __init kernel_files_init(void)
{
	return sysfs_add_files(kernel_files, ARRAY_SIZE(kernel_files));
}
late_initcall(kernel_files_init);
